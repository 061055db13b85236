"""Long-run variances by Newey and West, and how many lags they take."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bandwidth", "long_run_covariance", "long_run_variance"]

Bandwidth = Literal["newey-west", "andrews", "rule"]
Floats = NDArray[np.float64]

#: Best bandwidth of the Bartlett kernel: this times (curvature x T)^(1/3) (Andrews 1991, Table I and eq. 6.2).
_BARTLETT = 1.1447
#: A root nearer to 1 than this would ask for nearly the whole sample.
_NEAR_ONE = 0.97


def bandwidth(x: ArrayLike, method: Bandwidth = "newey-west") -> int:
    """Return how many lags a long-run variance with Bartlett weights should take.

    Parameters
    ----------
    x : array_like, shape (T,)
        The series; its mean is taken out. For the standard error of an estimate: its influence, not the data.
    method : {"newey-west", "andrews", "rule"}
        ``newey-west`` reads the persistence off the first ``floor(4 (T / 100)^(2/9))`` autocovariances, ``andrews``
        off a fitted first-order autoregression, ``rule`` takes ``floor(4 (T / 100)^(2/9))`` itself.

    Returns
    -------
    int
        Lags from 0 to T - 1; the weight of lag j is ``1 - j / (lags + 1)``.

    Raises
    ------
    ValueError
        Fewer than two values, a value that is not finite, or an unknown method.

    Notes
    -----
    Newey and West: ``floor(1.1447 (s1^2 / s0^2 T)^(1/3))`` with ``s0 = g0 + 2 sum g_j`` and ``s1 = 2 sum j g_j``.
    Andrews: the bandwidth ``b = 1.1447 (4 a^2 / (1 - a^2)^2 T)^(1/3)`` for the autoregressive coefficient ``a`` (at
    most 0.97 in size) weighs lag j by ``1 - j / b``; returned is the last lag that counts, ``ceil(b) - 1``.

    The rule knows nothing of the data. For sums over h overlapping days all three are too short: take at least
    ``h - 1`` lags there.

    References
    ----------
    Andrews (1991), Econometrica 59, 817-858; Newey and West (1994), Review of Economic Studies 61, 631-653.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.hac import bandwidth
    >>> walk = np.cumsum(np.random.default_rng(0).standard_normal(500))
    >>> bandwidth(walk, "rule"), bandwidth(walk) > 10, bandwidth(np.diff(walk)) < 6
    (5, True, True)
    """
    if method not in get_args(Bandwidth):
        raise ValueError(f"bandwidth: unknown method {method!r}; expected {', '.join(get_args(Bandwidth))}")
    return _bandwidth(_values(x, "bandwidth"), method)


def long_run_variance(x: ArrayLike, lags: int | Bandwidth | None = None) -> float:
    """Return the long-run variance of a mean-zero series, with Bartlett weights.

    Parameters
    ----------
    x : array_like, shape (T,)
        The series; its mean is taken out.
    lags : int or {"newey-west", "andrews", "rule"}, optional
        Truncation lag, or how :func:`bandwidth` finds it; by default ``floor(4 (T / 100)^(2/9))``, the rule.

    Returns
    -------
    float
        Never negative.

    Raises
    ------
    ValueError
        Fewer than two values, a value that is not finite, or lags outside 0 to T - 1.

    Notes
    -----
    ``S = g0 + 2 sum_j (1 - j / (lags + 1)) g_j`` with autocovariances ``g_j`` (divided by T), so that ``S / T``
    estimates the variance of the mean.

    References
    ----------
    Newey and West (1987), Econometrica 55, 703-708; the default lag follows their 1994 paper.

    Examples
    --------
    >>> from selloff.inference import long_run_variance
    >>> long_run_variance([1.0, -1.0, 1.0, -1.0], lags=1)
    0.25
    """
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    values = _values(x, "long_run_variance")
    count = _lags(values[:, None], lags, "long_run_variance")
    centred = values - values.mean()
    if count == 0:
        return float(centred @ centred) / values.size
    return float(np.squeeze(S_hac_simple(centred[:, None], nlags=count))) / values.size


def long_run_covariance(x: ArrayLike, lags: int | Bandwidth | None = None) -> Floats:
    """Return the long-run covariance matrix of several series, with Bartlett weights.

    Parameters
    ----------
    x : array_like, shape (T, K)
        One series a column, on a common calendar; the means are taken out.
    lags : int or {"newey-west", "andrews", "rule"}, optional
        As in :func:`long_run_variance`; a method takes the longest lag that one of the columns asks for.

    Returns
    -------
    ndarray, shape (K, K)
        Symmetric, no eigenvalue negative but for rounding; its diagonal is what :func:`long_run_variance` returns for
        the same number of lags.

    Raises
    ------
    ValueError
        As :func:`long_run_variance`.

    Notes
    -----
    ``G0 + sum_j (1 - j / (lags + 1)) (Gj + Gj')`` with ``Gj = sum_t x_t x_(t-j)' / T``.

    References
    ----------
    Newey and West (1987), Econometrica 55, 703-708.

    Examples
    --------
    >>> from selloff.inference.hac import long_run_covariance
    >>> long_run_covariance([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]], lags=1).tolist()
    [[0.25, 0.25], [0.25, 1.25]]
    """
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    values = _values(x, "long_run_covariance", 2)
    count = _lags(values, lags, "long_run_covariance")
    covariance: Floats = S_hac_simple(values - values.mean(axis=0), nlags=count) / len(values)
    return covariance


def _values(x: ArrayLike, name: str, dimensions: int = 1) -> Floats:
    values = np.asarray(x, dtype=float)
    if values.ndim != dimensions or len(values) < 2 or values.size == 0 or not np.isfinite(values).all():
        shape = "one dimension" if dimensions == 1 else "two dimensions, one series a column"
        raise ValueError(f"{name}: expected at least two finite values in {shape}, got {values.shape}")
    return values


def _lags(values: Floats, lags: int | str | None, name: str) -> int:
    """Return the number of lags asked for, or the longest that a column asks for."""
    if lags is None:
        return _rule(len(values))
    if isinstance(lags, str):
        if lags not in get_args(Bandwidth):
            raise ValueError(f"{name}: unknown lags {lags!r}; expected a number or {', '.join(get_args(Bandwidth))}")
        return max(_bandwidth(column, lags) for column in values.T)
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or not 0 <= lags < len(values):
        raise ValueError(f"{name}: lags {lags} must lie between 0 and {len(values) - 1}")
    return int(lags)


def _bandwidth(values: Floats, method: str) -> int:
    length = values.size
    if method == "rule":
        return _rule(length)
    centred = values - values.mean()
    scale = float(np.abs(centred).max())
    if scale <= 1e-14 * float(np.abs(values).max()):
        return 0
    centred /= scale
    best = _newey_west(centred) if method == "newey-west" else np.ceil(_andrews(centred)) - 1
    return int(np.clip(np.floor(best), 0, length - 1))


def _rule(length: int) -> int:
    return min(int(np.floor(4 * (length / 100) ** (2 / 9))), length - 1)


def _newey_west(centred: Floats) -> float:
    length = centred.size
    lag = np.arange(_rule(length) + 1)
    autocovariance = np.array([centred[j:] @ centred[: length - j] for j in lag]) / length
    s0 = autocovariance[0] + 2 * autocovariance[1:].sum()
    s1 = 2 * lag @ autocovariance
    # Alternating series may have no long-run variance; then every lag counts.
    return length - 1.0 if s0 == 0 else float(_BARTLETT * ((s1 / s0) ** 2 * length) ** (1 / 3))


def _andrews(centred: Floats) -> float:
    before = centred[:-1] - centred[:-1].mean()
    square = float(before @ before)
    root = float(np.clip(before @ centred[1:] / square, -_NEAR_ONE, _NEAR_ONE)) if square > 0 else 0.0
    curvature = 4 * root**2 / (1 - root**2) ** 2
    return float(_BARTLETT * (curvature * centred.size) ** (1 / 3))
