"""Reference cases of tails and spillovers."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.autoregression import variance_shares
from selloff.correlation.exceedance import exceedance_correlation, normal_corner, normal_exceedance
from selloff.correlation.spillover import Spillover, spillover
from selloff.correlation.spillover_band import spillover_band
from selloff.correlation.tails import TailDependence, tail_dependence
from selloff.validation.case import Case
from selloff.validation.designs import simulate_pair

__all__ = ["cases"]

Floats = NDArray[np.float64]

_PHI = np.array([[0.3, 0.2, 0.0], [0.0, 0.4, -0.1], [0.1, 0.0, 0.2]])
_SIGMA = np.array([[1.0, 0.5, 0.2], [0.5, 2.0, 0.0], [0.2, 0.0, 0.5]])


def cases() -> list[Case]:
    """Return the reference cases of this area."""
    return [*_exceedances(), *_tails(), *_spillovers()]


def _exceedances() -> list[Case]:
    model = "Exceedance correlation"
    normal = "simulated normal data against Rosenbaum (1961)"
    curve = [
        Case(
            model,
            f"normal curve, correlation {r:g}, tail {share:.0%}",
            reference,
            1e-9,
            "numerical integration (scipy dblquad)",
            partial(_normal_curve, r, share),
        )
        for r, share, reference in ((0.4, 0.05, 0.0941589504), (0.9, 0.2, 0.6809695744), (-0.3, 0.3, -0.0610834582))
    ]
    return [
        *curve,
        Case(model, "chance that two normals of correlation .5 are positive", 1 / 3, 1e-14, "closed form", _third),
        Case(model, "lower 20 % tail of normal data less the curve", 0.0, 0.04, normal, _normal_data),
        Case(
            model,
            "rejections of true symmetry at 5 %, GARCH-t, 400 days",
            0.05,
            0.035,
            "simulation, 200 samples",
            _symmetry_size,
        ),
    ]


def _normal_curve(r: float, share: float) -> float:
    return float(normal_exceedance(r, [share])[0])


def _third() -> float:
    return float(normal_corner(0.0, 0.5))


def _normal_data() -> float:
    x, y = simulate_pair("normal", 40_000, 0.6, seed=1)[0].T
    row = exceedance_correlation(x, y, (0.2,), replications=19, block=1).table.iloc[0]
    return float(row["lower"] - row["normal"])


def _symmetry_size() -> float:
    samples = simulate_pair("garch_t5", 400, 0.4, seed=17, replications=200).transpose(0, 2, 1)
    tests = (exceedance_correlation(x, y, (0.3, 0.5), replications=99, block=1).asymmetry for x, y in samples)
    return float(np.mean([test.pvalue <= 0.05 for test in tests if test is not None]))


def _tails() -> list[Case]:
    model = "Tail dependence"
    textbook = "McNeil, Frey and Embrechts (2005), table of the t copula; here fitted to simulated data"
    known = "known truth, t copula with 5 degrees of freedom and correlation .4, 20,000 observations"
    scipy = "bivariate t distribution function (scipy)"
    return [
        Case(model, "degrees of freedom", 5.0, 0.7, known, partial(_student, "freedom")),
        Case(model, "correlation of the copula", 0.4, 0.02, known, partial(_student, "rho")),
        Case(model, "chi at 5 %", 0.266721, 0.025, scipy, partial(_student, "chi")),
        Case(model, "chi at 5 % of that copula", 0.266721, 0.015, scipy, partial(_student, "student")),
        Case(model, "limit, 4 degrees of freedom, correlation .5", 0.25, 0.02, textbook, _limit),
        Case(model, "chi at 10 % of independent series", 0.1, 0.02, "closed form", _independent),
    ]


@cache
def _student_sample() -> TailDependence:
    x, y = simulate_pair("t5", 20_000, 0.4, seed=2)[0].T
    return tail_dependence(x, y, replications=19, block=1)


def _student(what: str) -> float:
    return float(getattr(_student_sample(), what))


def _limit() -> float:
    rng = np.random.default_rng(8)
    z = rng.standard_normal((30_000, 2)) @ np.array([[1, 0.5], [0, np.sqrt(0.75)]])
    x, y = (z / np.sqrt(rng.chisquare(4, (30_000, 1)) / 4)).T
    return tail_dependence(x, y, replications=19, block=1).limit


def _independent() -> float:
    x, y = np.random.default_rng(1).standard_normal((2, 20_000))
    return tail_dependence(x, y, 0.1, replications=19, block=1).chi


def _spillovers() -> list[Case]:
    model = "Diebold-Yilmaz spillover"
    closed = "closed form, r^2 / (1 + r^2)"
    known = "known truth, VAR(1) of three series, 50,000 observations"
    first, total = _true_shares()[0, 1], 100 * (1 - np.trace(_true_shares()) / 3)
    return [
        Case(model, "share of two series without memory, correlation .75", 0.36, 1e-14, closed, _memoryless),
        Case(model, "share by matrix powers, entry by entry", float(first), 1e-12, "slow definition", _first_share),
        Case(model, "share of series 2 in series 1, percent", 100 * float(first), 1.5, known, _simulated_share),
        Case(model, "total, percent", float(total), 1.0, known, _simulated_total),
        Case(
            model,
            "rejections of constant spillovers at 5 %, normal, 300 days",
            0.05,
            0.05,
            "simulation, 60 samples",
            _constancy_size,
        ),
    ]


@cache
def _true_shares() -> Floats:
    """Return the variance shares of the VAR above by their definition, ten steps."""
    shares = np.zeros((3, 3))
    variance = np.zeros(3)
    for h in range(10):
        response = np.linalg.matrix_power(_PHI, h)
        for i in range(3):
            variance[i] += response[i] @ _SIGMA @ response[i]
            for j in range(3):
                shares[i, j] += (response[i] @ _SIGMA[:, j]) ** 2 / _SIGMA[j, j]
    shares /= variance[:, None]
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised


def _memoryless() -> float:
    return float(variance_shares(np.zeros((1, 2, 2)), np.array([[[1, 0.75], [0.75, 1]]]), 10)[0, 0, 1])


def _first_share() -> float:
    return float(variance_shares(_PHI[None], _SIGMA[None], 10)[0, 0, 1])


@cache
def _simulated() -> Spillover:
    values = np.random.default_rng(1).standard_normal((50_000, 3)) @ np.linalg.cholesky(_SIGMA).T
    for t in range(1, len(values)):
        values[t] += _PHI @ values[t - 1]
    return spillover(values)


def _simulated_share() -> float:
    return float(_simulated().table.to_numpy()[0, 1])


def _simulated_total() -> float:
    return _simulated().total


def _constancy_size() -> float:
    samples = simulate_pair("normal", 300, 0.4, seed=19, replications=60)
    tests = (spillover_band(sample, 100, step=20, replications=99, block=1).constant for sample in samples)
    return float(np.mean([test.pvalue <= 0.05 for test in tests]))
