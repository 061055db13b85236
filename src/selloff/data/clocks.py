"""Clocks: when a price is struck, and which prices may be compared.

Crypto trades every hour of the year and its daily bar closes at 00:00 UTC. New York shares close at 16:00 local
time, 20:00 UTC in summer and 21:00 UTC in winter, at 13:00 on half days, and not at all on weekends and holidays.
A correlation between the two depends on which crypto price is set beside which close, so every function here names
its clock, and none fills a price forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from selloff.data.tables import load

__all__ = ["CLOCKS", "Clock", "closes", "common_returns", "daily_closes", "log_returns", "macro_changes", "sessions",
           "strikes", "weekly_windows"]  # fmt: skip

Clock = Literal["nyse", "utc", "utc_prior"]
#: When each clock strikes the crypto price of a New York session, in words.
CLOCKS: dict[Clock, str] = {
    "nyse": "at the New York close",
    "utc": "at 00:00 UTC after it",
    "utc_prior": "at the last 00:00 UTC before it",
}
Anchor = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]

# Level columns of macro_daily that change by a difference; the other levels change by their logarithm.
_DIFFERENCED = ("ust2y_pct", "ust10y_pct", "real10y_pct", "breakeven10y_pct")


@lru_cache(maxsize=8)
def _schedule(first: int, last: int) -> pd.DataFrame:
    from exchange_calendars import get_calendar

    calendar = get_calendar("XNYS", start=f"{first}-01-01", end=f"{last}-12-31")
    schedule: pd.DataFrame = calendar.schedule[["open", "close"]].copy()
    schedule.columns = pd.Index(["open_utc", "close_utc"])
    schedule.index = pd.DatetimeIndex(schedule.index.to_numpy(), name="date").as_unit("ns")
    schedule["half_day"] = schedule.index.isin(calendar.early_closes)
    return schedule


def sessions(start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.DataFrame:
    """Return the sessions of the New York Stock Exchange.

    Parameters
    ----------
    start, end : str or Timestamp
        First and last day, inclusive.

    Returns
    -------
    DataFrame
        Indexed by day: ``open_utc``, ``close_utc`` (aware, UTC) and ``half_day``.

    Examples
    --------
    >>> from selloff.data import sessions
    >>> sessions("2025-11-26", "2025-11-28")["close_utc"].dt.strftime("%d %H:%M").tolist()
    ['26 21:00', '28 18:00']
    """
    first, last = _day(start), _day(end)
    if last < first:
        raise ValueError(f"sessions: end {last:%Y-%m-%d} lies before start {first:%Y-%m-%d}; swap them")
    return _schedule(first.year, last.year).loc[first:last].copy()


def daily_closes(assets: list[str] | None = None) -> pd.DataFrame:
    """Return closes at 00:00 UTC on all seven days of the week.

    Returns
    -------
    DataFrame
        One column per asset, in USD; row ``d`` is struck at the midnight that ends day ``d``. A day without a price
        is NaN, as is a day before an asset's first.
    """
    wide = load("crypto_daily")["close"].unstack("asset").asfreq("D")
    return wide if assets is None else wide[_known(assets, wide)]


def closes(
    assets: list[str] | None = None,
    clock: Clock = "nyse",
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    folder: Path | None = None,
) -> pd.DataFrame:
    """Return crypto prices on New York sessions, struck by one clock.

    Parameters
    ----------
    assets : list of str
        Of ``"BTC"``, ``"ETH"``; both by default. All clocks read the same hourly table, so that they differ by the
        moment alone.
    clock : {"nyse", "utc", "utc_prior"}
        ``nyse``: the hour at which the session closes, half days and daylight saving included.
        ``utc``: 00:00 UTC after that close, three or four hours later, six or seven on half days.
        ``utc_prior``: the last 00:00 UTC before that close.
    start, end : str or Timestamp, optional
        First and last session; the range of the hourly table by default.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        Indexed by session; NaN where the exchange that quotes has no price for the hour. Nothing is filled forward.
    """
    _check_clock(clock, "closes")
    hourly = load("crypto_hourly", folder).rename(columns=str.upper)
    hourly = hourly[_known(["BTC", "ETH"] if assets is None else assets, hourly)]
    # The first whole day and the last: on every clock a session's price lies within them.
    earliest = hourly.index[0].tz_localize(None).normalize() + pd.Timedelta("1D")
    latest = hourly.index[-1].tz_localize(None).normalize() - pd.Timedelta("1D")
    first, last = _day(start or earliest), _day(end or latest)
    if first < earliest or last > latest:
        raise ValueError(f"closes: hourly prices run from {earliest:%Y-%m-%d} to {latest:%Y-%m-%d}; ask within them")
    moments = strikes(clock, first, last)
    prices = hourly.reindex(pd.DatetimeIndex(moments))
    prices.index = moments.index
    return prices


def strikes(clock: Clock, start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.Series:
    """Return the moment at which a clock strikes the crypto price of each New York session.

    Parameters
    ----------
    clock : {"nyse", "utc", "utc_prior"}
        As in :func:`closes`.
    start, end : str or Timestamp
        First and last session, inclusive.

    Returns
    -------
    Series
        Aware moments in UTC, indexed by session.

    Examples
    --------
    >>> from selloff.data import strikes
    >>> strikes("utc", "2025-09-25", "2025-09-26").dt.strftime("%d %b %H:%M").tolist()
    ['26 Sep 00:00', '27 Sep 00:00']
    """
    _check_clock(clock, "strikes")
    moments = sessions(start, end)["close_utc"]
    if clock != "nyse":
        moments = moments.dt.normalize() + pd.Timedelta(days=1 if clock == "utc" else 0)
    return moments.rename("strike_utc")


def log_returns(prices: pd.DataFrame) -> pd.DataFrame:
    """Return natural-log changes from each row to the next.

    A return needs both of its prices: next to a missing one it is NaN, never a change over a longer span. The first
    row, which has no predecessor, is left out.
    """
    levels = prices.where(prices > 0)
    return levels.apply(np.log).diff().iloc[1:]


def macro_changes(series: list[str] | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Return daily changes of macro series on New York sessions.

    Parameters
    ----------
    series : list of str, optional
        Columns of ``macro_daily``; all by default.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        Log changes for indices and prices, differences in percentage points for yields and spreads. A change needs
        the session before it: next to a missing level it is NaN.
    """
    table = load("macro_daily", folder)
    names = _known(list(table.columns) if series is None else series, table)
    changes = {}
    for name in names:
        levels = table[name]
        if name.endswith(("_logret", "_change_pp")):
            changes[name] = levels
        elif name in _DIFFERENCED:
            changes[name] = levels.diff()
        else:
            changes[name] = np.log(levels.where(levels > 0)).diff()
    return pd.DataFrame(changes)


