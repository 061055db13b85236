"""Pictures of one week among others: its definitions, its rank under each, and the same study in other weeks."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import HOUR, long, time_lines
from selloff.charts.rows import row_names, rows
from selloff.charts.theme import WIDTH, colour, finish
from selloff.claims import Window
from selloff.market import PlaceboWeeks
from selloff.prose import day, num, pct

__all__ = ["placebo_weeks", "week_standings", "week_windows"]

COINS = {"BTC": "btc", "ETH": "eth"}
#: Height of a row in pixels.
_ROW = 34


def week_windows(hourly: pd.DataFrame, windows: Sequence[Window]) -> alt.VConcatChart:
    """Draw the hourly path and, below, every week that one may mean; pointing at a week shades it on the path.

    Parameters
    ----------
    hourly : DataFrame
        Columns ``BTC`` and ``ETH`` indexed by the end of the hour (aware, UTC).
    windows : sequence of Window
        The weeks, from :func:`selloff.claims.window`.
    """
    data = _windows(hourly, windows)
    first, last = (pd.Timestamp(edge) for edge in (data["from"].min(), data["to"].max()))
    path = hourly.loc[first:last]
    index = 100 * path / path.iloc[0]
    # The path and the weeks span the same hours, so that two axes that end with their data agree.
    x = alt.X("time:T").scale(type="utc", nice=False)
    axis = x.axis(format="%a %-d", tickCount=alt.TimeIntervalStep(interval="day", step=1), title=None)
    y = alt.Y("value:Q").scale(zero=False).axis(title=f"{first:%A %-d %B} = 100", tickCount=4)
    lines = time_lines(long(index), y, COINS, unit="", form=HOUR, axis=axis, digits=1)
    pointed = alt.selection_point(
        name="week", on="pointerover", clear="pointerout", fields=["label"], empty=False, toggle=False
    )
    base = alt.Chart(data)
    across = alt.X("from:T").scale(type="utc", nice=False)
    shade = base.mark_rect(color=colour("ink")).encode(
        x=across, x2="to:T", opacity=alt.condition(pointed, alt.value(0.12), alt.value(0))
    )
    top = alt.layer(shade, lines).properties(width=WIDTH - 30, height=150)
    labels = data["label"].tolist()
    tooltip = [
        alt.Tooltip("name:N", title="Week"),
        alt.Tooltip("span:N", title="UTC"),
        alt.Tooltip("btc:N", title="BTC"),
        alt.Tooltip("eth:N", title="ETH"),
    ]
    bars = base.mark_bar(size=9, yOffset=4).encode(
        x=across.axis(None),
        x2="to:T",
        y=rows(labels),
        tooltip=tooltip,
        color=alt.condition(pointed, alt.value(colour("ink")), alt.value(colour("coin"))),
    )
    reach = base.mark_bar(size=_ROW, opacity=0).encode(
        x=alt.value(0), x2=alt.value("width"), y=rows(labels), tooltip=tooltip
    )
    bottom = alt.layer(bars, row_names(base, labels), reach.add_params(pointed))
    ends = {coin: (data[f"{coin}_pct"].max(), data[f"{coin}_pct"].min()) for coin in ("btc", "eth")}
    words = "; ".join(data["label"])
    return finish(
        alt.vconcat(top, bottom.properties(width=WIDTH - 30, height=_ROW * len(data)), spacing=10),
        title=f"“The week” gives ether {pct(ends['eth'][0], 0, True)} to {pct(ends['eth'][1], 0, True)}, bitcoin "
        f"{pct(ends['btc'][0], 0, True)} to {pct(ends['btc'][1], 0, True)}",
        subtitle=[
            f"Hourly closes on Binance, and the change over each of {num(len(data))} weeks that one may mean;",
            "a day's name stands for its end, 00:00 UTC unless said; point at a week to shade it",
        ],
        description=f"Two lines by the hour from {day(first)} to {day(last)}, above bars for {len(data)} weeks. "
        f"{words}.",
        source="Binance",
        width=None,
        height=None,
    )


def _windows(hourly: pd.DataFrame, windows: Sequence[Window]) -> pd.DataFrame:
    records = []
    for week in windows:
        change = {coin: 100 * week.change(hourly[coin]) for coin in COINS}
        words = {coin: pct(value, 1, True) for coin, value in change.items()}
        name, start, end = week.label, week.start.tz_convert("UTC"), week.end.tz_convert("UTC")
        records.append(
            {
                "name": name,
                "label": f"{name[0].upper()}{name[1:]}: BTC {words['BTC']}, ETH {words['ETH']}",
                "span": f"{start:%a %-d %b %H:%M} to {end:%a %-d %b %H:%M}",
                "from": f"{start:%Y-%m-%dT%H:%MZ}",
                "to": f"{end:%Y-%m-%dT%H:%MZ}",
                "btc": words["BTC"],
                "eth": words["ETH"],
                "btc_pct": round(change["BTC"], 3),
                "eth_pct": round(change["ETH"], 3),
            }
        )
    return pd.DataFrame(records)


def week_standings(standings: pd.DataFrame) -> alt.LayerChart:
    """Draw, for each way to cut a week, which share of all such weeks fell at least as far.

    Parameters
    ----------
    standings : DataFrame
        From :func:`selloff.claims.week_standings`, of BTC and ETH.
    """
    ways = {"close": "to the close", "low": "to the lowest low"}
    oldest = standings.groupby("asset")["first"].transform("min")
    late = standings["first"].dt.year > oldest.dt.year + 1
    since = standings.loc[late, "first"].dt.year.min()
    data = pd.DataFrame(
        {
            # Weeks that need prices by the hour are younger by years.
            "label": standings["label"].str[:1].str.upper()
            + standings["label"].str[1:]
            + np.where(late, f" (since {since})", ""),
            "asset": standings["asset"],
            "way": standings["measured"].map(ways),
            "share": standings["share_pct"].round(2),
            "change": [pct(value, 1, True) for value in standings["change_pct"]],
            "rank": [f"{num(r)} of {num(n)}" for r, n in zip(standings["rank"], standings["weeks"], strict=True)],
        }
    )
    labels = list(dict.fromkeys(data["label"]))
    tooltip = [
        alt.Tooltip("asset:N", title="Coin"),
        alt.Tooltip("label:N", title="Week"),
        alt.Tooltip("way:N", title="Measured"),
        alt.Tooltip("change:N", title="Change"),
        alt.Tooltip("rank:N", title="Rank among weeks"),
        alt.Tooltip("share:Q", title="At least as bad, %", format=".1f"),
    ]
    top = float(np.ceil(data["share"].max() / 10) * 10)
    x = alt.X("share:Q").scale(domain=[0, top], nice=False)
    x = x.axis(title="weeks at least as bad, % of all weeks", grid=True, tickCount=6)
    near = alt.selection_point(name="near", on="pointerover", clear="pointerout", fields=["label", "asset"])
    points = (
        alt.Chart(data)
        .mark_point(size=110, strokeWidth=2, yOffset=4)
        .encode(
            x=x,
            y=rows(labels),
            tooltip=tooltip,
            color=alt.Color("asset:N").scale(domain=list(COINS), range=[colour(c) for c in COINS.values()]),
            shape=alt.Shape("way:N").scale(domain=list(ways.values()), range=["circle", "triangle-down"]),
            opacity=alt.condition(near, alt.value(1), alt.value(0.25)),
        )
        .add_params(near)
    )
    ends = {coin: standings.loc[standings["asset"] == coin, "share_pct"] for coin in COINS}
    oldest_weeks = standings.groupby("asset")["first"].min().dt.year
    told = "; ".join(
        f"{row.asset}, {row.label}, {row.way}: {row.rank}" for row in data.sort_values("share").itertuples()
    )
    return finish(
        alt.layer(row_names(alt.Chart(data.drop_duplicates("label")[["label"]]), labels), points),
        title=f"For bitcoin {num(ends['BTC'].min())} to {num(ends['BTC'].max())} of 100 weeks were at least as bad, "
        f"for ether {num(ends['ETH'].min())} to {num(ends['ETH'].max())}",
        subtitle=[
            f"All weeks up to this one, of bitcoin since {oldest_weeks['BTC']} and of ether since "
            f"{oldest_weeks['ETH']}; a row for each",
            "way to cut a week; further left is rarer; point at a mark for its rank",
        ],
        description=f"Points in {len(labels)} rows: the share of weeks that fell at least as far as the week of "
        f"22 September 2025. Bitcoin from {ends['BTC'].min():.0f} to {ends['BTC'].max():.0f} %, ether from "
        f"{ends['ETH'].min():.0f} to {ends['ETH'].max():.0f} %. {told}.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians; Binance by the hour",
        height=_ROW * len(labels),
    )


def placebo_weeks(weeks: PlaceboWeeks, what: str, step: float = 2) -> alt.LayerChart:
    """Draw the same event study in other weeks as a histogram, with the week under study marked.

    Parameters
    ----------
    weeks : PlaceboWeeks
        From :func:`selloff.market.placebo_event_study`, of the mean cumulative abnormal return.
    what : str
        Whose return, for the subtitle.
    step : float
        Width of a bar in percentage points.
    """
    if weeks.statistic != "car":
        raise ValueError(f"placebo_weeks: the statistic is {weeks.statistic!r}; expected 'car', a return")
    placebo = weeks.separate
    values, here = 100 * placebo.distribution, 100 * placebo.observed
    counts = (values // step * step).value_counts().sort_index()
    data = pd.DataFrame({"from": counts.index, "to": counts.index + step, "count": counts.to_numpy()})
    # A bar counts as worse only if all of it lies at or under the week; the week's own bar is cut by the rule.
    data["worse"] = data["to"] <= here
    worse = int((values <= here).sum())
    bars = (
        alt.Chart(data)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("from:Q").bin("binned").axis(title="return beyond the usual, %", grid=False, tickCount=8),
            x2="to:Q",
            y=alt.Y("count:Q").axis(title="stretches of five days", tickCount=5),
            color=alt.condition("datum.worse", alt.value(colour("fails")), alt.value(colour("coin"))),
            tooltip=[
                alt.Tooltip("from:Q", title="From, %"),
                alt.Tooltip("to:Q", title="To, %"),
                alt.Tooltip("count:Q", title="Stretches"),
            ],
        )
    )
    spot = pd.DataFrame({"x": [round(here, 2)], "word": [f"this week, {pct(here, 1)}"]})
    rule = alt.Chart(spot).mark_rule(color=colour("ink"), strokeWidth=1.5).encode(x="x:Q")
    word = (
        alt.Chart(spot)
        .mark_text(align="right", dx=-6, fontWeight="bold")
        .encode(x="x:Q", y=alt.value(8), text="word:N")
    )
    first, last = day(values.index.min()), day(values.index.max())
    length = weeks.estimation[1] - weeks.estimation[0] + 1
    return finish(
        alt.layer(bars, rule, word),
        title=f"In {num(worse)} of {num(len(values))} other stretches of five days the coins did as badly",
        subtitle=[
            f"{what}, beyond the usual of the {num(length)} days before each stretch;",
            f"stretches side by side from {first} to {last}; red: at least as bad",
        ],
        description=f"Histogram of {len(values)} returns over five days, most between "
        f"{values.quantile(0.025):.0f} and {values.quantile(0.975):.0f} %. The week of 22 September 2025 stands at "
        f"{here:.1f} %; {worse} other stretches were at least as bad.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians",
        height=260,
    )
