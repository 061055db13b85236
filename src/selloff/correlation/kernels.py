"""Rolling correlations of many pairs without a subtraction of running sums.

Time is cut into blocks of ``window`` rows. A window that ends in row m of a block is the rows m + 1 and later of the
block before and the rows up to m of its own: a sum from the back of the one and a sum from the front of the other.
Nothing is ever taken out of a sum, so a large value spoils no window that it has left.

Arrays called padded have the shape (blocks + 1, window, N): the block before the first is included, NaN where no row
is. Pairs stand in the order of ``itertools.combinations``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SHARE",
    "TINY",
    "Engine",
    "Standard",
    "check_window",
    "choose_engine",
    "frames",
    "pad",
    "pair_positions",
    "pair_rows",
    "place",
    "second_look",
    "standardise",
]

Engine = Literal["numpy", "numba"]
Floats = NDArray[np.float64]

# From this number of series on, compiled loops repay the time that loading them takes.
_MANY = 31
# Rows of two blocks whose median is the centre of both.
_SAMPLE = 9
# A variance below this share of the raw second moment has lost three digits: such windows take two passes.
# So do windows whose moment is so small that products would vanish.
SHARE, TINY = 1e-3, 1e-200
# Largest values of a block that need no factor.
_LEAST, _MOST = 1e-60, 1e100


def choose_engine(engine: Engine | None, series: int) -> Engine:
    """Return the engine to use: as told, or numba for more than 30 series where it is installed.

    Raises
    ------
    ValueError
        The engine is unknown.
    ImportError
        numba is asked for and missing.
    """
    if engine is None:
        return "numba" if series >= _MANY and find_spec("numba") else "numpy"
    if engine not in get_args(Engine):
        raise ValueError(f"unknown engine {engine!r}; expected {', '.join(get_args(Engine))}")
    if engine == "numba" and not find_spec("numba"):
        raise ImportError('engine "numba" needs the package numba, which is missing; pip install "selloff[scale]"')
    return engine


def check_window(window: int, length: int) -> int:
    """Return the window if it is a whole number that fits ``length`` observations.

    Raises
    ------
    ValueError
        It does not.
    """
    if isinstance(window, bool) or not isinstance(window, int | np.integer):
        raise ValueError(f"window must be a whole number of observations, got {window!r}")
    if not 3 <= window <= length:
        raise ValueError(f"window {window} must lie between 3 and the sample's {length} observations")
    return int(window)


def pad(rows: Floats, window: int, before: int = 0) -> Floats:
    """Return rows as blocks, after a block that ends with the first ``before`` of them.

    Parameters
    ----------
    rows : ndarray, shape (T, N)
    window : int
    before : int
        Rows that precede the first block, fewer than the window.

    Returns
    -------
    ndarray, shape (blocks + 1, window, N)
    """
    blocks = -(-(len(rows) - before) // window)
    padded = np.full(((blocks + 1) * window, rows.shape[1]), np.nan)
    padded[window - before : window - before + len(rows)] = rows
    return padded.reshape(blocks + 1, window, rows.shape[1])


def frames(padded: Floats) -> tuple[Floats, Floats]:
    """Return a centre and a factor for each block and series; they serve the block and the one before it.

    Returns
    -------
    centre : ndarray, shape (blocks, N)
        Median of a few rows of the two blocks, times the factor. Any centre near the values will do; this one does
        not follow a bad tick.
    factor : ndarray, shape (blocks, N)
        A power of two, 1 unless squares of the values could overflow or vanish; then it brings the largest value to
        about 1. It rounds nothing.
    """
    blocks, window, series = len(padded) - 1, padded.shape[1], padded.shape[2]
    # Row 0 of the block before belongs to no window, and a task may not have read it.
    rows = np.unique(np.linspace(1, 2 * window - 1, _SAMPLE).round().astype(np.intp))
    sample = padded.reshape(-1, series)[np.arange(blocks)[:, None] * window + rows]
    sample.sort(axis=1)
    middle = np.maximum(np.count_nonzero(~np.isnan(sample), axis=1) - 1, 0) // 2
    centre = np.take_along_axis(sample, middle[:, None], axis=1)[:, 0]
    factor = np.ones((blocks, series))
    every = padded.reshape(-1)
    # A look at the sample and at all values together mostly spares the search for each largest value.
    seen = np.fmax(-sample[:, 0], np.fmax.reduce(sample, axis=1))
    if np.any(seen < _LEAST) or max(np.fmax.reduce(every), -np.fmin.reduce(every)) > _MOST:
        largest = np.fmax.reduce(np.abs(np.concatenate([padded[:-1, 1:], padded[1:]], axis=1)), axis=1)
        exponent = np.frexp(np.where((largest >= _LEAST) & (largest <= _MOST) | np.isnan(largest), 0.5, largest))[1]
        factor = np.ldexp(1.0, -np.clip(exponent, -1000, 1024))
    return np.where(np.isnan(centre), 0, centre) * factor, factor


@dataclass(frozen=True, eq=False)
class Standard:
    """Blocks ready for :func:`pair_rows`; every array has the shape (window, blocks, N).

    Attributes
    ----------
    before, own : ndarray
        Centred rows of the block before and of the block itself.
    scale : ndarray
        One over the root of the window's centred sum of squares; NaN where a window is not defined or flagged.
    shift : ndarray
        The window's mean in units of its standard deviation.
    flagged : ndarray of bool
        Windows that :func:`second_look` must decide: flat, or too badly conditioned for one pass.
    """

    before: Floats
    own: Floats
    scale: Floats
    shift: Floats
    flagged: NDArray[np.bool_]


def standardise(padded: Floats) -> Standard:
    """Centre the rows of each block and the block before, and find scale and mean of every window."""
    window = padded.shape[1]
    centre, factor = frames(padded)
    before, own = (part.transpose(1, 0, 2).copy() for part in (padded[:-1], padded[1:]))
    # Row 0 belongs to no window, and the factor is not made for it.
    before[0] = 0
    for rows in (before, own):
        rows *= factor
        rows -= centre
    total = _window_sums(before.copy(), own.copy())
    moment = _window_sums(before * before, own * own)
    mean = total / window
    variance = moment - total * mean
    sound = (variance > SHARE * moment) & (moment > TINY)
    scale = 1 / np.sqrt(np.where(sound, variance, np.nan))
    return Standard(before, own, scale, mean * np.sqrt(window) * scale, ~sound & (moment == moment))


def pair_rows(blocks: Standard, series: int, buffer: Floats | None = None) -> Floats:
    """Return the correlations of one series with all later ones.

    Parameters
    ----------
    blocks : Standard
    series : int
        Position of the series.
    buffer : ndarray, optional
        Three times as many numbers as all windows of all series; saves asking for memory each time.

    Returns
    -------
    ndarray, shape (window, blocks, N - series - 1)
        NaN where a window is not defined or flagged.
    """
    window, count, all_series = blocks.own.shape
    others = all_series - series - 1
    shape = (window, count, others)
    size = window * count * others
    space = np.empty(3 * size) if buffer is None else buffer
    before, out, product = (space[k * size : (k + 1) * size].reshape(shape) for k in range(3))
    one, rest = slice(series, series + 1), slice(series + 1, None)
    np.multiply(blocks.before[:, :, one], blocks.before[:, :, rest], out=before)
    np.multiply(blocks.own[:, :, one], blocks.own[:, :, rest], out=out)
    _window_sums(before, out)
    np.multiply(blocks.scale[:, :, one], blocks.scale[:, :, rest], out=product)
    np.multiply(out, product, out=out)
    np.multiply(blocks.shift[:, :, one], blocks.shift[:, :, rest], out=product)
    np.subtract(out, product, out=out)
    np.minimum(out, 1, out=out)
    return np.maximum(out, -1, out=out)


def place(series: int, first: int) -> int:
    """Return the position of the first pair of a series among the pairs of ``series`` series."""
    return first * series - first * (first + 1) // 2


def pair_positions(series: int, one: np.intp, others: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the positions of the pairs of one series with others, earlier or later."""
    first, second = np.minimum(one, others), np.maximum(one, others)
    positions: NDArray[np.intp] = first * series - first * (first + 1) // 2 + second - first - 1
    return positions


