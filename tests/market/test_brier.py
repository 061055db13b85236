"""Squared errors of probabilities, and their parts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.brier import brier


def test_a_perfect_forecast_and_its_opposite() -> None:
    outcome = np.array([1.0, 0, 0, 1])

    assert (brier(outcome, outcome).score, brier(outcome, outcome).skill) == (0, 1)
    assert (brier(1 - outcome, outcome).score, brier(1 - outcome, outcome).skill) == (1, -3)


def test_the_base_rate_itself_has_no_skill() -> None:
    outcome = np.array([1.0, 0, 0, 0, 0])
    result = brier(np.full(5, 0.2), outcome)

    # p (1 - p) with p one fifth.
    assert result.score == pytest.approx(0.16, abs=1e-15)
    assert result.skill == pytest.approx(0, abs=1e-12)
    assert result.uncertainty == pytest.approx(0.16)
    assert result.reliability == pytest.approx(0, abs=1e-15)
    assert result.resolution == pytest.approx(0, abs=1e-15)


@settings(max_examples=80, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 1)), min_size=3, max_size=50), bins=st.integers(1, 10)
)
def test_the_parts_add_up_and_the_part_within_bins_is_variance_less_covariance(pairs, bins) -> None:
    p, y = np.array([each[0] / 100 for each in pairs]), np.array([float(each[1]) for each in pairs])
    result = brier(p, y, bins=bins)

    assert result.score == pytest.approx(
        result.reliability - result.resolution + result.uncertainty + result.within, abs=1e-12
    )
    within = 0.0
    for lower in range(bins):
        inside = [(a, b) for a, b in zip(p, y, strict=True) if min(int(a * bins), bins - 1) == lower]
        if inside:
            a, b = np.array(inside).T
            within += np.sum((a - a.mean()) ** 2) - 2 * np.sum((a - a.mean()) * (b - b.mean()))
    assert result.within == pytest.approx(within / len(pairs), abs=1e-12)
    assert result.bins["count"].sum() == len(pairs)


def test_the_reliability_table_by_hand() -> None:
    table = brier(np.array([0.1, 0.1, 0.9, 1.0]), np.array([0.0, 1, 1, 1]), bins=2).to_frame()

    assert table["lower"].tolist() == [0, 0.5]
    assert table["forecast"].tolist() == pytest.approx([0.1, 0.95])
    assert table["observed"].tolist() == [0.5, 1]


def test_a_base_rate_known_beforehand_may_be_one_number_or_one_a_day() -> None:
    p, y = np.array([0.5, 0.5, 0.5, 0.5]), np.array([1.0, 0, 0, 0])
    fixed = brier(p, y, climatology=0.1)
    daily = brier(p, y, climatology=np.array([0.1, 0.1, 0.1, np.nan]))

    assert fixed.climatology_score == pytest.approx((0.81 + 0.03) / 4)
    assert daily.observations == 3
    assert daily.climatology_score == pytest.approx((0.81 + 0.02) / 3)
    assert daily.climatology == pytest.approx(0.1)


def test_days_without_a_score_or_an_outcome_are_left_out() -> None:
    days = pd.date_range("2025-01-01", periods=5)
    p = pd.Series([np.nan, 0.2, 0.4, 0.6, 0.8], index=days)
    y = pd.Series([1.0, 0, 0, 1, np.nan], index=days)

    assert brier(p, y).observations == 3
    assert brier(p, y).score == pytest.approx((0.04 + 0.16 + 0.16) / 3)


def test_the_standard_error_of_the_advantage_counts_its_lags() -> None:
    p, y = np.array([0.9, 0.8, 0.3, 0.1, 0.2, 0.7]), np.array([1.0, 1, 0, 0, 1, 0])
    d = (0.5 - y) ** 2 - (p - y) ** 2
    e = d - d.mean()
    plain, lagged = brier(p, y), brier(p, y, lags=1)

    assert plain.se == pytest.approx(math.sqrt(e @ e) / 6)
    assert lagged.se == pytest.approx(math.sqrt(e @ e + 2 * 0.5 * e[1:] @ e[:-1]) / 6)
    assert plain.advantage == pytest.approx(d.mean())
    assert "skill" in plain.summary()


def test_a_base_rate_that_was_never_wrong_leaves_no_skill_to_state() -> None:
    assert math.isnan(brier(np.array([0.1, 0.1, 0.1]), np.zeros(3)).skill)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": np.array([0.1, 1.2, 0.3])}, "score holds 1.2; a probability lies between 0 and 1"),
        ({"outcome": np.array([0.0, 1.0, 0.5])}, "outcome holds 0.5; expected 0, 1 or NaN"),
        ({"outcome": np.array([0.0, np.nan, 1.0])}, "only 2 dates have a score and an outcome"),
        ({"outcome": np.zeros(4)}, "must be of one length, got 3 and 4"),
        ({"climatology": 1.5}, "climatology must be a number from 0 and at most 1"),
        ({"climatology": np.array([0.1, -0.1, 0.1])}, "climatology holds -0.1"),
        ({"bins": 0}, "bins must be a whole number from 1, got 0"),
        ({"lags": 3}, "lags 3 must lie between 0 and 2"),
    ],
)
def test_what_cannot_be_graded_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        brier(**({"score": np.array([0.1, 0.2, 0.3]), "outcome": np.array([0.0, 1.0, 0.0])} | change))
