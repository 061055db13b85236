"""One look for all charts: colours by meaning, a configuration, and the finish that each chart gets."""

from __future__ import annotations

from typing import Any

import altair as alt

__all__ = ["FONT", "PALETTE", "WIDTH", "colour", "finish"]

#: Colour by meaning: (light, dark). Charts are drawn in the light ones; the book turns every one of them into a CSS
#: custom property, so that one drawing serves both themes. No two light colours are equal.
PALETTE: dict[str, tuple[str, str]] = {
    "btc": ("#C9720B", "#F7A440"),
    "eth": ("#4456C7", "#8FA0F5"),
    "coin": ("#8A8F98", "#A9AFB8"),
    "equities": ("#0B7A75", "#4FC1BA"),
    "dollar": ("#7A5195", "#C29BE0"),
    "rates": ("#5C6B73", "#A7B4BB"),
    "gold": ("#9A7B0A", "#D9B93B"),
    "volatility": ("#B23A48", "#EF8089"),
    "holds": ("#1B7F5C", "#4CC79A"),
    "depends": ("#9A6B00", "#E5B94E"),
    "fails": ("#B23A49", "#EF808A"),
    "untestable": ("#6B7280", "#9CA3AF"),
    "ink": ("#1F2328", "#E6E8EB"),
    "quiet": ("#57606A", "#A3ABB4"),
    "rule": ("#8C959F", "#7A828B"),
    "grid": ("#E3E6EA", "#33383E"),
    "paper": ("#FFFFFE", "#14181C"),
}

#: Arial's metrics: what the drawing program measures with, and what every system has a font for.
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
#: Width of the plot in pixels; with its axes a chart fills the text column.
WIDTH = 620
HEIGHT = 300


def colour(name: str) -> str:
    """Return the colour of a meaning, as drawn in light."""
    return PALETTE[name][0]


def _config() -> dict[str, Any]:
    ink, quiet, rule, grid = (colour(name) for name in ("ink", "quiet", "rule", "grid"))
    axis = {
        "labelColor": quiet,
        "titleColor": quiet,
        "tickColor": rule,
        "domainColor": rule,
        "gridColor": grid,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 260,
        "titlePadding": 8,
    }
    return {
        "font": FONT,
        "background": colour("paper"),
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 8},
        "axisY": {
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "start",
            "titleY": -10,
            "titleX": 0,
        },
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": ink,
            "fontSize": 16,
            "fontWeight": "bold",
            "subtitleColor": quiet,
            "subtitleFontSize": 12.5,
            "subtitlePadding": 5,
            "offset": 22,
            "lineHeight": 20,
            "subtitleLineHeight": 16,
        },
        "header": {
            "labelColor": ink,
            "labelFontSize": 13,
            "labelFontWeight": "bold",
            "labelAnchor": "start",
            "title": None,
            "labelOrient": "top",
        },
        "legend": {
            "labelColor": ink,
            "titleColor": quiet,
            "titleFontWeight": "normal",
            "orient": "bottom",
            "labelFontSize": 12,
            "title": None,
            "symbolStrokeWidth": 2,
        },
        # The chart as a whole has a description and its data stand in a table: single marks need no voice of their own.
        "mark": {"aria": False},
        "line": {"strokeWidth": 2, "strokeJoin": "round"},
        "text": {"color": ink, "fontSize": 12},
        "rule": {"color": rule},
        "point": {"size": 60, "filled": True},
        "bar": {"color": colour("coin")},
    }


def finish(
    chart: Any,
    *,
    title: str | list[str],
    subtitle: str | list[str],
    description: str,
    source: str,
    width: int | None = WIDTH,
    height: int | None = HEIGHT,
) -> Any:
    """Give a chart its title, words, size and look.

    Parameters
    ----------
    chart : Chart or LayerChart or FacetChart or VConcatChart
        The drawing.
    title : str or list of str
        The finding, a sentence; a list breaks it into lines.
    subtitle : str or list of str
        What is drawn, unit, window, clock.
    description : str
        The chart in words for who cannot see it, at least 40 characters.
    source : str
        Publishers of the figures.
    width, height : int or None
        Size of the plot; None for a facet or a concatenation, whose views have their own.
    """
    if len(description) < 40:
        raise ValueError(f"finish: the description has {len(description)} characters; say in 40 or more what is seen")
    size = {name: value for name, value in (("width", width), ("height", height)) if value is not None}
    return chart.properties(
        title=alt.TitleParams(text=title, subtitle=subtitle),
        description=description,
        usermeta={"source": source},
        **size,
    ).configure(**_config())
