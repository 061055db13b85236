"""Exact order statistics of the correlations of one date, from short codes of them. Imported only with numba.

A histogram of the codes says in which code a rank lies; the few pairs with that code are computed again, exactly, and
put in order. A date of a hundred thousand pairs costs two passes over two bytes a pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from selloff.correlation.compiled import LANES, Tiles

__all__ = ["levels_for", "select"]

Array = Any

# Bins added up at once, codes compared at once, and codes that they are compared with at once.
_BINS, _RUN, _WIDE = 64, 128, 8

_compile: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
# One sum of products may be added up in any order, which is quicker and no less exact.
_compile_sum: Any = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})


def levels_for(pairs: int) -> int:
    """Return how many codes to give to correlations from 0 to 1: enough to leave few pairs in each."""
    return int(min(max(2 ** (pairs // 8).bit_length(), 64), 16384))


@_compile
def select(
    codes: Array,
    levels: int,
    low: int,
    ranks: Array,
    tiles: Tiles,
    starts: Array,
    looked: Array,
    looked_values: Array,
    out: Array,
) -> None:
    """Write the correlations that have the given ranks among the pairs defined on each date of a run.

    Parameters
    ----------
    codes : by date and pair; their number a multiple of 128, the surplus coded as not defined.
    levels : codes between a correlation of 0 and of 1.
    low : the run's first row in its block.
    ranks : by date, numbers from 0 on below the number of pairs defined; negative where none is.
    starts : position of each series' first pair.
    looked, looked_values : row in the run and pair, and correlation, of windows that took a second look.
    out : shape of ``ranks``; left alone where no pair is defined.
    """
    histogram = np.zeros(3 * levels + _BINS, dtype=np.uint32)
    below = np.zeros(histogram.size // _BINS + 1, dtype=np.int64)
    positions = np.empty(codes.shape[1], dtype=np.int64)
    wanted = np.empty(ranks.shape[1], dtype=np.uint16)
    within = np.empty(ranks.shape[1], dtype=np.int64)
    for row in range(ranks.shape[0]):
        if ranks[row, 0] < 0:
            continue
        histogram[:] = 0
        for p in range(np.uint64(codes.shape[1])):
            histogram[codes[row, p]] += np.uint32(1)
        _accumulate(histogram, below)
        for each in range(ranks.shape[1]):
            code, before = _find(histogram, below, ranks[row, each])
            wanted[each] = code
            within[each] = ranks[row, each] - before
        targets = np.unique(wanted)
        found = _gather(codes[row], targets, positions)
        keys, exact = np.empty(found, dtype=np.uint16), np.empty(found)
        for each in range(found):
            p = positions[each]
            keys[each] = codes[row, p]
            exact[each] = _value(p, low + row, tiles.lines, tiles.own, starts)
            if exact[each] != exact[each]:
                for k in range(looked.shape[0]):
                    if looked[k, 0] == row and looked[k, 1] == p:
                        exact[each] = looked_values[k]
        for target in targets:
            members = np.sort(exact[keys == target])
            for each in range(wanted.size):
                if wanted[each] == target:
                    out[row, each] = members[within[each]]


@_compile
def _accumulate(histogram: Array, below: Array) -> None:
    """Write how many pairs lie below every 64th code."""
    for block in range(below.size - 1):
        total = np.uint32(0)
        for k in range(_BINS):
            total = np.uint32(total + histogram[block * _BINS + k])
        below[block + 1] = below[block] + total


@_compile
def _find(histogram: Array, below: Array, rank: int) -> Any:
    """Return the code that holds a rank, and how many pairs have a lower one."""
    block = np.searchsorted(below, rank, side="right") - 1
    code, before = block * _BINS, below[block]
    while before + histogram[code] <= rank:
        before += histogram[code]
        code += 1
    return code, before


@_compile
def _gather(codes: Array, targets: Array, positions: Array) -> int:
    """Write the positions of the codes that are among the targets; return their number."""
    count = 0
    blocks = codes.reshape(codes.size // _RUN, _RUN)
    for first in range(0, targets.size, _WIDE):
        last = targets.size - 1
        a, b = targets[first], targets[min(first + 1, last)]
        c, d = targets[min(first + 2, last)], targets[min(first + 3, last)]
        e, f = targets[min(first + 4, last)], targets[min(first + 5, last)]
        g, h = targets[min(first + 6, last)], targets[min(first + 7, last)]
        for block in range(blocks.shape[0]):
            hit = np.uint16(0)
            for k in range(_RUN):
                x = blocks[block, k]
                found = (x == a) | (x == b) | (x == c) | (x == d) | (x == e) | (x == f) | (x == g) | (x == h)
                hit = np.uint16(hit | np.uint16(found))
            if hit:
                for k in range(_RUN):
                    x = blocks[block, k]
                    if (x == a) | (x == b) | (x == c) | (x == d) | (x == e) | (x == f) | (x == g) | (x == h):
                        positions[count] = block * _RUN + k
                        count += 1
    return count


@_compile
def _value(pair: int, end: int, lines: Array, own: Array, starts: Array) -> Any:
    """Return the correlation of one pair in one window."""
    i = np.searchsorted(starts, pair, side="right") - 1
    j = pair - starts[i] + i + 1
    window = lines.shape[1] // 2
    product = _product(lines[i, end + 1 : end + 1 + window], lines[j, end + 1 : end + 1 + window])
    at_i = (end * 3 + 1) * LANES + i % LANES
    at_j = (end * 3 + 1) * LANES + j % LANES
    scale = own[i // LANES, at_i] * own[j // LANES, at_j]
    shift = own[i // LANES, at_i + LANES] * own[j // LANES, at_j + LANES]
    return product * scale - shift


@_compile_sum
def _product(x: Array, y: Array) -> float:
    total = 0.0
    for k in range(x.size):
        total += x[k] * y[k]
    return total
