"""Claims about the size and the rank of the week's fall: C01, C03, C04."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selloff.claims.ledger import Claim, Finding, stated, weeks
from selloff.data import daily_closes, load, weekly_windows
from selloff.data.clocks import Anchor

__all__ = [
    "WEEKLY", "Window", "anchor_changes", "price_moments", "range_position", "week_changes", "week_rank", "window",
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


def _capitalisation(claim: Claim, folder: Path | None) -> list[Finding]:
    table = load("market_cap_daily", folder)
    struck = _at_midnight(table["total_usd_bn"])
    target = stated(claim.terms["stated"], folder)
    findings = []
    for key in claim.terms["weeks"]:
        week = window(key, folder)
        lost = _worst_loss(table, week) if week.drawdown else float(struck[week.start] - struck[week.end])
        close = abs(lost - target) <= claim.terms["tolerance"]
        findings.append(Finding(key, week.label, "size", -lost, claim.terms["unit"], close))
    return findings


def _worst_loss(table: pd.DataFrame, week: Window) -> float:
    """Return the highest total of the first day less the lowest of the days after it, or of that day's own close."""
    days = table.loc[week.start.tz_localize(None) : week.end.tz_localize(None) - pd.Timedelta(days=1)]
    return float(days["high_usd_bn"].iloc[0] - days["low_usd_bn"].min())


def _coin(claim: Claim, folder: Path | None) -> list[Finding]:
    terms = claim.terms
    prices = load("crypto_hourly", folder)[terms["asset"].lower()]
    target = stated(terms["stated"], folder)
    findings = []
    for key in terms["weeks"]:
        week = window(key, folder)
        changes = week_changes(prices, week, pd.Timestamp(terms["rank_after"]) + pd.Timedelta(days=1))
        size = 100 * float(changes.iloc[-1])
        rank = week_rank(changes, terms["rank_margin"] / 100)
        close = abs(size - target) <= terms["tolerance"]
        findings.append(Finding(key, week.label, "size", size, terms["unit"], close))
        findings.append(Finding(key, week.label, "rank", rank, f"of {changes.count()} weeks", rank == 1))
        if "level" in terms:
            low = _hourly_low(week, terms["asset"], folder)
            findings.append(Finding(key, week.label, "level", low, "USD", low < stated(terms["level"], folder)))
        if "range_days" in terms:
            position = max(
                range_position(week.end, float(prices[week.end]), days, folder) for days in terms["range_days"]
            )
            findings.append(Finding(key, week.label, "range", position, "share", position <= terms["range_part"]))
    return findings


def _hourly_low(week: Window, asset: str, folder: Path | None) -> float:
    # Rows carry the end of their hour: the first hour of the window ends after its start.
    hours = load("event_hourly", folder)[f"{asset.lower()}_low"]
    return float(hours[(hours.index > week.start) & (hours.index <= week.end)].min())


#: Evaluators by claim.
WEEKLY: Mapping[str, Callable[[Claim, Path | None], list[Finding]]] = {
    "C01": _capitalisation,
    "C03": _coin,
    "C04": _coin,
}
