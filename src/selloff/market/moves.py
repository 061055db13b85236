"""Which hours saw a large move, judged by what was ordinary before."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from selloff.inference.inputs import Series, check_series
from selloff.market.settings import check_count, check_number

__all__ = ["Direction", "large_moves"]

Direction = Literal["both", "down", "up"]


def large_moves(
    returns: Series,
    quantile: float = 0.95,
    window: int | None = 720,
    direction: Direction = "both",
    minimum: int | None = None,
) -> pd.Series:
    """Mark the returns that are large against the returns before them.

    Parameters
    ----------
    returns : Series or ndarray, shape (T,)
        Returns over equal intervals, of an hour for one; NaN where there is none.
    quantile : float
        A move is large if its size exceeds this quantile of the sizes before, from 0.5 to below 1.
    window : int, optional
        Observations before it that count (720 are 30 days of hours); None takes all of them.
    direction : {"both", "down", "up"}
        Which moves are marked. The threshold is that of sizes in all cases.
    minimum : int, optional
        Observations that the threshold needs; by default nine tenths of the window, or 720 without one.

    Returns
    -------
    Series
        1.0 for a large move, 0.0 for another, NaN where the threshold or the return is missing. With dates, a return
        that spans more than the usual interval is missing too.

    Raises
    ------
    ValueError
        As :func:`selloff.inference.inputs.check_series`; an option is unknown or a setting out of range.

    Notes
    -----
    A fixed threshold would call every hour of 2020 an event and none of 2025. A moving one takes out slow changes of
    volatility and leaves the fast ones: the shorter the window, the less clustering is left to find. The threshold of
    an hour uses the hours before it only.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.moves import large_moves
    >>> large_moves(np.array([1., -2., 1., -2., 5., 1., -9.]), quantile=0.9, window=4, direction="down").tolist()
    [nan, nan, nan, nan, 0.0, 0.0, 1.0]
    """
    if direction not in get_args(Direction):
        raise ValueError(f"large_moves: unknown direction {direction!r}; expected {', '.join(get_args(Direction))}")
    level = check_number(quantile, "quantile", 0.5, 1.0, equal=True)
    if level == 1:
        raise ValueError("quantile must lie below 1: no move would be larger than all before it but a record")
    values, index = check_series(returns, "returns", 3, missing=True)
    if window is not None:
        check_count(window, "window", 2, values.size - 1)
    usual = 720 if window is None else -(-9 * window // 10)
    needed = check_count(usual if minimum is None else minimum, "minimum", 2, window or values.size - 1)
    if isinstance(index, pd.DatetimeIndex):
        gaps = np.diff(index.asi8)
        values = np.where(np.concatenate([[False], gaps > np.median(gaps)]), np.nan, values)
    size = pd.Series(np.abs(values))
    past = size.expanding(needed) if window is None else size.rolling(window, min_periods=needed)
    threshold = past.quantile(level).shift(1).to_numpy()
    moved = {"both": np.abs(values), "down": -values, "up": values}[direction]
    marks = (moved > threshold).astype(float)
    return pd.Series(np.where(np.isnan(values) | np.isnan(threshold), np.nan, marks), index=index)
