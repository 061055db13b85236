"""One claim under all its definitions."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.rows import STEP, readable, row_names, rows
from selloff.charts.theme import colour, finish
from selloff.claims import Finding, Result, stated, written

__all__ = ["definitions"]


def definitions(
    result: Result, part: str = "size", *, source: str, domain: tuple[float, float] | None = None
) -> alt.LayerChart:
    """Draw the number of each definition beside the report's figure.

    Parameters
    ----------
    result : Result
        A decided claim whose ledger entry has ``stated`` and ``tolerance``.
    part : str
        Which part's numbers to draw.
    source : str
        Publishers of the figures.
    domain : (float, float), optional
        Ends of the axis.

    Notes
    -----
    The shaded stretch is what counts as the stated figure; filled discs lie inside it, open rings outside. A diamond
    marks the definition that the report seems to have used; one inferred from its figure counts for no share.
    """
    table = result.to_frame()
    table = table[table["part"] == part].sort_values("value", kind="stable").reset_index(drop=True)
    target = stated(result.claim.terms["stated"])
    if part == "size" and table["value"].max() < 0 < target:
        target = -target
    tolerance = result.claim.terms["tolerance"]
    unit = result.claim.unit
    chosen = table["definition"] == result.claim.article_choice
    table["fits"] = table["supports"].map({True: "fits the report's figure", False: "does not fit"})
    table["shape"] = chosen.map({True: "diamond", False: "circle"})
    counted = table["definition"].isin(list(result.counted))
    table["label"] += chosen.map({True: " (the report's)", False: ""}) + counted.map({True: "", False: ", inferred"})
    table["number"] = [written(finding) for finding in _findings(result, part, table)]
    table["value"] = table["value"].round(2)
    data = table[["label", "value", "fits", "shape", "number"]]

    low, high = domain or (min(data["value"].min(), target - tolerance) * 1.12, 0)
    labels = data["label"].tolist()
    y = rows(labels)
    x = (
        alt.X("value:Q")
        .scale(domain=[low, high], nice=False)
        .axis(title="change, %" if unit == "%" else unit, grid=False, tickCount=6)
    )
    stretch = alt.Chart(pd.DataFrame({"low": [target - tolerance], "high": [target + tolerance]}))
    zone = stretch.mark_rect(color=colour("ink"), opacity=0.08).encode(x=alt.X("low:Q"), x2="high:Q")
    rule = alt.Chart(pd.DataFrame({"stated": [target], "word": ["the report"]}))
    line = rule.mark_rule(color=colour("rule"), strokeDash=[4, 3]).encode(x="stated:Q")
    word = rule.mark_text(baseline="bottom", dy=-4, fontSize=11, color=colour("quiet")).encode(
        x="stated:Q", y=alt.value(0), text="word:N"
    )
    tint = (
        alt.Color("fits:N")
        .scale(domain=["fits the report's figure", "does not fit"], range=[colour("holds"), colour("fails")])
        .legend(None)
    )
    shape = alt.Shape("shape:N").scale(domain=["circle", "diamond"], range=["circle", "diamond"]).legend(None)
    tooltip = [
        alt.Tooltip("label:N", title="Definition"),
        alt.Tooltip("number:N", title="Number"),
        alt.Tooltip("fits:N", title="Reading"),
    ]
    base = alt.Chart(data).encode(x=x, y=y, color=tint, shape=shape, tooltip=tooltip)
    inside = base.transform_filter("datum.fits != 'does not fit'").mark_point(
        size=130, filled=True, opacity=1, yOffset=7
    )
    outside = base.transform_filter("datum.fits == 'does not fit'").mark_point(
        size=110, filled=False, strokeWidth=2, opacity=1, yOffset=7
    )
    values = readable(alt.Chart(data).encode(x=x, y=y, text="number:N"), align="left", dx=11, dy=7, fontSize=12)
    fitting, count = int(table["supports"][counted].sum()), int(counted.sum())
    reach = f"{tolerance:g} percentage point" if unit == "%" else f"{unit.split()[0]} {tolerance:g} {unit.split()[1]}"
    return finish(
        alt.layer(zone, line, word, row_names(alt.Chart(data), labels), inside, outside, values),
        title=f"{fitting} of {count} definitions give the report's size",
        subtitle=f"{result.claim.id}; shaded: within {reach} of the stated figure; diamond: the "
        "report's own choice, inferred",
        description=f"Dots for {len(table)} definitions of claim {result.claim.id}, from {data['number'].iloc[0]} "
        f"({data['label'].iloc[0]}) to {data['number'].iloc[-1]} ({data['label'].iloc[-1]}); {fitting} of the "
        f"{count} that count lie inside the "
        f"shaded stretch around the report's {target:g} {unit}.",
        source=source,
        height=STEP * len(table),
    )


def _findings(result: Result, part: str, table: pd.DataFrame) -> list[Finding]:
    found = {finding.definition: finding for finding in result.findings if finding.part == part}
    return [found[key] for key in table["definition"]]
