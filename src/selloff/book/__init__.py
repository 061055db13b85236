"""The workshop beside the house: executing, stamping, checking, building and serving the book.

Nothing in the rest of the package imports it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BookError", "Problem", "find_root", "notebooks", "toc_pages"]


class BookError(RuntimeError):
    """Something about the book is not as it must be; the message is one line with the way to mend it."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one notebook or page.

    Attributes
    ----------
    notebook : str
        Path from the root of the book, with forward slashes.
    what : str
        What is wrong, as the rest of a sentence that starts with the notebook's name.
    mend : str
        What to do about it.
    """

    notebook: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.notebook} {self.what}; {self.mend}"


def find_root(start: Path | None = None) -> Path:
    """Return the root of the book that holds a folder.

    Parameters
    ----------
    start : Path, optional
        Folder to start from; the current one by default.

    Raises
    ------
    BookError
        Neither the folder nor one above it holds a book.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "_toc.yml").is_file() and (folder / "pyproject.toml").is_file():
            return folder
    raise BookError(f"{start} is not inside the book (no _toc.yml here or above); run this in a clone of the book")


def notebooks(root: Path) -> list[Path]:
    """Return all notebooks of the book, sorted by path."""
    found = (root / "notebooks").rglob("*.ipynb")
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts))


def toc_pages(root: Path) -> list[str]:
    """Return the pages that ``_toc.yml`` names, in order, without suffix.

    Parameters
    ----------
    root : Path
        Folder that holds ``_toc.yml``.

    Raises
    ------
    BookError
        The file is missing, is no YAML, or names no root page.
    """
    import yaml

    path = root / "_toc.yml"
    if not path.is_file():
        raise BookError("_toc.yml is missing: it lists the pages of the book; restore it: git checkout -- _toc.yml")
    try:
        toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise BookError(f"_toc.yml cannot be read ({reason}); mend it or git checkout -- _toc.yml") from None
    if not isinstance(toc, dict) or "root" not in toc:
        raise BookError("_toc.yml names no root page; it must start with 'format: jb-book' and 'root: index'")
    return list(_entries(toc))


def _entries(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key in ("root", "file"):
            if key in node:
                yield re.sub(r"\.(md|ipynb)$", "", str(node[key]))
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _entries(value)
