"""How much of one series' forecast error comes from shocks to the others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from selloff.correlation.autoregression import (
    across_groups,
    checked_panel,
    largest_root,
    moving_spillover,
    shares_of_variance,
    window_ends,
)
from selloff.inference.inputs import Panel

__all__ = ["RollingSpillover", "Spillover", "rolling_spillover", "spillover"]


@dataclass(frozen=True, eq=False)
class Spillover:
    """A spillover table; made by :func:`spillover`.

    Attributes
    ----------
    table : DataFrame
        Percent of the row's forecast error variance that comes from shocks to the column; each row adds up to 100.
    total : float
        Mean over rows of the percent that comes from others.
    to_others, from_others, net : Series
        Percent given (a column without its diagonal), received (a row without its diagonal), and their difference.
    root : float
        Largest modulus of the VAR's roots; below 1.
    lags, horizon, observations : int
        Settings, and rows regressed.
    """

    table: pd.DataFrame
    total: float
    to_others: pd.Series
    from_others: pd.Series
    net: pd.Series
    root: float
    lags: int
    horizon: int
    observations: int

    def to_frame(self) -> pd.DataFrame:
        """Return the table with what each series receives in the last column, gives and keeps net in the last rows."""
        frame = self.table.assign(from_others=self.from_others)
        frame.loc["to_others"] = self.to_others
        frame.loc["net"] = self.net
        frame.loc["to_others", "from_others"] = self.total
        return frame

    def summary(self) -> str:
        """Return the total and the largest giver and taker as one line."""
        giver, taker = self.net.idxmax(), self.net.idxmin()
        return (
            f"total spillover {self.total:.1f} % over {self.horizon} steps (VAR({self.lags}) on {self.observations} "
            f"rows); largest net giver {giver} {self.net.max():+.1f}, taker {taker} {self.net.min():+.1f}"
        )


def spillover(returns: Panel, lags: int = 1, horizon: int = 10) -> Spillover:
    """Return the table of generalised forecast error variance shares of a vector autoregression.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns or volatilities, one series a column, without missing values.
    lags : int
        Lags of the autoregression, which has a constant.
    horizon : int
        Steps ahead whose forecast errors are split; shocks of steps 0 to ``horizon - 1`` count.

    Returns
    -------
    Spillover

    Raises
    ------
    ValueError
        The input has a wrong shape, too few rows, a flat series or one that others determine; a setting is out of its
        range; or the autoregression is not stable.

    Notes
    -----
    ``s_ij = (1 / S_jj) sum_h (A_h S)_ij^2 / sum_h (A_h S A_h')_ii`` with moving-average matrices A_h and error
    covariance S, then each row is divided by its sum. Shocks are not made orthogonal, so the order of series does not
    matter; a correlation within the day counts as spillover both ways, and no direction of cause follows from it.

    Daily returns have next to no autocorrelation: their table is close to that of the correlation matrix alone,
    ``r_ij^2 / sum_k r_ik^2``, and its total moves with the mean squared correlation.

    References
    ----------
    Diebold and Yilmaz (2012), International Journal of Forecasting 28, 57-66; Koop, Pesaran and Potter (1996), Journal
    of Econometrics 74, 119-147; Pesaran and Shin (1998), Economics Letters 58, 17-29.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.spillover import spillover
    >>> a, b = np.random.default_rng(0).standard_normal((2, 2000))
    >>> result = spillover(np.column_stack([a, 0.75 * a + np.sqrt(1 - 0.75**2) * b]))
    >>> bool(abs(result.total - 100 * 0.75**2 / (1 + 0.75**2)) < 1)
    True
    """
    values, _, columns = checked_panel("spillover", returns, lags, horizon)
    shares, coefficients, _ = shares_of_variance(values[None], lags, horizon)
    root = float(largest_root(coefficients)[0])
    if root >= 1:
        raise ValueError(
            f"spillover: the autoregression is not stable (largest root {root:.3f}); use returns, not levels, or "
            "another number of lags"
        )
    table = pd.DataFrame(100 * shares[0], index=columns, columns=columns)
    own = np.diag(table)
    to_others, from_others = table.sum(axis=0) - own, table.sum(axis=1) - own
    return Spillover(
        table,
        total=float(from_others.mean()),
        to_others=to_others,
        from_others=from_others,
        net=to_others - from_others,
        root=root,
        lags=lags,
        horizon=horizon,
        observations=len(values) - lags,
    )


@dataclass(frozen=True, eq=False)
class RollingSpillover:
    """Spillovers over a moving window; made by :func:`rolling_spillover`.

    Attributes
    ----------
    total : Series
        Total spillover in percent at the end of each window; with groups, what crosses them.
    net : DataFrame
        Net percent given by each series.
    unstable : int
        Windows left NaN because their autoregression was not stable or could not be estimated.
    window, lags, horizon, step : int
        Settings.
    """

    total: pd.Series
    net: pd.DataFrame
    unstable: int
    window: int
    lags: int
    horizon: int
    step: int

    def to_frame(self) -> pd.DataFrame:
        """Return the total and the net of each series as columns."""
        return pd.concat([self.total, self.net.add_prefix("net_")], axis=1)

    def summary(self) -> str:
        """Return the range of the total as one line."""
        line = (
            f"total spillover of {self.window} rows, {len(self.total)} windows: {self.total.min():.1f} to "
            f"{self.total.max():.1f} % (VAR({self.lags}), {self.horizon} steps)"
        )
        return f"{line}; {self.unstable} windows not stable, left out" if self.unstable else line


def rolling_spillover(
    returns: Panel,
    window: int,
    lags: int = 1,
    horizon: int = 10,
    step: int = 1,
    groups: Sequence[Hashable] | None = None,
) -> RollingSpillover:
    """Return total and net spillovers over a moving window.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        As for :func:`spillover`.
    window : int
        Rows in a window.
    lags, horizon : int
        As for :func:`spillover`.
    step : int
        Rows between the ends of two windows; the last window ends with the sample.
    groups : sequence, optional
        A label a series, such as ``["crypto", "crypto", "macro"]``: the total then counts only what comes from series
        of other groups, again as a mean over all series. Net spillovers count all.

    Returns
    -------
    RollingSpillover

    Raises
    ------
    ValueError
        As :func:`spillover`; or the window is too short for the autoregression or longer than the sample.

    Notes
    -----
    The path of a short window lies above the whole sample's total and moves by chance alone;
    :func:`selloff.correlation.spillover_band.spillover_band` says how far.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.spillover import rolling_spillover
    >>> returns = np.random.default_rng(0).standard_normal((400, 3))
    >>> len(rolling_spillover(returns, window=200, step=50).total)
    5
    """
    values, index, columns = checked_panel("rolling_spillover", returns, lags, horizon)
    ends = window_ends("rolling_spillover", values, window, lags, step)
    across = across_groups("rolling_spillover", groups, len(columns))
    total, net = moving_spillover(values, ends, window, lags, horizon, stable=True, across=across)
    return RollingSpillover(
        pd.Series(total, index=index[ends], name="total"),
        pd.DataFrame(net, index=index[ends], columns=columns),
        unstable=int(np.isnan(total).sum()),
        window=window,
        lags=lags,
        horizon=horizon,
        step=step,
    )
