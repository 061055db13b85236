"""The site in Chromium: no other host, no error, charts with and without scripts, both themes, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from selloff.book import find_root, toc_pages
from selloff.charts.theme import PALETTE

pytestmark = [pytest.mark.browser, pytest.mark.site]

PAGES = toc_pages(find_root(Path(__file__).parent))
ALIVE = "figure.chart[data-live]"
Address = Callable[[str, str], str]


@contextmanager
def opened(browser: Any, address: str, width: int = 1280, **options: Any) -> Iterator[Any]:
    """Open a page in a fresh profile; whatever it asks and complains of is kept in ``page.heard``."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.heard = []
    page.on("request", lambda request: page.heard.append(("request", request.url)))
    page.on("pageerror", lambda error: page.heard.append(("error", str(error))))
    page.on(
        "console",
        lambda message: page.heard.append(("error", message.text)) if message.type == "error" else None,
    )
    try:
        page.goto(address)
        yield page
    finally:
        context.close()


def read_through(page: Any) -> None:
    """Scroll through a page and wait until every chart was drawn or given up."""
    for place in range(page.locator("figure.chart").count()):
        page.locator("figure.chart").nth(place).scroll_into_view_if_needed()
        page.wait_for_function("n => document.querySelectorAll('figure.chart')[n].dataset.live", arg=place)


def charts_of(site: Path) -> list[str]:
    """Return the pages that hold charts."""
    found = []
    for name in PAGES:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        if BeautifulSoup(text, "html.parser").select("figure.chart"):
            found.append(name)
    return found


@pytest.fixture(scope="session")
def charted(site: Path) -> str:
    """The first page with a chart."""
    return charts_of(site)[0]


