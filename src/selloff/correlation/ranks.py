"""Rolling rank correlations by counting, one step a lag for all windows at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["rolling_kendall", "rolling_spearman"]

Floats = NDArray[np.float64]
Whole = NDArray[np.signedinteger]

# Windows handled together: their counts stay in the cache.
_CHUNK = 4096


def rolling_spearman(x: Floats, y: Floats, window: int) -> Floats:
    """Return Spearman's correlation over a moving window.

    Parameters
    ----------
    x, y : ndarray, shape (T,)
        NaN where missing.
    window : int

    Returns
    -------
    ndarray, shape (T,)
        NaN until the window is full, and where a value is missing or a series flat.

    Notes
    -----
    The doubled centred rank of a value is the number of smaller ones in the window less the number of larger ones,
    so a tie counts nothing and gets the mean rank. As a window moves, the value at place k of it is compared with
    the k values before it and the others after it; both counts grow by one comparison a lag.
    """
    return _chunked(x, y, window, _spearman)


def rolling_kendall(x: Floats, y: Floats, window: int) -> Floats:
    """Return Kendall's tau-b over a moving window; parameters and result as of :func:`rolling_spearman`.

    Notes
    -----
    From one window to the next, the pairs of the new value come in and those of the old one go out. The counts are
    whole numbers, so nothing is lost.
    """
    return _chunked(x, y, window, _kendall)


def _chunked(x: Floats, y: Floats, window: int, correlate: Callable[[Whole, Whole, int], Floats]) -> Floats:
    out = np.full(x.size, np.nan)
    missing = np.isnan(x) | np.isnan(y)
    step = max(_CHUNK, 4 * window)
    for start in range(0, x.size - window + 1, step):
        part = slice(start, start + step + window - 1)
        found = correlate(_order(x[part]), _order(y[part]), window)
        out[start + window - 1 : start + window - 1 + found.size] = found
    if missing.any():
        last = np.maximum.accumulate(np.where(missing, np.arange(x.size), -window))
        out[np.arange(x.size) - last < window] = np.nan
    return out


def _order(values: Floats) -> Whole:
    """Return values as small whole numbers in the same order, ties included; NaN is a value like any other."""
    # Plus zero: a negative zero becomes a positive one.
    dense = np.unique(values + 0.0, return_inverse=True)[1].reshape(-1)
    return dense.astype(np.int16 if values.size < 2**15 else np.int32)


def _spearman(x: Whole, y: Whole, window: int) -> Floats:
    count = x.size - window + 1
    ahead = [_ahead(each, window) for each in (x, y)]
    behind = [np.zeros_like(each[0]) for each in ahead]
    tied = [_has_ties(each) for each in (x, y)]
    wide = np.int16 if window <= 181 else np.int32 if window <= 46340 else np.int64
    sums = np.zeros((3, count), dtype=np.int32 if window < 1861 else np.int64)
    for place in range(window):
        part = slice(place, place + count)
        ranks = []
        for each, past, future in zip((x, y), behind, ahead, strict=True):
            if place:
                past[place:] += _signs(each, place)
            ranks.append(np.add(past[part], future[window - 1 - place, part], dtype=wide))
        sums[0] += ranks[0] * ranks[1]
        for row, ties in enumerate(tied, 1):
            if ties:
                sums[row] += ranks[row - 1] * ranks[row - 1]
    whole = window * (window * window - 1) // 3
    return _ratio(sums[0], *(sums[row] if ties else whole for row, ties in enumerate(tied, 1)))


def _ahead(x: Whole, window: int) -> Whole:
    """Return for every value how many of the next 0, 1, 2, ... are smaller, less how many are larger."""
    out = np.zeros((window, x.size), dtype=_small(window))
    for lag in range(1, window):
        out[lag] = out[lag - 1]
        out[lag, :-lag] -= _signs(x, lag)
    return out


def _kendall(x: Whole, y: Whole, window: int) -> Floats:
    tied = [_has_ties(each) for each in (x, y)]
    # Row 0 counts concordant less discordant pairs, rows 1 and 2 tied ones: with earlier values, with later ones.
    entering, leaving = (np.zeros((3, x.size), dtype=_small(window)) for _ in range(2))
    for lag in range(1, window):
        signs = [_signs(each, lag) for each in (x, y)]
        found = [signs[0] * signs[1]] + [sign == 0 for sign, ties in zip(signs, tied, strict=True) if ties]
        rows = [0] + [row for row, ties in enumerate(tied, 1) if ties]
        for row, each in zip(rows, found, strict=True):
            entering[row, lag:] += each
            leaving[row, :-lag] += each
    sums = np.cumsum(entering, axis=1, dtype=np.int64)[:, window - 1 :]
    sums[:, 1:] -= np.cumsum(leaving, axis=1, dtype=np.int64)[:, : x.size - window]
    pairs = window * (window - 1) // 2
    return _ratio(sums[0], pairs - sums[1], pairs - sums[2])


def _signs(x: Whole, lag: int) -> NDArray[np.int8]:
    """Return the sign of each value less the one ``lag`` before."""
    later, earlier = x[lag:], x[:-lag]
    signs: NDArray[np.int8] = (later > earlier).view(np.int8) - (later < earlier).view(np.int8)
    return signs


def _small(window: int) -> type[np.signedinteger]:
    """Return the shortest type that holds counts within a window."""
    return np.int8 if window <= 128 else np.int16 if window <= 2**15 else np.int32


def _has_ties(order: Whole) -> bool:
    return int(order.max()) < order.size - 1


def _ratio(cross: Whole, left: Whole | int, right: Whole | int) -> Floats:
    """Return ``cross / sqrt(left right)``; NaN where a size is zero."""
    size = np.asarray(left, dtype=float) * np.asarray(right, dtype=float)
    ratio: Floats = cross / np.sqrt(np.where(size > 0, size, np.nan))
    return np.clip(ratio, -1, 1)
