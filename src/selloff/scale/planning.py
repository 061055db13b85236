"""How long a run would take, on paper, from the speed of a small piece."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selloff.correlation.kernels import choose_engine
from selloff.correlation.panel import Plan
from selloff.scale.closes import closes_from_parquet
from selloff.scale.minutes import write_minutes
from selloff.scale.reductions import least, panel_reductions
from selloff.scale.store import store_returns

__all__ = ["Estimate", "Throughput", "measure", "plan"]


@dataclass(frozen=True)
class Throughput:
    """The speed of one process on this machine; made by :func:`measure`.

    Attributes
    ----------
    bars_per_second : float
        Minute bars read from Parquet and struck at instants.
    cells_per_second : float
        Prices turned into returns.
    windows_per_second : float
        Windows of a pair correlated and reduced, quantiles included.
    bytes_per_bar : float
        Of simulated bars in Parquet.
    series, minutes, window : int
        The piece that was measured.
    """

    bars_per_second: float
    cells_per_second: float
    windows_per_second: float
    bytes_per_bar: float
    series: int
    minutes: int
    window: int

    def summary(self) -> str:
        """Return the speeds as one line."""
        return (
            f"measured on {self.series:,} series x {self.minutes:,} minutes: {self.bars_per_second / 1e6:.3g} million "
            f"bars, {self.cells_per_second / 1e6:.3g} million returns and {self.windows_per_second / 1e6:.4g} million "
            f"windows of a pair a second; {self.bytes_per_bar:.3g} bytes a bar"
        )


@dataclass(frozen=True)
class Estimate:
    """What a run would take; made by :func:`plan`.

    Attributes
    ----------
    series, minutes, every, window, workers : int
        Settings: ``minutes`` bars of each series, struck every ``every`` minutes, ``window`` instants in a window.
    rows, pairs, windows : int
        Instants, pairs, and windows of all pairs together.
    bars_bytes, panel_bytes : int
        Disk for the bars, and for closes and returns together.
    memory : int
        Smallest budget that holds the run.
    reading, returns, reducing : float
        Seconds of each step; the last is shared by the workers.
    """

    series: int
    minutes: int
    every: int
    window: int
    workers: int
    rows: int
    pairs: int
    windows: int
    bars_bytes: int
    panel_bytes: int
    memory: int
    reading: float
    returns: float
    reducing: float

    @property
    def seconds(self) -> float:
        """All steps together."""
        return self.reading + self.returns + self.reducing

    def to_frame(self) -> pd.DataFrame:
        """Return the estimate as one row."""
        return pd.DataFrame([asdict(self) | {"seconds": self.seconds}])

    def summary(self) -> str:
        """Return the estimate in three lines."""
        return (
            f"{self.series:,} series x {self.minutes:,} minutes, every {self.every} min, window {self.window}: "
            f"{self.rows:,} rows, {self.pairs:,} pairs, {self.windows:.3g} windows\n"
            f"disk {self.bars_bytes / 1e9:.3g} GB of bars and {self.panel_bytes / 1e9:.3g} GB of closes and returns; "
            f"memory at least {self.memory / 1e6:,.0f} MB for {self.workers} at work\n"
            f"time {_span(self.seconds)}: reading {_span(self.reading)}, returns {_span(self.returns)}, "
            f"reducing {_span(self.reducing)}"
        )


def plan(series: int, minutes: int, every: int, window: int, throughput: Throughput, workers: int = 1) -> Estimate:
    """Return what a run would take.

    Parameters
    ----------
    series, minutes : int
        Size of the bars: series, and minutes of each.
    every : int
        Minutes from one instant to the next.
    window : int
        Instants in a window.
    throughput : Throughput
        Measured with about as many series and the same window: the caches of a processor see both.
    workers : int
        Processes at work on the reductions; reading is done by one.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        A number lies outside its range, or no window is full.

    Notes
    -----
    Time grows in proportion to bars, to cells, and to windows of pairs, ``(rows - window + 1) N (N - 1) / 2``.
    Workers share the reductions evenly, which holds up to the number of processors and the memory's bandwidth.

    Examples
    --------
    >>> from selloff.scale.planning import Throughput, plan
    >>> speed = Throughput(10e6, 50e6, 500e6, 8.0, series=1000, minutes=2000, window=90)
    >>> print(plan(1000, 500_000, 5, 90, speed, workers=2).summary().splitlines()[2])
    time 1 min 42 s: reading 50.0 s, returns 2.0 s, reducing 49.9 s
    """
    if min(series - 1, minutes, every, workers) < 1 or window < 3:
        raise ValueError("plan: at least 2 series, 1 minute, every 1 minute, 1 worker and a window of 3 are needed")
    rows = minutes // every - 1
    if rows < window:
        raise ValueError(f"plan: {minutes} minutes, every {every}, give {rows} returns; window {window} is longer")
    pairs = series * (series - 1) // 2
    windows = (rows - window + 1) * pairs
    size = Plan(rows, series, window, engine=choose_engine(None, series))
    return Estimate(
        series,
        minutes,
        every,
        window,
        workers,
        rows,
        pairs,
        windows,
        bars_bytes=round(series * minutes * throughput.bytes_per_bar),
        panel_bytes=2 * 8 * rows * series,
        memory=least(size, workers if workers > 1 else 0).total,
        reading=series * minutes / throughput.bars_per_second,
        returns=rows * series / throughput.cells_per_second,
        reducing=windows / throughput.windows_per_second / workers,
    )


def measure(series: int = 1000, minutes: int = 1440, window: int = 90, seed: int = 0) -> Throughput:
    """Run a small piece on simulated bars in a temporary folder, removed afterwards, and return its speed.

    Parameters
    ----------
    series, minutes, window : int
        Size of the piece, struck every minute; the more like the run to be planned, the better.
    seed : int
        Seed of the bars.

    Returns
    -------
    Throughput
        Of this process. Compiling is not timed.
    """
    with tempfile.TemporaryDirectory(prefix="selloff-measure-") as folder:
        place = Path(folder)
        files = write_minutes(place / "bars", series, minutes, seed=seed)
        start = time.perf_counter()
        closes = closes_from_parquet(place / "bars", "1min", place / "closes", progress=False)
        read = time.perf_counter()
        returns = store_returns(closes, place / "returns")
        done = time.perf_counter()
        panel_reductions(returns, window, budget=2**40, progress=False)
        warm = time.perf_counter()
        panel_reductions(returns, window, budget=2**40, progress=False)
        reduced = time.perf_counter() - warm
        windows = (returns.length - window + 1) * series * (series - 1) // 2
        return Throughput(
            bars_per_second=series * minutes / (read - start),
            cells_per_second=closes.length * series / (done - read),
            windows_per_second=windows / reduced,
            bytes_per_bar=sum(file.stat().st_size for file in files) / (series * minutes),
            series=series,
            minutes=minutes,
            window=window,
        )


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(np.rint(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
