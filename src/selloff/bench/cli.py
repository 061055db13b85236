"""The command line of the benchmark."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from selloff.bench.contest import Effort, Outcome, Task, run, table, to_json

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, tasks: Sequence[Task] | None = None) -> int:
    """Run the tasks and print the table.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the program's name; those of the process by default.
    tasks : sequence of Task, optional
        The tasks to choose from; those of the book by default.

    Returns
    -------
    int
        Exit status: 0, whether or not each target is met; 2 for a command that is not understood.
    """
    known = _known() if tasks is None else tasks
    options = _parser([task.name for task in known]).parse_args(arguments)
    rounds = options.rounds or (1 if options.quick or options.full else 5)
    effort = Effort(rounds, options.quick, options.full)
    chosen = [task for task in known if not options.only or task.name in options.only]
    print(_heading(effort))
    outcomes: list[Outcome] = []
    for number, task in enumerate(chosen, 1):
        print(f"{number} of {len(chosen)}: {task.title}", file=sys.stderr, flush=True)
        outcomes.append(run(task, effort))
    print(table(outcomes))
    if options.json:
        options.json.write_text(to_json(outcomes) + "\n", encoding="utf-8")
    return 0


def _known() -> Sequence[Task]:
    from selloff.bench.tasks import TASKS

    return TASKS


def _heading(effort: Effort) -> str:
    sample = "a small sample, no verdict on targets" if effort.quick else "the whole sample"
    turns = "one round" if effort.rounds == 1 else f"medians of {effort.rounds} rounds in turns"
    threads = os.environ.get("OMP_NUM_THREADS", "not limited")
    return (
        f"Python {platform.python_version()}, {_versions('numpy', 'pandas', 'scipy', 'statsmodels', 'arch', 'numba')}; "
        f"threads {threads} of {os.cpu_count()}; {sample}, {turns}, short calls repeated"
    )


def _versions(*packages: str) -> str:
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m selloff.bench", description="Time the models beside what one would use instead, in turns."
    )
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help=f"a task; may be repeated: {', '.join(names)}"
    )
    parser.add_argument("--quick", action="store_true", help="take a small sample and one round; no verdicts")
    parser.add_argument("--full", action="store_true", help="run slow incumbents whole, one round (half an hour)")
    parser.add_argument("--rounds", type=_positive, metavar="N", help="times that each side is timed (5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers to a file too")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1")
    return number
