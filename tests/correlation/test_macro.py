"""The macro panel and what is asked of it for each coin and series."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation.explained import explained_move
from selloff.correlation.hours import beta_by_hour
from selloff.correlation.macro import (
    MACRO,
    clear_for_all,
    explain_each,
    lead_each,
    macro_panel,
    next_day_closes,
    regress_each,
)
from selloff.correlation.regression import regress
from selloff.data import common_returns, sessions

SPAN = ("2024-12-31", "2025-09-26")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return macro_panel(*SPAN)


@pytest.mark.parametrize("clock", ["nyse", "utc", "utc_prior"])
def test_a_panel_is_of_one_clock_and_holds_its_returns_in_percent(clock) -> None:
    shown = macro_panel(*SPAN, clock)
    plain = common_returns("ETH", "sp500_logret", clock, *SPAN)

    assert shown.attrs["clock"] == clock
    assert shown.index.isin(plain.index).all()
    np.testing.assert_allclose(shown["ETH"], 100 * plain.loc[shown.index, "ETH"], atol=1e-12)
    np.testing.assert_allclose(shown["S&P 500"], 100 * plain.loc[shown.index, "sp500_logret"], atol=1e-12)


def test_a_panel_has_sessions_only_and_nothing_is_filled(panel: pd.DataFrame) -> None:
    assert panel.index.isin(sessions(*SPAN).index).all()
    assert panel.notna().all().all()
    assert list(panel.columns) == ["BTC", "ETH", *MACRO]


def test_each_coin_is_regressed_on_each_series(panel: pd.DataFrame) -> None:
    fits = regress_each(panel, ["BTC", "ETH"], ["gold", "VIX"])

    assert list(fits) == [("BTC", "gold"), ("BTC", "VIX"), ("ETH", "gold"), ("ETH", "VIX")]
    own = regress(panel["ETH"], panel[["VIX"]]).table
    pd.testing.assert_frame_equal(fits["ETH", "VIX"].table, own)


def test_a_series_is_clear_only_if_it_is_for_every_coin_after_holm(panel: pd.DataFrame) -> None:
    fits = regress_each(panel, ["BTC", "ETH"], list(MACRO))
    pvalues = sorted(fit.table["pvalue"].iloc[0] for fit in fits.values())
    passed = {
        key
        for key, fit in fits.items()
        if all(p * (len(pvalues) - i) < 0.05 for i, p in enumerate(pvalues) if p <= fit.table["pvalue"].iloc[0])
    }

    assert clear_for_all(fits) == [name for name in MACRO if {("BTC", name), ("ETH", name)} <= passed]
    assert 0 < len(clear_for_all(fits)) < len(MACRO)


def test_leads_and_explained_moves_come_by_their_keys(panel: pd.DataFrame) -> None:
    leads = lead_each(panel, ["BTC"], ["gold", "VIX"], max_lag=1)
    moves = explain_each(
        panel, ["BTC"], {"shares": ["S&P 500"]}, "2025-09-22", {"week": "2025-09-26"}, [60, None], replications=99
    )

    assert list(leads) == [("BTC", "gold"), ("BTC", "VIX")]
    assert list(moves["BTC", "week"]) == [("shares", 60), ("shares", None)]
    own = explained_move(panel["BTC"], panel[["S&P 500"]], "2025-09-22", "2025-09-26", 60, replications=99)
    assert moves["BTC", "week"]["shares", 60].explained == own.explained


def test_closes_after_a_day_without_a_session_and_half_days_are_left_out() -> None:
    # 3 July 2025 is a half day, 4 July a holiday, 7 July a Monday.
    assert next_day_closes("2025-06-30", "2025-07-09").index.strftime("%d").tolist() == ["01", "02", "08", "09"]


def test_the_betas_of_all_hours_of_a_session_add_up_to_the_beta_of_the_session() -> None:
    rng = np.random.default_rng(0)
    closes = pd.Series(pd.date_range("2024-01-02 20:00", periods=120, freq="D", tz="UTC"))
    closes.index = pd.date_range("2024-01-02", periods=120, freq="D")
    hours = pd.date_range(
        "2024-01-01 21:00", closes.iloc[-1].tz_localize(None) + pd.Timedelta(hours=4), freq="h", tz="UTC"
    )
    hourly = pd.Series(rng.standard_normal(len(hours)), index=hours)
    daily = pd.Series([hourly.loc[c - pd.Timedelta(hours=23) : c].sum() for c in closes], index=closes.index)
    x = daily + rng.standard_normal(120)

    table = beta_by_hour(hourly, x, closes, before=24, after=2, replications=99).table

    beta = np.polyfit(x, daily, 1)[0]
    assert table.loc[table.index <= 0, "beta"].sum() == pytest.approx(beta)
    assert len(table) == 26
