"""Claims about correlation with other markets: C18."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from selloff.claims.ledger import Claim, Specification, claims
from selloff.claims.result import Evaluator, Measure
from selloff.correlation import Changes, correlation_changes
from selloff.data import closes, default_folder, log_returns, macro_changes, recording
from selloff.data.clocks import Clock
from selloff.data.tables import note

__all__ = ["EVALUATORS", "appetite_panel", "growing_correlation"]

_CLAIM = "C18"


def appetite_panel(clock: Clock, until: str | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Return the daily returns that C18 is decided on, on one clock.

    Parameters
    ----------
    clock : {"nyse", "utc", "utc_prior"}
        The moment at which crypto is priced.
    until : str, optional
        Last session; the day of the report by default. Nothing after it enters.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        One row a New York session from the first of 2022 on; columns by the keys of the ledger: ``btc``, ``eth``,
        ``basket`` (the mean of both log returns), and each series of C18, turned so that a rise goes with the
        appetite for risk: shares and gold as they are, the others with the opposite sign. NaN where a series has no
        value; nothing is filled. ``attrs["clock"]`` names the clock.

    Examples
    --------
    >>> from selloff.claims import appetite_panel
    >>> panel = appetite_panel("nyse")
    >>> panel.attrs["clock"], f"{panel.index[0]:%Y-%m-%d}", f"{panel.index[-1]:%Y-%m-%d}", len(panel)
    ('nyse', '2022-01-03', '2025-09-26', 937)
    """
    claim = _claim(folder)
    choices = claim.terms["choices"]
    first = min(str(option["first"]) for option in choices["compared"].values())
    before = pd.Timestamp(first) - pd.Timedelta(days=7)
    crypto = log_returns(closes(_coins(choices), clock, before, until or claim.terms["until"], folder))
    panel = pd.DataFrame(
        {key: crypto[option["of"]].mean(axis=1, skipna=False) for key, option in choices["asset"].items()}
    )
    series = choices["series"]
    changes = macro_changes([option["column"] for option in series.values()], folder).reindex(panel.index)
    for key, option in series.items():
        panel[key] = option["sign"] * changes[option["column"]]
    panel = panel.loc[first:]
    panel.attrs["clock"] = clock
    return panel


def growing_correlation(until: str | None = None, folder: Path | None = None) -> Changes:
    """Return the change of correlation under every definition of C18.

    Parameters
    ----------
    until : str, optional
        Last session; the day of the report by default. A later one lengthens the year so far, moves the last 90
        sessions, and answers what is known since.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    Changes
        Its choices carry the keys of the ledger.

    Examples
    --------
    >>> from selloff.claims import growing_correlation
    >>> found = growing_correlation()
    >>> len(found.table), found.table["clock"].unique().tolist()
    (1152, ['nyse', 'utc'])
    """
    changes, tables = _changes(until, Path(folder or default_folder()).resolve())
    note(tables)
    return changes


@lru_cache(maxsize=8)
def _changes(until: str | None, folder: Path) -> tuple[Changes, frozenset[str]]:
    choices = _claim(folder).terms["choices"]
    with recording() as tables:
        panels = {clock: appetite_panel(clock, until, folder) for clock in choices["clock"]}
    sessions = next(iter(panels.values())).index
    windows = {key: _first(option, sessions) for key, option in choices["window"].items()}
    eve = min(windows["year"], *windows.values()) - pd.Timedelta(days=1)
    changes = correlation_changes(
        panels,
        list(choices["asset"]),
        list(choices["series"]),
        {key: (day, None) for key, day in windows.items()},
        {key: (option["first"], eve) for key, option in choices["compared"].items()},
        {key: option["sessions"] for key, option in choices["step"].items()},
        list(choices["estimator"]),
    )
    return changes, frozenset(tables)


def _first(option: Mapping[str, Any], sessions: pd.Index) -> pd.Timestamp:
    """Return the first day of a window that names it, or that counts sessions back from the last."""
    return pd.Timestamp(option["first"] if "first" in option else sessions[-int(option["sessions"])])


def _coins(choices: Mapping[str, Any]) -> list[str]:
    return sorted({coin for option in choices["asset"].values() for coin in option["of"]})


def _claim(folder: Path | None) -> Claim:
    return next(claim for claim in claims(folder) if claim.id == _CLAIM)


@lru_cache(maxsize=8)
def _numbers(folder: Path) -> dict[tuple[str, ...], dict[Any, Any]]:
    table = growing_correlation(folder=folder).table
    choices = list(_claim(folder).terms["choices"])
    return {tuple(row[choice] for choice in choices): row for row in table.to_dict("records")}


def _growing(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    found = _numbers(Path(folder or default_folder()).resolve())[tuple(spec.options.values())]
    against = False if found["upper"] < claim.terms["noticeable"] else None
    supports = True if found["family_pvalue"] <= claim.terms["level"] else against
    yield Measure("change", found["estimate"], claim.unit, supports, found["lower"], found["upper"])


EVALUATORS: dict[str, Evaluator] = {"C18": _growing}
