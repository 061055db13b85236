"""The claim board: every card with the numbers, the share and the verdict that the functions return."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from selloff.book import find_root, toc_pages
from selloff.book.cards import claim_board
from selloff.claims import Result, board, claims, reading, specification_curve, written

ROOT = find_root(Path(__file__).parent)


@pytest.fixture(scope="module")
def cards() -> BeautifulSoup:
    return BeautifulSoup(claim_board(), "html.parser")


@pytest.fixture(scope="module")
def decided() -> list[Result]:
    results = [result for result in board() if result.findings]
    assert results
    return results


def card(cards: BeautifulSoup, result: Result) -> BeautifulSoup:
    return cards.find(id=result.claim.id.lower())


def test_a_card_shows_the_number_the_verdict_and_the_sentence_that_the_ledger_gives(cards, decided) -> None:
    for result in decided:
        shown = card(cards, result)
        number = shown.find(class_="claim-number").text
        if result.claim.article_choice:
            assert (written(result.headline) in number) == bool(result.claim.unit)
        else:
            share = "{:,} of {:,}".format(*result.support)
            assert number.startswith(share) == bool(result.claim.unit)
        assert shown.find(class_=f"verdict-{result.verdict}") is not None
        assert reading(result) in unescape(shown.find(class_="claim-why").text)
        yes, of = result.support
        assert f"{yes:,} of {of:,}" in shown.find("summary").text


def test_a_card_gives_the_range_of_its_number_over_the_definitions_that_count(cards, decided) -> None:
    for result in decided:
        no_interval = not result.headline.low <= result.headline.high or not result.claim.article_choice
        if result.claim.unit and no_interval and result.support[1] > 1:
            table = specification_curve(result, result.headline.part).table
            ends = table.loc[table["counted"], "value"]
            of_range = [
                f for f in result.findings if f.part == result.headline.part and f.value in (ends.min(), ends.max())
            ]
            number = card(cards, result).find(class_="claim-number").text
            assert ends.min() == ends.max() or all(written(finding) in number for finding in of_range)


def test_a_card_says_how_sure_we_are_and_what_would_change_our_mind(cards, decided) -> None:
    for result in decided:
        details = " ".join(unescape(card(cards, result).find("details").text).split())
        for term in (result.claim.terms["sure_why"], result.claim.change_our_mind, result.claim.rule):
            assert " ".join(term.split()) in details


def test_a_card_with_few_definitions_lists_every_one_with_every_number(cards, decided) -> None:
    few = [result for result in decided if len(result.by_definition) <= 12]

    assert len(few) >= 3
    for result in few:
        table = card(cards, result).find("table").text
        for finding in result.findings:
            assert finding.label in table
            assert written(finding) in table


def test_a_claim_without_a_verdict_waits_below_the_cards(cards, decided) -> None:
    waiting = [item.find(class_="claim-id").text for item in cards.find(class_="waiting").find_all("li")]

    assert waiting == [claim.id for claim in claims() if claim.id not in {result.claim.id for result in decided}]


def test_the_tick_stands_in_the_dark_part_exactly_when_the_reports_own_definition_supports_the_claim(
    cards, decided
) -> None:
    for result in decided:
        style = card(cards, result).find(class_="share-bar")["style"]
        numbers = [float(number) for number in re.findall(r"(\d+)%", style)]
        yes, of = result.support
        assert numbers[0] == pytest.approx(100 * yes / of, abs=0.5)
        assert len(numbers) == (2 if result.claim.article_choice else 1)
        if yes and result.claim.article_choice:
            assert (numbers[1] <= numbers[0]) == (result.by_definition[result.claim.article_choice] is True)


def test_a_card_links_to_a_heading_that_the_chapter_has(cards: BeautifulSoup) -> None:
    links = cards.find_all("a")
    assert links
    for link in links:
        page, _, anchor = link["href"].partition(".html#")
        page = page.removesuffix(".html")
        assert page in toc_pages(ROOT)
        assert f"({anchor})=" in (ROOT / f"{page}.ipynb").read_text() if anchor else True
