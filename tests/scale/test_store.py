"""A panel on disk gives back what was written, a block at a time, and nothing half-written is ever found."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from selloff.scale.store import StoredPanel, open_panel, store_panel, store_returns

DAYS = pd.date_range("2025-09-22", periods=5, freq="D")


def stored(place: Path, values: np.ndarray, name: str = "closes") -> StoredPanel:
    columns = [f"S{number}" for number in range(values.shape[1])]
    return store_panel(place / name, "closes", columns, DAYS[: len(values)], [values[:2], values[2:]])


def test_a_panel_gives_back_its_rows_names_and_instants(tmp_path: Path) -> None:
    values = np.arange(15.0).reshape(5, 3)

    panel = stored(tmp_path, values)

    assert panel == open_panel(tmp_path / "closes")
    assert (panel.rows(1, 4) == values[1:4]).all()
    assert panel.times.equals(DAYS.tz_localize("UTC"))
    frame = panel.to_frame(3)
    assert frame.columns.tolist() == ["S0", "S1", "S2"]
    assert frame.loc["2025-09-26", "S2"] == 14.0
    assert panel.nbytes == 120
    assert panel.summary() == "closes of 3 series on 5 instants, 1.2e-07 GB"


def test_any_reader_of_numpy_files_can_map_the_values(tmp_path: Path) -> None:
    values = np.arange(15.0).reshape(5, 3)
    stored(tmp_path, values)

    mapped = np.load(tmp_path / "closes" / "values.npy", mmap_mode="r")

    assert mapped.flags.c_contiguous
    assert (mapped == values).all()


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_blocks_cover_the_panel_and_start_with_their_halo(tmp_path: Path, rows: int) -> None:
    values = np.arange(15.0).reshape(5, 3)
    panel = stored(tmp_path, values)

    blocks = list(panel.blocks(rows, halo=1))

    assert (np.concatenate([blocks[0], *(block[1:] for block in blocks[1:])]) == values).all()
    assert all((block[0] == before[-1]).all() for before, block in pairwise(blocks))


@pytest.mark.parametrize("rows", [1, 2, 4096])
def test_a_return_needs_both_of_its_prices(tmp_path: Path, rows: int) -> None:
    prices = np.array([[1.0, 10.0], [2.0, 10.0], [4.0, np.nan], [2.0, 20.0], [2.0, 40.0]])

    returns = store_returns(stored(tmp_path, prices), tmp_path / "returns", rows)

    two = math.log(2)
    expected = [[two, 0.0], [two, np.nan], [-two, np.nan], [0.0, two]]
    np.testing.assert_allclose(returns.rows(), expected, atol=1e-15)
    assert returns.kind == "returns"
    assert returns.times[0] == pd.Timestamp("2025-09-23", tz="UTC")


def test_a_naive_index_is_utc_and_another_zone_is_converted(tmp_path: Path) -> None:
    local = pd.date_range("2025-09-22 16:00", periods=2, tz="America/New_York", unit="s")

    panel = store_panel(tmp_path / "p", "closes", ["A"], local, [np.ones((2, 1))])

    assert panel.times[0] == pd.Timestamp("2025-09-22 20:00", tz="UTC")


def test_a_failure_while_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    def blocks():
        yield np.ones((2, 1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store_panel(tmp_path / "p", "closes", ["A"], DAYS, blocks())

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "prices"}, "unknown kind 'prices'; expected closes, returns"),
        ({"symbols": ["A", "A"]}, "'A' names two columns"),
        ({"times": DAYS[:2]}, "the blocks hold 3 rows; expected 2"),
        ({"times": DAYS[2::-1]}, "times must ascend without repeats"),
        ({"times": DAYS[[0, 0, 1]]}, "times must ascend without repeats"),
        ({"times": DAYS[:0]}, "at least one instant"),
        ({"times": pd.DatetimeIndex(["2025-01-01", pd.NaT, "2025-01-02"])}, "none that is missing"),
        ({"times": ["2025-01-01"]}, "times must be a DatetimeIndex, got list"),
        ({"blocks": [np.ones((3, 1))]}, r"a block has shape \(3, 1\); expected 2 columns"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    good = {"kind": "closes", "symbols": ["A", "B"], "times": DAYS[:3], "blocks": [np.ones((3, 2))]}

    with pytest.raises(ValueError, match=message):
        store_panel(tmp_path / "p", **(good | change))

    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken_is_refused(tmp_path: Path) -> None:
    stored(tmp_path, np.ones((5, 2)))

    with pytest.raises(ValueError, match="exists already; delete it or choose another folder"):
        stored(tmp_path, np.ones((5, 2)))


def test_a_folder_without_a_panel_and_a_damaged_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no panel; make one with closes_from_parquet"):
        open_panel(tmp_path)
    stored(tmp_path, np.ones((5, 2)))
    np.save(tmp_path / "closes" / "values.npy", np.ones((4, 2)))
    with pytest.raises(ValueError, match=r"has shape \(4, 2\), expected \(5, 2\)"):
        open_panel(tmp_path / "closes")


def test_rows_outside_the_panel_and_returns_of_returns_are_refused(tmp_path: Path) -> None:
    panel = stored(tmp_path, np.ones((5, 2)))

    with pytest.raises(ValueError, match="rows 2 to 6 do not lie within the panel's 5 rows"):
        panel.rows(2, 6)
    returns = store_returns(panel, tmp_path / "returns")
    with pytest.raises(ValueError, match="holds returns already"):
        store_returns(returns, tmp_path / "again")
    with pytest.raises(ValueError, match="has 1 rows; a return needs two"):
        store_returns(stored(tmp_path, np.ones((1, 2)), "short"), tmp_path / "again")
