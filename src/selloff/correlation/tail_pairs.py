"""Crypto beside shares, pair by pair: the samples of the tails and the same question asked of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pandas as pd

from selloff.correlation.conditional import QuantileBeta, quantile_beta
from selloff.correlation.diversification import diversification
from selloff.correlation.exceedance import Exceedance, exceedance_correlation
from selloff.data import Clock, common_returns

__all__ = [
    "COINS",
    "SHARES",
    "diversification_table",
    "exceedance_each",
    "exceedance_without",
    "quantile_beta_each",
    "share_pairs",
    "split_periods",
]

#: What readers call the columns of a pair.
COINS = {"BTC": "Bitcoin", "ETH": "Ether"}
SHARES = {"sp500_logret": "S&P 500", "nasdaq100_logret": "Nasdaq-100"}


def share_pairs(
    end: str | pd.Timestamp, start: str | pd.Timestamp | None = None, clock: Clock = "nyse"
) -> dict[str, pd.DataFrame]:
    """Return bitcoin and ether beside two share indices, each pair on its common sessions.

    Parameters
    ----------
    end, start : str or Timestamp
        Last and first session; the first of the hourly table by default.
    clock : {"nyse", "utc", "utc_prior"}
        When the coins are read.

    Returns
    -------
    dict
        Log returns by pair in words: the coin in the first column, the index in the second.

    Raises
    ------
    ValueError
        As :func:`selloff.data.common_returns`.

    Examples
    --------
    >>> from selloff.correlation import share_pairs
    >>> list(share_pairs("2020-03-31"))[:2]
    ['Bitcoin and S&P 500', 'Bitcoin and Nasdaq-100']
    """
    return {
        f"{COINS[coin]} and {SHARES[index]}": common_returns(coin, index, clock, start, end)
        for coin, index in product(COINS, SHARES)
    }


def split_periods(
    pairs: Mapping[str, pd.DataFrame], periods: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], pd.DataFrame]:
    """Return each pair's rows of each period.

    Parameters
    ----------
    pairs : mapping
        Table by pair, indexed by day.
    periods : mapping
        First and last day by period in words.

    Returns
    -------
    dict
        Table by (pair, period).

    Raises
    ------
    ValueError
        A pair's rows end before a period does: a table that was cut earlier must not pass for a longer one.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.correlation import split_periods
    >>> pair = pd.DataFrame({"a": range(4), "b": range(4)}, index=pd.date_range("2025-01-01", periods=4))
    >>> parts = split_periods({"a pair": pair}, {"the end": ("2025-01-03", "2025-01-04")})
    >>> len(parts["a pair", "the end"])
    2
    """
    parts = {}
    for name, table in pairs.items():
        for period, (first, last) in periods.items():
            if table.index[-1] < pd.Timestamp(last):
                raise ValueError(
                    f"split_periods: {name} ends on {table.index[-1]:%Y-%m-%d}, before {period} does on {last}; "
                    "load it to a later day"
                )
            parts[name, period] = table.loc[first:last]
    return parts


def exceedance_each(pairs: Mapping[str, pd.DataFrame], replications: int = 499) -> dict[str, Exceedance]:
    """Return :func:`exceedance_correlation` of each pair's two columns.

    Parameters
    ----------
    pairs : mapping
        Table with two columns of returns by pair.
    replications : int
        As in :func:`exceedance_correlation`.

    Returns
    -------
    dict
        Result by pair.

    Raises
    ------
    ValueError
        As :func:`exceedance_correlation`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import exceedance_each
    >>> two = pd.DataFrame(np.random.default_rng(0).standard_normal((300, 2)))
    >>> exceedance_each({"a pair": two}, replications=19)["a pair"].table["lower_n"].iloc[-1] > 50
    np.True_
    """
    return {
        name: exceedance_correlation(part.iloc[:, 0], part.iloc[:, 1], replications=replications)
        for name, part in pairs.items()
    }


def exceedance_without(
    pair: pd.DataFrame, cuts: Mapping[str, str | None], quantiles: Sequence[float] = (0.1, 0.3, 0.5)
) -> pd.DataFrame:
    """Return exceedance correlations of a pair with some days left out.

    Parameters
    ----------
    pair : DataFrame
        Two columns of returns, indexed by day.
    cuts : mapping
        What to leave out by its name in words: a day, a month such as ``"2020-03"``, or None for nothing.
    quantiles : sequence of float
        As in :func:`exceedance_correlation`.

    Returns
    -------
    DataFrame
        One row a cut, columns such as ``worst 10%`` and ``best 10%``.

    Raises
    ------
    ValueError
        There is no such day in the table.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import exceedance_without
    >>> days = pd.date_range("2024-01-01", periods=300)
    >>> two = pd.DataFrame(np.random.default_rng(0).standard_normal((300, 2)), index=days)
    >>> exceedance_without(two, {"all": None, "without March": "2024-03"}, (0.5,)).columns.tolist()
    ['worst 50%', 'best 50%']
    """
    rows = {}
    for name, cut in cuts.items():
        gone = pair.index[:0] if cut is None else pair.loc[cut:cut].index
        if cut is not None and gone.empty:
            raise ValueError(f"exceedance_without: the table has no day in {cut}; choose one that it has")
        part = pair.drop(gone)
        table = exceedance_correlation(part.iloc[:, 0], part.iloc[:, 1], quantiles, replications=19).table
        rows[name] = {
            f"{words} {q:.0%}": table[side][q]
            for side, words in (("lower", "worst"), ("upper", "best"))
            for q in quantiles
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def quantile_beta_each(
    samples: Mapping[tuple[str, str], pd.DataFrame],
    quantiles: Sequence[float] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95),
    replications: int = 199,
) -> dict[tuple[str, str], QuantileBeta]:
    """Return :func:`quantile_beta` of each sample's first column on its second.

    Parameters
    ----------
    samples : mapping
        Table with two columns of returns by (pair, period).
    quantiles, replications
        As in :func:`quantile_beta`.

    Returns
    -------
    dict
        Result by (pair, period).

    Raises
    ------
    ValueError
        As :func:`quantile_beta`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import quantile_beta_each
    >>> x = np.linspace(-1, 1, 60)
    >>> samples = {("a pair", "a year"): pd.DataFrame({"coin": 2 * x + 0.01 * np.sin(40 * x), "index": x})}
    >>> round(quantile_beta_each(samples, (0.5,), 19)["a pair", "a year"].table["beta"].iloc[0], 1)
    np.float64(2.0)
    """
    return {
        key: quantile_beta(part.iloc[:, 0], part.iloc[:, 1], quantiles, replications=replications)
        for key, part in samples.items()
    }


def diversification_table(samples: Mapping[str, pd.DataFrame], level: float = 0.05) -> pd.DataFrame:
    """Return what a basket of equal parts saves on the whole and on its worst days, in percent, by period.

    Parameters
    ----------
    samples : mapping
        Simple returns, one column an asset, by period in words.
    level : float
        As in :func:`diversification`.

    Returns
    -------
    DataFrame
        One row a period: ``days`` (worst ones), ``whole``, ``tail``, and ``low`` and ``high`` of the 95 % interval of
        ``tail`` less ``whole``.

    Raises
    ------
    ValueError
        As :func:`diversification`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import diversification_table
    >>> four = pd.DataFrame(np.random.default_rng(0).standard_normal((2000, 4)))
    >>> diversification_table({"a year": four})["days"].tolist()
    [100]
    """
    rows = {}
    for period, part in samples.items():
        test = diversification(part, level)
        low, high = test.interval()
        numbers = [100 * value for value in (test.settings["whole"], test.settings["tail"], low, high)]
        rows[period] = dict(zip(("whole", "tail", "low", "high"), numbers, strict=True))
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.insert(0, "days", [int(level * len(part) + 1e-9) for part in samples.values()])
    return table