@pytest.mark.parametrize("scheme", ["file", "http"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_asks_no_other_host_and_has_no_error(
    browser: Any, address: Address, name: str, theme: str, scheme: str
) -> None:
    with opened(browser, address(name, scheme), color_scheme=theme) as page:
        read_through(page)
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        asked = [url for kind, url in page.heard if kind == "request"]
        own = urlsplit(address(name, scheme)).netloc
        assert [url for url in asked if not url.startswith(("data:", "blob:")) and urlsplit(url).netloc != own] == []
        assert [text for kind, text in page.heard if kind == "error"] == []
        assert page.locator("figure.chart:not([data-live=true])").count() == 0
        drawn = (
            "figures => figures.every(figure => figure.querySelector('.chart-live .role-mark :is(path, line, text)'))"
        )
        assert page.locator("figure.chart").evaluate_all(drawn)


@pytest.mark.parametrize("name", PAGES)
def test_charts_are_seen_before_any_script_runs(browser: Any, address: Address, name: str) -> None:
    with opened(browser, address(name, "file"), java_script_enabled=False) as page:
        for drawing in page.locator("figure.chart .chart-static").all():
            box = drawing.bounding_box()
            assert box is not None
            assert box["width"] > 200
            assert box["height"] > 80


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_fits_a_phone(browser: Any, address: Address, name: str, theme: str) -> None:
    with opened(browser, address(name, "file"), width=390, color_scheme=theme) as page:
        read_through(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for chart in page.locator("figure.chart .chart-live svg").all():
            assert chart.bounding_box()["width"] <= 390


def test_chart_keeps_its_place_when_it_comes_alive(browser: Any, address: Address, charted: str) -> None:
    heights = "boxes => boxes.map(box => Math.round(box.getBoundingClientRect().height))"
    with opened(browser, "about:blank") as page:
        page.route("**/vega.js", lambda route: route.abort())
        page.goto(address(charted, "http"))
        still = page.locator(".chart-box").evaluate_all(heights)
    with opened(browser, address(charted, "http")) as page:
        read_through(page)
        assert page.locator(".chart-box").evaluate_all(heights) == still


def test_hovering_over_a_mark_tells_its_values(browser: Any, address: Address, site: Path) -> None:
    for name in charts_of(site):
        with opened(browser, address(name, "http")) as page:
            read_through(page)
            for figure in page.locator(ALIVE).all():
                figure.scroll_into_view_if_needed()
                marks = figure.locator(".chart-live .role-mark path, .chart-live .role-mark circle")
                for place in range(min(marks.count(), 12)):
                    box = marks.nth(place).bounding_box()
                    if not box:
                        continue
                    for across in (0.5, 0.25, 0.75):
                        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] / 2, steps=4)
                        tip = page.locator("#vg-tooltip-element.visible")
                        if tip.count() and tip.inner_text().strip():
                            return
    pytest.fail("no chart of the book shows a tooltip under the mouse")


def test_switching_the_theme_changes_the_colours_of_marks_at_once(browser: Any, address: Address, charted: str) -> None:
    look = "marks => marks.map(mark => getComputedStyle(mark)).map(style => style.fill + style.stroke)"
    with opened(browser, address(charted, "file"), color_scheme="light") as page:
        read_through(page)
        marks = page.locator(".chart-live").locator('[fill^="var("], [stroke^="var("]')
        light = marks.evaluate_all(look)
        assert light
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        dark = marks.evaluate_all(look)
        assert len(dark) == len(light)
        assert all(one != other for one, other in zip(light, dark, strict=True))


def test_theme_button_turns_the_page_dark_and_the_next_page_stays_so(browser: Any, address: Address) -> None:
    with opened(browser, address(PAGES[0], "http"), color_scheme="light") as page:
        page.locator(".theme-switch-button").first.click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        red, green, blue = (int(PALETTE["paper"][1][i : i + 2], 16) for i in (1, 3, 5))
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb({red}, {green}, {blue})"
        page.goto(address(PAGES[-1], "http"))
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_charts_live_under_a_policy_that_forbids_eval_and_other_hosts(
    browser: Any, address: Address, charted: str
) -> None:
    inline = "'self' 'unsafe-inline'"
    policy = f"default-src 'self'; script-src {inline}; style-src {inline}; img-src 'self' data:"

    def guard(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    with opened(browser, "about:blank") as page:
        page.route("**/*.html", guard)
        page.goto(address(charted, "http"))
        read_through(page)
        assert page.locator("figure.chart:not([data-live=true])").count() == 0
        assert [text for kind, text in page.heard if kind == "error"] == []


def test_drawing_stays_when_the_chart_script_cannot_be_loaded(browser: Any, address: Address, charted: str) -> None:
    with opened(browser, "about:blank") as page:
        page.route("**/vega.js", lambda route: route.abort())
        page.goto(address(charted, "http"))
        read_through(page)
        assert page.locator("figure.chart[data-live=failed]").count() == page.locator("figure.chart").count()
        assert all(drawing.is_visible() for drawing in page.locator(".chart-static").all())


def test_live_chart_is_an_image_with_the_same_words(browser: Any, address: Address, charted: str) -> None:
    with opened(browser, address(charted, "file")) as page:
        read_through(page)
        words = page.locator(".chart-data > p").all_text_contents()
        live = page.locator(".chart-live svg")
        assert [chart.get_attribute("aria-label") for chart in live.all()] == words
        assert {chart.get_attribute("role") for chart in live.all()} == {"img"}


@pytest.mark.parametrize("name", PAGES)
def test_printed_page_is_light_and_has_no_furniture(browser: Any, address: Address, name: str) -> None:
    with opened(browser, address(name, "file"), color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert (
            page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--paper')")
            == (PALETTE["paper"][0])
        )
        for furniture in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
            assert not page.locator(furniture).first.is_visible()
        assert page.locator("article h1").is_visible()


def test_search_finds_a_page_from_the_disk(browser: Any, address: Address) -> None:
    with opened(browser, address("search", "file") + "?q=correction") as page:
        page.locator("#search-results li a").first.wait_for()
        assert [text for kind, text in page.heard if kind == "error"] == []
