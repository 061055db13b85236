"""Wald statistics of one break in a regression, at each date it may have happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["explains_all", "wald_path", "wild_maxima"]

Floats = NDArray[np.float64]
# Coefficients by samples by dates, and coefficients by coefficients by samples by dates.
Vectors = Floats
Matrices = Floats

# Correlations of regressors with a smaller eigenvalue than this count as singular.
_COLLINEAR = 1e-12
# Less than this share of the squared errors left in both regimes is a perfect fit, but for rounding.
_PERFECT = 1e-12
# Floats of one array over a batch of samples: 8 megabytes.
_BATCH = 1_000_000


def wald_path(table: Floats, shortest: int, covariance: str, lags: int) -> Floats:
    """Return the Wald statistic of equal coefficients before and after each date.

    Parameters
    ----------
    table : ndarray, shape (T, k + 1)
        Regressors without the constant, and the explained series in the last column.
    shortest : int
        Observations of the shortest regime.
    covariance : {"iid", "hc0", "hac"}
        What the covariance of the coefficients allows for: nothing, changing variance, serial dependence as well.
    lags : int
        Lags of ``hac``, fewer than ``shortest``.

    Returns
    -------
    ndarray, shape (T - 2 shortest + 1,)
        For breaks after ``shortest``, ``shortest + 1``, ... observations; NaN where a regime's regressors are
        collinear or flat or both regimes are fitted perfectly. Empty if the sample is too short.

    Notes
    -----
    The statistic is that of a regression on the regressors of both regimes side by side. Its covariance has no
    correction for degrees of freedom, but ``iid`` has the usual ``T - 2 (k + 1)``.

    Scores are linear in the coefficients, so that their long-run sums for every date follow from running sums of
    products over the sample: time grows with ``T``. Each running sum measures from the observation it starts at, which
    all its dates have in common, so that no level and no later jump costs digits.

    References
    ----------
    Andrews (1993), Econometrica 61, 821-856.
    """
    x, y = table[:, :-1], table[:, -1]
    path: Floats = _paths(x, _errors(x, y)[None, :], shortest, covariance, lags)[0]
    return path


def explains_all(table: Floats) -> bool:
    """Return whether the regressors leave no error but rounding: then there is nothing to test against."""
    if np.ptp(table[:, -1]) == 0:
        return True
    level = table[:, -1] - table[:, -1].mean()
    errors = _errors(table[:, :-1], table[:, -1])
    return bool(errors @ errors <= 1e-24 * (level @ level))


def wild_maxima(x: Floats, y: Floats, shortest: int, covariance: str, lags: int, signs: Floats) -> Floats:
    """Return the largest Wald statistics of samples without a break, made of this one's errors with other signs.

    Parameters
    ----------
    x : ndarray, shape (T, k)
        Regressors without the constant.
    y : ndarray, shape (T,)
        The explained series.
    shortest, covariance, lags
        As in :func:`wald_path`.
    signs : ndarray, shape (B, T)
        The signs of the errors, one row a sample.

    Returns
    -------
    ndarray, shape (B,)
        NaN where no date has a statistic.

    Notes
    -----
    Regressors and the size of each error stay in place, so that the samples have the same waves of volatility.

    References
    ----------
    Hansen (2000), Journal of Econometrics 97, 93-115.
    """
    errors = _errors(x, y)
    batch = max(1, _BATCH // errors.size)
    maxima = []
    for start in range(0, len(signs), batch):
        paths = _paths(x, signs[start : start + batch] * errors, shortest, covariance, lags)
        maxima.append(np.fmax.reduce(paths, axis=1, initial=-np.inf))
    found = np.concatenate(maxima)
    return np.where(np.isinf(found), np.nan, found)


def _errors(x: Floats, y: Floats) -> Floats:
    """Return the errors of the regression on the whole sample; a change of its coefficients is one of theirs."""
    centred, level = x - x.mean(axis=0), y - y.mean()
    spread = np.sqrt(np.mean(centred**2, axis=0))
    centred = centred / np.where(spread > 0, spread, 1.0)
    errors: Floats = level - centred @ np.linalg.lstsq(centred, level, rcond=None)[0]
    return errors


def _paths(x: Floats, y: Floats, shortest: int, covariance: str, lags: int) -> Floats:
    """Return the statistics of many samples ``y`` (rows) on the same regressors."""
    length, regressors = x.shape
    before = np.arange(shortest, length - shortest + 1)
    if before.size == 0:
        return np.empty((len(y), 0))
    scale = np.abs(x - x[0]).max(axis=0)
    x = x / np.where(scale > 0, scale, 1.0)
    weights = 1 - np.arange(1.0, lags + 1) / (lags + 1) if covariance == "hac" else np.empty(0)
    left = _regime(x, y, before, weights, covariance)
    right = _regime(x[::-1], y[:, ::-1], length - before, weights, covariance)
    # Both intercepts are read at the regressors' first values.
    shift = np.eye(regressors + 1)
    shift[0, 1:] = x[0] - x[-1]
    change = np.einsum("ab,bst->ast", shift, right.coefficients) - left.coefficients
    together = left.covariance + np.einsum("ab,bcst,dc->adst", shift, right.covariance, shift, optimize=True)
    if covariance == "iid":
        together = together * (left.squares + right.squares) / (length - 2 * (regressors + 1))
    elif weights.size:
        across = np.einsum("ab,bcst->acst", shift, _across(left, right, weights))
        together = together - across - np.swapaxes(across, 0, 1)
    statistics = _quadratic(change, together)
    perfect = left.squares + right.squares <= _PERFECT * np.sum(y**2, axis=1, keepdims=True)
    found: Floats = np.where(perfect, np.nan, statistics)
    return found


@dataclass(frozen=True, eq=False)
class _Regime:
    """Regressions on beginnings of one length each.

    Attributes
    ----------
    regressors : ndarray, shape (q, T)
        The constant, and distances from the first observation.
    y : ndarray, shape (samples, T)
    counts : ndarray, shape (dates,)
        Observations of each beginning.
    inverse : ndarray, shape (q, q, dates)
        Of the regressors' products.
    coefficients, covariance : ndarray
        The covariance has no variance of the errors in it for ``iid``.
    squares : ndarray, shape (samples, dates)
        Squared errors.
    """

    regressors: Floats
    y: Floats
    counts: NDArray[np.intp]
    inverse: Floats
    coefficients: Vectors
    covariance: Matrices
    squares: Floats

    def influence(self, back: int) -> Vectors:
        """Return what the observation ``back`` places before the end of each beginning does to the coefficients."""
        place = self.counts - 1 - back
        z = self.regressors[:, place]
        error = self.y[:, place] - np.einsum("at,ast->st", z, self.coefficients)
        found: Vectors = np.einsum("abt,bt,st->ast", self.inverse, z, error, optimize=True)
        return found


def _regime(x: Floats, y: Floats, counts: NDArray[np.intp], weights: Floats, covariance: str) -> _Regime:
    """Fit the regressions on the first ``counts`` observations."""
    z = np.vstack([np.ones(len(x)), (x - x[0]).T])
    last = counts - 1
    products = np.cumsum(z[:, None] * z[None, :], axis=2)[:, :, last]
    inverse = _inverse(products)
    scores = z[:, None] * y
    moments = np.cumsum(scores, axis=2)[:, :, last]
    coefficients = np.einsum("abt,bst->ast", inverse, moments)
    squares = np.cumsum(y**2, axis=1)[:, last] - np.einsum("ast,ast->st", moments, coefficients)
    if covariance == "iid":
        spread = inverse[:, :, None]
    else:
        middle = _long_run(z, scores, coefficients, last, weights)
        spread = np.einsum("abt,bcst,cdt->adst", inverse, middle, inverse, optimize=True)
    return _Regime(z, y, counts, inverse, coefficients, spread, np.maximum(squares, 0.0))


def _long_run(z: Floats, scores: Floats, b: Vectors, last: NDArray[np.intp], weights: Floats) -> Matrices:
    """Return ``sum_ts w_(t-s) v_t v_s'`` of the scores ``v = z (y - z'b)`` of each beginning."""
    outer = z[:, None] * z[None, :]
    behind, outer_behind = _behind(scores, weights), _behind(outer, weights)
    size = range(len(z))
    sums = np.empty((len(z), *b.shape))
    for i in size:
        for j in size:
            total = _running(scores[i] * behind[j], last)
            for k in size:
                linear = _running(scores[i] * outer_behind[j, k] + outer[i, k] * behind[j], last)
                total -= b[k] * linear
                for m in size:
                    total += b[k] * b[m] * _running(outer[i, k] * outer_behind[j, m], last)
            sums[i, j] = total
    return sums + np.swapaxes(sums, 0, 1)


def _behind(values: Floats, weights: Floats) -> Floats:
    """Return half of each value and the weighted values before it."""
    total = values / 2
    for lag, weight in enumerate(weights, start=1):
        total[..., lag:] += weight * values[..., :-lag]
    return total


def _running(values: Floats, last: NDArray[np.intp]) -> Floats:
    sums: Floats = np.cumsum(values, axis=-1)[..., last]
    return sums


def _across(left: _Regime, right: _Regime, weights: Floats) -> Matrices:
    """Return the weighted products of influences on either side of each date."""
    reach = range(weights.size)
    earlier = [left.influence(back) for back in reach]
    total = np.zeros_like(right.covariance)
    for ahead in reach:
        near = sum(weights[ahead + back] * earlier[back] for back in range(weights.size - ahead))
        total += right.influence(ahead)[:, None] * near
    return total


def _inverse(products: Floats) -> Floats:
    """Return the inverse at each date; NaN where regressors are flat or collinear."""
    size = len(products)
    own = np.sqrt(np.einsum("aat->at", products))
    flat = (own == 0).any(axis=0)
    own[:, flat] = 1.0
    matrices = np.moveaxis(products / (own[:, None] * own[None, :]), 2, 0)
    matrices[flat] = np.eye(size)
    flat |= np.linalg.eigvalsh(matrices)[:, 0] <= _COLLINEAR
    matrices[flat] = np.eye(size)
    inverse = np.linalg.inv(matrices)
    inverse[flat] = np.nan
    scaled: Floats = np.moveaxis(inverse, 0, 2) / (own[:, None] * own[None, :])
    return scaled


def _quadratic(change: Vectors, covariances: Matrices) -> Floats:
    """Return ``d' inv(V) d``; NaN where ``V`` has no inverse."""
    scale = np.sqrt(np.maximum(np.einsum("aast->ast", covariances), 0.0))
    defined = (scale > 0).all(axis=0)
    distance = np.where(defined, change / np.where(scale > 0, scale, 1.0), 0.0)
    with_scale = np.where(scale > 0, scale, 1.0)
    matrices = np.where(defined, covariances / (with_scale[:, None] * with_scale[None, :]), 0.0)
    matrices = np.moveaxis(matrices, (0, 1), (2, 3))
    defined &= np.linalg.det(matrices) > 0
    matrices = np.where(defined[:, :, None, None], matrices, np.eye(len(change)))
    solved = np.linalg.solve(matrices, np.moveaxis(distance, 0, 2)[..., None])[..., 0]
    found: Floats = np.where(defined, np.einsum("ast,sta->st", distance, solved), np.nan)
    return found
