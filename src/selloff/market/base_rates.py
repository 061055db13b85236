"""Earlier falls like this one, found without knowing what came after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series, position

__all__ = ["SimilarEpisodes", "fall_sizes", "similar_episodes"]

Definition = Literal["depth", "volatility", "drawdown"]

_UNITS = {"depth": "of the price", "volatility": "standard deviations", "drawdown": "below the high"}


@dataclass(frozen=True, eq=False)
class SimilarEpisodes:
    """The dates of falls alike; made by :func:`similar_episodes`.

    Attributes
    ----------
    table : DataFrame
        One episode a row: its date (index), on which it could first be known, and its ``size`` in the unit of the
        definition.
    candidates : int
        All dates that qualify, before those too close to an earlier one were left out.
    examined : int
        Dates on which the size is defined.
    fall, days, definition, tolerance, window, gap, before : object
        Settings.
    """

    table: pd.DataFrame
    candidates: int
    examined: int
    fall: float
    days: int
    definition: str
    tolerance: float | None
    window: int
    gap: int
    before: Any

    @property
    def dates(self) -> pd.Index:
        """The dates of the episodes."""
        return self.table.index

    def to_frame(self) -> pd.DataFrame:
        """Return the episodes with ``date`` as a column."""
        return self.table.reset_index()

    def summary(self) -> str:
        """Return the episodes as one line."""
        within = "or more" if self.tolerance is None else f"give or take {self.tolerance:.0%}"
        return (
            f"{len(self.table)} episodes at least {self.gap} observations apart, of {self.candidates} dates alike and "
            f"{self.examined} examined: a fall of {self.fall:.3g} {_UNITS[self.definition]} over {self.days} "
            f"observations, {within}"
        )


def fall_sizes(prices: Series, days: int, definition: Definition = "depth", window: int = 90) -> pd.Series:
    """Return how large the fall up to each date was; a rise is negative.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Positive prices, without missing values.
    days : int
        Observations that the fall takes.
    definition : {"depth", "volatility", "drawdown"}
        ``depth``: share of the price lost over ``days``. ``volatility``: fall of the log price over ``days``, in
        standard deviations of such a fall as the ``window`` returns before it had them. ``drawdown``: share below
        the highest price so far; ``days`` plays no part.
    window : int
        Returns that set the standard deviation; at least 10.

    Returns
    -------
    Series, shape (T,)
        NaN until it is defined. Each value uses prices up to its date only.

    Raises
    ------
    ValueError
        The prices do not fit or are not positive; a setting makes no sense.

    Notes
    -----
    ``volatility`` is ``-(log p_t - log p_{t-days}) / (s sqrt(days))``, where ``s`` is the root mean square of the
    ``window`` log returns up to ``t - days``: the fall itself does not raise its own yardstick.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market import fall_sizes
    >>> fall_sizes(np.array([100.0, 80.0, 90.0, 45.0]), days=1).round(3).tolist()
    [nan, 0.2, -0.125, 0.5]
    """
    if definition not in get_args(Definition):
        raise ValueError(f"fall_sizes: unknown definition {definition!r}; expected {', '.join(get_args(Definition))}")
    values, index = check_series(prices, "prices", 2)
    if (values <= 0).any():
        first = int(np.argmax(values <= 0))
        raise ValueError(f"prices must be positive, got {values[first]:g} at {index[first]}; pass prices, not returns")
    if not 1 <= days < values.size:
        raise ValueError(f"fall_sizes: days {days} must lie between 1 and {values.size - 1}, the prices less one")
    size = np.full(values.size, np.nan)
    if definition == "depth":
        size[days:] = 1 - values[days:] / values[:-days]
    elif definition == "drawdown":
        size[:] = 1 - values / np.maximum.accumulate(values)
    else:
        if not 10 <= window <= values.size - 1 - days:
            raise ValueError(f"fall_sizes: window {window} must lie between 10 and {values.size - 1 - days}")
        log = np.log(values)
        before = pd.Series(np.diff(log, prepend=np.nan) ** 2).rolling(window).mean().to_numpy()[:-days]
        with np.errstate(divide="ignore", invalid="ignore"):
            size[days:] = (log[:-days] - log[days:]) / np.sqrt(before * days)
        size[~np.isfinite(size)] = np.nan
    return pd.Series(size, index=index, name=definition)


def similar_episodes(
    prices: Series,
    fall: float,
    days: int,
    definition: Definition = "depth",
    tolerance: float | None = 0.25,
    window: int = 90,
    gap: int | None = None,
    before: str | pd.Timestamp | int | None = None,
) -> SimilarEpisodes:
    """Return earlier falls of about the same size, none overlapping another.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Positive prices, without missing values.
    fall : float
        The size to look for, in the unit of the definition (see :func:`fall_sizes`): 0.1 for 10 %, or 2.5 standard
        deviations.
    days : int
        Observations that the fall takes.
    definition : {"depth", "volatility", "drawdown"}
        What makes falls alike.
    tolerance : float, optional
        Largest relative difference in size; None keeps every fall at least as large.
    window : int
        For ``volatility``: returns that set the standard deviation.
    gap : int, optional
        Least observations between two episodes; ``days`` by default. To look at what came after, take at least that
        horizon, so that the returns after two episodes do not overlap either.
    before : str, Timestamp or int, optional
        Only dates before this one (a position, for arrays): the fall in question is not its own precedent.

    Returns
    -------
    SimilarEpisodes

    Raises
    ------
    ValueError
        As :func:`fall_sizes`; ``fall``, ``tolerance`` or ``gap`` makes no sense.

    Notes
    -----
    Dates are taken in the order of time: the first date that qualifies, then the first that does at least ``gap``
    observations later, and so on. Each was known on its day. Taking the deepest day of each cluster would look
    ahead, and would make the rise after it certain. A fall that goes on through the range counts on the day it
    enters it, whatever followed.

    The definitions do not agree on what is alike: 10 % was a quiet week for bitcoin in 2014 and a rare one in 2024.
    Run all of them.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.base_rates import similar_episodes
    >>> prices = np.array([100.0, 90.0, 81.0, 90.0, 100.0, 89.0, 95.0])
    >>> similar_episodes(prices, fall=0.1, days=1).dates.to_list()
    [1, 2, 5]
    """
    if not (np.isfinite(fall) and fall > 0) or (definition != "volatility" and fall >= 1):
        raise ValueError(f"similar_episodes: fall must be a positive size, a share below 1 of the price, got {fall}")
    if tolerance is not None and not 0 < tolerance < 1:
        raise ValueError(f"similar_episodes: tolerance must lie between 0 and 1, or be None, got {tolerance}")
    sizes = fall_sizes(prices, days, definition, window)
    apart = days if gap is None else gap
    if apart < 1:
        raise ValueError(f"similar_episodes: gap must be at least 1 observation, got {apart}")
    end = len(sizes) if before is None else position(sizes.index, before, "before")
    size = sizes.to_numpy()[:end]
    low, high = (fall, np.inf) if tolerance is None else (fall * (1 - tolerance), fall * (1 + tolerance))
    # The smallest differences are rounding: 1 - 90 / 100 is not quite 0.1.
    alike = np.flatnonzero((size >= low - 1e-12) & (size <= high + 1e-12))
    chosen = _apart(alike, apart)
    return SimilarEpisodes(
        pd.DataFrame({"size": size[chosen]}, index=sizes.index[chosen].rename("date")),
        candidates=alike.size,
        examined=int(np.isfinite(size).sum()),
        fall=float(fall),
        days=days,
        definition=definition,
        tolerance=tolerance,
        window=window,
        gap=apart,
        before=before,
    )


def _apart(places: NDArray[np.intp], gap: int) -> NDArray[np.intp]:
    chosen: list[int] = []
    for place in places.tolist():
        if not chosen or place - chosen[-1] >= gap:
            chosen.append(place)
    return np.array(chosen, dtype=np.intp)
