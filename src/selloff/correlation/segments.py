"""Correlations of many pairs at once in one window, with the long-run variance of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ESTIMATORS", "Segment", "Shift", "lags_of", "segment", "shift", "summed"]

Floats = NDArray[np.float64]
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]

#: Estimators of a correlation; ``beta`` becomes one when a change of it is scaled.
ESTIMATORS = ("pearson", "spearman", "beta")


@dataclass(frozen=True, eq=False)
class Segment:
    """Estimates of one window.

    Attributes
    ----------
    estimate, variance : ndarray, shape (K, ..., P)
        Estimate by estimator and pair, and the variance of it.
    square_left, square_right : ndarray, shape (..., P)
        Variance of the returns on either side of a pair.
    length : int
        Returns.
    estimators : sequence of str
        Their names.
    """

    estimate: Floats
    variance: Floats
    square_left: Floats
    square_right: Floats
    length: int
    estimators: Sequence[str]


@dataclass(frozen=True, eq=False)
class Shift:
    """A change from one window to another: each value, the difference and its standard error, shape (K, ..., P)."""

    later: Floats
    earlier: Floats
    se: Floats

    @property
    def estimate(self) -> Floats:
        """Later less earlier."""
        return self.later - self.earlier


def summed(values: Floats, sessions: int) -> Floats:
    """Return the sums of ``sessions`` neighbours along the last axis; none reaches out of the array.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.segments import summed
    >>> summed(np.array([1.0, 2.0, 3.0, 4.0]), 3).tolist()
    [6.0, 9.0]
    """
    total = values[..., : values.shape[-1] - sessions + 1].copy()
    for ahead in range(1, sessions):
        total += values[..., ahead : values.shape[-1] - sessions + 1 + ahead]
    return total


def lags_of(length: int, sessions: int) -> int:
    """Return the lags of a long-run variance: the rule of Newey and West, at least ``2 (sessions - 1)``.

    Examples
    --------
    >>> from selloff.correlation.segments import lags_of
    >>> lags_of(184, 1), lags_of(180, 5)
    (4, 8)
    """
    return min(max(int(np.floor(4 * (length / 100) ** (2 / 9))), 2 * (sessions - 1)), length - 1)


def segment(values: Floats, pairs: Pairs, sessions: int, estimators: Sequence[str]) -> Segment:
    """Estimate the correlation of each pair, with its variance.

    Parameters
    ----------
    values : ndarray, shape (..., C, T)
        Returns by column, finite, none flat.
    pairs : tuple of ndarray, shape (P,)
        Columns on the left (explained by beta) and on the right.
    sessions : int
        Sessions that a return spans.
    estimators : sequence of str
        Out of :data:`ESTIMATORS`.

    Returns
    -------
    Segment

    Notes
    -----
    Influence of a return with standardised ``x``, ``y``: ``x y - r (x^2 + y^2) / 2`` on the correlation and
    ``(x y - r y^2)`` times the ratio of standard deviations on beta. With ranks ``u``, ``v`` (means of ties) less
    their means, divided by T, that on their covariance is ``u v + A_u(v) + A_v(u)``, where ``A_u(v)`` adds up
    ``v / T`` over the returns of a higher rank ``u`` and half of those of the same; likewise for their variances, which
    move with ties only.
    """
    left, right = pairs
    length = values.shape[-1]
    lags = lags_of(length, sessions)
    centred = values - values.mean(axis=-1, keepdims=True)
    squares = np.einsum("...t,...t->...", centred, centred) / length
    z = centred / np.sqrt(squares)[..., None]
    found = {}
    if {"pearson", "beta"} & set(estimators):
        x, y = z[..., left, :], z[..., right, :]
        r = np.einsum("...t,...t->...", x, y) / length
        xy, yy = x * y, y * y
        if "beta" in estimators:
            ratio = np.sqrt(squares[..., left] / squares[..., right])
            found["beta"] = r * ratio, ratio**2 * _variance(xy - r[..., None] * yy, lags)
        if "pearson" in estimators:
            x *= x
            x += yy
            x *= r[..., None] / 2
            found["pearson"] = r, _variance(np.subtract(xy, x, out=x), lags)
    if "spearman" in estimators:
        found["spearman"] = _ranked(values, pairs, lags)
    estimate, variance = (np.stack([found[name][part] for name in estimators]) for part in (0, 1))
    return Segment(estimate, variance, squares[..., left], squares[..., right], length, tuple(estimators))


def shift(later: Segment, earlier: Segment) -> Shift:
    """Return the change between two windows; beta is scaled by the standard deviations over both.

    Notes
    -----
    The scale is the same in both windows, so a change of beta is zero if beta is constant, whatever the variances do.
    Its own noise multiplies the change and is left out of the standard error.
    """
    scale = np.ones_like(later.estimate)
    if "beta" in later.estimators:
        of, and_of = later.length, earlier.length
        pooled = [
            of * getattr(later, side) + and_of * getattr(earlier, side) for side in ("square_left", "square_right")
        ]
        scale[later.estimators.index("beta")] = np.sqrt(pooled[1] / pooled[0])
    se = scale * np.sqrt(later.variance + earlier.variance)
    return Shift(scale * later.estimate, scale * earlier.estimate, se)


def _variance(influence: Floats, lags: int) -> Floats:
    """Return the variance of the mean with Bartlett weights along the last axis; the influence averages zero."""
    length = influence.shape[-1]
    total: Floats = np.einsum("...t,...t->...", influence, influence)
    for lag in range(1, lags + 1):
        weight = 2 * (1 - lag / (lags + 1))
        total += weight * np.einsum("...t,...t->...", influence[..., lag:], influence[..., :-lag])
    variance: Floats = total / length**2
    return variance


def _ranked(values: Floats, pairs: Pairs, lags: int) -> tuple[Floats, Floats]:
    left, right = pairs
    length = values.shape[-1]
    ranks, order, first, behind = _ranks(values.reshape(-1, *values.shape[-2:]))
    squares = np.einsum("...t,...t->...", ranks, ranks) / length
    influence = ranks[:, left]
    influence *= ranks[:, right]
    scale = np.sqrt(squares[:, left] * squares[:, right])
    r = influence.mean(axis=-1) / scale
    # What a return does to the spread of the ranks: something only where there are ties.
    spread = ranks * ranks
    for own, other in ((left, right), (right, left)):
        for column in np.unique(own):
            rows = np.flatnonzero(own == column)
            partners = ranks[:, [*other[rows], column]]
            place = _stretch(rows)
            path = np.zeros((rows.size + 1, length + 1))
            for sample, partner in enumerate(partners):
                # Ranks average zero: what lies above is what lies below with the other sign.
                np.cumsum(partner.take(order[sample, column], axis=1), axis=1, out=path[:, 1:])
                below = path.take(first[sample, column], axis=1)
                below += path.take(behind[sample, column], axis=1)
                spread[sample, column] -= below[-1]
                below *= 0.5
                influence[sample, place] -= below[:-1]
    influence /= scale[..., None]
    spread /= 2 * squares[..., None]
    influence -= r[..., None] * (spread[:, left] + spread[:, right])
    influence -= influence.mean(axis=-1, keepdims=True)
    shape = (*values.shape[:-2], left.size)
    return r.reshape(shape), _variance(influence, lags).reshape(shape)


def _stretch(rows: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Return evenly spaced rows as a slice, which is read and written faster."""
    gaps = np.unique(np.diff(rows))
    return slice(rows[0], rows[-1] + 1, gaps[0] if gaps.size else 1) if gaps.size < 2 else rows


def _ranks(values: Floats) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return ranks less their mean (that of ties), the order, and how many values lie below each, and up to it."""
    length = values.shape[-1]
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    rises = ordered[..., 1:] != ordered[..., :-1]
    place = np.arange(length)
    below, up_to = np.zeros(values.shape, dtype=np.intp), np.full(values.shape, length, dtype=np.intp)
    below[..., 1:] = np.where(rises, place[1:], 0)
    np.maximum.accumulate(below, axis=-1, out=below)
    up_to[..., :-1] = np.where(rises, place[1:], length)
    up_to = np.minimum.accumulate(up_to[..., ::-1], axis=-1)[..., ::-1]
    first, behind = np.empty_like(below), np.empty_like(below)
    np.put_along_axis(first, order, below, axis=-1)
    np.put_along_axis(behind, order, up_to, axis=-1)
    return (first + behind - length) / 2, order, first, behind
