"""What one would use instead: the plain way with the usual package, on arrays or frames of returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["arch_windows", "pandas_pairs", "pymgarch_dcc", "scipy_windows", "statsmodels_beta"]


def pandas_pairs(returns: pd.DataFrame, window: int) -> pd.DataFrame:
    """Return all rolling correlations, one matrix a date, as pandas lays them out."""
    pairs: pd.DataFrame = returns.rolling(window).corr(pairwise=True)
    return pairs


def arch_windows(
    x: NDArray[np.float64], y: NDArray[np.float64], window: int, block: int, replications: int, ends: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the pointwise bootstrap interval of the correlation in the windows that end at ``ends``."""
    from arch.bootstrap import MovingBlockBootstrap

    def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.corrcoef(a, b)[:1, 1]

    limits = []
    for end in ends:
        part = slice(end - window + 1, end + 1)
        draws = MovingBlockBootstrap(block, x[part], y[part], seed=0).apply(correlation, replications)
        limits.append(np.quantile(draws, [0.025, 0.975]))
    return np.array(limits)


def pymgarch_dcc(returns: NDArray[np.float64]) -> Any:
    """Fit DCC(1,1) with normal errors, standard errors of its parameters included."""
    from pymgarch import DCC

    return DCC().fit(returns)


def statsmodels_beta(y: NDArray[np.float64], x: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Return rolling alpha and beta, with the plain standard error of beta, for it has no other over a window."""
    from statsmodels.regression.rolling import RollingOLS

    fit = RollingOLS(y, np.column_stack([np.ones_like(x), x]), window).fit()
    return np.column_stack([fit.params, fit.bse[:, 1]])


def scipy_windows(
    x: NDArray[np.float64], y: NDArray[np.float64], window: int, statistic: str, ends: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return ``spearmanr`` or ``kendalltau`` of the windows that end at ``ends``."""
    from scipy import stats

    measure = getattr(stats, statistic)
    return np.array([measure(x[end - window + 1 : end + 1], y[end - window + 1 : end + 1]).statistic for end in ends])
