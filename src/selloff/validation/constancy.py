"""Reference cases of constancy: fluctuation, Jennrich's test and structural breaks."""

from __future__ import annotations

from functools import cache, partial
from itertools import combinations
from math import exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.breaks import Breaks, Covariance, structural_breaks
from selloff.correlation.critical import break_date_tail, sup_wald_pvalue, sup_wald_quantile
from selloff.correlation.fluctuation import Kind, fluctuation_test
from selloff.correlation.jennrich import jennrich_test
from selloff.inference import TestResult
from selloff.inference.hac import long_run_covariance
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
    model = "Fluctuation test, Pearson"
    garch = "simulation, 200 samples"
    found = [
        Case(model, "Q", 2.126770, 1e-6, _DAILY, lambda: _daily().statistic),
        Case(model, "row of the largest fluctuation", 2440, 0, _DAILY, lambda: float(_daily().settings["row"])),
        Case(model, "p-value", 2.357e-4, 5e-8, _DAILY, lambda: _daily().pvalue),
        Case(model, "standard error of r", 0.00742224, 1e-8, _DAILY, lambda: _daily().se),
        Case(model, "the same by the delta method on five moments, difference", 0.0, 1e-12, _CLOSED, _delta_gap),
        Case(model, "p-value less Kolmogorov's series", 0.0, 1e-14, _CLOSED, _series_gap),
    ]
    quantity = "rejections of a true null at 5 %, GARCH-t, 500 days"
    kinds: dict[str, Kind] = {"Pearson": "pearson", "Spearman": "spearman", "Spearman, centred": "spearman-centred"}
    for name, kind in kinds.items():
        compute = partial(_fluctuation_size, kind)
        found.append(Case(f"Fluctuation test, {name}", quantity, 0.05, 0.04, garch, compute))
    return found


@cache
def _daily() -> TestResult:
    returns = us_equities()
    return fluctuation_test(returns["sp500"], returns["nasdaq"])


def _delta_gap() -> float:
    x, y = us_equities().to_numpy().T
    moments = np.column_stack([x, y, x**2, y**2, x * y])
    mx, my, mxx, myy, mxy = moments.mean(axis=0)
    vx, vy = mxx - mx**2, myy - my**2
    root = sqrt(vx * vy)
    r = (mxy - mx * my) / root
    gradient = np.array(
        [r * mx / vx - my / root, r * my / vy - mx / root, -r / (2 * vx), -r / (2 * vy), 1 / root], dtype=float
    )
    return float(np.sqrt(gradient @ long_run_covariance(moments, 8) @ gradient / x.size)) - _daily().se


def _series_gap() -> float:
    q = _daily().statistic
    series = [(-1.0) ** (k - 1) * exp(-2 * k * k * q * q) for k in range(1, 20)]
    return _daily().pvalue - 2 * sum(series)


def _fluctuation_size(kind: Kind) -> float:
    pairs = simulate_pair("garch_t5", 500, 0.4, seed=5, replications=200)
    return float(np.mean([fluctuation_test(pair[:, 0], pair[:, 1], kind).pvalue <= 0.05 for pair in pairs]))


def _jennrich() -> list[Case]:
    model = "Jennrich"
    covariances = f"{_CLOSED}, distance in the metric of the covariances of Pearson and Filon (1898)"
    normal = "simulation, 1,000 samples"
    return [
        Case(model, "statistic of two series", 0.0, 1e-10, f"{_CLOSED}, c (r1 - r2)^2 / (1 - r^2)^2", _two_series_gap),
        Case(model, "statistic of four series, difference", 0.0, 1e-9, covariances, _four_series_gap),
        Case(model, "correlation matrices that are equal", 0.0, 1e-12, _CLOSED, _equal_samples),
        Case(model, "rejections of a true null at 5 %, normal, 2 x 250 days", 0.05, 0.02, normal, _jennrich_size),
    ]


def _two_series_gap() -> float:
    pair = simulate_pair("normal", 300, 0.4, seed=3)[0]
    a, b = pair[:120], pair[120:]
    r1, r2 = np.corrcoef(a.T)[0, 1], np.corrcoef(b.T)[0, 1]
    pooled = (120 * r1 + 180 * r2) / 300
    closed = 120 * 180 / 300 * (r1 - r2) ** 2 / (1 - pooled**2) ** 2
    return float(jennrich_test(a, b).statistic - closed)


def _four_series_gap() -> float:
    rng = np.random.default_rng(6)
    mix = rng.standard_normal((4, 4))
    a, b = rng.standard_normal((90, 4)) @ mix, rng.standard_normal((140, 4)) @ mix
    r1, r2 = np.asarray(np.corrcoef(a.T)), np.asarray(np.corrcoef(b.T))
    pooled = (90 * r1 + 140 * r2) / 230
    pairs = list(combinations(range(4), 2))
    metric = np.array([[_pearson_filon(pooled, *p, *q) for q in pairs] for p in pairs])
    distance = np.array([r1[p] - r2[p] for p in pairs])
    closed = 90 * 140 / 230 * distance @ np.linalg.solve(metric, distance)
    return float(jennrich_test(a, b).statistic - closed)


