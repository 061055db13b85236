"""Tests of a change: their statistic by hand, their size by simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from selloff.correlation import correlation_influence, two_window_test
from selloff.inference import long_run_variance
from selloff.inference.null import constant_correlation
from selloff.validation.designs import simulate_pair


def frame(x: np.ndarray, y: np.ndarray) -> tuple[pd.Series, pd.Series]:
    days = pd.date_range("2024-01-01", periods=len(x), freq="D")
    return pd.Series(x, index=days), pd.Series(y, index=days)


def heavy_tailed(rng: np.random.Generator, length: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    z = rng.standard_normal((length, 2))
    z[:, 1] = rho * z[:, 0] + math.sqrt(1 - rho**2) * z[:, 1]
    z /= np.sqrt(rng.chisquare(5, length) / 5)[:, None]
    return z[:, 0], z[:, 1]


def test_the_influence_averages_zero_and_its_derivative_is_the_correlations() -> None:
    rng = np.random.default_rng(1)
    x, y = heavy_tailed(rng, 400, 0.4)
    psi = correlation_influence(x, y)

    def weighted(weights: np.ndarray) -> float:
        w = weights / weights.sum()
        mx, my = w @ x, w @ y
        return float((w @ ((x - mx) * (y - my))) / math.sqrt((w @ (x - mx) ** 2) * (w @ (y - my) ** 2)))

    step = 1e-6
    for place in (0, 123, 399):
        heavier = np.ones(400)
        heavier[place] += step
        assert (weighted(heavier) - weighted(np.ones(400))) / step * 400 == pytest.approx(
            psi[place], rel=1e-3, abs=1e-3
        )
    assert psi.mean() == pytest.approx(0, abs=1e-12)


def test_fishers_test_is_the_textbook_formula() -> None:
    x = np.tile([1.0, 2.0, 3.0, 4.0], 20)
    y = np.tile([1.0, 3.0, 2.0, 4.0], 20)
    y[40:] = np.tile([2.0, 1.0, 4.0, 3.0], 10)
    # Correlations .8 and .6 by hand; 40 days each.
    expected = (math.atanh(0.6) - math.atanh(0.8)) / math.sqrt(2 / 37)

    result = two_window_test(*frame(x, y), "2024-02-10", method="fisher")

    assert result.statistic == pytest.approx(expected, abs=1e-12)


def test_a_change_that_is_there_is_found() -> None:
    rng = np.random.default_rng(2)
    before, after = heavy_tailed(rng, 250, 0.1), heavy_tailed(rng, 250, 0.8)
    x, y = (np.concatenate(parts) for parts in zip(before, after, strict=True))

    result = two_window_test(*frame(x, y), "2024-09-07")

    assert result.pvalue <= 0.001
    assert result.estimate > 0.4


def test_the_robust_statistic_is_that_of_the_long_run_variances_of_the_influence() -> None:
    x, y = heavy_tailed(np.random.default_rng(5), 300, 0.3)

    result = two_window_test(x, y, 120, method="hac")

    parts = [(x[:120], y[:120]), (x[120:], y[120:])]
    variance = sum(long_run_variance(correlation_influence(a, b)) / a.size for a, b in parts)
    assert result.estimate == pytest.approx(np.corrcoef(*parts[1])[0, 1] - np.corrcoef(*parts[0])[0, 1], abs=1e-12)
    assert result.se == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_the_simulated_test_ranks_the_robust_statistic_among_samples_without_a_change() -> None:
    x, y = simulate_pair("garch_t5", 400, 0.4, seed=2)[0].T

    result = two_window_test(x, y, 150, replications=199, seed=7)

    paths = constant_correlation(x, y).simulate(400, 199, seed=7).astype(float)
    others = [two_window_test(*paths[:, :, path], 150, method="hac").statistic for path in range(199)]
    assert result.statistic == two_window_test(x, y, 150, method="hac").statistic
    assert result.pvalue == (1 + sum(abs(other) >= abs(result.statistic) for other in others)) / 200
    low, high = result.interval()
    half = np.quantile(np.abs(others), 0.95) * two_window_test(x, y, 150, method="hac").se
    assert (high - low) / 2 == pytest.approx(half, rel=1e-4)
    assert "HAC rejects" in result.summary()


@pytest.mark.slow
def test_on_waves_with_heavy_tails_only_the_simulated_test_keeps_its_size() -> None:
    pairs = simulate_pair("garch_t5", 500, 0.4, seed=3, replications=400)

    rejected = {
        method: np.mean(
            [two_window_test(*pair.T, 250, method=method, replications=199).pvalue <= 0.05 for pair in pairs]
        )
        for method in ("fisher", "hac", "bootstrap")
    }

    # A share of 400 has a standard error of 1.1 points where the truth is 5 %.
    assert rejected["fisher"] > 0.15
    assert 0.02 <= rejected["bootstrap"] <= 0.085
    assert rejected["bootstrap"] <= rejected["hac"]


def test_the_detectable_effect_is_found_in_four_samples_of_five() -> None:
    rng = np.random.default_rng(4)
    result = two_window_test(*frame(*heavy_tailed(rng, 500, 0.4)), "2024-09-07")
    # A normal statistic whose mean is the detectable effect in standard errors.
    draws = rng.standard_normal(200_000) + result.detectable() / result.se

    assert np.mean(np.abs(draws) > 1.959964) == pytest.approx(0.8, abs=0.005)


def test_arrays_take_a_position_as_split_and_a_time_zone_is_no_obstacle() -> None:
    x, y = heavy_tailed(np.random.default_rng(6), 200, 0.4)
    dated = two_window_test(*frame(x, y), "2024-04-10")
    zoned = [series.tz_localize("UTC") for series in frame(x, y)]

    assert two_window_test(x, y, 100) == dated
    assert two_window_test(*zoned, "2024-04-10") == dated


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x, x), "a perfect correlation cannot be tested"),
        (lambda x, y: (np.concatenate([np.ones(50), x[50:]]), y), "flat in one window"),
        (lambda x, y: (np.concatenate([[np.nan], x[1:]]), y), "drop incomplete days"),
    ],
)
def test_series_without_a_correlation_to_test_are_refused(change, message: str) -> None:
    x, y = heavy_tailed(np.random.default_rng(7), 100, 0.4)

    for method in ("hac", "fisher"):
        with pytest.raises(ValueError, match=message):
            two_window_test(*change(x, y), 50, method)


def test_arrays_have_no_dates_to_split_at() -> None:
    x, y = heavy_tailed(np.random.default_rng(8), 100, 0.4)

    with pytest.raises(ValueError, match="the series have no dates"):
        two_window_test(x, y, "2025-01-01")


@pytest.mark.parametrize(
    ("split", "method", "message"),
    [
        ("2024-01-05", "hac", "4 days before 2024-01-05"),
        ("2024-02-01", "wald", "unknown method 'wald'; expected bootstrap, hac, fisher"),
    ],
)
def test_a_window_too_short_or_an_unknown_method_is_refused(split: str, method, message: str) -> None:
    x, y = np.random.default_rng(5).standard_normal((2, 80))

    with pytest.raises(ValueError, match=message):
        two_window_test(*frame(x, y), split, method=method)
