"""How often two series are extreme on the same day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.exceedance import Exceedance, exceedance_correlation, normal_corner, normal_exceedance
from selloff.inference import block_length, moving_blocks
from selloff.inference.inputs import Series, paired

__all__ = [
    "Exceedance",
    "Side",
    "TailDependence",
    "chi_of_rows",
    "exceedance_correlation",
    "normal_exceedance",
    "tail_dependence",
]

Floats = NDArray[np.float64]
Side = Literal["lower", "upper"]

# Values drawn at once: a few arrays of this size fit a processor's cache.
_DRAWN = 60_000


@dataclass(frozen=True, eq=False)
class TailDependence:
    """How often two series are extreme on one day; made by :func:`tail_dependence`.

    Attributes
    ----------
    chi, lower, upper : float
        Chance that one series is in its tail given that the other is, and its interval.
    chi_bar, chi_bar_lower, chi_bar_upper : float
        The companion that tells dependence that fades in the tail: from -1 to 1, and 0 for independent series.
    normal, student : float
        ``chi`` of a normal and of a t copula fitted to the sample, in the same tail.
    limit : float
        ``chi`` of that t copula as the tail shrinks to nothing; it is 0 for every normal copula.
    rho, freedom : float
        Correlation of both copulas, and degrees of freedom of the t copula (at most 100, which is nearly normal).
    common, observations : int
        Days with both in the tail, and all days.
    level : float
        Share of each series in its tail.
    side : str
        Which tail.
    coverage : float
        Of each interval.
    replications, block, seed : int
        Settings of the intervals.
    """

    chi: float
    lower: float
    upper: float
    chi_bar: float
    chi_bar_lower: float
    chi_bar_upper: float
    normal: float
    student: float
    limit: float
    rho: float
    freedom: float
    common: int
    observations: int
    level: float
    side: str
    coverage: float
    replications: int
    block: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return the result as one row."""
        return pd.DataFrame([vars(self)])

    def summary(self) -> str:
        """Return the chance beside those of the two copulas as two lines."""
        return (
            f"{self.side} {self.level:.0%} tail: chi {self.chi:.2f} [{self.lower:.2f}, {self.upper:.2f}] "
            f"({self.coverage:.0%}; {self.common} common days of {self.observations}), chi-bar {self.chi_bar:.2f}\n"
            f"  normal copula {self.normal:.2f}, t copula {self.student:.2f} with {self.freedom:.1f} degrees of "
            f"freedom (correlation {self.rho:.2f}; limit {self.limit:.2f})"
        )


