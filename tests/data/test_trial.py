"""Trials on a copy: every change is refused, nothing of the project is written, a wrong stamp shows."""

from __future__ import annotations

import csv

import pytest

from selloff.data import default_folder, hourly_ranges, refusal

ROW = "2025-09-26,28"


@pytest.mark.parametrize(
    ("new", "found", "row"),
    [
        ("2025-09-26,29", "not the sealed one", None),
        ("2025-09-26,280", "there is 280", 2791),
        ("2025-09-25,28", "2025-09-25 00:00:00 stands twice", 2791),
        ("2025-09-26,28 ", "there is '28 '", 2791),
    ],
)
def test_a_changed_copy_is_refused_with_its_reason(new: str, found: str, row: int | None) -> None:
    error = refusal("fear_greed_daily", ROW, new)

    assert found in error.found
    assert error.row == row


def test_the_project_s_own_table_stays_as_it_is() -> None:
    path = default_folder() / "fear_greed_daily.csv"
    before = path.read_bytes()

    refusal("fear_greed_daily", ROW, "2025-09-26,29")

    assert path.read_bytes() == before
    assert sum(line.startswith(ROW) for line in before.decode().splitlines()) == 1


@pytest.mark.parametrize(("old", "new"), [("2025-09-", "2025-10-"), ("2035-01-01", "x"), (ROW, ROW)])
def test_a_change_that_is_none_or_not_one_is_an_error(old: str, new: str) -> None:
    with pytest.raises(ValueError, match="name a text that stands once and another one"):
        refusal("fear_greed_daily", old, new)


def daily(asset: str) -> dict[str, tuple[float, float]]:
    with (default_folder() / "crypto_daily.csv").open() as file:
        return {
            row["date"]: (float(row["low"]), float(row["high"]))
            for row in csv.DictReader(file)
            if row["asset"] == asset and "2025-09-14" <= row["date"] <= "2025-10-15"
        }


def test_stamps_read_as_the_end_give_the_daily_table_s_lows_and_highs() -> None:
    ranges = hourly_ranges("ETH", "end")
    known = daily("ETH")

    assert len(ranges) == 30
    assert all((row["low"], row["high"]) == known[f"{day:%Y-%m-%d}"] for day, row in ranges.iterrows())


def test_stamps_read_as_the_start_do_not() -> None:
    # The manifest of event_hourly counts them: of 31 days, 6 lows and 9 highs differ.
    ranges = hourly_ranges("ETH", "start")
    known = [daily("ETH")[f"{day:%Y-%m-%d}"] for day in ranges.index]

    assert len(ranges) == 31
    assert sum(low != true for low, (true, _) in zip(ranges["low"], known, strict=True)) == 6
    assert sum(high != true for high, (_, true) in zip(ranges["high"], known, strict=True)) == 9


def test_an_unknown_stamp_or_asset_is_named() -> None:
    with pytest.raises(ValueError, match="unknown stamp 'middle'; expected end or start"):
        hourly_ranges("ETH", "middle")
    with pytest.raises(ValueError, match="unknown asset 'DOGE'; expected BTC or ETH"):
        hourly_ranges("DOGE")
