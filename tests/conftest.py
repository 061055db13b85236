"""A small book to try the workshop on, in a folder whose name has a space."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest


def _cell(kind: str, source: str, tags: Iterable[str] = ()) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
    }
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


class SmallBook:
    """A book with one file of each kind and as many notebooks as a test adds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in {
            "_toc.yml": "format: jb-book\nroot: index\n",
            "index.md": "# A small book\n",
            "pyproject.toml": "",
            "requirements.lock": f"nbformat=={version('nbformat')}\n",
            "src/tiny/__init__.py": "",
            "src/tiny/sums.py": "TOTAL = 3\n",
            "data/table.csv": "day,value\n2025-09-26,1\n",
        }.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        (root / "notebooks").mkdir()

    def add(self, name: str, *cells: dict[str, Any] | str) -> Path:
        """Add a notebook that was not executed; a bare string is a code cell."""
        path = self.root / "notebooks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = {
            "cells": [_cell("code", cell) if isinstance(cell, str) else cell for cell in cells],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 4,
        }
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    def edit(self, path: Path, change: Callable[[dict[str, Any]], object]) -> None:
        """Change a stored notebook as an editor or a hand would."""
        notebook = json.loads(path.read_text(encoding="utf-8"))
        change(notebook)
        path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.fixture
def small_book(tmp_path: Path) -> SmallBook:
    return SmallBook(tmp_path / "the book")


@pytest.fixture
def text_cell() -> Callable[[str], dict[str, Any]]:
    return lambda source: _cell("markdown", source)


@pytest.fixture
def code_cell() -> Callable[..., dict[str, Any]]:
    return lambda source, *tags: _cell("code", source, tags)
