"""The studies of correlation: size, power and coverage under four kinds of returns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.band import Band, correlation_band
from selloff.correlation.beta import rolling_beta
from selloff.correlation.breaks import Covariance, structural_breaks
from selloff.correlation.conditional import downside_beta
from selloff.correlation.constancy import Method, two_window_test
from selloff.correlation.exceedance import exceedance_correlation
from selloff.correlation.fluctuation import Kind, fluctuation_test
from selloff.correlation.jennrich import jennrich_test
from selloff.correlation.leadlag import dimson_beta, lead_lag
from selloff.validation.changes import change_studies
from selloff.validation.designs import DESIGNS, simulate_pair
from selloff.validation.study import Study

__all__ = ["correlation_studies"]

Pair = NDArray[np.float64]

_LENGTH, _RHO, _RISE, _WINDOW = 500, 0.4, 0.25, 90


def correlation_studies() -> list[Study]:
    """Return the studies of :mod:`selloff.correlation`, in the order of the appendix.

    Returns
    -------
    list of Study
        Samples of 500 days with a correlation of .4; for power, .4 in the first half and .65 in the second. Those of
        many changes have samples of their own (:mod:`selloff.validation.changes`).
    """
    sizes = [
        Study(name, "size", design, _LENGTH, 0.05, replications, partial(_rejects, test, design, 0.0))
        for name, (test, replications) in _TESTS.items()
        for design in DESIGNS
    ]
    sizes += [
        Study(name, "size", design, _LENGTH, 0.05, replications, partial(_breaks, covariance, wild, design))
        for name, (covariance, wild, replications) in _BREAKS.items()
        for design in DESIGNS
    ]
    powers = [
        Study(name, "power", design, _LENGTH, np.nan, replications, partial(_rejects, test, design, _RISE))
        for name, (test, replications) in _TESTS.items()
        if name in _CONSTANCY
        for design in DESIGNS
    ]
    coverages = [
        Study(name, "coverage", design, _LENGTH, 0.95, replications, partial(_holds, interval, apart, design))
        for name, (interval, replications, apart) in _INTERVALS.items()
        for design in DESIGNS
    ]
    return [*sizes, *powers, *coverages, *change_studies()]


def _pair(design: str, number: int, rise: float = 0.0, apart: bool = False) -> Pair:
    rho = np.full(_LENGTH, 0.0 if apart else _RHO)
    rho[_LENGTH // 2 :] += rise
    pair: Pair = simulate_pair(design, _LENGTH, rho, seed=10_000 + number)[0]
    return pair


def _rejects(test: Callable[[Pair, int], float], design: str, rise: float, number: int) -> bool:
    return test(_pair(design, number, rise), number) <= 0.05


def _holds(interval: Callable[[Pair, int], bool], apart: bool, design: str, number: int) -> bool:
    return interval(_pair(design, number, apart=apart), number)


def _line(pair: Pair) -> Pair:
    """Return a series with a known beta on the first of an uncorrelated pair.

    A correlated pair would not do: where either series has waves of its own, its beta is less than its correlation.
    """
    line: Pair = _RHO * pair[:, 0] + pair[:, 1]
    return line


def _two_windows(method: Method, pair: Pair, number: int) -> float:
    return two_window_test(pair[:, 0], pair[:, 1], _LENGTH // 2, method, replications=199, seed=number).pvalue


def _fluctuation(kind: Kind, pair: Pair, number: int) -> float:
    return fluctuation_test(pair[:, 0], pair[:, 1], kind).pvalue


def _jennrich(pair: Pair, number: int) -> float:
    return jennrich_test(pair[: _LENGTH // 2], pair[_LENGTH // 2 :]).pvalue


def _lead_lag(pair: Pair, number: int) -> float:
    return lead_lag(pair[:, 0], pair[:, 1], replications=199, seed=number).joint.pvalue


def _downside(pair: Pair, number: int) -> float:
    return downside_beta(pair[:, 1], pair[:, 0]).difference.pvalue


def _asymmetry(pair: Pair, number: int) -> float:
    result = exceedance_correlation(
        pair[:, 0], pair[:, 1], quantiles=(0.3, 0.4, 0.5), replications=199, seed=number
    ).asymmetry
    return np.nan if result is None else result.pvalue


def _breaks(covariance: Covariance, wild: int, design: str, number: int) -> bool:
    pair = _pair(design, number, apart=True)
    found = structural_breaks(
        _line(pair), pair[:, 0], max_breaks=1, covariance=covariance, replications=wild, seed=number
    )
    return found.one_break.pvalue <= 0.05


# The test, and how many samples it can afford.
_TESTS: dict[str, tuple[Callable[[Pair, int], float], int]] = {
    "two windows, bootstrap": (partial(_two_windows, "bootstrap"), 1000),
    "two windows, HAC": (partial(_two_windows, "hac"), 1000),
    "two windows, Fisher": (partial(_two_windows, "fisher"), 1000),
    "fluctuation, Pearson": (partial(_fluctuation, "pearson"), 1000),
    "fluctuation, Spearman": (partial(_fluctuation, "spearman"), 1000),
    "fluctuation, Spearman centred": (partial(_fluctuation, "spearman-centred"), 1000),
    "Jennrich": (_jennrich, 1000),
    "lead and lag, joint": (_lead_lag, 1000),
    "downside less upside beta": (_downside, 1000),
    "exceedance symmetry": (_asymmetry, 400),
}
#: Covariance and wild replications of the test of a constant beta, and how many samples it can afford.
_BREAKS: dict[str, tuple[Covariance, int, int]] = {
    "structural break of a beta, wild bootstrap": ("hac", 199, 400),
    "structural break of a beta, HAC": ("hac", 0, 400),
    "structural break of a beta, equal variances": ("iid", 0, 400),
}
#: Tests of a constant correlation: these have a power against its rise.
_CONSTANCY = (
    "two windows, bootstrap",
    "two windows, HAC",
    "two windows, Fisher",
    "fluctuation, Pearson",
    "fluctuation, Spearman",
    "fluctuation, Spearman centred",
    "Jennrich",
)


def _band(holds: Callable[[Band], bool], pair: Pair, number: int) -> bool:
    return holds(correlation_band(pair[:, 0], pair[:, 1], _WINDOW, replications=1000, seed=number))


def _on_all_dates(band: Band) -> bool:
    return band.admits(_RHO)


def _on_one_date(band: Band) -> bool:
    middle = _LENGTH // 2
    return bool(band.lower.iloc[middle] <= _RHO <= band.upper.iloc[middle])


def _change(pair: Pair, number: int) -> bool:
    low, high = two_window_test(pair[:, 0], pair[:, 1], _LENGTH // 2, replications=199, seed=number).interval()
    return low <= 0 <= high


def _beta(pair: Pair, number: int) -> bool:
    last = rolling_beta(_line(pair), pair[:, 0], _LENGTH).iloc[-1]
    return bool(abs(last["beta"] - _RHO) <= 1.96 * last["se"])


def _dimson(pair: Pair, number: int) -> bool:
    result = dimson_beta(_line(pair), pair[:, 0])
    return bool(abs(result.beta - _RHO) <= 1.96 * result.se)


# The interval, how many samples it can afford, and whether the pair is uncorrelated.
_INTERVALS: dict[str, tuple[Callable[[Pair, int], bool], int, bool]] = {
    "correlation band, all dates at once": (partial(_band, _on_all_dates), 600, False),
    "correlation band, one date": (partial(_band, _on_one_date), 600, False),
    "two windows, interval of the change": (_change, 1000, False),
    "beta with HAC": (_beta, 1000, True),
    "Dimson beta": (_dimson, 1000, True),
}
