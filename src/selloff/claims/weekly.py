"""Claims about the size and the rank of the week's fall: C01, C03, C04."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selloff.claims.ledger import Claim, Specification, claims, stated, weeks
from selloff.claims.published import published
from selloff.claims.result import Evaluator, Measure
from selloff.data import daily_closes, load, weekly_windows
from selloff.data.clocks import Anchor

__all__ = [
    "EVALUATORS", "Window", "anchor_changes", "gaps_by_hour", "price_moments", "range_position", "week_changes",
    "week_rank", "window",
]  # fmt: skip

_ANCHORS: dict[Anchor, str] = {
    "MON": "Monday", "TUE": "Tuesday", "WED": "Wednesday", "THU": "Thursday", "FRI": "Friday", "SAT": "Saturday",
    "SUN": "Sunday",
}  # fmt: skip


@dataclass(frozen=True)
class Window:
    """A week with a start and an end on some clock.

    Attributes
    ----------
    key, label : str
        Its key in the ledger and its name in words.
    start, end : Timestamp
        Aware, on the clock by which the window is defined, so that an earlier week keeps its local hour.
    drawdown : bool
        Measure the worst fall inside the window rather than the change from start to end.
    """

    key: str
    label: str
    start: pd.Timestamp
    end: pd.Timestamp
    drawdown: bool = False

    def back(self, count: int) -> Window:
        """Return the window ``count`` weeks earlier."""
        shift = pd.DateOffset(weeks=count)
        return Window(self.key, self.label, self.start - shift, self.end - shift, self.drawdown)

    def change(self, prices: pd.Series) -> float:
        """Return the relative change of ``prices`` (aware, UTC, at the moments they are struck); NaN if one lacks."""
        if self.drawdown:
            path = prices.loc[self.start : self.end]
            return float((path / path.cummax() - 1).min()) if len(path) else np.nan
        return float(prices.get(self.end, np.nan) / prices.get(self.start, np.nan) - 1)


def window(key: str, folder: Path | None = None) -> Window:
    """Return one window of the ledger by its key."""
    terms = weeks(folder)[key]
    start, end = (pd.Timestamp(terms[edge], tz=terms["zone"]) for edge in ("start", "end"))
    return Window(key, terms["label"], start, end, terms.get("measure") == "drawdown")


def week_changes(prices: pd.Series, shape: Window, first: str | pd.Timestamp) -> pd.Series:
    """Return the change of every week of one shape, from the week that ends on or after ``first`` to the window's own.

    Parameters
    ----------
    prices : Series
        Prices indexed by the moment they are struck (aware).
    shape : Window
        The window of the week under study; earlier weeks lie a whole number of weeks back on its own clock.
    first : str or Timestamp
        Earliest day a week may end.

    Returns
    -------
    Series
        Relative changes indexed by the week's end (UTC), oldest first.
    """
    since = pd.Timestamp(first, tz="UTC")
    changes = {}
    count = 0
    while (week := shape.back(count)).end >= since:
        changes[week.end.tz_convert("UTC")] = week.change(prices)
        count += 1
    return pd.Series(changes, dtype=float).sort_index()


def week_rank(changes: pd.Series, margin: float = 0.0) -> int:
    """Return the rank of the last week among all, 1 being the steepest fall.

    A week that fell further by no more than ``margin`` is level with it and takes no rank from it. Weeks without a
    price are left out; without one in the last week there is no rank.

    Raises
    ------
    ValueError
        The last week has no change.
    """
    if np.isnan(changes.iloc[-1]):
        raise ValueError("week_rank: the last week has no change, for a price is missing; choose another window")
    return int((changes < changes.iloc[-1] - margin).sum()) + 1


def price_moments(asset: str) -> pd.Series:
    """Return an asset's daily closes indexed by the moment they are struck: the midnight that ends the day."""
    return _at_midnight(daily_closes([asset])[asset].dropna())


def _at_midnight(daily: pd.Series) -> pd.Series:
    # Row d is struck at the midnight that ends day d.
    return daily.set_axis((pd.DatetimeIndex(daily.index) + pd.Timedelta(days=1)).tz_localize("UTC"))


def anchor_changes(first: str, last: str) -> pd.DataFrame:
    """Return the change over seven days of BTC and ETH by the weekday on which a week ends, on two clocks.

    Parameters
    ----------
    first, last : str
        Seven days; each weekday's week ends on the one that falls among them.

    Returns
    -------
    DataFrame
        Columns ``anchor`` (weekday), ``clock``, ``asset``, ``change_pct``.
    """
    hourly = load("crypto_hourly").rename(columns=str.upper)
    rows = []
    for clock, words in (("utc", "00:00 UTC"), ("nyse", "New York close")):
        for anchor, weekday in _ANCHORS.items():
            early = pd.Timestamp(first) - pd.Timedelta(days=7)
            week = weekly_windows(anchor, early, last, clock).iloc[-1]  # type: ignore[arg-type]
            changes = 100 * (hourly.loc[week["end_utc"]] / hourly.loc[week["start_utc"]] - 1)
            rows += [
                {"anchor": weekday, "clock": words, "asset": asset, "change_pct": float(change)}
                for asset, change in changes.items()
            ]
    return pd.DataFrame(rows)


