"""Reference cases of constancy: fluctuation, Jennrich's test and structural breaks."""

from __future__ import annotations

from functools import cache, partial
from math import exp

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.breaks import Breaks, structural_breaks
from selloff.correlation.critical import sup_wald_quantile
from selloff.correlation.fluctuation import fluctuation_test
from selloff.correlation.jennrich import jennrich_test
from selloff.inference import TestResult
from selloff.validation.case import Case
from selloff.validation.designs import simulate_pair
from selloff.validation.samples import nile, us_equities

__all__ = ["cases"]

_DAILY = "S&P 500 and Nasdaq, daily, 1999 to 2018; computed outside the package"
_R = "R package strucchange 1.5-3"
_CLOSED = "closed form"


def cases() -> list[Case]:
    """Return the reference cases of this area."""
    return [*_fluctuations(), *_jennrich(), *_breaks()]


def _fluctuations() -> list[Case]:
    model = "fluctuation test, Pearson"
    found = [
        Case(model, "Q", 2.126770, 1e-6, _DAILY, lambda: _daily().statistic),
        Case(model, "row of the largest fluctuation", 2440, 0, _DAILY, lambda: float(_daily().settings["row"])),
        Case(model, "p-value", 2.357e-4, 1e-6, _DAILY, lambda: _daily().pvalue),
        Case(model, "standard error of r", 0.00742224, 1e-8, _DAILY, lambda: _daily().se),
    ]
    # The tail of Kolmogorov's distribution as its alternating series.
    return [*found, Case(model, "p-value from the series", 0.0, 1e-14, _CLOSED, _series_gap)]


@cache
def _daily() -> TestResult:
    returns = us_equities()
    return fluctuation_test(returns["sp500"], returns["nasdaq"])


def _series_gap() -> float:
    q = _daily().statistic
    series = [(-1.0) ** (k - 1) * exp(-2 * k * k * q * q) for k in range(1, 20)]
    return _daily().pvalue - 2 * sum(series)


def _jennrich() -> list[Case]:
    model = "Jennrich"
    return [
        Case(model, "statistic of two series", 0.0, 1e-10, f"{_CLOSED}, c (r1 - r2)^2 / (1 - r^2)^2", _two_series_gap),
        Case(model, "correlation matrices that are equal", 0.0, 1e-12, _CLOSED, _equal_samples),
    ]


def _two_series_gap() -> float:
    pair = simulate_pair("normal", 300, 0.4, seed=3)[0]
    a, b = pair[:120], pair[120:]
    r1, r2 = np.corrcoef(a.T)[0, 1], np.corrcoef(b.T)[0, 1]
    pooled = (120 * r1 + 180 * r2) / 300
    closed = 120 * 180 / 300 * (r1 - r2) ** 2 / (1 - pooled**2) ** 2
    return float(jennrich_test(a, b).statistic - closed)


def _equal_samples() -> float:
    sample = simulate_pair("normal", 100, 0.4, seed=4)[0]
    # The same correlations at another scale, in another order.
    return jennrich_test(sample, 3 * sample[::-1] + 1).statistic


def _breaks() -> list[Case]:
    weekly = "largest Wald statistic, 5-day returns of the Nasdaq on the S&P 500"
    found = [
        Case("structural breaks", "year of the break of the Nile", 1898, 0, _R, lambda: float(_nile().dates[0])),
        Case("structural breaks", "number of breaks of the Nile", 1, 0, _R, lambda: float(len(_nile().dates))),
        Case("structural breaks", "largest F statistic of the Nile", 75.93, 0.005, _R, _nile_chow),
    ]
    for name, covariance, lags, value in (
        ("independent errors", "iid", None, 137.756),
        ("unequal variances", "hc0", None, 31.81),
        ("Newey-West, 4 lags", "hac", 4, 25.87),
    ):
        compute = partial(_weekly, covariance, lags)
        found.append(Case("structural breaks", f"{weekly}, {name}", value, 1e-2, _DAILY, compute))
    andrews = "Andrews 1993, Econometrica 61, table I"
    for coefficients, value in ((1, 8.85), (2, 11.79)):
        quantity = f"95 % point of the largest Wald statistic, {coefficients} coefficient{'s' * (coefficients > 1)}"
        compute_point = partial(sup_wald_quantile, 0.95, coefficients, 0.15)
        found.append(Case("structural breaks", quantity, value, 0.1, andrews, compute_point))
    return found


@cache
def _nile() -> Breaks:
    return structural_breaks(nile())


def _nile_chow() -> float:
    return structural_breaks(nile(), max_breaks=1, covariance="iid").supF


def _weekly(covariance: str, lags: int | None) -> float:
    returns: NDArray[np.float64] = us_equities()[["nasdaq", "sp500"]].to_numpy()
    sums = returns[: len(returns) // 5 * 5].reshape(-1, 5, 2).sum(axis=1)
    return structural_breaks(sums[:, 0], sums[:, 1], max_breaks=1, covariance=covariance, lags=lags).supF  # type: ignore[arg-type]
