"""The generalised Pareto distribution of what lies beyond a high threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.market.tails import Side, tail_values

__all__ = ["GPD", "fit_gpd", "mean_excess"]

#: Exceedances below which two parameters are not worth fitting.
_FEWEST = 10
#: Loss of a tail that ends before the largest value: finite, since the search takes differences.
_IMPOSSIBLE = 1e200
#: Below this, a shape counts as 0 and the tail as exponential: the formulas divide by it.
_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class GPD:
    """A fitted tail beyond a threshold; made by :func:`fit_gpd`.

    Attributes
    ----------
    shape, scale : float
        Shape (above 0: a power law of index ``1 / shape``) and scale, in the unit of the data.
    se_shape, se_scale : float
        Standard errors from the expected information; NaN for a shape of -1/2 or less.
    covariance : ndarray, shape (2, 2)
        Of shape and scale.
    threshold : float
        Where the tail begins (the size of a loss, for the lower side).
    exceedances, observations : int
        Values beyond the threshold, and in all.
    loglikelihood : float
        Of the excesses.
    side : str
        Which tail.
    """

    shape: float
    scale: float
    se_shape: float
    se_scale: float
    covariance: NDArray[np.float64]
    threshold: float
    exceedances: int
    observations: int
    loglikelihood: float
    side: str
    _excesses: NDArray[np.float64] = field(repr=False)

    def exceedance_probability(self, level: float) -> float:
        """Return the probability that one observation goes beyond ``level``, at or beyond the threshold."""
        if level < self.threshold:
            raise ValueError(f"GPD: level {level:g} lies below the threshold {self.threshold:g}, where the tail begins")
        share = self.exceedances / self.observations
        z = (level - self.threshold) / self.scale
        if abs(self.shape) < _FLAT:
            return share * math.exp(-z)
        inside = 1 + self.shape * z
        return share * inside ** (-1 / self.shape) if inside > 0 else 0.0

    def quantile(self, p: float) -> float:
        """Return the size that one observation stays below with probability ``p`` (value at risk)."""
        return self.threshold + self.scale * _growth(self._beyond(p), self.shape)

    def expected_shortfall(self, p: float) -> float:
        """Return the mean size beyond the quantile of ``p``; infinite for a shape of 1 or more.

        Notes
        -----
        ``(q + scale - shape u) / (1 - shape)`` with the quantile ``q`` and the threshold ``u``.
        """
        level = self.quantile(p)
        if self.shape >= 1:
            return math.inf
        return (level + self.scale - self.shape * self.threshold) / (1 - self.shape)

    def return_level(self, m: float, extremal_index: float = 1.0) -> float:
        """Return the size that is exceeded once in ``m`` observations on average.

        Parameters
        ----------
        m : float
            Observations: 365 for a year of days.
        extremal_index : float
            Of :func:`selloff.market.extremal_index`, to count a cluster of exceedances as one.
        """
        if not m > 1 or not 0 < extremal_index <= 1:
            raise ValueError(f"GPD: expected m above 1 and an extremal index in (0, 1], got {m} and {extremal_index}")
        return self.quantile(1 - 1 / (m * extremal_index))

    def quantile_interval(self, p: float, level: float = 0.95) -> tuple[float, float]:
        """Return the interval of a quantile by profile likelihood.

        Parameters
        ----------
        p : float
            Probability of the quantile.
        level : float
            Coverage.

        Notes
        -----
        The quantiles whose best likelihood falls short of the maximum by at most half the chi-square quantile. It
        reaches farther up than down, as it should. The share of values beyond the threshold is taken as known, and
        the values as independent.
        """
        from scipy.optimize import brentq
        from scipy.stats import chi2

        if not 0 < level < 1:
            raise ValueError(f"GPD: level must lie between 0 and 1, got {level}")
        beyond = self._beyond(p)
        centre = math.log(self.quantile(p) - self.threshold)
        target = self.loglikelihood - 0.5 * float(chi2.ppf(level, 1))
        most = 6.0 + 2 * max(self.shape, 0.0)

        def surplus(log_height: float) -> float:
            return _profile_quantile(self._excesses, math.exp(log_height), beyond, most) - target

        ends = []
        for direction in (-1.0, 1.0):
            step = 0.25
            while surplus(centre + direction * step) > 0:
                step *= 2
                if step > 64:
                    raise RuntimeError("GPD: the likelihood is too flat for an interval; lower the threshold")
            ends.append(self.threshold + math.exp(brentq(surplus, *sorted((centre, centre + direction * step)))))
        return ends[0], ends[1]

    def _beyond(self, p: float) -> float:
        share = self.exceedances / self.observations
        if not 0 < p < 1 or 1 - p >= share:
            raise ValueError(
                f"GPD: probability {p} must lie between {1 - share:.4f}, where the tail begins, and 1; or lower the "
                "threshold"
            )
        return (1 - p) / share

    def to_frame(self) -> pd.DataFrame:
        """Return estimates, standard errors and 95 % intervals of shape and scale."""
        estimate, se = np.array([self.shape, self.scale]), np.array([self.se_shape, self.se_scale])
        half = 1.959963984540054 * se
        columns = {"estimate": estimate, "se": se, "lower": estimate - half, "upper": estimate + half}
        return pd.DataFrame(columns, index=["shape", "scale"])

    def summary(self) -> str:
        """Return the fit as one line."""
        return (
            f"generalised Pareto, {self.side} tail beyond {self.threshold:.4g}: shape {self.shape:.3f} (se "
            f"{self.se_shape:.3f}), scale {self.scale:.4g} (se {self.se_scale:.3g}); {self.exceedances} of "
            f"{self.observations} values"
        )


def fit_gpd(x: Series, threshold: float, side: Side = "upper") -> GPD:
    """Fit a generalised Pareto distribution to the excesses over a threshold by maximum likelihood.

    Parameters
    ----------
    x : Series or ndarray, shape (T,)
        Losses (or returns), without missing values.
    threshold : float
        Where the tail begins, in the unit of ``x``; for ``side="lower"`` the size of a fall.
    side : {"upper", "lower", "both"}
        The tail of ``x``, of ``-x`` or of ``|x|``.

    Returns
    -------
    GPD

    Raises
    ------
    ValueError
        The series does not fit, or fewer than 10 values lie beyond the threshold.
    RuntimeError
        The likelihood has no maximum with a shape above -1.

    Notes
    -----
    ``P(X - u > y | X > u) = (1 + shape y / scale)^(-1 / shape)``. The likelihood is maximised over
    ``shape / scale`` alone: given that ratio ``t``, the best shape is the mean of ``log(1 + t y)``. The covariance is
    ``(1 + shape) / n [[1 + shape, -scale], [-scale, 2 scale^2]]``.

    Excesses count as independent. Extremes of returns come in clusters: fit the peaks of
    :func:`selloff.market.decluster`, or read standard errors as too small. Below a shape of 1/2 the variance exists,
    below 1 the mean.

    References
    ----------
    Pickands (1975), Annals of Statistics 3, 119-131. Smith (1987), Annals of Statistics 15, 1174-1207, for the
    standard errors. Grimshaw (1993), Technometrics 35, 185-191, for the reduction to one dimension. McNeil (1997),
    ASTIN Bulletin 27, 117-137, for the Danish fire losses.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.gpd import fit_gpd
    >>> losses = 10 * (np.random.default_rng(0).uniform(size=2000) ** -0.25 - 1)
    >>> fit = fit_gpd(losses, threshold=1.0)
    >>> abs(fit.shape - 0.25) < 2 * fit.se_shape
    True
    """
    values, _ = check_series(x, "x", _FEWEST)
    if not math.isfinite(threshold):
        raise ValueError(f"fit_gpd: threshold must be a number, got {threshold}")
    size = tail_values(values, side)
    excesses = np.sort(size[size > threshold]) - threshold
    if excesses.size < _FEWEST:
        raise ValueError(
            f"fit_gpd: {excesses.size} beyond the threshold {threshold:g}; at least {_FEWEST} are needed: lower it"
        )
    shape, scale, loglikelihood = _maximum(excesses)
    covariance = np.full((2, 2), np.nan)
    if shape > -0.5:
        covariance = (1 + shape) / excesses.size * np.array([[1 + shape, -scale], [-scale, 2 * scale**2]])
    se = np.sqrt(np.diag(covariance))
    return GPD(
        shape,
        scale,
        se_shape=float(se[0]),
        se_scale=float(se[1]),
        covariance=covariance,
        threshold=float(threshold),
        exceedances=excesses.size,
        observations=values.size,
        loglikelihood=loglikelihood,
        side=side,
        _excesses=excesses,
    )


def mean_excess(x: Series, side: Side = "upper") -> pd.DataFrame:
    """Return the mean excess over each value taken as a threshold.

    Parameters
    ----------
    x : Series or ndarray, shape (T,)
        Losses (or returns), without missing values.
    side : {"upper", "lower", "both"}
        The tail of ``x``, of ``-x`` or of ``|x|``.

    Returns
    -------
    DataFrame
        Index ``threshold`` (each value with at least 10 above it), columns ``mean_excess``, ``se``, ``exceedances``.

    Raises
    ------
    ValueError
        The series does not fit, or fewer than 11 values are different.

    Notes
    -----
    A generalised Pareto tail has ``(scale + shape (v - u)) / (1 - shape)`` at ``v``: a straight line, rising for a
    heavy tail. A fit may begin where the line does.

    References
    ----------
    Davison and Smith (1990), Journal of the Royal Statistical Society B 52, 393-442.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.gpd import mean_excess
    >>> mean_excess(np.arange(1.0, 22.0)).loc[[1.0, 11.0], "mean_excess"].to_list()
    [10.5, 5.5]
    """
    values, _ = check_series(x, "x", _FEWEST + 1)
    ordered = np.sort(tail_values(values, side))[::-1]
    # The last place of each value among the larger ones: ties are not above one another.
    thresholds, above = np.unique(-ordered, return_index=True)
    thresholds, above = -thresholds[above >= _FEWEST], above[above >= _FEWEST]
    if above.size == 0:
        raise ValueError(f"mean_excess: no value has {_FEWEST} above it; pass a longer sample")
    rest = ordered - ordered[0]
    mean = np.cumsum(rest)[above - 1] / above
    square = np.cumsum(rest**2)[above - 1] / above
    spread = np.sqrt(np.maximum(square - mean**2, 0) / (above - 1))
    table = pd.DataFrame(
        {"mean_excess": mean - (thresholds - ordered[0]), "se": spread, "exceedances": above},
        index=pd.Index(thresholds, name="threshold"),
    )
    return table.iloc[::-1]


def _growth(beyond: float, shape: float) -> float:
    """Return ``(beyond^-shape - 1) / shape``, which is ``-log(beyond)`` at a shape of 0."""
    log = -math.log(beyond)
    return log if abs(shape) < _FLAT else math.expm1(shape * log) / shape


def _maximum(y: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return shape, scale and log-likelihood at the best maximum with a shape above -1."""
    from scipy.optimize import minimize_scalar

    unit = float(y.mean())
    scaled = y / unit
    top = float(scaled[-1])

    def loss(s: float) -> float:
        shape, scale = _given_ratio(scaled, math.expm1(s) / top)
        return math.log(scale) + shape if shape > -1 else math.inf

    # The ratio runs from -1 / top, where the largest value would be the end of the tail, up to where even the
    # smallest value lies far out in the tail.
    end = max(40.0, math.log(top / float(scaled[0])) + 8)
    grid = np.arange(-12.0, end, 0.1)
    losses = np.array([loss(float(s)) for s in grid])
    inside = np.flatnonzero((losses[1:-1] < losses[:-2]) & (losses[1:-1] <= losses[2:])) + 1
    inside = inside[np.isfinite(losses[inside - 1])]
    if inside.size == 0:
        raise RuntimeError(
            "fit_gpd: the likelihood has no maximum with a shape above -1 (values that pile up at an end?); "
            "look at mean_excess and choose another threshold"
        )
    best = int(inside[np.argmin(losses[inside])])
    found = minimize_scalar(
        loss, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-11, "maxiter": 500}
    )
    shape, scale = _given_ratio(scaled, math.expm1(float(found.x)) / top)
    scale *= unit
    return shape, scale, -y.size * (math.log(scale) + shape + 1)


