"""A quick GARCH(1,1): the variance that a day's correlation, bootstrap or event is measured against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.inference.search import minimise

__all__ = ["Garch11", "garch11", "garch_slopes", "garch_variance"]

Errors = Literal["normal", "t"]
Mean = Literal["zero", "constant"]
Floats = NDArray[np.float64]

#: Observations that a fit needs.
_FEWEST = 20
# At unit variance: the least omega, the largest alpha + beta, and 1 / freedom from nearly normal to no variance.
_FLOOR, _PERSISTENCE, _TAIL = 1e-10, 1 - 1e-6, (1 / 500, 1 / 2.02)
# Starts (alpha, beta): equities, coins, short waves, strong and long waves, one day only. An alpha below _NOTHING is 0.
_STARTS = ((0.05, 0.94), (0.1, 0.85), (0.2, 0.5), (0.25, 0.72), (0.15, 0.05))
_NOTHING = 1e-6
_TWO_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Garch11:
    """A fitted GARCH(1,1); made by :func:`garch11`.

    Attributes
    ----------
    mean : float
        Mean that was taken out.
    omega, alpha, beta : float
        Constant (squared units of the series), weight of yesterday's square, weight of yesterday's variance.
    freedom : float or None
        Degrees of freedom of the errors; None for normal ones.
    loglikelihood : float
        Of all observations, with every constant.
    variance : ndarray, shape (T,)
        Variance of each day given the days before.
    residuals : ndarray, shape (T,)
        ``(e - mean) / sqrt(variance)``.
    start : float
        Square and variance that stand for the day before the first.
    converged : bool
        Whether the optimiser ended at an optimum.
    errors : str
        ``"normal"`` or ``"t"``.
    index : Index
        Dates, or positions for an array.
    """

    mean: float
    omega: float
    alpha: float
    beta: float
    freedom: float | None
    loglikelihood: float
    variance: Floats
    residuals: Floats
    start: float
    converged: bool
    errors: str
    index: pd.Index

    @property
    def persistence(self) -> float:
        """``alpha + beta``; what is left of a shock to the variance after a day."""
        return self.alpha + self.beta

    def to_frame(self) -> pd.DataFrame:
        """Return variance and residuals by date."""
        return pd.DataFrame({"variance": self.variance, "residual": self.residuals}, index=self.index)

    def summary(self) -> str:
        """Return the fit as one line."""
        tail = "normal errors" if self.freedom is None else f"t errors, {self.freedom:.1f} degrees of freedom"
        line = (
            f"GARCH(1,1), {tail}: omega {self.omega:.4g}, alpha {self.alpha:.4f}, beta {self.beta:.4f}, "
            f"log-likelihood {self.loglikelihood:.2f}, {self.variance.size} observations"
        )
        if not self.converged:
            return f"{line}; DID NOT CONVERGE: do not use these numbers, look for a few extreme days or a short sample"
        if self.alpha == 0:
            return f"{line}; no volatility waves found, so the variance is constant"
        if self.persistence > _PERSISTENCE - 1e-6:
            return f"{line}; at the limit alpha + beta = 1, where the variance has no mean"
        return line


def garch11(e: Series, errors: Errors = "normal", mean: Mean = "zero") -> Garch11:
    """Fit a GARCH(1,1) by maximum likelihood.

    Parameters
    ----------
    e : Series or ndarray, shape (T,)
        Returns in any unit, at least 20, without missing values; less their mean unless ``mean`` takes it out.
    errors : {"normal", "t"}
        Distribution of the errors. Normal is right for the parameters even where the errors are not (quasi maximum
        likelihood); ``"t"`` is a t distribution scaled to variance 1.
    mean : {"zero", "constant"}
        Whether a constant mean is estimated with the rest. It differs from the average, as calm days count for more.

    Returns
    -------
    Garch11
        In the units of ``e``. Look at ``converged``: it is False where the optimiser stopped short of an optimum.

    Raises
    ------
    ValueError
        The series is too short, flat, or has missing or infinite values; or an option is unknown.

    Notes
    -----
    ``h_t = omega + alpha e_(t-1)^2 + beta h_(t-1)``, with the average of ``e^2`` (around the average, if there is a
    mean) standing for the day before the first, both as square and as variance. ``alpha + beta < 1`` is imposed. The
    derivatives of ``h`` follow the same recursion, so variance and gradient are linear filters and cost no loop.

    Short samples and faint waves have several optima; the best of five searches is taken. Where alpha is zero, beta
    is not identified (it could only let the start variance fade); the fit then is a constant variance. Standard
    errors are not given: the variance path is what this function is for.

    References
    ----------
    Bollerslev (1986), Journal of Econometrics 31, 307-327; Bollerslev (1987), Review of Economics and Statistics 69,
    542-547, for t errors; Fiorentini, Calzolari and Panattoni (1996), Journal of Applied Econometrics 11, 399-417,
    for the derivatives.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.garch import garch11
    >>> z = np.random.default_rng(0).standard_normal(3000)
    >>> e = np.empty(3000)
    >>> h = 1.0
    >>> for t in range(3000):
    ...     e[t] = np.sqrt(h) * z[t]
    ...     h = 0.05 + 0.1 * e[t] ** 2 + 0.85 * h
    >>> fit = garch11(e, mean="constant")
    >>> fit.converged, round(fit.alpha, 1), round(fit.beta, 1)
    (True, 0.1, 0.9)
    """
    for name, option, known in (("errors", errors, get_args(Errors)), ("mean", mean, get_args(Mean))):
        if option not in known:
            raise ValueError(f"garch11: unknown {name} {option!r}; expected {' or '.join(known)}")
    values, index = check_series(e, "e", _FEWEST)
    largest = float(np.abs(values).max())
    if np.ptp(values) <= 1e-12 * largest:
        raise ValueError(f"garch11: e is flat at {values[0]:g}; a series that does not move has no variance to model")
    centre = float(values.mean()) if mean == "constant" else 0.0
    centred = values - centre
    # In two steps, so that squares neither overflow nor vanish.
    largest = float(np.abs(centred).max())
    scale = largest * float(np.sqrt(np.mean((centred / largest) ** 2)))
    model = _Likelihood(centred / scale, errors, mean)
    theta, value, converged = _optimum(model)
    omega, alpha, beta = (max(float(each), 0.0) for each in theta[:3])
    shift = float(theta[3]) if mean == "constant" else 0.0
    unit = model.unit - shift
    variance = _variance(unit**2, omega, alpha, beta)[0]
    return Garch11(
        centre + shift * scale,
        omega * scale**2,
        alpha,
        beta,
        float(1 / theta[-1]) if errors == "t" else None,
        -values.size * (value + float(np.log(scale))),
        variance * scale**2,
        unit / np.sqrt(variance),
        scale**2,
        converged,
        errors,
        index,
    )


def garch_variance(e: Series, omega: float, alpha: float, beta: float, start: float | None = None) -> Floats:
    """Return the variance path of a GARCH(1,1) with given parameters.

    Parameters
    ----------
    e : Series or ndarray, shape (T,)
        Returns less their mean.
    omega, alpha, beta : float
        The parameters, in the units of ``e``; none negative.
    start : float, optional
        Square and variance of the day before the first; by default the mean of ``e^2``. That mean knows the whole
        sample: give a number where the path must not.

    Returns
    -------
    ndarray, shape (T,)

    Raises
    ------
    ValueError
        A parameter is negative, or the series is not as :func:`garch11` wants it.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.garch import garch_variance
    >>> garch_variance(np.array([1., -2., 0.]), omega=0.5, alpha=0.25, beta=0.5, start=2.0).tolist()
    [2.0, 1.75, 2.375]
    """
    values, _ = check_series(e, "e", 1)
    for name, value in (("omega", omega), ("alpha", alpha), ("beta", beta), ("start", 0.0 if start is None else start)):
        if not 0 <= value < np.inf:
            raise ValueError(f"garch_variance: {name} is {value!r}; it must be a number that is not negative")
    squares = values**2
    before = float(squares.mean()) if start is None else float(start)
    return _filtered(omega + alpha * _lagged(squares, before), beta, before)


def garch_slopes(fit: Garch11) -> Floats:
    """Return the derivatives of a fit's variance path by omega, alpha, beta and the mean.

    Parameters
    ----------
    fit : Garch11

    Returns
    -------
    ndarray, shape (4, T)
        With the start variance held.
    """
    unit = fit.residuals * np.sqrt(fit.variance / fit.start)
    slopes = _variance(unit**2, fit.omega / fit.start, fit.alpha, fit.beta, unit)[1]
    slopes[1:3] *= fit.start
    slopes[3] *= np.sqrt(fit.start)
    return slopes


def _lagged(values: Floats, before: float) -> Floats:
    return np.concatenate([[before], values[:-1]])


def _filtered(driven: Floats, beta: float, before: float = 0.0) -> Floats:
    """Return ``y_t = driven_t + beta y_(t-1)``: a triangular system with two diagonals."""
    from scipy.linalg.blas import dtbsv

    band = np.empty((2, driven.size), order="F")
    band[1] = -beta
    start = driven.copy()
    start[0] += beta * before
    path: Floats = dtbsv(1, band, start, lower=1, diag=1, overwrite_x=1)
    return path


def _variance(
    squares: Floats, omega: float, alpha: float, beta: float, unit: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return the variance that starts at 1 and its derivatives by omega, alpha, beta and, given ``unit``, the mean."""
    beta = min(max(beta, 1e-12), _PERSISTENCE)
    slopes = np.empty((3 if unit is None else 4, squares.size))
    # beta^t: what is left of the first day; the recursion is linear, so its parts add up to the variance.
    left = np.exp(np.arange(1.0, squares.size + 1) * np.log(beta))
    slopes[0] = (1 - left) / (1 - beta)
    slopes[1] = _filtered(_lagged(squares, 1.0), beta)
    variance: Floats = omega * slopes[0] + alpha * slopes[1] + left
    slopes[2] = _filtered(_lagged(variance, 1.0), beta)
    if unit is not None:
        slopes[3] = _filtered(_lagged(unit, 0.0), beta) * (-2 * alpha)
    return variance, slopes


