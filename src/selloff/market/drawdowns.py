"""How far a price lay below its old high, when, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series

__all__ = ["Drawdowns", "drawdowns"]

#: A fall of exactly ``minimum`` counts in spite of rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Drawdowns:
    """The falls of a price from old highs; made by :func:`drawdowns`.

    Attributes
    ----------
    table : DataFrame
        One fall a row, in order of time:

        ``start``
            last date at the old high;
        ``trough``
            first date at the lowest price of the fall, so far if it is open;
        ``end``
            first date back at the old high or above, missing (NaT; NaN for positions) if there is none yet;
        ``depth``
            fall from ``start`` to ``trough``, a share of the old high, or of the log price;
        ``days_to_trough``, ``days_to_recover``
            from ``start`` to ``trough`` and from there to ``end``, in ``unit``; the second NaN if the fall is open;
        ``recovered``
            whether the old high came back;
        ``fall_per_day``, ``rise_per_day``
            ``depth`` over the one and over the other: the speed down and the speed back up, in the same points.
    series : Series, shape (T,)
        The running drawdown: how far each price lies below the highest so far (0 at a high, positive below).
    minimum : float
        The least depth of a fall in the table, a share of the old high.
    log : bool
        Whether depths are differences of the log price.
    unit : str
        ``"days"`` on a calendar, ``"observations"`` where the prices have no dates.
    last : object
        The last date, at which open falls are cut.
    open_days : Series
        Days from ``start`` and from ``trough`` to ``last``, columns ``peak`` and ``trough``, for each row of ``table``.
    """

    table: pd.DataFrame
    series: pd.Series
    minimum: float
    log: bool
    unit: str
    last: Any
    open_days: pd.DataFrame

    @property
    def max(self) -> float:
        """The largest depth of all, whatever ``minimum``; 0 if the price never fell."""
        return float(self.series.max())

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of ``table``."""
        return self.table.copy()

    def summary(self) -> str:
        """Return the falls as one line, or two."""
        floor = f" of at least {self.minimum:.0%}" if self.minimum else ""
        if self.table.empty:
            return f"no fall{floor} until {_text(self.last)}"
        worst = self.table.iloc[int(np.argmax(self.table["depth"]))]
        recovered = self.table[self.table["recovered"]]
        back = f"back on {_text(worst['end'])}" if worst["recovered"] else f"not back by {_text(self.last)}"
        depth = f"{worst['depth']:.3f} of the log price" if self.log else f"{worst['depth']:.1%}"
        lines = [
            f"{len(self.table)} falls{floor}, {len(recovered)} recovered; deepest {depth}, "
            f"{_text(worst['start'])} to {_text(worst['trough'])}, {back}"
        ]
        if len(recovered):
            down, up = recovered["days_to_trough"].median(), recovered["days_to_recover"].median()
            lines.append(f"recovered falls took a median of {down:g} {self.unit} down and {up:g} back up")
        return "\n".join(lines)


