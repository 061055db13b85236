"""Claims about who bought and who stopped: C06, C12, C13, C14, C19."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selloff.claims.ledger import Claim, Specification, claims, specifications, stated
from selloff.claims.published import published
from selloff.claims.result import Evaluator, Measure
from selloff.data import default_folder, load

__all__ = ["EVALUATORS", "fund_weeks", "placements", "raised_counts", "record_closes", "supply_multiples"]

_PURCHASES = "corporate bitcoin purchases"
#: What a miner may create with a block since the halving of April 2024: a constant of the protocol.
_BTC_A_BLOCK = 3.125
#: One block in ten minutes is what the protocol steers towards.
_BLOCKS_A_DAY = 144


def fund_weeks(folder: Path | None = None) -> pd.DataFrame:
    """Return the net flow of US spot funds by week, Monday to Friday.

    A week counts for a group of funds if the group could trade on all its sessions, and if the table has reached its
    Friday.

    Parameters
    ----------
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        Columns ``BTC``, ``ETH`` and ``both`` in USD m, indexed by Friday; NaN before a group's first whole week.

    Examples
    --------
    >>> from selloff.claims import fund_weeks
    >>> fund_weeks().loc["2025-09-26"].round(1).tolist()
    [-897.6, -795.8, -1693.4]
    """
    flows = load("etf_flows_daily", folder).set_axis(["BTC", "ETH"], axis=1)
    flows["both"] = flows.sum(axis=1, skipna=False)
    fridays = pd.DatetimeIndex(flows.index).to_period("W-FRI").end_time.normalize()
    weekly = flows.groupby(fridays).sum(min_count=1)
    mondays = fridays.unique() - pd.Timedelta(days=4)
    for name in weekly:
        weekly.loc[mondays < flows[name].dropna().index[0], name] = np.nan
    return weekly.loc[: flows.index[-1]].rename_axis("week")


def raised_counts(folder: Path | None = None) -> pd.DataFrame:
    """Return published counts of what treasury companies raised in 2025, the largest first.

    Returns
    -------
    DataFrame
        Columns ``label`` (what is counted), ``publisher``, ``usd_bn``, and ``ends``: the last day or month covered,
        empty where the publisher gives none.

    Examples
    --------
    >>> from selloff.claims import raised_counts
    >>> raised_counts()["usd_bn"].tolist()
    [86.0, 45.0, 44.0, 42.7, 15.0]
    """
    table = load("published_figures", folder)
    rows = table[table["topic"] == "raised by treasury companies"].set_index("scope")
    values, publishers = rows["value"] / 1000, rows["publisher"]
    options = _claim("C13", folder).terms["choices"]["count"].values()
    found = [
        {
            "label": option["label"],
            "publisher": str(publishers[option["scope"]]),
            "usd_bn": float(values[option["scope"]]),
            "ends": option.get("ends", ""),
        }
        for option in options
    ]
    return pd.DataFrame(found).sort_values("usd_bn", ascending=False, kind="stable").reset_index(drop=True)


def placements(folder: Path | None = None) -> pd.DataFrame:
    """Return share prices beside what they are measured against: placement price or peak.

    Returns
    -------
    DataFrame
        Columns ``label``, ``base`` (``placement`` or ``peak``), ``day`` of the price, ``price`` and ``reference``
        (USD a share), ``change_pct``.

    Examples
    --------
    >>> from selloff.claims import placements
    >>> placements()["change_pct"].round(1).tolist()
    [2.7, -77.0, -20.6, -96.7]
    """
    rows = []
    for spec in specifications(_claim("C14", folder), folder):
        firm, base = spec.terms["firm"], spec["base"]
        price, reference = (_figure("PIPE-funded shares", firm[key], folder) for key in ("price", base))
        change = 100 * (price / reference - 1)
        rows.append((firm["label"], base, firm["price"][0], price, reference, change))
    return pd.DataFrame(rows, columns=["label", "base", "day", "price", "reference", "change_pct"])


def record_closes(asset: str, first: str, last: str, folder: Path | None = None) -> pd.Series:
    """Return the daily closes between two days that were higher than every close before them.

    Parameters
    ----------
    asset : str
        Such as ``"BTC"``.
    first, last : str
        First and last day, both included; records are counted from the start of the table.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    Series
        USD by UTC day.

    Examples
    --------
    >>> from selloff.claims import record_closes
    >>> record_closes("BTC", "2025-08-01", "2025-10-31").index.strftime("%d %b").tolist()
    ['12 Aug', '13 Aug', '05 Oct', '06 Oct']
    """
    closes = load("crypto_daily", folder).xs(asset, level="asset")["close"].dropna()
    records: pd.Series = closes[closes > closes.cummax().shift(1)].loc[first:last]
    return records


def supply_multiples(folder: Path | None = None) -> pd.DataFrame:
    """Return monthly purchases of bitcoin by companies as multiples of the bitcoin newly created in those days.

    Returns
    -------
    DataFrame
        One row a counter and month: ``counter`` (as the ledger calls it), ``month``, ``days`` covered, ``btc``,
        ``btc_a_day`` and ``multiple``.

    Notes
    -----
    New supply is 3.125 bitcoin a block and 144 blocks a day, both set by the protocol; what is mined on a given day
    differs from it by a few percent.

    References
    ----------
    Nakamoto (2008), Bitcoin: a peer-to-peer electronic cash system.
    """
    short = _claim("C12", folder).terms["days"]["september"]
    rows = []
    for counter, months in _claim("C19", folder).terms["counters"].items():
        for month, row in months.items():
            days = short if "to date" in row[0] else pd.Period(month).days_in_month
            count = _figure(_PURCHASES, row, folder)
            rows.append((counter, month, days, count, count / days))
    frame = pd.DataFrame(rows, columns=["counter", "month", "days", "btc", "btc_a_day"])
    return frame.assign(multiple=frame["btc_a_day"] / (_BTC_A_BLOCK * _BLOCKS_A_DAY))


def _figure(topic: str, row: tuple[str, str], folder: Path | None) -> float:
    """Return the published figure that a row of the ledger names by period and scope."""
    period, scope = row
    return published(topic, period, scope, folder)


def _claim(name: str, folder: Path | None) -> Claim:
    return _known(Path(folder or default_folder()).resolve())[name]


@lru_cache(maxsize=8)
def _known(folder: Path) -> Mapping[str, Claim]:
    return {claim.id: claim for claim in claims(folder)}


def _funds(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    flows = load("etf_flows_daily", folder)
    total = float(flows.sum(axis=1, skipna=False)[pd.Timestamp(spec.terms["day"]["date"])])
    yield Measure("size", total, claim.unit, total < stated(claim.terms["stated"], folder))


def _companies(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    terms = claim.terms
    counts = terms["counts"][spec["count"]]
    change = _change(spec["month"], spec, terms, folder)
    furthest = min(_change(month, spec, terms, folder) for month in counts if month != "july")
    close = abs(change - stated(terms["stated"], folder)) <= terms["tolerance"]
    yield Measure("size", change, claim.unit, close)
    yield Measure("largest", furthest, claim.unit, change <= furthest)


def _change(month: str, spec: Specification, terms: Mapping[str, Any], folder: Path | None) -> float:
    """Return the change from July to a month by one count, in percent."""
    july, later = (
        sum(_figure(_PURCHASES, row, folder) for row in terms["counts"][spec["count"]][name])
        / (terms["days"][name] if spec["pace"] == "per_day" else 1)
        for name in ("july", month)
    )
    return 100 * (later / july - 1)


def _raised(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    option = spec.terms["count"]
    value = published("raised by treasury companies", "2025", option["scope"], folder)
    larger: bool | None = value > stated(claim.terms["stated"], folder)
    ended_later = "ends" in option and pd.Timestamp(option["ends"]) > pd.Timestamp(claim.terms["last_day"])
    if spec.key == claim.article_choice or (larger and ended_later):
        larger = None
    yield Measure("size", value, claim.unit, larger)


def _placed(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    table = placements(folder).set_index(["label", "base"])
    change = float(table["change_pct"][spec.terms["firm"]["label"], spec["base"]])
    yield Measure(
        "size", change, claim.unit, change <= stated(claim.terms["stated"], folder) + claim.terms["tolerance"]
    )


def _records(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    record, back = spec.terms["record"], spec.terms["compared"]["back"]
    month = pd.Period(record["month"]) - back
    changes = _month_changes(claim, month, folder) if record["asset"] == "BTC" else []
    if changes:
        # A rise proves nothing; a fall speaks against the claim if every counter shows it.
        yield Measure("size", changes[0], "%", False if max(changes) < 0 else None, min(changes), max(changes))
    first, last = pd.Period(record["month"]).start_time, pd.Period(record["month"]).end_time.normalize()
    closes = record_closes(record["asset"], f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}", folder)
    yield Measure("record", float(closes.max()), "USD", None)


def _month_changes(claim: Claim, month: pd.Period, folder: Path | None) -> list[float]:
    """Return the change from the month before by every counter that has both months, in percent."""
    found = []
    for months in claim.terms["counters"].values():
        pair = [months.get(str(when)) for when in (month - 1, month)]
        if None not in pair:
            before, after = (_figure(_PURCHASES, row, folder) for row in pair)
            found.append(100 * (after / before - 1))
    return found


#: Evaluators by claim.
EVALUATORS: dict[str, Evaluator] = {
    "C06": _funds,
    "C12": _companies,
    "C13": _raised,
    "C14": _placed,
    "C19": _records,
}
