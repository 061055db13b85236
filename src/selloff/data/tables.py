"""The catalogue of tables: load one, list all, seal a changed one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from selloff.data.errors import DataError
from selloff.data.files import write_atomically
from selloff.data.manifest import Manifest, default_folder, read_manifest, table_names
from selloff.data.reader import parse, read, sha256

__all__ = ["catalogue", "check", "load", "measure", "note", "recording", "seal"]

_SEALED = "\nmeasured:"
_RECORD: ContextVar[set[str] | None] = ContextVar("tables loaded", default=None)
_FREQUENCIES = {
    "daily": "daily", "hourly": "hourly", "8h": "every 8 hours", "nyse": "New York sessions",
    "target": "ECB fixing days", "fund": "days of US funds", "irregular": "irregular",
}  # fmt: skip


def load(table: str, folder: Path | None = None) -> pd.DataFrame:
    """Load one table, verified against its manifest once per process.

    Parameters
    ----------
    table : str
        Name of the table; :func:`catalogue` lists them.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        A copy, indexed by the table's key columns. Days are naive, times are aware in UTC, numbers float64; units
        stand in the column names and in the manifest.

    Raises
    ------
    DataError
        The file is missing, changed or malformed. Nothing is ever repaired silently.

    Examples
    --------
    >>> from selloff.data import load
    >>> load("etf_flows_daily").loc["2025-09-25"].tolist()
    [-253.4, -251.2]
    """
    note([table])
    return _verified(table, Path(folder or default_folder()).resolve()).copy()


def note(tables: Iterable[str]) -> None:
    """Add tables to the record of :func:`recording`, for a result that was computed from them before and kept."""
    names = _RECORD.get()
    if names is not None:
        names.update(tables)


@contextmanager
def recording() -> Iterator[set[str]]:
    """Note the name of every table that is loaded inside the block.

    Yields
    ------
    set of str
        Filled as tables are loaded. A block inside another keeps a record of its own and adds to the outer one.

    Examples
    --------
    >>> from selloff.data import load, recording
    >>> with recording() as tables:
    ...     flows = load("etf_flows_daily")
    >>> tables
    {'etf_flows_daily'}
    """
    names: set[str] = set()
    outer = _RECORD.get()
    token = _RECORD.set(names)
    try:
        yield names
    finally:
        _RECORD.reset(token)
        if outer is not None:
            outer |= names


@lru_cache(maxsize=64)
def _verified(table: str, folder: Path) -> pd.DataFrame:
    manifest = read_manifest(table, folder)
    frame = read(manifest)
    for name, value in _facts(manifest, frame).items():
        if manifest.measured.get(name) != value:
            raise DataError(
                table,
                f"the manifest's measured {name} is {manifest.measured.get(name)}",
                f"{value}, as in the file",
                f"python -m selloff data seal {table}",
            )
    return frame


def check(folder: Path | None = None) -> None:
    """Verify every table; the first one that fails raises :class:`DataError`."""
    for table in table_names(folder):
        load(table, folder)


def catalogue(folder: Path | None = None) -> pd.DataFrame:
    """List all tables.

    Returns
    -------
    DataFrame
        One row per table: title, rows, first and last day, frequency, publishers, verdict on redistribution.
    """
    rows = []
    for table in table_names(folder):
        manifest = read_manifest(table, folder)
        fields, measured = manifest.fields, manifest.measured
        rows.append(
            {
                "table": table,
                "title": fields["title"],
                "rows": measured.get("rows"),
                # The day is enough here; the manifest has the hour.
                "first": str(measured["first"])[:10] if "first" in measured else None,
                "last": str(measured["last"])[:10] if "last" in measured else None,
                "frequency": _FREQUENCIES[fields["clock"]["frequency"]],
                "publishers": ", ".join(publisher["name"] for publisher in fields["publishers"]),
                "redistribution": fields["licence"]["verdict"],
            }
        )
    return pd.DataFrame(rows).set_index("table") if rows else pd.DataFrame()


def seal(table: str, folder: Path | None = None) -> Path:
    """Accept a table as it is now: measure it and write the facts into its manifest.

    The file must fit its schema. The manifest is replaced in one step, so an interrupted seal loses nothing.

    Returns
    -------
    Path
        The manifest written.
    """
    import yaml

    manifest = read_manifest(table, folder)
    facts = measure(manifest)
    path = manifest.folder / f"{table}.manifest.yml"
    prose = path.read_text(encoding="utf-8").split(_SEALED)[0].rstrip("\n")
    block = yaml.safe_dump({"measured": facts}, sort_keys=False, allow_unicode=True)
    write_atomically(path, f"{prose}\n{block}")
    _verified.cache_clear()
    return path


def measure(manifest: Manifest) -> dict[str, Any]:
    """Measure a table: checksum, rows, first and last key, points missing in its calendar, blanks by column."""
    if not manifest.path.is_file():
        raise DataError(manifest.table, "the file is missing", f"a file data/{manifest.path.name}", manifest.mend)
    content = manifest.path.read_bytes()
    return {"sha256": sha256(content), **_facts(manifest, parse(manifest, content))}


def _facts(manifest: Manifest, frame: pd.DataFrame) -> dict[str, Any]:
    blanks = {name: int(count) for name, count in frame.isna().sum().items() if count}
    facts: dict[str, Any] = {"rows": len(frame)}
    if manifest.index:
        dates = pd.DatetimeIndex(frame.index.get_level_values(0))
        form = "%Y-%m-%d" if dates.tz is None else "%Y-%m-%dT%H:%MZ"
        facts |= {"first": dates[0].strftime(form), "last": dates[-1].strftime(form)}
        facts["missing"] = _missing(manifest, frame)
    return facts | {"nulls": blanks}


def _missing(manifest: Manifest, frame: pd.DataFrame) -> int:
    """Count the points of the table's calendar, between its first and last row, that have no row."""
    frequency = manifest.fields["clock"]["frequency"]
    if frequency not in ("daily", "hourly", "8h", "nyse"):
        return 0
    if frame.index.nlevels == 2:
        groups = [pd.DatetimeIndex(part.index.get_level_values(0)) for _, part in frame.groupby(level=1)]
    else:
        groups = [pd.DatetimeIndex(frame.index)]
    return sum(len(_calendar(frequency, dates).difference(dates)) for dates in groups)


def _calendar(frequency: str, dates: pd.DatetimeIndex) -> pd.DatetimeIndex:
    if frequency == "nyse":
        from selloff.data.clocks import sessions

        return pd.DatetimeIndex(sessions(dates[0], dates[-1]).index)
    step = {"daily": np.timedelta64(24, "h"), "hourly": np.timedelta64(1, "h"), "8h": np.timedelta64(8, "h")}
    return pd.date_range(dates[0], dates[-1], freq=pd.Timedelta(step[frequency]))
