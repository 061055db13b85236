"""The price of a forced sale, and what unreported sales would mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

from selloff.market.impact import market_impact, undercount
from selloff.market.settings import check_count, check_number

DAY = {"fall": 0.12, "daily_volatility": 0.04, "daily_volume_usd": 1e11}


def test_the_square_root_law_by_hand() -> None:
    # A hundredth of a day's volume moves the price by a tenth of a day's volatility.
    assert float(market_impact(1e8, 0.02, 1e10)) == pytest.approx(0.002, abs=1e-15)
    assert float(market_impact(1e8, 0.02, 1e10, coefficient=1.5)) == pytest.approx(0.003, abs=1e-15)


def test_a_sale_of_nothing_moves_nothing_and_the_shape_is_kept() -> None:
    expected = np.array([[0, 0.002], [0.001, 0.003]])

    assert market_impact([[0.0, 4e8], [1e8, 9e8]], 0.01, 1e10) == pytest.approx(expected, abs=1e-15)


def test_linear_impact_is_proportional() -> None:
    assert market_impact([1e8, 3e8], 0.02, 1e10, exponent=1).tolist() == pytest.approx([2e-4, 6e-4], abs=1e-18)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"usd": -1.0}, "usd holds -1; a sale is a finite number"),
        ({"usd": math.nan}, "usd holds nan"),
        ({"usd": "much"}, "usd must hold numbers only"),
        ({"daily_volatility": 2.0}, "daily_volatility must be a number above 0 and at most 1, got 2; a fraction"),
        ({"daily_volume_usd": 0}, "daily_volume_usd must be a number above 0, got 0"),
        ({"coefficient": -0.1}, "coefficient must be a number from 0, got -0.1"),
        ({"exponent": 1.1}, "exponent must be a number above 0 and at most 1"),
    ],
)
def test_impact_out_of_range_is_refused(change: dict, message: str) -> None:
    good = {"usd": 1e8, "daily_volatility": 0.02, "daily_volume_usd": 1e10}

    with pytest.raises(ValueError, match=message):
        market_impact(**(good | change))


def test_four_times_the_liquidations_explain_twice_the_fall() -> None:
    table = undercount(1e9, (1, 4), coefficients=(1,), **DAY).table

    # 0.04 sqrt(0.01) = 0.004 of 0.12.
    assert table["share_explained"].tolist() == pytest.approx([1 / 30, 2 / 30], rel=1e-12)
    assert table["amplification"].tolist() == pytest.approx([30 / 29, 30 / 28], rel=1e-12)
    assert table["liquidated_usd"].tolist() == [1e9, 4e9]


def test_a_multiple_that_explains_more_than_the_fall_is_named_and_has_no_amplification() -> None:
    result = undercount(1e11, (1, 16), coefficients=(1,), **DAY)

    assert result.table["share_explained"].tolist() == pytest.approx([1 / 3, 4 / 3])
    assert math.isnan(result.table["amplification"].iloc[1])
    assert "1 of 2 rows would explain more than the whole fall" in result.summary()


def test_the_break_even_multiplier_explains_just_its_share() -> None:
    result = undercount(3e9, sold_share=0.5, exponent=0.6, **DAY)
    multiplier = result.break_even(0.4, coefficient=1.5)

    again = undercount(3e9, (multiplier,), coefficients=(1.5,), sold_share=0.5, exponent=0.6, **DAY)
    assert again.table["share_explained"].iloc[0] == pytest.approx(0.4, rel=1e-12)


def test_the_rate_per_second_is_the_one_at_which_a_venue_hides_that_much() -> None:
    table = undercount(1e9, (1, 2, 10), coefficients=(1,), **DAY).table
    rate = table["per_second"]

    assert rate.iloc[0] == 0
    assert (rate / -np.expm1(-rate))[1:].tolist() == pytest.approx([2, 10], rel=1e-12)
    # Seen: seconds with at least one; there: all of them.
    arrivals = np.random.default_rng(1).poisson(rate.iloc[1], 200_000)
    assert arrivals.sum() / (arrivals > 0).sum() == pytest.approx(2, abs=0.02)


def test_what_open_interest_rules_out_and_what_a_stated_total_needs_is_marked() -> None:
    result = undercount(2e9, (1, 2, 20), coefficients=(0.5, 1), open_interest_usd=3e10, stated_usd=3e9, **DAY)

    assert result.table["feasible"].tolist() == [True, True, False] * 2
    assert result.table["exceeds_stated"].tolist() == [False, True, True] * 2
    assert len(result.to_frame()) == 6
    assert result.summary().startswith("published USD 2,000 m times 1 to 20 explains")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"published_usd": 0}, "published_usd must be a number above 0"),
        ({"multipliers": (0.5,)}, "multipliers must be a number from 1, got 0.5"),
        ({"multipliers": ()}, "must hold at least one number each"),
        ({"fall": 12}, "fall must be a number above 0 and at most 1, got 12; a fraction: 0.12 for 12 %"),
        ({"sold_share": 0}, "sold_share must be a number above 0"),
        ({"stated_usd": -1}, "stated_usd must be a number above 0"),
    ],
)
def test_an_undercount_out_of_range_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        undercount(**({"published_usd": 1e9} | DAY | change))


def test_settings_are_numbers_in_their_range() -> None:
    assert check_number("3", "x") == 3
    assert check_count(np.int64(3), "x") == 3
    with pytest.raises(ValueError, match="x must be a number above 0, got None"):
        check_number(None, "x")
    with pytest.raises(ValueError, match="x must be a whole number from 1 to 4, got 5"):
        check_count(5, "x", most=4)
    with pytest.raises(ValueError, match="x must be a whole number from 1, got True"):
        check_count(True, "x")
