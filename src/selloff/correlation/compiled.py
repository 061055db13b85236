"""The pair loops in machine code, for panels of many series. Imported only when numba is to be used.

Pairs stand in the order of ``itertools.combinations``. Series are held in tiles of ``LANES`` neighbours, so that one
instruction works on several pairs. Four habits keep the inner loops in vector instructions: counters are unsigned (no
check for negative positions), rows are looked up in a table (the compiler then checks for overlap row by row), what
is written lies in few arrays, and these start on a cache line. Sums are never reordered, so a pair's numbers do not
depend on its neighbours; multiply-and-add may be fused, which saves a rounding.

A block's rows are held twice, as they serve the block after it (``earlier``) and the block itself (``own``, which
has three numbers a row and series: the centred value, the window's scale and its shift). Both have zeros after the
last row, up to a multiple of ``STEP``.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from selloff.correlation.kernels import SHARE, TINY

__all__ = ["LANES", "STEP", "Pairs", "Tiles", "checkpoints", "matrix", "prepare", "reduce_rows", "tiles"]

#: Series in a tile, and rows that the loop over time takes at once.
LANES, STEP = 64, 3

Array = Any


class Tiles(NamedTuple):
    """Space for one block; made by :func:`tiles`.

    Attributes
    ----------
    earlier : rows that serve the next block, tile by tile, and in a tile row by row.
    own : the block's rows, scales and shifts, likewise.
    lines : the centred rows series by series, those of the block before and of the block; no lines if not needed.
    table : the numbers 0, 1, 2, ...
    scratch, sums, moments : for a run of rows, no row and all rows of one tile, one, four and two numbers a lane.
    days : for each row of the block and lane, a sum over pairs.
    """

    earlier: Array
    own: Array
    lines: Array
    table: Array
    scratch: Array
    sums: Array
    moments: Array
    days: Array

    def scales(self, window: int, series: int) -> Array:
        """Return one over the root of the sum of squares, NaN where a window is not defined; (window, series)."""
        spots = self.own.reshape(len(self.own), -1, 3, LANES)[:, :window, 1]
        return spots.transpose(1, 0, 2).reshape(window, -1)[:, :series]


class Pairs(NamedTuple):
    """What is kept for each pair from one run of rows to the next.

    Attributes
    ----------
    stored : for each run the sum of products over the rows of the block before that follow it.
    carry : sum of products so far, lowest, highest and sum of the correlations.
    ends : first and last correlation, and that of the block's own rows.
    codes : for each row of a run, trunc((r + 1) levels), or 3 levels where r is not defined; no rows if not needed.
    """

    stored: Array
    carry: Array
    ends: Array
    codes: Array


_L, _L2, _L3 = np.uint64(LANES), np.uint64(2 * LANES), np.uint64(3 * LANES)
_L4, _L5, _L6, _L7, _L8 = (np.uint64(k * LANES) for k in range(4, 9))
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)

_compile: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})


def tiles(series: int, window: int, rows: int, lined: bool = False) -> Tiles:
    """Return space for blocks of ``window`` rows, of which ``rows`` are worked on at once."""
    count = -(-series // LANES)
    # The last run may reach beyond the block; what is there has no scale, so no correlation.
    length = -(-window // rows) * rows
    own = _aligned(count, (length + 1) * 3 * LANES)
    own.reshape(count, -1, 3, LANES)[:, window:, 1:] = np.nan
    return Tiles(
        earlier=_aligned(count, (length + 1) * LANES),
        own=own,
        lines=np.zeros((series if lined else 0, 2 * window)),
        table=np.arange(length + 1, dtype=np.uint64),
        scratch=_aligned((rows + 1) * LANES),
        sums=_aligned(4 * LANES),
        moments=_aligned(window * 2 * LANES),
        days=_aligned(length * LANES),
    )


def _aligned(*shape: int) -> Array:
    """Return zeros that start on a cache line."""
    size = math.prod(shape)
    space = np.zeros(size + 8)
    first = -space.ctypes.data % 64 // 8
    return space[first : first + size].reshape(shape)


@_compile
def prepare(left: Array, right: Array, centre: Array, factor: Array, tiles: Tiles, flagged: Array) -> None:
    """Fill the tiles of one block from its rows and the block before; flag windows that need a second look."""
    window, series = left.shape
    for tile in range(tiles.own.shape[0]):
        start = tile * LANES
        n = np.uint64(min(LANES, series - start))
        for q in range(n):
            tiles.sums[q] = factor[np.uint64(start) + q]
            tiles.sums[_L + q] = centre[np.uint64(start) + q]
            tiles.sums[_L2 + q] = 0.0
            tiles.sums[_L3 + q] = 0.0
        _centre_earlier(left, np.uint64(start), n, tiles.table, tiles.earlier[tile], tiles.sums, tiles.moments)
        _standardise(right, np.uint64(start), n, tiles.table, tiles.own[tile], tiles.sums, tiles.moments)
        for step in range(window):
            m = tiles.table[step]
            row = m * _L3
            for q in range(n):
                scale, shift = tiles.own[tile, row + _L + q], tiles.own[tile, row + _L2 + q]
                flagged[m, np.uint64(start) + q] = (scale != scale) & (shift == shift)
        for j in range(start, min(start + LANES, tiles.lines.shape[0])):
            lane = j - start
            for m in range(window):
                tiles.lines[j, m] = tiles.earlier[tile, m * LANES + lane]
                tiles.lines[j, window + m] = tiles.own[tile, m * 3 * LANES + lane]


@_compile
def _centre_earlier(left: Array, start: Any, n: Any, table: Array, earlier: Array, sums: Array, moments: Array) -> None:
    """Write centred rows, and for every row the sum and the sum of squares of the rows after it."""
    window = left.shape[0]
    last = table[window - 1] * _L2
    for q in range(n):
        moments[last + q] = 0.0
        moments[last + _L + q] = 0.0
    for step in range(window - 1):
        m = table[window - 1 - step]
        row, after = m * _L, m * _L2
        into = after - _L2
        for q in range(n):
            z = left[m, start + q] * sums[q] - sums[_L + q]
            earlier[row + q] = z
            moments[into + q] = moments[after + q] + z
            moments[into + _L + q] = moments[after + _L + q] + z * z


@_compile
def _standardise(right: Array, start: Any, n: Any, table: Array, own: Array, sums: Array, moments: Array) -> None:
    """Write centred rows, and scale and shift of the window that ends in each."""
    window = right.shape[0]
    root = math.sqrt(window)
    for step in range(window):
        m = table[step]
        row, after = m * _L3, m * _L2
        for q in range(n):
            z = right[m, start + q] * sums[q] - sums[_L + q]
            s1 = sums[_L2 + q] + z
            s2 = sums[_L3 + q] + z * z
            sums[_L2 + q] = s1
            sums[_L3 + q] = s2
            total = moments[after + q] + s1
            moment = moments[after + _L + q] + s2
            mean = total / window
            variance = moment - total * mean
            scale = 1.0 / math.sqrt(variance)
            sound = (variance > SHARE * moment) & (moment > TINY)
            own[row + q] = z
            own[row + _L + q] = scale if sound else np.nan
            # A shift of zero beside no scale flags the window; where a value is missing the moment is.
            own[row + _L2 + q] = mean * root * scale if sound else moment * 0.0


@_compile
def matrix(padded: Array, centre: Array, factor: Array, tiles: Tiles, out: Array, flagged: Array) -> None:
    """Write the correlations of all pairs in all windows of all blocks, a row of ``out`` for each row of the blocks."""
    blocks, window, series = padded.shape[0] - 1, padded.shape[1], padded.shape[2]
    earlier, own, table, scratch, sums = tiles.earlier, tiles.own, tiles.table, tiles.scratch, tiles.sums
    for k in range(blocks):
        prepare(padded[k], padded[k + 1], centre[k], factor[k], tiles, flagged[k])
        rows = min(window, out.shape[0] - k * window)
        block = out[k * window : k * window + rows]
        # Pairs of one series lie side by side in a row of the result, so that series comes first, then the tile.
        for i in range(series - 1):
            for tile in range((i + 1) // LANES, earlier.shape[0]):
                start = tile * LANES
                left, right = earlier[tile], own[tile]
                left_i, right_i = earlier[i // LANES], own[i // LANES]
                lane = np.uint64(i % LANES)
                skip = np.uint64(max(i + 1 - start, 0))
                n = np.uint64(min(LANES, series - start)) - skip
                p = np.uint64(i * series - (i * (i + 1)) // 2 - i - 1 + start) + skip
                for q in range(n):
                    sums[q] = 0.0
                    scratch[table[window - 1] * _L + q] = 0.0
                _backwards(left_i, left, lane, skip, n, table, window - 1, _ONE, scratch)
                for step in range(rows):
                    m = table[step]
                    row = m * _L3
                    x, y, z = right_i[row + lane], right_i[row + _L + lane], right_i[row + _L2 + lane]
                    row += skip
                    for q in range(n):
                        s = sums[q] + x * right[row + q]
                        sums[q] = s
                        r = (scratch[m * _L + q] + s) * (y * right[row + _L + q]) - z * right[row + _L2 + q]
                        r = 1.0 if r > 1.0 else r
                        block[m, p + q] = -1.0 if r < -1.0 else r


@_compile
def _backwards(
    left_i: Array, left: Array, lane: Any, skip: Any, n: Any, table: Array, rows: int, ahead: Any, scratch: Array
) -> None:
    """Add products to the rows of ``scratch``, the last of which is there: row m takes the block's row m + ahead."""
    for step in range(rows):
        m = table[rows - 1 - step]
        row = (m + ahead) * _L
        x = left_i[row + lane]
        row += skip
        below = (m + _ONE) * _L
        for q in range(n):
            scratch[m * _L + q] = scratch[below + q] + x * left[row + q]


