"""Rules for stored outputs: charts can be heard, sourced and drawn offline; tables are only tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from selloff.charts.renderer import MIME as CHART

__all__ = ["CHART", "POINTS", "check_outputs"]

POINTS = 2000
DESCRIPTION = 40

_ALLOWED_MIMES = {CHART, "image/svg+xml", "text/html", "text/markdown", "text/plain"}
_ALLOWED_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "div",
        "em",
        "i",
        "p",
        "small",
        "span",
        "strong",
        "style",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
    ]
)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|altair-viz-[0-9a-f]{8,}")
_AUTOMATIC = re.compile(r"(?:param|view|concat|selector)_?\d+")
_RANDOM_TABLE = re.compile(r"\bT_[0-9a-f]{5}(?:_|\b)")

Fault = tuple[str, str]


def check_outputs(notebook: Mapping[str, Any]) -> Iterator[Fault]:
    """Check each stored output of a notebook.

    Parameters
    ----------
    notebook : mapping
        The notebook as plain data.

    Yields
    ------
    tuple of str
        What is wrong, and how to mend it.
    """
    for number, cell in enumerate(notebook["cells"], start=1):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for what, mend in _data_faults(data):
                yield f"cell {number} {what}", mend


def _data_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    for mime in sorted(set(data) - _ALLOWED_MIMES):
        yield f"shows {mime}", "show a chart of selloff.charts, a table or a sentence"
    if CHART in data:
        yield from _chart_faults(data)
    elif "image/svg+xml" in data:
        yield "shows a picture without its specification", "draw it with selloff.charts"
    if "text/html" in data:
        yield from _table_faults(str(data["text/html"]))


def _chart_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    spec = data[CHART]
    if not isinstance(spec, dict):
        yield "shows a chart whose specification is not an object", "show it with selloff.charts"
        return
    description = str(spec.get("description") or "")
    if len(description.strip()) < DESCRIPTION:
        yield (
            f"shows a chart with a description of {len(description.strip())} characters",
            f"say in at least {DESCRIPTION} what it shows, for those who cannot see it",
        )
    if not _title(spec.get("title")):
        yield "shows a chart without a title", "state the finding in its title"
    usermeta = spec.get("usermeta")
    if not (isinstance(usermeta, dict) and str(usermeta.get("source") or "").strip()):
        yield "shows a chart without a source", "give the source line (usermeta.source)"
    if "image/svg+xml" not in data:
        yield "shows a chart without its static picture", "show it with selloff.charts, which adds the SVG"
    elif re.search(r"<script|(?:href|src)\s*=\s*[\"'](?:https?:)?//", str(data["image/svg+xml"])):
        yield "shows a static picture that loads something", "draw it with vl-convert from inlined data"
    if str(data.get("text/plain", "")).strip() != description.strip():
        yield "shows a chart whose plain text is not its description", "show it with selloff.charts"
    points = sum(map(len, _inlined(spec)))
    if points > POINTS:
        yield f"shows a chart of {points} points", f"draw at most {POINTS}: aggregate, or take a shorter time"
    yield from dict.fromkeys(_walk(spec))


def _title(title: Any) -> bool:
    text = title.get("text") if isinstance(title, dict) else title
    return bool("".join(text).strip() if isinstance(text, list) else str(text or "").strip())


def _inlined(spec: Any, top: bool = True) -> Iterator[list[Any]]:
    """Find each table of values in a specification: named ones once, others wherever they stand."""
    if isinstance(spec, dict):
        if top and isinstance(spec.get("datasets"), dict):
            yield from (values for values in spec["datasets"].values() if isinstance(values, list))
        data = spec.get("data")
        if isinstance(data, dict) and isinstance(data.get("values"), list):
            yield data["values"]
        for name, value in spec.items():
            if name not in ("datasets", "data"):
                yield from _inlined(value, top=False)
    elif isinstance(spec, list):
        for value in spec:
            yield from _inlined(value, top=False)


def _walk(value: Any, name: str = "") -> Iterator[Fault]:
    """Find what differs between runs or is fetched when the chart is drawn; the data are not looked at."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "datasets":
                continue
            if key == "data" and isinstance(inner, dict) and "url" in inner:
                yield "shows a chart that loads its data", "inline the data"
            if key != "values":
                yield from _walk(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, name)
    elif isinstance(value, str):
        if _UUID.search(value):
            yield f"shows a chart with a random id ({value})", "give it a name"
        elif name in ("name", "param", "views") and _AUTOMATIC.fullmatch(value):
            yield (
                f"shows a chart with a numbered name ({value})",
                "name the parameter or view, so that it stays the same",
            )


def _table_faults(html: str) -> Iterator[Fault]:
    reader = _Tags()
    reader.feed(html)
    strange = sorted(reader.tags - _ALLOWED_TAGS)
    if strange:
        yield f"shows HTML with <{strange[0]}>", "show a plain table, a sentence or a chart of selloff.charts"
    elif "table" not in reader.tags:
        yield "shows HTML that is not a table", "show a sentence with say(), or a table"
    if reader.handlers:
        yield f"shows HTML that runs or loads something ({sorted(reader.handlers)[0]})", "show a plain table"
    if _RANDOM_TABLE.search(html):
        yield "shows a styled table with random ids", 'give the Styler a fixed id: .set_uuid("name")'


class _Tags(HTMLParser):
    """The tags of some HTML, and the attributes and styles that run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "src" or (value or "").strip().lower().startswith("javascript:"):
                self.handlers.add(name)

    def handle_data(self, data: str) -> None:
        if self.lasttag == "style" and re.search(r"url\(|@import", data):
            self.handlers.add("style")
