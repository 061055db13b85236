"""The specification curve: one number of a claim under every definition, above the choices that make each."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from selloff.charts.dense import MANY, dense_choices, dense_numbers
from selloff.charts.lines import Layers
from selloff.charts.rows import option_names, readable
from selloff.charts.theme import colour, finish
from selloff.claims import SpecificationCurve, stated, written
from selloff.claims.result import Measure
from selloff.prose import num, pct

__all__ = ["specification_curve"]

#: Heights in pixels: of the sorted numbers, of the gap below, of one row of choices.
_TOP, _GAP, _ROW = 190, 18, 17
_COLOURS = {
    "supports the claim": "holds",
    "does not": "fails",
    "cannot tell": "untestable",
    "shown, not counted": "coin",
}
_FIT, _MISFIT, _UNSURE, _SHOWN = _COLOURS
_PARTS = "parts that fit"


def specification_curve(curve: SpecificationCurve, *, source: str) -> alt.LayerChart:
    """Draw a specification curve.

    Parameters
    ----------
    curve : SpecificationCurve
        From :func:`selloff.claims.specification_curve`.
    source : str
        Publishers of the figures.

    Notes
    -----
    Above, one mark a definition, from the smallest number to the largest: a filled disc supports the whole claim, an
    open ring does not; grey marks are shown but not counted; a diamond is the report's own. The shaded stretch is what
    counts as the stated figure. Below, a tick under each mark says which option of each choice it takes, and, for a
    claim of several parts, which of them fit. Choices with one option only are left out, and so is the mark of a
    definition without a public figure.

    From 150 definitions on single marks are no longer told apart: there a line shows the numbers and a band their
    intervals, and below stand bars: in which parts of the curve the definitions with an option, or a reading, lie.
    """
    table = curve.table.assign(mark=[_mark(row) for row in curve.table.to_dict("records")])
    table["number"] = [written(_measure(row)) for row in table.to_dict("records")]
    yes, of = curve.result.support
    rows = _rows(curve)
    dense = len(table) >= MANY
    # Many definitions also get rows for their readings, which single marks show by their colour.
    count = len(rows) + (1 + table["mark"].nunique() if dense else 0)
    height = _TOP + (_GAP + _ROW * count if rows else 0)
    if dense:
        layers = [*_target(curve), *dense_numbers(table, curve, _across(len(table)), _height(curve), _TOP)]
        layers += dense_choices(table, rows, _COLOURS, _TOP + _GAP, _ROW)
    else:
        layers = [*_target(curve), *_numbers(table, curve)]
        layers += _choices(table, curve, rows) if rows else []
    claim = curve.result.claim
    return finish(
        alt.layer(*layers).resolve_scale(y="independent"),
        title=_title(yes, of, curve),
        subtitle=_subtitle(curve),
        description=f"Specification curve of claim {claim.id}: {len(table)} definitions sorted from "
        f"{table['number'].iloc[0]} to {table['number'].iloc[-1]}, median {written(_median(curve))}; {yes} of "
        f"the {of} that count support the claim.",
        source=source,
        height=height,
    )


def _median(curve: SpecificationCurve) -> Measure:
    return Measure(curve.part, curve.median, str(curve.table["unit"].iloc[0]), None)


def _title(yes: int, of: int, curve: SpecificationCurve) -> str:
    if of == 1:
        return "The one definition " + ("supports the claim" if yes else "does not support the claim")
    if yes in (0, of):
        return f"{'None' if yes == 0 else 'Each'} of {num(of)} definitions supports the claim"
    return f"{num(yes)} of {num(of)} definitions, {pct(100 * yes / of, 0)}, support the claim"


def _subtitle(curve: SpecificationCurve) -> list[str]:
    claim = curve.result.claim
    named = {"size": "", "level": "", "change": ""}.get(curve.part, f", {curve.part}")
    first = f"{claim.id}{named}, {_unit(curve)}, one mark a definition, sorted; filled: supports the claim"
    words = []
    if len(curve.table) >= MANY:
        first = f"{claim.id}{named}, {_unit(curve)}, {num(len(curve.table))} definitions, sorted"
        words.append("band: interval of each; bars: where the definitions with each option lie along the curve")
    if "tolerance" in claim.terms and curve.part == "size":
        words.append("shaded: counts as the stated figure")
    if curve.table["article"].any():
        words.append("diamond: the report's own")
    if not curve.table["counted"].all():
        words.append("grey: shown, not counted")
    return [f"{first};", "; ".join(words)] if words else [first]


def _unit(curve: SpecificationCurve) -> str:
    unit = str(curve.table["unit"].iloc[0])
    return {"%": "percent", "USD bn": "USD billion", "USD m": "USD million"}.get(unit, unit)


def _mark(row: dict[Any, Any]) -> str:
    if not row["counted"]:
        return _SHOWN
    return {True: _FIT, False: _MISFIT}.get(row["supports"], _UNSURE)


def _measure(row: dict[Any, Any]) -> Measure:
    return Measure(row["part"], row["value"], row["unit"], row["supports"], row["low"], row["high"])


def _rows(curve: SpecificationCurve) -> list[tuple[str, str, bool]]:
    """Return the rows of the panel: key, words, and whether it is the head of a choice."""
    rows = []
    for choice, options in curve.choices.items():
        if curve.table[choice].nunique() < 2:
            continue
        rows.append((choice, choice.replace("_", " "), True))
        rows += [(f"{choice}: {words}", words, False) for words in options.values()]
    if len(parts := list(curve.result.parts)) > 1:
        rows += [(_PARTS, _PARTS, True), *((f"{_PARTS}: {part}", part, False) for part in parts)]
    return rows


def _target(curve: SpecificationCurve) -> list[Any]:
    """Draw the stated figure, and the stretch that counts as it."""
    terms = curve.result.claim.terms
    if "stated" not in terms or curve.part != "size":
        return []
    target = stated(terms["stated"])
    if curve.table["value"].max() < 0 < target:
        target = -target
    reach = terms.get("tolerance", 0)
    data = pd.DataFrame({"stated": [target], "low": [target - reach], "high": [target + reach], "word": ["the report"]})
    y = _height(curve)
    base = alt.Chart(data)
    zone = base.mark_rect(color=colour("ink"), opacity=0.08).encode(y=y("low", axis=False), y2="high:Q")
    line = base.mark_rule(color=colour("rule"), strokeDash=[4, 3]).encode(y=y("stated", axis=False))
    # At the end where the curve is farther from the figure, so that no mark lies on the words.
    away = (curve.table["value"].dropna().sort_values() - target).abs()
    third = max(1, len(away) // 3)
    left = away.iloc[:third].mean() > away.iloc[-third:].mean()
    words = base.mark_text(
        align="left" if left else "right", baseline="bottom", dy=-3, fontSize=11, color=colour("quiet")
    )
    word = words.encode(x=alt.value(4) if left else alt.value("width"), y=y("stated", axis=False), text="word:N")
    return [zone, line, word] if reach else [line, word]


def _height(curve: SpecificationCurve) -> Any:
    """Return a function that encodes a field by the upper part of the picture, always by the same scale."""
    terms, table = curve.result.claim.terms, curve.table
    ends = [*table["value"].dropna(), *table["low"].dropna(), *table["high"].dropna()]
    if "stated" in terms and curve.part == "size":
        target = stated(terms["stated"])
        target = -target if table["value"].max() < 0 < target else target
        ends += [target - terms.get("tolerance", 0), target + terms.get("tolerance", 0)]
    room = 0.1 * (max(ends) - min(ends) or abs(max(ends)) or 1)
    scale = alt.Scale(domain=[min(ends) - room, max(ends) + room], range=[_TOP, 0], nice=False, zero=False)
    shown = alt.Axis(title=None, tickCount=5, grid=True)

    def encode(field: str, axis: bool) -> alt.Y:
        return alt.Y(f"{field}:Q").scale(scale).axis(shown if axis else None)

    return encode


def _numbers(table: pd.DataFrame, curve: SpecificationCurve) -> list[Any]:
    count = len(table)
    y = _height(curve)
    names = {name: f"choice{i}" for i, name in enumerate(curve.choices)}
    data = table[["order", "value", "low", "high", "mark", "number", "article", *names]].rename(columns=names)
    data["shape"] = data.pop("article").map({True: "diamond", False: "circle"})
    data["value"] = data["value"].round(3)
    data = data.dropna(subset="value")
    tooltip = [
        alt.Tooltip("number:N", title="Number"),
        alt.Tooltip("mark:N", title="Reading"),
        *(alt.Tooltip(f"{field}:N", title=name.replace("_", " ").capitalize()) for name, field in names.items()),
    ]
    near = alt.selection_point(name="definition", on="pointerover", clear="pointerout", fields=["order"], empty=False)
    tint = _tint()
    shape = alt.Shape("shape:N").scale(domain=["circle", "diamond"], range=["circle", "diamond"]).legend(None)
    base = alt.Chart(data).encode(x=_across(count), color=tint)
    size = max(24, min(90, 4200 // count))
    # The report's own is drawn larger, so that it is found among many.
    big = alt.condition("datum.shape == 'diamond'", alt.value(max(130, 2 * size)), alt.value(size))
    points = base.encode(y=y("value", axis=False), shape=shape, size=big, tooltip=tooltip)
    filled = (
        points.encode(y=y("value", axis=True))
        .transform_filter(alt.FieldOneOfPredicate("mark", [_FIT, _SHOWN]))
        .mark_point(filled=True, opacity=1)
    )
    rings = points.transform_filter(alt.FieldOneOfPredicate("mark", [_MISFIT, _UNSURE])).mark_point(
        filled=True, opacity=1, fill=colour("paper"), stroke=None, strokeWidth=1.6
    )
    rings = rings.encode(stroke=alt.Stroke("mark:N").scale(_colours()).legend(None))
    picked = (
        alt.Chart(data)
        .mark_rule(color=colour("rule"))
        .encode(x=_across(count), opacity=alt.condition(near, alt.value(1), alt.value(0)))
    )
    layers: list[Any] = [picked]
    if data["low"].notna().any():
        bars = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.5)
        layers.append(bars.encode(y=y("low", axis=False), y2="high:Q"))
    return [*layers, filled.add_params(near), rings, *_ends(data, count, y)]


def _ends(data: pd.DataFrame, count: int, y: Any) -> list[Layers]:
    """Write the number at both ends of the curve and at the report's own: where the rising curve leaves room."""
    low, high = data.index[0], data.index[-1]
    upper = sorted({high, *data.index[data["shape"] == "diamond"]} - {low})
    digits = 0 if data["value"].abs().max() >= 100 else 1
    text = data.assign(text=[num(value, digits) for value in data["value"]])
    return [
        readable(
            alt.Chart(text.loc[rows, ["order", "value", "text"]]).encode(
                x=_across(count), y=y("value", axis=False), text="text:N"
            ),
            **place,
        )
        for rows, place in (
            ([low], {"align": "left", "dx": -3, "dy": 15, "fontSize": 12}),
            (upper, {"align": "right", "dx": 3, "dy": -14, "fontSize": 12}),
        )
        if rows
    ]


