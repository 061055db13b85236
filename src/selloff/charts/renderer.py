"""How a chart leaves a notebook: its specification, a drawing that needs no script, and its words.

JupyterLab, Colab and GitHub show the drawing or the live chart as they can. The book writes all three into the page.
Nothing is fetched from anywhere, and two runs give the same bytes.
"""

from __future__ import annotations

import re
from typing import Any

import altair as alt

__all__ = ["MIME", "enable", "svg"]

MIME = "application/vnd.vegalite.v6+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


# Marks that only a pointer brings out; a drawing that nobody can hover over does without them.
_UNSEEN = re.compile(r'<path [^>]*\bopacity="0"[^>]*?(?:/>|></path>)')

# Vega writes places to fifteen digits; a hundredth of a pixel is more than a screen shows.
_PLACES = re.compile(r' (?:d|transform|x[12]?|y[12]?|width|height|cx|cy|r|points)="[^"]*"')
_LONG = re.compile(r"\d+\.\d{3,}(?:e-\d+)?")

_COUNTED = re.compile(r"\b(clip|gradient_)\d+\b")


def svg(spec: dict[str, Any]) -> str:
    """Draw a Vega-Lite specification as SVG, without the marks that are not seen.

    The same specification gives the same bytes, whatever was drawn before it.
    """
    import vl_convert

    drawing = _UNSEEN.sub("", vl_convert.vegalite_to_svg(spec, vl_version="6.4"))
    drawing = _PLACES.sub(lambda place: _LONG.sub(_short, place[0]), drawing)
    # Vega counts its clips and gradients through the life of the process.
    places: dict[str, str] = {}
    return _COUNTED.sub(lambda name: places.setdefault(name[0], f"{name[1]}{len(places)}"), drawing)


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _bundle(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    # The exact version that Altair writes would make every notebook stale with each of its releases.
    spec = {**spec, "$schema": _SCHEMA}
    return {MIME: spec, "image/svg+xml": svg(spec), "text/plain": spec.get("description", "A chart.")}


def enable() -> None:
    """Make this the way Altair shows charts."""
    alt.renderers.register("selloff", _bundle)
    alt.renderers.enable("selloff")
