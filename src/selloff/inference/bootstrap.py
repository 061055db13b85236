"""Block bootstrap, and the band that all draws of a path share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["SupT", "block_length", "moving_blocks", "stationary_blocks", "sup_t"]

Kind = Literal["circular", "stationary"]
Floats = NDArray[np.float64]


def block_length(x: ArrayLike, kind: Kind = "circular") -> int:
    """Return the block length that suits a series, at least 1.

    Parameters
    ----------
    x : array_like, shape (T,)
        The series whose mean is bootstrapped: the influence of an estimate, not the data.
    kind : {"circular", "stationary"}
        Blocks of one length (also for :func:`moving_blocks`), or of random length with this mean
        (:func:`stationary_blocks`).

    Returns
    -------
    int
        Rounded up.

    Raises
    ------
    ValueError
        Unknown kind.

    References
    ----------
    Politis and White (2004), Econometric Reviews 23, 53-70; corrected by Patton, Politis and White (2009),
    Econometric Reviews 28, 372-375. Computed by ``arch.bootstrap.optimal_block_length``.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference import block_length
    >>> slow = np.sin(np.arange(400) / 10) + np.random.default_rng(0).standard_normal(400)
    >>> block_length(slow) > block_length(slow, "stationary") > 5
    True
    """
    if kind not in get_args(Kind):
        raise ValueError(f"block_length: unknown kind {kind!r}; expected {', '.join(get_args(Kind))}")
    from arch.bootstrap import optimal_block_length

    best = float(optimal_block_length(np.asarray(x, dtype=float))[kind].iloc[0])
    return max(1, int(np.ceil(best))) if np.isfinite(best) else 1


def moving_blocks(length: int, block: int, replications: int, seed: int = 0) -> NDArray[np.intp]:
    """Draw the positions of a moving-block bootstrap.

    Parameters
    ----------
    length : int
        Length of the series.
    block : int
        Length of a block; the last block of a draw is cut to fit.
    replications, seed : int
        Number of draws, and the seed of the generator.

    Returns
    -------
    ndarray, shape (replications, length)
        Positions from 0 to ``length - 1``.

    Raises
    ------
    ValueError
        The block does not fit into the series, or there is no draw.

    References
    ----------
    Kuensch (1989), Annals of Statistics 17, 1217-1241.

    Examples
    --------
    >>> from selloff.inference import moving_blocks
    >>> moving_blocks(length=6, block=3, replications=2).tolist()
    [[3, 4, 5, 2, 3, 4], [2, 3, 4, 1, 2, 3]]
    """
    if not 1 <= block <= length:
        raise ValueError(f"moving_blocks: block {block} must lie between 1 and the length {length}")
    if replications < 1:
        raise ValueError(f"moving_blocks: replications must be at least 1, got {replications}")
    blocks = -(-length // block)
    starts = np.random.default_rng(seed).integers(0, length - block + 1, size=(replications, blocks))
    positions = starts[:, :, None] + np.arange(block)
    return positions.reshape(replications, -1)[:, :length]


def stationary_blocks(length: int, block: float, replications: int, seed: int = 0) -> NDArray[np.intp]:
    """Draw the positions of a stationary bootstrap.

    Parameters
    ----------
    length : int
        Length of the series.
    block : float
        Mean length of a block, from 1 (single days) to the length of the series.
    replications, seed : int
        Number of draws, and the seed of the generator.

    Returns
    -------
    ndarray, shape (replications, length)
        Positions from 0 to ``length - 1``.

    Raises
    ------
    ValueError
        The block does not fit into the series, or there is no draw.

    Notes
    -----
    A block starts anywhere and ends after each day with probability ``1 / block``; after the last day of the series
    comes the first. Every day is drawn equally often on average, the first and the last too, and a draw is itself a
    stationary series. The price is a larger variance of the bootstrap variance than with blocks of one length.

    References
    ----------
    Politis and Romano (1994), Journal of the American Statistical Association 89, 1303-1313.

    Examples
    --------
    >>> from selloff.inference.bootstrap import stationary_blocks
    >>> stationary_blocks(length=6, block=3, replications=2, seed=4).tolist()
    [[5, 0, 1, 4, 5, 0], [5, 2, 3, 4, 5, 0]]
    """
    if not 1 <= block <= length:
        raise ValueError(f"stationary_blocks: block {block} must lie between 1 and the length {length}")
    if replications < 1:
        raise ValueError(f"stationary_blocks: replications must be at least 1, got {replications}")
    rng = np.random.default_rng(seed)
    begins = rng.random((replications, length)) * block < 1
    begins[:, 0] = True
    starts = rng.integers(0, length, size=(replications, length))
    # Each day counts from the day on which its block began.
    step = np.arange(length)
    first = np.maximum.accumulate(np.where(begins, step, 0), axis=1)
    positions: NDArray[np.intp] = (np.take_along_axis(starts, first, axis=1) + step - first) % length
    return positions


@dataclass(frozen=True, eq=False)
class SupT:
    """A path with its simultaneous band; made by :func:`sup_t`.

    Attributes
    ----------
    estimate, lower, upper, se : ndarray, shape (m,)
        The path, the band, and the standard deviation of the draws.
    critical : float
        Half-width of the band in standard errors.
    pointwise : float
        The same for each point by itself: the normal quantile.
    level : float
        Nominal coverage of the whole path.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    se: Floats
    critical: float
    pointwise: float
    level: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row a point."""
        return pd.DataFrame({name: getattr(self, name) for name in ("estimate", "lower", "upper", "se")})

    def summary(self) -> str:
        """Return the band as one line."""
        return (
            f"simultaneous {self.level:.0%} band of {self.estimate.size} points: {self.critical:.2f} standard errors "
            f"either side ({self.pointwise:.2f} for one point by itself)"
        )


def sup_t(draws: ArrayLike, estimate: ArrayLike, level: float = 0.95) -> SupT:
    """Return the band that holds a whole path at once, from bootstrap draws of it.

    Parameters
    ----------
    draws : array_like, shape (B, m)
        Draws of the path, all points of a row from one sample; at least 50 rows.
    estimate : array_like, shape (m,)
        The path.
    level : float
        Coverage of all points together, between 0 and 1.

    Returns
    -------
    SupT

    Raises
    ------
    ValueError
        The shapes do not fit, a value is missing, or a point is the same in all draws but not in the estimate.

    Notes
    -----
    ``estimate_j -+ c s_j`` where ``s_j`` is the standard deviation of the draws and ``c`` the ``level`` quantile of
    ``max_j |draw_j - estimate_j| / s_j`` over draws. Of the bands of this form that cover, this is the narrowest. A
    point that no draw moves has no width. Few draws make ``c`` too small: take 1,000 or more for a 95 % band.

    References
    ----------
    Montiel Olea and Plagborg-Moller (2019), Journal of Applied Econometrics 34, 1-17.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.bootstrap import sup_t
    >>> band = sup_t(np.random.default_rng(0).standard_normal((20_000, 10)), np.zeros(10))
    >>> round(band.critical, 1), round(band.pointwise, 2)
    (2.8, 1.96)
    """
    from scipy.stats import norm

    path, sample = np.asarray(estimate, dtype=float), np.asarray(draws, dtype=float)
    if path.ndim != 1 or sample.ndim != 2 or sample.shape[1] != path.size or path.size == 0:
        raise ValueError(
            f"sup_t: draws of shape {sample.shape} do not fit an estimate of shape {path.shape}; expected one row a "
            "draw and one column a point"
        )
    if len(sample) < 50:
        raise ValueError(f"sup_t: {len(sample)} draws are too few for a band; take 1000 or more")
    if not (np.isfinite(path).all() and np.isfinite(sample).all()):
        raise ValueError("sup_t: a draw or the estimate is missing or infinite; leave that point out")
    if not 0 < level < 1:
        raise ValueError(f"sup_t: level must lie between 0 and 1, got {level}")
    se: Floats = sample.std(axis=0, ddof=1)
    distance = np.abs(sample - path)
    # The standard deviation of a constant column is rounding, not zero.
    fixed = np.ptp(sample, axis=0) == 0
    if (distance[:, fixed] > 0).any():
        raise ValueError(
            f"sup_t: no draw moves point {int(np.argmax(fixed & (distance > 0).any(axis=0)))}, and none equals the "
            "estimate there; check that both are the same quantity"
        )
    se = np.where(fixed, 0.0, se)
    scaled = np.divide(distance, se, out=np.zeros_like(distance), where=se > 0)
    critical = float(np.quantile(scaled.max(axis=1), level))
    return SupT(path, path - critical * se, path + critical * se, se, critical, float(norm.ppf(0.5 + level / 2)), level)
