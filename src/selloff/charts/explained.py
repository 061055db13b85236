"""Pictures of one move and the part of it that other series explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.rows import readable
from selloff.charts.theme import colour, finish
from selloff.charts.with_what import COIN_NAMES, COINS, SOURCE, clear_of_zero, interval_rows
from selloff.correlation import ExplainedMove
from selloff.prose import listed, num, pct

__all__ = ["contributions", "explained_moves"]


def contributions(moves: Mapping[str, ExplainedMove], until: str) -> alt.LayerChart:
    """Draw what each series adds to the explained part of a move.

    Parameters
    ----------
    moves : mapping
        Result by coin, ``"BTC"`` and ``"ETH"``, on the same series.
    until : str
        The move in words.
    """
    parts = []
    for coin, move in moves.items():
        frame = move.to_frame().rename(columns={"beta": "slope", "contribution": "beta"})
        whole = pd.DataFrame({"beta": move.explained, "lower": move.lower, "upper": move.upper}, index=["all together"])
        parts.append(pd.concat([frame, whole]).assign(group=coin).rename_axis("label").reset_index())
    data = pd.concat(parts, ignore_index=True)[["label", "group", "beta", "lower", "upper"]]
    single = data[data["label"] != "all together"]
    sure = int(clear_of_zero(single).sum())
    told = "; ".join(f"{row.group}, {row.label} {row.beta:+.1f}" for row in data.itertuples())
    first = next(iter(moves.values()))
    return finish(
        interval_rows(data, COINS, "percentage points of the coin's move (log)", "+.1f"),
        title=f"{num(sure) if sure else 'None'} of {num(len(single))} single contributions "
        f"{'is' if sure == 1 else 'are'} clear of zero",
        subtitle=[
            f"{until}; one regression on these {num(len(first.contributions))} series,",
            f"on the {num(first.observations)} sessions before the week; 95% intervals",
        ],
        description=f"Dots with intervals for what each series adds to the move of two coins. {told}.",
        source=SOURCE,
        width=None,
        height=None,
    )


def explained_moves(
    moves: Mapping[tuple[str, str], Mapping[tuple[str, int | None], ExplainedMove]], sets: Sequence[str]
) -> alt.LayerChart:
    """Draw what macro explains of each move, under several windows and sets of series, beside the move.

    Parameters
    ----------
    moves : mapping
        By (coin, stretch in words): result by (set of series, window of the estimation).
    sets : sequence of str
        Names of the sets of series, three at most.
    """
    tones = dict(zip(sets, (("equities", "circle"), ("quiet", "diamond"), ("rule", "square")), strict=False))
    records, heads, height = [], [], 0
    for (coin, stretch), parts in moves.items():
        actual = next(iter(parts.values())).actual
        heads.append({"at": height + 10, "word": f"{COIN_NAMES[coin]}, {stretch}: {pct(actual, 1, True)}"})
        for place, ((name, _), move) in enumerate(parts.items()):
            share = move.share_interval
            records.append(
                {
                    "at": height + 27 + 7 * place,
                    "row": f"{COIN_NAMES[coin]}, {stretch}",
                    "set": name,
                    "sessions": f"{num(move.observations)} sessions",
                    "explained": round(move.explained, 3),
                    "low": round(move.lower, 3),
                    "high": round(move.upper, 3),
                    "share": f"{pct(100 * move.share, 0)} ({num(100 * share[0])} to {num(100 * share[1])})",
                    "actual": round(actual, 3),
                }
            )
        height += 27 + 7 * len(parts) + 8
    data = pd.DataFrame(records)
    spots = data.groupby("row", sort=False).agg({"actual": "first", "at": ["min", "max"]})
    spots.columns = pd.Index(["actual", "from", "to"])
    top = alt.Scale(domain=[0, height], range=[0, height])
    tooltip = [
        alt.Tooltip("row:N", title="Move"),
        alt.Tooltip("actual:Q", title="It was, %", format="+.1f"),
        alt.Tooltip("set:N", title="Explained by"),
        alt.Tooltip("sessions:N", title="Estimated on"),
        alt.Tooltip("explained:Q", title="Explained, points", format="+.1f"),
        alt.Tooltip("low:Q", title="Low", format="+.1f"),
        alt.Tooltip("high:Q", title="High", format="+.1f"),
        alt.Tooltip("share:N", title="Share of the move"),
    ]
    x = alt.X("low:Q").axis(title="percent (log), from the close of Friday 19 September", tickCount=7, grid=True)
    tint = alt.Color("set:N").scale(domain=list(tones), range=[colour(tone) for tone, _ in tones.values()])
    shape = alt.Shape("set:N").scale(domain=list(tones), range=[form for _, form in tones.values()])
    base = alt.Chart(data).encode(y=alt.Y("at:Q").scale(top).axis(None), color=tint, tooltip=tooltip)
    bars = base.mark_rule(strokeWidth=2.5).encode(x=x, x2="high:Q")
    dots = base.mark_point(size=50, opacity=1).encode(x="explained:Q", shape=shape)
    zero = alt.Chart(data.head(1)).mark_rule(color=colour("ink")).encode(x=alt.datum(0))
    fall = (
        alt.Chart(spots.reset_index())
        .mark_rule(color=colour("ink"), strokeWidth=4)
        .encode(x="actual:Q", y=alt.Y("from:Q").scale(top).axis(None), y2="to:Q")
    )
    words = readable(
        alt.Chart(pd.DataFrame(heads)).encode(x=alt.value(0), y=alt.Y("at:Q").scale(top).axis(None), text="word:N"),
        align="left",
        baseline="middle",
        fontSize=12,
        color=colour("quiet"),
    )
    reach = int((data["low"] <= data["actual"]).sum())
    shares = [100 * move.share for parts in moves.values() for move in parts.values()]
    told = "; ".join(f"{r.row}, {r.set}, {r.sessions}: {r.explained:+.1f}" for r in data.itertuples())
    lengths = sorted({move.observations for parts in moves.values() for move in parts.values()})
    return finish(
        alt.layer(zero, bars, dots, fall, words),
        title=f"By estimate macro explains at most {num(np.ceil(max(shares)))}% of a fall, and "
        + (f"{num(reach)} of {num(len(data))} intervals reach all of it" if reach else "no interval reaches all of it"),
        subtitle=[
            "Black: the coin's move; coloured: what macro's moves explain with coefficients of the sessions before",
            f"the week ({listed(num(n) for n in lengths)}), with 95% intervals; New York clock",
        ],
        description=f"For {len(moves)} moves, intervals of the explained part beside the move itself. {told}.",
        source=SOURCE,
        height=height,
    )
