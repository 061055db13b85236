"""The command line: ``python -m selloff``, also installed as ``selloff``.

Everything heavy is imported by the command that needs it, so that ``--help`` is instant.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from selloff.book import BookError, find_root

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the program's name; those of the process by default.

    Returns
    -------
    int
        Exit status: 0 if all is well, 1 if not, 130 if interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader went away (`selloff board | head`), and Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not _expected(error):
            raise
        print(f"error: {error}", file=sys.stderr)
        return 1


def _expected(error: Exception) -> bool:
    """Whether an error is about the book or its data, not a fault of this program."""
    if isinstance(error, BookError):
        return True
    errors = sys.modules.get("selloff.data.errors")
    return errors is not None and isinstance(error, errors.DataError)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="selloff", description="The September 2025 crypto sell-off, tested claim by claim."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    book = commands.add_parser("book", help="execute, check, build and serve the book")
    steps = book.add_subparsers(title="commands", metavar="COMMAND", required=True)
    build = steps.add_parser("build", help="build the site, unless a notebook is stale")
    build.set_defaults(run=_build)
    execute = steps.add_parser("execute", help="execute the stale notebooks")
    execute.add_argument("--all", action="store_true", help="execute the others, too")
    execute.add_argument("--workers", type=_positive, metavar="N", help="notebooks at the same time")
    execute.set_defaults(run=_execute)
    check = steps.add_parser("check", help="say which notebooks are stale or were edited")
    check.set_defaults(run=_check)
    serve = steps.add_parser("serve", help="show the built site on this machine only")
    serve.add_argument("--port", type=_port, default=8000, metavar="N", help="the next free one from here (8000)")
    serve.set_defaults(run=_serve)

    board = commands.add_parser("board", help="show the claims and their verdicts")
    board.set_defaults(run=_board)

    data = commands.add_parser("data", help="list, check and seal the tables")
    tasks = data.add_subparsers(title="commands", metavar="COMMAND", required=True)
    tasks.add_parser("list", help="list all tables").set_defaults(run=_list)
    tasks.add_parser("check", help="verify each table against its manifest").set_defaults(run=_verify)
    seal = tasks.add_parser("seal", help="accept a changed table as it is now")
    seal.add_argument("name", metavar="NAME", help="name of the table")
    seal.set_defaults(run=_seal)
    return parser


def _positive(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number from 1 on")
    return int(word)


def _port(word: str) -> int:
    if not word.isdecimal() or int(word) > 65535:
        raise argparse.ArgumentTypeError(f"{word!r} is no port, a number from 0 to 65535")
    return int(word)


def _gate(root: Path) -> bool:
    """Print what is stale; return whether all is well."""
    from selloff.book import notebooks, stamp

    problems = stamp.check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        stale = len({problem.notebook for problem in problems})
        print(f"error: {stale} of {len(notebooks(root))} notebooks cannot be published", file=sys.stderr)
    return not problems


def _build(_: argparse.Namespace) -> int:
    from selloff.book.build import build

    root = find_root()
    if not _gate(root):
        return 1
    page = build(root)
    print(f"the book is at {page}")
    print(f"open it:  {page.as_uri()}")
    print("or serve it on this machine:  make serve")
    return 0


def _execute(options: argparse.Namespace) -> int:
    from selloff.book.execute import execute

    outcomes = execute(find_root(), everything=options.all, workers=options.workers)
    failed = [outcome for outcome in outcomes if outcome.failure]
    for outcome in failed:
        print(f"{outcome.notebook}, {outcome.failure}", file=sys.stderr)
    if failed:
        print(
            f"error: {len(failed)} of {len(outcomes)} notebooks failed and were left as they were",
            file=sys.stderr,
        )
    return 1 if failed else 0


def _check(_: argparse.Namespace) -> int:
    from selloff.book import notebooks

    root = find_root()
    if not _gate(root):
        return 1
    print(f"all {len(notebooks(root))} notebooks are up to date")
    return 0


def _serve(options: argparse.Namespace) -> int:
    from selloff.book.serve import serve

    serve(find_root() / "_build" / "html", options.port)
    return 0


def _board(_: argparse.Namespace) -> int:
    from selloff.claims import board_text

    print(board_text())
    return 0


def _list(_: argparse.Namespace) -> int:
    from selloff.data import catalogue

    tables = catalogue()
    print(tables.to_string() if len(tables) else "there are no tables")
    return 0


def _verify(_: argparse.Namespace) -> int:
    from selloff.data import check, table_names

    check()
    print(f"all {len(table_names())} tables agree with their manifests")
    return 0


def _seal(options: argparse.Namespace) -> int:
    from selloff.data import seal

    print(f"sealed {options.name} in {seal(options.name)}")
    return 0
