"""Bad input gets one clear line: table, row, column, what was expected, what to do."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from selloff.data import DataError, default_folder, load, table_names

Spoil = Callable[[str, Callable[[bytes], bytes]], Path]

FUNDS = "etf_flows_daily"
THURSDAY = b"2025-09-25,-253.4,-251.2"


def row_of(table: str, start: str) -> int:
    lines = (default_folder() / f"{table}.csv").read_text().splitlines()
    return next(number for number, line in enumerate(lines) if line.startswith(start))


def lines_changed(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda content: b"\n".join(change(content.split(b"\n")[:-1])) + b"\n"


@pytest.mark.parametrize(
    ("edit", "found", "column"),
    [
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,-253.4,n/a"), "'n/a'", "eth_usd_m", id="text in a number"
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,,-251.2"),
            "blank",
            "btc_usd_m",
            id="a blank where none is allowed",
        ),
        pytest.param(lambda b: b.replace(THURSDAY, b"2025-09-25,nan,-251.2"), "'nan'", "btc_usd_m", id="NaN"),
        pytest.param(lambda b: b.replace(THURSDAY, b"2025-09-25,inf,-251.2"), "'inf'", "btc_usd_m", id="infinity"),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,0x1F,-251.2"), "'0x1F'", "btc_usd_m", id="a hexadecimal number"
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,1_000,-251.2"),
            "'1_000'",
            "btc_usd_m",
            id="an underscore in a number",
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, "2025-09-25,٣,-251.2".encode()),
            "'٣'",
            "btc_usd_m",
            id="digits of another script",
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,-253.4 ,-251.2"), "'-253.4 '", "btc_usd_m", id="a space"
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b'2025-09-25,"-253.4",-251.2'),
            "-253.4",
            "btc_usd_m",
            id="quotes around a number",
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"25/09/2025,-253.4,-251.2"),
            "'25/09/2025'",
            "date",
            id="a date in another form",
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"0025-09-25,-253.4,-251.2"), "there is 0025", "date", id="a year of long ago"
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-31,-253.4,-251.2"), "no such date", "date", id="an impossible date"
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,-253400,-251.2"),
            "-253400",
            "btc_usd_m",
            id="a number out of bounds",
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,-253.4"), "ends early", "eth_usd_m", id="a field too few"
        ),
        pytest.param(lambda b: b.replace(THURSDAY, THURSDAY + b",7"), "too many", None, id="a field too many"),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-24,-253.4,-251.2"), "stands twice", "date", id="a date twice"
        ),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-23,-253.4,-251.2"), "out of order", "date", id="dates out of order"
        ),
        pytest.param(lambda b: b.replace(THURSDAY, THURSDAY + b"\r"), "carriage return", None, id="a carriage return"),
        pytest.param(
            lambda b: b.replace(THURSDAY, b"2025-09-25,\xff,-251.2"), "not UTF-8", None, id="another encoding"
        ),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(spoil: Spoil, edit, found, column) -> None:
    folder = spoil(FUNDS, edit)

    with pytest.raises(DataError) as caught:
        load(FUNDS, folder)

    error = caught.value
    assert error.table == FUNDS
    assert error.row == row_of(FUNDS, "2025-09-25")
    assert error.column == column
    assert found in error.found
    assert "git checkout -- data/etf_flows_daily.csv" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("edit", "found"),
    [
        pytest.param(lambda b: b"", "empty", id="an empty file"),
        pytest.param(lambda b: b"\n\n", "empty", id="blank lines only"),
        pytest.param(lambda b: b.split(b"\n")[0] + b"\n", "no rows", id="a header only"),
        pytest.param(lambda b: b[:-1], "cut off", id="a last line without its end"),
        pytest.param(lambda b: b[:-7], "cut off", id="a last line cut in a number"),
        pytest.param(lambda b: b.replace(b"eth_usd_m", b"ether", 1), "eth_usd_m is missing", id="a wrong column name"),
        pytest.param(
            lambda b: b.replace(b"date,btc_usd_m,eth_usd_m", b"date,btc_usd_m,eth_usd_m,sol", 1),
            "'sol'",
            id="an extra column",
        ),
        pytest.param(
            lambda b: b.replace(b"btc_usd_m,eth_usd_m", b"eth_usd_m,btc_usd_m", 1),
            "another order",
            id="columns in another order",
        ),
        pytest.param(lambda b: b"\xef\xbb\xbf" + b, "byte-order mark", id="a byte-order mark"),
        pytest.param(
            lambda b: b.replace(b"-253.4", b"-253.5"), "not the sealed one", id="one digit that fits the schema"
        ),
        pytest.param(
            lines_changed(lambda lines: [*lines[:9], *lines[10:]]), "not the sealed one", id="a row that is gone"
        ),
        pytest.param(
            lambda b: b.replace(b"-253.4", b"-253.40"), "not the sealed one", id="the same number written otherwise"
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_line(spoil: Spoil, edit, found) -> None:
    folder = spoil(FUNDS, edit)

    with pytest.raises(DataError, match="table etf_flows_daily") as caught:
        load(FUNDS, folder)

    assert found in caught.value.found
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named_with_the_command_that_restores_it(spoil: Spoil) -> None:
    folder = spoil(FUNDS, lambda content: content)
    (folder / f"{FUNDS}.csv").unlink()

    with pytest.raises(DataError, match=r"the file is missing.*git checkout -- data/etf_flows_daily.csv"):
        load(FUNDS, folder)


def test_an_unknown_table_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"crypto_daily.*data list"):
        load("prices")


def test_an_unknown_category_is_answered_with_the_known_ones(spoil: Spoil) -> None:
    folder = spoil("crypto_daily", lambda content: content.replace(b",BTC,", b",XBT,", 1))

    with pytest.raises(DataError, match=r"row 1 \(line 2\), column asset: there is 'XBT'; expected one of ADA"):
        load("crypto_daily", folder)


@pytest.mark.parametrize("table", table_names())
def test_one_digit_changed_in_any_table_is_noticed(spoil: Spoil, table: str) -> None:
    def last_digit(content: bytes) -> bytes:
        place = max(content.rfind(b"%d" % digit) for digit in range(10))
        return content[:place] + b"%d" % ((content[place] - 47) % 10) + content[place + 1 :]

    folder = spoil(table, last_digit)

    with pytest.raises(DataError, match=f"table {table}"):
        load(table, folder)


@pytest.mark.parametrize("table", table_names())
def test_every_table_reads_as_an_independent_reader_reads_it(table: str) -> None:
    ours = load(table)
    with (default_folder() / f"{table}.csv").open(newline="") as file:
        theirs = list(csv.DictReader(file))

    for name in ours.columns:
        cells = [row[name] for row in theirs]
        if ours[name].dtype.kind in "fi":
            numbers = [float(cell) if cell else np.nan for cell in cells]
            np.testing.assert_array_equal(ours[name].to_numpy(dtype=float), numbers)
        else:
            assert ours[name].astype(str).tolist() == cells


def test_a_loaded_table_is_a_copy() -> None:
    first = load(FUNDS)
    first.iloc[0, 0] = 0.0

    assert load(FUNDS).iloc[0, 0] == 655.3


def test_an_error_survives_the_way_between_processes() -> None:
    error = DataError("t", "found", "expected", "mend", row=3, column="c")

    again = pickle.loads(pickle.dumps(error))

    assert str(again) == str(error)
    assert (again.row, again.column) == (3, "c")
