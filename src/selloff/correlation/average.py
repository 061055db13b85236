"""Mean correlation over all pairs without the pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from selloff.correlation.kernels import check_window, pad, second_look, standardise
from selloff.inference.inputs import Panel, check_panel

__all__ = ["mean_correlation"]

Floats = NDArray[np.float64]
# Numbers that are standardised at once.
_CHUNK = 2**18


def mean_correlation(returns: Panel, window: int) -> pd.Series:
    """Return the mean over all pairs of the correlation over a moving window.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns, one series a column; NaN where missing.
    window : int
        Number of observations in a window, at least 3.

    Returns
    -------
    Series
        Mean over the pairs defined on each date; NaN until the window is full, and where fewer than two series are
        complete and not flat.

    Raises
    ------
    ValueError
        The panel or the window does not fit.

    Notes
    -----
    With each of n series standardised in the window, ``z``, the mean is ``(mean_t (sum_i z_it)^2 - n) / (n (n - 1))``:
    the variance of an equally weighted portfolio of standardised series. The cost grows with N, not with N^2. Series
    that enter or leave change the mean by their own correlations; compare dates with one number of series.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.average import mean_correlation
    >>> returns = np.array([[1., 2., 3.], [2., 4., 1.], [3., 6., 2.], [2., 1., 9.]])
    >>> mean_correlation(returns, window=3).round(3).iloc[-1].item()
    -0.153
    """
    values, index, _ = check_panel(returns, missing=True)
    window = check_window(window, len(values))
    padded = pad(values, window)
    blocks = len(padded) - 1
    step = max(1, _CHUNK // (window * values.shape[1]))
    parts = [_chunk(padded[first : first + step + 1]) for first in range(0, blocks, step)]
    return pd.Series(np.concatenate(parts)[: len(values)], index=index, name="mean correlation")


def _chunk(padded: Floats) -> Floats:
    """Return the mean for every row of the blocks after the first."""
    blocks = standardise(padded)
    count = blocks.own.shape[1]
    defined = np.count_nonzero(~np.isnan(blocks.scale), axis=2).T.reshape(-1)
    rows = np.concatenate([blocks.before[1:], blocks.own])
    squares = np.concatenate(
        [_squares(*(np.nan_to_num(part[:, k]) for part in (rows, blocks.scale, blocks.shift))) for k in range(count)]
    )
    pairs = (squares - defined) / 2
    for row, which, correlations in second_look(padded, blocks.flagged.transpose(1, 0, 2)):
        for number, found in enumerate(correlations):
            # A pair of two such series is counted once.
            pairs[row] += np.nansum(np.delete(found, which[: number + 1]))
        defined[row] += which.size
    mean: Floats = pairs / np.where(defined > 1, defined * (defined - 1) / 2, np.nan)
    return np.clip(mean, -1, 1)


def _squares(rows: Floats, scale: Floats, shift: Floats) -> Floats:
    """Return, for each window, the sum over its rows of the squared sum of the standardised series."""
    window = len(scale)
    sums = scale @ rows.T
    # The window that ends in the block's row m is the rows m to m + window - 1.
    inside = as_strided(sums, (window, window), (sums.strides[0] + sums.strides[1], sums.strides[1]))
    squares: Floats = ((inside - shift.sum(axis=1, keepdims=True) / np.sqrt(window)) ** 2).sum(axis=1)
    return squares
