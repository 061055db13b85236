"""Tail indices: exact power laws, known distributions, and the ways a tail can be missing."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from selloff.data import load
from selloff.market.tails import tail_index, tail_values
from selloff.validation.designs import simulate_pair

# The quantiles of a Pareto with index 3, largest last.
GRID = ((1000 - np.arange(1000)) / 1000) ** (-1 / 3)


def test_the_quantiles_of_a_pareto_give_hills_formula_exactly() -> None:
    fit = tail_index(GRID, "upper", k=40)

    # The mean of log((k + 1) / i) over i up to k, over 3.
    expected = 3 / (math.log(41) - math.lgamma(41) / 40)
    assert fit.alpha == pytest.approx(expected, rel=1e-12)
    assert fit.se == pytest.approx(expected / math.sqrt(40), rel=1e-12)
    assert fit.threshold == pytest.approx((41 / 1000) ** (-1 / 3), rel=1e-12)
    assert (fit.k, fit.observations, fit.side) == (40, 1000, "upper")


def test_all_three_estimators_by_their_formulas() -> None:
    x = np.exp(np.random.default_rng(1).exponential(size=200) / 2)
    fit = tail_index(x, "upper", k=20)

    top = np.sort(x)[::-1][:21]
    logs = [math.log(value / top[20]) for value in top[:20]]
    first, second = sum(logs) / 20, sum(log**2 for log in logs) / 20
    gamma = first + 1 - 0.5 / (1 - first**2 / second)
    slope = np.linalg.lstsq(np.column_stack([np.ones(20), np.log(top[:20])]), np.log(np.arange(20) + 0.5), rcond=None)[
        0
    ]
    frame = fit.to_frame()
    assert frame["alpha"].to_list() == pytest.approx([1 / first, 1 / gamma, -slope[1]], rel=1e-10)
    expected = [1 / first / math.sqrt(20), math.sqrt((1 + gamma**2) / 20) / gamma**2, -slope[1] * math.sqrt(0.1)]
    assert frame["se"].to_list() == pytest.approx(expected, rel=1e-10)


def test_a_threshold_counts_what_lies_beyond_it_and_is_its_own_base() -> None:
    x = np.concatenate([np.full(30, 0.5), np.arange(1.0, 21.0)])

    fit = tail_index(x, "upper", threshold=5.0)

    assert fit.k == 15
    assert fit.alpha == pytest.approx(15 / sum(math.log(value / 5) for value in range(6, 21)), rel=1e-12)


@pytest.mark.parametrize("nu", [2.0, 3.0, 5.0])
def test_the_index_of_a_t_is_its_degrees_of_freedom(nu: float) -> None:
    x = np.random.default_rng(2).standard_t(nu, 100_000)

    for side in ("lower", "upper", "both"):
        fit = tail_index(x, side, k=200)
        # The centre of the distribution still bends the tail a little at five degrees of freedom.
        assert fit.alpha == pytest.approx(nu, abs=3 * fit.se)
        assert abs(fit.rank - nu) < 3 * fit.rank_se


def test_the_moment_estimator_finds_no_power_in_a_bounded_tail() -> None:
    fit = tail_index(np.random.default_rng(3).uniform(size=5000), "upper", k=250)

    assert math.isinf(fit.moment)
    assert math.isnan(fit.moment_se)


def test_sides_are_one_another_mirrored() -> None:
    x = np.random.default_rng(4).standard_t(3, 2000)

    assert tail_index(x).alpha == tail_index(-x, "upper").alpha
    assert tail_index(x, "both").alpha == tail_index(np.abs(x), "upper").alpha
    assert tail_values(np.array([-2.0, 1.0]), "both").tolist() == [2, 1]


def test_the_unit_of_the_returns_does_not_matter() -> None:
    x = np.random.default_rng(5).standard_t(3, 2000)
    plain, percent = tail_index(x), tail_index(100 * x)

    assert percent.alpha == pytest.approx(plain.alpha, rel=1e-12)
    assert percent.threshold == pytest.approx(100 * plain.threshold, rel=1e-12)


def test_the_plot_is_the_estimate_at_every_number_of_observations() -> None:
    x = np.random.default_rng(6).standard_t(3, 2000)

    curve = tail_index(x, "both").curve

    assert curve.index[0] == 10
    for k in (10, 57, 100, 300):
        fit = tail_index(x, "both", k=k)
        assert curve.loc[k, "alpha"] == pytest.approx(fit.alpha, rel=1e-10)
        assert curve.loc[k, "moment"] == pytest.approx(fit.moment, rel=1e-8)
        assert curve.loc[k, ["lower", "upper"]].to_list() == pytest.approx(fit.interval(dependent=False), rel=1e-10)


@pytest.mark.slow
def test_the_interval_covers_the_index_of_a_pareto() -> None:
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(800):
        low, high = tail_index(rng.uniform(size=500) ** (-1 / 3), "upper", k=25).interval(dependent=False)
        inside += low <= 3 <= high

    assert 0.93 <= inside / 800 <= 0.97


@pytest.mark.slow
def test_counting_clusters_the_interval_covers_the_index_of_garch_returns_at_its_threshold() -> None:
    long = tail_index(simulate_pair("garch_t5", 400_000, seed=9)[0, :, 0], k=8_000)
    counted, ignored = 0, 0
    for x in simulate_pair("garch_t5", 4_000, seed=11, replications=200)[:, :, 0]:
        fit = tail_index(x, k=80)
        for dependent in (True, False):
            low, high = fit.interval(dependent=dependent)
            counted += dependent and low <= long.alpha <= high
            ignored += (not dependent) and low <= long.alpha <= high

    assert counted / 200 >= 0.91
    assert ignored < counted


def test_clusters_widen_the_interval() -> None:
    single = np.random.default_rng(8).uniform(size=2000) ** (-1 / 3)
    # Each value four times running: a quarter of the information.
    runs = np.repeat(single, 4)

    fit = tail_index(runs, "upper", k=400)

    assert fit.extremal_index == pytest.approx(0.25, abs=0.05)
    assert fit.se_dependent == pytest.approx(fit.se / math.sqrt(fit.extremal_index), rel=1e-12)
    low, high = fit.interval()
    apart, together = fit.interval(dependent=False), tail_index(single, "upper", k=100).interval(dependent=False)
    assert low < apart[0] < apart[1] < high
    assert high - low == pytest.approx(together[1] - together[0], rel=0.15)


def test_bitcoins_falls_have_a_heavy_tail() -> None:
    close = load("crypto_daily")["close"].xs("BTC", level="asset").dropna()

    fit = tail_index(np.log(close).diff().dropna())

    assert 2 < fit.alpha < 4
    assert fit.summary().startswith("lower tail index 2.")
    assert isinstance(fit.curve, pd.DataFrame)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (GRID, {}, "50 observations reach down to zero; only 0 of 1000 lie on this side"),
        (GRID, {"side": "left"}, "unknown side 'left'; expected lower, upper or both"),
        (GRID, {"side": "upper", "k": 9}, "the tail holds 9; at least 10 observations are needed: raise k"),
        (GRID, {"side": "upper", "k": 1000}, "1000 observations reach down to zero"),
        (GRID, {"side": "upper", "k": 10.5}, "k must be a whole number of observations, got 10.5"),
        (GRID, {"side": "upper", "k": 20, "threshold": 2}, "give a threshold or k, not both"),
        (GRID, {"side": "upper", "threshold": 9}, "the tail holds 1; .* lower the threshold 9"),
        (GRID, {"threshold": -0.05}, "threshold must be a positive size, got -0.05; a fall of 5 % is 0.05"),
        (GRID[:60], {"side": "upper"}, "the tail holds 3; .* pass k, or a longer sample"),
        (GRID[:19], {"side": "upper"}, "x has 19 observations"),
        (np.append(GRID, np.nan), {"side": "upper"}, "x is missing at row 1000"),
        (np.repeat([1.0, 2.0], 50), {"side": "upper", "k": 20}, "the 20 largest values are all 2"),
    ],
)
def test_a_sample_without_a_tail_is_refused(x, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tail_index(x, **options)


def test_an_interval_needs_a_probability() -> None:
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        tail_index(GRID, "upper").interval(95)
