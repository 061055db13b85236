"""Write a chart into a page so that it works offline, without scripts, in print and by screen reader.

A notebook stores a chart as a Vega-Lite specification, an SVG and a description. Here they become one
``<figure>``: title and subtitle as text that wraps on a phone, the drawing inline, the specification for the
script that brings the chart to life, the source line, and the description with the data as a table. Every
colour of the palette turns into a CSS custom property, so drawing and live chart follow the theme at once.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from selloff.charts.renderer import MIME
from selloff.charts.renderer import svg as draw

if TYPE_CHECKING:
    from docutils import nodes
    from myst_nb.core.render import MimeData, NbElementRenderer

__all__ = ["MAX_ROWS", "MIME", "FigureRenderer", "figure_html", "foreign_colours", "palette_css", "themed"]

#: Rows of a chart's data that a page shows; the notebook and the repository hold them all.
MAX_ROWS = 200

_HEX = re.compile(r"#[0-9a-fA-F]{6}\b")
_RGB = re.compile(r"rgb\(\s*(\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\s*\)")
_PAINT = re.compile(r'\b(?:fill|stroke|stop-color)(?:="|:\s*)([^";]+)')
_MINUS = "\N{MINUS SIGN}"
_HTML_BUILDERS = ("html", "dirhtml", "singlehtml")


@cache
def _names() -> dict[str, str]:
    """Map each light colour of the palette, in lower case, to its name."""
    from selloff.charts.theme import PALETTE

    return {light.lower(): name for name, (light, _) in PALETTE.items()}


def themed(text: str) -> str:
    """Replace the palette's light colours by CSS custom properties.

    Parameters
    ----------
    text : str
        An SVG or a specification as JSON.

    Returns
    -------
    str
        The text with ``#C9720B`` (or ``rgb(201, 114, 11)``) written ``var(--btc)``; other colours stay.
    """
    names = _names()

    def swap(match: re.Match[str]) -> str:
        name = names.get(_as_hex(match))
        return f"var(--{name})" if name else match[0]

    return _RGB.sub(swap, _HEX.sub(swap, text))


def _as_hex(match: re.Match[str]) -> str:
    if match[0].startswith("#"):
        return match[0].lower()
    return "#" + "".join(f"{int(part):02x}" for part in match.groups())


def foreign_colours(svg: str) -> list[str]:
    """Return the colours of a themed SVG that no theme can change, sorted."""
    keep = ("none", "transparent", "currentcolor", "inherit", "black")  # the style sheet turns black into ink
    paints = {paint.strip() for paint in _PAINT.findall(svg)}
    return sorted(p for p in paints if p.lower() not in keep and not p.startswith(("var(", "url(")))


def palette_css() -> str:
    """Return the palette as CSS custom properties: light, dark, and light again for print."""
    from selloff.charts.theme import PALETTE

    def block(side: int) -> str:
        return "{" + "".join(f"--{name}:{pair[side]};" for name, pair in PALETTE.items()) + "}"

    return (
        f':root{block(0)}\nhtml[data-theme="dark"]{block(1)}\n@media print{{:root,html[data-theme="dark"]{block(0)}}}\n'
    )


def figure_html(bundle: dict[str, Any], key: str) -> str:
    """Return a chart as an HTML figure.

    Parameters
    ----------
    bundle : dict
        The output's data by MIME type: the specification, and the SVG and description if there are any.
    key : str
        What makes the figure's ids unique on its page.
    """
    spec = bundle[MIME]
    spec = json.loads(spec) if isinstance(spec, str) else copy.deepcopy(dict(spec))
    description = str(spec.get("description") or bundle.get("text/plain") or "A chart.")
    title, subtitle = _pop_title(spec)
    # The title stands above the drawing as text. Only a chart without one can use the stored drawing.
    stored = None if title else bundle.get("image/svg+xml")
    svg, width, height = _inline_svg(stored or draw(spec), f"{key}-", description)
    heading = f'<p class="chart-title" id="{key}-title">{escape(title)}</p>\n' if title else ""
    if subtitle:
        heading += f'<p class="chart-subtitle">{escape(subtitle)}</p>\n'
    labelled = f' aria-labelledby="{key}-title"' if title else ""
    source = (spec.get("usermeta") or {}).get("source", "")
    caption = f"<figcaption>{escape(str(source))}</figcaption>\n" if source else ""
    payload = themed(json.dumps(spec, separators=(",", ":"), ensure_ascii=False)).replace("<", "\\u003c")
    return (
        f'<figure class="chart" id="{key}"{labelled}>\n{heading}'
        f'<div class="chart-box" style="--w:{width:g};--h:{height:g}">{svg}</div>\n'
        f'<script type="application/json" class="chart-spec">{payload}</script>\n'
        f'{caption}<details class="chart-data"><summary>Description and data</summary>\n'
        f"<p>{escape(description)}</p>\n{_tables_html(spec, title)}</details>\n</figure>\n"
    )


def _pop_title(spec: dict[str, Any]) -> tuple[str, str]:
    """Take title and subtitle out of a specification."""
    title = spec.pop("title", None)
    if not isinstance(title, dict):
        return _joined(title), ""
    return _joined(title.get("text")), _joined(title.get("subtitle"))


def _joined(text: object) -> str:
    return " ".join(map(str, text)) if isinstance(text, list) else str(text or "")


def _inline_svg(svg: str, prefix: str, description: str) -> tuple[str, float, float]:
    """Make an SVG fit for a page; return it with its own width and height."""
    svg = themed(svg[svg.index("<svg") :].strip())
    head, body = svg.split(">", 1)
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
    if box is None:
        raise ValueError("a chart's SVG has no viewBox from 0 0; draw it with vl-convert")
    # One image with one description: the marks' own roles and labels would be read out one by one.
    body = re.sub(r'\s(?:role|aria-[a-z]+)="[^"]*"', "", body)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', body)
    body = re.sub(r"url\(#", f"url(#{prefix}", body)
    body = re.sub(r'href="#', f'href="#{prefix}', body)
    words = escape(description)
    start = f'<svg class="chart-static" viewBox="0 0 {box[1]} {box[2]}" role="img" aria-label="{words}"'
    background = re.search(r"background-color:\s*([^;\"]+)", head)
    style = f' style="background-color:{background[1]}"' if background else ""
    return f"{start}{style}>{body}", float(box[1]), float(box[2])


def _tables_html(spec: dict[str, Any], title: str) -> str:
    titles = _field_titles(spec)
    tables = [rows for rows in _datasets(spec) if rows]
    parts = []
    for place, rows in enumerate(tables, start=1):
        columns = list(dict.fromkeys(name for row in rows for name in row))
        shown = rows[:MAX_ROWS]
        words = "Data" if len(tables) == 1 else f"Data, part {place} of {len(tables)}"
        if len(shown) < len(rows):
            left = len(rows) - len(shown)
            words += f": the first {len(shown):,} of {len(rows):,} rows, {left:,} left out here"
        head = "".join(f'<th scope="col">{escape(titles.get(name, name))}</th>' for name in columns)
        body = "\n".join("<tr>" + "".join(_cell_html(row.get(name)) for name in columns) + "</tr>" for row in shown)
        label = escape(f"{words}, {title}" if title else words, quote=True)
        parts.append(
            f'<div class="table-box" tabindex="0" role="region" aria-label="{label}"><table>'
            f"<caption>{escape(words)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"
        )
    return "".join(parts)


def _cell_html(value: object) -> str:
    if value is None:
        return "<td></td>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = f"{value:,.0f}" if abs(value) >= 100_000 else f"{value:.6g}"
        return f'<td class="n">{text if "e" in text else text.replace("-", _MINUS)}</td>'
    text = re.sub(r"T00:00:00(?:\.0+)?Z?$", "", str(value))
    return f"<td>{escape(text)}</td>"


def _datasets(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return the tables that stand in a specification, in its order."""
    found = [rows for rows in (spec.get("datasets") or {}).values() if isinstance(rows, list)]
    for node in _dicts(spec):
        values = (node.get("data") or {}).get("values") if isinstance(node.get("data"), dict) else None
        if isinstance(values, list):
            found.append(values)
    return [[row if isinstance(row, dict) else {"value": row} for row in rows] for rows in found]


