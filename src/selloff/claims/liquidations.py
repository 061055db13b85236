"""C02: published counts of liquidations, added where their windows do not overlap."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from selloff.claims.ledger import Claim, Specification, claims, stated
from selloff.claims.published import published
from selloff.claims.result import Evaluator, Measure
from selloff.data import default_folder

__all__ = ["EVALUATORS", "disjoint_counts", "half_step", "liquidation_windows"]

_LONG, _BOTH = "long", "long and short"
_COLUMNS = ["window", "start_utc", "end_utc", "usd_m", "low_usd_m", "high_usd_m", "longs_share"]


@dataclass(frozen=True)
class _Amount:
    """A number with the ends of its rounding."""

    value: float
    low: float
    high: float

    def times(self, other: _Amount) -> _Amount:
        return _Amount(self.value * other.value, self.low * other.low, self.high * other.high)

    def over(self, other: _Amount) -> _Amount:
        return _Amount(self.value / other.value, self.low / other.high, self.high / other.low)


def half_step(value: float) -> float:
    """Return how far a published figure may be off by rounding: half a unit of its last digit that is not zero.

    Examples
    --------
    >>> from selloff.claims.liquidations import half_step
    >>> half_step(1600.0), half_step(1650.0), half_step(843.07)
    (50.0, 5.0, 0.005)
    """
    digits = f"{value:.6f}".rstrip("0").rstrip(".")
    if "." in digits:
        return round(0.5 * 10.0 ** -len(digits.split(".")[1]), 9)
    return 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0")))


def liquidation_windows(folder: Path | None = None) -> pd.DataFrame:
    """Return every published count around the week with the hours it may cover.

    Returns
    -------
    DataFrame
        One row a count: ``window`` (key in the ledger), ``start_utc``, ``end_utc`` (aware; where the page gives no
        hour, the widest span that the 24 hours may lie in), ``hour_known``, ``revised`` (from a later table),
        ``inside`` (the whole span lies in the week that counts), ``scope``, ``publisher``, ``usd_m``.
    """
    return _windows(Path(folder or default_folder()).resolve()).copy()


@lru_cache(maxsize=8)
def _windows(folder: Path) -> pd.DataFrame:
    terms = _terms(folder)
    first, last = (pd.Timestamp(terms["week"][edge]) for edge in ("from", "to"))
    rows = []
    for key, window in terms["windows"].items():
        start, end = (pd.Timestamp(window[edge]) for edge in ("from", "to"))
        for period, scope, publisher in window["rows"]:
            value = published("liquidations", period, scope, folder, publisher)
            known, revised = window.get("hour") != "unknown", bool(window.get("revised"))
            inside = first <= start and end <= last and not window.get("whole")
            rows.append((key, start, end, known, revised, inside, scope, publisher, value))
    names = ["window", "start_utc", "end_utc", "hour_known", "revised", "inside", "scope", "publisher", "usd_m"]
    return pd.DataFrame(rows, columns=names)


def disjoint_counts(count: str, longs: str, revision: str, folder: Path | None = None) -> pd.DataFrame:
    """Return the counts of longs that may be added: of all sets of windows without a common hour, the largest sum.

    Parameters
    ----------
    count : {"lowest", "highest"}
        Which count of a window, where pages differ.
    longs : {"published", "shared"}
        Only windows with a count of longs; or those for both sides too, at the longs' share of the window nearest in
        time that has both.
    revision : {"at_the_time", "later_table"}
        As shown in the week; or with Monday from the vendor's later table.
    folder : Path, optional
        Folder of tables.

    Returns
    -------
    DataFrame
        One row a window, by time: ``window``, ``start_utc``, ``end_utc``, ``usd_m``, ``low_usd_m`` and ``high_usd_m``
        (ends of the rounding), ``longs_share`` (one where longs were counted themselves).

    Notes
    -----
    A count without an hour may have covered any 24 hours of its span, so no other window may touch that span.

    Examples
    --------
    >>> from selloff.claims.liquidations import disjoint_counts
    >>> disjoint_counts("lowest", "published", "at_the_time")["window"].tolist()
    ['monday', 'thursday', 'friday']
    """
    table = liquidation_windows(folder)
    table = table[table["inside"]]
    shares = _shares(table, count)
    if revision == "at_the_time":
        table = table[~table["revised"]]
    else:
        day = table[table["revised"]].iloc[0]
        table = table[
            table["revised"] | (table["end_utc"] <= day["start_utc"]) | (table["start_utc"] >= day["end_utc"])
        ]
    found = []
    for key, rows in table.groupby("window", sort=False):
        start, end = rows["start_utc"].iloc[0], rows["end_utc"].iloc[0]
        own, both = (rows.loc[rows["scope"] == scope, "usd_m"] for scope in (_LONG, _BOTH))
        share = _Amount(1.0, 1.0, 1.0)
        if own.empty:
            if longs == "published":
                continue
            share = _nearest(shares, start, end)
        amount = _pick([_rounded(value) for value in (both if own.empty else own)], count).times(share)
        found.append((key, start, end, amount.value, amount.low, amount.high, share.value))
    return _largest(found)


def _terms(folder: Path) -> dict[str, Any]:
    return dict(next(entry for entry in claims(folder) if entry.id == "C02").terms)


def _rounded(value: float) -> _Amount:
    half = half_step(value)
    return _Amount(value, value - half, value + half)


def _pick(amounts: Sequence[_Amount], count: str) -> _Amount:
    choose = min if count == "lowest" else max
    return choose(amounts, key=lambda amount: amount.value)


def _shares(table: pd.DataFrame, count: str) -> list[tuple[pd.Timestamp, _Amount]]:
    """Return the longs' share of every window where one page counts longs and both sides, by the window's middle."""
    found = []
    for _, rows in table.groupby("window", sort=False):
        pages = rows.pivot(index="publisher", columns="scope", values="usd_m").reindex(columns=[_LONG, _BOTH]).dropna()
        if len(pages):
            pairs = [_rounded(long).over(_rounded(both)) for long, both in pages.to_numpy()]
            found.append((_middle(rows["start_utc"].iloc[0], rows["end_utc"].iloc[0]), _pick(pairs, count)))
    return found


def _nearest(shares: list[tuple[pd.Timestamp, _Amount]], start: pd.Timestamp, end: pd.Timestamp) -> _Amount:
    return min(shares, key=lambda share: abs(share[0] - _middle(start, end)))[1]


def _middle(start: pd.Timestamp, end: pd.Timestamp) -> pd.Timestamp:
    return start + (end - start) / 2


def _largest(windows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return the windows without a common hour that add up to most."""
    ordered = sorted(windows, key=lambda window: window[1])
    best: tuple[tuple[Any, ...], ...] = ()
    for size in range(1, len(ordered) + 1):
        for chosen in combinations(ordered, size):
            apart = all(one[2] <= next_[1] for one, next_ in pairwise(chosen))
            if apart and math.fsum(each[3] for each in chosen) > math.fsum(each[3] for each in best):
                best = chosen
    return pd.DataFrame(list(best), columns=_COLUMNS)


def _liquidated(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    counts = disjoint_counts(spec["count"], spec["longs"], spec["revision"], folder)
    total, low, high = (float(counts[name].sum()) for name in ("usd_m", "low_usd_m", "high_usd_m"))
    over = low > stated(claim.terms["stated"], folder)
    yield Measure("size", total, claim.unit, True if over else None, low, high)


#: Evaluators by claim.
EVALUATORS: dict[str, Evaluator] = {"C02": _liquidated}
