"""The parts that every rolling correlation is made of."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from selloff.correlation.kernels import frames, pad, pair_positions, place, second_look, standardise


def test_blocks_follow_the_rows_that_precede_the_first() -> None:
    rows = np.arange(14.0).reshape(7, 2)

    whole, later = pad(rows, 3), pad(rows[1:], 3, before=2)

    assert whole.shape == (4, 3, 2)
    assert np.isnan(whole[0]).all()
    assert np.array_equal(whole[1:].reshape(-1, 2)[:7], rows)
    assert np.isnan(whole[-1, 1:]).all()
    assert np.array_equal(later[0, 1:], rows[1:3])
    assert np.array_equal(later[1], rows[3:6])


def test_a_centre_does_not_follow_a_bad_tick_and_a_factor_rounds_nothing() -> None:
    rows = np.random.default_rng(1).standard_normal((120, 3)) * [1.0, 1e-200, 1e200]
    rows[:, 0] += 1e9
    rows[35, 0] = 1e17

    centre, factor = frames(pad(rows, 30))

    assert np.abs(centre[1:, 0] - 1e9).max() < 5
    assert (factor[:, 0] == 1).all()
    assert (np.frexp(factor)[0] == 0.5).all()
    assert 0.1 < np.abs(rows[:, 1:] * factor[0, 1:]).max() < 32


def test_pairs_stand_in_the_order_of_combinations() -> None:
    pairs = list(combinations(range(7), 2))

    assert [place(7, first) for first in range(7)] == [pairs.index((i, i + 1)) for i in range(6)] + [21]
    for one in range(7):
        others = np.array([other for other in range(7) if other != one])
        expected = [pairs.index((min(one, other), max(one, other))) for other in others]
        assert pair_positions(7, np.intp(one), others).tolist() == expected


def test_few_windows_take_a_second_look_and_flat_ones_get_none() -> None:
    rows = np.random.default_rng(2).standard_normal((400, 4))
    rows[:, 1] = 1e5 * np.exp(np.cumsum(rows[:, 1] / 50))
    rows[200:, 0] += 1e6
    rows[122:162, 2] += 1e6
    rows[100:180, 3] = 7.0
    padded = pad(rows, 40)

    flagged = standardise(padded).flagged.transpose(1, 0, 2)
    looks = list(second_look(padded, flagged))

    # Neither a jump nor prices that wander need one, but a window between two jumps; flat windows are dropped.
    assert flagged.reshape(-1, 4).sum(axis=0).tolist() == [0, 0, 1, 41]
    assert [(row, which.tolist()) for row, which, _ in looks] == [(161, [2])]
    expected = np.corrcoef(rows[122:162, :3].T)[2]
    assert looks[0][2][0, :3] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(looks[0][2][0, 3])
