"""Quantile betas against linear programming, downside betas against separate regressions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm

from selloff.correlation.conditional import downside_beta, quantile_beta
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    x, e = simulate_pair("garch_t5", 300, 0.0, seed=5)[0].T
    return 0.7 * x + e, x


def by_linear_programming(y: np.ndarray, x: np.ndarray, tau: float) -> tuple[np.ndarray, float]:
    """Coefficients and the smallest possible loss."""
    n = y.size
    design = np.column_stack([np.ones(n), x, np.eye(n), -np.eye(n)])
    cost = np.concatenate([[0, 0], np.full(n, tau), np.full(n, 1 - tau)])
    fit = linprog(cost, A_eq=design, b_eq=y, bounds=[(None, None)] * 2 + [(0, None)] * (2 * n), method="highs")
    return fit.x[:2], fit.fun


@pytest.mark.parametrize("tau", [0.02, 0.05, 0.3, 0.5, 0.75, 0.95])
def test_a_quantile_line_is_the_solution_of_the_linear_program(pair, tau: float) -> None:
    ours = quantile_beta(*pair, (tau,), replications=2).table.iloc[0]

    np.testing.assert_allclose(ours[["alpha", "beta"]], by_linear_programming(*pair, tau)[0], atol=1e-9)


@given(seed=st.integers(0, 10_000), tau=st.sampled_from([0.2, 0.5, 0.65]))
@settings(max_examples=40, deadline=None)
def test_no_line_has_a_smaller_loss_even_with_many_ties(seed: int, tau: float) -> None:
    rng = np.random.default_rng(seed)
    y, x = rng.integers(-3, 4, size=(2, 40)).astype(float)
    x[:2] = 0, 1

    ours = quantile_beta(y, x, (tau,), replications=2, block=20).table.iloc[0]

    residual = y - ours["alpha"] - ours["beta"] * x
    loss = np.sum(residual * (tau - (residual < 0)))
    assert loss == pytest.approx(by_linear_programming(y, x, tau)[1], abs=1e-8)


def test_weighted_least_squares_of_statsmodels_come_close(pair) -> None:
    y, x = pair
    reference = sm.QuantReg(y, sm.add_constant(x)).fit(q=0.25).params

    ours = quantile_beta(y, x, (0.25,), replications=2).table.iloc[0]

    np.testing.assert_allclose(ours[["alpha", "beta"]], reference, atol=1e-4)


def test_betas_fan_out_where_x_moves_the_spread() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 2, 20_000)
    y = 0.5 * x + (1 + 0.3 * x) * rng.standard_normal(20_000)
    taus = (0.1, 0.5, 0.9)

    ours = quantile_beta(y, x, taus, replications=20)

    np.testing.assert_allclose(ours.table["beta"], 0.5 + 0.3 * norm.ppf(taus), atol=4 * ours.table["se"].max())
    assert ours.difference(0.1, 0.9).pvalue < 1e-6


def test_units_and_levels_only_scale_the_line(pair) -> None:
    y, x = pair
    plain, moved = quantile_beta(y, x, replications=20), quantile_beta(10 * y + 1e6, 1e6 - 2 * x, replications=20)

    flipped = plain.table.iloc[::-1]

    np.testing.assert_allclose(quantile_beta(-y, x, replications=20).table["beta"], -flipped["beta"], atol=1e-9)
    np.testing.assert_allclose(moved.table["beta"], -5 * plain.table["beta"], rtol=1e-6)


@pytest.mark.slow
def test_intervals_cover_under_volatility_waves() -> None:
    inside = np.zeros(2)
    for x, e in simulate_pair("garch_t5", 300, 0.0, seed=8, replications=100).transpose(0, 2, 1):
        table = quantile_beta(0.7 * x + e, x, (0.1, 0.5), replications=100, block=5).table
        inside += (table["lower"] <= 0.7) & (table["upper"] >= 0.7)

    assert np.all((inside > 89) & (inside <= 99))


def test_the_same_seed_gives_the_same_errors_and_another_seed_others(pair) -> None:
    first, again, other = (quantile_beta(*pair, replications=30, seed=seed).table for seed in (1, 1, 2))

    pd.testing.assert_frame_equal(first, again)
    assert (first["beta"] == other["beta"]).all()
    assert (first["se"] != other["se"]).any()


def test_quantile_betas_say_what_they_rest_on(pair) -> None:
    result = quantile_beta(*pair, (0.1, 0.5), replications=30, block=10)

    assert "quantile betas on 300 days, 95% intervals from 30 draws in blocks of 10" in result.summary()
    assert "10% quantile" in result.summary()
    assert list(result.to_frame()) == ["alpha", "beta", "se", "lower", "upper"]
    assert "0.1 less 0.5" in result.difference(0.1, 0.5).summary()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"quantiles": (0.5, 0.1)}, r"must ascend between 0 and 1, got \[0.5, 0.1\]"),
        ({"quantiles": ()}, "must ascend"),
        ({"quantiles": (0.0, 0.5)}, "must ascend between 0 and 1"),
        ({"quantiles": (0.01, 0.5)}, "300 observations leave 3.0 beyond the quantile 0.01; at least 5"),
        ({"level": 1}, "level must lie between 0 and 1, got 1"),
        ({"replications": 1}, "at least 2 replications, got 1"),
        ({"block": 301}, "block 301 must lie between 1 and the length 300"),
    ],
)
def test_quantile_settings_out_of_range_are_refused(pair, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        quantile_beta(*pair, **settings)


def test_a_quantile_that_was_not_estimated_is_answered_with_the_others(pair) -> None:
    with pytest.raises(ValueError, match=r"quantile 0\.2 was not estimated; expected one of 0\.25, 0\.5"):
        quantile_beta(*pair, (0.25, 0.5), replications=2).difference(0.25, 0.2)


def test_a_flat_regressor_has_no_quantile_beta(pair) -> None:
    with pytest.raises(ValueError, match="quantile_beta: x is flat"):
        quantile_beta(pair[0], np.ones(300))


def test_a_regressor_that_moves_once_gives_no_line_in_a_draw_without_that_day() -> None:
    x = np.zeros(100)
    x[50] = 1

    with pytest.raises(RuntimeError, match="a bootstrap draw holds no move of x; use longer blocks"):
        quantile_beta(np.random.default_rng(0).standard_normal(100), x, (0.5,), block=5, replications=50)


def test_either_side_equals_a_regression_of_its_own(pair) -> None:
    y, x = pair
    result = downside_beta(y, x, threshold=0.2)

    for side, name in ((x < 0.2, "downside"), (x >= 0.2, "upside"), (np.full(300, True), "overall")):
        row = result.table.loc[name]
        assert row["beta"] == pytest.approx(np.polyfit(x[side], y[side], 1)[0], abs=1e-12)
        assert row["correlation"] == pytest.approx(np.corrcoef(x[side], y[side])[0, 1], abs=1e-12)
        assert row["observations"] == side.sum()
    assert result.difference.estimate == pytest.approx(result.downside - result.upside, abs=1e-12)


def test_without_lags_the_errors_are_hc3(pair) -> None:
    y, x = pair
    down = (x < 0).astype(float)
    fit = sm.OLS(y, np.column_stack([np.ones(300), x, down, down * x])).fit(cov_type="HC3")

    result = downside_beta(y, x, hac_lags=0)

    assert result.difference.se == pytest.approx(fit.bse[3], rel=1e-10)
    assert result.table["se"]["upside"] == pytest.approx(fit.bse[1], rel=1e-10)
    assert result.table["se"]["downside"] == pytest.approx(fit.t_test([0, 1, 0, 1]).sd.item(), rel=1e-10)
    assert result.difference.pvalue == pytest.approx(fit.pvalues[3], rel=1e-8)


def test_with_lags_the_errors_are_the_sum_over_pairs_of_days(pair) -> None:
    y, x = (series[:120] for series in pair)
    design = np.column_stack([np.ones(120), x, x < 0, np.minimum(x, 0)])
    inverse = np.linalg.inv(design.T @ design)
    residual = (y - design @ inverse @ design.T @ y) / (1 - np.diag(design @ inverse @ design.T))
    middle = np.zeros((4, 4))
    for t in range(120):
        for s in range(120):
            weight = max(0, 1 - abs(t - s) / 6)
            middle += weight * residual[t] * residual[s] * np.outer(design[t], design[s])

    result = downside_beta(y, x, hac_lags=5)

    assert result.difference.se == pytest.approx(np.sqrt((inverse @ middle @ inverse)[3, 3]), rel=1e-9)


def test_a_level_far_from_zero_changes_neither_betas_nor_errors(pair) -> None:
    y, x = pair
    plain, moved = downside_beta(y, x, 0.0), downside_beta(y + 1e6, x + 1e6, 1e6)

    np.testing.assert_allclose(moved.table, plain.table, rtol=1e-8)


def test_cutting_lowers_correlation_and_leaves_beta_alone() -> None:
    x, e = np.random.default_rng(3).standard_normal((2, 50_000))

    result = downside_beta(x + e, x, threshold="mean")

    assert result.threshold == x.mean()
    assert result.table["beta"].between(0.96, 1.04).all()
    assert result.table["correlation"]["overall"] == pytest.approx(np.sqrt(0.5), abs=0.01)
    # Half a normal has variance 1 - 2 / pi.
    expected = np.sqrt((1 - 2 / np.pi) / (2 - 2 / np.pi))
    assert result.table["correlation"]["downside"] == pytest.approx(expected, abs=0.015)


@pytest.mark.slow
def test_the_test_of_a_difference_keeps_its_level_under_volatility_waves() -> None:
    samples = simulate_pair("garch_t5", 500, 0.0, seed=3, replications=600)
    rejected = [downside_beta(0.7 * x + e, x).difference.pvalue < 0.05 for x, e in samples.transpose(0, 2, 1)]

    assert np.mean(rejected) == pytest.approx(0.05, abs=0.025)


def test_a_downside_beta_says_what_it_rests_on(pair) -> None:
    result = downside_beta(*pair)

    assert result.summary().startswith("downside beta +")
    assert "downside less upside beta: effect" in result.summary()
    assert list(result.to_frame().index) == ["downside", "upside", "overall"]
    assert result.difference.settings == {"lags": 5, "threshold": 0.0}


def test_a_perfect_line_has_no_statistic_to_judge_by() -> None:
    x = np.arange(-30.0, 30.0)

    result = downside_beta(np.zeros(60), x)

    assert result.difference.estimate == 0
    assert np.isnan(result.difference.pvalue)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (
            lambda y, x: (y, x),
            {"threshold": "median"},
            "threshold 'median' must be a number in the unit of x, or 'mean'",
        ),
        (lambda y, x: (y, x), {"threshold": np.nan}, "threshold nan must be a number"),
        (lambda y, x: (y, x), {"threshold": -9.0}, "0 days below -9; 20 are needed"),
        (lambda y, x: (y, x), {"minimum": 299, "threshold": 9.0}, "0 days not below 9; 299 are needed"),
        (lambda y, x: (y, np.where(x < 0, -1, x)), {}, "x is flat on the days below 0"),
        (lambda y, x: (y, x), {"hac_lags": 300}, "downside_beta: hac_lags 300 must be a whole number"),
        (lambda y, x: (np.where(x > 1, np.nan, y), x), {}, "y is missing at row"),
    ],
)
def test_downside_betas_without_enough_to_go_on_are_refused(pair, change, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        downside_beta(*change(*pair), **settings)
