"""Reading a table strictly: the bytes are what the manifest says, or there is a DataError.

The schema of a manifest compiles to a pattern for one line. A file is read only if its header and every line match
it, so text in a number, an extra field, a stray quote or a carriage return cannot be taken for a value. Dates must
exist, keys must be unique and sorted, bounds must hold, and the checksum must be the sealed one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from selloff.data.errors import DataError
from selloff.data.manifest import Column, Manifest

__all__ = ["parse", "read", "sha256"]

_PATTERNS = {
    "date": r"\d{4}-\d{2}-\d{2}",
    "time": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z",
    "number": r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d{1,3})?",
    "integer": r"-?(?:0|[1-9]\d*)",
    # A field with a comma or a quote is quoted, any other stands bare; neither may hold a line break.
    "text": r'"(?:[^"]|"")*"|[^",]*',
}
_FIRST, _LAST = np.datetime64("1900-01-01"), np.datetime64("2199-12-31")
_EXPECTED = {
    "date": "a date YYYY-MM-DD",
    "time": "a UTC time YYYY-MM-DDThh:mmZ",
    "number": "a finite decimal number",
    "integer": "a whole number",
    "text": "text, quoted if it holds a comma",
}


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read(manifest: Manifest) -> pd.DataFrame:
    """Read a table whose bytes, schema and checksum agree with its manifest.

    Returns
    -------
    DataFrame
        Indexed by the manifest's key columns. Dates are naive days, times are aware in UTC, numbers are float64.

    Raises
    ------
    DataError
        Anything else than the sealed file.
    """
    content = _content(manifest)
    frame = parse(manifest, content)
    sealed = manifest.measured.get("sha256")
    actual = sha256(content)
    if actual != sealed:
        raise DataError(
            manifest.table,
            f"the file reads well but is not the sealed one (sha256 {actual[:12]}...)",
            f"sha256 {str(sealed)[:12]}...",
            f"{manifest.mend} or, to accept the change, python -m selloff data seal {manifest.table}",
        )
    return frame


def parse(manifest: Manifest, content: bytes) -> pd.DataFrame:
    """Parse the bytes of a table by its schema; the checksum is not looked at."""
    lines = _lines(manifest, content)
    rows = _fields(manifest, lines)
    values = {
        column.name: _convert(manifest, column, cells)
        for column, cells in zip(manifest.columns, zip(*rows, strict=True), strict=True)
    }
    frame = pd.DataFrame(values)
    if manifest.index:
        _check_keys(manifest, frame)
        labels = [name for name in manifest.index if isinstance(frame[name].dtype, pd.CategoricalDtype)]
        frame = frame.astype(dict.fromkeys(labels, str)).set_index(list(manifest.index))
    return frame


def _content(manifest: Manifest) -> bytes:
    try:
        return manifest.path.read_bytes()
    except OSError:
        raise DataError(
            manifest.table, "the file is missing", f"a file data/{manifest.path.name}", manifest.mend
        ) from None


def _lines(manifest: Manifest, content: bytes) -> list[str]:
    """Split a file into its lines after the header, which must be the schema's."""
    table, mend = manifest.table, manifest.mend
    if not content.strip():
        raise DataError(table, "the file is empty", "a header and rows", mend)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start)
        raise DataError(table, "the file is not UTF-8", "UTF-8 without a byte-order mark", mend, row=row) from None
    if text.startswith("\ufeff"):
        raise DataError(table, "the file starts with a byte-order mark", "UTF-8 without one", mend)
    for mark, name in (("\r", "a carriage return"), ("\0", "a null byte")):
        if mark in text:
            row = text.count("\n", 0, text.index(mark))
            raise DataError(table, f"there is {name}", "lines that end in a line feed only", mend, row=row)
    header, *lines = text.split("\n")
    names = [column.name for column in manifest.columns]
    if header != ",".join(names):
        found = header.split(",")
        lacking = [name for name in names if name not in found]
        extra = [name for name in found if name not in names]
        wrong = (
            f"column {lacking[0]} is missing" if lacking
            else f"there is an unknown column {extra[0]!r}" if extra
            else "the columns stand in another order or twice"
        )  # fmt: skip
        raise DataError(table, wrong, f"the header {','.join(names)}", mend, column=next(iter(lacking or extra), None))
    if lines[-1:] != [""]:
        raise DataError(table, "the last line is cut off", "a line feed at the end", mend, row=max(len(lines), 1))
    if len(lines) == 1:
        raise DataError(table, "there are no rows", "rows below the header", mend)
    return lines[:-1]


def _cell_pattern(column: Column) -> str:
    pattern = "|".join(map(re.escape, column.values)) if column.kind == "category" else _PATTERNS[column.kind]
    return f"(?:{pattern})?" if column.nulls else f"(?:{pattern})"


