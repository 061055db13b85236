"""The reality check: beside arch, in closed form, and its size on random walks with volatility waves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import SPA
from scipy.stats import norm

from selloff.market.breaches import moving_average_breaches
from selloff.market.forward import forward_returns
from selloff.market.reality_check import reality_check
from selloff.validation.designs import simulate_pair


def walk(seed: int, length: int = 1000) -> np.ndarray:
    return np.exp(np.cumsum(np.random.default_rng(seed).standard_normal(length)) / 50)


LENGTHS = range(20, 101, 10)


def advantages(prices: np.ndarray, length: int, cost: float = 0.0) -> list[float]:
    """Daily advantage of one rule over buy and hold, day by day from the longest average on."""
    found = []
    held = None
    for day in range(99, prices.size - 1):
        over = prices[day] > prices[day - length + 1 : day + 1].mean()
        step = math.log(prices[day + 1] / prices[day])
        paid = math.log(1 - cost) if held is not None and over != held else 0.0
        found.append((step if over else 0.0) - step + paid)
        held = over
    return found


def test_the_advantage_is_that_of_a_walk_through_the_days() -> None:
    prices = walk(1)

    check = reality_check(prices, LENGTHS, replications=99, cost=0.001)

    for length in (20, 50, 100):
        assert check.table.loc[length, "advantage"] == pytest.approx(
            np.mean(advantages(prices, length, 0.001)), abs=1e-14
        )
    assert check.best == check.table["advantage"].idxmax()
    assert check.pvalue == check.table["adjusted"].min()
    assert check.pvalue_naive == check.table.loc[check.best, "pvalue"]


def test_the_p_value_of_the_best_is_that_of_arch() -> None:
    prices = walk(3)
    losses = -np.column_stack([advantages(prices, length) for length in LENGTHS])

    check = reality_check(prices, LENGTHS, block=10, replications=2000)
    spa = SPA(np.zeros(len(losses)), losses, block_size=10, reps=1000, seed=1)
    spa.compute()

    # Shares of 2000 and 1000 draws: a standard error of at most 1.9 points.
    assert check.pvalue == pytest.approx(spa.pvalues["upper"], abs=0.05)
    assert check.pvalue_naive < check.pvalue


def test_one_rule_has_the_p_value_of_its_mean() -> None:
    prices = walk(5, 3000)
    daily = np.array(advantages(prices, 50))

    check = reality_check(prices[50:], [50], block=1, replications=1500)

    # One length: nothing to adjust, and independent days: a plain one-sided z test.
    z = daily.mean() / daily.std() * math.sqrt(daily.size)
    assert check.pvalue == check.pvalue_naive
    assert check.pvalue == pytest.approx(norm.sf(z), abs=0.03)


@pytest.mark.parametrize("measure", ["fall", "rise"])
def test_the_advantage_after_breaches_is_the_difference_that_forward_returns_find(measure: str) -> None:
    prices = walk(7)

    check = reality_check(prices, [40, 60], measure=measure, horizon=20, replications=199)

    for length in (40, 60):
        # Both look at the same days: from the longest average on, until the last horizon ends.
        breaches = moving_average_breaches(prices, length).dates
        breaches = breaches[(breaches >= 59) & (breaches < 980)] - 59
        row = forward_returns(prices[59:], breaches, horizons=[20]).table.loc[20]
        sign = 1 if measure == "rise" else -1
        assert check.table.loc[length, "events"] == row["events"]
        assert check.table.loc[length, "advantage"] == pytest.approx(sign * row["difference"], abs=1e-12)
        one_sided = norm.sf(sign * row["difference"] / row["se"])
        assert check.table.loc[length, "pvalue"] == pytest.approx(one_sided, abs=0.1)


def test_a_rule_that_works_is_found_among_all() -> None:
    rng = np.random.default_rng(8)
    trend = np.repeat(rng.choice([-1, 1], 20), 100) * 0.004
    prices = np.exp(np.cumsum(trend + rng.standard_normal(2000) / 100))

    check = reality_check(prices, range(5, 61, 5))

    assert check.pvalue <= 0.01
    assert check.advantage > 0.001


def test_the_same_seed_gives_the_same_check_and_dates_do_not_matter() -> None:
    prices = walk(9)
    dated = pd.Series(prices, index=pd.date_range("2020-01-01", periods=prices.size))

    first, second = (reality_check(each, LENGTHS, replications=99, seed=4) for each in (prices, dated))

    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.to_frame()["length"].to_list() == list(LENGTHS)
    assert "as the best of all (reality check, 99 resamples, mean block 10)" in first.summary()
    assert "signs drawn anew" in reality_check(prices, LENGTHS, measure="fall", replications=99).summary()


@pytest.mark.slow
def test_on_random_walks_with_waves_only_the_check_keeps_its_level() -> None:
    paths = simulate_pair("garch_t5", 700, 0.0, seed=9, replications=200)[:, :, 0]
    rejected = {}
    for measure in ("hold", "fall"):
        checks = [
            reality_check(np.exp(np.cumsum(path) / 100), range(20, 251, 10), measure=measure, replications=199)
            for path in paths
        ]
        rejected[measure] = [np.mean([getattr(check, name) <= 0.05 for check in checks]) for name in _BOTH]

    # A share of 200 has a standard error of 1.5 points where the truth is 5 %.
    for naive, checked in rejected.values():
        assert checked <= 0.095
        assert naive > checked
    assert rejected["fall"][0] > 0.3


_BOTH = ("pvalue_naive", "pvalue")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reality_check(walk(1), measure="short"), "unknown measure 'short'; expected hold, fall, rise"),
        (lambda: reality_check(walk(1), []), "no length at all"),
        (lambda: reality_check(walk(1), [1, 20]), "a length must be a whole number from 2, got 1"),
        (lambda: reality_check(walk(1), [20, 2000]), "length must be a whole number from 2 to 1000"),
        (lambda: reality_check(walk(1), [960]), "the longest average of 960 closes leaves 40 days; 50 are needed"),
        (lambda: reality_check(walk(1), cost=-0.1), "cost must be a number from 0"),
        (lambda: reality_check(walk(1), horizon=0), "horizon must be a whole number from 1"),
        (lambda: reality_check(walk(1), replications=5), "replications must be a whole number from 19, got 5"),
        (lambda: reality_check(walk(1), block=5000), "block must be a number from 1 and at most 750"),
        (lambda: reality_check(np.exp(np.arange(500) / 100)), "no average was ever crossed"),
        (lambda: reality_check(-walk(1)), "prices must be positive"),
    ],
)
def test_searches_that_cannot_be_checked_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
