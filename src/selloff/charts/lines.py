"""Lines over time: drawn once here, so that every picture labels, hovers and marks dates alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.theme import colour

__all__ = ["long", "marks", "span", "thin", "time_axis", "time_lines"]

#: What alt.layer may return.
Layers = alt.LayerChart | alt.FacetChart

DAY = "%-d %b %Y"
HOUR = "%a %-d %b, %H:%M UTC"
#: The week of the report, Monday to Friday.
WEEK = ("2025-09-22", "2025-09-27")


def long(frame: pd.DataFrame, digits: int = 2) -> pd.DataFrame:
    """Turn columns over time into rows of ``time``, ``series``, ``value``, rounded for the picture.

    Times become ISO strings: days for a midnight index, else minutes in UTC, which every reader parses alike.
    """
    index = pd.DatetimeIndex(frame.index)
    hourly = bool((index != index.normalize()).any())
    times = index.strftime("%Y-%m-%dT%H:%MZ" if hourly else "%Y-%m-%d")
    wide = frame.round(digits).set_axis(times, axis=0)
    wide.index.name, wide.columns.name = "time", "series"
    return wide.reset_index().melt("time", var_name="series", value_name="value").dropna().reset_index(drop=True)


def thin(frame: pd.DataFrame, points: int = 600) -> pd.DataFrame:
    """Keep every n-th row, counted from the last, so that at most ``points`` rows are drawn."""
    step = -(-len(frame) // points)
    return frame.iloc[::-1].iloc[::step].iloc[::-1]


def time_axis(form: str = "%b %Y", ticks: int = 6, field: str = "time") -> alt.X:
    """Return the time axis, in UTC whatever the reader's own time zone."""
    return alt.X(f"{field}:T").scale(type="utc").axis(format=form, tickCount=ticks, title=None)


def time_lines(
    data: pd.DataFrame,
    y: alt.Y,
    colours: Mapping[str, str],
    *,
    unit: str,
    form: str = DAY,
    axis: alt.X | None = None,
    digits: int = 1,
    label: bool = True,
    log: bool = False,
    dashes: Mapping[str, Sequence[int]] | None = None,
) -> Layers:
    """Draw lines with a name at the end of each and a reading under the pointer.

    Parameters
    ----------
    data : DataFrame
        From :func:`long`.
    y : alt.Y
        Vertical encoding of ``value``.
    colours : mapping
        Palette name by series; its order is the order of the lines.
    unit : str
        Unit in the tooltip.
    form : str
        How a time is written in the tooltip.
    log : bool
        Whether the vertical axis is logarithmic, so that names keep their distance there.
    """
    names = list(colours)
    scale = alt.Scale(domain=names, range=[colour(colours[name]) for name in names])
    x = axis or time_axis()
    tint = alt.Color("series:N").scale(scale).legend(None)
    when = f"utcFormat(toDate(datum.time), '{form}')"
    reading = f"format(datum.value, ',.{digits}f') + ' {unit}'"
    base = alt.Chart(data).transform_calculate(when=when, reading=reading)
    pattern = dashes or {}
    dash = (
        alt.StrokeDash("series:N")
        .scale(domain=names, range=[list(pattern.get(name, (1, 0))) for name in names])
        .legend(None)
    )
    lines = base.mark_line(clip=True).encode(x=x, y=y, color=tint, strokeDash=dash)
    near = alt.selection_point(
        name="near", nearest=True, on="pointerover", clear="pointerout", fields=["time"], empty=False
    )
    tooltip = [
        alt.Tooltip("when:N", title="Time"),
        alt.Tooltip("series:N", title="Series"),
        alt.Tooltip("reading:N", title="Value"),
    ]
    dots = (
        base.mark_point(size=70, filled=True)
        .encode(x=x, y=y, color=tint, tooltip=tooltip, opacity=alt.condition(near, alt.value(1), alt.value(0)))
        .add_params(near)
    )
    layers: list[Any] = [lines, dots]
    if label:
        layers.append(_names(data, names, scale, x, y, log))
    return alt.layer(*layers)


def _names(data: pd.DataFrame, names: list[str], scale: alt.Scale, x: alt.X, y: alt.Y, log: bool) -> alt.Chart:
    """Write each line's name after its last point, pushed apart where two would touch."""
    last = data.groupby("series", sort=False).tail(1).set_index("series").loc[names].reset_index()
    values, ends = (np.log(part) if log else part for part in (data["value"].to_numpy(), last["value"].to_numpy()))
    reach = float(values.max() - values.min()) or 1.0
    order = np.argsort(ends)
    spots = ends[order].astype(float)
    for i in range(1, len(spots)):
        spots[i] = max(spots[i], spots[i - 1] + 0.055 * reach)
    places = np.empty(len(spots))
    places[order] = (np.exp(spots) if log else spots).round(3)
    last = last.assign(value=places)
    return (
        alt.Chart(last)
        .mark_text(align="left", dx=7, fontSize=13, fontWeight="bold", clip=False)
        .encode(x=x, y=y, text="series:N", color=alt.Color("series:N").scale(scale).legend(None))
    )


def span(start: str, end: str, word: str | None = None) -> Layers | alt.Chart:
    """Shade a stretch of time and, if asked, name it at the top."""
    data = pd.DataFrame({"from": [start], "to": [end], "word": [word or ""]})
    base = alt.Chart(data)
    box = base.mark_rect(color=colour("ink"), opacity=0.08).encode(x=alt.X("from:T").scale(type="utc"), x2="to:T")
    if word is None:
        return box
    text = base.mark_text(align="left", baseline="top", dx=3, fontSize=11, color=colour("quiet")).encode(
        x=alt.X("from:T").scale(type="utc"), y=alt.value(2), text="word:N"
    )
    return alt.layer(box, text)


def marks(events: Mapping[str, str]) -> Layers:
    """Mark moments by a thin rule with a word; each word stands a line below the one before, so that none touch."""
    lines = [14 * line + 2 for line in range(len(events))]
    data = pd.DataFrame({"at": list(events), "word": list(events.values()), "line": lines})
    base = alt.Chart(data).encode(x=alt.X("at:T").scale(type="utc"))
    rules = base.mark_rule(color=colour("rule"), strokeDash=[2, 2])
    words = base.mark_text(align="left", baseline="top", dx=4, fontSize=11, color=colour("quiet")).encode(
        y=alt.Y("line:Q").scale(None).axis(None), text="word:N"
    )
    return alt.layer(rules, words)
