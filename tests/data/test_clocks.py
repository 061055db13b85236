"""Clocks: which moment a price belongs to, and that nothing is filled forward."""

from __future__ import annotations

import csv
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from selloff.data import (
    CLOCKS,
    closes,
    common_returns,
    daily_closes,
    default_folder,
    load,
    log_returns,
    macro_changes,
    sessions,
    strikes,
    weekly_windows,
)

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def hours() -> dict[str, float]:
    """Bitcoin by the end of the hour, read without the loader."""
    with (default_folder() / "crypto_hourly.csv").open() as file:
        return {row["time_utc"]: float(row["btc"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("day", "close"),
    [
        ("2025-03-07", "21:00"),  # the Friday before daylight saving
        ("2025-03-10", "20:00"),  # the Monday after
        ("2025-10-31", "20:00"),  # the Friday before it ends
        ("2025-11-03", "21:00"),  # the Monday after
        ("2025-07-03", "17:00"),  # half day in summer
        ("2025-11-28", "18:00"),  # half day in winter
        ("2025-12-24", "18:00"),
    ],
)
def test_new_york_closes_at_its_own_hour(day: str, close: str) -> None:
    assert sessions(day, day)["close_utc"].dt.strftime("%H:%M").tolist() == [close]


@pytest.mark.parametrize("day", ["2025-01-09", "2025-07-04", "2025-09-27", "2018-12-05", "2026-04-03"])
def test_a_holiday_a_day_of_mourning_and_a_saturday_are_no_sessions(day: str) -> None:
    assert sessions("2018-01-01", "2026-06-30").index.difference([pd.Timestamp(day)]).size == len(
        sessions("2018-01-01", "2026-06-30")
    )


def test_a_full_session_closes_at_four_in_new_york_whatever_the_season() -> None:
    held = sessions("2024-01-01", "2025-12-31")
    local = held.loc[~held["half_day"], "close_utc"].dt.tz_convert(NEW_YORK)

    assert set(local.dt.strftime("%H:%M")) == {"16:00"}


def test_the_new_york_clock_reads_the_hour_of_the_close(hours: dict[str, float]) -> None:
    prices = closes(["BTC"], "nyse", "2025-03-03", "2025-11-28")["BTC"]

    for day, hour in {
        "2025-03-07": "T21:00Z",
        "2025-03-10": "T20:00Z",
        "2025-07-03": "T17:00Z",
        "2025-11-28": "T18:00Z",
    }.items():
        assert prices[day] == hours[day + hour]


def test_the_utc_clocks_read_the_midnights_around_the_close(hours: dict[str, float]) -> None:
    after = closes(["BTC"], "utc", "2025-09-26", "2025-09-26")["BTC"].iloc[0]
    before = closes(["BTC"], "utc_prior", "2025-09-26", "2025-09-26")["BTC"].iloc[0]

    assert after == hours["2025-09-27T00:00Z"]
    assert before == hours["2025-09-26T00:00Z"]


def test_a_weekend_is_one_step(hours: dict[str, float]) -> None:
    monday = common_returns("BTC", "sp500_logret", "nyse", "2025-09-19", "2025-09-22").loc["2025-09-22", "BTC"]

    assert monday == pytest.approx(math.log(hours["2025-09-22T20:00Z"] / hours["2025-09-19T20:00Z"]), abs=1e-15)


@pytest.mark.parametrize("clock", list(CLOCKS))
def test_every_crypto_return_is_that_of_two_prices_on_neighbouring_sessions(hours: dict[str, float], clock) -> None:
    returns = common_returns("BTC", "sp500_logret", clock, "2020-01-02", "2026-07-24")["BTC"]
    lines = (default_folder() / "macro_daily.csv").read_text().splitlines()
    days = [line.split(",")[0] for line in lines[1:]]
    before = dict(zip(days[1:], days, strict=False))

    def moment(day: str) -> str:
        close = pd.Timestamp(sessions(day, day)["close_utc"].iloc[0]).to_pydatetime()
        if clock != "nyse":
            midnight = datetime(close.year, close.month, close.day, tzinfo=UTC)
            close = midnight + timedelta(days=clock == "utc")
        return close.strftime("%Y-%m-%dT%H:%MZ")

    sample = returns.iloc[:: max(len(returns) // 60, 1)]
    for day, value in sample.items():
        name = f"{day:%Y-%m-%d}"
        assert value == pytest.approx(math.log(hours[moment(name)] / hours[moment(before[name])]), abs=1e-14)


def test_an_hour_that_is_missing_leaves_out_both_returns_that_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import selloff.data.clocks as clocks

    whole = load("crypto_hourly")
    gone = pd.Timestamp("2025-09-24T20:00Z")

    def holed(table: str, folder: Path | None = None) -> pd.DataFrame:
        return whole.drop(index=gone) if table == "crypto_hourly" else load(table, folder)

    full = common_returns("BTC", "sp500_logret", "nyse", "2025-09-15", "2025-09-30")
    monkeypatch.setattr(clocks, "load", holed)
    less = common_returns("BTC", "sp500_logret", "nyse", "2025-09-15", "2025-09-30")

    assert full.index.difference(less.index).strftime("%Y-%m-%d").tolist() == ["2025-09-24", "2025-09-25"]
    pd.testing.assert_frame_equal(less, full.loc[less.index])


def test_shares_have_no_return_on_a_day_without_a_session() -> None:
    days = macro_changes(["sp500_logret"]).index

    assert (days.day_of_week < 5).all()
    assert pd.Timestamp("2025-07-04") not in days


def test_a_level_that_is_missing_blanks_the_change_before_and_after() -> None:
    yields = load("macro_daily")["ust10y_pct"]
    holiday = pd.Timestamp("2025-10-13")
    following = yields.index[yields.index.get_loc(holiday) + 1]
    changes = macro_changes(["ust10y_pct"])["ust10y_pct"]

    assert np.isnan(yields[holiday])
    assert changes[[holiday, following]].isna().all()


def test_a_negative_oil_price_has_no_log_return() -> None:
    oil = macro_changes(["wti_usd"])["wti_usd"]

    assert oil["2020-04-20":"2020-04-21"].isna().all()
    assert np.isfinite(oil["2020-04-22"])


def test_log_returns_do_not_bridge_a_gap() -> None:
    prices = pd.DataFrame({"a": [1.0, 2.0, np.nan, 8.0, 16.0]})

    returns = log_returns(prices)["a"]

    assert returns.isna().tolist() == [False, True, True, False]
    assert returns.iloc[0] == pytest.approx(math.log(2))


def test_daily_closes_show_the_two_days_that_ether_lacks() -> None:
    ether = daily_closes(["ETH"])["ETH"].loc["2016-05-18":"2016-05-25"]

    assert ether.index[ether.isna()].strftime("%Y-%m-%d").tolist() == ["2016-05-21", "2016-05-22"]


def test_a_week_by_the_new_york_clock_ends_on_the_session_before_a_holiday() -> None:
    week = weekly_windows("FRI", "2025-06-20", "2025-07-04", "nyse").loc["2025-07-04"]

    assert f"{week['end_utc']:%Y-%m-%d %H:%M}" == "2025-07-03 17:00"
    assert f"{week['start_utc']:%Y-%m-%d %H:%M}" == "2025-06-27 20:00"


def test_weeks_by_midnight_tile_the_calendar() -> None:
    weeks = weekly_windows("SUN", "2025-03-02", "2025-11-30")

    assert (weeks["end_utc"] - weeks["start_utc"] == pd.Timedelta(days=7)).all()
    assert (weeks["start_utc"].iloc[1:].to_numpy() == weeks["end_utc"].iloc[:-1].to_numpy()).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strikes("noon", "2025-09-22", "2025-09-26"), "strikes: unknown clock 'noon'"),
        (lambda: closes(["BTC"], "noon"), "unknown clock 'noon'; expected one of nyse, utc, utc_prior"),
        (lambda: closes(["SOL"], "nyse"), "unknown series 'SOL'; expected one of BTC, ETH"),
        (lambda: macro_changes(["dow"]), "unknown series 'dow'"),
        (lambda: weekly_windows("FRIDAY", "2025-01-01", "2025-02-01"), "unknown anchor 'FRIDAY'"),
        (lambda: sessions("2025-02-01", "2025-01-01"), "swap them"),
        (lambda: sessions("2025-02-01T12:00", "2025-03-01"), "is a moment; expected a day"),
        (lambda: sessions(pd.Timestamp("2025-02-01", tz="UTC"), "2025-03-01"), "is a moment; expected a day"),
        (lambda: closes("BTC"), "expected a list of names out of BTC, ETH, got 'BTC'"),
        (lambda: closes([]), "expected a list of names"),
        (lambda: closes(["BTC"], "nyse", "2019-06-01", "2020-06-01"), "hourly prices run from 2020-01-02"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_ones(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# The clocks of New York went back on 2 November 2025; 28 November was a half day.
@pytest.mark.parametrize(
    ("clock", "struck"),
    [
        ("nyse", ["2025-10-31 20:00", "2025-11-03 21:00", "2025-11-28 18:00"]),
        ("utc", ["2025-11-01 00:00", "2025-11-04 00:00", "2025-11-29 00:00"]),
        ("utc_prior", ["2025-10-31 00:00", "2025-11-03 00:00", "2025-11-28 00:00"]),
    ],
)
def test_a_clock_strikes_when_new_york_closes_or_at_the_midnights_around_it(clock: str, struck: list[str]) -> None:
    moments = strikes(clock, "2025-10-31", "2025-11-28")

    assert moments.loc[["2025-10-31", "2025-11-03", "2025-11-28"]].dt.strftime("%Y-%m-%d %H:%M").tolist() == struck
    assert str(moments.dt.tz) == "UTC"
