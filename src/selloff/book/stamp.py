"""Stamps: what a notebook ran with, so that a stale or edited one is refused.

A stamp holds one digest each of the code under ``src/``, the files under ``data/``, the lock of packages, the
notebook's own cells and its stored outputs. ``notebooks/stamps.json`` keeps, for each digest of code or data
that a notebook names, the digests of the single files, so that a refusal can say which file changed. That
index serves the message only: without it the gate refuses just the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selloff.book import BookError, Problem, notebooks, toc_pages
from selloff.data.files import write_atomically

__all__ = [
    "INDEX",
    "PACKAGES",
    "Surroundings",
    "check",
    "digest_code",
    "digest_data",
    "digest_lock",
    "digest_outputs",
    "digest_source",
    "make_stamp",
    "read_notebook",
    "surroundings",
    "write_index",
]

INDEX = "notebooks/stamps.json"
PACKAGES = ("pandas", "numpy", "statsmodels", "altair")
MEND = 'run "make execute"'
_LENGTH = 16
_NAMED = 3


@dataclass(frozen=True)
class Surroundings:
    """Everything outside a notebook that its outputs depend on.

    Attributes
    ----------
    code, data : dict of str to str
        Digest of each file, by its path from ``src/`` or from the root.
    lock : str
        Digest of ``requirements.lock``.
    """

    code: Mapping[str, str]
    data: Mapping[str, str]
    lock: str

    def digests(self) -> dict[str, str]:
        """Return the three digests that go into a stamp."""
        return {"code": _joint(self.code), "data": _joint(self.data), "lock": self.lock}


def surroundings(root: Path) -> Surroundings:
    """Digest the code, the data and the lock of a book as they are now."""
    source, data = root / "src", root / "data"
    return Surroundings(
        code=_files(source.rglob("*.py"), source),
        data=_files(data.rglob("*"), root),
        lock=digest_lock(root),
    )


def digest_code(root: Path) -> str:
    """Digest every Python file under ``src/``; any change of any line changes it."""
    return surroundings(root).digests()["code"]


def digest_data(root: Path) -> str:
    """Digest every file under ``data/``: tables, manifests and claims."""
    return surroundings(root).digests()["data"]


def digest_lock(root: Path) -> str:
    """Digest ``requirements.lock``."""
    lock = root / "requirements.lock"
    return _short(lock.read_bytes()) if lock.is_file() else "none"


def digest_source(notebook: Mapping[str, Any]) -> str:
    """Digest what an author writes: type, source, tags and attachments of each cell."""
    return _joint(_parts(notebook, _cell_source))


def digest_outputs(notebook: Mapping[str, Any]) -> str:
    """Digest what a run stores: execution counts and outputs of each code cell."""
    return _joint(_parts(notebook, _cell_outputs))


def make_stamp(notebook: Mapping[str, Any], now: Surroundings, seconds: float) -> dict[str, Any]:
    """Return the stamp of a notebook that was just executed.

    Parameters
    ----------
    notebook : mapping
        The notebook with its new outputs.
    now : Surroundings
        What it ran with.
    seconds : float
        How long it ran.
    """
    import platform
    from importlib.metadata import version

    return {
        **now.digests(),
        "source": digest_source(notebook),
        "outputs": digest_outputs(notebook),
        "cells": _cell_digests(notebook),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "seconds": round(seconds, 1),
        "executed": datetime.now(UTC).date().isoformat(),
    }


def check(root: Path) -> list[Problem]:
    """Find the notebooks that are stale, edited or never executed.

    A newer or older Python alone is no problem; another ``requirements.lock`` is.

    Parameters
    ----------
    root : Path
        Root of the book.

    Returns
    -------
    list of Problem
        Empty if every stored output is what today's code, data and packages gave.
    """
    now, index = surroundings(root), _read_index(root)
    problems: list[Problem] = []
    present = notebooks(root)
    for page in toc_pages(root):
        if (
            page.startswith("notebooks/")
            and not (root / f"{page}.md").is_file()
            and root / f"{page}.ipynb" not in present
        ):
            mend = f"restore it (git checkout -- {page}.ipynb) or take it out of _toc.yml"
            problems.append(Problem(f"{page}.ipynb", "is listed in _toc.yml but missing", mend))
    for path in present:
        name = path.relative_to(root).as_posix()
        problems += [Problem(name, *fault) for fault in _faults(read_notebook(path), now, index)]
    return problems


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook as plain data, each multi-line string joined.

    Raises
    ------
    BookError
        The file is not a notebook of format 4.
    """
    import nbformat
    from nbformat.v4.rwbase import rejoin_lines

    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["nbformat"] != 4:
            raise ValueError("another format")
        return dict(rejoin_lines(nbformat.from_dict(raw)))
    except OSError as error:
        raise BookError(f"{path} cannot be read ({error.strerror}); check the path") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BookError(f"{path} is not a notebook of format 4; take it from git again or mend its JSON") from None


