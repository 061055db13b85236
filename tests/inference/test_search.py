"""The search: exact on bowls, right at limits, honest where it fails."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.inference.search import minimise

NOWHERE = np.zeros((1, 2)), np.array([-1.0])


def rosenbrock(at: np.ndarray) -> tuple[float, np.ndarray]:
    x, y = at
    slope = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
    return float(100 * (y - x * x) ** 2 + (1 - x) ** 2), slope


def test_a_bowl_takes_one_step_in_its_own_metric() -> None:
    metric = np.array([[4.0, 1.0], [1.0, 3.0]])
    goal = np.array([2.0, -1.0])
    calls = []

    def bowl(at: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(at)
        return float((at - goal) @ metric @ (at - goal)) / 2, metric @ (at - goal)

    found = minimise(bowl, np.zeros(2), metric, *NOWHERE)

    assert found.converged
    assert found.theta == pytest.approx(goal, abs=1e-12)
    assert len(calls) == 2


def test_a_curved_valley_is_followed_to_its_end() -> None:
    found = minimise(rosenbrock, np.array([-1.0, 1.0]), np.eye(2), *NOWHERE)

    assert found.converged
    assert found.theta == pytest.approx([1, 1], abs=1e-5)


def test_a_limit_holds_and_the_minimum_along_it_is_found() -> None:
    # On x + y <= 1 the nearest point to (1, 2) is (0, 1).
    found = minimise(
        lambda at: (float((at[0] - 1) ** 2 + (at[1] - 2) ** 2), 2 * (at - (1.0, 2.0))),
        np.zeros(2),
        np.eye(2),
        np.array([[-1.0, -1.0]]),
        np.array([-1.0]),
    )

    assert found.converged
    assert found.theta == pytest.approx([0, 1], abs=1e-6)
    assert found.value == pytest.approx(2, abs=1e-6)


def test_a_slope_without_an_end_is_no_minimum() -> None:
    found = minimise(lambda at: (-float(at.sum()), -np.ones(2)), np.zeros(2), np.eye(2), *NOWHERE)

    assert not found.converged or found.value < -1e6


def test_a_function_that_is_no_number_has_no_minimum() -> None:
    found = minimise(lambda at: (float("nan"), np.ones(2)), np.zeros(2), np.eye(2), *NOWHERE)

    assert not found.converged