def _field_titles(spec: dict[str, Any]) -> dict[str, str]:
    """Map fields to the words the chart itself uses for them; the first one found counts."""
    titles: dict[str, str] = {}
    for node in _dicts({key: value for key, value in spec.items() if key != "datasets"}):
        field, axis = node.get("field"), node.get("axis")
        title = node.get("title") or (axis.get("title") if isinstance(axis, dict) else None)
        if isinstance(field, str) and title:
            titles.setdefault(field, _joined(title))
    return titles


def _dicts(node: object) -> Iterator[dict[str, Any]]:
    """Walk through all dicts of a specification but not into its data."""
    if isinstance(node, dict):
        yield node
        for key, value in node.items():
            if key != "datasets":
                yield from _dicts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _dicts(value)


class FigureRenderer:
    """Plugin of MyST-NB that renders Vega-Lite outputs of notebooks.

    HTML prefers it to every other format of the same output; other builders take the SVG, PNG or text.
    """

    mime_priority_overrides: ClassVar[list[tuple[str, str, int | None]]] = [
        (builder, MIME, 1) for builder in _HTML_BUILDERS
    ]

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Node] | None:
        """Return the figure of a Vega-Lite output, or None for any other output."""
        if data.mime_type != MIME or inline:
            return None
        from docutils import nodes

        bundle = {MIME: data.content, **_neighbours(renderer, data)}
        html = figure_html(bundle, f"chart-{data.cell_index or 0}-{data.output_index or 0}")
        _warn_of_colours(html, data, renderer.logger.warning)
        return [nodes.raw("", html, format="html")]


def _neighbours(renderer: NbElementRenderer, data: MimeData) -> dict[str, Any]:
    """Return the other formats of the output that holds ``data``."""
    if data.cell_index is None or data.output_index is None:
        return {}
    _, outputs = renderer.renderer.nb_client.code_cell_outputs(data.cell_index)
    return {mime: value for mime, value in outputs[data.output_index]["data"].items() if mime != MIME}


def _warn_of_colours(html: str, data: MimeData, warn: Callable[..., None]) -> None:
    drawing = html[html.index("<svg") : html.index("</svg>")]
    if foreign := foreign_colours(drawing):
        cell = "" if data.cell_index is None else f" in cell {data.cell_index + 1}"
        warn(
            f"the chart{cell} has colours outside the palette: {', '.join(foreign)}; they stay the same in "
            "the dark theme, so take one of selloff.charts.theme.PALETTE",
            subtype="palette",
            line=data.line,
        )
