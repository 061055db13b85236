"""One run of blocks of a panel, reduced by either engine. The plan of the whole is in ``panel``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.kernels import Engine, pad, pair_rows, place, second_look, standardise

__all__ = ["UNIT", "Tally", "fixed", "interpolated", "run_rows", "scratch_bytes", "tally"]

Floats = NDArray[np.float64]
Look = tuple[int, NDArray[np.intp], Floats]

#: Sums over dates are whole multiples of this, so that they add up the same in any grouping.
UNIT = 2.0**-40

# Bytes that the numpy engine may use for the correlations of all pairs while it looks for quantiles.
_ROOM = 2**27
# Up to so many rows the compiled engine takes a block at once when no quantiles are asked for.
_SHORT = 128


class Tally:
    """The sums of a run of blocks; rows count from the run's first."""

    def __init__(self, rows: int, series: int, quantiles: int) -> None:
        pairs = series * (series - 1) // 2
        self.days = np.zeros(rows)
        self.defined = np.zeros(rows, dtype=np.int64)
        self.quantiles = np.full((rows, quantiles), np.nan)
        self.total = np.zeros(pairs, dtype=np.int64)
        self.count = np.zeros(pairs, dtype=np.int32)
        self.lowest = np.full(pairs, np.inf)
        self.highest = np.full(pairs, -np.inf)
        self.ends = np.full((3, pairs), np.nan)
        self.halves = np.zeros((2, 3, pairs), dtype=np.int64)

    def count_defined(self, start: int, defined: NDArray[np.bool_]) -> None:
        """Count pairs by date and dates by pair, from the series that are defined on each row."""
        series = defined.shape[1]
        number = np.count_nonzero(defined, axis=1)
        self.defined[start : start + len(defined)] = number * (number - 1) // 2
        if defined.all():
            self.count += len(defined)
            return
        # Whole numbers below 2^24: exact in single precision, in any order.
        ones = defined.astype(np.float32)
        both = (ones.T @ ones).astype(np.int32)
        for i in range(series - 1):
            first = place(series, i)
            self.count[first : first + series - 1 - i] += both[i, i + 1 :]

    def add_own(self, half: int) -> None:
        """Add the correlations over the block's own rows, the third of the ends, to a half of the sample."""
        own = np.clip(self.ends[2], -1, 1)
        there = ~np.isnan(own)
        own[~there] = 0
        self.halves[half, 0] += there
        self.halves[half, 1] += fixed(own)
        self.halves[half, 2] += fixed(own * own)


def fixed(values: Floats) -> NDArray[np.int64]:
    """Return values as whole multiples of the unit."""
    return np.rint(values / UNIT).astype(np.int64)


def interpolated(number: NDArray[np.int64], quantiles: tuple[float, ...]) -> tuple[NDArray[np.int64], Floats]:
    """Return, for so many values, the ranks on either side of each quantile and the weight of the upper one.

    Returns
    -------
    ranks : ndarray, shape (2, len(number), len(quantiles))
    weight : ndarray, shape (len(number), len(quantiles))
    """
    position = np.maximum(number - 1, 0)[:, None] * np.array(quantiles)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(number - 1, 0)[:, None])
    return np.stack([lower, upper]), position - lower


def tally(
    rows: Floats, before: int, window: int, quantiles: tuple[float, ...], halves: list[int], engine: Engine
) -> Tally:
    """Reduce a run of blocks.

    Parameters
    ----------
    rows : ndarray, shape (before + R, N)
        The run's rows, after those that windows need besides.
    before : int
    window : int
    quantiles : tuple of float
    halves : list of int
        For each block the half of the sample it lies in, -1 for a block that is not full.
    engine : {"numpy", "numba"}
    """
    padded = pad(rows, window, before)
    result = Tally(len(rows) - before, rows.shape[1], len(quantiles))
    work: Any
    if engine == "numba":
        from selloff.correlation.tiling import TiledBlocks

        work = TiledBlocks(result, rows.shape[1], window, quantiles)
    else:
        work = _ArrayBlocks(result, window, quantiles)
    for block, half in enumerate(halves):
        start = block * window
        work.add(padded[block : block + 2], start, min(window, len(result.days) - start))
        if half >= 0:
            result.add_own(half)
    return result


