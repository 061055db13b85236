"""At which hours the report's two weekly figures fit together."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.lines import HOUR, long, time_axis, time_lines
from selloff.charts.theme import colour, finish
from selloff.prose import num

__all__ = ["fitting_hours"]


def fitting_hours(gaps: pd.DataFrame, tolerance: float) -> alt.LayerChart:
    """Draw how far the change since one moment lies from the stated figures, and shade the hours where all fit.

    Parameters
    ----------
    gaps : DataFrame
        From :func:`selloff.claims.gaps_by_hour`.
    tolerance : float
        How far a change may lie from the stated figure and still count as it, in percentage points.
    """
    fits = (gaps.abs() <= tolerance).all(axis=1)
    hours = pd.DataFrame({"to": gaps.index[fits]})
    hours["from"] = hours["to"] - pd.Timedelta(hours=1)
    shaded = hours.map(lambda moment: f"{moment:%Y-%m-%dT%H:%MZ}")
    time = time_axis("%a", 5, "from")
    bars = alt.Chart(shaded).mark_rect(color=colour("holds"), opacity=0.18).encode(x=time, x2="to:T")
    band = alt.Chart(pd.DataFrame({"low": [-tolerance], "high": [tolerance]}))
    zone = band.mark_rect(color=colour("ink"), opacity=0.08).encode(y="low:Q", y2="high:Q")
    zero = band.mark_rule(color=colour("rule"), strokeDash=[4, 3]).encode(y=alt.datum(0))
    y = alt.Y("value:Q").axis(title="points away from the stated figure", tickCount=6)
    lines = time_lines(long(gaps), y, {"BTC": "btc", "ETH": "eth"}, unit="points", form=HOUR, axis=time_axis("%a", 5))
    return finish(
        alt.layer(bars, zone, zero, lines),
        title=f"Both of the report's figures fit in {num(fits.sum())} of {num(len(gaps))} hours",
        subtitle=[
            "Change since the end of Sunday less the stated change, by the hour, UTC;",
            f"grey: within {tolerance:g} point; green: hours in which both coins lie there",
        ],
        description="Two lines, bitcoin and ether, show how far the change since Sunday midnight lies from the "
        f"stated figure hour by hour; in {fits.sum()} hours both lie within {tolerance:g} point.",
        source="Binance",
    )
