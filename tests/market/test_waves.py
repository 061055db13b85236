"""Waves of volatility without feedback, and feedback of known strength on top."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.market.waves import excited, fall_marks, fall_measures, fit_waves, measure_marks


@pytest.fixture(scope="module")
def returns() -> pd.Series:
    """Returns whose size doubles in the second half of the day."""
    hours = pd.date_range("2025-01-01", periods=24 * 120, freq="h", tz="UTC")
    noise = np.random.default_rng(0).standard_t(5, len(hours))
    return pd.Series(noise * np.where(hours.hour < 12, 1.0, 2.0), hours)


def test_the_pattern_of_the_day_is_found_and_given_back(returns: pd.Series) -> None:
    waves = fit_waves(returns)

    paths = waves.simulate(720, 40, seed=5)

    assert waves.scale[12:].mean() / waves.scale[:12].mean() == pytest.approx(2, rel=0.1)
    late = np.abs(paths[:, waves.index[-720:].hour >= 12]).mean()
    early = np.abs(paths[:, waves.index[-720:].hour < 12]).mean()
    assert late / early == pytest.approx(2, rel=0.1)
    assert paths.std() == pytest.approx(float(returns.std()), rel=0.1)


def test_a_path_is_the_same_whatever_the_number_of_paths(returns: pd.Series) -> None:
    waves = fit_waves(returns)

    assert np.array_equal(waves.simulate(100, 2, seed=3)[1], waves.simulate(100, 1, seed=4)[0])


def test_the_volatility_of_a_path_follows_its_own_shocks(returns: pd.Series) -> None:
    fit = fit_waves(returns).garch
    shock = fit_waves(returns).simulate(2, 2000, seed=1) / fit_waves(returns).scale[returns.index[-2:].hour]
    first, second = (shock - fit.mean).T
    expected = fit.omega + fit.alpha * first**2 + fit.beta * fit.variance[-2]

    assert np.mean(second**2 / expected) == pytest.approx(1, abs=0.1)


def test_the_share_that_follows_is_counted_over_three_hours() -> None:
    falls, rises = np.zeros(40), np.zeros(40)
    falls[[2, 5, 20, 30]] = 1
    rises[[3, 24, 33]] = 1

    # After hour 2 a fall at 5 and a rise at 3; after 5 nothing; after 20 nothing within three; after 30 a rise at 33.
    assert measure_marks(falls, rises).contrast == pytest.approx(1 / 4 - 2 / 4)


def test_few_falls_have_no_branching_ratio() -> None:
    falls = np.zeros(300)
    falls[::20] = 1

    found = measure_marks(falls, np.zeros(300))

    assert found.falls == 15
    assert np.isnan(found.branching)
    assert np.isnan(found.statistic)


def test_feedback_keeps_the_number_of_falls_and_makes_them_cluster() -> None:
    falls = (np.random.default_rng(1).random(100_000) < 0.05).astype(float)

    fed = excited(falls, 0.5, halflife=2.0, seed=2)

    # Hours that would hold two falls hold one, so a few are lost.
    assert fed.sum() == pytest.approx(falls.sum(), rel=0.08)
    assert np.mean(fed[1:][fed[:-1] > 0]) > 2.5 * np.mean(falls[1:][falls[:-1] > 0])
    assert set(np.unique(fed)) == {0.0, 1.0}


def test_feedback_of_one_half_is_found_where_there_are_no_waves() -> None:
    falls = (np.random.default_rng(1).random(20_000) < 0.05).astype(float)

    fed = measure_marks(excited(falls, 0.5, seed=2), np.zeros(20_000))

    assert fed.branching == pytest.approx(0.5, abs=0.1)
    assert measure_marks(falls, np.zeros(20_000)).branching < 0.1


def test_marks_start_after_the_first_window(returns: pd.Series) -> None:
    values = returns.to_numpy()[:1000]
    falls, rises = fall_marks(values, window=720)

    assert len(falls) == len(rises) == 280
    assert not np.any(falls * rises)
    assert fall_measures(values, window=720).falls == falls.sum()


def test_returns_without_dates_or_with_silent_hours_are_refused(returns: pd.Series) -> None:
    with pytest.raises(ValueError, match="need dates"):
        fit_waves(pd.Series(returns.to_numpy()))
    with pytest.raises(ValueError, match="no moves"):
        fit_waves(returns.where(returns.index.hour != 3, 0.0))
