"""Pictures of who bought: what their titles say is what the figures they are given say."""

from __future__ import annotations

import pandas as pd
import pytest

from selloff import charts, claims
from selloff.charts.renderer import MIME


def bundle(chart) -> dict[str, object]:
    return chart._repr_mimebundle_()


def title(chart) -> str:
    return str(bundle(chart)[MIME]["title"]["text"]).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def weeks() -> pd.DataFrame:
    fridays = pd.date_range("2025-09-05", periods=5, freq="W-FRI")
    frame = pd.DataFrame({"BTC": [-3.0, -2.0, 1.0, -1.0, 4.0], "ETH": [5.0, 1.0, 2.0, -9.0, 0.0]}, index=fridays)
    return frame.assign(both=frame.sum(axis=1))


@pytest.fixture
def lags() -> dict[str, pd.DataFrame]:
    def table(before: float, after: float) -> pd.DataFrame:
        centre = pd.Series([before, 0.3, after], pd.RangeIndex(-1, 2, name="lag"))
        return pd.DataFrame({"correlation": centre, "lower": centre - 0.1, "upper": centre + 0.1})

    return {"BTC": table(0.4, 0.1), "ETH": table(0.2, 0.0)}


@pytest.fixture
def drawn(weeks, lags) -> dict[str, object]:
    days = pd.date_range("2025-07-01", "2025-10-15")
    closes = pd.DataFrame({"BTC": range(100, 100 + len(days)), "ETH": range(10, 10 + len(days))}, days, dtype=float)
    highest = {"BTC": closes["BTC"].iloc[[3, 40, 50]], "ETH": closes["ETH"].iloc[[45]]}
    bought = pd.DataFrame({"month": ["2025-07", "2025-08"], "btc": [1000.0, 250.0]})
    supply = pd.Series(range(200, 500), pd.date_range("2025-01-01", periods=300), dtype=float)
    return {
        "flow_weeks": charts.flow_weeks(weeks, "2025-09-26"),
        "flow_lags": charts.flow_lags(lags),
        "supply_multiples": charts.supply_multiples(claims.supply_multiples()),
        "raised": charts.raised(claims.raised_counts(), 44),
        "placement_prices": charts.placement_prices(claims.placements(), -97),
        "records": charts.records(closes, highest, bought),
        "stablecoins": charts.stablecoins(supply),
    }


def test_each_picture_has_a_title_that_tells_its_own_numbers(drawn) -> None:
    titles = {name: title(chart) for name, chart in drawn.items()}

    assert titles == {
        "flow_weeks": "Ether funds had their worst week on record; for bitcoin funds it ranks 3rd",
        "flow_lags": "Fund flows follow prices more than they lead them",
        "supply_multiples": "By the report's count, from 4.6 times new supply in July to 0.9 in August",
        "raised": "Raised, deployed or announced: the highest count is 5.7 times the lowest",
        "placement_prices": "97 % fits a peak; under a placement price 77 % is the most found",
        "records": "Bitcoin's record of 20 August fell in a month of 75 % fewer purchases",
        # Five days, one unit a day.
        "stablecoins": "In the week, stablecoins grew by USD 5.0 billion",
    }


def test_each_picture_has_words_a_source_and_few_rows(drawn) -> None:
    for chart in drawn.values():
        out = bundle(chart)
        assert len(out["text/plain"]) >= 40
        assert out[MIME]["usermeta"]["source"]
        assert sum(len(rows) for rows in out[MIME]["datasets"].values()) <= 2000


def test_flows_that_lead_get_another_title(lags) -> None:
    turned = {
        name: frame.set_axis(-frame.index, axis=0).sort_index().rename_axis("lag") for name, frame in lags.items()
    }

    assert title(charts.flow_lags(turned)) == "Fund flows lead prices more than they follow them"


def test_coins_of_which_one_follows_and_one_leads_get_no_rule(lags) -> None:
    ether = lags["ETH"].set_axis(-lags["ETH"].index, axis=0).sort_index().rename_axis("lag")

    assert title(charts.flow_lags({"BTC": lags["BTC"], "ETH": ether})) == "Flows follow some prices and lead others"


def test_a_week_that_is_not_the_worst_is_not_called_so(weeks) -> None:
    weeks.loc["2025-09-05", "ETH"] = -10.0

    assert "worst" not in title(charts.flow_weeks(weeks, "2025-09-26"))
    assert "ether funds: −9, 2nd of 5 weeks" in bundle(charts.flow_weeks(weeks, "2025-09-26"))["text/plain"]


def test_a_shrinking_supply_is_said_to_shrink() -> None:
    supply = pd.Series(range(500, 200, -1), pd.date_range("2025-01-01", periods=300), dtype=float)

    assert "shrank by USD 5.0" in title(charts.stablecoins(supply))


def test_negative_numbers_are_written_with_a_true_minus(lags) -> None:
    lags["ETH"].loc[1, ["correlation", "lower", "upper"]] = [-0.1, -0.2, 0.0]
    readings = [
        row["reading"]
        for rows in bundle(charts.flow_lags(lags))[MIME]["datasets"].values()
        for row in rows
        if "reading" in row
    ]

    assert "−0.10 (−0.20 to +0.00)" in readings
