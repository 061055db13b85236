"""Pictures of levels: prices against lines that people watch, and the place in the range."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor

import altair as alt
import pandas as pd

from selloff.charts.lines import HOUR, WEEK, long, span, time_axis, time_lines
from selloff.charts.theme import WIDTH, colour, finish
from selloff.prose import day, listed, num, pct, usd

__all__ = ["key_levels", "range_paths"]


def key_levels(hourly: pd.DataFrame, levels: Mapping[float, bool], ether: float) -> alt.VConcatChart:
    """Draw bitcoin's hours against a set of levels and ether's against one; pointing at a level shows the hours under.

    Parameters
    ----------
    hourly : DataFrame
        Columns ``BTC`` and ``ETH`` indexed by the end of the hour (aware, UTC).
    levels : mapping
        For each level of bitcoin in dollars, whether Monday was the first time under it since early September.
    ether : float
        The level of ether that the report names, in dollars.
    """
    days = alt.TimeIntervalStep(interval="day", step=3)
    x = alt.X("time:T").scale(type="utc", nice=False).axis(format="%-d %b", tickCount=days, title=None)
    upper, names = _levels_panel(hourly[["BTC"]] / 1000, levels, x)
    y = alt.Y("value:Q").scale(zero=False).axis(title="ether, USD", tickCount=4, format=",.0f")
    lines = time_lines(long(hourly[["ETH"]]), y, {"ETH": "eth"}, unit="USD", form=HOUR, axis=x, digits=0)
    rule = alt.Chart(pd.DataFrame({"y": [ether], "word": [f"{usd(ether)}, the report's level"]}))
    named = rule.mark_text(align="left", dy=-8, fontSize=11, color=colour("quiet")).encode(
        x=alt.value(4), y="y:Q", text="word:N"
    )
    dashed = rule.mark_rule(strokeDash=[4, 3]).encode(y="y:Q")
    lower = alt.layer(span(*WEEK), dashed, named, lines).properties(width=WIDTH - 30, height=130)
    # Rows carry the end of their hour: the first of the week ends at 01:00 on Monday, the last at 00:00 on Saturday.
    monday, saturday = (pd.Timestamp(edge, tz="UTC") for edge in WEEK)
    week = hourly[(hourly.index > monday) & (hourly.index <= saturday)]
    below = week.index[week["ETH"] < ether]
    fits = [usd(level) for level, first in levels.items() if first]
    under = f"ether closed {num(len(below))} hours under {usd(ether)}" if len(below) else "ether held its level"
    return finish(
        alt.vconcat(upper, lower, spacing=16).resolve_scale(color="independent", strokeDash="independent"),
        title=_which_gave_way(fits, len(levels)),
        subtitle=[
            f"Hourly closes on Binance since {day(hourly.index[0])}, USDT; bold: held from 11 September to Monday;",
            f"shaded: Monday to Friday, in which {under}; point at a level for the hours below it",
        ],
        description=f"Two panels of hourly prices from {day(hourly.index[0])} to {day(hourly.index[-1])}. Bitcoin "
        f"against {len(levels)} levels, {listed(names)}; {len(fits)} of them held from 11 to 21 September and gave way "
        f"on Monday 22 September. Ether falls under {ether:,.0f} dollars for {len(below)} hours.",
        source="Binance",
        width=None,
        height=None,
    )


def _which_gave_way(fits: list[str], of: int) -> str:
    if not fits:
        return f"None of {num(of)} round levels broke on Monday for the first time since early September"
    only = "only " if len(fits) == 1 else ""
    return f"Of {num(of)} round levels, {only}{listed(fits)} broke on Monday for the first time since early September"


def _levels_panel(
    bitcoin: pd.DataFrame, levels: Mapping[float, bool], x: alt.X
) -> tuple[alt.LayerChart | alt.FacetChart, list[str]]:
    names = [usd(level) for level in levels]
    rules = pd.DataFrame(
        {
            "usd": [level / 1000 for level in levels],
            "first": ["yes" if first else "no" for first in levels.values()],
            "word": [num(level / 1000) for level in levels],
            "hours": [int((bitcoin["BTC"] < level / 1000).sum()) for level in levels],
        }
    )
    low, high = float(bitcoin["BTC"].min()), float(bitcoin["BTC"].max())
    scale = alt.Scale(domain=[low - 0.5, high + 0.5], nice=False, zero=False)
    # The levels are the labels of the axis: names on the lines would collide with the path.
    broke = [level / 1000 for level, first in levels.items() if first]
    ends = [edge for edge in (ceil(low), floor(high)) if min(abs(edge - level / 1000) for level in levels) > 1]
    bold = f"indexof({broke}, datum.value) >= 0"
    axis = alt.Axis(
        title="bitcoin, USD thousand",
        values=sorted([*ends, *(level / 1000 for level in levels)]),
        grid=False,
        labelOverlap=False,
        labelColor=alt.condition(bold, alt.value(colour("holds")), alt.value(colour("quiet"))),
        labelFontWeight=alt.condition(bold, alt.value("bold"), alt.value("normal")),
    )
    y = alt.Y("value:Q").scale(scale).axis(axis)
    data = long(bitcoin)
    # Drawn here and not by time_lines: two selections in one panel would share one layer.
    path = alt.Chart(data).transform_calculate(when=f"utcFormat(toDate(datum.time), '{HOUR}')").encode(x=x, y=y)
    line = path.mark_line(color=colour("btc"))
    readings = [alt.Tooltip("when:N", title="Time"), alt.Tooltip("value:Q", title="BTC, thousand", format=".1f")]
    end = alt.Chart(data.tail(1)).mark_text(align="left", dx=7, fontSize=13, fontWeight="bold", color=colour("btc"))
    pointed = alt.selection_point(name="level", on="pointerover", clear="pointerout", fields=["usd"], empty=False)
    tooltip = [
        alt.Tooltip("word:N", title="Level, USD thousand"),
        alt.Tooltip("hours:Q", title="Hours closed under it"),
        alt.Tooltip("first:N", title="First on Monday since early September"),
    ]
    base = alt.Chart(rules).encode(y=alt.Y("usd:Q").scale(scale).axis(axis))
    thin = base.mark_rule().encode(
        strokeWidth=alt.condition("datum.first == 'yes'", alt.value(2.5), alt.value(1)),
        color=alt.condition("datum.first == 'yes'", alt.value(colour("holds")), alt.value(colour("rule"))),
    )
    broad = base.mark_rule(strokeWidth=14, opacity=0).encode(tooltip=tooltip).add_params(pointed)
    below = alt.condition("isValid(level.usd) && datum.value < level.usd[0]", alt.value(1), alt.value(0))
    under = path.mark_point(size=22, filled=True, color=colour("ink")).encode(opacity=below, tooltip=readings)
    layers = [span(*WEEK), thin, line, end.encode(x=x, y=y, text=alt.value("BTC")), broad, under]
    return alt.layer(*layers).properties(width=WIDTH - 30, height=230), names


def range_paths(positions: pd.DataFrame, part: float) -> alt.LayerChart:
    """Draw where each close stands in its trailing range.

    Parameters
    ----------
    positions : DataFrame
        Shares of the range by day, one column for each length of the range.
    part : float
        What counts as the lower end.
    """
    percent = 100 * positions
    names = [str(name) for name in percent.columns]
    y = alt.Y("value:Q").scale(domain=[0, 100]).axis(title="% of the range, 0 = its low", values=[0, 25, 50, 75, 100])
    tints = dict(zip(names, ["btc", "rates"], strict=True))
    lines = time_lines(
        long(percent, 1), y, tints, unit="%", axis=time_axis("%-d %b", 7), digits=0, dashes={names[1]: (5, 3)}
    )
    lower = pd.DataFrame({"low": [0], "high": [100 * part]})
    zone = alt.Chart(lower).mark_rect(color=colour("volatility"), opacity=0.1).encode(y="low:Q", y2="high:Q")
    thursday = percent.loc["2025-09-25"]
    here = float(percent[percent.columns[0]]["2025-09-25"])
    before = percent[names[0]].loc[:"2025-09-24"]
    last = before[before <= here].index
    told = listed(f"{name}: {value:.0f} %" for name, value in thursday.items())
    return finish(
        alt.layer(zone, span(*WEEK, "the week"), lines),
        title=f"On Thursday bitcoin stood at {pct(here, 0)} of its range of {names[0]}"
        + (f", the lowest since {day(last[-1], False)}" if len(last) else ""),
        subtitle="Close at 00:00 UTC between the lowest low and the highest high up to that day; red: the lower third",
        description=f"Two lines from {day(positions.index[0])} to {day(positions.index[-1])}: the place of bitcoin's "
        f"close in its trailing range. On Thursday 25 September, {told}.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians; lows and highs of Binance",
        height=240,
        width=560,
    )
