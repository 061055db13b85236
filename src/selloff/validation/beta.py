"""Reference cases of betas: rolling, by quantile, by side, and across closing times."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, partial
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.beta import rolling_beta
from selloff.correlation.conditional import downside_beta, quantile_beta
from selloff.correlation.leadlag import dimson_beta, lead_lag
from selloff.validation.case import Case
from selloff.validation.designs import simulate_pair
from selloff.validation.samples import us_equities

__all__ = ["cases"]

Floats = NDArray[np.float64]

# Koenker and Bassett (1982), Econometrica 50, 43-61, on Engel's data; R package quantreg prints five digits.
_ENGEL = {0.05: (124.88004, 0.34336), 0.25: (95.48354, 0.47410), 0.5: (81.48225, 0.56018), 0.95: (64.10396, 0.70907)}


def cases() -> list[Case]:
    """Return the reference cases of this area."""
    return [*_rolling(), *_quantiles(), *_sides(), *_delays()]


def _rolling() -> list[Case]:
    model = "Rolling beta"
    exact = "exact rational arithmetic"
    return [
        Case(
            model,
            "Newey-West se (10 lags), Nasdaq on S&P 500",
            0.0278187547,
            1e-9,
            "statsmodels 0.15, OLS with HAC covariance",
            partial(_whole_sample_error, False),
        ),
        Case(
            model,
            "the same with n / (n - 2)",
            0.0278242869,
            1e-9,
            "statsmodels 0.15, OLS with HAC covariance",
            partial(_whole_sample_error, True),
        ),
        Case(model, "largest error, returns", 0.0, 1e-12, exact, partial(_largest_error, "returns")),
        Case(model, "largest error, level of 1e9", 0.0, 1e-10, exact, partial(_largest_error, "level")),
        Case(model, "largest error, bad tick of 1e8", 0.0, 1e-10, exact, partial(_largest_error, "tick")),
        Case(model, "largest error, stablecoin", 0.0, 1e-10, exact, partial(_largest_error, "stablecoin")),
        Case(model, "windows with a flat x that have a beta", 0.0, 0.0, "undefined", _flat_windows),
    ]


def _whole_sample_error(correction: bool) -> float:
    returns = us_equities()
    table = rolling_beta(returns["nasdaq"], returns["sp500"], len(returns), 10, correction)
    return float(table["se"].to_numpy()[-1])


@cache
def _pair() -> tuple[Floats, Floats]:
    x, e = simulate_pair("t5", 200, 0.0, seed=1)[0].T
    return 0.7 * x + e, x


def _largest_error(kind: str) -> float:
    """Return the largest error of beta and its se over windows of 40 days."""
    y, x = (series.copy() for series in _pair())
    if kind == "level":
        y, x = y + 1e9, x + 1e9
    elif kind == "tick":
        x[100] = 1e8
    elif kind == "stablecoin":
        y, x = 1 + 1e-6 * y, 1 + 1e-6 * x
    ours = rolling_beta(y, x, 40, 3)[["beta", "se"]].to_numpy()
    ends = range(40, 201, 16)
    return max(float(np.abs(ours[end - 1] - _exact(y[end - 40 : end], x[end - 40 : end])).max()) for end in ends)


def _exact(y: Floats, x: Floats) -> tuple[float, float]:
    b, a = [Fraction(v) for v in y.tolist()], [Fraction(v) for v in x.tolist()]
    mean_b, mean_a = sum(b, Fraction(0)) / len(b), sum(a, Fraction(0)) / len(a)
    b, a = [v - mean_b for v in b], [v - mean_a for v in a]
    sxx = sum((u * u for u in a), Fraction(0))
    beta = sum((u * v for u, v in zip(a, b, strict=True)), Fraction(0)) / sxx
    v = [u * (w - beta * u) for u, w in zip(a, b, strict=True)]
    total = sum((u * u for u in v), Fraction(0))
    for lag in (1, 2, 3):
        total += 2 * (1 - Fraction(lag, 4)) * sum((p * q for p, q in zip(v[lag:], v[:-lag], strict=True)), Fraction(0))
    return float(beta), sqrt(total / sxx**2)


def _flat_windows() -> float:
    y, x = _pair()
    table = rolling_beta(y, np.where(np.arange(200) < 100, 0.5, x), 40)
    return float(table["beta"].iloc[39:100].notna().sum())


def _quantiles() -> list[Case]:
    source = "Koenker and Bassett (1982), Engel's food data; R quantreg"
    found = [
        Case("Quantile regression", f"{what}, quantile {tau:g}", value, 1e-5, source, partial(_engel, tau, what))
        for tau, pair in _ENGEL.items()
        for what, value in zip(("alpha", "beta"), pair, strict=True)
    ]
    fan = Case(
        "Quantile regression",
        "slope at the 90 % quantile of a spread that grows with x",
        0.5 + 0.3 * 1.2815515655446004,
        0.05,
        "known truth, 0.5 + 0.3 z(0.9), 20,000 observations",
        _fan,
    )
    return [*found, fan]


@cache
def _engel_table() -> dict[tuple[float, str], float]:
    from statsmodels.datasets import engel

    data = engel.load_pandas().data
    fit = quantile_beta(data["foodexp"], data["income"], sorted(_ENGEL), replications=2, block=1)
    columns = {what: fit.table[what].to_numpy() for what in ("alpha", "beta")}
    return {(tau, what): float(columns[what][i]) for i, tau in enumerate(sorted(_ENGEL)) for what in columns}


def _engel(tau: float, what: str) -> float:
    return _engel_table()[tau, what]


def _fan() -> float:
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 2, 20_000)
    y = 0.5 * x + (1 + 0.3 * x) * rng.standard_normal(20_000)
    return float(quantile_beta(y, x, (0.9,), replications=2, block=1).table["beta"].to_numpy()[0])


def _sides() -> list[Case]:
    return [
        Case("Downside beta", "difference on a kinked line", 1.0, 1e-12, "closed form", _kink),
        Case(
            "Downside beta",
            "correlation of the downside days of a straight line",
            sqrt((1 - 2 / np.pi) / (2 - 2 / np.pi)),
            0.02,
            "closed form, half a normal has variance 1 - 2 / pi",
            _cut_correlation,
        ),
        Case(
            "Downside beta",
            "rejections of a true null at 5 %, GARCH-t, 500 days",
            0.05,
            0.025,
            "simulation, 400 samples",
            _downside_size,
        ),
    ]


def _kink() -> float:
    x = _pair()[1]
    return downside_beta(np.where(x < 0, 2 * x, x), x).difference.estimate


def _cut_correlation() -> float:
    x, e = np.random.default_rng(3).standard_normal((2, 50_000))
    return float(downside_beta(x + e, x).table["correlation"].to_numpy()[0])


def _downside_size() -> float:
    samples = simulate_pair("garch_t5", 500, 0.0, seed=13, replications=400).transpose(0, 2, 1)
    return float(np.mean([downside_beta(0.7 * x + e, x).difference.pvalue < 0.05 for x, e in samples]))


def _delays() -> list[Case]:
    known = "known truth, 20,000 observations"
    return [
        Case("Dimson beta", "y shows half of a move a row late", 0.8, 0.03, known, partial(_late, "y", False)),
        Case("Dimson beta", "same-row beta there", 0.4, 0.03, known, _late_same_row),
        Case("Fowler-Rorke beta", "x shows .3 of a move a row late", 0.8, 0.03, known, partial(_late, "x", True)),
        Case("Lead-lag", "row by which x moves first", 2.0, 0.0, known, _two_rows),
        Case(
            "Lead-lag",
            "rejections of a true null at 5 %, GARCH-t, 250 days",
            0.05,
            0.035,
            "simulation, 200 samples",
            _lead_lag_size,
        ),
    ]


def _delayed(which: str) -> tuple[Floats, Floats]:
    """Return y and x of which one shows part of a common move a row late; the beta is .8."""
    f, e = np.random.default_rng(4).standard_normal((2, 20_001))
    if which == "y":
        return 0.8 * (0.5 * f[1:] + 0.5 * f[:-1]) + 0.5 * e[1:], f[1:]
    return 0.8 * f[1:] + 0.5 * e[1:], 0.7 * f[1:] + 0.3 * f[:-1]


def _late(which: str, adjusted: bool) -> float:
    return dimson_beta(*_delayed(which), adjusted=adjusted).beta


def _late_same_row() -> float:
    return dimson_beta(*_delayed("y")).same_row


def _two_rows() -> float:
    x, e = np.random.default_rng(5).standard_normal((2, 20_000))
    return float(lead_lag(x, 0.6 * np.roll(x, 2) + 0.8 * e, 3, replications=19).peak)


def _lead_lag_size() -> float:
    samples = simulate_pair("garch_t5", 250, 0.4, seed=6, replications=200).transpose(0, 2, 1)
    return float(np.mean([lead_lag(x, y, 3, replications=99).joint.pvalue <= 0.05 for x, y in samples]))
