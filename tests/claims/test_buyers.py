"""Funds, companies, placements and records, each number computed a second time from the bare files."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta

import pandas as pd
import pytest

from selloff.claims import (
    decide,
    fund_weeks,
    placements,
    raised_counts,
    reading,
    record_closes,
    specification_curve,
    supply_multiples,
    written,
)
from selloff.data import default_folder


def rows(table: str) -> list[dict[str, str]]:
    with (default_folder() / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def figure(topic: str, scope: str, period: str | None = None) -> float:
    found = [
        float(row["value"])
        for row in rows("published_figures")
        if row["topic"] == topic and row["scope"] == scope and period in (None, row["period"])
    ]
    assert len(found) == 1
    return found[0]


def bought(scope: str, period: str) -> float:
    return figure("corporate bitcoin purchases", scope, period)


@pytest.fixture(scope="module")
def flows() -> dict[date, tuple[float, float | None]]:
    return {
        date.fromisoformat(row["date"]): (
            float(row["btc_usd_m"]),
            float(row["eth_usd_m"]) if row["eth_usd_m"] else None,
        )
        for row in rows("etf_flows_daily")
    }


def replaced(old: str, new: str):
    def edit(text: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return edit


# The funds


def test_thursdays_flow_is_the_sum_of_two_groups_and_passes_the_bound_by_a_hair(flows) -> None:
    btc, eth = flows[date(2025, 9, 25)]
    result = decide("C06")

    assert result.value("size") == pytest.approx(btc + eth, abs=1e-9)
    assert result.verdict == "holds"
    assert -505 < btc + eth < -500


def test_a_revision_of_one_fund_by_more_than_the_margin_overturns_the_verdict(changed) -> None:
    folder = changed("etf_flows_daily", replaced("2025-09-25,-253.4,-251.2", "2025-09-25,-247.4,-251.2"))
    result = decide("C06", folder)

    assert result.value("size") == pytest.approx(-498.6)
    assert result.verdict == "fails"
    assert "499" in reading(result)
    assert "499" not in reading(decide("C06"))


def test_a_week_of_flows_is_the_sum_of_its_sessions_from_monday_to_friday(flows) -> None:
    days = [date(2025, 9, 22) + timedelta(days=step) for step in range(5)]
    btc, eth = (sum(flows[day][place] for day in days) for place in (0, 1))

    week = fund_weeks().loc["2025-09-26"]

    assert week.tolist() == pytest.approx([btc, eth, btc + eth])


def test_no_other_whole_week_of_ether_funds_was_as_bad_but_several_of_bitcoin_funds_were(flows) -> None:
    mondays = [date(2024, 7, 29) + timedelta(weeks=count) for count in range(107)]
    sums = [
        sum(flows[monday + timedelta(days=step)][1] for step in range(5) if monday + timedelta(days=step) in flows)
        for monday in mondays
    ]
    ether = fund_weeks()["ETH"].dropna()

    assert len(ether) == len(sums)
    assert ether.to_numpy() == pytest.approx(sums)
    assert mondays[sums.index(min(sums))] == date(2025, 9, 22)
    assert int(fund_weeks()["BTC"].rank()["2025-09-26"]) == 14


def test_weeks_that_were_not_whole_are_left_out() -> None:
    weeks = fund_weeks()

    # Bitcoin funds began on a Thursday, ether funds on a Tuesday; the table ends on a Thursday.
    assert weeks["BTC"].first_valid_index() == pd.Timestamp("2024-01-19")
    assert weeks["ETH"].first_valid_index() == pd.Timestamp("2024-08-02")
    assert weeks.index[-1] == pd.Timestamp("2026-08-14")


# Companies


def test_up_to_fails_on_the_reports_own_three_figures() -> None:
    listed = "listed digital-asset treasuries"
    july, august = bought(listed, "2025-07"), bought(listed, "2025-08")
    september = bought(listed, "2025-09 to date (about 25 Sep)")
    buying = decide("C12")

    assert (july, august, september) == (64000, 12600, 15500)
    assert buying.value("size", month="august", count="report", pace="whole") == pytest.approx(-80.3125)
    assert buying.value("size", month="september", count="report", pace="whole") == pytest.approx(-75.78125)
    assert buying.value("size", month="september", count="report", pace="per_day") == pytest.approx(
        100 * (september / 25 / (july / 31) - 1)
    )
    assert buying.value("size", count="earlier") == pytest.approx(100 * ((3700 + 14800) / july - 1))
    assert buying.verdict == "fails"


def test_up_to_holds_under_one_definition_if_august_fell_less_than_september(changed) -> None:
    folder = changed(
        "published_figures",
        lambda text: text.replace(
            "purchases,2025-08,12600,BTC,listed digital-asset treasuries",
            "purchases,2025-08,18500,BTC,listed digital-asset treasuries",
        ),
    )
    buying = decide("C12", folder)

    assert buying.value("size", month="august", count="report", pace="whole") == pytest.approx(-71.09375)
    assert buying.by_definition["september.report.whole"] is True
    assert buying.verdict == "depends"
    assert reading(buying) != reading(decide("C12"))


def test_three_announcements_of_strategy_add_up_to_its_quarter() -> None:
    own = "Strategy only, by announcement month"

    assert sum(bought(own, f"2025-0{month}") for month in (7, 8, 9)) == bought(
        "Strategy only (8-K and 10-Q)", "2025-Q3"
    )


def test_new_supply_is_three_and_an_eighth_bitcoin_in_each_of_144_blocks_a_day() -> None:
    table = supply_multiples().set_index(["counter", "month"])

    assert table["multiple"]["report", "2025-07"] == pytest.approx(64000 / (31 * 450))
    assert table["multiple"]["report", "2025-09"] == pytest.approx(15500 / (25 * 450))
    assert table["multiple"]["restated", "2025-10"] == pytest.approx(14447 / (31 * 450))


# Money raised


def test_only_announcements_exceed_the_stated_sum_in_time() -> None:
    topic = "raised by treasury companies"
    raised = decide("C13")

    assert raised.by_definition == {
        "raised_august": False,  # 15bn, in time but lower
        "raised_december": None,  # 45bn, higher but late
        "deployed": False,  # 42.7bn, lower although late
        "announced": True,  # 86bn
        "report": None,  # the claim itself
    }
    assert raised.value("size", count="announced") == figure(topic, "announced") == 86000
    assert raised.value("size", count="raised_august") == figure(topic, "raised to 21 August, low count") == 15000
    assert raised.support == (1, 4)
    assert raised.verdict == "depends"
    assert written(raised.find("size", count="deployed")) == "USD\N{NO-BREAK SPACE}42.7\N{NO-BREAK SPACE}billion"


def test_without_announcements_above_the_sum_nothing_supports_it(changed) -> None:
    folder = changed(
        "published_figures",
        lambda text: re.sub(r"companies,2025,86000,USD m,announced", "companies,2025,40000,USD m,announced", text),
    )
    raised = decide("C13", folder)

    # The late count that is larger cannot tell.
    assert raised.verdict == "untestable"
    assert "40" in reading(raised)
    assert raised_counts(folder)["usd_bn"].max() == 45.0


def test_a_higher_count_in_time_supports_the_sum(changed) -> None:
    folder = changed(
        "published_figures",
        lambda text: text.replace("companies,2025,15000,USD m,", "companies,2025,45500,USD m,"),
    )

    assert decide("C13", folder).support == (2, 4)


# Placements


def test_prices_stand_against_placement_prices_as_the_division_says() -> None:
    table = placements().set_index(["label", "base"])["change_pct"]

    assert table["NAKA, main placement", "placement"] == pytest.approx(100 * (1.15 / 1.12 - 1))
    assert table["NAKA, second placement", "placement"] == pytest.approx(-77)
    assert table["EMPD", "placement"] == pytest.approx(-20.6)
    assert table["NAKA, main placement", "peak"] == pytest.approx(100 * (1.15 / 34.77 - 1))


def test_the_stated_fall_fits_the_peak_and_no_placement() -> None:
    placed = decide("C14")

    assert placed.by_definition["naka_main.peak"] is True
    assert "naka_main.peak" not in placed.counted
    assert placed.support == (0, 3)
    assert placed.verdict == "fails"


def test_a_share_at_three_cents_of_each_dollar_placed_would_overturn_it(changed) -> None:
    folder = changed("published_figures", replaced("2025-09,7.94,USD per share", "2025-09,0.30,USD per share"))
    placed = decide("C14", folder)

    assert placed.value("size", firm="empd") == pytest.approx(-97)
    assert placed.verdict == "depends"
    assert specification_curve("C14", folder=folder).table["value"].min() == pytest.approx(-97)


def test_the_reading_follows_the_price(changed) -> None:
    folder = changed("published_figures", replaced("2025-06 PIPE,5.0,", "2025-06 PIPE,2.3,"))

    assert "50.0" in reading(decide("C14", folder))


# Records


@pytest.mark.parametrize(
    ("asset", "expected"),
    [
        ("BTC", ["07-10", "07-11", "07-13", "07-14", "07-22", "08-12", "08-13", "10-05", "10-06"]),
        ("ETH", ["08-22"]),
    ],
)
def test_a_record_close_is_higher_than_every_close_before_it(asset: str, expected: list[str]) -> None:
    highest, found = 0.0, []
    for row in rows("crypto_daily"):
        if row["asset"] == asset and float(row["close"]) > highest:
            highest = float(row["close"])
            found.append(row["date"])

    inside = [day for day in found if "2025-07-01" <= day <= "2025-10-31"]

    assert [day[5:] for day in inside] == expected
    assert record_closes(asset, "2025-07-01", "2025-10-31").index.strftime("%Y-%m-%d").tolist() == inside


def test_purchases_fell_in_the_month_of_bitcoins_record_by_both_counts() -> None:
    driven = decide("C19")
    found = driven.find("size", record="btc_august", compared="same_month")

    assert found.value == found.high == pytest.approx(100 * (12600 / 64000 - 1))
    assert found.low == pytest.approx(100 * (3666 / 31466 - 1))
    assert found.supports is False
    assert driven.value("record", record="eth_august") == max(
        float(row["close"]) for row in rows("crypto_daily") if row["asset"] == "ETH" and row["date"] < "2025-09-01"
    )


def test_where_counters_disagree_or_are_silent_records_prove_nothing() -> None:
    driven = decide("C19")
    mixed = driven.find("size", record="btc_october", compared="month_before")

    assert (mixed.low, mixed.high) == (
        pytest.approx(100 * (38035 / 47718 - 1)),
        pytest.approx(100 * (7574 / 3666 - 1)),
    )
    assert mixed.supports is None
    assert driven.by_definition["eth_august.same_month"] is None
    assert driven.verdict == "untestable"
    assert driven.support == (0, 6)


def test_a_rise_in_purchases_takes_away_what_speaks_against_the_claim(changed) -> None:
    folder = changed(
        "published_figures",
        lambda text: text.replace(
            "purchases,2025-08,12600,BTC,listed digital-asset treasuries",
            "purchases,2025-08,70000,BTC,listed digital-asset treasuries",
        ),
    )
    driven = decide("C19", folder)
    found = driven.find("size", record="btc_august", compared="same_month")

    assert found.value == pytest.approx(9.375)
    assert found.supports is None
    assert "9.4" in reading(driven)


def test_a_record_follows_the_table_of_prices(changed) -> None:
    folder = changed("crypto_daily", lambda text: re.sub(r"(2025-08-30,ETH,)[\d.]+", r"\g<1>6000", text))

    assert decide("C19", folder).value("record", record="eth_august") == 6000
