"""A rolling correlation with the band that chance alone would fill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from selloff.correlation.constancy import correlation_influence
from selloff.inference import block_length, moving_blocks
from selloff.inference.inputs import Series, paired
from selloff.inference.null import ConstantCorrelation, constant_correlation

__all__ = ["Band", "correlation_band"]

# Windows drawn at once: their draws stay in the cache.
_CHUNK = 48
# Bootstrap replications per simulated path that sets the simultaneous band, and the fewest paths.
_SHARE, _FEWEST = 10, 200


@dataclass(frozen=True, eq=False)
class Band:
    """A rolling correlation with its pointwise and its simultaneous band; made by :func:`correlation_band`.

    Attributes
    ----------
    estimate, lower, upper : Series
        The correlation and, for each date by itself, its interval.
    simultaneous_lower, simultaneous_upper : Series
        The band that holds a constant correlation on all dates at once with probability ``level``.
    window, replications, seed : int
        Settings.
    block : int or None
        The block length as used; None where positions were given.
    level : float
        Nominal coverage.
    critical : float
        Half-width of the simultaneous band in standard errors.
    null : ConstantCorrelation
        The model whose simulation gave ``critical``.
    """

    estimate: pd.Series
    lower: pd.Series
    upper: pd.Series
    simultaneous_lower: pd.Series
    simultaneous_upper: pd.Series
    window: int
    level: float
    block: int | None
    replications: int
    seed: int
    critical: float
    null: ConstantCorrelation

    def to_frame(self) -> pd.DataFrame:
        """Return estimate and bands as columns, dates with a full window only."""
        names = ("estimate", "lower", "upper", "simultaneous_lower", "simultaneous_upper")
        return pd.DataFrame({name: getattr(self, name) for name in names}).dropna()

    def admits(self, value: float) -> bool:
        """Whether one constant correlation of ``value`` fits inside the simultaneous band on every date."""
        frame = self.to_frame()
        return bool((frame["simultaneous_lower"] <= value).all() and (value <= frame["simultaneous_upper"]).all())

    def summary(self) -> str:
        """Return the band as one line."""
        frame = self.to_frame()
        width = float((frame["simultaneous_upper"] - frame["simultaneous_lower"]).median())
        blocks = "given positions" if self.block is None else f"blocks of {self.block}"
        return (
            f"{self.window}-observation correlation on {len(frame)} dates: {frame['estimate'].min():.2f} to "
            f"{frame['estimate'].max():.2f}; median width of the simultaneous {self.level:.0%} band {width:.2f} "
            f"({self.replications} replications, {blocks}; {self.critical:.2f} standard errors)"
        )


def correlation_band(
    x: Series,
    y: Series,
    window: int,
    level: float = 0.95,
    replications: int = 2000,
    block: int | None = None,
    seed: int = 0,
    indices: NDArray[np.intp] | None = None,
) -> Band:
    """Return the rolling Pearson correlation with pointwise and simultaneous bands.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values. They must not overlap in time.
    window : int
        Number of observations in a window.
    level : float
        Coverage of either band.
    replications, seed : int
        Bootstrap draws (and a tenth as many simulated paths, at least 200), and the seed of their generators.
    block : int, optional
        Block length; by default chosen from the influence function of the whole sample's correlation, and at most a
        third of the window.
    indices : ndarray, shape (replications, window), optional
        Positions within a window to draw, in place of random blocks.

    Returns
    -------
    Band
        The same inputs and seed give the same band.

    Raises
    ------
    ValueError
        The inputs do not fit together, a value is missing, a setting makes no sense, or no window has a correlation.

    Notes
    -----
    The pointwise band is a moving-block bootstrap inside each window. Draws are compared on the scale of ``arctanh``,
    which keeps bands inside [-1, 1].

    The simultaneous band is a sup-t band, ``tanh(arctanh r_t -+ c s_t)``. The standard error ``s_t`` comes from the
    influence function in the window, its square averaged with the mean over all windows, since one window's fourth
    moments are noisy. The critical value ``c`` is the ``level`` quantile of the largest studentised deviation over
    all dates in simulations of :func:`selloff.inference.constant_correlation` fitted to the sample: GARCH waves, t
    errors, one correlation. Overlapping windows thus move together as they do in the data, which draws inside windows
    cannot show. The appendix on validation states the simulated coverage.

    References
    ----------
    Montiel Olea and Plagborg-Moller (2019), Journal of Applied Econometrics 34, 1-17, for sup-t bands; block length
    by Politis and White (2004), Econometric Reviews 23, 53-70.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import correlation_band
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 300))
    >>> band = correlation_band(x, x + noise, window=60, replications=200)
    >>> band.admits(0.7), band.admits(0.0)
    (True, False)
    """
    left, right, index = paired(x, y, window, missing=False)
    if not 0 < level < 1:
        raise ValueError(f"correlation_band: level must lie between 0 and 1, got {level}")
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        raise ValueError("correlation_band: no window has a defined correlation; a series is flat throughout")
    if indices is None:
        if block is None:
            block = min(block_length(correlation_influence(left, right)), window // 3)
        indices = moving_blocks(window, block, replications, seed)
    else:
        indices, block = _positions(indices, window), None
    if len(indices) < 2:
        raise ValueError("correlation_band: one draw has no spread; expected at least 2 replications")
    estimate, half, se = _windows(left, right, indices, level)
    # A date has a band if its correlation is defined in the sample and in every draw.
    defined = np.isfinite(estimate) & np.isfinite(half) & np.isfinite(se)
    if not defined.any():
        raise ValueError("correlation_band: no window has a defined correlation; a series is flat in each")
    null = constant_correlation(left, right)
    paths = max(_FEWEST, len(indices) // _SHARE)
    critical = _critical(_largest_deviations(null, left.size, window, paths, seed), window, level)
    middle, half = _arctanh(estimate[defined]), half[defined]
    wide = np.maximum(critical * _steadied(se[defined]), half)

    def on_index(values: NDArray[np.float64]) -> pd.Series:
        out = np.full(left.size, np.nan)
        out[window - 1 :][defined] = values
        return pd.Series(out, index=index)

    return Band(
        on_index(estimate[defined]),
        on_index(np.tanh(middle - half)),
        on_index(np.tanh(middle + half)),
        on_index(np.tanh(middle - wide)),
        on_index(np.tanh(middle + wide)),
        window=window,
        level=level,
        block=block,
        replications=len(indices),
        seed=seed,
        critical=critical,
        null=null,
    )


def _positions(indices: NDArray[np.intp], window: int) -> NDArray[np.intp]:
    given = np.asarray(indices)
    fits = given.ndim == 2 and given.shape[1] == window and given.size and np.issubdtype(given.dtype, np.integer)
    if not fits or np.any((given < 0) | (given >= window)):
        raise ValueError(f"correlation_band: indices must be (replications, {window}) positions from 0 to {window - 1}")
    return given.astype(np.intp)


def _arctanh(r: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded: NDArray[np.float64] = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    return bounded


def _steadied(se: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average each squared standard error with the mean over all windows (rows)."""
    steady: NDArray[np.float64] = np.sqrt((se**2 + np.mean(se**2, axis=0)) / 2)
    return steady