class _Likelihood:
    """Minus the mean log-likelihood by (omega, alpha, beta[, mean][, 1 / freedom]) of a series at unit variance."""

    def __init__(self, unit: Floats, errors: Errors, mean: Mean) -> None:
        self.unit, self.student, self.mean = unit, errors == "t", mean == "constant"
        self.start = np.array([1.0, 0.0, 0.0] + [0.0] * self.mean + [0.15] * self.student)
        rows = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, -1.0]] + [[0.0] * 3] * 2 * self.student
        self.room = np.hstack([np.array(rows), np.zeros((len(rows), self.start.size - 3))])
        self.room[4:, -1] = (1.0, -1.0)[: 2 * self.student]
        self.limit = np.array([_FLOOR, 0.0, 0.0, -_PERSISTENCE, _TAIL[0], -_TAIL[1]][: len(rows)])
        self._last: tuple[bytes, tuple[Floats, Floats, Floats, Floats]] | None = None

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Return the value and the gradient."""
        unit, squares, variance, slopes = self._paths(theta)
        if self.student:
            freedom = 1 / min(max(float(theta[-1]), _TAIL[0]), _TAIL[1])
            return self._t(unit, squares / variance, variance, slopes, freedom)
        shocks = squares / variance
        value = 0.5 * (float(np.log(variance).sum() + shocks.sum()) / unit.size + _TWO_PI)
        gradient = slopes @ ((1 - shocks) / variance) * (0.5 / unit.size)
        if self.mean:
            gradient[3] -= float(np.sum(unit / variance)) / unit.size
        return float(value), gradient

    def rough(self, theta: Floats) -> float:
        """Return the value of normal errors, but for a constant."""
        squares = self.unit**2
        variance = _filtered(theta[0] + theta[1] * _lagged(squares, 1.0), float(theta[2]), 1.0)
        return float(np.log(variance).sum() + (squares / variance).sum())

    def information(self, theta: Floats) -> Floats:
        """Return the expected second derivatives for normal errors: the metric in which a search is short."""
        _, _, variance, slopes = self._paths(theta)
        relative = slopes / variance
        matrix = np.eye(theta.size)
        matrix[: len(slopes), : len(slopes)] = relative @ relative.T / (2 * variance.size)
        if self.mean:
            matrix[3, 3] += float(np.mean(1 / variance))
        return matrix

    def _paths(self, theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return errors, squares, variance and slopes; a second question at the same point costs nothing."""
        key = theta.tobytes()
        if self._last is None or self._last[0] != key:
            unit = self.unit - theta[3] if self.mean else self.unit
            squares = unit**2
            # A search may overstep its limits on the way.
            omega, alpha, beta = max(float(theta[0]), _FLOOR), max(float(theta[1]), 0.0), float(theta[2])
            self._last = key, (unit, squares, *_variance(squares, omega, alpha, beta, unit if self.mean else None))
        return self._last[1]

    def _t(
        self, unit: Floats, shocks: Floats, variance: Floats, slopes: Floats, freedom: float
    ) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        shocks = shocks / (freedom - 2)
        half = (freedom + 1) / 2
        tails = float(np.log1p(shocks).mean())
        share = shocks / (1 + shocks)
        constant = gammaln(half) - gammaln(freedom / 2) - 0.5 * np.log(np.pi * (freedom - 2))
        value = 0.5 * float(np.log(variance).mean()) + half * tails - constant
        gradient = np.empty(len(slopes) + 1)
        gradient[:-1] = slopes @ ((1 - (freedom + 1) * share) / variance) * (0.5 / unit.size)
        if self.mean:
            gradient[3] -= (freedom + 1) / (freedom - 2) * float(np.mean(unit / variance / (1 + shocks)))
        by_freedom = (digamma(half) - digamma(freedom / 2) - 1 / (freedom - 2) - tails) / 2
        gradient[-1] = freedom**2 * (by_freedom + half / (freedom - 2) * float(share.mean()))
        return float(value), gradient


