"""Generated pages: every card, table and chapter, with the numbers that the functions return."""

from __future__ import annotations

from pathlib import Path

from selloff.book import find_root, notebooks
from selloff.book.pages import data_dictionary, run_times
from selloff.data import read_manifest, table_names

ROOT = find_root(Path(__file__).parent)


def test_the_dictionary_names_every_table_with_its_checksum_and_every_column() -> None:
    text = data_dictionary()

    assert text.startswith("## The tables")
    for table in table_names():
        manifest = read_manifest(table)
        assert f"({table})=" in text
        assert manifest.measured["sha256"] in text
        assert all(f"| `{column.name}` |" in text for column in manifest.columns)


def test_the_run_times_name_every_chapter_once() -> None:
    text = run_times(ROOT)

    for path in notebooks(ROOT):
        assert text.count(f"{path.relative_to(ROOT / 'notebooks').with_suffix('').as_posix()})") == 1
