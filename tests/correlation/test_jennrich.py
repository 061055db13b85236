"""Jennrich's test: against the covariance of correlations written out, and where it fails."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from selloff.correlation.jennrich import jennrich_test
from selloff.validation.designs import simulate_pair


def two_samples(series: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((2, series, series))
    a, b = (rng.standard_normal((rows, series)) for rows in (80, 130))
    return a @ mix[0], b @ (mix[0] + 0.3 * mix[1])


def covariance_of_correlations(r: np.ndarray, i: int, j: int, k: int, m: int) -> float:
    """T times the covariance of two sample correlations of normal data (Pearson and Filon 1898)."""
    return (
        r[i, j] * r[k, m] * (r[i, k] ** 2 + r[i, m] ** 2 + r[j, k] ** 2 + r[j, m] ** 2) / 2
        + r[i, k] * r[j, m]
        + r[i, m] * r[j, k]
        - r[i, j] * (r[j, k] * r[j, m] + r[i, k] * r[i, m])
        - r[k, m] * (r[j, k] * r[i, k] + r[j, m] * r[i, m])
    )


@pytest.mark.parametrize("series", [2, 3, 5, 7])
def test_the_statistic_is_the_distance_of_all_correlations_in_the_metric_of_their_covariance(series: int) -> None:
    a, b = two_samples(series)
    r1, r2 = np.corrcoef(a.T), np.corrcoef(b.T)
    pooled = (80 * r1 + 130 * r2) / 210
    pairs = [(i, j) for i in range(series) for j in range(i + 1, series)]
    covariance = np.array([[covariance_of_correlations(pooled, *p, *q) for q in pairs] for p in pairs])
    distance = np.array([r1[p] - r2[p] for p in pairs])

    result = jennrich_test(a, b)

    expected = 80 * 130 / 210 * distance @ np.linalg.solve(covariance, distance)
    assert result.statistic == pytest.approx(expected, rel=1e-9)
    assert result.pvalue == pytest.approx(chi2.sf(expected, len(pairs)), rel=1e-7)
    assert result.estimate == pytest.approx(-distance.mean(), abs=1e-12)
    assert result.settings == {"rows_a": 80, "rows_b": 130, "series": series, "freedom": len(pairs)}


def test_the_order_of_samples_and_series_and_their_units_do_not_matter() -> None:
    a, b = two_samples(4)
    plain = jennrich_test(a, b).statistic
    order = [2, 0, 3, 1]

    assert jennrich_test(b, a).statistic == pytest.approx(plain, rel=1e-10)
    assert jennrich_test(a[:, order] * 1e-4 + 7, b[:, order]).statistic == pytest.approx(plain, rel=1e-8)
    assert jennrich_test(a, a * 2).statistic == pytest.approx(0, abs=1e-12)


def test_tables_give_what_arrays_give() -> None:
    a, b = two_samples(3)
    days = pd.date_range("2024-01-01", periods=210)
    tables = [pd.DataFrame(a, days[:80], list("xyz")), pd.DataFrame(b, days[80:], list("xyz"))]

    assert jennrich_test(*tables).statistic == pytest.approx(jennrich_test(a, b).statistic, rel=1e-12)
    assert "rejects 17 to 26 %" in jennrich_test(*tables).summary()


@pytest.mark.parametrize(("design", "least", "most"), [("normal", 0.025, 0.08), ("t5", 0.15, 0.27)])
def test_its_size_is_right_for_normal_data_and_wrong_for_heavy_tails(design: str, least: float, most: float) -> None:
    samples = simulate_pair(design, 500, 0.4, seed=5, replications=500)

    # A share of 500 has a standard error of 1 to 2 points.
    assert least < np.mean([jennrich_test(s[:250], s[250:]).pvalue <= 0.05 for s in samples]) < most


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a, b: (a, b[:, :2]), "a has 3 series and b has 2"),
        (lambda a, b: (a[:3], b), "a has 3 rows for 3 series; take more"),
        (lambda a, b: (a, np.column_stack([b[:, :2], np.ones(len(b))])), r"b\[2\] is flat; it has no correlation"),
        (
            lambda a, b: tuple(np.column_stack([s[:, :2], 3 - s[:, 0]]) for s in (a, b)),
            "the pooled correlations are singular",
        ),
        (lambda a, b: (a[:, :1], b[:, :1]), "a has 1 series; at least 2 are needed"),
        (lambda a, b: (a, np.where(b > 0, b, np.nan)), r"b\[0\] is missing at row"),
        (
            lambda a, b: (pd.DataFrame(a, columns=list("xyz")), pd.DataFrame(b, columns=list("xzy"))),
            r"a holds \['x', 'y', 'z'\] and b \['x', 'z', 'y'\]; put them in one order",
        ),
    ],
)
def test_samples_that_do_not_fit_together_are_refused(change, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jennrich_test(*change(*two_samples(3)))
