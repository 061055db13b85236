"""The mean correlation without pairs is the mean over pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from selloff.correlation import average
from selloff.correlation.average import mean_correlation
from selloff.correlation.matrix import rolling_correlation_matrix


def mean_of_pairs(panel: np.ndarray, window: int) -> np.ndarray:
    r = rolling_correlation_matrix(panel, window, "numpy").to_numpy()
    number = np.count_nonzero(~np.isnan(r), axis=1)
    return np.nansum(r, axis=1) / np.where(number, number, np.nan)


@pytest.mark.parametrize("window", [3, 40, 200])
def test_it_is_the_mean_of_the_pairs_that_are_defined(window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    panel = 0.5 * rng.standard_normal((300, 1)) + rng.standard_normal((300, 6))
    panel[:100, 0] = np.nan
    panel[:, 1] += 1e9
    panel[130, 2] = 1e8
    panel[100:150, 3] = 0.2
    # Both stand at another level for just one window of 40 days, which needs a second look.
    panel[122:162, 4] += 1e7
    panel[122:162, 5] += 1e7

    whole = mean_correlation(panel, window).to_numpy()
    monkeypatch.setattr(average, "_CHUNK", 1)
    cut = mean_correlation(panel, window).to_numpy()

    np.testing.assert_allclose(whole, mean_of_pairs(panel, window), rtol=0, atol=1e-12)
    np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-15)


@given(data=arrays(float, (20, 4), elements=st.floats(allow_infinity=False) | st.sampled_from([0.0, 1.0, 1e9])))
@settings(max_examples=100, deadline=None)
def test_wild_numbers_have_the_mean_of_their_pairs(data: np.ndarray) -> None:
    data[0] = 1.0

    found = mean_correlation(data, 6).to_numpy()

    np.testing.assert_allclose(found, mean_of_pairs(data, 6), rtol=0, atol=1e-11)
    assert np.nanmax(np.abs(found), initial=0) <= 1


def test_one_factor_gives_the_correlation_it_makes() -> None:
    rng = np.random.default_rng(2)
    days = pd.date_range("2020-01-01", periods=3000)
    returns = pd.DataFrame(rng.standard_normal((3000, 1)) + rng.standard_normal((3000, 40)), index=days)

    found = mean_correlation(returns, 500)

    assert found.index.equals(days)
    assert found.isna().sum() == 499
    assert found.mean() == pytest.approx(0.5, abs=0.02)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="window 30 must lie between 3 and the sample's 20"):
        mean_correlation(np.random.default_rng(3).standard_normal((20, 3)), 30)
    with pytest.raises(ValueError, match="at least 2 are needed"):
        mean_correlation(np.random.default_rng(3).standard_normal((20, 1)), 5)
