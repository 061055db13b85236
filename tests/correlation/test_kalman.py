"""A drifting beta: against a filter written out, without hindsight, and honest about what it cannot see."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation import kalman
from selloff.correlation.kalman import kalman_beta

GIVEN = (1.0, 0.001, 0.01)


def pair(length: int = 200, seed: int = 0, beta=0.5) -> tuple[np.ndarray, np.ndarray]:
    x, noise = np.random.default_rng(seed).standard_normal((2, length))
    return beta * x + noise, x


def drifting(length: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    beta = 1 + 0.05 * np.cumsum(np.random.default_rng(100 + seed).standard_normal(length))
    return *pair(length, seed, beta), beta


def slow(y: np.ndarray, x: np.ndarray, noise: float, alpha: float, beta: float) -> np.ndarray:
    state, spread, out = np.zeros(2), 1e10 * np.eye(2), []
    for t, (value, regressor) in enumerate(zip(y, x, strict=True)):
        if t:
            spread = spread + np.diag([alpha, beta])
        row = np.array([1.0, regressor])
        gain = spread @ row / (row @ spread @ row + noise)
        state = state + gain * (value - row @ state)
        # Joseph's form: it keeps the covariance one.
        keep = np.eye(2) - np.outer(gain, row)
        spread = keep @ spread @ keep.T + noise * np.outer(gain, gain)
        out.append([*state, *np.sqrt(np.diag(spread))])
    return np.array(out)


def test_the_filter_is_the_one_of_the_textbook() -> None:
    y, x = pair()
    fit = kalman_beta(y, x, GIVEN)

    assert fit.filtered.iloc[0].isna().all()
    assert fit.filtered.iloc[2:].to_numpy() == pytest.approx(slow(y, x, *GIVEN)[2:], abs=1e-5)
    assert fit.smoothed.iloc[-1].tolist() == pytest.approx(fit.filtered.iloc[-1].tolist(), abs=1e-10)


def test_with_given_variances_the_future_leaves_the_filtered_path_alone() -> None:
    y, x = pair()
    changed = y.copy()
    changed[120:] += 3 * x[120:]
    before, after = kalman_beta(y, x, GIVEN), kalman_beta(changed, x, GIVEN)
    short = kalman_beta(y[:120], x[:120], GIVEN)

    assert (before.filtered[:120].dropna() == after.filtered[:120].dropna()).all(axis=None)
    assert (before.filtered[:120].dropna() == short.filtered.dropna()).all(axis=None)
    assert not np.allclose(before.smoothed[:120], after.smoothed[:120])


def test_estimated_variances_know_the_whole_sample() -> None:
    y, x, _ = drifting(300)
    changed = y.copy()
    changed[200:] *= 4

    assert kalman_beta(y, x).variances["noise"] != pytest.approx(kalman_beta(changed, x).variances["noise"], rel=0.1)


def test_a_drift_is_found_and_followed() -> None:
    y, x, beta = drifting(600)
    fit = kalman_beta(y, x)

    assert fit.converged
    assert not fit.constant
    assert fit.loglikelihood > fit.constant_loglikelihood + 10
    assert fit.variances["beta"] == pytest.approx(0.05**2, rel=0.6)
    assert fit.variances["noise"] == pytest.approx(1, rel=0.15)
    inside = np.abs(fit.smoothed["beta"] - beta) < 1.96 * fit.smoothed["beta_se"]
    assert inside.mean() > 0.85
    assert "gain over a constant beta" in fit.summary()


def test_no_other_variances_are_more_likely() -> None:
    y, x, _ = drifting(300, 1)
    fit = kalman_beta(y, x)
    best = np.array(list(fit.variances.values()))

    assert kalman_beta(y, x, tuple(best)).loglikelihood == pytest.approx(fit.loglikelihood, abs=1e-8)
    for place in (0, 2):
        for factor in (0.9, 1.1):
            moved = best.copy()
            moved[place] *= factor
            assert kalman_beta(y, x, tuple(moved)).loglikelihood < fit.loglikelihood
    still = kalman_beta(y, x, (float(best[0]), 0.0, 0.0))
    assert still.loglikelihood < fit.constant_loglikelihood < fit.loglikelihood


def test_a_constant_beta_is_least_squares_and_called_constant() -> None:
    fits = {seed: kalman_beta(*pair(300, seed)) for seed in range(6)}
    constant = {seed: fit for seed, fit in fits.items() if fit.constant and fit.variances["alpha"] == 0}

    assert constant
    for seed, fit in constant.items():
        y, x = pair(300, seed)
        slope, intercept = np.polyfit(x, y, 1)
        assert fit.smoothed["beta"].to_numpy() == pytest.approx(slope, abs=1e-8)
        assert fit.smoothed["alpha"].to_numpy() == pytest.approx(intercept, abs=1e-8)
        assert fit.variances["noise"] == pytest.approx(np.sum((y - slope * x - intercept) ** 2) / 298, rel=1e-8)
        assert fit.loglikelihood == pytest.approx(fit.constant_loglikelihood, abs=1e-6)
        assert "the variance of beta's drift is zero" in fit.summary()


@pytest.mark.parametrize(("up", "across"), [(100.0, 1.0), (1.0, 1e-4), (1e-6, 1e6)])
def test_units_move_the_numbers_as_they_must(up: float, across: float) -> None:
    y, x, _ = drifting(300, 2)
    fit, other = kalman_beta(y, x), kalman_beta(y * up, x * across)

    assert other.smoothed["beta"].to_numpy() * across / up == pytest.approx(fit.smoothed["beta"].to_numpy(), rel=1e-3)
    assert other.variances["noise"] / up**2 == pytest.approx(fit.variances["noise"], rel=1e-3)
    # Two of the days go into alpha and beta, and beta has a unit of its own.
    shift = 298 * np.log(up) + np.log(across)
    assert other.loglikelihood + shift == pytest.approx(fit.loglikelihood, abs=1e-4)


def test_dates_stay_with_both_paths() -> None:
    days = pd.date_range("2024-01-01", periods=200)
    y, x = (pd.Series(values, days) for values in pair())
    frame = kalman_beta(y, x, GIVEN).to_frame()

    assert frame.index.equals(days)
    assert frame.columns.get_level_values(0).unique().tolist() == ["filtered", "smoothed"]


def test_a_search_that_ends_nowhere_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kalman, "_search", lambda space, start: (np.array([0.0, 0.1]), 1.0, False))
    fit = kalman_beta(*pair())

    assert not fit.converged
    assert "DID NOT CONVERGE" in fit.summary()


def test_given_variances_are_named_as_given() -> None:
    fit = kalman_beta(*pair(), (1.0, 0.0, 0.01))

    assert "variances given: noise 1" in fit.summary()
    assert "gain" not in fit.summary()
    assert np.isnan(fit.constant_loglikelihood)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda y, x: kalman_beta(y[:29], x[:29]), "29 observations; at least 30 are needed"),
        (lambda y, x: kalman_beta(y, np.ones_like(x)), "x is flat at 1; a beta needs two series that move"),
        (lambda y, x: kalman_beta(np.zeros_like(y), x), "y is flat at 0"),
        (lambda y, x: kalman_beta(2 * x + 1, x), "y is a straight line in x; there is no noise to estimate"),
        (lambda y, x: kalman_beta(y, x, (0.0, 0.1, 0.1)), "none negative and the first positive"),
        (lambda y, x: kalman_beta(y, x, (1.0, 0.1)), "must be three numbers"),
        (lambda y, x: kalman_beta(np.where(y == y[7], np.nan, y), x), "is missing at row 7"),
        (lambda y, x: kalman_beta(y, x[1:]), "must be of one length"),
    ],
)
def test_series_without_a_beta_to_follow_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(*pair())
