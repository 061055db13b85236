"""Betas that differ by the size of a move: by quantile of ``y``, and by the side on which ``x`` fell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.beta import newey_west_lags
from selloff.inference import TestResult, block_length, moving_blocks
from selloff.inference.inputs import Series, paired

__all__ = ["DownsideBeta", "QuantileBeta", "downside_beta", "quantile_beta"]

Floats = NDArray[np.float64]

# Values drawn at once: a few arrays of this size fit a processor's cache.
_DRAWN = 60_000


@dataclass(frozen=True, eq=False)
class QuantileBeta:
    """Slopes of quantile regressions; made by :func:`quantile_beta`.

    Attributes
    ----------
    table : DataFrame
        One row a quantile, columns ``alpha``, ``beta``, ``se`` (of beta), ``lower`` and ``upper``.
    covariance : DataFrame
        Covariance of the betas over the bootstrap draws.
    ols : float
        The ordinary regression's beta, for comparison.
    observations, replications, block, seed : int
        Sample size and settings of the bootstrap.
    level : float
        Coverage of each interval by itself.
    """

    table: pd.DataFrame
    covariance: pd.DataFrame
    ols: float
    observations: int
    replications: int
    block: int
    seed: int
    level: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row a quantile."""
        return self.table.copy()

    def difference(self, low: float, high: float) -> TestResult:
        """Test whether the beta at quantile ``low`` equals the one at ``high``; the effect is low less high.

        Raises
        ------
        ValueError
            A quantile was not estimated.
        """
        from scipy.stats import norm

        for quantile in (low, high):
            if quantile not in self.table.index:
                known = ", ".join(f"{each:g}" for each in self.table.index)
                raise ValueError(f"difference: quantile {quantile} was not estimated; expected one of {known}")
        contrast = (self.table.index == low) * 1.0 - (self.table.index == high)
        effect = float(contrast @ self.table["beta"].to_numpy())
        se = float(np.sqrt(contrast @ self.covariance.to_numpy() @ contrast))
        statistic = effect / se
        settings = {"replications": self.replications, "block": self.block, "seed": self.seed}
        name = f"quantile betas, {low:g} less {high:g}"
        return TestResult(name, statistic, float(2 * norm.sf(abs(statistic))), effect, se, settings=settings)

    def summary(self) -> str:
        """Return one line a quantile."""
        rows = [
            f"  {quantile:.0%} quantile: {row.beta:+.3f} [{row.lower:+.3f}, {row.upper:+.3f}]"
            for quantile, row in self.table.iterrows()
        ]
        head = (
            f"quantile betas on {self.observations} days, {self.level:.0%} intervals from {self.replications} draws "
            f"in blocks of {self.block}; ordinary beta {self.ols:+.3f}"
        )
        return "\n".join([head, *rows])


