"""Random blocks and the band of a whole path: laws by count, quantiles in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from selloff.inference.bootstrap import block_length, stationary_blocks, sup_t


@given(st.integers(1, 40), st.floats(1, 40), st.integers(1, 20), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_every_position_lies_in_the_sample(length: int, block: float, replications: int, seed: int) -> None:
    positions = stationary_blocks(length, min(block, length), replications, seed)

    assert positions.shape == (replications, length)
    assert positions.min() >= 0
    assert positions.max() < length


def test_blocks_end_with_a_chance_of_one_in_their_mean_length() -> None:
    positions = stationary_blocks(1000, 8, 400, seed=1)

    goes_on = (positions[:, 1:] - positions[:, :-1]) % 1000 == 1
    # A new block goes on by chance one time in a thousand.
    assert 1 - goes_on.mean() == pytest.approx(1 / 8 * 999 / 1000, abs=0.002)
    assert np.bincount(positions.ravel(), minlength=1000).std() / 400 < 0.25


def test_the_last_day_is_followed_by_the_first() -> None:
    positions = stationary_blocks(10, 10, 300, seed=2)

    after_last = positions[:, 1:][positions[:, :-1] == 9]
    assert (after_last == 0).mean() > 0.8


def test_a_mean_block_of_one_draws_single_days() -> None:
    positions = stationary_blocks(200, 1, 200, seed=3)

    assert ((positions[:, 1:] - positions[:, :-1]) % 200 == 1).mean() < 0.01


def test_the_bootstrap_variance_of_a_mean_is_that_of_its_closed_form() -> None:
    # Politis and Romano 1994, eq. 6: autocovariances on the circle, damped by (1 - 1/b)^j both ways.
    x = np.random.default_rng(4).standard_normal(60)
    x[1:] += x[:-1]
    z, q = x - x.mean(), 1 - 1 / 5
    circle = [float(z @ np.roll(z, -j)) / 60 for j in range(60)]
    weight = [(1 - j / 60) * q**j + j / 60 * q ** (60 - j) for j in range(60)]
    expected = (
        sum(w * g for w, g in zip(weight, [float(z[: 60 - j] @ z[j:]) / 60 for j in range(60)], strict=True)) * 2
        - float(z @ z) / 60
    )
    assert len(circle) == 60

    means = x[stationary_blocks(60, 5, 40_000, seed=5)].mean(axis=1)

    assert means.var() * 60 == pytest.approx(expected, rel=0.03)


def test_random_blocks_are_shorter_on_average_than_fixed_ones() -> None:
    x = np.random.default_rng(6).standard_normal(2000)
    for t in range(1, x.size):
        x[t] += 0.7 * x[t - 1]

    # Patton, Politis and White 2009: lengths differ by the cube root of 3/2 for one series.
    assert block_length(x, "circular") / block_length(x, "stationary") == pytest.approx(1.5 ** (1 / 3), abs=0.06)


def test_the_band_of_independent_points_has_the_width_of_the_closed_form() -> None:
    draws = np.random.default_rng(7).standard_normal((100_000, 20)) * np.arange(1, 21)

    band = sup_t(draws, np.zeros(20), level=0.9)

    assert band.critical == pytest.approx(norm.ppf((1 + 0.9 ** (1 / 20)) / 2), abs=0.02)
    assert band.pointwise == pytest.approx(1.644854, abs=1e-6)
    inside = ((draws > band.lower) & (draws < band.upper)).all(axis=1).mean()
    assert inside == pytest.approx(0.9, abs=1e-3)
    assert "20 points" in band.summary()
    assert band.to_frame().shape == (20, 4)


def test_points_that_move_as_one_need_no_more_than_one_point() -> None:
    draws = np.random.default_rng(8).standard_normal((50_000, 1)) * np.ones(30)

    assert sup_t(draws, np.zeros(30)).critical == pytest.approx(1.96, abs=0.02)


def test_a_point_that_no_draw_moves_has_no_width() -> None:
    draws = np.random.default_rng(9).standard_normal((200, 2)) * [1.0, 0.0] + 0.1

    band = sup_t(draws, np.array([0.0, 0.1]))

    assert (band.lower[1], band.upper[1]) == (0.1, 0.1)
    assert band.lower[0] < 0 < band.upper[0]


GOOD = np.random.default_rng(0).standard_normal((60, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stationary_blocks(10, 11, 5), "block 11 must lie between 1 and the length 10"),
        (lambda: stationary_blocks(10, 0.5, 5), "block 0.5 must lie"),
        (lambda: stationary_blocks(10, math.nan, 5), "block nan must lie"),
        (lambda: stationary_blocks(10, 2, 0), "replications must be at least 1"),
        (lambda: block_length(GOOD[:, 0], "moving"), "unknown kind 'moving'; expected circular, stationary"),
        (lambda: sup_t(GOOD, np.zeros(2)), r"draws of shape \(60, 3\) do not fit an estimate of shape \(2,\)"),
        (lambda: sup_t(GOOD[:20], np.zeros(3)), "20 draws are too few"),
        (lambda: sup_t(np.where(GOOD > 2, np.nan, GOOD), np.zeros(3)), "missing or infinite"),
        (lambda: sup_t(GOOD, np.zeros(3), level=95), "level must lie between 0 and 1, got 95"),
        (lambda: sup_t(GOOD * 0, np.array([0.0, 1.0, 0.0])), "no draw moves point 1"),
    ],
)
def test_bad_input_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
