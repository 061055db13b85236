"""Fluctuation tests: their path by a slow computation, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from selloff.correlation.fluctuation import fluctuation_test
from selloff.validation import simulate_pair

DAYS = pd.date_range("2024-01-01", periods=120)


def dated(pair: np.ndarray) -> tuple[pd.Series, pd.Series]:
    days = pd.date_range("2024-01-01", periods=len(pair))
    return pd.Series(pair[:, 0], days), pd.Series(pair[:, 1], days)


def bartlett(terms: np.ndarray, lags: int) -> float:
    centred = terms - terms.mean()
    total = centred @ centred
    for lag in range(1, lags + 1):
        total += 2 * (1 - lag / (lags + 1)) * (centred[lag:] @ centred[:-lag])
    return total / len(terms)


def test_the_pearson_path_is_that_of_correlations_of_growing_samples() -> None:
    x, y = simulate_pair("garch_t5", 120, 0.4, seed=1)[0].T
    r = np.corrcoef(x, y)[0, 1]
    zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    scale = np.sqrt(bartlett(zx * zy - r * (zx**2 + zy**2) / 2, 4))
    path = [j / np.sqrt(120) * abs(np.corrcoef(x[:j], y[:j])[0, 1] - r) / scale for j in range(3, 121)]

    result = fluctuation_test(x, y)

    # floor(log 120) = 4 lags.
    assert result.settings["lags"] == 4
    assert result.statistic == pytest.approx(max(path), rel=1e-10)
    assert result.settings["row"] == 3 + int(np.argmax(path))
    assert (result.estimate, result.se) == pytest.approx((r, scale / np.sqrt(120)), rel=1e-12)


@pytest.mark.parametrize("kind", ["spearman", "spearman-centred"])
def test_the_rank_paths_are_cumulative_sums_of_products_of_ranks(kind) -> None:
    x, y = simulate_pair("t5", 120, 0.4, seed=2)[0].T
    u, v = rankdata(x) / 120, rankdata(y) / 120
    # Ranks average 121/240.
    terms = (u - 121 / 240) * (v - 121 / 240) if kind == "spearman-centred" else (1 - u) * (1 - v)
    path = np.abs(np.cumsum(terms - terms.mean())) / np.sqrt(120 * bartlett(terms, 4))

    result = fluctuation_test(x, y, kind)

    assert result.statistic == pytest.approx(path.max(), rel=1e-10)
    assert result.estimate == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def test_a_change_is_found_and_its_last_day_before_is_named() -> None:
    rho = np.repeat([-0.6, 0.8], 150)
    x, y = dated(simulate_pair("normal", 300, rho, seed=3)[0])

    results = [fluctuation_test(x, y, kind) for kind in ("pearson", "spearman", "spearman-centred")]

    for result in results:
        assert result.pvalue < 0.01
        assert abs((result.break_date - pd.Timestamp("2024-05-29")).days) < 20
    assert "change at 2024-05" in results[0].summary()


def test_for_arrays_the_change_is_the_number_of_days_before_it() -> None:
    pair = simulate_pair("normal", 200, np.repeat([0.0, 0.9], 100), seed=4)[0]
    x, y = dated(pair)

    row = fluctuation_test(pair[:, 0], pair[:, 1]).break_date

    assert x.index[row - 1] == fluctuation_test(x, y).break_date


def test_ranks_do_not_care_how_large_the_largest_move_was() -> None:
    x, y = simulate_pair("t5", 200, 0.4, seed=5)[0].T
    wild = np.where(x == x.max(), 1e6, x)

    assert fluctuation_test(wild, y, "spearman") == fluctuation_test(x, y, "spearman")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=25, max_size=60),
    st.integers(0, 1000),
    st.sampled_from(["pearson", "spearman", "spearman-centred"]),
)
def test_wild_input_gives_a_probability_or_one_clear_line(values: list[float], seed: int, kind) -> None:
    x = np.array(values)
    y = np.random.default_rng(seed).permutation(x)

    try:
        result = fluctuation_test(x, y, kind)
    except ValueError as error:
        answer = str(error)
    else:
        answer = "fluctuation_test: a number" if 0 <= result.pvalue <= 1 and np.isfinite(result.statistic) else "nothing"

    assert answer.startswith("fluctuation_test: ")


GOOD = pd.Series(np.random.default_rng(6).standard_normal(120), DAYS)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (GOOD, GOOD**2, {"kind": "kendall"}, "unknown kind 'kendall'; expected pearson, spearman, spearman-centred"),
        (GOOD[:15], GOOD[:15] ** 2, {}, "15 days are too few; 20 are needed"),
        (GOOD * 0, GOOD, {}, "a series is flat"),
        (GOOD, GOOD * 2, {}, "a perfect correlation cannot change"),
        (GOOD, (GOOD**2).where(GOOD > 0), {}, "y is missing at 2024-01-0"),
        (GOOD, GOOD**2, {"lags": 120}, "lags 120 must lie between 0 and 119"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_line(x, y, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fluctuation_test(x, y, **options)
