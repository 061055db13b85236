"""The tasks of a reduction over all pairs of a panel: how they are cut, done and joined.

The rows are cut on a fixed grid of blocks of ``window`` rows that starts at row 0. A task is a run of neighbouring
blocks with the ``window - 1`` rows before it. What a task returns adds up without rounding, so the result is the same
bit for bit however blocks are grouped into tasks, in whatever order tasks finish, and whoever runs them (with one
engine, on one kind of processor).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.kernels import Engine
from selloff.correlation.reduction import scratch_bytes, tally

__all__ = ["BlockPart", "BlockTask", "Plan", "block_spans", "block_tasks", "combine", "reduce_block"]


@dataclass(frozen=True)
class Plan:
    """What every task of one run must agree on (picklable, a few bytes).

    Attributes
    ----------
    length, series : int
        Rows and columns of the whole panel.
    window : int
        Observations in a window; also the length of a grid block.
    quantiles : tuple of float
        Quantiles over pairs, for each date; empty for none, which is faster.
    engine : {"numpy", "numba"}
        Already decided: workers do not choose for themselves. :func:`selloff.correlation.kernels.choose_engine`
        decides.
    """

    length: int
    series: int
    window: int
    quantiles: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
    engine: Engine = "numpy"

    @property
    def scratch(self) -> int:
        """Bytes that a task needs, about, beside its rows and what it returns."""
        return scratch_bytes(self.window, self.series, len(self.quantiles), self.engine)


@dataclass(frozen=True, eq=False)
class BlockTask:
    """A run of grid blocks to reduce (picklable).

    Attributes
    ----------
    rows : ndarray, shape (stop - halo, N)
        The rows ``halo`` to ``stop`` of the panel, ``halo = max(start - (window - 1), 0)``. NaN is a missing value.
    start, stop : int
        The task answers for the windows that end in the rows ``start`` to ``stop - 1``; both are multiples of the
        window (``stop`` may be the end of the panel instead).
    plan : Plan
    """

    rows: NDArray[np.float64]
    start: int
    stop: int
    plan: Plan


@dataclass(frozen=True, eq=False)
class BlockPart:
    """What :func:`reduce_block` and :func:`combine` return: a few numbers a date and a pair (picklable).

    Attributes
    ----------
    start, stop : int
        Rows answered for.
    mean, pairs : ndarray, shape (stop - start,)
        Mean over the defined pairs, and their number, by date.
    quantiles : ndarray, shape (stop - start, len(plan.quantiles))
        Quantiles over the defined pairs by date.
    total : ndarray of int64, shape (P,)
        Sum of the correlations of each pair, as a multiple of 2^-40: whole numbers add up the same in any grouping.
    count : ndarray of int32, shape (P,)
        Dates on which the pair is defined.
    lowest, highest, first, last : ndarray, shape (P,)
        NaN where a pair was never defined.
    halves : ndarray of int64, shape (2, 3, P)
        For either half of the sample: number, sum and sum of squares (multiples of 2^-40) of the correlations over
        the grid blocks themselves, windows that do not overlap.
    """

    start: int
    stop: int
    mean: NDArray[np.float64]
    pairs: NDArray[np.int64]
    quantiles: NDArray[np.float64]
    total: NDArray[np.int64]
    count: NDArray[np.int32]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    halves: NDArray[np.int64]


def block_spans(plan: Plan, blocks: int = 1) -> list[tuple[int, int, int]]:
    """Return ``(halo, start, stop)`` of every task: read the rows ``halo`` to ``stop - 1`` from wherever they are.

    Raises
    ------
    ValueError
        ``blocks`` is below 1, or a quantile of the plan lies outside 0 to 1.
    """
    if isinstance(blocks, bool) or not isinstance(blocks, int | np.integer) or blocks < 1:
        raise ValueError(f"blocks must be a whole number from 1 on, got {blocks!r}")
    bad = [each for each in plan.quantiles if not 0 <= each <= 1]
    if bad:
        raise ValueError(f"quantiles must lie between 0 and 1, got {bad[0]!r}")
    step = int(blocks) * plan.window
    return [
        (max(start - plan.window + 1, 0), start, min(start + step, plan.length))
        for start in range(0, plan.length, step)
    ]


def block_tasks(values: NDArray[np.float64], plan: Plan, blocks: int = 1) -> Iterator[BlockTask]:
    """Cut an array (or a memory map) into tasks of ``blocks`` grid blocks each, lazily, without copying."""
    return (BlockTask(values[halo:stop], start, stop, plan) for halo, start, stop in block_spans(plan, blocks))


def reduce_block(task: BlockTask) -> BlockPart:
    """Do one task. The function to send to workers: top level, takes and returns arrays, releases the GIL (numba).

    Raises
    ------
    ValueError
        The rows do not fit the span, or the span does not lie on the grid.
    """
    plan, start, stop = task.plan, task.start, task.stop
    before = min(start, plan.window - 1)
    if start % plan.window or not start < stop <= plan.length or (stop % plan.window and stop != plan.length):
        raise ValueError(f"rows {start} to {stop} do not lie on the grid of {plan.window} rows; see block_spans")
    if task.rows.shape != (before + stop - start, plan.series):
        raise ValueError(
            f"the task for rows {start} to {stop} has shape {task.rows.shape}, expected "
            f"{(before + stop - start, plan.series)}: {before} rows before it belong to it"
        )
    full = plan.length // plan.window
    numbers = range(start // plan.window, -(-stop // plan.window))
    halves = [-1 if number >= full else int(number >= full // 2) for number in numbers]
    rows = np.asarray(task.rows, dtype=float)
    sums = tally(rows, before, plan.window, plan.quantiles, halves, plan.engine)
    never = sums.count == 0
    with np.errstate(invalid="ignore"):
        mean = np.clip(sums.days / np.where(sums.defined, sums.defined, np.nan), -1, 1)
    return BlockPart(
        start,
        stop,
        mean,
        sums.defined,
        np.clip(sums.quantiles, -1, 1),
        sums.total,
        sums.count,
        np.clip(np.where(never, np.nan, sums.lowest), -1, 1),
        np.clip(np.where(never, np.nan, sums.highest), -1, 1),
        np.clip(sums.ends[0], -1, 1),
        np.clip(sums.ends[1], -1, 1),
        sums.halves,
    )


def combine(parts: Iterable[BlockPart]) -> BlockPart:
    """Join parts of neighbouring runs of blocks into one; parts may come in any order and any grouping.

    ``combine([combine([a, b]), c])`` and ``combine([a, combine([b, c])])`` are equal bit for bit, so workers may
    combine what they hold before they send it (a tree).

    Raises
    ------
    ValueError
        There is no part, or two do not stand side by side.
    """
    dates: list[tuple[int, int, NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]] = []
    sums: BlockPart | None = None
    for part in parts:
        # By date little is kept; by pair a part may be large, so it is added at once.
        dates.append((part.start, part.stop, part.mean, part.pairs, part.quantiles))
        sums = part if sums is None else _added(sums, part)
    if sums is None:
        raise ValueError("combine: no parts; a panel has at least one block")
    dates.sort(key=itemgetter(0))
    for left, right in pairwise(dates):
        if left[1] != right[0]:
            raise ValueError(f"combine: rows {left[0]} to {left[1]} and {right[0]} to {right[1]} do not meet")
    return replace(
        sums,
        start=dates[0][0],
        stop=dates[-1][1],
        mean=np.concatenate([each[2] for each in dates]),
        pairs=np.concatenate([each[3] for each in dates]),
        quantiles=np.concatenate([each[4] for each in dates]),
    )


def _added(one: BlockPart, other: BlockPart) -> BlockPart:
    early, late = (one, other) if one.start < other.start else (other, one)
    return replace(
        early,
        stop=late.stop,
        total=early.total + late.total,
        count=early.count + late.count,
        lowest=np.fmin(early.lowest, late.lowest),
        highest=np.fmax(early.highest, late.highest),
        first=np.where(np.isnan(early.first), late.first, early.first),
        last=np.where(np.isnan(late.last), early.last, late.last),
        halves=early.halves + late.halves,
    )
