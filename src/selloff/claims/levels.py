"""Claims that one reading or one level decides: C05, C15, C16."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from selloff.claims.ledger import Claim, Specification, stated
from selloff.claims.published import published
from selloff.claims.result import Evaluator, Measure
from selloff.data import load

__all__ = ["EVALUATORS", "moving_average", "range_positions"]


def moving_average(prices: pd.Series, length: int, kind: str) -> pd.Series:
    """Return a moving average of daily closes, the day itself included.

    Parameters
    ----------
    prices : Series
        Daily closes.
    length : int
        Number of days.
    kind : {"simple", "exponential"}
        The exponential one decays by ``2 / (length + 1)`` a day, as charting packages draw it.
    """
    if kind == "simple":
        return prices.rolling(length).mean()
    if kind == "exponential":
        return prices.ewm(span=length, adjust=False).mean()
    raise ValueError(f"moving_average: unknown kind {kind!r}; expected simple or exponential")


def range_positions(asset: str, days: int, folder: Path | None = None) -> pd.Series:
    """Return where each daily close stands between the lowest low and the highest high of the days up to it.

    Parameters
    ----------
    asset : str
        Such as ``"BTC"``.
    days : int
        Length of the range, the day itself included.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    Series
        0 at the low, 1 at the high, by UTC day; missing for the first ``days - 1`` days.

    Examples
    --------
    >>> from selloff.claims import range_positions
    >>> round(float(range_positions("BTC", 60)["2025-09-26"]), 2)
    0.14
    """
    daily = load("crypto_daily", folder).xs(asset, level="asset")
    low, high = daily["low"].rolling(days).min(), daily["high"].rolling(days).max()
    return ((daily["close"] - low) / (high - low)).rename(f"{days} days")


def _sentiment(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    index = load("fear_greed_daily", folder)["fear_greed"]
    day = pd.Timestamp(spec.terms["day"]["date"])
    before = index.loc[spec.terms["since"]["first"] : day - pd.Timedelta(days=1)]
    value, lowest = float(index[day]), float(before.min())
    fits = value < lowest or (spec["lowest"] == "level" and value == lowest)
    yield Measure("level", value, claim.unit, fits)


def _key_level(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    prices = _lowest_by_day(spec["price"], folder)
    spans = claim.terms["spans"]
    levels = _level_by_day(spec, prices, spans, folder)
    # How far the lowest price of each day stands from the level of that day.
    gaps = 100 * (prices / levels - 1)
    monday, held, earlier = (
        float(gaps.loc[spans[name]["first"] : spans[name]["last"]].min()) for name in ("monday", "held", "earlier")
    )
    yield Measure("gap", monday, claim.unit, monday < 0)
    yield Measure("held", held, claim.unit, held >= 0)
    yield Measure("earlier", earlier, claim.unit, earlier < 0)


def _lowest_by_day(price: str, folder: Path | None) -> pd.Series:
    if price == "low":
        return load("crypto_daily", folder).xs("BTC", level="asset")["low"]
    hours = load("crypto_hourly", folder)["btc"]
    # Rows carry the end of their hour: midnight closes the day before.
    closed = (pd.DatetimeIndex(hours.index) - pd.Timedelta(hours=1)).tz_localize(None).normalize()
    return hours.groupby(closed).min()


def _level_by_day(
    spec: Specification, prices: pd.Series, spans: Mapping[str, Mapping[str, str]], folder: Path | None
) -> float | pd.Series:
    """Return a level in dollars: one for all days, or, for an average, the one known when each day begins."""
    terms = spec.terms["level"]
    if "usd" in terms:
        return float(terms["usd"])
    if "length" in terms:
        closes = load("crypto_daily", folder).xs("BTC", level="asset")["close"]
        return moving_average(closes, terms["length"], "simple").shift(1)
    return float(prices.loc[spans["held"]["first"] : spans["held"]["last"]].min())


def _average_and_total(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    terms = claim.terms
    day = pd.Timestamp(spec.terms["day"]["date"])
    daily = load("crypto_daily", folder).xs("BTC", level="asset")
    average = moving_average(daily["close"], int(stated(terms["length"], folder)), spec["average"])
    gap = 100 * float(daily[spec["price"]][day] / average[day] - 1)
    total, level = _total(spec, folder), stated(terms["level"], folder)
    yield Measure("average", gap, claim.unit, gap < 0)
    yield Measure("total", total, "USD bn", total < level)


def _total(spec: Specification, folder: Path | None) -> float:
    """Return the total capitalisation of one day by one vendor, each with its own list of coins."""
    day = spec.terms["day"]
    if spec["vendor"] == "tradingview":
        return float(load("market_cap_daily", folder)["total_usd_bn"][pd.Timestamp(day["date"])])
    universe = "all coins, vendor's own universe"
    return published("total market capitalisation", day["date"], universe, folder, day["quoted"])


#: Evaluators by claim.
EVALUATORS: dict[str, Evaluator] = {"C05": _sentiment, "C15": _key_level, "C16": _average_and_total}
