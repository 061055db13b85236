"""The simulated returns that the benchmark runs on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["dcc_returns", "factor_returns"]


def factor_returns(length: int, series: int, seed: int = 0) -> pd.DataFrame:
    """Return daily returns with one common factor and t errors with 5 degrees of freedom, correlation .4."""
    rng = np.random.default_rng(seed)
    values = np.sqrt(0.4) * rng.standard_t(5, (length, 1)) + np.sqrt(0.6) * rng.standard_t(5, (length, series))
    index = pd.date_range("2010-01-01", periods=length, freq="D")
    return pd.DataFrame(values, index=index, columns=[f"S{number:03d}" for number in range(series)])


def dcc_returns(
    length: int, series: int, alpha: float = 0.04, beta: float = 0.93, seed: int = 0
) -> NDArray[np.float64]:
    """Return returns in percent with GARCH(1,1) variances and DCC(1,1) correlations around .4."""
    rng = np.random.default_rng(seed)
    target = np.full((series, series), 0.4) + 0.6 * np.eye(series)
    q, variance = target.copy(), np.ones(series)
    out = np.empty((length, series))
    for t in range(length):
        scale = np.sqrt(np.diag(q))
        z = np.linalg.cholesky(q / np.outer(scale, scale)) @ rng.standard_normal(series)
        out[t] = np.sqrt(variance) * z
        variance = 0.05 + 0.08 * out[t] ** 2 + 0.87 * variance
        q = (1 - alpha - beta) * target + alpha * np.outer(z, z) + beta * q
    return out
