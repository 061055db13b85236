"""Exceedance correlations against slow counts, numerical integration and symmetric data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal, norm

from selloff.correlation.exceedance import exceedance_correlation, normal_corner, normal_exceedance
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    x, y = simulate_pair("garch_t5", 400, 0.5, seed=7)[0].T
    return x, y


def by_integration(r: float, share: float) -> float:
    """Correlation of a normal pair in its corner from moments by brute force."""
    h = -norm.ppf(share)

    def moment(weight) -> float:
        def density(b: float, a: float) -> float:
            exponent = -(a * a - 2 * r * a * b + b * b) / (2 * (1 - r * r))
            return weight(a, b) * np.exp(exponent) / (2 * np.pi * np.sqrt(1 - r * r))

        return dblquad(density, h, 8, h, 8, epsabs=1e-11, epsrel=1e-9)[0]

    chance = moment(lambda a, b: 1.0)
    mean, square, cross = (
        moment(weight) / chance for weight in (lambda a, b: a, lambda a, b: a * a, lambda a, b: a * b)
    )
    return (cross - mean**2) / (square - mean**2)


@pytest.mark.parametrize(("r", "share"), [(0.4, 0.5), (0.4, 0.05), (0.9, 0.2), (-0.3, 0.3), (0.0, 0.1)])
def test_the_normal_curve_equals_integrated_moments(r: float, share: float) -> None:
    assert normal_exceedance(r, [share])[0] == pytest.approx(by_integration(r, share), abs=1e-8)


@pytest.mark.parametrize("r", [-0.6, 0.0, 0.25, 0.8, 0.99])
def test_at_the_median_the_normal_curve_has_a_closed_form(r: float) -> None:
    quarter = 0.25 + np.arcsin(r) / (2 * np.pi)
    edge = np.sqrt(1 - r * r) / (2 * np.pi)
    mean = (1 + r) / (2 * np.sqrt(2 * np.pi)) / quarter
    expected = (r + edge / quarter - mean**2) / (1 + r * edge / quarter - mean**2)

    assert normal_exceedance(r, [0.5])[0] == pytest.approx(expected, abs=1e-13)


def test_the_normal_curve_falls_to_zero_in_the_tail_whatever_the_correlation() -> None:
    curve = normal_exceedance(0.9, [0.5, 0.1, 1e-3, 1e-9, 1e-30])

    assert np.all(np.diff(curve) < 0)
    assert curve[-1] < 0.12
    assert 0 < normal_exceedance(0.3, [1e-6])[0] < 0.05


def test_the_ends_of_correlation_have_their_limits_and_rare_corners_no_value() -> None:
    assert normal_exceedance(1.0, [0.1, 0.5]).tolist() == [1.0, 1.0]
    assert np.isnan(normal_exceedance(-1.0, [0.1])).all()
    assert np.isnan(normal_exceedance(-0.95, [0.01])).all()
    assert abs(normal_exceedance(0.0, [0.2])[0]) < 1e-14


@pytest.mark.parametrize(("h", "r"), [(0.0, 0.5), (1.5, 0.4), (-1.0, 0.7), (2.0, -0.5)])
def test_a_normal_corner_is_the_bivariate_distribution_function(h: float, r: float) -> None:
    reference = multivariate_normal.cdf([-h, -h], cov=[[1, r], [r, 1]])

    assert float(normal_corner(h, r)) == pytest.approx(reference, abs=1e-9)


@pytest.mark.parametrize(("r", "quantiles"), [(1.1, [0.5]), (0.5, [0.0, 0.5]), (0.5, [1.0])])
def test_a_normal_curve_out_of_range_is_refused(r: float, quantiles: list[float]) -> None:
    with pytest.raises(ValueError, match=r"expected a correlation in \[-1, 1\] and shares between 0 and 1"):
        normal_exceedance(r, quantiles)


def test_each_corner_is_the_correlation_of_its_days(pair) -> None:
    frame = pd.DataFrame({"x": pair[0], "y": pair[1]})

    table = exceedance_correlation(*pair, (0.2, 0.35, 0.5), replications=19).table

    for q, row in table.iterrows():
        below = frame[(frame <= frame.quantile(q)).all(axis=1)]
        above = frame[(frame >= frame.quantile(1 - q)).all(axis=1)]
        assert row[["lower_n", "upper_n"]].tolist() == [len(below), len(above)]
        assert row["lower"] == pytest.approx(below.corr().iloc[0, 1], abs=1e-12)
        assert row["upper"] == pytest.approx(above.corr().iloc[0, 1], abs=1e-12)
        assert row["lower_low"] < row["lower_high"]
    np.testing.assert_allclose(table["normal"], normal_exceedance(np.corrcoef(*pair)[0, 1], table.index), rtol=1e-12)


def test_normal_data_lie_on_the_normal_curve() -> None:
    x, y = simulate_pair("normal", 40_000, 0.6, seed=1)[0].T

    table = exceedance_correlation(x, y, replications=19).table

    np.testing.assert_allclose(table["lower"], table["normal"], atol=0.05)
    np.testing.assert_allclose(table["upper"], table["normal"], atol=0.05)


def test_swapping_the_signs_swaps_the_sides(pair) -> None:
    x, y = pair
    plain, turned = (exceedance_correlation(*each, replications=19).table for each in ((x, y), (-x, -y)))

    np.testing.assert_allclose(plain["lower"], turned["upper"], atol=1e-12)
    np.testing.assert_allclose(plain["upper_n"], turned["lower_n"])


def test_corners_with_few_days_stay_empty_and_out_of_the_test(pair) -> None:
    result = exceedance_correlation(*pair, (0.02, 0.5), minimum=30, replications=19)

    assert result.table.loc[0.02, ["lower", "lower_low", "upper", "upper_high"]].isna().all()
    assert result.asymmetry.settings["quantiles"] == [0.5]


def test_without_any_full_corner_there_is_no_test(pair) -> None:
    result = exceedance_correlation(*pair, (0.05,), minimum=100, replications=19)

    assert result.asymmetry is None
    assert "too few days beyond for a test" in result.summary()


def test_series_that_fall_together_only_are_found_out() -> None:
    x, e = np.random.default_rng(2).standard_normal((2, 800))
    y = np.where(x < 0, 0.9 * x, 0) + 0.5 * e

    result = exceedance_correlation(x, y, (0.3, 0.4, 0.5), replications=199)

    assert result.asymmetry.pvalue == 0.005
    assert (result.table["lower"] > result.table["upper"] + 0.3).all()


def test_one_quantile_makes_the_hac_statistic_a_square_of_its_own(pair) -> None:
    x, y = pair
    result = exceedance_correlation(x, y, (0.5,), replications=19)
    influence = np.zeros(400)
    for sign in (-1, 1):
        inside = (sign * x >= np.median(sign * x)) & (sign * y >= np.median(sign * y))
        zx, zy = ((each - each[inside].mean()) / each[inside].std() for each in (x, y))
        r = np.mean((zx * zy)[inside])
        influence[inside] += sign * ((zx * zy)[inside] - r) * 400 / inside.sum()
    lags = 5
    variance = sum(
        max(0, 1 - abs(t - s) / (lags + 1)) * influence[t] * influence[s] for t in range(400) for s in range(400)
    )
    gap = result.table["upper"].iloc[0] - result.table["lower"].iloc[0]

    assert result.asymmetry.settings["j_hac_lags"] == lags
    assert result.asymmetry.settings["j_hac"] == pytest.approx(400**2 * gap**2 / variance, rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("design", ["t5", "garch_t5"])
def test_the_test_of_symmetry_keeps_its_level(design: str) -> None:
    samples = simulate_pair(design, 400, 0.4, seed=7, replications=200).transpose(0, 2, 1)

    rejected = [
        exceedance_correlation(x, y, (0.3, 0.5), replications=99, block=1).asymmetry.pvalue <= 0.05 for x, y in samples
    ]

    assert np.mean(rejected) == pytest.approx(0.05, abs=0.035)


def test_a_scale_or_level_changes_nothing(pair) -> None:
    x, y = pair
    plain = exceedance_correlation(x, y, replications=19)
    moved = exceedance_correlation(1e6 + 3 * x, 1e-6 * y, replications=19)

    np.testing.assert_allclose(moved.table, plain.table, atol=1e-8)
    assert moved.asymmetry.pvalue == plain.asymmetry.pvalue


def test_the_same_seed_gives_the_same_bands(pair) -> None:
    first, again, other = (exceedance_correlation(*pair, replications=50, seed=seed) for seed in (1, 1, 2))

    pd.testing.assert_frame_equal(first.to_frame(), again.to_frame())
    assert (first.table["lower_low"] != other.table["lower_low"]).any()


def test_exceedances_say_what_they_rest_on(pair) -> None:
    summary = exceedance_correlation(*pair, (0.5,), replications=19).summary()

    assert summary.startswith("correlation of all days +0.")
    assert "  50%: lower +0." in summary
    assert "normal data +0." in summary
    assert "equal exceedance correlations below and above: statistic" in summary


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda x, y: (x, y), {"quantiles": (0.6,)}, r"above 0 and at most 0.5, got \[0.6\]"),
        (lambda x, y: (x, y), {"quantiles": (0.4, 0.2)}, "quantiles must ascend"),
        (lambda x, y: (x, y), {"quantiles": ()}, "quantiles must ascend"),
        (lambda x, y: (x, y), {"level": 1.0}, "the level of the interval must lie between 0 and 1, got 1.0"),
        (lambda x, y: (x, y), {"replications": 18}, "18 replications cannot reach a p-value of .05"),
        (lambda x, y: (np.ones(400), y), {}, "exceedance_correlation: x is flat; it has no tails"),
        (lambda x, y: (x[:-1], y), {}, "of one length, got 399 and 400"),
        (lambda x, y: (x, np.r_[y[:-1], np.nan]), {}, "y is missing at row 399"),
    ],
)
def test_exceedances_without_enough_to_go_on_are_refused(pair, change, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exceedance_correlation(*change(*pair), **settings)
