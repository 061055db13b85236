"""Falls through a moving average: by a walk day by day, without a look ahead."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.breaches import moving_average, moving_average_breaches

walks = st.lists(st.integers(1, 12), min_size=6, max_size=60)


def daily(prices: list[float]) -> pd.Series:
    return pd.Series(prices, index=pd.date_range("2024-01-01", periods=len(prices)), dtype=float)


def by_brute_force(prices: list[float], length: int, band: float, kind: str) -> list[tuple[int, int | None]]:
    """Walk through the closes: day of each breach, and of the return above."""
    found: list[tuple[int, int | None]] = []
    armed = below = False
    average = prices[0]
    for day, price in enumerate(prices):
        if kind == "exponential":
            average += (price - average) * 2 / (length + 1)
        if day < length - 1:
            continue
        if kind == "simple":
            average = sum(prices[day - length + 1 : day + 1]) / length
        if price > (1 + band) * average * (1 + 1e-12):
            if below:
                found[-1] = (found[-1][0], day)
            armed, below = True, False
        elif price < (1 - band) * average * (1 - 1e-12):
            if armed:
                found.append((day, None))
                below = True
            armed = False
    return found


def test_a_breach_its_depth_and_its_end_by_hand() -> None:
    falls = moving_average_breaches(daily([100, 110, 105, 90, 80, 100, 120, 100]), length=2)

    # Averages 105, 107.5, 97.5, 85, 90, 110, 110: above on the 2nd, below from the 3rd to the 5th.
    first, second = falls.table.reset_index().to_dict("records")
    assert first["date"] == pd.Timestamp("2024-01-03")
    assert (first["price"], first["average"]) == (105, 107.5)
    assert first["depth"] == pytest.approx(1 - 105 / 107.5, abs=1e-15)
    assert first["deepest"] == pytest.approx(1 - 90 / 97.5, abs=1e-15)
    assert (first["return"], first["days"], first["returned"]) == (pd.Timestamp("2024-01-06"), 3, True)
    assert second["date"] == pd.Timestamp("2024-01-08")
    assert pd.isna(second["return"])
    assert (second["days"], second["returned"]) == (0, False)
    assert (falls.count, falls.last) == (2, pd.Timestamp("2024-01-08"))
    assert falls.below.to_list() == [False, False, True, True, True, False, False, True]
    assert math.isnan(falls.average.iloc[0])


@given(walks, st.integers(2, 6), st.sampled_from([0.0, 0.1]), st.sampled_from(["simple", "exponential"]))
@settings(max_examples=300, deadline=None)
def test_every_breach_is_the_one_a_walk_day_by_day_finds(
    prices: list[int], length: int, band: float, kind: str
) -> None:
    falls = moving_average_breaches(np.array(prices, dtype=float), length, kind, band)

    expected = by_brute_force([float(price) for price in prices], length, band, kind)
    assert falls.dates.to_list() == [breach for breach, _ in expected]
    ends = [None if pd.isna(end) else int(end) for end in falls.table["return"]]
    assert ends == [end for _, end in expected]
    assert falls.table["returned"].to_list() == [end is not None for _, end in expected]
    last = len(prices) - 1
    assert falls.table["days"].to_list() == [(last if end is None else end) - breach for breach, end in expected]


@given(walks, walks, st.integers(2, 6), st.sampled_from(["simple", "exponential"]))
@settings(max_examples=100, deadline=None)
def test_what_comes_later_changes_no_breach(prices: list[int], later: list[int], length: int, kind: str) -> None:
    short = np.array(prices, dtype=float)
    long = np.concatenate([short, np.array(later, dtype=float)])

    before, after = (moving_average_breaches(values, length, kind) for values in (short, long))

    columns = ["price", "average", "depth"]
    pd.testing.assert_frame_equal(before.table[columns], after.table.loc[: short.size - 1, columns])
    np.testing.assert_array_equal(before.average, after.average[: short.size])
    np.testing.assert_array_equal(before.below, after.below[: short.size])


@given(walks, st.integers(2, 6), st.floats(1e-6, 1e6))
@settings(max_examples=100, deadline=None)
def test_the_unit_of_the_price_does_not_matter(prices: list[int], length: int, unit: float) -> None:
    values = np.array(prices, dtype=float)

    assert moving_average_breaches(values, length).dates.equals(moving_average_breaches(values * unit, length).dates)


def test_a_flat_price_lies_on_its_average_and_never_falls_through_it() -> None:
    # The mean of a hundred tenths is a hair off a tenth.
    prices = np.concatenate([np.full(5, 0.05), np.full(300, 0.1)])

    assert moving_average_breaches(prices, 100).count == 0
    assert moving_average_breaches(prices, 100, "exponential").count == 0


def test_a_bad_tick_leaves_the_average_when_it_leaves_the_window() -> None:
    rng = np.random.default_rng(1)
    clean = np.exp(rng.standard_normal(400) / 50)
    bad = clean.copy()
    bad[150] = 1e8

    np.testing.assert_array_equal(moving_average(bad, 100, "simple")[251:], moving_average(clean, 100, "simple")[251:])


def test_a_band_counts_fewer_falls() -> None:
    walk = daily(np.exp(np.cumsum(np.random.default_rng(2).standard_normal(1500) / 40)).tolist())

    counts = [moving_average_breaches(walk, 50, band=band).count for band in (0, 0.02, 0.05)]

    assert counts[0] > counts[1] > counts[2] > 0


def test_the_line_says_how_it_stands() -> None:
    open_fall = moving_average_breaches(daily([1, 2, 3, 1, 1.2, 1.1]), 3)
    closed = moving_average_breaches(daily([1, 2, 3, 1, 1.2, 3]), 3, band=0.01)

    assert open_fall.summary() == (
        "1 fall through the 3-observation simple average; last on 2024-01-04, still below after 2 days"
    )
    assert "band 1.0%, back after a median of 2 days; last on 2024-01-04, back after 2 days" in closed.summary()
    assert moving_average_breaches(daily([1, 2, 3, 4]), 2).summary() == (
        "no close fell through the 2-observation simple average"
    )
    assert moving_average_breaches(daily([1, 2, 3, 4]), 2).last is None
    assert closed.to_frame()["date"].to_list() == [pd.Timestamp("2024-01-04")]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moving_average_breaches(daily([1, 2, 3]), 4), "length must be a whole number from 2 to 3, got 4"),
        (lambda: moving_average_breaches(daily([1, 2, 3]), 1), "length must be a whole number from 2"),
        (lambda: moving_average_breaches(daily([1, 2, 3]), 2, "median"), "unknown kind 'median'; expected simple, exp"),
        (lambda: moving_average_breaches(daily([1, 2, 3]), 2, band=2), "band must be a share from 0 to below 1, got 2"),
        (lambda: moving_average_breaches(daily([1, -2, 3]), 2), "prices must be positive, got -2 at 2024-01-02"),
        (lambda: moving_average_breaches(daily([1, np.nan, 3]), 2), "prices is missing at 2024-01-02"),
        (lambda: moving_average_breaches(daily([1, 2, 3]).iloc[[0, 2, 1]], 2), "unsorted dates"),
    ],
)
def test_prices_and_settings_that_make_no_sense_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
