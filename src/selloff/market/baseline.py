"""What moves the rate of events from outside: slow trends, the hour of the day, the day of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Design", "constant_design", "flexible_design"]

Floats = NDArray[np.float64]

# Waves of the calendar by their period in hours. A sample holds each at least four times, or it is left out.
_PERIODS, _REPEATS = (24, 12, 8, 6, 168, 84, 56), 4
# Splines that are not zero somewhere in a block as long as the knots are apart: four a bar, in two intervals.
_ACTIVE = 5


@dataclass(frozen=True, eq=False)
class Design:
    """The columns that the logarithm of a baseline is made of, by blocks of bars.

    Attributes
    ----------
    cells : ndarray, shape (S, L, C)
        Values of the C columns that are not zero in a block, on its L bars; zero beyond the sample.
    columns : ndarray, shape (S, C)
        Which columns these are.
    level : ndarray, shape (K,)
        The weights that make the logarithm 1 throughout: 1 for a spline, 0 for a wave.
    length : int
        Bars.

    Notes
    -----
    Splines are local, so a block of L bars needs C of K columns and products cost ``T C^2`` instead of ``T K^2``.
    """

    cells: Floats
    columns: NDArray[np.intp]
    level: Floats
    length: int

    def times(self, weights: Floats) -> Floats:
        """Return the design times weights, shape (T,)."""
        product: Floats = np.matmul(self.cells, weights[self.columns][:, :, None]).reshape(-1)[: self.length]
        return product

    def gather(self, values: Floats) -> Floats:
        """Return the transposed design times one value a bar, shape (K,)."""
        local = np.matmul(self._blocks(values)[:, None, :], self.cells)[:, 0, :]
        return np.bincount(self.columns.ravel(), local.ravel(), self.level.size).astype(float)

    def squares(self, weights: Floats) -> Floats:
        """Return the diagonal of :meth:`gram`."""
        local = np.matmul(self._blocks(weights)[:, None, :], self.cells**2)[:, 0, :]
        return np.bincount(self.columns.ravel(), local.ravel(), self.level.size).astype(float)

    def gram(self, weights: Floats) -> Floats:
        """Return the transposed design times the design, weighted by bar, shape (K, K)."""
        size = self.level.size
        local = np.matmul((self.cells * self._blocks(weights)[:, :, None]).transpose(0, 2, 1), self.cells)
        place = self.columns[:, :, None] * size + self.columns[:, None, :]
        return np.bincount(place.ravel(), local.ravel(), size * size).astype(float).reshape(size, size)

    def _blocks(self, values: Floats) -> Floats:
        blocks, bars, _ = self.cells.shape
        padded = np.zeros(blocks * bars)
        padded[: self.length] = values
        return padded.reshape(blocks, bars)


def constant_design(length: int) -> Design:
    """Return the design of a baseline that never moves."""
    return Design(np.ones((1, length, 1)), np.zeros((1, 1), dtype=np.intp), np.ones(1), length)


def flexible_design(index: pd.Index, spacing: float, hours: float) -> Design:
    """Return the design of a baseline that moves with time and with the calendar.

    Parameters
    ----------
    index : Index, shape (T,)
        Labels of the bars; dates bring the waves of day and week in.
    spacing : float
        Distance of the spline's knots in bars; infinite for one cubic over the whole sample.
    hours : float
        Length of a bar.

    Returns
    -------
    Design
        Cubic B-splines, which add to one, then waves.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.market.baseline import flexible_design
    >>> design = flexible_design(pd.RangeIndex(1000), spacing=250, hours=1.0)
    >>> design.level.size, design.times(design.level).round(12).max()
    (7, np.float64(1.0))
    """
    from scipy.interpolate import BSpline

    length = len(index)
    segments = max(1, round((length - 1) / spacing))
    inner = np.linspace(0, length - 1, segments + 1)
    knots = np.concatenate([[inner[0]] * 3, inner, [inner[-1]] * 3])
    table = BSpline.design_matrix(np.arange(length, dtype=float), knots, 3)
    values, first = table.data.reshape(length, 4), table.indices.reshape(length, 4)[:, 0]
    waves = _waves(index, hours)
    count = segments + 3
    bars = max(1, int((length - 1) / segments))
    blocks = -(-length // bars)
    cells = np.zeros((blocks * bars, _ACTIVE + waves.shape[1]))
    base = first[::bars]
    place = first - np.repeat(base, bars)[:length]
    cells[np.arange(length)[:, None], place[:, None] + np.arange(4)] = values
    cells[:length, _ACTIVE:] = waves
    # A column beyond the last spline is empty; it stands for any.
    active = np.minimum(base[:, None] + np.arange(_ACTIVE), count - 1)
    steady = np.broadcast_to(count + np.arange(waves.shape[1]), (blocks, waves.shape[1]))
    return Design(
        cells.reshape(blocks, bars, -1),
        np.concatenate([active, steady], axis=1).astype(np.intp),
        np.concatenate([np.ones(count), np.zeros(waves.shape[1])]),
        length,
    )


def _waves(index: pd.Index, hours: float) -> Floats:
    """Return sines and cosines of the calendar, as many as the sample and its bars can tell apart."""
    waves: list[Floats] = []
    if isinstance(index, pd.DatetimeIndex):
        clock = np.asarray((index - index[0].normalize()) / pd.Timedelta(hours=1), dtype=float)
        for period in _PERIODS:
            if 2 * hours <= period <= len(index) * hours / _REPEATS:
                turn = 2 * np.pi * clock / period
                # At two bars a turn the sine is zero.
                waves += [np.cos(turn), np.sin(turn)] if 2 * hours < period else [np.cos(turn)]
    return np.column_stack(waves) if waves else np.empty((len(index), 0))