def tail_dependence(
    x: Series,
    y: Series,
    level: float = 0.05,
    side: Side = "lower",
    coverage: float = 0.95,
    replications: int = 999,
    block: int | None = None,
    seed: int = 0,
) -> TailDependence:
    """Return how often two series lie in the same tail on the same day, beside what two copulas imply.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    level : float
        Share of each series in its tail, at most .25, with at least 10 observations.
    side : {"lower", "upper"}
        Which tail.
    coverage : float
        Of the intervals.
    replications, seed : int
        Draws of the moving-block bootstrap and the seed of its generator.
    block : int, optional
        Block length; by default the one that suits the count of series in their tail.

    Returns
    -------
    TailDependence

    Raises
    ------
    ValueError
        The inputs do not fit together, a series is flat or perfectly dependent, or a setting is out of its range.

    Notes
    -----
    ``chi = P(both in the tail) / level`` and ``chi_bar = 2 log(level) / log P(both in the tail) - 1``, by ranks.
    Intervals are percentiles of a moving-block bootstrap that ranks every draw anew; volatility waves common to both
    series make them wider than those of a binomial count.

    Both copulas take ``rho = sin(pi tau / 2)`` from Kendall's tau; degrees of freedom maximise the t copula's
    likelihood of the ranks. ``chi`` at a finite level is positive for a normal copula too and says little by itself:
    compare with ``normal``. The t copula's limit is ``2 t_(v+1)(-sqrt((v + 1)(1 - rho) / (1 + rho)))``.

    References
    ----------
    Coles, Heffernan and Tawn (1999), Extremes 2, 339-365; Demarta and McNeil (2005), International Statistical
    Review 73, 111-129.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.tails import tail_dependence
    >>> x, y = np.random.default_rng(0).standard_normal((2, 1000))
    >>> result = tail_dependence(x, y, replications=99)
    >>> result.common, round(result.chi, 2)
    (3, 0.06)
    """
    a, b, _ = paired(x, y, missing=False)
    _check(a, b, level, side, coverage, replications)
    if side == "upper":
        a, b = -a, -b
    if block is None:
        block = min(block_length(_in_tail(a[None], level)[0] * 1.0 + _in_tail(b[None], level)[0]), max(1, a.size // 3))
    chi, chi_bar, common = (each[0] for each in chi_of_rows(a[None], b[None], level))
    drawn = []
    positions = moving_blocks(a.size, block, replications, seed)
    for start in range(0, replications, max(1, _DRAWN // a.size)):
        at = positions[start : start + max(1, _DRAWN // a.size)]
        drawn.append(np.stack(chi_of_rows(a[at], b[at], level)[:2]))
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    (low, bar_low), (high, bar_high) = np.quantile(np.concatenate(drawn, axis=1), tails, axis=1)
    rho, freedom = _student_copula(a, b)
    return TailDependence(
        chi=float(chi),
        lower=float(low),
        upper=float(high),
        chi_bar=float(chi_bar),
        chi_bar_lower=float(bar_low),
        chi_bar_upper=float(bar_high),
        normal=_normal_chi(level, rho),
        student=_student_chi(level, rho, freedom),
        limit=_student_limit(rho, freedom),
        rho=rho,
        freedom=freedom,
        common=int(common),
        observations=a.size,
        level=level,
        side=side,
        coverage=coverage,
        replications=replications,
        block=block,
        seed=seed,
    )


def _check(a: Floats, b: Floats, level: float, side: str, coverage: float, replications: int) -> None:
    if side not in ("lower", "upper"):
        raise ValueError(f"tail_dependence: unknown side {side!r}; expected lower or upper")
    if not 0 < level <= 0.25:
        raise ValueError(f"tail_dependence: level must lie above 0 and at most 0.25, got {level}")
    if level * a.size < 10:
        raise ValueError(
            f"tail_dependence: {a.size} observations leave {level * a.size:.1f} in the tail; 10 are needed, so raise "
            "the level"
        )
    if not 0 < coverage < 1:
        raise ValueError(f"tail_dependence: coverage must lie between 0 and 1, got {coverage}")
    if replications < 19:
        raise ValueError(f"tail_dependence: expected at least 19 replications, got {replications}")
    for values, which in ((a, "x"), (b, "y")):
        if np.ptp(values) == 0:
            raise ValueError(f"tail_dependence: {which} is flat; it has no tails")


def _in_tail(values: Floats, level: float) -> NDArray[np.bool_]:
    rank = int(np.floor(level * values.shape[1] + 1e-9)) - 1
    inside: NDArray[np.bool_] = values <= np.partition(values, rank, axis=1)[:, rank, None]
    return inside


def chi_of_rows(x: Floats, y: Floats, level: float) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return chi, chi-bar and the common days in the lower tail of each row.

    Parameters
    ----------
    x, y : ndarray, shape (rows, T)
        Pairs of samples, one a row. Ties at a threshold may widen a tail, and count as such.
    level : float
        Share of each series in its tail.

    Returns
    -------
    chi, chi_bar, common : ndarray, shape (rows,)
    """
    a, b = _in_tail(x, level), _in_tail(y, level)
    common = (a & b).sum(axis=1)
    share = np.sqrt(a.mean(axis=1) * b.mean(axis=1))
    joint = common / x.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        bar = 2 * np.log(share) / np.log(joint) - 1
    return joint / share, np.where(common, bar, -1.0), common


def _student_copula(x: Floats, y: Floats) -> tuple[float, float]:
    from scipy.optimize import minimize_scalar
    from scipy.stats import kendalltau, multivariate_t, rankdata, t

    rho = float(np.sin(np.pi / 2 * kendalltau(x, y).statistic))
    if abs(rho) > 1 - 1e-9:
        raise ValueError("tail_dependence: one series determines the other; no copula is left to compare with")
    u, v = (rankdata(each) / (each.size + 1) for each in (x, y))

    def loss(log_freedom: float) -> float:
        freedom = float(np.exp(log_freedom))
        a, b = t.ppf(u, freedom), t.ppf(v, freedom)
        joint = multivariate_t.logpdf(np.column_stack([a, b]), shape=[[1, rho], [rho, 1]], df=freedom)
        return -float(np.sum(joint - t.logpdf(a, freedom) - t.logpdf(b, freedom)))

    fit = minimize_scalar(loss, bounds=(np.log(1.5), np.log(100.0)), method="bounded", options={"xatol": 1e-3})
    if not fit.success:
        raise RuntimeError("tail_dependence: the t copula's degrees of freedom did not converge; try a longer sample")
    return rho, float(np.exp(fit.x))


def _normal_chi(level: float, rho: float) -> float:
    from scipy.stats import norm

    return float(normal_corner(-norm.ppf(level), rho)) / level


def _student_chi(level: float, rho: float, freedom: float) -> float:
    """Return chi of a t copula: the chance of the second tail, averaged over the first series within its own."""
    from scipy.integrate import quad
    from scipy.stats import t

    threshold = float(t.ppf(level, freedom))

    def second(share: float) -> float:
        first = float(t.ppf(level * share, freedom))
        scale = np.sqrt((freedom + 1) / (freedom + first * first) / (1 - rho * rho))
        return float(t.cdf((threshold - rho * first) * scale, freedom + 1))

    return float(quad(second, 0, 1, epsabs=1e-10, epsrel=1e-9, limit=200)[0])


def _student_limit(rho: float, freedom: float) -> float:
    from scipy.stats import t

    return 2 * float(t.cdf(-np.sqrt((freedom + 1) * (1 - rho) / (1 + rho)), freedom + 1))
