"""Pictures of days far out: how often and how closely two markets meet there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.charts.lines import Layers
from selloff.charts.rows import row_names, rows
from selloff.charts.theme import colour, finish
from selloff.correlation import Exceedance, MeanExceedance, QuantileBeta
from selloff.prose import num, pct

__all__ = [
    "coin_exceedance",
    "exceedance_panels",
    "normal_curves",
    "quantile_betas",
    "side_betas",
    "tail_meetings",
]

SHARES_SOURCE = "Binance; S&P Dow Jones Indices and Nasdaq through FRED"
PANEL = 285
#: Fill, stroke and shape of up to three periods, in their order.
_MARKS = (("coin", "coin", "circle"), ("equities", "equities", "diamond"), ("paper", "equities", "square"))


def normal_curves(curves: Mapping[float, NDArray[np.float64]], shares: NDArray[np.float64]) -> alt.LayerChart:
    """Draw what cutting alone does to the correlation of normal data.

    Parameters
    ----------
    curves : mapping
        Correlation that is left, by the correlation of all days.
    shares : ndarray
        Share of days in the tail, descending, for each value of a curve.
    """
    frame = pd.DataFrame(dict(curves), index=pd.Index(shares, name="share"))
    data = frame.rename_axis(columns="whole").reset_index().melt("share", value_name="left").round(4)
    data["share"] = (100 * data["share"]).round(2)
    data["name"] = ["all days " + num(float(whole), 1) for whole in data["whole"]]
    x = alt.X("share:Q").scale(type="log", domain=[50, float(data["share"].min())], nice=False)
    x = x.axis(title="share of each series that is left, %; log scale", values=[50, 20, 10, 5, 2, 1], format="d")
    y = alt.Y("left:Q").scale(domain=[0, 1]).axis(title="correlation of the days that are left", tickCount=5)
    tooltip = [
        alt.Tooltip("whole:Q", title="Correlation of all days", format=".1f"),
        alt.Tooltip("share:Q", title="Share left, %"),
        alt.Tooltip("left:Q", title="Correlation left", format=".2f"),
    ]
    base = alt.Chart(data).encode(x=x, y=y, detail="name:N")
    ends = data.groupby("name", sort=False).tail(1)
    names = alt.Chart(ends).mark_text(align="left", dx=7, color=colour("quiet")).encode(x=x, y=y, text="name:N")
    whole, last = float(max(curves)), float(shares.min())
    tenth = float(curves[whole][np.abs(shares - 0.1).argmin()])
    return finish(
        alt.layer(
            base.mark_line(color=colour("ink")), base.mark_point(opacity=0, size=90).encode(tooltip=tooltip), names
        ),
        title=f"Cut to its worst tenth, a normal sample with a correlation of {num(whole, 1)} shows {num(tenth, 2)}",
        subtitle="Correlation of normal data on days when both lie beyond the same quantile; nothing else changes",
        description=f"{len(curves)} falling lines, one for each correlation of all days: the correlation of "
        f"days on which both lie in a tail, for tails from 50 to {100 * last:.0f} percent. The correlation of "
        f"{whole:.1f} leaves {tenth:.2f} in the worst tenth.",
        source="closed form (Rosenbaum 1961)",
        height=260,
        width=540,
    )


def exceedance_panels(
    results: Mapping[str, Exceedance], waves: Mapping[str, pd.DataFrame], period: str
) -> alt.VConcatChart:
    """Draw exceedance correlations of pairs beside the normal curve and the curve of waves.

    Parameters
    ----------
    results : mapping
        Result by the pair in words; bitcoin's pairs start with "Bitcoin".
    waves : mapping
        From :func:`selloff.correlation.wave_exceedance`, by the same names.
    period : str
        Period and clock in words.
    """
    panels = []
    inside = count = 0
    for name, result in results.items():
        data = _both_sides(result.table)
        band = _both_sides(waves[name].rename(columns={"low": "lower_low", "high": "lower_high", "mean": "lower"}))
        merged = data.merge(band[["x", "value", "low", "high"]], on="x", suffixes=("", "_wave"))
        inside += int(merged["value"].between(merged["low_wave"], merged["high_wave"]).sum())
        count += int(merged["value"].notna().sum())
        tint = "btc" if name.startswith("Bitcoin") else "eth"
        panels.append(_corner_panel(merged, name, tint, ("low_wave", "high_wave", "value_wave")))
    every = "All" if inside == count else f"{num(inside)} of"
    return finish(
        _grid(panels),
        title=f"{every} {num(count)} readings lie where waves of volatility alone put them",
        subtitle=[
            f"{period}: correlation on days when both lie beyond the",
            "same quantile. Dashed: normal data. Grey: samples with waves, heavy tails and one correlation, their",
            f"mean and the range of {_level(results)} of them. Bars: {_level(results)} interval of each reading",
        ],
        description=f"{len(panels)} panels, one a pair, with correlations beyond five quantiles on either side, their "
        f"intervals, the curve of normal data and a grey range for simulated waves; {inside} of {count} readings lie "
        "inside the grey range.",
        source=SHARES_SOURCE,
        width=None,
        height=None,
    )


def coin_exceedance(results: Mapping[str, MeanExceedance], coins: int) -> alt.VConcatChart:
    """Draw mean exceedance correlations of all pairs of coins, one panel a period.

    Parameters
    ----------
    results : mapping
        Result by the period in words.
    coins : int
        Number of coins.
    """
    panels = [_corner_panel(_both_sides(result.table), name, "coin") for name, result in results.items()]
    found = [result.table.dropna(subset=["lower", "upper"]).iloc[0] for result in results.values()]
    least, most = min(row["lower"] for row in found), max(row["upper"] for row in found)
    ahead = all(row["lower"] > row["upper"] for row in found)
    pairs = next(iter(results.values())).pairs
    return finish(
        _grid(panels),
        title="Coins fall more closely together than they rise" if ahead else "Coins fall and rise alike",
        subtitle=[
            f"Mean over the {num(pairs)} pairs of {num(coins)} coins, daily at 00:00 UTC: correlation on days when",
            "both lie beyond the same quantile, left both fall, right both rise; dashed: normal data",
        ],
        description=f"{len(panels)} panels of mean correlations beyond quantiles for {pairs} pairs of coins. In the "
        f"furthest tails that all pairs fill, falls have at least {least:.2f} and rises at most {most:.2f}.",
        source="medians of up to four sources",
        width=None,
        height=None,
    )


def tail_meetings(table: pd.DataFrame, level: float) -> alt.HConcatChart:
    """Draw how often two series are in the same tail on one day, by period.

    Parameters
    ----------
    table : DataFrame
        From :func:`selloff.correlation.meeting_table`; the periods in order, the first before 2025 and the second
        in it.
    level : float
        Share of each series in its tail.
    """
    data = table.assign(panel=table["side"].map({"lower": "Worst days", "upper": "Best days"}))
    for name in ("value", "low", "high", "normal"):
        data[name] = 100 * data[name]
    falls = data[data["side"] == "lower"]
    first, second = (falls[falls["period"] == name] for name in list(dict.fromkeys(data["period"]))[:2])
    return finish(
        _period_panels(data, "days in common, % of the tail", "%", 0),
        title=f"Of the worst {_tenth(level)}, {_span(first['value'])} were shared before 2025 and "
        f"{_span(second['value'])} in it",
        subtitle=[
            f"Days in both tails as a share of each tail ({pct(100 * level, 0)} of days), New York close, 95%",
            "intervals; thin upright tick: what a normal copula with this correlation gives",
        ],
        description=f"Two panels, falls and rises, with {len(data) // 2} marks each: the share of tail days that "
        f"bitcoin or ether has in common with shares, from {data['value'].min():.0f} to {data['value'].max():.0f} "
        "percent, with wide intervals for 2025.",
        source=SHARES_SOURCE,
        width=None,
        height=None,
    )


def side_betas(table: pd.DataFrame) -> alt.HConcatChart:
    """Draw betas on days when shares fell and on the other days, by period.

    Parameters
    ----------
    table : DataFrame
        From :func:`selloff.correlation.side_beta_table`; the periods in order.
    """
    data = table.assign(panel=table["side"].map({"downside": "Days when shares fell", "upside": "Other days"}))
    falls = table[table["side"] == "downside"].set_index(["label", "period"])["value"].unstack("period")
    periods = list(dict.fromkeys(table["period"]))
    lower = int((falls[periods[1]] < falls[periods[0]]).sum())
    which = {len(falls): "every pair", 0: "no pair"}.get(lower, f"{num(lower)} of {num(len(falls))} pairs")
    return finish(
        _period_panels(data, "beta", "", 2),
        title=f"In {which} the beta on falling days was lower in 2025 than before",
        subtitle="Move of the coin for one percent of the index, New York close, robust 95% intervals",
        description=f"Two panels, days when shares fell and other days, with {len(table) // 2} betas each, from "
        f"{table['value'].min():.1f} to {table['value'].max():.1f}; the intervals of 2025 are wide.",
        source=SHARES_SOURCE,
        width=None,
        height=None,
    )


def quantile_betas(results: Mapping[tuple[str, str], QuantileBeta]) -> alt.HConcatChart:
    """Draw betas over the quantiles of the coin's return, one panel a pair and one line a period.

    Parameters
    ----------
    results : mapping
        Result by (pair, period), both in words.
    """
    pairs, periods = (list(dict.fromkeys(key[place] for key in results)) for place in (0, 1))
    frames = [
        result.table[["beta", "lower", "upper"]].round(3).reset_index().assign(pair=pair, period=period)
        for (pair, period), result in results.items()
    ]
    data = pd.concat(frames, ignore_index=True)
    low, high = float(np.floor(2 * data["lower"].min()) / 2), float(np.ceil(2 * data["upper"].max()) / 2)
    x = alt.X("quantile:Q").scale(domain=[0, 1]).axis(title="quantile of the coin's return", values=[0.1, 0.5, 0.9])
    y = alt.Y("beta:Q").scale(domain=[low, high], nice=False).axis(title="beta", tickCount=5)
    tint = alt.Color("period:N").scale(domain=periods, range=[colour(_MARKS[i][1]) for i in range(len(periods))])
    tint = tint.legend(symbolOpacity=1, symbolType="circle", symbolStrokeWidth=0)
    dash = alt.StrokeDash("period:N").scale(domain=periods, range=[[1, 0], [6, 3]][: len(periods)])
    tooltip = [alt.Tooltip("period:N", title="Period"), alt.Tooltip("quantile:Q", title="Quantile", format=".0%")]
    tooltip += [
        alt.Tooltip(f"{f}:Q", title=t, format=".2f") for f, t in (("beta", "Beta"), ("lower", "from"), ("upper", "to"))
    ]
    panels = []
    for pair in pairs:
        base = alt.Chart(data[data["pair"] == pair]).encode(x=x, color=tint)
        band = base.mark_area(opacity=0.2, line=False).encode(y=alt.Y("lower:Q"), y2="upper:Q")
        line = base.mark_line(point={"size": 40}).encode(y=y, strokeDash=dash, tooltip=tooltip)
        zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
        panels.append(alt.layer(zero, band, line).properties(width=PANEL, height=230, title=_panel_title(pair)))
    steeper = sum(result.table["beta"].iloc[0] > result.table["beta"].iloc[-1] for result in results.values())
    sure = sum(result.difference(*result.table.index[[0, -1]]).pvalue < 0.05 for result in results.values())
    which = f"all {num(len(results))}" if steeper == len(results) else f"{num(steeper)} of {num(len(results))}"
    return finish(
        alt.hconcat(*panels, spacing=26),
        title=f"In {which} lines beta is higher on the coin's bad days, in {num(sure) if sure else 'none'} beyond luck",
        subtitle="Slope of each quantile of the coin's daily return on the index, New York close; 95% bands",
        description=f"{len(panels)} panels of betas from the 5 percent to the 95 percent quantile, one line a period "
        f"with its band. In {steeper} of {len(results)} lines the left end is higher than the right one; {sure} of "
        "these differences exclude zero at five percent.",
        source=SHARES_SOURCE,
        width=None,
        height=None,
    )


def _both_sides(table: pd.DataFrame) -> pd.DataFrame:
    """Place lower corners at their quantile, upper ones beyond the middle; a table without upper ones is mirrored."""
    parts = []
    for side in ("lower", "upper"):
        source = side if side in table else "lower"
        share = table.index.to_numpy(dtype=float)
        part = pd.DataFrame(
            {
                "x": share if side == "lower" else 1.1 - share,
                "share": [f"{'both fall' if side == 'lower' else 'both rise'}, {each:.0%}" for each in share],
                "value": table[source].to_numpy(),
                "low": table[f"{source}_low"].to_numpy(),
                "high": table[f"{source}_high"].to_numpy(),
                "days": table[f"{source}_n"].to_numpy() if f"{source}_n" in table else np.nan,
                "normal": table["normal"].to_numpy() if "normal" in table else np.nan,
            }
        )
        parts.append(part.sort_values("x"))
    return pd.concat(parts, ignore_index=True).round(3)


def _corner_panel(data: pd.DataFrame, name: str, tint: str, wave: tuple[str, str, str] | None = None) -> Layers:
    data = data.assign(side=np.where(data["x"] < 0.55, "fall", "rise"))
    words = "datum.value < 0.55 ? format(datum.value, '.0%') : format(1.1 - datum.value, '.0%')"
    x = alt.X("x:Q").scale(domain=[0.06, 1.04], nice=False)
    x = x.axis(title=None, values=[0.1, 0.3, 0.5, 0.6, 0.8, 1.0], labelExpr=words, labelOverlap=False)
    y = alt.Y("value:Q").scale(domain=[-0.2, 1], nice=False, clamp=True)
    y = y.axis(title="correlation", values=[0, 0.5, 1])
    tooltip = [
        alt.Tooltip("share:N", title="Days"),
        alt.Tooltip("value:Q", title="Correlation", format=".2f"),
        alt.Tooltip("low:Q", title="from", format=".2f"),
        alt.Tooltip("high:Q", title="to", format=".2f"),
        alt.Tooltip("normal:Q", title="Normal data", format=".2f"),
        alt.Tooltip("days:Q", title="Days in common"),
    ]
    base = alt.Chart(data)
    lined = base.encode(x=x, detail="side:N")
    layers: list[Any] = []
    if wave is not None:
        low, high, mean = wave
        layers.append(lined.mark_area(color=colour("coin"), opacity=0.25).encode(y=alt.Y(f"{low}:Q"), y2=f"{high}:Q"))
        layers.append(lined.mark_line(color=colour("coin"), strokeWidth=1.5).encode(y=alt.Y(f"{mean}:Q")))
    layers.append(lined.mark_line(color=colour("ink"), strokeDash=[5, 3], strokeWidth=1.5).encode(y=alt.Y("normal:Q")))
    seen = alt.Chart(data.dropna(subset=["value"])).encode(x=x)
    layers.append(seen.mark_rule(color=colour(tint), strokeWidth=2).encode(y=alt.Y("low:Q"), y2="high:Q"))
    layers.append(seen.mark_point(color=colour(tint), size=55, filled=True, opacity=1).encode(y=y, tooltip=tooltip))
    sides = pd.DataFrame({"x": [0.3, 0.8], "word": ["both fall", "both rise"]})
    layers.append(
        alt.Chart(sides)
        .mark_text(baseline="top", fontSize=11, color=colour("quiet"))
        .encode(x="x:Q", y=alt.value(0), text="word:N")
    )
    return alt.layer(*layers).properties(width=PANEL, height=150, title=_panel_title(name))


def _grid(panels: list[Layers]) -> alt.VConcatChart:
    pairs = [alt.hconcat(*panels[start : start + 2], spacing=22) for start in range(0, len(panels), 2)]
    return alt.vconcat(*pairs, spacing=14)


def _panel_title(words: str) -> alt.TitleParams:
    return alt.TitleParams(words, fontSize=13, offset=10, anchor="start", frame="group")


def _period_panels(table: pd.DataFrame, title: str, unit: str, digits: int) -> alt.HConcatChart:
    """Draw one panel a side, one row a pair, and one mark a period with its interval."""
    data = table.round(3).copy()
    periods, labels, sides = (list(dict.fromkeys(data[name])) for name in ("period", "label", "panel"))
    data["offset"] = data["period"].map({period: 3 + 9 * place for place, period in enumerate(periods)})
    data["reading"] = [f"{num(value, digits)}{' ' + unit if unit else ''}" for value in data["value"]]
    low, high = float(min(0.0, data["low"].min())), float(data["high"].max())
    x = alt.X("value:Q").scale(domain=[low, high * 1.03], nice=False).axis(title=title, grid=True, tickCount=5)
    marks = [_MARKS[place] for place in range(len(periods))]
    legend = alt.Legend(title=None, symbolStrokeWidth=2)
    fill = alt.Fill("period:N").scale(domain=periods, range=[colour(mark[0]) for mark in marks]).legend(legend)
    line = alt.Stroke("period:N").scale(domain=periods, range=[colour(mark[1]) for mark in marks]).legend(legend)
    shape = alt.Shape("period:N").scale(domain=periods, range=[mark[2] for mark in marks]).legend(legend)
    tooltip = [
        alt.Tooltip("label:N", title="Pair"),
        alt.Tooltip("period:N", title="Period"),
        alt.Tooltip("reading:N", title="Value"),
        alt.Tooltip("low:Q", title="from"),
        alt.Tooltip("high:Q", title="to"),
        alt.Tooltip("days:Q", title="Days"),
    ]
    panels = []
    for side in sides:
        layers: list[Any] = []
        for period in periods:
            part = data[(data["panel"] == side) & (data["period"] == period)]
            offset = int(part["offset"].iloc[0])
            base = alt.Chart(part).encode(y=rows(labels), tooltip=tooltip)
            layers.append(
                base.mark_rule(strokeWidth=2, yOffset=offset).encode(x=alt.X("low:Q"), x2="high:Q", stroke=line)
            )
            if "normal" in part:
                layers.append(
                    base.mark_tick(height=11, thickness=2, color=colour("ink"), yOffset=offset).encode(x="normal:Q")
                )
            points = base.mark_point(size=60, opacity=1, strokeWidth=2, yOffset=offset)
            layers.append(points.encode(x=x, fill=fill, stroke=line, shape=shape))
        names = row_names(alt.Chart(pd.DataFrame({"label": labels})), labels)
        height = (30 + 9 * len(periods)) * len(labels)
        panels.append(alt.layer(*layers, names).properties(width=PANEL, height=height, title=_panel_title(side)))
    return alt.hconcat(*panels, spacing=26)


def _tenth(level: float) -> str:
    return "tenth of days" if level == 0.1 else f"{100 * level:.0f} % of days"


def _span(values: pd.Series) -> str:
    return f"{num(values.min())} to {pct(values.max(), 0)}"


def _level(results: Mapping[str, Exceedance]) -> str:
    return f"{100 * next(iter(results.values())).level:.0f}%"
