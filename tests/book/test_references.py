"""The bibliography holds what chapters and docstrings cite; the glossary is in order."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from selloff.book import find_root, notebooks

ROOT = find_root(Path(__file__).parent)
#: Works cited in docstrings whose DOI or page could not be confirmed, by volume and pages.
LEFT_OUT = {
    ("11", "399-417"),  # Fiorentini, Calzolari and Panattoni (1996)
    ("12", "279-283"),  # Fowler and Rorke (1983)
    ("15", "1174-1207"),  # Smith (1987)
    ("19", "1128-1143"),  # Estrella (2003)
    ("83", "679-686"),  # Beran (1988)
}
SUBJECTS = {"correlation", "data", "inference", "market"}


@cache
def entries() -> dict[str, dict[str, str]]:
    """Fields by key, in the order of the file."""
    text = (ROOT / "notebooks" / "references.bib").read_text(encoding="utf-8")
    found = re.findall(r"^@(\w+)\{([^,\n]+),\n(.*?)^\}", text, re.M | re.S)
    assert len(found) == text.count("\n@") + text.startswith("@")
    return {key: dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.M)) for _, key, body in found}


def references(docstring: str) -> str:
    """The section References of a docstring, or nothing."""
    match = re.search(r"^ *References\n *-+\n(.*?)(?=\n\n *[A-Z][a-z]+\n *-+\n|\Z)", docstring, re.M | re.S)
    return " ".join(match[1].split()) if match else ""


@cache
def cited() -> frozenset[tuple[str, str]]:
    """Volume and pages of every article that a docstring of the package cites."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                text = references(ast.get_docstring(node) or "")
                found |= set(re.findall(r"\b(\d{1,3})(?: \(\d{4}\))?, (\d+-\d+)", text))
    return frozenset(found)


def test_keys_are_unique_and_sorted() -> None:
    keys = re.findall(r"^@\w+\{([^,\n]+),", (ROOT / "notebooks" / "references.bib").read_text(encoding="utf-8"), re.M)

    assert len(keys) >= 100
    assert keys == sorted(set(keys))


def test_an_entry_has_author_title_subject_and_a_doi_or_an_address() -> None:
    for key, fields in entries().items():
        assert {"author", "title", "keywords"} <= set(fields), key
        assert fields["keywords"] in SUBJECTS
        assert ("doi" in fields) != ("url" in fields), key
        assert re.fullmatch(r"10\.\d{4,5}/\S+", fields["doi"]) if "doi" in fields else fields["url"].startswith("http")


def test_no_doi_stands_twice() -> None:
    found = [fields["doi"].lower() for fields in entries().values() if "doi" in fields]

    assert len(found) == len(set(found))


def test_the_year_in_a_key_is_that_of_the_work() -> None:
    for key, fields in entries().items():
        if "year" in fields:
            assert fields["year"] in key


def test_an_article_has_a_journal_a_year_and_pages() -> None:
    for key, fields in entries().items():
        if "journal" in fields and not fields["journal"].startswith("Federal Reserve"):
            assert {"year", "volume", "pages"} <= set(fields), key


@pytest.mark.chapters
def test_every_doi_that_a_chapter_cites_is_in_the_bibliography() -> None:
    known = {fields["doi"].lower() for fields in entries().values() if "doi" in fields}
    dois = set()
    for path in notebooks(ROOT):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                dois |= {doi.lower() for doi in re.findall(r"\[doi:(10\.[^\]]+)\]", "".join(cell["source"]))}

    assert len(dois) >= 10
    assert dois - known == set()


def test_every_article_that_a_docstring_cites_is_in_the_bibliography_or_named_as_left_out() -> None:
    known = {
        (fields["volume"], fields["pages"].replace("--", "-"))
        for fields in entries().values()
        if {"volume", "pages"} <= set(fields)
    }
    noted = {pair for fields in entries().values() for pair in re.findall(r"(\d+) \(\d{4}\), (\d+-\d+)", _note(fields))}

    assert len(cited()) >= 80
    assert cited() - known - noted == LEFT_OUT


def _note(fields: dict[str, str]) -> str:
    return fields.get("note", "").replace("--", "-")


def test_the_page_shows_every_subject() -> None:
    page = (ROOT / "notebooks/appendix/bibliography.md").read_text(encoding="utf-8")

    assert set(re.findall(r':filter: keywords % "(\w+)"', page)) == SUBJECTS


@cache
def glossary() -> dict[str, str]:
    """Definitions by term, in the order of the page."""
    page = (ROOT / "notebooks/glossary.md").read_text(encoding="utf-8")
    body = re.search(r"```\{glossary\}\n(.*?)```", page, re.S)
    assert body is not None
    parts = body[1].strip("\n").split("\n\n")
    assert all(part.count("\n  ") == 1 for part in parts)
    return dict(part.split("\n  ") for part in parts)


def test_the_terms_of_the_glossary_are_unique_and_in_alphabetic_order() -> None:
    page = (ROOT / "notebooks/glossary.md").read_text(encoding="utf-8")
    terms = list(glossary())

    assert len(terms) >= 45
    assert len(terms) == len(re.findall(r"^  \S", page, re.M))
    assert terms == sorted(terms, key=str.casefold)


def test_a_definition_is_one_to_three_short_sentences() -> None:
    for term, text in glossary().items():
        assert text.endswith("."), term
        assert len(re.findall(r"[.](?: |$)", text)) <= 3, term
        assert len(text) <= 260, term


def test_a_definition_links_only_to_other_terms_of_the_glossary() -> None:
    known = {term.casefold() for term in glossary()}
    for term, text in glossary().items():
        linked = {name.casefold() for name in re.findall(r"\{term\}`([^`]+)`", text)}
        assert linked <= known - {term.casefold()}