def common_returns(
    asset: str,
    series: str,
    clock: Clock = "nyse",
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    folder: Path | None = None,
) -> pd.DataFrame:
    """Return one crypto asset and one macro series on their common calendar.

    Both sides change from one New York session to the next, a weekend being one step on either. Sessions on which
    either is missing are left out; nothing is filled forward.

    Returns
    -------
    DataFrame
        Columns ``asset`` and ``series`` by their names; ``attrs["clock"]`` names the clock.
    """
    crypto = log_returns(closes([asset], clock, start, end, folder))
    both = crypto.join(macro_changes([series], folder), how="inner").dropna()
    both.attrs["clock"] = clock
    return both


def weekly_windows(
    anchor: Anchor,
    start: str | pd.Timestamp,
    end: str | pd.Timestamp,
    clock: Literal["utc", "nyse"] = "utc",
) -> pd.DataFrame:
    """Return weeks that run from one anchor day's close to the next.

    Parameters
    ----------
    anchor : {"MON", ..., "SUN"}
        Day whose close starts and ends a week.
    start, end : str or Timestamp
        First and last day that may be an anchor.
    clock : {"utc", "nyse"}
        ``utc``: the midnight that ends the anchor day. ``nyse``: the New York close of the anchor day or, when that
        is no session, of the last session before it.

    Returns
    -------
    DataFrame
        ``start_utc`` and ``end_utc`` (aware), indexed by the day that ends the week.

    Examples
    --------
    >>> from selloff.data import weekly_windows
    >>> weekly_windows("FRI", "2025-09-19", "2025-09-26").iloc[0].dt.strftime("%d %b %H:%M").tolist()
    ['20 Sep 00:00', '27 Sep 00:00']
    """
    if anchor not in get_args(Anchor):
        raise ValueError(f"weekly_windows: unknown anchor {anchor!r}; expected one of {', '.join(get_args(Anchor))}")
    first, last = _day(start), _day(end)
    days = pd.date_range(first, last, freq=f"W-{anchor}")
    if clock == "utc":
        ends = (days + pd.Timedelta(days=1)).tz_localize("UTC")
    elif clock == "nyse":
        held = sessions(first - pd.Timedelta(days=10), last)
        ends = pd.DatetimeIndex(held["close_utc"].iloc[held.index.searchsorted(days, side="right") - 1])
    else:
        raise ValueError(f"weekly_windows: unknown clock {clock!r}; expected utc or nyse")
    ends = ends.as_unit("ns")
    return pd.DataFrame({"start_utc": ends[:-1], "end_utc": ends[1:]}, index=days[1:].as_unit("ns").rename("week"))


def _check_clock(clock: str, function: str) -> None:
    if clock not in get_args(Clock):
        raise ValueError(f"{function}: unknown clock {clock!r}; expected one of {', '.join(get_args(Clock))}")


def _day(value: str | pd.Timestamp) -> pd.Timestamp:
    """Take a day as a naive midnight; a moment within a day or in a time zone is refused."""
    day = pd.Timestamp(value)
    if day.tz is not None or day != day.normalize():
        raise ValueError(f"{value} is a moment; expected a day such as 2025-09-26, without hour or time zone")
    return day


def _known(names: Sequence[str], table: pd.DataFrame) -> list[str]:
    if isinstance(names, str) or not names:
        raise ValueError(f"expected a list of names out of {', '.join(map(str, table.columns))}, got {names!r}")
    for name in names:
        if name not in table.columns:
            raise ValueError(f"unknown series {name!r}; expected one of {', '.join(map(str, table.columns))}")
    return list(names)
