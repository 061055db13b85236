"""The ledger: nineteen claims, rules fixed, verdicts that follow from findings."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from selloff.book.cards import claim_card
from selloff.claims import (
    Claim,
    Finding,
    Measure,
    Result,
    board,
    board_frame,
    board_text,
    claims,
    decide,
    reading,
    specifications,
    written,
)
from selloff.claims.publish import claim_entry
from selloff.data import DataError, default_folder

ROOT = Path(__file__).parents[2]
OPEN = ("C08", "C17")


def claim(**terms: object) -> Claim:
    return Claim("C99", "Claim", "A claim.", None, "computed", "a rule", "a fact", terms)


def finding(definition: str, supports: bool | None, part: str = "size", value: float = 1.0, unit: str = "%") -> Finding:
    return Finding(part, value, unit, supports, definition=definition, label=definition, options={"kind": definition})


def result(*supports: bool | None, article: str | None = None) -> Result:
    chosen = {"kind": article} if article else None
    findings = [finding(f"d{i}", yes, value=float(i)) for i, yes in enumerate(supports)]
    return Result(claim(article=chosen, unit="%"), tuple(findings))


def test_there_are_nineteen_claims_in_order_each_with_a_rule() -> None:
    listed = claims()

    assert [claim.id for claim in listed] == [f"C{number:02d}" for number in range(1, 20)]
    assert all(claim.rule.strip() and claim.paraphrase.endswith(".") for claim in listed)


def test_every_claim_has_its_definitions_fixed_computed_or_not() -> None:
    for entry in claims():
        assert (entry.state == "open") == (entry.id in OPEN)
        if entry.state == "open":
            assert len(entry.terms["definitions"]) >= 3
            assert all(len(words) > 15 for words in entry.terms["definitions"].values())
        else:
            assert len(specifications(entry)) >= (1 if entry.id == "C06" else 2)


def test_every_decided_claim_says_what_the_report_used_how_sure_we_are_and_has_a_chapter() -> None:
    for entry in claims():
        if entry.state == "computed":
            assert entry.terms["sure"] in ("high", "moderate", "low")
            assert all(entry.terms[name].strip() for name in ("article_why", "sure_why", "reading"))
            assert entry.chapter
            keys = set(decide(entry.id).by_definition)
            assert keys == {spec.key for spec in specifications(entry)}
            assert entry.article_choice is None or entry.article_choice in keys


def test_a_definition_takes_one_option_of_each_choice() -> None:
    crossed = claim(choices={"day": {"a": "Monday", "b": "Tuesday"}, "price": {"x": "close", "y": "low"}})

    specs = specifications(crossed)

    assert [spec.key for spec in specs] == ["a.x", "a.y", "b.x", "b.y"]
    assert specs[1].label == "Monday, low"


def test_grids_leave_out_what_makes_no_sense() -> None:
    choices = {"day": {"a": "Monday", "b": "Tuesday"}, "price": {"x": "close", "y": "low"}}
    grids = [{"day": ["a"]}, {"day": ["b"], "price": []}]

    assert [spec.key for spec in specifications(claim(choices=choices, grids=grids))] == ["a.x", "a.y", "b"]


@pytest.mark.parametrize(
    ("terms", "found"),
    [
        ({"grids": [{"day": ["a"]}, {}]}, "defines a.x twice"),
        ({"grids": [{"hour": ["a"]}]}, "name the choice hour"),
        ({"grids": [{"day": ["z"]}]}, "name the day z"),
        ({"not_counted": {"day": {"z": "why"}}}, "name the day z"),
        ({"article": {"day": "a", "price": "q"}}, "the report's choice of C99 is a.q"),
    ],
)
def test_choices_that_do_not_fit_together_are_refused_in_one_line(terms: dict, found: str) -> None:
    choices = {"day": {"a": "Monday", "b": "Tuesday"}, "price": {"x": "close"}}

    with pytest.raises(DataError, match=found) as caught:
        specifications(claim(choices=choices, **terms))

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("supports", "verdict"),
    [
        ((True, True), "holds"),
        ((False, False), "fails"),
        ((True, False), "depends"),
        ((True, None), "depends"),
        ((True, False, None), "depends"),
        ((None, None), "untestable"),
        ((False, None), "untestable"),
        ((), "open"),
    ],
)
def test_a_verdict_follows_from_the_share_of_definitions(supports, verdict) -> None:
    assert result(*supports).verdict == verdict


def test_a_definition_supports_a_claim_only_with_all_its_parts() -> None:
    parts = [("size", True), ("rank", False), ("level", True)]
    found = Result(claim(), tuple(finding("d", yes, part) for part, yes in parts))

    assert found.by_definition == {"d": False}
    assert found.support == (0, 1)
    assert found.parts == {"size": 1, "rank": 0, "level": 1}


def test_one_part_that_cannot_tell_leaves_the_definition_open_unless_another_speaks_against() -> None:
    unsure = Result(claim(), (finding("d", True, "size"), finding("d", None, "rank")))
    against = Result(claim(), (finding("d", False, "size"), finding("d", None, "rank")))

    assert unsure.by_definition == {"d": None}
    assert against.by_definition == {"d": False}


def test_a_definition_inferred_from_the_reports_own_figure_is_shown_but_not_counted() -> None:
    found = Result(claim(not_counted={"kind": {"d0": "inferred"}}), (finding("d0", True), finding("d1", False)))

    assert found.by_definition == {"d0": True, "d1": False}
    assert found.support == (0, 1)
    assert found.verdict == "fails"


def test_a_number_is_found_by_as_many_choices_as_tell_it_from_the_others() -> None:
    found = result(True, False)

    assert found.value("size", kind="d1") == 1.0
    with pytest.raises(ValueError, match="has 2 findings size; name more choices"):
        found.value("size")
    with pytest.raises(ValueError, match="has no finding size, kind=d9"):
        found.value("size", kind="d9")


def test_a_result_names_the_tables_that_it_rests_on() -> None:
    assert decide("C06").tables == ("etf_flows_daily", "published_figures")
    assert decide("C16").tables == ("crypto_daily", "market_cap_daily", "published_figures")


def test_the_headline_is_the_reports_own_definition() -> None:
    assert result(True, False, True, article="d1").headline.value == 1.0
    assert result(False, True).headline.value == 0.0
    assert result().headline is None


def test_the_board_lists_every_claim_and_the_terminal_fits_its_width() -> None:
    assert board_frame().index.tolist() == [claim.id for claim in claims()]
    assert all(len(line) <= 100 for line in board_text(width=100).splitlines())


def test_every_chapter_that_a_claim_names_is_in_the_book() -> None:
    toc = (ROOT / "_toc.yml").read_text()

    for claim in claims():
        if claim.chapter:
            assert f"file: {claim.chapter}" in toc


def test_a_reading_takes_its_numbers_from_the_findings() -> None:
    for entry in board():
        text = reading(entry)
        assert "{" not in text
        if entry.findings:
            shown = {written(finding) for finding in entry.findings}
            numbers = [shown_number for shown_number in shown if shown_number in text]
            assert numbers, entry.claim.id
            left = text
            for number in sorted(numbers, key=len, reverse=True):
                left = left.replace(number, "")
            assert not re.search(r"\d", left), f"{entry.claim.id} types a number in its reading: {left}"


def test_a_reading_that_names_no_finding_is_refused() -> None:
    with pytest.raises(DataError, match=r"the reading of C99 names .size kind=nowhere.: C99 has no finding"):
        reading(Result(claim(reading="It was {size kind=nowhere}."), (finding("d", True),)))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-12.125, "%", "−12.1 %"),
        (0.04, "%", "+0.0 %"),
        (-284.7, "USD bn", "−USD 285 billion"),
        (-504.6, "USD m", "−USD 505 million"),
        (3815.0, "USD", "USD 3,815"),
        (28.0, "index points", "28 index points"),
        (1, "of 13 weeks", "1st of 13 weeks"),
        (12, "of 13 weeks", "12th of 13 weeks"),
        (22, "of 30 weeks", "22nd of 30 weeks"),
        (0.2, "share", "20 % of the range"),
        (2.15, "times", "2.1 times"),
        (math.nan, "%", "no public figure"),
        (-0.125, "points of correlation", "−0.12 points of correlation"),
        (-3.0, "index points", "−3 index points"),
    ],
)
def test_a_figure_is_written_with_its_unit(value: float, unit: str, text: str) -> None:
    assert written(Measure("p", value, unit, True)).replace("\N{NO-BREAK SPACE}", " ") == text


def test_an_unknown_claim_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown claim 'C20'; expected C01 to C19"):
        decide("C20")


@pytest.mark.parametrize(
    ("claim_id", "table", "edit", "verdict"),
    [
        ("C06", "etf_flows_daily", lambda t: t.replace("2025-09-25,-253.4,", "2025-09-25,-243.4,"), "fails"),
        ("C05", "fear_greed_daily", lambda t: t.replace("2025-09-26,28", "2025-09-26,45"), "fails"),
        (
            "C16",
            "market_cap_daily",
            lambda t: t.replace("2025-09-26,3734.6,3659.9,3758.8", "2025-09-26,4034.6,3659.9,4058.8"),
            "depends",
        ),
        (
            "C12",
            "published_figures",
            lambda t: re.sub(r"(purchases,2025-08,)12600(,BTC,listed)", r"\g<1>15500\2", t),
            "depends",
        ),
        ("C01", "market_cap_daily", lambda t: t.replace("2025-09-25,3677.7", "2025-09-25,3877.7"), "depends"),
    ],
)
def test_a_changed_table_changes_number_verdict_card_and_what_machines_read(
    changed, claim_id: str, table: str, edit, verdict: str
) -> None:
    folder = changed(table, edit)

    before, after = decide(claim_id), decide(claim_id, folder)

    assert after.findings != before.findings
    assert after.verdict == verdict
    assert after.support != before.support
    cards = [BeautifulSoup(claim_card(result), "html.parser") for result in (before, after)]
    assert str(cards[0]) != str(cards[1])
    assert cards[1].find(class_=f"verdict-{verdict}")
    entry = claim_entry(after)
    assert entry["verdict"] == verdict
    assert [number["value"] for number in entry["numbers"]] == pytest.approx([f.value for f in after.findings])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weeks: {}\n", "other keys"),
        ("claims: [\n", "cannot be read"),
        (None, "missing"),
        (
            "weeks: {}\nclaims:\n  - {id: C01, name: A, paraphrase: It fell., chapter: null, state: open}\n",
            "lacks rule, change_our_mind",
        ),
        ("weeks: {}\nclaims: [It fell.]\n", "entry 1 of the ledger is no mapping"),
    ],
)
def test_a_bad_ledger_is_refused_in_one_line(tmp_path: Path, text: str | None, found: str) -> None:
    if text is not None:
        (tmp_path / "claims.yml").write_text(text)

    with pytest.raises(DataError, match=found) as caught:
        claims(tmp_path)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        (
            lambda t: t.replace('Friday\'s reading, date: "2025-09-26"', 'Friday\'s reading, date: "2029-09-26"'),
            "the terms of C05 name .*2029-09-26",
        ),
        (lambda t: t.replace("  - id: C06", "  - id: C96"), "C96 is marked computed but nothing computes it"),
        (lambda t: t.replace("  sun_sun: {", "  sun_mon: {", 1), "the terms of C01 name the week sun_sun"),
        (lambda t: t.replace("sure: moderate", "sure: very", 1), "entry 1 of the ledger is sure to the degree very"),
        (lambda t: t.replace("state: computed", "state: done", 1), "entry 1 of the ledger has the state done"),
    ],
)
def test_a_ledger_that_names_what_is_not_there_is_refused_in_one_line(tmp_path: Path, edit, found: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(default_folder(), folder)
    path = folder / "claims.yml"
    before = path.read_text()
    assert edit(before) != before
    path.write_text(edit(before))

    with pytest.raises(DataError, match=found) as caught:
        board(folder)

    assert "\n" not in str(caught.value)


def test_the_ledger_hands_out_copies() -> None:
    claims()[2].terms["choices"]["week"].append("never")

    assert "never" not in claims()[2].terms["choices"]["week"]
