"""Pictures of who bought: weeks of the funds, what follows what, companies, placements, stablecoins."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import DAY, WEEK, long, marks, span, time_axis, time_lines
from selloff.charts.rows import STEP, readable, row_names, rows
from selloff.charts.theme import colour, finish
from selloff.data import moments
from selloff.prose import MINUS, day, listed, num, pct

__all__ = ["flow_lags", "flow_weeks", "placement_prices", "raised", "records", "stablecoins", "supply_multiples"]

GROUPS = {"BTC": ("bitcoin funds", "btc"), "ETH": ("ether funds", "eth"), "both": ("both together", "coin")}
COUNTERS = {
    "report": "the report's companies",
    "strategy": "Strategy alone",
    "restated": "public and private companies",
}


def flow_weeks(weeks: pd.DataFrame, week: str) -> alt.LayerChart:
    """Draw every week's net flow by group of funds, one tick a week, with one week marked and ranked.

    Parameters
    ----------
    weeks : DataFrame
        From :func:`selloff.claims.fund_weeks`.
    week : str
        The Friday that ends the marked week.
    """
    labels = [name for name, _ in GROUPS.values()]
    data = long(weeks.rename(columns={key: name for key, (name, _) in GROUPS.items()}), 1)
    data = data.rename(columns={"series": "label"})
    data["reading"] = [num(value, sign=True) for value in data["value"]]
    ranks = {key: int(weeks[key].rank()[week]) for key in GROUPS}
    here = data[data["time"] == week].copy()
    here["word"] = [
        f"{reading}, {_ordinal(ranks[key])} of {num(weeks[key].count())}"
        for reading, key in zip(here["reading"], GROUPS, strict=True)
    ]
    x = alt.X("value:Q").axis(title="USD million in a week", tickCount=6, grid=False)
    tint = alt.Color("label:N").scale(domain=labels, range=[colour(c) for _, c in GROUPS.values()]).legend(None)
    tooltip = [
        alt.Tooltip("when:N", title="Week to"),
        alt.Tooltip("label:N", title="Funds"),
        alt.Tooltip("reading:N", title="USD million"),
    ]
    when = f"utcFormat(toDate(datum.time), '{DAY}')"
    base = alt.Chart(data).transform_calculate(when=when).encode(x=x, y=rows(labels), color=tint, tooltip=tooltip)
    ticks = base.mark_tick(thickness=1.5, size=20, opacity=0.6, yOffset=9)
    spot = alt.Chart(here).transform_calculate(when=when).encode(x=x, y=rows(labels), tooltip=tooltip)
    points = spot.mark_point(shape="diamond", size=130, filled=True, opacity=1, color=colour("ink"), yOffset=9)
    words = readable(
        alt.Chart(here).encode(x=alt.value("width"), y=rows(labels), text="word:N"),
        align="right",
        dy=-11,
        fontSize=12,
        fontWeight="bold",
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=colour("rule")).encode(x="x:Q")
    told = "; ".join(f"{row.label}: {row.word} weeks" for row in here.itertuples())
    return finish(
        alt.layer(zero, ticks, row_names(alt.Chart(here), labels), points, words),
        title=_weeks_title(ranks),
        subtitle=[
            f"Net flow into US spot funds by week, Monday to Friday, to {day(weeks.index[-1])}; one tick a week;",
            f"diamond: the week to {day(week)}; at the right its flow and rank, the largest outflow first",
        ],
        description=f"Three rows of ticks, one tick a week. {told}, counted from the largest outflow.",
        source="Farside Investors",
        height=(STEP + 20) * len(labels),
    )


def _weeks_title(ranks: Mapping[str, int]) -> str:
    first = "Ether funds had their worst week on record"
    if ranks["ETH"] > 1:
        first = f"For ether funds the week ranks {_ordinal(ranks['ETH'])}"
    return f"{first}; for bitcoin funds it ranks {_ordinal(ranks['BTC'])}"


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def flow_lags(tables: Mapping[str, pd.DataFrame]) -> alt.LayerChart:
    """Draw the correlation of flows with returns a few sessions earlier and later.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``LeadLag.table`` by asset, flows first, returns second: at lag l the flow comes l sessions before the return.
    """
    parts = []
    for place, (asset, frame) in enumerate(tables.items()):
        part = frame.reset_index()[["lag", "correlation", "lower", "upper"]].round(3)
        parts.append(part.assign(series=asset, at=part["lag"] + 0.24 * (place - 0.5)))
    data = pd.concat(parts, ignore_index=True)
    # Negative lags are prices before flows: they stand at the left.
    data["reading"] = [f"{row.correlation:+.2f} ({row.lower:+.2f} to {row.upper:+.2f})" for row in data.itertuples()]
    data["reading"] = data["reading"].str.replace("-", MINUS)
    data["when"] = [_lag_words(lag) for lag in data["lag"].astype(int)]
    names = list(tables)
    tint = alt.Color("series:N").scale(domain=names, range=[colour(GROUPS[n][1]) for n in names]).legend(None)
    ticks = alt.Axis(
        title="sessions apart: price first (left), flow first (right)",
        values=sorted(data["lag"].unique()),
        labelExpr="format(abs(datum.value), 'd')",
        grid=False,
    )
    x = alt.X("at:Q").scale(domain=[data["lag"].min() - 0.5, data["lag"].max() + 0.9], nice=False).axis(ticks)
    y = alt.Y("correlation:Q").axis(title="correlation", tickCount=5)
    tooltip = [
        alt.Tooltip("series:N", title="Funds and price"),
        alt.Tooltip("when:N", title="Order"),
        alt.Tooltip("reading:N", title="Correlation"),
    ]
    base = alt.Chart(data).encode(x=x, color=tint, tooltip=tooltip)
    bars = base.mark_rule(strokeWidth=2).encode(y=alt.Y("lower:Q"), y2="upper:Q")
    shape = alt.Shape("series:N").scale(domain=names, range=["circle", "square"][: len(names)]).legend(None)
    points = base.mark_point(size=70, filled=True, opacity=1).encode(y=y, shape=shape)
    peak = data[data["lag"] == -1]
    words = [
        alt.Chart(peak[peak["series"] == name])
        .mark_text(fontWeight="bold", fontSize=13, dx=dx)
        .encode(x=x, y=y, text="series:N", color=tint)
        for name, dx in zip(names, (-24, 24), strict=False)
    ]
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
    before, same, after = (
        {name: float(frame["correlation"][lag]) for name, frame in tables.items()} for lag in (-1, 0, 1)
    )
    told = listed(
        f"{name}: {before[name]:.2f} with the return of the session before, {same[name]:.2f} with that of the same "
        f"session, {after[name]:.2f} with that of the next"
        for name in names
    )
    follow = [before[name] > after[name] for name in names]
    title = "Flows follow some prices and lead others"
    if all(follow):
        title = "Fund flows follow prices more than they lead them"
    elif not any(follow):
        title = "Fund flows lead prices more than they follow them"
    return finish(
        alt.layer(zero, bars, points, *words),
        title=title,
        subtitle=[
            "Correlation of a session's net flow with returns from New York close to close, at the same session (0),",
            "before it (left) and after it (right); bars: 95 % interval of each by itself, Newey-West",
        ],
        description=f"Points with intervals for leads and lags of up to {data['lag'].max()} sessions. {told}.",
        source="Farside Investors; Binance",
        height=280,
    )


def _lag_words(lag: int) -> str:
    if lag == 0:
        return "same session"
    sessions = "one session" if abs(lag) == 1 else f"{abs(lag)} sessions"
    return f"flow {sessions} after the return" if lag < 0 else f"return {sessions} after the flow"


def supply_multiples(frame: pd.DataFrame) -> alt.LayerChart:
    """Draw monthly purchases by counter as multiples of newly created bitcoin.

    Parameters
    ----------
    frame : DataFrame
        From :func:`selloff.claims.supply_multiples`.
    """
    data = frame[frame["counter"].isin(COUNTERS)].copy()
    data["label"] = data["counter"].map(COUNTERS)
    data["word"] = pd.PeriodIndex(data["month"], freq="M").strftime("%b")
    data["reading"] = [
        f"{num(m, 1)} times new supply, {num(b)} a day" for m, b in zip(data.multiple, data.btc_a_day, strict=True)
    ]
    data["multiple"] = data["multiple"].round(2)
    labels = list(COUNTERS.values())
    x = alt.X("multiple:Q").scale(domainMin=0).axis(title="times the bitcoin created in the same days", tickCount=6)
    shown = data[["label", "word", "multiple", "reading"]]
    tooltip = [
        alt.Tooltip("label:N", title="Buyers"),
        alt.Tooltip("word:N", title="Month of 2025"),
        alt.Tooltip("reading:N", title="Pace"),
    ]
    base = alt.Chart(shown).encode(x=x, y=rows(labels), tooltip=tooltip)
    points = base.mark_point(size=110, filled=True, opacity=1, color=colour("btc"), yOffset=14)
    # A month close behind another of its row is named below its mark, so that on a phone the two names do not meet.
    close = shown.sort_values("multiple").groupby("label")["multiple"].diff() < 0.6
    words = alt.layer(
        *(
            readable(alt.Chart(part).encode(x=x, y=rows(labels), text="word:N"), dy=dy, fontSize=12, fontWeight="bold")
            for part, dy in ((shown[~close.sort_index()], 0), (shown[close.sort_index()], 29))
            if len(part)
        )
    )
    one = alt.Chart(pd.DataFrame({"x": [1], "word": ["as much as is created"]}))
    rule = one.mark_rule(color=colour("ink"), strokeDash=[4, 3]).encode(x="x:Q")
    note = one.mark_text(baseline="bottom", dy=-4, fontSize=11, color=colour("quiet"))
    note = note.encode(x="x:Q", y=alt.value(0), text="word:N")
    report = data[data["counter"] == "report"].set_index("month")["multiple"]
    slowdown = f"from {num(report.iloc[0], 1)} times new supply in July to {num(report.iloc[1], 1)} in August"
    told = "; ".join(f"{row.label}, {row.word}: {row.multiple:.1f}" for row in data.itertuples())
    return finish(
        alt.layer(rule, note, row_names(alt.Chart(shown.drop_duplicates("label")), labels), points, words),
        title=f"By the report's count, {slowdown}",
        subtitle="Bitcoin bought by companies a day in 2025 as a multiple of new supply; three counts",
        description=f"Points for three counts of purchases by month. {told} times new supply.",
        source="CryptoQuant and BitcoinTreasuries.net through the press; company filings; bitcoin's protocol",
        height=(STEP + 32) * len(labels),
    )


def raised(counts: pd.DataFrame, stated: float) -> alt.LayerChart:
    """Draw published counts of money raised, each with what it counts.

    Parameters
    ----------
    counts : DataFrame
        From :func:`selloff.claims.raised_counts`.
    stated : float
        The report's figure, USD bn.
    """
    who = counts["publisher"].str.split(" via ").str[0]
    data = counts.assign(label=counts["label"].str[0].str.upper() + counts["label"].str[1:] + " (" + who + ")")
    data["reading"] = [num(v, 0 if v == round(v) else 1) for v in data["usd_bn"]]
    labels = data["label"].tolist()
    shown = data[["label", "usd_bn", "reading"]]
    x = alt.X("usd_bn:Q").scale(domainMin=0).axis(title="USD billion", tickCount=5)
    tooltip = [alt.Tooltip("label:N", title="Count"), alt.Tooltip("reading:N", title="USD billion")]
    base = alt.Chart(shown).encode(x=x, y=rows(labels), tooltip=tooltip)
    bars = base.mark_bar(color=colour("dollar"), size=12, yOffset=7)
    values = readable(base.encode(text="reading:N"), align="left", dx=5, dy=7, fontWeight="bold")
    rule = alt.Chart(pd.DataFrame({"x": [stated]})).mark_rule(color=colour("ink"), strokeDash=[4, 3]).encode(x="x:Q")
    told = "; ".join(f"{row.label}: {row.reading}" for row in data.itertuples())
    ratio = data["usd_bn"].max() / data["usd_bn"].min()
    return finish(
        alt.layer(rule, row_names(alt.Chart(shown), labels), bars, values),
        title=f"Raised, deployed or announced: the highest count is {num(ratio, 1)} times the lowest",
        subtitle="Published counts for treasury companies in 2025; dashed: the figure the report repeats",
        description=f"Bars for {len(data)} published counts in billion dollars. {told}.",
        source="Architect Partners, Bloomberg, CoinGecko and The Block, mostly through the press",
        height=STEP * len(data),
    )


def placement_prices(table: pd.DataFrame, stated: float) -> alt.LayerChart:
    """Draw share prices against placement prices and against the peak.

    Parameters
    ----------
    table : DataFrame
        From :func:`selloff.claims.placements`.
    stated : float
        The fall that the report states, in percent.
    """
    against = table["base"].map({"placement": "", "peak": ", against its peak instead"})
    name = table["label"].where(table["base"] == "placement", table["label"].str.split(",").str[0])
    data = table.assign(label=name + against)
    data["reading"] = [
        f"{pct(c, 0, True)}: {p:.2f} against {r:.2f}"
        for c, p, r in zip(data.change_pct, data.price, data.reference, strict=True)
    ]
    data["change_pct"] = data["change_pct"].round(1)
    labels = data["label"].tolist()
    shown = data[["label", "base", "change_pct", "reading"]]
    x = alt.X("change_pct:Q").scale(domain=[-104, 42], nice=False)
    x = x.axis(title="change, %", values=list(range(-100, 1, 20)), grid=False)
    tint = (
        alt.Color("base:N").scale(domain=["placement", "peak"], range=[colour("equities"), colour("coin")]).legend(None)
    )
    tooltip = [alt.Tooltip("label:N", title="Share"), alt.Tooltip("reading:N", title="USD a share")]
    base = alt.Chart(shown).encode(x=x, y=rows(labels), tooltip=tooltip)
    bars = base.mark_bar(size=13, yOffset=8).encode(color=tint)
    at = alt.Chart(shown.assign(end=data["change_pct"].clip(lower=0)))
    values = at.mark_text(align="left", dx=5, dy=8, fontWeight="bold").encode(
        x=alt.X("end:Q"), y=rows(labels), text="reading:N"
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule().encode(x="x:Q")
    goal = alt.Chart(shown[["label"]].assign(x=stated))
    ticks = goal.mark_tick(color=colour("ink"), thickness=2, size=17, yOffset=8).encode(x="x:Q", y=rows(labels))
    placed = data.loc[data["base"] == "placement", "change_pct"]
    told = "; ".join(f"{row.label}: {row.reading}" for row in data.itertuples())
    return finish(
        alt.layer(zero, bars, ticks, row_names(alt.Chart(shown), labels), values),
        title=f"{pct(-stated, 0)} fits a peak; under a placement price {pct(-placed.min(), 0)} is the most found",
        subtitle="Share price in late September 2025 against placement price, USD; tick: the report's figure",
        description=f"Bars for {len(data)} comparisons. {told}.",
        source="Market data and the press",
        height=(STEP + 6) * len(data),
    )


def records(closes: pd.DataFrame, highest: Mapping[str, pd.Series], bought: pd.DataFrame) -> alt.LayerChart:
    """Draw bitcoin and ether with their record closes, and what companies bought in each month above them.

    Parameters
    ----------
    closes : DataFrame
        Columns ``BTC`` and ``ETH``, USD by UTC day; drawn as an index, the first day being 100.
    highest : mapping of str to Series
        Record closes by coin, from :func:`selloff.claims.record_closes`; the last of each month is marked.
    bought : DataFrame
        Columns ``month`` (such as ``"2025-07"``) and ``btc``, one row a month.
    """
    index = 100 * closes / closes.iloc[0]
    y = alt.Y("value:Q").scale(zero=False).axis(title=f"{day(closes.index[0], False)} = 100", tickCount=5)
    lines = time_lines(long(index), y, {"BTC": "btc", "ETH": "eth"}, unit="", axis=time_axis("%b", 4), digits=1)
    spots = []
    for coin, series in highest.items():
        last = series.groupby(pd.DatetimeIndex(series.index).to_period("M")).tail(1)
        spots += [
            {
                "at": f"{when:%Y-%m-%d}",
                "value": round(float(index[coin][when]), 2),
                "coin": coin,
                "word": day(when, False),
            }
            for when in last.index
        ]
    data = pd.DataFrame(spots)
    place = alt.Chart(data).encode(x=alt.X("at:T").scale(type="utc"), y=y)
    tint = alt.Color("coin:N").scale(domain=["BTC", "ETH"], range=[colour("btc"), colour("eth")]).legend(None)
    points = place.mark_point(size=110, filled=True, opacity=1, stroke=colour("paper")).encode(color=tint)
    words = readable(place.encode(text="word:N"), dy=-14, fontSize=11, color=colour("ink"))
    top = float(np.ceil(index.max().max() / 10) * 10) + 12
    months = pd.PeriodIndex(bought["month"], freq="M")
    heads = pd.DataFrame(
        {
            "at": [f"{start:%Y-%m-%d}" for start in months.start_time],
            "word": [f"bought in {start:%b}:" for start in months.start_time],
            "count": [f"{num(count)} BTC" for count in bought["btc"]],
            "value": top,
        }
    )
    head = alt.Chart(heads).encode(x=alt.X("at:T").scale(type="utc"), y=y)
    edges = (
        alt.Chart(heads).mark_rule(strokeDash=[2, 2], color=colour("rule")).encode(x=alt.X("at:T").scale(type="utc"))
    )
    first = head.mark_text(align="left", dx=5, fontSize=11, color=colour("quiet")).encode(text="word:N")
    second = head.mark_text(align="left", dx=5, dy=15, fontSize=12.5, fontWeight="bold").encode(text="count:N")
    counts = bought.set_index("month")["btc"]
    less = 100 * (1 - float(counts["2025-08"] / counts["2025-07"]))
    august = highest["BTC"].loc["2025-08"].index[-1]
    told = "; ".join(f"{row.coin}: {row.word}" for row in data.itertuples())
    amounts = "; ".join(f"{row.word} {row.count}" for row in heads.itertuples())
    return finish(
        alt.layer(edges, lines, first, second, points, words),
        title=f"Bitcoin's record of {day(august, False)} fell in a month of {pct(less, 0)} fewer purchases",
        subtitle=[
            "Closes at 00:00 UTC as an index; dots: the last record close of a month;",
            "above: bitcoin bought by listed companies in the report's count, September to about the 25th",
        ],
        description=f"Two lines from {day(closes.index[0])} to {day(closes.index[-1])}. Record closes: {told}. "
        f"{amounts}.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians; CryptoQuant through the press",
        height=320,
    )


def stablecoins(supply: pd.Series) -> alt.LayerChart:
    """Draw the value of all stablecoins by day.

    Parameters
    ----------
    supply : Series
        USD bn by UTC day; the week of the report lies inside.
    """
    first, last = (pd.Timestamp(edge) - pd.Timedelta(days=1) for edge in WEEK)
    added = float(supply[last] - supply[first])
    y = alt.Y("value:Q").scale(zero=False).axis(title="USD billion", tickCount=5)
    data = long(supply.to_frame("stablecoins"), 1)
    lines = time_lines(data, y, {"stablecoins": "dollar"}, unit="billion", axis=time_axis("%b %Y", 6), label=False)
    verb = "grew" if added > 0 else "shrank"
    return finish(
        alt.layer(span(*WEEK), marks(moments("genius_act", "record_liquidation")), lines),
        title=f"In the week, stablecoins {verb} by USD {num(abs(added), 1)} billion",
        subtitle="Value of all stablecoins in circulation, by day; shaded: the week",
        description=f"Line of the value of all stablecoins. It is {supply.iloc[0]:.0f} billion dollars at the start, "
        f"{supply[first]:.0f} before the week of 22 September 2025, {supply[last]:.0f} at its end, and "
        f"{supply.iloc[-1]:.0f} at the end of the picture.",
        source="DefiLlama",
        height=270,
    )
