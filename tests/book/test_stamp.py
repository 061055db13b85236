"""A stamp tells a stale notebook from an edited one, and names what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from selloff.book import BookError, notebooks, stamp


@pytest.fixture
def stamped(small_book: Any) -> Any:
    """A book whose only notebook is stamped, its output made by hand instead of by a kernel."""
    path = small_book.add("part/chapter.ipynb", "1 + 1", "2 + 2")

    def store(notebook: dict[str, Any]) -> None:
        for count, cell in enumerate(notebook["cells"], start=1):
            cell["execution_count"] = count
            data = {"text/plain": ["first line\n", str(count)]}
            result = {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data}
            cell["outputs"] = [result]

    small_book.edit(path, store)
    now = stamp.surroundings(small_book.root)
    fresh = stamp.make_stamp(stamp.read_notebook(path), now, seconds=1.23)
    small_book.edit(path, lambda notebook: notebook["metadata"].update(selloff=fresh))
    stamp.write_index(small_book.root, now)
    small_book.path = path
    return small_book


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def whats(root: Path) -> list[str]:
    return [problem.what for problem in stamp.check(root)]


def test_a_notebook_that_just_ran_has_no_problem(stamped: Any) -> None:
    assert stamp.check(stamped.root) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("src/tiny/sums.py", "is stale: src/ changed since it ran (tiny/sums.py)"),
        ("data/table.csv", "is stale: data/ changed since it ran (data/table.csv)"),
        ("requirements.lock", "is stale: requirements.lock changed since it ran"),
    ],
)
def test_one_changed_byte_outside_a_notebook_makes_it_stale_and_is_named(stamped: Any, name: str, told: str) -> None:
    flip_last_byte(stamped.root / name)
    assert whats(stamped.root) == [told]


def test_a_problem_is_one_line_that_names_the_notebook_and_the_command(stamped: Any) -> None:
    flip_last_byte(stamped.root / "src/tiny/sums.py")
    (problem,) = stamp.check(stamped.root)
    assert str(problem) == (
        'notebooks/part/chapter.ipynb is stale: src/ changed since it ran (tiny/sums.py); run "make execute"'
    )


def test_a_changed_table_can_be_sealed_or_undone(stamped: Any) -> None:
    flip_last_byte(stamped.root / "data/table.csv")
    (problem,) = stamp.check(stamped.root)
    assert problem.mend == (
        'python -m selloff data seal table, then run "make execute" (or undo it: git checkout -- "data/table.csv")'
    )


def test_a_new_a_deleted_and_a_renamed_file_make_a_notebook_stale(stamped: Any) -> None:
    (stamped.root / "src/tiny/extra.py").write_text("")
    assert whats(stamped.root) == ["is stale: src/ changed since it ran (tiny/extra.py)"]
    (stamped.root / "src/tiny/extra.py").unlink()
    (stamped.root / "src/tiny/sums.py").rename(stamped.root / "src/tiny/total.py")
    assert whats(stamped.root) == ["is stale: src/ changed since it ran (tiny/sums.py, tiny/total.py)"]


def test_many_changed_files_are_counted_not_listed(stamped: Any) -> None:
    for number in range(7):
        (stamped.root / f"src/tiny/m{number}.py").write_text("")
    assert whats(stamped.root)[0].endswith("(tiny/m0.py, tiny/m1.py, tiny/m2.py and 4 more)")


def test_caches_and_hidden_files_do_not_count(stamped: Any) -> None:
    cache = stamped.root / "src/tiny/__pycache__"
    cache.mkdir()
    (cache / "sums.py").write_text("")
    (stamped.root / "data/.table.csv.tmp").write_text("")
    assert stamp.check(stamped.root) == []


def test_without_the_index_a_stale_notebook_is_still_refused(stamped: Any) -> None:
    (stamped.root / stamp.INDEX).write_text("{ not json")
    flip_last_byte(stamped.root / "src/tiny/sums.py")
    assert whats(stamped.root) == ["is stale: src/ changed since it ran"]


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: cell.update(source="1 + 3"),
        lambda cell: cell["metadata"].update(tags=["hide-input"]),
        lambda cell: cell.update(attachments={"a.png": {"image/png": "AA=="}}),
    ],
)
def test_an_edited_cell_makes_its_own_notebook_stale(stamped: Any, change: Any) -> None:
    stamped.edit(stamped.path, lambda notebook: change(notebook["cells"][1]))
    assert whats(stamped.root) == ["is stale: its own cells changed since it ran (cell 2)"]


def test_an_edited_output_is_told_apart_from_a_stale_one(stamped: Any) -> None:
    def edit(notebook: dict[str, Any]) -> None:
        notebook["cells"][1]["outputs"][0]["data"]["text/plain"] = ["first line\n", "5"]

    stamped.edit(stamped.path, edit)
    assert whats(stamped.root) == ["has stored outputs that were edited after it ran (cell 2)"]


def test_one_number_inside_a_stored_chart_counts_as_an_edited_output(stamped: Any) -> None:
    spec = {"data": {"values": [{"x": 1}]}}

    def draw(notebook: dict[str, Any]) -> None:
        notebook["cells"][0]["outputs"][0]["data"]["application/vnd.vegalite.v6+json"] = spec

    stamped.edit(stamped.path, draw)
    notebook = stamp.read_notebook(stamped.path)
    before = stamp.digest_outputs(notebook)
    notebook["cells"][0]["outputs"][0]["data"]["application/vnd.vegalite.v6+json"]["data"]["values"][0]["x"] = 2
    assert stamp.digest_outputs(notebook) != before


def test_how_a_string_is_split_over_lines_in_the_file_does_not_matter(stamped: Any) -> None:
    def join(notebook: dict[str, Any]) -> None:
        notebook["cells"][0]["outputs"][0]["data"]["text/plain"] = "first line\n1"

    stamped.edit(stamped.path, join)
    assert stamp.check(stamped.root) == []


def test_another_python_alone_is_no_reason_to_run_again(stamped: Any) -> None:
    stamped.edit(stamped.path, lambda notebook: notebook["metadata"]["selloff"].update(python="3.13.9"))
    assert stamp.check(stamped.root) == []


def test_a_notebook_without_a_stamp_is_refused(small_book: Any) -> None:
    small_book.add("chapter.ipynb", "1 + 1")
    assert [problem.what[:12] for problem in stamp.check(small_book.root)] == ["has no stamp"]


def test_a_stamp_says_with_what_and_how_long_a_notebook_ran(stamped: Any) -> None:
    stored = stamp.read_notebook(stamped.path)["metadata"]["selloff"]
    assert set(stored) == {
        "code", "data", "lock", "source", "outputs", "cells", "python", "versions", "seconds", "executed",
    }  # fmt: skip
    assert stored["seconds"] == 1.2
    assert set(stored["versions"]) == {"pandas", "numpy", "statsmodels", "altair"}
    assert {len(stored[kind]) for kind in ("code", "data", "lock", "source", "outputs")} == {16}


def test_the_index_forgets_digests_that_no_notebook_names(stamped: Any) -> None:
    for text in ("TOTAL = 4\n", "TOTAL = 5\n"):
        (stamped.root / "src/tiny/sums.py").write_text(text)
        stamp.write_index(stamped.root, stamp.surroundings(stamped.root))
    index = json.loads((stamped.root / stamp.INDEX).read_text())
    old, new = stamp.read_notebook(stamped.path)["metadata"]["selloff"], stamp.surroundings(stamped.root)
    assert set(index) == {old["code"], old["data"], new.digests()["code"]}


def test_checkpoints_of_an_editor_are_no_notebooks(stamped: Any) -> None:
    stamped.add("part/.ipynb_checkpoints/chapter-checkpoint.ipynb", "1")
    assert notebooks(stamped.root) == [stamped.path]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 3}', '{"nbformat": 4, "cells": 1}', "\x00"])
def test_a_broken_notebook_is_one_clear_line(small_book: Any, content: str) -> None:
    path = small_book.add("chapter.ipynb", "1")
    path.write_text(content)
    with pytest.raises(BookError, match=r"chapter\.ipynb is not a notebook of format 4") as told:
        stamp.check(small_book.root)
    assert "\n" not in str(told.value)
