"""Events, what follows them, and moving averages: what they must come out at."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.market.abnormal import abnormal_returns
from selloff.market.breaches import Breaches, moving_average_breaches
from selloff.market.event_placebo import placebo_event_study
from selloff.market.event_study import EventStudy, event_study
from selloff.market.forward import ForwardReturns, forward_returns
from selloff.market.reality_check import Measure, reality_check
from selloff.validation.case import Case
from selloff.validation.designs import simulate_pair
from selloff.validation.samples import sp500_prices, us_equities
from selloff.validation.study import Study

__all__ = ["cases", "simulate_assets", "studies"]

Floats = NDArray[np.float64]

_HAND = "by hand, in fractions"
_R = "computed step by step in R"
_EVENT = "2008-09-15"
#: Rows of the S&P 500 after which returns are looked at; two near each other in each of two years.
_ROWS = (100, 119, 999, 2446, 2459, 3999)


def cases() -> list[Case]:
    """Return the cases of this area.

    Returns
    -------
    list of Case
        Values of another program on public data first, then closed forms, then simulations whose truth is known.
    """
    return [*_event_studies(), *_forward(), *_averages()]


def studies() -> list[Study]:
    """Return the simulation studies of this area.

    Returns
    -------
    list of Study
        Event studies of ten assets on one date, returns after dates that come in runs, and the best of many moving
        averages; no effect in any but those of power.
    """
    found = []
    for name in _TESTS:
        for rho in (0.0, 0.5):
            design = f"10 assets on one date, residual correlation {rho:g}"
            found.append(Study(_TESTS[name], "size", design, 255, 0.05, 1000, partial(_event_rejects, name, rho, 0.0)))
    for name in ("kolari_pynnonen", "patell_adjusted", "corrado"):
        design = "10 assets on one date, residual correlation 0.5, 1 sd a day"
        found.append(Study(_TESTS[name], "power", design, 255, np.nan, 400, partial(_event_rejects, name, 0.5, 1.0)))
    name = "event study, placebo weeks"
    found.append(Study(name, "size", "5 assets, residual correlation 0.5", 300, 0.05, 300, _placebo_rejects))
    for label, column in (("naive", "pvalue_naive"), ("HAC", "pvalue_hac"), ("overlap regression", "pvalue")):
        for design in ("normal", "garch_t5", "crypto"):
            for when in ("runs", "falls"):
                text = f"{design}, events in runs" if when == "runs" else f"{design}, events after falls"
                outcome = partial(_forward_rejects, column, design, when)
                found.append(Study(f"30-day returns, {label}", "size", text, 1000, 0.05, 500, outcome))
    measures: tuple[Measure, ...] = ("hold", "fall")
    for measure in measures:
        for label, attribute in (("best alone", "pvalue_naive"), ("reality check", "pvalue")):
            rule = "buy and hold" if measure == "hold" else "30-day returns after a breach"
            outcome = partial(_rule_rejects, attribute, measure)
            found.append(
                Study(f"24 moving averages, {rule}, {label}", "size", "garch_t5 random walk", 700, 0.05, 300, outcome)
            )
    return found


def simulate_assets(rho: float, length: int, count: int = 10, seed: int = 0) -> tuple[Floats, Floats]:
    """Return returns of assets whose residuals have one correlation, and those of their market.

    Parameters
    ----------
    rho : float
        Correlation of the residuals, from 0 to 1.
    length, count : int
        Observations and assets.
    seed : int
        Seed of the generator.

    Returns
    -------
    returns : ndarray, shape (length, count)
        Market plus a residual of variance 1.
    market : ndarray, shape (length,)

    Examples
    --------
    >>> from selloff.validation.events import simulate_assets
    >>> simulate_assets(0.5, length=255)[0].shape
    (255, 10)
    """
    rng = np.random.default_rng(seed)
    market, common = rng.standard_normal((2, length))
    own = rng.standard_normal((length, count))
    returns: Floats = market[:, None] + np.sqrt(rho) * common[:, None] + np.sqrt(1 - rho) * own
    return returns, market


_TESTS = {
    "patell": "event study, Patell",
    "bmp": "event study, BMP",
    "patell_adjusted": "event study, Patell adjusted",
    "kolari_pynnonen": "event study, Kolari-Pynnonen",
    "corrado": "event study, Corrado",
}


def _event_studies() -> list[Case]:
    model = "event study, S&P 500 and Nasdaq, five days from 2008-09-15"
    line = "market model, S&P 500 on Nasdaq, five days from 2008-09-15"
    one = {"beta": 0.835658445416, "car": -0.050024845962, "se": 1.033825422571}
    two = {
        "patell": 0.276304211849,
        "bmp": 12.947846013338,
        "kolari_pynnonen": 2.337913049941,
        "patell_adjusted": 0.198535997940,
        "corrado": 0.581098885908,
    }

    def statistic(name: str) -> Callable[[], float]:
        return lambda: _indices().tests[name].statistic

    def entry(name: str) -> Callable[[], float]:
        return lambda: _market_model()[name]

    return [
        *(Case(line, name, value, 1e-10, _R, entry(name)) for name, value in one.items()),
        Case(model, "mean correlation", 0.936852211944, 1e-10, _R, lambda: _indices().mean_correlation),
        Case(model, "mean abnormal return", 0.616462827044, 1e-10, _R, lambda: _indices().mean),
        *(Case(model, _TESTS[name][13:], value, 1e-9, _R, statistic(name)) for name, value in two.items()),
        Case(
            "mean model",
            "forecast variance of two days after thirty",
            float(Fraction(30, 29) * (2 + Fraction(4, 30))),
            1e-14,
            _HAND,
            _forecast_variance,
        ),
    ]


def _forward() -> list[Case]:
    model, source = "30-day returns of the S&P 500 after six dates", "R, lm and sandwich"
    values: list[tuple[str, float, Callable[[], float]]] = [
        ("difference of means", -0.068354823214, lambda: _after().tests[30]["overlap"].estimate),
        ("White error, one-step regression", 0.078123357999, lambda: _after().tests[30]["overlap"].se),
        ("naive error", 0.022406815665, lambda: _after().tests[30]["naive"].se),
        ("Newey-West error, 29 lags", 0.048211423054, lambda: _after().tests[30]["hac"].se),
    ]
    return [
        *(Case(model, name, value, 1e-10, source, compute) for name, value, compute in values),
        Case(
            "forward returns",
            "two days after a price of 99",
            float(Fraction(132, 99) - 1),
            1e-15,
            _HAND,
            lambda: float(_short().returns[2].iloc[1]),
        ),
        Case(
            "forward returns",
            "horizons censored at the end",
            1,
            0,
            _HAND,
            lambda: float(_short().table["censored"].iloc[1]),
        ),
    ]


def _averages() -> list[Case]:
    model, source = "S&P 500 below its 100-day average", "computed in R"
    return [
        Case(model, "breaches, 1999 to 2018", 131, 0, source, lambda: float(_breaches().count)),
        Case(model, "last breach, as a date", 20181010, 0, source, lambda: float(f"{_breaches().last:%Y%m%d}")),
        Case(model, "first breach, as a date", 19990527, 0, source, lambda: float(f"{_breaches().dates[0]:%Y%m%d}")),
        Case(
            "reality check", "against arch, nine averages of a random walk", 0.0, 0.05, "arch, SPA upper", _beside_arch
        ),
    ]


@cache
def _indices() -> EventStudy:
    return event_study(us_equities(), None, _EVENT, model="mean")


def _market_model() -> dict[str, float]:
    table = us_equities()
    at = int(table.index.searchsorted(pd.Timestamp(_EVENT)))
    stock, market = table["sp500"].to_numpy(), table["nasdaq"].to_numpy()
    before, during = slice(at - 250, at - 10), slice(at, at + 5)
    fit = abnormal_returns(stock[before, None], market[before], stock[during, None], market[during])
    return {"beta": float(fit.beta[0]), "car": float(fit.car[0]), "se": float(fit.se[0])}


def _forecast_variance() -> float:
    wave, none = np.tile([1.0, -1.0], 15)[:, None], np.zeros(30)
    return float(abnormal_returns(wave, none, np.full((2, 1), 3.0), np.zeros(2), "mean").se[0] ** 2)


@cache
def _after() -> ForwardReturns:
    return forward_returns(sp500_prices().to_numpy(), _ROWS, horizons=[30])


@cache
def _short() -> ForwardReturns:
    prices = pd.Series([100.0, 110, 99, 120, 132], index=pd.date_range("2024-01-01", periods=5))
    return forward_returns(prices, ["2024-01-01", "2024-01-03"], horizons=[2, 4], kind="simple")


@cache
def _breaches() -> Breaches:
    return moving_average_breaches(sp500_prices())


def _beside_arch() -> float:
    """Return our p-value less that of arch, on the advantages of the same rules."""
    from arch.bootstrap import SPA

    prices = np.exp(np.cumsum(np.random.default_rng(3).standard_normal(600)) / 50)
    lengths = range(20, 101, 10)
    step = np.diff(np.log(prices))[99:]
    held = [[prices[day] > prices[day - length + 1 : day + 1].mean() for length in lengths] for day in range(99, 599)]
    losses = np.where(np.array(held), 0.0, step[:, None])
    spa = SPA(np.zeros(len(losses)), losses, block_size=10, reps=1000, seed=1)
    spa.compute()
    return reality_check(prices, lengths, block=10).pvalue - float(spa.pvalues["upper"])


def _event_rejects(name: str, rho: float, effect: float, number: int) -> bool:
    returns, market = simulate_assets(rho, 255, seed=40_000 + number)
    returns[250:] -= effect
    return event_study(returns, market, 250).tests[name].pvalue <= 0.05


def _placebo_rejects(number: int) -> bool:
    returns, market = simulate_assets(0.5, 300, count=5, seed=50_000 + number)
    return placebo_event_study(returns, market, 200, estimation=60).overlapping.pvalue <= 0.05


def _forward_rejects(column: str, design: str, when: str, number: int) -> bool:
    returns = simulate_pair(design, 1000, 0.0, seed=60_000 + number)[0, :, 0]
    if when == "runs":
        begins = np.random.default_rng(number).choice(900, 5, replace=False)
        places = np.unique((begins[:, None] + np.arange(10)).ravel())
    else:
        five = np.convolve(returns, np.ones(5))[:1000]
        places = np.flatnonzero(five < np.quantile(five, 0.03))
    table = forward_returns(np.exp(np.cumsum(returns) / 100), places, horizons=[30]).table
    return float(table[column].iloc[0]) <= 0.05


def _rule_rejects(attribute: str, measure: Measure, number: int) -> bool:
    returns = simulate_pair("garch_t5", 700, 0.0, seed=70_000 + number)[0, :, 0]
    prices = np.exp(np.cumsum(returns) / 100)
    check = reality_check(prices, range(20, 251, 10), measure=measure, replications=199, seed=number)
    return bool(getattr(check, attribute) <= 0.05)
