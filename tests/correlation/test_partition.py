"""The best cuts: against every cut there is, and ordinary least squares."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from selloff.correlation.partition import best_partitions, residual_squares


def least_squares(part: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(part)), part[:, :-1]])
    fitted = design @ np.linalg.lstsq(design, part[:, -1], rcond=None)[0]
    return float(np.sum((part[:, -1] - fitted) ** 2))


def sample(length: int, regressors: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((length, regressors + 1))
    table[:, -1] += np.where(np.arange(length) < length // 3, 0.0, 1.5) * table[:, 0]
    return table


@pytest.mark.parametrize("regressors", [0, 1, 2, 3])
def test_squared_residuals_are_those_of_ordinary_regressions(regressors: int) -> None:
    table = sample(40, regressors, 1)
    expected = [least_squares(table[:end]) for end in range(7, 41)]

    assert residual_squares(table, 7) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("regressors", [0, 1, 2])
def test_no_other_cut_leaves_less(regressors: int) -> None:
    table = sample(24, regressors, 2)
    shortest = 5

    found = best_partitions(table, shortest, 3)

    for breaks, (ends, squares) in enumerate(zip(found.ends, found.squares, strict=True)):
        every = {
            cuts: sum(least_squares(table[a:b]) for a, b in pairwise([0, *cuts, 24]))
            for cuts in combinations(range(shortest, 20), breaks)
            if all(b - a >= shortest for a, b in pairwise([0, *cuts, 24]))
        }
        assert ends == min(every, key=every.__getitem__)
        assert squares == pytest.approx(min(every.values()), rel=1e-10)


def test_levels_and_bad_ticks_cost_no_digits() -> None:
    table = sample(60, 1, 3)
    table[30, 0] = 1e8
    moved = table + np.array([1e6, -1e6])

    assert residual_squares(moved, 5) == pytest.approx(residual_squares(table, 5), rel=1e-6)
    assert residual_squares(table, 5)[:20] == pytest.approx([least_squares(table[:end]) for end in range(5, 25)])


def test_a_regressor_that_says_nothing_new_is_passed_over() -> None:
    table = sample(30, 1, 4)
    twice = np.column_stack([table[:, 0], 2 - 3 * table[:, 0], table[:, 1]])
    flat = np.column_stack([np.ones(30), table])

    assert residual_squares(twice, 6) == pytest.approx(residual_squares(table, 6), rel=1e-9)
    assert residual_squares(flat, 6) == pytest.approx(residual_squares(table, 6), rel=1e-9)


def test_more_regimes_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="4 regimes of 10 observations do not fit into 39"):
        best_partitions(sample(39, 0, 5), 10, 3)
