"""Lags and long-run variances: against R's sandwich, against sums by hand, on processes whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from selloff.inference.hac import bandwidth, long_run_covariance, long_run_variance
from selloff.validation.samples import nile


def autoregression(root: float, length: int, seed: int = 1) -> np.ndarray:
    return lfilter([1.0], [1.0, -root], np.random.default_rng(seed).standard_normal(length))


def by_sums(x: np.ndarray, y: np.ndarray, lags: int) -> float:
    x, y = x - x.mean(), y - y.mean()
    total = 0.0
    for s in range(x.size):
        for t in range(x.size):
            total += max(1 - abs(s - t) / (lags + 1), 0) * x[s] * y[t]
    return total / x.size


def test_the_nile_takes_the_lags_and_has_the_variance_that_r_finds() -> None:
    # sandwich 3.0: bwNeweyWest 7.4042, bwAndrews 6.4986, both Bartlett without prewhitening, and 100 NeweyWest.
    assert bandwidth(nile()) == 7
    assert bandwidth(nile(), "andrews") == 6
    assert bandwidth(nile(), "rule") == 4
    assert long_run_variance(nile(), "newey-west") == pytest.approx(97488.988525, abs=1e-6)
    assert long_run_variance(nile(), "andrews") == long_run_variance(nile(), 6)


def test_persistence_asks_for_more_lags_in_either_method_and_noise_for_few() -> None:
    slow, noise = autoregression(0.9, 2000), autoregression(0.0, 2000)

    for method in ("newey-west", "andrews"):
        assert bandwidth(slow, method) > 4 * bandwidth(noise, method)
    assert bandwidth(slow, "rule") == bandwidth(noise, "rule") == 7


def test_andrews_bandwidth_is_its_closed_form_for_a_known_root() -> None:
    # 1.1447 (4 a^2 / (1 - a^2)^2 T)^(1/3) at a = 1/2, T = 100,000 is 64.4.
    assert bandwidth(autoregression(0.5, 100_000), "andrews") == pytest.approx(64, abs=2)


def test_automatic_lags_come_near_a_known_long_run_variance() -> None:
    # 1 / (1 - 1/2)^2, less a bias of 2 sum j g_j / lags = .08; ten samples have a standard error of .04.
    for method in ("newey-west", "andrews"):
        found = [long_run_variance(autoregression(0.5, 100_000, seed), method) for seed in range(10)]
        assert np.mean(found) == pytest.approx(4.0 - 0.08, abs=0.12)


@given(st.integers(0, 2**32 - 1), st.integers(0, 11))
@settings(max_examples=30, deadline=None)
def test_each_entry_of_the_matrix_is_the_weighted_sum_over_all_pairs_of_days(seed: int, lags: int) -> None:
    x = np.random.default_rng(seed).standard_normal((12, 2)) * [1.0, 1e4]

    matrix = long_run_covariance(x, lags)

    for row in range(2):
        assert matrix[row, row] == pytest.approx(long_run_variance(x[:, row], lags), rel=1e-9)
        for column in range(2):
            assert matrix[row, column] == pytest.approx(by_sums(x[:, row], x[:, column], lags), rel=1e-9, abs=1e-9)
    assert np.linalg.eigvalsh(matrix).min() >= -1e-9 * np.abs(matrix).max()


def test_a_matrix_takes_the_longest_lag_that_a_column_asks_for() -> None:
    x = np.column_stack([autoregression(0.9, 300), autoregression(0.0, 300)])

    np.testing.assert_array_equal(long_run_covariance(x, "newey-west"), long_run_covariance(x, bandwidth(x[:, 0])))
    np.testing.assert_array_equal(long_run_covariance(x), long_run_covariance(x, 5))


@pytest.mark.parametrize(
    "x", [np.full(50, 0.1), np.array([1.0, 2.0]), np.array([1.0, -1.0] * 20), np.arange(30.0) * 1e9]
)
def test_flat_short_alternating_and_trending_series_get_lags_inside_the_sample(x: np.ndarray) -> None:
    for method in ("newey-west", "andrews", "rule"):
        assert 0 <= bandwidth(x, method) < x.size
        assert long_run_variance(x, method) >= 0
    assert bandwidth(np.full(50, 0.1)) == 0


def test_the_unit_of_the_series_does_not_matter() -> None:
    x = autoregression(0.6, 400)

    for method in ("newey-west", "andrews"):
        assert bandwidth(x * 1e-9 + 5, method) == bandwidth(x, method)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bandwidth([1.0, 2.0, 3.0], "parzen"), "unknown method 'parzen'; expected newey-west, andrews, rule"),
        (lambda: bandwidth([1.0]), "bandwidth: expected at least two finite values"),
        (lambda: bandwidth([1.0, np.inf, 2.0]), "finite values in one dimension"),
        (
            lambda: long_run_variance([1.0, 2.0, 3.0], "parzen"),
            "unknown lags 'parzen'; expected a number or newey-west",
        ),
        (lambda: long_run_variance([1.0, 2.0, 3.0], 1.5), "lags 1.5 must lie between 0 and 2"),
        (lambda: long_run_variance([1.0, 2.0, 3.0], True), "lags True must lie"),
        (lambda: long_run_covariance([1.0, 2.0]), "two dimensions, one series a column, got"),
        (lambda: long_run_covariance(np.zeros((3, 2)), 3), "lags 3 must lie between 0 and 2"),
    ],
)
def test_bad_input_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
