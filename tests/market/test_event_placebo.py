"""Placebo weeks: each the study of its own date, ranks that keep their level where assets share shocks."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from selloff.market.event_placebo import placebo_event_study
from selloff.market.event_study import event_study

DAYS = pd.date_range("2023-01-01", periods=500)


def coins(seed: int, length: int = 500, count: int = 5) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(seed)
    market, common = rng.standard_normal((2, length)) / 100
    values = market[:, None] + 0.7 * common[:, None] + 0.7 * rng.standard_normal((length, count)) / 100
    days = pd.date_range("2023-01-01", periods=length)
    return pd.DataFrame(values, index=days, columns=list("abcde")[:count]), pd.Series(market, index=days)


RETURNS, MARKET = coins(1)


@pytest.mark.parametrize("statistic", ["car", "patell", "bmp", "kolari_pynnonen"])
def test_every_week_is_the_study_of_its_own_date(statistic: str) -> None:
    weeks = placebo_event_study(RETURNS, MARKET, "2024-04-01", estimation=60, statistic=statistic)

    def study(date: pd.Timestamp | str) -> float:
        result = event_study(RETURNS, MARKET, date, estimation=60)
        return result.mean if statistic == "car" else result.tests[statistic].statistic

    assert weeks.overlapping.observed == pytest.approx(study("2024-04-01"), rel=1e-10)
    for date in ("2023-03-12", "2023-08-01", "2024-03-27", "2024-04-06", "2024-05-10"):
        assert weeks.overlapping.distribution[pd.Timestamp(date)] == pytest.approx(study(date), rel=1e-10)


def test_weeks_that_share_a_day_with_the_event_are_no_placebo_and_separate_ones_share_none() -> None:
    weeks = placebo_event_study(RETURNS, MARKET, "2024-04-01", estimation=60)

    near = pd.date_range("2024-03-28", "2024-04-05")
    assert not weeks.overlapping.distribution.index.isin(near).any()
    first, last = weeks.overlapping.distribution.index[[0, -1]]
    # Seventy observations before the first window, four after the start of the last.
    assert (first, last) == (DAYS[70], DAYS[495])
    gaps = np.diff(weeks.separate.distribution.index) / pd.Timedelta(days=1)
    assert set(gaps) == {5, 10}
    frame = weeks.to_frame()
    assert frame["separate"].sum() == len(weeks.separate.distribution)
    assert weeks.summary().count("p = ") == 2
    assert weeks.overlapping.independent == pytest.approx(len(weeks.overlapping.distribution) / 5)


def test_weeks_of_other_events_can_be_left_out() -> None:
    weeks = placebo_event_study(RETURNS, MARKET, "2024-04-01", estimation=60, exclude=[("2023-06-01", "2023-06-30")])

    kept = weeks.overlapping.distribution.index
    assert not ((kept >= "2023-05-28") & (kept <= "2023-06-30")).any()
    assert {pd.Timestamp("2023-05-27"), pd.Timestamp("2023-07-01")} <= set(kept)


def test_weeks_before_a_listing_are_undefined() -> None:
    young = RETURNS.copy()
    young.iloc[:200, 2] = np.nan

    weeks = placebo_event_study(young, MARKET, "2024-04-01", estimation=60)

    # Thirty days after the listing, and the ten between.
    assert weeks.overlapping.distribution.index[0] == DAYS[240]
    assert weeks.overlapping.undefined == 170


def test_one_asset_has_placebos_too_and_needs_no_market_for_its_mean() -> None:
    wild = RETURNS[["a"]].copy()
    wild.loc["2024-04-01":"2024-04-05"] -= 0.05

    weeks = placebo_event_study(wild, None, "2024-04-01", estimation=60, model="mean", alternative="less")

    assert weeks.separate.rank == weeks.overlapping.rank == 1
    assert weeks.overlapping.observed < -0.1


def test_a_shock_common_to_all_assets_is_one_observation() -> None:
    # No effect, assets that share shocks: the tests of ten coins in one week must not reject.
    rejected = {"placebo": 0, "bmp": 0}
    for seed in range(100):
        returns, market = coins(100 + seed, length=200)
        weeks = placebo_event_study(returns.to_numpy(), market.to_numpy(), 100, estimation=40)
        rejected["placebo"] += weeks.overlapping.pvalue <= 0.05
        rejected["bmp"] += event_study(returns.to_numpy(), market.to_numpy(), 100, estimation=40).bmp.pvalue <= 0.05

    # Two standard errors of a share of 100 are 4.4 points.
    assert rejected["placebo"] / 100 <= 0.1
    assert rejected["bmp"] / 100 > 0.15


def test_in_a_wild_year_a_week_is_rarer_by_its_statistic_than_in_money() -> None:
    scale = np.where(np.arange(500) < 250, 3.0, 1.0)
    returns, market = RETURNS.mul(scale, axis=0), MARKET * scale
    returns.loc["2024-04-01":"2024-04-05"] -= 0.012

    money = placebo_event_study(returns, market, "2024-04-01", estimation=60)
    scaled = placebo_event_study(returns, market, "2024-04-01", estimation=60, statistic="patell")

    assert scaled.overlapping.pvalue < money.overlapping.pvalue / 2
    assert math.isclose(scaled.overlapping.observed, event_study(returns, market, "2024-04-01", 60).patell.statistic)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: placebo_event_study(RETURNS, MARKET, "2024-04-01", statistic="t"),
            "unknown statistic 't'; expected car, patell, bmp, kolari_pynnonen",
        ),
        (lambda: placebo_event_study(RETURNS, MARKET, "2023-04-01"), "a on 2023-04-01 needs observations -250 to 4"),
        (
            lambda: placebo_event_study(RETURNS[["a"]], MARKET, "2024-04-01", statistic="bmp"),
            "bmp needs at least two assets",
        ),
        (
            lambda: placebo_event_study(RETURNS, MARKET, "2024-04-01", exclude=[("2023-01-01", "2024-12-31")]),
            "no other window is left",
        ),
        (
            lambda: placebo_event_study(
                RETURNS, MARKET, "2024-04-01", window=(0, 43), estimation=385, exclude=[DAYS[455]]
            ),
            "no separate window",
        ),
    ],
)
def test_comparisons_that_cannot_be_made_are_refused_with_their_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
