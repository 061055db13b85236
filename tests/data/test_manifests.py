"""The facts in the manifests, proved against the files by csv, pandas and an exchange calendar, without the loader."""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

DATA = Path(__file__).resolve().parents[2] / "data"
TABLES = sorted(path.name.removesuffix(".manifest.yml") for path in DATA.glob("*.manifest.yml"))
THIRTEEN = {
    "crypto_daily", "crypto_hourly", "etf_flows_daily", "event_hourly", "events", "fear_greed_daily", "funding_8h",
    "fx_ecb_daily", "implied_volatility_daily", "macro_daily", "market_cap_daily", "published_figures",
    "stablecoin_cap_daily",
}  # fmt: skip
VERDICTS = {"open", "facts", "derived"}
FREQUENCIES = {"daily", "hourly", "8h", "nyse", "target", "fund", "irregular"}
# fmt: off
FIELDS = ["table", "title", "summary", "publishers", "licence", "snapshot", "clock", "index", "columns", "gaps",
          "cross_check", "traps", "builder", "consumers"]
# fmt: on
every_table = pytest.mark.parametrize("table", TABLES)
# exchange_calendars still asks pandas 3.1 for values in a way that pandas has deprecated; the warning is not ours.


@cache
def manifest(table: str) -> dict[str, Any]:
    fields = yaml.safe_load((DATA / f"{table}.manifest.yml").read_text(encoding="utf-8"))
    assert isinstance(fields, dict)
    return fields


@cache
def cells(table: str) -> pd.DataFrame:
    """The file as text: a blank is an empty string, nothing is converted."""
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return pd.DataFrame(rows, columns=header)


def numbers(table: str, column: str) -> pd.Series:
    """One column as numbers, blanks left out."""
    text = cells(table)[column]
    return pd.to_numeric(text[text != ""])


def frame(table: str) -> pd.DataFrame:
    """The file with its first column as dates, the rest as pandas reads it."""
    table_frame = pd.read_csv(DATA / f"{table}.csv")
    first = table_frame.columns[0]
    table_frame[first] = pd.to_datetime(table_frame[first])
    return table_frame


def sessions(start: str, end: str) -> list[str]:
    from exchange_calendars import get_calendar

    calendar = get_calendar("XNYS", start="2014-01-01", end="2026-12-31")
    return [day.strftime("%Y-%m-%d") for day in calendar.sessions_in_range(start, end)]


def numeric_columns() -> list[tuple[str, str]]:
    return [
        (table, name)
        for table in TABLES
        for name, column in manifest(table)["columns"].items()
        if column["type"] in ("number", "integer")
    ]


def test_the_thirteen_tables_have_a_manifest_and_no_other_file_has_one() -> None:
    assert set(TABLES) == THIRTEEN
    assert {path.stem for path in DATA.glob("*.csv")} == THIRTEEN


@every_table
def test_a_manifest_has_every_field_in_order_and_names_its_own_table(table: str) -> None:
    assert [name for name in manifest(table) if name != "measured"] == FIELDS
    assert manifest(table)["table"] == table
    assert all(manifest(table)[name] for name in FIELDS if name not in ("index", "consumers"))


@every_table
def test_a_title_is_short_and_has_no_full_stop(table: str) -> None:
    title = manifest(table)["title"]
    assert len(title) <= 80
    assert not title.endswith(".")


@every_table
def test_a_manifest_keeps_its_lines_short_enough_to_read(table: str) -> None:
    text = (DATA / f"{table}.manifest.yml").read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 110


@every_table
def test_every_publisher_has_a_name_a_series_and_an_https_address(table: str) -> None:
    for publisher in manifest(table)["publishers"]:
        assert set(publisher) == {"name", "series", "url"}
        assert publisher["url"].startswith("https://")
        assert " " not in publisher["url"]


@every_table
def test_the_licence_has_terms_a_known_verdict_a_reason_and_the_day_it_was_read(table: str) -> None:
    licence = manifest(table)["licence"]
    assert set(licence) == {"terms", "verdict", "reason", "read"}
    assert licence["verdict"] in VERDICTS
    assert licence["read"] == dt.date(2026, 11, 24)


@every_table
def test_no_row_is_younger_than_the_day_of_compilation(table: str) -> None:
    compiled = manifest(table)["snapshot"]["compiled"]
    assert compiled == dt.date(2026, 11, 24)
    if manifest(table)["index"]:
        assert str(cells(table).iloc[-1, 0]) < f"{compiled:%Y-%m-%d}"


@every_table
def test_the_clock_states_zone_closing_hour_and_a_known_frequency(table: str) -> None:
    clock = manifest(table)["clock"]
    assert set(clock) == {"zone", "closes", "frequency"}
    assert clock["zone"] in {"UTC", "America/New_York", "Europe/Brussels"}
    assert clock["frequency"] in FREQUENCIES


