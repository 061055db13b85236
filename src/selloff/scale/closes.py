"""From minute bars in Parquet to prices at chosen instants, without holding either in memory."""

from __future__ import annotations

import glob
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.scale.extra import need, watched
from selloff.scale.store import StoredPanel, as_utc, refuse_existing, store_panel

__all__ = ["closes_from_parquet"]

_COLUMNS = ("symbol", "time_utc", "close")
_MINUTE = 60_000_000  # microseconds
# Bytes that one minute of one series takes while a block is at work: price, marks, last row with a price, result.
_CELL = 48
# Larger blocks are no faster: they leave the processor's cache.
_CELLS = 2**21
# What DuckDB needs to read Parquet with one thread, however small the files, and what it takes without counting it.
_DUCKDB, _UNCOUNTED = 48 * 2**20, 24 * 2**20


def closes_from_parquet(
    folder: str | Path,
    closes: pd.DatetimeIndex | str,
    into: str | Path,
    tolerance: str | pd.Timedelta = "5min",
    budget: int = 2**30,
    threads: int = 1,
    progress: bool = True,
) -> StoredPanel:
    """Write the prices of minute bars at chosen instants as a panel.

    Parameters
    ----------
    folder : str or Path
        Parquet files (one or many, subfolders too), or one file: columns ``symbol``, ``time_utc`` (the END of the
        minute; without a zone it is read as UTC) and ``close``. Bars without a price (null, NaN) count as missing.
    closes : DatetimeIndex or str
        The instants, whole minutes; a naive index is read as UTC. New York closes are
        ``pd.DatetimeIndex(sessions(start, end)["close_utc"])``. Or a frequency, such as ``"5min"``, ``"1h"`` or
        ``"1D"``: its multiples since midnight UTC, from the first bar to the last.
    into : str or Path
        Where the panel goes; must not exist yet. It is written aside and renamed, so no half of it can be found.
    tolerance : str or Timedelta
        Oldest age of a price: an instant takes the last bar at or before it that is at most this old, and is NaN
        where there is none. Nothing is filled further.
    budget : int
        Bytes of memory to use on top of what the process holds already.
    threads : int
        Threads of DuckDB.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    StoredPanel, shape (T, N)
        One row an instant, one column a symbol, symbols in alphabetical order.

    Raises
    ------
    ValueError
        No files, a missing column, a price that is infinite or not above zero, two bars of one minute, instants that
        are not whole minutes or hit no bar, or a budget that cannot hold one block. One line says which and where.
    ImportError
        DuckDB is not installed.

    Notes
    -----
    The bars are read in blocks of time. Files whose rows ascend in time are read once; in files sorted by symbol
    alone every block must search all of them. A bar that ends within a minute counts at that minute's end, so that a
    price is never used before it was struck.

    Examples
    --------
    >>> import tempfile
    >>> from selloff.scale.closes import closes_from_parquet
    >>> from selloff.scale.minutes import write_minutes
    >>> with tempfile.TemporaryDirectory() as place:
    ...     files = write_minutes(f"{place}/bars", series=3, minutes=1440)
    ...     panel = closes_from_parquet(f"{place}/bars", "1h", f"{place}/hourly", progress=False)
    ...     panel.summary()
    'closes of 3 series on 24 instants, 5.76e-07 GB'
    """
    target, oldest = Path(into), _whole_minutes(tolerance, "tolerance")
    refuse_existing(target)
    duckdb = need("duckdb")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", suffix=".spill", dir=target.parent) as spill:
        limit = max(budget // 2, _DUCKDB)
        settings = {"memory_limit": f"{limit}B", "threads": threads, "temp_directory": spill}
        try:
            with duckdb.connect(config=settings | _QUIET) as connection:
                bars = _Bars.find(connection, Path(folder))
                instants = _instants(closes, bars)
                rows = _block_minutes(budget, limit, len(bars.symbols))
                minutes = instants.asi8 // (_MINUTE * 1000)
                blocks = _blocks(bars, minutes, oldest, rows, progress)
                return store_panel(target, "closes", bars.symbols, instants, blocks)
        except duckdb.OutOfMemoryException:
            raise ValueError(f"DuckDB cannot read {folder} within {limit:,} bytes; double the budget") from None
        except duckdb.Error as error:
            raise ValueError(f"{folder} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


# Nothing is fetched from anywhere, and the order of rows within a block is of no use here.
_QUIET = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": False,
}


@dataclass(frozen=True)
class _Bars:
    """Checked minute bars: a query, their symbols, and their first and last minute (since 1970)."""

    connection: Any
    place: Path
    symbols: tuple[str, ...]
    first: int
    last: int

    @classmethod
    def find(cls, connection: Any, folder: Path) -> _Bars:
        """Check the files and look over their symbols and times."""
        # A folder's name may hold what DuckDB would read as a pattern.
        plain = glob.escape(str(folder))
        pattern = f"{plain}/**/*.parquet" if folder.is_dir() else plain
        if not (folder.is_file() or any(folder.rglob("*.parquet"))):
            raise ValueError(f"{folder} holds no Parquet file; write one with columns {', '.join(_COLUMNS)}")
        source = f"read_parquet('{pattern.replace(chr(39), chr(39) * 2)}', union_by_name = true)"
        types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        _check_columns(types, folder)
        kind = "TIMESTAMPTZ" if "WITH TIME ZONE" in types["time_utc"] else "TIMESTAMP"
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        columns = f"symbol::VARCHAR AS symbol, time_utc::{kind} AS time_utc, close::DOUBLE AS close"
        connection.execute(f"CREATE VIEW bars AS SELECT {columns} FROM {source}")
        _refuse_bad_bars(connection, folder)
        found = connection.execute(
            "SELECT symbol, epoch_us(min(time_utc)), epoch_us(max(time_utc)) FROM bars GROUP BY symbol ORDER BY symbol"
        ).fetchall()
        if not found:
            raise ValueError(f"the files in {folder} hold no bar")
        connection.execute("CREATE TABLE names (symbol VARCHAR, code INTEGER)")
        connection.executemany("INSERT INTO names VALUES (?, ?)", [(row[0], code) for code, row in enumerate(found)])
        first, last = min(row[1] for row in found), max(row[2] for row in found)
        return cls(connection, folder, tuple(row[0] for row in found), -(-first // _MINUTE), -(-last // _MINUTE))

    def chunks(self, start: int, stop: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]]:
        """Yield codes, minutes since ``start`` and prices of the bars that end in minutes ``start`` to ``stop - 1``."""
        self.connection.execute(
            f"SELECT code, ((epoch_us(time_utc) + {_MINUTE - 1}) // {_MINUTE} - {start})::INTEGER AS minute, close "
            f"FROM bars JOIN names USING (symbol) WHERE {_between(start, stop)} AND NOT isnan(close)"
        )
        while True:
            chunk = self.connection.fetch_df_chunk(64)
            if not len(chunk):
                return
            yield chunk["code"].to_numpy(), chunk["minute"].to_numpy(), chunk["close"].to_numpy()

    def twice(self, start: int, stop: int) -> str:
        """Say which bar of a block is there twice."""
        minute = f"(epoch_us(time_utc) + {_MINUTE - 1}) // {_MINUTE}"
        symbol, end, count = self.connection.execute(
            f"SELECT symbol, {minute} AS minute, count(*) FROM bars WHERE {_between(start, stop)} "
            "AND NOT isnan(close) GROUP BY ALL HAVING count(*) > 1 ORDER BY minute, symbol LIMIT 1"
        ).fetchone()
        return f"{symbol} has {count} bars for the minute that ends {_moment(end)} in {self.place}; keep one"


def _check_columns(types: dict[str, str], folder: Path) -> None:
    for name in _COLUMNS:
        if name not in types:
            raise ValueError(f"the bars in {folder} have no column {name}; expected {', '.join(_COLUMNS)}")
    if not types["time_utc"].startswith("TIMESTAMP"):
        raise ValueError(f"time_utc of the bars in {folder} is {types['time_utc']}; expected a timestamp")
    if not types["close"].startswith(("DOUBLE", "FLOAT", "DECIMAL", "BIGINT", "INTEGER")):
        raise ValueError(f"close of the bars in {folder} is {types['close']}; expected a number")


def _refuse_bad_bars(connection: Any, folder: Path) -> None:
    """Refuse a bar without name or time, or with an impossible price; quick, for files keep statistics."""
    bad = connection.execute(
        "SELECT symbol, epoch_us(time_utc), close FROM bars WHERE close <= 0 OR close = 'infinity'::DOUBLE "
        "OR symbol IS NULL OR time_utc IS NULL LIMIT 1"
    ).fetchone()
    if bad is None:
        return
    symbol, moment, close = bad
    if symbol is None or moment is None:
        raise ValueError(f"a bar in {folder} has no {'symbol' if symbol is None else 'time_utc'}; drop it")
    when = _moment(-(-moment // _MINUTE))
    raise ValueError(f"{symbol} has the price {close:g} at {when} in {folder}; expected a price above zero, or none")


def _blocks(
    bars: _Bars, closes: NDArray[np.int64], tolerance: int, rows: int, progress: bool
) -> Iterator[NDArray[np.float64]]:
    """Yield the prices at ``closes`` (minutes since 1970), block of minutes by block of minutes."""
    width = len(bars.symbols)
    last = _Last(np.full(width, np.iinfo(np.int64).min // 2), np.full(width, np.nan))
    first, end = int(closes[0]) - tolerance, int(closes[-1]) + 1
    starts = range(first, end, rows)
    for start in watched(starts, "minute bars", len(starts), progress):
        stop = min(start + rows, end)
        prices = np.full((stop - start, width), np.nan)
        count = 0
        for code, minute, close in bars.chunks(start, stop):
            prices[minute, code] = close
            count += len(code)
        # Each bar fills one empty cell, unless two fill the same.
        if np.count_nonzero(~np.isnan(prices)) != count:
            raise ValueError(bars.twice(start, stop))
        low, high = np.searchsorted(closes, [start, stop])
        yield last.strike(prices, start, closes[low:high], tolerance)


@dataclass
class _Last:
    """The last bar of each series so far: its minute and its price."""

    minute: NDArray[np.int64]
    price: NDArray[np.float64]

    def strike(
        self, prices: NDArray[np.float64], start: int, closes: NDArray[np.int64], tolerance: int
    ) -> NDArray[np.float64]:
        """Return the prices at instants within a block that starts at minute ``start``; remember its last bars."""
        row = np.arange(len(prices), dtype=np.int32)[:, None]
        held = np.where(np.isnan(prices), np.int32(-1), row)
        np.maximum.accumulate(held, axis=0, out=held)
        column = np.arange(prices.shape[1])
        pick = held[closes - start]
        price = np.where(pick >= 0, prices[pick, column], self.price)
        minute = np.where(pick >= 0, pick + np.int64(start), self.minute)
        price[closes[:, None] - minute > tolerance] = np.nan
        pick = held[-1]
        self.price = np.where(pick >= 0, prices[pick, column], self.price)
        self.minute = np.where(pick >= 0, pick + np.int64(start), self.minute)
        return price


def _instants(closes: pd.DatetimeIndex | str, bars: _Bars) -> pd.DatetimeIndex:
    if isinstance(closes, str):
        step = _whole_minutes(closes, "closes")
        if step < 1:
            raise ValueError(f"closes {closes!r} must be at least one minute")
        minutes = np.arange(-(-bars.first // step) * step, bars.last + 1, step)
        if not minutes.size:
            raise ValueError(f"closes {closes!r} strikes at no time from {_moment(bars.first)} to {_moment(bars.last)}")
        return pd.DatetimeIndex(minutes * 60, dtype="datetime64[s]").tz_localize("UTC").as_unit("ns")
    instants = as_utc(closes, "closes")
    odd = instants != instants.floor("min")
    if odd.any():
        raise ValueError(f"closes must be whole minutes, got {instants[odd][0]:%Y-%m-%d %H:%M:%S}; round them")
    first, last = (pd.Timestamp(minute * 60, unit="s", tz="UTC") for minute in (bars.first, bars.last))
    if instants[-1] < first or instants[0] > last:
        raise ValueError(
            f"closes run from {instants[0]:%Y-%m-%d %H:%M} to {instants[-1]:%Y-%m-%d %H:%M} UTC, the bars from "
            f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}; look at the dates and the time zone"
        )
    return instants


def _whole_minutes(span: str | pd.Timedelta, name: str) -> int:
    try:
        minutes = pd.Timedelta(span) / pd.Timedelta(minutes=1)
    except ValueError:
        minutes = np.nan
    if not (minutes >= 0 and minutes == int(minutes)):
        raise ValueError(f"{name} {span!r} is no span of whole minutes; write it as 5min, 1h or 1D")
    return int(minutes)


def _block_minutes(budget: int, limit: int, width: int) -> int:
    """Return how many minutes a block may hold; at least an hour, or the files would be searched without end."""
    rows = (budget - limit - _UNCOUNTED) // (_CELL * width)
    if rows < 60:
        hour = 60 * _CELL * width + _UNCOUNTED
        needed = max(_DUCKDB + hour, 2 * hour)
        raise ValueError(f"a budget of {budget:,} bytes cannot hold one block of {width} series; {needed:,} are needed")
    return int(max(60, min(rows, _CELLS // width)))


def _between(start: int, stop: int) -> str:
    """Return the filter on bars that end after minute ``start - 1`` and not after minute ``stop - 1``."""
    low, high = (f"TIMESTAMP '{_moment(minute, seconds=True)}'" for minute in (start - 1, stop - 1))
    return f"time_utc > {low} AND time_utc <= {high}"


def _moment(minute: int, seconds: bool = False) -> str:
    text = pd.Timestamp(minute * 60, unit="s").strftime("%Y-%m-%d %H:%M")
    return f"{text}:00" if seconds else f"{text} UTC"
