"""The generalised Pareto: the Danish fires, scipy, integrals and simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from selloff.market import gpd as module
from selloff.market.gpd import GPD, fit_gpd, mean_excess
from selloff.validation.samples import danish_fire_losses


@pytest.fixture(scope="module")
def danish() -> GPD:
    return fit_gpd(danish_fire_losses(), 10)


def draws(shape: float, scale: float, size: int, seed: int = 0) -> np.ndarray:
    return stats.genpareto.rvs(shape, scale=scale, size=size, random_state=seed)


def test_the_danish_fires_have_the_published_tail(danish: GPD) -> None:
    assert danish.shape == pytest.approx(0.497, abs=1e-3)
    assert danish.scale == pytest.approx(6.98, abs=5e-3)
    assert (danish.exceedances, danish.observations) == (109, 2167)
    # The example of riskmeasures in the R package evir 1.7-4, whose optimiser stops early.
    assert danish.quantile(0.999) == pytest.approx(94.28956, abs=0.1)
    assert danish.expected_shortfall(0.999) == pytest.approx(191.3697, abs=0.3)


def test_no_other_tail_fits_the_danish_fires_better(danish: GPD) -> None:
    excesses = danish_fire_losses()
    excesses = excesses[excesses > 10] - 10

    def loss(p: np.ndarray) -> float:
        return -float(stats.genpareto.logpdf(excesses, p[0], scale=p[1]).sum()) if p[1] > 0 else math.inf

    best = optimize.minimize(
        loss, [0.3, 5.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000}
    )
    assert danish.loglikelihood == pytest.approx(-best.fun, abs=1e-9)
    assert (danish.shape, danish.scale) == pytest.approx(tuple(best.x), rel=1e-6)


@given(st.floats(-0.2, 3.0), st.floats(1e-4, 1e4), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_at_the_estimate_the_slope_of_the_likelihood_is_nought(shape: float, scale: float, seed: int) -> None:
    y = draws(shape, scale, 300, seed)
    fit = fit_gpd(y, 0.0)

    step = 1e-5
    for a, b in ((step, 0.0), (0.0, step)):
        up, down = (
            stats.genpareto.logpdf(y, fit.shape + s * a, scale=fit.scale * (1 + s * b)).sum() for s in (1.0, -1.0)
        )
        if math.isfinite(up) and math.isfinite(down):
            assert abs(up - down) / (2 * step) < 0.05
    assert fit.loglikelihood == pytest.approx(stats.genpareto.logpdf(y, fit.shape, scale=fit.scale).sum(), abs=1e-6)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.25, 1.2])
def test_a_known_tail_is_found_again(shape: float) -> None:
    fit = fit_gpd(draws(shape, 2.0, 5000, seed=5), 0.0)

    assert abs(fit.shape - shape) < 3 * fit.se_shape
    assert abs(fit.scale - 2) < 3 * fit.se_scale


def test_the_standard_errors_are_the_curvature_of_the_expected_likelihood() -> None:
    fit = fit_gpd(draws(0.2, 2.0, 4000, seed=6), 0.0)

    def information(first: int, second: int) -> float:
        """Mean product of two slopes of the log density, by quadrature over probabilities."""

        def slopes(u: float) -> tuple[float, float]:
            y = fit.scale / fit.shape * (u**-fit.shape - 1)
            inside = 1 + fit.shape * y / fit.scale
            ratio = y / (fit.scale * inside)
            return math.log(inside) / fit.shape**2 - (1 + 1 / fit.shape) * ratio, (
                (1 + fit.shape) * ratio - 1
            ) / fit.scale

        return integrate.quad(lambda u: slopes(u)[first] * slopes(u)[second], 0, 1, limit=400)[0]

    matrix = np.array([[information(0, 0), information(0, 1)], [information(1, 0), information(1, 1)]])
    assert np.linalg.inv(matrix) / 4000 == pytest.approx(fit.covariance, rel=1e-4)
    assert (fit.se_shape, fit.se_scale) == pytest.approx(tuple(np.sqrt(np.diag(fit.covariance))), rel=1e-12)


@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.4])
def test_quantiles_and_shortfalls_invert_and_average_the_tail(shape: float) -> None:
    fit = fit_gpd(np.concatenate([np.zeros(900), 5 + draws(shape, 2.0, 100, seed=7)]), 5.0)

    for p in (0.95, 0.99, 0.999):
        level = fit.quantile(p)
        assert fit.exceedance_probability(level) == pytest.approx(1 - p, rel=1e-9)
        above = integrate.quad(fit.quantile, p, 1, limit=400)[0] / (1 - p)
        assert fit.expected_shortfall(p) == pytest.approx(above, rel=1e-4)
    assert fit.return_level(200) == fit.quantile(1 - 1 / 200)
    # Half the exceedances are one event: twice as long to wait for a level.
    assert fit.return_level(200, extremal_index=0.5) == pytest.approx(fit.return_level(100), rel=1e-12)


def test_a_tail_without_a_mean_has_an_infinite_shortfall() -> None:
    fit = fit_gpd(draws(1.5, 1.0, 500, seed=8), 0.0)

    assert math.isinf(fit.expected_shortfall(0.9))


def test_nothing_lies_beyond_the_end_of_a_bounded_tail() -> None:
    fit = fit_gpd(draws(-0.3, 1.0, 500, seed=9), 0.0)

    assert fit.exceedance_probability(fit.threshold - fit.scale / fit.shape + 1) == 0


def test_the_profile_interval_is_where_the_likelihood_falls_by_half_a_chi_square(danish: GPD) -> None:
    low, high = danish.quantile_interval(0.99)
    excesses = np.sort(danish_fire_losses())[-109:] - 10

    def best(level: float) -> float:
        def loss(shape: float) -> float:
            scale = (level - 10) * shape / ((0.01 * 2167 / 109) ** -shape - 1)
            return -float(stats.genpareto.logpdf(excesses, shape, scale=scale).sum())

        return -optimize.minimize_scalar(loss, bounds=(0.01, 3), method="bounded", options={"xatol": 1e-10}).fun

    for end in (low, high):
        assert best(end) == pytest.approx(danish.loglikelihood - 0.5 * 3.841458820694124, abs=1e-5)
    assert low < danish.quantile(0.99) < high
    # Farther up than down.
    assert high - danish.quantile(0.99) > danish.quantile(0.99) - low
    narrow = danish.quantile_interval(0.99, level=0.5)
    assert low < narrow[0] < narrow[1] < high


@pytest.mark.parametrize("shape", [-0.5, 0.2, 3.0])
def test_ten_values_leave_a_wide_interval_and_no_warning(shape: float) -> None:
    fit = fit_gpd(draws(shape, 1.0, 10, seed=1), 0.0)

    for level in (0.95, 0.9999):
        low, high = fit.quantile_interval(0.99, level)
        assert 0 < low < fit.quantile(0.99) < high < math.inf


def test_a_flat_likelihood_has_no_interval(danish: GPD, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_profile_quantile", lambda *_: danish.loglikelihood)

    with pytest.raises(RuntimeError, match="too flat for an interval; lower the threshold"):
        danish.quantile_interval(0.99)


@pytest.mark.slow
def test_the_profile_interval_covers_a_known_quantile() -> None:
    rng = np.random.default_rng(10)
    truth = (0.05**-0.25 - 1) / 0.25
    inside = 0
    for _ in range(200):
        low, high = fit_gpd((rng.uniform(size=200) ** -0.25 - 1) / 0.25, 0.0).quantile_interval(0.95)
        inside += low <= truth <= high

    # The share beyond the threshold is known here: every value lies there.
    assert 0.92 <= inside / 200 <= 0.98


def test_sides_are_one_another_mirrored() -> None:
    x = np.random.default_rng(11).standard_t(4, 3000)

    assert fit_gpd(x, 2.0, "lower").shape == fit_gpd(-x, 2.0).shape
    assert fit_gpd(x, 2.0, "both").exceedances == (np.abs(x) > 2).sum()
    assert fit_gpd(x, 2.0, "lower").summary().startswith("generalised Pareto, lower tail beyond 2: shape")


def test_a_steep_end_has_no_standard_error() -> None:
    fit = fit_gpd(draws(-0.7, 1.0, 3000, seed=12), 0.0)

    assert fit.shape < -0.5
    assert math.isnan(fit.se_shape)
    assert fit.to_frame().loc["shape", ["se", "lower", "upper"]].isna().all()


def test_the_mean_excess_of_each_value_by_hand() -> None:
    x = np.concatenate([[1.0, 1.0, 2.0], np.arange(10.0, 20.0)])

    table = mean_excess(x)

    assert table.index.to_list() == [1.0, 2.0]
    assert table["mean_excess"].to_list() == pytest.approx([(147 - 11) / 11, 14.5 - 2], abs=1e-12)
    assert table["exceedances"].to_list() == [11, 10]
    assert table["se"].iloc[1] == pytest.approx(np.arange(10.0).std(ddof=1) / math.sqrt(10), abs=1e-12)


def test_the_mean_excess_of_a_pareto_tail_rises_in_a_straight_line() -> None:
    table = mean_excess(draws(0.25, 1.0, 200_000, seed=13))

    for level in (0.5, 1.0, 2.0):
        row = table.iloc[table.index.get_indexer([level], method="nearest")[0]]
        assert row["mean_excess"] == pytest.approx((1 + 0.25 * level) / 0.75, abs=4 * row["se"])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: fit_gpd(danish_fire_losses(), 200),
            "1 beyond the threshold 200; at least 10 are needed: lower it",
        ),
        (lambda: fit_gpd(danish_fire_losses(), math.nan), "threshold must be a number, got nan"),
        (lambda: fit_gpd(danish_fire_losses(), 10, "top"), "unknown side 'top'"),
        (lambda: fit_gpd([1.0, math.nan] * 10, 0), "x is missing at row 1"),
        (lambda: mean_excess(np.ones(20)), "no value has 10 above it"),
        (lambda: mean_excess(np.ones(10)), "at least 11 are needed"),
    ],
)
def test_a_sample_without_a_tail_is_refused(ask, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ask()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda fit: fit.quantile(0.9), "probability 0.9 must lie between 0.9497, where the tail begins, and 1"),
        (lambda fit: fit.quantile(1.0), "probability 1.0 must lie"),
        (lambda fit: fit.exceedance_probability(9), "level 9 lies below the threshold 10"),
        (lambda fit: fit.return_level(0.5), "expected m above 1"),
        (lambda fit: fit.return_level(100, 2), r"extremal index in \(0, 1\], got 100 and 2"),
        (lambda fit: fit.quantile_interval(0.99, 1), "level must lie between 0 and 1"),
    ],
)
def test_the_fit_says_nothing_outside_its_tail(ask, message: str, danish: GPD) -> None:
    with pytest.raises(ValueError, match=message):
        ask(danish)


def test_values_that_pile_up_at_their_end_have_no_maximum() -> None:
    with pytest.raises(RuntimeError, match="the likelihood has no maximum with a shape above -1"):
        fit_gpd(np.concatenate([np.linspace(0.1, 0.9, 20), np.full(200, 1.0)]), 0.0)
