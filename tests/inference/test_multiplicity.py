"""Many tests at once: published examples, a walk through the steps, error rates by simulation."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from selloff.inference.multiplicity import benjamini_hochberg, holm, romano_wolf

#: The fifteen comparisons of Benjamini and Hochberg (1995), section 3.2.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0
]  # fmt: skip


def step_by_step(statistics: list[float], null: np.ndarray) -> list[Fraction]:
    """Romano and Wolf with two sides, one test after the other."""
    order = sorted(range(len(statistics)), key=lambda j: -abs(statistics[j]))
    found: dict[int, Fraction] = {}
    last = Fraction(0)
    for place, j in enumerate(order):
        count = sum(max(abs(row[k]) for k in order[place:]) >= abs(statistics[j]) for row in null)
        last = max(last, Fraction(1 + count, 1 + len(null)))
        found[j] = last
    return [found[j] for j in range(len(statistics))]


def test_the_published_example_rejects_four_and_has_the_values_of_r() -> None:
    adjusted = benjamini_hochberg(THROMBOLYSIS)

    assert (adjusted <= 0.05).sum() == 4
    # p.adjust of R 4.2.2.
    expected = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714286, 0.06385714286, 0.0645, 0.0765, 0.486]
    assert adjusted.to_list()[:10] == pytest.approx(expected, abs=1e-10)
    assert benjamini_hochberg(THROMBOLYSIS, dependent=True)[3] == pytest.approx(0.11821190788, abs=1e-10)
    assert holm(THROMBOLYSIS).to_list()[:5] == pytest.approx([0.0015, 0.0056, 0.0247, 0.114, 0.2211], abs=1e-12)


def test_labels_stay_with_their_tests() -> None:
    pvalues = pd.Series([0.04, 0.001], index=["eth", "btc"])

    assert benjamini_hochberg(pvalues).to_dict() == {"eth": 0.04, "btc": 0.002}
    assert holm({"eth": 0.04, "btc": 0.001}).to_dict() == {"eth": 0.04, "btc": 0.002}
    null = pd.DataFrame(np.random.default_rng(0).standard_normal((99, 2)) * [1, 5], columns=["btc", "eth"])
    named = romano_wolf({"eth": 3.0, "btc": 3.0}, null)
    assert named["eth"] > named["btc"] or named["eth"] == named["btc"]
    assert named.to_dict() == romano_wolf({"btc": 3.0, "eth": 3.0}, null).to_dict()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=8, deadline=None)
def test_holm_is_that_of_statsmodels(pvalues: list[float]) -> None:
    expected = multipletests(pvalues, method="holm")[1]

    assert holm(pvalues).to_list() == pytest.approx(expected.tolist(), abs=1e-15)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=6), st.integers(0, 10_000))
@settings(max_examples=100, deadline=None)
def test_every_adjusted_value_is_the_one_a_walk_through_the_steps_finds(statistics: list[int], seed: int) -> None:
    # Whole numbers, so that ties are common.
    null = np.random.default_rng(seed).integers(-4, 5, (25, len(statistics))).astype(float)

    adjusted = romano_wolf(np.array(statistics, dtype=float), null)

    assert adjusted.to_list() == pytest.approx([float(p) for p in step_by_step(statistics, null)], abs=1e-15)


@given(st.integers(1, 8), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_adjusting_raises_values_keeps_their_order_and_one_test_its_own(tests: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    statistics, null = rng.standard_normal(tests) * 2, rng.standard_normal((39, tests))

    adjusted = romano_wolf(statistics, null).to_numpy()

    alone = (1 + (np.abs(null) >= np.abs(statistics)).sum(axis=0)) / 40
    assert (adjusted >= alone - 1e-15).all()
    assert (np.diff(adjusted[np.argsort(-np.abs(statistics))]) >= 0).all()
    assert (adjusted[np.argmax(np.abs(statistics))] == alone[0]) or tests > 1


def test_one_sided_tests_count_one_side() -> None:
    null = np.random.default_rng(1).standard_normal((999, 2))

    up, down = romano_wolf([3.5, -3.5], null, "greater"), romano_wolf([3.5, -3.5], null, "less")

    assert up[0] < 0.01 < 0.99 < up[1]
    assert down[1] < 0.01 < 0.99 < down[0]


def test_for_independent_normal_tests_it_is_what_the_minimum_of_uniforms_gives() -> None:
    # Holm's bound m p against the exact 1 - (1 - p)^m: the same but for the second order.
    z = np.array([3.0, 2.5, 1.0, 0.2])
    null = np.random.default_rng(2).standard_normal((200_000, 4))

    p = 2 * norm.sf(z)
    exact = np.maximum.accumulate([1 - (1 - p[j]) ** (4 - j) for j in range(4)])
    assert romano_wolf(z, null).to_numpy() == pytest.approx(exact, abs=0.004)
    assert holm(p).to_numpy()[:2] == pytest.approx(exact[:2], rel=0.03)


def test_dependent_tests_cost_less_than_holm_asks() -> None:
    rng = np.random.default_rng(3)
    null = np.sqrt(0.9) * rng.standard_normal((9999, 1)) + np.sqrt(0.1) * rng.standard_normal((9999, 10))
    z = np.full(10, 2.3)

    assert romano_wolf(z, null).max() < 0.07
    assert holm(2 * norm.sf(z)).min() > 0.2


def test_one_false_rejection_or_more_happens_as_often_as_the_level_says() -> None:
    # Ten dependent tests without an effect, one with a strong one: 2000 samples share the null draws.
    rng = np.random.default_rng(4)

    def draw(count: int) -> np.ndarray:
        return np.sqrt(0.5) * rng.standard_normal((count, 1)) + np.sqrt(0.5) * rng.standard_normal((count, 11))

    null, samples = draw(999), draw(2000)
    samples[:, 0] += 6
    adjusted = np.array([romano_wolf(row, null).to_numpy() for row in samples])
    naive = 2 * norm.sf(np.abs(samples))

    false = (adjusted[:, 1:] <= 0.05).any(axis=1).mean()
    assert 0.03 <= false <= 0.07
    assert (adjusted[:, 0] <= 0.05).mean() > 0.99
    assert (naive[:, 1:] <= 0.05).any(axis=1).mean() > 0.25


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: benjamini_hochberg([]), "no p-value at all"),
        (lambda: benjamini_hochberg([0.1, 1.2]), "p-value of 1 is 1.2; it must lie between 0 and 1"),
        (lambda: holm({"btc": -0.1}), "p-value of 'btc' is -0.1"),
        (lambda: holm({"btc": np.nan, "eth": 0.1}), "p-value of 'btc' is missing"),
        (lambda: benjamini_hochberg([[0.1, 0.2]]), r"one p-value a test in one dimension, got shape \(1, 2\)"),
        (lambda: benjamini_hochberg(["a"]), "a p-value is no number"),
        (lambda: holm(pd.Series([0.1, 0.2], index=["a", "a"])), "'a' occurs twice"),
        (lambda: romano_wolf([1.0], np.zeros((18, 1))), "18 draws cannot give a p-value of 5 %"),
        (lambda: romano_wolf([1.0], np.zeros((99, 2))), r"shape \(99, 2\) do not fit 1 tests"),
        (lambda: romano_wolf([1.0, np.inf], np.zeros((99, 2))), "statistic of 1 is missing or infinite"),
        (lambda: romano_wolf([1.0], np.full((99, 1), np.nan)), "draw 0 of 0 is missing"),
        (lambda: romano_wolf([1.0], np.zeros((99, 1)), "up"), "unknown alternative 'up'; expected two-sided, greater"),
        (
            lambda: romano_wolf({"btc": 1.0}, pd.DataFrame({"eth": np.zeros(99)})),
            r"columns of null_statistics are not the tests; expected \['btc'\]",
        ),
    ],
)
def test_bad_input_is_refused_with_its_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
