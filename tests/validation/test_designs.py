"""Simulated designs: they have the variance, correlation, tails and waves that they say."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.validation import DESIGNS, simulate_pair


@pytest.mark.parametrize("design", DESIGNS)
def test_a_design_has_variance_one_and_its_correlation(design: str) -> None:
    pairs = simulate_pair(design, 400, 0.6, seed=1, replications=300).reshape(-1, 2)

    assert pairs.mean(axis=0) == pytest.approx(0, abs=0.02)
    # Fourth moments are large, with strong waves infinite: then the variance of a sample says little.
    assert pairs.var(axis=0) == pytest.approx(1, abs=1.0 if design == "crypto" else 0.15)
    # Waves of either series' own dilute the correlation of returns below that of the errors.
    diluted = {"garch_t5": 0.05, "crypto": 0.15}.get(design, 0.02)
    assert 0.6 - diluted <= np.corrcoef(pairs.T)[0, 1] <= 0.62


def test_only_designs_with_waves_have_memory_in_the_size_of_moves() -> None:
    memory = {}
    for design in DESIGNS:
        size = np.abs(simulate_pair(design, 2000, seed=2, replications=20)[:, :, 0])
        memory[design] = np.corrcoef(size[:, 1:].ravel(), size[:, :-1].ravel())[0, 1]

    assert abs(memory["normal"]) < 0.02
    assert abs(memory["t5"]) < 0.02
    assert memory["garch_t5"] > 0.05
    assert memory["crypto"] > memory["garch_t5"]


def test_a_path_of_correlations_is_followed() -> None:
    path = np.repeat([0.0, 0.8], 500)

    pairs = simulate_pair("normal", 1000, path, seed=3, replications=50)

    assert np.corrcoef(pairs[:, :500].reshape(-1, 2).T)[0, 1] == pytest.approx(0.0, abs=0.02)
    assert np.corrcoef(pairs[:, 500:].reshape(-1, 2).T)[0, 1] == pytest.approx(0.8, abs=0.02)


def test_other_degrees_of_freedom_change_the_tails_and_not_the_variance() -> None:
    moments = {}
    for freedom in (6, 30):
        returns = simulate_pair("t5", 1000, 0.4, 4, 200, freedom=freedom)[:, :, 0]
        moments[freedom] = returns.var(), (returns**4).mean()

    # Kurtosis of Student's t is 3 + 6 / (freedom - 4).
    assert moments[6] == pytest.approx((1, 6), rel=0.15)
    assert moments[30] == pytest.approx((1, 3 + 6 / 26), rel=0.05)


def test_degrees_of_freedom_without_a_variance_are_refused() -> None:
    with pytest.raises(ValueError, match="2 degrees of freedom give no variance"):
        simulate_pair("t5", 10, freedom=2)


@pytest.mark.parametrize(
    ("design", "rho", "message"), [("calm", 0.4, "unknown design 'calm'"), ("normal", 1.2, r"outside \[-1, 1\]")]
)
def test_an_unknown_design_or_an_impossible_correlation_is_refused(design: str, rho: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_pair(design, 10, rho)
