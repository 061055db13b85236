"""A build replaces the site in one step or leaves it alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from selloff.book import BookError, toc_pages
from selloff.book.build import build, digest_inputs


@pytest.fixture
def book(tmp_path: Path, root: Path) -> Path:
    """A book of two pages in this book's look, in a folder whose name has a space."""
    folder = tmp_path / "a book"
    (folder / "notebooks").mkdir(parents=True)
    shutil.copytree(root / "assets", folder / "assets")
    for name in ("_config.yml", "notebooks/references.bib"):
        shutil.copyfile(root / name, folder / name)
    write(folder / "_toc.yml", "format: jb-book\nroot: index\nchapters:\n  - file: notebooks/sums\n")
    write(folder / "index.md", "# A small book\n\nSee [sums](notebooks/sums.md) and $x^2$.\n")
    write(folder / "notebooks" / "sums.md", "# Sums\n\nOne and one is two.\n")
    return folder


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def left_over(book: Path) -> list[str]:
    return sorted(path.name for path in (book / "_build").iterdir() if path.name != ".lock")


@pytest.mark.slow
def test_second_build_of_the_same_inputs_touches_nothing(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = build(book)
    assert index == book / "_build" / "html" / "index.html"
    assert "building 2 pages" in capsys.readouterr().out
    first = index.stat()
    assert build(book) == index
    assert capsys.readouterr().out == ""
    assert index.stat() == first
    assert left_over(book) == ["html"]


@pytest.mark.slow
def test_changed_page_is_built_anew_and_a_broken_one_leaves_the_site(book: Path) -> None:
    build(book)
    page = book / "_build" / "html" / "notebooks" / "sums.html"
    write(book / "notebooks" / "sums.md", "# Sums\n\nTwo and two is four.\n")
    build(book)
    assert "Two and two" in page.read_text(encoding="utf-8")

    write(book / "notebooks" / "sums.md", "# Sums\n\nNine. [Nowhere](nowhere.md)\n")
    with pytest.raises(BookError, match=r"notebooks/sums\.md:3: WARNING.*nowhere"):
        build(book)
    assert "Two and two" in page.read_text(encoding="utf-8")
    assert left_over(book) == ["html"]


@pytest.mark.slow
def test_page_that_does_not_exist_is_named(book: Path) -> None:
    write(book / "_toc.yml", "format: jb-book\nroot: index\nchapters:\n  - file: notebooks/missing\n")
    with pytest.raises(BookError, match="notebooks/missing"):
        build(book)
    assert left_over(book) == []


@pytest.mark.slow
def test_formula_that_cannot_be_drawn_fails_the_build(book: Path) -> None:
    write(book / "notebooks" / "sums.md", "# Sums\n\n$\\nosuchcommand{x}$\n")
    with pytest.raises(BookError, match="nosuchcommand"):
        build(book)


@pytest.mark.slow
def test_site_missing_a_page_is_built_again(book: Path) -> None:
    build(book)
    page = book / "_build" / "html" / "notebooks" / "sums.html"
    page.unlink()
    build(book)
    assert page.is_file()


@pytest.mark.slow
def test_chart_stored_in_a_notebook_becomes_a_figure(book: Path) -> None:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": "Two bars of made-up heights, the second one taller than the first.",
        "title": "The second bar is taller",
        "data": {"values": [{"bar": "a", "height": 1}, {"bar": "b", "height": 2}]},
        "mark": {"type": "bar", "color": "#C9720B"},
        "encoding": {
            "x": {"field": "bar", "axis": None},
            "y": {"field": "height", "type": "quantitative", "axis": None},
        },
        "config": {"view": {"stroke": None}, "background": "#FFFFFE"},
    }
    data = {"application/vnd.vegalite.v6+json": spec, "text/plain": "A chart."}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    cell = {
        "cell_type": "code",
        "id": "one",
        "source": "chart",
        "metadata": {},
        "execution_count": 1,
        "outputs": [output],
    }
    title = {"cell_type": "markdown", "id": "two", "source": "# Sums", "metadata": {}}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [title, cell]}
    (book / "notebooks" / "sums.md").unlink()
    write(book / "index.md", "# A small book\n")
    write(book / "notebooks" / "sums.ipynb", json.dumps(notebook))
    build(book)
    html = (book / "_build" / "html" / "notebooks" / "sums.html").read_text(encoding="utf-8")
    assert '<figure class="chart"' in html
    assert 'fill="var(--btc)"' in html


def test_site_left_aside_by_a_killed_swap_comes_back(book: Path) -> None:
    aside = book / "_build" / "building-killed"
    (aside / "previous").mkdir(parents=True)
    write(aside / "previous" / "index.html", "old")
    write(book / "_toc.yml", "format: jb-book\nroot: index\nchapters:\n  - file: notebooks/missing\n")
    with pytest.raises(BookError):
        build(book)
    assert (book / "_build" / "html" / "index.html").read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    "name", ["index.md", "_config.yml", "notebooks/references.bib", "assets/book.css", "notebooks/sums.md"]
)
def test_digest_changes_with_each_input(book: Path, name: str) -> None:
    before = digest_inputs(book)
    write(book / name, (book / name).read_text(encoding="utf-8") + " ")
    assert digest_inputs(book) != before


def test_digest_does_not_see_what_running_code_leaves(book: Path) -> None:
    before = digest_inputs(book)
    cache = book / "notebooks" / ".ipynb_checkpoints"
    cache.mkdir()
    write(cache / "sums-checkpoint.ipynb", "{}")
    assert digest_inputs(book) == before


def test_pages_are_those_of_the_table_of_contents_in_order(tmp_path: Path) -> None:
    write(
        tmp_path / "_toc.yml",
        "format: jb-book\nroot: index\nparts:\n- caption: A\n  chapters:\n  - file: a/one.md\n    sections:\n"
        "    - file: a/two.ipynb\n- caption: B\n  chapters:\n  - file: b/three\n",
    )
    assert toc_pages(tmp_path) == ["index", "a/one", "a/two", "b/three"]


@pytest.mark.parametrize("text", [None, "chapters: []\n", "- one\n"])
def test_table_of_contents_without_a_root_is_refused_in_one_line(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        write(tmp_path / "_toc.yml", text)
    with pytest.raises(BookError) as caught:
        toc_pages(tmp_path)
    assert "_toc.yml" in str(caught.value)
    assert "\n" not in str(caught.value)
