"""Pictures of who says what: sources by coin and year, vendors' totals, published counts."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.rows import STEP, row_names, rows
from selloff.charts.theme import WIDTH, colour, finish
from selloff.prose import day, num

__all__ = ["competing_counts", "count_windows", "source_grid", "vendor_totals"]

ALONE = "one source"


def source_grid(daily: pd.DataFrame) -> alt.LayerChart:
    """Draw the median spread between sources by coin and year, and where one source stands alone.

    Parameters
    ----------
    daily : DataFrame
        ``sources`` and ``spread_bp`` by ``date`` and ``asset``, as in the table ``crypto_daily``.
    """
    years = pd.DatetimeIndex(daily.index.get_level_values("date")).year
    grouped = daily.assign(year=years).groupby(["asset", "year"])
    data = pd.DataFrame({"spread": grouped["spread_bp"].median(), "alone": grouped["sources"].max() == 1}).reset_index()
    data["reading"] = [
        ALONE if alone else f"{num(bp, 1)} bp" for alone, bp in zip(data.alone, data.spread, strict=True)
    ]
    data["word"] = ["one" if alone else num(bp) for alone, bp in zip(data.alone, data.spread, strict=True)]
    data["strength"] = (0.08 + 0.22 * np.log10(data["spread"].clip(lower=1))).round(3).fillna(0)
    alone = data.groupby("asset")["alone"].mean().sort_values()
    order = [name for name in ("BTC", "ETH") if name in alone.index]
    order += [name for name in alone.index if name not in order]
    last = int(data["year"].max())
    single, total = int(data.loc[data["year"] == last, "alone"].sum()), len(order)
    always = int((alone == 1).sum())
    base = alt.Chart(data.drop(columns="alone").round(1)).encode(
        x=alt.X("year:O").axis(title=None, labelAngle=0, orient="top", ticks=False, domain=False),
        y=alt.Y("asset:N").sort(order).axis(title=None, labelFontWeight="bold"),
        tooltip=[
            alt.Tooltip("asset:N", title="Coin"),
            alt.Tooltip("year:O", title="Year"),
            alt.Tooltip("reading:N", title="Median spread"),
        ],
    )
    cells = base.mark_rect(color=colour("volatility"), stroke=colour("paper"), strokeWidth=2).encode(
        opacity=alt.Opacity("strength:Q").scale(domain=[0, 1], range=[0, 1]).legend(None)
    )
    words = base.mark_text(fontSize=12).encode(
        text="word:N",
        color=alt.condition(f"datum.reading == '{ALONE}'", alt.value(colour("quiet")), alt.value(colour("ink"))),
    )
    return finish(
        alt.layer(cells, words),
        title=f"In {last}, {num(single)} of {num(total)} coins rest on one source; {num(always)} always did",
        subtitle=[
            "Spread between sources of one day's close, median of the year in basis points;",
            "“one”: a single source all year, no spread",
        ],
        description=f"A grid of {total} coins by year. Bitcoin's median spread falls from "
        f"{_at(data, 'BTC', 2017):.0f} basis points in 2017 to {_at(data, 'BTC', 2025):.0f} in 2025. In {last} "
        f"{single} coins have one source and no spread; {always} have one source in every year.",
        source="Binance, Coinbase, Yahoo, CoinGecko",
        height=27 * total,
    )


def _at(data: pd.DataFrame, asset: str, year: int) -> float:
    return float(data.loc[(data["asset"] == asset) & (data["year"] == year), "spread"].sum())


def vendor_totals(own: pd.DataFrame, others: pd.DataFrame) -> alt.LayerChart:
    """Draw one vendor's total by day, low to high with its close, and other vendors' figures of the same dates.

    Parameters
    ----------
    own : DataFrame
        ``total_usd_bn``, ``low_usd_bn``, ``high_usd_bn`` by day.
    others : DataFrame
        ``total_usd_bn`` and ``publisher`` by day, each on a day of ``own``.
    """
    scale = 1000
    data = pd.DataFrame(
        {
            "day": pd.DatetimeIndex(own.index).strftime("%Y-%m-%d"),
            "low": own["low_usd_bn"].to_numpy() / scale,
            "high": own["high_usd_bn"].to_numpy() / scale,
            "close": own["total_usd_bn"].to_numpy() / scale,
        }
    ).round(3)
    quoted = pd.DataFrame(
        {
            "day": pd.DatetimeIndex(others.index).strftime("%Y-%m-%d"),
            "total": (others["total_usd_bn"].to_numpy() / scale).round(3),
            "who": others["publisher"].to_numpy(),
        }
    )
    high = own["high_usd_bn"].reindex(others.index)
    above, of = int((others["total_usd_bn"] > high).sum()), len(others)
    x = (
        alt.X("day:O")
        .sort(data["day"].tolist())
        .axis(title=None, labelAngle=0, labelExpr="utcFormat(toDate(datum.value), '%-d')", ticks=False)
    )
    y = alt.Y("low:Q").scale(zero=False).axis(title="USD trillion", tickCount=5, format=".1f")
    when = "utcFormat(toDate(datum.day), '%a %-d %b %Y')"
    days = alt.Chart(data).transform_calculate(when=when).encode(x=x)
    tooltip = [
        alt.Tooltip("when:N", title="Day"),
        alt.Tooltip("low:Q", title="Low, trillion", format=".2f"),
        alt.Tooltip("high:Q", title="High, trillion", format=".2f"),
        alt.Tooltip("close:Q", title="Close, trillion", format=".2f"),
    ]
    bars = days.mark_bar(size=16, color=colour("coin"), opacity=0.55).encode(y=y, y2="high:Q", tooltip=tooltip)
    ticks = days.mark_tick(thickness=3, size=26, color=colour("ink")).encode(y="close:Q", tooltip=tooltip)
    points = (
        alt.Chart(quoted)
        .transform_calculate(when=when)
        .mark_point(shape="diamond", size=110, filled=True, opacity=1, color=colour("volatility"))
        .encode(
            x=x,
            y="total:Q",
            tooltip=[
                alt.Tooltip("when:N", title="Day"),
                alt.Tooltip("who:N", title="Publisher"),
                alt.Tooltip("total:Q", title="Total, trillion", format=".2f"),
            ],
        )
    )
    labels = (
        alt.Chart(quoted)
        .mark_text(align="left", dx=10, fontWeight="bold", color=colour("volatility"))
        .encode(x=x, y="total:Q", text=alt.Text("total:Q", format=".2f"))
    )
    first, last = own.index[0], own.index[-1]
    readings = "; ".join(
        f"{day(pd.Timestamp(str(date)), False)}: {total / scale:.2f}" for date, total in others["total_usd_bn"].items()
    )
    return finish(
        alt.layer(bars, ticks, points, labels),
        title=f"On {num(above)} of {num(of)} days the press quoted more than TradingView's high",
        subtitle=[
            f"Total value of all coins, {day(first, False)} to {day(last)}; bars: low to high of TradingView's day,",
            "with its close; diamonds: other vendors' totals, as quoted that day",
        ],
        description=f"Bars for {len(own)} days of TradingView's total, from {data['low'].min():.2f} to "
        f"{data['high'].max():.2f} trillion dollars. Points for {of} totals quoted in the press, {above} of them above "
        f"the whole bar of their day. {readings}.",
        source="TradingView, CRYPTOCAP:TOTAL (rounded); CoinGecko and others through the press",
        height=290,
    )


def competing_counts(counts: pd.DataFrame) -> alt.LayerChart:
    """Draw published counts of the same thing as multiples of the lowest one, in rows.

    Parameters
    ----------
    counts : DataFrame
        Columns ``asked`` (what was counted, with its unit), ``publisher`` and ``value``.
    """
    counts = counts.reset_index(drop=True)
    lowest = counts.groupby("asked", sort=False)["value"].transform("min")
    data = counts.assign(label=counts["asked"], ratio=(counts["value"] / lowest).round(3))
    data["reading"] = [num(value) for value in data["value"]]
    labels = list(dict.fromkeys(data["label"]))
    ends = data.groupby("label", sort=False)["ratio"]
    low, high = data.loc[ends.idxmin()], data.loc[ends.idxmax()]
    reach = float(np.ceil(data["ratio"].max()))
    x = alt.X("ratio:Q").scale(domain=[0, reach + 1], nice=False)
    x = x.axis(title="times the lowest count", grid=True, format="d", values=list(range(int(reach) + 2)))
    tooltip = [
        alt.Tooltip("label:N", title="Count of"),
        alt.Tooltip("publisher:N", title="Publisher"),
        alt.Tooltip("reading:N", title="Count"),
    ]
    base = alt.Chart(data[["label", "publisher", "ratio", "reading"]]).encode(x=x, y=rows(labels), tooltip=tooltip)
    points = base.mark_point(size=110, filled=True, opacity=0.75, color=colour("dollar"), yOffset=7)
    left = alt.Chart(low[["label", "ratio", "reading"]]).mark_text(align="right", dx=-9, dy=7, fontWeight="bold")
    right = alt.Chart(high[["label", "ratio", "reading"]]).mark_text(align="left", dx=9, dy=7, fontWeight="bold")
    texts = [text.encode(x=x, y=rows(labels), text="reading:N") for text in (left, right)]
    reaches = pd.DataFrame({"label": high["label"], "least": low["ratio"].to_numpy(), "most": high["ratio"]})
    spans = alt.Chart(reaches).mark_rule(color=colour("rule"), yOffset=7)
    spans = spans.encode(x=alt.X("least:Q").scale(domain=[0, reach + 1], nice=False), x2="most:Q", y=rows(labels))
    told = "; ".join(f"{name}: {', '.join(part['reading'])}" for name, part in data.groupby("label", sort=False))
    return finish(
        alt.layer(spans, points, row_names(alt.Chart(data.drop_duplicates("label")[["label"]]), labels), *texts),
        title=f"Asked one question, publishers differ by up to {num(data['ratio'].max(), 1)} times",
        subtitle=f"{num(len(data))} published counts; each row is one question, each point one publisher's answer",
        description=f"Rows of points for {len(labels)} questions. {told}.",
        source="Coinglass, CryptoQuant, BitcoinTreasuries.net and others, mostly through the press",
        height=(STEP + 14) * len(labels),
    )


def count_windows(windows: pd.DataFrame) -> alt.LayerChart:
    """Draw the hours that rolling counts cover, and say how many hours fall into more than one.

    Parameters
    ----------
    windows : DataFrame
        Columns ``start_utc``, ``end_utc`` (aware), ``value`` (USD m) and ``publisher``.
    """
    form = "%Y-%m-%dT%H:%MZ"
    ordered = windows.sort_values("start_utc").reset_index(drop=True)
    data = pd.DataFrame(
        {
            "label": [
                f"{num(value)} million, {publisher}"
                for value, publisher in zip(ordered["value"], ordered["publisher"], strict=True)
            ],
            "from": ordered["start_utc"].dt.strftime(form),
            "to": ordered["end_utc"].dt.strftime(form),
        }
    )
    shared = _shared_hours(ordered)
    labels = data["label"].tolist()
    tooltip = [alt.Tooltip("label:N", title="Count, USD"), alt.Tooltip("span:N", title="Covers")]
    hour = "%-d %b %H:%M"
    span = f"utcFormat(toDate(datum.from), '{hour}') + ' to ' + utcFormat(toDate(datum.to), '{hour} UTC')"
    x = alt.X("from:T").scale(type="utc")
    x = x.axis(format="%-d %b", tickCount=alt.TimeIntervalStep(interval="day", step=1), title=None)
    base = alt.Chart(data).transform_calculate(span=span)
    bars = base.mark_bar(size=13, color=colour("volatility"), opacity=0.8, yOffset=7).encode(
        x=x, x2="to:T", y=rows(labels), tooltip=tooltip
    )
    hours = " and ".join(
        f"{day(start, False)}, {start:%H:%M} to {day(end, False)}, {end:%H:%M}"
        for start, end in zip(ordered["start_utc"], ordered["end_utc"], strict=True)
    )
    return finish(
        alt.layer(row_names(alt.Chart(data), labels), bars),
        title=f"Adding these {num(len(data))} counts would take {num(shared)} hours twice",
        subtitle="Long and short positions liquidated in the 24 hours before each page was read; times in UTC",
        description=f"Bars over time for {len(data)} windows of 24 hours: {hours}. {shared:.0f} hours lie in more than "
        "one of them.",
        source="Coinglass through the press",
        height=(STEP + 8) * len(data),
        width=WIDTH - 40,
    )


def _shared_hours(windows: pd.DataFrame) -> float:
    """Return how many hours lie in two windows or more."""
    steps = pd.concat([pd.Series(1, windows["start_utc"]), pd.Series(-1, windows["end_utc"])]).groupby(level=0).sum()
    depth, edges = steps.cumsum().to_numpy()[:-1], pd.DatetimeIndex(steps.index)
    lengths = (edges[1:] - edges[:-1]) / pd.Timedelta(hours=1)
    return float(np.sum(lengths[depth > 1]))
