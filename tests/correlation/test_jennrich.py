"""Jennrich's test: its statistic element by element, its size, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from selloff.correlation.jennrich import jennrich_test


def samples(seed: int, series: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((250, 1))
    values = common + rng.standard_normal((250, series))
    return values[:100], values[100:]


def test_the_statistic_is_jennrichs_formula_written_out_element_by_element() -> None:
    a, b = samples(1)
    r1, r2 = np.corrcoef(a.T), np.corrcoef(b.T)
    pooled = (100 * r1 + 150 * r2) / 250
    inverse = np.linalg.inv(pooled)
    n = len(pooled)
    z = [[60**0.5 * sum(inverse[i, k] * (r1 - r2)[k, j] for k in range(n)) for j in range(n)] for i in range(n)]
    s = np.array([[(i == j) + pooled[i, j] * inverse[i, j] for j in range(n)] for i in range(n)])
    trace = sum(z[i][j] * z[j][i] for i in range(n) for j in range(n))
    d = np.array([z[i][i] for i in range(n)])

    result = jennrich_test(a, b)

    # 100 x 150 / 250 = 60; 4 series have 6 correlations.
    assert result.statistic == pytest.approx(trace / 2 - d @ np.linalg.inv(s) @ d, rel=1e-10)
    assert result.pvalue == pytest.approx(chi2.sf(result.statistic, 6), rel=1e-12)


def test_the_two_samples_may_change_places() -> None:
    a, b = samples(2)

    assert jennrich_test(a, b).statistic == pytest.approx(jennrich_test(b, a).statistic, rel=1e-12)


def test_normal_samples_are_rejected_as_often_as_the_level_says() -> None:
    pvalues = [jennrich_test(*samples(seed, 3)).pvalue for seed in range(400)]

    # A share of 400 at 5 % has a standard error of 1.1 points.
    assert 0.02 <= np.mean(np.array(pvalues) < 0.05) <= 0.09


def test_a_difference_that_is_there_is_found() -> None:
    a, b = samples(3)

    assert jennrich_test(a, np.random.default_rng(4).standard_normal((150, 4))).pvalue < 0.001
    assert jennrich_test(a, b).pvalue > 0.001


NAMED = pd.DataFrame(samples(5)[0], columns=list("abcd"))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (NAMED, NAMED[["a", "b"]], "a has 4 series and b has 2"),
        (NAMED, NAMED[list("badc")], "put them in one order"),
        (NAMED.assign(c=1.0), NAMED, r"a\['c'\] is flat"),
        (NAMED.assign(d=NAMED["a"]), NAMED.assign(d=NAMED["a"]), "singular"),
        (NAMED[:4], NAMED, "a has 4 rows for 4 series; take more"),
        (NAMED.where(NAMED < 1), NAMED, r"a\['a'\] is missing"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(a, b, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jennrich_test(a, b)
