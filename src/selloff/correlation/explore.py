"""Rolling correlations of many pairs at once, thinned for a picture that the reader steers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from selloff.correlation.band import correlation_band
from selloff.correlation.beta import rolling_beta
from selloff.data import Clock, common_returns

__all__ = ["Exploration", "explore"]


@dataclass(frozen=True)
class Exploration:
    """Paths and returns of many pairs.

    Attributes
    ----------
    paths : DataFrame
        One row a pair, clock and window: ``asset``, ``series``, ``clock``, ``window``, and lists over the dates kept:
        ``date`` (ISO), ``estimate``, ``low`` and ``high`` (simultaneous band), ``beta``.
    returns : DataFrame
        One row a pair and clock: ``asset``, ``series``, ``clock``, and lists over sessions: ``date``, ``x`` (the
        series), ``y`` (the asset), both in standard deviations of the sessions shown.
    end : str
        The last day that entered.
    """

    paths: pd.DataFrame
    returns: pd.DataFrame
    end: str


def explore(
    assets: Sequence[str],
    series: Sequence[str],
    clocks: Iterable[Clock],
    windows: Sequence[int],
    start: str,
    end: str,
    *,
    shown_since: str,
    every: int = 10,
    replications: int = 200,
) -> Exploration:
    """Compute the rolling correlation, its band and beta of every asset with every series, on every clock.

    Parameters
    ----------
    assets, series : sequence of str
        As :func:`selloff.data.common_returns` takes them.
    clocks : iterable of str
        Clocks; no path joins two.
    windows : sequence of int
        Numbers of sessions.
    start, end : str
        First and last day that may enter.
    shown_since : str
        First day of the returns to show one by one.
    every : int
        Keep every n-th date of a path, counted from the last.
    replications : int
        Draws of each band.

    Returns
    -------
    Exploration

    Raises
    ------
    ValueError
        A series, a clock or a window does not fit; see :func:`selloff.correlation.correlation_band`.

    Examples
    --------
    >>> from selloff.correlation import explore
    >>> found = explore(["BTC"], ["sp500_logret"], ["nyse"], [60], "2024-06-01", "2025-06-30", shown_since="2025-01-01")
    >>> found.paths[["asset", "series", "clock", "window"]].to_numpy().tolist()
    [['BTC', 'sp500_logret', 'nyse', 60]]
    """
    paths, returns = [], []
    for clock, asset, column in product(clocks, assets, series):
        pair = common_returns(asset, column, clock, start, end)
        key = {"asset": asset, "series": column, "clock": clock}
        shown = pair.loc[shown_since:]
        z = (shown / shown.std()).round(2)
        returns.append(key | {"date": _days(z), "x": z[column].tolist(), "y": z[asset].tolist()})
        for window in windows:
            band = correlation_band(pair[asset], pair[column], window, replications=replications).to_frame()
            beta = rolling_beta(pair[asset], pair[column], window)["beta"]
            # In standard deviations of the whole stretch, so that betas on shares and on yields share an axis.
            scaled = beta * float(pair[column].std() / pair[asset].std())
            path = band[["estimate", "simultaneous_lower", "simultaneous_upper"]].assign(beta=scaled).dropna()
            kept = path.iloc[::-1].iloc[::every].iloc[::-1].round(2)
            kept.columns = pd.Index(["estimate", "low", "high", "beta"])
            paths.append(key | {"window": window, "date": _days(kept)} | {c: kept[c].tolist() for c in kept})
    return Exploration(pd.DataFrame(paths), pd.DataFrame(returns), end)


def _days(frame: pd.DataFrame) -> list[str]:
    return pd.DatetimeIndex(frame.index).strftime("%Y-%m-%d").tolist()