def quantile_beta(
    y: Series,
    x: Series,
    quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    level: float = 0.95,
    replications: int = 400,
    block: int | None = None,
    seed: int = 0,
) -> QuantileBeta:
    """Return the slope of ``y`` on ``x`` at several quantiles of ``y``.

    Parameters
    ----------
    y, x : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    quantiles : sequence of float
        Ascending, between 0 and 1, with at least 5 observations beyond each.
    level : float
        Coverage of each interval.
    replications, seed : int
        Draws of the moving-block bootstrap and the seed of its generator.
    block : int, optional
        Block length; by default the longest that suits a quantile's score ``(x - mean)(q - 1[residual < 0])``.

    Returns
    -------
    QuantileBeta

    Raises
    ------
    ValueError
        The inputs do not fit together, ``x`` is flat, or a setting is out of its range.

    Notes
    -----
    For each quantile q the line minimises ``sum_t r_t (q - 1[r_t < 0])`` over residuals r. With one regressor the
    intercept is the q-quantile of ``y - beta x`` and the rest is convex in beta: bisection of its slope finds the
    minimum exactly, for all draws of the bootstrap at once. (Weighted least squares, as ``statsmodels`` iterates,
    stop about 1e-5 short of it.) Intervals are ``beta -+ z se`` with the bootstrap's standard error; at a nominal 95 %
    they covered 92 to 97 % in simulated samples of 500 days, volatility waves and heavy tails included.

    Where ``y`` is linear in ``x`` and the error does not depend on ``x``, all quantiles have one beta. Betas fan out
    when ``x`` moves the spread of ``y`` too; a steeper lower tail alone says nothing about which day comes next.

    References
    ----------
    Koenker and Bassett (1978), Econometrica 46, 33-50; Fitzenberger (1998), Journal of Econometrics 82, 235-287, for
    moving blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.conditional import quantile_beta
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal(500)
    >>> y = 0.5 * x + (1 + 0.3 * x) * rng.standard_normal(500)
    >>> quantile_beta(y, x, (0.1, 0.5, 0.9), replications=50).table["beta"].round(1).tolist()
    [0.1, 0.5, 0.9]
    """
    right, left, _ = paired(x, y, missing=False)
    taus = _quantiles(quantiles, left.size)
    if not 0 < level < 1:
        raise ValueError(f"quantile_beta: level must lie between 0 and 1, got {level}")
    if replications < 2:
        raise ValueError(f"quantile_beta: expected at least 2 replications, got {replications}")
    if np.ptp(right) == 0:
        raise ValueError("quantile_beta: x is flat, so no slope belongs to it; choose a series that moves")
    centre_y, centre_x = float(np.median(left)), float(np.median(right))
    b, a = left - centre_y, right - centre_x
    ols = float(np.polyfit(a, b, 1)[0])
    fits = [_regress(b[None], a[None], tau, np.array([ols]), 60) for tau in taus]
    slopes, heights = np.array([fit[0][0] for fit in fits]), np.array([fit[1][0] for fit in fits])
    if block is None:
        block = _longest_block(b, a, taus, slopes, heights)
    positions = moving_blocks(left.size, block, replications, seed)
    draws = np.empty((replications, taus.size))
    step = max(1, _DRAWN // left.size)
    for start in range(0, replications, step):
        at = positions[start : start + step]
        for column, (tau, slope) in enumerate(zip(taus, slopes, strict=True)):
            draws[start : start + step, column] = _regress(b[at], a[at], tau, np.full(len(at), slope), 24)[0]
    table = _slope_table(taus, slopes, heights + centre_y - slopes * centre_x, draws.std(axis=0, ddof=1), level)
    covariance = pd.DataFrame(np.atleast_2d(np.cov(draws, rowvar=False)), index=table.index, columns=table.index)
    return QuantileBeta(table, covariance, ols, left.size, replications, block, seed, level)


def _quantiles(quantiles: Sequence[float], size: int) -> Floats:
    taus = np.asarray(quantiles, dtype=float)
    if taus.ndim != 1 or not taus.size or not np.all((taus > 0) & (taus < 1)) or np.any(np.diff(taus) <= 0):
        raise ValueError(f"quantile_beta: quantiles must ascend between 0 and 1, got {list(quantiles)!r}")
    beyond = np.minimum(taus, 1 - taus) * size
    if beyond.min() < 5:
        tau = taus[int(beyond.argmin())]
        raise ValueError(
            f"quantile_beta: {size} observations leave {beyond.min():.1f} beyond the quantile {tau:g}; at least 5 are "
            "needed, so choose a quantile nearer to the middle"
        )
    return taus


def _slope_table(taus: Floats, slopes: Floats, alphas: Floats, se: Floats, level: float) -> pd.DataFrame:
    from scipy.stats import norm

    half = float(norm.ppf(0.5 + level / 2)) * se
    columns = {"alpha": alphas, "beta": slopes, "se": se, "lower": slopes - half, "upper": slopes + half}
    return pd.DataFrame(columns, index=pd.Index(taus, name="quantile"))


def _regress(y: Floats, x: Floats, tau: float, slope: Floats, steps: int) -> tuple[Floats, Floats]:
    """Return slope and intercept of each row's quantile regression by bisection around a first slope.

    Where the intercept is an order statistic, a residual is zero; measuring x from that observation leaves its share
    out of the objective's slope ``-sum_t (x_t - x_k)(tau - 1[residual_t < 0])``.
    """
    rank = min(int(np.ceil(tau * y.shape[1])), y.shape[1]) - 1

    def tilt(beta: Floats) -> tuple[Floats, Floats]:
        residual = y - beta[:, None] * x
        height = np.partition(residual, rank, axis=1)[:, rank]
        at = np.argmax(residual == height[:, None], axis=1)
        below = residual < height[:, None]
        own = np.take_along_axis(x, at[:, None], axis=1)[:, 0]
        under = np.einsum("ij,ij->i", below, x) - below.sum(axis=1) * own
        return under - tau * (x.sum(axis=1) - x.shape[1] * own), height

    spread = x.std(axis=1)
    if not spread.all():
        raise RuntimeError("quantile_beta: a bootstrap draw holds no move of x; use longer blocks or a longer sample")
    width = np.maximum(4 * y.std(axis=1) / (spread * np.sqrt(y.shape[1])), 1e-300)
    low, high = slope - width, slope + width
    while True:  # the loss is convex and x moves, so wide enough limits hold its minimum
        short, far = tilt(low)[0] >= 0, tilt(high)[0] < 0
        if not (short.any() or far.any()):
            break
        width = 2 * width
        low, high = np.where(short, low - width, low), np.where(far, high + width, high)
    for _ in range(steps):
        middle = (low + high) / 2
        rises = tilt(middle)[0] >= 0
        low, high = np.where(rises, low, middle), np.where(rises, middle, high)
    return high, tilt(high)[1]


def _longest_block(y: Floats, x: Floats, taus: Floats, slopes: Floats, heights: Floats) -> int:
    moved = x - x.mean()
    scores = [moved * (t - (y < h + b * x)) for t, b, h in zip(taus, slopes, heights, strict=True)]
    return min(max(block_length(score) for score in scores), max(1, y.size // 3))


@dataclass(frozen=True, eq=False)
class DownsideBeta:
    """Betas on either side of a threshold; made by :func:`downside_beta`.

    Attributes
    ----------
    table : DataFrame
        Rows ``downside``, ``upside`` and ``overall``; columns ``beta``, ``se``, ``correlation`` and ``observations``.
    difference : TestResult
        Downside less upside beta.
    threshold : float
        Where ``x`` was split, in its unit.
    lags : int
        Lags of the standard errors.
    """

    table: pd.DataFrame
    difference: TestResult
    threshold: float
    lags: int

    @property
    def downside(self) -> float:
        """Beta on days with ``x`` below the threshold."""
        return float(self.table["beta"].to_numpy()[0])

    @property
    def upside(self) -> float:
        """Beta on the other days."""
        return float(self.table["beta"].to_numpy()[1])

    def to_frame(self) -> pd.DataFrame:
        """Return the betas as rows."""
        return self.table.copy()

    def summary(self) -> str:
        """Return the betas and their difference as two lines."""
        parts = [
            f"{name} beta {row.beta:+.3f} (se {row.se:.3f}, {row.observations:.0f} days)"
            for name, row in self.table.iterrows()
        ]
        return f"{', '.join(parts)}; x split at {self.threshold:g}\n{self.difference.summary()}"


def downside_beta(
    y: Series, x: Series, threshold: float | str = 0.0, hac_lags: int | None = None, minimum: int = 20
) -> DownsideBeta:
    """Return the beta of ``y`` on days when ``x`` fell below a threshold, and on the others.

    Parameters
    ----------
    y, x : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    threshold : float or "mean"
        Downside days have ``x < threshold``, in the unit of ``x``.
    hac_lags : int, optional
        Lags of the standard errors; by default ``floor(4 (T / 100)^(2/9))``.
    minimum : int
        Days needed on either side.

    Returns
    -------
    DownsideBeta

    Raises
    ------
    ValueError
        The inputs do not fit together, a side holds too few days or a flat ``x``, or a setting is out of its range.

    Notes
    -----
    One regression gives both: ``y = a + b x + d (a' + b' x)`` with ``d = 1[x < threshold]``; b is the upside beta,
    b + b' the downside beta, b' their difference. The covariance is Newey and West's, with residuals divided by one
    less their leverage (as in HC3), because few days far out decide each side. The test of the difference rejects a
    true null in 5 to 7 % of simulated samples of 500 days (normal, t5, GARCH-t), against 6 to 9 % without that.

    The correlation of each side is shown for comparison only. Cutting the sample by ``x`` lowers it even if nothing
    changed, since less variance of ``x`` is left; beta is not touched by that as long as ``y`` is linear in ``x``.

    References
    ----------
    Ang, Chen and Xing (2006), Review of Financial Studies 19, 1191-1239; MacKinnon and White (1985), Journal of
    Econometrics 29, 305-325.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.conditional import downside_beta
    >>> x = np.linspace(-1, 1, 80)
    >>> result = downside_beta(np.where(x < 0, 2 * x, x), x)
    >>> round(result.downside, 6), round(result.upside, 6)
    (2.0, 1.0)
    """
    right, left, _ = paired(x, y, missing=False)
    lags = newey_west_lags(left.size, hac_lags, "downside_beta")
    cut = _threshold(threshold, right)
    down = right < cut
    for side, name in ((down, "below"), (~down, "not below")):
        if side.sum() < max(minimum, 3):
            raise ValueError(
                f"downside_beta: {side.sum()} days {name} {cut:g}; {max(minimum, 3)} are needed, so move the threshold"
            )
        if np.ptp(right[side]) == 0:
            raise ValueError(f"downside_beta: x is flat on the days {name} {cut:g}; no slope belongs to it there")
    ones, moved = np.ones_like(right), right - cut  # measured from the cut, a level far from zero costs no digits
    beta, cov = _regression(np.column_stack([ones, moved, down, down * moved]), left, lags)
    whole, whole_cov = _regression(np.column_stack([ones, moved]), left, lags)
    betas = [beta[1] + beta[3], beta[1], whole[1]]
    variances = [cov[1, 1] + cov[3, 3] + 2 * cov[1, 3], cov[1, 1], whole_cov[1, 1]]
    sides = (down, ~down, np.ones_like(down))
    table = pd.DataFrame(
        {
            "beta": betas,
            "se": np.sqrt(variances),
            "correlation": [_correlation(left[side], right[side]) for side in sides],
            "observations": [int(side.sum()) for side in sides],
        },
        index=["downside", "upside", "overall"],
    )
    return DownsideBeta(table, _difference(float(beta[3]), float(np.sqrt(cov[3, 3])), lags, cut), cut, lags)


def _threshold(threshold: float | str, x: Floats) -> float:
    if threshold == "mean":
        return float(x.mean())
    if isinstance(threshold, str) or not np.isfinite(threshold):
        raise ValueError(f"downside_beta: threshold {threshold!r} must be a number in the unit of x, or 'mean'")
    return float(threshold)


def _difference(effect: float, se: float, lags: int, cut: float) -> TestResult:
    from scipy.stats import norm

    statistic = effect / se if se > 0 else float("nan")
    settings = {"lags": lags, "threshold": cut}
    pvalue = float(2 * norm.sf(abs(statistic)))
    return TestResult("downside less upside beta", statistic, pvalue, effect, se, settings=settings)


def _correlation(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) > 0 and np.ptp(b) > 0 else float("nan")


def _regression(design: Floats, y: Floats, lags: int) -> tuple[Floats, Floats]:
    """Return coefficients and their leverage-adjusted Newey-West covariance."""
    q, r = np.linalg.qr(design)
    inverse = np.linalg.inv(r)
    beta = inverse @ (q.T @ y)
    leverage = np.minimum(np.einsum("ij,ij->i", q, q), 1 - 1e-12)
    scores = q * ((y - design @ beta) / (1 - leverage))[:, None]
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        pairs = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (pairs + pairs.T)
    covariance: Floats = inverse @ middle @ inverse.T
    return beta, covariance
