"""Trials on a copy: what the reader of tables says of a spoiled file, and what a wrong reading of stamps does."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

import pandas as pd

from selloff.data.errors import DataError
from selloff.data.manifest import read_manifest
from selloff.data.tables import load

__all__ = ["hourly_ranges", "refusal"]

Stamp = Literal["end", "start"]


def refusal(table: str, old: str, new: str, folder: Path | None = None) -> DataError:
    """Return the error with which :func:`load` refuses a copy of a table in which some text is replaced.

    Parameters
    ----------
    table : str
        Name of the table; its file is only read.
    old, new : str
        Text that stands once in the file, and what replaces it in the copy.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataError
        Says what is wrong, what was expected and what to do.

    Raises
    ------
    ValueError
        The old text does not stand exactly once in the file, or the new one is the same.

    Examples
    --------
    >>> from selloff.data import refusal
    >>> refusal("fear_greed_daily", "2025-09-26,28", "2025-09-26,280").found
    'there is 280'
    """
    manifest = read_manifest(table, folder)
    text = manifest.path.read_text(encoding="utf-8")
    if (count := text.count(old)) != 1 or old == new:
        raise ValueError(
            f"refusal: {old!r} stands {count} times in {table} and becomes {new!r}; "
            "name a text that stands once and another one"
        )
    with TemporaryDirectory() as place:
        copy = Path(place)
        shutil.copy(manifest.folder / f"{table}.manifest.yml", copy)
        (copy / manifest.path.name).write_text(text.replace(old, new), encoding="utf-8")
        try:
            load(table, copy)
        except DataError as error:
            return error
    raise RuntimeError(f"refusal: a changed copy of {table} was read; the check of checksums does not work")


def hourly_ranges(asset: str, stamp: Stamp = "end") -> pd.DataFrame:
    """Return the low and the high of each whole UTC day from the hourly bars around the sell-off.

    Parameters
    ----------
    asset : str
        ``"BTC"`` or ``"ETH"``.
    stamp : {"end", "start"}
        Which moment of an hour its stamp is taken for. ``"end"`` is right; ``"start"`` shows what the mistake does.

    Returns
    -------
    DataFrame
        Columns ``low`` and ``high`` (USDT) by day, days with 24 hours only.

    Raises
    ------
    ValueError
        Unknown asset or stamp.
    """
    if stamp not in get_args(Stamp):
        raise ValueError(f"hourly_ranges: unknown stamp {stamp!r}; expected end or start")
    bars = load("event_hourly")
    name = asset.lower()
    if f"{name}_low" not in bars.columns:
        raise ValueError(f"hourly_ranges: unknown asset {asset!r}; expected BTC or ETH")
    index = pd.DatetimeIndex(bars.index)
    start = index - pd.Timedelta(hours=1 if stamp == "end" else 0)
    days = bars.groupby(start.tz_localize(None).normalize().rename("date"))
    ranges = pd.DataFrame({"low": days[f"{name}_low"].min(), "high": days[f"{name}_high"].max()})
    return ranges[days.size() == 24]
