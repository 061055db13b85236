"""A specification curve of many definitions: a line and a band, above the places that each choice takes along it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import Layers
from selloff.charts.rows import option_names
from selloff.charts.theme import colour
from selloff.claims import SpecificationCurve

__all__ = ["MANY", "dense_choices", "dense_numbers"]

#: From so many definitions on a mark for each can no longer be told from the next.
MANY = 150
# Bars along the curve, and the height of the tallest in pixels.
_BARS, _TALLEST = 32, 12
_READING = "reading"

Height = Callable[[str, bool], alt.Y]


def dense_numbers(table: pd.DataFrame, curve: SpecificationCurve, across: alt.X, y: Height, top: int) -> list[Any]:
    """Draw the sorted numbers as a line over the band of their intervals.

    Parameters
    ----------
    table : DataFrame
        One row a definition, sorted, with its ``mark``: how it reads.
    curve : SpecificationCurve
        The curve.
    across : alt.X
        Encoding of ``order``.
    y : callable
        From a field, and whether it brings the axis, to its vertical encoding.
    top : int
        Height of this part of the picture in pixels.
    """
    codes = {name: f"c{i}" for i, name in enumerate(curve.choices)}
    data = table[["order", "value", "low", "high", "mark"]].round(2)
    for name, field in codes.items():
        words = list(curve.choices[name].values())
        data[field] = table[name].map({word: place for place, word in enumerate(words)})
    base = alt.Chart(data).encode(x=across)
    calculated = {f"w{i}": f"{list(words.values())!r}[datum.c{i}]" for i, words in enumerate(curve.choices.values())}
    tooltip = [
        alt.Tooltip("value:Q", title="Number", format="+.2f"),
        alt.Tooltip("low:Q", title="Interval from", format="+.2f"),
        alt.Tooltip("high:Q", title="to", format="+.2f"),
        alt.Tooltip("mark:N", title="Reading"),
        *(alt.Tooltip(f"w{i}:N", title=_words(name)) for i, name in enumerate(codes)),
    ]
    near = alt.selection_point(name="definition", on="pointerover", clear="pointerout", fields=["order"], empty=False)
    picked = alt.condition(near, alt.value(1), alt.value(0))
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=colour("rule")).encode(y=y("zero", False))
    band = base.mark_area(color=colour("coin"), opacity=0.25).encode(y=y("low", False), y2="high:Q")
    line = base.mark_line(color=colour("ink"), strokeWidth=2.5).encode(y=y("value", True))
    # A thin line under the pointer at each definition: the nearest of many points would need a cell drawn for each.
    lines = (
        base.transform_calculate(**calculated)
        .mark_rect(color=colour("rule"), width=1)
        .encode(y=alt.value(0), y2=alt.value(top), opacity=picked, tooltip=tooltip)
        .add_params(near)
    )
    return [band, zero, line, lines] if data["low"].notna().any() else [zero, line, lines]


def dense_choices(
    table: pd.DataFrame, rows: list[tuple[str, str, bool]], colours: dict[str, str], top: float, step: float
) -> list[Layers | alt.Chart]:
    """Draw, for each option, where along the curve its definitions lie.

    Parameters
    ----------
    table : DataFrame
        As :func:`dense_numbers`.
    rows : list of tuple
        Key, words, and whether it is the head of a choice, from top to bottom.
    colours : dict
        Palette name by reading.
    top, step : float
        Where the first row begins, and the height of one, in pixels.

    Notes
    -----
    The bars of an option show how its definitions are spread over equal parts of the curve; one that does not matter
    has bars of one height. A bar is as tall as ``_TALLEST`` if its part holds three times as many as that, or more.
    """
    readings = [mark for mark in colours if (table["mark"] == mark).any()]
    rows = [(_READING, _READING, True), *((f"{_READING}: {mark}", mark, False) for mark in readings), *rows]
    places = {key: top + step * (place + 1) for place, (key, _, _) in enumerate(rows)}
    part = np.arange(len(table)) * _BARS // len(table)
    records = []
    for key in places:
        choice, _, option = key.partition(": ")
        if not option:
            continue
        own = table["mark" if choice == _READING else choice] == option
        counts = np.bincount(part[own.to_numpy()], minlength=_BARS)
        kind, bottom = option if choice == _READING else "", places[key] - 3
        for place in np.flatnonzero(counts):
            tall = min(counts[place] / (own.sum() / _BARS) / 3, 1) * _TALLEST
            records.append({"part": place, "top": bottom - tall, "bottom": bottom, "kind": kind})
    bars = pd.DataFrame(records)
    width = len(table) / _BARS
    bars["from"], bars["to"] = ((bars["part"] + shift) * width + 0.5 for shift in (0.05, 0.95))
    scale = alt.Scale(domain=["", *colours], range=[colour("coin"), *(colour(name) for name in colours.values())])
    x = alt.X("from:Q").scale(domain=[0.2, len(table) + 0.8], nice=False).axis(None)
    drawn = (
        alt.Chart(bars[["from", "to", "top", "bottom", "kind"]].round(1))
        .mark_rect()
        .encode(
            x=x,
            x2="to:Q",
            y=alt.Y("top:Q").scale(None).axis(None),
            y2="bottom:Q",
            color=alt.Color("kind:N").scale(scale).legend(None),
        )
    )
    names = pd.DataFrame([{"row": key, "word": words, "head": head} for key, words, head in rows])
    axis = option_names([key for key, _, _ in rows], top, step)
    return [alt.Chart(names[["row"]]).mark_point(opacity=0).encode(y=axis), drawn]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
