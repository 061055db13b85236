"""Hourly prices whose volatility comes in waves and that know no feedback: what a test of feedback must beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.garch import Garch11, garch11
from selloff.inference.inputs import check_series
from selloff.market.counts import prepare
from selloff.market.moves import large_moves
from selloff.market.settings import check_count, check_number

__all__ = ["FallMeasures", "Waves", "excited", "fall_marks", "fall_measures", "fit_waves", "measure_marks"]

Floats = NDArray[np.float64]

#: Hours within which a move counts as following another.
AHEAD = 3
#: Longest half-life of the excitation that is tried, in hours.
LONGEST = 24.0
# Large falls that a fit of the branching ratio needs.
_FEWEST = 20


@dataclass(frozen=True, eq=False)
class Waves:
    """Returns with waves of volatility and a pattern over the day; made by :func:`fit_waves`.

    Attributes
    ----------
    garch : Garch11
        The waves: a GARCH(1,1) of the returns less the pattern of the day.
    scale : ndarray, shape (24,)
        Size of the moves by hour of the day, one on average.
    index : DatetimeIndex
        Hours of the returns.
    """

    garch: Garch11
    scale: Floats
    index: pd.DatetimeIndex

    def simulate(self, length: int, replications: int, seed: int = 0) -> Floats:
        """Return paths of the last ``length`` hours as they might have been.

        Parameters
        ----------
        length : int
            Hours; the paths end where the returns end, and start from the variance of their first hour.
        replications, seed : int
            Paths, and the seed of the first; path i has the seed ``seed + i``, whatever their number.

        Returns
        -------
        ndarray, shape (replications, length)
        """
        size = check_count(length, "length", 1, len(self.index))
        check_count(replications, "replications")
        fit = self.garch
        drawn = np.array([np.random.default_rng(seed + i).choice(fit.residuals, size) for i in range(replications)])
        paths = np.empty_like(drawn)
        variance = np.full(replications, fit.variance[-size])
        for hour in range(size):
            shock = np.sqrt(variance) * drawn[:, hour]
            paths[:, hour] = shock
            variance = fit.omega + fit.alpha * shock**2 + fit.beta * variance
        scaled: Floats = (paths + fit.mean) * self.scale[self.index[-size:].hour]
        return scaled


@dataclass(frozen=True)
class FallMeasures:
    """How strongly large falls bring about further large falls, measured twice.

    Attributes
    ----------
    falls, rises : int
        Large moves either way.
    branching, statistic : float
        Branching ratio of the falls, and twice the log-likelihood that excitation gains over a smooth baseline; NaN
        with fewer than twenty falls or without a maximum.
    contrast : float
        Share of falls that another large fall follows within three hours, less the share that a large rise follows;
        NaN without a fall.
    """

    falls: int
    rises: int
    branching: float
    statistic: float
    contrast: float


def fit_waves(returns: pd.Series) -> Waves:
    """Fit the pattern of the day and the waves of volatility to hourly returns.

    Parameters
    ----------
    returns : Series, shape (T,)
        Hourly returns with dates, in any unit, without gaps; at least a month.

    Returns
    -------
    Waves

    Raises
    ------
    ValueError
        The series has no dates, is too short, has missing values, or its fit did not converge.

    Notes
    -----
    Each return is divided by the mean size of the moves in its hour of the day; the rest follows a GARCH(1,1) with t
    errors. Paths redraw the standardised residuals, so they keep their tails and their skew, and lose whatever order
    they had beyond the waves: falls follow falls only as far as volatility does.

    References
    ----------
    Barone-Adesi, Giannopoulos and Vosper (1999), Journal of Futures Markets 19, 583-602, for redrawn residuals.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.market.waves import fit_waves
    >>> hours = pd.date_range("2025-01-01", periods=1000, freq="h", tz="UTC")
    >>> moves = pd.Series(np.random.default_rng(0).standard_t(5, 1000), hours)
    >>> fit_waves(moves).simulate(length=720, replications=2).shape
    (2, 720)
    """
    values, index = check_series(returns, "returns", 720)
    if not isinstance(index, pd.DatetimeIndex):
        raise ValueError("fit_waves: the returns need dates, for moves differ by the hour of the day")
    size = pd.Series(np.abs(values)).groupby(index.hour).mean().reindex(range(24))
    if size.isna().any() or size.min() <= 0:
        raise ValueError("fit_waves: some hour of the day has no moves; give hourly returns over the whole day")
    scale: Floats = np.asarray(size / size.mean(), dtype=float)
    fit = garch11(values / scale[index.hour], errors="t", mean="constant")
    if not fit.converged:
        raise ValueError("fit_waves: the fit did not converge; look for one huge return or a longer sample")
    return Waves(fit, scale, index)


def fall_measures(returns: Floats, window: int = 720, quantile: float = 0.9) -> FallMeasures:
    """Measure how strongly large falls follow large falls in the hours after the first ``window``.

    Parameters
    ----------
    returns : ndarray, shape (T,)
        Hourly returns; the first ``window`` set the first threshold only.
    window, quantile
        As in :func:`selloff.market.moves.large_moves`: a move is large if it is larger than this quantile of the moves
        in the hours before.

    Returns
    -------
    FallMeasures

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.waves import fall_measures
    >>> found = fall_measures(np.random.default_rng(3).standard_normal(1440))
    >>> found.falls > 20, found.branching < 0.2
    (True, True)
    """
    return measure_marks(*fall_marks(returns, window, quantile))


def fall_marks(returns: Floats, window: int = 720, quantile: float = 0.9) -> tuple[Floats, Floats]:
    """Return the marks of large falls and of large rises in the hours after the first ``window``.

    Parameters
    ----------
    returns, window, quantile
        As in :func:`fall_measures`.

    Returns
    -------
    falls, rises : ndarray, shape (T - window,)
    """
    falls = large_moves(returns, quantile, window, "down", window).to_numpy()[window:]
    rises = large_moves(returns, quantile, window, "up", window).to_numpy()[window:]
    return falls, rises


def measure_marks(falls: Floats, rises: Floats) -> FallMeasures:
    """Measure how strongly falls follow falls, from the marks of the hours.

    Parameters
    ----------
    falls, rises : ndarray, shape (T,)
        1 in an hour with a large fall, a large rise; else 0.

    Returns
    -------
    FallMeasures

    Notes
    -----
    The branching ratio is that of :func:`selloff.market.hawkes.fit_hawkes` with one cubic as baseline and half-lives of
    up to a day. Waves of volatility raise it. They raise the number of falls and that of rises after a fall alike, so
    their difference, ``contrast``, is near zero without feedback.
    """
    total = int(falls.sum())
    branching = statistic = float("nan")
    if total >= _FEWEST:
        _, model, _ = prepare(falls, "flexible", float("inf"), LONGEST, "bernoulli")
        null = model.null()
        fit = model.free(null)
        if fit.converged and null.converged:
            branching = model.corrected(fit)[0].branching
            statistic = max(2 * (fit.objective - null.objective), 0.0)
    after = [_followed(falls, marks) for marks in (falls, rises)]
    return FallMeasures(total, int(rises.sum()), branching, statistic, after[0] - after[1])


def excited(falls: Floats, branching: float, halflife: float = 2.0, seed: int = 0) -> Floats:
    """Give marks of falls a feedback of known strength, and leave about as many of them.

    Parameters
    ----------
    falls : ndarray, shape (T,)
        1 in an hour with a large fall, else 0, as waves of volatility alone bring them.
    branching : float
        Falls that one brings about on average, below 1. As many of the given ones are taken out as will be added.
    halflife : float
        Hours in which half of them come.
    seed : int
        Seed of the generator.

    Returns
    -------
    ndarray, shape (T,)
        Of 0 and 1; two falls in one hour are one.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.waves import excited
    >>> bool(np.all(excited(np.ones(50), branching=0.0) == 1))
    True
    """
    ratio = check_number(branching, "branching", equal=True, most=0.99)
    decay = 0.5 ** (1 / check_number(halflife, "halflife"))
    rng = np.random.default_rng(seed)
    kept = (falls > 0) & (rng.random(falls.size) < 1 - ratio)
    marks = np.zeros(falls.size)
    waiting = [int(hour) for hour in np.flatnonzero(kept)]
    while waiting:
        hour = waiting.pop()
        marks[hour] = 1.0
        lags = rng.geometric(1 - decay, rng.poisson(ratio))
        waiting += [hour + int(lag) for lag in lags if hour + lag < falls.size]
    return marks


def _followed(first: Floats, then: Floats) -> float:
    """Return the share of marked hours that another mark follows within a few hours."""
    soon = np.zeros(first.size)
    for lag in range(1, AHEAD + 1):
        soon[:-lag] = np.maximum(soon[:-lag], then[lag:])
    marked = first.sum()
    return float(first @ soon / marked) if marked else float("nan")
