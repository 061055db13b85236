"""Fluctuation tests: their statistic by a slow route, their size by simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from selloff.correlation.fluctuation import fluctuation_test
from selloff.validation.designs import simulate_pair

KINDS = ("pearson", "spearman", "spearman-centred")


def bartlett(values: np.ndarray, lags: int) -> np.ndarray:
    centred = values - values.mean(axis=0)
    total = centred.T @ centred
    for lag in range(1, lags + 1):
        product = centred[lag:].T @ centred[:-lag]
        total = total + (1 - lag / (lags + 1)) * (product + product.T)
    return total / len(values)


def delta_method(x: np.ndarray, y: np.ndarray, lags: int) -> float:
    """Scale of the correlation from the covariance of the first two moments and the gradient, as in the paper."""
    moments = np.column_stack([x, y, x**2, y**2, x * y])
    mx, my, mxx, myy, mxy = moments.mean(axis=0)
    vx, vy, c = mxx - mx**2, myy - my**2, mxy - mx * my
    r = c / math.sqrt(vx * vy)
    gradient = np.array(
        [
            -my / math.sqrt(vx * vy) + r * mx / vx,
            -mx / math.sqrt(vx * vy) + r * my / vy,
            -r / (2 * vx),
            -r / (2 * vy),
            1 / math.sqrt(vx * vy),
        ]
    )
    return math.sqrt(gradient @ bartlett(moments, lags) @ gradient)


def test_pearsons_statistic_is_the_papers_with_every_correlation_computed_by_itself() -> None:
    x, y = simulate_pair("garch_t5", 300, 0.4, seed=1)[0].T
    whole = np.corrcoef(x, y)[0, 1]
    scale = delta_method(x, y, 5)
    path = [j / math.sqrt(300) * abs(np.corrcoef(x[:j], y[:j])[0, 1] - whole) / scale for j in range(2, 301)]

    result = fluctuation_test(x, y)

    assert result.settings == {"row": int(np.argmax(path)) + 2, "lags": 5}
    assert result.statistic == pytest.approx(max(path), rel=1e-11)
    assert result.estimate == pytest.approx(whole, abs=1e-14)
    assert result.se == pytest.approx(scale / math.sqrt(300), rel=1e-11)


@pytest.mark.parametrize("kind", ["spearman", "spearman-centred"])
def test_the_rank_statistics_are_cumulative_sums_of_products_of_ranks(kind) -> None:
    x, y = simulate_pair("t5", 200, 0.4, seed=2)[0].T
    u, v = (np.array([np.mean(series <= value) for value in series]) for series in (x, y))
    centre = 1 if kind == "spearman" else 201 / 400
    terms = (u - centre) * (v - centre)
    path = [abs(terms[:j].sum() - j * terms.mean()) / math.sqrt(200) for j in range(1, 201)]

    result = fluctuation_test(x, y, kind, lags=3)

    assert result.statistic == pytest.approx(max(path) / math.sqrt(bartlett(terms[:, None], 3).item()), rel=1e-11)
    assert result.settings["row"] == int(np.argmax(path)) + 1
    assert result.estimate == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_the_standard_error_of_spearmans_rho_is_how_much_it_varies(rho: float) -> None:
    results = [fluctuation_test(*pair.T, "spearman") for pair in simulate_pair("t5", 200, rho, 3, replications=500)]

    # The standard deviation of 500 values is itself known to 3 % of its size.
    assert np.mean([result.se for result in results]) == pytest.approx(
        np.std([result.estimate for result in results]), rel=0.1
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_rise_in_mid_sample_is_found_and_dated(kind) -> None:
    rho = np.where(np.arange(1500) < 700, -0.5, 0.9)
    x, y = simulate_pair("t5", 1500, rho, seed=4)[0].T
    days = pd.date_range("2020-01-01", periods=1500, freq="D")

    result = fluctuation_test(pd.Series(x, days), pd.Series(y, days), kind)

    assert result.pvalue < 0.01
    assert abs(result.settings["row"] - 700) < 60
    assert result.break_date == days[result.settings["row"] - 1]
    assert f"change at {result.break_date:%Y-%m-%d}" in result.summary()
    assert "at a nominal 5 % it rejects" in result.summary()


def test_arrays_are_dated_by_the_number_of_days() -> None:
    x, y = simulate_pair("normal", 100, 0.4, seed=5)[0].T
    result = fluctuation_test(x, y)

    assert result.break_date == result.settings["row"]


@pytest.mark.parametrize("kind", KINDS)
def test_levels_scales_and_for_ranks_any_rising_function_change_nothing(kind) -> None:
    x, y = simulate_pair("t5", 250, 0.4, seed=6)[0].T
    plain = fluctuation_test(x, y, kind)
    moved = fluctuation_test(1e9 + 1e3 * x, 1e-6 * y - 5, kind)

    assert moved.statistic == pytest.approx(plain.statistic, rel=1e-6)
    if kind != "pearson":
        assert fluctuation_test(np.exp(x), y**3, kind).statistic == plain.statistic


def test_a_bad_tick_late_in_the_sample_costs_the_days_before_it_no_digits() -> None:
    from selloff.correlation.fluctuation import _running_correlation

    x, y = 1 + 1e-6 * simulate_pair("normal", 200, 0.4, seed=7)[0].T
    y[150] = 1e8
    exact = [np.corrcoef(x[:j] - 1, y[:j] - 1)[0, 1] for j in range(2, 201)]

    assert np.abs(_running_correlation(x, y)[1:] - exact).max() < 1e-10


def test_days_on_which_a_series_does_not_move_yet_have_no_correlation_to_differ() -> None:
    x, y = simulate_pair("normal", 300, 0.4, seed=8)[0].T
    x[:100] = x[0]

    assert fluctuation_test(x, y).settings["row"] > 100


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least", "most"), [("pearson", 0.03, 0.09), ("spearman", 0.02, 0.075), ("spearman-centred", 0.035, 0.1)]
)
def test_on_waves_with_heavy_tails_the_tests_reject_about_as_often_as_they_say(kind, least: float, most: float) -> None:
    pairs = simulate_pair("garch_t5", 500, 0.4, seed=9, replications=600)

    # A share of 600 has a standard error of .9 points where the truth is 5 %.
    assert least < np.mean([fluctuation_test(*pair.T, kind).pvalue <= 0.05 for pair in pairs]) < most


@given(
    x=arrays(float, 40, elements=st.floats(-1e6, 1e6, width=32)),
    y=arrays(float, 40, elements=st.floats(-1e6, 1e6, width=32)),
    kind=st.sampled_from(KINDS),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_numbers_there_is_a_sound_answer_or_a_reason(x: np.ndarray, y: np.ndarray, kind) -> None:
    try:
        result = fluctuation_test(x, y, kind)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("fluctuation_test: ")
        return
    assert result.statistic >= 0
    assert 0 <= result.pvalue <= 1
    assert -1 <= result.estimate <= 1
    assert 1 <= result.settings["row"] <= 40


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (lambda x, y: (x, np.ones(60)), "pearson", "a series is flat"),
        (lambda x, y: (x, 3 - 2 * x), "pearson", "a perfect correlation cannot change"),
        (lambda x, y: (x, np.exp(x)), "spearman", "the same ranks"),
        (lambda x, y: (x[:10], y[:10]), "pearson", "10 days are too few; 20 are needed"),
        (lambda x, y: (x, y[:-1]), "pearson", "x and y must be of one length"),
        (lambda x, y: (np.where(x > 0, x, np.nan), y), "pearson", "drop incomplete days"),
        (lambda x, y: (x, y), "kendall", "unknown kind 'kendall'; expected pearson, spearman, spearman-centred"),
    ],
)
def test_what_cannot_be_tested_is_refused_with_its_reason(change, kind, message: str) -> None:
    x, y = np.random.default_rng(10).standard_normal((2, 60))

    with pytest.raises(ValueError, match=message):
        fluctuation_test(*change(x, y), kind)


def test_lags_beyond_the_sample_are_refused() -> None:
    x, y = np.random.default_rng(11).standard_normal((2, 60))

    with pytest.raises(ValueError, match="lags 60 must lie between 0 and 59"):
        fluctuation_test(x, y, lags=60)
