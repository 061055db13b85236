"""The built site is whole: every page, every link, every chart, and nothing from another host."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from selloff.book import find_root, toc_pages
from selloff.charts.theme import PALETTE

pytestmark = pytest.mark.site

PAGES = toc_pages(find_root(Path(__file__).parent))
LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
    "embed": "src",
}


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(params=PAGES)
def path(request: pytest.FixtureRequest, site: Path) -> Path:
    return site / f"{request.param}.html"


@pytest.fixture
def page(path: Path) -> BeautifulSoup:
    return parsed(path)


def loaded(page: BeautifulSoup) -> list[str]:
    """Return the addresses a browser fetches by itself for a page."""
    found = [tag[name] for kind, name in LOADING.items() for tag in page.select(f"{kind}[{name}]")]
    idle = {"next", "prev", "search", "index", "canonical", "author", "license"}
    return found + [tag["href"] for tag in page.select("link[href]") if not idle & set(tag["rel"])]


def test_page_exists_with_one_heading_and_a_title(page: BeautifulSoup) -> None:
    headings = page.select("article h1")
    assert len(headings) == 1
    assert page.title.text.strip()
    assert page.html["lang"] == "en"


def test_page_loads_nothing_from_another_host(page: BeautifulSoup) -> None:
    assert [address for address in loaded(page) if urlsplit(address).netloc] == []


def test_page_loads_no_script_it_does_not_need(page: BeautifulSoup) -> None:
    text = " ".join([*loaded(page), *(script.text for script in page.select("script:not([type])"))]).lower()
    for name in ("require.js", "thebe", "mathjax", "katex", "fontawesome", "unpkg", "jsdelivr", "cdnjs"):
        assert name not in text


def test_every_file_and_anchor_a_page_names_exists(path: Path, page: BeautifulSoup, site: Path) -> None:
    addresses = loaded(page) + [tag["href"] for tag in page.select("a[href]")]
    broken = []
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
        inside = target.is_relative_to(site.resolve()) and target.is_file()
        if not inside:
            broken.append(address)
        elif parts.fragment and target.suffix == ".html":
            anchor = unquote(parts.fragment)
            if not parsed(target).find(id=anchor):
                broken.append(address)
    assert broken == []


def test_no_id_stands_twice_on_a_page(page: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in page.select("[id]")]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


def test_every_chart_has_a_drawing_words_data_and_a_specification(page: BeautifulSoup) -> None:
    for figure in page.select("figure.chart"):
        drawing = figure.select_one(".chart-box > svg[role=img]")
        assert len(drawing["aria-label"]) >= 40
        assert drawing.select("path")
        assert figure.select_one(".chart-title").text
        assert figure.figcaption.text
        assert figure.select("details.chart-data table tbody tr")
        assert "vega-lite/v6" in json.loads(figure.select_one("script.chart-spec").string)["$schema"]


def test_no_chart_keeps_a_colour_that_cannot_change_with_the_theme(page: BeautifulSoup) -> None:
    fixed = {light.lower() for light, _ in PALETTE.values()}
    for figure in page.select("figure.chart"):
        text = f"{figure.svg} {figure.select_one('script.chart-spec').string}".lower()
        assert fixed & set(re.findall(r"#[0-9a-f]{6}\b", text)) == set()


def test_only_pages_with_charts_load_the_chart_script(page: BeautifulSoup) -> None:
    loads = any("selloff/charts.js" in address for address in loaded(page))
    assert loads == bool(page.select("figure.chart"))


def test_some_page_has_a_chart(site: Path) -> None:
    assert any(parsed(site / f"{name}.html").select("figure.chart") for name in PAGES)


def test_every_formula_is_drawn_without_a_script(page: BeautifulSoup) -> None:
    for holder in page.select("div.math"):
        assert holder.math is not None


def test_style_sheets_load_nothing_from_another_host(site: Path) -> None:
    outside = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""")
    sheets = sorted((site / "_static").rglob("*.css"))
    assert sheets
    assert [str(sheet.relative_to(site)) for sheet in sheets if outside.search(sheet.read_text("utf-8"))] == []


def test_vega_stands_inside_a_function(site: Path) -> None:
    script = (site / "_static" / "selloff" / "vega.js").read_text(encoding="utf-8")
    assert script.startswith("(function () {")
    assert script.endswith("})();\n")
    assert "window.vegaEmbed" in script


def test_icon_font_and_source_maps_are_left_out(site: Path) -> None:
    left = [path for path in (site / "_static").rglob("*") if path.suffix in (".map", ".ttf", ".woff2")]
    assert left == []
