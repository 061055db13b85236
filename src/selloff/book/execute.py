"""Executing notebooks: the stale ones only, in parallel, each in a clean kernel.

The same outputs are written back as the same bytes. A notebook is replaced in one step, and only after every
cell ran without an error and without a word on stderr. A failure leaves the stored notebook as it was.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

from selloff.book import BookError, notebooks, stamp
from selloff.book.kernel import TIMEOUT, run_cells, uninterrupted
from selloff.data.files import write_atomically

__all__ = ["Outcome", "check_packages", "execute", "run_notebook"]

_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# The minor version of Python would make the file differ between two machines that agree on everything else.
_LANGUAGE = {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"}
_OF_THE_RUN = ("collapsed", "ExecuteTime", "execution", "scrolled", "vscode")
_OF_THE_EDITOR = ("colab", "toc", "varInspector", "vscode", "widgets")


@dataclass(frozen=True)
class Outcome:
    """How the run of one notebook ended.

    Attributes
    ----------
    notebook : str
        Path from the root.
    seconds : float
        How long it took.
    failure : str
        What went wrong, in a few lines; empty if nothing did.
    """

    notebook: str
    seconds: float
    failure: str = ""


def _say(line: str) -> None:
    print(line, flush=True)


def execute(
    root: Path,
    *,
    everything: bool = False,
    workers: int | None = None,
    tell: Callable[[str], None] = _say,
) -> list[Outcome]:
    """Execute the stale notebooks of a book, or all of them.

    Parameters
    ----------
    root : Path
        Root of the book.
    everything : bool
        Whether to execute notebooks that are not stale, too.
    workers : int, optional
        Notebooks that run at the same time; as many as there are processors by default.
    tell : callable
        Takes each line of progress.

    Returns
    -------
    list of Outcome
        One for each notebook that was executed.

    Raises
    ------
    BookError
        The installed packages are not the locked ones, so a stamp would not be true.
    """
    check_packages(root)
    stale = {problem.notebook for problem in stamp.check(root)}
    every = [path.relative_to(root).as_posix() for path in notebooks(root)]
    names = _longest_first(root, [name for name in every if everything or name in stale])
    if not names:
        tell(f"all {len(every)} notebooks are up to date" if every else "there are no notebooks")
        return []
    workers = max(1, min(workers or os.cpu_count() or 2, len(names)))
    tell(f"executing {len(names)} of {len(every)} notebooks, {workers} at a time")
    now = stamp.surroundings(root)
    # Written before the first notebook, so that its stamp can be explained even if the run is interrupted.
    stamp.write_index(root, now)
    started = time.monotonic()
    outcomes = []
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        # A worker is born deaf to Ctrl-C and listens only while it has a kernel to put away.
        with uninterrupted():
            futures = [pool.submit(run_notebook, root, name) for name in names]
        try:
            for future in as_completed(futures):
                outcome = future.result()
                outcomes.append(outcome)
                mark = "FAILED" if outcome.failure else f"{outcome.seconds:.1f} s"
                tell(f"  {mark:>8}  {outcome.notebook}")
        except KeyboardInterrupt:
            # From a terminal the workers heard it too; from a program that stops this one alone they did not.
            for worker in active_children():
                os.kill(worker.pid or 0, signal.SIGINT)
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        except BrokenProcessPool:
            raise BookError("a worker was killed (out of memory?); run it again with --workers 1") from None
    stamp.write_index(root)
    tell(f"  {time.monotonic() - started:6.1f} s  in all")
    return outcomes


def run_notebook(root: Path, name: str, timeout: int = TIMEOUT) -> Outcome:
    """Execute one notebook and, if all went well, replace it.

    Parameters
    ----------
    root : Path
        Root of the book.
    name : str
        Path of the notebook from the root.
    timeout : int
        Seconds that one cell may take.
    """
    path = root / name
    before, content = stamp.surroundings(root), path.read_bytes()
    notebook = _prepared(stamp.read_notebook(path))
    started = time.monotonic()
    failure = run_cells(notebook, path.parent, root, timeout)
    seconds = time.monotonic() - started
    if not failure and stamp.surroundings(root) != before:
        failure = 'src/, data/ or requirements.lock changed while it ran; run "make execute" again'
    if not failure and path.read_bytes() != content:
        failure = 'the notebook itself was saved while it ran; run "make execute" again'
    if not failure:
        _write(path, notebook, before, seconds)
    return Outcome(name, seconds, failure)


def check_packages(root: Path) -> None:
    """Refuse to run unless every locked package is installed in its locked version.

    Raises
    ------
    BookError
        Names the first packages that differ.
    """
    from importlib.metadata import PackageNotFoundError, version

    lock = root / "requirements.lock"
    if not lock.is_file():
        raise BookError("requirements.lock is missing; take it from git again (git checkout -- requirements.lock)")
    odd = []
    for name, locked in _locked(lock.read_text(encoding="utf-8")):
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "missing"
        if installed != locked:
            odd.append(f"{name} {installed} instead of {locked}")
    if odd:
        more = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        raise BookError(
            f'the packages are not the locked ones ({", ".join(odd[:3])}{more}); delete .venv and run "make execute"'
        )


def _locked(text: str) -> Iterable[tuple[str, str]]:
    """Read the names and versions that a lock asks for on this machine."""
    from packaging.requirements import Requirement

    for line in text.splitlines():
        if "==" not in line or line.lstrip().startswith(("#", "--")):
            continue
        requirement = Requirement(line.removesuffix("\\").strip())
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name, next(iter(requirement.specifier)).version


def _longest_first(root: Path, names: list[str]) -> list[str]:
    """Order notebooks by their last run time, so that the longest does not start last."""

    def seconds(name: str) -> float:
        stored = stamp.read_notebook(root / name)["metadata"].get("selloff")
        return float(stored.get("seconds", 0)) if isinstance(stored, dict) else 0.0

    return sorted(names, key=seconds, reverse=True)


def _prepared(notebook: Mapping[str, Any]) -> Any:
    """Return a notebook without outputs and traces of editors and former runs, with stable cell ids."""
    import nbformat

    fresh = nbformat.from_dict(dict(notebook))
    fresh.nbformat_minor = 5
    fresh.metadata = nbformat.from_dict({k: v for k, v in fresh.metadata.items() if k not in _OF_THE_EDITOR})
    fresh.metadata.kernelspec = nbformat.from_dict(_KERNELSPEC)
    taken: set[str] = set()
    for number, cell in enumerate(fresh.cells, start=1):
        name = cell.get("id")
        cell.id = name if name and name not in taken else _free(f"cell-{number}", taken)
        taken.add(cell.id)
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k not in _OF_THE_RUN})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            # Left over when a code cell was turned into text; the notebook format does not allow them there.
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    return fresh


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "-b"
    return name


def _write(path: Path, notebook: Any, ran_with: stamp.Surroundings, seconds: float) -> None:
    """Stamp and write a notebook, keys sorted, as the same bytes for the same contents."""
    import nbformat

    notebook.metadata.language_info = nbformat.from_dict(_LANGUAGE)
    notebook.metadata.pop("widgets", None)
    # Read back what will be stored: a digest must be that of the file, not of the kernel's messages.
    stored = nbformat.v4.reads(nbformat.v4.writes(notebook))
    stored.metadata.selloff = nbformat.from_dict(stamp.make_stamp(stored, ran_with, seconds))
    nbformat.validate(stored)
    write_atomically(path, nbformat.v4.writes(stored).rstrip("\n") + "\n")
