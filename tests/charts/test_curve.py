"""The specification curve and the picture of all verdicts: what is drawn is what the ledger says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff import charts
from selloff.claims import Claim, Finding, Result, board, decide, gaps_by_hour, specification_curve, specifications


def rows(chart: Any) -> list[list[dict[str, Any]]]:
    """Return the rows of every data set of a chart."""
    return list(chart.to_dict()["datasets"].values())


def dots(chart: Any) -> pd.DataFrame:
    return next(pd.DataFrame(data) for data in rows(chart) if {"value", "mark", "order"} <= set(data[0]))


def ticks(chart: Any) -> pd.DataFrame:
    return next(pd.DataFrame(data) for data in rows(chart) if set(data[0]) == {"order", "mark", "row"})


def small(*findings: tuple[float, bool | None], stated: str | None = None) -> Result:
    options = {f"o{i}": f"option {i}" for i in range(len(findings))}
    terms: dict[str, Any] = {"choices": {"kind": options}, "unit": "%"}
    claim = Claim("C99", "Claim", "A claim.", None, "computed", "a rule", "a fact", terms)
    found = [
        Finding("size", value, "%", supports, definition=spec.key, label=spec.label, options=spec.options)
        for spec, (value, supports) in zip(specifications(claim), findings, strict=True)
    ]
    return Result(claim, tuple(found))


def test_every_definition_is_drawn_once_with_its_number_and_its_reading() -> None:
    result = decide("C03")
    shown = dots(charts.specification_curve(specification_curve(result), source="a source"))

    sizes = sorted(round(finding.value, 3) for finding in result.findings if finding.part == "size")
    assert shown["value"].to_list() == sizes
    assert (shown["mark"] == "supports the claim").sum() == result.support[0]
    assert (shown["mark"] == "shown, not counted").sum() == len(result.by_definition) - len(result.counted)


def test_under_each_mark_stands_one_tick_for_each_choice() -> None:
    curve = specification_curve("C04")
    shown = ticks(charts.specification_curve(curve, source="a source"))

    for choice in curve.choices:
        own = shown[shown["row"].str.startswith(f"{choice}: ")]
        assert sorted(own["order"]) == list(range(1, len(curve.table) + 1))


def test_a_claim_of_several_parts_shows_which_of_them_fit() -> None:
    result = decide("C03")
    shown = ticks(charts.specification_curve(specification_curve(result), source="a source"))

    for part in ("size", "rank", "level"):
        expected = sum(bool(finding.supports) for finding in result.findings if finding.part == part)
        assert (shown["row"] == f"parts that fit: {part}").sum() == expected > 0


def test_the_title_tells_the_share_that_the_verdict_rests_on() -> None:
    for claim in ("C01", "C03", "C06", "C12", "C16"):
        result = decide(claim)
        title = charts.specification_curve(specification_curve(result), source="a source").to_dict()["title"]["text"]
        yes, of = result.support
        start = {"holds": "Each of", "fails": "None of", "depends": f"{yes} of {of}"}[result.verdict]
        assert title.startswith("The one definition supports" if of == 1 else start)


def test_a_definition_that_cannot_tell_is_neither_for_nor_against() -> None:
    shown = dots(charts.specification_curve(specification_curve(small((1.0, None), (2.0, True))), source="a source"))

    assert shown["mark"].to_list() == ["cannot tell", "supports the claim"]


def test_a_definition_without_a_figure_has_ticks_but_no_mark() -> None:
    chart = charts.specification_curve(specification_curve(small((1.0, False), (np.nan, None))), source="a source")

    assert dots(chart)["order"].to_list() == [1]
    assert sorted(ticks(chart)["order"]) == [1, 2]


def test_an_interval_is_drawn_where_a_finding_has_one() -> None:
    result = small((1.0, False), (2.0, True))
    with_interval = replace(
        result, findings=tuple(replace(f, low=f.value - 1, high=f.value + 1) for f in result.findings)
    )

    drawn = [
        str(charts.specification_curve(specification_curve(r), source="a source").to_dict())
        for r in (result, with_interval)
    ]

    assert "isValid(datum.low)" not in drawn[0]
    assert "isValid(datum.low)" in drawn[1]


def test_the_picture_of_all_verdicts_has_a_bar_for_each_decided_claim() -> None:
    results = board()
    shown = next(pd.DataFrame(data) for data in rows(charts.verdicts(results)) if "share" in data[0])

    decided = [result for result in results if result.findings]
    assert shown["share"].to_list() == [pytest.approx(100 * result.share, abs=0.06) for result in decided]
    assert [words.rsplit(", ", 1)[0] for words in shown["words"]] == [
        "{:,} of {:,}".format(*r.support) for r in decided
    ]


def test_a_board_without_a_decided_claim_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no claim is decided"):
        charts.verdicts([decide("C17")])


def test_the_hours_in_which_both_figures_fit_are_shaded() -> None:
    gaps = gaps_by_hour("2025-09-22", "2025-09-27")
    expected = sum(abs(b) <= 1 and abs(e) <= 1 for b, e in zip(gaps["BTC"], gaps["ETH"], strict=True))

    chart = charts.fitting_hours(gaps, 1)

    shaded = next(data for data in rows(chart) if "from" in data[0])
    assert len(shaded) == expected > 0
    assert f"{expected} of 120 hours" in chart.to_dict()["title"]["text"]