@every_table
def test_the_columns_are_those_of_the_file_in_its_order(table: str) -> None:
    assert list(manifest(table)["columns"]) == list(cells(table).columns)


@every_table
def test_every_row_has_as_many_fields_as_the_header(table: str) -> None:
    with (DATA / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {len(manifest(table)["columns"])}


@every_table
def test_the_columns_declared_to_hold_blanks_are_exactly_those_that_do(table: str) -> None:
    declared = {name for name, column in manifest(table)["columns"].items() if column.get("nulls")}
    assert declared == {name for name in cells(table) if (cells(table)[name] == "").any()}


@every_table
def test_every_value_of_a_category_is_declared_and_every_declared_one_occurs(table: str) -> None:
    for name, column in manifest(table)["columns"].items():
        if column["type"] == "category":
            assert set(column["values"]) == set(cells(table)[name]) - {""}


@every_table
def test_rows_are_unique_and_sorted_by_the_index_a_category_in_the_order_of_its_values(table: str) -> None:
    index = manifest(table)["index"]
    if not index:
        assert table in ("events", "published_figures")
        return
    ranks = {name: manifest(table)["columns"][name].get("values") for name in index}
    keys = [
        tuple(ranks[name].index(cell) if ranks[name] else cell for name, cell in zip(index, row, strict=True))
        for row in cells(table)[index].itertuples(index=False)
    ]
    assert keys == sorted(set(keys))


@pytest.mark.parametrize(("table", "column"), numeric_columns())
def test_a_column_of_numbers_states_its_unit_and_bounds_that_hold(table: str, column: str) -> None:
    spec = manifest(table)["columns"][column]
    assert spec["unit"]
    assert numbers(table, column).between(spec["minimum"], spec["maximum"]).all()


@pytest.mark.parametrize(("table", "column"), numeric_columns())
def test_the_bounds_are_tight_enough_to_catch_a_slipped_decimal_at_either_end(table: str, column: str) -> None:
    spec = manifest(table)["columns"][column]
    low, high = numbers(table, column).min(), numbers(table, column).max()
    assert 10 * low < spec["minimum"] or 10 * high > spec["maximum"]
    if spec["minimum"] > 0:
        assert low / 10 < spec["minimum"]


@pytest.mark.parametrize(
    ("table", "step", "missing"),
    [
        ("crypto_hourly", "h", 32),
        ("event_hourly", "h", 0),
        ("funding_8h", "8h", 0),
        ("fear_greed_daily", "D", 4),
        ("stablecoin_cap_daily", "D", 0),
        ("market_cap_daily", "D", 0),
        ("implied_volatility_daily", "D", 0),
    ],
)
def test_as_many_points_of_the_calendar_are_missing_as_the_manifest_says(table: str, step: str, missing: int) -> None:
    stamps = pd.to_datetime(cells(table).iloc[:, 0])
    full = pd.date_range(stamps.iloc[0], stamps.iloc[-1], freq=step)
    assert len(full.difference(pd.DatetimeIndex(stamps))) == missing


def test_the_missing_hours_fall_in_2020_2021_and_2023_in_fifteen_breaks() -> None:
    stamps = pd.DatetimeIndex(pd.to_datetime(cells("crypto_hourly")["time_utc"]))
    missing = pd.date_range(stamps[0], stamps[-1], freq="h").difference(stamps)
    assert missing.year.value_counts().to_dict() == {2020: 18, 2021: 13, 2023: 1}
    assert missing[-1] == pd.Timestamp("2023-03-24T14:00Z")
    assert int((missing.to_series().diff() != pd.Timedelta("1h")).sum()) == 15


def test_the_missing_days_of_sentiment_are_the_four_the_manifest_names() -> None:
    stamps = pd.DatetimeIndex(pd.to_datetime(cells("fear_greed_daily")["date"]))
    missing = pd.date_range(stamps[0], stamps[-1]).difference(stamps)
    assert [f"{day:%Y-%m-%d}" for day in missing] == ["2018-04-14", "2018-04-15", "2018-04-16", "2024-10-26"]


def test_only_ether_misses_days_between_its_first_price_and_its_last() -> None:
    for asset, rows in frame("crypto_daily").groupby("asset"):
        missing = pd.date_range(rows["date"].min(), rows["date"].max()).difference(pd.DatetimeIndex(rows["date"]))
        expected = ["2016-05-21", "2016-05-22"] if asset == "ETH" else []
        assert [f"{day:%Y-%m-%d}" for day in missing] == expected


def test_three_assets_run_to_july_2026_and_seven_to_may() -> None:
    last = frame("crypto_daily").groupby("asset")["date"].max().dt.strftime("%Y-%m-%d")
    assert set(last.index[last == "2026-07-25"]) == {"BNB", "BTC", "ETH"}
    assert (last == "2026-05-13").sum() == 7


def test_the_macro_rows_are_the_sessions_of_the_new_york_stock_exchange() -> None:
    days = cells("macro_daily")["date"].tolist()
    assert days == sessions(days[0], days[-1])


def test_the_fund_rows_are_the_sessions_of_the_new_york_stock_exchange() -> None:
    days = cells("etf_flows_daily")["date"].tolist()
    assert days == sessions(days[0], days[-1])


def test_the_weekdays_without_a_fixing_are_the_closing_days_of_the_euro_payment_system() -> None:
    days = pd.DatetimeIndex(pd.to_datetime(cells("fx_ecb_daily")["date"]))
    closed = set()
    for year in range(days[0].year, days[-1].year + 1):
        sunday = pd.Timestamp(year, 1, 1) + pd.offsets.Easter()
        closed |= {sunday - pd.Timedelta(days=2), sunday + pd.Timedelta(days=1)}
        closed |= {pd.Timestamp(year, month, day) for month, day in ((1, 1), (5, 1), (12, 25), (12, 26))}
    weekdays = pd.bdate_range(days[0], days[-1])
    assert set(weekdays.difference(days)) == closed & set(weekdays)
    assert days.isin(weekdays).all()


def test_every_blank_is_counted_as_the_manifests_say() -> None:
    blanks = {
        (table, name): int((cells(table)[name] == "").sum())
        for table in TABLES
        for name in cells(table)
        if (cells(table)[name] == "").any()
    }
    yields = dict.fromkeys(("ust2y_pct", "ust10y_pct", "real10y_pct", "breakeven10y_pct"), 22)
    macro = yields | {
        "dxy_logret": 4,
        "gold_logret": 6,
        "broad_dollar": 42,
        "wti_usd": 14,
        "hy_oas_change_pp": 2,
    }
    assert blanks == {("macro_daily", name): count for name, count in macro.items()} | {
        ("crypto_daily", "low"): 454,
        ("crypto_daily", "high"): 454,
        ("crypto_daily", "spread_bp"): 13963,
        ("etf_flows_daily", "eth_usd_m"): 132,
        ("events", "hour_utc"): 35,
        ("events", "url"): 23,
        ("implied_volatility_daily", "dvol_eth_pct"): 787,
        ("market_cap_daily", "low_usd_bn"): 844,
        ("market_cap_daily", "high_usd_bn"): 844,
        ("market_cap_daily", "btc_dominance_pct"): 97,
        ("published_figures", "url"): 14,
    }


def test_the_spread_is_blank_exactly_where_one_source_stands_alone() -> None:
    prices = cells("crypto_daily")
    assert ((prices["spread_bp"] == "") == (prices["sources"] == "1")).all()


def test_the_close_lies_outside_the_range_of_the_day_on_231_rows_134_of_them_early_bitcoin() -> None:
    prices = frame("crypto_daily")
    outside = prices[(prices["close"] < prices["low"]) | (prices["close"] > prices["high"])]
    assert len(outside) == 231
    assert ((outside["asset"] == "BTC") & (outside["date"] < "2017-08-17")).sum() == 134


def test_the_four_yields_are_blank_together_and_the_breakeven_is_their_difference() -> None:
    macro = frame("macro_daily")
    yields = macro[["ust2y_pct", "ust10y_pct", "real10y_pct", "breakeven10y_pct"]]
    assert (yields.isna().nunique(axis=1) == 1).all()
    gap = macro["ust10y_pct"] - macro["real10y_pct"] - macro["breakeven10y_pct"]
    assert gap.abs().max() < 0.001


def test_an_hourly_close_of_the_event_equals_the_hourly_table_at_the_same_end_of_hour() -> None:
    hourly = cells("crypto_hourly").set_index("time_utc").astype(float)
    event = cells("event_hourly").set_index("time_utc").astype(float)
    same = hourly.loc[event.index]
    assert (same["btc"] == event["btc_close"]).all()
    assert (same["eth"] == event["eth_close"]).all()


def test_an_hour_of_the_event_opens_where_the_hour_before_closed() -> None:
    event = frame("event_hourly")
    for asset in ("btc", "eth"):
        gap = event[f"{asset}_open"] / event[f"{asset}_close"].shift() - 1
        assert gap.abs().max() < 3e-5


@pytest.mark.parametrize(("asset", "rounding"), [("btc", 0.05), ("eth", 0.0)])
def test_the_daily_low_and_high_follow_from_the_hours_that_end_within_the_day(asset: str, rounding: float) -> None:
    event = frame("event_hourly")
    # An hour that ends at midnight belongs to the day before: its start decides.
    day = (event["time_utc"] - pd.Timedelta("1h")).dt.strftime("%Y-%m-%d")
    hours = event.groupby(day).agg(
        low=(f"{asset}_low", "min"), high=(f"{asset}_high", "max"), hours=("time_utc", "size")
    )
    whole = hours[hours["hours"] == 24]
    assert (len(whole), whole.index[0], whole.index[-1]) == (30, "2025-09-15", "2025-10-14")
    daily = cells("crypto_daily")
    daily = daily[daily["asset"] == asset.upper()].set_index("date").loc[whole.index]
    for column in ("low", "high"):
        assert (daily[column].astype(float) - whole[column]).abs().max() <= rounding + 1e-9


def test_the_midnight_price_of_the_hourly_table_is_within_two_basis_points_of_the_daily_close_in_the_median() -> None:
    hourly = frame("crypto_hourly")
    midnight = hourly[hourly["time_utc"].dt.hour == 0].copy()
    midnight["date"] = (midnight["time_utc"] - pd.Timedelta("1D")).dt.strftime("%Y-%m-%d")
    prices = cells("crypto_daily")
    for asset in ("btc", "eth"):
        close = prices[prices["asset"] == asset.upper()].set_index("date")["close"].astype(float)
        both = midnight.set_index("date")[asset].to_frame().join(close, how="inner")
        assert len(both) == 2398
        assert (both[asset] / both["close"] - 1).abs().median() < 2e-4


def test_the_supply_of_bitcoin_implied_by_observed_totals_follows_its_issue_schedule() -> None:
    totals = frame("market_cap_daily")
    totals = totals[(totals["method"] == "observed") & totals["btc_dominance_pct"].notna()]
    prices = frame("crypto_daily")
    close = prices[prices["asset"] == "BTC"].set_index("date")["close"]
    implied = totals["btc_dominance_pct"] / 100 * totals["total_usd_bn"] * 1e9 / close.loc[totals["date"]].to_numpy()
    # 19,687,500 coins existed at the halving of 20 April 2024; 144 blocks a day pay 6.25 before it and 3.125 after.
    days = (totals["date"] - pd.Timestamp("2024-04-20")).dt.days
    schedule = 19_687_500 + 144 * days * days.lt(0).map({True: 6.25, False: 3.125})
    error = implied / schedule - 1
    assert len(error) == 596
    assert error.std() < 0.0006
    assert error.abs().max() < 0.005


def test_sentiment_moves_with_the_bitcoin_return_of_the_day_before_its_date() -> None:
    prices = frame("crypto_daily")
    returns = prices[prices["asset"] == "BTC"].set_index("date")["close"].pct_change()
    score = frame("fear_greed_daily").set_index("date")["fear_greed"].diff()
    assert score.corr(returns.shift(1).reindex(score.index)) > 0.5
    assert abs(score.corr(returns.reindex(score.index))) < 0.05


def test_the_stablecoin_total_starts_at_zero_and_stays_small_until_april_2019() -> None:
    total = frame("stablecoin_cap_daily").set_index("date")["stablecoin_cap_usd_bn"]
    assert (total == 0).sum() == 10
    assert total.index[total < 1][-1] == pd.Timestamp("2019-04-26")


def test_oil_is_negative_on_one_day_and_volatility_is_that_of_its_exchange_on_a_day_others_got_wrong() -> None:
    macro = frame("macro_daily").set_index("date")
    assert macro.index[macro["wti_usd"] < 0].tolist() == [pd.Timestamp("2020-04-20")]
    assert macro.loc["2026-02-06", "vix"] == 17.76


def test_a_published_figure_has_an_https_address_unless_it_is_a_claim_of_the_article() -> None:
    figures = cells("published_figures")
    assert ((figures["url"] == "") == (figures["kind"] == "claim")).all()
    addresses = figures.loc[figures["url"] != "", "url"]
    assert addresses.str.startswith("https://").all()
    # The manifest warns of this one: a path in brackets follows the address.
    assert figures.loc[figures["url"].str.contains(" "), "period"].tolist() == ["2025-Q3"]


def test_the_parts_of_a_published_count_add_up_as_the_manifest_says() -> None:
    figures = pd.read_csv(DATA / "published_figures.csv")
    figures = figures[figures["topic"] == "corporate bitcoin purchases"]
    strategy = figures[figures["scope"] == "Strategy only, by announcement month"]
    assert strategy["value"].sum() == 42706
    august = figures[(figures["period"] == "2025-08") & figures["publisher"].str.contains("CryptoSlate")]
    assert august["value"].sum() == 18500
