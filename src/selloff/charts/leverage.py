"""Pictures of leverage: funding, implied volatility, open interest, published liquidations."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import WEEK, Layers, long, span, time_axis, time_lines
from selloff.charts.rows import STEP, readable, row_names, rows
from selloff.charts.theme import colour, finish
from selloff.prose import day, listed, num, pct, usd

__all__ = ["funding_rates", "liquidation_counts", "open_interest_changes", "volatility_index"]

COINS = {"BTC": "btc", "ETH": "eth"}
_SCOPES = {"long": "volatility", "long and short": "rates"}


def funding_rates(daily: pd.DataFrame) -> alt.LayerChart:
    """Draw the mean funding rate of each day, as a rate a year.

    Parameters
    ----------
    daily : DataFrame
        Columns ``BTC`` and ``ETH``, percent a year, by day.
    """
    week = daily.loc[WEEK[0] : "2025-09-26"]
    below = {name: int((week[name] < 0).sum()) for name in COINS}
    y = alt.Y("value:Q").axis(title="percent a year", tickCount=6)
    lines = time_lines(long(daily, 2), y, COINS, unit="% a year", axis=time_axis("%-d %b", 7), digits=1)
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
    words = {0: "on no day", 1: "on one day", 2: "on two days", 3: "on three days", 4: "on four days", 5: "on all days"}
    return finish(
        alt.layer(span(*WEEK, "the week"), zero, lines),
        title=f"Ether's funding was below zero {words[below['ETH']]} of the week, bitcoin's {words[below['BTC']]}",
        subtitle="Mean of the day's three settled rates of Binance's perpetual futures, as a rate a year",
        description=f"Two lines by day from {day(daily.index[0])} to {day(daily.index[-1])}. In the week of "
        f"22 September 2025 bitcoin's daily mean lies between {week['BTC'].min():.1f} and "
        f"{week['BTC'].max():.1f} % a year, ether's between {week['ETH'].min():.1f} and {week['ETH'].max():.1f} %.",
        source="Binance, USD-M perpetual futures",
        height=280,
    )


def volatility_index(levels: pd.DataFrame) -> alt.LayerChart:
    """Draw implied volatility by day.

    Parameters
    ----------
    levels : DataFrame
        Columns ``BTC`` and ``ETH``, percent a year, by day.
    """
    before, after = levels.loc["2025-09-21"], levels.loc["2025-10-06"]
    y = alt.Y("value:Q").scale(zero=False).axis(title="percent a year", tickCount=6)
    lines = time_lines(long(levels, 2), y, COINS, unit="% a year", axis=time_axis("%-d %b", 7), digits=1)
    higher = all(after > before)
    return finish(
        alt.layer(span(*WEEK, "the week"), lines),
        title="Ten days later options were still dearer than before the week" if higher else "Options became cheaper",
        subtitle="Implied volatility: Deribit's DVOL index at 00:00 UTC, 30 days ahead",
        description=f"Two lines by day from {day(levels.index[0])} to {day(levels.index[-1])}. Bitcoin: "
        f"{before['BTC']:.1f} % on 21 September, {after['BTC']:.1f} % on 6 October; ether: {before['ETH']:.1f} and "
        f"{after['ETH']:.1f} %.",
        source="Deribit",
        height=260,
    )


def open_interest_changes(changes: pd.DataFrame) -> alt.LayerChart:
    """Draw the change of open interest in dollars and in coins, by coin.

    Parameters
    ----------
    changes : DataFrame
        Columns ``asset``, ``measure`` (in words) and ``change_pct``.
    """
    names = list(dict.fromkeys(changes["measure"]))
    data = changes.assign(label=changes["asset"], reading=[pct(value, 1, True) for value in changes["change_pct"]])
    data = data[["label", "measure", "change_pct", "reading"]].round(2)
    labels = list(dict.fromkeys(data["label"]))
    x = alt.X("change_pct:Q").axis(title="change, %", tickCount=6, grid=True)
    tint = alt.Color("measure:N").scale(domain=names, range=[colour(c) for c in ("coin", "ink", "dollar")])
    form = alt.Shape("measure:N").scale(domain=names, range=["square", "circle", "diamond"])
    tooltip = [
        alt.Tooltip("label:N", title="Coin"),
        alt.Tooltip("measure:N", title="Open interest"),
        alt.Tooltip("reading:N", title="Change"),
    ]
    points = (
        alt.Chart(data)
        .mark_point(size=120, filled=True, opacity=1, yOffset=7)
        .encode(x=x, y=rows(labels), color=tint, shape=form, tooltip=tooltip)
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule().encode(x="x:Q")
    told = "; ".join(f"{row.label}, {row.measure}: {row.reading}" for row in data.itertuples())
    return finish(
        alt.layer(zero, row_names(alt.Chart(data.drop_duplicates("label")), labels), points),
        title="How much of the fall in dollars was the price hangs on the hour of reading",
        subtitle=[
            "Open interest of futures on all venues, 21 to 25 September 2025; in coins: the change of",
            "the price over the same days taken out, read at the start or at the end of both days",
        ],
        description=f"Points by coin. {told}.",
        source="Coinglass aggregates; prices: medians of sources",
        height=(STEP + 6) * len(labels),
    )


def liquidation_counts(table: pd.DataFrame, chosen: pd.DataFrame) -> alt.LayerChart:
    """Draw every published count as a bar over the hours it covers, or may cover.

    Parameters
    ----------
    table : DataFrame
        From :func:`selloff.claims.liquidations.liquidation_windows`.
    chosen : DataFrame
        From :func:`selloff.claims.liquidations.disjoint_counts`: the counts that are added.
    """
    form = "%Y-%m-%dT%H:%MZ"
    data = pd.DataFrame(
        {
            "from": table["start_utc"].dt.strftime(form),
            "to": table["end_utc"].dt.strftime(form),
            "usd": table["usd_m"],
            "scope": table["scope"],
            "hours": np.where(table["hour_known"], "hours as given", "hour not given: somewhere in this span"),
            "who": table["publisher"],
            "reading": [usd(value, "million") for value in table["usd_m"]],
        }
    )
    added = set(zip(chosen["window"], chosen["usd_m"], strict=True))
    picked = [
        scope == "long" and (key, value) in added
        for key, scope, value in zip(table["window"], table["scope"], table["usd_m"], strict=True)
    ]
    when = "utcFormat(toDate(datum['from']), '%-d %b %H:%M') + ' to ' + utcFormat(toDate(datum.to), '%-d %b %H:%M UTC')"
    y = alt.Y("usd:Q").scale(type="log", domain=[40, 8000], nice=False)
    y = y.axis(title="USD million, log scale", values=[50, 100, 200, 500, 1000, 2000, 5000], format=",.0f")
    tint = alt.Color("scope:N").scale(domain=list(_SCOPES), range=[colour(name) for name in _SCOPES.values()])
    dash = alt.StrokeDash("hours:N").scale(domain=sorted(set(data["hours"])), range=[[4, 3], [1, 0]]).legend(None)
    tooltip = [
        alt.Tooltip("reading:N", title="Count"),
        alt.Tooltip("scope:N", title="Positions"),
        alt.Tooltip("when:N", title="Span"),
        alt.Tooltip("hours:N", title="Hours"),
        alt.Tooltip("who:N", title="Publisher"),
    ]
    x = time_axis("%-d %b", 8, field="from")
    base = alt.Chart(data).transform_calculate(when=when)
    bars = base.mark_rule(strokeWidth=2.5).encode(x=x, x2="to:T", y=y, color=tint, strokeDash=dash, tooltip=tooltip)
    dots = (
        alt.Chart(data[picked])
        .mark_point(size=90, filled=True, opacity=1, shape="triangle-right", color=colour("ink"))
        .encode(x=x, y=y)
    )
    monday = table[(table["window"] == "monday") & (table["scope"] == "long and short")]["usd_m"]
    later = table.loc[table["revised"], "usd_m"]
    unknown = int((~table["hour_known"]).sum())
    return finish(
        alt.layer(span(*WEEK), bars, dots, *_notes(table)),
        title=f"Monday's {usd(monday.min() / 1000, '', 2)} to {num(monday.max() / 1000, 2)} bn became "
        f"{num(later.iloc[0] / 1000, 2)} bn in a later table",
        subtitle=[
            "Published counts of liquidations by the hours they cover, UTC; dashed: the page gives no hour, the span",
            "is where its 24 hours may lie; triangle: counts of longs that share no hour, and are added",
        ],
        description=f"{len(table)} bars over time, 19 to 28 September 2025: {int((table['scope'] == 'long').sum())} "
        f"counts of longs, the others of both sides; {unknown} give no hour. Most bars overlap others. Those added are "
        f"{listed([usd(value, 'million') for value in chosen['usd_m']])}.",
        source="Coinglass and others through the press",
        height=340,
    )


def _notes(table: pd.DataFrame) -> list[Layers]:
    """Name a few bars where there is room: from the start of the bar, or up to its end."""
    notes = {"week": ("20 to 27 Sep, both sides", "start_utc", "left")}
    notes["monday_later"] = ("Monday, later table", "start_utc", "left")
    notes["report"] = ("the report, longs", "end_utc", "right")
    layers = []
    for key, (word, edge, align) in notes.items():
        row = table[table["window"] == key].iloc[0]
        data = pd.DataFrame({"at": [f"{row[edge]:%Y-%m-%dT%H:%MZ}"], "usd": [row["usd_m"]], "word": [word]})
        place = alt.Chart(data).encode(x=alt.X("at:T").scale(type="utc"), y=alt.Y("usd:Q"), text="word:N")
        layers.append(readable(place, align=align, baseline="bottom", dy=-4, fontSize=11, color=colour("quiet")))
    return layers
