"""The worst days of one series against another, as a picture and a table that point at each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import Layers
from selloff.charts.theme import colour, finish
from selloff.prose import num, pct

__all__ = ["worst_days"]


def worst_days(
    days: pd.DataFrame, ranked: str, other: str, names: Mapping[str, str], week: Sequence[str] = ()
) -> alt.HConcatChart:
    """Draw the worst days of one series against the other, linked with a table of them.

    Parameters
    ----------
    days : DataFrame
        Log returns by session; the twenty lowest of ``ranked`` are drawn large.
    ranked, other : str
        Columns.
    names : mapping
        What readers call the columns.
    week : sequence of str
        Sessions to mark with rings, as the week in question.
    """
    simple = {name: 100 * np.expm1(days[column].to_numpy()) for name, column in (("ranked", ranked), ("other", other))}
    moves = pd.DataFrame(simple, index=days.index).round(2)
    moves["day"] = [f"{date.day} {date:%b %Y}" for date in pd.DatetimeIndex(days.index)]
    worst = moves.nsmallest(20, "ranked").assign(place=range(1, 21)).reset_index(drop=True)
    rest = moves.drop(moves.nsmallest(20, "ranked").index)
    marked = moves.loc[moves.index.isin(pd.DatetimeIndex(list(week)))].reset_index(drop=True)
    first, second = names[ranked], names[other]
    # One selection a view: a point lights its row, and a row its point.
    near, row = (
        alt.selection_point(name=name, on="pointerover", clear="pointerout", fields=["place"], empty=False)
        for name in ("day", "row")
    )
    x = alt.X("ranked:Q").scale(padding=8).axis(title=f"{_bare(first)}, %", tickCount=6)
    y = alt.Y("other:Q").scale(padding=8).axis(title=f"{_bare(second)}, %", tickCount=6)
    tooltip = [alt.Tooltip("day:N", title="Session")]
    tooltip += [
        alt.Tooltip(f"{f}:Q", title=f"{n}, %", format="+.2f") for f, n in (("ranked", first), ("other", second))
    ]
    cloud = alt.Chart(rest).mark_point(size=8, opacity=0.35, color=colour("coin")).encode(x=x, y=y)
    tint = "btc" if ranked == "BTC" else "eth" if ranked == "ETH" else "equities"
    rings = alt.Chart(marked).mark_point(size=70, filled=False, color=colour("ink"), strokeWidth=1.5)
    large = alt.Chart(worst).mark_point(size=70, filled=True, opacity=1, color=colour(tint))
    picked = alt.Chart(worst).mark_point(size=190, filled=False, color=colour("ink"), strokeWidth=2)
    zeros = alt.layer(
        alt.Chart(pd.DataFrame({"v": [0]})).mark_rule().encode(x="v:Q"),
        alt.Chart(pd.DataFrame({"v": [0]})).mark_rule().encode(y="v:Q"),
    )
    scatter = alt.layer(
        zeros,
        cloud,
        large.encode(x=x, y=y, tooltip=tooltip).add_params(near),
        rings.encode(x=x, y=y, tooltip=tooltip),
        picked.encode(x=x, y=y, opacity=alt.condition(near | row, alt.value(1), alt.value(0))),
    ).properties(width=330, height=320)
    since = pd.DatetimeIndex(days.index)[0].year
    fell, middle = int((worst["other"] < 0).sum()), pct(float(worst["other"].median()), 1, True)
    return finish(
        alt.hconcat(scatter, _day_table(worst, first, second, near, row), spacing=14),
        title=f"On {num(fell)} of the twenty worst days of {first}, {second} fell too; its median: {middle}",
        subtitle=[
            f"Moves from one New York close to the next since {since}. Large: the worst days;",
            "rings: the week of 22 September 2025. Point at a day here or in the table",
        ],
        description=f"Scatter of {len(days)} sessions, {first} across and {second} up, with the twenty worst days of "
        f"{first} large, and a table of them. On {fell} of them {second} fell too.",
        source="Binance; S&P Dow Jones Indices and Nasdaq through FRED",
        width=None,
        height=None,
    )


def _day_table(worst: pd.DataFrame, first: str, second: str, near: alt.Parameter, row: alt.Parameter) -> Layers:
    """Write the days as rows of text, each lit when it is pointed at."""
    y = alt.Y("place:O").axis(None)
    base = alt.Chart(worst).encode(y=y)
    light = alt.condition(near | row, alt.value(0.15), alt.value(0))
    bar = base.mark_bar(color=colour("ink"), width=250).encode(x=alt.value(0), x2=alt.value(230), opacity=light)
    columns = [("day", 92, "Session"), ("ranked", 160, _bare(first)), ("other", 226, _bare(second))]
    cells, heads = [], []
    for field, place, head in columns:
        text = f"{field}:N" if field == "day" else alt.Text(f"{field}:Q", format="+.1f")
        cells.append(base.mark_text(align="right", fontSize=11).encode(x=alt.value(place), text=text))
        top = alt.Chart(pd.DataFrame({"head": [head if field == "day" else f"{head}, %"]}))
        heads.append(
            top.mark_text(align="right", fontSize=11, color=colour("quiet")).encode(
                x=alt.value(place), y=alt.value(-8), text="head:N"
            )
        )
    return alt.layer(bar.add_params(row), *cells, *heads).properties(width=232, height=320)


def _bare(name: str) -> str:
    return name.removeprefix("the ")
