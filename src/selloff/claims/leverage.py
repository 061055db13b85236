"""Claims about leverage that published figures and rates decide: C09, C10, C11."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import pandas as pd

from selloff.claims.ledger import Claim, Specification, claims, stated
from selloff.claims.liquidations import disjoint_counts
from selloff.claims.published import published
from selloff.claims.result import Evaluator, Measure
from selloff.data import default_folder, load

__all__ = ["EVALUATORS", "FUNDING_YEAR", "coins_change", "undercounts"]

#: Settled funding is per eight hours: three a day, 365 days a year.
FUNDING_YEAR = 3 * 365


def coins_change(asset: str, hour: str, folder: Path | None = None, period: str = "2025-09-21/25") -> float:
    """Return the change of open interest counted in coins.

    Parameters
    ----------
    asset : str
        Such as ``"BTC"``.
    hour : {"day_ends", "day_starts"}
        When the two days of the published change are read; no source says.
    folder : Path, optional
        Folder of tables.
    period : str
        Period of the published change, two days of one month.

    Returns
    -------
    float
        Percent. The published change is in dollars and falls with the price; the price is taken out.

    Examples
    --------
    >>> from selloff.claims.leverage import coins_change
    >>> round(coins_change("BTC", "day_ends"), 1)
    -0.8
    """
    usd = published("open interest change", period, f"{asset} futures, all venues", folder)
    first, last = pd.Timestamp(period[:10]), pd.Timestamp(period[:8] + period[11:])
    shift = pd.Timedelta(days={"day_ends": 0, "day_starts": 1}[hour])
    closes = load("crypto_daily", folder)["close"].xs(asset, level="asset")
    price = float(closes[last - shift] / closes[first - shift])
    return 100 * ((1 + usd / 100) / price - 1)


def undercounts(folder: Path | None = None) -> pd.DataFrame:
    """Return how much larger liquidations were said to be, later or by a venue, than the vendor showed.

    Returns
    -------
    DataFrame
        One row a source in the ledger: ``source``, ``label``, ``low`` and ``high`` (times).
    """
    return _undercounts(Path(folder or default_folder()).resolve()).copy()


@lru_cache(maxsize=8)
def _undercounts(folder: Path) -> pd.DataFrame:
    claim = next(entry for entry in claims(folder) if entry.id == "C11")
    rows = []
    for key, terms in claim.terms["choices"]["source"].items():
        true, shown = (_values(terms[name], folder) for name in ("said", "shown"))
        rows.append((key, terms["label"], min(true) / max(shown), max(true) / min(shown)))
    return pd.DataFrame(rows, columns=["source", "label", "low", "high"])


def _values(rows: Sequence[Sequence[str]], folder: Path | None) -> list[float]:
    return [published("liquidations", period, scope, folder, publisher) for period, scope, publisher in rows]


def _cleared(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    if spec["leverage"] == "funding":
        change, unit = _funding(spec, folder), "percentage points a year"
    else:
        change, unit = coins_change(spec["asset"].upper(), spec["hour"], folder), "%"
    yield Measure("leverage", change, unit, change < 0)
    terms = spec.terms["fundamentals"]
    first, last = (pd.Timestamp(terms[edge]) for edge in ("before", "after"))
    if spec["fundamentals"] == "stablecoins":
        supply = load("stablecoin_cap_daily", folder)["stablecoin_cap_usd_bn"]
        change = float(supply[last] - supply[first])
        yield Measure("fundamentals", change, "USD bn", change >= 0)
        return
    volatility = load("implied_volatility_daily", folder)[f"dvol_{spec['asset']}_pct"]
    change = float(volatility[last] - volatility[first])
    yield Measure("fundamentals", change, "percentage points", change <= 0)


def _funding(spec: Specification, folder: Path | None) -> float:
    """Return the week's funding less that of the weeks before, in percent a year."""
    terms, rates = spec.terms["leverage"], load("funding_8h", folder)[f"{spec['asset']}_rate"]
    edges = [pd.Timestamp(terms[edge]) for edge in ("since", "from", "to")]
    # A payment is for the eight hours that end with its stamp.
    before, week = (float(rates[(rates.index > start) & (rates.index <= end)].mean()) for start, end in pairwise(edges))
    return 100 * FUNDING_YEAR * (week - before)


def _defensive(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    asset, measure = spec["asset"], spec["measure"]
    if measure == "open_interest":
        change = coins_change(asset.upper(), spec["hour"], folder)
        yield Measure("change", change, "%", change < 0)
        return
    terms = spec.terms["measure"]
    if measure == "put_call":
        first, last = (
            published("put/call open interest", terms[edge], f"{asset.upper()} options, Deribit", folder)
            for edge in ("from", "to")
        )
        yield Measure("change", last - first, "puts for a call", last > first)
        return
    volatility = load("implied_volatility_daily", folder)[f"dvol_{asset}_pct"]
    first, last = (float(volatility[pd.Timestamp(terms[edge])]) for edge in ("from", "to"))
    yield Measure("change", last - first, "percentage points", last > first)


def _undercount(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    table = undercounts(folder)
    # A source with one figure has no ends.
    times = float(table.loc[table["source"] == spec["source"], spec.options.get("size", "low")].iloc[0])
    counted = float(disjoint_counts(spec["count"], "published", "at_the_time", folder)["usd_m"].sum())
    limit = stated(claim.terms["stated"], folder)
    lifts = counted <= limit < times * counted
    yield Measure("undercount", times, claim.unit, lifts)
    yield Measure("lifted", times * counted, "USD m", lifts)


#: Evaluators by claim.
EVALUATORS: dict[str, Evaluator] = {"C09": _cleared, "C10": _defensive, "C11": _undercount}
