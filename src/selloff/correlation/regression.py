"""Regression on several series at once, in units that compare, with the price of their moving together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.beta import newey_west_lags
from selloff.inference.inputs import check_panel, check_series

__all__ = ["Regression", "regress"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Regression:
    """Coefficients of one series on others; made by :func:`regress`.

    Attributes
    ----------
    table : DataFrame
        One row a series of ``x``: ``beta``, ``se``, ``lower``, ``upper``, ``pvalue`` (two-sided, that beta is zero) and
        ``vif``, the factor by which the other series blow up the variance of beta (1 if it moves on its own).
    r2, r2_adjusted : float
        Share of the variance explained, and the same less what as many unrelated series would explain.
    observations, lags : int
        Rows, and lags of the standard errors.
    level : float
        Coverage of each interval by itself.
    standardised : bool
        Whether betas are in standard deviations of ``y`` for one of ``x``.
    """

    table: pd.DataFrame
    r2: float
    r2_adjusted: float
    observations: int
    lags: int
    level: float
    standardised: bool

    def to_frame(self) -> pd.DataFrame:
        """Return one row a series."""
        return self.table.copy()

    def summary(self) -> str:
        """Return the coefficients as one line each, after a line for the fit."""
        unit = "standard deviations" if self.standardised else "units as given"
        lines = [
            f"{self.observations} rows, R2 {self.r2:.3f} (adjusted {self.r2_adjusted:.3f}), {unit}, Newey-West with "
            f"{self.lags} lags"
        ]
        for name, row in self.table.iterrows():
            lines.append(
                f"{name}: {row['beta']:+.3f} [{row['lower']:+.3f}, {row['upper']:+.3f}], p = {row['pvalue']:.3f}, "
                f"VIF {row['vif']:.1f}"
            )
        return "\n".join(lines)


def regress(
    y: pd.Series, x: pd.DataFrame, hac_lags: int | None = None, level: float = 0.95, standardise: bool = True
) -> Regression:
    """Regress a series on one or several others and a constant.

    Parameters
    ----------
    y : Series, shape (T,)
        Returns, without missing values.
    x : DataFrame, shape (T, K)
        Changes of the other series on the same dates, without missing values.
    hac_lags : int, optional
        Lags of the Newey-West standard errors; by default ``floor(4 (T / 100)^(2/9))``.
    level : float
        Coverage of the intervals.
    standardise : bool
        Whether to divide each series by its standard deviation, so that coefficients compare. With one series in ``x``
        the coefficient is then the correlation.

    Returns
    -------
    Regression

    Raises
    ------
    ValueError
        The inputs do not fit together, rows are too few, a series is flat or a combination of others, or a setting is
        out of its range.

    Notes
    -----
    Ordinary least squares with a HAC covariance and normal intervals. The variance inflation factor of series k is
    ``1 / (1 - R2_k)`` with the R2 of series k on the others: at 4 the interval is twice as wide as it would be if the
    series moved on its own. A coefficient then answers another question than a correlation does: what ``y`` did when
    this series moved and the others did not, which with series that move together hardly ever happens.

    References
    ----------
    Newey and West (1987), Econometrica 55, 703-708; Belsley, Kuh and Welsch (1980), Regression Diagnostics, Wiley.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation.regression import regress
    >>> x = pd.DataFrame({"a": [1.0, 1, -1, -1] * 10, "b": [1.0, -1, 1, -1] * 10})
    >>> fit = regress(3 * x["a"] + 4 * x["b"], x)
    >>> fit.table[["beta", "vif"]].round(6).to_numpy().tolist(), round(fit.r2, 6)
    ([[0.6, 1.0], [0.8, 1.0]], 1.0)
    """
    from scipy.stats import norm
    from statsmodels.regression.linear_model import OLS

    left, index = check_series(y, "y")
    right, dates, columns = check_panel(x, "x", series=1)
    if not (isinstance(y, pd.Series) and isinstance(x, pd.DataFrame) and index.equals(dates)):
        raise ValueError("regress: y and x must be a Series and a DataFrame on the same dates; join them first")
    if not 0 < level < 1:
        raise ValueError(f"regress: level must lie between 0 and 1, got {level}")
    rows, width = right.shape
    needed = 5 * (width + 1)
    if rows < needed:
        raise ValueError(f"regress: {rows} rows are too few for {width} series; {needed} are needed")
    flat = np.ptp(np.column_stack([left, right]), axis=0) == 0
    if flat.any():
        raise ValueError(f"regress: {['y', *columns][int(flat.argmax())]!r} is flat; drop it")
    z, scale = _standard(right)
    w, size = _standard(left[:, None])
    if np.linalg.matrix_rank(z, tol=1e-8 * rows) < width:
        raise ValueError("regress: one series of x is a combination of the others; drop it")
    used = newey_west_lags(rows, hac_lags, "regress")
    design = np.column_stack([np.ones(rows), z])
    fit = OLS(w[:, 0], design).fit(cov_type="HAC", cov_kwds={"maxlags": used})
    unit = np.ones(width) if standardise else size / scale
    beta, se = fit.params[1:] * unit, fit.bse[1:] * unit
    half = float(norm.ppf(0.5 + level / 2)) * se
    table = pd.DataFrame(
        {
            "beta": beta,
            "se": se,
            "lower": beta - half,
            "upper": beta + half,
            "pvalue": fit.pvalues[1:],
            "vif": np.diag(np.linalg.inv(z.T @ z / rows)),
        },
        index=columns,
    )
    r2 = float(fit.rsquared)
    adjusted = 1 - (1 - r2) * (rows - 1) / (rows - width - 1)
    return Regression(table, r2, adjusted, rows, used, level, standardise)


def _standard(values: Floats) -> tuple[Floats, Floats]:
    """Return columns with mean 0 and standard deviation 1, and what they were divided by."""
    scale: Floats = values.std(axis=0)
    return (values - values.mean(axis=0)) / scale, scale
