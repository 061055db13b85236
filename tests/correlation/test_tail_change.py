"""Changes in the tails: counts by hand, exact copies, and rejections where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.correlation import downside_beta, downside_change, tail_change
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    x, y = simulate_pair("t5", 500, 0.4, seed=5)[0].T
    return x, y


def common(x: np.ndarray, y: np.ndarray, sign: int) -> float:
    worst = len(x) // 10
    return len(set(np.argsort(sign * x)[:worst]) & set(np.argsort(sign * y)[:worst])) / worst


@pytest.mark.parametrize(("side", "sign"), [("lower", 1), ("upper", -1)])
def test_the_change_is_the_difference_of_counted_shares(pair, side, sign: int) -> None:
    x, y = pair
    expected = common(x[300:], y[300:], sign) - common(x[:300], y[:300], sign)

    result = tail_change(x, y, 300, 0.1, side, replications=49)

    assert result.estimate == pytest.approx(expected)
    assert (result.settings["before"], result.settings["after"]) == (300, 200)
    assert 0.02 <= result.pvalue <= 1


def test_a_tail_that_opens_is_found_on_its_own_side_alone() -> None:
    x, noise = np.random.default_rng(3).standard_normal((2, 1000))
    y = np.where((np.arange(1000) >= 500) & (x < 0), x, noise)

    assert tail_change(x, y, 500, replications=99).pvalue == pytest.approx(0.01)
    assert abs(tail_change(x, y, 500, side="upper", replications=99).estimate) < 0.2


def test_the_standard_error_holds_the_simulated_changes(pair) -> None:
    result = tail_change(*pair, 250, replications=199)

    # Where chi counts m of 25 days in either window, its change has a variance near 2 chi (1 - chi) / 25.
    assert 0.08 < result.se < 0.2


@pytest.mark.parametrize("design", ["normal", "garch_t5"])
def test_where_nothing_changed_it_rejects_about_as_often_as_it_says(design: str) -> None:
    samples = simulate_pair(design, 400, 0.4, seed=11, replications=40)

    rejections = sum(
        tail_change(*sample.T, 280, replications=59, seed=i).pvalue <= 0.05 for i, sample in enumerate(samples)
    )

    assert rejections <= 7  # of 40 at 5 %, a binomial exceeds 7 less than once in 500


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": 450}, "leave 5.0 in a tail"),
        ({"side": "left"}, "unknown side 'left'; expected lower or upper"),
        ({"level": 0.3}, "at most 0.25"),
        ({"replications": 10}, "at least 19 replications"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_one_line(pair, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tail_change(*pair, **({"split": 300} | change))


def test_the_downside_beta_changes_by_the_difference_of_two_windows(pair) -> None:
    x, y = pair
    before, after = downside_beta(y[:250], x[:250]), downside_beta(y[250:], x[250:])

    result = downside_change(y, x, 250)

    assert result.estimate == pytest.approx(after.downside - before.downside, abs=1e-12)
    assert result.se**2 == pytest.approx(before.table["se"].iloc[0] ** 2 + after.table["se"].iloc[0] ** 2)


def test_a_steeper_downside_is_found_and_a_steeper_upside_is_not() -> None:
    x, noise = np.random.default_rng(4).standard_normal((2, 1200))
    late = np.arange(1200) >= 600
    down = np.where(late & (x < 0), 2 * x, x) + 0.5 * noise
    up = np.where(late & (x > 0), 2 * x, x) + 0.5 * noise

    assert downside_change(down, x, 600).pvalue < 1e-3
    assert downside_change(up, x, 600).pvalue > 0.05
