"""Long-run variance by hand, blocks that stay inside the sample."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.inference import TestResult, block_length, long_run_variance, moving_blocks


def test_an_alternating_series_has_the_variance_that_the_formula_gives() -> None:
    # Autocovariances 1 and -3/4, Bartlett weight 1/2: 1 + 2 * 1/2 * -3/4.
    assert long_run_variance([1.0, -1.0, 1.0, -1.0], lags=1) == pytest.approx(0.25, abs=1e-15)


def test_without_lags_it_is_the_variance() -> None:
    assert long_run_variance([1.0, 2.0, 3.0, 6.0], lags=0) == pytest.approx(3.5, abs=1e-15)


def test_an_autoregression_comes_near_its_known_long_run_variance() -> None:
    rng = np.random.default_rng(1)
    x = np.zeros(200_000)
    noise = rng.standard_normal(x.size)
    for t in range(1, x.size):
        x[t] = 0.5 * x[t - 1] + noise[t]

    # 1 / (1 - .5)^2
    assert long_run_variance(x, lags=60) == pytest.approx(4.0, rel=0.05)


def test_blocks_are_runs_inside_the_sample_and_every_draw_is_full() -> None:
    positions = moving_blocks(23, 5, 400, seed=3)

    assert positions.shape == (400, 23)
    assert positions.min() == 0
    assert positions.max() == 22
    steps = np.diff(positions, axis=1)
    inside = np.ones(22, dtype=bool)
    inside[4::5] = False
    assert (steps[:, inside] == 1).all()


def test_a_seed_repeats_its_draws() -> None:
    np.testing.assert_array_equal(moving_blocks(30, 4, 10, seed=7), moving_blocks(30, 4, 10, seed=7))


def test_dependence_asks_for_longer_blocks() -> None:
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(2000)
    slow = np.zeros(2000)
    for t in range(1, 2000):
        slow[t] = 0.9 * slow[t - 1] + noise[t]

    assert block_length(slow) > 5 * block_length(noise)


def test_a_result_gives_its_interval_and_one_line() -> None:
    result = TestResult("two windows", 2.0, 0.0455, 0.2, 0.1, "size 6 %")

    assert result.interval() == pytest.approx((0.2 - 0.1959964, 0.2 + 0.1959964), abs=1e-6)
    assert result.summary() == "two windows: effect +0.200 [+0.004, +0.396], p = 0.045; size 6 %"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: long_run_variance([1.0, np.nan]), "finite values"),
        (lambda: long_run_variance([1.0, 2.0], lags=2), "lags 2 must lie between 0 and 1"),
        (lambda: moving_blocks(10, 11, 5), "block 11 must lie between 1 and the length 10"),
        (lambda: moving_blocks(10, 2, 0), "replications must be at least 1"),
    ],
)
def test_bad_input_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
