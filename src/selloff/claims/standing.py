"""Where the week stands among all weeks of the same shape, one definition after the other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from selloff.claims.ledger import weeks
from selloff.claims.weekly import Window, price_changes, week_rank, window
from selloff.data import load

__all__ = ["coin_weeks", "week_standings"]


def week_standings(asset: str, first: str, folder: Path | None = None) -> pd.DataFrame:
    """Rank the week among all weeks of the same shape, under every week of the ledger.

    A week of whole days takes the median of sources from ``first`` on. A week that begins or ends within a day, or is
    searched for its worst fall, needs prices by the hour, and these begin later.

    Parameters
    ----------
    asset : {"BTC", "ETH"}
        The coin.
    first : str
        Earliest day a week may end.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        One row for each week of the ledger and each way to measure it: ``asset``, ``week``, ``label``, ``measured``
        (``"close"``: from close to close or as the week says; ``"low"``: from close to the lowest low), ``first`` (the
        end of the oldest week with prices), ``change_pct``, ``rank`` (1 is the steepest fall), ``weeks`` and
        ``share_pct``, the share of weeks that fell at least as far.

    Raises
    ------
    ValueError
        The asset has no prices by the hour.

    Examples
    --------
    >>> from selloff.claims import week_standings
    >>> first = week_standings("BTC", "2024-01-01").iloc[0]
    >>> print(first["week"], first["measured"], first["rank"], "of", first["weeks"])
    fri_fri close 11 of 91
    """
    hourly = load("crypto_hourly", folder)
    if asset.lower() not in hourly:
        known = " or ".join(str(name).upper() for name in hourly)
        raise ValueError(f"week_standings: {asset!r} has no prices by the hour; expected {known}")
    rows = []
    for key in weeks(folder):
        shape = window(key, folder)
        whole = _whole_days(shape)
        earliest = pd.Timestamp(first) if whole else max(pd.Timestamp(first), _first_whole_week(hourly))
        for measured, price in (("close", "median"), ("low", "low")) if whole else (("close", "hourly"),):
            changes = price_changes(asset, price, shape, earliest, folder).dropna()
            rank = week_rank(changes)
            rows.append(
                {
                    "asset": asset,
                    "week": key,
                    "label": shape.label,
                    "measured": measured,
                    "first": changes.index[0],
                    "change_pct": 100 * float(changes.iloc[-1]),
                    "rank": rank,
                    "weeks": len(changes),
                    "share_pct": 100 * rank / len(changes),
                }
            )
    return pd.DataFrame(rows)


def coin_weeks(week: str, first: str, folder: Path | None = None) -> pd.DataFrame:
    """Return the change of every coin over all weeks of one shape.

    Parameters
    ----------
    week : str
        Key of a week of whole days, such as ``"sun_fri"``.
    first : str
        Earliest day a week may end.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        Percent, by the end of the week (UTC), one column a coin in the order of the table; NaN before its first close.

    Raises
    ------
    ValueError
        The week begins or ends within a day: daily closes do not tell its change.

    Examples
    --------
    >>> from selloff.claims import coin_weeks
    >>> coin_weeks("sun_fri", "2025-09-01")["SOL"].round(1).tolist()
    [1.3, 17.3, -0.7, -13.2]
    """
    shape = window(week, folder)
    if not _whole_days(shape):
        raise ValueError(f"coin_weeks: the week {week} is not one of whole days; take another, such as sun_fri")
    daily = load("crypto_daily", folder)
    coins = daily.index.get_level_values("asset").unique()
    first_day = pd.Timestamp(first)
    return pd.DataFrame({coin: 100 * price_changes(coin, "median", shape, first_day, folder) for coin in coins})


def _whole_days(shape: Window) -> bool:
    edges = [edge.tz_convert("UTC") for edge in (shape.start, shape.end)]
    return not shape.drawdown and all(edge == edge.normalize() for edge in edges)


def _first_whole_week(hourly: pd.DataFrame) -> pd.Timestamp:
    """Return the day before which no week of the hourly table is whole."""
    return pd.Timestamp(pd.DatetimeIndex(hourly.index)[0]).tz_localize(None).normalize() + pd.Timedelta(days=8)
