"""What every model accepts, and the one line it answers to anything else."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Panel", "Series", "check_panel", "check_series", "paired", "position"]

Series = pd.Series | NDArray[np.float64]
Panel = pd.DataFrame | NDArray[np.float64]


def check_series(
    x: Series, name: str = "x", minimum: int = 3, missing: bool = False
) -> tuple[NDArray[np.float64], pd.Index]:
    """Check one series; return its values as floats and its index.

    Parameters
    ----------
    x : Series or ndarray, shape (T,)
        The series; a Series must have unique labels in ascending order.
    name : str
        How messages call it.
    minimum : int
        Observations needed.
    missing : bool
        Whether NaN may occur (never throughout).

    Returns
    -------
    values : ndarray, shape (T,)
    index : Index
        The dates, or positions for an array.

    Raises
    ------
    ValueError
        Wrong shape, too few observations, labels that repeat or step back, a value that is missing, infinite or no
        number; the message names the series and the first place.
    """
    values = _floats(x, name)
    if values.ndim != 1:
        raise ValueError(f"{name} must have one dimension, got shape {values.shape}; pass one column at a time")
    index = _index(x, values.size, name)
    if values.size < minimum:
        raise ValueError(f"{name} has {values.size} observations; at least {minimum} are needed")
    _finite(values, index, name, missing)
    return values, index


def check_panel(
    returns: Panel, name: str = "returns", minimum: int = 3, series: int = 2, missing: bool = False
) -> tuple[NDArray[np.float64], pd.Index, pd.Index]:
    """Check a table of several series; return its values, its index and its columns.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        One series a column.
    name : str
        How messages call it.
    minimum, series : int
        Observations and columns needed.
    missing : bool
        Whether NaN may occur (never throughout a column).

    Returns
    -------
    values : ndarray, shape (T, N)
    index, columns : Index

    Raises
    ------
    ValueError
        As :func:`check_series`; the message names the column too.
    """
    values = _floats(returns, name)
    if values.ndim != 2:
        raise ValueError(f"{name} must have two dimensions, one series a column, got shape {values.shape}")
    index = _index(returns, len(values), name)
    columns = returns.columns if isinstance(returns, pd.DataFrame) else pd.RangeIndex(values.shape[1])
    if not columns.is_unique:
        raise ValueError(f"{name} has the column {columns[columns.duplicated()][0]!r} twice; rename or drop one")
    if values.shape[1] < series:
        raise ValueError(f"{name} has {values.shape[1]} series; at least {series} are needed")
    if len(values) < minimum:
        raise ValueError(f"{name} has {len(values)} observations; at least {minimum} are needed")
    for number, column in enumerate(columns):
        _finite(values[:, number], index, f"{name}[{column!r}]", missing)
    return values, index, columns


def paired(
    x: Series, y: Series, window: int = 3, missing: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64], pd.Index]:
    """Check that two series and a window fit together; return the values and their common index.

    Raises
    ------
    ValueError
        As :func:`check_series`, or the two differ in length or dates, or the window does not fit the sample.
    """
    left, index = check_series(x, "x", 0, missing)
    right, other = check_series(y, "y", 0, missing)
    if left.size != right.size:
        raise ValueError(f"x and y must be of one length, got {left.size} and {right.size}; join them on a calendar")
    if isinstance(x, pd.Series) and isinstance(y, pd.Series) and not index.equals(other):
        first = next(a for a, b in zip(index, other, strict=True) if a != b)
        raise ValueError(f"x and y stand on different dates (first at {_place(first)}); join them on a common calendar")
    if isinstance(window, bool) or not isinstance(window, int | np.integer):
        raise ValueError(f"window must be a whole number of observations, got {window!r}")
    if not 3 <= window <= left.size:
        raise ValueError(f"window {window} must lie between 3 and the sample's {left.size} observations")
    return left, right, index


def position(index: pd.Index, date: str | pd.Timestamp | int, name: str = "date") -> int:
    """Return the position of the first observation at or after a date; a whole number is a position already.

    Raises
    ------
    ValueError
        The index has no dates, or ``date`` is none.
    """
    if isinstance(date, int | np.integer) and not isinstance(date, bool):
        return int(date)
    if not isinstance(index, pd.DatetimeIndex):
        raise ValueError(f"the series have no dates, so {name} {date!r} must be a position")
    try:
        day = pd.Timestamp(date)
    except (ValueError, TypeError):
        day = None
    if day is None or pd.isna(day):
        raise ValueError(f"{name} {date!r} is no date; write it as 2025-09-26")
    if (day.tz is None) != (index.tz is None):
        day = day.tz_localize(index.tz) if day.tz is None else day.tz_localize(None)
    return int(index.searchsorted(day))


def _floats(x: Any, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(x, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers only; convert it with pandas.to_numeric first") from None


def _index(x: Any, length: int, name: str) -> pd.Index:
    if not isinstance(x, pd.Series | pd.DataFrame):
        return pd.RangeIndex(length)
    index = x.index
    if index.hasnans:
        raise ValueError(f"{name} has a missing date at row {int(np.argmax(index.isna()))}; drop that row")
    if not index.is_unique:
        raise ValueError(f"{name} has {_place(index[index.duplicated()][0])} twice; drop duplicate dates first")
    if not index.is_monotonic_increasing:
        back = next(b for a, b in pairwise(index) if b < a)
        raise ValueError(f"{name} has unsorted dates (a step back at {_place(back)}); call sort_index() first")
    return index


def _finite(values: NDArray[np.float64], index: pd.Index, name: str, missing: bool) -> None:
    empty = np.isnan(values)
    if values.size and empty.all():
        raise ValueError(f"{name} has no value at all")
    infinite = np.isinf(values)
    if infinite.any():
        raise ValueError(f"{name} is infinite at {_place(index[int(infinite.argmax())])}; look for a logarithm of zero")
    if empty.any() and not missing:
        first = _place(index[int(empty.argmax())])
        raise ValueError(f"{name} is missing at {first}; drop incomplete days first")


def _place(label: Any) -> str:
    if isinstance(label, pd.Timestamp):
        return f"{label:%Y-%m-%d}" if label == label.normalize() else f"{label:%Y-%m-%d %H:%M}"
    return f"row {label}"
