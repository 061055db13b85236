"""What chance, volatility, closing times and levels do to a correlation: simulated, or in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from selloff.correlation.adjusted import forbes_rigobon
from selloff.correlation.rolling import rolling_correlation
from selloff.inference.inputs import Series, paired

__all__ = [
    "overlap_correlation",
    "raised_correlation",
    "rolling_paths",
    "sample_correlations",
    "shuffled_levels",
    "stale_correlation",
    "storm_samples",
    "walk_correlations",
]

Floats = NDArray[np.float64]


def rolling_paths(pairs: ArrayLike, window: int) -> pd.DataFrame:
    """Return the rolling correlation of each of many simulated pairs.

    Parameters
    ----------
    pairs : array_like, shape (replications, length, 2)
        As :func:`selloff.validation.simulate_pair` returns them.
    window : int
        Observations in a window.

    Returns
    -------
    DataFrame, shape (length - window + 1, replications)
        One column a pair, from the first full window on; indexed by the number of the last day, counted from 1.

    Raises
    ------
    ValueError
        The pairs have another shape, or the window does not fit them.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.pitfalls import rolling_paths
    >>> rolling_paths(np.random.default_rng(0).standard_normal((3, 100, 2)), window=90).shape
    (11, 3)
    """
    values = _pairs(pairs, "rolling_paths")
    lines = {number: rolling_correlation(pair[:, 0], pair[:, 1], window) for number, pair in enumerate(values)}
    frame = pd.DataFrame(lines).iloc[window - 1 :]
    return frame.set_axis(pd.RangeIndex(window, values.shape[1] + 1, name="day"), axis=0)


def sample_correlations(pairs: ArrayLike) -> Floats:
    """Return the correlation of each of many simulated pairs over its whole length.

    Parameters
    ----------
    pairs : array_like, shape (replications, length, 2)
        As :func:`selloff.validation.simulate_pair` returns them.

    Returns
    -------
    ndarray, shape (replications,)

    Raises
    ------
    ValueError
        The pairs have another shape.

    Examples
    --------
    >>> from selloff.correlation.pitfalls import sample_correlations
    >>> sample_correlations([[[1, 1], [2, 2], [3, 3]], [[1, 3], [2, 2], [3, 1]]]).round(12).tolist()
    [1.0, -1.0]
    """
    values = _pairs(pairs, "sample_correlations")
    return _correlations(values[:, :, 0], values[:, :, 1])


def raised_correlation(rho: float, variance_ratio: ArrayLike) -> Floats:
    """Return the correlation to which a larger variance alone lifts ``rho``.

    Parameters
    ----------
    rho : float
        Correlation at the variance of the calm.
    variance_ratio : array_like
        Variance of the common factor as a multiple of that in the calm, positive.

    Returns
    -------
    ndarray
        One correlation for each ratio.

    Raises
    ------
    ValueError
        The correlation lies outside [-1, 1], or a ratio is not positive.

    Notes
    -----
    With ``y = beta x + e`` and beta and the variance of ``e`` as they were, a variance of ``x`` that is ``k`` times as
    large gives ``rho sqrt(k / (1 + (k - 1) rho^2))``; :func:`selloff.correlation.forbes_rigobon` is its inverse.

    References
    ----------
    Forbes and Rigobon (2002), Journal of Finance 57, 2223-2261.

    Examples
    --------
    >>> from selloff.correlation.pitfalls import raised_correlation
    >>> raised_correlation(0.35, [1, 2, 4, 9]).round(2).tolist()
    [0.35, 0.47, 0.6, 0.75]
    """
    ratio = np.asarray(variance_ratio, dtype=float)
    if not -1 <= rho <= 1:
        raise ValueError(f"raised_correlation: rho must lie in [-1, 1], got {rho}")
    if not np.all(ratio > 0):
        raise ValueError("raised_correlation: a variance ratio must be positive")
    raised: Floats = rho * np.sqrt(ratio / (1 + (ratio - 1) * rho**2))
    return raised


def storm_samples(rho: float, variance_ratios: Sequence[float], length: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Simulate storms in which the common factor moves more and nothing else changes.

    Parameters
    ----------
    rho : float
        Correlation in the calm, which is also beta: both series have variance 1 there.
    variance_ratios : sequence of float
        Variance of the common factor in the storm as a multiple of that in the calm, positive.
    length, seed : int
        Days of the calm and of the storm, and the seed of the generator; all storms share their draws.

    Returns
    -------
    DataFrame
        One row a ratio: ``correlation`` in the storm, the same ``corrected`` by
        :func:`selloff.correlation.forbes_rigobon`, and ``beta`` in the storm.

    Raises
    ------
    ValueError
        The correlation lies outside [-1, 1], or a ratio is not positive.

    Examples
    --------
    >>> from selloff.correlation.pitfalls import storm_samples
    >>> storm_samples(0.4, [1, 4]).round(1).to_numpy().tolist()
    [[0.4, 0.4, 0.4], [0.7, 0.4, 0.4]]
    """
    raised_correlation(rho, variance_ratios)
    factor, noise = np.random.default_rng(seed).standard_normal((2, 2 * length))
    stormy = np.arange(2 * length) >= length
    rows = {}
    for ratio in variance_ratios:
        x = factor * np.where(stormy, np.sqrt(ratio), 1.0)
        y = rho * x + np.sqrt(1 - rho**2) * noise
        result = forbes_rigobon(x, y, slice(0, length), slice(length, None))
        beta = result.raw * float(y[stormy].std() / x[stormy].std())
        rows[ratio] = {"correlation": result.raw, "corrected": result.adjusted, "beta": beta}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("variance_ratio")


