"""Regressions of returns over many days, one a day, on whether the day is an event."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from selloff.inference.hac import long_run_covariance
from selloff.inference.result import TestResult

__all__ = ["Covariance", "hac_test", "naive_test", "overlap_test"]

Covariance = Literal["white", "hac", "ols"]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def naive_test(returns: Floats, event: NDArray[np.bool_]) -> TestResult:
    """Compare the mean return after events with that after other days, as if no two of the returns shared days.

    Parameters
    ----------
    returns : ndarray, shape (n,)
        Return over the horizon after each day.
    event : ndarray of bool, shape (n,)
        Which days are events.

    Returns
    -------
    TestResult
        The classical two-sample t statistic with a common variance, normal p-value.
    """
    x, y, inverse = _design(event, returns)
    slope = inverse @ x.T @ y
    residual = y - x @ slope
    se = float(np.sqrt(inverse[1, 1] * (residual @ residual) / max(y.size - 2, 1)))
    return _result("naive", float(slope[1]), se, "takes returns that share days for independent", {})


def hac_test(returns: Floats, event: NDArray[np.bool_], lags: int) -> TestResult:
    """Compare the means with a Newey-West standard error.

    Parameters
    ----------
    returns, event
        As :func:`naive_test`, in order of time.
    lags : int
        Lags of the Bartlett weights; at least the overlap, the rows of a horizon less one.

    Returns
    -------
    TestResult
        NaN for a single event: its residual is zero, and the method takes that for its variance.

    References
    ----------
    Newey and West (1987), Econometrica 55, 703-708.
    """
    x, y, inverse = _design(event, returns)
    slope = inverse @ x.T @ y
    used = min(lags, y.size - 1)
    middle = long_run_covariance(x * (y - x @ slope)[:, None], used) * y.size
    se = float(np.sqrt(max((inverse @ middle @ inverse)[1, 1], 0.0))) if event.sum() > 1 else float("nan")
    note = "rejects too often: few events, and a lag window as long as the horizon"
    return _result("HAC", float(slope[1]), se, note, {"lags": used})


def overlap_test(
    steps: Floats, start: Places, end: Places, event: NDArray[np.bool_], covariance: Covariance = "white"
) -> TestResult:
    """Compare the means by a regression of the one-step returns on how many horizons of either kind cover each step.

    Parameters
    ----------
    steps : ndarray, shape (T - 1,)
        Log return from each row to the next.
    start, end : ndarray of int, shape (n,)
        Rows at which each horizon begins and ends.
    event : ndarray of bool, shape (n,)
        Which horizons begin with an event.
    covariance : {"white", "hac", "ols"}
        Whether steps may differ in variance, may also be correlated in time, or neither.

    Returns
    -------
    TestResult
        The effect is the same difference of means as in :func:`naive_test`.

    Notes
    -----
    Let X hold a constant and the events, r the one-step returns, ``A r`` their sums over the horizons, ``Z = A'X``.
    The coefficients ``(X'X)^-1 Z'r`` of the sums on X are those of r on ``Z (Z'Z)^-1 X'X``. One-step errors do not
    overlap, so that ordinary standard errors hold: ``(X'X)^-1 Z' diag(u^2) Z (X'X)^-1`` for White's. An event's
    variance comes from all days of its horizon, not from its one return; that is why a few events are enough here and
    not for Newey and West.

    References
    ----------
    Britten-Jones, Neuberger and Nolte (2011), Journal of Business Finance and Accounting 38, 657-683; White (1980),
    Econometrica 48, 817-838.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.overlap import overlap_test
    >>> steps, start = np.array([1.0, 3.0, 2.0, 7.0, 4.0]), np.arange(4)
    >>> round(overlap_test(steps, start, start + 2, event=np.array([False, True, False, False])).estimate, 6)
    -3.0
    """
    x = np.column_stack([np.ones(event.size), event.astype(float)])
    edges = np.zeros((steps.size + 1, 2))
    np.add.at(edges, start, x)
    np.add.at(edges, end, -x)
    covered = np.cumsum(edges, axis=0)[:-1]
    square = x.T @ x
    inverse = np.linalg.inv(square)
    slope = inverse @ covered.T @ steps
    # Steps that no horizon covers enter neither the coefficients nor the errors.
    used = covered[:, 0] > 0.5
    z, r = covered[used], steps[used]
    residual = r - z @ np.linalg.solve(z.T @ z, square @ slope)
    weight = z @ inverse[1]
    if covariance == "ols":
        variance = float(weight @ weight) * float(residual @ residual) / max(r.size - 2, 1)
    elif covariance == "white":
        variance = float(np.sum((weight * residual) ** 2))
    else:
        variance = float(long_run_covariance((weight * residual)[:, None])[0, 0]) * r.size
    return _result(
        "Britten-Jones-Neuberger-Nolte", float(slope[1]), float(np.sqrt(variance)), "", {"covariance": covariance}
    )


def _design(event: NDArray[np.bool_], returns: Floats) -> tuple[Floats, Floats, Floats]:
    x = np.column_stack([np.ones(event.size), event.astype(float)])
    return x, returns, np.linalg.inv(x.T @ x)


def _result(name: str, effect: float, se: float, note: str, settings: dict[str, Any]) -> TestResult:
    from scipy.stats import norm

    statistic = effect / se if se > 0 else float("nan")
    return TestResult(name, statistic, float(2 * norm.sf(abs(statistic))), effect, se, note, settings=settings)
