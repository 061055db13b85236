"""All pairs: the same numbers as pair by pair, with either engine."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from selloff.correlation import kernels
from selloff.correlation.matrix import rolling_correlation_matrix
from selloff.correlation.rolling import rolling_correlation

ENGINES = ["numpy", "numba"]


@pytest.fixture(autouse=True)
def numba() -> None:
    pytest.importorskip("numba")


def hard_panel(length: int = 300, series: int = 8) -> np.ndarray:
    rng = np.random.default_rng(1)
    panel = 0.5 * rng.standard_t(4, (length, 1)) + rng.standard_t(4, (length, series))
    panel[:, 1] += 1e9
    panel[130, 2] = 1e8
    panel[:, 3] = 1 + 1e-6 * panel[:, 3]
    panel[100:200, 4] = 0.3
    panel[:, 5] = 1e5 * np.exp(np.cumsum(panel[:, 5] / 100))
    panel[60:63, 6] = np.nan
    # It stands at another level for just one window of 40 days.
    panel[122:162, 7] += 1e7
    return panel


def pair_by_pair(panel: np.ndarray, window: int) -> np.ndarray:
    pairs = combinations(range(panel.shape[1]), 2)
    return np.stack([rolling_correlation(panel[:, i], panel[:, j], window).to_numpy() for i, j in pairs], axis=1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("window", [3, 40, 150, 300])
def test_every_pair_is_what_it_is_by_itself(engine, window: int) -> None:
    panel = hard_panel()

    found = rolling_correlation_matrix(panel, window, engine).to_numpy()

    np.testing.assert_allclose(found, pair_by_pair(panel, window), rtol=0, atol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_columns_are_named_by_both_series_in_the_order_of_combinations(engine) -> None:
    days = pd.date_range("2025-01-01", periods=50, tz="UTC")
    returns = pd.DataFrame(np.random.default_rng(2).standard_normal((50, 4)), days, ["btc", "eth", "spx", "gold"])

    found = rolling_correlation_matrix(returns, 20, engine)

    assert list(found.columns) == list(combinations(returns.columns, 2))
    assert found.index.equals(days)
    expected = returns["eth"].rolling(20).corr(returns["gold"])
    np.testing.assert_allclose(found[("eth", "gold")], expected, rtol=0, atol=1e-12)


@given(data=arrays(float, (20, 4), elements=st.floats(allow_infinity=False) | st.sampled_from([0.0, 1.0, 1e9])))
@settings(max_examples=150, deadline=None)
def test_wild_numbers_give_no_number_outside_and_the_same_from_either_engine(data: np.ndarray) -> None:
    data[0] = 1.0
    arrays_, compiled = (rolling_correlation_matrix(data, 6, engine).to_numpy() for engine in ("numpy", "numba"))

    for found in (arrays_, compiled):
        assert not np.isinf(found).any()
        assert np.nanmax(np.abs(found), initial=0) <= 1
    np.testing.assert_allclose(arrays_, compiled, rtol=0, atol=1e-11)
    np.testing.assert_allclose(arrays_, pair_by_pair(data, 6), rtol=0, atol=1e-12)


def test_a_pair_does_not_feel_its_neighbours() -> None:
    panel = np.random.default_rng(3).standard_t(4, (200, 150))
    whole = rolling_correlation_matrix(panel, 40, "numba")

    for columns in ([0, 1], [0, 70, 149], [3, 64, 65, 66, 67, 68, 130]):
        few = rolling_correlation_matrix(panel[:, columns], 40, "numba")
        named = [(columns[i], columns[j]) for i, j in combinations(range(len(columns)), 2)]
        assert np.array_equal(few.to_numpy(), whole[named].to_numpy(), equal_nan=True)


def test_perfect_correlation_is_one_and_no_more() -> None:
    x = np.random.default_rng(4).standard_t(3, (500, 1))

    for engine in ENGINES:
        found = rolling_correlation_matrix(x * np.array([1.0, 3.0, -0.1]), 30, engine).dropna().to_numpy()
        assert np.abs(found).max() <= 1
        np.testing.assert_allclose(found, np.broadcast_to([1, -1, -1], found.shape), rtol=0, atol=1e-12)


def test_many_series_are_compiled_and_few_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [kernels.choose_engine(None, series) for series in (2, 30, 31, 500)] == ["numpy", "numpy", "numba", "numba"]

    monkeypatch.setattr(kernels, "find_spec", lambda name: None)

    assert kernels.choose_engine(None, 500) == "numpy"
    with pytest.raises(ImportError, match=r'needs the package numba, which is missing; pip install "selloff\[scale\]"'):
        rolling_correlation_matrix(hard_panel(), 40, "numba")


@pytest.mark.parametrize(
    ("change", "window", "engine", "message"),
    [
        (lambda x: x, 301, None, "window 301 must lie between 3 and the sample's 300 observations"),
        (lambda x: x, 2, None, "window 2 must lie between 3"),
        (lambda x: x, 40.0, None, "window must be a whole number of observations, got 40.0"),
        (lambda x: x, 40, "fortran", "unknown engine 'fortran'; expected numpy, numba"),
        (lambda x: x[:, :1], 40, None, "has 1 series; at least 2 are needed"),
        (lambda x: np.where(np.arange(300)[:, None] == 7, np.inf, x), 40, None, r"returns\[0\] is infinite at row 7"),
        (lambda x: np.where(np.arange(8) == 2, np.nan, x), 40, None, r"returns\[2\] has no value at all"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_cause(change, window, engine, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rolling_correlation_matrix(change(hard_panel()), window, engine)
