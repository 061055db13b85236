"""Pictures of clocks: when a price is struck, and what a date means."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.lines import span, time_axis
from selloff.charts.rows import STEP, row_names, rows
from selloff.charts.theme import WIDTH, colour, finish
from selloff.prose import day, listed, num, pct

__all__ = ["anchor_weeks", "closing_hours", "dated_rows", "mood_lags"]

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
    data["reading"] = [pct(v, 1, sign=True) for v in changes["change_pct"]]
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
    spans = {name: part["change_pct"] for name, part in changes.groupby("asset")}
    return finish(
        alt.layer(zero, points)
        .properties(width=285, height=26 * len(days))
        .facet(column=alt.Column("asset:N"), spacing=26),
        title=f"The same fortnight gives ether anything from {pct(spans['ETH'].max(), 1, True)} to "
        f"{pct(spans['ETH'].min(), 1, True)}",
        subtitle="Change over seven days by the weekday on which the week ends, two clocks",
        description="Two panels of points, one row per weekday. Weeks that end between 22 and 28 "
        "September 2025 show BTC from "
        f"{spans['BTC'].min():.1f} to {spans['BTC'].max():.1f} % and ETH from "
        f"{spans['ETH'].min():.1f} to {spans['ETH'].max():.1f} %, by the day they end.",
        source="Binance",
        width=None,
        height=None,
    )


def dated_rows(spans: pd.DataFrame, date: str) -> alt.LayerChart:
    """Draw which hours the rows of one date tell of, table by table.

    Parameters
    ----------
    spans : DataFrame
        From :func:`selloff.data.row_spans`.
    date : str
        The date that all rows bear.
    """
    form = "%Y-%m-%dT%H:%MZ"
    data = pd.DataFrame(
        {
            "label": spans["label"],
            "table": spans["table"],
            "from": spans["start_utc"].dt.strftime(form),
            "to": spans["end_utc"].dt.strftime(form),
        }
    )
    hour = "%a %-d %b %H:%M"
    reach = f"utcFormat(toDate(datum.from), '{hour}') + ' to ' + utcFormat(toDate(datum.to), '{hour} UTC')"
    labels = data["label"].tolist()
    base = alt.Chart(data).transform_calculate(reach=reach)
    daily = alt.TimeIntervalStep(interval="day", step=1)
    x = alt.X("from:T").scale(type="utc").axis(format="%a %-d", tickCount=daily, title="midnight, UTC")
    tooltip = [
        alt.Tooltip("label:N", title="Row"),
        alt.Tooltip("table:N", title="Table"),
        alt.Tooltip("reach:N", title="Tells of"),
    ]
    bars = base.mark_bar(size=11, color=colour("equities"), yOffset=8).encode(
        x=x, x2="to:T", y=rows(labels), tooltip=tooltip
    )
    start = pd.Timestamp(date)
    ends = bars.mark_point(size=80, filled=True, opacity=1, color=colour("ink"), yOffset=8).encode(x="to:T")
    box = span(date, f"{start + pd.Timedelta(days=1):%Y-%m-%d}", None)
    apart = (spans["end_utc"].max() - spans["end_utc"].min()) / pd.Timedelta(hours=1)
    longest = (spans["end_utc"] - spans["start_utc"]).max() / pd.Timedelta(hours=1)
    told = "; ".join(f"{row.label}: {row.start_utc:%A %H:%M} to {row.end_utc:%A %H:%M}" for row in spans.itertuples())
    return finish(
        alt.layer(box, row_names(alt.Chart(data), labels), bars, ends),
        title=f"Rows of one date end up to {num(apart)} hours apart",
        subtitle=f"Hours that the rows dated {start:%A} {day(start)} tell of, UTC; dot: last moment; shaded: the day",
        description=f"Bars over time, one for each of {len(data)} kinds of rows dated {day(start)}; their ends lie up "
        f"to {apart:.0f} hours apart and the longest covers {longest:.0f} hours. In UTC, {told}.",
        source="the manifests of the tables",
        height=STEP * len(data),
        width=WIDTH - 40,
    )


def mood_lags(correlations: pd.Series) -> alt.LayerChart:
    """Draw how the change of a dated score goes with the return of the days around its date.

    Parameters
    ----------
    correlations : Series
        Correlation by the day of the return, counted from the date of the score: -1 is the day before.
    """
    words = {-1: "the day before", 0: "its own date", 1: "the day after"}
    data = pd.DataFrame({"lag": correlations.index, "r": correlations.round(3).to_numpy()})
    data["label"] = [words.get(lag, f"{num(abs(lag))} days {'before' if lag < 0 else 'after'}") for lag in data["lag"]]
    data["reading"] = [num(value, 2) for value in data["r"].round(2) + 0.0]
    best = int(data["r"].abs().to_numpy().argmax())
    base = alt.Chart(data).encode(
        x=alt.X("label:N").sort(data["label"].tolist()).axis(title=None, labelAngle=0, ticks=False, domain=False),
        y=alt.Y("r:Q").scale(domain=[-0.2, 0.7], nice=False).axis(title="correlation", values=[0, 0.2, 0.4, 0.6]),
        tooltip=[alt.Tooltip("label:N", title="Return of"), alt.Tooltip("reading:N", title="Correlation")],
    )
    bars = base.mark_bar(size=34).encode(
        color=alt.condition(f"datum.lag == {data['lag'][best]}", alt.value(colour("btc")), alt.value(colour("coin")))
    )
    above = base.transform_filter("datum.r >= 0").mark_text(dy=-9, fontWeight="bold").encode(text="reading:N")
    below = base.transform_filter("datum.r < 0").mark_text(dy=11, fontWeight="bold").encode(text="reading:N")
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
    told = "; ".join(f"{row.label}: {row.reading}" for row in data.itertuples())
    return finish(
        alt.layer(bars, zero, above, below),
        title=f"The index of a date tells of {data['label'][best]}",
        subtitle="Correlation of the index's daily change with bitcoin's return of the days around its date",
        description=f"Bars for {len(data)} days around the date of the Fear and Greed index. {told}.",
        source="alternative.me; Binance, Coinbase, Yahoo, CoinGecko: medians",
        height=260,
    )
