"""Pictures of the second part: each draws what its results say, and its title tells it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff import charts
from selloff.charts import with_what
from selloff.claims import appetite_panel, growing_correlation, specification_curve
from selloff.correlation import correlation_band, ewma_correlation, rolling_correlation
from selloff.correlation.macro import explain_each, lead_each, macro_panel, regress_each


def rows(chart: Any) -> list[list[dict[str, Any]]]:
    return list(chart.to_dict()["datasets"].values())


def holding(chart: Any, *fields: str) -> pd.DataFrame:
    return next(pd.DataFrame(data) for data in rows(chart) if set(fields) <= set(data[0]))


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return macro_panel("2024-12-31", "2025-09-26")


def test_the_reader_may_pick_every_definition_of_the_claim() -> None:
    changes, words = growing_correlation(), specification_curve("C18").choices
    chart = charts.chosen_changes(changes, words)
    data = holding(chart, "pick", "change")

    assert len(data) == len(changes.table) == 1152
    assert data.groupby("pick").size().unique().tolist() == [len(words["series"])]
    assert data["change"].tolist() == pytest.approx(changes.table["estimate"].round(3).tolist())
    assert data["needed"].tolist() == pytest.approx(changes.hurdle.round(2).tolist())
    bound = {param["name"]: param["bind"]["labels"] for param in chart.to_dict()["params"] if "bind" in param}
    assert bound == {name: list(words[name].values()) for name in words if name != "series"}


def test_a_curve_of_many_definitions_is_a_line_with_the_place_of_each_option_below() -> None:
    curve = specification_curve("C18")
    chart = charts.specification_curve(curve, source="a source")
    line = holding(chart, "order", "value", "low", "high")

    assert line["value"].tolist() == pytest.approx(curve.table["value"].round(2).tolist())
    assert sum(map(len, rows(chart))) <= 3000
    assert chart.to_dict()["title"]["text"] == "None of 1,152 definitions supports the claim"


def test_two_models_of_one_pair_are_drawn_without_the_first_sessions(panel: pd.DataFrame) -> None:
    weighted = ewma_correlation(panel["BTC"], panel["S&P 500"])
    path = pd.DataFrame({"estimate": 0.3, "lower": 0.1, "upper": 0.5}, index=panel.index)
    chart = charts.dynamic_line(path, weighted, "a pair")
    drawn = holding(chart, "series", "value")

    assert drawn["time"].min() == f"{panel.index[60]:%Y-%m-%d}"
    spread = weighted.iloc[60:].max() - weighted.iloc[60:].min()
    assert f"one moves by {spread:.2f}, the other by 0.00" in chart.to_dict()["title"]["text"]


def test_the_tiles_of_a_week_are_moves_in_usual_days(panel: pd.DataFrame) -> None:
    week, usual = panel.loc["2025-09-22":], panel.loc[:"2025-09-19"].tail(60).std()
    chart = with_what.session_moves(week, usual)
    told = " ".join(str(data) for data in rows(chart))

    both = int((np.sign(week["BTC"]) == np.sign(week["S&P 500"])).sum())
    assert f"in {both} of 5 sessions" in chart.to_dict()["title"]["text"]
    first = week["BTC"].iloc[0] / usual["BTC"]
    assert f"{abs(first):.1f}" in told


def test_coefficients_are_drawn_with_their_intervals(panel: pd.DataFrame) -> None:
    fits = regress_each(panel, ["BTC", "ETH"], ["S&P 500", "gold"])
    chart = with_what.alone_by_coin(fits, "2025")
    drawn = numbers(chart)

    for fit in fits.values():
        assert any(abs(number - fit.table["beta"].iloc[0]) < 0.006 for number in drawn)
        assert any(abs(number - fit.table["upper"].iloc[0]) < 0.006 for number in drawn)


def test_leads_and_lags_have_one_panel_a_clock(panel: pd.DataFrame) -> None:
    found = lead_each(panel, ["BTC"], ["S&P 500"], max_lag=2)["BTC", "S&P 500"]
    chart = with_what.lead_lags({"one clock": found, "another": found}, ("S&P 500", "BTC"))

    assert len(chart.to_dict()["vconcat"]) == 2


def test_what_is_explained_is_drawn_beside_the_move(panel: pd.DataFrame) -> None:
    sets = {"S&P 500 alone": ["S&P 500"]}
    moves = explain_each(panel, ["BTC"], sets, "2025-09-22", {"to Friday": "2025-09-26"}, [60, None], replications=99)
    drawn = numbers(charts.explained_moves(moves, list(sets)))

    for found in moves["BTC", "to Friday"].values():
        assert any(abs(number - found.actual) < 0.06 for number in drawn)
        assert any(abs(number - found.explained) < 0.06 for number in drawn)


def numbers(chart: Any) -> list[float]:
    """Return every number in the data of a chart."""
    return [value for data in rows(chart) for row in data for value in row.values() if isinstance(value, int | float)]


def test_each_panel_of_the_appetite_draws_its_own_band_and_the_title_counts_those_that_fit() -> None:
    appetite = appetite_panel("nyse")
    bands = {key: correlation_band(appetite["basket"], appetite[key], 90, replications=200) for key in ("vix", "sp500")}
    levels = {key: float(appetite["basket"].corr(appetite[key])) for key in bands}
    coins = {key: appetite[["btc", "eth"]].apply(rolling_correlation, y=appetite[key], window=90) for key in bands}
    chart = charts.appetite_bands(bands, levels, coins)
    data = holding(chart, "low", "btc")

    fitting = sum(band.admits(levels[key]) for key, band in bands.items())
    assert chart.to_dict()["title"]["text"].startswith(f"In {fitting} of 2 panels")
    for key, band in bands.items():
        last = data[data["series"] == key].iloc[-1]
        assert last["time"] == "2025-09-26"
        assert last["both"] == pytest.approx(band.estimate.iloc[-1], abs=0.006)
        assert last["eth"] == pytest.approx(coins[key]["eth"].iloc[-1], abs=0.006)
        assert last["low"] < last["both"] < last["high"]
