"""Claims about one level or one reading: C05, C15, C16, computed a second time from the bare files."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from statistics import fmean

import pandas as pd
import pytest

from selloff.claims import claims, decide, range_positions, specifications
from selloff.data import default_folder, seal

LEVELS = {f"round_{k}": 1000.0 * k for k in (116, 115, 114, 113, 112, 110)}
MONDAY, HELD, EARLIER = (
    [date(2025, 9, 22)],
    [date(2025, 9, day) for day in range(11, 22)],
    [date(2025, 9, day) for day in range(1, 11)],
)


def bitcoin(column: str) -> dict[date, float]:
    with (default_folder() / "crypto_daily.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["asset"] == "BTC"]
    return {date.fromisoformat(row["date"]): float(row[column]) for row in rows}


def lowest_hourly_closes() -> dict[date, float]:
    """Return the lowest hourly close of each UTC day; the row of midnight closes the day before."""
    lowest: dict[date, float] = {}
    with (default_folder() / "crypto_hourly.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["time_utc"][:10])
            if row["time_utc"][11:13] == "00":
                day -= timedelta(days=1)
            lowest[day] = min(lowest.get(day, float("inf")), float(row["btc"]))
    return lowest


@pytest.fixture(scope="module")
def prices() -> dict[str, dict[date, float]]:
    return {"low": bitcoin("low"), "close": lowest_hourly_closes()}


def average_before(day: date, length: int) -> float:
    closes = bitcoin("close")
    return fmean(closes[day - timedelta(days=back)] for back in range(1, length + 1))


@pytest.mark.parametrize("price", ["low", "close"])
@pytest.mark.parametrize("key", [*LEVELS, "prior_low"])
def test_a_fixed_level_is_measured_against_the_lowest_price_of_three_spans(prices, key: str, price: str) -> None:
    lowest = prices[price]
    level = LEVELS.get(key) or min(lowest[day] for day in HELD)
    key_level = decide("C15")

    for part, span in (("gap", MONDAY), ("held", HELD), ("earlier", EARLIER)):
        worst = min(100 * (lowest[day] / level - 1) for day in span)
        assert key_level.value(part, level=key, price=price) == pytest.approx(worst, abs=1e-9)
    expected = (
        min(lowest[day] for day in MONDAY) < level
        and min(lowest[day] for day in HELD) >= level
        and min(lowest[day] for day in EARLIER) < level
    )
    assert key_level.by_definition[f"{key}.{price}"] is expected


@pytest.mark.parametrize("length", [50, 100])
def test_an_average_is_the_one_known_when_the_day_begins(prices, length: int) -> None:
    gap = 100 * (prices["low"][MONDAY[0]] / average_before(MONDAY[0], length) - 1)
    held = min(100 * (prices["low"][day] / average_before(day, length) - 1) for day in HELD)
    key_level = decide("C15")

    assert key_level.value("gap", level=f"average_{length}", price="low") == pytest.approx(gap, abs=1e-9)
    assert key_level.value("held", level=f"average_{length}", price="low") == pytest.approx(held, abs=1e-9)


def test_every_level_of_the_ledger_is_tested_by_both_prices() -> None:
    key_level = decide("C15")

    assert list(key_level.by_definition) == [spec.key for spec in specifications(key_level.claim)]
    assert len(key_level.by_definition) == 2 * (len(LEVELS) + 3)


def test_a_monday_that_fell_less_far_takes_the_levels_below_from_the_claim(changed) -> None:
    folder = changed(
        "crypto_daily", lambda t: t.replace("2025-09-22,BTC,112716.9,111800.0", "2025-09-22,BTC,112716.9,112500.0")
    )

    before, after = decide("C15"), decide("C15", folder)

    assert before.by_definition["round_112.low"] is True
    assert after.by_definition["round_112.low"] is False
    assert after.value("gap", level="round_112", price="low") == pytest.approx(100 * (112_500 / 112_000 - 1))
    assert after.support == (before.support[0] - 1, before.support[1])


def test_a_monday_without_a_fall_makes_the_key_level_fail(changed) -> None:
    folder = changed(
        "crypto_daily", lambda t: t.replace("2025-09-22,BTC,112716.9,111800.0", "2025-09-22,BTC,112716.9,117000.0")
    )
    path = folder / "crypto_hourly.csv"
    hours = r"(2025-09-22T(?:0[1-9]|1\d|2[0-3]):00Z|2025-09-23T00:00Z),[\d.]+"
    text, count = re.subn(hours, r"\g<1>,117000.0", path.read_text())
    assert count == 24
    path.write_text(text)
    seal("crypto_hourly", folder)

    assert decide("C15").verdict == "depends"
    assert decide("C15", folder).verdict == "fails"


def test_sentiment_is_compared_with_all_days_from_the_first_of_summer_to_the_day_before() -> None:
    with (default_folder() / "fear_greed_daily.csv").open(newline="") as file:
        index = {row["date"]: float(row["fear_greed"]) for row in csv.DictReader(file)}
    mood = decide("C05")

    for day, key in (("2025-09-25", "thu"), ("2025-09-26", "fri")):
        for since, first in (("june", "2025-06-01"), ("solstice", "2025-06-21")):
            before = min(value for at, value in index.items() if first <= at < day)
            assert mood.value("level", day=key) == index[day]
            assert mood.by_definition[f"{key}.{since}.lowest"] is (index[day] < before)
            assert mood.by_definition[f"{key}.{since}.level"] is (index[day] <= before)


def test_a_tie_is_as_low_as_any_but_not_lower_than_all(changed) -> None:
    with (default_folder() / "fear_greed_daily.csv").open(newline="") as file:
        index = {row["date"]: row["fear_greed"] for row in csv.DictReader(file)}
    low = min(int(value) for at, value in index.items() if "2025-06-01" <= at < "2025-09-26")
    folder = changed("fear_greed_daily", lambda t: t.replace("2025-09-26,28", f"2025-09-26,{low}"))

    mood = decide("C05", folder)

    assert mood.by_definition["fri.june.level"] is True
    assert mood.by_definition["fri.june.lowest"] is False
    assert mood.value("level", day="fri") == low


def test_a_higher_reading_on_friday_makes_the_mood_fail(changed) -> None:
    folder = changed("fear_greed_daily", lambda t: t.replace("2025-09-26,28", "2025-09-26,45"))

    assert decide("C05").verdict == "depends"
    assert decide("C05", folder).verdict == "fails"


def test_the_total_of_the_other_vendor_is_the_one_quoted_for_that_day() -> None:
    level = decide("C16")

    assert level.value("total", day="thu", vendor="other") == 3830
    assert level.value("total", day="fri", vendor="other") == 3850


def test_the_gap_to_the_average_by_lows_is_that_of_the_days_lowest_price() -> None:
    closes, lows = bitcoin("close"), bitcoin("low")
    day = date(2025, 9, 25)
    average = fmean(closes[day - timedelta(days=back)] for back in range(100))

    found = decide("C16").value("average", day="thu", average="simple", price="low")

    assert found == pytest.approx(100 * (lows[day] / average - 1), abs=1e-9)


def test_a_close_above_the_average_leaves_the_claim_to_some_definitions(changed) -> None:
    folder = changed("crypto_daily", lambda t: t.replace("2025-09-26,BTC,109703.6", "2025-09-26,BTC,119703.6"))

    assert decide("C16").verdict == "holds"
    after = decide("C16", folder)
    assert after.verdict == "depends"
    assert after.by_definition["fri.simple.close.tradingview"] is False
    assert after.value("average", day="fri", average="simple", price="close") > 0


@pytest.mark.parametrize("days", [60, 90])
def test_the_place_in_the_range_lies_between_the_lowest_low_and_the_highest_high(days: int) -> None:
    lows, highs, closes = (bitcoin(column) for column in ("low", "high", "close"))
    last = date(2025, 9, 25)
    span = [last - timedelta(days=back) for back in range(days)]
    low, high = min(lows[day] for day in span), max(highs[day] for day in span)

    found = range_positions("BTC", days)

    assert found["2025-09-25"] == pytest.approx((closes[last] - low) / (high - low), abs=1e-12)
    assert found.index.equals(pd.DatetimeIndex(found.index).sort_values())
    assert found.isna().sum() == days - 1


def test_the_claims_of_the_chapter_are_decided() -> None:
    chapter = "notebooks/the-week/anatomy-of-five-days"
    here = {claim.id: claim.state for claim in claims() if claim.chapter == chapter}

    assert here == dict.fromkeys(("C01", "C03", "C04", "C05", "C15", "C16"), "computed")
