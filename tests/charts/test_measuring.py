"""Pictures of chance, storms and clocks: their titles tell the numbers that their marks show."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff import charts, data
from selloff.charts.renderer import MIME
from selloff.correlation.pitfalls import overlap_correlation
from selloff.validation import simulations

HOURS = range(-24, 25)


def spec(chart: Any) -> dict[str, Any]:
    bundle = chart._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert len(bundle["text/plain"]) >= 40
    assert sum(map(len, bundle[MIME]["datasets"].values())) <= 2000
    return bundle[MIME]


def title(chart: Any) -> str:
    text = spec(chart)["title"]["text"]
    return text if isinstance(text, str) else " ".join(text)


@pytest.fixture
def paths() -> pd.DataFrame:
    days = pd.RangeIndex(90, 1001, name="day")
    wave = np.sin(np.arange(911) / 100)
    return pd.DataFrame({pair: 0.4 + 0.01 * (pair + 1) * wave for pair in range(30)}, index=days)


def test_the_line_that_moves_furthest_among_those_drawn_is_coloured(paths: pd.DataFrame) -> None:
    drawn = spec(charts.wandering_lines(paths, 0.4))

    assert "datum.pair === 20" in json.dumps(drawn).replace("(", "").replace(")", "")
    assert drawn["title"]["text"] == "The truth stands still at 0.40; the lines do not"


def test_the_words_give_the_mean_lowest_and_highest_of_all_pairs(paths: pd.DataFrame) -> None:
    # Swings of .01 to .30, .155 on average, about .40.
    assert "falls to 0.25 and climbs to 0.55 on average" in spec(charts.wandering_lines(paths, 0.4))["description"]


def test_a_longer_window_is_told_by_its_range(paths: pd.DataFrame) -> None:
    flat = pd.DataFrame({0: np.linspace(0.3, 0.5, 751)}, index=pd.RangeIndex(250, 1001))

    chart = charts.window_ranges({90: paths, 250: flat}, 0.4)

    assert title(chart) == "Even over 250 days the line covers a range of 0.20"


def test_false_alarms_and_finds_are_those_of_the_stored_studies() -> None:
    # 181 and 49 of 1000 samples without a change, 711 of 1000 with one.
    assert title(charts.alarms_and_finds(simulations())) == (
        "Out of 100 samples without a change the textbook test cries wolf in 18, "
        "the bootstrap in 5; it finds 71 of 100 real rises"
    )


def test_a_cloud_tells_the_correlation_of_its_points() -> None:
    x = np.array([1.0, -1.0, 1.0, -1.0])
    e = np.array([1.0, 1.0, -1.0, -1.0])
    # 3/5, and with three times the factor 9 / sqrt(97).
    calm, storm = (pd.DataFrame({"x": k * x, "y": 3 * k * x + 4 * e}) for k in (1, 3))
    parts = {"calm": calm, "storm": storm}

    assert title(charts.storm_cloud(parts)) == "The same line, a longer cloud: correlation goes from 0.60 to 0.91"


def test_the_curve_ends_where_the_last_sample_does() -> None:
    curve = pd.Series([0.35, 0.75], index=[1.0, 9.0])
    found = pd.DataFrame({"correlation": [0.34, 0.74], "corrected": [0.34, 0.33], "beta": [0.36, 0.35]}, index=[1, 9])

    assert title(charts.storm_curve(curve, found)) == "Volatility alone lifts the correlation from 0.35 to 0.74"


def test_names_of_equal_values_do_not_lie_on_each_other() -> None:
    curve = pd.Series([0.35, 0.75], index=[1.0, 9.0])
    found = pd.DataFrame({"correlation": [0.35, 0.75], "corrected": 0.35, "beta": 0.35}, index=[1, 9])

    rows = [row for part in spec(charts.storm_curve(curve, found))["datasets"].values() for row in part]
    places = sorted(row["place"] for row in rows if "place" in row)

    assert np.diff(places).min() > 0.05


@pytest.fixture
def week() -> dict[str, pd.DataFrame]:
    days = pd.DatetimeIndex(["2025-09-25", "2025-09-26"])
    close = data.strikes("nyse", "2025-09-24", "2025-09-26")

    def row(changes: list[float]) -> pd.DataFrame:
        ends = {"start": close.iloc[:-1].to_numpy(), "end": close.iloc[1:].to_numpy()}
        frame = pd.DataFrame({name: pd.DatetimeIndex(part, tz="UTC") for name, part in ends.items()}, index=days)
        return frame.assign(change_pct=changes)

    return {"shares": row([9.0, -9.0]), "one": row([-3.0, 0.1]), "other": row([-2.5, -3.8])}


def test_the_day_on_which_clocks_differ_most_is_told_and_shares_are_left_out(week: dict[str, pd.DataFrame]) -> None:
    held = data.sessions("2025-09-25", "2025-09-26")

    assert title(charts.clock_week(week, held)) == (
        "On Friday bitcoin's return is anything from \N{MINUS SIGN}3.8 to +0.1 %, by the clock"
    )


def test_a_correlation_half_a_day_apart_is_read_at_twelve_hours() -> None:
    even = pd.Series(overlap_correlation(0.6, HOURS), index=HOURS)

    assert title(charts.read_apart(even, even)) == "Read half a day apart, a correlation of 0.60 shows as 0.30"


def test_early_and_late_readings_are_told_apart() -> None:
    even = pd.Series(overlap_correlation(0.4, HOURS), index=HOURS)
    found = even.where(even.index <= 0, 0.4)

    assert title(charts.reading_hours(found, even, {"midnight after": (3, 4)})) == (
        "Read 12 hours early, bitcoin shows a correlation of 0.20; 12 hours late, 0.40"
    )


def test_a_filled_correlation_is_told_at_five_sessions() -> None:
    found = pd.DataFrame({"filled": [0.4, 0.21, 0.07], "matched": [0.4, 0.41, 0.42]}, index=[1, 2, 5])

    assert title(charts.stale_readings(found)) == "Read every 5 sessions and filled, 0.40 shrinks to 0.07"


def test_walks_are_counted_on_both_sides_of_zero() -> None:
    found = pd.DataFrame({"levels": [0.6, -0.7, 0.1, 0.2], "returns": [0.01, -0.02, 0.03, 0.0]})

    assert title(charts.level_histograms(found, 250)).startswith("In 50 of 100 pairs, levels of unrelated walks")


def test_shuffles_are_told_by_their_median() -> None:
    chart = charts.shuffled_histogram(np.array([0.5, 0.7, 0.9]), 0.86, ("bitcoin", "S&P 500"))

    assert title(chart) == "With the days shuffled, the levels still correlate at 0.70"
    assert "The correlation of the true levels is 0.86" in spec(chart)["description"]
