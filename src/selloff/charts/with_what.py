"""Pictures of what crypto moved with: the week by session, coefficients, leads, spillovers."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import Layers, long, span, time_axis, time_lines
from selloff.charts.macro import YEAR
from selloff.charts.rows import readable, row_names, rows
from selloff.charts.theme import WIDTH, colour, finish
from selloff.correlation import MACRO, HourlyBeta, LeadLag, MacroSeries, Regression, SpilloverBand
from selloff.prose import day, listed, num

__all__ = [
    "COINS",
    "COIN_NAMES",
    "SOURCE",
    "alone_and_together",
    "alone_by_coin",
    "alone_by_period",
    "clear_of_zero",
    "group_spillover",
    "hourly_beta",
    "interval_rows",
    "lead_lags",
    "session_moves",
]

#: Publishers behind crypto and all macro series.
SOURCE = "Binance; S&P, Nasdaq and ICE BofA through FRED; Cboe; ICE and COMEX through Yahoo; Federal Reserve"
COINS = {"BTC": ("btc", "circle"), "ETH": ("eth", "triangle-up")}
COIN_NAMES = {"BTC": "Bitcoin", "ETH": "Ether"}
# Sides of a tile: a move with the appetite for risk, against it, or of a series that belongs to neither side.
_SIDES = ["with risk appetite", "against it", "neither"]
_COIN = MacroSeries("", "%", "16:00", 1)
_TILE = 31


def session_moves(moves: pd.DataFrame, usual: pd.Series) -> alt.LayerChart:
    """Draw each session's move of every series as tiles, in usual days.

    Parameters
    ----------
    moves : DataFrame
        One row a session, columns as in :func:`selloff.correlation.macro_panel`, at the New York close.
    usual : Series
        A usual day's move of each series, such as its standard deviation over some months before.
    """
    days = [f"{session:%a %-d}" for session in moves.index]
    about = {str(name): MACRO.get(str(name), _COIN) for name in moves}
    labels = {name: f"{name}, {each.struck}" for name, each in about.items()}
    records = []
    for name, each in about.items():
        for day_, raw, size in zip(days, moves[name], moves[name] / usual[name], strict=True):
            way = each.appetite * np.sign(size)
            records.append(
                {
                    "label": labels[name],
                    "day": day_,
                    "side": _SIDES[0] if way > 0 else _SIDES[1] if way < 0 else _SIDES[2],
                    "size": round(min(abs(size), 3), 2),
                    "word": num(size, 1, True),
                    "reading": f"{num(raw, 0 if each.unit == 'bp' else 2, True)} {each.unit}",
                }
            )
    data = pd.DataFrame(records)
    x = alt.X("day:O").sort(days).scale(padding=0).axis(title=None, orient="top", labelAngle=0, domain=False)
    y = alt.Y("label:N").sort(list(labels.values())).scale(padding=0).axis(title=None, labelColor=colour("ink"))
    tint = alt.Color("side:N").scale(domain=_SIDES, range=[colour(tone) for tone in ("equities", "volatility", "coin")])
    tooltip = [
        alt.Tooltip("label:N", title="Series"),
        alt.Tooltip("day:N", title="Session"),
        alt.Tooltip("reading:N", title="Move"),
        alt.Tooltip("word:N", title="In usual days"),
    ]
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tooltip)
    tiles = base.mark_rect(stroke=colour("paper"), strokeWidth=2).encode(
        color=tint.title(None), opacity=alt.Opacity("size:Q").scale(domain=[0, 3], range=[0.06, 0.6]).legend(None)
    )
    same = int((np.sign(moves["S&P 500"]) == np.sign(moves["BTC"])).sum())
    told = "; ".join(f"{name} {', '.join(part['word'])}" for name, part in data.groupby("label", sort=False))
    return finish(
        alt.layer(tiles, base.mark_text(fontSize=13).encode(text="word:N")),
        title=f"Bitcoin went the way of the S&P 500 in {num(same)} of {num(len(moves))} sessions",
        subtitle=[
            "Moves from one New York close to the next, each in usual days of its own; Monday's spans the weekend;",
            "beside each name: when its source strikes it, New York time",
        ],
        description=f"Tiles of {len(moves)} sessions by {moves.shape[1]} series, in usual days. {told}.",
        source=SOURCE,
        width=450,
        height=_TILE * moves.shape[1],
    )


def interval_rows(data: pd.DataFrame, groups: Mapping[str, tuple[str, str]], axis: str, form: str = "+.2f") -> Layers:
    """Draw a dot with an interval for each row and group; columns label, group, beta, lower, upper and more to show."""
    labels = list(dict.fromkeys(data["label"]))
    step = 24 + 9 * len(groups)
    reach = float(np.ceil(10 * data[["lower", "upper"]].abs().max().max()) / 10)
    data = data.round(3)
    tooltip = [
        alt.Tooltip("label:N", title="Series"),
        alt.Tooltip("group:N", title="Of"),
        *(
            alt.Tooltip(f"{field}:Q", title=title, format=form)
            for field, title in (("beta", "Estimate"), ("lower", "Low"), ("upper", "High"))
        ),
    ]
    if "pvalue" in data:
        tooltip.append(alt.Tooltip("pvalue:Q", title="p-value", format=".3f"))
    x = alt.X("lower:Q").scale(domain=[-reach, reach], nice=False).axis(title=axis, tickCount=7, grid=True)
    tint = alt.Color("group:N").scale(domain=list(groups), range=[colour(tone) for tone, _ in groups.values()])
    shape = alt.Shape("group:N").scale(domain=list(groups), range=[form for _, form in groups.values()])
    zero = alt.Chart(data.head(1)).mark_rule(color=colour("ink")).encode(x=alt.datum(0))
    layers: list[alt.Chart | Layers] = [zero]
    for place, name in enumerate(groups):
        base = alt.Chart(data[data["group"] == name]).encode(y=rows(labels), color=tint, tooltip=tooltip)
        offset = 9 * place + 4 - 4.5 * (len(groups) - 2)
        layers.append(base.mark_rule(strokeWidth=2.5, yOffset=offset).encode(x=x, x2="upper:Q"))
        layers.append(base.mark_point(size=70, opacity=1, yOffset=offset).encode(x="beta:Q", shape=shape))
    names = row_names(alt.Chart(data.drop_duplicates("label")[["label"]]), labels)
    return alt.layer(*layers, names).properties(width=WIDTH, height=step * len(labels))


def _table(fits: Mapping[tuple[str, str], Regression], group: int) -> pd.DataFrame:
    """Stack the coefficients of regressions named by two words, of which one is the group."""
    parts = []
    for key, fit in fits.items():
        frame = fit.table[["beta", "lower", "upper", "pvalue"]].copy()
        frame["label"] = frame.index if len(frame) > 1 else [fit.table.index[0]]
        parts.append(frame.assign(group=key[group]))
    return pd.concat(parts, ignore_index=True)


def clear_of_zero(data: pd.DataFrame) -> pd.Series:
    """Say which intervals leave zero out."""
    return (data["lower"] > 0) | (data["upper"] < 0)


def alone_by_coin(fits: Mapping[tuple[str, str], Regression], period: str) -> alt.LayerChart:
    """Draw how each coin moves with one series at a time.

    Parameters
    ----------
    fits : mapping
        Standardised regression on one series by (coin, series).
    period : str
        The sessions in words.
    """
    data = _table(fits, 0)
    sure = [part["label"].to_list() for _, part in data[clear_of_zero(data)].groupby("group", sort=False)]
    both = [name for name in dict.fromkeys(data["label"]) if sure and all(name in part for part in sure)]
    count = len(set(data["label"]))
    told = "; ".join(f"{row.group} on {row.label} {row.beta:+.2f}" for row in data.itertuples())
    return finish(
        interval_rows(data, COINS, "standard deviations of the coin for one of the series"),
        title=f"Both coins move clearly with {num(len(both))} of {num(count)} series, one at a time",
        subtitle=f"{period}, New York clock; one regression each, 95% robust intervals (HAC)",
        description=f"Dots with intervals in {count} rows for two coins. Clear of zero for both: "
        f"{listed(both) if both else 'none'}. {told}.",
        source=SOURCE,
        width=None,
        height=None,
    )


def alone_and_together(alone: Mapping[str, Regression], together: Regression, coin: str, period: str) -> alt.LayerChart:
    """Draw coefficients of one regression on all series beside those on one series at a time.

    Parameters
    ----------
    alone : mapping
        Standardised regression on one series, by its name.
    together : Regression
        The regression on all of them.
    coin : str
        ``"BTC"`` or ``"ETH"``.
    period : str
        The sessions in words.
    """
    fits = {("alone", name): fit for name, fit in alone.items()} | {("together", "all"): together}
    data = _table(fits, 0)
    data = data[data["label"].isin(together.table.index)]
    counts = {name: int(clear_of_zero(part).sum()) for name, part in data.groupby("group")}
    groups = {"alone": ("quiet", "square"), "together": COINS[coin]}
    told = "; ".join(f"{row.label} {row.group} {row.beta:+.2f}" for row in data.itertuples())
    return finish(
        interval_rows(data, groups, f"standard deviations of {coin} for one of the series"),
        title=f"{COIN_NAMES[coin]}: {num(counts['alone'])} of {num(len(together.table))} series are clear of zero "
        f"alone, {num(counts['together'])} together",
        subtitle=f"{period}, New York clock; each series by itself, and all in one regression; 95% intervals (HAC)",
        description=f"Dots with intervals in {len(together.table)} rows, alone and together. {told}.",
        source=SOURCE,
        width=None,
        height=None,
    )


def alone_by_period(fits: Mapping[tuple[str, str], Regression], coin: str) -> alt.LayerChart:
    """Draw how one coin moves with one series at a time, in several periods.

    Parameters
    ----------
    fits : mapping
        Standardised regression on one series by (period, series); three periods at most.
    coin : str
        ``"BTC"`` or ``"ETH"``.
    """
    data = _table(fits, 0)
    periods = list(dict.fromkeys(data["group"]))
    forms = (("rule", "square"), ("quiet", "diamond"), COINS[coin])[-len(periods) :]
    groups = dict(zip(periods, forms, strict=True))
    always = data[clear_of_zero(data)].groupby("label", sort=False).size() == len(periods)
    names = always.index[always].to_list()
    count = len(set(data["label"]))
    told = "; ".join(f"{row.label}, {row.group}: {row.beta:+.2f}" for row in data.itertuples())
    return finish(
        interval_rows(data, groups, f"standard deviations of {coin} for one of the series"),
        title=f"{COIN_NAMES[coin]}: {num(len(names))} of {num(count)} series are clear of zero in every period",
        subtitle="New York clock; one regression on one series each, 95% robust intervals (HAC)",
        description=f"Dots with intervals in {count} rows for {len(periods)} periods. Clear of zero in all: "
        f"{listed(names) if names else 'none'}. {told}.",
        source=SOURCE,
        width=None,
        height=None,
    )


def lead_lags(results: Mapping[str, LeadLag], pair: tuple[str, str]) -> alt.VConcatChart:
    """Draw cross-correlations at leads and lags, one panel a clock.

    Parameters
    ----------
    results : mapping
        Result by the clock's name in words; ``x`` is the macro series, ``y`` the coin.
    pair : tuple of str
        Names of ``x`` and ``y``.
    """
    other, coin = pair
    panels = []
    for name, result in results.items():
        data = result.to_frame().reset_index().round(3)
        data["who"] = [
            "same session" if lag == 0 else f"{other if lag > 0 else coin} first by {abs(lag)}" for lag in data["lag"]
        ]
        tooltip = [
            alt.Tooltip("who:N", title="Order"),
            alt.Tooltip("correlation:Q", title="Correlation", format="+.2f"),
            alt.Tooltip("lower:Q", title="Low", format="+.2f"),
            alt.Tooltip("upper:Q", title="High", format="+.2f"),
        ]
        words = {int(data["lag"].min()): f"{coin} first", 0: "same session", int(data["lag"].max()): f"{other} first"}
        label = " : ".join(f"datum.value == {lag} ? '{word}'" for lag, word in words.items())
        x = alt.X("lag:Q").scale(domain=[data["lag"].min() - 0.6, data["lag"].max() + 0.6], nice=False)
        x = x.axis(title=None, values=sorted(words), labelExpr=f"{label} : ''", labelOverlap=False)
        y = alt.Y("lower:Q").scale(domain=[-0.3, 0.6], nice=False).axis(title=None, values=[0, 0.4], format=".1f")
        base = alt.Chart(data).encode(x=x, tooltip=tooltip)
        bars = base.mark_rule(strokeWidth=3, color=colour("equities")).encode(y=y, y2="upper:Q")
        dots = base.mark_point(size=80, opacity=1, color=colour("equities")).encode(y="correlation:Q")
        zero = alt.Chart(data.head(1)).mark_rule(color=colour("ink")).encode(y=alt.datum(0))
        title = alt.TitleParams(f"Crypto {name}", fontSize=13, offset=6, anchor="start", frame="group")
        panels.append(alt.layer(zero, bars, dots).properties(width=WIDTH - 30, height=100, title=title))
    moved = [name for name, result in results.items() if result.peak > 0]
    told = "; ".join(f"{name}: {result.table['correlation'].round(2).tolist()}" for name, result in results.items())
    return finish(
        alt.vconcat(*panels, spacing=16),
        title=f"The {other} seems to lead on {num(len(moved))} of {num(len(results))} clocks",
        subtitle=f"Correlation of {COIN_NAMES[coin].lower()} with the {other}, sessions before and after; "
        "95% intervals (HAC)",
        description=f"{len(results)} panels, one a clock, of correlations at leads and lags, from {coin} first on the "
        f"left to {other} first on the right. {told}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        width=None,
        height=None,
    )


def hourly_beta(result: HourlyBeta, coin: str, other: str, session: float = 6.5) -> alt.LayerChart:
    """Draw in which hours around the New York close a coin moves with the session's return of shares.

    Parameters
    ----------
    result : HourlyBeta
        From :func:`selloff.correlation.beta_by_hour`.
    coin : str
        ``"BTC"`` or ``"ETH"``.
    other : str
        Name of the other market.
    session : float
        Hours from the opening to the close.
    """
    data = result.to_frame().reset_index().round(4)
    data["middle"] = data["hour"] - 0.5
    data["when"] = [
        f"{abs(h - 1)} to {abs(h)} h {'before' if h <= 0 else 'after'} the close" for h in data["hour"].tolist()
    ]
    last = int(data["hour"].max())
    x = alt.X("middle:Q").scale(domain=[int(data["hour"].min()) - 1, last], nice=False)
    x = x.axis(title="hours from the New York close", values=[-24, -18, -12, -6, 0, 6, 12])
    tooltip = [
        alt.Tooltip("when:N", title="Hour"),
        alt.Tooltip("beta:Q", title="Beta", format="+.3f"),
        alt.Tooltip("all_lower:Q", title="Band, low", format="+.3f"),
        alt.Tooltip("all_upper:Q", title="Band, high", format="+.3f"),
    ]
    edge = 0.1 * np.ceil(10 * data["all_upper"].max()) + 0.1, 0.1 * np.floor(10 * data["all_lower"].min())
    y = alt.Y("all_lower:Q").scale(domain=[round(edge[1], 1), round(edge[0], 1)], nice=False)
    y = y.axis(title="beta of the hour", tickCount=5)
    base = alt.Chart(data).encode(x=x, tooltip=tooltip)
    wide = base.mark_rule(strokeWidth=7, opacity=0.3, color=colour(COINS[coin][0])).encode(y=y, y2="all_upper:Q")
    narrow = base.mark_rule(strokeWidth=2, color=colour(COINS[coin][0])).encode(y="lower:Q", y2="upper:Q")
    dots = base.mark_point(size=50, opacity=1, color=colour(COINS[coin][0])).encode(y="beta:Q")
    box = pd.DataFrame({"from": [-session, 0.0], "to": [0.0, float(last)], "word": ["New York open", "closed"]})
    marks = alt.Chart(box)
    shade = (
        marks.transform_filter(alt.datum.to == 0)
        .mark_rect(color=colour("ink"), opacity=0.08)
        .encode(x=alt.X("from:Q"), x2="to:Q")
    )
    words = readable(
        marks.encode(x="from:Q", y=alt.value(4), text="word:N"),
        align="left",
        baseline="top",
        dx=4,
        fontSize=11,
        color=colour("quiet"),
    )
    zero = alt.Chart(box.head(1)).mark_rule(color=colour("ink")).encode(y=alt.datum(0))
    inside, up = result.total(int(np.ceil(-session)), 0)[0], result.total(-10_000, 0)[0]
    after = result.total(1, last)
    return finish(
        alt.layer(shade, zero, wide, narrow, dots, words),
        title=f"{num(100 * inside / up)}% of {COIN_NAMES[coin].lower()}'s beta falls in New York's open hours",
        subtitle=[
            f"Beta of {COIN_NAMES[coin].lower()}'s return in each hour on the whole session's return of the {other};",
            f"{day(result.first)} to {day(result.last)}; thin: 95% for one hour by itself, wide: for all hours at once",
        ],
        description=f"Dots with intervals for {len(data)} hours around the New York close. Up to the close betas add "
        f"up to {up:.2f}, of which {inside:.2f} in the open hours; after it to {after[0]:+.2f} "
        f"[{after[1]:+.2f}, {after[2]:+.2f}].",
        source="Binance; S&P Dow Jones Indices through FRED",
        height=280,
    )


def group_spillover(band: SpilloverBand, one: str, other: str) -> alt.LayerChart:
    """Draw the rolling spillover between two groups with the range that constant coefficients fill.

    Parameters
    ----------
    band : SpilloverBand
        From :func:`selloff.correlation.spillover_band`, with groups.
    one, other : str
        Names of the groups.
    """
    path = band.total.dropna()
    data = long(path.to_frame("spillover"), 2)
    edges = pd.DataFrame({"low": [round(band.lower, 2)], "high": [round(band.upper, 2)]})
    top = float(np.ceil(max(band.upper, path.max()) / 5) * 5)
    y = alt.Y("value:Q").scale(domain=[0, top]).axis(title="% of forecast error variance", tickCount=5)
    box = alt.Chart(edges).mark_rect(color=colour("equities"), opacity=0.14)
    lines = time_lines(data, y, {"spillover": "equities"}, unit="%", axis=time_axis("%Y", 6), digits=1, label=False)
    inside = bool(path.min() >= band.lower and path.max() <= band.upper)
    return finish(
        alt.layer(box.encode(y=alt.Y("low:Q"), y2="high:Q"), span(*YEAR, "2025"), lines),
        title=f"Spillover between {one} and {other} runs from {num(path.min())} to {num(path.max())}%: "
        + ("chance can do that" if inside else "more than chance does"),
        subtitle=[
            f"Share of each series' forecast error that comes from the other group, {num(band.window)} sessions,",
            f"New York clock; shaded: where {num(100 * band.level)}% of paths stay whose coefficients never change",
        ],
        description=f"One line of spillover between {one} and {other} from {day(path.index[0])} to "
        f"{day(path.index[-1])}, between {path.min():.1f} and {path.max():.1f} %; it ends at {path.iloc[-1]:.1f} %. "
        f"The band of constant coefficients runs from {band.lower:.1f} to {band.upper:.1f} %.",
        source=SOURCE,
        height=280,
    )
