"""Distributions that tests of a break at an unknown date need, computed exactly instead of read off tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["break_date_quantile", "break_date_tail", "sup_wald_pvalue", "sup_wald_quantile"]

Floats = NDArray[np.float64]

# Polynomials of the expansion; 40 give ten digits and more over the range in use.
_DEGREE = 40
# A smaller p-value has fewer digits by that expansion than by the formula for far tails.
_FAR = 1e-8


def sup_wald_pvalue(statistic: float, coefficients: int, trim: float) -> float:
    """Return the p-value of the largest Wald statistic over all dates of a break.

    Parameters
    ----------
    statistic : float
        The largest Wald statistic (not divided by the number of coefficients).
    coefficients : int
        How many coefficients may change at the date.
    trim : float
        Share of the sample left out at either end, above 0 and up to a half.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        The trimming or the number of coefficients is out of range.

    Notes
    -----
    Without a break the statistic is distributed as the maximum over ``trim <= s <= 1 - trim`` of
    ``|B(s)|^2 / (s (1 - s))`` for a Brownian bridge ``B`` in as many dimensions as coefficients. In the time
    ``log(s / (1 - s)) / 2`` that is the squared radius of a stationary Ornstein-Uhlenbeck process, and the
    probability that the radius stays below a level for a time ``S`` is ``sum_k a_k^2 exp(-m_k S)``, with eigenvalues
    ``m_k`` of the generator on the ball and ``a_k`` the integral of the k-th eigenfunction. Both come from a Galerkin
    method with polynomials. Below 1e-8 the leading terms of the tail are used.

    The dates of a sample are finitely many, so that its maximum is a little smaller and the test a little careful.
    For the same reason the printed tables, simulated on a grid of dates, lie one or two percent lower.

    References
    ----------
    Andrews (1993), Econometrica 61, 821-856, with corrected tables in Econometrica 71 (2003), 395-397; Estrella
    (2003), Econometric Theory 19, 1128-1143, for exact p-values by another route.

    Examples
    --------
    >>> from selloff.correlation.critical import sup_wald_pvalue
    >>> round(sup_wald_pvalue(8.86, coefficients=1, trim=0.15), 3)
    0.05
    """
    _check(coefficients, trim)
    from scipy.stats import chi2

    if not statistic > 0:
        return 1.0
    if trim == 0.5:
        return float(chi2.sf(statistic, coefficients))
    log_ratio = 2 * np.log((1 - trim) / trim)
    far = _far_tail(statistic, coefficients, log_ratio)
    # The far formula is off by a share of about (4 / statistic)^2, so its size tells which of the two to take.
    if far < _FAR and statistic > 2 * coefficients + 20:
        return far
    return float(np.clip(1 - _survival(statistic, coefficients, log_ratio / 2), 0, 1))


def sup_wald_quantile(probability: float, coefficients: int, trim: float) -> float:
    """Return the value that the largest Wald statistic stays below with a given probability.

    Parameters
    ----------
    probability : float
        Between 0 and 1, e.g. 0.95 for the critical value of a test at 5 %.
    coefficients : int
        How many coefficients may change.
    trim : float
        Share of the sample left out at either end.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As :func:`sup_wald_pvalue`, or the probability lies outside 0 to 1.

    References
    ----------
    Andrews (1993), Econometrica 61, 821-856; corrected tables in Econometrica 71 (2003), 395-397.

    Examples
    --------
    >>> from selloff.correlation.critical import sup_wald_quantile
    >>> [round(sup_wald_quantile(0.95, coefficients, trim=0.15), 2) for coefficients in (1, 2, 3)]
    [8.86, 11.87, 14.31]
    """
    from scipy.optimize import brentq

    _check(coefficients, trim)
    if not 0 < probability < 1:
        raise ValueError(f"probability must lie between 0 and 1, got {probability}")
    high = 4.0 * coefficients + 20
    while sup_wald_pvalue(high, coefficients, trim) > 1 - probability:
        high *= 2
    root: float = brentq(lambda level: sup_wald_pvalue(level, coefficients, trim) - 1 + probability, 1e-9, high)
    return root


def break_date_tail(x: float, drift: float, scale: float, other: float) -> float:
    """Return the probability that the maximum of a two-sided random walk lies further than ``x`` on one side.

    Parameters
    ----------
    x : float
        Distance from the origin, at least 0.
    drift, scale : float
        The walk on this side is ``scale W(s) - drift s``.
    other : float
        Rate of the exponential distribution of the highest point on the other side, ``2 drift / scale^2`` there.

    Returns
    -------
    float

    Notes
    -----
    The highest point from ``x`` on must exceed both the highest before ``x`` and the highest of the other side. Given
    the place and the maximum at ``x``, the former is exponential with rate ``r = 2 drift / scale^2``; a change of
    measure turns what is left into the Laplace transform of the maximum of a Brownian motion, which has a closed form.
    With ``u = drift sqrt(x) / scale`` and ``c = other scale sqrt(x)``::

        2 (1 + u^2) F(-u) - 2 u f(u) - r / (r + other) 2 ((c + u) exp(c (c + 2 u) / 2) F(-c - u) - u F(-u)) / c

    ``F`` and ``f`` being the normal distribution and density.

    References
    ----------
    Bai (1997), Review of Economics and Statistics 79, 551-563, for the problem.

    Examples
    --------
    >>> from selloff.correlation.critical import break_date_tail
    >>> round(break_date_tail(11.033, drift=0.5, scale=1.0, other=1.0), 4)
    0.025
    """
    from scipy.special import erfcx, ndtr

    rate = 2 * drift / scale**2
    if x <= 0:
        return other / (other + rate)
    u, c = drift * np.sqrt(x) / scale, other * scale * np.sqrt(x)
    below = ndtr(-u)
    kept = 2 * (1 + u**2) * below - 2 * u * np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi)
    # exp(c (c + 2 u) / 2) F(-c - u) without the exponential's overflow.
    damped = erfcx((c + u) / np.sqrt(2)) / 2 * np.exp(-(u**2) / 2)
    lost = rate / (rate + other) * 2 * ((c + u) * damped - u * below) / c
    return float(np.clip(kept - lost, 0, 1))


def break_date_quantile(tail: float, moments: float, errors: float) -> tuple[float, float]:
    """Return how far a break may lie before and after its estimate, in the units of Bai's statistic.

    Parameters
    ----------
    tail : float
        Probability left out on either side, e.g. 0.025.
    moments, errors : float
        Ratios, after the break to before it, of ``d' Q d`` and of ``d' S d``: ``d`` the change of the coefficients,
        ``Q`` the mean square of the regressors, ``S`` the long-run variance of regressor times error.

    Returns
    -------
    before, after : float
        The estimate lies more than ``before`` ahead of the break with probability ``tail``, and more than ``after``
        behind it with the same. Infinite ratios are the caller's to avoid.

    Raises
    ------
    ValueError
        The tail lies outside 0 to 1/2 or a ratio is not positive.

    Notes
    -----
    The error of the date, times ``(d' Q d)^2 / (d' S d)`` of the regime before, is distributed as the place of the
    maximum of ``W(s) - |s| / 2`` before and ``sqrt(errors) W(s) - moments s / 2`` after zero.

    References
    ----------
    Bai (1997), Review of Economics and Statistics 79, 551-563.

    Examples
    --------
    >>> from selloff.correlation.critical import break_date_quantile
    >>> before, after = break_date_quantile(0.025, moments=1.0, errors=1.0)
    >>> round(before, 2), round(after, 2)
    (11.03, 11.03)
    """
    if not 0 < tail < 0.5:
        raise ValueError(f"tail must lie between 0 and 1/2, got {tail}")
    if not (0 < moments < np.inf and 0 < errors < np.inf):
        raise ValueError(f"ratios must be positive and finite, got {moments} and {errors}")
    after_rate = moments / errors
    return (
        _distance(tail, 0.5, 1.0, after_rate),
        _distance(tail, moments / 2, float(np.sqrt(errors)), 1.0),
    )


def _distance(tail: float, drift: float, scale: float, other: float) -> float:
    from scipy.optimize import brentq

    if break_date_tail(0.0, drift, scale, other) <= tail:
        return 0.0
    high = 8 * (scale / drift) ** 2
    while break_date_tail(high, drift, scale, other) > tail:
        high *= 2
    root: float = brentq(lambda x: break_date_tail(x, drift, scale, other) - tail, 0.0, high)
    return root


def _check(coefficients: int, trim: float) -> None:
    if coefficients < 1:
        raise ValueError(f"at least one coefficient must change, got {coefficients}")
    if not 0 < trim <= 0.5:
        raise ValueError(f"trim must lie above 0 and up to a half, got {trim}")


def _far_tail(level: float, dimension: int, log_ratio: float) -> float:
    from scipy.special import gammaln

    half = level / 2
    density = np.exp(dimension / 2 * np.log(half) - half - gammaln(dimension / 2))
    return float(density * ((1 - dimension / level) * log_ratio + 2 / level))


def _survival(level: float, dimension: int, duration: float) -> float:
    """Return the probability that the squared radius stays below ``level`` for a time ``duration``.

    Eigenfunctions ``f`` of half the squared radius ``u`` minimise the Dirichlet form ``2 u f'^2`` against the gamma
    density of ``u`` and vanish at the bound. They are sought as ``exp(u / 2)`` times a polynomial, so that the weight
    left in either integral is a power of ``u``, to which the Jacobi polynomials are orthogonal.
    """
    from scipy.linalg import eigh
    from scipy.special import eval_jacobi, gammaln, roots_jacobi

    bound, power = level / 2, dimension / 2 - 1
    nodes, weights = roots_jacobi(2 * _DEGREE, 0.0, power)
    u = bound * (nodes + 1) / 2
    degree = np.arange(_DEGREE)
    polynomial = eval_jacobi(degree, 2.0, power, nodes[:, None])
    slope = (degree + power + 3) / 2 * eval_jacobi(degree - 1.0, 3.0, power + 1, nodes[:, None])
    basis = (1 - nodes)[:, None] * polynomial
    scale = np.sqrt(weights @ basis**2)
    basis /= scale
    steep = ((1 - nodes)[:, None] * slope - polynomial) / scale * (2 / bound) + basis / 2
    form = steep.T @ ((weights * 2 * u)[:, None] * steep)
    rates, functions = eigh(form)
    shares = ((weights * np.exp(-u / 2)) @ basis @ functions) ** 2
    # What a density of u has and the quadrature has not: u / bound = (1 + node) / 2 to its power, and dnode = 2 du.
    density = np.exp((power + 1) * np.log(bound / 2) - gammaln(power + 1))
    return float(density * (shares @ np.exp(-rates * duration)))
