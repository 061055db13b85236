"""The studies of correlation: size, power and coverage under four kinds of returns."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.band import correlation_band
from selloff.correlation.constancy import two_window_test
from selloff.validation.designs import DESIGNS, simulate_pair
from selloff.validation.study import Study

__all__ = ["studies"]

Pair = NDArray[np.float64]

_LENGTH, _RHO, _RISE, _WINDOW = 500, 0.4, 0.25, 90


def studies() -> list[Study]:
    """Return every study, in the order of the appendix."""
    return [*_sizes(), *_powers(), *_coverages()]


def _pair(design: str, number: int, rise: float = 0.0) -> Pair:
    """Return one simulated pair; with a rise, its correlation is higher in the second half."""
    rho = np.full(_LENGTH, _RHO)
    rho[_LENGTH // 2 :] += rise
    return simulate_pair(design, _LENGTH, rho, seed=10_000 + number)[0]


def _rejects(test: Callable[[Pair, int], float], design: str, rise: float, number: int) -> bool:
    return test(_pair(design, number, rise), number) <= 0.05


def _two_windows(method: str, pair: Pair, number: int) -> float:
    return two_window_test(pair[:, 0], pair[:, 1], _LENGTH // 2, method=method, replications=199, seed=number).pvalue  # type: ignore[arg-type]


_TESTS: dict[str, Callable[[Pair, int], float]] = {
    "two windows, bootstrap": partial(_two_windows, "bootstrap"),
    "two windows, HAC": partial(_two_windows, "hac"),
    "two windows, Fisher": partial(_two_windows, "fisher"),
}
