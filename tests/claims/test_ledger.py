"""The ledger: nineteen claims, rules fixed, verdicts that follow from findings."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from selloff.claims import (
    Claim,
    Finding,
    Result,
    board,
    board_frame,
    board_text,
    claims,
    decide,
    reading,
    written,
)
from selloff.data import DataError, default_folder, seal

ROOT = Path(__file__).parents[2]
COMPUTED = ("C01", "C03", "C04", "C05", "C06", "C12", "C16")


def result(*supports: bool, article: str | None = None) -> Result:
    claim = Claim("C99", "A claim.", None, "computed", "a rule", {"article": article, "unit": "%"})
    findings = [Finding(f"d{i}", f"definition {i}", "size", float(i), "%", yes) for i, yes in enumerate(supports)]
    return Result(claim, tuple(findings))


def test_there_are_nineteen_claims_in_order_each_with_a_rule() -> None:
    listed = claims()

    assert [claim.id for claim in listed] == [f"C{number:02d}" for number in range(1, 20)]
    assert all(claim.rule.strip() and claim.paraphrase.endswith(".") for claim in listed)


def test_every_claim_has_its_definitions_fixed_computed_or_not() -> None:
    for claim in claims():
        given = [claim.terms.get(name) for name in ("weeks", "days", "counts", "definitions")]
        keys = next(filter(None, given))
        assert len(set(keys)) == len(list(keys)) >= (1 if claim.id == "C06" else 2)
        if claim.state == "open":
            assert all(len(words) > 15 for words in claim.terms["definitions"].values())


def test_every_computed_claim_says_what_the_report_used_and_what_would_change_our_mind() -> None:
    for claim in claims():
        assert (claim.state == "computed") == (claim.id in COMPUTED)
        if claim.state == "computed":
            assert {"article", "article_why", "change_our_mind", "reading"} <= set(claim.terms)
            assert claim.article_choice in decide(claim.id).by_definition


@pytest.mark.parametrize(
    ("supports", "verdict"),
    [((True, True), "holds"), ((False, False), "fails"), ((True, False), "depends"), ((), "open")],
)
def test_a_verdict_follows_from_the_share_of_definitions(supports, verdict) -> None:
    assert result(*supports).verdict == verdict


def test_a_definition_supports_a_claim_only_with_all_its_parts() -> None:
    claim = Claim("C99", "A claim.", None, "computed", "a rule", {})
    parts = [("size", True), ("rank", False), ("level", True)]
    found = Result(claim, tuple(Finding("d", "a week", part, 1.0, "%", yes) for part, yes in parts))

    assert found.by_definition == {"d": False}
    assert found.support == (0, 1)
    assert found.parts == {"size": 1, "rank": 0, "level": 1}


def test_a_definition_inferred_from_the_reports_own_figure_is_shown_but_not_counted() -> None:
    claim = Claim("C99", "A claim.", None, "computed", "a rule", {"inferred": ["d0"]})
    found = Result(claim, (Finding("d0", "a", "size", 1.0, "%", True), Finding("d1", "b", "size", 2.0, "%", False)))

    assert found.by_definition == {"d0": True, "d1": False}
    assert found.support == (0, 1)
    assert found.verdict == "fails"


def test_the_headline_is_the_reports_own_definition() -> None:
    assert result(True, False, True, article="d1").headline.value == 1.0
    assert result(True).headline is None


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
    claim = Claim("C99", "A claim.", None, "computed", "a rule", {"reading": "It was {nowhere/size}."})

    with pytest.raises(DataError, match="the reading of C99 names nowhere/size"):
        reading(Result(claim, ()))


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
    ],
)
def test_a_figure_is_written_with_its_unit(value: float, unit: str, text: str) -> None:
    assert written(Finding("d", "l", "p", value, unit, True)).replace("\N{NO-BREAK SPACE}", " ") == text


def test_an_unknown_claim_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown claim 'C20'; expected C01 to C19"):
        decide("C20")


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


@pytest.mark.parametrize(
    ("claim", "table", "edit", "verdict"),
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
            lambda t: re.sub(r"(purchases,2025-07,)64000(,BTC,listed)", r"\g<1>51000\2", t),
            "depends",
        ),
        ("C01", "market_cap_daily", lambda t: t.replace("2025-09-25,3677.7", "2025-09-25,3877.7"), "depends"),
    ],
)
def test_a_changed_table_changes_number_and_verdict(changed, claim: str, table: str, edit, verdict: str) -> None:
    folder = changed(table, edit)

    before, after = decide(claim), decide(claim, folder)

    assert after.findings != before.findings
    assert after.verdict == verdict
    assert after.support != before.support


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weeks: {}\n", "other keys"),
        ("claims: [\n", "cannot be read"),
        (None, "missing"),
        ("weeks: {}\nclaims:\n  - {id: C01, paraphrase: It fell., chapter: null, state: open}\n", "lacks rule"),
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
        (lambda t: t.replace('fri: "2025-09-26"}', 'fri: "2029-09-26"}', 1), "the terms of C05 name .*2029-09-26"),
        (
            lambda t: t.replace("id: C02", "id: C02\n    unit: USD", 1).replace("state: open", "state: computed", 1),
            "nothing computes it",
        ),
        (lambda t: t.replace("  sun_sun: {", "  sun_mon: {", 1), "the terms of C01 name sun_sun"),
    ],
)
def test_a_ledger_that_names_what_is_not_there_is_refused_in_one_line(tmp_path: Path, edit, found: str) -> None:
    folder = tmp_path / "data"
    shutil.copytree(default_folder(), folder)
    path = folder / "claims.yml"
    path.write_text(edit(path.read_text()))

    with pytest.raises(DataError, match=found) as caught:
        board(folder)

    assert "\n" not in str(caught.value)


def test_the_ledger_hands_out_copies() -> None:
    claims()[2].terms["weeks"].append("never")

    assert "never" not in claims()[2].terms["weeks"]