def _windows(
    x: NDArray[np.float64], y: NDArray[np.float64], indices: NDArray[np.intp], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for every window, the correlation, the bootstrap half-width and the standard error on arctanh's scale."""
    left, right = sliding_window_view(x, indices.shape[1]), sliding_window_view(y, indices.shape[1])
    share = _shares(indices)
    out = np.full((3, len(left)), np.nan)
    for start in range(0, len(left), _CHUNK):
        part = slice(start, start + _CHUNK)
        zx, zy = _standardised(left[part]), _standardised(right[part])
        r = np.clip((zx * zy).mean(axis=1), -1, 1)
        psi = zx * zy - r[:, None] * (zx**2 + zy**2) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            # Two means were estimated.
            variance = (psi**2).mean(axis=1) / (psi.shape[1] - 2)
            out[2, part] = np.sqrt(variance) / (1 - np.minimum(r**2, 1 - 1e-12))
        out[0, part] = r
        out[1, part] = _half_width(_arctanh(_draws(zx, zy, share)), level)
    return out[0], out[1], out[2]


def _shares(indices: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how often a draw (columns) takes a position (rows), as a share of its length."""
    replications, window = indices.shape
    flat = indices + window * np.arange(replications)[:, None]
    counts = np.bincount(flat.ravel(), minlength=replications * window).reshape(replications, window)
    return np.ascontiguousarray(counts.T / window)


def _standardised(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    # A flat window has range zero exactly; its variance may come out as rounding noise.
    flat = np.ptp(windows, axis=1) == 0
    z = windows - windows.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        z /= np.abs(z).max(axis=1, keepdims=True)
        z /= np.sqrt((z * z).mean(axis=1, keepdims=True))
    standardised: NDArray[np.float64] = np.where(flat[:, None], np.nan, z)
    return standardised


def _draws(zx: NDArray[np.float64], zy: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation of every draw (columns) in every standardised window (rows).

    All windows draw the same positions within themselves, so the sums of all draws in all windows are one matrix
    product, whatever the length of a block.
    """
    products = np.concatenate([zx, zy, zx * zx, zy * zy, zx * zy]) @ share
    sx, sy, sxx, syy, sxy = products.reshape(5, len(zx), share.shape[1])
    sxy -= sx * sy
    sxx -= np.square(sx, out=sx)
    syy -= np.square(sy, out=sy)
    sxx *= syy
    with np.errstate(invalid="ignore", divide="ignore"):
        draws: NDArray[np.float64] = sxy / np.sqrt(sxx, out=sxx)
    return draws


def _half_width(draws: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Return the ``level`` quantile of a window's (rows) absolute deviations from the mean draw."""
    deviations = draws - draws.mean(axis=1, keepdims=True)
    rank = int(np.ceil(level * draws.shape[1])) - 1
    ordered = np.partition(np.abs(deviations, out=deviations), rank, axis=1)[:, rank]
    # A draw without a correlation sorts to the end and would pass unseen.
    half: NDArray[np.float64] = np.where(np.isfinite(draws).all(axis=1), ordered, np.nan)
    return half


def _critical(largest: NDArray[np.float64], window: int, level: float) -> float:
    """Return the critical value: the deviation that a new path exceeds with probability ``1 - level``."""
    rank = min(int(np.ceil(level * (largest.size + 1))), largest.size)
    # The largest of every few dates lies below the largest of all dates. A rolling correlation moves like a Brownian
    # motion from date to date, for which the mean gap is known: 0.5826 standard deviations of a step (Broadie,
    # Glasserman and Kou 1997, Mathematical Finance 7, 325-349), and a step has the variance 2 step / window.
    gap = 0.5826 * (np.sqrt(2 * _step(window) / window) - np.sqrt(2 / window))
    return float(np.sort(largest)[rank - 1] + gap)


def _step(window: int) -> int:
    """Return the distance between the dates that a simulated path is looked at: every few, to save time."""
    return max(step for step in range(1, max(1, window // 20) + 1) if window % step == 0)


def _largest_deviations(
    null: ConstantCorrelation, length: int, window: int, paths: int, seed: int
) -> NDArray[np.float64]:
    """Return the largest studentised deviation from the constant of each simulated path."""
    x, y = null.simulate(length, paths, seed)
    step = _step(window)
    # Simulated returns have mean zero, so fourth moments need no centre.
    xx, yy, xy = x * x, y * y, x * y
    moments = (x, y, xx, yy, xy, xx * xx, yy * yy, xy * xy, xx * xy, yy * xy)
    whole = length - length % step
    steps = np.stack([each[:whole].reshape(-1, step, paths).sum(axis=1) for each in moments], axis=1)
    mx, my, mxx, myy, mxy, m40, m04, m22, m31, m13 = _moving_sums(steps, window // step) / window
    vx, vy = mxx - mx**2, myy - my**2
    scale = np.sqrt(vx * vy)
    r = (mxy - mx * my) / scale
    variance = m22 / scale**2 * (1 + r**2 / 2) + r**2 / 4 * (m40 / vx**2 + m04 / vy**2)
    variance -= r / scale * (m31 / vx + m13 / vy)
    se = np.sqrt(np.maximum(variance, 0) / window) / (1 - r**2)
    largest: NDArray[np.float64] = np.max(np.abs(_arctanh(r) - np.arctanh(null.rho)) / _steadied(se), axis=0)
    return largest


def _moving_sums(steps: NDArray[np.float32], width: int) -> NDArray[np.float64]:
    """Return the sums of ``width`` neighbouring rows of an array (rows, moments, paths), moments first."""
    out = np.empty((steps.shape[1], len(steps) - width + 1, steps.shape[2]))
    total = steps[:width].sum(axis=0, dtype=float)
    out[:, 0] = total
    for row in range(width, len(steps)):
        total += steps[row]
        total -= steps[row - width]
        out[:, row - width + 1] = total
    return out