def _optimum(model: _Likelihood) -> tuple[Floats, float, bool]:
    """Return the parameters, minus the mean log-likelihood there, and whether they are an optimum."""
    starts = []
    for alpha, beta in _STARTS:
        start = model.start.copy()
        start[:3] = 1 - alpha - beta, alpha, beta
        starts.append(start)
    starts.sort(key=model.rough)
    found = [_search(model, starts[0])]
    # Short samples and faint waves have several optima; clear ones have one.
    _, alpha, beta = found[0][0][:3]
    clear = model.unit.size >= 1000 and 0.02 < alpha < 0.3 and 0.6 < alpha + beta < _PERSISTENCE - 1e-4
    if not (clear and found[0][2]):
        found += [_search(model, start) for start in starts[1:]]
        # Without alpha the days tell nothing about the next ones, and beta could only let the start variance fade.
        found = [each for each in found if each[0][1] > _NOTHING] + [_search(model, model.start, waves=False)]
    return min(found, key=lambda each: (not each[2], each[1]))


def _search(model: _Likelihood, start: Floats, waves: bool = True) -> tuple[Floats, float, bool]:
    """Search from one start; without waves, alpha and beta stay as they are."""
    free = np.flatnonzero([waves or number not in (1, 2) for number in range(start.size)])

    def target(part: Floats) -> tuple[float, Floats]:
        theta = start.copy()
        theta[free] = part
        value, gradient = model(theta)
        return value, gradient[free]

    limit = model.limit - (model.room @ start - model.room[:, free] @ start[free])
    metric = model.information(start)[np.ix_(free, free)]
    found = minimise(target, start[free], metric, model.room[:, free], limit)
    theta = start.copy()
    theta[free] = found.theta
    return theta, found.value, found.converged
