"""Pictures of feedback: large falls, a model of forced sales, and tests against prices without feedback."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import HOUR, WEEK, Layers, span, time_axis
from selloff.charts.rows import readable
from selloff.charts.theme import WIDTH, colour, finish
from selloff.claims.feedback import FeedbackTest
from selloff.prose import day, listed, num

__all__ = ["cascade_range", "feedback_null", "marked_falls"]

COINS = {"BTC": "btc", "ETH": "eth"}
_SCENARIOS = {"low": "equities", "middle": "gold", "high": "volatility"}


def marked_falls(returns: pd.Series, falls: pd.Series, name: str) -> alt.LayerChart:
    """Draw hourly returns with the large falls marked.

    Parameters
    ----------
    returns : Series
        Percent, by the end of the hour (aware, UTC).
    falls : Series
        1 for a large fall, on the same hours.
    name : {"BTC", "ETH"}
    """
    data = pd.DataFrame(
        {
            "time": pd.DatetimeIndex(returns.index).strftime("%Y-%m-%dT%H:%MZ"),
            "value": returns.round(2).to_numpy(),
            "kind": np.where(falls.to_numpy() > 0, "large fall", "other hour"),
        }
    )
    tint = alt.Color("kind:N").scale(domain=["large fall", "other hour"], range=[colour(COINS[name]), colour("coin")])
    tooltip = [
        alt.Tooltip("when:N", title="Hour that ends"),
        alt.Tooltip("value:Q", title="Change, %", format="+.2f"),
        alt.Tooltip("kind:N", title="Marked"),
    ]
    bars = (
        alt.Chart(data)
        .transform_calculate(when=f"utcFormat(toDate(datum.time), '{HOUR}')")
        .mark_rule(strokeWidth=1.2)
        .encode(
            x=time_axis("%-d %b", 7),
            y=alt.Y("value:Q").axis(title="change in the hour, %", tickCount=6),
            y2=alt.datum(0),
            color=tint,
            tooltip=tooltip,
        )
    )
    total, week = int(falls.sum()), int(falls[(falls.index > WEEK[0]) & (falls.index <= WEEK[1])].sum())
    coin = {"BTC": "Bitcoin", "ETH": "Ether"}[name]
    return finish(
        alt.layer(span(*WEEK, "the week"), bars),
        title=f"{coin} had {num(total)} large falls in thirty days, {num(week)} of them in the week",
        subtitle="Hourly changes on Binance; large: bigger than nine in ten moves of the 30 days before the hour",
        description=f"Thin bars for {len(data)} hours of {name} from {day(returns.index[0])} to "
        f"{day(returns.index[-1])}; {total} falls are marked as large, {week} between 22 and 26 September. "
        f"The steepest hour is {returns.min():.1f} %.",
        source="Binance",
        height=260,
    )


def cascade_range(grid: pd.DataFrame, published_usd_m: float, multipliers: tuple[int, ...] = (1, 20)) -> alt.LayerChart:
    """Draw what the cascade model says under many assumptions: amplification against dollars liquidated.

    Parameters
    ----------
    grid : DataFrame
        From :func:`selloff.claims.feedback.amplifications`, with a column ``asset``.
    published_usd_m : float
        Published liquidations of the same slide, all coins.
    multipliers : tuple of int
        The published count times these is shaded.
    """
    bound = [published_usd_m * each / 1000 for each in (min(multipliers), max(multipliers))]
    data = grid.assign(bn=grid["liquidated_usd"] / 1e9, times=grid["amplification"])
    none = int((data["bn"] == 0).sum())
    data = data.loc[data["bn"] > 0, ["asset", "leverage", "shock", "coefficient", "bn", "times"]].round(3)
    within = data[data["bn"] <= bound[0]]["times"]
    top = float(within.max()) if len(within) else 1.0
    ends = [0.85 * float(data["bn"].min()), 1.15 * float(data["bn"].max())]
    x = alt.X("bn:Q").scale(type="log", nice=False, domain=[round(end, 3) for end in ends])
    x = x.axis(tickCount=5, format="~g", title="liquidated in the model, USD billion, log scale", grid=False)
    tint = alt.Color("leverage:N").scale(domain=list(_SCENARIOS), range=[colour(name) for name in _SCENARIOS.values()])
    tooltip = [
        alt.Tooltip("asset:N", title="Coin"),
        alt.Tooltip("leverage:N", title="Leverage assumed"),
        alt.Tooltip("shock:Q", title="Fall from outside", format=".0%"),
        alt.Tooltip("coefficient:Q", title="Impact assumed"),
        alt.Tooltip("bn:Q", title="Liquidated, USD billion", format=".2f"),
        alt.Tooltip("times:Q", title="Amplification", format=".2f"),
    ]
    shape = alt.Shape("asset:N").scale(domain=list(COINS), range=["circle", "triangle-up"])
    points = (
        alt.Chart(data)
        .mark_point(size=55, filled=True, opacity=0.75)
        .encode(
            x=x,
            y=alt.Y("times:Q").scale(zero=False).axis(title="whole fall / fall from outside", tickCount=6),
            color=tint.title("leverage assumed"),
            shape=shape.title("coin"),
            tooltip=tooltip,
        )
    )
    edge = pd.DataFrame({"bn": bound, "word": ["as published", f"times {max(multipliers)}"]})
    marks = alt.Chart(edge)
    rule = marks.mark_rule(strokeDash=[4, 3]).encode(x="bn:Q")
    word = readable(
        marks.encode(x="bn:Q", y=alt.value(6), text="word:N"), align="right", dx=-4, fontSize=11, color=colour("quiet")
    )
    return finish(
        alt.layer(rule, points, word),
        title=f"With no more liquidated than was published, the model amplifies by {num(top, 2)} at most",
        subtitle=[
            "One mark a set of assumptions, all of them ours: open interest, volume, leverage, impact, first fall;",
            "dashed: the published count of Monday's longs in all coins, and twenty times it",
        ],
        description=f"{len(data)} points. Amplification runs from {data['times'].min():.2f} to "
        f"{data['times'].max():.2f} and grows with the dollars liquidated, {data['bn'].min():.2g} to "
        f"{data['bn'].max():.3g} billion; {none} more sets of assumptions liquidate nothing.",
        source="our model; Coinglass through the press for the published count",
        height=300,
    )


def feedback_null(tests: Mapping[str, FeedbackTest], axis: str, digits: int = 2) -> alt.VConcatChart:
    """Draw the month's measure against its distribution without feedback and with one of known strength.

    Parameters
    ----------
    tests : mapping of str to FeedbackTest
        One test by coin, ``"BTC"`` and ``"ETH"``.
    axis : str
        What is measured, in words.
    digits : int
        Digits of the measure.
    """
    both = np.concatenate([np.concatenate([test.waves, test.feedback]) for test in tests.values()])
    edges = np.linspace(both.min(), both.max(), 31)
    kinds = {"waves only": "coin", "with feedback": "volatility"}
    panels, told = [], []
    for name, test in tests.items():
        parts = []
        for kind, values in zip(kinds, (test.waves, test.feedback), strict=True):
            share = np.histogram(values, edges)[0] / len(values)
            parts.append(pd.DataFrame({"from": edges[:-1], "to": edges[1:], "share": 100 * share, "kind": kind}))
        data = pd.concat(parts, ignore_index=True).round(4)
        panels.append(_panel(name, test, data, kinds, axis, digits))
        told.append(
            f"{name}: {test.value:.{digits}f} in the month, {test.critical:.{digits}f} at the 95 % point without "
            f"feedback, power {test.power:.0%}"
        )
    over = [name for name, test in tests.items() if test.value > test.critical]
    found = f"{listed(over)} exceeds" if over else "Neither coin exceeds"
    return finish(
        alt.vconcat(*panels, spacing=14).resolve_scale(x="shared", color="shared"),
        title=f"{found} what waves of volatility alone bring",
        subtitle=[
            "The month around the week (line), and simulated months with the same waves of volatility: without",
            "feedback, and with a branching ratio of one half; dashed: 95 % point without feedback",
        ],
        description=f"Two histograms a coin of simulated months. {'; '.join(told)}.",
        source="Binance; our simulations",
        width=None,
        height=None,
    )


def _panel(
    name: str, test: FeedbackTest, data: pd.DataFrame, kinds: Mapping[str, str], axis: str, digits: int
) -> Layers:
    last = name == "ETH"
    tooltip = [
        alt.Tooltip("from:Q", title="From", format=f".{digits}f"),
        alt.Tooltip("to:Q", title="To", format=f".{digits}f"),
        alt.Tooltip("share:Q", title="Simulated months, %", format=".1f"),
        alt.Tooltip("kind:N", title="Simulated"),
    ]
    bars = (
        alt.Chart(data)
        .mark_bar(opacity=0.55, binSpacing=0)
        .encode(
            x=alt.X("from:Q").bin("binned").axis(title=axis if last else None, tickCount=6, grid=False),
            x2="to:Q",
            y=alt.Y("share:Q").stack(None).axis(title="% of simulated months" if not last else None, tickCount=3),
            color=alt.Color("kind:N").scale(domain=list(kinds), range=[colour(each) for each in kinds.values()]),
            tooltip=tooltip,
        )
    )
    line = pd.DataFrame({"x": [round(test.value, 4)], "word": [f"{name}: {num(test.value, digits)}"]})
    bound = alt.Chart(pd.DataFrame({"x": [round(test.critical, 4)]})).mark_rule(strokeDash=[4, 3]).encode(x="x:Q")
    rule = alt.Chart(line).mark_rule(color=colour(COINS[name]), strokeWidth=2.5).encode(x="x:Q")
    word = readable(
        alt.Chart(line).encode(x="x:Q", y=alt.value(8), text="word:N"),
        align="left", dx=5, fontWeight="bold", color=colour(COINS[name]),
    )  # fmt: skip
    return alt.layer(bars, bound, rule, word).properties(width=WIDTH, height=110)
