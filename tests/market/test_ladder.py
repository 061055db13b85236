"""Liquidation prices from leverage and entry."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.ladder import Ladder, entry_distribution, liquidation_ladder


def test_at_the_liquidation_price_the_margin_left_is_the_maintenance_margin() -> None:
    entry, leverage, margin = Fraction(104), Fraction(8), Fraction(1, 200)
    ladder = liquidation_ladder(1e6, 100.0, {8: 1.0}, {104: 1.0}, maintenance_margin=0.005)

    # Margin plus loss equals the maintenance margin: E / L + P - E = m P, solved exactly.
    price = (entry - entry / leverage) / (1 - margin)
    assert ladder.price_usd.tolist() == pytest.approx([float(price)], rel=1e-14)
    assert ladder.usd.tolist() == [1e6]


def test_entries_and_leverage_are_crossed_and_equal_prices_added() -> None:
    # 100 with leverage 2 and 200 with leverage 4/3 are both liquidated at 50 when no margin must remain.
    ladder = liquidation_ladder(1000, 120.0, {2: 0.5, 4 / 3: 0.5}, {100: 0.5, 200: 0.5}, maintenance_margin=0)

    assert ladder.price_usd.tolist() == pytest.approx([100, 50, 25])
    assert ladder.usd.tolist() == pytest.approx([250, 500, 250])


def test_positions_that_are_gone_are_dropped_and_the_rest_is_the_open_interest() -> None:
    ladder = liquidation_ladder(900, 90.0, {10: 1.0}, {105: 0.25, 95: 0.75}, maintenance_margin=0)

    # 105 entered with ten times leverage was closed at 94.5, above the price.
    assert ladder.price_usd.tolist() == pytest.approx([85.5])
    assert ladder.usd.tolist() == pytest.approx([900])
    assert ladder.dropped_share == pytest.approx(0.25)
    assert "25% of the given positions were closed already" in ladder.summary()


def test_a_position_without_leverage_has_no_liquidation_price() -> None:
    ladder = liquidation_ladder(1000, 100.0, {1: 0.6, 10: 0.4})

    assert ladder.unreachable_usd == pytest.approx(600)
    assert ladder.total_usd == pytest.approx(400)
    assert "empty ladder" in liquidation_ladder(1000, 100.0, {1: 1.0}).summary()


def test_a_ladder_counts_what_a_price_has_crossed() -> None:
    ladder = Ladder.from_frame(pd.DataFrame({"price_usd": [80, 95, 80], "usd": [1, 2, 4]}), 100)

    assert ladder.price_usd.tolist() == [95, 80]
    assert [ladder.crossed_usd(price) for price in (96, 95, 80)] == [0, 2, 7]
    assert ladder.to_frame()["cumulative_usd"].tolist() == [2, 7]
    assert ladder.to_frame()["fall"].tolist() == pytest.approx([0.05, 0.2])
    assert ladder.summary() == (
        "USD 0 m at 2 prices below 100; share crossed by a fall: 29% at 5%, 29% at 10%, 100% at 20%"
    )


@settings(max_examples=60, deadline=None)
@given(
    leverage=st.lists(st.floats(1, 150), min_size=1, max_size=5, unique=True),
    entries=st.lists(st.floats(50, 150), min_size=1, max_size=8, unique=True),
    margin=st.floats(0, 0.006),
)
def test_the_open_interest_is_spread_in_full_below_the_price(leverage, entries, margin) -> None:
    tiers = pd.Series(1 / len(leverage), index=leverage)
    # One entry that no leverage closes at 100.
    opened = pd.Series(1 / (len(entries) + 1), index=[49.0, *entries])
    ladder = liquidation_ladder(1e9, 100.0, tiers, opened, margin)

    assert ladder.total_usd + ladder.unreachable_usd == pytest.approx(1e9)
    assert (np.diff(ladder.price_usd) < 0).all()
    assert ((ladder.price_usd > 0) & (ladder.price_usd < 100)).all()
    assert (ladder.usd > 0).all()


def test_old_entries_count_half_after_every_half_life() -> None:
    shares = entry_distribution(np.array([3.0, 1.0, 2.0, 1.0]), halflife=1)

    # Weights 1/8, 1/4, 1/2 and 1 over their sum 15/8.
    assert shares.to_dict() == pytest.approx({1.0: 10 / 15, 2.0: 4 / 15, 3.0: 1 / 15})


def test_bins_keep_the_positions_and_put_each_price_in_its_own() -> None:
    shares = entry_distribution(np.array([0.5, 1.0, 2.0, 4.5]), halflife=1e9, bins=4)

    assert shares.to_dict() == pytest.approx({1.0: 0.5, 2.0: 0.25, 4.0: 0.25})
    assert shares.sum() == pytest.approx(1)
    assert entry_distribution(np.array([5.0, 5.0]), 3, bins=2).sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"open_interest_usd": -1}, "open_interest_usd must be a number from 0"),
        ({"price": 0}, "price must be a number above 0"),
        ({"leverage": {}}, "leverage is empty"),
        ({"leverage": {0.5: 1.0}}, "leverage holds 0.5; a position has leverage 1 or more"),
        ({"leverage": {10: 0.5, 20: 0.4}}, "the shares of leverage add to 0.9, not 1; divide them by their sum"),
        ({"leverage": {10: -0.5, 20: 1.5}}, r"leverage\[10\] must be a number from 0, got -0.5"),
        ({"leverage": {"ten": 1.0}}, "leverage must map numbers to shares"),
        ({"leverage": {250: 1.0}}, "leverage 250 opens with a margin of 0.0040, not above maintenance_margin 0.005"),
        ({"entries": {-5: 1.0}}, "each level of entries must be a number above 0, got -5"),
        ({"entries": {200: 1.0}}, "every position is liquidated at or above the price of 100"),
        ({"maintenance_margin": 0.6}, "maintenance_margin must be a number from 0 and at most 0.5"),
    ],
)
def test_a_ladder_that_cannot_be_is_refused(change: dict, message: str) -> None:
    good = {"open_interest_usd": 1e9, "price": 100.0, "leverage": {10: 1.0}}

    with pytest.raises(ValueError, match=message):
        liquidation_ladder(**(good | change))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"price": [90], "usd": [1]}, "ladder has no column 'price_usd'; it needs price_usd and usd"),
        ({"price_usd": [90, 101], "usd": [1, 1]}, "liquidation price of 101 above the price of 100"),
        ({"price_usd": [90, 80], "usd": [1, -2]}, r"ladder\['usd'\] is -2 in row 1; expected a number from 0"),
        ({"price_usd": [np.nan], "usd": [1]}, r"ladder\['price_usd'\] is nan in row 0"),
        ({"price_usd": ["low"], "usd": [1]}, r"ladder\['price_usd'\] must hold numbers only"),
    ],
)
def test_a_table_that_is_no_ladder_is_refused(frame: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Ladder.from_frame(pd.DataFrame(frame), 100)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prices": np.array([1.0, 0.0])}, "prices holds 0; a price lies above zero"),
        ({"halflife": 0}, "halflife must be a number above 0"),
        ({"bins": 0}, "bins must be a whole number from 1, got 0"),
    ],
)
def test_entries_that_cannot_be_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        entry_distribution(**({"prices": np.array([1.0, 2.0]), "halflife": 2.0} | change))
