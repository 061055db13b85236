"""Blocks of a panel reduced with numba, a run of rows and a tile of series at a time. Imported only with numba."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.compiled import LANES, STEP, Pairs, checkpoints, prepare, reduce_rows, tiles
from selloff.correlation.kernels import frames, pair_positions, place, second_look
from selloff.correlation.reduction import Tally, fixed, interpolated, run_rows
from selloff.correlation.selection import levels_for, select

__all__ = ["TiledBlocks"]

Floats = NDArray[np.float64]
# Row of a run and pair, and correlation, of the windows that took a second look.
Looked = tuple[NDArray[np.int64], Floats]


class TiledBlocks:
    """Adds blocks to a tally."""

    def __init__(self, result: Tally, series: int, window: int, quantiles: tuple[float, ...]) -> None:
        self.result, self.series, self.window, self.quantiles = result, series, window, quantiles
        pairs = result.total.size
        rows = -(-run_rows(window, len(quantiles)) // STEP) * STEP
        self.bounds = np.arange(0, -(-window // rows) * rows + 1, rows)
        self.tiles = tiles(series, window, rows, lined=bool(quantiles))
        self.levels = levels_for(pairs)
        width = -(-pairs // 128) * 128 if quantiles else 0
        self.pairs = Pairs(
            stored=np.zeros((self.bounds.size - 1, pairs)),
            carry=np.zeros((4, pairs)),
            ends=result.ends,
            codes=np.full((rows if quantiles else 0, width), 3 * self.levels, dtype=np.uint16),
        )
        self.pairs.carry[1], self.pairs.carry[2] = np.inf, -np.inf
        self.starts = np.array([place(series, i) for i in range(series - 1)])

    def add(self, padded: Floats, start: int, rows: int) -> None:
        """Reduce one block, whose first row is the tally's row ``start``, from it and the block before."""
        result, spaces, pairs = self.result, self.tiles, self.pairs
        centre, factor = frames(padded)
        flagged = np.empty((1, self.window, self.series), dtype=np.bool_)
        prepare(padded[0], padded[1], centre[0], factor[0], spaces, flagged[0])
        looks = list(second_look(padded, flagged))
        defined = ~np.isnan(spaces.scales(self.window, self.series))
        for row, which, _ in looks:
            defined[row, which] = True
        result.count_defined(start, defined[:rows])
        whole = bool(defined.all()) and not looks
        seen = ~np.isnan(result.ends[0]) if looks else np.empty(0, dtype=np.bool_)
        result.ends[2] = np.nan
        pairs.carry[0] = pairs.carry[3] = spaces.days[:] = 0
        checkpoints(spaces, self.bounds, self.series, pairs.stored)
        for run in range(self.bounds.size - 1):
            reduce_rows(spaces, pairs, self.bounds, run, self.window, self.series, whole, self.levels)
            low, high = int(self.bounds[run]), min(int(self.bounds[run + 1]), rows)
            looked = [self._put_in(look, start, low, defined, seen) for look in looks if low <= look[0] < high]
            if self.quantiles and low < high:
                self._select(start, low, high, looked)
        result.days[start : start + rows] += spaces.days.reshape(-1, LANES)[:rows].sum(axis=1)
        result.total += fixed(pairs.carry[3])
        result.lowest[:], result.highest[:] = pairs.carry[1], pairs.carry[2]

    def _put_in(
        self,
        look: tuple[int, NDArray[np.intp], Floats],
        start: int,
        low: int,
        defined: NDArray[np.bool_],
        seen: NDArray[np.bool_],
    ) -> Looked:
        """Add the correlations of one row that took a second look; the compiled loop left them out."""
        row, which, correlations = look
        carry, ends, codes = self.pairs.carry, self.pairs.ends, self.pairs.codes
        keys, values = [], []
        for number, one in enumerate(which):
            others = np.flatnonzero(~np.isnan(correlations[number]))
            others = others[~np.isin(others, which[: number + 1])]
            r = correlations[number, others]
            pair = pair_positions(self.series, one, others)
            np.minimum.at(carry[1], pair, r)
            np.maximum.at(carry[2], pair, r)
            carry[3, pair] += r
            self.result.days[start + row] += r.sum()
            both = defined[:, [one]] & defined[:, others]
            first = (both.argmax(axis=0) == row) & ~seen[pair]
            last = len(both) - 1 - both[::-1].argmax(axis=0) == row
            ends[0, pair[first]] = r[first]
            ends[1, pair[last]] = r[last]
            if row == self.window - 1:
                ends[2, pair] = r
            if len(codes):
                codes[row - low, pair] = ((r + 1) * self.levels).astype(np.uint16)
            keys.append(np.stack([np.full(pair.size, row - low), pair], axis=1))
            values.append(r)
        return np.concatenate(keys), np.concatenate(values)

    def _select(self, start: int, low: int, high: int, looked: list[Looked]) -> None:
        part = slice(start + low, start + high)
        number = self.result.defined[part]
        ranks, weight = interpolated(number, self.quantiles)
        both = np.concatenate(list(np.where(number[:, None] > 0, ranks, -1)), axis=1)
        keys = np.concatenate([each[0] for each in looked]) if looked else np.empty((0, 2), dtype=np.int64)
        values = np.concatenate([each[1] for each in looked]) if looked else np.empty(0)
        found = np.full(both.shape, np.nan)
        select(self.pairs.codes, self.levels, low, both, self.tiles, self.starts, keys, values, found)
        lower, upper = np.split(found, 2, axis=1)
        self.result.quantiles[part] = lower + (upper - lower) * weight
