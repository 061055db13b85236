"""The workshop beside the house: executing, stamping, checking, building and serving the book.

Nothing in the rest of the package imports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["BookError", "Problem", "find_root", "notebooks"]


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
