"""Two ways to do one task, timed in turns in one process."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

__all__ = ["Contest", "Effort", "MissingPackageError", "Outcome", "Task", "run", "table", "to_json"]

Call = Callable[[], object]

# Seconds that a side is timed for in each round, in as many calls as fit; a longer call is made once.
_SLICE = 0.2


class MissingPackageError(Exception):
    """A package that a task needs is not there; the text names it."""


@dataclass(frozen=True)
class Effort:
    """How much work a run may make.

    Attributes
    ----------
    rounds : int
        Times that each side is timed.
    quick : bool
        Whether to take a smaller sample; its ratios are no verdict on the targets.
    full : bool
        Whether to run the slow incumbents whole instead of a part of their work.
    """

    rounds: int = 5
    quick: bool = False
    full: bool = False


@dataclass(frozen=True)
class Contest:
    """One task, ready to run: everything is imported, drawn and compiled.

    Attributes
    ----------
    ours, theirs : callable
        Do the work; ``theirs`` is None where there is nothing to compare with.
    ours_factor, theirs_factor : float
        The whole task over the part that a call does: 1 unless the call is a sample of the work.
    clock : callable
        Seconds that a call takes; by default it is called until a fifth of a second has passed.
    difference : callable, optional
        Takes both results and returns their largest absolute difference.
    note : str
        What a reader must know, such as how a part was scaled up.
    """

    ours: Call
    theirs: Call | None
    ours_factor: float = 1.0
    theirs_factor: float = 1.0
    clock: Callable[[Call], float] | None = None
    difference: Callable[[object, object], float] | None = None
    note: str = ""


@dataclass(frozen=True)
class Task:
    """A line of the table before it is run.

    Attributes
    ----------
    name, title, incumbent : str
        The word for ``--only``, what is done, and what it is compared with.
    prepare : callable
        Makes the contest; raises :class:`MissingPackageError` where a package is not there.
    ratio : float, optional
        Target: how many times faster than the incumbent.
    seconds : float, optional
        Target: our seconds at most.
    """

    name: str
    title: str
    incumbent: str
    prepare: Callable[[Effort], Contest]
    ratio: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Outcome:
    """A line of the table. Seconds are medians and stand for the whole task; peaks are bytes of what was called."""

    name: str
    title: str
    incumbent: str
    ours: float | None = None
    theirs: float | None = None
    ours_peak: int | None = None
    theirs_peak: int | None = None
    theirs_is_part: bool = False
    difference: float | None = None
    target: str = "none"
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Their seconds over ours."""
        return self.theirs / self.ours if self.ours and self.theirs is not None else None


def run(task: Task, effort: Effort) -> Outcome:
    """Prepare a task, measure the memory of both sides, then time them in turns.

    Parameters
    ----------
    task : Task
    effort : Effort

    Returns
    -------
    Outcome
        With a note instead of numbers where a package is missing.
    """
    try:
        contest = task.prepare(effort)
    except MissingPackageError as missing:
        return Outcome(task.name, task.title, task.incumbent, target=_target(task), note=str(missing))
    sides = [contest.ours] if contest.theirs is None else [contest.ours, contest.theirs]
    # The first calls compile and fill caches; their results are compared, and neither counts.
    results = [side() for side in sides]
    difference = contest.difference(*results) if contest.difference and len(results) == 2 else None
    del results
    peaks = [None, None] if contest.clock else [peak(side) for side in sides]
    taken = alternate(sides, effort.rounds, contest.clock or _seconds)
    ours = median(taken[0]) * contest.ours_factor
    theirs = median(taken[1]) * contest.theirs_factor if len(sides) == 2 else None
    return Outcome(
        task.name,
        task.title,
        task.incumbent,
        ours,
        theirs,
        peaks[0],
        peaks[1] if len(sides) == 2 else None,
        contest.theirs_factor > 1,
        difference,
        _target(task),
        None if effort.quick else _met(task, ours, theirs),
        contest.note,
    )


def alternate(sides: list[Call], rounds: int, clock: Callable[[Call], float]) -> list[list[float]]:
    """Return the seconds of every call, one list a side; the sides take turns, so that both meet the same weather."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, times in zip(sides, taken, strict=True):
            times.append(clock(side))
    return taken


def _seconds(call: Call) -> float:
    """Return the seconds of a call: the mean of as many as fill a slice of time, for one short call is mostly luck."""
    gc.collect()
    gc.disable()
    try:
        start, calls, passed = time.perf_counter(), 0, 0.0
        while passed < _SLICE:
            call()
            calls += 1
            passed = time.perf_counter() - start
    finally:
        gc.enable()
    return passed / calls


def peak(call: Call) -> int:
    """Return the bytes that a call holds at its peak on top of what was there.

    The larger of two measures: what Python and numpy asked for, and by how much the process grew, which sees memory
    of compiled code too, though not where freed memory is used again.
    """
    gc.collect()
    before = _resident("VmRSS") if _forget_peak() else None
    tracemalloc.start()
    try:
        call()
        asked = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return asked if before is None else max(asked, _resident("VmHWM") - before)


def _forget_peak() -> bool:
    """Set the kernel's record of this process's peak to its present size; only Linux can."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _resident(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def _target(task: Task) -> str:
    parts = [] if task.ratio is None else [f">= {task.ratio:g}x"]
    if task.seconds is not None:
        parts.append(f"<= {task.seconds:g} s")
    return ", ".join(parts) or "none"


def _met(task: Task, ours: float, theirs: float | None) -> bool | None:
    checks = []
    if task.ratio is not None and theirs is not None:
        checks.append(theirs >= task.ratio * ours)
    if task.seconds is not None:
        checks.append(ours <= task.seconds)
    return all(checks) if checks else None


def table(outcomes: Iterable[Outcome]) -> str:
    """Return the outcomes as aligned text, one line each, their notes below."""
    head = ("task", "ours", "incumbent", "ratio", "peak ours / theirs", "differ by", "target", "met")
    lines = [head]
    notes: list[str] = []
    for outcome in outcomes:
        mark = ""
        if outcome.note:
            notes.append(f"[{len(notes) + 1}] {outcome.title}: {outcome.note}")
            mark = f" [{len(notes)}]"
        ratio, theirs = outcome.ratio, _time(outcome.theirs)
        peaks = (_size(outcome.ours_peak), _size(outcome.theirs_peak, outcome.theirs_is_part))
        lines.append(
            (
                f"{outcome.title}{mark}",
                _time(outcome.ours),
                f"{theirs} {outcome.incumbent}".strip(),
                "" if ratio is None else f"{ratio:,.1f}x" if ratio < 10 else f"{ratio:,.0f}x",
                " / ".join(filter(None, peaks)),
                "" if outcome.difference is None else f"{outcome.difference:.0e}",
                outcome.target,
                {True: "yes", False: "NO", None: "-"}[outcome.met],
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, *notes])


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def _size(size: int | None, part: bool = False) -> str:
    return "" if size is None else f"{'>= ' if part else ''}{size / 2**20:,.3g} MiB"


def to_json(outcomes: Iterable[Outcome]) -> str:
    """Return the outcomes as JSON, a list of objects with the attributes of :class:`Outcome` and the ratio."""
    return json.dumps([vars(outcome) | {"ratio": outcome.ratio} for outcome in outcomes], indent=1)
