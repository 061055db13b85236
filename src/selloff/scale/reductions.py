"""All pairs of a panel that does not fit into memory, reduced block by block within a stated budget."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import pandas as pd

from selloff.correlation.kernels import Engine, check_window, choose_engine
from selloff.correlation.panel import (
    BlockPart,
    BlockTask,
    PanelCorrelation,
    Plan,
    block_spans,
    combine,
    finish,
    reduce_block,
)
from selloff.correlation.reduction import scratch_bytes
from selloff.scale.extra import watched
from selloff.scale.ordered import Map, dask_map
from selloff.scale.store import RowFile, StoredPanel, open_panel

__all__ = ["Footprint", "footprint", "least", "panel_reductions"]

# A task of more rows gains nothing: its cost is the pairs, and its halo is small already.
_LONGEST = 16_384
# What a cluster's buffers and records come to, for each process and for each task.
_BUFFERS, _RECORD = 4 * 2**20, 4096


def panel_reductions(
    returns: StoredPanel | str | Path,
    window: int,
    client: Any = None,
    budget: int = 2**30,
    quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    strongest: int = 10,
    engine: Engine | None = None,
    map: Map | None = None,  # noqa: A002
    progress: bool = True,
) -> PanelCorrelation:
    """Reduce the rolling correlations of all pairs of a stored panel.

    Parameters
    ----------
    returns : StoredPanel, str or Path, shape (T, N)
        A panel of returns, or its folder; NaN where there is none.
    window : int
        Rows in a window.
    client : dask.distributed.Client, optional
        Runs the blocks on its workers, which must see the panel's folder under the same path. They are sent row
        numbers and read for themselves; reductions come back.
    budget : int
        Bytes of memory for the work, of this process and all workers together, on top of what they hold idle (an
        interpreter with its imports takes 150 to 250 MB of its own). Block length and blocks under way follow.
    quantiles : sequence of float
        Quantiles over pairs for each row; empty for none, which is faster.
    strongest : int
        How many pairs to list.
    engine : {"numpy", "numba"}, optional
        How a block is computed; chosen by the size of the panel by default.
    map : callable, optional
        Used in place of a client: the ``map`` of a thread pool, say. It must give results in order; all results that
        it holds at once count towards memory, and the budget assumes two.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    PanelCorrelation
        As :func:`selloff.correlation.panel_correlation` returns for the same numbers in memory: mean and quantiles
        over pairs by row, mean, range, first, last and constancy by pair, and the strongest pairs.

    Raises
    ------
    ValueError
        The panel holds no returns, the window does not fit it, the budget cannot hold one block (the message says
        how much is needed), both a client and a map are given, or a worker has another version of this package or
        does not see the panel.
    ImportError
        A package of the extra ``scale`` is missing.
    RuntimeError
        Workers died several times at the same block.

    Notes
    -----
    The result does not depend, to the last bit, on budget, client or order of completion: blocks lie on a grid of
    ``window`` rows fixed by the panel, and what they return adds up without rounding. (Workers with another kind of
    processor may round a product differently.) A worker that dies takes no result with it; its blocks are run again.

    Examples
    --------
    >>> import numpy as np, pandas as pd, tempfile
    >>> from selloff.scale import panel_reductions, store_panel
    >>> minutes = pd.date_range("2025-09-26", periods=500, freq="min")
    >>> values = np.random.default_rng(0).standard_normal((500, 4))
    >>> with tempfile.TemporaryDirectory() as place:
    ...     panel = store_panel(f"{place}/returns", "returns", list("ABCD"), minutes, [values])
    ...     found = panel_reductions(panel, window=100, progress=False)
    >>> len(found.by_date), len(found.by_pair)
    (500, 6)
    """
    panel = returns if isinstance(returns, StoredPanel) else open_panel(returns)
    if panel.kind != "returns":
        raise ValueError(f"panel_reductions: {panel.folder} holds {panel.kind}; write its returns with store_returns")
    if client is not None and map is not None:
        raise ValueError("panel_reductions: pass a client or a map, not both")
    plan = _plan(panel, window, tuple(float(each) for each in quantiles), engine)
    workers = 0 if client is None else sum(client.nthreads().values())
    size = footprint(plan, budget, workers)
    if client is not None:
        _check_workers(client, panel.file)
    spans = block_spans(plan, size.blocks)
    run = map or (builtins.map if client is None else dask_map(client, size.in_flight))
    parts = run(_reduce, repeat(panel.file), spans, repeat(plan))
    total = combine(watched(parts, "blocks", len(spans), progress))
    return finish(total, plan, panel.times, pd.Index(panel.symbols), strongest)


@dataclass(frozen=True)
class Footprint:
    """How a run fits its budget; made by :func:`footprint`.

    Attributes
    ----------
    blocks : int
        Grid blocks (of ``window`` rows) in a task.
    in_flight : int
        Tasks that are under way or whose result waits to be added.
    task, part, result : int
        Bytes of a task at work (rows read, scratch, what it returns), of what it returns, and of the final tables.
    total : int
        Bytes of all of these together.
    """

    blocks: int
    in_flight: int
    task: int
    part: int
    result: int
    total: int


def footprint(plan: Plan, budget: int, workers: int = 0) -> Footprint:
    """Return the longest tasks and the most of them that a budget holds.

    Parameters
    ----------
    plan : Plan
    budget : int
        Bytes.
    workers : int
        Threads of a cluster; 0 for this process alone.

    Returns
    -------
    Footprint

    Raises
    ------
    ValueError
        The budget does not hold one grid block for each worker; the message says how much is needed.
    """
    for in_flight in (2 * workers, workers) if workers else (1,):
        for blocks in _halving(plan):
            size = _sized(plan, blocks, workers, in_flight)
            if size.total <= budget:
                return size
    raise ValueError(
        f"a budget of {budget:,} bytes cannot hold one block of {plan.window} rows and {plan.series} series for "
        f"{max(workers, 1)} at work; {least(plan, workers).total:,} are needed"
    )


def least(plan: Plan, workers: int = 0) -> Footprint:
    """Return the smallest that a run can be made: short tasks, one for each worker."""
    sizes = [_sized(plan, blocks, workers, max(workers, 1)) for blocks in _halving(plan)]
    return min(sizes, key=lambda size: size.total)


def _halving(plan: Plan) -> list[int]:
    most = max(1, min(_LONGEST, plan.length) // plan.window)
    return sorted({max(1, most >> step) for step in range(most.bit_length())}, reverse=True)


def _sized(plan: Plan, blocks: int, workers: int, in_flight: int) -> Footprint:
    rows = min(blocks * plan.window, plan.length)
    pairs = plan.series * (plan.series - 1) // 2
    # Per pair: four floats, a sum, a count and six sums of the halves; per row: two numbers and the quantiles.
    part = 92 * pairs + rows * (16 + 8 * len(plan.quantiles))
    read = 8 * (rows + plan.window) * plan.series
    scratch = scratch_bytes(plan.window, plan.series, len(plan.quantiles), plan.engine)
    # Rows are copied into blocks, and what is returned is cleaned into a copy.
    task = 2 * read + scratch + 2 * part
    # The tables of all rows and all pairs, and the copies that building and sorting them takes.
    result = 3 * plan.length * (16 + 8 * len(plan.quantiles)) + 200 * pairs
    # A result exists twice while it travels; two totals exist while one is added to the other.
    waiting = 2 * part
    if workers:
        waiting = 2 * (in_flight + 1) * part + (workers + 1) * _BUFFERS + _RECORD * -(-plan.length // rows)
    return Footprint(blocks, in_flight, task, part, result, max(workers, 1) * task + waiting + result)


def _reduce(source: RowFile, span: tuple[int, int, int], plan: Plan) -> BlockPart:
    """Read one task's rows and reduce them; this runs on the workers."""
    halo, start, stop = span
    return reduce_block(BlockTask(source.read(halo, stop), start, stop, plan))


def _plan(panel: StoredPanel, window: int, quantiles: tuple[float, ...], engine: Engine | None) -> Plan:
    series = len(panel.symbols)
    if series < 2:
        raise ValueError(f"panel_reductions: {panel.folder} has {series} series; a pair needs at least 2 series")
    return Plan(panel.length, series, check_window(window, panel.length), quantiles, choose_engine(engine, series))


def _check_workers(client: Any, source: RowFile) -> None:
    """Refuse a cluster that would fail block by block, or never answer: other code, or no sight of the file."""
    import selloff

    path, size = source.path, Path(source.path).stat().st_size

    # Defined in here, it is sent as code: a worker without the package can still answer.
    def look() -> tuple[str, int]:
        from importlib import import_module
        from pathlib import Path

        try:
            version = str(import_module("selloff").__version__)
        except ImportError:
            version = "none"
        return version, Path(path).stat().st_size if Path(path).is_file() else -1

    for worker, (version, seen) in client.run(look).items():
        if version != selloff.__version__:
            raise ValueError(f"{worker} has selloff {version}, expected {selloff.__version__}; install it there")
        if seen != size:
            raise ValueError(f"{worker} does not see {path} as it is here; put the panel where all workers can read it")
