"""Pictures of sources and clocks: their titles count what the rows show."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from selloff import charts, data
from selloff.charts.renderer import MIME


def spec(chart: Any) -> dict[str, Any]:
    bundle = chart._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert len(bundle["text/plain"]) >= 40
    return bundle[MIME]


def title(chart: Any) -> str:
    return str(spec(chart)["title"]["text"])


@pytest.fixture
def daily() -> pd.DataFrame:
    days = pd.to_datetime(["2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02"])
    rows = [(day, coin) for day in days for coin in ("BTC", "ETH", "XRP", "DOGE")]
    frame = pd.DataFrame(rows, columns=["date", "asset"])
    alone = (frame["asset"] == "DOGE") | ((frame["asset"] == "XRP") & (frame["date"] >= "2026-01-01"))
    frame["sources"] = alone.map({True: 1, False: 2})
    frame["spread_bp"] = [float("nan") if one else 4.0 for one in alone]
    return frame.set_index(["date", "asset"])


def test_the_grid_counts_coins_with_one_source_in_the_last_year_and_in_all(daily: pd.DataFrame) -> None:
    assert title(charts.source_grid(daily)) == "In 2026, 2 of 4 coins rest on one source; 1 always did"


def test_the_grid_writes_one_where_no_second_source_stands(daily: pd.DataFrame) -> None:
    cells = {
        (row["asset"], row["year"]): row["word"]
        for rows in spec(charts.source_grid(daily))["datasets"].values()
        for row in rows
    }

    assert cells[("XRP", 2025)] == "4"
    assert cells[("XRP", 2026)] == "one"
    assert len(cells) == 8


def test_totals_are_counted_against_the_highest_of_their_day() -> None:
    days = pd.to_datetime(["2025-09-25", "2025-09-26", "2025-09-27"])
    own = pd.DataFrame({"total_usd_bn": 3700.0, "low_usd_bn": 3650.0, "high_usd_bn": 3800.0}, index=days)
    others = pd.DataFrame({"total_usd_bn": [3799.0, 3801.0], "publisher": "a vendor"}, index=days[:2])

    assert title(charts.vendor_totals(own, others)) == "On 1 of 2 days the press quoted more than TradingView's high"


def test_counts_are_told_as_multiples_of_the_lowest() -> None:
    counts = pd.DataFrame(
        {"asked": ["a", "a", "b"], "publisher": ["x", "y", "x"], "value": [20.0, 50.0, 7.0]}, index=[0, 1, 0]
    )

    assert title(charts.competing_counts(counts)) == "Asked one question, publishers differ by up to 2.5 times"


# Starts 0, 18 and 19: hours 18 to 24 and 19 to 42 are shared, together 18 to 42.
@pytest.mark.parametrize(("starts", "shared"), [([0, 24], 0), ([0, 18], 6), ([0, 18, 19], 24)])
def test_hours_in_two_windows_or_more_are_counted_once(starts: list[int], shared: int) -> None:
    begin = pd.Timestamp("2025-09-22", tz="UTC") + pd.to_timedelta(starts, unit="h")
    windows = pd.DataFrame(
        {"start_utc": begin, "end_utc": begin + pd.Timedelta(hours=24), "value": 100.0, "publisher": "x"}
    )

    assert f"would take {shared} hours twice" in title(charts.count_windows(windows))


def test_rows_of_one_date_are_drawn_with_the_distance_of_their_ends() -> None:
    spans = data.row_spans("2025-09-22")

    chart = charts.dated_rows(spans, "2025-09-22")

    assert title(chart) == "Rows of one date end up to 24 hours apart"
    assert "the longest covers 72 hours" in spec(chart)["description"]


def test_the_day_that_a_score_tells_of_is_named_by_the_largest_correlation() -> None:
    lags = pd.Series({-2: 0.1, -1: -0.6, 0: 0.2})

    assert title(charts.mood_lags(lags)) == "The index of a date tells of the day before"
    assert title(charts.mood_lags(lags + pd.Series({-2: 0.8, -1: 0.5, 0: 0.0}))).endswith("tells of 2 days before")


def test_a_week_s_extremes_are_rounded_once() -> None:
    changes = pd.DataFrame(
        {"anchor": ["Friday"] * 2, "clock": ["00:00 UTC"] * 2, "asset": ["BTC", "ETH"], "change_pct": [-5.0, -15.5481]}
    )

    assert "ETH from -15.5 to -15.5 %" in spec(charts.anchor_weeks(changes))["description"]
