"""What a test could have found: the smallest effect, and the chance of finding a given one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from selloff.inference.multiplicity import Alternative

__all__ = ["DetectableShare", "detectable_effect", "detectable_share", "power_curve"]

Floats = NDArray[np.float64]


def power_curve(
    effects: ArrayLike,
    se: float,
    level: float = 0.05,
    df: float | None = None,
    alternative: Alternative = "two-sided",
) -> pd.Series:
    """Return the chance that a test finds each of several true effects.

    Parameters
    ----------
    effects : array_like, shape (K,)
        True effects, in the unit of the standard error.
    se : float
        Standard error of the estimate, positive.
    level : float
        Level of the test, between 0 and 1.
    df : float, optional
        Degrees of freedom of a t test; a normal test without.
    alternative : {"two-sided", "greater", "less"}
        What the test rejects for.

    Returns
    -------
    Series, shape (K,)
        Share of samples in which the test rejects, by effect.

    Raises
    ------
    ValueError
        A setting is out of range, or an effect is not finite.

    Notes
    -----
    ``P(T > c) + P(T < -c)`` for a normal or noncentral t statistic with mean ``effect / se``. A standard error that
    comes from the sample at hand makes this the power of another such sample, not of the one that was drawn: power
    computed at the estimate says no more than its p-value.

    References
    ----------
    Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, 2nd ed., Erlbaum; Hoenig and Heisey (2001),
    The American Statistician 55, 19-24, for the last remark.

    Examples
    --------
    >>> from selloff.inference.power import power_curve
    >>> power_curve([0.0, 0.1, 0.2, 0.3], se=0.1).round(3).to_list()
    [0.05, 0.17, 0.516, 0.851]
    """
    _check(se, level, df, alternative, "power_curve")
    values = np.atleast_1d(np.asarray(effects, dtype=float))
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError("power_curve: effects must be finite numbers in one dimension")
    share = _power(values / se, level, df, alternative)
    return pd.Series(share, index=pd.Index(values, name="effect"), name="power")


def detectable_effect(
    se: float,
    power: float = 0.8,
    level: float = 0.05,
    df: float | None = None,
    alternative: Alternative = "two-sided",
) -> float:
    """Return the smallest true effect that a test finds with a given chance.

    Parameters
    ----------
    se : float
        Standard error of the estimate, positive.
    power : float
        The chance, above the level.
    level, df, alternative
        As :func:`power_curve`.

    Returns
    -------
    float
        Size of the effect (positive, also for ``"less"``), in the unit of the standard error.

    Raises
    ------
    ValueError
        A setting is out of range.

    Notes
    -----
    Solves ``power_curve(effect) = power``; for a two-sided normal test that is ``(z(1 - level / 2) + z(power)) se``
    but for the chance of rejecting on the wrong side, below 1e-5 from a power of one half on. An estimate below the
    detectable effect that is "not significant" is no evidence of no effect.

    References
    ----------
    Bloom (1995), Evaluation Review 19, 547-556.

    Examples
    --------
    >>> from selloff.inference.power import detectable_effect
    >>> round(detectable_effect(se=0.1), 4), round(detectable_effect(se=0.1, df=9), 4)
    (0.2802, 0.315)
    """
    from scipy.optimize import brentq

    _check(se, level, df, alternative, "detectable_effect")
    if not level < power < 1:
        raise ValueError(f"detectable_effect: power must lie between the level {level} and 1, got {power}")
    side: Alternative = "greater" if alternative == "less" else alternative

    def missing(size: float) -> float:
        return float(_power(np.array([size]), level, df, side)[0]) - power

    high = 1.0
    while missing(high) < 0:
        high *= 2
        if high > 1e6:
            raise ValueError(f"detectable_effect: no effect is found with power {power} on {df} degrees of freedom")
    return float(brentq(missing, 0.0, high, xtol=1e-13, rtol=1e-13)) * se


@dataclass(frozen=True)
class DetectableShare:
    """What a handful of episodes can tell from a base rate; made by :func:`detectable_share`.

    Attributes
    ----------
    episodes : int
        Number of episodes.
    base : float
        The base rate they are compared with, taken as known.
    upper, lower : float
        Nearest true shares above and below the base rate that the test finds with the chance ``power``; NaN if no
        share on that side is found.
    upper_count, lower_count : int or None
        The test rejects from this count of successes on, or up to that one; None if no count on that side rejects.
    size : float
        Chance of a rejection if the base rate holds; counts are whole, so it lies below the level.
    power, level : float
        Settings.
    alternative : str
        ``"two-sided"``, ``"greater"`` or ``"less"``.
    """

    episodes: int
    base: float
    upper: float
    lower: float
    upper_count: int | None
    lower_count: int | None
    size: float
    power: float
    level: float
    alternative: str

    @property
    def difference(self) -> float:
        """Smallest difference from the base rate that is found on either side; NaN if none is."""
        gaps = [gap for gap in (self.upper - self.base, self.base - self.lower) if gap == gap]
        return min(gaps, default=float("nan"))

    def to_frame(self) -> pd.DataFrame:
        """Return the result as one row."""
        return pd.DataFrame([{each.name: getattr(self, each.name) for each in fields(self)}])

    def summary(self) -> str:
        """Return the result as one line."""
        parts = []
        if self.alternative != "less":
            parts.append("none above it" if self.upper_count is None else f"{self.upper:.0%} or more")
        if self.alternative != "greater":
            parts.append("none below it" if self.lower_count is None else f"{self.lower:.0%} or less")
        return (
            f"{self.episodes} episodes against a base rate of {self.base:.0%} find a true share of "
            f"{' and '.join(parts)} with power {self.power:.0%} (exact test, true size {self.size:.1%} "
            f"at a nominal {self.level:.0%})"
        )


def detectable_share(
    n: int, base: float, power: float = 0.8, level: float = 0.05, alternative: Alternative = "two-sided"
) -> DetectableShare:
    """Return how far a true share must lie from a base rate for a few episodes to show it.

    Parameters
    ----------
    n : int
        Number of episodes, independent of each other: falls that do not overlap.
    base : float
        The base rate, strictly between 0 and 1, from so many dates that it counts as known.
    power, level : float
        Chance of finding the share, and level of the exact binomial test.
    alternative : {"two-sided", "greater", "less"}
        Two-sided splits the level evenly over both sides.

    Returns
    -------
    DetectableShare

    Raises
    ------
    ValueError
        A setting is out of range.

    Notes
    -----
    On the upper side the test rejects from the smallest count c on with ``P(X >= c; base)`` at most its share of the
    level, and the share found solves ``P(X >= c; share) = power``: the ``power`` quantile of a Beta(c, n - c + 1)
    distribution. Where even n successes of n are no surprise, no share is found.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413.

    Examples
    --------
    >>> from selloff.inference.power import detectable_share
    >>> found = detectable_share(8, base=0.55)
    >>> round(found.lower, 2), found.lower_count, round(found.upper, 2), found.upper_count
    (0.1, 1, 0.97, 8)
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"detectable_share: n must be a whole number of episodes, at least 1, got {n!r}")
    if not 0 < base < 1:
        raise ValueError(f"detectable_share: base must be a share between 0 and 1, got {base}; write 55 % as 0.55")
    _check(1.0, level, None, alternative, "detectable_share")
    if not level < power < 1:
        raise ValueError(f"detectable_share: power must lie between the level {level} and 1, got {power}")
    tail = level / 2 if alternative == "two-sided" else level
    up = None if alternative == "less" else _count(int(n), base, tail)
    down = None if alternative == "greater" else _count(int(n), 1 - base, tail)
    upper, lower = _found(int(n), up, power), 1 - _found(int(n), down, power)
    size = _reject(int(n), up, base) + _reject(int(n), down, 1 - base)
    return DetectableShare(
        episodes=int(n),
        base=float(base),
        upper=upper,
        lower=lower,
        upper_count=up,
        lower_count=None if down is None else int(n) - down,
        size=size,
        power=power,
        level=level,
        alternative=alternative,
    )


