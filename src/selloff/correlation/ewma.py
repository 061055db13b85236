"""Exponentially weighted correlation."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, paired

__all__ = ["ewma_correlation"]

Floats = NDArray[np.float64]
# Weighted squares below this have been forgotten, bar their rounding (the series are scaled to about 1).
_FORGOTTEN = 1e-280


def ewma_correlation(x: Series, y: Series, decay: float = 0.94) -> pd.Series:
    """Return the correlation of two series with weights that fall off exponentially.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar. Two Series must share their index.
    decay : float
        Weight of each day relative to the day after, between 0 and 1.

    Returns
    -------
    Series
        Within [-1, 1], from the first day on. NaN on a day with a missing value (the day after carries on from the
        day before) and while a series was never other than zero.

    Raises
    ------
    ValueError
        The inputs do not fit together, or the decay lies outside (0, 1).

    Notes
    -----
    ``S_t = decay S_(t-1) + (1 - decay) x_t y_t`` for the cross product and both squares, with mean zero and started
    at the first product, and ``r = S_xy / sqrt(S_xx S_yy)``. It follows that r starts at -1 or 1 and means little for
    the first weeks. The effective window is ``1 / (1 - decay)`` observations, 17 days at .94, so r is about as noisy
    as a rolling correlation over twice as many days.

    References
    ----------
    J.P. Morgan and Reuters (1996), RiskMetrics Technical Document, 4th edition.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.ewma import ewma_correlation
    >>> ewma_correlation(np.array([1., 2., -1.]), np.array([1., -1., 1.]), decay=0.5).round(6).tolist()
    [1.0, -0.316228, -0.566947]
    """
    left, right, index = paired(x, y)
    if not 0 < decay < 1:
        raise ValueError(f"ewma_correlation: decay must lie between 0 and 1, got {decay!r}; daily data often take .94")
    there = ~(np.isnan(left) | np.isnan(right))
    out = np.full(left.size, np.nan)
    out[there] = _correlation(_scaled(left[there]), _scaled(right[there]), float(decay))
    return pd.Series(out, index=index, name="correlation")


def _correlation(x: Floats, y: Floats, decay: float) -> Floats:
    if not x.size:
        return x
    cross, left, right = (_smoothed(product, decay) for product in (x * y, x * x, y * y))
    known = (left > _FORGOTTEN) & (right > _FORGOTTEN)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = cross / np.sqrt(left) / np.sqrt(right)
    r[~known] = np.nan
    bounded: Floats = np.clip(r, -1, 1)
    return bounded


def _smoothed(product: Floats, decay: float) -> Floats:
    from scipy.signal import lfilter

    smoothed: Floats = lfilter([1 - decay], [1, -decay], product, zi=[decay * product[0]])[0]
    return smoothed


def _scaled(values: Floats) -> Floats:
    """Bring the largest value to about 1 by a power of two, which rounds nothing."""
    exponent = int(np.frexp(np.abs(values).max(initial=0))[1])
    return np.ldexp(np.ldexp(values, -(exponent // 2)), exponent // 2 - exponent)
