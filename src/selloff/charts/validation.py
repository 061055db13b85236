"""How tests and bands behave where the truth is known."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.rows import STEP, row_names, rows
from selloff.charts.theme import colour, finish

__all__ = ["DESIGN_NAMES", "study_shares"]

#: What readers call the simulated data.
DESIGN_NAMES = {
    "normal": "independent normal",
    "t5": "heavy tails",
    "garch_t5": "heavy tails and waves",
    "crypto": "crypto-like waves",
}
_COLOURS = ("coin", "dollar", "volatility", "btc")
_SHAPES = ("circle", "square", "diamond", "triangle-up")
_WORDS = {
    "size": ("rejections without a change, %", "Rejections of a true null hypothesis at a nominal"),
    "power": ("rejections of a real rise, %", "Rejections where the correlation rises from .40 to .65 halfway"),
    "coverage": ("intervals that hold the truth, %", "Intervals that hold the truth at a nominal"),
}


def study_shares(table: pd.DataFrame, measure: str, *, source: str = "own simulations") -> alt.LayerChart:
    """Draw the share of each method under each kind of returns, with its 95 % interval.

    Parameters
    ----------
    table : DataFrame
        Rows of :func:`selloff.validation.simulations`.
    measure : {"size", "power", "coverage"}
        Which rows to draw.
    source : str
        The line under the chart.
    """
    part = table[(table["measure"] == measure) & table["design"].isin(list(DESIGN_NAMES))]
    if part.empty:
        raise ValueError(f"study_shares: no study measures {measure!r}; expected {', '.join(_WORDS)}")
    data = pd.DataFrame(
        {
            "label": part["method"],
            "returns": part["design"].map(DESIGN_NAMES),
            "share": (100 * part["share"]).round(1),
            "low": (100 * part["low"]).round(1),
            "high": (100 * part["high"]).round(1),
        }
    ).reset_index(drop=True)
    # Four marks of one row stand side by side, not on each other.
    data["offset"] = data["returns"].map({name: 4 + 5 * place for place, name in enumerate(DESIGN_NAMES.values())})
    labels = list(dict.fromkeys(data["label"]))
    axis, words = _WORDS[measure]
    nominal = float(part["nominal"].iloc[0]) * 100
    names = list(DESIGN_NAMES.values())
    low, high = (max(0, data["low"].min() - 4), 100) if measure == "coverage" else (0, data["high"].max() * 1.05)
    x = alt.X("share:Q").scale(domain=[low, high], nice=False, zero=False).axis(title=axis, grid=True, tickCount=6)
    tint = alt.Color("returns:N").scale(domain=names, range=[colour(name) for name in _COLOURS]).legend(columns=2)
    shape = alt.Shape("returns:N").scale(domain=names, range=list(_SHAPES)).legend(columns=2)
    tooltip = [
        alt.Tooltip("label:N", title="Method"),
        alt.Tooltip("returns:N", title="Returns"),
        alt.Tooltip("share:Q", title="Share, %"),
        alt.Tooltip("low:Q", title="from"),
        alt.Tooltip("high:Q", title="to"),
    ]
    layers: list[alt.Chart | alt.LayerChart | alt.FacetChart] = []
    if nominal == nominal:
        rule = alt.Chart(pd.DataFrame({"nominal": [nominal]}))
        layers.append(rule.mark_rule(color=colour("ink"), strokeDash=[4, 3]).encode(x="nominal:Q"))
    for name in names:
        base = alt.Chart(data[data["returns"] == name]).encode(y=rows(labels), color=tint, tooltip=tooltip)
        offset = int(data.loc[data["returns"] == name, "offset"].iloc[0])
        layers.append(base.mark_rule(strokeWidth=1.5, yOffset=offset).encode(x=alt.X("low:Q"), x2="high:Q"))
        layers.append(base.mark_point(size=55, filled=True, opacity=1, yOffset=offset).encode(x=x, shape=shape))
    layers.append(row_names(alt.Chart(pd.DataFrame({"label": labels})), labels))
    promise = f" {nominal:.0f} %" if nominal == nominal else ""
    worst = data.iloc[int(data["share"].argmin() if measure == "coverage" else data["share"].argmax())]
    return finish(
        alt.layer(*layers),
        title=_title(part, measure),
        subtitle=f"{words}{promise}; line: 95 % interval of the simulation",
        description=f"{len(labels)} methods in rows, each with {len(names)} marks for the kinds of simulated returns. "
        f"The {'lowest' if measure == 'coverage' else 'highest'} share is {worst['share']:.1f} % "
        f"({worst['label']}, {worst['returns']}).",
        source=source,
        height=(STEP + 8) * len(labels),
    )


def _title(part: pd.DataFrame, measure: str) -> str:
    share = part.set_index(["method", "design"])["share"] * 100
    waves = share.xs("garch_t5", level="design")
    if measure == "size":
        fisher, deciding = waves["two windows, Fisher"], waves["two windows, bootstrap"]
        return f"In 100 samples with waves Fisher cries wolf {fisher:.0f} times, the deciding test {deciding:.0f}"
    if measure == "power":
        return f"The deciding test finds the rise in {waves['two windows, bootstrap']:.0f} of 100 samples with waves"
    band = share.xs("correlation band, all dates at once", level="method")
    return f"The band for all dates holds the truth in {band.min():.0f} to {band.max():.0f} of 100 samples"
