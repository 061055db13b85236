"""Block bootstrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["block_length", "moving_blocks"]


def block_length(x: ArrayLike) -> int:
    """Return the block length that suits a series, at least 1.

    References
    ----------
    Politis and White (2004), Econometric Reviews 23, 53-70; corrected by Patton, Politis and White (2009),
    Econometric Reviews 28, 372-375. Computed by ``arch.bootstrap.optimal_block_length`` (circular blocks).
    """
    from arch.bootstrap import optimal_block_length

    best = float(optimal_block_length(np.asarray(x, dtype=float))["circular"].iloc[0])
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

    References
    ----------
    Kuensch (1989), Annals of Statistics 17, 1217-1241.
    """
    if not 1 <= block <= length:
        raise ValueError(f"moving_blocks: block {block} must lie between 1 and the length {length}")
    if replications < 1:
        raise ValueError(f"moving_blocks: replications must be at least 1, got {replications}")
    blocks = -(-length // block)
    starts = np.random.default_rng(seed).integers(0, length - block + 1, size=(replications, blocks))
    positions = starts[:, :, None] + np.arange(block)
    return positions.reshape(replications, -1)[:, :length]