def _count(n: int, base: float, tail: float) -> int | None:
    """Return the smallest count that is a surprise; None if n of n is none."""
    from scipy.stats import binom

    count = int(binom.isf(tail, n, base)) + 1
    return count if count <= n else None


def _found(n: int, count: int | None, power: float) -> float:
    from scipy.stats import beta

    return float("nan") if count is None else float(beta.ppf(power, count, n - count + 1))


def _reject(n: int, count: int | None, share: float) -> float:
    from scipy.stats import binom

    return 0.0 if count is None else float(binom.sf(count - 1, n, share))


def _power(ratio: Floats, level: float, df: float | None, alternative: str) -> Floats:
    """Return the power at effects in standard errors."""
    from scipy.stats import nct, norm, t

    tail = level / 2 if alternative == "two-sided" else level
    limit = float(norm.isf(tail) if df is None else t.isf(tail, df))
    above: Callable[[Floats], Any] = (
        (lambda mean: norm.sf(limit - mean)) if df is None else (lambda mean: nct.sf(limit, df, mean))
    )
    share = {
        "two-sided": lambda: above(ratio) + above(-ratio),
        "greater": lambda: above(ratio),
        "less": lambda: above(-ratio),
    }[alternative]()
    out: Floats = np.asarray(share, dtype=float)
    return out


def _check(se: float, level: float, df: float | None, alternative: str, name: str) -> None:
    if alternative not in get_args(Alternative):
        raise ValueError(f"{name}: unknown alternative {alternative!r}; expected {', '.join(get_args(Alternative))}")
    if not (np.isfinite(se) and se > 0):
        raise ValueError(f"{name}: se must be a positive standard error, got {se}")
    if not 0 < level < 1:
        raise ValueError(f"{name}: level must lie between 0 and 1, got {level}; write 5 % as 0.05")
    if df is not None and not df > 0:
        raise ValueError(f"{name}: df must be positive, got {df}")
