"""Jennrich's test of whether two samples share one correlation matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference import TestResult
from selloff.inference.inputs import Panel, check_panel

__all__ = ["jennrich_test"]

Floats = NDArray[np.float64]

# A smaller eigenvalue of the pooled correlations than this leaves no digits in their inverse.
_SINGULAR = 1e-10
# Simulated on the designs of selloff.validation.designs, cut in two halves of 250 days.
_NOTE = (
    "made for independent normal data; at a nominal 5 % it rejects 17 to 26 % of simulated pairs with t and GARCH-t "
    "returns that have not changed, 54 to 77 % with five series and more than 90 % with ten"
)


def jennrich_test(a: Panel, b: Panel) -> TestResult:
    """Test whether two samples of returns come from one correlation matrix.

    Parameters
    ----------
    a, b : DataFrame or ndarray, shapes (T1, N) and (T2, N)
        Returns, one series a column, without missing values; the same series in both, and more rows than series.

    Returns
    -------
    TestResult
        ``estimate`` is the mean pairwise correlation of ``b`` less that of ``a``; it has no standard error.

    Raises
    ------
    ValueError
        The two differ in their series, a sample has too few rows or a flat series, or the pooled correlations are
        singular.

    Notes
    -----
    With ``R`` the average of both correlation matrices, weighted by ``T1`` and ``T2``, and
    ``Z = sqrt(T1 T2 / (T1 + T2)) inv(R) (R1 - R2)``, the statistic is ``tr(Z Z) / 2 - d' inv(S) d``, where ``d`` is
    the diagonal of ``Z`` and ``S = I + R * inv(R)`` element by element. It has a chi-square distribution with
    ``N (N - 1) / 2`` degrees of freedom. For two series it is
    ``T1 T2 / (T1 + T2) (r1 - r2)^2 / (1 - r^2)^2``.

    The distribution holds for independent normal observations. Heavy tails and waves of volatility make correlations
    less certain than the test believes, so that it rejects far too often; the size note says how often. Use
    :func:`~selloff.correlation.two_window_test` for two series. The function ``cortest.jennrich`` of the R package
    psych, version 2.2.9, computes another statistic.

    References
    ----------
    Jennrich (1970), Journal of the American Statistical Association 65, 904-912.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.jennrich import jennrich_test
    >>> a, b = np.random.default_rng(0).standard_normal((2, 300, 3))
    >>> result = jennrich_test(a, b + 0.5 * b[:, :1])
    >>> result.settings["freedom"], bool(result.pvalue < 0.001)
    (3, True)
    """
    from scipy.stats import chi2

    first, second = _samples(a, b)
    (t1, n), t2 = first.shape, len(second)
    r1, r2 = _correlations(first), _correlations(second)
    pooled = (t1 * r1 + t2 * r2) / (t1 + t2)
    if float(np.linalg.eigvalsh(pooled)[0]) < _SINGULAR:
        raise ValueError("jennrich_test: the pooled correlations are singular; drop a series that others make up")
    inverse = np.linalg.inv(pooled)
    z = np.sqrt(t1 * t2 / (t1 + t2)) * inverse @ (r1 - r2)
    diagonal = np.diag(z)
    correction = diagonal @ np.linalg.solve(np.eye(n) + pooled * inverse, diagonal)
    statistic = max(0.0, float(np.sum(z * z.T) / 2 - correction))
    freedom = n * (n - 1) // 2
    pairs = np.triu_indices(n, 1)
    return TestResult(
        "Jennrich's test of equal correlations",
        statistic,
        float(chi2.sf(statistic, freedom)),
        float(np.mean(r2[pairs] - r1[pairs])),
        size_note=_NOTE,
        settings={"rows_a": t1, "rows_b": t2, "series": n, "freedom": freedom},
    )


def _correlations(values: Floats) -> Floats:
    correlations: Floats = np.asarray(np.corrcoef(values.T))
    return correlations


def _samples(a: Panel, b: Panel) -> tuple[Floats, Floats]:
    """Return the values of both samples once they fit together."""
    samples = []
    for name, panel in (("a", a), ("b", b)):
        values, _, columns = check_panel(panel, name)
        if len(values) <= values.shape[1]:
            raise ValueError(f"jennrich_test: {name} has {len(values)} rows for {values.shape[1]} series; take more")
        flat = np.ptp(values, axis=0) == 0
        if flat.any():
            raise ValueError(f"jennrich_test: {name}[{columns[int(flat.argmax())]!r}] is flat; it has no correlation")
        samples.append(values)
    if samples[0].shape[1] != samples[1].shape[1]:
        raise ValueError(f"jennrich_test: a has {samples[0].shape[1]} series and b has {samples[1].shape[1]}")
    if isinstance(a, pd.DataFrame) and isinstance(b, pd.DataFrame) and not a.columns.equals(b.columns):
        raise ValueError(f"jennrich_test: a holds {list(a.columns)} and b {list(b.columns)}; put them in one order")
    return samples[0], samples[1]
