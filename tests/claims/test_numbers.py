"""The numbers of claims, computed a second time from the bare files."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from statistics import fmean
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from selloff.claims import (
    Window,
    anchor_changes,
    decide,
    moving_average,
    range_position,
    week_changes,
    week_rank,
    window,
)
from selloff.data import default_folder, load


def rows(table: str) -> list[dict[str, str]]:
    with (default_folder() / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def hours() -> dict[datetime, dict[str, str]]:
    stamp = "%Y-%m-%dT%H:%M%z"
    return {datetime.strptime(row["time_utc"].replace("Z", "+0000"), stamp): row for row in rows("crypto_hourly")}


WEEKS = {
    "fri_fri": ((2025, 9, 20, 0), (2025, 9, 27, 0), UTC),
    "fri_fri_ny": ((2025, 9, 19, 16), (2025, 9, 26, 16), ZoneInfo("America/New_York")),
    "sun_sun": ((2025, 9, 22, 0), (2025, 9, 29, 0), UTC),
    "sun_thu": ((2025, 9, 22, 0), (2025, 9, 26, 0), UTC),
    "sun_fri_noon": ((2025, 9, 22, 0), (2025, 9, 26, 12), UTC),
    "sun_fri": ((2025, 9, 22, 0), (2025, 9, 27, 0), UTC),
    "trailing_7d": ((2025, 9, 19, 0), (2025, 9, 26, 0), UTC),
}


@pytest.mark.parametrize(("claim", "coin", "since"), [("C03", "eth", (2025, 7, 1)), ("C04", "btc", (2025, 4, 1))])
@pytest.mark.parametrize("key", WEEKS)
def test_a_weeks_change_and_rank_follow_from_two_prices_a_week(hours, claim: str, coin: str, since, key: str) -> None:
    start, end, zone = WEEKS[key]
    changes = []
    for count in range(60):
        first, last = ((datetime(*edge, tzinfo=zone) - timedelta(weeks=count)).astimezone(UTC) for edge in (start, end))
        if last >= datetime(*since, tzinfo=UTC):
            changes.append(float(hours[last][coin]) / float(hours[first][coin]) - 1)
    result = decide(claim)

    assert result.value("size", week=key, price="hourly") == pytest.approx(100 * changes[0], abs=1e-10)
    # A tenth of a percentage point is how far sources differ.
    since_end = {"eth": "june_end", "btc": "march_end"}[coin]
    assert result.value("rank", week=key, price="hourly", since=since_end) == 1 + sum(
        change < changes[0] - 0.001 for change in changes
    )


def test_the_worst_fall_inside_a_week_is_from_any_hour_to_a_later_one(hours) -> None:
    start, end = datetime(2025, 9, 22, tzinfo=UTC), datetime(2025, 9, 27, tzinfo=UTC)
    path = [float(row["eth"]) for moment, row in hours.items() if start <= moment <= end]
    worst = min(later / earlier - 1 for i, earlier in enumerate(path) for later in path[i:])

    assert decide("C03").value("size", week="peak_trough") == pytest.approx(100 * worst, abs=1e-10)


def test_the_loss_of_total_value_is_the_difference_of_two_closes() -> None:
    total = {row["date"]: float(row["total_usd_bn"]) for row in rows("market_cap_daily")}
    days = {
        "fri_fri": ("2025-09-19", "2025-09-26"),
        "sun_sun": ("2025-09-21", "2025-09-28"),
        "sun_thu": ("2025-09-21", "2025-09-25"),
        "sun_fri": ("2025-09-21", "2025-09-26"),
        "trailing_7d": ("2025-09-18", "2025-09-25"),
    }

    for key, (first, last) in days.items():
        assert decide("C01").value("size", week=key, measured="close_close", vendor="tradingview") == pytest.approx(
            total[last] - total[first], abs=1e-9
        )


def test_the_loss_to_the_lowest_low_counts_only_lows_of_later_days() -> None:
    table = {row["date"]: row for row in rows("market_cap_daily")}
    week = [f"2025-09-{day}" for day in (21, 22, 23, 24, 25)]
    lows, highs = ([float(table[day][f"{kind}_usd_bn"]) for day in week] for kind in ("low", "high"))
    close = float(table[week[0]]["total_usd_bn"])
    worst = max(high - low for i, high in enumerate(highs) for low in lows[i + 1 :])
    loss = decide("C01")

    assert loss.value("size", week="sun_thu", measured="close_low") == pytest.approx(min(lows[1:]) - close)
    assert loss.value("size", week="sun_thu", measured="high_low") == pytest.approx(-worst)


def test_another_vendors_loss_is_the_difference_of_its_two_quotes() -> None:
    assert decide("C01").value("size", vendor="other") == 3880 - 4120


def test_the_daily_kinds_of_price_follow_from_closes_and_lows() -> None:
    days = {row["date"]: row for row in rows("crypto_daily") if row["asset"] == "ETH"}
    close = float(days["2025-09-21"]["close"])
    lowest = min(float(days[f"2025-09-{day}"]["low"]) for day in (22, 23, 24, 25))
    ether = decide("C03")

    at_thursday = 100 * (float(days["2025-09-25"]["close"]) / close - 1)
    assert ether.value("size", week="sun_thu", price="median") == pytest.approx(at_thursday)
    assert ether.value("size", week="sun_thu", price="low") == pytest.approx(100 * (lowest / close - 1))


def test_the_rank_to_the_lowest_low_compares_lows_with_lows() -> None:
    days = {row["date"]: row for row in rows("crypto_daily") if row["asset"] == "ETH"}
    falls = []
    for week in range(40):
        sunday = datetime(2025, 9, 21, tzinfo=UTC) - timedelta(weeks=week)
        if sunday + timedelta(days=5) >= datetime(2025, 7, 1, tzinfo=UTC):
            after = [f"{sunday + timedelta(days=step):%Y-%m-%d}" for step in (1, 2, 3, 4)]
            falls.append(min(float(days[day]["low"]) for day in after) / float(days[f"{sunday:%Y-%m-%d}"]["close"]) - 1)

    rank = decide("C03").value("rank", week="sun_thu", price="low", since="june_end")
    assert rank == 1 + sum(fall < falls[0] - 0.001 for fall in falls)


def test_the_claimed_level_was_broken_by_the_low_of_the_hours_inside_the_week() -> None:
    lows = [
        float(row["eth_low"])
        for row in rows("event_hourly")
        if "2025-09-22T00:00Z" < row["time_utc"] <= "2025-09-26T12:00Z"
    ]

    assert decide("C03").value("level", week="sun_fri_noon") == min(lows)
    assert min(lows) < 4000


def test_the_place_in_the_range_counts_only_days_that_had_closed() -> None:
    days = [row for row in rows("crypto_daily") if row["asset"] == "BTC" and row["date"] <= "2025-09-25"][-60:]
    low, high = min(float(row["low"]) for row in days), max(float(row["high"]) for row in days)
    noon = pd.Timestamp("2025-09-26T12:00Z")

    assert range_position(noon, 110_000.0, 60) == pytest.approx((110_000 - low) / (high - low), abs=1e-12)


def test_the_fund_flows_of_thursday_add_up_to_the_claims_number() -> None:
    thursday = next(row for row in rows("etf_flows_daily") if row["date"] == "2025-09-25")

    assert decide("C06").value("size") == pytest.approx(float(thursday["btc_usd_m"]) + float(thursday["eth_usd_m"]))


def test_the_fall_in_purchases_is_the_arithmetic_of_the_reports_own_figures() -> None:
    buying = decide("C12")

    assert buying.value("size", month="august", count="report", pace="whole") == pytest.approx(-80.3125)
    assert buying.value("size", month="september", count="report", pace="whole") == pytest.approx(-75.78125)
    paced = 100 * ((15500 / 25) / (64000 / 31) - 1)
    assert buying.value("size", month="september", count="report", pace="per_day") == pytest.approx(paced)
    assert buying.value("size", count="earlier") == pytest.approx(100 * ((3700 + 14800) / 64000 - 1))
    assert buying.value("size", month="september", count="strategy") == pytest.approx(100 * (7574 / 31466 - 1))


def test_the_simple_average_is_the_mean_of_a_hundred_closes() -> None:
    closes = [
        float(row["close"]) for row in rows("crypto_daily") if row["asset"] == "BTC" and row["date"] <= "2025-09-26"
    ]

    gap = 100 * (closes[-1] / fmean(closes[-100:]) - 1)

    assert decide("C16").value("average", day="fri", average="simple", price="close") == pytest.approx(gap, abs=1e-9)


def test_the_exponential_average_follows_its_recursion() -> None:
    prices = load("crypto_daily").xs("BTC", level="asset")["close"].iloc[:200]
    level = float(prices.iloc[0])
    for price in prices.iloc[1:]:
        level += 2 / 101 * (price - level)

    assert moving_average(prices, 100, "exponential").iloc[-1] == pytest.approx(level, rel=1e-12)


def test_sentiments_claim_compares_with_every_day_since_the_first_of_june() -> None:
    index = {row["date"]: float(row["fear_greed"]) for row in rows("fear_greed_daily")}
    mood = decide("C05")

    for key, day in (("thu", "2025-09-25"), ("fri", "2025-09-26")):
        before = [value for date, value in index.items() if "2025-06-01" <= date < day]
        assert mood.value("level", day=key) == index[day]
        assert mood.by_definition[f"{key}.june.lowest"] == (index[day] < min(before))
        assert mood.by_definition[f"{key}.june.level"] == (index[day] <= min(before))


def test_a_window_keeps_its_local_hour_across_daylight_saving() -> None:
    winter = window("fri_fri_ny").back(30)

    assert f"{winter.end:%H:%M}" == "16:00"
    assert f"{winter.end.tz_convert('UTC'):%H:%M}" == "21:00"


def test_a_week_without_a_price_has_no_change() -> None:
    moments = pd.date_range("2025-01-01", periods=15, freq="D", tz="UTC")
    prices = pd.Series(range(1, 16), index=moments, dtype=float).drop(moments[7])
    week = Window("w", "a week", moments[7], moments[14])

    changes = week_changes(prices, week, "2025-01-01")

    assert changes.isna().all()
    assert len(changes) == 3


def test_the_steepest_of_all_weeks_ranks_first() -> None:
    assert week_rank(pd.Series([0.01, -0.03, 0.02, -0.05])) == 1
    assert week_rank(pd.Series([0.01, -0.09, -0.06, -0.05])) == 3


def test_a_week_that_fell_further_by_less_than_the_margin_is_level() -> None:
    changes = pd.Series([-0.0601, -0.09, -0.06])

    assert week_rank(changes) == 3
    assert week_rank(changes, margin=0.001) == 2


def test_without_a_price_in_the_last_week_there_is_no_rank() -> None:
    with pytest.raises(ValueError, match="a price is missing"):
        week_rank(pd.Series([-0.1, -0.2, float("nan")]))


def test_a_weekdays_week_ends_among_the_seven_days() -> None:
    table = anchor_changes("2025-09-22", "2025-09-28").set_index(["anchor", "clock", "asset"])["change_pct"]

    assert table["Sunday", "00:00 UTC", "BTC"] == pytest.approx(
        decide("C04").value("size", week="sun_sun", price="hourly"), abs=1e-10
    )
    assert table["Friday", "New York close", "ETH"] == pytest.approx(
        decide("C03").value("size", week="fri_fri_ny"), abs=1e-10
    )
