"""All claims in one picture: the share of definitions that supports each."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from selloff.charts.theme import colour, finish
from selloff.claims import Result
from selloff.claims.result import WORDS, Verdict
from selloff.prose import num

__all__ = ["verdicts"]

_ROW, _BAR = 34, 8
#: Words that leave room for the name of the claim on a phone.
_SHORT: dict[Verdict, str] = {"untestable": "cannot be tested"}


def verdicts(results: Sequence[Result], *, source: str = "the tables named with each claim") -> alt.LayerChart:
    """Draw each decided claim as a bar: how many of its definitions support it.

    Parameters
    ----------
    results : sequence of Result
        From :func:`selloff.claims.board`; claims not decided yet are left out.
    source : str
        Publishers of the figures.
    """
    decided = [result for result in results if result.findings]
    if not decided:
        raise ValueError("verdicts: no claim is decided; pass the results of selloff.claims.board()")
    data = pd.DataFrame(
        {
            "label": [f"{result.claim.id}  {result.claim.name}" for result in decided],
            "claim": [result.claim.paraphrase for result in decided],
            "share": [round(100 * result.share, 1) for result in decided],
            "verdict": [WORDS[result.verdict] for result in decided],
            "count": ["{} of {}".format(*map(num, result.support)) for result in decided],
        }
    )
    data["words"] = data["count"] + ", " + data["verdict"]
    data["short"] = data["count"] + ", " + [_SHORT.get(result.verdict, result.verdict) for result in decided]
    y = alt.Y("label:N").sort(data["label"].tolist()).scale(paddingInner=0, paddingOuter=0).axis(None)
    axis = alt.Axis(title="definitions in favour, %", grid=False, tickCount=5)
    x = alt.X("share:Q").scale(domain=[0, 100], nice=False).axis(axis)
    names: tuple[Verdict, ...] = ("holds", "depends", "fails", "untestable")
    scale = alt.Scale(domain=[WORDS[name] for name in names], range=[colour(name) for name in names])
    tint = alt.Color("verdict:N").scale(scale).legend(None)
    base = alt.Chart(data).encode(y=y)
    tooltip = [alt.Tooltip("claim:N", title="Claim"), alt.Tooltip("words:N", title="Definitions in favour")]
    ground = base.mark_bar(height=_BAR, color=colour("grid"), yOffset=8).encode(x=alt.datum(0), x2=alt.datum(100))
    bars = base.mark_bar(height=_BAR, yOffset=8).encode(x=x, color=tint, tooltip=tooltip)
    start = base.mark_tick(thickness=3, size=_BAR, yOffset=8).encode(x=alt.datum(0), color=tint)
    left = base.mark_text(align="left", dy=-7, fontSize=12).encode(x=alt.value(0), text="label:N")
    right = base.mark_text(align="right", dy=-7, fontSize=12, fontWeight="bold").encode(
        x=alt.value("width"), text="short:N", color=tint
    )
    counts = data["verdict"].value_counts()
    told = ", ".join(f"{num(counts[WORDS[name]])} {WORDS[name]}" for name in names if WORDS[name] in counts)
    return finish(
        alt.layer(ground, bars, start, left, right),
        title=f"{num(counts.get(WORDS['holds'], 0))} of {num(len(decided))} claims hold whatever the definition",
        subtitle="Share of the ledger's definitions under which each claim is true",
        description=f"Bars for {len(decided)} claims, the share of definitions that support each: {told}.",
        source=source,
        height=_ROW * len(decided),
    )
