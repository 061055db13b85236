"""Falls alike: by hand, apart from one another, and never known before their day."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.data import load
from selloff.market.base_rates import fall_sizes, similar_episodes

PRICES = np.exp(np.random.default_rng(1).standard_normal(400).cumsum() * 0.03)


def test_sizes_by_each_definition_by_hand() -> None:
    prices = np.array([100.0, 110.0, 99.0, 88.0])

    assert fall_sizes(prices, 2)[2:].to_list() == pytest.approx([0.01, 0.2], abs=1e-15)
    assert fall_sizes(prices, 2, "drawdown").to_list() == pytest.approx([0, 0, 0.1, 0.2], abs=1e-15)
    assert fall_sizes(prices, 2)[:2].isna().all()


def test_the_yardstick_of_volatility_ends_where_the_fall_begins() -> None:
    sizes = fall_sizes(PRICES, 5, "volatility", window=20)

    steps = np.diff(np.log(PRICES))
    # On day 60 the fall took returns 55 to 59; the twenty before it are returns 35 to 54.
    spread = math.sqrt((steps[35:55] ** 2).mean() * 5)
    assert sizes[60] == pytest.approx(-steps[55:60].sum() / spread, rel=1e-12)
    assert sizes.first_valid_index() == 25


@given(st.integers(60, 400), st.sampled_from(["depth", "volatility", "drawdown"]), st.integers(1, 15))
@settings(max_examples=60, deadline=None)
def test_what_comes_later_changes_no_episode(length: int, definition, gap: int) -> None:
    fall = 1.0 if definition == "volatility" else 0.08
    options = {"fall": fall, "days": 5, "definition": definition, "window": 20, "gap": gap}

    short, full = similar_episodes(PRICES[:length], **options), similar_episodes(PRICES, **options)

    assert short.dates.to_list() == [day for day in full.dates if day < length]
    assert (np.diff(full.dates) >= gap).all()
    assert full.table["size"].between(fall * 0.75 - 1e-9, fall * 1.25 + 1e-9).all()
    assert len(full.table) <= full.candidates <= full.examined


def test_the_first_day_alike_counts_not_the_deepest() -> None:
    prices = np.array([100.0, 100, 100, 92, 88, 90, 100, 100])

    episodes = similar_episodes(prices, fall=0.1, days=3)

    assert episodes.dates.to_list() == [3]
    assert episodes.table["size"].to_list() == pytest.approx([0.08], abs=1e-15)
    assert episodes.candidates == 3


def test_without_a_tolerance_deeper_falls_count_too() -> None:
    prices = np.array([100.0, 89, 100, 50, 100])

    assert similar_episodes(prices, 0.1, 1).dates.to_list() == [1]
    assert similar_episodes(prices, 0.1, 1, tolerance=None).dates.to_list() == [1, 3]


def test_the_fall_in_question_is_not_its_own_precedent() -> None:
    close = load("crypto_daily")["close"].xs("BTC", level="asset").dropna()
    fall = float(fall_sizes(close, 7).loc["2025-09-26"])

    episodes = similar_episodes(close, fall, 7, before="2025-09-20", gap=30)

    assert episodes.dates.max() < pd.Timestamp("2025-09-20")
    assert pd.Series(episodes.dates).diff().dropna().min() >= pd.Timedelta(days=30)
    assert episodes.to_frame().columns.to_list() == ["date", "size"]
    assert episodes.summary().startswith(f"{len(episodes.table)} episodes at least 30 observations apart")
    assert "give or take 25%" in episodes.summary()


def test_days_without_a_volatility_have_no_size() -> None:
    prices = np.concatenate([np.full(30, 5.0), [4.0, 3.0]])

    assert fall_sizes(prices, 1, "volatility", window=10)[:30].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fall": 0}, "fall must be a positive size, a share below 1 of the price, got 0"),
        ({"fall": 10}, "fall must be a positive size"),
        ({"tolerance": 25}, "tolerance must lie between 0 and 1, or be None, got 25"),
        ({"gap": 0}, "gap must be at least 1 observation, got 0"),
        ({"days": 0}, "days 0 must lie between 1 and 399"),
        ({"days": 400}, "days 400 must lie between 1 and 399"),
        ({"definition": "size"}, "unknown definition 'size'; expected depth, volatility, drawdown"),
        ({"definition": "volatility", "window": 9}, "window 9 must lie between 10 and 394"),
        ({"prices": PRICES - 1}, "prices must be positive"),
        ({"prices": PRICES[:1]}, "at least 2 are needed"),
        ({"before": "2025-01-01"}, "the series have no dates"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        similar_episodes(**{"prices": PRICES, "fall": 0.1, "days": 5} | change)
