"""What moves the rate of events from outside: slow trends, the hour of the day, the day of the week."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.market.excitation import Excitation, Family
from selloff.market.settings import check_number

__all__ = ["SHORTEST", "Baseline", "constant_design", "flexible_design", "full_grid", "prepare"]

Floats = NDArray[np.float64]
Baseline = Literal["flexible", "constant"]

#: Shortest half-life that is tried, in bars: fifteen sixteenths of the excitation then come in the next bar.
SHORTEST = 0.25
# Events that a fit needs at all, and per knot of the baseline.
_FEWEST, _PER_KNOT = 20, 3

# Waves of the calendar by their period in hours. A sample holds each at least four times, or it is left out.
_PERIODS, _REPEATS = (24, 12, 8, 6, 168, 84, 56), 4


def full_grid(counts: pd.Series) -> tuple[pd.Series, float]:
    """Put counts on a grid of equal bars without gaps.

    Parameters
    ----------
    counts : Series, shape (T,)
        Ascending unique labels. Without dates, bars are hours and have no gaps.

    Returns
    -------
    counts : Series
        NaN in bars that were left out.
    hours : float
        Length of a bar.

    Raises
    ------
    ValueError
        A date lies off the grid, or more than half of the bars are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.market.baseline import full_grid
    >>> days = pd.to_datetime(["2025-09-22 00:00", "2025-09-22 01:00", "2025-09-22 03:00"])
    >>> counts, hours = full_grid(pd.Series([1.0, 0.0, 2.0], index=days))
    >>> counts.tolist(), hours
    ([1.0, 0.0, nan, 2.0], 1.0)
    """
    index = counts.index
    if not isinstance(index, pd.DatetimeIndex):
        return counts, 1.0
    passed = (index - index[0]) / pd.Timedelta(hours=1)
    hours = float(np.diff(passed).min())
    bars = np.asarray(passed) / hours
    off = np.abs(bars - np.round(bars)) > 1e-6
    if off.any():
        day = index[int(off.argmax())]
        raise ValueError(f"counts at {day:%Y-%m-%d %H:%M} lies off the grid of {hours:g} h; resample to equal bars")
    length = round(bars[-1]) + 1
    if 2 * len(index) < length:
        raise ValueError(
            f"counts has {len(index)} of {length} bars of {hours:g} h; give a row for every bar, without events too"
        )
    grid = pd.date_range(index[0], periods=length, freq=pd.Timedelta(hours=hours))
    return counts.reindex(grid), hours


def constant_design(length: int) -> tuple[Any, Floats]:
    """Return the design of a baseline that never moves, and the weights that make it 1."""
    from scipy.sparse import csr_array

    return csr_array(np.ones((length, 1))), np.ones(1)


def flexible_design(index: pd.Index, spacing: float, hours: float) -> tuple[Any, Floats]:
    """Return the design of a baseline that moves with time and with the calendar.

    Parameters
    ----------
    index : Index, shape (T,)
        Labels of the bars; dates bring the waves of day and week in.
    spacing : float
        Distance of the spline's knots in bars; infinite for one cubic over the whole sample.
    hours : float
        Length of a bar.

    Returns
    -------
    design : sparse array, shape (T, K)
        Cubic B-splines, which add to one, then waves.
    level : ndarray, shape (K,)
        1 for a spline, 0 for a wave.
    """
    from scipy.interpolate import BSpline
    from scipy.sparse import csr_array, hstack

    length = len(index)
    segments = max(1, round((length - 1) / spacing))
    inner = np.linspace(0, length - 1, segments + 1)
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    splines = csr_array(BSpline.design_matrix(np.arange(length, dtype=float), knots, 3))
    waves: list[Floats] = []
    if isinstance(index, pd.DatetimeIndex):
        clock = np.asarray((index - index[0].normalize()) / pd.Timedelta(hours=1), dtype=float)
        for period in _PERIODS:
            if 2 * hours <= period <= length * hours / _REPEATS:
                turn = 2 * np.pi * clock / period
                waves += [np.cos(turn), np.sin(turn)] if 2 * hours < period else [np.cos(turn)]
    level = np.concatenate([np.ones(splines.shape[1]), np.zeros(len(waves))])
    if not waves:
        return splines, level
    return csr_array(hstack([splines, csr_array(np.column_stack(waves))])), level


def prepare(
    counts: Series, baseline: Baseline, spacing_days: float, max_halflife_hours: float, family: Family | None
) -> tuple[pd.Series, Excitation, float]:
    """Check counts and settings and build the model.

    Returns
    -------
    counts : Series
        On the full grid.
    model : Excitation
    hours : float
        Length of a bar.

    Raises
    ------
    ValueError
        Counts that are none, too few events for the baseline, bars off the grid, an option that is unknown or out of
        range.
    """
    for name, value, options in (("baseline", baseline, get_args(Baseline)), ("family", family, get_args(Family))):
        if value not in options and not (name == "family" and value is None):
            raise ValueError(f"fit_hawkes: unknown {name} {value!r}; expected {', '.join(options)}")
    values, index = check_series(counts, "counts", 100, missing=True)
    bad = np.isfinite(values) & ((values < 0) | (values != np.round(values)))
    if bad.any():
        raise ValueError(f"counts holds {values[bad][0]:g}; a count is a whole number, not below zero")
    full, hours = full_grid(pd.Series(values, index=index))
    y: Floats = np.asarray(full, dtype=float)
    most, events = float(np.nanmax(y)), float(np.nansum(y))
    kind: Family = family or ("bernoulli" if most <= 1 else "poisson")
    if kind == "bernoulli" and most > 1:
        raise ValueError(f"counts holds {most:g}, more than one event in a bar; use family='poisson'")
    if events < _FEWEST:
        raise ValueError(f"counts holds {events:g} events; at least {_FEWEST} are needed: lower the threshold")
    longest = check_number(max_halflife_hours, "max_halflife_hours", SHORTEST * hours) / hours
    design, level = constant_design(y.size)
    if baseline == "flexible":
        apart = float("inf") if spacing_days == float("inf") else check_number(spacing_days, "spacing_days")
        if apart * 24 < 2 * max_halflife_hours:
            raise ValueError(
                f"knots {apart:g} days apart lie within two of the longest half-lives, {max_halflife_hours:g} hours; "
                "raise spacing_days or lower max_halflife_hours"
            )
        design, level = flexible_design(full.index, apart * 24 / hours, hours)
        if events < _PER_KNOT * level.sum():
            raise ValueError(
                f"counts holds {events:g} events for {level.sum():g} knots, {_PER_KNOT} each are needed; "
                "raise spacing_days or lower the threshold"
            )
    known: Floats = np.where(np.isfinite(y), 1.0, 0.0)
    filled = np.where(known > 0, y, events / known.sum())
    return full, Excitation(filled, known, design, level, kind, (SHORTEST, longest)), hours
