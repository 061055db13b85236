"""A picture that the reader steers: pick asset, series, clock and window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from selloff.charts.lines import Layers
from selloff.charts.theme import WIDTH, colour, finish
from selloff.correlation import Exploration
from selloff.prose import day, num

__all__ = ["explorer"]

#: Values are stored as whole numbers, which take half the room: hundredths on a path, tenths in the scatter.
_PATH, _DOT = 100, 10
_PICKED = "datum.asset == asset && datum.series == series && datum.clock == clock"


def explorer(
    found: Exploration, series: Mapping[str, str], clocks: Mapping[str, str], *, source: str
) -> alt.VConcatChart:
    """Draw one pair at a time: its returns, its rolling correlation with the band, and its rolling beta.

    Parameters
    ----------
    found : Exploration
        From :func:`selloff.correlation.explore`.
    series, clocks : mapping
        Name in words by key, in the order in which they are offered; the first is shown at the start.
    source : str
        Publishers of the figures.

    Notes
    -----
    All numbers are computed beforehand and travel with the picture, so it needs no server.
    """
    start = pd.Timestamp(min(dates[0] for dates in [*found.paths["date"], *found.returns["date"]]))
    paths = _packed(found.paths, ["estimate", "low", "high", "beta"], _PATH, start, series, clocks)
    dots = _packed(found.returns, ["x", "y"], _DOT, start, series, clocks)
    choices = [
        _choice("asset", sorted(paths["asset"].unique()), "Coin"),
        _choice("series", list(series.values()), "Series"),
        _choice("clock", list(clocks.values()), "Clock"),
        _choice("window", sorted(int(window) for window in paths["window"].unique()), "Window, sessions"),
    ]
    rows = len(found.returns["date"].iloc[0])
    first = found.paths.iloc[0]
    return finish(
        alt.vconcat(_scatter(dots, start), _lines(paths, start), _beta(paths, start), spacing=26).add_params(*choices),
        title="Pick a pair and see how little a window knows",
        subtitle=[
            "above: returns of each session, in standard deviations; pale before 2025;",
            "middle: rolling correlation and its band for all dates at once; below: beta in the same unit",
        ],
        description=f"Three panels for one pair at a time, up to {day(found.end)}: a scatter of {num(rows)} returns, "
        f"the rolling correlation with its simultaneous band, and beta. At first {first['asset']} with "
        f"{series[first['series']]}, {clocks[first['clock']]}; {num(len(paths))} combinations can be picked.",
        source=source,
        width=None,
        height=None,
    )


def _packed(
    table: pd.DataFrame, columns: list[str], unit: int, start: pd.Timestamp, series: Mapping[str, str],
    clocks: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """Turn lists of numbers into whole numbers with commas, dates into days since the first, and keys into words."""
    known = table[table["series"].isin(list(series)) & table["clock"].isin(list(clocks))]
    days = known["date"].map(lambda dates: (pd.DatetimeIndex(dates) - start).days.tolist())
    packed = known.drop(columns="date").assign(
        series=known["series"].map(series), clock=known["clock"].map(clocks), day=days
    )
    whole = {name: known[name].map(lambda values: [round(value * unit) for value in values]) for name in columns}
    packed = packed.assign(**whole)
    # As text a list takes one line of a notebook, not one line a number.
    return packed.assign(
        **{name: packed[name].map(lambda numbers: ",".join(map(str, numbers))) for name in ["day", *columns]}
    )


def _choice(name: str, options: list[Any], label: str) -> alt.Parameter:
    bind = alt.binding_select(options=options, name=f"{label} ")
    return alt.param(name=name, value=options[0], bind=bind)


def _unpacked(table: pd.DataFrame, columns: list[str], unit: int, start: pd.Timestamp, picked: str) -> alt.Chart:
    lists = {name: f"split(datum.{name}, ',')" for name in ["day", *columns]}
    chart = alt.Chart(table).transform_filter(picked).transform_calculate(**lists).transform_flatten(list(lists))
    when = f"utc({start.year}, {start.month - 1}, {start.day}) + toNumber(datum.day) * 86400000"
    values = {name: f"toNumber(datum.{name}) / {unit}" for name in columns}
    return chart.transform_calculate(time=when, when="utcFormat(datum.time, '%-d %b %Y')", **values)


def _scatter(dots: pd.DataFrame, start: pd.Timestamp) -> alt.Chart:
    late = "year(datum.time) >= 2025"
    axis = alt.Axis(values=[-4, -2, 0, 2, 4], grid=True)
    scale = alt.Scale(domain=[-4.5, 4.5], clamp=True, nice=False)
    return (
        _unpacked(dots, ["x", "y"], _DOT, start, _PICKED)
        .mark_point(size=26, filled=True, clip=True)
        .encode(
            x=alt.X("x:Q").scale(scale).axis(axis).title("the series, standard deviations"),
            y=alt.Y("y:Q").scale(scale).axis(axis).title("the coin, standard deviations"),
            color=alt.condition("datum.asset == 'ETH'", alt.value(colour("eth")), alt.value(colour("btc"))),
            opacity=alt.condition(late, alt.value(0.85), alt.value(0.25)),
            tooltip=[
                alt.Tooltip("when:N", title="Session"),
                alt.Tooltip("x:Q", title="Series", format=".1f"),
                alt.Tooltip("y:Q", title="Coin", format=".1f"),
            ],
        )
        .properties(width=WIDTH, height=240)
    )


def _time() -> alt.X:
    return alt.X("time:T").scale(type="utc").axis(format="%Y", tickCount="year", title=None, grid=False)


def _lines(paths: pd.DataFrame, start: pd.Timestamp) -> Layers:
    base = _unpacked(paths, ["estimate", "low", "high"], _PATH, start, f"{_PICKED} && datum.window == window")
    y = alt.Scale(domain=[-1, 1], nice=False)
    axis = alt.Axis(values=[-1, -0.5, 0, 0.5, 1], grid=True, title="correlation")
    tooltip = [
        alt.Tooltip("when:N", title="Window ends"),
        alt.Tooltip("estimate:Q", title="Correlation", format=".2f"),
        alt.Tooltip("low:Q", title="Band from", format=".2f"),
        alt.Tooltip("high:Q", title="to", format=".2f"),
    ]
    band = base.mark_area(opacity=0.18, color=colour("equities"), line=False).encode(
        x=_time(), y=alt.Y("low:Q").scale(y).axis(axis), y2="high:Q"
    )
    line = base.mark_line(color=colour("equities")).encode(x=_time(), y=alt.Y("estimate:Q").scale(y).axis(axis))
    points = base.mark_point(size=60, opacity=0, filled=True, color=colour("equities")).encode(
        x=_time(), y=alt.Y("estimate:Q").scale(y).axis(axis), tooltip=tooltip
    )
    return alt.layer(_zero(), band, line, points).properties(width=WIDTH, height=190)


def _beta(paths: pd.DataFrame, start: pd.Timestamp) -> Layers:
    base = _unpacked(paths, ["beta"], _PATH, start, f"{_PICKED} && datum.window == window")
    y = alt.Y("beta:Q").scale(domain=[-1.5, 1.5], nice=False, clamp=True)
    y = y.axis(alt.Axis(values=[-1, 0, 1], grid=True, title="beta, standard deviations a standard deviation"))
    tooltip = [alt.Tooltip("when:N", title="Window ends"), alt.Tooltip("beta:Q", title="Beta", format=".2f")]
    line = base.mark_line(color=colour("dollar")).encode(x=_time(), y=y)
    points = base.mark_point(size=60, opacity=0, filled=True, color=colour("dollar")).encode(
        x=_time(), y=y, tooltip=tooltip
    )
    return alt.layer(_zero(), line, points).properties(width=WIDTH, height=120)


def _zero() -> alt.Chart:
    return alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=colour("rule")).encode(y="zero:Q")
