"""Reference cases of rolling correlations: of two series, of ranks, of all pairs, and with fading weights."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from importlib.util import find_spec
from math import asin, pi, sqrt

import numpy as np
from numpy.typing import NDArray

from selloff.correlation.average import mean_correlation
from selloff.correlation.ewma import ewma_correlation
from selloff.correlation.kernels import Engine
from selloff.correlation.matrix import rolling_correlation_matrix
from selloff.correlation.panel import panel_correlation
from selloff.correlation.rolling import Method, rolling_correlation
from selloff.validation.case import Case
from selloff.validation.designs import simulate_pair
from selloff.validation.samples import us_equities

__all__ = ["cases"]

Floats = NDArray[np.float64]

_WINDOW = 40


def cases() -> list[Case]:
    """Return the reference cases of this area."""
    return [*_pearson(), *_ranks(), *_pairs(), *_fading()]


def _pearson() -> list[Case]:
    model, exact = "Rolling correlation", "exact rational arithmetic"
    errors = [
        Case(model, f"largest error, {kind}", 0.0, tolerance, exact, partial(_largest_error, kind))
        for kind, tolerance in _KINDS.items()
    ]
    return [
        Case(model, "S&P 500 and Nasdaq, whole sample", 0.8871520120284, 1e-12, "numpy 2.4, corrcoef", _whole_sample),
        *errors,
        Case(model, "windows of a flat series that have one", 0.0, 0.0, "undefined", _flat_windows),
    ]


# What a pair of returns goes through, and the accuracy that must remain.
_KINDS = {
    "returns": 1e-12,
    "level of 1e9": 1e-10,
    "bad tick of 1e8": 1e-10,
    "stablecoin": 1e-10,
    "prices of 1e5": 1e-10,
    "bad tick in a stablecoin": 1e-10,
    "level of 1e9 after a jump": 1e-10,
    "values of 1e-160 and 1e150": 1e-12,
}


@cache
def _pair() -> tuple[Floats, Floats]:
    x, y = simulate_pair("t5", 240, 0.4, seed=1)[0].T
    return x / 100, y / 100


def _made(kind: str) -> tuple[Floats, Floats]:
    """Return the pair as a kind of data that is hard to sum; day 120 is where something happens."""
    x, y = (series.copy() for series in _pair())
    if kind == "level of 1e9":
        x += 1e9
    elif kind == "bad tick of 1e8":
        x[120] = 1e8
    elif kind == "stablecoin":
        x = 1 + 1e-6 * x
    elif kind == "prices of 1e5":
        x, y = 1e5 * np.exp(np.cumsum(x)), 1e5 * np.exp(np.cumsum(y))
    elif kind == "bad tick in a stablecoin":
        x = 1 + 1e-6 * x
        x[120] = 1e8
    elif kind == "level of 1e9 after a jump":
        x[120:] += 1e9
        y = 1 + 1e-6 * y
    elif kind == "values of 1e-160 and 1e150":
        x, y = 1e-160 * x, 1e150 * y
    return x, y


def _largest_error(kind: str) -> float:
    x, y = _made(kind)
    ours = rolling_correlation(x, y, _WINDOW).to_numpy()
    ends = range(_WINDOW, x.size + 1, 4)
    return max(abs(float(ours[end - 1]) - _exact(x[end - _WINDOW : end], y[end - _WINDOW : end])) for end in ends)


def _exact(x: Floats, y: Floats) -> float:
    a, b = [Fraction(v) for v in x.tolist()], [Fraction(v) for v in y.tolist()]
    mean_a, mean_b = sum(a, Fraction(0)) / len(a), sum(b, Fraction(0)) / len(b)
    a, b = [u - mean_a for u in a], [v - mean_b for v in b]
    cross = sum((u * v for u, v in zip(a, b, strict=True)), Fraction(0))
    square = cross * cross / (sum((u * u for u in a), Fraction(0)) * sum((v * v for v in b), Fraction(0)))
    return sqrt(square) if cross > 0 else -sqrt(square)


def _whole_sample() -> float:
    returns = us_equities()
    return float(rolling_correlation(returns["sp500"], returns["nasdaq"], len(returns)).iloc[-1])


def _flat_windows() -> float:
    x, y = _pair()
    r = rolling_correlation(np.where(np.arange(x.size) < 140, 0.1, x), y, _WINDOW)
    return float(r.iloc[:140].notna().sum())


def _ranks() -> list[Case]:
    hand, truth = "by hand", "known truth, normal pairs"
    order = (1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 1.0, 4.0, 3.0, 5.0)
    ties = (1.0, 2.0, 2.0, 3.0), (1.0, 3.0, 2.0, 3.0)
    return [
        Case("Spearman", "1 2 3 4 5 and 2 1 4 3 5", 0.8, 1e-15, hand, partial(_last, "spearman", *order)),
        Case("Kendall", "1 2 3 4 5 and 2 1 4 3 5", 0.6, 1e-15, hand, partial(_last, "kendall", *order)),
        Case("Spearman", "1 2 2 3 and 1 3 2 3", 7.5 / 9, 1e-15, hand, partial(_last, "spearman", *ties)),
        Case("Kendall tau-b", "1 2 2 3 and 1 3 2 3", 0.8, 1e-15, hand, partial(_last, "kendall", *ties)),
        Case("Spearman", "largest difference, with ties", 0.0, 1e-12, "scipy 1.17", partial(_against, "spearman")),
        Case("Kendall tau-b", "largest difference, with ties", 0.0, 1e-12, "scipy 1.17", partial(_against, "kendall")),
        Case("Kendall", "mean at a correlation of .4", 2 / pi * asin(0.4), 0.01, truth, partial(_normal, "kendall")),
        Case("Spearman", "mean at a correlation of .4", 6 / pi * asin(0.2), 0.01, truth, partial(_normal, "spearman")),
    ]


def _last(method: Method, x: tuple[float, ...], y: tuple[float, ...]) -> float:
    return float(rolling_correlation(np.array(x), np.array(y), len(x), method).iloc[-1])


def _against(method: Method) -> float:
    from scipy.stats import kendalltau, spearmanr

    reference = {"spearman": spearmanr, "kendall": kendalltau}[method]
    x, y = (series.round(2) for series in _pair())
    ours = rolling_correlation(x, y, _WINDOW, method).to_numpy()
    ends = range(_WINDOW, x.size + 1, 8)
    theirs = [float(reference(x[end - _WINDOW : end], y[end - _WINDOW : end]).statistic) for end in ends]
    return float(np.abs(ours[_WINDOW - 1 :: 8] - theirs).max())


def _normal(method: Method) -> float:
    x, y = simulate_pair("normal", 20_000, 0.4, seed=2)[0].T
    return float(rolling_correlation(x, y, 200, method).mean())


def _pairs() -> list[Case]:
    found = [
        Case("Mean correlation", "largest difference from the mean of all pairs", 0.0, 1e-12, "all pairs", _mean_gap)
    ]
    engines: list[Engine] = ["numpy", "numba"] if find_spec("numba") else ["numpy"]
    for engine in engines:
        model = f"All pairs, {engine}"
        checks: dict[str, Callable[[Engine], float]] = {
            "largest difference from pair by pair": _matrix_gap,
            "largest difference of quantiles by date": _quantile_gap,
            "largest difference of range by pair": _range_gap,
        }
        found += [
            Case(model, name, 0.0, 1e-12, "pair by pair, numpy quantile", partial(check, engine))
            for name, check in checks.items()
        ]
    size = Case(
        "Constancy by halves",
        "share of pairs rejected at 5 %, GARCH-t, 33 blocks",
        0.05,
        0.03,
        "simulation, 1,000 pairs without a change",
        _constancy_size,
    )
    return [*found, size]


@cache
def _panel() -> Floats:
    x, y = (np.stack([_made(kind)[side] for kind in list(_KINDS)[:7]], axis=1) for side in (0, 1))
    panel: Floats = np.concatenate([x, y[:, :2]], axis=1)
    panel[50:53, 4] = np.nan
    return panel


@cache
def _by_pair() -> Floats:
    panel = _panel()
    first, second = np.triu_indices(panel.shape[1], 1)
    pairs = zip(first, second, strict=True)
    return np.stack([rolling_correlation(panel[:, i], panel[:, j], _WINDOW).to_numpy() for i, j in pairs], axis=1)


def _matrix_gap(engine: Engine) -> float:
    gap = np.abs(rolling_correlation_matrix(_panel(), _WINDOW, engine).to_numpy() - _by_pair())
    return float(np.nanmax(gap))


def _quantile_gap(engine: Engine) -> float:
    ours = panel_correlation(_panel(), _WINDOW, engine=engine).by_date.filter(like="q").to_numpy()[_WINDOW - 1 :]
    theirs = np.nanquantile(_by_pair()[_WINDOW - 1 :], [0.05, 0.25, 0.5, 0.75, 0.95], axis=1).T
    return float(np.abs(ours - theirs).max())


def _range_gap(engine: Engine) -> float:
    ours = panel_correlation(_panel(), _WINDOW, engine=engine, quantiles=()).by_pair[["min", "max"]].to_numpy()
    theirs = np.stack([np.nanmin(_by_pair(), axis=0), np.nanmax(_by_pair(), axis=0)], axis=1)
    return float(np.abs(ours - theirs).max())


def _mean_gap() -> float:
    ours = mean_correlation(_panel(), _WINDOW).to_numpy()[_WINDOW - 1 :]
    return float(np.abs(ours - np.nanmean(_by_pair()[_WINDOW - 1 :], axis=1)).max())


def _constancy_size() -> float:
    pairs = simulate_pair("garch_t5", 1000, 0.4, seed=3, replications=1000)
    apart = []
    for first in range(0, 1000, 20):
        panel = pairs[first : first + 20].transpose(1, 0, 2).reshape(1000, 40)
        z = panel_correlation(panel, 30, quantiles=()).constancy
        apart += [z.loc[(series, series + 1)] for series in range(0, 40, 2)]
    return float(np.mean(np.abs(apart) > 1.96))


def _fading() -> list[Case]:
    return [
        Case("EWMA", "10 days after a turn from 1 to -1", 2 * 0.94**10 - 1, 1e-14, "closed form", _turn),
        Case("EWMA", "largest error", 0.0, 1e-12, "exact rational arithmetic", _ewma_error),
    ]


def _turn() -> float:
    y = np.where(np.arange(300) < 290, 1.0, -1.0)
    return float(ewma_correlation(np.ones(300), y).iloc[-1])


def _ewma_error() -> float:
    x, y = _pair()
    weight, ours = Fraction(0.94), ewma_correlation(x, y).to_numpy()
    a, b = [Fraction(v) for v in x[:60].tolist()], [Fraction(v) for v in y[:60].tolist()]
    sums, worst = [a[0] * b[0], a[0] * a[0], b[0] * b[0]], 0.0
    for day in range(60):
        products = (a[day] * b[day], a[day] * a[day], b[day] * b[day])
        sums = [weight * s + (1 - weight) * p for s, p in zip(sums, products, strict=True)]
        worst = max(worst, abs(float(ours[day]) - float(sums[0]) / sqrt(sums[1] * sums[2])))
    return worst
