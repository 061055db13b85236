"""What chance, storms, clocks and levels do to a correlation: against closed forms and hand arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.correlation import forbes_rigobon
from selloff.correlation.pitfalls import (
    overlap_correlation,
    raised_correlation,
    rolling_paths,
    sample_correlations,
    shuffled_levels,
    stale_correlation,
    storm_samples,
    walk_correlations,
)
from selloff.validation import simulate_pair


def test_a_path_is_the_plain_correlation_of_the_days_before_it() -> None:
    pairs = simulate_pair("t5", 120, 0.4, seed=1, replications=3)

    paths = rolling_paths(pairs, 50)

    assert paths.shape == (71, 3)
    assert paths.index[0] == 50
    assert paths.loc[90, 2] == pytest.approx(np.corrcoef(pairs[2, 40:90].T)[0, 1], abs=1e-12)


def test_with_a_constant_correlation_a_line_of_ninety_days_wanders_from_a_tenth_to_six_tenths() -> None:
    paths = rolling_paths(simulate_pair("garch_t5", 1000, 0.4, seed=11, replications=100), 90)

    # .08 and .64 in a larger simulation that was run apart from this code.
    assert paths.min().mean() == pytest.approx(0.08, abs=0.04)
    assert paths.max().mean() == pytest.approx(0.64, abs=0.03)


def test_heavy_tails_and_not_the_number_of_days_set_the_error_of_a_correlation() -> None:
    spread = {
        freedom: sample_correlations(simulate_pair("t5", 1000, 0.4, 3, 1500, freedom=freedom)).std()
        for freedom in (8, 200)
    }

    textbook = (1 - 0.4**2) / 1000**0.5
    assert spread[200] / textbook == pytest.approx(1.0, abs=0.06)
    # The square root of (8 - 2) / (8 - 4).
    assert spread[8] / textbook == pytest.approx(1.2247, abs=0.07)


@pytest.mark.parametrize(("ratio", "raised"), [(1, 0.35), (2, 0.467), (4, 0.598), (9, 0.746)])
def test_a_larger_variance_lifts_a_correlation_as_forbes_and_rigobon_say(ratio: float, raised: float) -> None:
    assert float(raised_correlation(0.35, ratio)) == pytest.approx(raised, abs=6e-4)


def test_the_correction_undoes_the_storm_exactly_where_noise_and_factor_are_orthogonal() -> None:
    x, e = np.tile([1.0, -1.0, 1.0, -1.0], 4), np.tile([1.0, 1.0, -1.0, -1.0], 4)
    x[8:] *= 3
    result = forbes_rigobon(x, 3 * x + 4 * e, calm=(0, 7), turmoil=(8, 15))

    assert result.raw == pytest.approx(float(raised_correlation(0.6, 9)), abs=1e-12)
    assert result.adjusted == pytest.approx(0.6, abs=1e-12)


def test_a_simulated_storm_lifts_the_correlation_and_leaves_beta_and_the_corrected_one() -> None:
    found = storm_samples(0.35, (1, 4, 9), length=20_000, seed=2)

    assert found.index.tolist() == [1, 4, 9]
    assert found["correlation"].to_numpy() == pytest.approx([0.35, 0.598, 0.746], abs=0.02)
    assert found[["corrected", "beta"]].to_numpy() == pytest.approx(0.35, abs=0.02)


def test_daily_returns_that_are_read_apart_keep_the_share_of_the_day_in_common() -> None:
    levels = simulate_pair("normal", 24 * 6000, 0.6, seed=5)[0].cumsum(axis=0)
    days = np.arange(24, len(levels) - 24, 24)

    for hours in (-18, -6, 12):
        found = np.corrcoef(np.diff(levels[days, 0]), np.diff(levels[days + hours, 1]))[0, 1]
        assert float(overlap_correlation(0.6, hours)) == pytest.approx(0.6 * (1 - abs(hours) / 24), abs=1e-12)
        assert found == pytest.approx(float(overlap_correlation(0.6, hours)), abs=0.04)


def test_readings_more_than_a_day_apart_share_nothing() -> None:
    assert overlap_correlation(0.6, [-30, 24]).tolist() == [0.0, 0.0]


def test_a_stale_series_is_worked_out_as_by_hand() -> None:
    x = np.random.default_rng(1).standard_normal(60)
    y = x + np.random.default_rng(2).standard_normal(60)
    filled = np.zeros(60)
    filled[1::2] = y[0::2] + y[1::2]
    late = np.zeros(58)
    late[1::2] = y[1:59:2] + y[2:59:2]

    expected = (np.corrcoef(x, filled)[0, 1] + np.corrcoef(x[1:59], late)[0, 1]) / 2
    assert stale_correlation(x, y, 2)[0] == pytest.approx(expected, abs=1e-12)


def test_filling_divides_a_correlation_by_the_gap_and_matching_keeps_it() -> None:
    x, y = simulate_pair("normal", 60_000, 0.5, seed=4)[0].T

    for every in (1, 2, 5, 10):
        filled, matched = stale_correlation(x, y, every)
        assert filled == pytest.approx(0.5 / every, abs=0.015)
        assert matched == pytest.approx(0.5, abs=0.03)


def test_levels_of_independent_walks_correlate_however_long_they_are() -> None:
    short, long = (walk_correlations(length, 1500, seed=3).std() for length in (100, 400))

    assert short["returns"] == pytest.approx(0.1, abs=0.01)
    assert long["returns"] == pytest.approx(0.05, abs=0.005)
    # The standard deviation of the limit, near one half.
    assert short["levels"] == pytest.approx(0.49, abs=0.03)
    assert long["levels"] == pytest.approx(0.49, abs=0.03)


def test_a_shuffle_breaks_the_link_of_a_walk_that_ends_where_it_began() -> None:
    x = np.random.default_rng(6).standard_normal(300)
    x -= x.mean()

    found = shuffled_levels(x, x, 2000, seed=1)

    assert found.max() < 1
    assert np.median(found) == pytest.approx(0, abs=0.05)
    assert (found == shuffled_levels(x, x, 2000, seed=1)).all()


def test_equal_days_are_the_same_in_any_order() -> None:
    x = np.array([1.0, -2.0, 4.0, 1.0, -1.0])

    # Levels 1, -1, 3, 4, 3 against 1, 2, 3, 4, 5: 9 / sqrt(10 * 16).
    assert shuffled_levels(x, np.ones(5), 20) == pytest.approx(9 / 160**0.5, abs=1e-12)


def test_two_rises_without_a_link_correlate_in_levels() -> None:
    rng = np.random.default_rng(7)
    x, y = 0.2 + rng.standard_normal((2, 500))

    assert np.median(shuffled_levels(x, y, 300)) > 0.6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rolling_paths(np.ones((3, 10)), 5), "expected \\(replications, length, 2\\)"),
        (lambda: raised_correlation(1.2, 2), "rho must lie in"),
        (lambda: raised_correlation(0.3, [1, 0]), "must be positive"),
        (lambda: storm_samples(0.3, [-1]), "must be positive"),
        (lambda: overlap_correlation(0.3, 1, 0), "cycle must be positive"),
        (lambda: stale_correlation(np.arange(50.0), np.arange(50.0), 3), "whole number from 1 to 2"),
        (lambda: walk_correlations(2), "3 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