def _given_ratio(y: NDArray[np.float64], ratio: float) -> tuple[float, float]:
    """Return the best shape, and its scale, given shape over scale."""
    if abs(ratio) * float(y[-1]) < 1e-7:
        # log1p over the ratio loses its digits here; two terms of the series keep them.
        mean, square = float(y.mean()), float((y**2).mean())
        return ratio * (mean - ratio * square / 2), mean - ratio * square / 2
    shape = float(np.log1p(ratio * y).mean())
    return shape, shape / ratio


def _profile_quantile(y: NDArray[np.float64], height: float, beyond: float, most: float) -> float:
    """Return the best log-likelihood with the quantile ``height`` above the threshold, shapes up to ``most``."""
    from scipy.optimize import minimize_scalar

    def loss(shape: float) -> float:
        scale = height / _growth(beyond, shape)
        if abs(shape) < _FLAT:
            return y.size * math.log(scale) + float(y.sum()) / scale
        inside = 1 + shape * y / scale
        if inside[-1] <= 0:
            return _IMPOSSIBLE
        return y.size * math.log(scale) + (1 + 1 / shape) * float(np.log(inside).sum())

    grid = np.linspace(-0.99, most, 141)
    losses = np.array([loss(float(shape)) for shape in grid])
    best = int(np.clip(np.argmin(losses), 1, grid.size - 2))
    found = minimize_scalar(loss, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-9})
    return -min(float(found.fun), float(losses[best]))