@_compile
def checkpoints(tiles: Tiles, bounds: Array, series: int, stored: Array) -> None:
    """Write the sums of products over the earlier block's rows that follow each run of rows, but for the last run."""
    earlier, table = tiles.earlier, tiles.table
    total = np.empty(LANES)
    for tile in range(earlier.shape[0]):
        start = tile * LANES
        stop = min(start + LANES, series)
        left = earlier[tile]
        for i in range(stop - 1):
            left_i = earlier[i // LANES]
            lane = np.uint64(i % LANES)
            skip = np.uint64(max(i + 1 - start, 0))
            n = np.uint64(stop - start) - skip
            p = np.uint64(i * series - (i * (i + 1)) // 2 - i - 1 + start) + skip
            for q in range(n):
                total[q] = 0.0
            for run in range(bounds.size - 2, 0, -1):
                for step in range(bounds[run + 1] - bounds[run]):
                    row = table[bounds[run + 1] - step] * _L
                    x = left_i[row + lane]
                    row += skip
                    for q in range(n):
                        total[q] += x * left[row + q]
                for q in range(n):
                    stored[run - 1, p + q] = total[q]


@_compile
def reduce_rows(
    tiles: Tiles, pairs: Pairs, bounds: Array, run: int, window: int, series: int, whole: bool, levels: int
) -> None:
    """Reduce the windows that end in one of the runs of rows that ``bounds`` begin.

    ``whole`` says that no window of the block is undefined or flagged.
    """
    earlier, own, table, scratch, sums, days = (
        tiles.earlier,
        tiles.own,
        tiles.table,
        tiles.scratch,
        tiles.sums,
        tiles.days,
    )
    stored, carry, ends, codes = pairs.stored, pairs.carry, pairs.ends, pairs.codes
    low, high = bounds[run], bounds[run + 1]
    rows = high - low
    offset = np.uint64(low)
    for tile in range(earlier.shape[0]):
        start = tile * LANES
        stop = min(start + LANES, series)
        left, right = earlier[tile], own[tile]
        for i in range(stop - 1):
            left_i, right_i = earlier[i // LANES], own[i // LANES]
            lane = np.uint64(i % LANES)
            skip = np.uint64(max(i + 1 - start, 0))
            n = np.uint64(stop - start) - skip
            p = np.uint64(i * series - (i * (i + 1)) // 2 - i - 1 + start) + skip
            for q in range(n):
                scratch[table[rows] * _L + q] = stored[run, p + q]
                sums[q] = carry[0, p + q]
                sums[_L + q] = carry[1, p + q]
                sums[_L2 + q] = carry[2, p + q]
                sums[_L3 + q] = carry[3, p + q]
            _backwards(left_i, left, lane, skip, n, table, rows, offset + _ONE, scratch)
            for step in range(rows // STEP):
                m = table[step] * _THREE
                at = m * _L
                day = (m + offset) * _L
                row = day * _THREE
                x0, y0, z0 = right_i[row + lane], right_i[row + _L + lane], right_i[row + _L2 + lane]
                x1, y1, z1 = right_i[row + _L3 + lane], right_i[row + _L4 + lane], right_i[row + _L5 + lane]
                x2, y2, z2 = right_i[row + _L6 + lane], right_i[row + _L7 + lane], right_i[row + _L8 + lane]
                row += skip
                for q in range(n):
                    s, least, most, total = sums[q], sums[_L + q], sums[_L2 + q], sums[_L3 + q]
                    s += x0 * right[row + q]
                    r = (scratch[at + q] + s) * (y0 * right[row + _L + q]) - z0 * right[row + _L2 + q]
                    scratch[at + q] = r
                    least = r if r < least else least
                    most = r if r > most else most
                    r = r if r == r else 0.0
                    total += r
                    days[day + q] += r
                    s += x1 * right[row + _L3 + q]
                    r = (scratch[at + _L + q] + s) * (y1 * right[row + _L4 + q]) - z1 * right[row + _L5 + q]
                    scratch[at + _L + q] = r
                    least = r if r < least else least
                    most = r if r > most else most
                    r = r if r == r else 0.0
                    total += r
                    days[day + _L + q] += r
                    s += x2 * right[row + _L6 + q]
                    r = (scratch[at + _L2 + q] + s) * (y2 * right[row + _L7 + q]) - z2 * right[row + _L8 + q]
                    scratch[at + _L2 + q] = r
                    least = r if r < least else least
                    most = r if r > most else most
                    r = r if r == r else 0.0
                    total += r
                    days[day + _L2 + q] += r
                    sums[q] = s
                    sums[_L + q] = least
                    sums[_L2 + q] = most
                    sums[_L3 + q] = total
            for q in range(n):
                carry[0, p + q] = sums[q]
                carry[1, p + q] = sums[_L + q]
                carry[2, p + q] = sums[_L2 + q]
                carry[3, p + q] = sums[_L3 + q]
            _ends(scratch, table, min(high, window) - low, n, p, whole, high >= window, ends)
            for step in range(min(rows, codes.shape[0])):
                m = table[step]
                for q in range(n):
                    r = scratch[m * _L + q]
                    r = r if r == r else 2.0
                    codes[m, p + q] = np.uint16(np.int32((r + 1.0) * levels))


@_compile
def _ends(scratch: Array, table: Array, rows: int, n: Any, p: Any, whole: bool, final: bool, ends: Array) -> None:
    """Keep the first and the last correlation of each pair, and that of the block's last row."""
    for step in range(rows):
        # Where no window is undefined, the outer rows are enough.
        if whole and 0 < step < rows - 1:
            continue
        at = table[step] * _L
        for q in range(n):
            r = scratch[at + q]
            first, last = ends[0, p + q], ends[1, p + q]
            ends[0, p + q] = first if first == first else r
            ends[1, p + q] = r if r == r else last
    if final:
        at = table[rows - 1] * _L
        for q in range(n):
            ends[2, p + q] = scratch[at + q]