def scratch_bytes(window: int, series: int, quantiles: int, engine: Engine) -> int:
    """Return about how many bytes a task needs beside its rows, what it returns and a copy of either."""
    pairs = series * (series - 1) // 2
    if engine == "numpy":
        return 24 * window * series + 8 * 6 * window * series + (2 * min(_ROOM, 8 * window * pairs) if quantiles else 0)
    rows = run_rows(window, quantiles)
    runs = -(-window // rows)
    return 8 * 7 * (window + 64) * (series + 64) + pairs * (32 + 8 * runs + (14 + 2 * rows if quantiles else 0))


def run_rows(window: int, quantiles: int) -> int:
    """Return the rows of a run, which balance what is kept for each row with what is kept for each run."""
    if not quantiles and window <= _SHORT:
        return window
    return min(window, max(30, int(2 * np.sqrt(window))))


class _ArrayBlocks:
    """Blocks reduced with numpy, one series with all later ones at a time."""

    def __init__(self, result: Tally, window: int, quantiles: tuple[float, ...]) -> None:
        self.result, self.window, self.quantiles = result, window, quantiles
        self.pairs = result.total.size

    def add(self, padded: Floats, start: int, rows: int) -> None:
        blocks = standardise(padded)
        looks = list(second_look(padded, blocks.flagged.transpose(1, 0, 2)))
        defined = ~np.isnan(blocks.scale[:, 0])
        for row, which, _ in looks:
            defined[row, which] = True
        self.result.count_defined(start, defined[:rows])
        self.result.ends[2] = np.nan
        step = self.window if not self.quantiles else max(1, min(self.window, _ROOM // (8 * self.pairs)))
        for low in range(0, rows, step):
            part = slice(low, min(low + step, rows))
            kept = np.empty((part.stop - low, self.pairs)) if self.quantiles else None
            for i in range(defined.shape[1] - 1):
                r = _with_looks(pair_rows(blocks, i)[:, 0], looks, i)[:rows]
                pairs = slice(place(defined.shape[1], i), place(defined.shape[1], i + 1))
                if low == 0:
                    self._reduce(r, start, pairs)
                if kept is not None:
                    kept[:, pairs] = r[part]
            if kept is not None:
                self._select(kept, slice(start + part.start, start + part.stop))

    def _reduce(self, r: Floats, start: int, pairs: slice) -> None:
        result = self.result
        there = ~np.isnan(r)
        known = np.where(there, r, 0)
        result.days[start : start + len(r)] += known.sum(axis=1)
        result.total[pairs] += fixed(known.sum(axis=0))
        np.fmin(result.lowest[pairs], np.fmin.reduce(r), out=result.lowest[pairs])
        np.fmax(result.highest[pairs], np.fmax.reduce(r), out=result.highest[pairs])
        column = np.arange(r.shape[1])
        first = r[there.argmax(axis=0), column]
        last = r[len(r) - 1 - there[::-1].argmax(axis=0), column]
        ends = result.ends[:, pairs]
        ends[0] = np.where(np.isnan(ends[0]), first, ends[0])
        ends[1] = np.where(np.isnan(last), ends[1], last)
        if len(r) == self.window:
            ends[2] = r[-1]

    def _select(self, kept: Floats, rows: slice) -> None:
        kept.sort(axis=1)
        number = self.result.defined[rows]
        ranks, weight = interpolated(number, self.quantiles)
        low, high = (np.take_along_axis(kept, each, axis=1) for each in ranks)
        self.result.quantiles[rows] = low + (high - low) * weight


def _with_looks(r: Floats, looks: list[Look], i: int) -> Floats:
    """Put in the correlations of series i with later ones that took a second look."""
    for row, which, correlations in looks:
        for one, found in zip(which, correlations, strict=True):
            if one == i:
                r[row] = found[i + 1 :]
            elif one > i:
                r[row, one - i - 1] = found[i]
    return r