def overlap_correlation(rho: float, hours: ArrayLike, cycle: float = 24.0) -> Floats:
    """Return the correlation that is left when two daily prices are read some hours apart.

    Parameters
    ----------
    rho : float
        Correlation of prices that are read at the same moment.
    hours : array_like
        Hours by which the second price is read later; negative is earlier.
    cycle : float
        Hours from one reading to the next.

    Returns
    -------
    ndarray

    Raises
    ------
    ValueError
        The cycle is not positive.

    Notes
    -----
    ``rho (1 - |hours| / cycle)``: the share of the day that both returns cover. It holds where the common news comes
    evenly over the day, and each hour's return has no memory.

    References
    ----------
    Lo and MacKinlay (1990), Journal of Econometrics 45, 181-211, on nonsynchronous prices.

    Examples
    --------
    >>> from selloff.correlation.pitfalls import overlap_correlation
    >>> overlap_correlation(0.6, [-24, -6, 0, 12, 30]).round(12).tolist()
    [0.0, 0.45, 0.6, 0.3, 0.0]
    """
    if cycle <= 0:
        raise ValueError(f"overlap_correlation: cycle must be positive, got {cycle}")
    share: Floats = rho * np.maximum(0.0, 1 - np.abs(np.asarray(hours, dtype=float)) / cycle)
    return share


def stale_correlation(x: Series, y: Series, every: int) -> tuple[float, float]:
    """Return what is left of a correlation when ``y`` is read on every n-th row only.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    every : int
        Rows from one reading of ``y`` to the next.

    Returns
    -------
    filled, matched : float
        Correlation row by row, with the last reading of ``y`` repeated until the next; and of the changes of both from
        one reading to the next. Each is the mean over the rows with which the readings may start.

    Raises
    ------
    ValueError
        The inputs do not fit together, or fewer than 20 readings are left.

    Notes
    -----
    Where returns have no memory, the first is the true correlation divided by ``every``, the second the true one.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.pitfalls import stale_correlation
    >>> x = np.random.default_rng(0).standard_normal(5000)
    >>> [round(r, 1) for r in stale_correlation(x, x, every=5)]
    [0.2, 1.0]
    """
    left, right, _ = paired(x, y, missing=False)
    if isinstance(every, bool) or not isinstance(every, int | np.integer) or not 1 <= every <= left.size // 21:
        raise ValueError(f"stale_correlation: every {every!r} must be a whole number from 1 to {left.size // 21}")
    filled, matched = [], []
    for start in range(every):
        readings = (left.size - start) // every
        rows = slice(start, start + readings * every)
        each, other = (part[rows].reshape(readings, every) for part in (left, right))
        seen = np.zeros_like(other)
        seen[:, -1] = other.sum(axis=1)
        filled.append(np.corrcoef(each.ravel(), seen.ravel())[0, 1])
        matched.append(np.corrcoef(each.sum(axis=1), seen[:, -1])[0, 1])
    return float(np.mean(filled)), float(np.mean(matched))


def walk_correlations(length: int, replications: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Return correlations of independent random walks, by their levels and by their returns.

    Parameters
    ----------
    length : int
        Steps of a walk, at least 3.
    replications, seed : int
        Pairs of walks, and the seed of the generator.

    Returns
    -------
    DataFrame, shape (replications, 2)
        Columns ``levels`` and ``returns``.

    Raises
    ------
    ValueError
        A walk has fewer than 3 steps, or there is none.

    References
    ----------
    Granger and Newbold (1974), Journal of Econometrics 2, 111-120; Phillips (1986), Journal of Econometrics 33,
    311-340, for the limit: the correlation of levels does not shrink as walks grow longer.

    Examples
    --------
    >>> from selloff.correlation.pitfalls import walk_correlations
    >>> walk_correlations(length=250, replications=500).std().round(1).to_dict()
    {'levels': 0.5, 'returns': 0.1}
    """
    if length < 3 or replications < 1:
        raise ValueError(f"walk_correlations: {replications} walks of {length} steps; expected 1 or more of 3 or more")
    steps = np.random.default_rng(seed).standard_normal((2, replications, length))
    walks = steps.cumsum(axis=-1)
    return pd.DataFrame({"levels": _correlations(*walks), "returns": _correlations(*steps)})


def shuffled_levels(x: Series, y: Series, replications: int = 1000, seed: int = 0) -> Floats:
    """Return correlations of the level of ``x`` with levels of ``y`` whose days were shuffled.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Log returns on a common calendar, without missing values; levels are their running sums.
    replications, seed : int
        Shuffles, and the seed of the generator.

    Returns
    -------
    ndarray, shape (replications,)

    Notes
    -----
    A shuffled ``y`` has the same returns, starts and ends where it did, and owes nothing to ``x`` on any day.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.pitfalls import shuffled_levels
    >>> up = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
    >>> bool(shuffled_levels(up, up, replications=50).min() > 0.9)
    True
    """
    left, right, _ = paired(x, y, missing=False)
    rng = np.random.default_rng(seed)
    levels = rng.permuted(np.broadcast_to(right, (replications, right.size)), axis=1).cumsum(axis=1)
    return _correlations(left.cumsum()[None, :], levels)


def _pairs(pairs: ArrayLike, name: str) -> Floats:
    values = np.asarray(pairs, dtype=float)
    if values.ndim != 3 or values.shape[2] != 2:
        raise ValueError(f"{name}: pairs have the shape {values.shape}; expected (replications, length, 2)")
    return values


def _correlations(x: Floats, y: Floats) -> Floats:
    """Return correlations along the last axis."""
    a, b = (part - part.mean(axis=-1, keepdims=True) for part in (x, y))
    found: Floats = (a * b).sum(axis=-1) / np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return found
