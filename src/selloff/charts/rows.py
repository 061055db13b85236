"""Rows with their names above them, so that a picture of many rows still fits a phone."""

from __future__ import annotations

from typing import Any

import altair as alt

from selloff.charts.lines import Layers
from selloff.charts.theme import colour

__all__ = ["STEP", "option_names", "readable", "row_names", "rows"]

#: Height of one row in pixels: a line of text and a mark.
STEP = 40


def rows(labels: list[str]) -> alt.Y:
    """Return the vertical encoding of rows, top to bottom, without an axis: the names stand in the plot."""
    return alt.Y("label:N").sort(labels).scale(paddingInner=0, paddingOuter=0).axis(None)


def row_names(base: alt.Chart, labels: list[str]) -> Layers:
    """Write each row's name at the left edge, above its mark."""
    place = base.encode(x=alt.value(0), y=rows(labels), text="label:N")
    return readable(place, align="left", baseline="middle", dy=-11, fontSize=12, color=colour("quiet"))


def readable(base: alt.Chart, **text: Any) -> Layers:
    """Write text on a rim of paper, so that no line strikes it through."""
    rim = {"stroke": colour("paper"), "strokeWidth": 4, "strokeJoin": "round", **text, "color": colour("paper")}
    return alt.layer(base.mark_text(**rim), base.mark_text(**text))


def option_names(keys: list[str], top: float, step: float) -> alt.Y:
    """Return the vertical encoding of the rows below a specification curve, with their names as an axis.

    A key such as ``week: Friday to Friday`` is an option and stands there without its choice; one without a colon is
    the choice itself, in bold.
    """
    head = "indexof(datum.label, ': ') < 0"
    return (
        alt.Y("row:N")
        .scale(domain=keys, range=[top, top + step * len(keys)], paddingInner=0, paddingOuter=0)
        .axis(
            title=None,
            labelExpr="replace(datum.label, /^[^:]*: /, '')",
            labelFontSize=11,
            labelPadding=6,
            labelLimit=250,
            labelOverlap=False,
            labelColor=alt.condition(head, alt.value(colour("ink")), alt.value(colour("quiet"))),
            labelFontWeight=alt.condition(head, alt.value("bold"), alt.value("normal")),
        )
    )