def _choices(
    table: pd.DataFrame, curve: SpecificationCurve, rows: list[tuple[str, str, bool]]
) -> list[Layers | alt.Chart]:
    y = option_names([key for key, _, _ in rows], _TOP + _GAP, _ROW)
    heads = [key for key, _, head in rows if head and key != _PARTS]
    long = table.melt(["order", "mark"], value_vars=heads, var_name="choice", value_name="option").dropna()
    long["row"] = long["choice"] + ": " + long["option"]
    if any(key == _PARTS for key, _, _ in rows):
        fits = [f for f in curve.result.findings if f.supports]
        places = table.set_index("definition")[["order", "mark"]]
        extra = places.loc[[f.definition for f in fits]].assign(row=[f"{_PARTS}: {f.part}" for f in fits])
        long = pd.concat([long, extra])
    count = len(table)
    # In parts of the step from one definition to the next: ticks of a width in pixels overlap on a phone.
    reach = min(0.38, max(0.1, 0.011 * count))
    ticks = alt.Chart(long[["order", "mark", "row"]]).mark_rect(height=_ROW - 7)
    ticks = ticks.transform_calculate(start=f"datum.order - {reach}", end=f"datum.order + {reach}")
    strength = alt.condition(alt.FieldOneOfPredicate("mark", [_FIT]), alt.value(1), alt.value(0.55))
    return [ticks.encode(x=_across(count, "start"), x2="end:Q", y=y, color=_tint(), opacity=strength)]


def _across(count: int, field: str = "order") -> alt.X:
    return alt.X(f"{field}:Q").scale(domain=[0.2, count + 0.8], nice=False).axis(None)


def _tint() -> alt.Color:
    return alt.Color("mark:N").scale(_colours()).legend(None)


def _colours() -> alt.Scale:
    return alt.Scale(domain=list(_COLOURS), range=[colour(name) for name in _COLOURS.values()])
