"""Rolling beta against exact fractions, statsmodels and hard cases."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from selloff.correlation.beta import newey_west_lags, rolling_beta


def exact(y: np.ndarray, x: np.ndarray, lags: int) -> list[float]:
    """Alpha, beta, se and r2 of one window in rational arithmetic, rounded once at the end."""
    b, a = [Fraction(v) for v in y.tolist()], [Fraction(v) for v in x.tolist()]
    mb, ma = sum(b) / len(b), sum(a) / len(a)
    b, a = [v - mb for v in b], [v - ma for v in a]
    sxx, sxy, syy = (sum(u * v for u, v in zip(*pair, strict=True)) for pair in ((a, a), (a, b), (b, b)))
    beta = sxy / sxx
    v = [u * (w - beta * u) for u, w in zip(a, b, strict=True)]
    total = sum(u * u for u in v)
    for lag in range(1, lags + 1):
        total += 2 * (1 - Fraction(lag, lags + 1)) * sum(u * w for u, w in zip(v[lag:], v[:-lag], strict=True))
    return [float(mb - beta * ma), float(beta), sqrt(total / sxx**2), float(sxy * sxy / (sxx * syy))]


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20250926)
    x = rng.standard_t(4, 300) / 100
    return 0.7 * x + rng.standard_t(4, 300) / 100, x


def largest_error(y: np.ndarray, x: np.ndarray, window: int = 40, lags: int = 3, first: int = 0) -> float:
    """Over windows, of beta, its error and r2; a level far from zero leaves alpha few digits whoever computes it."""
    ours = rolling_beta(y, x, window, lags).to_numpy()
    ends = range(window, len(x) + 1, 13)
    errors = [np.abs(ours[end - 1] - exact(y[end - window : end], x[end - window : end], lags)) for end in ends]
    return float(np.max(errors, axis=0)[first:].max())


@pytest.mark.parametrize("lags", [0, 3, 12, 39])
def test_returns_are_exact_to_twelve_digits(pair, lags: int) -> None:
    assert largest_error(*pair, lags=lags) < 1e-12


def test_a_level_of_a_billion_costs_no_more_than_ten_digits(pair) -> None:
    y, x = pair

    assert largest_error(y + 1e9, x + 1e9, first=1) < 1e-10


def test_a_bad_tick_spoils_no_window_that_it_is_not_in_and_is_right_in_the_others(pair) -> None:
    y, x = (series.copy() for series in pair)
    x[150] = 1e8

    assert largest_error(y, x) < 1e-10


def test_a_bad_tick_in_y_costs_no_relative_digits(pair) -> None:
    y, x = (series.copy() for series in pair)
    y[150] = 1e8

    ours = rolling_beta(y, x, 40, 3).to_numpy()

    for end in (150, 151, 170, 190, 191, 230):
        np.testing.assert_allclose(
            ours[end - 1], exact(y[end - 40 : end], x[end - 40 : end], 3), rtol=1e-11, atol=1e-13
        )


def test_prices_that_wander_far_are_measured_as_well_as_returns(pair) -> None:
    y, x = (np.exp(np.cumsum(series)) for series in pair)

    assert largest_error(300 * y, 40_000 * x, first=1) < 1e-12


def test_a_stablecoin_is_measured_to_ten_digits(pair) -> None:
    y, x = pair

    assert largest_error(1 + 1e-6 * y, 1 + 1e-6 * x) < 1e-10


def test_a_perfect_line_has_beta_with_no_error(pair) -> None:
    _, x = pair

    ours = rolling_beta(1 - 2 * x, x, 40).dropna()

    assert len(ours) == 261
    np.testing.assert_allclose(ours, np.tile([1, -2, 0, 1], (261, 1)), atol=1e-13)


@pytest.mark.parametrize(("lags", "used"), [(None, 3), (0, 0), (7, 7)])
def test_every_window_equals_a_regression_with_hac_covariance(lags: int | None, used: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_t(5, 400)
    y = 0.7 * x + rng.standard_t(5, 400)

    ours = rolling_beta(y, x, 90, lags).to_numpy()

    for end in range(90, 401, 31):
        window = slice(end - 90, end)
        fit = sm.OLS(y[window], sm.add_constant(x[window])).fit(cov_type="HAC", cov_kwds={"maxlags": used})
        np.testing.assert_allclose(ours[end - 1], [*fit.params, fit.bse[1], fit.rsquared], rtol=0, atol=1e-13)


def test_the_correction_counts_two_coefficients(pair) -> None:
    plain, corrected = (rolling_beta(*pair, 40, correction=each)["se"].dropna() for each in (False, True))

    np.testing.assert_allclose((corrected / plain) ** 2, 40 / 38)


def test_one_window_may_be_the_whole_sample_and_lags_as_long_as_it(pair) -> None:
    y, x = (series[:7] for series in pair)

    ours = rolling_beta(y, x, 7, 6).to_numpy()

    np.testing.assert_allclose(ours[-1], exact(y, x, 6), rtol=1e-11)


@pytest.mark.parametrize("extra", range(5))
def test_short_samples_with_many_lags_have_all_their_windows(pair, extra: int) -> None:
    y, x = (series[: 8 + extra] for series in pair)

    ours = rolling_beta(y, x, 8, 7).to_numpy()

    for end in range(8, 9 + extra):
        np.testing.assert_allclose(ours[end - 1], exact(y[end - 8 : end], x[end - 8 : end], 7), rtol=1e-10)


def test_a_flat_regressor_has_no_beta(pair) -> None:
    y, x = (series.copy() for series in pair)
    x[100:200] = 0.1

    ours = rolling_beta(y, x, 40)

    assert ours.iloc[139:200].isna().all(axis=None)
    assert np.isfinite(ours.iloc[[138, 200]]).all(axis=None)


def test_a_flat_response_has_beta_zero_and_no_fit_to_speak_of(pair) -> None:
    _, x = pair

    ours = rolling_beta(np.full(300, 0.1), x, 40).iloc[39:]

    assert (ours["beta"].abs() < 1e-15).all()
    assert ours["r2"].isna().all()


def test_a_missing_value_blanks_the_windows_that_hold_it(pair) -> None:
    y, x = (series.copy() for series in pair)
    y[60] = np.nan

    ours, before = rolling_beta(y, x, 40), rolling_beta(*pair, 40)

    assert ours.iloc[60:100].isna().all(axis=None)
    pd.testing.assert_frame_equal(ours.iloc[100:], before.iloc[100:], rtol=1e-9)


def test_a_frame_keeps_the_dates(pair) -> None:
    days = pd.date_range("2024-01-01", periods=300, name="day")

    ours = rolling_beta(*(pd.Series(series, index=days) for series in pair), 40)

    assert ours.index.equals(days)
    assert list(ours) == ["alpha", "beta", "se", "r2"]
    assert ours.iloc[:39].isna().all(axis=None)


@given(
    data=arrays(float, (2, 24), elements=st.floats(-1e12, 1e12, allow_nan=False, allow_subnormal=False)),
    lags=st.sampled_from([None, 0, 5]),
)
@settings(max_examples=200, deadline=None)
def test_errors_are_never_negative_and_fits_lie_between_none_and_all(data: np.ndarray, lags: int | None) -> None:
    ours = rolling_beta(data[0], data[1], 8, lags)

    assert (ours["r2"].isna() | ours["r2"].between(0, 1)).all()
    assert (ours["se"].isna() | (ours["se"] >= 0)).all()
    assert not np.isinf(ours).any(axis=None)


@pytest.mark.parametrize("lags", [-1, 40, 2.5, True, "many"])
def test_lags_that_do_not_fit_are_refused(pair, lags) -> None:
    with pytest.raises(ValueError, match=r"rolling_beta: hac_lags .* must be a whole number from 0 to 39"):
        rolling_beta(*pair, 40, lags)


@pytest.mark.parametrize(
    ("change", "window", "message"),
    [
        (lambda y, x: (y[1:], x), 40, "of one length, got 300 and 299"),
        (lambda y, x: (y, x), 301, "window 301 must lie between 3 and the sample's 300"),
        (lambda y, x: (np.full(300, np.nan), x), 40, "y has no value at all"),
        (lambda y, x: (y, np.where(np.arange(300) == 7, np.inf, x)), 40, "x is infinite at row 7"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_its_cause(pair, change, window: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rolling_beta(*change(*pair), window)


@pytest.mark.parametrize(("length", "lags"), [(90, 3), (100, 4), (1000, 6), (5030, 9), (3, 1)])
def test_automatic_lags_follow_newey_and_west(length: int, lags: int) -> None:
    assert newey_west_lags(length, None, "a test") == lags
