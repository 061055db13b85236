"""From counts of events to a model that can be fitted."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.market.baseline import constant_design, flexible_design
from selloff.market.excitation import Excitation, Family
from selloff.market.settings import check_number

__all__ = ["Baseline", "full_grid", "prepare"]

Floats = NDArray[np.float64]
Baseline = Literal["flexible", "constant"]

# Shortest half-life that is tried, in bars: fifteen sixteenths of the excitation then come in the next bar.
_SHORTEST = 0.25
# Events that a fit needs at all, and per knot of the baseline.
_FEWEST, _PER_KNOT = 20, 3


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
    >>> from selloff.market.counts import full_grid
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
    longest = check_number(max_halflife_hours, "max_halflife_hours", _SHORTEST * hours) / hours
    design = constant_design(y.size)
    if baseline == "flexible":
        apart = float("inf") if spacing_days == float("inf") else check_number(spacing_days, "spacing_days")
        if apart * 24 < 2 * max_halflife_hours:
            raise ValueError(
                f"knots {apart:g} days apart lie within two of the longest half-lives, {max_halflife_hours:g} hours; "
                "raise spacing_days or lower max_halflife_hours"
            )
        design = flexible_design(full.index, apart * 24 / hours, hours)
        knots = design.level.sum()
        if events < _PER_KNOT * knots:
            raise ValueError(
                f"counts holds {events:g} events for {knots:g} knots, {_PER_KNOT} each are needed; "
                "raise spacing_days or lower the threshold"
            )
    known: Floats = np.where(np.isfinite(y), 1.0, 0.0)
    filled = np.where(known > 0, y, events / known.sum())
    return full, Excitation(filled, known, design, kind, (_SHORTEST, longest)), hours
