"""Forward returns: by a walk through the calendar, the regression by its matrices, size under overlap."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from selloff.market.forward import forward_returns
from selloff.market.overlap import overlap_test
from selloff.validation.designs import simulate_pair

DAYS = pd.date_range("2024-01-01", periods=400)
WALK = pd.Series(np.exp(np.cumsum(np.random.default_rng(1).standard_normal(400) / 50)), index=DAYS)
DATES = ["2024-02-01", "2024-02-05", "2024-05-01", "2024-12-20"]


def test_returns_are_those_of_the_calendar_and_the_future_is_not_cut_short() -> None:
    prices = pd.Series([100.0, 110, 99, 120, 132], index=pd.date_range("2024-01-01", periods=5))

    after = forward_returns(prices, ["2024-01-01", "2024-01-03"], horizons=[2, 4], kind="simple")

    assert after.returns.loc["2024-01-01"].to_list() == pytest.approx(
        [float(Fraction(99, 100) - 1), float(Fraction(132, 100) - 1)], abs=1e-15
    )
    assert after.returns.loc["2024-01-03", 2] == pytest.approx(float(Fraction(132, 99) - 1), abs=1e-15)
    assert math.isnan(after.returns.loc["2024-01-03", 4])
    assert after.table.loc[4, ["events", "censored", "gaps"]].to_list() == [1, 1, 0]
    # All other dates with a return over two days: only 2 January.
    assert after.table.loc[2, "base_dates"] == 1
    assert after.table.loc[2, "base_mean"] == pytest.approx(120 / 110 - 1, abs=1e-15)
    assert after.table.loc[2, "difference"] == pytest.approx(
        (math.log(99 / 100) + math.log(132 / 99)) / 2 - math.log(120 / 110), abs=1e-15
    )


@given(st.integers(0, 500), st.integers(1, 40), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_each_return_is_the_one_a_walk_through_the_days_finds(seed: int, horizon: int, tolerance: int) -> None:
    rng = np.random.default_rng(seed)
    days = pd.DatetimeIndex(sorted(rng.choice(DAYS[:120], 60, replace=False)))
    prices = pd.Series(np.exp(rng.standard_normal(60) / 10), index=days)

    # The horizon from the third date to the last is always known.
    known = (days[-1] - days[3]).days
    after = forward_returns(prices, days[[3, 20, 50]], horizons={horizon, known}, tolerance=tolerance)

    for date in days[[3, 20, 50]]:
        target = date + pd.Timedelta(days=horizon)
        until = days[(days > date) & (days <= target) & (days >= target - pd.Timedelta(days=tolerance))]
        found = after.returns.loc[date, horizon]
        if target > days[-1] or until.empty:
            assert math.isnan(found)
        else:
            assert found == pytest.approx(math.log(prices[until[-1]] / prices[date]), abs=1e-12)


def test_weekends_end_a_horizon_on_friday_and_start_it_on_monday() -> None:
    prices = pd.Series(np.arange(1.0, 41), index=pd.bdate_range("2024-01-01", periods=40))

    after = forward_returns(prices, ["2024-01-06"], horizons=[5], kind="simple")

    # From Monday the 8th (row 5, price 6) to Saturday the 13th: the close of Friday the 12th (row 9, price 10).
    assert after.returns.index[0] == pd.Timestamp("2024-01-08")
    assert after.returns.iloc[0, 0] == pytest.approx(10 / 6 - 1, abs=1e-15)


def test_a_hole_in_the_prices_is_a_gap_and_no_censoring() -> None:
    holed = WALK.drop(WALK.loc["2024-03-01":"2024-03-20"].index)

    after = forward_returns(holed, ["2024-02-10", "2024-06-01"], horizons=[30])

    assert math.isnan(after.returns.loc["2024-02-10", 30])
    assert after.table.loc[30, ["events", "censored", "gaps"]].to_list() == [1, 0, 1]


def test_the_regression_is_that_of_its_matrices_and_has_the_same_effect_as_the_plain_one() -> None:
    after = forward_returns(WALK, DATES, horizons=[30])

    log = np.log(WALK.to_numpy())
    steps, n, h = np.diff(log), 370, 30
    x = np.column_stack([np.ones(n), DAYS[:n].isin(pd.to_datetime(DATES))]).astype(float)
    add = np.zeros((n, 399))
    for start in range(n):
        add[start, start : start + h] = 1
    y = add @ steps
    z = add.T @ x
    transformed = sm.OLS(steps, z @ np.linalg.inv(z.T @ z) @ x.T @ x)
    plain = sm.OLS(y, x).fit()
    test = after.tests[30]
    assert test["overlap"].estimate == pytest.approx(plain.params[1], abs=1e-12)
    assert test["overlap"].se == pytest.approx(transformed.fit(cov_type="HC0").bse[1], rel=1e-10)
    assert test["naive"].se == pytest.approx(plain.bse[1], rel=1e-10)
    newey_west = sm.OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": 29, "use_correction": False})
    assert test["hac"].se == pytest.approx(newey_west.bse[1], rel=1e-10)
    ols = forward_returns(WALK, DATES, horizons=[30], covariance="ols").tests[30]["overlap"]
    assert ols.se == pytest.approx(transformed.fit().bse[1], rel=1e-10)
    assert after.table.loc[30, "detectable"] == pytest.approx(2.801585 * test["overlap"].se, rel=1e-5)


def test_over_one_step_the_regression_is_whites_and_the_plain_one_students() -> None:
    after = forward_returns(WALK, DATES, horizons=[1], covariance="white")

    steps = np.diff(np.log(WALK.to_numpy()))
    event = DAYS[:399].isin(pd.to_datetime(DATES))
    student = ttest_ind(steps[event], steps[~event])
    assert after.tests[1]["naive"].statistic == pytest.approx(student.statistic, rel=1e-10)
    # White's variance of a difference of two means is the sum of their variances, divided by the counts.
    variance = steps[event].var() / event.sum() + steps[~event].var() / (~event).sum()
    assert after.tests[1]["overlap"].se == pytest.approx(math.sqrt(variance), rel=1e-10)


def test_one_event_has_a_variance_from_the_days_of_its_horizon() -> None:
    after = forward_returns(WALK, "2024-05-01", horizons=[30])

    days = np.diff(np.log(WALK.loc["2024-05-01":"2024-05-31"].to_numpy()))
    assert after.table.loc[30, "se"] == pytest.approx(math.sqrt(30) * days.std(), rel=0.05)
    assert math.isnan(after.tests[30]["hac"].se)
    assert math.isnan(after.table.loc[30, "pvalue_hac"])


def test_separate_horizons_are_counted() -> None:
    table = forward_returns(WALK, DATES, horizons=[3, 30, 90]).table

    # Ninety days from 1 February end on 1 May.
    assert table["separate"].to_list() == [4, 3, 2]
    assert table["events"].to_list() == [4, 4, 3]


def test_the_frame_and_the_lines_tell_what_is_known_and_what_is_not() -> None:
    after = forward_returns(WALK, ["2025-01-20"], horizons=[7, 300])

    lines = after.summary().splitlines()
    assert lines[0].startswith("7 days: 1 date (1 apart, 0 censored): mean")
    assert lines[1] == "300 days: 0 dates (0 apart, 1 censored): no return yet"
    assert after.to_frame()["horizon"].to_list() == [7, 300]
    assert 300 not in after.tests


def test_without_another_date_there_is_a_mean_and_no_test() -> None:
    after = forward_returns(np.array([1.0, 2.0, 4.0]), [0], horizons=[2])

    assert after.table.loc[2, "mean"] == pytest.approx(math.log(4), abs=1e-15)
    assert after.tests == {}
    assert after.summary().endswith("mean +1.386, and no other date to compare with")


def test_arrays_count_in_rows_and_dates_may_have_a_zone() -> None:
    rows = forward_returns(WALK.to_numpy(), [31, 35, 121, 354], horizons=[30])
    zoned = forward_returns(WALK.tz_localize("UTC"), DATES, horizons=[30])
    plain = forward_returns(WALK, DATES, horizons=[30])

    assert rows.unit == "observations"
    np.testing.assert_array_equal(rows.table.to_numpy(), plain.table.to_numpy())
    np.testing.assert_array_equal(zoned.table.to_numpy(), plain.table.to_numpy())


def runs(rng: np.random.Generator) -> np.ndarray:
    """Five runs of ten days."""
    return np.unique((rng.choice(900, 5, replace=False)[:, None] + np.arange(10)).ravel())


def falls(returns: np.ndarray) -> np.ndarray:
    """Days at the end of the deepest falls over five days: volatility is high after them."""
    five = np.convolve(returns, np.ones(5))[: returns.size]
    return np.flatnonzero(five < np.quantile(five, 0.03))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["runs", "falls"])
def test_under_overlap_the_naive_test_rejects_often_and_the_regression_at_its_level(kind: str) -> None:
    rng = np.random.default_rng(7)
    paths = simulate_pair("garch_t5", 1000, 0.0, seed=8, replications=500)[:, :, 0]
    found = []
    for returns in paths:
        days = runs(rng) if kind == "runs" else falls(returns)
        found.append(forward_returns(np.exp(np.cumsum(returns) / 100), days, horizons=[30]).table.loc[30])
    table = pd.DataFrame(found)

    # A share of 500 has a standard error of 1 point where the truth is 5 %.
    assert 0.025 <= (table["pvalue"] <= 0.05).mean() <= 0.08
    assert (table["pvalue_naive"] <= 0.05).mean() > 0.25
    assert (table["pvalue_hac"] <= 0.05).mean() > 0.08


@pytest.mark.slow
def test_a_difference_of_the_detectable_size_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(9)
    found = []
    for _ in range(200):
        steps = rng.standard_normal(1000) / 100
        days = rng.choice(np.arange(0, 960, 40), 6, replace=False)
        goal = forward_returns(np.exp(np.cumsum(steps)), days, horizons=[30]).table.loc[30, "detectable"]
        # The neighbours of an event share its days: 2 (29 + 28 + ... + 1) / 30 of a rise goes to the base.
        rise = goal / (1 - 6 * 29 / (970 - 6))
        for day in days:
            steps[day + 1 : day + 31] += rise / 30
        found.append(forward_returns(np.exp(np.cumsum(steps)), days, horizons=[30]).table.loc[30, "pvalue"])

    assert np.mean(np.array(found) <= 0.05) == pytest.approx(0.8, abs=0.08)


def test_horizons_of_unlike_length_are_still_sums_of_steps() -> None:
    rng = np.random.default_rng(10)
    steps = rng.standard_normal(50)
    start = np.arange(0, 40)
    end = start + rng.integers(1, 10, 40)
    event = rng.random(40) < 0.3

    test = overlap_test(steps, start, end, event)

    sums = np.array([steps[a:b].sum() for a, b in zip(start, end, strict=True)])
    assert test.estimate == pytest.approx(sums[event].mean() - sums[~event].mean(), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: forward_returns(WALK, DATES, kind="percent"), "unknown kind 'percent'; expected log, simple"),
        (lambda: forward_returns(WALK, DATES, covariance="hc3"), "unknown covariance 'hc3'; expected white, hac, ols"),
        (lambda: forward_returns(WALK, DATES, tolerance=-1), "tolerance must be a number of days, 0 or more, got -1"),
        (lambda: forward_returns(WALK, DATES, horizons=[]), "one or more different horizons"),
        (lambda: forward_returns(WALK, DATES, horizons=[7, 7]), "one or more different horizons"),
        (lambda: forward_returns(WALK, DATES, horizons=[0]), "a horizon must be a whole number from 1, got 0"),
        (lambda: forward_returns(WALK, []), "there is no date"),
        (lambda: forward_returns(WALK, ["2023-01-01"]), "2023-01-01 has no price within 4 days after it"),
        (lambda: forward_returns(WALK, ["2025-06-01"]), "2025-06-01 has no price within 4 days"),
        (lambda: forward_returns(WALK, ["noday"]), "date 'noday' is no date"),
        (lambda: forward_returns(WALK.to_numpy(), [400]), "400 has no price"),
        (lambda: forward_returns(WALK, ["2024-02-01", "2024-02-01"]), "stand for the same observation"),
        (lambda: forward_returns(-WALK, DATES), "prices must be positive"),
        (lambda: forward_returns(WALK, ["2025-01-20"], horizons=[300]), "no date has a return over 300 days or more"),
        (lambda: forward_returns(WALK.iloc[[1, 0, 2]], DATES), "unsorted dates"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
