"""The timeline page: every event of the table, month by month, with its source."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from selloff.data import events
from selloff.prose import TIE

__all__ = ["timeline"]

#: Events before this day are the worst days of earlier years and stand together.
_START = pd.Timestamp("2025-07-01", tz="UTC")
_EARLIER = "Worst days of earlier years"
_WEEK = (pd.Timestamp("2025-09-22", tz="UTC"), pd.Timestamp("2025-09-27", tz="UTC"))


def timeline(folder: Path | None = None) -> str:
    """Return every event in the order of time, as MyST Markdown with a list in HTML under each month.

    Parameters
    ----------
    folder : Path, optional
        Folder of tables; the project's own by default.
    """
    table = events(folder=folder)
    months = table["at"].dt.strftime("%B %Y").where(table["at"] >= _START, _EARLIER)
    lines = []
    for month, part in table.groupby(months, sort=False):
        items = [_item(str(key), row) for key, row in part.iterrows()]
        lines += [f"## {month}", "", '<ol class="timeline">', *items, "</ol>", ""]
    return "\n".join(lines)


def _item(key: str, row: pd.Series[Any]) -> str:
    at, hourly = row["at"], not pd.isna(row["hour_utc"])
    stamp = at.strftime("%Y-%m-%dT%H:%MZ" if hourly else "%Y-%m-%d")
    year = f" {at:%b %Y}" if at < _START else ""
    clock = f'<span class="event-hour">{at:%H:%M}</span>' if hourly else ""
    during = ' class="in-week"' if _WEEK[0] <= at < _WEEK[1] else ""
    return (
        f'<li id="event-{key.replace("_", "-")}"{during}>'
        f'<time datetime="{stamp}">{at:%a} {at.day}{year}{clock}</time>'
        f'<p>{_tied(row["what"])} <span class="event-source"><span class="event-category">'
        f"{escape(row['category'])}</span>{_source(row)}</span></p></li>"
    )


def _tied(words: str) -> str:
    """Escape words for HTML and keep an amount of dollars on one line."""
    return re.sub(r"USD (?=\d)", f"USD{TIE}", escape(words))


def _source(row: pd.Series[Any]) -> str:
    if row["kind"] == "computed":
        entry = f"appendix/data-dictionary.html#{row['source'].replace('_', '-')}"
        return f'computed from <a href="{entry}"><code>{escape(row["source"])}</code></a>'
    return f'<a class="external" href="{escape(row["url"])}" rel="external">{escape(row["source"])}</a>'
