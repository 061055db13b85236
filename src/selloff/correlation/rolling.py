"""Rolling correlation of two series."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.kernels import pad, pair_rows, second_look, standardise
from selloff.correlation.ranks import rolling_kendall, rolling_spearman
from selloff.inference.inputs import Series, paired

__all__ = ["rolling_correlation"]

Method = Literal["pearson", "spearman", "kendall"]


def rolling_correlation(x: Series, y: Series, window: int, method: Method = "pearson") -> pd.Series:
    """Return the correlation of two series over a moving window.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar. Two Series must share their index.
    window : int
        Number of observations in a window, at least 3.
    method : {"pearson", "spearman", "kendall"}
        Spearman's takes the mean rank of ties; Kendall's is tau-b.

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
    Sums over a window are never updated by taking a value out, and the few windows that one pass cannot settle to
    twelve digits get two, so a large level or an outlier elsewhere costs no accuracy (van Herk's scan). Ranks are
    counted in whole numbers, window by window from the last, and are exact.

    References
    ----------
    van Herk (1992), Pattern Recognition Letters 13, 517-521; Kendall (1945), Biometrika 33, 239-251, for ties.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import rolling_correlation
    >>> rolling_correlation(np.array([1., 2., 3., 2.]), np.array([1., 2., 3., 4.]), window=3).round(12).tolist()
    [nan, nan, 1.0, 0.0]
    """
    if method not in get_args(Method):
        raise ValueError(f"rolling_correlation: unknown method {method!r}; expected {', '.join(get_args(Method))}")
    left, right, index = paired(x, y, window)
    correlate = {"pearson": _pearson, "spearman": rolling_spearman, "kendall": rolling_kendall}[method]
    return pd.Series(correlate(left, right, window), index=index, name="correlation")


def _pearson(x: NDArray[np.float64], y: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    padded = pad(np.stack([x, y], axis=1), window)
    blocks = standardise(padded)
    out = pair_rows(blocks, 0)[:, :, 0].T.reshape(-1)
    for row, which, correlations in second_look(padded, blocks.flagged.transpose(1, 0, 2)):
        out[row] = correlations[0, 1 - which[0]]
    return out[: x.size]
