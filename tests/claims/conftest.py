"""Tables that a test may change: a copy of all of them, sealed again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from selloff.data import default_folder, seal


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, Callable[[str], str]], Path]:
    """Copy the tables, change one of them, seal it, and return the folder."""

    def change(table: str, edit: Callable[[str], str]) -> Path:
        folder = tmp_path / "data"
        shutil.copytree(default_folder(), folder)
        path = folder / f"{table}.csv"
        before = path.read_text()
        after = edit(before)
        assert after != before
        path.write_text(after)
        seal(table, folder)
        return folder

    return change
