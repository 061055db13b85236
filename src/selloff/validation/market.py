"""Falls, recoveries, volatility and tails: what they must come out at."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.market.clusters import extremal_index
from selloff.market.drawdowns import Drawdowns, drawdowns
from selloff.market.garch import GarchFit
from selloff.market.gpd import GPD, fit_gpd
from selloff.market.recovery import RecoveryCurve, recovery_curve
from selloff.market.tails import tail_index
from selloff.market.volatility import fit_garch
from selloff.validation.case import Case
from selloff.validation.designs import DESIGNS, simulate_pair
from selloff.validation.samples import danish_fire_losses, mark_pound, sp500_prices

__all__ = ["REMISSION", "cases", "max_autoregression"]

#: Weeks of remission under 6-mercaptopurine and whether they ended in a relapse (Freireich and others 1963, Blood 21).
REMISSION: tuple[tuple[int, ...], tuple[bool, ...]] = (
    (6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35),
    (True,) * 9 + (False,) * 12,
)

_HAND = "by hand, in fractions"
_SIMULATED = "simulation with known truth"


def cases() -> list[Case]:
    """Return the cases of this area.

    Returns
    -------
    list of Case
        Published values first, then closed forms, then simulations whose truth is known.
    """
    return [*_falls(), *_recoveries(), *_volatilities(), *_tails()]


def max_autoregression(length: int, theta: float, seed: int = 0) -> NDArray[np.float64]:
    """Simulate a series of unit Frechet values whose extremal index is known.

    Notes
    -----
    ``X_t = max((1 - theta) X_{t-1}, theta Z_t)`` with independent unit Frechet ``Z_t`` has extremal index ``theta``.
    """
    z = 1 / np.random.default_rng(seed).exponential(size=length)
    x = z.copy()
    for t in range(1, length):
        x[t] = max((1 - theta) * x[t - 1], theta * z[t])
    return x


def _falls() -> list[Case]:
    model, source = "drawdowns", "S&P 500 daily close, computed outside the package"

    def day(column: str) -> Callable[[], float]:
        return lambda: float(f"{pd.Timestamp(_deepest()[column]):%Y%m%d}")

    prices = np.array([8.0, 10.0, 7.0, 9.0, 10.0, 6.0, 3.0, 5.0])
    return [
        Case(model, "largest fall of the log price", 0.838760125, 5e-10, source, lambda: _sp500().max),
        Case(model, "its high, as a date", 20071009, 0, source, day("start")),
        Case(model, "its low, as a date", 20090309, 0, source, day("trough")),
        Case(model, "depth of a recovered fall", float(Fraction(3, 10)), 1e-15, _HAND, lambda: _depth(prices, 0)),
        Case(model, "depth of an open fall", float(Fraction(7, 10)), 1e-15, _HAND, lambda: _depth(prices, 1)),
    ]


def _recoveries() -> list[Case]:
    model, source = "Kaplan-Meier", "Freireich and others 1963, 6-MP arm; textbook values"
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    out = [
        Case(model, f"share in remission after {week} weeks", value, 5e-5, source, _remission_share(week))
        for week, value in published.items()
    ]
    short = ([1, 2, 3, 4, 5], [True, False, True, False, True])
    area = Fraction(1) + Fraction(4, 5) * 2 + Fraction(8, 15) * 2
    return [
        *out,
        Case(model, "median weeks", 23, 0, source, lambda: _remission().median),
        Case(
            model,
            "share after two of five, two cut",
            float(Fraction(4, 5) * Fraction(2, 3)),
            1e-15,
            _HAND,
            lambda: float(recovery_curve(short[0], observed=short[1]).at(3)["share"].iloc[0]),
        ),
        Case(
            model,
            "area under that curve",
            float(area),
            1e-14,
            _HAND,
            lambda: recovery_curve(short[0], observed=short[1]).restricted_mean()[0],
        ),
        Case(model, "coverage of the 95 % interval, 60 falls", 0.95, 0.025, _SIMULATED, _survival_coverage),
    ]


def _volatilities() -> list[Case]:
    model = "GARCH(1,1), mark against pound"
    source = "data of Bollerslev and Ghysels 1996; benchmark of Fiorentini, Calzolari and Panattoni 1996"
    published = {"mu": -0.00619041, "omega": 0.0107613, "alpha": 0.153134, "beta": 0.805974}
    out = [Case(model, name, value, 1e-4, source, _parameter(_mark, name)) for name, value in published.items()]
    _, alpha, beta, nu = DESIGNS["garch_t5"]
    long = "GARCH(1,1) with t errors, 20,000 returns"
    return [
        *out,
        Case(model, "log-likelihood", -1106.608, 2e-3, source, lambda: _mark().loglikelihood),
        Case(long, "alpha", alpha, 0.015, _SIMULATED, _parameter(_long, "alpha")),
        Case(long, "beta", beta, 0.02, _SIMULATED, _parameter(_long, "beta")),
        Case(long, "degrees of freedom", float(nu or 0), 0.5, _SIMULATED, _parameter(_long, "nu")),
        Case(long, "long-run volatility", 1.0, 0.05, _SIMULATED, lambda: _long().unconditional_volatility),
    ]


def _tails() -> list[Case]:
    danish, mcneil = "generalised Pareto, Danish fire losses above 10", "McNeil 1997; R package evir 1.7-4"
    evir = "R package evir 1.7-4, example of riskmeasures; its optimiser stops early"
    k, true = 50, 3.0
    hill = true / (math.log(k + 1) - math.lgamma(k + 1) / k)
    grid = (np.arange(1, 1001) / 1000) ** (-1 / true)
    return [
        Case(danish, "shape", 0.497, 1e-3, mcneil, lambda: _danish().shape),
        # The reference has two decimals.
        Case(danish, "scale", 6.98, 5e-3, mcneil, lambda: _danish().scale),
        Case(danish, "99.9 % quantile", 94.28956, 0.1, evir, lambda: _danish().quantile(0.999)),
        Case(danish, "99.9 % expected shortfall", 191.3697, 0.3, evir, lambda: _danish().expected_shortfall(0.999)),
        Case(
            "Hill",
            "index of the quantiles of a Pareto",
            hill,
            1e-12,
            "closed form, a / (log(k + 1) - log(k!) / k)",
            lambda: tail_index(grid, "upper", k=k).alpha,
        ),
        Case("Hill", "coverage of the 95 % interval, Pareto", 0.95, 0.025, _SIMULATED, _hill_coverage),
        Case("Hill", "index of a t with 3 degrees of freedom", 3.0, 0.35, _SIMULATED, _student_index),
        Case(
            "extremal index",
            "maxima of an autoregression with index 0.6",
            0.6,
            0.05,
            _SIMULATED,
            lambda: extremal_index(*_clustered(0.6)),
        ),
        Case("generalised Pareto", "coverage of the 95 % interval of the shape", 0.95, 0.03, _SIMULATED, _gpd_coverage),
    ]


@cache
def _sp500() -> Drawdowns:
    return drawdowns(sp500_prices(), log=True)


def _deepest() -> pd.Series:
    table = _sp500().table
    row: pd.Series = table.iloc[int(np.argmax(table["depth"]))]
    return row


def _depth(prices: NDArray[np.float64], row: int) -> float:
    return float(drawdowns(prices).table["depth"].iloc[row])


@cache
def _remission() -> RecoveryCurve:
    return recovery_curve(REMISSION[0], observed=REMISSION[1])


def _remission_share(week: int) -> Callable[[], float]:
    return lambda: float(_remission().at(week)["share"].iloc[0])


@cache
def _mark() -> GarchFit:
    return fit_garch(mark_pound())


def _parameter(fit: Callable[[], GarchFit], name: str) -> Callable[[], float]:
    return lambda: float(fit().parameters[name])


@cache
def _long() -> GarchFit:
    return fit_garch(simulate_pair("garch_t5", 20_000, seed=1)[0, :, 0], errors="t")


@cache
def _danish() -> GPD:
    return fit_gpd(danish_fire_losses(), 10)


def _clustered(theta: float) -> tuple[NDArray[np.float64], float]:
    x = max_autoregression(100_000, theta, seed=2)
    return x, float(np.quantile(x, 0.98))


def _survival_coverage(replications: int = 400) -> float:
    """Return how often the interval at the true median holds one half; a third of the falls is cut."""
    rng = np.random.default_rng(3)
    length, cut = rng.exponential(size=(2, replications, 60))
    cut *= 2
    inside = 0
    for own, end in zip(length, cut, strict=True):
        row = recovery_curve(np.minimum(own, end), observed=own <= end).at(math.log(2)).iloc[0]
        inside += int(row["lower"] <= 0.5 <= row["upper"])
    return inside / replications


def _hill_coverage(replications: int = 400) -> float:
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(replications):
        low, high = tail_index(rng.uniform(size=1000) ** (-1 / 3), "upper", k=50).interval(dependent=False)
        inside += int(low <= 3 <= high)
    return inside / replications


def _student_index() -> float:
    return tail_index(np.random.default_rng(5).standard_t(3, 50_000), "both", k=300).alpha


def _gpd_coverage(replications: int = 150) -> float:
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(replications):
        fit = fit_gpd((rng.uniform(size=400) ** -0.25 - 1) / 0.25, 0.0)
        inside += int(abs(fit.shape - 0.25) <= 1.96 * fit.se_shape)
    return inside / replications
