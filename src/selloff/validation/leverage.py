"""Liquidations, self-excitation and panic: closed forms, slow computations and simulations with known truth."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.market.baseline import constant_design
from selloff.market.brier import brier
from selloff.market.cascade import Cascade, cascade
from selloff.market.excitation import Excitation, Family, simulate_hawkes
from selloff.market.feedback import excitation_test
from selloff.market.hawkes import Hawkes, fit_hawkes
from selloff.market.impact import market_impact, undercount
from selloff.market.ladder import liquidation_ladder
from selloff.market.panic import expanding_percentile
from selloff.validation.case import Case
from selloff.validation.study import Study

__all__ = ["cases", "slow_loglikelihood", "slow_wave", "studies"]

Floats = NDArray[np.float64]

_HAND, _CLOSED, _TRUTH = "by hand", "closed form", "simulation with known truth"
# Half a year of hours, one in twenty with an event.
_HALF_YEAR, _RATE = 4380, 0.05


def cases() -> list[Case]:
    """Return the cases of this area.

    Returns
    -------
    list of Case
        The cascade, self-excitation, percentiles and Brier's score.
    """
    return [*_impacts(), *_cascades(), *_excitations(), *_panics()]


def studies() -> list[Study]:
    """Return how often the test of self-excitation rejects and its interval holds, under a calm and a wavy baseline."""
    found = []
    for design, days in (("constant baseline", None), ("baseline with a wave of 45 days", 45.0)):
        test, holds = partial(_excited, days), partial(_held, days)
        bootstrap, flat = "self-excitation, bootstrap", "self-excitation, bootstrap, constant baseline"
        found.append(Study(bootstrap, "size", design, _HALF_YEAR, 0.05, 60, partial(test, 0.0, "flexible")))
        found.append(Study(flat, "size", design, _HALF_YEAR, 0.05, 40, partial(test, 0.0, "constant")))
        found.append(
            Study(bootstrap, "power", f"{design}, ratio .2", _HALF_YEAR, np.nan, 40, partial(test, 0.2, "flexible"))
        )
        interval = "branching ratio, profile interval"
        found.append(Study(interval, "coverage", f"{design}, ratio .3", 2 * _HALF_YEAR, 0.95, 200, holds))
    return found


def slow_wave(length: int, days: float, strength: float = 0.9) -> Floats:
    """Return a baseline that swells and ebbs over ``days`` days of hours, with the mean of one event in twenty bars."""
    level = np.exp(strength * np.sin(2 * np.pi * np.arange(length) / (24 * days)))
    wave: Floats = _RATE * level / level.mean()
    return wave


def slow_loglikelihood(
    counts: Floats, baseline: Floats, branching: float, halflife: float, family: Family = "poisson"
) -> float:
    """Return the log-likelihood of self-exciting counts by a sum over all pairs of bars."""
    decay = 0.5 ** (1 / halflife)
    total = 0.0
    for t, count in enumerate(counts):
        past = sum((1 - decay) * decay ** (t - s - 1) * float(counts[s]) for s in range(t))
        intensity = float(baseline[t]) + branching * (past + float(counts.mean()) * decay**t)
        if family == "poisson":
            total += count * math.log(intensity) - intensity - math.lgamma(count + 1)
        else:
            total += math.log(1 - math.exp(-intensity)) if count else -intensity
    return total


def _impacts() -> list[Case]:
    half = market_impact
    day = {"fall": 0.12, "daily_volatility": 0.04, "daily_volume_usd": 1e11}
    entry, leverage, margin = Fraction(104), Fraction(8), Fraction(1, 200)
    price = float((entry - entry / leverage) / (1 - margin))
    rate = 3.0
    hidden = rate / (1 - math.exp(-rate))
    return [
        Case(
            "square-root impact",
            "a hundredth of a day's volume at 2 % volatility",
            0.002,
            1e-15,
            _HAND,
            lambda: float(half(1e8, 0.02, 1e10)),
        ),
        Case(
            "liquidation ladder",
            "price of an eightfold long entered at 104",
            price,
            1e-12,
            "margin plus loss equals the maintenance margin, in fractions",
            lambda: float(liquidation_ladder(1.0, 100.0, {8: 1.0}, {104: 1.0}, 0.005).price_usd[0]),
        ),
        Case(
            "undercount",
            "share explained by four times 1 bn, over that by 1 bn",
            2.0,
            1e-12,
            _HAND,
            lambda: float(
                undercount(1e9, (1, 4), coefficients=(1,), **day).table["share_explained"].pct_change().iloc[1] + 1
            ),
        ),
        Case(
            "undercount",
            "liquidations per second behind a multiplier of 3 / (1 - exp(-3))",
            rate,
            1e-12,
            _CLOSED,
            lambda: float(undercount(1e9, (hidden,), coefficients=(1,), **day).table["per_second"].iloc[0]),
        ),
    ]


def _cascades() -> list[Case]:
    c, s = 0.02 * math.sqrt(4), 0.03
    quadratic = ((c + math.sqrt(c * c + 4 * s)) / 2) ** 2
    return [
        Case("cascade", "amplification without a ladder", 1.0, 0.0, _HAND, lambda: _fall([], []).amplification),
        Case(
            "cascade",
            "amplification by one rung, square-root impact",
            1.04,
            1e-12,
            _HAND,
            lambda: _fall([0.05], [1e8]).amplification,
        ),
        Case("cascade", "geometric series, ratio 1/2", 2.0, 1e-9, _CLOSED, lambda: _geometric(0.5).amplification),
        Case("cascade", "geometric series, ratio 4/5", 5.0, 1e-6, _CLOSED, lambda: _geometric(0.8).amplification),
        Case(
            "cascade",
            "uniform ladder, linear impact with k = 3/4: 1 / (1 - k)",
            4.0,
            1e-3,
            _CLOSED,
            lambda: _uniform(0.75 / 0.02 * 1e10, 0.05, 1.0).amplification,
        ),
        Case(
            "cascade",
            "uniform ladder, square-root impact: fall",
            quadratic,
            1e-5,
            "root of f = s + c sqrt(f)",
            lambda: _uniform(4e10, s, 0.5).fall,
        ),
    ]


def _excitations() -> list[Case]:
    return [
        *(
            Case(
                f"self-excitation, {family}",
                "log-likelihood",
                _loop(family),
                1e-8,
                "double loop over all pairs of bars",
                partial(_recursion, family),
            )
            for family in ("poisson", "bernoulli")
        ),
        Case("self-excitation", "branching ratio .4 found again", 0.4, 0.06, _TRUTH, lambda: _refound().branching),
        Case("self-excitation", "half-life of 3 h found again", 3.0, 1.0, _TRUTH, lambda: _refound().halflife_hours),
        Case(
            "self-excitation",
            "ratio where only a slow wave is there, flexible baseline",
            0.0,
            0.06,
            _TRUTH,
            lambda: fit_hawkes(_wavy()).branching,
        ),
        Case(
            "self-excitation",
            "ratio where only a slow wave is there, constant baseline (known to mislead: near 1)",
            0.75,
            0.2,
            "Filimonov and Sornette (2015), Quantitative Finance 15, 1293-1314, for the effect",
            lambda: fit_hawkes(_wavy(), "constant").branching,
        ),
    ]


def _panics() -> list[Case]:
    values = [3.0, 1.0, 2.0, 2.0, 5.0, 2.0]
    exact = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 2), Fraction(1, 2), Fraction(9, 10), Fraction(5, 12)]
    return [
        Case(
            "expanding percentile",
            "sum over 3, 1, 2, 2, 5, 2, ties by mid-rank",
            float(sum(exact)),
            1e-14,
            "by hand, in fractions",
            lambda: float(expanding_percentile(np.array(values), minimum=1).sum()),
        ),
        Case(
            "Brier score",
            "of the base rate 1/5",
            0.16,
            1e-15,
            "p (1 - p)",
            lambda: brier(np.full(5, 0.2), np.array([1.0, 0, 0, 0, 0])).score,
        ),
        Case(
            "Brier score",
            "skill of 3/4 where it happens and 1/4 where not",
            0.75,
            1e-15,
            "1 - (1/16) / (1/4)",
            lambda: brier(np.array([0.75, 0.25, 0.25, 0.75]), np.array([1.0, 0, 0, 1])).skill,
        ),
    ]


def _fall(falls: list[float], usd: list[float], shock: float = 0.05, exponent: float = 0.5) -> Cascade:
    ladder = pd.DataFrame({"price_usd": 100 * (1 - np.array(falls)), "usd": usd})
    return cascade(100.0, shock, ladder, daily_volatility=0.02, daily_volume_usd=1e10, exponent=exponent)


def _geometric(ratio: float) -> Cascade:
    """Place each rung just where the rungs before it bring the price; linear impact."""
    shock, steps = 0.01, np.arange(1, 81)
    falls = shock * (1 - ratio**steps) / (1 - ratio) - 1e-14
    return _fall(falls.tolist(), (shock * ratio**steps / 0.02 * 1e10).tolist(), shock, 1.0)


def _uniform(per_fall: float, shock: float, exponent: float) -> Cascade:
    """Spread positions evenly over the first half of the price, ``per_fall`` dollars for a fall of 1."""
    rungs = 100_000
    falls = (np.arange(rungs) + 0.5) / rungs / 2
    return _fall(falls.tolist(), [per_fall / 2 / rungs] * rungs, shock, exponent)


@cache
def _small(family: Family) -> Floats:
    return simulate_hawkes(300, 0.2, 0.4, 3.0, family, seed=1)


def _loop(family: Family) -> float:
    return slow_loglikelihood(_small(family), np.exp(np.linspace(-2, -1.5, 300)), 0.4, 2.5, family)


def _recursion(family: Family) -> float:
    y = _small(family)
    model = Excitation(y, np.ones(y.size), constant_design(y.size), family, (0.25, 48.0))
    outside: Floats = np.exp(np.linspace(-2, -1.5, 300))
    return model.loglikelihood(outside + 0.4 * model.memory(math.log(2.5))[0])[0]


@cache
def _refound() -> Hawkes:
    return fit_hawkes(simulate_hawkes(20_000, 0.03, 0.4, 3.0, seed=2))


@cache
def _wavy() -> Floats:
    return simulate_hawkes(2 * _HALF_YEAR, slow_wave(2 * _HALF_YEAR, 45), 0.0, seed=3)


def _sample(days: float | None, branching: float, length: int, number: int) -> Floats:
    outside: Floats = np.full(length, _RATE) if days is None else slow_wave(length, days)
    return simulate_hawkes(length, outside * (1 - branching), branching, 2.0, seed=20_000 + number)


def _excited(days: float | None, branching: float, baseline: str, number: int) -> bool:
    counts = _sample(days, branching, _HALF_YEAR, number)
    return excitation_test(counts, baseline, replications=39, seed=number).pvalue <= 0.05  # type: ignore[arg-type]


def _held(days: float | None, number: int) -> bool:
    fit = fit_hawkes(_sample(days, 0.3, 2 * _HALF_YEAR, number))
    return fit.lower <= 0.3 <= fit.upper