def write_index(root: Path, *current: Surroundings) -> None:
    """Write ``notebooks/stamps.json``: the files behind each digest of a stamp, and behind those given."""
    known = _read_index(root)
    for now in current:
        known |= {_joint(now.code): dict(now.code), _joint(now.data): dict(now.data)}
    used = {now.digests()[kind] for now in current for kind in ("code", "data")}
    for path in notebooks(root):
        stamp = read_notebook(path)["metadata"].get("selloff", {})
        used |= {stamp.get("code"), stamp.get("data")}
    kept = {digest: files for digest, files in known.items() if digest in used}
    write_atomically(root / INDEX, json.dumps(kept, indent=1, sort_keys=True) + "\n")


def _faults(
    notebook: Mapping[str, Any], now: Surroundings, index: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """Say what is wrong with one notebook, each fault as the rest of a sentence, and how to mend it."""
    stamp = notebook["metadata"].get("selloff")
    if not isinstance(stamp, dict):
        yield "has no stamp: its outputs were not stored by this book's own run", MEND
        return
    digests = now.digests()
    for kind, files in (("code", now.code), ("data", now.data)):
        if stamp.get(kind) != digests[kind]:
            changed = _changed(index.get(str(stamp.get(kind)), {}), files)
            folder, mend = ("src/", MEND) if kind == "code" else ("data/", _mend_data(changed))
            yield f"is stale: {folder} changed since it ran{_named(changed)}", mend
    if stamp.get("lock") != digests["lock"]:
        yield "is stale: requirements.lock changed since it ran", MEND
    stored, present = str(stamp.get("cells", "")).split(), _cell_digests(notebook).split()
    if stamp.get("source") != digest_source(notebook):
        changed = _changed(_side(stored, 0), _side(present, 0))
        yield f"is stale: its own cells changed since it ran{_named(changed)}", MEND
    if stamp.get("outputs") != digest_outputs(notebook):
        changed = _changed(_side(stored, 1), _side(present, 1))
        yield f"has stored outputs that were edited after it ran{_named(changed)}", MEND


def _mend_data(changed: list[str]) -> str:
    """Say how to accept or undo a change of data; a table is sealed before anything can read it."""
    tables = [Path(name).stem for name in changed if name.endswith(".csv")]
    seal = f"python -m selloff data seal {tables[0]}, then " if tables else ""
    undo = f' (or undo it: git checkout -- "{changed[0]}")' if changed else ""
    return f"{seal}{MEND}{undo}"


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """List the parts whose digest differs; none if nothing is known of the time before."""
    parts = dict.fromkeys([*before, *after]) if before else {}
    return [part for part in parts if before.get(part) != after.get(part)]


def _named(names: list[str]) -> str:
    if not names:
        return ""
    more = len(names) - _NAMED
    return f" ({', '.join(names[:_NAMED])}{f' and {more} more' if more > 0 else ''})"


def _files(paths: Iterable[Path], base: Path) -> dict[str, str]:
    """Digest each file by its path from ``base``, hidden files and folders left out."""
    digests = {}
    for path in paths:
        name = path.relative_to(base)
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            digests[name.as_posix()] = _short(path.read_bytes())
    return dict(sorted(digests.items()))


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_LENGTH]


def _joint(parts: Mapping[str, str]) -> str:
    return _short(json.dumps(dict(parts), sort_keys=True).encode())


def _canonical(value: Any) -> str:
    return _short(json.dumps(value, sort_keys=True, ensure_ascii=False).encode())


def _cell_source(cell: Mapping[str, Any]) -> str:
    tags = sorted(cell["metadata"].get("tags", []))
    return _canonical([cell["cell_type"], cell["source"], tags, cell.get("attachments", {})])


def _cell_outputs(cell: Mapping[str, Any]) -> str:
    return _canonical([cell.get("execution_count"), cell.get("outputs", [])])


def _parts(notebook: Mapping[str, Any], digest: Callable[[Mapping[str, Any]], str]) -> dict[str, str]:
    return {str(number): digest(cell) for number, cell in enumerate(notebook["cells"], start=1)}


def _cell_digests(notebook: Mapping[str, Any]) -> str:
    """Return a few digits for each cell's source and outputs, enough to name the cell that changed."""
    return " ".join(f"{_cell_source(cell)[:5]}/{_cell_outputs(cell)[:5]}" for cell in notebook["cells"])


def _side(cells: list[str], part: int) -> dict[str, str]:
    return {f"cell {n}": digests.split("/")[part] for n, digests in enumerate(cells, start=1) if "/" in digests}


def _read_index(root: Path) -> dict[str, dict[str, str]]:
    try:
        index = json.loads((root / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}