def gaps_by_hour(first: str, last: str, folder: Path | None = None) -> pd.DataFrame:
    """Return how far the change since one moment lies from the report's two weekly figures, hour by hour.

    Parameters
    ----------
    first, last : str
        The moment from which the change is measured and the last hour, UTC.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        Index the end of each hour (UTC), columns ``BTC`` and ``ETH``, in percentage points; 0 is the stated figure.

    Examples
    --------
    >>> from selloff.claims import gaps_by_hour
    >>> gaps_by_hour("2025-09-22", "2025-09-26").iloc[-1].round(2).to_dict()
    {'BTC': -0.41, 'ETH': -0.84}
    """
    prices = load("crypto_hourly", folder).rename(columns=str.upper)[["BTC", "ETH"]]
    start, end = (pd.Timestamp(moment, tz="UTC") for moment in (first, last))
    path = prices.loc[start:end]
    said = {
        claim.terms["asset"]: stated(claim.terms["stated"], folder)
        for claim in claims(folder)
        if "asset" in claim.terms
    }
    return 100 * (path.iloc[1:] / prices.loc[start] - 1) - pd.Series(said)


def range_position(end: pd.Timestamp, price: float, days: int, folder: Path | None = None) -> float:
    """Return where a bitcoin price stands between the lowest low and the highest high of the last ``days`` days.

    The days are the ``days`` UTC days that had closed by ``end``. 0 is the low, 1 the high; a price below the
    range is negative.
    """
    daily = load("crypto_daily", folder).xs("BTC", level="asset")
    closed = end.tz_convert("UTC").tz_localize(None).normalize() - pd.Timedelta(days=1)
    span = daily.loc[closed - pd.Timedelta(days=days - 1) : closed]
    low, high = float(span["low"].min()), float(span["high"].max())
    return (price - low) / (high - low)


def _capitalisation(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    lost = (
        _quoted_loss(claim, folder) if spec["vendor"] == "other" else _loss(window(spec["week"], folder), spec, folder)
    )
    close = abs(lost - stated(claim.terms["stated"], folder)) <= claim.terms["tolerance"]
    yield Measure("size", -lost, claim.unit, close)


def _loss(week: Window, spec: Specification, folder: Path | None) -> float:
    """Return what the whole market lost in a week of whole days, by one vendor."""
    table = load("market_cap_daily", folder)
    # The week starts at the close of the day before its first.
    first = week.start.tz_localize(None) - pd.Timedelta(days=1)
    days = table.loc[first : week.end.tz_localize(None) - pd.Timedelta(days=1)]
    start = days["high_usd_bn"].iloc[:-1] if spec["measured"] == "high_low" else days["total_usd_bn"].iloc[:1]
    if spec["measured"] == "close_close":
        return float(start.iloc[0] - days["total_usd_bn"].iloc[-1])
    # Within a day nobody knows which came first, the high or the low: only lows of later days count.
    later = days["low_usd_bn"].iloc[::-1].cummin().iloc[::-1].shift(-1)
    return float((start - later[start.index]).max())


def _quoted_loss(claim: Claim, folder: Path | None) -> float:
    quoted, scope = claim.terms["quoted"], "all coins, vendor's own universe"
    before, after = (
        published("total market capitalisation", quoted[edge], scope, folder, quoted["publisher"])
        for edge in ("from", "to")
    )
    return before - after


def _coin(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    terms = claim.terms
    week = window(spec["week"], folder)
    first = pd.Timestamp(spec.terms["since"]["after"]) + pd.Timedelta(days=1)
    changes = price_changes(terms["asset"], spec["price"], week, first, folder)
    size = 100 * float(changes.iloc[-1])
    rank = week_rank(changes, terms["rank_margin"] / 100)
    close = abs(size - stated(terms["stated"], folder)) <= terms["tolerance"]
    yield Measure("size", size, claim.unit, close)
    yield Measure("rank", rank, f"of {changes.count()} weeks", rank == 1)
    if "level" in terms:
        low = _hourly_low(week, terms["asset"], folder)
        yield Measure("level", low, "USD", low < stated(terms["level"], folder))
    if "range" in spec.options:
        price = float(load("crypto_hourly", folder)[terms["asset"].lower()][week.end])
        position = range_position(week.end, price, spec.terms["range"]["days"], folder)
        yield Measure("range", position, "share", position <= terms["range_part"])


def price_changes(asset: str, price: str, week: Window, first: pd.Timestamp, folder: Path | None = None) -> pd.Series:
    """Return the changes of all weeks of one shape by one kind of price: ``hourly``, ``median`` or ``low``."""
    if price == "hourly":
        return week_changes(load("crypto_hourly", folder)[asset.lower()], week, first)
    daily = load("crypto_daily", folder).xs(asset, level="asset")
    closes = _at_midnight(daily["close"])
    if price == "median":
        return week_changes(closes, week, first)
    length = (week.end - week.start) // pd.Timedelta(days=1)
    # The lowest low of the days inside the week, dated where the week ends.
    lows = _at_midnight(daily["low"].asfreq("D").rolling(length).min())
    falls = lows / closes.shift(length, freq="D").reindex(lows.index) - 1
    ends = week_changes(closes, week, first).index
    return falls.reindex(ends)


def _hourly_low(week: Window, asset: str, folder: Path | None) -> float:
    # Rows carry the end of their hour: the first hour of the window ends after its start.
    hours = load("event_hourly", folder)[f"{asset.lower()}_low"]
    return float(hours[(hours.index > week.start) & (hours.index <= week.end)].min())


#: Evaluators by claim.
EVALUATORS: dict[str, Evaluator] = {"C01": _capitalisation, "C03": _coin, "C04": _coin}
