"""The null model: it recovers what was simulated, and simulates what it says."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.inference.null import constant_correlation
from selloff.validation.designs import simulate_pair


def test_the_fit_finds_the_truth_it_was_simulated_with() -> None:
    x, y = simulate_pair("garch_t5", 8000, 0.4, seed=1)[0].T

    model = constant_correlation(x, y)

    assert model.rho == pytest.approx(0.4, abs=0.04)
    assert model.freedom == pytest.approx(5, abs=1)
    assert model.x.alpha + model.x.beta == pytest.approx(0.95, abs=0.03)


def test_simulated_returns_have_variance_one_and_the_models_correlation() -> None:
    model = constant_correlation(*simulate_pair("t5", 2000, 0.6, seed=2)[0].T)

    x, y = model.simulate(500, 400, seed=3).astype(float)

    assert x.shape == (500, 400)
    assert x.var() == pytest.approx(1, abs=0.1)
    assert np.corrcoef(x.ravel(), y.ravel())[0, 1] == pytest.approx(model.rho, abs=0.02)


def test_large_moves_of_one_day_follow_large_moves_only_if_there_are_waves() -> None:
    def memory(design: str) -> float:
        model = constant_correlation(*simulate_pair(design, 3000, 0.4, seed=4)[0].T)
        size = np.abs(model.simulate(2000, 20, seed=5)[0].astype(float))
        return float(np.corrcoef(size[1:].ravel(), size[:-1].ravel())[0, 1])

    assert memory("normal") < 0.05
    assert memory("garch_t5") > 0.08


def test_the_same_seed_gives_the_same_paths_and_another_gives_others() -> None:
    model = constant_correlation(*simulate_pair("normal", 300, 0.4)[0].T)

    assert np.array_equal(model.simulate(50, 4, seed=1), model.simulate(50, 4, seed=1))
    assert not np.array_equal(model.simulate(50, 4, seed=1), model.simulate(50, 4, seed=2))


def test_a_model_says_itself_in_one_line() -> None:
    summary = constant_correlation(*simulate_pair("normal", 300, 0.4)[0].T).summary()

    assert summary.startswith("constant correlation 0.")
    assert "degrees of freedom" in summary


@pytest.mark.parametrize(("length", "replications"), [(0, 1), (1, 0)])
def test_nothing_cannot_be_simulated(length: int, replications: int) -> None:
    model = constant_correlation(*simulate_pair("normal", 300, 0.4)[0].T)

    with pytest.raises(ValueError, match="must be at least 1, got"):
        model.simulate(length, replications)
