"""Claims about leverage: sums of counts, funding, open interest, feedback; computed again from the bare files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest

from selloff.claims import decide
from selloff.claims.feedback import (
    FeedbackTest,
    amplifications,
    feedback_test,
    month_measures,
    simulated,
    stored,
)
from selloff.claims.leverage import coins_change, undercounts
from selloff.claims.liquidations import disjoint_counts, half_step, liquidation_windows
from selloff.data import default_folder

Change = Callable[[str, Callable[[str], str]], Path]
DEFINITIONS = [
    ("lowest", "published", "at_the_time"),
    ("highest", "published", "at_the_time"),
    ("lowest", "shared", "at_the_time"),
    ("highest", "shared", "at_the_time"),
    ("lowest", "shared", "later_table"),
    ("highest", "shared", "later_table"),
]


def rows(table: str) -> list[dict[str, str]]:
    with (default_folder() / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def figure(period: str, scope: str, publisher: str = "", topic: str = "liquidations") -> float:
    found = [
        float(row["value"])
        for row in rows("published_figures")
        if (row["topic"], row["period"], row["scope"]) == (topic, period, scope) and publisher in row["publisher"]
    ]
    assert len(found) == 1
    return found[0]


THURSDAY = "2025-09-25 24h (09:11 UTC)"
FRIDAY = figure("2025-09-25 12:00 to 2025-09-26 12:00 UTC", "long")


# Adding counts


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_windows_that_are_added_share_no_hour_and_lie_in_the_week(definition: tuple[str, str, str]) -> None:
    chosen = disjoint_counts(*definition)

    assert len(chosen) >= 3
    assert all(one["end_utc"] <= two["start_utc"] for one, two in pairwise(chosen.to_dict("records")))
    assert chosen["start_utc"].iloc[0] >= pd.Timestamp("2025-09-21", tz="UTC")
    assert chosen["end_utc"].iloc[-1] <= pd.Timestamp("2025-09-27", tz="UTC")


@pytest.mark.parametrize("definition", DEFINITIONS[:2])
def test_no_other_set_of_disjoint_windows_with_longs_adds_up_to_more(definition: tuple[str, str, str]) -> None:
    table = liquidation_windows()
    table = table[table["inside"] & (table["scope"] == "long")]
    grouped = table.groupby("window").agg({"start_utc": "first", "end_utc": "first", "usd_m": ["min", "max"]})
    items = [(row[0], row[1], row[2 if definition[0] == "lowest" else 3]) for row in grouped.itertuples(index=False)]
    sums = [
        sum(value for _, _, value in group)
        for size in range(1, len(items) + 1)
        for group in combinations(items, size)
        if all(one[1] <= two[0] or two[1] <= one[0] for one, two in combinations(group, 2))
    ]

    assert disjoint_counts(*definition)["usd_m"].sum() == pytest.approx(max(sums))


def test_a_window_with_an_hour_lasts_a_day_and_one_without_may_lie_in_a_longer_span() -> None:
    table = liquidation_windows()
    daily = table[~table["window"].isin(["report", "week"])]
    hours = (daily["end_utc"] - daily["start_utc"]) / pd.Timedelta(hours=1)

    assert (hours[daily["hour_known"]] == 24).all()
    assert (hours[~daily["hour_known"]] > 24).all()
    assert 5 < daily["hour_known"].sum() < len(daily)


def test_a_window_ends_at_the_hour_that_its_row_names() -> None:
    named = {"monday_0830": "08:30", "tuesday": "12:59", "thursday": "09:11", "thursday_evening": "18:39"}
    ends = liquidation_windows().drop_duplicates("window").set_index("window")["end_utc"]
    periods = {row["period"] for row in rows("published_figures")}

    for window, hour in named.items():
        end = ends[window]
        assert f"{end:%H:%M}" == hour
        assert any(period.startswith(f"{end:%Y-%m-%d}") and f"({hour} UTC)" in period for period in periods)


def test_every_published_count_around_the_week_stands_in_a_window_or_is_of_shorts() -> None:
    counted = {(row.scope, row.publisher, row.usd_m) for row in liquidation_windows().itertuples()}
    around = [
        row
        for row in rows("published_figures")
        if row["topic"] == "liquidations" and row["period"].startswith("2025-09") and row["scope"] != "short"
    ]

    assert len(around) == len(liquidation_windows()) > 20
    assert {(row["scope"], row["publisher"], float(row["value"])) for row in around} == counted


def test_the_sums_of_longs_follow_from_the_published_counts() -> None:
    longs = decide("C02")
    monday = [figure("2025-09-22 24h", "long", who) for who in ("Decrypt", "Coinccino", "Coinomedia", "Crowdfund")]
    thursday = figure(THURSDAY, "long")

    for count, pick in (("lowest", min), ("highest", max)):
        total = pick(monday) + thursday + FRIDAY
        assert longs.value("size", count=count, longs="published") == pytest.approx(total)


def test_a_count_of_both_sides_takes_the_share_of_longs_of_the_nearest_window() -> None:
    longs = decide("C02")
    pairs = [
        figure("2025-09-22 24h", "long", who) / figure("2025-09-22 24h", "long and short", who)
        for who in ("Decrypt", "Coinccino", "Coinomedia")
    ]
    thursday = figure("2025-09-25 24h (morning UTC)", "long and short")
    thursday *= figure(THURSDAY, "long") / figure(THURSDAY, "long and short")
    tuesday = figure("2025-09-23 24h (12:59 UTC)", "long and short")
    later = figure("2025-09-22 UTC day (later all-time table)", "long and short")

    for count, share in (("lowest", min(pairs)), ("highest", max(pairs))):
        first = figure("2025-09-22 24h (08:30 UTC)", "long") + tuesday * share
        at_the_time = longs.value("size", count=count, longs="shared", revision="at_the_time")
        assert at_the_time == pytest.approx(first + thursday + FRIDAY)
        revised = longs.value("size", count=count, revision="later_table")
        assert revised == pytest.approx(later * share + thursday + FRIDAY)


def test_a_sum_that_passes_the_figure_by_less_than_its_rounding_cannot_tell() -> None:
    close = decide("C02").find("size", count="lowest", longs="shared", revision="at_the_time")

    assert close.low < 3000 < close.value < close.high
    assert close.supports is None
    # Monday's 1.5bn alone is good to 50 million.
    assert close.value - close.low > 50


@pytest.mark.parametrize(
    ("value", "half"), [(1600.0, 50.0), (1650.0, 5.0), (3620.0, 5.0), (333.0, 0.5), (843.07, 0.005), (415.9, 0.05)]
)
def test_a_published_figure_is_good_to_half_of_its_last_digit(value: float, half: float) -> None:
    assert half_step(value) == pytest.approx(half)


def test_a_larger_count_of_friday_lets_every_definition_support_the_claim(changed: Change) -> None:
    folder = changed("published_figures", lambda text: text.replace(",843.07,", ",1143.07,"))

    before, after = decide("C02"), decide("C02", folder)

    assert (before.support, before.verdict) == ((2, 6), "depends")
    assert (after.support, after.verdict) == ((6, 6), "holds")


# Undercounts


def test_an_undercount_is_what_was_said_over_what_was_shown() -> None:
    table = undercounts().set_index("source")
    day = "2025-02-03 24h"
    shown = [figure("2025-09-22 24h", "long and short", who) for who in ("Decrypt", "Coinccino", "Coinomedia")]
    venue = figure(day, "long and short, Bybit", "Bybit via") / figure(day, "long and short, Bybit", "Coinglass via")

    assert table.loc["venue", "low"] == table.loc["venue", "high"] == pytest.approx(venue)
    assert table.loc["later_table", "low"] == pytest.approx(3620 / max(shown))
    assert table.loc["later_table", "high"] == pytest.approx(3620 / min(shown))
    assert table.loc["october", "low"] == pytest.approx(30000 / 19160)
    assert table.loc["october", "high"] == pytest.approx(40000 / 19000)
    assert table.loc["february", ["low", "high"]].tolist() == pytest.approx([8000 / 2380, 10000 / 2380])


def test_an_undercount_that_is_too_small_does_not_lift_the_sum(changed: Change) -> None:
    folder = changed("published_figures", lambda text: text.replace(",30000,USD m", ",19500,USD m"))

    before, after = decide("C11"), decide("C11", folder)

    assert before.verdict == "holds"
    assert (after.verdict, after.support) == ("depends", (12, 14))
    lifted = after.find("lifted", source="october", size="low", count="lowest")
    assert lifted.value == pytest.approx(19500 / 19160 * (1600 + 333 + FRIDAY))


# Funding, open interest, options


def test_funding_of_the_week_is_compared_with_the_four_weeks_before_it() -> None:
    stamp = "%Y-%m-%dT%H:%MZ"
    for asset in ("btc", "eth"):
        parts: dict[str, list[float]] = {"before": [], "week": []}
        for row in rows("funding_8h"):
            moment = datetime.strptime(row["time_utc"], stamp).replace(tzinfo=UTC)
            start = moment - timedelta(hours=8)
            if datetime(2025, 8, 25, tzinfo=UTC) <= start < datetime(2025, 9, 22, tzinfo=UTC):
                parts["before"].append(float(row[f"{asset}_rate"]))
            elif datetime(2025, 9, 22, tzinfo=UTC) <= start < datetime(2025, 9, 27, tzinfo=UTC):
                parts["week"].append(float(row[f"{asset}_rate"]))
        assert [len(part) for part in parts.values()] == [84, 15]
        expected = 100 * 3 * 365 * (fmean(parts["week"]) - fmean(parts["before"]))

        assert decide("C09").value("leverage", leverage="funding", asset=asset) == pytest.approx(expected)


@pytest.mark.parametrize("asset", ["BTC", "ETH", "SOL", "XRP"])
def test_open_interest_in_coins_is_the_change_in_dollars_over_that_of_the_price(asset: str) -> None:
    closes = {row["date"]: float(row["close"]) for row in rows("crypto_daily") if row["asset"] == asset}
    usd = figure("2025-09-21/25", f"{asset} futures, all venues", topic="open interest change")

    ends = (1 + usd / 100) * closes["2025-09-21"] / closes["2025-09-25"] - 1
    starts = (1 + usd / 100) * closes["2025-09-20"] / closes["2025-09-24"] - 1

    assert coins_change(asset, "day_ends") == pytest.approx(100 * ends)
    assert coins_change(asset, "day_starts") == pytest.approx(100 * starts)


def test_options_are_read_on_the_days_that_the_ledger_names() -> None:
    implied = {row["date"]: row for row in rows("implied_volatility_daily")}
    for asset in ("btc", "eth"):
        level = {day: float(row[f"dvol_{asset}_pct"] or "nan") for day, row in implied.items()}
        week = level["2025-09-25"] - level["2025-09-21"]
        ratio = [
            figure(day, f"{asset.upper()} options, Deribit", topic="put/call open interest")
            for day in ("2025-09-11", "2025-09-25")
        ]
        later = level["2025-10-06"] - level["2025-09-21"]

        assert decide("C10").value("change", measure="implied_volatility", asset=asset) == pytest.approx(week)
        assert decide("C10").value("change", measure="put_call", asset=asset) == pytest.approx(ratio[1] - ratio[0])
        found = decide("C09").find("fundamentals", fundamentals="volatility", asset=asset)
        assert found.value == pytest.approx(later)
        assert found.supports is (later <= 0)


def test_with_fewer_stablecoins_the_fundamentals_did_not_hold(changed: Change) -> None:
    folder = changed("stablecoin_cap_daily", lambda text: text.replace("2025-09-26,294.065", "2025-09-26,291.065"))

    before, after = decide("C09"), decide("C09", folder)

    assert (before.verdict, before.support) == ("depends", (5, 12))
    assert (after.verdict, after.support) == ("fails", (0, 12))


def test_with_more_puts_bitcoins_traders_turned_defensive(changed: Change) -> None:
    folder = changed("published_figures", lambda text: text.replace("2025-09-25,0.633,", "2025-09-25,0.733,"))

    assert decide("C10").support == (6, 8)
    assert decide("C10", folder).support == (7, 8)


# Feedback


def hourly(asset: str) -> list[float]:
    start, end = "2025-08-11T00:00Z", "2025-10-10T00:00Z"
    prices = [float(row[asset]) for row in rows("crypto_hourly") if start <= row["time_utc"] <= end]
    return [math.log(later / earlier) for earlier, later in pairwise(prices)]


@pytest.mark.parametrize("asset", ["btc", "eth"])
def test_the_difference_after_falls_follows_from_the_prices(asset: str) -> None:
    moves = hourly(asset)
    assert len(moves) == 1440
    falls, rises = [], []
    for place in range(720, 1440):
        bound = float(np.quantile([abs(move) for move in moves[place - 720 : place]], 0.9))
        falls.append(-moves[place] > bound)
        rises.append(moves[place] > bound)
    marked = [place for place, fall in enumerate(falls) if fall]
    after = [sum(any(marks[place + 1 : place + 4]) for place in marked) / len(marked) for marks in (falls, rises)]

    found = month_measures(asset)

    assert (found.falls, found.rises) == (sum(falls), sum(rises))
    assert found.contrast == pytest.approx(after[0] - after[1])
    assert decide("C07").value("measured", test="lead_lag", asset=asset) == pytest.approx(100 * found.contrast)


def test_the_stored_months_are_what_the_simulation_gives_today() -> None:
    again = simulated("btc", 3)

    for kind in ("waves", "feedback"):
        kept = stored("btc", kind).head(3)
        new = again[again["kind"] == kind].reset_index(drop=True)
        assert kept["falls"].tolist() == new["falls"].tolist()
        for name in ("branching", "statistic", "contrast"):
            assert kept[name].tolist() == pytest.approx(new[name].tolist(), abs=2e-3, nan_ok=True)


def test_the_bound_leaves_one_run_in_twenty_above_and_power_is_the_share_of_fed_runs_above() -> None:
    waves, fed = pd.Series(np.arange(100.0)), pd.Series([50.0, 94.0, 95.0, 200.0])

    test = FeedbackTest(97.0, waves, fed)

    assert test.critical == pytest.approx(94.05)
    assert test.power == 0.5
    assert test.supports is True
    assert test.pvalue == pytest.approx(4 / 101)


def test_a_test_that_would_seldom_see_a_ratio_of_one_half_cannot_tell() -> None:
    blind = feedback_test("self_excitation", "btc")

    assert blind.power < 0.5
    assert blind.supports is None
    assert FeedbackTest(1000.0, pd.Series(blind.waves), pd.Series(blind.feedback)).supports is None


def test_the_cascade_decides_nothing_and_never_takes_from_a_fall() -> None:
    loop = decide("C07")
    model = loop.find("amplification", test="cascade", asset="eth")
    grid = amplifications(loop.claim, "eth")

    assert not any(key.startswith("cascade") for key in loop.counted)
    assert len(loop.counted) == 4
    assert 1 <= model.low < model.value < model.high
    assert (grid["amplification"] >= 1).all()
    assert len(grid) == 2 * 2 * 3 * 3 * 3


def slides(text: str) -> str:
    """Let ether fall four hours in a row every second day of the month, and climb back over the hours after."""
    table = list(csv.reader(io.StringIO(text)))
    place = next(i for i, row in enumerate(table) if row[0] == "2025-09-10T00:00Z")
    for day in range(2, 29, 2):
        for hour in range(48):
            level = 1 - 0.03 * min(hour, 4) + 0.12 * max(hour - 4, 0) / 43
            row = table[place + 24 * day - 48 + hour]
            row[2] = f"{4000 * level:.2f}"
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue()


def test_falls_that_come_in_rows_are_seen_as_feedback(changed: Change) -> None:
    folder = changed("crypto_hourly", slides)

    before, after = decide("C07"), decide("C07", folder)

    assert (before.verdict, before.support) == ("untestable", (0, 4))
    assert after.find("measured", test="lead_lag", asset="eth").supports is True
    assert after.find("measured", test="lead_lag", asset="btc").value == before.value(
        "measured", test="lead_lag", asset="btc"
    )
    assert after.verdict == "depends"
