"""Charts: described, titled, sourced, repeatable, with no colour outside the palette and nothing from elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import altair as alt
import numpy as np
import pandas as pd
import pytest

from selloff import charts
from selloff.charts.lines import long, thin
from selloff.charts.renderer import MIME
from selloff.charts.theme import PALETTE, finish


@pytest.fixture
def chart() -> alt.LayerChart:
    days = pd.date_range("2025-07-01", "2025-10-10")
    closes = pd.Series(np.linspace(120_000, 100_000, len(days)), index=days)
    averages = pd.DataFrame({"simple": closes * 1.03, "exponential": closes * 1.02})
    return charts.average_gap(closes, averages)


def bundle(chart: alt.LayerChart) -> dict[str, object]:
    return chart._repr_mimebundle_()


def test_a_chart_leaves_as_specification_drawing_and_words(chart) -> None:
    out = bundle(chart)

    assert set(out) == {MIME, "image/svg+xml", "text/plain"}
    assert out["image/svg+xml"].startswith("<svg")
    assert out["text/plain"] == out[MIME]["description"]
    assert len(out["text/plain"]) >= 40
    assert out[MIME]["usermeta"]["source"]
    assert out[MIME]["title"]["text"]


def test_a_title_tells_the_number_it_shows(chart) -> None:
    assert "2.9\N{NO-BREAK SPACE}% below" in bundle(chart)[MIME]["title"]["text"]


def test_two_drawings_of_one_chart_are_equal_to_the_byte(chart) -> None:
    first, second = (json.dumps(bundle(chart)) for _ in range(2))

    assert first == second


def test_a_fresh_process_draws_the_same_chart() -> None:
    code = (
        "import hashlib, json, pandas as pd; from selloff import charts, data;"
        "out = charts.closing_hours(data.sessions('2025-01-01', '2025-12-31'))._repr_mimebundle_();"
        "print(hashlib.sha256(json.dumps(out).encode()).hexdigest())"
    )
    seen = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }

    assert len(seen) == 1


def test_a_chart_knows_no_colour_outside_the_palette(chart) -> None:
    known = {light.lower() for light, _ in PALETTE.values()}
    out = bundle(chart)
    text = json.dumps(out[MIME]["config"]) + out["image/svg+xml"]

    assert {colour.lower() for colour in re.findall(r"#[0-9a-fA-F]{6}\b", text)} <= known


def test_no_two_meanings_share_a_light_colour() -> None:
    lights = [light for light, _ in PALETTE.values()]

    assert len(set(lights)) == len(lights)


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("name", "least"),
    [(n, 4.5 if n in ("ink", "quiet") else 3.0) for n in PALETTE if n not in ("grid", "paper")],
)
def test_every_colour_stands_out_from_the_paper(name: str, least: float, theme: int) -> None:
    assert contrast(PALETTE[name][theme], PALETTE["paper"][theme]) >= least


def test_a_chart_without_words_for_who_cannot_see_it_is_refused() -> None:
    with pytest.raises(ValueError, match="the description has 5 characters; say in 40 or more"):
        finish(alt.Chart(), title="t", subtitle="s", description="short", source="x")


def test_days_are_written_as_days_and_hours_as_utc() -> None:
    days = pd.DataFrame({"a": [1.234]}, index=pd.DatetimeIndex(["2025-09-26"]))
    hours = pd.DataFrame({"a": [1.0]}, index=pd.DatetimeIndex(["2025-09-26 12:00"], tz="UTC"))

    assert long(days).iloc[0].tolist() == ["2025-09-26", "a", 1.23]
    assert long(hours)["time"].iloc[0] == "2025-09-26T12:00Z"


def test_thinning_keeps_the_last_row_and_the_limit() -> None:
    frame = pd.DataFrame({"a": range(1000)})

    kept = thin(frame, 300)

    assert len(kept) <= 300
    assert kept["a"].iloc[-1] == 999


def test_places_in_a_drawing_have_two_decimals_and_words_keep_theirs() -> None:
    data = pd.DataFrame({"x": [1 / 3, 2 / 3, 0.9], "word": ["0.12345", "b", "c"]})
    marks = alt.Chart(data).mark_text().encode(x="x:Q", text="word:N")

    drawing = bundle(finish(marks, title="t", subtitle="s", description="d" * 40, source="x"))["image/svg+xml"]

    assert ">0.12345<" in drawing
    places = re.findall(r'transform="translate\(([^)]*)\)"', drawing)
    assert any("." in place for place in places)
    assert not any(re.search(r"\.\d{3}", place) for place in places)
