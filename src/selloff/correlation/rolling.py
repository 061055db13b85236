"""Rolling correlation of two series."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from selloff.inference.inputs import Series, paired

__all__ = ["rolling_correlation"]

Method = Literal["pearson", "spearman", "kendall"]

# Windows computed at once: bounds memory at a few megabytes whatever the sample.
_CHUNK = 2048


def rolling_correlation(x: Series, y: Series, window: int, method: Method = "pearson") -> pd.Series:
    """Return the correlation of two series over a moving window.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar. Two Series must share their index.
    window : int
        Number of observations in a window, at least 3.
    method : {"pearson", "spearman", "kendall"}
        Kendall's is tau-b.

    Returns
    -------
    Series
        Within [-1, 1]; NaN until the window is full, where a value is missing, and where a series is flat.

    Raises
    ------
    ValueError
        The inputs do not fit together, or the window does not fit them.

    Notes
    -----
    Each window is centred by its own mean before products are summed (two passes), so a large level or an outlier
    elsewhere costs no accuracy.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import rolling_correlation
    >>> rolling_correlation(np.array([1., 2., 3., 2.]), np.array([1., 2., 3., 4.]), window=3).tolist()
    [nan, nan, 1.0, 0.0]
    """
    if method not in get_args(Method):
        raise ValueError(f"rolling_correlation: unknown method {method!r}; expected {', '.join(get_args(Method))}")
    left, right, index = paired(x, y, window)
    correlate = {"pearson": _pearson, "spearman": _spearman, "kendall": _kendall}[method]
    out = np.full(left.size, np.nan)
    a, b = sliding_window_view(left, window), sliding_window_view(right, window)
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        out[window - 1 :][part] = correlate(a[part], b[part])
    return pd.Series(out, index=index, name="correlation")


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # A flat window has range zero exactly; its variance may come out as rounding noise.
    flat = (np.ptp(a, axis=1) == 0) | (np.ptp(b, axis=1) == 0)
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    # Scale before squaring: products of very small or very large values must neither vanish nor overflow.
    size_a, size_b = np.abs(a).max(axis=1, keepdims=True), np.abs(b).max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = a / size_a, b / size_b
        r = (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    r[flat] = np.nan
    bounded: NDArray[np.float64] = np.clip(r, -1.0, 1.0)
    return bounded


def _spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.stats import rankdata

    missing = np.isnan(a).any(axis=1) | np.isnan(b).any(axis=1)
    r = _pearson(rankdata(a, axis=1, nan_policy="propagate"), rankdata(b, axis=1, nan_policy="propagate"))
    r[missing] = np.nan
    return r


def _kendall(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.stats import kendalltau

    flat = (np.ptp(a, axis=1) == 0) | (np.ptp(b, axis=1) == 0)
    missing = np.isnan(a).any(axis=1) | np.isnan(b).any(axis=1)
    pairs = zip(a, b, flat | missing, strict=True)
    return np.array([np.nan if bad else kendalltau(u, v).statistic for u, v, bad in pairs])
