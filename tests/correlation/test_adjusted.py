"""Correlation at equal variance: exact where the model holds, and plain where it cannot."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.correlation.adjusted import forbes_rigobon, forbes_rigobon_range

CALM, STORM = (0, 39), (40, 79)


def exact(rho: float = 0.35, ratio: float = 4.0, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return a linear model with exact moments: x varies ``ratio`` times as much in the second half, e ``noise``."""
    x, e = np.tile([1.0, -1.0, 1.0, -1.0], 20), np.tile([1.0, 1.0, -1.0, -1.0], 20)
    x[40:] *= math.sqrt(ratio)
    e[40:] *= math.sqrt(noise)
    return x, rho * x + math.sqrt(1 - rho**2) * e


def dated(hours: int = 24) -> tuple[pd.Series, pd.Series]:
    index = pd.date_range("2024-01-01", periods=80, freq=f"{hours}h")
    return tuple(pd.Series(values, index) for values in exact())


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.95, 0.95), st.floats(0.05, 50))
def test_the_adjustment_undoes_what_the_variance_of_x_did(rho: float, ratio: float) -> None:
    result = forbes_rigobon(*exact(rho, ratio), CALM, STORM)

    assert result.calm == pytest.approx(rho, abs=1e-12)
    assert result.adjusted == pytest.approx(rho, abs=1e-9)
    assert result.variance_ratio == pytest.approx(ratio, rel=1e-12)
    assert result.delta == pytest.approx(ratio - 1, abs=1e-9)


def test_the_numbers_of_the_designs_table_appear() -> None:
    raw = [forbes_rigobon(*exact(0.35, ratio), CALM, STORM).raw for ratio in (2, 4, 9)]

    assert raw == pytest.approx([0.47, 0.60, 0.75], abs=0.005)


def test_where_the_noise_grows_too_the_correction_goes_too_far() -> None:
    result = forbes_rigobon(*exact(0.6, 4.0, noise=4.0), CALM, STORM)

    assert result.raw == pytest.approx(result.calm)
    assert result.adjusted < result.calm - 0.1
    assert "the truth lies between the two" in result.summary()


def test_calm_may_come_after_the_storm() -> None:
    result = forbes_rigobon(*exact(), calm=STORM, turmoil=CALM)

    assert result.adjusted == pytest.approx(result.calm, abs=1e-12)
    assert "x moved less in turmoil than in calm" in result.summary()


@pytest.mark.parametrize(
    ("calm", "turmoil"),
    [
        (("2024-01-01", "2024-02-09"), ("2024-02-10", "2024-03-20")),
        ((pd.Timestamp("2024-01-01"), dt.date(2024, 2, 9)), (dt.date(2024, 2, 10), None)),
        (slice(None, "2024-02-09"), slice("2024-02-10", None)),
        (slice(0, 40), slice(40, 80)),
        (CALM, STORM),
    ],
)
def test_ranges_are_read_alike_however_they_are_written(calm, turmoil) -> None:
    result = forbes_rigobon(*dated(), calm, turmoil)

    assert (result.calm_days, result.turmoil_days) == (40, 40)
    assert (result.calm_end, result.turmoil_start) == (pd.Timestamp("2024-02-09"), pd.Timestamp("2024-02-10"))
    assert result.to_frame().shape == (1, 10)


def test_a_day_means_all_its_hours_and_a_month_all_its_days() -> None:
    hourly = forbes_rigobon(*dated(hours=6), ("2024-01-01", "2024-01-05"), ("2024-01-06", "2024-01-10 12:00"))
    zoned = [series.tz_localize("UTC") for series in dated(hours=6)]
    moment = pd.Timestamp("2024-01-10 13:00", tz="Europe/Berlin")

    assert (hourly.calm_days, hourly.turmoil_days) == (20, 19)
    assert forbes_rigobon(*zoned, ("2024-01-01", "2024-01-05"), ("2024-01-06", moment)).turmoil_days == 19
    assert forbes_rigobon(*dated(), ("2024-01", "2024-01"), ("2024-02", "2024-02")).turmoil_days == 29


def test_the_neighbours_contain_the_choice_and_move_every_border() -> None:
    rng = np.random.default_rng(0)
    x, e = rng.standard_normal((2, 300))
    table = forbes_rigobon_range(x, x + e, calm=(20, 199), turmoil=(200, 270), shift=10)
    chosen = table[table["chosen"]].iloc[0]

    assert len(table) == 27
    assert set(table["calm_start"]) == {10, 20, 30}
    assert set(table["turmoil_end"]) == {260, 270, 280}
    assert (table["turmoil_start"] - table["calm_end"] == 1).all()
    assert chosen["adjusted"] == forbes_rigobon(x, x + e, (20, 199), (200, 270)).adjusted
    backwards = forbes_rigobon_range(x, x + e, calm=(200, 270), turmoil=(20, 199), shift=10)
    assert sorted(backwards["turmoil_start"].unique()) == [10, 20, 30]
    assert (backwards["calm_start"] - backwards["turmoil_end"] == 1).all()


def test_neighbours_off_the_sample_are_left_out() -> None:
    table = forbes_rigobon_range(*exact(), CALM, STORM, shift=4)

    assert set(table["calm_start"]) == {0, 4}
    assert set(table["turmoil_end"]) == {75, 79}


@pytest.mark.parametrize(
    ("calm", "turmoil", "message"),
    [
        ((0, 45), STORM, "calm and turmoil share the days from 40 to 45; let one end before the other begins"),
        ((0, 3), STORM, "calm has 4 observations; at least 5 are needed"),
        ((39, 0), STORM, "calm has no days or leaves the sample"),
        (CALM, (40, 80), "turmoil has no days or leaves the sample; it runs from 0 to 79"),
        ((-5, 39), STORM, "calm has no days or leaves the sample"),
        ("2024", STORM, "calm is '2024'; pass the first and the last day as a pair, or a slice"),
        (slice(0, 40, 2), STORM, "calm has a step"),
        (("2024-01-01", 39), STORM, "the series have no dates, so calm start '2024-01-01' must be a position"),
    ],
)
def test_ranges_that_compare_nothing_are_refused(calm, turmoil, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        forbes_rigobon(*exact(), calm, turmoil)


def test_a_series_that_does_not_move_is_refused() -> None:
    x, y = exact()
    x[40:] = 0.5

    with pytest.raises(ValueError, match="x is flat in the turmoil"):
        forbes_rigobon(x, y, CALM, STORM)
    with pytest.raises(ValueError, match="y is flat in the turmoil"):
        forbes_rigobon(y, x, CALM, STORM)


def test_missing_days_and_no_date_are_refused() -> None:
    x, y = dated()

    with pytest.raises(ValueError, match="x is missing at 2024-01-03"):
        forbes_rigobon(x.mask(x.index == "2024-01-03"), y, CALM, STORM)
    with pytest.raises(ValueError, match="turmoil end 'autumn' is no date"):
        forbes_rigobon(x, y, CALM, ("2024-02-10", "autumn"))


@pytest.mark.parametrize("shift", [0, 1.5, True])
def test_a_shift_is_a_positive_whole_number(shift) -> None:
    with pytest.raises(ValueError, match="must be a whole number of observations, at least 1"):
        forbes_rigobon_range(*exact(), CALM, STORM, shift)
