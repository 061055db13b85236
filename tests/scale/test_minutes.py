"""Simulated bars are the same for the same seed, say that they are simulated, and have the correlation stated."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from selloff.scale.closes import closes_from_parquet
from selloff.scale.extra import need
from selloff.scale.minutes import simulated_days, write_minutes
from selloff.scale.store import store_returns


def read(folder: Path) -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"SELECT symbol, time_utc, close FROM read_parquet('{folder}/*.parquet') ORDER BY time_utc, symbol"
        ).fetchall()


def test_the_same_seed_gives_the_same_bars_however_the_files_are_cut(tmp_path: Path) -> None:
    write_minutes(tmp_path / "a", series=3, minutes=4000, missing=0.1, days_per_file=1)
    write_minutes(tmp_path / "b", series=3, minutes=4000, missing=0.1, days_per_file=7)
    write_minutes(tmp_path / "c", series=3, minutes=4000, missing=0.1, seed=1)

    assert len(list((tmp_path / "a").iterdir())) == 3
    assert read(tmp_path / "a") == read(tmp_path / "b")
    assert read(tmp_path / "a") != read(tmp_path / "c")
    assert len(read(tmp_path / "a")) == pytest.approx(0.9 * 12_000, rel=0.02)


def test_a_file_says_that_it_is_simulated(tmp_path: Path) -> None:
    (file,) = write_minutes(tmp_path / "a", series=2, minutes=10)

    with duckdb.connect() as connection:
        facts = connection.execute(f"SELECT key, value FROM parquet_kv_metadata('{file}')").fetchall()

    assert file.name == "simulated-00000.parquet"
    assert (b"source", b"simulated by selloff.scale.write_minutes, seed 0; no data of any market") in facts
    assert {symbol for symbol, _, _ in read(tmp_path / "a")} == {"SIM0000", "SIM0001"}


def test_the_first_bar_ends_one_minute_after_the_start(tmp_path: Path) -> None:
    write_minutes(tmp_path / "a", series=1, minutes=2, start="2025-09-26")

    assert [str(time) for _, time, _ in read(tmp_path / "a")] == ["2025-09-26 00:01:00", "2025-09-26 00:02:00"]


def test_any_two_series_have_the_correlation_stated(tmp_path: Path) -> None:
    folder = write_minutes(tmp_path / "bars", series=3, minutes=30_000, rho=0.6)[0].parent
    closes = closes_from_parquet(folder, "1min", tmp_path / "closes", progress=False)

    returns = store_returns(closes, tmp_path / "returns").rows()

    # The standard error of a correlation of 30,000 pairs is below .004.
    assert np.corrcoef(returns.T)[np.triu_indices(3, 1)] == pytest.approx(0.6, abs=0.015)
    assert returns.std() == pytest.approx(1e-3 * np.sqrt(1 + 0.5**2 / 2), rel=0.02)


def test_a_day_is_drawn_by_itself() -> None:
    three, two = (list(simulated_days(2, minutes)) for minutes in (4000, 2880))

    assert [len(day) for day in three] == [1440, 1440, 1120]
    assert all((a == b).all() for a, b in zip(three, two, strict=False))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"series": 0}, "must be at least 1, got 0, 10, 1"),
        ({"rho": -0.1}, "rho and missing must lie between 0 and 1, got -0.1"),
        ({"missing": 1.0}, "rho and missing must lie between 0 and 1, got 0.4 and 1.0"),
        ({"start": "2025-01-01 12:00"}, "start 2025-01-01 12:00 must be a midnight in UTC"),
    ],
)
def test_numbers_outside_their_range_are_refused(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        write_minutes(tmp_path / "a", **({"series": 2, "minutes": 10} | change))

    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_answered_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    with pytest.raises(ImportError, match=r'needs duckdb, which is missing; pip install "selloff\[scale\]"'):
        write_minutes(tmp_path / "a", series=1, minutes=1)
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(ImportError, match="needs dask, which"):
        need("dask.distributed")
