"""The week among all weeks of its shape, and ten coins week by week."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from selloff.claims import coin_weeks, decide, week_standings
from selloff.data import default_folder, seal


def closes(asset: str, column: str = "close") -> dict[date, float]:
    with (default_folder() / "crypto_daily.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["asset"] == asset and row[column]]
    return {date.fromisoformat(row["date"]): float(row[column]) for row in rows}


@pytest.mark.parametrize(("asset", "first"), [("BTC", date(2015, 1, 1)), ("ETH", date(2017, 1, 1))])
@pytest.mark.parametrize(
    ("week", "before", "last"),
    [("fri_fri", date(2025, 9, 19), date(2025, 9, 26)), ("sun_thu", date(2025, 9, 21), date(2025, 9, 25))],
)
def test_the_rank_counts_every_week_of_the_same_days(asset, first, week, before, last) -> None:
    price = closes(asset)
    changes = []
    count = 0
    # A week ends at the midnight after its last day.
    while last - timedelta(weeks=count) + timedelta(days=1) >= first:
        start, end = before - timedelta(weeks=count), last - timedelta(weeks=count)
        if start in price and end in price:
            changes.append(100 * (price[end] / price[start] - 1))
        count += 1

    found = week_standings(asset, f"{first}").set_index(["week", "measured"]).loc[(week, "close")]

    assert found["change_pct"] == pytest.approx(changes[0], abs=1e-9)
    assert found["weeks"] == len(changes) > 400
    assert found["rank"] == 1 + sum(change < changes[0] for change in changes[1:])
    assert found["share_pct"] == pytest.approx(100 * found["rank"] / len(changes))


def test_to_the_lowest_low_a_week_falls_at_least_as_far_as_to_its_close() -> None:
    found = week_standings("BTC", "2024-01-01").pivot(index="week", columns="measured", values="change_pct")
    both = found.dropna()

    assert len(both) == 6
    assert (both["low"] < both["close"]).all()
    lows = closes("BTC", "low")
    least = min(lows[date(2025, 9, day)] for day in range(22, 26))
    assert both.loc["sun_thu", "low"] == pytest.approx(100 * (least / closes("BTC")[date(2025, 9, 21)] - 1), abs=1e-9)


def test_weeks_that_need_hours_begin_with_the_hourly_table() -> None:
    found = week_standings("ETH", "2017-01-01")
    hourly = found[found["week"].isin(["fri_fri_ny", "sun_fri_noon", "peak_trough"])]

    assert len(hourly) == 3
    assert (hourly["first"].dt.year == 2020).all()
    assert found.loc[found["week"] == "sun_thu", "first"].dt.year.eq(2017).all()


def test_a_coin_without_hours_is_refused() -> None:
    with pytest.raises(ValueError, match="week_standings: 'SOL' has no prices by the hour; expected BTC or ETH"):
        week_standings("SOL", "2021-01-01")


def test_ten_coins_change_by_their_closes_on_the_weeks_edges() -> None:
    found = coin_weeks("sun_fri", "2025-09-01")

    assert found.shape == (4, 10)
    for coin in ("SOL", "XRP"):
        price = closes(coin)
        change = 100 * (price[date(2025, 9, 26)] / price[date(2025, 9, 21)] - 1)
        assert found[coin].iloc[-1] == pytest.approx(change, abs=1e-9)


def test_daily_closes_do_not_tell_a_week_that_ends_within_a_day() -> None:
    with pytest.raises(ValueError, match="coin_weeks: the week sun_fri_noon is not one of whole days"):
        coin_weeks("sun_fri_noon", "2025-09-01")


def test_a_milder_thursday_takes_ethers_size_away_and_the_claim_fails(changed) -> None:
    folder = changed("crypto_daily", lambda t: _with_close(t, "2025-09-25,ETH,", 4300.0))
    path = folder / "crypto_hourly.csv"
    lines = path.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("2025-09-26T00:00Z,"))
    lines[at] = ",".join([*lines[at].rstrip("\n").split(",")[:2], "4300.0"]) + "\n"
    path.write_text("".join(lines))
    seal("crypto_hourly", folder)

    before, after = decide("C03"), decide("C03", folder)

    assert before.verdict == "depends"
    assert after.verdict == "fails"
    assert after.value("size", week="sun_thu", price="hourly") > -10


def test_a_higher_thursday_takes_support_from_bitcoins_claim(changed) -> None:
    folder = changed("crypto_daily", lambda t: _with_close(t, "2025-09-25,BTC,", 112_000.0))

    before, after = decide("C04"), decide("C04", folder)

    price = closes("BTC")[date(2025, 9, 21)]
    assert after.value("size", week="sun_thu", price="median") == pytest.approx(100 * (112_000 / price - 1), abs=1e-9)
    assert after.support[0] == before.support[0] - 4


def _with_close(text: str, row: str, close: float) -> str:
    lines = text.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith(row))
    fields = lines[at].split(",")
    fields[2] = f"{close}"
    lines[at] = ",".join(fields)
    return "".join(lines)
