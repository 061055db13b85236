"""Panels on disk: rows of a table that does not fit into memory, read a block at a time."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Kind", "RowFile", "StoredPanel", "as_utc", "open_panel", "refuse_existing", "store_panel",
           "store_returns"]  # fmt: skip

Kind = Literal["closes", "returns"]

# What a panel's folder holds; the values are the only large file.
_VALUES, _TIMES, _FACTS = "values.npy", "times.npy", "panel.json"


@dataclass(frozen=True)
class RowFile:
    """Where the values of a panel lie: all that a worker needs to read them for itself.

    Attributes
    ----------
    path : str
        A file of float64, row after row.
    offset : int
        Where the first row starts, in bytes.
    series : int
        Values in a row.
    """

    path: str
    offset: int
    series: int

    def read(self, start: int, stop: int) -> NDArray[np.float64]:
        """Return a copy of the rows ``start`` to ``stop - 1``.

        Nothing is mapped: pages of a mapped file would count as memory of the process until it ends.
        """
        count, skip = (stop - start) * self.series, self.offset + start * self.series * 8
        values: NDArray[np.float64] = np.fromfile(self.path, np.float64, count, offset=skip)
        return values.reshape(stop - start, self.series)


@dataclass(frozen=True)
class StoredPanel:
    """A table of T rows and N series in a folder; made by :func:`store_panel`, found again by :func:`open_panel`.

    Attributes
    ----------
    folder : Path
        Where it lies: ``values.npy`` (float64, T x N, row after row), ``times.npy`` and ``panel.json``.
    kind : {"closes", "returns"}
        Prices, or log changes from one row to the next.
    symbols : tuple of str
        The N series.
    length : int
        T, the number of rows.
    offset : int
        Where the first row starts within ``values.npy``, in bytes.
    """

    folder: Path
    kind: Kind
    symbols: tuple[str, ...]
    length: int
    offset: int

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return self.length * len(self.symbols) * 8

    @property
    def file(self) -> RowFile:
        """The values on disk."""
        return RowFile(str(self.folder / _VALUES), self.offset, len(self.symbols))

    @property
    def times(self) -> pd.DatetimeIndex:
        """The instants of the rows, in UTC."""
        return pd.DatetimeIndex(np.load(self.folder / _TIMES), name="time_utc").tz_localize("UTC")

    def rows(self, start: int = 0, stop: int | None = None) -> NDArray[np.float64]:
        """Read rows into memory.

        Parameters
        ----------
        start, stop : int
            Half-open range of rows within the panel.

        Returns
        -------
        ndarray, shape (stop - start, N)
            A copy.
        """
        stop = self.length if stop is None else stop
        if not 0 <= start <= stop <= self.length:
            raise ValueError(f"rows {start} to {stop} do not lie within the panel's {self.length} rows")
        return self.file.read(start, stop)

    def blocks(self, rows: int, halo: int = 0) -> Iterator[NDArray[np.float64]]:
        """Yield the panel in blocks of ``rows`` rows; each but the first starts with the ``halo`` rows before it."""
        for start in range(0, self.length, rows):
            yield self.rows(max(start - halo, 0), min(start + rows, self.length))

    def to_frame(self, start: int = 0, stop: int | None = None) -> pd.DataFrame:
        """Return rows as a DataFrame indexed by instant; the whole panel by default."""
        return pd.DataFrame(self.rows(start, stop), index=self.times[start:stop], columns=list(self.symbols))

    def summary(self) -> str:
        """Return the panel as one line."""
        return f"{self.kind} of {len(self.symbols):,} series on {self.length:,} instants, {self.nbytes / 1e9:.3g} GB"


def store_panel(
    folder: str | Path,
    kind: Kind,
    symbols: Sequence[str],
    times: pd.DatetimeIndex,
    blocks: Iterable[NDArray[np.float64]],
) -> StoredPanel:
    """Write a panel block after block and put it in place in one step.

    Parameters
    ----------
    folder : str or Path
        Where the panel goes; must not exist yet.
    kind : {"closes", "returns"}
        What the values are.
    symbols : sequence of str
        Names of the N columns.
    times : DatetimeIndex, length T
        Instants of the rows, ascending; a naive index is read as UTC.
    blocks : iterable of ndarray, shape (rows, N)
        The values in the order of ``times``.

    Returns
    -------
    StoredPanel

    Raises
    ------
    ValueError
        The folder exists, the kind is unknown, names or instants repeat, or the blocks do not fit them. Nothing stays
        behind.

    Examples
    --------
    >>> import numpy as np, pandas as pd, tempfile
    >>> from selloff.scale.store import store_panel
    >>> days = pd.date_range("2025-09-22", periods=3, freq="D")
    >>> with tempfile.TemporaryDirectory() as place:
    ...     panel = store_panel(f"{place}/closes", "closes", ["A", "B"], days, [np.ones((2, 2)), np.full((1, 2), 2.0)])
    ...     panel.rows(1, 3).tolist()
    [[1.0, 1.0], [2.0, 2.0]]
    """
    target, names, instants = Path(folder), tuple(symbols), as_utc(times, "times")
    if kind not in get_args(Kind):
        raise ValueError(f"store_panel: unknown kind {kind!r}; expected {', '.join(get_args(Kind))}")
    if len(set(names)) < len(names):
        raise ValueError(f"store_panel: {_repeated(names)!r} names two columns; rename or drop one")
    refuse_existing(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        _write_values(draft / _VALUES, (len(instants), len(names)), blocks)
        np.save(draft / _TIMES, instants.tz_localize(None).to_numpy())
        (draft / _FACTS).write_text(json.dumps({"kind": kind, "symbols": names}), encoding="utf-8")
        draft.chmod(0o755)
        os.rename(draft, target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return open_panel(target)


def open_panel(folder: str | Path) -> StoredPanel:
    """Find a stored panel again; only its header is read.

    Raises
    ------
    ValueError
        The folder holds no panel, or its values do not have the size that its names and instants say.
    """
    place = Path(folder).absolute()
    if not (place / _FACTS).is_file():
        raise ValueError(f"{place} holds no panel; make one with closes_from_parquet or store_panel")
    facts = json.loads((place / _FACTS).read_text(encoding="utf-8"))
    values = np.load(place / _VALUES, mmap_mode="r")
    expected = (len(np.load(place / _TIMES, mmap_mode="r")), len(facts["symbols"]))
    if values.shape != expected or values.dtype != np.float64:
        raise ValueError(f"{place / _VALUES} has shape {values.shape}, expected {expected}; make the panel again")
    return StoredPanel(place, facts["kind"], tuple(facts["symbols"]), expected[0], int(values.offset))


def store_returns(closes: StoredPanel, folder: str | Path, rows: int = 4096) -> StoredPanel:
    """Write the log returns of stored closes as a panel, a block at a time.

    Parameters
    ----------
    closes : StoredPanel, shape (T, N)
        Positive prices; NaN where there is none.
    folder : str or Path
        Where the returns go; must not exist yet.
    rows : int
        Rows held in memory at once.

    Returns
    -------
    StoredPanel, shape (T - 1, N)
        Natural-log changes from each row to the next. A return needs both of its prices: next to a missing one it is
        NaN, never a change over a longer span.

    Raises
    ------
    ValueError
        The panel holds returns already or has fewer than two rows, or the folder exists.
    """
    if closes.kind != "closes":
        raise ValueError(f"store_returns: {closes.folder} holds {closes.kind} already; pass a panel of closes")
    if closes.length < 2:
        raise ValueError(f"store_returns: {closes.folder} has {closes.length} rows; a return needs two")
    blocks = (np.diff(np.log(np.where(block > 0, block, np.nan)), axis=0) for block in closes.blocks(rows, halo=1))
    return store_panel(folder, "returns", closes.symbols, closes.times[1:], blocks)


def as_utc(times: pd.DatetimeIndex, name: str) -> pd.DatetimeIndex:
    """Return instants in UTC with nanoseconds; a naive index is read as UTC. They must ascend."""
    if not isinstance(times, pd.DatetimeIndex):
        raise ValueError(f"{name} must be a DatetimeIndex, got {type(times).__name__}")
    if not len(times) or times.hasnans:
        raise ValueError(f"{name} must hold at least one instant and none that is missing")
    if not (times.is_monotonic_increasing and times.is_unique):
        raise ValueError(f"{name} must ascend without repeats; call unique() and sort_values() first")
    instants = times.tz_localize("UTC") if times.tz is None else times.tz_convert("UTC")
    return instants.as_unit("ns")


def refuse_existing(folder: Path) -> None:
    """Refuse a place that is taken: a panel is written once."""
    if folder.exists():
        raise ValueError(f"{folder} exists already; delete it or choose another folder")


def _repeated(names: Sequence[str]) -> str:
    return next(name for number, name in enumerate(names) if name in names[:number])


def _write_values(path: Path, shape: tuple[int, int], blocks: Iterable[NDArray[np.float64]]) -> None:
    written = 0
    with path.open("wb") as file:
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(np.float64)), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            if block.ndim != 2 or block.shape[1] != shape[1]:
                raise ValueError(f"store_panel: a block has shape {block.shape}; expected {shape[1]} columns")
            np.ascontiguousarray(block, dtype=np.float64).tofile(file)
            written += len(block)
    if written != shape[0]:
        raise ValueError(f"store_panel: the blocks hold {written} rows; expected {shape[0]}, one for each instant")
