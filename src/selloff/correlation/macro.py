"""Crypto beside eight macro series: one panel on one clock, and the same question asked of each pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from selloff.correlation.explained import ExplainedMove, explained_move
from selloff.correlation.leadlag import LeadLag, lead_lag
from selloff.correlation.regression import Regression, regress
from selloff.data import Clock, closes, log_returns, macro_changes, sessions
from selloff.inference import holm

__all__ = ["MACRO", "MacroSeries", "clear_for_all", "explain_each", "lead_each", "macro_panel", "next_day_closes",
           "regress_each"]  # fmt: skip


@dataclass(frozen=True)
class MacroSeries:
    """What a reader must know of one series.

    Attributes
    ----------
    column : str
        Its column in ``macro_daily``.
    unit : str
        Unit of its moves in :func:`macro_panel`: ``"%"`` (log change) or ``"bp"`` (difference in basis points).
    struck : str
        When its source strikes it, New York time, as the table's manifest says.
    appetite : int
        1 if it rises with the appetite for risk, -1 if it falls, 0 if it does either.
    """

    column: str
    unit: str
    struck: str
    appetite: int


#: Macro series by name. The sign of yields and gold is open: a yield may rise on hope or on fear of inflation.
MACRO: dict[str, MacroSeries] = {
    "S&P 500": MacroSeries("sp500_logret", "%", "16:00", 1),
    "Nasdaq-100": MacroSeries("nasdaq100_logret", "%", "16:00", 1),
    "VIX": MacroSeries("vix", "%", "16:15", -1),
    "credit spread": MacroSeries("hy_oas_change_pp", "bp", "unstated", -1),
    "dollar index": MacroSeries("dxy_logret", "%", "vendor's day", -1),
    "gold": MacroSeries("gold_logret", "%", "about 13:30", 0),
    "10-year yield": MacroSeries("ust10y_pct", "bp", "about 15:30", 0),
    "real yield": MacroSeries("real10y_pct", "bp", "about 15:30", 0),
}


def macro_panel(
    start: str | pd.Timestamp,
    end: str | pd.Timestamp,
    clock: Clock = "nyse",
    coins: Sequence[str] = ("BTC", "ETH"),
    folder: Path | None = None,
) -> pd.DataFrame:
    """Return coins and all macro series of :data:`MACRO` on their common calendar.

    Parameters
    ----------
    start, end : str or Timestamp
        First and last session; the first gives no return.
    clock : {"nyse", "utc", "utc_prior"}
        When crypto is read, as in :func:`selloff.data.closes`.
    coins : sequence of str
        Of ``"BTC"``, ``"ETH"``.
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    DataFrame
        One row a session, moves in percent (log) and basis points, coins first. A session on which any series misses
        a value is left out; nothing is filled forward.

    Raises
    ------
    ValueError
        A coin or a clock is unknown.

    Examples
    --------
    >>> from selloff.correlation.macro import macro_panel
    >>> macro_panel("2025-09-19", "2025-09-26")["BTC"].round(1).tolist()
    [-2.6, -0.4, 1.6, -3.6, -0.2]
    """
    columns = {each.column: name for name, each in MACRO.items()}
    macro = macro_changes(list(columns), folder).rename(columns=columns)
    crypto = log_returns(closes(list(coins), clock, start, end, folder))
    panel = 100 * crypto.join(macro, how="inner").dropna()
    panel.attrs["clock"] = clock
    return panel


def regress_each(
    panel: pd.DataFrame, coins: Sequence[str], series: Sequence[str], **settings: Any
) -> dict[tuple[str, str], Regression]:
    """Regress each coin on each series alone.

    Parameters
    ----------
    panel : DataFrame
        From :func:`macro_panel`.
    coins, series : sequence of str
        Columns of it.
    **settings
        Passed to :func:`selloff.correlation.regression.regress`.

    Returns
    -------
    dict
        Regression by (coin, series).

    Raises
    ------
    ValueError
        As :func:`selloff.correlation.regression.regress`.

    Examples
    --------
    >>> from selloff.correlation.macro import macro_panel, regress_each
    >>> panel = macro_panel("2024-12-31", "2025-09-26")
    >>> list(regress_each(panel, ["BTC", "ETH"], ["gold"]))
    [('BTC', 'gold'), ('ETH', 'gold')]
    """
    return {(coin, name): regress(panel[coin], panel[[name]], **settings) for coin in coins for name in series}


def clear_for_all(fits: Mapping[tuple[str, str], Regression], level: float = 0.05) -> list[str]:
    """Return the series that are clear of zero for every coin, once Holm's correction has counted all the tests.

    Parameters
    ----------
    fits : mapping
        Regression on one series by (coin, series).
    level : float
        Chance of a single false alarm among all tests.

    Returns
    -------
    list of str
        In the order of ``fits``.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> from selloff.correlation.macro import clear_for_all, macro_panel, regress_each
    >>> panel = macro_panel("2024-12-31", "2025-09-26")
    >>> clear_for_all(regress_each(panel, ["BTC", "ETH"], ["S&P 500", "gold"]))
    ['S&P 500']
    """
    pvalues = pd.Series([fit.table["pvalue"].iloc[0] for fit in fits.values()], index=range(len(fits)))
    passed = dict(zip(fits, holm(pvalues) < level, strict=True))
    names = dict.fromkeys(name for _, name in fits)
    return [name for name in names if all(sure for (_, other), sure in passed.items() if other == name)]


def lead_each(
    panel: pd.DataFrame, coins: Sequence[str], series: Sequence[str], max_lag: int = 2, **settings: Any
) -> dict[tuple[str, str], LeadLag]:
    """Return leads and lags of each coin with each series; at a positive lag the series moves first.

    Parameters
    ----------
    panel, coins, series
        As for :func:`regress_each`.
    max_lag : int
        Largest lead and lag.
    **settings
        Passed to :func:`selloff.correlation.leadlag.lead_lag`.

    Returns
    -------
    dict
        Result by (coin, series).

    Raises
    ------
    ValueError
        As :func:`selloff.correlation.leadlag.lead_lag`.

    Examples
    --------
    >>> from selloff.correlation.macro import lead_each, macro_panel
    >>> panel = macro_panel("2024-12-31", "2025-09-26")
    >>> list(lead_each(panel, ["BTC"], ["gold"], max_lag=1))
    [('BTC', 'gold')]
    """
    return {(c, name): lead_lag(panel[name], panel[c], max_lag, **settings) for c in coins for name in series}


def explain_each(
    panel: pd.DataFrame,
    coins: Sequence[str],
    sets: Mapping[str, Sequence[str]],
    start: str | pd.Timestamp,
    ends: Mapping[str, str | pd.Timestamp],
    windows: Sequence[int | None],
    **settings: Any,
) -> dict[tuple[str, str], dict[tuple[str, int | None], ExplainedMove]]:
    """Explain each coin's move over several stretches, by several sets of series and windows of estimation.

    Parameters
    ----------
    panel : DataFrame
        From :func:`macro_panel`.
    coins : sequence of str
        Columns of it.
    sets : mapping
        Columns that explain, by the name of the set.
    start : str or Timestamp
        First session of the move.
    ends : mapping
        Its last session, by words for the stretch.
    windows : sequence of int or None
        Sessions before ``start`` that estimate; None for all.
    **settings
        Passed to :func:`selloff.correlation.explained.explained_move`.

    Returns
    -------
    dict
        By (coin, stretch): result by (set, window).

    Raises
    ------
    ValueError
        As :func:`selloff.correlation.explained.explained_move`.

    Examples
    --------
    >>> from selloff.correlation.macro import explain_each, macro_panel
    >>> panel = macro_panel("2024-12-31", "2025-09-26")
    >>> found = explain_each(panel, ["BTC"], {"shares": ["S&P 500"]}, "2025-09-22", {"week": "2025-09-26"}, [None])
    >>> list(found), list(found["BTC", "week"])
    ([('BTC', 'week')], [('shares', None)])
    """
    return {
        (coin, words): {
            (label, window): explained_move(panel[coin], panel[list(series)], start, end, window, **settings)
            for label, series in sets.items()
            for window in windows
        }
        for coin in coins
        for words, end in ends.items()
    }


def next_day_closes(start: str | pd.Timestamp, end: str | pd.Timestamp) -> pd.Series:
    """Return when New York closes, for sessions whose day before was one too.

    Half days are left out, and sessions after a weekend or holiday: their returns cover more than a day.

    Parameters
    ----------
    start, end : str or Timestamp
        First and last day.

    Returns
    -------
    Series
        Moments of the close (aware, UTC) by session.

    Raises
    ------
    ValueError
        The days are not in order; see :func:`selloff.data.sessions`.

    Examples
    --------
    >>> from selloff.correlation.macro import next_day_closes
    >>> next_day_closes("2025-09-19", "2025-09-24").index.strftime("%a").tolist()
    ['Tue', 'Wed']
    """
    held = sessions(start, end)
    follows = held.index.to_series().diff() == pd.Timedelta(days=1)
    return held.loc[follows & ~held["half_day"], "close_utc"]
