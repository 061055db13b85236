"""Chains of liquidations against closed forms and a search over every solution."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.cascade import amplification_grid, cascade
from selloff.market.ladder import Ladder, liquidation_ladder

MARKET = {"daily_volatility": 0.02, "daily_volume_usd": 1e10}


def ladder(falls: list[float], usd: list[float], start: float = 100.0) -> pd.DataFrame:
    return pd.DataFrame({"price_usd": start * (1 - np.array(falls)), "usd": usd})


@pytest.mark.parametrize("nobody", [None, ladder([], []), ladder([0.3], [1e9]), ladder([0.01], [0.0])])
def test_without_positions_in_reach_the_shock_is_the_fall(nobody) -> None:
    result = cascade(100.0, 0.05, nobody, **MARKET)

    assert result.amplification == 1
    assert result.fall == 0.05
    assert result.liquidated_usd == 0
    assert not result.collapsed


def test_one_rung_and_the_square_root_law_by_hand() -> None:
    result = cascade(100.0, 0.05, ladder([0.05], [1e8]), **MARKET)

    # A rung that the shock just reaches is crossed; a hundredth of the volume costs 0.02 x 0.1.
    assert result.fall == pytest.approx(0.052, abs=1e-15)
    assert result.amplification == pytest.approx(1.04, abs=1e-13)
    assert result.final_price_usd == pytest.approx(94.8, abs=1e-12)
    assert result.liquidated_usd == 1e8
    assert result.liquidated_share == 1


def test_rungs_placed_one_step_ahead_make_a_geometric_series() -> None:
    shock, k, steps = 0.01, 0.5, 40
    falls = [shock * (1 - k**j) / (1 - k) for j in range(1, steps + 1)]
    # Linear impact 0.02 Q / 1e10: the j-th rung brings shock k^j.
    usd = [shock * k**j / 0.02 * 1e10 for j in range(1, steps + 1)]
    result = cascade(100.0, shock, ladder(falls, usd), exponent=1, **MARKET)

    assert result.amplification == pytest.approx(1 / (1 - k), abs=1e-10)
    assert result.rounds["fall"].iloc[:4].tolist() == pytest.approx([0.01, 0.015, 0.0175, 0.01875], abs=1e-14)


@pytest.mark.parametrize("k", [0.1, 0.5, 0.8])
def test_a_uniform_ladder_with_linear_impact_amplifies_by_one_over_one_minus_k(k: float) -> None:
    rungs, reach = 200_000, 0.5
    falls = (np.arange(rungs) + 0.5) / rungs * reach
    usd = np.full(rungs, k / 0.02 * 1e10 * reach / rungs)
    result = cascade(100.0, 0.05, ladder(falls, usd), exponent=1, **MARKET)

    assert result.amplification == pytest.approx(1 / (1 - k), rel=1e-3)


def test_a_uniform_ladder_with_square_root_impact_solves_a_quadratic_equation() -> None:
    rungs, reach, shock, per_fall = 200_000, 0.5, 0.03, 4e10
    falls = (np.arange(rungs) + 0.5) / rungs * reach
    result = cascade(100.0, shock, ladder(falls, np.full(rungs, per_fall * reach / rungs)), **MARKET)

    # f = s + c sqrt(f), c = 0.02 sqrt(4e10 / 1e10).
    c = 0.02 * math.sqrt(per_fall / 1e10)
    assert result.fall == pytest.approx(((c + math.sqrt(c * c + 4 * shock)) / 2) ** 2, rel=1e-4)


@settings(max_examples=150, deadline=None)
@given(
    falls=st.lists(st.integers(0, 99), min_size=0, max_size=12, unique=True),
    sizes=st.lists(st.integers(0, 50), min_size=12, max_size=12),
    shock=st.integers(1, 99),
    exponent=st.sampled_from([0.5, 0.6, 1.0]),
    sold=st.sampled_from([0.0, 0.3, 1.0]),
)
def test_the_fall_is_the_smallest_of_all_solutions(falls, sizes, shock, exponent, sold) -> None:
    table = ladder([f / 100 for f in falls], [s * 2e10 for s in sizes[: len(falls)]])
    s = (shock - 0.5) / 100
    result = cascade(100.0, s, table, exponent=exponent, sold_share=sold, **MARKET)

    # Whatever is liquidated must be the rungs within the fall that selling just these causes: try every number of them.
    order = np.argsort(falls)
    ends = []
    for count in range(len(falls) + 1):
        total = sum(table["usd"].iloc[order[:count]])
        fall = s + 0.02 * (sold * total / 1e10) ** exponent
        if sum(f / 100 <= fall for f in falls) == count:
            ends.append((fall, total))
    if ends and ends[0][0] < 1:
        assert result.fall == pytest.approx(ends[0][0], abs=1e-12)
        assert result.liquidated_usd == pytest.approx(ends[0][1])
        assert not result.collapsed
    else:
        assert result.collapsed
    path = result.rounds["fall"].to_numpy()
    assert (np.diff(path) >= 0).all()
    assert len(path) <= len(falls) + 2
    assert result.amplification >= 1
    assert 0 <= result.final_price_usd <= 100
    assert np.isfinite(result.rounds.to_numpy()).all()


def test_a_collapse_is_flagged_and_leaves_no_price_below_zero() -> None:
    result = cascade(100.0, 0.05, ladder([0.01], [1e16]), **MARKET)

    assert result.collapsed
    assert result.final_price_usd == 0
    assert result.fall == 1
    assert result.amplification == pytest.approx(20)
    assert "COLLAPSED" in result.summary()
    assert cascade(100.0, 1.0, None, **MARKET).collapsed


def test_what_is_set_off_elsewhere_moves_no_price() -> None:
    table = ladder([0.01, 0.052], [1e8, 1e8])

    assert cascade(100.0, 0.05, table, sold_share=0.0, **MARKET).amplification == 1
    half = cascade(100.0, 0.05, table, sold_share=0.5, **MARKET)
    assert half.fall == pytest.approx(0.05 + 0.02 * math.sqrt(0.005))
    assert half.liquidated_usd == 1e8


def test_the_result_tells_its_story_and_its_rounds() -> None:
    result = cascade(100.0, 0.05, ladder([0.04, 0.052, 0.2], [1e8, 3e8, 9e8]), **MARKET)

    assert result.summary() == (
        "a shock of 5.00% becomes a fall of 5.40%: amplification 1.08; USD 400 m (31% of the ladder) "
        "liquidated in 2 rounds"
    )
    assert result.to_frame()["liquidated_usd"].tolist() == [0, 1e8, 4e8]


def test_every_row_of_a_grid_is_a_cascade() -> None:
    tiers = {"low": {3: 0.5, 10: 0.5}, "high": {10: 0.5, 50: 0.5}}
    entries = {95: 0.2, 100: 0.5, 104: 0.3}
    setting = {"daily_volatility": 0.03, "daily_volume_usd": 2e10, "exponent": 0.5, "sold_share": 0.8}
    grid = amplification_grid(100.0, 3e10, [0.02, 0.05, 0.3], [0, 0.5, 2.0, 60], tiers, entries=entries, **setting)

    assert len(grid) == 24
    assert grid["collapsed"].any()
    for row in grid.itertuples():
        rungs = liquidation_ladder(3e10, 100.0, tiers[row.leverage], entries)
        one = cascade(100.0, row.shock, rungs, coefficient=row.coefficient, **setting)
        assert (row.fall, row.amplification, row.liquidated_usd, row.collapsed) == pytest.approx(
            (one.fall, one.amplification, one.liquidated_usd, one.collapsed), rel=1e-13
        )


def test_more_impact_or_more_leverage_never_means_less_amplification() -> None:
    grid = amplification_grid(100.0, 2e10, [0.03, 0.08], np.linspace(0, 2, 9), [2, 5, 10, 20, 40], **MARKET)

    for axis in ("coefficient", "leverage"):
        others = [name for name in ("coefficient", "leverage", "shock") if name != axis]
        for _, part in grid.sort_values(axis).groupby(others):
            assert part["amplification"].is_monotonic_increasing
    assert (grid.loc[grid["coefficient"] == 0, "amplification"] == 1).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": -1}, "price must be a number above 0"),
        ({"shock": 0}, "shock must be a number above 0 and at most 1, got 0; a fraction: 0.05 for a fall of 5 %"),
        ({"shock": 5}, "shock must be a number above 0 and at most 1, got 5"),
        ({"sold_share": 1.5}, "sold_share must be a number from 0 and at most 1"),
        ({"ladder": [1, 2]}, "ladder must be a Ladder, a table with price_usd and usd, or None, got list"),
        ({"ladder": Ladder(np.array([90.0]), np.array([1.0]), 99.0)}, "the ladder starts from a price of 99"),
        ({"daily_volume_usd": 0}, "daily_volume_usd must be a number above 0"),
    ],
)
def test_a_cascade_that_cannot_be_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cascade(**({"price": 100.0, "shock": 0.05, "ladder": None} | MARKET | change))


@pytest.mark.parametrize("axis", ["shocks", "coefficients", "leverages"])
def test_a_grid_needs_every_axis(axis: str) -> None:
    axes = {"shocks": [0.05], "coefficients": [1.0], "leverages": [10.0]} | {axis: []}

    with pytest.raises(ValueError, match=f"amplification_grid: {axis} is empty"):
        amplification_grid(100.0, 1e9, **axes, **MARKET)
