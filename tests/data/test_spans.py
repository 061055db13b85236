"""Spans: the hours that rows of one date tell of, by the manifests and by the wall clocks of their places."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from selloff.data import read_manifest, row_spans


def utc(year: int, month: int, day: int, hour: int, minute: int = 0, zone: str = "UTC") -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def span(date: str, label: str) -> tuple[datetime, datetime]:
    row = row_spans(date).set_index("label").loc[label]
    return row["start_utc"].to_pydatetime(), row["end_utc"].to_pydatetime()


def test_a_monday_of_shares_reaches_back_to_friday_and_a_monday_of_crypto_does_not() -> None:
    new_york = "America/New_York"
    assert span("2025-09-22", "S&P 500, Nasdaq-100, fund flows") == (
        utc(2025, 9, 19, 16, zone=new_york),
        utc(2025, 9, 22, 16, zone=new_york),
    )
    assert span("2025-09-22", "crypto close, total value, implied volatility") == (
        utc(2025, 9, 22, 0),
        utc(2025, 9, 23, 0),
    )


def test_a_score_tells_of_the_day_before_its_date() -> None:
    assert span("2025-09-26", "Fear and Greed index") == (utc(2025, 9, 25, 0), utc(2025, 9, 26, 0))


def test_half_days_holidays_and_daylight_saving_move_the_ends() -> None:
    # The Friday after Thanksgiving closes at 13:00; the Thursday before it is no session.
    new_york = "America/New_York"
    assert span("2025-11-28", "S&P 500, Nasdaq-100, fund flows") == (
        utc(2025, 11, 26, 16, zone=new_york),
        utc(2025, 11, 28, 13, zone=new_york),
    )
    # Europe leaves summer time a week before America: the fixing moves from 12:15 to 13:15 UTC.
    assert span("2025-10-27", "euro reference rates") == (utc(2025, 10, 24, 12, 15), utc(2025, 10, 27, 13, 15))


@pytest.mark.parametrize(
    ("table", "hour"),
    [
        ("fear_greed_daily", "00:00"),
        ("funding_8h", "00:00, 08:00 and 16:00"),
        ("crypto_daily", "24:00"),
        ("fx_ecb_daily", "14:15"),
        ("macro_daily", "noon"),
        ("macro_daily", "16:00"),
    ],
)
def test_the_hours_are_those_of_the_manifests(table: str, hour: str) -> None:
    assert hour in read_manifest(table).fields["clock"]["closes"]


def test_rows_are_ordered_by_their_last_moment() -> None:
    spans = row_spans("2025-09-22")

    assert len(spans) == 7
    assert spans["end_utc"].is_monotonic_increasing
    assert (spans["start_utc"] < spans["end_utc"]).all()


@pytest.mark.parametrize(
    ("date", "kind"),
    [("2025-09-20", "fixing day of the bank"), ("2025-11-27", "session of New York"), ("2025-04-21", "fixing day")],
)
def test_a_day_on_which_not_all_have_a_row_is_refused(date: str, kind: str) -> None:
    with pytest.raises(ValueError, match=f"row_spans: {date} is no {kind}.*; choose another day"):
        row_spans(pd.Timestamp(date))