def _pearson_filon(r: NDArray[np.float64], i: int, j: int, k: int, m: int) -> float:
    """Return the covariance of two correlations of a normal sample, times its size."""
    squares = r[i, k] ** 2 + r[i, m] ** 2 + r[j, k] ** 2 + r[j, m] ** 2
    crossed = r[i, k] * r[j, m] + r[i, m] * r[j, k]
    first = r[i, j] * (r[j, k] * r[j, m] + r[i, k] * r[i, m])
    second = r[k, m] * (r[j, k] * r[i, k] + r[j, m] * r[i, m])
    return float(r[i, j] * r[k, m] * squares / 2 + crossed - first - second)


def _equal_samples() -> float:
    sample = simulate_pair("normal", 100, 0.4, seed=4)[0]
    # The same correlations at another scale, in another order.
    return jennrich_test(sample, 3 * sample[::-1] + 1).statistic


def _jennrich_size() -> float:
    pairs = simulate_pair("normal", 500, 0.4, seed=7, replications=1000)
    return float(np.mean([jennrich_test(pair[:250], pair[250:]).pvalue <= 0.05 for pair in pairs]))


def _breaks() -> list[Case]:
    model = "Structural breaks"
    found = [
        Case(model, "year of the break of the Nile", 1898, 0, _R, lambda: float(_nile("hac").dates[0])),
        Case(model, "number of breaks of the Nile", 1, 0, _R, lambda: float(len(_nile("hac").dates))),
        Case(model, "largest F statistic of the Nile", 75.9297694, 1e-6, _R, lambda: _nile("iid").supF),
        Case(model, "lower end of its interval", 1895, 0, _R, partial(_nile_interval, "lower")),
        Case(model, "upper end of its interval", 1902, 0, _R, partial(_nile_interval, "upper")),
        Case(model, "BIC of one break of the Nile", 1270.083736, 1e-5, _R, _nile_bic),
    ]
    weekly = "largest Wald statistic, 5-day returns of the Nasdaq on the S&P 500"
    values: list[tuple[str, Covariance, int | None, float]] = [
        ("independent errors", "iid", None, 137.756),
        ("unequal variances", "hc0", None, 31.81),
        ("Newey-West, 4 lags", "hac", 4, 25.87),
    ]
    for name, covariance, lags, value in values:
        compute = partial(_weekly, covariance, lags)
        found.append(Case(model, f"{weekly}, {name}", value, 1e-2, _DAILY, compute))
    return [*found, *_distributions()]


def _distributions() -> list[Case]:
    model = "Distributions of tests of a break"
    laguerre = f"{_CLOSED}, a zero of a Laguerre polynomial"
    found = [
        Case(model, "p-value at a single date less chi-square's", 0.0, 1e-14, _CLOSED, _single_date_gap),
        Case(model, "rate of decay at 2, two coefficients", 2.0, 1e-4, laguerre, partial(_decay, 2.0, 2)),
        Case(model, "rate of decay at 3 - sqrt(6)", 4.0, 1e-4, laguerre, partial(_decay, 3 - sqrt(6), 1)),
        Case(model, "date further off than 5, less the closed form", 0.0, 1e-12, "Yao (1987)", partial(_yao_gap, 5.0)),
    ]
    # The table was simulated on a grid of dates, on which the largest value is one or two percent lower.
    grid = "Andrews (2003), corrected table; simulated on a grid, one or two percent low"
    for coefficients, value in ((1, 8.68), (2, 11.72), (3, 14.13)):
        quantity = f"95 % point of the largest Wald statistic, {coefficients} coefficient{'s' * (coefficients > 1)}"
        compute = partial(sup_wald_quantile, 0.95, coefficients, 0.15)
        found.append(Case(model, quantity, value, 0.02 * value + 0.02, grid, compute))
    return found


@cache
def _nile(covariance: Covariance) -> Breaks:
    return structural_breaks(nile(), covariance=covariance)


def _nile_interval(end: str) -> float:
    return float(_nile("iid").interval[end].to_numpy()[0])


def _nile_bic() -> float:
    return float(_nile("iid").criteria["bic"].to_numpy()[1])


def _weekly(covariance: Covariance, lags: int | None) -> float:
    returns: NDArray[np.float64] = us_equities()[["nasdaq", "sp500"]].to_numpy()
    sums = returns[: len(returns) // 5 * 5].reshape(-1, 5, 2).sum(axis=1)
    return structural_breaks(sums[:, 0], sums[:, 1], max_breaks=1, covariance=covariance, lags=lags).supF


def _single_date_gap() -> float:
    from scipy.stats import chi2

    return max(abs(sup_wald_pvalue(7.5, q, 0.5) - float(chi2.sf(7.5, q))) for q in (1, 2, 5))


def _decay(level: float, coefficients: int) -> float:
    """Return the rate at which the chance to stay below the level falls with the length of the process."""
    below = [1 - sup_wald_pvalue(level, coefficients, trim) for trim in (0.05, 0.02)]
    return log(below[0] / below[1]) / (log(0.98 / 0.02) - log(0.95 / 0.05))


def _yao_gap(x: float) -> float:
    from scipy.stats import norm

    root = sqrt(x)
    tail = (x + 5) / 2 * norm.sf(root / 2) - root * norm.pdf(root / 2) - 1.5 * exp(x) * norm.sf(1.5 * root)
    return break_date_tail(x, 0.5, 1.0, 1.0) - float(tail)
