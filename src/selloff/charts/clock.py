"""Pictures of clocks and sources."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.lines import long, time_axis, time_lines
from selloff.charts.theme import colour, finish
from selloff.prose import listed, num, pct

__all__ = ["anchor_weeks", "closing_hours", "source_spread"]

COINS = {"BTC": "btc", "ETH": "eth"}


def closing_hours(held: pd.DataFrame) -> alt.LayerChart:
    """Draw the UTC hour at which New York closes, session by session.

    Parameters
    ----------
    held : DataFrame
        From :func:`selloff.data.sessions`.
    """
    data = pd.DataFrame(
        {
            "time": pd.DatetimeIndex(held.index).strftime("%Y-%m-%d"),
            "hour": held["close_utc"].dt.hour,
            "kind": held["half_day"].map({True: "half day", False: "full session"}),
        }
    )
    halves = int(held["half_day"].sum())
    tooltip = [
        alt.Tooltip("when:N", title="Session"),
        alt.Tooltip("hour:Q", title="Close, UTC hour"),
        alt.Tooltip("kind:N", title="Kind"),
    ]
    points = (
        alt.Chart(data)
        .transform_calculate(when="utcFormat(toDate(datum.time), '%a %-d %b %Y')")
        .mark_point(size=26, filled=True, opacity=1)
        .encode(
            x=time_axis("%b", 12),
            y=alt.Y("hour:Q")
            .scale(domain=[16, 25], nice=False)
            .axis(
                title="hour of the close, UTC",
                values=[17, 18, 20, 21, 24],
                labelExpr="datum.value == 24 ? '00:00' : format(datum.value, '02d') + ':00'",
            ),
            color=alt.Color("kind:N").scale(
                domain=["full session", "half day"], range=[colour("equities"), colour("volatility")]
            ),
            shape=alt.Shape("kind:N").scale(domain=["full session", "half day"], range=["circle", "diamond"]),
            tooltip=tooltip,
        )
    )
    midnight = alt.Chart(pd.DataFrame({"y": [24], "word": ["crypto's daily close, all year"]}))
    rule = midnight.mark_rule(color=colour("btc"), strokeWidth=2).encode(
        y=alt.Y("y:Q").scale(domain=[16, 25], nice=False)
    )
    word = midnight.mark_text(align="left", dy=11, color=colour("btc"), fontWeight="bold").encode(
        y="y:Q", x=alt.value(4), text="word:N"
    )
    hours = sorted(set(24 - held["close_utc"].dt.hour))
    return finish(
        alt.layer(rule, word, points),
        title=f"New York closes {listed(map(str, hours))} hours before crypto's day ends",
        subtitle=f"Hour of the New York close in UTC, {len(held)} sessions of {held.index[0]:%Y}, "
        f"{halves} of them half days",
        description=f"Points for {len(held)} sessions of {held.index[0]:%Y}: the New York close falls "
        "at 21:00 UTC in winter and "
        f"20:00 UTC in summer, and at 17:00 or 18:00 UTC on {halves} half days. Crypto's daily close "
        "is a line at 00:00 UTC.",
        source="exchange_calendars, XNYS",
        height=240,
    )


def source_spread(spreads: pd.DataFrame) -> alt.LayerChart:
    """Draw how far independent sources of one close lie apart, by month, on a logarithmic axis.

    Parameters
    ----------
    spreads : DataFrame
        Median spread in basis points by month, columns ``BTC`` and ``ETH``.
    """
    y = (
        alt.Y("value:Q")
        .scale(type="log", nice=False, domain=[2, 400])
        .axis(title="basis points, logarithmic", values=[1, 3, 10, 30, 100, 300])
    )
    worst = spreads["BTC"].idxmax()
    recent = float(spreads["BTC"].iloc[-12:].median())
    return finish(
        time_lines(long(spreads, 1), y, COINS, unit="bp", log=True, axis=time_axis("%Y", 10), form="%b %Y"),
        title=f"Sources agree to about {num(recent)} basis points today; in {worst:%Y} they did not",
        subtitle="Highest less lowest close of one day over their median, median by month; days with "
        "two or more sources",
        description=f"Two lines on a logarithmic axis, from {spreads.index[0]:%B %Y} to "
        f"{spreads.index[-1]:%B %Y}. The spread between "
        f"sources of one day's bitcoin close peaks at {spreads['BTC'].max():.0f} basis points in "
        f"{worst:%B %Y} and lies near {recent:.0f} lately.",
        source="Binance, Coinbase, Yahoo, CoinGecko",
        height=260,
    )


def anchor_weeks(changes: pd.DataFrame) -> alt.FacetChart:
    """Draw the change of one week by the day on which a week is said to end.

    Parameters
    ----------
    changes : DataFrame
        Rows: ``anchor`` (day name), ``clock``, ``asset``, ``change_pct``.
    """
    data = changes.assign(change_pct=changes["change_pct"].round(2))
    data["reading"] = [pct(v, 1, sign=True) for v in data["change_pct"]]
    days = list(dict.fromkeys(data["anchor"]))
    clocks = list(dict.fromkeys(data["clock"]))
    base = alt.Chart(data).encode(
        x=alt.X("change_pct:Q").axis(title="change over seven days, %", grid=True, tickCount=4),
        y=alt.Y("anchor:N").sort(days).axis(title=None, ticks=False, domain=False),
        color=alt.Color("asset:N").scale(domain=list(COINS), range=[colour(c) for c in COINS.values()]).legend(None),
        tooltip=[
            alt.Tooltip("anchor:N", title="Week ends"),
            alt.Tooltip("clock:N", title="Clock"),
            alt.Tooltip("reading:N", title="Change"),
        ],
    )
    shape = (
        alt.Shape("clock:N").scale(domain=clocks, range=["circle", "triangle-up"]).legend(orient="bottom", title=None)
    )
    points = base.mark_point(size=90, filled=True, opacity=0.9).encode(shape=shape)
    zero = alt.Chart(data).mark_rule().encode(x=alt.datum(0))
    spans = {name: part["change_pct"] for name, part in data.groupby("asset")}
    return finish(
        alt.layer(zero, points)
        .properties(width=285, height=26 * len(days))
        .facet(column=alt.Column("asset:N"), spacing=26),
        title=f"The same fortnight gives ether anything from {pct(spans['ETH'].max(), 0, True)} to "
        f"{pct(spans['ETH'].min(), 0, True)}",
        subtitle="Change over seven days by the weekday on which the week ends, two clocks",
        description="Two panels of points, one row per weekday. Weeks that end between 22 and 28 "
        "September 2025 show BTC from "
        f"{spans['BTC'].min():.1f} to {spans['BTC'].max():.1f} % and ETH from "
        f"{spans['ETH'].min():.1f} to {spans['ETH'].max():.1f} %, by the day they end.",
        source="Binance",
        width=None,
        height=None,
    )
