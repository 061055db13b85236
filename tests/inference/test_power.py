"""Power: against R and statsmodels, against exact sums of binomial probabilities, against simulation."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import TTestPower

from selloff.inference.power import detectable_effect, detectable_share, power_curve


def upper_tail(n: int, share: float, count: int) -> float:
    return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(count, n + 1))


def test_a_normal_test_finds_the_sum_of_its_two_quantiles() -> None:
    # z(.975) + z(.8), the other side adds less than 1e-5.
    assert detectable_effect(0.1) == pytest.approx(0.1 * (1.959963985 + 0.841621234), abs=1e-6)
    assert detectable_effect(0.1, alternative="greater") == pytest.approx(0.1 * (1.644853627 + 0.841621234), abs=1e-9)
    assert detectable_effect(0.1, alternative="less") == detectable_effect(0.1, alternative="greater")


def test_a_t_test_of_ten_values_finds_what_r_says() -> None:
    # power.t.test(n = 10, power = .8, type = "one.sample", strict = TRUE): delta 0.9960007.
    assert detectable_effect(1 / np.sqrt(10), df=9) == pytest.approx(0.9960007, abs=1e-6)


@given(st.integers(3, 60), st.floats(0.2, 1.5), st.sampled_from([0.01, 0.05, 0.1]))
@settings(max_examples=30, deadline=None)
def test_the_power_of_a_t_test_is_that_of_statsmodels(n: int, effect: float, level: float) -> None:
    def theirs(level: float, alternative: str) -> float:
        # Far on the wrong side statsmodels returns NaN for a chance that is zero to sixteen digits.
        return float(np.nan_to_num(TTestPower().power(effect, n, level, alternative=alternative)))

    def ours(alternative: str) -> float:
        return power_curve([effect], se=1 / np.sqrt(n), level=level, df=n - 1, alternative=alternative).iloc[0]

    assert ours("greater") == pytest.approx(theirs(level, "larger"), abs=1e-8)
    assert ours("less") == pytest.approx(theirs(level, "smaller"), abs=1e-8)
    assert ours("two-sided") == pytest.approx(theirs(level / 2, "larger") + theirs(level / 2, "smaller"), abs=1e-8)


def test_without_an_effect_the_power_is_the_level_and_it_grows_with_the_effect() -> None:
    curve = power_curve(np.linspace(0, 1, 11), se=0.2, level=0.1)

    assert curve.iloc[0] == pytest.approx(0.1, abs=1e-12)
    assert curve.is_monotonic_increasing
    assert curve.index.name == "effect"


@given(st.floats(0.01, 100), st.floats(0.2, 0.95), st.sampled_from([None, 2.0, 30.0]))
@settings(max_examples=40, deadline=None)
def test_the_detectable_effect_is_found_with_the_power_asked_for(se: float, power: float, df: float | None) -> None:
    effect = detectable_effect(se, power, df=df)

    assert power_curve([effect], se, df=df).iloc[0] == pytest.approx(power, abs=1e-9)


@given(st.integers(1, 40), st.floats(0.05, 0.95))
@settings(max_examples=60, deadline=None)
def test_counts_and_shares_are_those_of_exact_binomial_sums(n: int, base: float) -> None:
    found = detectable_share(n, base)

    if found.upper_count is None:
        assert upper_tail(n, base, n) > 0.025
        assert np.isnan(found.upper)
    else:
        assert upper_tail(n, base, found.upper_count) <= 0.025 < upper_tail(n, base, found.upper_count - 1)
        assert upper_tail(n, found.upper, found.upper_count) == pytest.approx(0.8, abs=1e-9)
        assert found.upper > base
    if found.lower_count is None:
        assert (1 - base) ** n > 0.025
        assert np.isnan(found.lower)
    else:
        assert 1 - upper_tail(n, found.lower, found.lower_count + 1) == pytest.approx(0.8, abs=1e-9)
        assert found.lower < base
    assert found.size <= 0.05


def test_eight_episodes_tell_only_extremes_from_a_coin() -> None:
    found = detectable_share(8, base=0.55)

    # Eight of eight rejects, seven do not: P(8 of 8) = .55^8 = .0084, P(7 or more) = .0632 (R 4.2.2).
    assert found.upper_count == 8
    assert found.upper == pytest.approx(0.8 ** (1 / 8), abs=1e-12)
    assert found.size == pytest.approx(0.55**8 + 0.45**8 + 8 * 0.55 * 0.45**7, abs=1e-12)
    assert found.difference == pytest.approx(min(0.8 ** (1 / 8) - 0.55, 0.55 - found.lower), abs=1e-15)
    assert "97% or more and 10% or less" in found.summary()


def test_three_episodes_can_show_nothing_about_a_coin() -> None:
    found = detectable_share(3, base=0.5)

    assert np.isnan(found.difference)
    assert found.size == 0
    assert "none above it and none below it" in found.summary()
    assert found.to_frame().loc[0, "episodes"] == 3


def test_one_sided_counts_spend_the_level_on_their_side() -> None:
    greater, less = detectable_share(10, 0.5, alternative="greater"), detectable_share(10, 0.5, alternative="less")

    assert (greater.upper_count, greater.lower_count) == (9, None)
    assert (less.upper_count, less.lower_count) == (None, 1)
    assert greater.upper == pytest.approx(1 - less.lower, abs=1e-12)
    assert "or less" not in greater.summary()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_curve([0.1], se=0), "se must be a positive standard error, got 0"),
        (lambda: power_curve([np.nan], se=1), "effects must be finite numbers"),
        (lambda: power_curve([0.1], se=1, level=5), "level must lie between 0 and 1, got 5; write 5 % as 0.05"),
        (lambda: power_curve([0.1], se=1, df=0), "df must be positive"),
        (lambda: power_curve([0.1], se=1, alternative="up"), "unknown alternative 'up'"),
        (lambda: detectable_effect(1, power=0.04), "power must lie between the level 0.05 and 1"),
        (lambda: detectable_share(0, 0.5), "n must be a whole number of episodes, at least 1, got 0"),
        (lambda: detectable_share(5, 55), "base must be a share between 0 and 1, got 55; write 55 % as 0.55"),
        (lambda: detectable_share(5, 0.5, power=1), "power must lie between"),
    ],
)
def test_bad_input_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
