"""The best cuts of a sample into regimes, each with a regression of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Partitions", "best_partitions", "residual_squares"]

Floats = NDArray[np.float64]

# A regressor with less of its own variation than this share of the whole counts as made up by the others.
_COLLINEAR = 1e-12


@dataclass(frozen=True, eq=False)
class Partitions:
    """The best partition for each number of breaks; made by :func:`best_partitions`.

    Attributes
    ----------
    ends : tuple of tuple of int
        For 0, 1, 2, ... breaks: how many observations lie before each.
    squares : ndarray, shape (breaks + 1,)
        Sum of squared residuals of each.
    """

    ends: tuple[tuple[int, ...], ...]
    squares: Floats


def best_partitions(table: Floats, shortest: int, most: int) -> Partitions:
    """Find the partitions into regimes with the least squared residuals.

    Parameters
    ----------
    table : ndarray, shape (T, k + 1)
        Regressors without the constant, and the explained series in the last column.
    shortest : int
        Observations of the shortest regime.
    most : int
        Most breaks.

    Returns
    -------
    Partitions

    Raises
    ------
    ValueError
        So many regimes do not fit into the sample.

    Notes
    -----
    The best partition of the first ``j`` observations into ``m + 1`` regimes is the best into ``m`` of the first
    ``i`` and one regime more. Starts ``i`` are taken in order; what one of them needs is then known already, so that
    the squared residuals of its regimes are used once and never stored. Time grows with ``T^2``, memory with ``T``.

    References
    ----------
    Bai and Perron (2003), Journal of Applied Econometrics 18, 1-22.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.partition import best_partitions
    >>> best_partitions(np.array([[1.0], [1.2], [0.8], [5.0], [5.1], [4.9]]), shortest=2, most=1).ends
    ((), (3,))
    """
    length = len(table)
    if (most + 1) * shortest > length:
        raise ValueError(f"{most + 1} regimes of {shortest} observations do not fit into {length}")
    best = np.full((most + 1, length), np.inf)
    start = np.zeros((most + 1, length), dtype=np.intp)
    best[0, shortest - 1 :] = residual_squares(table, shortest)
    for first in range(shortest, length - shortest + 1):
        last = slice(first + shortest - 1, length)
        row = residual_squares(table[first:], shortest)
        through = best[:-1, first - 1, None] + row
        better = through < best[1:, last]
        best[1:, last][better] = through[better]
        start[1:, last][better] = first
    ends = []
    for breaks in range(most + 1):
        cuts, end = [], length
        for number in range(breaks, 0, -1):
            end = int(start[number, end - 1])
            cuts.append(end)
        ends.append(tuple(reversed(cuts)))
    return Partitions(tuple(ends), best[:, -1].copy())


def residual_squares(table: Floats, shortest: int) -> Floats:
    """Return the squared residuals of regressions on the first ``shortest``, ``shortest + 1``, ... observations.

    Parameters
    ----------
    table : ndarray, shape (T, k + 1)
        As in :func:`best_partitions`.
    shortest : int
        Observations of the first regression.

    Returns
    -------
    ndarray, shape (T - shortest + 1,)
    """
    moments = _moments(table, shortest)
    _eliminate(moments)
    squares: Floats = np.maximum(moments[-1][-1], 0.0)
    return squares


def _moments(table: Floats, shortest: int) -> list[list[Floats]]:
    """Return sums of products about the mean of each beginning of the table; entry [a][b] for a up to b."""
    count = np.arange(shortest, len(table) + 1, dtype=float)
    # Distances from the first observation, which every beginning contains: the mean of a beginning is then no larger
    # than its spread, however far from zero the level is.
    columns = list((table - table[0]).T)
    sums = [np.cumsum(column)[shortest - 1 :] for column in columns]
    size = len(columns)
    empty: Floats = np.empty(0)
    moments = [[empty] * size for _ in range(size)]
    for a in range(size):
        for b in range(a, size):
            product = np.cumsum(columns[a] * columns[b])[shortest - 1 :]
            moments[a][b] = product - sums[a] * sums[b] / count
    return moments


def _eliminate(moments: list[list[Floats]]) -> None:
    """Take each regressor out of those behind it, in place; one that others make up takes nothing."""
    size = len(moments)
    whole = [moments[a][a].copy() for a in range(size - 1)]
    for a in range(size - 1):
        pivot = moments[a][a]
        left = pivot > _COLLINEAR * whole[a]
        for b in range(a + 1, size):
            share = np.divide(moments[a][b], pivot, out=np.zeros_like(pivot), where=left)
            for c in range(b, size):
                moments[b][c] = moments[b][c] - share * moments[a][c]
