"""Abnormal returns: what a model of calm days leaves unexplained in a window, and how far it might be off by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import position

__all__ = ["Abnormal", "Model", "abnormal_returns", "event_places", "offsets"]

Model = Literal["market", "mean", "adjusted"]
Floats = NDArray[np.float64]

#: Coefficients that each model estimates.
_COEFFICIENTS = {"market": 2, "mean": 1, "adjusted": 0}
#: Fewest days that a model is fitted on, and days left out before a window whose estimation is given as a length.
FEWEST, _GAP = 30, 10


@dataclass(frozen=True, eq=False)
class Abnormal:
    """Abnormal returns of K assets around one date; made by :func:`abnormal_returns`.

    Attributes
    ----------
    estimation : ndarray, shape (M, K)
        Abnormal returns of the estimation period, NaN where the asset or the market has none.
    window : ndarray, shape (L, K)
        Abnormal returns of the window.
    alpha, beta : ndarray, shape (K,)
        Coefficients of the model of normal returns.
    sd : ndarray, shape (K,)
        Residual standard deviation, in the unit of the returns.
    se : ndarray, shape (K,)
        Standard deviation of the forecast error of the sum over the window.
    observations : ndarray of int, shape (K,)
        Days of the estimation period used.
    freedom : ndarray of int, shape (K,)
        ``observations`` less the coefficients of the model.
    """

    estimation: Floats
    window: Floats
    alpha: Floats
    beta: Floats
    sd: Floats
    se: Floats
    observations: NDArray[np.intp]
    freedom: NDArray[np.intp]

    @property
    def car(self) -> Floats:
        """Cumulative abnormal return of each asset, shape (K,)."""
        total: Floats = self.window.sum(axis=0)
        return total

    @property
    def scar(self) -> Floats:
        """``car / se``, shape (K,)."""
        ratio: Floats = self.car / self.se
        return ratio


def abnormal_returns(
    before: Floats, market_before: Floats, during: Floats, market_during: Floats, model: Model = "market"
) -> Abnormal:
    """Fit a model of normal returns to the estimation period and take it off the window.

    Parameters
    ----------
    before : ndarray, shape (M, K)
        Returns of the estimation period; NaN where there is none.
    market_before : ndarray, shape (M,)
        Returns of the market in the same period; zeros will do for the mean model.
    during : ndarray, shape (L, K)
        Returns of the window.
    market_during : ndarray, shape (L,)
        Returns of the market in the window.
    model : {"market", "mean", "adjusted"}
        Normal is ``alpha + beta market``, the mean, or the market itself.

    Returns
    -------
    Abnormal

    Raises
    ------
    ValueError
        The model is unknown.

    Notes
    -----
    For the market model the variance of the summed forecast error is
    ``s^2 (L + L^2 / M + (sum over the window of (x - mean x))^2 / S)`` with ``S`` the sum of squares of the market
    about its mean in the estimation period: the estimated line is off on all days of the window at once, so that the
    errors of the days are correlated and the terms with L squared do not average out. The mean model drops the last
    term, the adjusted one both. ``s^2`` divides by M less the coefficients; the adjusted model takes it about zero.

    References
    ----------
    MacKinlay (1997), Journal of Economic Literature 35, 13-39.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.abnormal import abnormal_returns
    >>> x = np.array([0.0, 1.0, 2.0, 1.0])
    >>> fit = abnormal_returns((1 + 2 * x + [0.1, 0.0, 0.1, -0.2])[:, None], x, np.array([[4.0], [6.0]]), x[1:3])
    >>> fit.beta.round(6).tolist(), fit.window[:, 0].round(6).tolist()
    ([2.0], [1.0, 1.0])
    """
    if model not in get_args(Model):
        raise ValueError(f"event_study: unknown model {model!r}; expected {', '.join(get_args(Model))}")
    known = np.isfinite(before) & np.isfinite(market_before)[:, None]
    count = known.sum(axis=0)
    y = np.where(known, before, 0.0)
    x = np.where(known, market_before[:, None], 0.0)
    ones = np.ones(before.shape[1])
    alpha, beta, spread = 0 * ones, 0 * ones, 0 * ones
    with np.errstate(divide="ignore", invalid="ignore"):
        if model == "adjusted":
            beta = ones
        elif model == "mean":
            alpha = y.sum(axis=0) / count
            spread = len(during) ** 2 / count
        else:
            mean = x.sum(axis=0) / count
            centred = np.where(known, x - mean, 0.0)
            square = np.sum(centred**2, axis=0)
            beta = np.sum(centred * y, axis=0) / square
            alpha = y.sum(axis=0) / count - beta * mean
            spread = len(during) ** 2 / count + (market_during.sum() - len(during) * mean) ** 2 / square
        residual = np.where(known, y - alpha - beta * x, np.nan)
        freedom = count - _COEFFICIENTS[model]
        sd = np.sqrt(np.nansum(residual**2, axis=0) / freedom)
        se = sd * np.sqrt(len(during) + spread)
    normal = alpha + beta * market_during[:, None]
    return Abnormal(
        estimation=residual,
        window=during - normal,
        alpha=alpha,
        beta=beta,
        sd=sd,
        se=se,
        observations=count,
        freedom=freedom,
    )


def offsets(
    estimation: int | tuple[int, int], window: int | tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the two periods of an event study as (first, last), in observations from the event, ends included.

    Parameters
    ----------
    estimation : int or pair of int
        The period, or its length: then it ends 10 observations before the window.
    window : int or pair of int
        The window, or its length: then it starts with the event.

    Raises
    ------
    ValueError
        A period is no pair of whole numbers, runs backwards, is too short, or the estimation reaches into the window.

    Examples
    --------
    >>> from selloff.market.abnormal import offsets
    >>> offsets(240, 5)
    ((-250, -11), (0, 4))
    """
    during = _pair((0, window - 1) if _whole(window) else window, "window")  # type: ignore[operator]
    end = during[0] - _GAP - 1
    before = _pair((end - estimation + 1, end) if _whole(estimation) else estimation, "estimation")  # type: ignore[operator]
    if before[1] >= during[0]:
        raise ValueError(
            f"event_study: the estimation period {before} must end before the window {during} begins; it would learn "
            "from the event"
        )
    if before[1] - before[0] + 1 < FEWEST:
        raise ValueError(f"event_study: the estimation period {before} is shorter than {FEWEST} observations")
    return before, during


