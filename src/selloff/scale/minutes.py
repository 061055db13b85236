"""Simulated minute bars in Parquet, to test and to time with. They are no data of any market and say so."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.scale.extra import need
from selloff.scale.store import refuse_existing

__all__ = ["DAY", "simulated_days", "write_minutes"]

#: Minutes of a day; a day is drawn by a seed of its own, so that the bars do not depend on how files are cut.
DAY = 1440


def write_minutes(
    folder: str | Path,
    series: int,
    minutes: int,
    start: str | pd.Timestamp = "2025-01-01",
    seed: int = 0,
    rho: float = 0.4,
    missing: float = 0.0,
    days_per_file: int = 1,
) -> list[Path]:
    """Write simulated minute bars as Parquet files.

    Parameters
    ----------
    folder : str or Path
        Where the files go; must not exist yet.
    series, minutes : int
        Number of series, named ``SIM0000`` and so on, and number of bars of each.
    start : str or Timestamp
        The midnight (UTC) after which the first minute begins.
    seed : int
        Seed of the generator.
    rho : float
        Correlation of any two series, from 0 to 1.
    missing : float
        Share of bars left out at random, to test gaps with.
    days_per_file : int
        Days in a file, which is held in memory until it is written.

    Returns
    -------
    list of Path
        The files, with columns ``symbol``, ``time_utc`` (end of the minute) and ``close``. Their Parquet metadata
        has the key ``source``, which calls them simulated.

    Raises
    ------
    ValueError
        The folder exists, or a number lies outside its range.
    ImportError
        DuckDB is not installed.

    Notes
    -----
    Minute returns are normal with one common factor. Their volatility, .1 % a minute on average, goes up and down
    by half over a day. Two series have the same correlation ``rho`` at all times: whatever change a method finds is
    a false one.

    Examples
    --------
    >>> import tempfile
    >>> from selloff.scale.minutes import write_minutes
    >>> with tempfile.TemporaryDirectory() as place:
    ...     [file.name for file in write_minutes(f"{place}/bars", series=2, minutes=3000, days_per_file=2)]
    ['simulated-00000.parquet', 'simulated-00001.parquet']
    """
    target, first = Path(folder), _midnight(start)
    if series < 1 or minutes < 1 or days_per_file < 1:
        raise ValueError(
            f"write_minutes: series, minutes and days_per_file must be at least 1, got {series}, {minutes}, "
            f"{days_per_file}"
        )
    if not 0 <= rho <= 1 or not 0 <= missing < 1:
        raise ValueError(f"write_minutes: rho and missing must lie between 0 and 1, got {rho} and {missing}")
    refuse_existing(target)
    duckdb = need("duckdb")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        with duckdb.connect() as connection:
            names = pd.DataFrame({"code": np.arange(series), "symbol": [f"SIM{code:04d}" for code in range(series)]})
            connection.register("names", names)
            connection.execute("CREATE TABLE bars (code INTEGER, time_utc TIMESTAMP, close DOUBLE)")
            files: list[str] = []
            for day, prices in enumerate(simulated_days(series, minutes, seed, rho, missing)):
                _append(connection, prices, first + pd.Timedelta(days=day))
                if (day + 1) % days_per_file == 0 or (day + 1) * DAY >= minutes:
                    files.append(f"simulated-{len(files):05d}.parquet")
                    _flush(connection, draft / files[-1], seed)
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return [target / name for name in files]


def simulated_days(
    series: int, minutes: int, seed: int = 0, rho: float = 0.4, missing: float = 0.0
) -> Iterator[NDArray[np.float64]]:
    """Yield the prices of :func:`write_minutes` day by day, shape (1440, series); NaN where a bar is left out."""
    level = np.zeros(series)
    for day in range(-(-minutes // DAY)):
        rng = np.random.default_rng([seed, day])
        own = rng.standard_normal((DAY, series))
        common = rng.standard_normal((DAY, 1))
        volatility = 1e-3 * (1 + 0.5 * np.sin(2 * np.pi * np.arange(DAY) / DAY))[:, None]
        path = level + np.cumsum(volatility * (np.sqrt(rho) * common + np.sqrt(1 - rho) * own), axis=0)
        level = path[-1]
        prices = 100 * np.exp(path[: minutes - day * DAY])
        if missing:
            prices[rng.random((DAY, series))[: len(prices)] < missing] = np.nan
        yield prices


def _append(connection: Any, prices: NDArray[np.float64], midnight: pd.Timestamp) -> None:
    length, series = prices.shape
    minute = np.arange(1, length + 1).astype("timedelta64[m]") + midnight.to_datetime64()
    day = pd.DataFrame(
        {
            "code": np.tile(np.arange(series), length),
            "time_utc": np.repeat(minute, series),
            "close": prices.ravel(),
        }
    )
    connection.append("bars", day.dropna())


def _flush(connection: Any, path: Path, seed: int) -> None:
    label = f"simulated by selloff.scale.write_minutes, seed {seed}; no data of any market"
    place = str(path).replace("'", "''")
    connection.execute(
        "COPY (SELECT symbol, time_utc, close FROM bars JOIN names USING (code) ORDER BY time_utc, symbol) "
        f"TO '{place}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{source: '{label}'}})"
    )
    connection.execute("DELETE FROM bars")


def _midnight(start: str | pd.Timestamp) -> pd.Timestamp:
    moment = pd.Timestamp(start)
    moment = moment.tz_localize(None) if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)
    if moment != moment.normalize():
        raise ValueError(f"write_minutes: start {start} must be a midnight in UTC")
    return moment.as_unit("ns")
