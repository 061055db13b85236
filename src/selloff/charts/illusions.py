"""Pictures of what storms, clocks and stale prices do to a correlation while the link stays as it was."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import Layers
from selloff.charts.rows import STEP, row_names, rows
from selloff.charts.theme import WIDTH, colour, finish
from selloff.prose import num

__all__ = ["clock_week", "read_apart", "reading_hours", "stale_readings", "storm_cloud", "storm_curve"]

_SIGNED = "datum.value ? format(datum.value, '+d') : '0'"
_SOURCE = "Binance; S&P Dow Jones Indices through FRED"


def storm_cloud(parts: Mapping[str, pd.DataFrame]) -> alt.HConcatChart:
    """Draw simulated returns of two series in calm and in a storm, each with its line.

    Parameters
    ----------
    parts : mapping
        Columns ``x`` and ``y`` by the name of the weather: calm first, storm second.
    """
    reach = float(np.ceil(max(frame.abs().max().max() for frame in parts.values())))
    panels, told = [], []
    for (name, frame), tone in zip(parts.items(), ("rates", "volatility"), strict=True):
        r = float(frame["x"].corr(frame["y"]))
        beta = r * float(frame["y"].std() / frame["x"].std())
        told.append((name, r, beta))
        scale = alt.Scale(domain=[-reach, reach], nice=False)
        points = (
            alt.Chart(frame.round(2))
            .mark_point(size=14, filled=True, opacity=0.45, color=colour(tone))
            .encode(
                x=alt.X("x:Q").scale(scale).axis(title="common factor, %", tickCount=5),
                y=alt.Y("y:Q").scale(scale).axis(title="asset, %", tickCount=5),
                tooltip=[alt.Tooltip("x:Q", title="Factor, %"), alt.Tooltip("y:Q", title="Asset, %")],
            )
        )
        ends = np.array([frame["x"].min(), frame["x"].max()])
        line = pd.DataFrame({"x": ends, "y": frame["y"].mean() + beta * (ends - frame["x"].mean())}).round(3)
        slope = alt.Chart(line).mark_line(color=colour("ink"), strokeWidth=2).encode(x="x:Q", y="y:Q")
        words = f"{name}: correlation {num(r, 2)}, beta {num(beta, 2)}"
        title = alt.TitleParams(words, fontSize=13, anchor="start", frame="group", offset=16)
        panels.append(alt.layer(points, slope).properties(width=285, height=260, title=title))
    (calm, low, flat), (storm, high, steep) = told
    return finish(
        alt.hconcat(*panels, spacing=30),
        title=f"The same line, a longer cloud: correlation goes from {num(low, 2)} to {num(high, 2)}",
        subtitle="Simulated daily returns; in the storm the common factor moves more, nothing else is changed",
        description=f"Two clouds of points, {calm} and {storm}, each with its regression line. The slopes are "
        f"{flat:.2f} and {steep:.2f}; the cloud of the storm is longer, and its correlation is {high:.2f} "
        f"against {low:.2f}.",
        source="own simulation",
        width=None,
        height=None,
    )


def storm_curve(curve: pd.Series, found: pd.DataFrame) -> alt.LayerChart:
    """Draw correlation, its corrected value and beta against the variance of the common factor.

    Parameters
    ----------
    curve : Series
        Correlation in closed form, indexed by the variance as a multiple of the calm's.
    found : DataFrame
        Columns ``correlation``, ``corrected`` and ``beta`` by the same multiple, from one simulated sample each.
    """
    formula = pd.DataFrame({"k": curve.index, "value": curve.round(3).to_numpy()})
    names = {"correlation": "volatility", "corrected": "equities", "beta": "gold"}
    shapes = ["circle", "square", "diamond"]
    data = found[list(names)].round(3).rename_axis("k").reset_index().melt("k", var_name="what", value_name="value")
    last = float(curve.index[-1])
    x = alt.X("k:Q").scale(domain=[1, last], nice=False).axis(title="variance of the common factor, calm = 1",
                                                              values=[1, 2, 4, 9])  # fmt: skip
    y = alt.Y("value:Q").scale(domain=[0, 1], nice=False).axis(title="correlation, or beta", tickCount=5)
    line = alt.Chart(formula).mark_line(color=colour("volatility")).encode(x=x, y=y)
    flat = (
        alt.Chart(pd.DataFrame({"value": [round(float(curve.iloc[0]), 3)]}))
        .mark_rule(color=colour("rule"), strokeDash=[5, 3])
        .encode(y="value:Q")
    )
    tint = alt.Color("what:N").scale(domain=list(names), range=[colour(tone) for tone in names.values()]).legend(None)
    tooltip = [
        alt.Tooltip("what:N", title="Simulated"),
        alt.Tooltip("k:Q", title="Variance, times"),
        alt.Tooltip("value:Q", title="Value", format=".2f"),
    ]
    base = alt.Chart(data).encode(x=x, y=y, color=tint, tooltip=tooltip)
    points = base.mark_point(size=90, filled=True, opacity=1).encode(
        shape=alt.Shape("what:N").scale(domain=list(names), range=shapes).legend(None)
    )
    ends = data[data["k"] == data["k"].max()].copy()
    ends["place"] = ends["value"]
    low = ends["what"].isin(["corrected", "beta"])
    order = ends.loc[low, "value"].rank(method="first")
    ends.loc[low, "place"] = float(ends.loc[low, "value"].mean()) + (order - 1.5) * 0.09
    names_at_end = (
        alt.Chart(ends)
        .mark_text(align="left", dx=10, fontSize=13, fontWeight="bold", clip=False)
        .encode(x=x, y="place:Q", text="what:N", color=tint)
    )
    top = found.iloc[-1]
    return finish(
        alt.layer(flat, line, points, names_at_end),
        title=f"Volatility alone lifts the correlation from {num(curve.iloc[0], 2)} to {num(top['correlation'], 2)}",
        subtitle=[
            "Line: closed form; marks: one simulated sample each, its correlation as corrected by Forbes and",
            "Rigobon, and its beta; dashed: the correlation in calm",
        ],
        description="A curve that climbs with the variance of the common factor, with simulated correlations on it: "
        + ", ".join(f"{value:.2f} at {k:g} times" for k, value in found["correlation"].items())
        + f". The corrected correlations lie between {found['corrected'].min():.2f} and "
        f"{found['corrected'].max():.2f}, the betas between {found['beta'].min():.2f} and {found['beta'].max():.2f}.",
        source="own simulation",
        width=WIDTH - 60,
        height=300,
    )


def clock_week(steps: Mapping[str, pd.DataFrame], held: pd.DataFrame) -> alt.LayerChart:
    """Draw the returns of one week as stretches of time, a row for each clock.

    Parameters
    ----------
    steps : mapping
        By the name of a row, indexed by session: ``start`` and ``end`` (aware, UTC) and ``change_pct`` of each return.
        The first row is that of shares.
    held : DataFrame
        From :func:`selloff.data.sessions`: the hours in which New York trades.
    """
    form = "%Y-%m-%dT%H:%MZ"
    data = pd.concat([frame.assign(label=name) for name, frame in steps.items()], ignore_index=True)
    data["middle"] = data["start"] + (data["end"] - data["start"]) / 2
    data["change_pct"] = data["change_pct"].round(2)
    data["text"] = [num(value, 1, True) for value in data["change_pct"]]
    data["series"] = np.where(data["label"] == next(iter(steps)), "shares", "crypto")
    for column in ("start", "end", "middle"):
        data[column] = data[column].dt.strftime(form)
    labels = list(steps)
    hour = "%a %-d %b %H:%M"
    reach = f"utcFormat(toDate(datum.start), '{hour}') + ' to ' + utcFormat(toDate(datum.end), '{hour} UTC')"
    daily = alt.TimeIntervalStep(interval="day", step=1)
    x = alt.X("start:T").scale(type="utc").axis(format="%a %-d", tickCount=daily, title="midnight, UTC")
    tint = alt.Color("series:N").scale(domain=["shares", "crypto"], range=[colour("equities"), colour("btc")])
    tooltip = [
        alt.Tooltip("label:N", title="Row"),
        alt.Tooltip("reach:N", title="From"),
        alt.Tooltip("change_pct:Q", title="Change, %", format="+.2f"),
    ]
    base = alt.Chart(data).transform_calculate(reach=reach).encode(y=rows(labels), tooltip=tooltip)
    opened = pd.DataFrame({"open": held["open_utc"].dt.strftime(form), "close": held["close_utc"].dt.strftime(form)})
    trading = (
        alt.Chart(opened)
        .mark_rect(color=colour("ink"), opacity=0.1)
        .encode(x=alt.X("open:T").scale(type="utc"), x2="close:T")
    )
    bars = base.mark_bar(size=18, yOffset=10, opacity=0.3, stroke=colour("paper"), strokeWidth=2).encode(
        x=x, x2="end:T", color=tint.legend(None)
    )
    words = base.mark_text(dy=10, fontSize=12, fontWeight="bold").encode(x="middle:T", text="text:N")
    days = {name: frame["change_pct"] for name, frame in steps.items()}
    spread = pd.DataFrame({name: part for name, part in days.items() if name != labels[0]})
    place = int(np.argmax((spread.max(axis=1) - spread.min(axis=1)).to_numpy()))
    worst, row = pd.DatetimeIndex(spread.index)[place], spread.iloc[place]
    low, high = (num(float(value), 1, True) for value in (row.min(), row.max()))
    told = "; ".join(f"{name}: " + ", ".join(f"{v:+.1f}" for v in part) for name, part in days.items())
    return finish(
        alt.layer(trading, bars, words, row_names(alt.Chart(pd.DataFrame({"label": labels})), labels)),
        title=f"On {worst:%A} bitcoin's return is anything from {low} to {high} %, by the clock",
        subtitle=[
            "Each bar is one return, from one reading of the price to the next, log change in %; the first spans the",
            "weekend; shaded: New York trades",
        ],
        description=f"Rows of bars along the week, {len(labels)} clocks and five returns each, in percent. {told}.",
        source=_SOURCE,
        height=(STEP + 6) * len(labels),
    )


def read_apart(found: pd.Series, even: pd.Series) -> alt.LayerChart:
    """Draw the correlation of two simulated prices against the hours between their readings.

    Parameters
    ----------
    found, even : Series
        Correlation of one simulated sample, and in closed form, both indexed by the hours by which the second price
        is read later.
    """
    whole, half = float(even.loc[0]), float(found.loc[12])
    return finish(
        _readings(found, even, "hours by which the second price is read after the first", line=False),
        title=f"Read half a day apart, a correlation of {num(whole, 2)} shows as {num(half, 2)}",
        subtitle="Daily returns of two simulated prices; marks: one long sample; dashed: share of the day in common",
        description=_told(found, even),
        source="own simulation",
        height=260,
    )


def reading_hours(found: pd.Series, even: pd.Series, clocks: Mapping[str, tuple[float, float]]) -> alt.LayerChart:
    """Draw the correlation of bitcoin and shares against the hour at which bitcoin is read.

    Parameters
    ----------
    found, even : Series
        Correlation as found, and as it would be if common news came evenly, both indexed by the hours by which
        bitcoin is read after the New York close.
    clocks : mapping
        First and last hour of a clock by its words.
    """
    early, late = float(found.loc[-12]), float(found.loc[12])
    spans = pd.DataFrame([(word, *ends) for word, ends in clocks.items()], columns=["word", "from", "to"])
    spans["from"], spans["to"] = spans["from"] - 0.3, spans["to"] + 0.3
    box = alt.Chart(spans)
    bands = box.mark_rect(color=colour("ink"), opacity=0.12).encode(x="from:Q", x2="to:Q")
    words = box.mark_text(align="left", baseline="top", dx=4, fontSize=12, color=colour("quiet")).encode(
        x="to:Q", y=alt.value(2), text="word:N"
    )
    body = _readings(found, even, "hours by which bitcoin is read after the New York close", line=True)
    return finish(
        alt.layer(bands, body, words),
        title=f"Read 12 hours early, bitcoin shows a correlation of {num(early, 2)}; 12 hours late, {num(late, 2)}",
        subtitle="Bitcoin and the S&P 500, session by session; dashed: if common news came evenly over the day",
        description=_told(found, even),
        source=_SOURCE,
        height=320,
    )


def _readings(found: pd.Series, even: pd.Series, words: str, line: bool) -> Layers:
    data = pd.DataFrame({"hours": found.index, "r": found.round(3).to_numpy()})
    tent = pd.DataFrame({"hours": even.index, "r": even.round(3).to_numpy()})
    top = float(max(found.max(), even.max()))
    y = alt.Y("r:Q").scale(domain=[min(-0.1, float(found.min())), 1.25 * top], nice=False)
    y = y.axis(title="correlation", tickCount=5)
    x = alt.X("hours:Q").scale(domain=[-24.5, 24.5], nice=False)
    x = x.axis(title=words, values=[-24, -18, -12, -6, 0, 6, 12, 18, 24], labelExpr=_SIGNED)
    tooltip = [
        alt.Tooltip("hours:Q", title="Hours later", format="+d"),
        alt.Tooltip("r:Q", title="Correlation", format=".2f"),
    ]
    zero = alt.Chart(pd.DataFrame({"r": [0]})).mark_rule().encode(y="r:Q")
    dashed = alt.Chart(tent).mark_line(color=colour("quiet"), strokeDash=[5, 3]).encode(x=x, y=y)
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tooltip)
    points = base.mark_point(size=26 if line else 60, filled=True, opacity=1, color=colour("equities"))
    joined = [base.mark_line(color=colour("equities"))] if line else []
    return alt.layer(zero, dashed, *joined, points)


def _told(found: pd.Series, even: pd.Series) -> str:
    shown = ", ".join(f"{found.loc[hours]:.2f} at {hours:+d}" for hours in (-24, -12, 0, 12, 24))
    return (
        f"Correlation against the hours between the two readings: {shown}; a dashed tent with its top at "
        f"{float(even.max()):.2f} shows what evenly spread news would give."
    )


def stale_readings(found: pd.DataFrame) -> alt.LayerChart:
    """Draw what is left of a correlation when one series is read now and then and filled forward.

    Parameters
    ----------
    found : DataFrame
        Columns ``filled`` and ``matched`` indexed by the sessions between two readings.
    """
    whole = float(found["matched"].iloc[0])
    names = {"filled": "filled forward", "matched": "both over the same sessions"}
    data = found.round(3).rename(columns=names).rename_axis("every").reset_index()
    data = data.melt("every", var_name="how", value_name="r")
    data["theory"] = np.where(data["how"] == names["filled"], whole / data["every"], whole).round(3)
    domain = list(names.values())
    tint = alt.Color("how:N").scale(domain=domain, range=[colour("volatility"), colour("equities")]).legend(None)
    ticks = [int(k) for k in found.index]
    x = alt.X("every:Q").scale(type="log", domain=[1, ticks[-1]], nice=False).axis(
        title="sessions from one reading of shares to the next (log scale)", values=ticks
    )  # fmt: skip
    y = alt.Y("r:Q").scale(domain=[0, 0.65], nice=False).axis(title="correlation", tickCount=4)
    tooltip = [
        alt.Tooltip("how:N", title="Correlation"),
        alt.Tooltip("every:Q", title="Sessions"),
        alt.Tooltip("r:Q", title="Found", format=".2f"),
        alt.Tooltip("theory:Q", title="Without memory", format=".2f"),
    ]
    base = alt.Chart(data).encode(x=x, color=tint, tooltip=tooltip)
    smooth = np.geomspace(1, ticks[-1], 40)
    formula = pd.DataFrame({"every": smooth, "r": whole / smooth}).round(3)
    dashed = alt.Chart(formula).mark_line(color=colour("quiet"), strokeDash=[5, 3]).encode(x=x, y=y)
    lines = base.mark_line().encode(y=y)
    points = base.mark_point(size=70, filled=True, opacity=1).encode(
        y=y, shape=alt.Shape("how:N").scale(domain=domain, range=["triangle-up", "circle"]).legend(None)
    )
    spots = pd.DataFrame({"how": domain, "every": [2.1, 2.1], "r": [0.235, 0.43]})
    words = alt.Chart(spots).mark_text(align="left", fontSize=13, fontWeight="bold")
    k = 5 if 5 in ticks else ticks[-1]
    left = num(float(found["filled"].to_numpy()[ticks.index(k)]), 2)
    return finish(
        alt.layer(dashed, lines, points, words.encode(x=x, y="r:Q", text="how:N", color=tint)),
        title=f"Read every {num(k)} sessions and filled, {num(whole, 2)} shrinks to {left}",
        subtitle="Bitcoin and the S&P 500, New York close; dashed: correlation divided by the sessions",
        description=f"Two lines that start at {whole:.2f}. Filled forward, the correlation falls to "
        f"{found['filled'].iloc[-1]:.2f} at {ticks[-1]} sessions, close to the dashed curve; measured over the same "
        f"sessions for both it stays at {found['matched'].min():.2f} or above.",
        source=_SOURCE,
        height=280,
    )
