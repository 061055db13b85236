"""Published counts that compete: all answers, added where one page gives parts; windows with their hours."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from selloff.claims import competing_counts, rolling_counts, rolling_windows
from selloff.data import default_folder


def answers(start: str) -> list[float]:
    counts = competing_counts()
    return counts.loc[counts["asked"].str.startswith(start), "value"].tolist()


def test_every_published_answer_stands_there_once_lowest_first() -> None:
    assert answers("liquidated") == [1680, 1700, 1800, 1800, 3620]
    assert answers("raised") == [15000, 42700, 44000, 45000, 86000]


def test_parts_that_one_page_gives_are_added_and_strategy_alone_is_no_rival_count() -> None:
    # 3,700 for Strategy and 14,800 for the others, from one report.
    assert answers("bought") == [12600, 3700 + 14800, 47718]


def test_the_article_s_own_figures_are_not_among_the_answers() -> None:
    assert not competing_counts()["publisher"].str.contains("the article").any()


def test_windows_are_the_24_hours_before_the_hour_that_the_page_names() -> None:
    windows = rolling_windows()

    assert windows["value"].tolist() == [354, 406, 1100, 966]
    assert windows["end_utc"].dt.strftime("%d %H:%M").tolist() == ["23 12:59", "25 09:11", "25 18:39", "26 12:00"]
    assert (windows["end_utc"] - windows["start_utc"] == pd.Timedelta(hours=24)).all()


def test_rolling_counts_of_a_week_are_those_of_the_file_and_no_week_or_utc_day() -> None:
    with (default_folder() / "published_figures.csv").open() as file:
        by_hand = [
            float(row["value"])
            for row in csv.DictReader(file)
            if row["topic"] == "liquidations"
            and row["scope"] == "long and short"
            and "2025-09-20" <= row["period"][:10] <= "2025-09-26"
            and not row["period"].endswith("week")
            and "UTC day" not in row["period"]
        ]

    counts = rolling_counts("2025-09-20", "2025-09-26")

    assert len(by_hand) == 14
    assert sorted(counts) == sorted(by_hand)
    assert counts.sum() == pytest.approx(14096.7)