def _pair(pair: Any, name: str) -> tuple[int, int]:
    whole = isinstance(pair, tuple | list) and len(pair) == 2 and all(_whole(end) for end in pair)
    if not whole or pair[0] > pair[1]:
        raise ValueError(f"event_study: {name} must be a length or (first, last) in whole observations, got {pair!r}")
    return int(pair[0]), int(pair[1])


def event_places(events: Any, index: pd.Index, columns: pd.Index) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the column and the position of every event.

    Parameters
    ----------
    events : date, mapping, Series, DataFrame or sequence
        One date common to all columns; dates by column name (columns without one are left out); a table with columns
        ``asset`` and ``date``, in which an asset may occur more than once; or one date a column, in their order.
    index, columns : Index
        Of the returns.

    Returns
    -------
    column, place : ndarray of int, shape (K,)
        A date without an observation stands for the next one that has.

    Raises
    ------
    ValueError
        A column is unknown, a date lies outside the sample, the number of dates does not fit, or an event is given
        twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.market.abnormal import event_places
    >>> column, place = event_places({"eth": 7, "btc": 5}, pd.RangeIndex(10), pd.Index(["btc", "eth"]))
    >>> column.tolist(), place.tolist()
    ([1, 0], [7, 5])
    """
    pairs = _pairs(events, columns)
    unknown = [asset for asset, _ in pairs if asset not in columns]
    if unknown:
        raise ValueError(f"event_study: no returns of {unknown[0]!r}; known are {', '.join(map(str, columns))}")
    column = np.array([columns.get_loc(asset) for asset, _ in pairs], dtype=np.intp)
    place = np.array([_place(index, date) for _, date in pairs], dtype=np.intp)
    if len(set(zip(column.tolist(), place.tolist(), strict=True))) < len(pairs):
        raise ValueError("event_study: an asset has the same event twice; one return must not count double")
    return column, place


def _pairs(events: Any, columns: pd.Index) -> list[tuple[Any, Any]]:
    if isinstance(events, pd.DataFrame):
        if not {"asset", "date"} <= set(events.columns):
            raise ValueError(f"event_study: a table of events needs the columns asset and date, got {list(events)}")
        return list(zip(events["asset"], events["date"], strict=True))
    if isinstance(events, Mapping | pd.Series):
        pairs = list(events.items())
    elif isinstance(events, list | tuple | np.ndarray | pd.Index):
        dates = list(events)
        if len(dates) not in (1, len(columns)):
            raise ValueError(
                f"event_study: {len(dates)} events for {len(columns)} assets; expected one date common to all, one an "
                "asset, or a table with columns asset and date"
            )
        pairs = list(zip(columns, dates * len(columns) if len(dates) == 1 else dates, strict=True))
    else:
        pairs = [(asset, events) for asset in columns]
    if not pairs:
        raise ValueError("event_study: there is no event")
    return pairs


def _place(index: pd.Index, date: Any) -> int:
    place = position(index, date, "event")
    early = isinstance(index, pd.DatetimeIndex) and place == 0 and not _whole(date) and _before(index, date)
    if early or not 0 <= place < len(index):
        raise ValueError(
            f"event_study: event {date} lies outside the sample, {_text(index[0])} to {_text(index[-1])}; pass returns "
            "that reach there"
        )
    return place


def _before(index: pd.DatetimeIndex, date: Any) -> bool:
    day = pd.Timestamp(date)
    first = index[0]
    return bool(day.tz_localize(None).normalize() < first.tz_localize(None).normalize())


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _text(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else f"row {label}"
