"""Copies of tables that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from selloff.data import default_folder


@pytest.fixture
def spoil(tmp_path: Path) -> Callable[[str, Callable[[bytes], bytes]], Path]:
    """Copy one table with its manifest, change the bytes of the copy, and return its folder."""

    def change(table: str, edit: Callable[[bytes], bytes]) -> Path:
        for name in (f"{table}.csv", f"{table}.manifest.yml"):
            shutil.copy(default_folder() / name, tmp_path / name)
        path = tmp_path / f"{table}.csv"
        path.write_bytes(edit(path.read_bytes()))
        return tmp_path

    return change