def second_look(padded: Floats, flagged: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.intp], Floats]]:
    """Compute flagged windows by two passes, each with its own mean and scale.

    Parameters
    ----------
    padded : ndarray, shape (blocks + 1, window, N)
    flagged : ndarray of bool, shape (blocks, window, N)

    Yields
    ------
    row : int
        Row in which windows end, from the first block's first row on.
    which : ndarray of int, shape (n,)
        The flagged series there, without flat ones.
    correlations : ndarray, shape (n, N)
        Each with every series; NaN where the other is not defined.
    """
    if not flagged.any():
        return
    window, series = padded.shape[1], padded.shape[2]
    rows = padded.reshape(-1, series)
    marked = flagged.reshape(-1, series)
    columns = np.flatnonzero(marked.any(axis=0))
    still = np.zeros_like(marked)
    still[:, columns] = marked[:, columns] & ~_flat(rows[:, columns], window)[window:]
    for row in np.flatnonzero(still.any(axis=1)):
        which = np.flatnonzero(still[row])
        unit = _unit(rows[row + 1 : row + 1 + window])
        correlations = np.array([(unit[:, one, None] * unit).sum(axis=0) for one in which])
        yield int(row), which, np.clip(correlations, -1, 1)


def _window_sums(before: Floats, own: Floats) -> Floats:
    """Add up, in place and along the first axis, from the back of ``before`` and from the front of ``own``."""
    for row in range(len(own) - 2, 0, -1):
        before[row] += before[row + 1]
    for row in range(1, len(own)):
        own[row] += own[row - 1]
    own[:-1] += before[1:]
    return own


def _flat(rows: Floats, window: int) -> NDArray[np.bool_]:
    """Return whether the last ``window`` rows are equal, exactly."""
    changed = np.zeros(rows.shape, dtype=np.intp)
    changed[1:] = np.where(rows[1:] == rows[:-1], 0, np.arange(1, len(rows))[:, None])
    since = np.arange(len(rows))[:, None] - np.maximum.accumulate(changed, axis=0)
    flat: NDArray[np.bool_] = since >= window - 1
    return flat


def _unit(window: Floats) -> Floats:
    """Return columns with mean zero and sum of squares one; NaN for a flat column or one with a gap."""
    exponent = np.frexp(np.where(np.isnan(window), 0, np.abs(window)).max(axis=0))[1]
    # A small value is brought up in two steps: its factor may be too large for a number.
    half = -exponent // 2
    unit: Floats = np.ldexp(np.ldexp(window, half), -exponent - half)
    # The mean is rounded; a second one of what is left mends that where values differ by a few units in the last place.
    unit = unit - unit.mean(axis=0)
    unit = unit - unit.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = unit / np.abs(unit).max(axis=0)
        root: Floats = np.sqrt((unit * unit).sum(axis=0))
        return unit / root
