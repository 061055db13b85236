"""Events: what happened when, and the words that a picture writes beside a date."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from selloff.data.tables import load

__all__ = ["events", "moments"]


def events(
    category: str | None = None, first: str | None = None, last: str | None = None, folder: Path | None = None
) -> pd.DataFrame:
    """List events in the order of their moments.

    Parameters
    ----------
    category : str, optional
        One of ``price``, ``leverage``, ``funds``, ``companies``, ``macro``, ``report``, ``policy``; all by default.
    first, last : str, optional
        First and last day, both included.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        Indexed by ``key``: the columns of the table ``events`` and ``at``, the moment in UTC. An event whose hour is
        unknown stands at midnight, where its day begins.

    Raises
    ------
    ValueError
        The category is unknown.

    Examples
    --------
    >>> from selloff.data import events
    >>> events("report", first="2025-09-26", last="2025-09-27")["short"].tolist()
    ['buying story', 'fear', 'newswire story', 'the article']
    """
    frame = load("events", folder)
    known = list(frame["category"].cat.categories)
    if category is not None and category not in known:
        raise ValueError(f"events: category is {category!r}; expected one of {', '.join(known)}")
    hours = pd.to_timedelta(frame["hour_utc"].fillna(0), unit="h")
    frame = frame.assign(at=(frame["date"] + hours).dt.tz_localize("UTC"))
    keep = frame["date"].between(pd.Timestamp(first or "1900-01-01"), pd.Timestamp(last or "2199-12-31"))
    if category is not None:
        keep &= frame["category"].eq(category)
    return frame[keep].sort_values("at", kind="stable").set_index("key")


def moments(*keys: str, folder: Path | None = None) -> dict[str, str]:
    """Return the moments of some events with the words for a picture.

    Parameters
    ----------
    *keys : str
        Keys of events; :func:`events` lists them.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    dict
        Short name by time in ISO form, in the order of the moments: the day alone where the hour is unknown, else
        with hour and minute in UTC. Events of one moment share a line, joined by a comma.

    Raises
    ------
    ValueError
        A key names no event.

    Examples
    --------
    >>> from selloff.data import moments
    >>> moments("eth_under_4000", "btc_record")
    {'2025-09-25T05:00Z': 'ETH under 4,000', '2025-10-06': 'BTC record'}
    """
    table = events(folder=folder)
    unknown = [key for key in keys if key not in table.index]
    if unknown:
        raise ValueError(
            f"moments: there is no event {unknown[0]!r}; expected a key of data/events.csv; "
            "selloff.data.events() lists them"
        )
    chosen = table[table.index.isin(keys)]
    days, times = chosen["at"].dt.strftime("%Y-%m-%d"), chosen["at"].dt.strftime("%Y-%m-%dT%H:%MZ")
    words: dict[str, str] = {}
    for time, word in zip(days.where(chosen["hour_utc"].isna(), times), chosen["short"], strict=True):
        words[time] = f"{words[time]}, {word}" if time in words else word
    return words
