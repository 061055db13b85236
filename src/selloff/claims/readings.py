"""Claims that one day's reading or a little arithmetic decides: C05, C06, C12, C16."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from selloff.claims.ledger import Claim, Finding, stated
from selloff.data import DataError, load
from selloff.prose import day as in_words

__all__ = ["READINGS", "moving_average", "published", "purchase_counts"]


def published(topic: str, period: str, scope: str, folder: Path | None = None, publisher: str | None = None) -> float:
    """Return one published figure by its topic, period, scope and, where several answer, its publisher.

    Raises
    ------
    DataError
        No row, or more than one, answers.
    """
    table = load("published_figures", folder)
    rows = table[(table["topic"] == topic) & (table["period"] == period) & (table["scope"] == scope)]
    if publisher is not None:
        rows = rows[rows["publisher"] == publisher]
    if len(rows) != 1:
        found = f"{len(rows)} rows answer to {topic}, {period}, {scope}"
        raise DataError("published_figures", found, "one row", "see the definitions in data/claims.yml")
    return float(rows["value"].iloc[0])


def purchase_counts(folder: Path | None = None) -> pd.DataFrame:
    """Return monthly corporate bitcoin purchases by who counts, for every count that gives a number for a month.

    Returns
    -------
    DataFrame
        Columns ``publisher``, ``month``, ``scope`` (what is counted) and ``btc``.
    """
    table = load("published_figures", folder)
    monthly = table[
        (table["topic"] == "corporate bitcoin purchases")
        & (table["unit"] == "BTC")
        & table["period"].str.match(r"2025-(?:07|08|09)(?:$| to date)")
    ]
    months = pd.to_datetime(monthly["period"].str[:7]).dt.strftime("%B")
    so_far = monthly["period"].str.contains("to date").map({True: ", so far", False: ""})
    publisher = monthly["publisher"].str.split(" via ").str[0]
    return pd.DataFrame(
        {"publisher": publisher, "month": months + so_far, "scope": monthly["scope"], "btc": monthly["value"]}
    ).reset_index(drop=True)


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


def _sentiment(claim: Claim, folder: Path | None) -> list[Finding]:
    index = load("fear_greed_daily", folder)["fear_greed"]
    findings = []
    for key, day in claim.terms["days"].items():
        before = index.loc[claim.terms["since"] : pd.Timestamp(day) - pd.Timedelta(days=1)]
        value = float(index[pd.Timestamp(day)])
        findings.append(Finding(key, _day(day), "level", value, claim.terms["unit"], bool(value < before.min())))
    return findings


def _funds(claim: Claim, folder: Path | None) -> list[Finding]:
    flows = load("etf_flows_daily", folder)
    bound = stated(claim.terms["stated"], folder)
    findings = []
    for key, day in claim.terms["days"].items():
        total = float(flows.sum(axis=1, skipna=False)[pd.Timestamp(day)])
        findings.append(Finding(key, _day(day), "size", total, claim.terms["unit"], total < bound))
    return findings


def _companies(claim: Claim, folder: Path | None) -> list[Finding]:
    target = stated(claim.terms["stated"], folder)
    findings = []
    for key, pair in claim.terms["counts"].items():
        before, after = (sum(_bought(count, folder) for count in pair[side]) for side in ("from", "to"))
        days_before, days_after = pair.get("days", [1, 1])
        change = 100 * ((after / days_after) / (before / days_before) - 1)
        close = abs(change - target) <= claim.terms["tolerance"]
        findings.append(Finding(key, pair["label"], "size", change, claim.terms["unit"], close))
    return findings


def _bought(count: tuple[str, str], folder: Path | None) -> float:
    period, scope = count
    return published("corporate bitcoin purchases", period, scope, folder)


def _average_and_total(claim: Claim, folder: Path | None) -> list[Finding]:
    terms = claim.terms
    closes = load("crypto_daily", folder).xs("BTC", level="asset")["close"]
    length, level = int(stated(terms["length"], folder)), stated(terms["level"], folder)
    averages = {kind: moving_average(closes, length, kind) for kind in ("simple", "exponential")}
    findings = []
    for key, day in terms["days"].items():
        for kind, average in averages.items():
            gap = 100 * float(closes[pd.Timestamp(day)] / average[pd.Timestamp(day)] - 1)
            for vendor, total in _totals(day, terms["vendor_counts"][key], folder).items():
                definition = f"{key}_{kind}_{vendor.lower().split()[0]}"
                label = f"{_day(day)}, {kind} average, total by {vendor}"
                findings.append(Finding(definition, label, "average", gap, terms["unit"], gap < 0))
                findings.append(Finding(definition, label, "total", total, "USD bn", total < level))
    return findings


def _totals(day: str, publisher: str, folder: Path | None) -> dict[str, float]:
    """Return the total capitalisation of one day by vendor, each with its own list of coins."""
    own = float(load("market_cap_daily", folder)["total_usd_bn"][pd.Timestamp(day)])
    other = published("total market capitalisation", day, "all coins, vendor's own universe", folder, publisher)
    return {"TradingView": own, publisher: other}


def _day(day: str) -> str:
    return f"{pd.Timestamp(day):%A} {in_words(day, year=False)}"


#: Evaluators by claim.
READINGS: Mapping[str, Callable[[Claim, Path | None], list[Finding]]] = {
    "C05": _sentiment,
    "C06": _funds,
    "C12": _companies,
    "C16": _average_and_total,
}
