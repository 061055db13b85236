"""Spans: which hours the row of one date tells of, table by table."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from selloff.data.clocks import sessions
from selloff.data.tables import load

__all__ = ["row_spans"]


class _Rule(NamedTuple):
    """From when to when a row reaches: days from its date, and the hour on a local clock."""

    table: str
    label: str
    zone: str
    start: tuple[int, str]
    end: tuple[int, str]


# As the manifests say under clock; a test compares the hours.
_FIXED = (
    _Rule("fear_greed_daily", "Fear and Greed index", "UTC", (-1, "00:00"), (0, "00:00")),
    _Rule("funding_8h", "funding rate, first stamp of the date", "UTC", (-1, "16:00"), (0, "00:00")),
    _Rule("crypto_hourly", "hourly price, first stamp of the date", "UTC", (-1, "23:00"), (0, "00:00")),
    _Rule("crypto_daily", "crypto close, total value, implied volatility", "UTC", (0, "00:00"), (1, "00:00")),
)
_FIXING, _NOON = ("Europe/Brussels", "14:15"), ("America/New_York", "12:00")


def row_spans(date: str | pd.Timestamp) -> pd.DataFrame:
    """Return which hours the rows that bear one date tell of.

    A change reaches from the moment of the row before to the moment of its own; a score or a payment covers the hours
    that it sums up.

    Parameters
    ----------
    date : str or Timestamp
        A session of New York on which the European Central Bank fixed rates.

    Returns
    -------
    DataFrame
        Columns ``table``, ``label`` (in words), ``start_utc`` and ``end_utc`` (aware), ordered by the end and then
        by the start.

    Raises
    ------
    ValueError
        The date is no session of New York or no fixing day of the bank.

    Examples
    --------
    >>> from selloff.data import row_spans
    >>> spans = row_spans("2025-09-22").set_index("table")
    >>> spans.loc["macro_daily", "start_utc"].dt.strftime("%a %H:%M").tolist()
    ['Fri 16:00', 'Fri 20:00']
    """
    day = pd.Timestamp(date)
    fixings = _last_two(pd.DatetimeIndex(load("fx_ecb_daily").index), day, "fixing day of the bank")
    held = sessions(day - pd.Timedelta(days=10), day)
    traded = _last_two(pd.DatetimeIndex(held.index), day, "session of New York")
    closed = pd.DatetimeIndex(held["close_utc"])
    rows = [
        (rule.table, rule.label, _moment(day, *rule.start, rule.zone), _moment(day, *rule.end, rule.zone))
        for rule in _FIXED
    ] + [
        ("fx_ecb_daily", "euro reference rates", _local(fixings[0], *_FIXING), _local(fixings[1], *_FIXING)),
        ("macro_daily", "broad dollar", _local(traded[0], *_NOON), _local(traded[1], *_NOON)),
        ("macro_daily", "S&P 500, Nasdaq-100, fund flows", closed[-2], closed[-1]),
    ]
    frame = pd.DataFrame(rows, columns=["table", "label", "start_utc", "end_utc"])
    return frame.sort_values(["end_utc", "start_utc"]).reset_index(drop=True)


def _last_two(days: pd.DatetimeIndex, day: pd.Timestamp, kind: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the day and the one before it, both of a calendar."""
    place = int(days.searchsorted(day))
    if place == 0 or place == len(days) or days[place] != day:
        raise ValueError(f"row_spans: {day:%Y-%m-%d} is no {kind}; choose another day")
    return days[place - 1], days[place]


def _moment(day: pd.Timestamp, shift: int, hour: str, zone: str) -> pd.Timestamp:
    return _local(day + pd.Timedelta(days=shift), zone, hour)


def _local(day: pd.Timestamp, zone: str, hour: str) -> pd.Timestamp:
    return pd.Timestamp(f"{day:%Y-%m-%d} {hour}", tz=zone).tz_convert("UTC")
