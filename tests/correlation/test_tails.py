"""Tail dependence against counts by hand, distribution functions and copulas that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_t, t

from selloff.correlation.tails import _student_chi, _student_limit, tail_dependence
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    x, y = simulate_pair("t5", 1000, 0.5, seed=3)[0].T
    return x, y


@pytest.mark.parametrize(("side", "sign"), [("lower", 1), ("upper", -1)])
def test_chi_counts_the_common_days_of_the_tail(pair, side, sign: int) -> None:
    x, y = (sign * series for series in pair)
    worst = set(np.argsort(x)[:50]) & set(np.argsort(y)[:50])

    result = tail_dependence(*pair, 0.05, side, replications=19)

    assert result.common == len(worst)
    assert result.chi == pytest.approx(len(worst) / 50)
    assert result.chi_bar == pytest.approx(2 * np.log(0.05) / np.log(len(worst) / 1000) - 1)
    assert result.lower <= result.chi <= result.upper
    assert result.chi_bar_lower <= result.chi_bar <= result.chi_bar_upper


def test_independent_series_meet_by_chance_only() -> None:
    x, y = np.random.default_rng(1).standard_normal((2, 20_000))

    result = tail_dependence(x, y, 0.1, replications=99)

    assert result.chi == pytest.approx(0.1, abs=0.02)
    assert result.chi_bar == pytest.approx(0, abs=0.05)
    assert result.lower < 0.1 < result.upper
    assert result.freedom > 30


def test_series_that_never_meet_in_the_tail_have_the_least_of_both() -> None:
    x = np.random.default_rng(1).standard_normal(400)
    y = -x + 0.01 * np.random.default_rng(2).standard_normal(400)

    result = tail_dependence(x, y, replications=19)

    assert (result.common, result.chi, result.chi_bar) == (0, 0.0, -1.0)
    assert result.limit < 1e-6


def test_a_t_copula_is_recovered_with_its_tails() -> None:
    x, y = simulate_pair("t5", 20_000, 0.4, seed=2)[0].T

    result = tail_dependence(x, y, replications=99)

    assert result.freedom == pytest.approx(5, abs=0.7)
    assert result.rho == pytest.approx(0.4, abs=0.02)
    assert result.chi == pytest.approx(result.student, abs=0.025)
    assert result.normal < result.lower


def test_a_normal_copula_has_chi_of_its_own_and_no_limit() -> None:
    x, y = simulate_pair("normal", 20_000, 0.4, seed=2)[0].T

    result = tail_dependence(np.exp(x), y**3, replications=99)

    assert result.chi == pytest.approx(result.normal, abs=0.03)
    assert result.limit < 0.01


@pytest.mark.parametrize(("rho", "freedom", "level"), [(0.4, 5.0, 0.05), (0.0, 3.0, 0.1), (-0.5, 4.0, 0.2)])
def test_the_chance_under_a_t_copula_is_the_bivariate_distribution_function(rho, freedom, level) -> None:
    corner = [t.ppf(level, freedom)] * 2
    reference = multivariate_t.cdf(corner, shape=[[1, rho], [rho, 1]], df=freedom, maxpts=200_000, random_state=1)

    assert _student_chi(level, rho, freedom) * level == pytest.approx(float(reference), abs=1e-6)


@pytest.mark.parametrize(
    ("freedom", "rho", "limit"),
    [(2, -0.5, 0.06), (2, 0.0, 0.18), (2, 0.5, 0.39), (2, 0.9, 0.72), (4, 0.0, 0.08), (4, 0.5, 0.25), (4, 0.9, 0.63)],
)
def test_limits_of_the_t_copula_are_those_of_the_textbook(freedom: int, rho: float, limit: float) -> None:
    # McNeil, Frey and Embrechts, Quantitative Risk Management, table of the t copula's tail dependence.
    assert round(_student_limit(rho, float(freedom)), 2) == limit


def test_the_chance_reaches_its_limit_far_out() -> None:
    assert _student_chi(1e-6, 0.4, 4.0) == pytest.approx(_student_limit(0.4, 4.0), abs=1e-3)


@pytest.mark.slow
def test_intervals_cover_under_heavy_tails_and_waves() -> None:
    many = simulate_pair("garch_t5", 1000, 0.4, seed=99, replications=300).reshape(-1, 2)
    low = many <= np.quantile(many, 0.1, axis=0)
    true = low.all(axis=1).mean() / 0.1
    inside = 0
    for x, y in simulate_pair("garch_t5", 500, 0.4, seed=12, replications=60).transpose(0, 2, 1):
        result = tail_dependence(x, y, 0.1, replications=99)
        inside += result.lower <= true <= result.upper

    assert 53 <= inside <= 60


def test_only_ranks_matter(pair) -> None:
    x, y = pair
    plain, bent = (
        tail_dependence(x, y, replications=50, block=5),
        tail_dependence(np.exp(x), y**3, replications=50, block=5),
    )

    assert plain.to_frame().equals(bent.to_frame())


def test_the_same_seed_gives_the_same_interval(pair) -> None:
    first, again, other = (tail_dependence(*pair, replications=50, seed=seed) for seed in (1, 1, 2))

    assert (first.lower, first.upper) == (again.lower, again.upper)
    assert (first.lower, first.upper) != (other.lower, other.upper)


def test_tail_dependence_says_what_it_rests_on(pair) -> None:
    result = tail_dependence(*pair, replications=19)

    assert result.summary().startswith("lower 5% tail: chi 0.")
    assert "common days of 1000" in result.summary()
    assert "normal copula 0." in result.summary()
    assert result.to_frame().loc[0, "observations"] == 1000


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda x, y: (x, y), {"side": "left"}, "unknown side 'left'; expected lower or upper"),
        (lambda x, y: (x, y), {"level": 0.3}, "level must lie above 0 and at most 0.25, got 0.3"),
        (lambda x, y: (x, y), {"level": 0.005}, "1000 observations leave 5.0 in the tail; 10 are needed"),
        (lambda x, y: (x, y), {"coverage": 95}, "coverage must lie between 0 and 1, got 95"),
        (lambda x, y: (x, y), {"replications": 1}, "at least 19 replications, got 1"),
        (lambda x, y: (x, np.zeros(1000)), {}, "tail_dependence: y is flat; it has no tails"),
        (lambda x, y: (x, 2 * x), {}, "one series determines the other"),
        (lambda x, y: (np.r_[x[:-1], np.inf], y), {}, "x is infinite at row 999"),
    ],
)
def test_tails_without_enough_to_go_on_are_refused(pair, change, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tail_dependence(*change(*pair), **settings)
