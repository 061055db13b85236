"""The statistics of an event study, from standardised cumulative abnormal returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from selloff.inference.result import TestResult

__all__ = ["bmp", "corrado", "kolari_pynnonen", "mean_correlation", "patell", "patell_adjusted"]

Floats = NDArray[np.float64]

#: Days that two series of residuals must share for their correlation to count, and a two-sided normal 5 %.
_SHARED, _NORMAL = 20, 1.959963984540054


def mean_correlation(residuals: Floats, weight: Floats) -> float:
    """Return the mean correlation of residuals between events.

    Parameters
    ----------
    residuals : ndarray, shape (T, K)
        Residuals on a calendar, NaN outside each event's estimation period.
    weight : ndarray, shape (K, K)
        How far each pair counts, 0 to 1; a pair that does not count enters the mean as zero.

    Returns
    -------
    float
        ``sum over pairs of weight x correlation / pairs``; correlations are over the days that both have.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_tests import mean_correlation
    >>> x = np.random.default_rng(0).standard_normal(100)
    >>> round(mean_correlation(np.column_stack([x, x, -x]), np.ones((3, 3))), 6)
    -0.333333
    """
    known = np.isfinite(residuals)
    flags = known.astype(float)
    # Scaled, so that no product is small enough to drown; residuals average about zero already.
    scale = np.sqrt(np.nanmean(residuals**2, axis=0))
    z = np.where(known, residuals / scale, 0.0)
    days = flags.T @ flags
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (z.T @ flags) / days
        covariance = (z.T @ z) / days - mean * mean.T
        variance = ((z**2).T @ flags) / days - mean**2
        correlation = covariance / np.sqrt(variance * variance.T)
    counted = np.where((days >= _SHARED) & np.isfinite(correlation), correlation, 0.0) * weight
    count = len(counted)
    return float((counted.sum() - np.trace(counted)) / (count * (count - 1)))


def patell(scar: Floats, freedom: NDArray[np.intp], r: float = 0.0) -> TestResult:
    """Return Patell's test: events independent, volatility in the window that of calm days.

    Parameters
    ----------
    scar : ndarray, shape (K,)
        Standardised cumulative abnormal returns.
    freedom : ndarray of int, shape (K,)
        Degrees of freedom of the residuals behind them, above 2.
    r : float
        Mean correlation between events; for the size note only.

    Returns
    -------
    TestResult
        ``sum scar / sqrt(sum f / (f - 2))``, normal; the effect is the mean ``scar``.

    References
    ----------
    Patell (1976), Journal of Accounting Research 14, 246-276.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_tests import patell
    >>> round(patell(np.array([2.0, 1.0]), np.array([102, 102])).statistic, 4)
    2.1004
    """
    return _patell("Patell", scar, freedom, 1.0, _patell_note(scar.size, r))


def patell_adjusted(scar: Floats, freedom: NDArray[np.intp], r: float) -> TestResult:
    """Return Patell's test divided by ``sqrt(1 + (K - 1) r)``, for events with a mean correlation r.

    Parameters
    ----------
    scar, freedom, r
        As :func:`patell`.

    Returns
    -------
    TestResult

    References
    ----------
    Kolari and Pynnonen (2010), Review of Financial Studies 23, 3996-4025.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_tests import patell_adjusted
    >>> round(patell_adjusted(np.array([2.0, 1.0]), np.array([102, 102]), r=0.5).statistic, 4)
    1.715
    """
    return _patell("Patell adjusted", scar, freedom, 1 + (scar.size - 1) * r, "takes volatility for that of calm days")


def bmp(scar: Floats, r: float = 0.0) -> TestResult:
    """Return the test of Boehmer, Musumeci and Poulsen: events independent, volatility that of the window.

    Parameters
    ----------
    scar : ndarray, shape (K,)
        Standardised cumulative abnormal returns.
    r : float
        Mean correlation between events; for the size note only.

    Returns
    -------
    TestResult
        The t test of their mean, with K - 1 degrees of freedom.

    Raises
    ------
    ValueError
        All are equal.

    References
    ----------
    Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30, 253-272.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_tests import bmp
    >>> round(bmp(np.array([3.0, 2.0, 1.0])).statistic, 4)
    3.4641
    """
    return _cross_section("BMP", scar, 1.0, _bmp_note(scar.size, r))


def kolari_pynnonen(scar: Floats, r: float) -> TestResult:
    """Return the test of Boehmer, Musumeci and Poulsen times ``sqrt((1 - r) / (1 + (K - 1) r))``.

    Parameters
    ----------
    scar, r
        As :func:`bmp`; here ``r`` decides.

    Returns
    -------
    TestResult

    Raises
    ------
    ValueError
        All returns are equal, or the correlation is 1.

    References
    ----------
    Kolari and Pynnonen (2010), Review of Financial Studies 23, 3996-4025.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_tests import kolari_pynnonen
    >>> round(kolari_pynnonen(np.array([3.0, 2.0, 1.0]), r=0.5).statistic, 4)
    1.7321
    """
    inflation = (1 + (scar.size - 1) * r) / (1 - r) if r < 1 else np.inf
    # An average of K assets leaves residuals with a mean correlation of -1 / (K - 1).
    note = f"mean correlation {r:.2f}: is the market made of these assets?" if r < -0.5 / (scar.size - 1) else ""
    return _cross_section("Kolari-Pynnonen", scar, inflation, note, {"mean_correlation": r})


def corrado(before: Floats, during: Floats) -> TestResult:
    """Return Corrado's rank test over the days of a window.

    Parameters
    ----------
    before, during : ndarray, shapes (M, K) and (L, K)
        Abnormal returns by day from the event; NaN where there is none.

    Returns
    -------
    TestResult

    Notes
    -----
    ``U_it = rank / (1 + days)`` over both periods, ``d_t = sum over events of (U_it - 1/2) / sqrt(events on day t)``,
    statistic ``sum over the window of d_t / (S sqrt(L (T - L) / (T - 1)))`` with ``S^2 = mean d_t^2`` over all T days:
    under the null the window is a draw of L days out of T without replacement.

    References
    ----------
    Corrado (1989), Journal of Financial Economics 23, 385-395; Corrado and Zivney (1992), Journal of Financial and
    Quantitative Analysis 27, 465-478, for missing days.
    """
    from scipy.stats import norm, rankdata

    both = np.concatenate([before, during])
    known = np.isfinite(both)
    ranks = rankdata(both, axis=0, nan_policy="omit") / (1 + known.sum(axis=0))
    events = known.sum(axis=1)
    daily = np.where(known, ranks - 0.5, 0.0).sum(axis=1) / np.sqrt(np.maximum(events, 1))
    length, days = len(during), int((events > 0).sum())
    spread = float(np.sqrt(daily @ daily / days))
    estimate = float(daily[-length:].mean()) / np.sqrt(events[-1])
    se = spread * np.sqrt((days - length) / ((days - 1) * length)) / np.sqrt(events[-1])
    statistic = estimate / se
    return TestResult(
        "Corrado",
        float(statistic),
        float(2 * norm.sf(abs(statistic))),
        float(estimate),
        float(se),
        settings={"days": days, "window": length},
    )


def _patell(name: str, scar: Floats, freedom: NDArray[np.intp], inflation: float, note: str) -> TestResult:
    from scipy.stats import norm

    estimate = float(scar.mean())
    se = float(np.sqrt(np.sum(freedom / (freedom - 2)) * inflation)) / scar.size
    pvalue = float(2 * norm.sf(abs(estimate / se)))
    return TestResult(name, estimate / se, pvalue, estimate, se, note, settings={"events": scar.size})


def _cross_section(
    name: str, scar: Floats, inflation: float, note: str, settings: dict[str, float] | None = None
) -> TestResult:
    from scipy.stats import t

    deviation = float(scar.std(ddof=1))
    if deviation <= 1e-12 * float(np.abs(scar).max()) or not np.isfinite(inflation):
        raise ValueError("event_study: all events have one standardised return; the same asset counts once only")
    estimate = float(scar.mean())
    se = deviation * float(np.sqrt(inflation / scar.size))
    pvalue = float(2 * t.sf(abs(estimate / se), scar.size - 1))
    return TestResult(
        name, estimate / se, pvalue, estimate, se, note, settings={"events": scar.size, **(settings or {})}
    )


def _patell_note(count: int, r: float) -> str:
    from scipy.stats import norm

    return _note(2 * float(norm.sf(_NORMAL / np.sqrt(max(1 + (count - 1) * r, 1e-12)))), r)


def _bmp_note(count: int, r: float) -> str:
    from scipy.stats import t

    inflation = max(1 + (count - 1) * r, 1e-12) / max(1 - r, 1e-12)
    limit = float(t.isf(0.025, count - 1)) / np.sqrt(inflation)
    return _note(2 * float(t.sf(limit, count - 1)), r)


def _note(size: float, r: float) -> str:
    return f"takes events for independent; with a correlation of {r:.2f} it rejects {size:.0%} at a nominal 5 %"
