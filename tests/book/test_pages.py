"""Generated pages: every card, table and chapter, with the numbers that the functions return."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from selloff.book import find_root, notebooks, toc_pages
from selloff.book.pages import claim_board, data_dictionary, run_times
from selloff.claims import board, reading, written
from selloff.data import read_manifest, table_names

ROOT = find_root(Path(__file__).parent)


@pytest.fixture(scope="module")
def cards() -> BeautifulSoup:
    return BeautifulSoup(claim_board(), "html.parser")


def test_a_card_shows_the_number_the_verdict_and_the_sentence_that_the_ledger_gives(cards: BeautifulSoup) -> None:
    for result in board():
        if not result.findings:
            continue
        card = cards.find(id=result.claim.id.lower())
        assert written(result.headline) in card.find(class_="claim-number").text
        assert card.find(class_=f"verdict-{result.verdict}") is not None
        assert reading(result) in unescape(card.find(class_="claim-why").text)
        yes, of = result.support
        assert f"{yes} of {of}" in card.find("summary").text


def test_a_card_lists_every_definition_with_every_number(cards: BeautifulSoup) -> None:
    for result in board():
        for finding in result.findings:
            table = cards.find(id=result.claim.id.lower()).find("table").text
            assert finding.label in table
            assert written(finding) in table


def test_a_claim_without_a_verdict_waits_below_the_cards(cards: BeautifulSoup) -> None:
    waiting = [item.find(class_="claim-id").text for item in cards.find(class_="waiting").find_all("li")]

    assert waiting == [result.claim.id for result in board() if not result.findings]


def test_the_tick_stands_in_the_dark_part_exactly_when_the_reports_own_definition_supports_the_claim(cards) -> None:
    for result in board():
        if result.findings:
            style = cards.find(id=result.claim.id.lower()).find(class_="share-bar")["style"]
            share, mark = map(float, re.findall(r"(\d+)%", style))
            yes, of = result.support
            assert share == pytest.approx(100 * yes / of, abs=0.5)
            if yes:
                assert (mark <= share) == result.by_definition[result.claim.article_choice]


def test_a_card_links_to_a_heading_that_the_chapter_has(cards: BeautifulSoup) -> None:
    for link in cards.find_all("a"):
        page, _, anchor = link["href"].partition(".html#")
        page = page.removesuffix(".html")
        assert page in toc_pages(ROOT)
        assert f"({anchor})=" in (ROOT / f"{page}.ipynb").read_text() if anchor else True


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
