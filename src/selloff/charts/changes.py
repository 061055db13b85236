"""Pictures of changes of correlation: the reader picks the definition, chance is drawn beside what was found."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from selloff.charts.lines import Layers, thin, time_axis
from selloff.charts.rows import STEP, readable, row_names, rows
from selloff.charts.theme import colour, finish
from selloff.correlation import Band, Changes
from selloff.prose import num

__all__ = ["appetite_bands", "chosen_changes"]

_SOURCE = "Binance; S&P, Nasdaq, ICE, COMEX, Cboe and ICE BofA, mostly through FRED; Federal Reserve"
_PICKED = ("asset", "clock", "step", "estimator", "window", "compared")


def chosen_changes(changes: Changes, words: Mapping[str, Mapping[str, str]]) -> alt.LayerChart:
    """Draw the changes against all series under one definition of all else, which the reader picks.

    Parameters
    ----------
    changes : Changes
        From :func:`selloff.claims.growing_correlation`.
    words : mapping
        Words of the options by choice and key, as ``specification_curve("C18").choices`` holds them.

    Notes
    -----
    Without scripts the picture shows the first option of every choice.
    """
    table, names = changes.table, list(words["series"].values())
    codes = {choice: {key: str(place) for place, key in enumerate(words[choice])} for choice in _PICKED}
    # One digit a choice, in the order of the lists: 1,152 rows stay small that way.
    digits = pd.DataFrame({choice: table[choice].map(codes[choice]) for choice in _PICKED})
    data = pd.DataFrame({"pick": digits.sum(axis=1), "label": table["series"].map(dict(words["series"]))})
    columns = {"estimate": "change", "lower": "low", "upper": "high", "pvalue": "alone", "family_pvalue": "among"}
    data = data.join(table[list(columns)].rename(columns=columns).round(3))
    data["needed"] = changes.hurdle.round(2)
    params = [
        alt.param(
            name=choice,
            value=0,
            bind=alt.binding_select(
                options=list(range(len(words[choice]))), labels=list(words[choice].values()), name=f"{_HEADS[choice]} "
            ),
        )
        for choice in _PICKED
    ]
    chosen = f"datum.pick == '' + {' + '.join(_PICKED)}"
    text = "'p ' + format(datum.alone, '.2f') + ' alone, ' + format(datum.among, '.2f') + ' among all'"
    base = alt.Chart(data).transform_filter(chosen)
    seen = data[data["pick"] == "0" * len(_PICKED)]
    first = ", ".join(next(iter(words[choice].values())) for choice in _PICKED)
    standing = int((table["family_pvalue"] <= changes.level).sum())
    return finish(
        alt.layer(*_intervals(base, names), _written(base, names, text)).add_params(*params),
        title=f"{num(standing) if standing else 'Not one'} of {num(len(table))} changes rises beyond chance: pick any",
        subtitle=[
            "Dot: change of correlation, a rise to the right means more with the appetite for risk; bar: its 95 %",
            f"interval; tick: what a rise must reach to stand out among all {num(len(table))} definitions",
        ],
        description=f"Changes of correlation with {len(names)} series, each with its interval, for "
        f"{first}: from {seen['change'].min():+.2f} to {seen['change'].max():+.2f}. Six lists pick another definition.",
        source=_SOURCE,
        height=STEP * len(names),
    )


_HEADS = {
    "asset": "Asset",
    "clock": "Crypto priced",
    "step": "Step",
    "estimator": "Measure",
    "window": "Window",
    "compared": "Compared",
}


def _intervals(base: alt.Chart, names: list[str]) -> list[Layers | alt.Chart]:
    x = alt.X("change:Q").scale(domain=[-1, 1], clamp=True, nice=False)
    shown = x.axis(title="change, points of correlation", tickCount=5, grid=True, format="+.1f")
    tooltip = [alt.Tooltip("label:N", title="With")] + [
        alt.Tooltip(f"{field}:Q", title=title, format=form)
        for field, title, form in (
            ("change", "Change", "+.2f"), ("low", "Interval from", "+.2f"), ("high", "to", "+.2f"),
            ("alone", "p, alone", ".3f"), ("among", "p of a rise, among all", ".3f"),
            ("needed", "A rise must reach", "+.2f"),
        )
    ]  # fmt: skip
    sure = alt.condition("datum.low > 0 || datum.high < 0", alt.value(colour("equities")), alt.value(colour("coin")))
    place = base.encode(y=rows(names), tooltip=tooltip)
    zero = alt.Chart(pd.DataFrame({"change": [0]})).mark_rule(color=colour("ink")).encode(x=x)
    low, high = alt.X("low:Q").scale(domain=[-1, 1], clamp=True), alt.X2("high:Q")
    bars = place.mark_rule(strokeWidth=4, yOffset=8).encode(x=low, x2=high, color=sure)
    ticks = place.mark_tick(thickness=2, size=14, yOffset=8, color=colour("ink")).encode(
        x=alt.X("needed:Q").scale(domain=[-1, 1], clamp=True)
    )
    dots = place.mark_point(size=90, filled=True, opacity=1, yOffset=8).encode(x=shown, color=sure)
    return [zero, bars, ticks, dots, row_names(base, names)]


def _written(base: alt.Chart, names: list[str], text: str) -> Layers:
    place = base.transform_calculate(text=text).encode(x=alt.value("width"), y=rows(names), text="text:N")
    return readable(place, align="right", baseline="middle", dy=-11, fontSize=11, color=colour("quiet"))


def appetite_bands(
    bands: Mapping[str, Band], levels: Mapping[str, float], coins: Mapping[str, pd.DataFrame]
) -> alt.FacetChart:
    """Draw rolling correlations with several series, each with the band of what chance allows, on one scale.

    Parameters
    ----------
    bands : mapping
        Band of bitcoin and ether in equal parts by the series' name in words.
    levels : mapping
        Correlation over the whole sample by the same names.
    coins : mapping
        Rolling correlations of ``btc`` and ``eth`` as columns, by the same names.
    """
    parts = []
    for name, band in bands.items():
        frame = thin(band.to_frame().join(coins[name]), 70).round(2)
        frame.insert(0, "time", pd.DatetimeIndex(frame.index).strftime("%Y-%m-%d"))
        parts.append(frame.assign(series=name, level=round(levels[name], 2)))
    names = {"estimate": "both", "simultaneous_lower": "low", "simultaneous_upper": "high"}
    data = pd.concat(parts, ignore_index=True).rename(columns=names).drop(columns=["lower", "upper"])
    fitting = sum(band.admits(levels[name]) for name, band in bands.items())
    first = next(iter(bands.values()))
    return finish(
        _panels(data).facet(
            alt.Facet("series:N").sort(list(bands)).header(labelFontSize=13),
            columns=2,
            spacing={"row": 14, "column": 30},
        ),
        title=f"In {num(fitting)} of {num(len(bands))} panels one correlation fits on every date since 2022",
        subtitle=[
            f"Correlation over {first.window} sessions, New York close; solid: both coins equally, with their band",
            f"for all dates at once ({first.level:.0%}); dashed: bitcoin; dotted: ether; level rule: whole sample",
        ],
        description=f"{len(bands)} small panels of rolling correlations of crypto with other markets and their bands, "
        f"about {(data['high'] - data['low']).median():.2f} wide; in {fitting} of them the whole sample's correlation "
        "stays inside the band on every date.",
        source=_SOURCE,
        width=None,
        height=None,
    )


def _panels(data: pd.DataFrame) -> Layers:
    """Return one panel; the facet repeats it."""
    x = time_axis("%Y", 4)
    scale = alt.Scale(domain=[-0.8, 1], nice=False)
    y = alt.Y("both:Q").scale(scale).axis(title=None, values=[-0.5, 0, 0.5, 1], labelOverlap=False)
    tooltip = [alt.Tooltip("time:N", title="Session"), alt.Tooltip("series:N", title="With")] + [
        alt.Tooltip(f"{field}:Q", title=title, format=".2f")
        for field, title in (
            ("both", "Both coins"), ("low", "Band from"), ("high", "to"), ("btc", "Bitcoin"), ("eth", "Ether"),
        )
    ]  # fmt: skip
    base = alt.Chart(data).encode(x=x)
    band = base.mark_area(color=colour("coin"), opacity=0.25).encode(y=alt.Y("low:Q").scale(scale), y2="high:Q")
    level = base.mark_line(color=colour("rule"), strokeWidth=1).encode(y=alt.Y("level:Q").scale(scale))
    lines = [
        base.mark_line(color=colour(name), strokeWidth=1.3, strokeDash=dash).encode(y=alt.Y(f"{name}:Q").scale(scale))
        for name, dash in (("btc", [5, 2]), ("eth", [2, 2]))
    ]
    both = base.mark_line(color=colour("ink")).encode(y=y, tooltip=tooltip)
    return alt.layer(band, level, *lines, both).properties(width=285, height=95)
