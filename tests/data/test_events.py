"""The event table: computed rows recomputed from the other files by pandas alone, published ones held against them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from selloff.data import DataError, events, moments

DATA = Path(__file__).resolve().parents[2] / "data"
FUNDS = ["btc_usd_m", "eth_usd_m"]
TABLES = (
    "crypto_daily",
    "event_hourly",
    "etf_flows_daily",
    "market_cap_daily",
    "fear_greed_daily",
    "published_figures",
)
Tables = Mapping[str, pd.DataFrame]
Moment = tuple[str, str] | None


@cache
def rows() -> tuple[dict[str, str], ...]:
    """The file as text."""
    with (DATA / "events.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def row(key: str) -> dict[str, str]:
    return next(row for row in rows() if row["key"] == key)


@cache
def tables() -> Tables:
    """The other files, as pandas reads them, with their dates as an index where they have one."""
    found = {}
    for name in TABLES:
        frame = pd.read_csv(DATA / f"{name}.csv")
        first = {"published_figures": "published"}.get(name, frame.columns[0])
        found[name] = frame.set_index(first if first == "published" else pd.to_datetime(frame.pop(first)))
    return found


def prices(found: Tables, asset: str, column: str) -> pd.Series:
    frame = found["crypto_daily"]
    return frame.loc[frame["asset"] == asset, column]


def flows(found: Tables) -> pd.Series:
    return found["etf_flows_daily"][FUNDS].sum(axis=1)


def week(found: Tables) -> pd.DataFrame:
    """The hours of the five days; each is named by its end, so the last one ends on Saturday."""
    return found["event_hourly"].loc["2025-09-22T01:00":"2025-09-27T00:00"]


def day(stamp: object) -> Moment:
    return f"{pd.Timestamp(stamp):%Y-%m-%d}", ""


def hour(stamp: object) -> Moment:
    moment = pd.Timestamp(stamp)
    return f"{moment:%Y-%m-%d}", str(moment.hour)


def first(series: pd.Series, when: pd.Series) -> Moment:
    """The first day on which something holds, or none."""
    days = series.index[when.to_numpy(dtype=bool)]
    return day(days[0]) if len(days) else None


def btc_record_until(found: Tables, start: str, end: str) -> Moment:
    close = prices(found, "BTC", "close")
    best = close[start:end].idxmax()
    return day(best) if close[best] == close[:best].max() else None


def cap_last_above(found: Tables) -> Moment:
    total = found["market_cap_daily"]["total_usd_bn"][:"2025-09-21"]
    return day(total.index[total > 4000][-1])


def first_slide(found: Tables) -> Moment:
    monday = week(found)[:"2025-09-23T00:00"]
    btc, eth = monday["btc_low"].idxmin(), monday["eth_low"].idxmin()
    return hour(btc) if btc == eth else None


def below_average(found: Tables) -> Moment:
    close = prices(found, "BTC", "close")
    below = close < close.rolling(100).mean()
    assert below["2025-09-09"]
    return first(close["2025-09-10":], below["2025-09-10":])


def eth_under_4000(found: Tables) -> Moment:
    daily = prices(found, "ETH", "low")[:"2025-09-14"]
    assert daily.index[daily < 4000][-1] == pd.Timestamp("2025-08-08")
    low = found["event_hourly"]["eth_low"]
    return hour(low.index[low < 4000][0])


def eth_low(found: Tables) -> Moment:
    hours = week(found)
    fall = [np.log(hours[f"{coin}_close"] / hours[f"{coin}_open"]).idxmin() for coin in ("btc", "eth")]
    low = hours["eth_low"].idxmin()
    return hour(low) if fall == [low, low] else None


def outflow_thursday(found: Tables) -> Moment:
    total = flows(found)["2025-09-22":"2025-09-26"]
    return first(total, total < -500)


def inflow_monday(found: Tables) -> Moment:
    total = flows(found)
    lost = -total["2025-09-25":"2025-09-26"].sum()
    later = total["2025-09-27":"2025-10-03"]
    return first(later, later.between(lost / 2, lost))


def sentiment_low(found: Tables) -> Moment:
    score = found["fear_greed_daily"]["fear_greed"]
    low = score["2025-09-22":"2025-09-26"].idxmin()
    earlier = score[: low - pd.Timedelta(days=1)]
    as_low = earlier.index[earlier <= score[low]]
    return day(low) if as_low[-1] == pd.Timestamp("2025-04-11") else None


def sentiment_record_low(found: Tables) -> Moment:
    score = found["fear_greed_daily"]["fear_greed"]
    return first(score["2025-07":], score["2025-07":] == score.min())


def february_fall(found: Tables) -> Moment:
    change = prices(found, "BTC", "close").pct_change()
    rescue = pd.Timestamp(row("ftx_rescue_fails")["date"])
    worst = change[rescue + pd.Timedelta(days=1) :].idxmin()
    return day(worst) if change[rescue] < change["2022-12":"2026-01"].min() else None


def under_100k(found: Tables) -> Moment:
    low = prices(found, "BTC", "low")["2025-10-06":]
    return first(low, low < 100_000)


def article(found: Tables) -> Moment:
    frame = found["published_figures"]
    days = set(frame.index[frame["kind"] == "claim"])
    return day(*days) if len(days) == 1 else None


def lowest(found: Tables, asset: str) -> Moment:
    close = prices(found, asset, "close")
    return day(close[close.idxmax() :].idxmin())


RECOMPUTED: dict[str, Callable[[Tables], Moment]] = {
    "fund_inflow_record": lambda found: day(flows(found).idxmax()),
    "btc_record_july": lambda found: btc_record_until(found, "2025-07-01", "2025-07-31"),
    "btc_record_august": lambda found: btc_record_until(found, "2025-08-01", "2025-09-30"),
    "eth_record": lambda found: day(prices(found, "ETH", "close").idxmax()),
    "eth_record_high": lambda found: day(prices(found, "ETH", "high").idxmax()),
    "cap_last_above_4tn": cap_last_above,
    "first_slide": first_slide,
    "btc_below_average": below_average,
    "eth_under_4000": eth_under_4000,
    "eth_low": eth_low,
    "fund_outflow_thursday": outflow_thursday,
    "btc_low": lambda found: hour(week(found)["btc_low"].idxmin()),
    "fund_outflow_friday": lambda found: day(flows(found)["2025-09-22":"2025-09-26"].idxmin()),
    "sentiment_low": sentiment_low,
    "article": article,
    "fund_inflow_monday": inflow_monday,
    "btc_record": lambda found: day(prices(found, "BTC", "close").idxmax()),
    "btc_under_100k": under_100k,
    "fund_outflow_record": lambda found: day(flows(found).idxmin()),
    "february_fall": february_fall,
    "sentiment_record_low": sentiment_record_low,
    "eth_lowest": lambda found: lowest(found, "ETH"),
    "btc_lowest": lambda found: lowest(found, "BTC"),
}


def test_every_computed_event_is_recomputed_below_and_names_its_table() -> None:
    computed = [row for row in rows() if row["kind"] == "computed"]

    assert {row["key"] for row in computed} == set(RECOMPUTED)
    assert {row["source"] for row in computed} == set(TABLES)


@pytest.mark.parametrize("key", RECOMPUTED)
def test_a_computed_event_stands_at_the_moment_that_its_table_gives(key: str) -> None:
    assert RECOMPUTED[key](tables()) == (row(key)["date"], row(key)["hour_utc"])


@pytest.mark.parametrize("key", RECOMPUTED)
def test_without_its_own_row_in_the_table_a_computed_event_would_stand_elsewhere(key: str) -> None:
    event = row(key)
    frame = tables()[event["source"]]
    moment = event["date"] if event["source"] == "published_figures" else pd.Timestamp(event["date"])
    if event["hour_utc"]:
        moment = pd.Timestamp(f"{event['date']}T{int(event['hour_utc']):02d}:00Z")
    assert moment in frame.index
    poorer = {**tables(), event["source"]: frame.drop(index=moment)}

    assert RECOMPUTED[key](poorer) != (event["date"], event["hour_utc"])


@pytest.mark.parametrize("asset", ["BTC", "ETH"])
def test_the_panic_days_of_history_are_among_the_three_worst_of_their_years(asset: str) -> None:
    change = prices(tables(), asset, "close").pct_change()
    keys = ["covid_crash", "china_warning", "celsius_freeze", "ftx_rescue_fails", "carry_unwind", "record_liquidation"]
    for date in (row(key)["date"] for key in keys):
        assert (change[date[:4]] < change[date]).sum() <= 2


def test_what_published_events_say_of_prices_agrees_with_the_tables() -> None:
    low, high, close = (prices(tables(), "BTC", column) for column in ("low", "high", "close"))

    # More than a third within a day; the lowest since December 2020; 123,000 for the first time.
    assert close["2020-03-12"] / close["2020-03-11"] < 2 / 3
    june = low["2022-06-13"]
    assert low["2020-12-22":"2022-06-12"].min() > june > low["2020-12":"2020-12-21"].min()
    assert high[:"2025-07-13"].max() < 123_000 < high["2025-07-14"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("long_liquidations", 1500, "1.5bn"),
        ("liquidations_1bn", 1100, "1.1bn"),
        ("record_liquidation", 19160, "19.16bn"),
    ],
)
def test_an_amount_liquidated_is_that_of_the_published_figure_on_the_same_page(
    key: str, value: float, words: str
) -> None:
    figures = pd.read_csv(DATA / "published_figures.csv").set_index("url")

    assert figures.loc[row(key)["url"], "value"] == value
    assert words in row(key)["what"]


def test_the_story_on_companies_gives_the_fall_that_the_article_repeats() -> None:
    figures = pd.read_csv(DATA / "published_figures.csv")
    claim = figures[figures["scope"] == "fall in purchases, largest"]

    assert claim["value"].tolist() == [-76]
    assert "76 %" in row("buying_story")["what"]


def test_a_published_event_has_a_page_and_a_computed_one_has_none() -> None:
    for event in rows():
        assert (event["kind"] == "published") == event["url"].startswith("https://")
        assert (event["kind"] == "computed") == (event["url"] == "")
        assert " " not in event["url"]


def test_a_key_is_unique_a_name_short_and_a_happening_one_sentence() -> None:
    keys = [event["key"] for event in rows()]
    assert len(set(keys)) == len(keys) >= 40
    for event in rows():
        assert event["key"].isidentifier()
        assert event["key"].islower()
        assert 1 <= len(event["short"].split()) <= 3
        assert event["what"].endswith(".")
        assert ". " not in event["what"]
        assert len(event["what"]) <= 120


def test_rows_stand_in_the_order_of_their_moments() -> None:
    order = [(event["date"], int(event["hour_utc"] or 0), event["key"]) for event in rows()]

    assert order == sorted(order)


def test_the_moment_of_an_event_is_its_hour_in_utc_or_midnight() -> None:
    table = events()

    assert table.loc["eth_under_4000", "at"] == pd.Timestamp("2025-09-25T05:00Z")
    assert table.loc["btc_record", "at"] == pd.Timestamp("2025-10-06T00:00Z")
    assert table["at"].is_monotonic_increasing
    assert table.index.tolist() == [event["key"] for event in rows()]


def test_events_are_chosen_by_category_and_by_days_both_included() -> None:
    chosen = events("funds", first="2025-09-25", last="2025-09-29")

    assert chosen.index.tolist() == ["fund_outflow_thursday", "fund_outflow_friday", "fund_inflow_monday"]


def test_moments_are_words_by_time_in_order_and_those_of_one_hour_share_a_line() -> None:
    assert moments("liquidations_1bn", "btc_record", "eth_low") == {
        "2025-09-25T18:00Z": "ETH low, 1bn liquidated",
        "2025-10-06": "BTC record",
    }


def test_an_unknown_key_or_category_is_named_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^moments: there is no event 'btc_recrod'; expected .* lists them$"):
        moments("btc_record", "btc_recrod")
    with pytest.raises(ValueError, match=r"^events: category is 'prices'; expected one of price, leverage, "):
        events("prices")


def test_events_of_another_folder_need_its_own_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="events"):
        events(folder=tmp_path)
