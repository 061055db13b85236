"""Falls from old highs: by hand, by brute force, and on the S&P 500."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.data import load
from selloff.market.drawdowns import Drawdowns, drawdowns
from selloff.validation.samples import sp500_prices

# Whole numbers, so that highs are met again and plateaus are common.
walks = st.lists(st.integers(1, 12), min_size=2, max_size=60)


def daily(prices: list[float]) -> pd.Series:
    return pd.Series(prices, index=pd.date_range("2024-01-01", periods=len(prices), freq="D"), dtype=float)


def by_brute_force(prices: list[int]) -> list[tuple[int, int, int | None, Fraction]]:
    """Walk through the prices one by one: start, trough, end, depth."""
    falls: list[tuple[int, int, int | None, Fraction]] = []
    high, start, trough = prices[0], 0, None
    for day, price in enumerate(prices[1:], start=1):
        if price >= high:
            if trough is not None:
                falls.append((start, trough, day, Fraction(high - prices[trough], high)))
            high, start, trough = price, day, None
        elif trough is None or price < prices[trough]:
            trough = day
    if trough is not None:
        falls.append((start, trough, None, Fraction(high - prices[trough], high)))
    return falls


def test_a_fall_that_recovered_and_one_that_is_open_by_hand() -> None:
    falls = drawdowns(daily([100, 110, 99, 88, 100, 110, 120, 90, 105]))

    first, second = falls.table.to_dict("records")
    day = pd.Timestamp("2024-01-01")
    assert (first["start"], first["trough"], first["end"]) == tuple(day + pd.Timedelta(days=n) for n in (1, 3, 5))
    assert first["depth"] == pytest.approx(0.2, abs=1e-15)
    assert (first["days_to_trough"], first["days_to_recover"], first["recovered"]) == (2, 2, True)
    assert (first["fall_per_day"], first["rise_per_day"]) == pytest.approx((0.1, 0.1), abs=1e-15)
    assert (second["start"], second["trough"]) == (day + pd.Timedelta(days=6), day + pd.Timedelta(days=7))
    assert pd.isna(second["end"])
    assert not second["recovered"]
    assert math.isnan(second["days_to_recover"])
    assert math.isnan(second["rise_per_day"])
    assert falls.max == pytest.approx(0.25, abs=1e-15)
    assert falls.open_days.loc[1].to_dict() == {"peak": 2, "trough": 1}


@given(walks)
@settings(max_examples=300, deadline=None)
def test_every_fall_is_the_one_a_walk_day_by_day_finds(prices: list[int]) -> None:
    table = drawdowns(np.array(prices, dtype=float)).table

    expected = by_brute_force(prices)
    assert table["start"].to_list() == [fall[0] for fall in expected]
    assert table["trough"].to_list() == [fall[1] for fall in expected]
    assert table["end"].astype(object).where(table["recovered"], None).to_list() == [fall[2] for fall in expected]
    assert table["depth"].to_list() == pytest.approx([float(fall[3]) for fall in expected], abs=1e-15)


@given(walks, st.floats(1e-6, 1e6))
@settings(max_examples=100, deadline=None)
def test_the_unit_of_the_price_does_not_matter(prices: list[int], unit: float) -> None:
    values = np.array(prices, dtype=float)

    plain, scaled = drawdowns(values), drawdowns(values * unit)

    assert plain.table["start"].to_list() == scaled.table["start"].to_list()
    assert scaled.max == pytest.approx(plain.max, abs=1e-12)


@given(walks)
@settings(max_examples=100, deadline=None)
def test_the_deepest_log_fall_is_the_largest_rise_of_the_price_read_backwards(prices: list[int]) -> None:
    values = np.array(prices, dtype=float)

    mirrored = drawdowns((1 / values)[::-1], log=True)

    assert mirrored.max == pytest.approx(drawdowns(values, log=True).max, abs=1e-12)


@given(walks)
@settings(max_examples=100, deadline=None)
def test_a_longer_sample_changes_no_fall_that_had_recovered(prices: list[int]) -> None:
    values = np.array(prices, dtype=float)
    longer = drawdowns(np.concatenate([values, [1.0, 20.0, 3.0]])).table

    before = drawdowns(values).table
    before = before[before["recovered"]]

    columns = ["start", "trough", "depth", "days_to_trough", "days_to_recover"]
    assert longer.iloc[: len(before)][columns].to_numpy().tolist() == before[columns].to_numpy().tolist()


def test_a_high_met_twice_ends_one_fall_and_starts_the_next_without_overlap() -> None:
    table = drawdowns(np.array([10.0, 10.0, 8.0, 10.0, 10.0, 9.0, 11.0])).table

    assert table["start"].to_list() == [1, 4]
    assert table["end"].to_list() == [3, 6]


def test_the_first_of_two_equal_lows_is_the_trough() -> None:
    assert drawdowns(np.array([10.0, 7.0, 8.0, 7.0, 12.0])).table["trough"].to_list() == [1]


def test_the_log_depth_is_the_difference_of_logarithms() -> None:
    falls = drawdowns(np.array([10.0, 4.0, 12.0]), log=True)

    assert falls.table["depth"].to_list() == pytest.approx([math.log(10 / 4)], abs=1e-15)
    assert falls.series.to_list() == pytest.approx([0, math.log(10 / 4), 0], abs=1e-15)


def test_a_fall_of_exactly_the_minimum_is_kept_on_either_scale() -> None:
    # 100 to 90 is 10 % by the numbers, though not in binary fractions.
    prices = np.array([100.0, 90.0, 101.0, 100.0, 102.0])

    for log in (False, True):
        falls = drawdowns(prices, minimum=0.1, log=log)
        assert falls.table["start"].to_list() == [0]
        assert falls.open_days.shape == (1, 2)


def test_the_sp500_fell_from_october_2007_to_march_2009() -> None:
    falls = drawdowns(sp500_prices(), log=True)

    deepest = falls.table.loc[falls.table["depth"].idxmax()]
    assert falls.max == pytest.approx(0.838760125, abs=5e-10)
    assert (deepest["start"], deepest["trough"]) == (pd.Timestamp("2007-10-09"), pd.Timestamp("2009-03-09"))


def test_durations_are_calendar_days_and_hours_are_fractions_of_them() -> None:
    weekdays = pd.Series([10.0, 9.0, 11.0], index=pd.to_datetime(["2024-03-01", "2024-03-04", "2024-03-05"]))
    hours = pd.Series([10.0, 9.0, 11.0], index=pd.date_range("2024-03-01", periods=3, freq="6h", tz="UTC"))

    assert drawdowns(weekdays).table["days_to_trough"].to_list() == [3]
    assert drawdowns(hours).table["days_to_recover"].to_list() == [0.25]
    assert str(drawdowns(hours).table["end"].dtype).endswith("UTC]")


def test_bitcoin_has_deep_falls_and_a_summary_that_names_the_deepest() -> None:
    close = load("crypto_daily")["close"].xs("BTC", level="asset").dropna()

    falls = drawdowns(close, minimum=0.5)

    assert (falls.table["depth"] >= 0.5).all()
    assert falls.summary().startswith(f"{len(falls.table)} falls of at least 50%")
    assert "deepest 83.5%, 2017-12-16 to 2018-12-15, back on 2020-11-30" in falls.summary()
    assert falls.to_frame().equals(falls.table)


@pytest.mark.parametrize(
    ("falls", "words"),
    [
        (drawdowns(np.array([1.0, 2.0])), "no fall until row 1"),
        (drawdowns(np.array([10.0, 9.0, 10.0]), minimum=0.2), "no fall of at least 20% until row 2"),
        (drawdowns(np.array([10.0, 9.0])), "deepest 10.0%, row 0 to row 1, not back by row 1"),
        (drawdowns(np.array([10.0, 9.0, 10.0]), log=True), "0.105 of the log price"),
        (drawdowns(np.array([10.0, 9.0, 10.0])), "a median of 1 observations down and 1 back up"),
    ],
)
def test_a_summary_says_what_there_is(falls: Drawdowns, words: str) -> None:
    assert words in falls.summary()


def test_a_price_that_only_rose_has_no_fall() -> None:
    falls = drawdowns(daily([1, 2, 3]))

    assert falls.table.empty
    assert falls.max == 0
    assert falls.series.eq(0).all()


@pytest.mark.parametrize(
    ("prices", "options", "message"),
    [
        (daily([1, 2, 0, 3]), {}, "prices must be positive, got 0 at 2024-01-03; pass prices, not returns"),
        (np.array([1.0, -2.0]), {}, "got -2 at row 1"),
        (daily([1, math.nan, 3]), {}, "prices is missing at 2024-01-02"),
        (daily([1, 2, 3])[::-1], {}, "unsorted dates"),
        (np.array([1.0]), {}, "at least 2 are needed"),
        (daily([1, 2, 3]), {"minimum": 10}, r"minimum must be a share in \[0, 1\), got 10; write 10 % as 0.1"),
        (daily([1, 2, 3]), {"minimum": math.nan}, "minimum must be a share"),
    ],
)
def test_prices_that_cannot_fall_are_refused(prices, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drawdowns(prices, **options)
