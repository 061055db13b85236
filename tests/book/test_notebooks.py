"""The stored notebooks are what today's code, data and packages give.

``make test`` runs them all again with nbval and compares every output; here stands what nbval does not see.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from selloff.book import notebooks, stamp
from selloff.book.stamp import read_notebook
from selloff.charts.renderer import MIME

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = notebooks(ROOT)
MEGABYTES = 12

pytestmark = pytest.mark.chapters
by_name = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.relative_to(ROOT).as_posix())


def test_no_notebook_is_stale_edited_or_without_a_stamp() -> None:
    problems = stamp.check(ROOT)
    assert not problems, "\n" + "\n".join(map(str, problems))


@by_name
def test_nbval_has_a_cell_to_run_and_every_cell_was_executed(path: Path) -> None:
    counts = [cell["execution_count"] for cell in read_notebook(path)["cells"] if cell["cell_type"] == "code"]
    assert counts
    assert counts == list(range(1, len(counts) + 1))


@by_name
def test_a_notebook_is_stored_as_make_execute_writes_it(path: Path) -> None:
    import nbformat

    text = path.read_text(encoding="utf-8")
    assert text == nbformat.v4.writes(nbformat.v4.reads(text)).rstrip("\n") + "\n"
    nbformat.validate(nbformat.v4.reads(text))


@by_name
def test_no_picture_is_stored_that_nbval_would_not_compare(path: Path) -> None:
    outputs = [output for cell in read_notebook(path)["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if {"image/png", "image/jpeg"} & set(output.get("data", {}))]


def test_every_notebook_is_a_chapter_and_every_chapter_exists() -> None:
    listed: set[str] = set()

    def collect(node: object) -> None:
        if isinstance(node, dict):
            listed.update(str(node[key]) for key in ("root", "file") if key in node)
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            collect(value)

    collect(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    stored = {path.relative_to(ROOT).with_suffix("").as_posix() for path in CHAPTERS}
    assert stored <= listed
    missing = {name for name in listed if not any((ROOT / f"{name}{suffix}").is_file() for suffix in (".md", ".ipynb"))}
    assert not missing


def test_the_notebooks_are_small_enough_for_git() -> None:
    assert sum(path.stat().st_size for path in CHAPTERS) < MEGABYTES * 1_000_000


def test_the_index_of_stamps_explains_every_stamp() -> None:
    import json

    if CHAPTERS:
        index = json.loads((ROOT / stamp.INDEX).read_text(encoding="utf-8"))
        used = {read_notebook(path)["metadata"]["selloff"][kind] for path in CHAPTERS for kind in ("code", "data")}
        assert set(index) == used


def test_the_picture_that_the_reader_steers_takes_three_hundred_kilobytes_at_most() -> None:
    path = next(path for path in CHAPTERS if path.stem == "explorer")
    cells = read_notebook(path)["cells"]
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    specs = [data[MIME] for data in shown if MIME in data]

    assert len(specs) == 1
    assert len(json.dumps(specs[0], separators=(",", ":"))) <= 300_000
    assert sum(map(len, specs[0]["datasets"].values())) > 90
