"""Tests of whether a correlation changed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.rolling import paired
from selloff.inference import TestResult, long_run_variance

__all__ = ["correlation_influence", "two_window_test"]


def correlation_influence(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each observation's influence on the correlation of ``x`` and ``y``.

    Notes
    -----
    ``psi_t = zx zy - r (zx^2 + zy^2) / 2`` with standardised ``zx``, ``zy``; it averages zero, and the long-run
    variance of its mean is that of ``r``.

    References
    ----------
    Devlin, Gnanadesikan and Kettenring (1975), Biometrika 62, 531-545.
    """
    zx = (x - x.mean()) / x.std()
    zy = (y - y.mean()) / y.std()
    r = float(np.mean(zx * zy))
    influence: NDArray[np.float64] = zx * zy - r * (zx**2 + zy**2) / 2
    return influence


def two_window_test(
    x: pd.Series,
    y: pd.Series,
    split: str | pd.Timestamp,
    method: Literal["hac", "fisher"] = "hac",
) -> TestResult:
    """Test whether the correlation before ``split`` equals the one from ``split`` on.

    Parameters
    ----------
    x, y : Series, shape (T,)
        Returns on a common calendar, without missing values.
    split : str or Timestamp
        First day of the second window.
    method : {"hac", "fisher"}
        ``hac`` takes the variance of each correlation from its influence function, with serial dependence.
        ``fisher`` is the textbook test for independent normal data; it is here to be compared with.

    Returns
    -------
    TestResult
        ``estimate`` is the later correlation less the earlier one; for ``fisher`` the difference of ``arctanh``.
    """
    left, right, index = paired(x, y, 3)
    if np.isnan(left).any() or np.isnan(right).any():
        raise ValueError("two_window_test: a value is missing; drop incomplete days first")
    cut = int(index.searchsorted(pd.Timestamp(split)))
    if min(cut, left.size - cut) < 20:
        raise ValueError(f"two_window_test: {cut} days before {split} and {left.size - cut} after; 20 each are needed")
    parts = [(left[:cut], right[:cut]), (left[cut:], right[cut:])]
    before, after = (float(np.corrcoef(a, b)[0, 1]) for a, b in parts)
    if method == "fisher":
        effect = float(np.arctanh(after) - np.arctanh(before))
        se = float(np.sqrt(sum(1 / (a.size - 3) for a, _ in parts)))
        return _result("Fisher z", effect, se, "far too often significant on returns, which are no independent normals")
    if method != "hac":
        raise ValueError(f"two_window_test: unknown method {method!r}; expected hac or fisher")
    variances = [long_run_variance(correlation_influence(a, b)) / a.size for a, b in parts]
    return _result("two windows, HAC", after - before, float(np.sqrt(sum(variances))), "")


def _result(name: str, effect: float, se: float, note: str) -> TestResult:
    from scipy.stats import norm

    statistic = effect / se
    return TestResult(name, statistic, float(2 * norm.sf(abs(statistic))), effect, se, note)
