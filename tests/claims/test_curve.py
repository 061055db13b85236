"""The specification curve: every definition once, sorted, with the share that the verdict rests on."""

from __future__ import annotations

import pytest

from selloff.claims import Claim, Finding, Result, board, decide, specification_curve, specifications


def with_unit() -> list[Result]:
    results = [result for result in board() if result.findings and result.claim.unit]
    assert len(results) >= 8
    return results


def test_every_quantitative_claim_has_a_curve_of_all_its_definitions_from_the_smallest_number() -> None:
    for result in with_unit():
        table = specification_curve(result).to_frame()
        assert sorted(table["definition"]) == sorted(spec.key for spec in specifications(result.claim))
        assert table["value"].dropna().is_monotonic_increasing
        assert table["order"].to_list() == list(range(1, len(table) + 1))


def test_the_share_on_the_curve_is_the_share_of_the_verdict() -> None:
    for result in with_unit():
        table = specification_curve(result).table
        counted = table[table["counted"]]
        share = counted["supports"].eq(True).mean()
        assert share == pytest.approx(result.share)
        expected = "holds" if share == 1 else "depends" if share else None
        assert result.verdict == (expected or ("untestable" if counted["supports"].isna().any() else "fails"))


def test_the_reports_own_definition_is_marked_once_where_it_is_known() -> None:
    for result in with_unit():
        marked = specification_curve(result).table["article"].sum()
        assert marked == (1 if result.claim.article_choice else 0)


def test_a_curve_names_the_option_of_each_choice_and_nothing_where_none_applies() -> None:
    choices = {"day": {"a": "Monday", "b": "Tuesday"}, "price": {"x": "close"}}
    terms = {"choices": choices, "grids": [{"day": ["a"]}, {"day": ["b"], "price": []}], "unit": "%"}
    claim = Claim("C99", "Claim", "A claim.", None, "computed", "a rule", "a fact", terms)
    a, b = specifications(claim)
    found = [Finding("size", value, "%", True, definition=spec.key, label=spec.label, options=spec.options)
             for spec, value in ((a, 2.0), (b, 1.0))]  # fmt: skip

    curve = specification_curve(Result(claim, tuple(found)))

    assert curve.table["day"].to_list() == ["Tuesday", "Monday"]
    assert curve.table["price"].isna().to_list() == [True, False]
    assert curve.median == 1.5
    assert curve.summary() == "C99, size: 2 definitions from 1 to 2, median 1.5 %; 2 support the claim"


def test_a_claim_without_a_number_has_no_curve() -> None:
    with pytest.raises(ValueError, match="C17 has no number of one unit"):
        specification_curve("C17")


def test_a_part_that_the_claim_has_not_is_answered_with_those_it_has() -> None:
    with pytest.raises(ValueError, match="C16 has no part 'size'; expected one of average, total"):
        specification_curve(decide("C16"), "size")
