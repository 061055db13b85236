"""Inputs: what is accepted, and the one line that anything else is answered with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.inference.inputs import check_panel, check_series, paired, position

DAYS = pd.date_range("2025-09-22", periods=5)
GOOD = pd.Series([0.1, -0.2, 0.3, 0.0, 0.1], index=DAYS)


def test_a_series_comes_back_as_floats_with_its_dates() -> None:
    values, index = check_series(GOOD)

    assert values.dtype == float
    assert index.equals(DAYS)


def test_an_array_gets_positions_for_dates() -> None:
    assert check_series(np.array([1, 2, 3]))[1].equals(pd.RangeIndex(3))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 2)), r"one dimension, got shape \(2, 2\)"),
        (GOOD.iloc[:2], "x has 2 observations; at least 3 are needed"),
        (GOOD.iloc[[0, 1, 1, 2]], "x has 2025-09-23 twice; drop duplicate dates first"),
        (GOOD.iloc[[0, 2, 1]], r"unsorted dates \(a step back at 2025-09-23\); call sort_index"),
        (GOOD.where(GOOD != 0.3), "x is missing at 2025-09-24; drop incomplete days first"),
        (GOOD * np.nan, "x has no value at all"),
        (GOOD.replace(0.3, np.inf), "x is infinite at 2025-09-24; look for a logarithm of zero"),
        (pd.Series(["a", "b", "c"]), "x must hold numbers only"),
        (GOOD.set_axis([*DAYS[:2], pd.NaT, *DAYS[3:]]), "x has a missing date at row 2"),
        (GOOD.set_axis(DAYS + pd.Timedelta(hours=3)).replace(0.3, np.inf), "infinite at 2025-09-24 03:00"),
    ],
)
def test_a_series_that_cannot_be_used_is_refused_with_place_and_mend(x, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_series(x)


def test_missing_values_pass_where_they_are_allowed_but_not_throughout() -> None:
    values, _ = check_series(GOOD.where(GOOD != 0.3), missing=True)

    assert np.isnan(values[2])
    with pytest.raises(ValueError, match="no value at all"):
        check_series(GOOD * np.nan, missing=True)


TABLE = pd.DataFrame({"btc": GOOD, "eth": GOOD * 2})


def test_a_panel_comes_back_with_its_columns() -> None:
    values, index, columns = check_panel(TABLE)

    assert values.shape == (5, 2)
    assert index.equals(DAYS)
    assert list(columns) == ["btc", "eth"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (GOOD, "two dimensions, one series a column, got shape"),
        (TABLE[["btc"]], "returns has 1 series; at least 2 are needed"),
        (TABLE[["btc", "btc"]], "has the column 'btc' twice"),
        (TABLE.iloc[:2], "returns has 2 observations; at least 3"),
        (TABLE.assign(eth=np.nan), r"returns\['eth'\] has no value at all"),
        (TABLE.where(TABLE != 0.6), r"returns\['eth'\] is missing at 2025-09-24"),
        (TABLE.iloc[::-1], "unsorted dates"),
        (TABLE.assign(eth="x"), "returns must hold numbers only"),
    ],
)
def test_a_panel_that_cannot_be_used_is_refused_with_column_and_place(table, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_panel(table)


@pytest.mark.parametrize(
    ("y", "window", "message"),
    [
        (GOOD.iloc[:4], 3, "of one length, got 5 and 4"),
        (GOOD.set_axis(DAYS + pd.Timedelta(days=1)), 3, r"different dates \(first at 2025-09-22\)"),
        (GOOD, 6, "window 6 must lie between 3 and the sample's 5 observations"),
        (GOOD, 2.5, "window must be a whole number of observations, got 2.5"),
        (GOOD, True, "window must be a whole number of observations, got True"),
    ],
)
def test_two_series_that_do_not_fit_together_are_refused(y, window, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paired(GOOD, y, window)


@pytest.mark.parametrize(
    ("date", "expected"), [("2025-09-24", 2), (pd.Timestamp("2025-09-20"), 0), ("2025-10-01", 5), (3, 3)]
)
def test_a_date_is_found_or_the_next_one_after_it(date, expected: int) -> None:
    assert position(DAYS, date) == expected


def test_a_zone_on_one_side_only_does_not_stop_the_search() -> None:
    assert position(DAYS.tz_localize("UTC"), "2025-09-24") == 2
    assert position(DAYS, pd.Timestamp("2025-09-24", tz="UTC")) == 2


@pytest.mark.parametrize("date", ["soon", None, object()])
def test_what_is_no_date_is_refused(date) -> None:
    with pytest.raises(ValueError, match="write it as 2025-09-26"):
        position(DAYS, date, "split")


def test_a_date_needs_dates_to_be_found_in() -> None:
    with pytest.raises(ValueError, match="have no dates, so split '2025-09-24' must be a position"):
        position(pd.RangeIndex(5), "2025-09-24", "split")
