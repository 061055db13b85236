"""Fluctuation tests: whether a correlation changed at a date that nobody names in advance."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.constancy import correlation_influence
from selloff.inference import TestResult, long_run_variance
from selloff.inference.inputs import Series, paired

__all__ = ["Kind", "fluctuation_test"]

Kind = Literal["pearson", "spearman", "spearman-centred"]

Floats = NDArray[np.float64]

# Days that a test needs: fewer have no long-run variance worth the name.
_FEWEST = 20
# Simulated, 1,000 pairs of each design of selloff.validation.designs: normal, t5, GARCH-t5, crypto-like GARCH-t4.
_NOTES = {
    "pearson": "at a nominal 5 % it rejects 4 to 6 % of simulated normal, t and GARCH-t pairs of 500 days and 12 % "
    "with crypto-like waves; it finds a step of .25 halfway through 1,000 GARCH-t days in 79 %",
    "spearman": "at a nominal 5 % it rejects 4 to 6 % of simulated pairs of 500 days whatever the tails and waves; it "
    "finds a step of .25 halfway through 1,000 GARCH-t days in 17 %",
    "spearman-centred": "at a nominal 5 % it rejects 3 to 7 % of simulated normal, t and GARCH-t pairs of 500 days and "
    "10 % with crypto-like waves; it finds a step of .25 halfway through 1,000 GARCH-t days in 86 %",
}


def fluctuation_test(x: Series, y: Series, kind: Kind = "pearson", lags: int | None = None) -> TestResult:
    """Test whether a correlation is constant, against a change at an unknown date.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values; at least 20.
    kind : {"pearson", "spearman", "spearman-centred"}
        ``pearson`` compares the correlation of the first j days with that of all days; it needs finite fourth
        moments. ``spearman`` is the cumulative sum of ``(1 - U)(1 - V)`` with the ranks ``U``, ``V`` over the whole
        sample; it needs no moments, but the margins add noise, so it finds little in samples of a few years, and a
        shift of a margin can trigger it. ``spearman-centred`` sums ``(U - 1/2)(V - 1/2)``, which finds more.
    lags : int, optional
        Truncation lag of the Bartlett long-run variance; by default ``floor(log T)``.

    Returns
    -------
    TestResult
        ``estimate`` is the correlation of all days (Spearman's for the rank kinds) and ``se`` its standard error if
        nothing changed; ``break_date`` is the last day of the first part, for arrays the number of its days;
        ``settings`` hold that number as ``row``, and the ``lags``.

    Raises
    ------
    ValueError
        The inputs do not fit together, a series is flat or the two are one, or an option is unknown.

    Notes
    -----
    ``Q = max_j (j / sqrt(T)) |r_j - r_T| / D`` converges to the largest absolute value of a Brownian bridge, so that
    the p-value is Kolmogorov's. ``D^2`` is a long-run variance with Bartlett weights ``1 - j / (lags + 1)``: of the
    influence of each day on the correlation (the delta method on ``x, y, x^2, y^2, xy``), or of the product of ranks.
    Its square root over ``sqrt(T)`` is the standard error for ``pearson``; ranks depend on all days, so Spearman's
    correlation has an influence function of its own for that.

    The date is the place of the maximum. It estimates one change, if the test rejects; a change that is taken back
    later is found hardly, and none that lies near an end. The null holds the variances constant as well.

    References
    ----------
    Wied, Kraemer and Dehling (2012), Econometric Theory 28, 570-589. Wied, Dehling, van Kampen and Vogel (2014),
    Computational Statistics and Data Analysis 76, 723-736.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import fluctuation_test
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 600))
    >>> y = np.where(np.arange(600) < 300, 0.0, 1.0) * x + noise
    >>> result = fluctuation_test(x, y)
    >>> bool(result.pvalue < 0.01), abs(result.break_date - 300) < 30
    (True, True)
    """
    if kind not in get_args(Kind):
        raise ValueError(f"fluctuation_test: unknown kind {kind!r}; expected {', '.join(get_args(Kind))}")
    left, right, index = paired(x, y, missing=False)
    length = left.size
    if length < _FEWEST:
        raise ValueError(f"fluctuation_test: {length} days are too few; {_FEWEST} are needed")
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        raise ValueError("fluctuation_test: a series is flat; it has no correlation")
    if abs(np.corrcoef(left, right)[0, 1]) > 1 - 1e-12:
        raise ValueError("fluctuation_test: the two series are one; a perfect correlation cannot change")
    lags = int(np.log(length)) if lags is None else lags
    path, r, se = (_pearson if kind == "pearson" else _ranked)(left, right, lags, kind == "spearman-centred")
    row = int(np.nanargmax(path)) + 1
    statistic = float(path[row - 1])
    from scipy.stats import kstwobign

    settings: dict[str, Any] = {"row": row, "lags": lags}
    return TestResult(
        f"constant correlation, {kind} fluctuation",
        statistic,
        float(kstwobign.sf(statistic)),
        r,
        se,
        _NOTES[kind],
        row if isinstance(index, pd.RangeIndex) else index[row - 1],
        settings,
        effect="correlation of all days",
    )


def _pearson(x: Floats, y: Floats, lags: int, _: bool) -> tuple[Floats, float, float]:
    running = _running_correlation(x, y)
    scale = float(np.sqrt(long_run_variance(correlation_influence(x, y), lags)))
    # The first days may be flat: they have no correlation, and the path no value there.
    path: Floats = np.arange(1, x.size + 1) / np.sqrt(x.size) * np.abs(running - running[-1]) / scale
    return path, float(running[-1]), scale / np.sqrt(x.size)


def _running_correlation(x: Floats, y: Floats) -> Floats:
    """Return the correlation of the first 1, 2, ... days; NaN while a series is flat."""
    count = np.arange(1.0, x.size + 1)
    # Distances from the first day, which every beginning holds: a beginning's mean is then no larger than its spread,
    # whatever the level, and a jump later on costs it no digits.
    u, v = (series - series[0] for series in (x, y))
    u, v = u / np.abs(u).max(), v / np.abs(v).max()
    sum_u, sum_v = np.cumsum(u), np.cumsum(v)
    uu, vv = np.cumsum(u * u) - sum_u**2 / count, np.cumsum(v * v) - sum_v**2 / count
    uv = np.cumsum(u * v) - sum_u * sum_v / count
    moved = np.logical_or.accumulate(u != 0) & np.logical_or.accumulate(v != 0) & (uu > 0) & (vv > 0)
    r = np.divide(uv, np.sqrt(np.where(moved, uu, 1.0)) * np.sqrt(np.where(moved, vv, 1.0)))
    running: Floats = np.where(moved, np.clip(r, -1, 1), np.nan)
    return running


def _ranked(x: Floats, y: Floats, lags: int, centred: bool) -> tuple[Floats, float, float]:
    from scipy.stats import rankdata

    u, v = rankdata(x) / x.size, rankdata(y) / y.size
    r = float(np.corrcoef(u, v)[0, 1])
    if abs(r) > 1 - 1e-12:
        raise ValueError("fluctuation_test: the two series have the same ranks; a perfect correlation cannot change")
    # Ranks over the sample average (T + 1) / 2T, not 1/2.
    du, dv = u - u.mean(), v - v.mean()
    terms = du * dv if centred else (1 - u) * (1 - v)
    scale = float(np.sqrt(long_run_variance(terms, lags)))
    if scale <= 1e-12:
        raise ValueError("fluctuation_test: the ranks do not vary; the series have too few different values")
    path: Floats = np.abs(np.cumsum(terms - terms.mean())) / np.sqrt(x.size) / scale
    # A day counts by its own product and by the ranks of all days above it.
    influence = 12 * (du * dv + _above(u, dv) + _above(v, du))
    return path, r, float(np.sqrt(long_run_variance(influence, lags) / x.size))


def _above(ranks: Floats, values: Floats) -> Floats:
    """Return, for each day, the values of the days whose rank is no lower: their sum as a share of all days."""
    order = np.argsort(ranks, kind="stable")
    behind = np.cumsum(values[order][::-1])[::-1]
    sums: Floats = behind[np.searchsorted(ranks[order], ranks)] / ranks.size
    return sums
