"""Published counts that compete: several answers to one question, and windows that share their hours."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from selloff.data import load

__all__ = ["competing_counts", "rolling_counts", "rolling_windows"]


class _Question(NamedTuple):
    """A question in words, and the rows of ``published_figures`` that answer it: topic, then patterns."""

    asked: str
    topic: str
    period: str
    scope: str


# Strategy alone, by announcement month, is a part of the companies and no rival count of them.
_QUESTIONS = (
    _Question(
        "liquidated on 22 September, USD million", "liquidations", r"2025-09-22 (?:24h$|UTC day)", "long and short$"
    ),
    _Question(
        "bought by companies in August, bitcoin", "corporate bitcoin purchases", "2025-08$", "(?!Strategy only, by)"
    ),
    _Question("raised by treasury companies in 2025, USD million", "raised by treasury companies", "2025$", ""),
)
_HOUR = r"(\d{4}-\d{2}-\d{2})(?: 24h \()? ?(\d{2}:\d{2}) UTC\)?$"


def competing_counts(folder: Path | None = None) -> pd.DataFrame:
    """Return every published answer to three questions: liquidations of a day, purchases of a month, money of a year.

    Returns
    -------
    DataFrame
        Columns ``asked`` (the question with its unit), ``publisher`` and ``value``, the lowest answer to each question
        first. Parts that one publisher gives on one page are added.
    """
    figures = load("published_figures", folder)
    figures = figures[figures["kind"] == "published"]
    answers: list[pd.DataFrame] = []
    for question in _QUESTIONS:
        rows = figures[
            (figures["topic"] == question.topic)
            & figures["period"].str.match(question.period)
            & figures["scope"].str.match(question.scope)
        ]
        sums = rows.groupby("publisher")["value"].sum().sort_values().reset_index()
        answers.append(sums.assign(asked=question.asked)[["asked", "publisher", "value"]])
    return pd.concat(answers, ignore_index=True)


def rolling_counts(first: str, last: str, folder: Path | None = None) -> pd.Series:
    """Return all published counts of 24 hours of liquidations, long and short, dated from one day to another.

    They share hours, some are the same count read twice, and their sum means nothing: this is what a careless reader
    would add.

    Returns
    -------
    Series
        USD million, indexed by the period in words.
    """
    counts = _long_and_short(folder)
    rolling = counts[counts["period"].str.contains("24h|:00 to ")]
    dates = rolling["period"].str[:10]
    return rolling[(dates >= first) & (dates <= last)].set_index("period")["value"]


def rolling_windows(folder: Path | None = None) -> pd.DataFrame:
    """Return the counts of 24 hours of liquidations, long and short, whose last hour is known.

    Returns
    -------
    DataFrame
        Columns ``start_utc``, ``end_utc`` (aware), ``value`` (USD million) and ``publisher``, ordered by start.
    """
    counts = _long_and_short(folder)
    moment = counts["period"].str.extract(_HOUR).dropna()
    end = pd.to_datetime(moment[0] + " " + moment[1], utc=True)
    windows = counts.loc[end.index, ["value", "publisher"]]
    windows.insert(0, "start_utc", end - pd.Timedelta(hours=24))
    windows.insert(1, "end_utc", end)
    return windows.sort_values("start_utc", ignore_index=True)


def _long_and_short(folder: Path | None) -> pd.DataFrame:
    figures = load("published_figures", folder)
    return figures[(figures["topic"] == "liquidations") & (figures["scope"] == "long and short")]
