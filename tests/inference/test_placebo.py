"""Placebos: ranks by hand, shifts and windows by brute force, level and power by simulation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.inference.placebo import placebo, placebo_shifts, placebo_windows

DAYS = pd.date_range("2025-01-01", periods=60)
RETURNS = pd.Series(np.random.default_rng(1).standard_normal(60), index=DAYS)


def test_the_rank_counts_the_observed_value_and_ties_against_it() -> None:
    values = pd.Series([3.0, -4.0, 1.0, 2.0, np.nan])

    assert placebo(-3.0, values).pvalue == float(Fraction(3, 5))
    assert placebo(3.0, values, "greater").rank == 2
    assert placebo(-3.0, values, "less").pvalue == float(Fraction(2, 5))
    assert placebo(9.0, values).pvalue == float(Fraction(1, 5))
    assert placebo(9.0, values).undefined == 1
    # The sum of ten tenths is not quite one.
    assert placebo(1.0, pd.Series([sum([0.1] * 10), 0.0])).rank == 2


def test_the_frame_marks_what_is_as_extreme_and_the_line_says_it_all() -> None:
    result = placebo(2.0, pd.Series([-3.0, 0.0, 1.0], index=[5, 6, 7]), independent=1.5)

    assert result.to_frame()["extreme"].to_dict() == {5: True, 6: False, 7: False}
    assert "rank 2 of 4 (two-sided), p = 0.500" in result.summary()
    assert "about 2 of them share no data" in result.summary()
    low, high = result.interval(0.5)
    assert (low, high) == (-1.5, 0.5)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=20), st.integers(-5, 5))
@settings(max_examples=100, deadline=None)
def test_a_value_drawn_from_its_own_placebos_is_rarely_extreme(values: list[int], observed: int) -> None:
    everything = [*values, observed]

    pvalues = [
        placebo(float(value), pd.Series([*everything[:at], *everything[at + 1 :]], dtype=float)).pvalue
        for at, value in enumerate(everything)
    ]

    # Over all choices of the observed one, at most a share p has a p-value of p or less: the level is exact.
    for level in set(pvalues):
        assert sum(p <= level + 1e-12 for p in pvalues) / len(pvalues) <= level + 1e-12


def test_shifts_run_around_the_circle_and_those_nearby_can_be_left_out() -> None:
    asked: list[int] = []

    def statistic(shift: int) -> float:
        asked.append(shift)
        return float(shift)

    result = placebo_shifts(statistic, 10, exclude=2)

    assert result.distribution.index.to_list() == [3, 4, 5, 6, 7]
    assert result.distribution.index.name == "shift"
    assert sorted(asked) == [0, 3, 4, 5, 6, 7]
    assert placebo_shifts(statistic, 10, shifts=[-3, 4]).distribution.to_dict() == {7: 7.0, 4: 4.0}


def test_shifted_dates_find_an_effect_on_dates_that_come_in_runs() -> None:
    rng = np.random.default_rng(2)
    dates = (rng.integers(0, 400, 5)[:, None] + np.arange(6)).ravel() % 400
    returns = rng.standard_normal(400)
    returns[dates] -= 1

    def mean_after(shift: int) -> float:
        return float(returns[(dates + shift) % 400].mean())

    assert placebo_shifts(mean_after, 400, exclude=10).pvalue < 0.01


def test_between_waves_that_are_not_tied_shifts_keep_their_level() -> None:
    # Two slow independent series: a t test of their correlation takes every point for new.
    rng = np.random.default_rng(3)
    shifted, naive = 0, 0
    for _ in range(400):
        x, y = rng.standard_normal((2, 120))
        for t in range(1, 120):
            x[t] += 0.9 * x[t - 1]
            y[t] += 0.9 * y[t - 1]
        zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
        around = np.fft.irfft(np.fft.rfft(zx) * np.conj(np.fft.rfft(zy)), 120) / 120
        result = placebo_shifts(lambda shift, around=around: float(around[shift]), 120)
        shifted += result.pvalue <= 0.05
        naive += abs(around[0]) * np.sqrt(118 / (1 - around[0] ** 2)) > 1.98

    assert 0.02 <= shifted / 400 <= 0.085
    assert naive / 400 > 0.4


@given(st.integers(1, 12), st.integers(0, 48), st.booleans())
@settings(max_examples=60, deadline=None)
def test_windows_are_all_those_that_share_no_day_with_the_one_in_question(
    length: int, start: int, overlap: bool
) -> None:
    values = RETURNS.to_numpy()

    result = placebo_windows(values, start, length, np.sum, overlap=overlap)

    expected = {}
    for at in range(60 - length + 1):
        apart = at + length <= start or at >= start + length
        if apart and (overlap or (at - start) % length == 0):
            expected[at] = sum(values[at : at + length])
    assert result.distribution.to_dict() == pytest.approx(expected, abs=1e-12)
    assert result.observed == pytest.approx(sum(values[start : start + length]), abs=1e-12)
    assert result.independent == pytest.approx(len(expected) / length if overlap else len(expected))


def test_windows_that_touch_other_events_can_be_left_out() -> None:
    result = placebo_windows(RETURNS, "2025-01-11", 5, np.sum, exclude=["2025-02-01", ("2025-02-10", "2025-02-20")])

    kept = result.distribution.index
    assert kept[-1] == pd.Timestamp("2025-02-25")
    for first in kept:
        days = pd.date_range(first, periods=5)
        assert pd.Timestamp("2025-02-01") not in days
        assert not days.isin(pd.date_range("2025-02-10", "2025-02-20")).any()
        assert not days.isin(pd.date_range("2025-01-11", periods=5)).any()
    assert pd.Timestamp("2025-02-05") in kept


def test_days_left_out_may_fall_on_days_off() -> None:
    weekdays = RETURNS.set_axis(pd.bdate_range("2025-01-01", periods=60))

    saturday = placebo_windows(weekdays, 0, 2, np.sum, exclude=["2025-02-01"])
    to_sunday = placebo_windows(weekdays, 0, 2, np.sum, exclude=[("2025-01-31", "2025-02-02")])
    friday = placebo_windows(weekdays, 0, 2, np.sum, exclude=["2025-01-31"])

    # The window of Friday and Monday spans the Saturday.
    assert len(saturday.distribution) == 56
    assert to_sunday.distribution.equals(friday.distribution)


def test_a_panel_gives_its_windows_with_all_columns() -> None:
    panel = pd.DataFrame(np.random.default_rng(4).standard_normal((60, 3)), index=DAYS)
    panel.iloc[20:30] += np.random.default_rng(5).standard_normal((10, 1)) * 20

    result = placebo_windows(panel, "2025-01-21", 10, lambda x: float(np.corrcoef(x.T)[np.triu_indices(3, 1)].mean()))

    assert result.rank == 1
    assert result.settings["start"] == pd.Timestamp("2025-01-21")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: placebo(np.nan, RETURNS), "the observed statistic is nan"),
        (lambda: placebo(1.0, RETURNS * np.nan), "no placebo value is defined"),
        (lambda: placebo(1.0, RETURNS, "up"), "unknown alternative 'up'"),
        (lambda: placebo(1.0, RETURNS).interval(95), "level must lie between 0 and 1"),
        (lambda: placebo_shifts(float, 2), "length must be at least 3"),
        (lambda: placebo_shifts(float, 10, exclude=5), "exclude must lie between 0 and half the length 10"),
        (lambda: placebo_shifts(float, 10, shifts=[3, 13]), "a shift occurs twice"),
        (lambda: placebo_shifts(float, 10, shifts=[3, 10]), "a shift of 0 or 10 is no placebo"),
        (lambda: placebo_shifts(float, 10, shifts=[1], exclude=2), "no shift is left"),
        (
            lambda: placebo_windows(RETURNS, "2025-02-28", 5, np.sum),
            "5 observations from 2025-02-28 does not lie within",
        ),
        (lambda: placebo_windows(RETURNS, 0, 60, np.sum), "length 60 must be whole and lie between 1 and 59"),
        (lambda: placebo_windows(RETURNS, 20, 30, np.sum), "no other window is left"),
        (lambda: placebo_windows(RETURNS, 0, 5, np.sum, exclude=["noday"]), "exclude 'noday' is no date"),
        (lambda: placebo_windows(RETURNS * np.nan, 0, 5, np.sum), "series has no value at all"),
    ],
)
def test_bad_input_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
