"""Distributions of tests of a break: against closed forms, printed tables and simulated walks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, norm

from selloff.correlation.critical import break_date_quantile, break_date_tail, sup_wald_pvalue, sup_wald_quantile


def test_at_a_single_date_the_statistic_is_chi_square() -> None:
    for coefficients in (1, 2, 5):
        assert sup_wald_pvalue(7.5, coefficients, 0.5) == pytest.approx(chi2.sf(7.5, coefficients), rel=1e-12)
        # Trimming that leaves next to nothing comes near it.
        assert sup_wald_pvalue(7.5, coefficients, 0.4999999) == pytest.approx(chi2.sf(7.5, coefficients), rel=0.01)


@pytest.mark.parametrize("coefficients", [1, 2, 3, 8])
@pytest.mark.parametrize("order", [1, 2])
def test_where_a_laguerre_polynomial_is_zero_the_rate_of_decay_is_twice_its_order(
    coefficients: int, order: int
) -> None:
    # The generator's eigenfunctions without a bound are Laguerre polynomials of half the squared radius, with
    # eigenvalue 2 n; at the smallest zero of one of them that is the slowest rate within the bound, too.
    half = coefficients / 2
    level = 2 * half if order == 1 else 2 * (half + 1 - math.sqrt(half + 1))
    time = {trim: math.log((1 - trim) / trim) for trim in (0.05, 0.02)}
    below = {trim: 1 - sup_wald_pvalue(level, coefficients, trim) for trim in time}

    # Faster terms have died out by then, but for a share of e to the minus many.
    rate = math.log(below[0.05] / below[0.02]) / (time[0.02] - time[0.05])
    assert rate == pytest.approx(2 * order, rel=1e-4)


@pytest.mark.parametrize(
    ("coefficients", "points"),
    [(1, (7.12, 8.68, 12.16)), (2, (10.00, 11.72, 15.56)), (3, (12.28, 14.13, 18.07))],
)
def test_the_printed_tables_lie_a_little_lower_because_they_were_simulated_on_a_grid(
    coefficients: int, points: tuple[float, ...]
) -> None:
    # Andrews (2003), trimming 15 %, 10, 5 and 1 %.
    ours = [sup_wald_quantile(probability, coefficients, 0.15) for probability in (0.9, 0.95, 0.99)]

    assert np.all(np.array(ours) > points)
    assert ours == pytest.approx(points, rel=0.03)


@pytest.mark.slow
def test_simulated_processes_exceed_the_level_as_often_as_the_p_value_says() -> None:
    rng = np.random.default_rng(1)
    duration, steps = math.log(0.85 / 0.15), 2000
    decay = math.exp(-duration / steps)
    x = rng.standard_normal((20_000, 2))
    highest = np.sum(x**2, axis=1)
    for _ in range(steps):
        x = decay * x + math.sqrt(1 - decay**2) * rng.standard_normal(x.shape)
        highest = np.maximum(highest, np.sum(x**2, axis=1))
    # Between the steps a path rises by .5826 standard deviations of a step above what is seen (Siegmund).
    seen = (math.sqrt(11.0) - 0.5826 * math.sqrt(2 * duration / steps)) ** 2

    assert np.mean(highest > seen) == pytest.approx(sup_wald_pvalue(11.0, 2, 0.15), abs=0.006)


def test_far_out_the_p_value_goes_on_where_the_expansion_has_no_digits_left() -> None:
    levels = np.linspace(20, 200, 361)
    tails = np.array([sup_wald_pvalue(level, 2, 0.15) for level in levels])

    # Beside a falling exponential, the ratio of neighbours is smooth across the change of method.
    assert np.all(np.diff(tails) < 0)
    assert np.all(np.abs(np.diff(np.log(tails))) < 0.27)
    assert sup_wald_pvalue(1e4, 2, 0.15) == 0
    assert sup_wald_pvalue(0.0, 2, 0.15) == 1


def test_the_quantile_undoes_the_p_value() -> None:
    for probability in (0.01, 0.5, 0.999):
        assert sup_wald_pvalue(sup_wald_quantile(probability, 4, 0.1), 4, 0.1) == pytest.approx(
            1 - probability, abs=1e-10
        )


def test_where_both_regimes_are_alike_the_date_has_the_distribution_of_yao() -> None:
    # Yao (1987), Annals of Statistics 15, 1321-1328.
    for x in (0.1, 1.0, 7.687, 11.033, 40.0):
        root = math.sqrt(x)
        tail = (x + 5) / 2 * norm.sf(root / 2) - root * norm.pdf(root / 2) - 1.5 * math.exp(x + norm.logsf(1.5 * root))
        assert break_date_tail(x, 0.5, 1.0, 1.0) == pytest.approx(tail, rel=1e-9)
    # The quantiles that are in common use.
    assert break_date_quantile(0.05, 1.0, 1.0) == pytest.approx((7.69, 7.69), abs=0.005)
    assert break_date_quantile(0.025, 1.0, 1.0) == pytest.approx((11.03, 11.03), abs=0.005)


def test_both_sides_share_the_whole_probability() -> None:
    for moments, errors in ((1.0, 1.0), (0.3, 2.0), (5.0, 0.2)):
        before = break_date_tail(0.0, 0.5, 1.0, moments / errors)
        after = break_date_tail(0.0, moments / 2, math.sqrt(errors), 1.0)
        assert before + after == pytest.approx(1, abs=1e-12)


def test_the_tail_falls_to_zero_and_never_leaves_the_range_of_a_probability() -> None:
    for other in (1e-6, 1e-3, 1.0, 1e3, 1e6):
        tails = np.array([break_date_tail(x, 0.5, 1.0, other) for x in np.linspace(0, 400, 500)])
        assert np.all((tails >= 0) & (tails <= 1))
        assert np.all(np.diff(tails) < 1e-9)
        assert tails[-1] < 1e-9


@pytest.mark.slow
def test_simulated_walks_have_their_maximum_as_far_out_as_the_formula_says() -> None:
    rng = np.random.default_rng(2)
    moments, errors, step, length = 0.6, 2.0, 0.02, 5000
    places = []
    for _ in range(3000):
        before = np.cumsum(rng.standard_normal(length) * math.sqrt(step) - step / 2)
        after = np.cumsum(rng.standard_normal(length) * math.sqrt(step * errors) - moments * step / 2)
        left, right = before.max(), after.max()
        place = -before.argmax() if left > right else after.argmax()
        places.append(place * step)
    early, late = break_date_quantile(0.1, moments, errors)

    # A share of 3,000 has a standard error of half a point.
    assert np.mean(np.array(places) < -early) == pytest.approx(0.1, abs=0.02)
    assert np.mean(np.array(places) > late) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sup_wald_pvalue(3.0, 0, 0.15), "at least one coefficient must change, got 0"),
        (lambda: sup_wald_pvalue(3.0, 1, 0.0), "trim must lie above 0 and up to a half, got 0"),
        (lambda: sup_wald_quantile(1.0, 1, 0.15), "probability must lie between 0 and 1"),
        (lambda: break_date_quantile(0.5, 1.0, 1.0), "tail must lie between 0 and 1/2"),
        (lambda: break_date_quantile(0.05, 0.0, 1.0), "ratios must be positive and finite, got 0.0 and 1.0"),
    ],
)
def test_what_has_no_distribution_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
