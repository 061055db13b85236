"""Extremes that come together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.clusters import decluster, extremal_index
from selloff.validation.market import max_autoregression


def test_independent_extremes_come_alone() -> None:
    x = np.random.default_rng(1).standard_normal(50_000)

    assert extremal_index(x, 2.0) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("theta", [0.3, 0.6, 0.9])
def test_maxima_of_an_autoregression_have_the_index_they_were_made_with(theta: float) -> None:
    x = max_autoregression(60_000, theta, seed=2)

    assert extremal_index(x, float(np.quantile(x, 0.98))) == pytest.approx(theta, abs=0.06)
    assert extremal_index(x, float(np.quantile(x, 0.995)), run=5) == pytest.approx(theta, abs=0.1)


def test_the_intervals_estimator_by_hand() -> None:
    # Extremes at 0, 1, 2, 12, 13: gaps of 1, 1, 10 and 1.
    x = np.zeros(14)
    x[[0, 1, 2, 12, 13]] = 1.0

    # 2 (0 + 0 + 9 + 0)^2 / (4 (9 times 8)) is a half and a sixteenth.
    assert extremal_index(x, 0.5) == pytest.approx(0.5625, abs=1e-15)
    assert extremal_index(x, 0.5, run=2) == pytest.approx(2 / 5, abs=1e-15)


def test_close_extremes_take_the_other_formula() -> None:
    x = np.array([1.0, 1, 0, 1, 1, 1])

    # Gaps of 1, 2, 1 and 1: 2 * 25 / (4 * 7), cut at 1.
    assert extremal_index(x, 0.5) == 1
    assert extremal_index(np.ones(3), 0.5) == 1


def test_the_peaks_of_clusters_are_their_first_largest_values() -> None:
    days = pd.date_range("2024-01-01", periods=12)
    x = pd.Series([0, 5, 9, 0, 9, 0, 0, 0, 0, 7, 6, 0], index=days, dtype=float)

    peaks = decluster(x, 4.0, run=2)

    assert peaks.to_dict() == {days[2]: 9.0, days[9]: 7.0}


def test_without_a_run_the_longest_gaps_separate_clusters() -> None:
    # Twenty events of three days each, four weeks apart.
    x = np.tile([1.0, 3.0, 2.0] + [0.0] * 27, 20)

    peaks = decluster(x, 0.5)

    # 19 gaps of 28 days and 40 of one: 2 (19 27)^2 / (59 (19 27 26)) of 60 days, rounded down, and one more are 41
    # clusters; the 41st longest gap is a single day, so only the long gaps separate.
    assert extremal_index(x, 0.5) == pytest.approx(2 * 19 * 27 / (59 * 26), abs=1e-12)
    assert peaks.index.to_list() == list(range(1, 600, 30))
    assert peaks.eq(3).all()


@given(st.lists(st.integers(0, 3), min_size=4, max_size=80), st.one_of(st.none(), st.integers(1, 8)))
@settings(max_examples=200, deadline=None)
def test_peaks_are_exceedances_and_no_more_than_there_are(values: list[int], run: int | None) -> None:
    x = np.array(values, dtype=float)
    if (x > 1).sum() < 2:
        return

    peaks = decluster(x, 1.0, run)

    assert 0 < extremal_index(x, 1.0, run) <= 1
    assert peaks.gt(1).all()
    assert 1 <= len(peaks) <= (x > 1).sum()
    assert peaks.max() == x.max()
    assert peaks.index.is_monotonic_increasing
    if run is not None:
        assert len(peaks) == round(extremal_index(x, 1.0, run) * (x > 1).sum())


@pytest.mark.parametrize(
    ("threshold", "run", "message"),
    [
        (5.0, None, "1 above the threshold 5; at least 2 values are needed: lower it"),
        (1.0, 0, "run must be at least 1 value below the threshold, got 0"),
    ],
)
def test_too_few_extremes_or_no_run_are_refused(threshold: float, run: int | None, message: str) -> None:
    x = np.array([1.0, 2.0, 3.0, 6.0])

    for ask in (extremal_index, decluster):
        with pytest.raises(ValueError, match=message):
            ask(x, threshold, run)
