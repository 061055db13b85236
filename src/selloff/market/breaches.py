"""Closes that fall through their moving average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.market.settings import check_count

__all__ = ["Average", "Breaches", "average_states", "moving_average", "moving_average_breaches", "positive_prices"]

Average = Literal["simple", "exponential"]
Floats = NDArray[np.float64]

#: A close nearer to a limit than this share of it lies on it: the mean of equal prices is not quite that price.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Breaches:
    """Falls of a close through its moving average; made by :func:`moving_average_breaches`.

    Attributes
    ----------
    table : DataFrame
        One row a breach, by its date (index ``date``): the ``price`` and the ``average`` of that day, the ``depth``
        below the average (share of it), the ``deepest`` it came to lie below it until it was back, the date of that
        ``return`` (NaT, or NaN for positions, while there is none), the ``days`` below until then, or until the end
        of the sample, and whether it ``returned``.
    average : Series, shape (T,)
        The moving average; NaN before it has ``length`` closes.
    below : Series of bool, shape (T,)
        Whether the last crossing was downwards, that is, a breach has not been made good.
    length, kind, band : object
        Settings.
    unit : str
        ``"days"``, or ``"observations"`` where the prices have no dates.
    """

    table: pd.DataFrame
    average: pd.Series
    below: pd.Series
    length: int
    kind: str
    band: float
    unit: str

    @property
    def dates(self) -> pd.Index:
        """The dates of the breaches."""
        return self.table.index

    @property
    def count(self) -> int:
        """Number of breaches."""
        return len(self.table)

    @property
    def last(self) -> Any:
        """Date of the last breach; None if there was none."""
        return self.table.index[-1] if len(self.table) else None

    def to_frame(self) -> pd.DataFrame:
        """Return the breaches with ``date`` as a column."""
        return self.table.reset_index()

    def summary(self) -> str:
        """Return the breaches as one line."""
        rule = f"{self.length}-observation {self.kind} average" + (f", band {self.band:.1%}" if self.band else "")
        if not self.count:
            return f"no close fell through the {rule}"
        back = self.table[self.table["returned"]]
        median = f", back after a median of {back['days'].median():g} {self.unit}" if len(back) else ""
        last = self.table.iloc[-1]
        day = f"{self.last:%Y-%m-%d}" if isinstance(self.last, pd.Timestamp) else f"row {self.last}"
        state = f"back after {last['days']:g}" if last["returned"] else f"still below after {last['days']:g}"
        falls = "1 fall" if self.count == 1 else f"{self.count} falls"
        return f"{falls} through the {rule}{median}; last on {day}, {state} {self.unit}"


def moving_average_breaches(prices: Series, length: int = 100, kind: Average = "simple", band: float = 0.0) -> Breaches:
    """Return the dates on which the close fell through its moving average from above.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Positive closes, without missing values.
    length : int
        Closes in the average, that of the day included; at least 2.
    kind : {"simple", "exponential"}
        Plain mean, or weights that fall by ``1 - 2 / (length + 1)`` a day, from the first close of the sample on.
    band : float
        Share of the average, 0 to below 1: a breach is a close below ``(1 - band) average``, and the next one counts
        only after a close above ``(1 + band) average``.

    Returns
    -------
    Breaches

    Raises
    ------
    ValueError
        The prices do not fit or are not positive, the length does not fit into the sample, or a setting makes no
        sense.

    Notes
    -----
    Breaches and averages of a day use closes up to that day only; what comes later changes neither. The deepest close
    and the return are known later. A sample that begins below its average has no breach before it has been above.

    Without a band a close that wavers around its average counts every time; the number of breaches says more about
    the band than about the market. A fall through the average is often reported by another close (another exchange,
    another hour), which moves single dates.

    References
    ----------
    Brock, Lakonishok and LeBaron (1992), Journal of Finance 47, 1731-1764.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.breaches import moving_average_breaches
    >>> falls = moving_average_breaches(np.array([4.0, 6.0, 8.0, 4.0, 3.0, 9.0, 2.0]), length=2)
    >>> falls.dates.to_list(), falls.table["average"].to_list(), falls.table["returned"].to_list()
    ([3, 6], [6.0, 5.5], [True, False])
    """
    values, index = positive_prices(prices, length, kind, band)
    average = moving_average(values, length, kind)
    states = average_states(values, average, band)
    before = np.concatenate([[0], states[:-1]])
    start = np.flatnonzero((states == -1) & (before == 1))
    above = np.append(np.flatnonzero(states == 1), values.size)
    stop = above[np.searchsorted(above, start)]
    dated = isinstance(index, pd.DatetimeIndex)
    clock = np.asarray((index - index[0]) / pd.Timedelta(days=1) if dated else np.arange(values.size), dtype=float)
    back = stop < values.size
    until = np.where(back, stop, values.size - 1)
    share = 1 - values / average
    deepest = [float(share[low : high + 1].max()) for low, high in zip(start, until, strict=True)]
    table = pd.DataFrame(
        {
            "price": values[start],
            "average": average[start],
            "depth": share[start],
            "deepest": np.array(deepest, dtype=float),
            "return": pd.Series(index[until]).where(pd.Series(back, dtype=bool)).array,
            "days": clock[until] - clock[start],
            "returned": back,
        },
        index=index[start].rename("date"),
    )
    return Breaches(
        table,
        pd.Series(average, index=index, name="average"),
        pd.Series(states == -1, index=index, name="below"),
        length=int(length),
        kind=kind,
        band=float(band),
        unit="days" if dated else "observations",
    )


def moving_average(values: Floats, length: int, kind: Average) -> Floats:
    """Return the moving average of a price, NaN before it has ``length`` closes.

    Notes
    -----
    Simple averages are summed anew for every day: a running sum would carry a bad tick along in its rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.breaches import moving_average
    >>> moving_average(np.array([1.0, 2.0, 6.0]), 2, "simple").tolist()
    [nan, 1.5, 4.0]
    """
    out = np.full(values.size, np.nan)
    if kind == "simple":
        out[length - 1 :] = np.convolve(values, np.full(length, 1 / length), "valid")
    else:
        weighted = pd.Series(values).ewm(span=length, adjust=False).mean().to_numpy()
        out[length - 1 :] = weighted[length - 1 :]
    return out


def average_states(values: Floats, average: Floats, band: float) -> NDArray[np.int8]:
    """Return whether the last crossing of the band was upwards (1), downwards (-1), or there was none yet (0)."""
    with np.errstate(invalid="ignore"):
        over = values > (1 + band) * average * (1 + _ROUNDING)
        under = values < (1 - band) * average * (1 - _ROUNDING)
    signal = over.astype(np.int8) - under.astype(np.int8)
    latest = np.maximum.accumulate(np.where(signal != 0, np.arange(values.size), 0))
    states: NDArray[np.int8] = signal[latest]
    return states


def positive_prices(prices: Series, length: int, kind: str, band: float) -> tuple[Floats, pd.Index]:
    """Check prices and the settings of a moving average; return the values and their index.

    Raises
    ------
    ValueError
        As :func:`moving_average_breaches`.
    """
    if kind not in get_args(Average):
        raise ValueError(f"moving average: unknown kind {kind!r}; expected {', '.join(get_args(Average))}")
    if not 0 <= band < 1:
        raise ValueError(f"moving average: band must be a share from 0 to below 1, got {band}; write 1 % as 0.01")
    values, index = check_series(prices, "prices", 3)
    if (values <= 0).any():
        first = int(np.argmax(values <= 0))
        raise ValueError(f"prices must be positive, got {values[first]:g} at {index[first]}; pass prices, not returns")
    check_count(length, "moving average: length", 2, values.size)
    return values, index
