"""Exponentially weighted correlation against its recursion, day by day."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from selloff.correlation.ewma import ewma_correlation


def recursion(x: np.ndarray, y: np.ndarray, decay: float) -> list[float]:
    sums, out = None, []
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        products = (a * b, a * a, b * b)
        sums = products if sums is None else [decay * s + (1 - decay) * p for s, p in zip(sums, products, strict=True)]
        out.append(sums[0] / sqrt(sums[1] * sums[2]))
    return out


@pytest.mark.parametrize("decay", [0.5, 0.94, 0.999])
def test_it_follows_the_recursion_from_the_first_product(decay: float) -> None:
    x, y = np.random.default_rng(1).standard_t(4, (2, 500))

    found = ewma_correlation(x, x + y, decay)

    assert found.to_numpy() == pytest.approx(recursion(x, x + y, decay), abs=1e-12)
    assert found.iloc[0] in (-1, 1)


def test_after_a_turn_it_falls_by_powers_of_the_decay() -> None:
    y = np.where(np.arange(250) < 200, 1.0, -1.0)

    found = ewma_correlation(np.ones(250), y)

    assert found.to_numpy()[200:] == pytest.approx(2 * 0.94 ** np.arange(1, 51) - 1, abs=1e-14)


def test_a_missing_day_has_no_value_and_is_passed_over() -> None:
    days = pd.date_range("2025-01-01", periods=60)
    x, y = (pd.Series(series, days) for series in np.random.default_rng(2).standard_normal((2, 60)))
    gap = x.copy()
    gap.iloc[[0, 30]] = np.nan

    found = ewma_correlation(gap, y)
    without = ewma_correlation(gap.dropna(), y[gap.notna()])

    assert found.isna().sum() == 2
    assert found.dropna().equals(without)


def test_there_is_no_value_before_a_series_moves() -> None:
    x = np.array([0.0, 0.0, 1.0, 2.0])

    assert np.isnan(ewma_correlation(x, np.ones(4))).tolist() == [True, True, False, False]


def test_the_unit_does_not_matter() -> None:
    x, y = np.random.default_rng(3).standard_normal((2, 100))

    found = ewma_correlation(x, y)

    assert ewma_correlation(x * 2.0**-600, y * 2.0**600).equals(found)


@given(
    data=arrays(float, (2, 30), elements=st.floats(allow_infinity=False)),
    decay=st.floats(0.01, 0.99),
)
@settings(max_examples=200, deadline=None)
def test_it_lies_within_one_or_is_missing(data: np.ndarray, decay: float) -> None:
    data[:, 0] = 1.0

    found = ewma_correlation(data[0], data[1], decay)

    assert (found.isna() | found.between(-1, 1)).all()


@pytest.mark.parametrize("decay", [0, 1, 1.2, -0.5, float("nan")])
def test_a_decay_outside_its_range_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match=f"decay must lie between 0 and 1, got {decay!r}; daily data often take .94"):
        ewma_correlation(np.ones(5), np.ones(5), decay)


def test_series_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        ewma_correlation(np.ones(5), np.ones(6))
