"""Inference: what lags, bands, adjusted p-values and detectable effects must come out at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.bootstrap import moving_blocks, stationary_blocks, sup_t
from selloff.inference.hac import Bandwidth, bandwidth, long_run_variance
from selloff.inference.multiplicity import benjamini_hochberg, holm, romano_wolf
from selloff.inference.placebo import placebo, placebo_shifts
from selloff.inference.power import detectable_effect, detectable_share
from selloff.validation.case import Case
from selloff.validation.samples import nile
from selloff.validation.study import Study

__all__ = ["THROMBOLYSIS", "cases", "studies"]

Floats = NDArray[np.float64]

#: P-values of the fifteen comparisons of Benjamini and Hochberg (1995), section 3.2.
THROMBOLYSIS = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)

_SIMULATED = "simulation with known truth"


def cases() -> list[Case]:
    """Return the cases of this area.

    Returns
    -------
    list of Case
        Values of other programs and of the literature first, then closed forms, then simulations.
    """
    return [*_variances(), *_multiple(), *_bands(), *_powers()]


def studies() -> list[Study]:
    """Return the simulation studies of this area.

    Returns
    -------
    list of Study
        Tests of many effects at once, and of a correlation between slow series; no effect in any.
    """
    many: dict[str, Callable[[Floats, Floats], float]] = {
        "ten tests, each at 5 %": lambda z, null: _least_alone(z),
        "ten tests, Holm": lambda z, null: float(holm(_normal_pvalues(z)).min()),
        "ten tests, Romano-Wolf": lambda z, null: float(romano_wolf(z, null).min()),
    }
    slow: dict[str, Callable[[Floats], float]] = {
        "correlation of slow series, t test": _naive_correlation,
        "correlation of slow series, placebo shifts": _shifted_correlation,
    }
    return [
        *(
            Study(name, "size", "normal, correlation .5 between tests", 10, 0.05, 1000, partial(_any_rejected, test))
            for name, test in many.items()
        ),
        *(
            Study(name, "size", "autoregressions, root .9", 120, 0.05, 400, partial(_slow_rejects, test))
            for name, test in slow.items()
        ),
    ]


def _variances() -> list[Case]:
    model, source = "long-run variance, flow of the Nile", "R package sandwich"

    def lags(method: Bandwidth) -> Callable[[], float]:
        return lambda: float(bandwidth(nile(), method))

    closed = "closed form, 1 / (1 - a)^2"
    return [
        Case(model, "Newey-West lags, floor of 7.4042", 7, 0, source, lags("newey-west")),
        Case(model, "Andrews, last lag below the bandwidth 6.4986", 6, 0, source, lags("andrews")),
        Case(model, "variance at 7 lags", 97488.988525, 1e-5, source, lambda: long_run_variance(nile(), "newey-west")),
        Case(
            "long-run variance",
            "1, -1, 1, -1 at one lag",
            0.25,
            1e-15,
            "by hand, in fractions",
            lambda: long_run_variance([1.0, -1.0, 1.0, -1.0], 1),
        ),
        Case("long-run variance", "autoregression with root 1/2, 60 lags", 4.0, 0.2, closed, _autoregression_variance),
        Case(
            "stationary bootstrap",
            "variance of a mean over that of its closed form",
            1.0,
            0.03,
            "Politis and Romano 1994, on the circle",
            _stationary_variance,
        ),
    ]


def _multiple() -> list[Case]:
    published = "Benjamini and Hochberg 1995, section 3.2"
    program = "R, p.adjust"
    z = np.array([3.0, 2.5, 1.0, 0.2])
    return [
        Case(
            "Benjamini-Hochberg",
            "rejections at 5 % of fifteen tests",
            4,
            0,
            published,
            lambda: float((benjamini_hochberg(THROMBOLYSIS) <= 0.05).sum()),
        ),
        Case("Benjamini-Hochberg", "fourth", 0.035625, 1e-12, program, lambda: benjamini_hochberg(THROMBOLYSIS)[3]),
        Case(
            "Benjamini-Yekutieli",
            "fourth",
            0.11821190788,
            1e-10,
            program,
            lambda: benjamini_hochberg(THROMBOLYSIS, dependent=True)[3],
        ),
        Case("Holm", "fifth", 0.2211, 1e-12, program, lambda: holm(THROMBOLYSIS)[4]),
        Case(
            "Romano-Wolf",
            "largest of four independent normal statistics",
            1 - (1 - _normal_pvalues(z)[0]) ** 4,
            2e-3,
            "closed form, 1 - (1 - p)^4",
            lambda: romano_wolf(z, np.random.default_rng(1).standard_normal((100_000, 4)))[0],
        ),
    ]


def _bands() -> list[Case]:
    from scipy.stats import norm

    return [
        Case(
            "sup-t band",
            "half-width, 20 independent points",
            float(norm.ppf((1 + 0.95**0.05) / 2)),
            0.02,
            "closed form, normal quantile of (1 + .95^(1/20)) / 2",
            lambda: sup_t(np.random.default_rng(2).standard_normal((50_000, 20)), np.zeros(20)).critical,
        ),
        Case("sup-t band", "coverage of 12 correlated means of 500 days", 0.95, 0.03, _SIMULATED, _band_coverage),
        Case(
            "placebo",
            "p-value of the largest of 20 values, all equally likely",
            0.05,
            1e-15,
            "by hand, 1/20",
            lambda: placebo(20.0, pd.Series(np.arange(1.0, 20.0)), "greater").pvalue,
        ),
    ]


def _powers() -> list[Case]:
    return [
        Case(
            "detectable effect",
            "t test of ten values, power 80 %",
            0.9960007,
            1e-6,
            "R, power.t.test(strict = TRUE)",
            lambda: detectable_effect(1 / np.sqrt(10), df=9),
        ),
        Case(
            "detectable effect",
            "normal, one-sided, power 80 %",
            2.486474860,
            1e-8,
            "closed form, z(.95) + z(.8)",
            lambda: detectable_effect(1.0, alternative="greater"),
        ),
        Case(
            "detectable share",
            "8 episodes against 55 %",
            0.8**0.125,
            1e-12,
            "closed form, share^8 = .8",
            lambda: detectable_share(8, 0.55).upper,
        ),
    ]


def _autoregression(root: float, noise: Floats) -> Floats:
    from scipy.signal import lfilter

    out: Floats = lfilter([1.0], [1.0, -root], noise, axis=0)
    return out


def _autoregression_variance() -> float:
    x = _autoregression(0.5, np.random.default_rng(3).standard_normal(200_000))
    return long_run_variance(x, 60)


def _stationary_variance() -> float:
    """Return the variance of bootstrap means over the sum that it must equal."""
    x = np.random.default_rng(4).standard_normal(60)
    x[1:] += x[:-1]
    z, lag, stay = x - x.mean(), np.arange(60), 1 - 1 / 5
    covariance = np.array([z[: 60 - j] @ z[j:] for j in lag]) / 60
    weight = (1 - lag / 60) * stay**lag + lag / 60 * stay ** (60 - lag)
    expected = 2 * weight @ covariance - covariance[0]
    return float(x[stationary_blocks(60, 5, 40_000, seed=5)].mean(axis=1).var() * 60 / expected)


def _band_coverage(replications: int = 150) -> float:
    """Return how often the band of twelve correlated means holds all of them."""
    rng = np.random.default_rng(6)
    counts = np.apply_along_axis(np.bincount, 1, moving_blocks(500, 1, 500, seed=7), minlength=500) / 500
    inside = 0
    for _ in range(replications):
        sample = rng.standard_normal((500, 12)) + rng.standard_normal((500, 1))
        band = sup_t(counts @ sample, sample.mean(axis=0))
        inside += int(((band.lower <= 0) & (band.upper >= 0)).all())
    return inside / replications


def _normal_pvalues(z: Floats) -> Floats:
    from scipy.stats import norm

    pvalues: Floats = 2 * norm.sf(np.abs(z))
    return pvalues


def _least_alone(z: Floats) -> float:
    return float(_normal_pvalues(z).min())


def _any_rejected(test: Callable[[Floats, Floats], float], number: int) -> bool:
    rng = np.random.default_rng(20_000 + number)
    draws = np.sqrt(0.5) * (rng.standard_normal((1000, 1)) + rng.standard_normal((1000, 10)))
    return test(draws[0], draws[1:]) <= 0.05


def _slow_rejects(test: Callable[[Floats], float], number: int) -> bool:
    noise = np.random.default_rng(30_000 + number).standard_normal((320, 2))
    pair = _autoregression(0.9, noise)[200:]
    centred = pair - pair.mean(axis=0)
    return test(centred / np.sqrt(np.mean(centred**2, axis=0))) <= 0.05


def _naive_correlation(pair: Floats) -> float:
    from scipy.stats import pearsonr

    return float(pearsonr(pair[:, 0], pair[:, 1])[1])


def _shifted_correlation(pair: Floats) -> float:
    x, y = pair.T
    return placebo_shifts(lambda shift: float(np.mean(x * np.roll(y, shift))), x.size).pvalue
