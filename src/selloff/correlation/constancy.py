"""Tests of whether a correlation changed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference import TestResult, long_run_variance
from selloff.inference.inputs import Series, paired, position

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
    x: Series,
    y: Series,
    split: str | pd.Timestamp | int,
    method: Literal["hac", "fisher"] = "hac",
) -> TestResult:
    """Test whether the correlation before ``split`` equals the one from ``split`` on.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    split : str, Timestamp or int
        First day of the second window; for arrays, its position.
    method : {"hac", "fisher"}
        ``hac`` takes the variance of each correlation from its influence function, with serial dependence; the
        effect is the later correlation less the earlier one. ``fisher`` is the textbook test for independent normal
        data, here to be compared with; its effect is the difference of ``arctanh``.

    Returns
    -------
    TestResult

    Raises
    ------
    ValueError
        A window holds fewer than 20 days, a flat series or a perfect correlation; or the inputs do not fit together.

    Notes
    -----
    A bootstrap version of the test is not there yet.
    """
    if method not in ("hac", "fisher"):
        raise ValueError(f"two_window_test: unknown method {method!r}; expected hac or fisher")
    left, right, index = paired(x, y, missing=False)
    cut = position(index, split, "split")
    if min(cut, left.size - cut) < 20:
        raise ValueError(f"two_window_test: {cut} days before {split} and {left.size - cut} after; 20 each are needed")
    parts = [(left[:cut], right[:cut]), (left[cut:], right[cut:])]
    before, after = (_correlation(*part) for part in parts)
    if method == "fisher":
        effect = float(np.arctanh(after) - np.arctanh(before))
        se = float(np.sqrt(sum(1 / (a.size - 3) for a, _ in parts)))
        return _result("Fisher z, difference of arctanh", effect, se, _SIZES["fisher"])
    variances = [long_run_variance(correlation_influence(a, b)) / a.size for a, b in parts]
    return _result("two windows, HAC", after - before, float(np.sqrt(sum(variances))), _SIZES["hac"])


# What simulations of the tests beside this module show on heavy-tailed returns.
_SIZES = {
    "hac": "rejects somewhat more often than its level on returns",
    "fisher": "rejects several times more often than its level on returns, which are no independent normals",
}


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        raise ValueError("two_window_test: a series is flat in one window; it has no correlation there")
    r = float(np.corrcoef(a, b)[0, 1])
    if abs(r) > 1 - 1e-12:
        raise ValueError("two_window_test: the series are one in a window; a perfect correlation cannot be tested")
    return r


def _result(name: str, effect: float, se: float, note: str) -> TestResult:
    from scipy.stats import norm

    statistic = effect / se
    return TestResult(name, statistic, float(2 * norm.sf(abs(statistic))), effect, se, note)