def _fields(manifest: Manifest, lines: Sequence[str]) -> list[tuple[str, ...]]:
    """Take each line apart; the first one that does not match is named with its column."""
    # re.ASCII: \d must not take the digits of other scripts.
    match = re.compile(",".join(f"({_cell_pattern(c)})" for c in manifest.columns), re.ASCII).fullmatch
    found = []
    for row, line in enumerate(lines, start=1):
        groups = match(line)
        if groups is None:
            raise _misfit(manifest, row, line)
        found.append(groups.groups())
    return found


def _misfit(manifest: Manifest, row: int, line: str) -> DataError:
    rest = line
    for column in manifest.columns:
        cell = re.match(f"({_cell_pattern(column)})(?=,|$)", rest, re.ASCII)
        if cell is None:
            shown = rest.split(",")[0][:40]
            expected = (
                f"one of {', '.join(column.values)}" if column.kind == "category" else _EXPECTED[column.kind]
            ) + (" or a blank" if column.nulls else "")
            found = f"there is {shown!r}" if shown else "the cell is blank"
            return DataError(manifest.table, found, expected, manifest.mend, row=row, column=column.name)
        if len(cell[0]) == len(rest) and column is not manifest.columns[-1]:
            missing = manifest.columns[manifest.columns.index(column) + 1]
            found, expected = "the line ends early", f"{len(manifest.columns)} fields"
            return DataError(manifest.table, found, expected, manifest.mend, row=row, column=missing.name)
        rest = rest[len(cell[0]) + 1 :]
    found, expected = "the line has too many fields", f"{len(manifest.columns)} fields"
    return DataError(manifest.table, found, expected, manifest.mend, row=row)


def _convert(manifest: Manifest, column: Column, cells: tuple[str, ...]) -> Any:
    if column.kind in ("date", "time"):
        return _dates(manifest, column, cells)
    if column.kind == "category":
        return pd.Categorical([cell or None for cell in cells], categories=list(column.values))
    if column.kind == "text":
        return [cell[1:-1].replace('""', '"') if cell.startswith('"') else cell for cell in cells]
    numbers = np.array([float(cell) if cell else np.nan for cell in cells])
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    bad = np.flatnonzero(~((numbers >= low) & (numbers <= high) & np.isfinite(numbers)) & ~np.isnan(numbers))
    if bad.size:
        first = int(bad[0])
        found, expected = (
            f"there is {cells[first]}",
            f"a value from {low:g} to {high:g} {column.unit}".rstrip(),
        )
        raise DataError(manifest.table, found, expected, manifest.mend, row=first + 1, column=column.name)
    return numbers.astype(np.int64) if column.kind == "integer" and not column.nulls else numbers


def _dates(manifest: Manifest, column: Column, cells: tuple[str, ...]) -> pd.DatetimeIndex:
    bare = [cell.removesuffix("Z") for cell in cells]
    try:
        stamps = np.array(bare, dtype="datetime64[m]")
    except ValueError:
        first = next(row for row, cell in enumerate(bare, start=1) if not _exists(cell))
        found, expected = f"there is no such date as {cells[first - 1]}", "a day of the calendar"
        raise DataError(manifest.table, found, expected, manifest.mend, row=first, column=column.name) from None
    # Beyond three centuries around today a day does not fit the nanoseconds that pandas counts, and is no day of ours.
    bad = np.flatnonzero((stamps < _FIRST) | (stamps > _LAST))
    if bad.size:
        first = int(bad[0])
        found, expected = f"there is {cells[first]}", f"a date from {_FIRST} to {_LAST}"
        raise DataError(manifest.table, found, expected, manifest.mend, row=first + 1, column=column.name)
    index = pd.DatetimeIndex(stamps.astype("datetime64[ns]"))
    return index.tz_localize("UTC") if column.kind == "time" else index


def _exists(cell: str) -> bool:
    try:
        np.datetime64(cell, "m")
    except ValueError:
        return False
    return True


def _check_keys(manifest: Manifest, frame: pd.DataFrame) -> None:
    """Rows must be unique and sorted by the key, a category in the order of its values."""
    keys = [
        frame[name].cat.codes.to_numpy() if isinstance(frame[name].dtype, pd.CategoricalDtype)
        else frame[name].to_numpy(dtype="datetime64[ns]").astype(np.int64)
        for name in manifest.index
    ]  # fmt: skip
    later = np.zeros(len(frame) - 1, dtype=bool)
    equal = np.ones(len(frame) - 1, dtype=bool)
    for key in keys:
        later |= equal & (key[1:] > key[:-1])
        equal &= key[1:] == key[:-1]
    bad = np.flatnonzero(~later)
    if bad.size:
        first = int(bad[0])
        label = ", ".join(str(frame[name].iloc[first + 1]) for name in manifest.index)
        found = f"the key {label} {'stands twice' if equal[first] else 'is out of order'}"
        expected = f"rows unique and sorted by {', '.join(manifest.index)}"
        raise DataError(manifest.table, found, expected, manifest.mend, row=first + 2, column=manifest.index[0])
