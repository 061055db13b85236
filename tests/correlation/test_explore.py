"""Exploration: each path is what the plain functions give for that pair, clock and window."""

from __future__ import annotations

import pandas as pd
import pytest

from selloff.correlation import Exploration, correlation_band, explore, rolling_beta
from selloff.data import common_returns

SPAN = ("2024-01-02", "2025-06-30")


@pytest.fixture(scope="module")
def found() -> Exploration:
    return explore(
        ["BTC", "ETH"], ["sp500_logret", "ust10y_pct"], ["nyse", "utc"], [60], *SPAN, shown_since="2025-01-01"
    )


def test_every_pair_clock_and_window_has_one_path(found: Exploration) -> None:
    keys = found.paths[["asset", "series", "clock", "window"]].apply(tuple, axis=1)

    assert len(set(keys)) == len(keys) == 2 * 2 * 2


def test_a_path_is_the_thinned_band_of_its_own_clock(found: Exploration) -> None:
    for clock in ("nyse", "utc"):
        row = found.paths.query("asset == 'ETH' and series == 'ust10y_pct' and clock == @clock").iloc[0]
        pair = common_returns("ETH", "ust10y_pct", clock, *SPAN)
        band = correlation_band(pair["ETH"], pair["ust10y_pct"], 60, replications=200).to_frame()
        kept = band.iloc[::-1].iloc[::10].iloc[::-1].dropna()
        assert row["date"] == list(kept.index.strftime("%Y-%m-%d"))
        assert row["estimate"] == kept["estimate"].round(2).tolist()
        assert row["low"] == kept["simultaneous_lower"].round(2).tolist()


def test_two_clocks_give_two_paths(found: Exploration) -> None:
    nyse, utc = (found.paths.query("asset == 'BTC' and clock == @clock").iloc[0] for clock in ("nyse", "utc"))

    assert nyse["date"] == utc["date"]
    assert nyse["estimate"] != utc["estimate"]


def test_beta_is_in_standard_deviations_of_the_whole_stretch(found: Exploration) -> None:
    pair = common_returns("BTC", "sp500_logret", "nyse", *SPAN)
    beta = rolling_beta(pair["BTC"], pair["sp500_logret"], 60)["beta"].iloc[-1]
    row = found.paths.query("asset == 'BTC' and series == 'sp500_logret' and clock == 'nyse'").iloc[0]

    assert row["beta"][-1] == pytest.approx(beta * pair["sp500_logret"].std() / pair["BTC"].std(), abs=0.005)


def test_returns_are_those_of_the_sessions_shown_and_no_later_day_enters(found: Exploration) -> None:
    row = found.returns.query("asset == 'BTC' and series == 'sp500_logret' and clock == 'nyse'").iloc[0]
    shown = common_returns("BTC", "sp500_logret", "nyse", *SPAN).loc["2025-01-01":]

    assert row["date"] == list(shown.index.strftime("%Y-%m-%d"))
    assert row["x"] == (shown["sp500_logret"] / shown["sp500_logret"].std()).round(2).tolist()
    assert pd.Timestamp(max(row["date"])) <= pd.Timestamp(SPAN[1])