def drawdowns(prices: Series, minimum: float = 0.0, log: bool = False) -> Drawdowns:
    """Return every fall of a price below its old high.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Positive prices, ascending in time, without missing values. An array has positions in place of dates.
    minimum : float
        Least depth to keep, a share of the old high in [0, 1), also where ``log`` is set.
    log : bool
        Measure depth on the log price, ``log(high) - log(price)``, in place of the share ``1 - price / high``.

    Returns
    -------
    Drawdowns

    Raises
    ------
    ValueError
        The prices do not fit (see :func:`selloff.inference.inputs.check_series`), one is not positive, or ``minimum``
        is no share.

    Notes
    -----
    A fall is one stretch of prices below the highest price so far. It starts on the *last* day at that high, so that
    a high touched twice belongs to two falls that do not overlap, and it ends on the first day at the high or above.
    A fall still under water at the end of the sample is open: its trough is provisional and its duration is censored;
    :func:`selloff.market.recovery_curve` takes that into account, an average over recovered falls does not.

    Other definitions answer other questions. Rallies of a set size split one long fall into several (the
    bull-and-bear dating of Pagan and Sossounov 2003, Journal of Applied Econometrics 18, 23-46); a trailing high
    (a year's, say) forgets old ones; closes hide the lows within a day. Under any of them deep falls are few, and
    the first price of the sample is taken for a high, which it may not have been.

    Durations are in calendar days, also for shares that trade on weekdays only.

    References
    ----------
    Magdon-Ismail, Atiya, Pratap and Abu-Mostafa (2004), Journal of Applied Probability 41, 147-161, for how deep the
    worst fall of a random walk must be expected to be.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.drawdowns import drawdowns
    >>> falls = drawdowns(np.array([100.0, 80.0, 90.0, 100.0, 60.0, 75.0]))
    >>> falls.table[["start", "trough", "end", "depth", "recovered"]]
       start  trough  end  depth  recovered
    0      0       1  3.0    0.2       True
    1      3       4  NaN    0.4      False
    >>> falls.max
    0.4
    """
    values, index = check_series(prices, "prices", 2)
    if (values <= 0).any():
        first = int(np.argmax(values <= 0))
        raise ValueError(
            f"prices must be positive, got {values[first]:g} at {_text(index[first])}; pass prices, not returns"
        )
    if not 0 <= minimum < 1:
        raise ValueError(f"drawdowns: minimum must be a share in [0, 1), got {minimum}; write 10 % as 0.1")
    high = np.maximum.accumulate(values)
    share = (high - values) / high
    running = np.log(high) - np.log(values) if log else share
    start, trough, end = _episodes(values, high)
    deep = share[trough] >= minimum - _ROUNDING
    start, trough, end = start[deep], trough[deep], end[deep]
    clock = _clock(index)
    table = _table(index, clock, running[trough], start, trough, end)
    return Drawdowns(
        table,
        pd.Series(running, index=index, name="drawdown"),
        minimum=float(minimum),
        log=log,
        unit="days" if isinstance(index, pd.DatetimeIndex) else "observations",
        last=index[-1],
        open_days=pd.DataFrame({"peak": clock[-1] - clock[start], "trough": clock[-1] - clock[trough]}),
    )


def _episodes(
    values: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return the positions of start, trough and end of every fall; an open one ends at ``len(values)``."""
    under = values < high
    first = np.flatnonzero(under[1:] & ~under[:-1]) + 1
    if first.size == 0:
        return first, first, first
    end = np.flatnonzero(under[:-1] & ~under[1:]) + 1
    if end.size < first.size:
        end = np.append(end, values.size)
    # From one fall to the next, the days at a high are above the trough and change no minimum.
    lowest = np.minimum.reduceat(values, first)
    owner = np.clip(np.searchsorted(first, np.arange(values.size), side="right") - 1, 0, None)
    place = np.where(under & (values == lowest[owner]), np.arange(values.size), values.size)
    trough = np.minimum.reduceat(place, first)
    return first - 1, trough, end


def _table(
    index: pd.Index,
    clock: NDArray[np.float64],
    depth: NDArray[np.float64],
    start: NDArray[np.intp],
    trough: NDArray[np.intp],
    end: NDArray[np.intp],
) -> pd.DataFrame:
    recovered = end < len(index)
    until = np.where(recovered, end, len(index) - 1)
    down = clock[trough] - clock[start]
    up = np.where(recovered, clock[until] - clock[trough], np.nan)
    return pd.DataFrame(
        {
            "start": index[start],
            "trough": index[trough],
            "end": pd.Series(index[until]).where(pd.Series(recovered, dtype=bool)),
            "depth": depth,
            "days_to_trough": down,
            "days_to_recover": up,
            "recovered": recovered,
            "fall_per_day": depth / down,
            "rise_per_day": depth / up,
        }
    )


def _clock(index: pd.Index) -> NDArray[np.float64]:
    """Return the time of each observation: days since the first, or its position."""
    if not isinstance(index, pd.DatetimeIndex):
        return np.arange(len(index), dtype=float)
    days: NDArray[np.float64] = np.asarray((index - index[0]) / pd.Timedelta(days=1), dtype=float)
    return days


def _text(label: Any) -> str:
    if isinstance(label, pd.Timestamp):
        return f"{label:%Y-%m-%d}" if label == label.normalize() else f"{label:%Y-%m-%d %H:%M}"
    return f"row {label:g}" if isinstance(label, int | float | np.number) else str(label)
