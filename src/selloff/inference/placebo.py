"""What a statistic comes out at when nothing happened: at other times, in other weeks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Panel, Series, check_panel, check_series, position
from selloff.inference.multiplicity import Alternative

__all__ = ["Placebo", "placebo", "placebo_shifts", "placebo_windows", "windows_apart"]

Floats = NDArray[np.float64]

#: Differences below this share of the observed value are rounding, and count as ties.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Placebo:
    """A statistic among the values it takes where nothing happened; made by :func:`placebo` and its siblings.

    Attributes
    ----------
    observed : float
        The statistic where something is claimed to have happened.
    distribution : Series, shape (n,)
        The placebo values, by shift or by the start of the window.
    pvalue : float
        ``(1 + as extreme) / (1 + n)``.
    rank : int
        Place of the observed value among all ``n + 1``, the most extreme first; ties count against it.
    alternative : str
        ``"two-sided"`` (size counts), ``"greater"`` or ``"less"``.
    independent : float
        How many placebo values that share no data there are, roughly: n without overlap, n / length with it.
    undefined : int
        Placebo values that do not exist (NaN) and were left out.
    settings : dict
        What the maker was told.
    """

    observed: float
    distribution: pd.Series
    pvalue: float
    rank: int
    alternative: str
    independent: float
    undefined: int
    settings: dict[str, Any] = field(default_factory=dict)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the central range of the placebo values: what goes on without the event."""
        if not 0 < level < 1:
            raise ValueError(f"Placebo: level must lie between 0 and 1, got {level}")
        low, high = np.quantile(self.distribution.to_numpy(), [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def to_frame(self) -> pd.DataFrame:
        """Return the placebo values and whether each is at least as extreme as the observed one."""
        values = self.distribution.to_numpy()
        return pd.DataFrame(
            {"placebo": values, "extreme": _extreme(values, self.observed, self.alternative)},
            index=self.distribution.index,
        )

    def summary(self) -> str:
        """Return the comparison as one line."""
        low, high = self.interval()
        line = (
            f"observed {self.observed:.4g}, rank {self.rank} of {len(self.distribution) + 1} ({self.alternative}), "
            f"p = {self.pvalue:.3f}; 95 % of placebo values lie within {low:.4g} and {high:.4g}"
        )
        if self.independent < len(self.distribution):
            line += f"; about {self.independent:.0f} of them share no data"
        return f"{line}; {self.undefined} undefined left out" if self.undefined else line


def placebo(
    observed: float,
    distribution: pd.Series,
    alternative: Alternative = "two-sided",
    independent: float | None = None,
    settings: dict[str, Any] | None = None,
) -> Placebo:
    """Rank an observed statistic among placebo values.

    Parameters
    ----------
    observed : float
        The statistic.
    distribution : Series, shape (n,)
        Its values where nothing happened; NaN where it is undefined.
    alternative : {"two-sided", "greater", "less"}
        What is extreme: a large size, a large value or a small one. Two-sided compares sizes, which suits a statistic
        that is about zero without an event; one that is not (a range, a sum of squares) needs one side.
    independent : float, optional
        How many values share no data; by default all.
    settings : dict, optional
        What to keep with the result.

    Returns
    -------
    Placebo

    Raises
    ------
    ValueError
        The observed value or every placebo value is undefined, or the alternative is unknown.

    Notes
    -----
    The observed value counts as one of its own placebos: under the null it is one draw among n + 1 alike, so that the
    p-value is never 0 and keeps its level when draws are exchangeable.

    References
    ----------
    Phipson and Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9, article 39, for the count.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.inference.placebo import placebo
    >>> result = placebo(-5.0, pd.Series([1.0, -2.0, 6.0, 0.5]))
    >>> result.rank, result.pvalue
    (2, 0.4)
    """
    if alternative not in get_args(Alternative):
        raise ValueError(f"placebo: unknown alternative {alternative!r}; expected {', '.join(get_args(Alternative))}")
    value = float(observed)
    if not np.isfinite(value):
        raise ValueError(f"placebo: the observed statistic is {value}; nothing can be compared with it")
    sample = pd.Series(distribution, dtype=float).replace([np.inf, -np.inf], np.nan).dropna()
    if sample.empty:
        raise ValueError("placebo: no placebo value is defined; leave out less, or pass a longer series")
    count = int(_extreme(sample.to_numpy(), value, alternative).sum())
    return Placebo(
        value,
        sample,
        pvalue=(1 + count) / (1 + len(sample)),
        rank=1 + count,
        alternative=alternative,
        independent=float(len(sample) if independent is None else min(independent, len(sample))),
        undefined=len(distribution) - len(sample),
        settings=dict(settings or {}),
    )


def placebo_shifts(
    statistic: Callable[[int], float],
    length: int,
    shifts: Iterable[int] | None = None,
    exclude: int = 0,
    alternative: Alternative = "two-sided",
) -> Placebo:
    """Compare a statistic with what it is when one side is moved through time.

    Parameters
    ----------
    statistic : callable
        From a shift to the statistic; 0 gives the observed one. It must shift in a circle, as ``numpy.roll`` does for
        a series and ``(positions + shift) % length`` for dates.
    length : int
        Observations T of the series.
    shifts : iterable of int, optional
        Shifts other than 0 to look at; by default all, 1 to T - 1.
    exclude : int
        Leave out shifts of at most this many observations either way, where an effect that lasts would show again.
    alternative : {"two-sided", "greater", "less"}
        As :func:`placebo`.

    Returns
    -------
    Placebo
        By shift.

    Raises
    ------
    ValueError
        A shift repeats, or is 0 or T; no shift is left; or as :func:`placebo`.

    Notes
    -----
    Shifting keeps what either side is like in itself (its volatility waves, the clusters of its dates) and breaks
    only what ties them. Shuffling would break both, and find ties everywhere. A trend or a change of regime in both
    sides is a tie that shifts break too: detrend first.

    References
    ----------
    Politis and Romano (1994), Journal of the American Statistical Association 89, 1303-1313, for the circle.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.placebo import placebo_shifts
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 200))
    >>> result = placebo_shifts(lambda shift: np.corrcoef(x + noise, np.roll(x, shift))[0, 1], length=200)
    >>> result.rank, result.pvalue
    (1, 0.005)
    """
    if length < 3:
        raise ValueError(f"placebo_shifts: length must be at least 3 observations, got {length}")
    if not 0 <= exclude < length / 2:
        raise ValueError(f"placebo_shifts: exclude must lie between 0 and half the length {length}, got {exclude}")
    asked = np.arange(1, length) if shifts is None else np.array(list(shifts), dtype=int) % length
    if np.unique(asked).size < asked.size:
        raise ValueError("placebo_shifts: a shift occurs twice; after the length they start again")
    if (asked == 0).any():
        raise ValueError(f"placebo_shifts: a shift of 0 or {length} is no placebo; leave it out")
    kept = asked[np.minimum(asked, length - asked) > exclude]
    if kept.size == 0:
        raise ValueError(f"placebo_shifts: no shift is left; exclude fewer than {exclude} observations")
    values = pd.Series([float(statistic(int(shift))) for shift in kept], index=pd.Index(kept, name="shift"))
    settings = {"length": length, "exclude": exclude}
    return placebo(float(statistic(0)), values, alternative, settings=settings)


def placebo_windows(
    series: Series | Panel,
    start: str | pd.Timestamp | int,
    length: int,
    statistic: Callable[[Floats], float],
    exclude: Sequence[Any] = (),
    overlap: bool = True,
    alternative: Alternative = "two-sided",
) -> Placebo:
    """Compare a statistic of one window with the same statistic of all other windows.

    Parameters
    ----------
    series : Series, DataFrame or ndarray, shape (T,) or (T, N)
        The data, without missing values.
    start : str, Timestamp or int
        First date of the window in question (a position, for arrays).
    length : int
        Observations of a window.
    statistic : callable
        From the values of a window, shape (length,) or (length, N), to a number.
    exclude : sequence of dates or of (first, last) pairs
        Windows that touch one of these are no placebo: other events, or days on which there was no market.
    overlap : bool
        Whether windows may share days with each other. Without, they are taken side by side, counted from ``start``.
    alternative : {"two-sided", "greater", "less"}
        As :func:`placebo`.

    Returns
    -------
    Placebo
        By first date. Windows that share a day with the one in question are always left out.

    Raises
    ------
    ValueError
        The series does not fit, the window does not lie within it, no other window is left; or as :func:`placebo`.

    Notes
    -----
    Overlapping windows use the data best; their p-value keeps its level, but n of them say about as much as
    ``n / length`` separate ones. A calm decade makes any week look rare and a wild one none: compare a statistic on
    the scale of its time (returns over the volatility before), or only with windows from like times, through
    ``exclude``.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105, 493-505, for the idea
    of a placebo distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.placebo import placebo_windows
    >>> returns = np.random.default_rng(0).standard_normal(300)
    >>> returns[200:205] -= 3
    >>> result = placebo_windows(returns, start=200, length=5, statistic=np.sum, alternative="less")
    >>> result.rank, len(result.distribution)
    (1, 287)
    """
    data: Any = series
    if np.ndim(data) == 2:
        values, index, _ = check_panel(data, "series", series=1)
    else:
        values, index = check_series(data, "series")
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or not 1 <= length < len(values):
        raise ValueError(f"placebo_windows: length {length!r} must be whole and lie between 1 and {len(values) - 1}")
    first = position(index, start, "start")
    if not 0 <= first <= len(values) - length:
        raise ValueError(
            f"placebo_windows: a window of {length} observations from {start} does not lie within the series"
        )
    places = windows_apart(index, np.arange(len(values) - length + 1), first, int(length), exclude)
    if not overlap:
        places = places[(places - first) % length == 0]
    if places.size == 0:
        raise ValueError("placebo_windows: no other window is left; exclude less or pass a longer series")
    found = pd.Series([float(statistic(values[at : at + length])) for at in places], index=index[places])
    settings = {"start": index[first], "length": int(length), "overlap": overlap, "excluded": len(exclude)}
    independent = len(places) / length if overlap else float(len(places))
    return placebo(float(statistic(values[first : first + length])), found, alternative, independent, settings)


def windows_apart(
    index: pd.Index, starts: NDArray[np.intp], first: int, length: int, exclude: Sequence[Any] = ()
) -> NDArray[np.intp]:
    """Return those of the windows that share no day with the one in question, nor with a day to leave out.

    Parameters
    ----------
    index : Index, shape (T,)
        Dates, or positions.
    starts : ndarray of int
        Positions at which the windows start.
    first : int
        Where the window in question starts.
    length : int
        Observations of a window.
    exclude : sequence of dates or of (first, last) pairs
        Days to leave out.

    Returns
    -------
    ndarray of int
        Positions at which the windows left start.

    Raises
    ------
    ValueError
        An item of ``exclude`` is no date.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.inference.placebo import windows_apart
    >>> windows_apart(pd.RangeIndex(10), np.arange(8), first=0, length=3, exclude=[(4, 5)]).tolist()
    [6, 7]
    """
    kept = np.abs(starts - first) >= length
    for low, high in (_span(index, item) for item in exclude):
        kept &= (starts > high) | (starts + length - 1 < low)
    return starts[kept]


def _span(index: pd.Index, item: Any) -> tuple[int, int]:
    """Return the first and last position of a date or a pair of dates."""
    ends = (item[0], item[1]) if isinstance(item, tuple | list) and len(item) == 2 else (item, item)
    low, high = (position(index, end, "exclude") for end in ends)
    dated = isinstance(index, pd.DatetimeIndex) and not isinstance(ends[1], int | np.integer)
    # The position is that of the first observation at or after a date: on a day off, the last one counts out.
    if dated and (high == len(index) or index[high].normalize() > _day(ends[1], index)):
        high -= 1
    return low, high


def _day(date: Any, index: pd.Index) -> pd.Timestamp:
    day = pd.Timestamp(date)
    zone = getattr(index, "tz", None)
    if (day.tz is None) != (zone is None):
        day = day.tz_localize(zone)
    return day.normalize()


def _extreme(values: Floats, observed: float, alternative: str) -> NDArray[np.bool_]:
    tie = _ROUNDING * abs(observed)
    extreme: NDArray[np.bool_]
    if alternative == "two-sided":
        extreme = np.abs(values) >= abs(observed) - tie
    else:
        extreme = values >= observed - tie if alternative == "greater" else values <= observed + tie
    return extreme
