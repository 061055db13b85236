"""C18: correlation with the appetite for risk, one clock at a time, by what was known on the day."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from math import log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from selloff.claims import appetite_panel, claims, decide, growing_correlation
from selloff.data import common_returns, default_folder, load, sessions

UNTIL = "2025-09-26"


@pytest.fixture(scope="module")
def terms() -> dict:
    return dict(next(claim for claim in claims() if claim.id == "C18").terms)


def test_the_headline_follows_from_the_bare_files() -> None:
    with (default_folder() / "crypto_hourly.csv").open(newline="") as file:
        prices = {line["time_utc"]: float(line["btc"]) for line in csv.DictReader(file) if line["btc"]}
    with (default_folder() / "macro_daily.csv").open(newline="") as file:
        shares = {line["date"]: float(line["sp500_logret"]) for line in csv.DictReader(file)}
    stamp = "%Y-%m-%dT%H:%MZ"
    closing = {
        f"{day:%Y-%m-%d}": close.strftime(stamp) for day, close in sessions("2023-12-29", UNTIL)["close_utc"].items()
    }
    days = list(closing)
    pairs = {
        day: (log(prices[closing[day]] / prices[closing[eve]]), shares[day]) for eve, day in itertools.pairwise(days)
    }
    years = [np.array([pair for day, pair in pairs.items() if day.startswith(year)]).T for year in ("2025", "2024")]
    now, then = (np.corrcoef(year)[0, 1] for year in years)
    headline = decide("C18").headline

    assert [year.shape[1] for year in years] == [184, 252]
    assert headline.options == {
        "asset": "btc", "series": "sp500", "clock": "nyse", "step": "day", "estimator": "pearson", "window": "year",
        "compared": "year_before",
    }  # fmt: skip
    assert headline.value == pytest.approx(now - then, abs=1e-10)


@pytest.mark.parametrize("clock", ["nyse", "utc"])
def test_a_panel_names_its_clock_and_holds_the_returns_of_that_clock_alone(terms: dict, clock) -> None:
    panel = appetite_panel(clock)
    other = appetite_panel({"nyse": "utc", "utc": "nyse"}[clock])

    assert panel.attrs["clock"] == clock
    for asset, coin in (("btc", "BTC"), ("eth", "ETH")):
        for key, option in terms["choices"]["series"].items():
            plain = common_returns(coin, option["column"], clock, "2021-12-31", UNTIL)
            mine = panel[[asset, key]].dropna()
            assert mine.index.equals(plain.index)
            np.testing.assert_allclose(mine[asset], plain[coin], rtol=0, atol=1e-15)
            np.testing.assert_allclose(mine[key], option["sign"] * plain[option["column"]], rtol=0, atol=1e-15)
        assert not np.allclose(panel[asset], other[asset])
    np.testing.assert_allclose(panel["basket"], (panel["btc"] + panel["eth"]) / 2, atol=1e-15)


def test_a_panel_has_sessions_only_and_nothing_is_filled() -> None:
    panel, held = appetite_panel("nyse"), sessions("2022-01-01", UNTIL)
    yields = load("macro_daily")["ust10y_pct"].loc["2021-12-31":UNTIL]
    # A missing level blanks its own change and the next.
    blank = yields.isna() | yields.shift().isna()

    assert panel.index.equals(held.index)
    assert len(panel) == 937
    assert panel.index.day_of_week.max() == 4
    assert panel["ust10y"].isna().sum() == blank.loc["2022-01-01":].sum() == 10
    assert panel.drop(columns=["ust10y", "real10y"]).notna().all().all()
    counted = growing_correlation().table.query("series == 'ust10y' and step == 'day' and window == 'year'")
    assert set(counted["after"]) == {184}
    assert set(counted.query("compared == 'year_before'")["before"]) == {248}


def test_series_are_turned_towards_the_appetite_for_risk(terms: dict) -> None:
    signs = {key: option["sign"] for key, option in terms["choices"]["series"].items()}
    panel = appetite_panel("nyse")

    assert {key for key, sign in signs.items() if sign < 0} == {"vix", "dollar", "ust10y", "real10y", "credit"}
    # Fear, and the premium that lenders ask, fall when shares rise.
    for key in ("vix", "credit", "nasdaq100"):
        assert panel[key].corr(panel["sp500"]) > 0.5


def test_windows_lie_apart_and_end_with_the_day_of_the_report(terms: dict) -> None:
    table = growing_correlation().table
    plain = (
        table.query("series == 'sp500' and step == 'day'").groupby(["window", "compared"])[["after", "before"]].max()
    )
    day = terms["choices"]["window"]["year"]["first"]

    assert plain["after"].unstack().loc["year"].tolist() == [184, 184]
    assert day == "2025-01-01"
    assert plain["after"].unstack().loc["last_90"].tolist() == [90, 90]
    assert plain["before"].unstack().loc["year"].to_dict() == {"three_years": 753, "year_before": 252}


def test_nothing_after_the_report_moves_a_number(changed: Callable[[str, Callable[[str], str]], Path]) -> None:
    folder = changed("crypto_hourly", lambda text: _shuffled(text, "2025-09-27T00:00Z"))
    macro = folder / "macro_daily.csv"
    macro.write_text(_shuffled(macro.read_text(), UNTIL))
    from selloff.data import seal

    seal("macro_daily", folder)
    known, other = growing_correlation(), growing_correlation(folder=folder)
    later = [growing_correlation("2026-06-30", each).table["estimate"] for each in (None, folder)]

    pd.testing.assert_frame_equal(known.table, other.table, check_exact=True)
    np.testing.assert_array_equal(known.draws, other.draws)
    assert known.critical == other.critical
    assert not np.allclose(*later)
    assert decide("C18", folder).findings == decide("C18").findings


def test_the_rule_reads_the_common_draws_and_the_own_interval(terms: dict) -> None:
    table, result = growing_correlation().table, decide("C18")
    marks = [found.supports for found in result.findings]
    wanted = [
        True if family <= 0.05 else False if upper < 0.1 else None
        for family, upper in zip(table["family_pvalue"], table["upper"], strict=True)
    ]

    assert (terms["level"], terms["noticeable"]) == (0.05, 0.1)
    assert marks == wanted
    assert {False, None} <= set(marks)
    assert [found.value for found in result.findings] == table["estimate"].tolist()
    assert result.support[1] == 3 * 8 * 2 * 2 * 3 * 2 * 2 == 1152


def test_a_rise_planted_in_the_year_changes_the_verdict(changed: Callable[[str, Callable[[str], str]], Path]) -> None:
    prices = load("crypto_hourly")["btc"]
    close = pd.DatetimeIndex(sessions("2024-12-31", UNTIL)["close_utc"])
    moves = np.log(prices.reindex(close)).diff().to_numpy()[1:]
    planted = dict(zip(sessions("2025-01-01", UNTIL).index.strftime("%Y-%m-%d"), moves, strict=True))

    def follow(text: str) -> str:
        head, *lines = text.splitlines()
        place = head.split(",").index("sp500_logret")
        return "\n".join([head, *(_with(line, place, planted.get(line[:10])) for line in lines), ""])

    result = decide("C18", changed("macro_daily", follow))

    assert result.verdict == "depends"
    chosen = result.find("change", asset="btc", series="sp500", clock="nyse", step="day", estimator="pearson",
                         window="year", compared="year_before")  # fmt: skip
    assert chosen.supports is True
    assert chosen.value > 0.5
    assert decide("C18").verdict == "untestable"


def _with(line: str, place: int, value: float | None) -> str:
    cells = line.split(",")
    if value is not None:
        cells[place] = f"{value:.6f}"
    return ",".join(cells)


def _shuffled(text: str, last: str) -> str:
    """Deal the rows after a moment out to other moments; every value stays valid."""
    head, *lines = text.splitlines()
    moment = datetime.fromisoformat(last.replace("Z", "+00:00")).replace(tzinfo=UTC)
    later = [
        i
        for i, line in enumerate(lines)
        if datetime.fromisoformat(line.split(",")[0].replace("Z", "+00:00")).replace(tzinfo=UTC) > moment
    ]
    order = np.random.default_rng(0).permutation(later)
    assert len(later) > 200
    dealt = list(lines)
    for place, source in zip(later, order, strict=True):
        dealt[place] = ",".join([lines[place].split(",")[0], *lines[source].split(",")[1:]])
    return "\n".join([head, *dealt, ""])
