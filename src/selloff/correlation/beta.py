"""Rolling regression on one variable, with standard errors that allow for volatility waves and serial dependence."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from selloff.inference.inputs import Series, paired

__all__ = ["newey_west_lags", "rolling_beta"]

Floats = NDArray[np.float64]

# Windows computed at once by the direct route: bounds memory at a few megabytes whatever the sample.
_CHUNK = 1024
# The fast route is taken while the terms of a sum exceed the sum by no more than this; rounding is then below 1e-11.
_CANCELLATION = 1e4


def rolling_beta(
    y: Series, x: Series, window: int, hac_lags: int | None = None, correction: bool = False
) -> pd.DataFrame:
    """Regress ``y`` on ``x`` and a constant over a moving window.

    Parameters
    ----------
    y, x : Series or ndarray, shape (T,)
        Returns on a common calendar; NaN where there is none. Two Series must share their index.
    window : int
        Number of observations in a window, at least 3.
    hac_lags : int, optional
        Lags of the Newey-West standard error; by default ``floor(4 (window / 100)^(2/9))``. With 0 it allows for
        changing variance only (White's HC0).
    correction : bool
        Whether to multiply the variance by ``window / (window - 2)``.

    Returns
    -------
    DataFrame
        One row a date, columns ``alpha`` (unit of ``y``), ``beta``, ``se`` (of beta) and ``r2``. NaN until the
        window is full, where it misses a value and where ``x`` is flat; ``r2`` also where ``y`` is flat.

    Raises
    ------
    ValueError
        The inputs do not fit together, or the window or the lags do not fit them.

    Notes
    -----
    With window means taken out, ``beta = sum(x y) / sum(x^2)`` and ``se^2 = S / sum(x^2)^2``, where
    ``S = sum_t v_t^2 + 2 sum_l (1 - l / (lags + 1)) sum_t v_t v_(t-l)`` and ``v = x (residual)``; pairs reach no
    further back than the window. The values equal those of an ordinary regression with HAC covariance in each window.

    ``S`` is a quadratic form in the window's moments, so one pass over the sample serves all windows. A window in
    which that form cancels (a bad tick, a perfect fit, a level far from zero) is computed by itself in two passes.

    Neighbouring windows share most of their days: the line moves smoothly even where beta is constant, and its
    standard errors hold for one date at a time.

    References
    ----------
    Newey and West (1987), Econometrica 55, 703-708; White (1980), Econometrica 48, 817-838.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.beta import rolling_beta
    >>> x = np.array([1., 2., 3., 4.])
    >>> rolling_beta(2 * x + 1, x, window=3).round(6).to_numpy().tolist()[2:]
    [[1.0, 2.0, 0.0, 1.0], [1.0, 2.0, 0.0, 1.0]]
    """
    right, left, index = paired(x, y, window)
    weights = _bartlett(newey_west_lags(window, hac_lags, "rolling_beta"))
    missing = np.isnan(left) | np.isnan(right)
    table = np.full((4, left.size), np.nan)
    full = table[:, window - 1 :]
    steps = np.concatenate([[0], np.cumsum(right[1:] != right[:-1])])
    counted = np.concatenate([[0], np.cumsum(missing)])
    defined = (steps[window - 1 :] > steps[: steps.size - window + 1]) & (counted[window:] == counted[:-window])
    if defined.any():
        (a, centre_y), (b, centre_x) = _centred(left, missing), _centred(right, missing)
        with np.errstate(all="ignore"):
            full[:], sound = _by_moments(a, b, window, weights)
            alone = np.flatnonzero(defined & ~sound)
            for start in range(0, alone.size, _CHUNK):
                part = alone[start : start + _CHUNK]
                full[:, part] = _by_window(a, b, window, weights, part)
            full[0] += centre_y - full[1] * centre_x
        full[:, ~defined | ~np.isfinite(full[:3]).all(axis=0)] = np.nan
        if correction:
            full[2] *= np.sqrt(window / (window - 2))
    return pd.DataFrame(table.T, index=index, columns=["alpha", "beta", "se", "r2"])


def newey_west_lags(length: int, lags: int | None, name: str) -> int:
    """Return the lags of a Newey-West standard error: those asked for, or ``floor(4 (length / 100)^(2/9))``.

    Parameters
    ----------
    length : int
        Observations.
    lags : int or None
        What the caller asked for.
    name : str
        How messages call the caller.

    Raises
    ------
    ValueError
        The lags are no whole number from 0 to ``length - 1``.

    References
    ----------
    Newey and West (1994), Review of Economic Studies 61, 631-653.

    Examples
    --------
    >>> from selloff.correlation.beta import newey_west_lags
    >>> newey_west_lags(90, None, "rolling_beta")
    3
    """
    if lags is None:
        return min(int(np.floor(4 * (length / 100) ** (2 / 9))), length - 1)
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer) or not 0 <= lags < length:
        raise ValueError(f"{name}: hac_lags {lags!r} must be a whole number from 0 to {length - 1}")
    return int(lags)


def _bartlett(lags: int) -> Floats:
    """Return the weights of lag 0, 1, ..."""
    weights: Floats = 1 - np.arange(lags + 1) / (lags + 1)
    return weights


def _centred(values: Floats, missing: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Take out the median, which no single tick moves; a missing value becomes zero and its windows are blanked."""
    some = missing.any()
    centre = float(np.median(values[~missing])) if some else float(np.median(values))
    return np.where(missing, 0.0, values - centre) if some else values - centre, centre


def _by_window(y: Floats, x: Floats, window: int, weights: Floats, starts: NDArray[np.intp]) -> Floats:
    """Return alpha, beta, se and r2 of the windows at ``starts`` in two passes each."""
    b, a = sliding_window_view(y, window)[starts], sliding_window_view(x, window)[starts]
    mean_y, mean_x = b.mean(axis=1), a.mean(axis=1)
    b, a = b - mean_y[:, None], a - mean_x[:, None]
    sxx, sxy, syy = (np.einsum("ij,ij->i", *pair) for pair in ((a, a), (a, b), (b, b)))
    beta = sxy / sxx
    v = a * (b - beta[:, None] * a)
    total = np.einsum("ij,ij->i", v, v)
    for lag, weight in enumerate(weights[1:], 1):
        total += 2 * weight * np.einsum("ij,ij->i", v[:, lag:], v[:, :-lag])
    fit = np.where(syy > 0, np.minimum(sxy / sxx * (sxy / syy), 1), np.nan)
    return np.stack([mean_y - beta * mean_x, beta, np.sqrt(np.maximum(total, 0)) / sxx, fit])


def _by_moments(y: Floats, x: Floats, window: int, weights: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return alpha, beta, se and r2 of every window from moving sums, and where those sums can be trusted.

    ``v = (x - p)(y - q - beta (x - p))`` with window means p and q is linear in ``m = (xy, x^2, x, y, 1)``.
    """
    lags = weights.size - 1
    past = np.zeros(lags)
    y, x = np.concatenate([past, y]), np.concatenate([past, x])
    m = [x * y, x * x, x, y]
    ahead = [_weighted_past(each, weights) for each in m]
    m = [each[lags:] for each in m]
    sxy, sxx, sx, sy, syy = (_moving_sum(each, window) for each in (*m, m[3] * m[3]))
    p, q = sx / window, sy / window
    cxx, cxy, cyy = sxx - sx * p, sxy - sx * q, syy - sy * q
    beta = cxy / cxx
    theta = [np.ones_like(beta), -beta, 2 * beta * p - q, -p]
    last = p * (q - beta * p)
    reach = 1 + 2 * float(weights[1:].sum())
    # S = theta' M theta, with the rows and columns of the constant in ``last``; M is summed over lags before windows.
    total = np.zeros_like(beta)
    for i, own in enumerate(m):
        part = last * _moving_sum(reach * own + ahead[i], window)
        for j in range(i, 4):
            cross = own * ahead[i] if i == j else own * ahead[j] + m[j] * ahead[i]
            part += theta[j] * _moving_sum(cross, window)
        total += theta[i] * part
    square = last * last
    total += window * reach * square - _across_the_start(y, x, beta, p, q, weights)
    # Five times the sum of squares bounds the square of the sum, hence every term that went into S (Cauchy-Schwarz).
    size = window * square
    squares = (_moving_sum(m[0] * m[0], window), _moving_sum(m[1] * m[1], window), sxx, syy)
    for each, sums in zip(theta, squares, strict=True):
        size += each * each * _with_past(sums, lags)
    sound = 5 * reach * size < _CANCELLATION * total
    sound &= (sxx < _CANCELLATION * cxx) & (syy < _CANCELLATION * cyy)
    fit = np.minimum(beta * cxy / cyy, 1)
    return np.stack([q - beta * p, beta, np.sqrt(np.maximum(total, 0)) / cxx, fit]), sound


def _weighted_past(m: Floats, weights: Floats) -> Floats:
    """Return ``m_t + 2 sum_l w_l m_(t-l)`` from the value on that has a whole past."""
    lags = weights.size - 1
    out = m[lags:].copy()
    for lag, weight in enumerate(weights[1:], 1):
        out += 2 * weight * m[lags - lag : m.size - lag]
    return out


def _across_the_start(y: Floats, x: Floats, beta: Floats, p: Floats, q: Floats, weights: Floats) -> Floats:
    """Return the part of S that pairs a window's first days with the days before it, which do not belong to it."""
    lags = weights.size - 1
    v = []
    for offset in range(2 * lags):
        a = x[offset : offset + beta.size] - p
        v.append(a * (y[offset : offset + beta.size] - q - beta * a))
    out = np.zeros_like(beta)
    for day in range(lags):
        past = sum(weights[lag] * v[lags + day - lag] for lag in range(day + 1, lags + 1))
        out += v[lags + day] * past
    return 2 * out


def _with_past(squares: Floats, lags: int) -> Floats:
    """Return sums that also cover the days just before a window."""
    out = squares.copy()
    out[lags:] += squares[: max(squares.size - lags, 0)]
    return out


def _moving_sum(values: Floats, window: int) -> Floats:
    """Return the sum over every window by doubling: runs of 1, 2, 4, ... days add up to it, nothing is subtracted."""
    count = values.size - window + 1
    out = np.zeros(count)
    done, size = 0, 1
    while True:
        if window & size:
            out += values[done : done + count]
            done += size
        if done == window:
            return out
        values = values[:-size] + values[size:]
        size *= 2
