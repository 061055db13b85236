"""Rolling correlation against exact fractions, hard cases, and bad input."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import kendalltau, spearmanr

from selloff.correlation import rolling_correlation


def exact(x: np.ndarray, y: np.ndarray) -> float:
    """Correlation of two windows in exact rational arithmetic, rounded once at the end."""
    a, b = [Fraction(v) for v in x.tolist()], [Fraction(v) for v in y.tolist()]
    ma, mb = sum(a) / len(a), sum(b) / len(b)
    sab = sum((u - ma) * (v - mb) for u, v in zip(a, b, strict=True))
    saa, sbb = sum((u - ma) ** 2 for u in a), sum((v - mb) ** 2 for v in b)
    if saa == 0 or sbb == 0:
        return float("nan")
    size = sqrt(sab * sab / (saa * sbb))
    return size if sab > 0 else -size


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20250926)
    x = rng.standard_t(4, 300) / 100
    return x, 0.4 * x + rng.standard_t(4, 300) / 100


def largest_error(x: np.ndarray, y: np.ndarray, window: int = 40) -> float:
    ours = rolling_correlation(x, y, window).to_numpy()
    errors = [
        abs(ours[end - 1] - exact(x[end - window : end], y[end - window : end])) for end in range(window, len(x) + 1, 7)
    ]
    return float(np.nanmax(errors))


def test_returns_are_exact_to_twelve_digits(pair) -> None:
    assert largest_error(*pair) < 1e-12


def test_a_level_of_a_billion_costs_no_more_than_ten_digits(pair) -> None:
    x, y = pair

    assert largest_error(x + 1e9, y) < 1e-10


def test_a_bad_tick_spoils_no_window_that_it_is_not_in(pair) -> None:
    x, y = (series.copy() for series in pair)
    x[150] = 1e8

    assert largest_error(x, y) < 1e-10


def test_a_stablecoin_is_measured_to_ten_digits(pair) -> None:
    x, y = pair

    assert largest_error(1 + 1e-6 * x, y) < 1e-10


def test_a_flat_series_has_no_correlation(pair) -> None:
    x, y = (series.copy() for series in pair)
    x[100:200] = 0.1

    r = rolling_correlation(x, y, 40)

    assert r.iloc[139:200].isna().all()
    assert np.isfinite(r.iloc[[138, 200]]).all()


def test_nothing_stands_before_the_first_full_window(pair) -> None:
    r = rolling_correlation(*pair, 40)

    assert r.iloc[:39].isna().all()
    assert np.isfinite(r.iloc[39:]).all()


def test_a_missing_value_blanks_the_windows_that_hold_it(pair) -> None:
    x, y = (series.copy() for series in pair)
    y[60] = np.nan

    r = rolling_correlation(x, y, 40)

    assert r.iloc[60:100].isna().all()
    assert np.isfinite(r.iloc[[59, 100]]).all()


@pytest.mark.parametrize(("method", "reference"), [("spearman", spearmanr), ("kendall", kendalltau)])
def test_rank_correlations_equal_scipy_in_every_window(pair, method, reference) -> None:
    x, y = (series[:80].round(3) for series in pair)

    r = rolling_correlation(x, y, 30, method).to_numpy()

    for end in range(30, 81):
        assert r[end - 1] == pytest.approx(reference(x[end - 30 : end], y[end - 30 : end]).statistic, abs=1e-12)


@given(
    data=arrays(float, (2, 24), elements=st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=False)),
    method=st.sampled_from(["pearson", "spearman", "kendall"]),
)
@settings(max_examples=200, deadline=None)
def test_a_correlation_lies_within_one_or_is_missing(data: np.ndarray, method) -> None:
    r = rolling_correlation(data[0], data[1], 8, method)

    assert (r.isna() | r.between(-1, 1)).all()


wild = st.floats(allow_infinity=False) | st.sampled_from([0.0, 1.0, -1.0, 1e9, 1e9 + 1, 1e-300, 1e300, 5e-324])


@given(data=arrays(float, (2, 18), elements=wild | st.sampled_from([1.0, 2.0])))
@settings(max_examples=300, deadline=None)
def test_wild_numbers_give_the_exact_correlation_or_none(data: np.ndarray) -> None:
    x, y = data
    if np.isnan(x).all() or np.isnan(y).all():
        return

    r = rolling_correlation(x, y, 6).to_numpy()

    assert np.isnan(r[:5]).all()
    for end in range(6, 19):
        a, b = x[end - 6 : end], y[end - 6 : end]
        complete = not np.isnan(a).any() and not np.isnan(b).any()
        expected = exact(a, b) if complete else float("nan")
        assert r[end - 1] == pytest.approx(expected, abs=1e-10, nan_ok=True)


@pytest.mark.parametrize(
    ("change", "bound"),
    [
        (lambda x, y: (x * 1e-160, y * 1e150), 1e-12),
        (lambda x, y: (x * 5e-320, y), 1e-3),
        (lambda x, y: (1e5 * np.exp(np.cumsum(x)), 1e5 * np.exp(np.cumsum(y))), 1e-10),
        (lambda x, y: (np.where(np.arange(300) == 150, 1e8, 1 + 1e-6 * x), y + 1e9), 1e-10),
        (lambda x, y: (np.where(np.arange(300) < 150, x, x + 1e9), 1 + 1e-6 * y), 1e-10),
        (lambda x, y: (np.where(np.arange(300) % 50 == 0, 1e8, x), np.where(np.arange(300) % 70 == 0, -1e8, y)), 1e-10),
    ],
    ids=["tiny and huge", "subnormal", "prices", "tick in a stablecoin", "jump of a billion", "many ticks"],
)
def test_hard_data_are_measured_all_the_same(pair, change, bound: float) -> None:
    assert largest_error(*change(*pair)) < bound


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_a_series_agrees_with_itself_and_not_with_its_opposite(pair, method) -> None:
    x = pair[0]

    assert rolling_correlation(x, 3 * x, 40, method).dropna().to_numpy() == pytest.approx(1, abs=1e-12)
    assert rolling_correlation(x, -x, 40, method).dropna().to_numpy() == pytest.approx(-1, abs=1e-12)


@pytest.mark.parametrize("method", ["spearman", "kendall"])
@pytest.mark.parametrize("window", [3, 127, 130, 200])
def test_ranks_are_counted_right_in_windows_of_any_length(method, window: int) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, 40, (2, 260)).astype(float)
    y += x / 2
    reference = {"spearman": spearmanr, "kendall": kendalltau}[method]

    r = rolling_correlation(x, y, window, method).to_numpy()

    for end in range(window, 261, 19):
        a, b = x[end - window : end], y[end - window : end]
        expected = reference(a, b).statistic if np.ptp(a) and np.ptp(b) else np.nan
        assert r[end - 1] == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_ranks_of_a_long_sample_do_not_feel_where_it_is_cut(method) -> None:
    x, y = np.random.default_rng(6).standard_normal((2, 9000)).round(1)

    whole = rolling_correlation(x, y, 50, method).to_numpy()

    for start in (4000, 4090, 8000):
        part = rolling_correlation(x[start : start + 200], y[start : start + 200], 50, method).to_numpy()
        assert np.array_equal(whole[start + 49 : start + 200], part[49:])


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_ranks_have_gaps_where_a_value_is_missing_or_a_series_flat(pair, method) -> None:
    x, y = (series.copy() for series in pair)
    x[60] = np.nan
    y[150:220] = 0.1

    r = rolling_correlation(x, y, 40, method)

    assert r.iloc[60:100].isna().all()
    assert r.iloc[189:220].isna().all()
    assert np.isfinite(r.iloc[[59, 100, 188, 220]]).all()


def test_both_zeros_are_one_rank() -> None:
    x, y = np.array([0.0, -0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])

    assert rolling_correlation(x, y, 4, "kendall").iloc[-1] == pytest.approx(5 / sqrt(30), abs=1e-15)


@pytest.mark.parametrize(
    ("x", "y", "window", "message"),
    [
        (np.ones(5), np.ones(6), 3, "of one length, got"),
        (np.ones(5), np.ones(5), 6, "window 6 must lie between 3 and the sample's 5"),
        (np.ones(5), np.ones(5), 2, "window 2 must lie between 3"),
        (np.full(5, np.nan), np.ones(5), 3, "no value at all"),
        (np.array([1.0, np.inf, 2.0]), np.ones(3), 3, "x is infinite at row 1"),
        (
            pd.Series([1.0, 2, 3], index=[1, 1, 2]),
            pd.Series([1.0, 2, 3], index=[1, 1, 2]),
            3,
            "x has row 1 twice; drop duplicate dates first",
        ),
        (
            pd.Series([1.0, 2, 3], index=[1, 2, 3]),
            pd.Series([1.0, 2, 3], index=[2, 3, 4]),
            3,
            "different dates",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_cause(x, y, window: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rolling_correlation(x, y, window)


def test_an_unknown_method_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown method 'cosine'; expected pearson, spearman, kendall"):
        rolling_correlation(np.ones(5), np.ones(5), 3, "cosine")
