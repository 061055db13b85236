"""A chart becomes a figure that stands without scripts, in both themes, and tells its data."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from myst_nb.core.render import MimeData, get_mime_priority

from selloff.book.figure import (
    MAX_ROWS,
    MIME,
    FigureRenderer,
    figure_html,
    foreign_colours,
    palette_css,
    themed,
)
from selloff.charts.theme import PALETTE

WORDS = "Two bars: Bitcoin is taller than Ether on every one of the days shown."
ORANGE = PALETTE["btc"][0]
AXIS_COLOURS = ("labelColor", "titleColor", "tickColor", "domainColor", "gridColor")


def spec(**changes: Any) -> dict[str, Any]:
    chart: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": WORDS,
        "title": {"text": ["Bitcoin is", "the taller one"], "subtitle": "Made up, USD"},
        "usermeta": {"source": "Source: nobody & <co>."},
        "data": {"name": "table"},
        "datasets": {"table": [{"coin": "BTC", "price": -3.5}, {"coin": "</script>", "price": 1234567}]},
        "mark": {"type": "bar", "color": ORANGE, "clip": True},
        "encoding": {
            "x": {"field": "coin", "type": "nominal"},
            "y": {"field": "price", "type": "quantitative", "title": "Price, USD"},
        },
        "width": 300,
        "height": 120,
        "config": {
            "background": PALETTE["paper"][0],
            "axis": dict.fromkeys(AXIS_COLOURS, PALETTE["quiet"][0]),
            "view": {"stroke": None},
        },
    }
    return chart | changes


def figure(chart: dict[str, Any], key: str = "chart-1-0", **bundle: Any) -> BeautifulSoup:
    return BeautifulSoup(figure_html({MIME: chart, **bundle}, key), "html.parser")


@pytest.fixture(scope="module")
def page() -> BeautifulSoup:
    return figure(spec())


def test_drawing_is_an_image_named_by_its_description(page: BeautifulSoup) -> None:
    (svg,) = page.select("figure.chart svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == WORDS
    assert not svg.select("[aria-label], [role]")


def test_drawing_has_no_size_of_its_own_but_a_view_box(page: BeautifulSoup) -> None:
    svg = page.svg
    assert svg["viewbox"].startswith("0 0 ")
    assert not svg.has_attr("width")
    assert not svg.has_attr("height")


def test_title_and_subtitle_are_text_outside_the_drawing(page: BeautifulSoup) -> None:
    assert page.select_one(".chart-title").text == "Bitcoin is the taller one"
    assert page.select_one(".chart-subtitle").text == "Made up, USD"
    assert "the taller one" not in page.svg.text
    assert page.figure["aria-labelledby"] == page.select_one(".chart-title")["id"]


def test_chart_without_a_title_shows_the_stored_drawing() -> None:
    stored = '<?xml version="1.0"?><svg width="9" height="5" viewBox="0 0 9 5"><circle id="mine"/></svg>'
    page = figure(spec(title=None), **{"image/svg+xml": stored})
    assert page.svg.circle["id"] == "chart-1-0-mine"
    assert not page.select(".chart-title")


def test_specification_survives_its_way_through_html(page: BeautifulSoup) -> None:
    script = page.select_one("script.chart-spec")
    assert script["type"] == "application/json"
    assert "</" not in script.string
    read = json.loads(script.string)
    assert read["datasets"] == spec()["datasets"]
    assert read["mark"]["color"] == "var(--btc)"


def test_given_specification_is_not_changed() -> None:
    chart = spec()
    figure(chart)
    assert chart == spec()


def test_specification_given_as_text_is_read() -> None:
    assert figure(json.dumps(spec())).figure is not None  # type: ignore[arg-type]


def test_source_line_stands_in_the_caption(page: BeautifulSoup) -> None:
    assert page.figcaption.text == "Source: nobody & <co>."


def test_details_hold_the_description_and_every_row(page: BeautifulSoup) -> None:
    details = page.select_one("details.chart-data")
    assert details.p.text == WORDS
    assert [cell.text for cell in details.select("thead th")] == ["coin", "Price, USD"]
    rows = [[cell.text for cell in row.select("td")] for row in details.select("tbody tr")]
    assert rows == [["BTC", "\N{MINUS SIGN}3.5"], ["</script>", "1,234,567"]]
    assert details.caption.text == "Data"


def test_long_table_is_cut_and_says_so() -> None:
    rows = [{"coin": str(day), "price": day} for day in range(MAX_ROWS + 1050)]
    page = figure(spec(datasets={"table": rows}))
    assert len(page.select("tbody tr")) == MAX_ROWS
    assert page.caption.text == "Data: the first 200 of 1,250 rows, 1,050 left out here"


def test_ids_of_two_charts_on_a_page_differ() -> None:
    one, two = ({tag["id"] for tag in figure(spec(), key).select("[id]")} for key in ("chart-1-0", "chart-2-0"))
    assert len(one) > 1
    assert not one & two


def test_references_inside_a_drawing_follow_its_ids(page: BeautifulSoup) -> None:
    ids = {tag["id"] for tag in page.svg.select("[id]")}
    used = {tag["clip-path"][5:-1] for tag in page.svg.select("[clip-path]")}
    assert used
    assert used <= ids


@pytest.mark.parametrize("name", PALETTE)
def test_every_colour_of_the_palette_becomes_a_property(name: str) -> None:
    light = PALETTE[name][0]
    red, green, blue = (int(light[i : i + 2], 16) for i in (1, 3, 5))
    assert themed(f'fill="{light}"') == f'fill="var(--{name})"'
    assert themed(f'fill="{light.lower()}"') == f'fill="var(--{name})"'
    assert themed(f'fill="rgb({red}, {green}, {blue})"') == f'fill="var(--{name})"'


def test_other_colours_stay_and_are_named() -> None:
    svg = themed(f'<svg><path fill="#4c78a8" stroke="none"/><path fill="{ORANGE}" stroke="red"/></svg>')
    assert foreign_colours(svg) == ["#4c78a8", "red"]


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "quiet", "holds", "depends", "fails", "untestable"])
def test_words_have_enough_contrast(name: str, side: int) -> None:
    assert contrast(PALETTE[name][side], PALETTE["paper"][side]) >= 4.5


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", sorted(set(PALETTE) - {"grid", "paper"}))
def test_marks_have_enough_contrast(name: str, side: int) -> None:
    assert contrast(PALETTE[name][side], PALETTE["paper"][side]) >= 3


def test_palette_is_light_first_dark_on_demand_and_light_in_print() -> None:
    light, dark, paper = palette_css().splitlines()
    assert f"--btc:{PALETTE['btc'][0]};" in light
    assert dark.startswith('html[data-theme="dark"]{')
    assert f"--btc:{PALETTE['btc'][1]};" in dark
    assert paper.startswith("@media print{")
    assert f"--btc:{PALETTE['btc'][0]};" in paper


def renderer(output: dict[str, Any], warnings: list[str]) -> Any:
    client = SimpleNamespace(code_cell_outputs=lambda _: (1, [{"data": output}]))
    logger = SimpleNamespace(warning=lambda text, **_: warnings.append(text))
    return SimpleNamespace(renderer=SimpleNamespace(nb_client=client), logger=logger)


def handled(chart: dict[str, Any], inline: bool = False) -> tuple[list[nodes.Node] | None, list[str]]:
    warnings: list[str] = []
    output = {MIME: chart, "text/plain": WORDS}
    data = MimeData(MIME, chart, cell_index=4, output_index=0)  # type: ignore[arg-type]
    return FigureRenderer.handle_mime(renderer(output, warnings), data, inline), warnings


def test_plugin_writes_raw_html_for_a_chart() -> None:
    (node,), warnings = handled(spec())
    assert node["format"] == "html"
    assert 'id="chart-4-0"' in node.astext()
    assert not warnings


def test_plugin_warns_of_a_colour_that_cannot_follow_the_theme() -> None:
    _, (warning,) = handled(spec(mark={"type": "bar", "color": "#4c78a8"}))
    assert "cell 5" in warning
    assert "#4c78a8" in warning


def test_plugin_leaves_other_outputs_and_inline_ones_alone() -> None:
    assert FigureRenderer.handle_mime(renderer({}, []), MimeData("text/plain", "x"), False) is None
    assert handled(spec(), inline=True)[0] is None


def test_html_prefers_the_chart_and_print_formats_the_drawing() -> None:
    assert get_mime_priority("html", [])[0] == MIME
    assert MIME not in get_mime_priority("latex", [])
    assert MIME not in get_mime_priority("text", [])
