"""Figures that others published, looked up by what they count."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from selloff.data import DataError, load

__all__ = ["published", "purchase_counts"]


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
