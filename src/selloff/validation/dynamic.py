"""GARCH, dynamic correlation, adjusted correlation and drifting beta: what they must come out at."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.adjusted import AdjustedCorrelation, forbes_rigobon
from selloff.correlation.dynamic import DCC, dcc_filter, fit_dcc
from selloff.correlation.kalman import kalman_beta
from selloff.correlation.likelihood import CorrelationStage, Kind
from selloff.inference.garch import Errors, Garch11, garch11, garch_variance
from selloff.validation.case import Case
from selloff.validation.designs import DESIGNS, simulate_pair
from selloff.validation.samples import mark_pound, us_equities
from selloff.validation.study import Study

__all__ = ["cases", "simulate_dcc", "slow_filter", "slow_loglikelihood", "studies"]

Floats = NDArray[np.float64]

_SLOW = "loop over the days, written out in this module"
_TRUTH = "simulation with known truth"
_ALPHA, _BETA, _RHO = 0.04, 0.93, 0.4
_KINDS: tuple[Kind, ...] = ("dcc", "cdcc")


def cases() -> list[Case]:
    """Return the cases of this area: published values, closed forms, simulations whose truth is known."""
    return [*_garch(), *_dcc(), *_filters(), *_simulated(), *_forbes_rigobon(), *_kalman()]


def studies() -> list[Study]:
    """Return how often the intervals of DCC hold, and how often a constant correlation or beta seems to move."""
    found = [
        Study(f"DCC, interval of {name}", "coverage", f"DCC, {kind}", 2000, 0.95, 200, partial(_held, kind, place))
        for kind in _KINDS
        for place, name in enumerate(("alpha", "beta"))
    ]
    for design in DESIGNS:
        found.append(Study("DCC, gain above 6", "size", design, 1000, 0.05, 200, partial(_gained, design)))
        found.append(Study("Kalman beta, gain above 1.35", "size", design, 500, 0.05, 100, partial(_drifted, design)))
    return found


def simulate_dcc(
    length: int, kind: Kind = "dcc", alpha: float = _ALPHA, beta: float = _BETA, rho: float = _RHO, seed: int = 0
) -> tuple[Floats, Floats]:
    """Simulate two series with GARCH(1,1) variances and a dynamic conditional correlation.

    Returns
    -------
    returns : ndarray, shape (length, 2)
    correlation : ndarray, shape (length,)
        The true one of each day.
    """
    rng = np.random.default_rng(seed)
    q11, q12, q22, path = 1.0, rho, 1.0, np.empty(length)
    variance, out = np.ones(2), np.empty((length, 2))
    for t in range(length):
        path[t] = q12 / math.sqrt(q11 * q22)
        u, v = rng.standard_normal(2)
        z = np.array([u, path[t] * u + math.sqrt(1 - path[t] ** 2) * v])
        out[t] = np.sqrt(variance) * z
        variance = 0.05 + 0.08 * out[t] ** 2 + 0.87 * variance
        a, b = z * np.sqrt([q11, q22]) if kind == "cdcc" else z
        q11 = (1 - alpha - beta) + alpha * a * a + beta * q11
        q12 = (1 - alpha - beta) * rho + alpha * a * b + beta * q12
        q22 = (1 - alpha - beta) + alpha * b * b + beta * q22
    return out, path


def slow_filter(z: Floats, qbar: Floats, alpha: float, beta: float, kind: Kind = "dcc") -> Floats:
    """Return the correlation matrices of DCC(1,1) by a loop over the days, shape (T, N, N)."""
    q, out = qbar.copy(), []
    for t in range(len(z)):
        if t:
            shock = z[t - 1] * (np.sqrt(np.diag(q)) if kind == "cdcc" else 1)
            q = (1 - alpha - beta) * qbar + alpha * np.outer(shock, shock) + beta * q
        root = np.sqrt(np.diag(q))
        out.append(q / np.outer(root, root))
    return np.array(out)


def slow_loglikelihood(z: Floats, correlations: Floats) -> float:
    """Return the log-likelihood of the correlation stage by a loop over the days."""
    total = 0.0
    for row, matrix in zip(z, correlations, strict=True):
        total -= float(np.linalg.slogdet(matrix)[1] + row @ np.linalg.solve(matrix, row) - row @ row) / 2
    return total


def _of(make: Callable[[], object], name: str) -> Callable[[], float]:
    """Return the call that reads one number off a result."""
    return lambda: float(getattr(make(), name))


@cache
def _mark() -> Garch11:
    return garch11(mark_pound(), "normal", "constant")


@cache
def _sp500(errors: Errors) -> Garch11:
    return garch11(us_equities()["sp500"], errors, "constant")


def _garch() -> list[Case]:
    model, source = "GARCH(1,1), mark/pound", "Bollerslev and Ghysels (1996); McCullough and Renfro (1999)"
    published = {"mean": (-0.00619041, 1e-4), "omega": (0.0107613, 1e-4), "alpha": (0.153134, 1e-4)}
    published |= {"beta": (0.805974, 1e-4), "loglikelihood": (-1106.608, 2e-3)}
    found = [
        Case(model, name, value, tolerance, source, _of(_mark, name)) for name, (value, tolerance) in published.items()
    ]
    other: dict[Errors, dict[str, float]] = {
        "normal": {"alpha": 0.1020066, "beta": 0.8851963, "loglikelihood": -6941.73159763}
    }
    other["t"] = {"alpha": 0.0997229, "beta": 0.8999683, "freedom": 6.5144, "loglikelihood": -6834.79979224}
    for errors, values in other.items():
        for name, value in values.items():
            tolerance = {"loglikelihood": 1e-6, "freedom": 1e-3}.get(name, 1e-5)
            found.append(
                Case(
                    f"GARCH(1,1), S&P 500, {errors} errors",
                    name,
                    value,
                    tolerance,
                    "arch 8.0, same start variance",
                    _of(partial(_sp500, errors), name),
                )
            )
    return found


@cache
def _equities(kind: Kind = "dcc") -> DCC:
    return fit_dcc(us_equities(), kind)


def _dcc() -> list[Case]:
    model, source = "DCC(1,1), S&P 500 and Nasdaq", "Gaussian two-step fit computed outside the package"
    published = {"alpha": (0.04218, 2e-4), "beta": (0.95059, 2e-4), "loglikelihood": (5029.92, 0.03)}
    found = [
        Case(model, name, value, tolerance, source, _of(_equities, name))
        for name, (value, tolerance) in published.items()
    ]
    others = {"alpha_se": (0.0060404, 2e-4), "beta_se": (0.0079892, 3e-4)}
    found += [
        Case(model, name, value, tolerance, "pymgarch 0.6, other start variance", _of(_equities, name))
        for name, (value, tolerance) in others.items()
    ]
    total = "two stages less the normal density of the returns"
    return [*found, Case(model, total, 0.0, 1e-6, "sum of both stages' log-likelihoods", _density_gap)]


def _density_gap() -> float:
    fit = _equities()
    e = us_equities().to_numpy() - fit.garch["mean"].to_numpy()
    deviation = fit.volatility.to_numpy()
    covariance = fit.correlation * deviation[:, :, None] * deviation[:, None, :]
    quadratic = np.einsum("ti,ti->t", e, np.linalg.solve(covariance, e[:, :, None])[:, :, 0])
    density = -np.sum(2 * math.log(2 * math.pi) + np.linalg.slogdet(covariance)[1] + quadratic) / 2
    return float(fit.garch["loglikelihood"].sum() + fit.loglikelihood - density)


def _filters() -> list[Case]:
    found = []
    for kind in _KINDS:
        model = {"dcc": "DCC filter", "cdcc": "cDCC filter"}[kind]
        found.append(Case(model, "distance from a loop", 0.0, 1e-13, _SLOW, partial(_filter_gap, kind)))
        found.append(Case(model, "log-likelihood less a loop's", 0.0, 1e-10, _SLOW, partial(_likelihood_gap, kind)))
        # By hand: q12 = 1/2 * 1, q11 = 1/4 + 1/2 * 4 + 1/4 and q22 = 1/4 + 1/2 * 1/4 + 1/4; the first q is 1 for both.
        value = 0.5 / math.sqrt(2.5 * 0.625)
        found.append(Case(model, "second day", value, 1e-15, "by hand, in fractions", partial(_second_day, kind)))
    return found


def _second_day(kind: Kind) -> float:
    z = np.array([[2.0, 0.5], [0.0, 0.0]])
    return float(dcc_filter(z, np.eye(2), 0.5, 0.25, kind)[1, 0, 1])


def _shocks() -> tuple[Floats, Floats]:
    z = np.random.default_rng(1).standard_normal((500, 4))
    z[:, 1:] += 0.7 * z[:, :1]
    return z, z.T @ z / len(z)


def _filter_gap(kind: Kind) -> float:
    z, qbar = _shocks()
    gap = dcc_filter(z, qbar, 0.06, 0.9, kind) - slow_filter(z, qbar, 0.06, 0.9, kind)
    return float(np.abs(gap).max())


def _likelihood_gap(kind: Kind) -> float:
    z, qbar = _shocks()
    ours = CorrelationStage(z.T.copy(), kind, qbar).likelihood(0.06, 0.9)
    return ours - slow_loglikelihood(z, slow_filter(z, qbar, 0.06, 0.9, kind))


@cache
def _known(kind: Kind) -> DCC:
    return fit_dcc(simulate_dcc(3000, kind)[0], kind)


def _error(kind: Kind, name: str) -> float:
    fit = _known(kind)
    truth = {"alpha": _ALPHA, "beta": _BETA}[name]
    return float((getattr(fit, name) - truth) / getattr(fit, f"{name}_se"))


def _distance(kind: Kind) -> float:
    """Return how far the filters with the true parameters are from the truth."""
    returns, path = simulate_dcc(3000, kind)
    variances = [garch_variance(series, 0.05, 0.08, 0.87, start=1.0) for series in returns.T]
    z = returns / np.sqrt(np.stack(variances, axis=1))
    qbar = np.array([[1.0, _RHO], [_RHO, 1.0]])
    return float(np.abs(dcc_filter(z, qbar, _ALPHA, _BETA, kind)[:, 0, 1] - path).max())


def _simulated() -> list[Case]:
    found = []
    for kind in _KINDS:
        model = f"{kind} of simulated {kind}"
        for name in ("alpha", "beta"):
            quantity = f"{name} less the truth, in standard errors"
            found.append(Case(model, quantity, 0.0, 2.58, _TRUTH, partial(_error, kind, name)))
        quantity = "distance from the true path, true parameters given"
        found.append(Case(model, quantity, 0.0, 1e-11, _TRUTH, partial(_distance, kind)))
    return found


@cache
def _storm() -> AdjustedCorrelation:
    table = us_equities()
    return forbes_rigobon(table["sp500"], table["nasdaq"], ("2006-01", "2008-09-12"), ("2008-09-15", "2008-12-31"))


def _exact(ratio: float) -> AdjustedCorrelation:
    """Return the adjustment of a linear model whose moments are exact: correlation .35 in the calm."""
    x, e = np.tile([1.0, -1.0, 1.0, -1.0], 10), np.tile([1.0, 1.0, -1.0, -1.0], 10)
    x[20:] *= math.sqrt(ratio)
    return forbes_rigobon(x, 0.35 * x + math.sqrt(1 - 0.35**2) * e, slice(0, 20), slice(20, 40))


def _forbes_rigobon() -> list[Case]:
    model, source = (
        "Forbes-Rigobon, S&P 500 and Nasdaq, 2008",
        "formula of Forbes and Rigobon (2002), outside the package",
    )
    published = {"raw": 0.979840, "delta": 16.757629, "adjusted": 0.758485, "calm": 0.932376}
    found = [Case(model, name, value, 1e-6, source, _of(_storm, name)) for name, value in published.items()]
    for ratio in (2.0, 4.0, 9.0):
        name = f"Forbes-Rigobon, variance times {ratio:.0f}"
        raw = math.sqrt(ratio * 0.35**2 / (1 + (ratio - 1) * 0.35**2))
        found.append(Case(name, "raw", raw, 1e-12, "closed form", _of(partial(_exact, ratio), "raw")))
        found.append(Case(name, "adjusted", 0.35, 1e-12, "closed form", _of(partial(_exact, ratio), "adjusted")))
    return found


def _kalman() -> list[Case]:
    model = "Kalman beta without drift"
    return [
        Case(model, "last filtered beta less least squares", 0.0, 1e-9, "closed form", partial(_regression_gap, 0)),
        Case(model, "its standard error less least squares'", 0.0, 1e-9, "closed form", partial(_regression_gap, 1)),
        Case(model, "log-likelihood", 0.0, 1e-8, "closed form, diffuse start", partial(_regression_gap, 2)),
        Case("Kalman beta", "mean distance from a drifting beta", 0.0, 0.15, _TRUTH, _drift_distance),
    ]


def _regression_gap(which: int) -> float:
    x, noise = np.random.default_rng(2).standard_normal((2, 400))
    x, y = 5 * x, 0.01 * (1 + 5 * x + 10 * noise)
    fit = kalman_beta(y, x, variances=(0.02, 0.0, 0.0))
    design = np.column_stack([np.ones_like(x), x])
    moments = design.T @ design
    coefficients = np.linalg.solve(moments, design.T @ y)
    rest = y - design @ coefficients
    likelihood = -(x.size * math.log(2 * math.pi) + (x.size - 2) * math.log(0.02)) / 2
    likelihood -= (np.linalg.slogdet(moments)[1] + float(rest @ rest) / 0.02) / 2
    last = fit.filtered.iloc[-1]
    error = math.sqrt(0.02 * np.linalg.inv(moments)[1, 1])
    gaps = (last["beta"] - coefficients[1], last["beta_se"] - error, fit.loglikelihood - likelihood)
    return float(gaps[which])


def _drift_distance() -> float:
    rng = np.random.default_rng(3)
    x, noise, drift = rng.standard_normal((3, 1000))
    beta = 1 + np.cumsum(0.03 * drift)
    fit = kalman_beta(beta * x + noise, x)
    return float(np.mean(np.abs(fit.smoothed["beta"].to_numpy() - beta)))


def _held(kind: Kind, place: int, number: int) -> bool:
    fit = fit_dcc(simulate_dcc(2000, kind, seed=20_000 + number)[0], kind)
    value, error = ((fit.alpha, fit.alpha_se), (fit.beta, fit.beta_se))[place]
    return abs(value - (_ALPHA, _BETA)[place]) <= 1.96 * error


def _gained(design: str, number: int) -> bool:
    fit = fit_dcc(simulate_pair(design, 1000, _RHO, seed=20_000 + number)[0])
    return fit.loglikelihood - fit.constant_loglikelihood > 6


def _drifted(design: str, number: int) -> bool:
    pair = simulate_pair(design, 500, _RHO, seed=20_000 + number)[0]
    fit = kalman_beta(pair[:, 1], pair[:, 0])
    return fit.loglikelihood - fit.constant_loglikelihood > 1.35
