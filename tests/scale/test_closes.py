"""Prices at chosen instants equal a search by hand, whatever the files look like, and bad bars are named."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.data import sessions
from selloff.scale.closes import closes_from_parquet
from selloff.scale.minutes import write_minutes

NOON = pd.Timestamp("2025-09-26 12:00")


def parquet(path: Path, bars: pd.DataFrame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.register("bars", bars)
        connection.execute(f"COPY bars TO '{path}' (FORMAT parquet)")
    return path.parent


def bars(*rows: tuple[str, int | float, float]) -> pd.DataFrame:
    """Return bars given as symbol, minutes after noon and price."""
    frame = pd.DataFrame(rows, columns=["symbol", "minute", "close"])
    frame["time_utc"] = NOON + pd.to_timedelta(frame.pop("minute"), unit="min")
    return frame


def after_noon(*minutes: float) -> pd.DatetimeIndex:
    return pd.DatetimeIndex([NOON + pd.Timedelta(minutes=minute) for minute in minutes])


def by_hand(table: pd.DataFrame, closes: pd.DatetimeIndex, tolerance: pd.Timedelta) -> np.ndarray:
    """Look for every price one by one."""
    out = np.full((len(closes), table["symbol"].nunique()), np.nan)
    for column, (_, group) in enumerate(table.groupby("symbol")):
        for row, close in enumerate(closes):
            held = group[(group["time_utc"] <= close) & (group["time_utc"] >= close - tolerance)]
            if len(held):
                out[row, column] = held.loc[held["time_utc"].idxmax(), "close"]
    return out


def strike(folder: Path, closes: pd.DatetimeIndex | str, into: Path, **settings):
    return closes_from_parquet(folder, closes, into, progress=False, **settings)


def test_an_instant_takes_the_last_bar_at_or_before_it_and_no_older_one_than_stated(tmp_path: Path) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(("A", 1, 10.0), ("A", 3, 30.0), ("B", 4, 7.0)))

    panel = strike(folder, after_noon(0, 1, 2, 3, 4, 5, 6), tmp_path / "p", tolerance="1min")

    gone = np.nan
    assert panel.symbols == ("A", "B")
    np.testing.assert_array_equal(panel.rows()[:, 0], [gone, 10, 10, 30, 30, gone, gone])
    np.testing.assert_array_equal(panel.rows()[:, 1], [gone, gone, gone, gone, 7, 7, gone])


@settings(max_examples=15, deadline=None)
@given(
    cells=st.sets(st.tuples(st.sampled_from("ABC"), st.integers(0, 300)), min_size=1, max_size=60),
    closes=st.sets(st.integers(-10, 320), min_size=1, max_size=20),
    tolerance=st.integers(0, 400),
)
def test_prices_equal_a_search_by_hand(tmp_path_factory, cells, closes, tolerance: int) -> None:
    place = tmp_path_factory.mktemp("wild")
    rows = [(symbol, minute, 1.0 + number) for number, (symbol, minute) in enumerate(sorted(cells))]
    instants = after_noon(*sorted(closes | {300}), 10_000)[:-1]
    table = bars(*rows)
    folder = parquet(place / "bars" / "a.parquet", table)

    if instants[0] > table["time_utc"].max():
        return
    panel = strike(folder, instants, place / "p", tolerance=f"{tolerance}min", budget=120_000_000)

    np.testing.assert_array_equal(panel.rows(), by_hand(table, instants, pd.Timedelta(minutes=tolerance)))


def test_blocks_of_time_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_minutes(tmp_path / "bars", series=4, minutes=3000, missing=0.9, days_per_file=1)
    whole = strike(tmp_path / "bars", "7min", tmp_path / "whole", tolerance="30min")
    monkeypatch.setattr("selloff.scale.closes._CELLS", 4 * 61)

    parts = strike(tmp_path / "bars", "7min", tmp_path / "parts", tolerance="30min")

    assert 0 < np.isnan(whole.rows()).sum() < whole.rows().size / 10
    np.testing.assert_array_equal(parts.rows(), whole.rows())


def test_new_york_closes_follow_daylight_saving_and_half_days(tmp_path: Path) -> None:
    held = sessions("2025-10-31", "2025-11-28")
    closes = pd.DatetimeIndex(held["close_utc"])
    minutes = pd.date_range("2025-10-31", "2025-11-29", freq="min")
    table = pd.DataFrame({"symbol": "BTC", "time_utc": minutes, "close": 1 + np.arange(len(minutes), dtype=float)})
    folder = parquet(tmp_path / "bars" / "btc.parquet", table)

    panel = strike(folder, closes, tmp_path / "p", tolerance="0min")

    # Minutes since 31 October 00:00 UTC plus one: 20:00 before the clocks change, 21:00 after, 18:00 on the half day.
    expected = {"2025-10-31": 20 * 60, "2025-11-03": 3 * 1440 + 21 * 60, "2025-11-28": 28 * 1440 + 18 * 60}
    frame = panel.to_frame()
    for day, minute in expected.items():
        assert frame.loc[day, "BTC"].item() == minute + 1


@pytest.mark.parametrize(("frequency", "expected"), [("1min", 300), ("5min", 60), ("1h", 5), ("2h", 2)])
def test_a_frequency_strikes_its_multiples_since_midnight(tmp_path: Path, frequency: str, expected: int) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(*(("A", minute, 1.0 + minute) for minute in range(1, 301))))

    panel = strike(folder, frequency, tmp_path / "p")

    assert panel.length == expected
    assert panel.times[-1] == NOON.tz_localize("UTC") + pd.Timedelta(hours=5 if frequency != "2h" else 4)


def test_one_file_or_many_with_or_without_a_zone_give_the_same(tmp_path: Path) -> None:
    table = bars(("A", 1, 10.0), ("B", 1, 5.0), ("A", 2, 20.0), ("B", 2, 6.0))
    zoned = table.assign(time_utc=table["time_utc"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))
    parquet(tmp_path / "one" / "all.parquet", table[["close", "time_utc", "symbol"]])
    for symbol, group in table.groupby("symbol"):
        parquet(tmp_path / "many" / str(symbol) / "bars.parquet", group)
    parquet(tmp_path / "zoned" / "all.parquet", zoned)

    panels = [strike(tmp_path / name, "1min", tmp_path / f"{name}.panel") for name in ("one", "many", "zoned")]
    panels.append(strike(tmp_path / "one" / "all.parquet", "1min", tmp_path / "file.panel"))

    for panel in panels:
        assert panel.to_frame().equals(panels[0].to_frame())
        assert panel.rows().tolist() == [[10, 5], [20, 6]]


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    parquet(tmp_path / "plain" / "a.parquet", bars(("A", 1, 10.0)))
    folder = (tmp_path / "plain").rename(tmp_path / "bob's bars [2025] *")

    assert strike(folder, "1min", tmp_path / "bob's [closes]").rows().tolist() == [[10]]


def test_a_bar_that_ends_within_a_minute_counts_at_the_minutes_end(tmp_path: Path) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(("A", 1 - 1e-3 / 60, 10.0), ("A", 2, 20.0)))

    panel = strike(folder, after_noon(0, 1, 2), tmp_path / "p", tolerance="0min")

    np.testing.assert_array_equal(panel.rows()[:, 0], [np.nan, 10, 20])


def test_a_bar_without_a_price_is_no_bar(tmp_path: Path) -> None:
    table = bars(("A", 1, 10.0), ("A", 2, np.nan), ("A", 2, 20.0), ("A", 3, np.nan))
    folder = parquet(tmp_path / "bars" / "a.parquet", table)

    panel = strike(folder, "1min", tmp_path / "p", tolerance="0min")

    np.testing.assert_array_equal(panel.rows()[:, 0], [10, 20, np.nan])


@pytest.mark.parametrize("extra", [[("A", 2, 21.0)], [("A", 2, 20.0)], [("A", 1.5, 20.0)]])
def test_two_bars_of_one_minute_are_named(tmp_path: Path, extra: list) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(("A", 1, 10.0), ("A", 2, 20.0), ("B", 2, 1.0), *extra))

    with pytest.raises(ValueError, match=r"A has 2 bars for the minute that ends 2025-09-26 12:02 UTC in .*; keep one"):
        strike(folder, "1min", tmp_path / "p")

    assert [path.name for path in tmp_path.iterdir()] == ["bars"]


@pytest.mark.parametrize(("price", "shown"), [(0.0, "0"), (-1.5, "-1.5"), (np.inf, "inf")])
def test_a_price_that_none_can_be_is_named(tmp_path: Path, price: float, shown: str) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(("A", 1, 10.0), ("A", 2, price)))

    with pytest.raises(ValueError, match=f"A has the price {shown} at 2025-09-26 12:02 UTC in .*above zero"):
        strike(folder, "1min", tmp_path / "p")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbol": [None, "A"]}, "has no symbol; drop it"),
        ({"time_utc": pd.DatetimeIndex([NOON, pd.NaT])}, "has no time_utc; drop it"),
        ({"time_utc": [1, 2]}, "time_utc of the bars in .* is BIGINT; expected a timestamp"),
        ({"close": ["1", "2"]}, "close of the bars in .* is VARCHAR; expected a number"),
    ],
)
def test_columns_of_another_kind_are_refused(tmp_path: Path, change: dict, message: str) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(("A", 1, 10.0), ("A", 2, 20.0)).assign(**change))

    with pytest.raises(ValueError, match=message):
        strike(folder, "1min", tmp_path / "p")


def test_files_that_hold_no_bars_are_refused(tmp_path: Path) -> None:
    good = bars(("A", 1, 10.0))
    with pytest.raises(ValueError, match="holds no Parquet file; write one with columns symbol, time_utc, close"):
        strike(tmp_path, "1min", tmp_path / "p")
    with pytest.raises(ValueError, match="have no column close; expected symbol, time_utc, close"):
        strike(parquet(tmp_path / "a" / "a.parquet", good[["symbol", "time_utc"]]), "1min", tmp_path / "p")
    with pytest.raises(ValueError, match="hold no bar"):
        strike(parquet(tmp_path / "b" / "b.parquet", good.iloc[:0]), "1min", tmp_path / "p")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "c.parquet").write_text("this is no Parquet file")
    with pytest.raises(ValueError, match="cannot be read as Parquet: "):
        strike(tmp_path / "c", "1min", tmp_path / "p")


@pytest.mark.parametrize(
    ("closes", "change", "message"),
    [
        (after_noon(1.5), {}, "closes must be whole minutes, got 2025-09-26 12:01:30"),
        (after_noon(5000), {}, "closes run from 2025-09-29 23:20 to .* the bars from 2025-09-26 12:01 to 2025-09-26"),
        (after_noon(2, 1), {}, "closes must ascend"),
        ("90s", {}, "closes '90s' is no span of whole minutes"),
        ("soon", {}, "closes 'soon' is no span of whole minutes; write it as 5min, 1h or 1D"),
        ("0min", {}, "closes '0min' must be at least one minute"),
        ("1D", {}, "closes '1D' strikes at no time from 2025-09-26 12:01 UTC to 2025-09-26 12:02 UTC"),
        ("1min", {"tolerance": "-1min"}, "tolerance '-1min' is no span of whole minutes"),
        (
            "1min",
            {"budget": 10**6},
            r"a budget of 1,000,000 bytes cannot hold one block of 1 series; [\d,]+ are",
        ),
    ],
)
def test_instants_tolerances_and_budgets_that_do_not_fit_are_refused(
    tmp_path: Path, closes, change: dict, message: str
) -> None:
    folder = parquet(tmp_path / "bars" / "a.parquet", bars(("A", 1, 10.0), ("A", 2, 20.0)))

    with pytest.raises(ValueError, match=message):
        strike(folder, closes, tmp_path / "p", **change)

    assert [path.name for path in tmp_path.iterdir()] == ["bars"]


def test_the_budget_that_is_asked_for_is_enough(tmp_path: Path) -> None:
    folder = write_minutes(tmp_path / "bars", series=30, minutes=500)[0].parent
    with pytest.raises(ValueError, match="are needed") as refused:
        strike(folder, "1h", tmp_path / "p", budget=1)
    needed = int(str(refused.value).rpartition("; ")[2].split()[0].replace(",", ""))

    assert strike(folder, "1h", tmp_path / "p", budget=needed).length == 8
