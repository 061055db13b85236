"""Pictures of the tails: what is drawn is what the results hold, and titles count it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff import charts, correlation
from selloff.charts.renderer import MIME
from selloff.validation.designs import simulate_pair

PERIODS = ("before", "in 2025")


@pytest.fixture(scope="module")
def pair() -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=500, freq="B")
    values = 0.02 * simulate_pair("t5", 500, 0.5, seed=6)[0]
    return pd.DataFrame(values, index=days, columns=["BTC", "sp500_logret"])


@pytest.fixture(scope="module")
def parts(pair) -> dict[tuple[str, str], pd.DataFrame]:
    return {("Bitcoin and S&P 500", PERIODS[0]): pair.iloc[:300], ("Bitcoin and S&P 500", PERIODS[1]): pair.iloc[300:]}


def spec(chart: Any) -> dict[str, Any]:
    out = chart._repr_mimebundle_()
    assert out["image/svg+xml"].startswith("<svg")
    found: dict[str, Any] = out[MIME]
    assert len(found["description"]) >= 40
    assert sum(len(rows) for rows in found["datasets"].values()) <= 2000
    return found


def holding(found: dict[str, Any], *fields: str) -> list[pd.DataFrame]:
    frames = [pd.DataFrame(rows) for rows in found["datasets"].values()]
    return [frame for frame in frames if set(fields) <= set(frame)]


def test_the_normal_curves_are_drawn_as_given_and_the_title_reads_the_tenth() -> None:
    at = np.array([0.5, 0.1, 0.01])
    curves = {0.4: correlation.normal_exceedance(0.4, at), 0.8: np.array([0.5, 0.31, 0.2])}

    found = spec(charts.normal_curves(curves, at))

    drawn = max(holding(found, "share", "left"), key=len)
    assert drawn["left"].to_list() == [*curves[0.4].round(4), *curves[0.8]]
    assert "0.8 shows 0.31" in found["title"]["text"]


def test_exceedances_count_the_readings_inside_the_waves(pair) -> None:
    name = "Bitcoin and S&P 500"
    result = correlation.exceedance_correlation(pair["BTC"], pair["sp500_logret"], replications=19)
    wide = pd.DataFrame({"mean": 0.3, "low": -1.0, "high": 1.0}, index=result.table.index)
    narrow = wide.assign(low=-0.99, high=-0.98)

    assert spec(charts.exceedance_panels({name: result}, {name: wide}, "a period"))["title"]["text"].startswith("All 1")
    found = spec(charts.exceedance_panels({name: result}, {name: narrow}, "a period"))
    assert found["title"]["text"].startswith("0 of 1")

    drawn = max(holding(found, "value", "value_wave"), key=len)
    assert drawn["value"].dropna().to_list() == [
        *result.table["lower"].dropna().round(3), *result.table["upper"].dropna().round(3)[::-1],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ahead", "start"), [(0.3, "Coins fall more closely together than they rise"), (-0.3, "Coins fall and")]
)
def test_coins_tell_which_side_is_closer(ahead: float, start: str) -> None:
    panel = np.random.default_rng(1).standard_normal((300, 3))
    result = correlation.mean_exceedance(panel, (0.3, 0.5), replications=19, minimum=3)
    result.table["lower"] = result.table["upper"] + ahead

    found = spec(charts.coin_exceedance({"a period": result}, 3))

    assert found["title"]["text"].startswith(start)


def test_meetings_are_drawn_in_percent_with_the_range_of_worst_days_in_the_title(parts) -> None:
    table = correlation.meeting_table(parts, replications=19)

    found = spec(charts.tail_meetings(table, 0.1))

    drawn = pd.concat(holding(found, "value", "normal", "side"))
    assert sorted(drawn["value"]) == sorted((100 * table["value"]).round(3))
    first, second = 100 * table[table["side"] == "lower"]["value"]
    assert f"{first:.0f} to {first:.0f}\N{NO-BREAK SPACE}% were shared before 2025" in found["title"]["text"]
    assert f"{second:.0f}\N{NO-BREAK SPACE}% in it" in found["title"]["text"]


@pytest.mark.parametrize(("later", "which"), [(0.5, "every pair"), (2.0, "no pair")])
def test_betas_tell_in_how_many_pairs_falls_weigh_less(later: float, which: str, parts) -> None:
    table = correlation.side_beta_table(parts)
    table.loc[table["side"] == "downside", "value"] = [1.0, later]

    assert which in spec(charts.side_betas(table))["title"]["text"]


def test_quantile_betas_are_drawn_by_pair_and_period(parts) -> None:
    results = {
        key: correlation.quantile_beta(part["BTC"], part["sp500_logret"], (0.1, 0.5, 0.9), replications=19)
        for key, part in parts.items()
    }

    found = spec(charts.quantile_betas(results))

    drawn = pd.concat(holding(found, "beta", "period"))
    for (_, period), result in results.items():
        assert drawn[drawn["period"] == period]["beta"].to_list() == result.table["beta"].round(3).to_list()
    steeper = sum(result.table["beta"].iloc[0] > result.table["beta"].iloc[-1] for result in results.values())
    assert found["title"]["text"].startswith(f"In {'all ' if steeper == 2 else f'{steeper} of '}2 lines")


def test_the_twenty_worst_days_stand_in_picture_and_table_and_point_at_each_other(pair) -> None:
    names = {"BTC": "bitcoin", "sp500_logret": "the S&P 500"}
    worst = pair.nsmallest(20, "BTC")

    found = spec(charts.worst_days(pair, "BTC", "sp500_logret", names, pair.index[-5:]))

    drawn = holding(found, "place", "ranked")[0]
    assert drawn["ranked"].to_list() == (100 * np.expm1(worst["BTC"])).round(2).to_list()
    assert drawn["day"].iloc[0] == f"{worst.index[0].day} {worst.index[0]:%b %Y}"
    fell = int((worst["sp500_logret"] < 0).sum())
    assert f"On {fell} of the twenty worst days of bitcoin, the S&P 500 fell too" in found["title"]["text"]
    assert {param["name"] for param in found["params"]} == {"day", "row"}
    assert len(next(frame for frame in holding(found, "ranked") if len(frame) == 5)) == 5
