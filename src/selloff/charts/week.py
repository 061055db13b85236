"""Pictures of the week: prices by the hour, funds, companies, sentiment, averages."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.lines import HOUR, WEEK, long, marks, span, time_axis, time_lines
from selloff.charts.rows import STEP, row_names, rows
from selloff.charts.theme import colour, finish
from selloff.data import moments
from selloff.prose import MINUS, day, num, pct

__all__ = ["average_gap", "fund_flows", "purchases", "sentiment", "week_path"]

COINS = {"BTC": "btc", "ETH": "eth"}


def week_path(hourly: pd.DataFrame, start: str, end: str) -> alt.LayerChart:
    """Draw hourly prices of BTC and ETH, indexed to 100 at the week's start.

    Parameters
    ----------
    hourly : DataFrame
        Columns ``BTC`` and ``ETH`` indexed by the end of the hour (aware, UTC).
    start, end : str
        First hour, which is set to 100, and last hour.
    """
    path = hourly.loc[start:end]
    index = 100 * path / path.iloc[0]
    low = {name: float(index[name].min()) for name in COINS}
    when = {name: index.index[int(index[name].argmin())] for name in COINS}
    fall = {name: 100 - low[name] for name in COINS}
    y = alt.Y("value:Q").scale(zero=False, nice=True).axis(title="start of Monday, 00:00 UTC = 100", tickCount=5)
    lines = time_lines(long(index), y, COINS, unit="", form=HOUR, axis=time_axis("%a %-d", 8), digits=1)
    par = alt.Chart(pd.DataFrame({"y": [100]})).mark_rule(color=colour("rule")).encode(y="y:Q")
    events = moments("first_slide", "eth_low", "newswire_story")
    return finish(
        alt.layer(span("2025-09-22T00:00Z", "2025-09-27T00:00Z"), par, marks(events), lines),
        title=f"Ether lost {pct(fall['ETH'], 0)} from Monday's start to its low, bitcoin {pct(fall['BTC'], 0)}",
        subtitle="Hourly closes on Binance, USDT; shaded: Monday to Friday",
        description=f"Two lines by the hour from {day(start)} to {day(end)}, both 100 "
        "at the start of Monday 22 September. ETH falls below BTC at once, drops again on Thursday "
        f"to {low['ETH']:.1f} "
        f"on {when['ETH']:%A} {day(when['ETH'], False)} at {when['ETH']:%H:%M} UTC, and recovers part "
        f"by the weekend. BTC's low is {low['BTC']:.1f}.",
        source="Binance",
        height=320,
    )


def fund_flows(flows: pd.DataFrame) -> alt.Chart:
    """Draw daily net flows of US bitcoin and ether funds as stacked bars.

    Parameters
    ----------
    flows : DataFrame
        Columns ``BTC`` and ``ETH``, USD m by day.
    """
    data = long(flows, 1)
    data["reading"] = [f"{'+' if v > 0 else MINUS if v < 0 else ''}{abs(v):,.0f}" for v in data["value"]]
    total = flows.sum(axis=1)
    friday, monday = float(total["2025-09-26"]), float(total["2025-09-29"])
    order = list(dict.fromkeys(data["time"]))
    bars = (
        alt.Chart(data)
        .transform_calculate(when="utcFormat(toDate(datum.time), '%a %-d %b %Y')")
        .mark_bar(size=13)
        .encode(
            x=alt.X("time:O")
            .sort(order)
            .axis(
                title=None,
                labelAngle=0,
                labelExpr="utcFormat(toDate(datum.value), '%-d %b')",
                values=order[::5],
                grid=False,
            ),
            y=alt.Y("value:Q").axis(title="USD million", tickCount=6),
            color=alt.Color("series:N").scale(domain=list(COINS), range=[colour(c) for c in COINS.values()]),
            tooltip=[
                alt.Tooltip("when:N", title="Day"),
                alt.Tooltip("series:N", title="Funds"),
                alt.Tooltip("reading:N", title="USD million"),
            ],
        )
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
    return finish(
        alt.layer(bars, zero),
        title="Friday was worse than Thursday; Monday brought back most of both",
        subtitle="Net flow into US spot bitcoin and ether funds, by day",
        description=f"Stacked bars by day from {day(flows.index[0])} to {day(flows.index[-1])}. Thursday 25 September "
        f"shows {total['2025-09-25']:.0f} million dollars, Friday {friday:.0f}, Monday 29 September +{monday:.0f}.",
        source="Farside Investors",
        height=280,
    )


def sentiment(index: pd.Series, since: str) -> alt.LayerChart:
    """Draw the Fear and Greed index, with the low of the week."""
    week = index.loc[WEEK[0] : WEEK[1]]
    low, when = float(week.min()), week.index[int(week.argmin())]
    earlier = index.loc[: when - pd.Timedelta(days=1)]
    last = earlier[earlier <= low].index[-1]
    y = (
        alt.Y("value:Q")
        .scale(domain=[0, 100])
        .axis(title="0 = extreme fear, 100 = extreme greed", values=[0, 25, 50, 75, 100])
    )
    lines = time_lines(
        long(index.to_frame("index"), 0),
        y,
        {"index": "volatility"},
        unit="",
        axis=time_axis("%b", 7),
        digits=0,
        label=False,
    )
    here = pd.DataFrame({"at": [f"{when:%Y-%m-%d}"], "y": [low], "word": [f"{low:.0f} on {day(when, False)}"]})
    point = alt.Chart(here).mark_point(size=90, color=colour("ink")).encode(x=alt.X("at:T").scale(type="utc"), y="y:Q")
    word = (
        alt.Chart(here)
        .mark_text(align="right", dx=-9, dy=8, fontWeight="bold")
        .encode(x=alt.X("at:T").scale(type="utc"), y="y:Q", text="word:N")
    )
    return finish(
        alt.layer(span(*WEEK), lines, point, word),
        title=f"Friday's sentiment was the lowest since {day(last, False)}",
        subtitle=f"Fear and Greed index by day, since {day(since)}",
        description=f"Line of the Fear and Greed index from {day(index.index[0])} to "
        f"{day(index.index[-1])}. It stays above "
        f"its reading of {low:.0f} on {day(when)} from {day(last)} on, and recovers to "
        f"{index.iloc[-1]:.0f} at the end.",
        source="alternative.me",
        height=260,
    )


def average_gap(closes: pd.Series, averages: pd.DataFrame) -> alt.LayerChart:
    """Draw bitcoin beside its moving averages.

    Parameters
    ----------
    closes : Series
        USD by UTC day.
    averages : DataFrame
        Columns ``simple`` and ``exponential`` on the same days.
    """
    both = averages.assign(BTC=closes)[["BTC", "simple", "exponential"]] / 1000
    gap = 100 * float(closes["2025-09-26"] / averages["simple"]["2025-09-26"] - 1)
    y = alt.Y("value:Q").scale(zero=False).axis(title="USD thousand", tickCount=5)
    lines = time_lines(
        long(both, 2),
        y,
        {"BTC": "btc", "simple": "quiet", "exponential": "rates"},
        unit="thousand",
        axis=time_axis("%-d %b", 7),
        dashes={"simple": (6, 3), "exponential": (2, 2)},
    )
    return finish(
        alt.layer(span(*WEEK, "the week"), lines),
        title=f"On Friday bitcoin closed {pct(abs(gap), 1)} below its 100-day average",
        subtitle="Close at 00:00 UTC, with its simple and exponential 100-day averages",
        description=f"Three lines from {day(closes.index[0])} to {day(closes.index[-1])}: bitcoin "
        "crosses under both of its "
        f"100-day averages during the week of 22 September 2025, {abs(gap):.1f} % under the simple one on Friday.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians",
        height=280,
        width=560,
    )


def purchases(counts: pd.DataFrame) -> alt.LayerChart:
    """Draw monthly corporate bitcoin purchases by who counts.

    Parameters
    ----------
    counts : DataFrame
        From :func:`selloff.claims.purchase_counts`.
    """
    scope = (
        counts["scope"]
        .str.replace(" (first report)", "")
        .str.replace(" (as restated in the October report)", ", restated")
    )
    label = counts["publisher"] + ", " + counts["month"] + ": " + scope
    data = counts.assign(label=label, reading=[num(v) for v in counts["btc"]])[["label", "btc", "reading"]]
    labels = label.tolist()
    tooltip = [alt.Tooltip("label:N", title="Count"), alt.Tooltip("reading:N", title="BTC")]
    x = alt.X("btc:Q").axis(title="bitcoin bought in the month", tickCount=4, format=",d")
    base = alt.Chart(data).encode(x=x, y=rows(labels), tooltip=tooltip)
    bars = base.mark_bar(color=colour("btc"), size=12, yOffset=7)
    values = base.mark_text(align="left", dx=5, dy=7).encode(text="reading:N")
    readings = "; ".join(f"{row.label}: {row.reading}" for row in data.itertuples())
    return finish(
        alt.layer(row_names(alt.Chart(data), labels), bars, values),
        title="Who counts, and what, decides how steep the slowdown was",
        subtitle="Bitcoin bought by companies in July, August and September 2025, in each published count",
        description=f"Bars for {len(data)} published counts. {readings}.",
        source="CryptoQuant and BitcoinTreasuries.net through the press; company filings",
        height=STEP * len(data),
    )
