"""Bands: widths by an independent computation, coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.correlation import Band, correlation_band
from selloff.correlation.band import _critical, _largest_deviations
from selloff.inference.null import constant_correlation
from selloff.validation.designs import simulate_pair


def related(seed: int, length: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, noise = rng.standard_normal((2, length))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


def test_the_pointwise_band_is_that_of_draws_taken_one_by_one() -> None:
    x, y = related(1, 60, 0.5)
    indices = np.random.default_rng(2).integers(0, 20, size=(99, 20))

    band = correlation_band(x, y, 20, level=0.9, indices=indices)

    for start in range(41):
        draws = [np.arctanh(np.corrcoef(x[start + taken], y[start + taken])[0, 1]) for taken in indices]
        deviations = np.sort(np.abs(np.array(draws) - np.mean(draws)))
        middle = np.arctanh(np.corrcoef(x[start : start + 20], y[start : start + 20])[0, 1])
        # 90 of the 99 deviations are at most the half-width.
        assert band.lower.iloc[19 + start] == pytest.approx(np.tanh(middle - deviations[89]), abs=1e-12)
        assert band.upper.iloc[19 + start] == pytest.approx(np.tanh(middle + deviations[89]), abs=1e-12)


def test_moving_sums_of_simulated_moments_give_the_deviations_that_a_plain_computation_gives() -> None:
    null = constant_correlation(*simulate_pair("garch_t5", 300, 0.4, seed=1)[0].T)
    paths = null.simulate(61, 3, seed=5).astype(float)

    largest = _largest_deviations(null, 61, 20, 3, seed=5)

    for path in range(3):
        x, y = paths[:, :, path]
        deviations, errors = [], []
        for start in range(42):
            a, b = x[start : start + 20], y[start : start + 20]
            r = np.corrcoef(a, b)[0, 1]
            # The influence about means of zero, squared and averaged.
            psi = a * b / (a.std() * b.std()) - r / 2 * (a**2 / a.var() + b**2 / b.var())
            errors.append(np.mean(psi**2) / 20 / (1 - r**2) ** 2)
            deviations.append(abs(np.arctanh(r) - np.arctanh(null.rho)))
        steady = np.sqrt((np.array(errors) + np.mean(errors)) / 2)
        assert largest[path] == pytest.approx(np.max(deviations / steady), rel=1e-4)


def test_looking_at_every_third_date_costs_nothing_once_the_gap_is_added() -> None:
    null = constant_correlation(*simulate_pair("garch_t5", 500, 0.4, seed=1)[0].T)
    x, y = null.simulate(500, 400, seed=6).astype(float)
    r = rolling_correlation_by_sums(x, y, 90)
    deviations = np.abs(np.arctanh(r) - np.arctanh(null.rho)) * np.sqrt(87)

    every, third = np.quantile(deviations.max(axis=0), 0.95), np.quantile(deviations[::3].max(axis=0), 0.95)

    gap = _critical(np.zeros(400), 90, 0.95)
    assert every - third == pytest.approx(gap * deviations.std(), abs=0.05)


def rolling_correlation_by_sums(x: np.ndarray, y: np.ndarray, window: int) -> np.ndarray:
    def mean(a: np.ndarray) -> np.ndarray:
        sums = np.concatenate([np.zeros((1, a.shape[1])), np.cumsum(a, axis=0)])
        return (sums[window:] - sums[:-window]) / window

    return (mean(x * y) - mean(x) * mean(y)) / np.sqrt((mean(x * x) - mean(x) ** 2) * (mean(y * y) - mean(y) ** 2))


def test_given_positions_make_the_band_repeatable() -> None:
    x, y = related(3, 120, 0.3)
    indices = np.random.default_rng(4).integers(0, 30, size=(200, 30))

    first, second = (correlation_band(x, y, 30, indices=indices).to_frame() for _ in range(2))

    assert first.equals(second)


def test_the_simultaneous_band_holds_the_pointwise_one_and_both_hold_the_estimate() -> None:
    frame = correlation_band(*related(5, 300, 0.4), 60, replications=400).to_frame()

    assert (frame["simultaneous_lower"] <= frame["lower"]).all()
    assert (frame["lower"] <= frame["estimate"]).all()
    assert (frame["estimate"] <= frame["upper"]).all()
    assert (frame["upper"] <= frame["simultaneous_upper"]).all()
    assert frame.abs().max().max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("design", ["normal", "garch_t5"])
def test_the_simultaneous_band_holds_a_constant_path_as_often_as_it_says(design: str) -> None:
    pairs = simulate_pair(design, 500, 0.4, seed=3, replications=150)

    held = [correlation_band(*pair.T, 90, replications=300).admits(0.4) for pair in pairs]

    # 95 % of 150 with a standard error of 1.8 points: outside 89 to 100 % something is wrong.
    assert 0.89 <= np.mean(held) <= 1.0


def test_the_simultaneous_band_is_no_wider_than_it_must_be() -> None:
    # For independent normals the pointwise half-width on the arctanh scale is 1.96 / sqrt(n - 3); over 411 dates of
    # overlapping windows the largest of all deviations is below four standard errors.
    frame = correlation_band(*related(12, 500, 0.4), 90, replications=500, block=1).to_frame()
    half = (np.arctanh(frame["simultaneous_upper"]) - np.arctanh(frame["simultaneous_lower"])) / 2

    assert 2.5 / np.sqrt(87) < half.median() < 4.2 / np.sqrt(87)


def test_a_flat_stretch_has_no_band_and_the_rest_has_one() -> None:
    x, y = (series.copy() for series in related(11, 300, 0.4))
    x[100:180] = 0.5

    band = correlation_band(x, y, 50, replications=100)

    assert band.estimate.iloc[149:180].isna().all()
    assert len(band.to_frame()) > 100


def test_a_path_that_moves_admits_no_constant() -> None:
    x, y = related(6, 600, 0.0)
    y[300:] = related(7, 300, 0.0)[0] * 0.2 + x[300:]

    band = correlation_band(x, y, 60, replications=300)

    assert not any(band.admits(value) for value in np.linspace(-0.9, 0.9, 181))


def test_a_result_says_its_settings_in_one_line() -> None:
    band = correlation_band(*related(8, 200, 0.4), 50, replications=100, block=5)

    assert isinstance(band, Band)
    assert "50-observation" in band.summary()
    assert "100 replications, blocks of 5" in band.summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 1.5}, "level must lie between 0 and 1"),
        ({"block": 99}, "block 99 must lie between 1 and the length 50"),
        ({"window": 201}, "window 201 must lie between 3"),
        ({"indices": np.zeros((3, 7), dtype=int)}, r"indices must be \(replications, 50\)"),
        ({"replications": 0}, "replications must be at least 1"),
        ({"replications": 1}, "expected at least 2 replications"),
        ({"indices": np.full((3, 50), 0.5)}, r"indices must be \(replications, 50\) positions"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        correlation_band(*related(9, 200, 0.4), **({"window": 50} | change))


def test_a_missing_value_is_refused() -> None:
    x, y = related(10, 100, 0.4)
    x[3] = np.nan

    with pytest.raises(ValueError, match="drop incomplete days"):
        correlation_band(x, y, 50)
