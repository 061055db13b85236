"""Long-run variance by Newey and West."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["long_run_variance"]


def long_run_variance(x: ArrayLike, lags: int | None = None) -> float:
    """Return the long-run variance of a mean-zero series, with Bartlett weights.

    Parameters
    ----------
    x : array_like, shape (T,)
        The series; its mean is taken out.
    lags : int, optional
        Truncation lag; by default ``floor(4 (T / 100)^(2/9))``.

    Notes
    -----
    ``S = g0 + 2 sum_j (1 - j / (lags + 1)) g_j`` with autocovariances ``g_j`` (divided by T), so that ``S / T``
    estimates the variance of the mean.

    References
    ----------
    Newey and West (1987), Econometrica 55, 703-708; the default lag follows their 1994 paper.
    """
    from statsmodels.stats.sandwich_covariance import S_hac_simple

    values = np.asarray(x, dtype=float)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
        raise ValueError(f"long_run_variance: expected at least two finite values in one dimension, got {values.shape}")
    if lags is None:
        lags = int(np.floor(4 * (values.size / 100) ** (2 / 9)))
    if not 0 <= lags < values.size:
        raise ValueError(f"long_run_variance: lags {lags} must lie between 0 and {values.size - 1}")
    centred = values - values.mean()
    if lags == 0:
        return float(centred @ centred) / values.size
    return float(np.squeeze(S_hac_simple(centred[:, None], nlags=lags))) / values.size
