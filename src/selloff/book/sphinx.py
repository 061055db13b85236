"""Sphinx extension of the book: its look, offline charts, formulas without a script, generated pages.

Nothing a page needs comes from another host. Vega is taken out of the locked vl-convert package while the
book is built, formulas become MathML, and the icon font gives way to a few icons in our style sheet.
"""

from __future__ import annotations

import json
import re
import shutil
from html import escape
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.math import get_node_equation_number

from selloff.book.figure import palette_css

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["ClaimBoard", "DataDictionary", "RunTimes", "Timeline", "mathml", "setup", "vega_script"]

_LOG = logging.getLogger(__name__)
_FOLDER = "selloff"
_LAST = 900  # after the theme's own files


def _page(function: str, module: str = "pages") -> str:
    """Return what a function of a module of ``selloff.book`` writes."""
    text: str = getattr(import_module(f"selloff.book.{module}"), function)()
    return text


class ClaimBoard(SphinxDirective):
    """``{claim-board}``: every claim as a card, as written by ``selloff.book.cards.claim_board``."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the cards as raw HTML."""
        return [nodes.raw("", _page("claim_board", "cards"), format="html")]


class _MystPage(SphinxDirective):
    """Text in MyST Markdown, parsed in place, so that its headings and links are those of the page."""

    has_content = False
    module = "pages"
    function = ""

    def run(self) -> list[nodes.Node]:
        """Return the parsed text."""
        source = f"selloff.book.{self.module}.{self.function}"
        lines = StringList(_page(self.function, self.module).splitlines(), source=source)
        holder = nodes.Element()
        self.state.nested_parse(lines, self.content_offset, holder, match_titles=True)
        return list(holder.children)


class DataDictionary(_MystPage):
    """``{data-dictionary}``: the tables and their columns, from the manifests."""

    function = "data_dictionary"


class RunTimes(_MystPage):
    """``{run-times}``: when each chapter ran, with which versions and how long."""

    function = "run_times"


class Timeline(_MystPage):
    """``{timeline}``: every event, month by month, with its source."""

    module = "timeline"
    function = "timeline"


def mathml(latex: str, *, display: bool = False) -> str:
    """Return a formula as MathML, which browsers draw without a script.

    Parameters
    ----------
    latex : str
        The formula, without delimiters.
    display : bool
        Whether it stands on a line of its own.

    Raises
    ------
    ValueError
        The formula uses a command that cannot be converted.
    """
    try:
        from latex2mathml.converter import convert
    except ImportError as error:
        message = 'formulas need the package latex2mathml, which is not installed; run "make book"'
        raise ExtensionError(message) from error

    # The converter knows split but not aligned, which means the same here.
    latex = latex.replace("{aligned}", "{split}")
    markup: str = convert(latex, display="block" if display else "inline")
    if left := re.search(r"<m[a-z]+[^>]*>(\\\w*|&)</m", markup):
        raise ValueError(f"{left[1]} is not understood")
    return markup


def _formula(node: nodes.math | nodes.math_block, *, display: bool) -> str:
    latex = node.astext().strip()
    if display and r"\\" in latex and r"\begin" not in latex:
        latex = rf"\begin{{split}}{latex}\end{{split}}"
    try:
        return mathml(latex, display=display)
    except ExtensionError:
        raise
    except Exception as error:  # the converter raises many kinds; all mean that it does not understand
        _LOG.warning("the formula %r cannot become MathML (%s); write it more simply", latex, error, location=node)
        return f"<code>{escape(latex)}</code>"


def _visit_math(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_formula(node, display=False))
    raise nodes.SkipNode


def _visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f'<div class="math-box">{_formula(node, display=True)}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def vega_script() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, taken out of vl-convert.

    The bundle stands inside a function, since its top-level names would collide with those of the theme's
    scripts; it leaves only ``vegaEmbed`` on ``window``.
    """
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version="6.4")
    return f"(function () {{\n{bundle}\n}})();\n"


def _write_assets(app: Sphinx) -> None:
    """Put our files into the site before any page is written, so that links to them carry checksums."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", _FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("book.css", "charts.js"):
        shutil.copyfile(Path(app.srcdir, "assets", name), folder / name)
    _write_claims(Path(app.outdir))
    (folder / "palette.css").write_text(palette_css(), encoding="utf-8")
    (folder / "vega.js").write_text(vega_script(), encoding="utf-8")


def _write_claims(folder: Path) -> None:
    """Publish the ledger for machines, with its schema, at the root of the site."""
    from selloff.claims import claims_json, claims_schema

    for name, content in (("claims.json", claims_json()), ("claims.schema.json", claims_schema())):
        (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _add_loader(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Load the chart script on the pages that hold a chart, and only there."""
    if '<figure class="chart"' in context.get("body", ""):
        app.add_js_file(f"{_FOLDER}/charts.js", defer="defer")


def _drop_unused(app: Sphinx, exception: Exception | None) -> None:
    """Remove what the theme ships and no page of ours asks for: the icon font and the source maps."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    for path in static.rglob("*.map"):
        path.unlink()


def _settle(app: Sphinx, config: Config) -> None:
    templates = Path(app.srcdir, "assets", "templates")
    config.templates_path.insert(0, str(templates))
    if not any(point.name == "selloff" for point in entry_points(group="myst_nb.mime_renderers")):
        raise ExtensionError('the package selloff is not installed, so no chart can be drawn; run "make book"')


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    # Jupyter Book sets this value even for books that have no comments.
    app.add_config_value("comments_config", {}, "html")
    app.add_directive("claim-board", ClaimBoard)
    app.add_directive("data-dictionary", DataDictionary)
    app.add_directive("run-times", RunTimes)
    app.add_directive("timeline", Timeline)
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.add_css_file(f"{_FOLDER}/palette.css", priority=_LAST)
    app.add_css_file(f"{_FOLDER}/book.css", priority=_LAST + 1)
    app.connect("config-inited", _settle)
    app.connect("builder-inited", _write_assets)
    app.connect("html-page-context", _add_loader)
    app.connect("build-finished", _drop_unused)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
