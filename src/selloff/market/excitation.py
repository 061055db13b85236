"""Counts that excite one another over a baseline of their own: likelihood, maximum, and simulated paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selloff.market.settings import check_count, check_number

__all__ = ["MOST_BRANCHING", "Excitation", "Family", "Fit", "simulate_hawkes"]

Floats = NDArray[np.float64]
Family = Literal["bernoulli", "poisson"]

#: The largest branching ratio that is tried.
MOST_BRANCHING = 2.0
# Half-lives, in bars, at which the search for a maximum may start.
_STARTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
# The logarithm of the baseline stays this close to the mean's: a stretch without an event has no other bound.
_REACH = 10.0
# An intensity at which an event is certain to the last digit; its exponential still has a value.
_SURE = 700.0
# Largest slope that counts as a maximum, per standard error: the log-likelihood is then right to about 1e-4.
_SLOPE = 0.01


@dataclass(frozen=True, eq=False)
class Fit:
    """A maximum of the likelihood: baseline weights, branching ratio, log half-life in bars, and how it was reached."""

    weights: Floats
    branching: float
    log_halflife: float
    loglikelihood: float
    converged: bool


@dataclass(frozen=True, eq=False)
class Excitation:
    """Counts with a baseline that may move, and the likelihood of their exciting one another.

    Attributes
    ----------
    counts : ndarray, shape (T,)
        Events per bar; their mean where ``known`` is 0.
    known : ndarray, shape (T,)
        1 where the count is known, else 0.
    design : sparse array, shape (T, K)
        The logarithm of the baseline is ``design @ weights``.
    level : ndarray, shape (K,)
        The weights that make that logarithm 1 throughout.
    family : {"bernoulli", "poisson"}
        Distribution of a count.
    bounds : tuple of float
        Least and largest half-life in bars.

    Notes
    -----
    ``lambda_t = mu_t + n g_t`` with ``g_t = b g_(t-1) + (1 - b) y_(t-1)`` and ``b = 2^(-1 / halflife)``: an event adds
    ``n (1 - b) b^(k-1)`` to the intensity k bars later, n in total. Before the sample, counts were at their mean. A
    Poisson count has the mean lambda; a Bernoulli one is 1 with probability ``1 - exp(-lambda)``.
    """

    counts: Floats
    known: Floats
    design: Any
    level: Floats
    family: Family
    bounds: tuple[float, float]

    @property
    def mean(self) -> float:
        """Mean of the known counts."""
        return float(self.known @ self.counts / self.known.sum())

    def baseline(self, weights: Floats) -> Floats:
        """Return the baseline of each bar."""
        mu: Floats = np.exp(self.design @ weights)
        return mu

    def memory(self, log_halflife: float) -> tuple[Floats, Floats]:
        """Return the moving average of past counts, and its derivative by the log half-life."""
        from scipy.signal import lfilter

        halflife = float(np.exp(log_halflife))
        decay, mean = 2.0 ** (-1 / halflife), self.mean
        average, change = np.full(self.counts.size, mean), np.zeros(self.counts.size)
        average[1:] = lfilter([1 - decay], [1, -decay], self.counts[:-1], zi=[decay * mean])[0]
        change[1:] = lfilter([1], [1, -decay], average[:-1] - self.counts[:-1])
        return average, change * (decay * np.log(2) / halflife)

    def loglikelihood(self, intensity: Floats) -> tuple[float, Floats]:
        """Return the log-likelihood and its derivative by each intensity."""
        y = self.counts
        if self.family == "poisson":
            from scipy.special import gammaln

            each = y * np.log(intensity) - intensity - gammaln(y + 1)
            return float(self.known @ each), self.known * (y / intensity - 1)
        each = y * np.log(-np.expm1(-intensity)) - (1 - y) * intensity
        odds = np.expm1(np.minimum(intensity, _SURE))
        return float(self.known @ each), self.known * (y / odds - (1 - y))

    def moments(self, intensity: Floats) -> tuple[Floats, Floats]:
        """Return the mean and the variance of each count."""
        if self.family == "poisson":
            return intensity, intensity
        mean: Floats = -np.expm1(-intensity)
        return mean, mean * (1 - mean)

    def objective(self, parameters: Floats) -> tuple[float, Floats]:
        """Return the negative log-likelihood and its gradient by weights, branching ratio and log half-life."""
        branching = float(parameters[-2])
        mu = self.baseline(parameters[:-2])
        average, change = self.memory(float(parameters[-1]))
        value, score = self.loglikelihood(mu + branching * average)
        gradient = [*(self.design.T @ (score * mu)), score @ average, branching * (score @ change)]
        return -value, -np.array(gradient)

    def null(self) -> Fit:
        """Fit the baseline alone."""
        middle = float(np.log(self.bounds).mean())
        return self.held(0.0, Fit(np.log(self.mean) * self.level, 0.0, middle, -np.inf, False))

    def held(self, branching: float, start: Fit) -> Fit:
        """Fit the rest with the branching ratio held at a value."""
        mu = max(1 - branching, 0.05) / max(1 - start.branching, 0.05)
        weights = start.weights + np.log(mu) * self.level
        return self._climb(np.array([*weights, branching, start.log_halflife]), (branching, branching))

    def free(self, null: Fit) -> Fit:
        """Fit everything, from the half-life at which the fit without excitation has the steepest way up."""
        mu = self.baseline(null.weights)
        _, score = self.loglikelihood(mu)
        gains = {}
        for halflife in _STARTS:
            if self.bounds[0] <= halflife <= self.bounds[1]:
                average = self.memory(float(np.log(halflife)))[0] - mu
                gains[halflife] = float(score @ average / np.sqrt(self.known @ (average**2 / mu)))
        best = max(gains, key=lambda each: gains[each]) if gains else float(np.sqrt(np.prod(self.bounds)))
        ratio = 0.3 if gains.get(best, 0.0) > 0 else 0.03
        weights = null.weights + np.log(1 - ratio) * self.level
        fit = self._climb(np.array([*weights, ratio, np.log(best)]), (0.0, MOST_BRANCHING))
        return fit if fit.loglikelihood >= null.loglikelihood or not fit.converged else null

    def _climb(self, start: Floats, ratio: tuple[float, float]) -> Fit:
        from scipy.optimize import minimize

        scale = 1 / np.sqrt(np.maximum(self._information(start), 1e-8))
        middle = np.log(self.mean) * self.level
        limits = [*((m - _REACH, m + _REACH) for m in middle), ratio, tuple(np.log(self.bounds))]
        low, high = (np.array(side) / scale for side in zip(*limits, strict=True))

        def scaled(z: Floats) -> tuple[float, Floats]:
            value, gradient = self.objective(z * scale)
            return value, gradient * scale

        found = minimize(
            scaled,
            np.clip(start / scale, low, high),
            jac=True,
            method="L-BFGS-B",
            bounds=np.column_stack([low, high]),
            options={"maxiter": 1000, "maxfun": 2000, "ftol": 1e-13, "gtol": _SLOPE / 10, "maxcor": 20},
        )
        pushed = np.where((found.x <= low) & (found.jac > 0) | (found.x >= high) & (found.jac < 0), 0, found.jac)
        end = found.x * scale
        sound = bool(np.isfinite(found.fun) and np.abs(pushed).max() < _SLOPE)
        return Fit(end[:-2], float(end[-2]), float(end[-1]), -float(found.fun), sound)

    def _information(self, parameters: Floats) -> Floats:
        """Return the diagonal of the Fisher information, which sets the scale of the search."""
        mu = self.baseline(parameters[:-2])
        average, change = self.memory(float(parameters[-1]))
        branching = max(float(parameters[-2]), 0.05)
        weight = self.known / (mu + parameters[-2] * average)
        squares = self.design.power(2).T @ (weight * mu**2)
        return np.array([*squares, weight @ average**2, branching**2 * (weight @ change**2)])


def simulate_hawkes(
    length: int,
    baseline: ArrayLike,
    branching: float,
    halflife: float = 3.0,
    family: Family = "bernoulli",
    replications: int | None = None,
    seed: int = 0,
) -> Floats:
    """Return counts that excite one another, with known truth.

    Parameters
    ----------
    length : int
        Bars.
    baseline : float or ndarray, shape (length,)
        Intensity per bar from outside, above zero.
    branching : float
        What an event adds to later intensity in total; below 1 for Poisson counts, at most 2 for Bernoulli ones.
    halflife : float
        Bars in which half of it has come.
    family : {"bernoulli", "poisson"}
        At most one event a bar, with probability ``1 - exp(-intensity)``; or any number.
    replications : int, optional
        Paths; by default one, without an axis for it.
    seed : int
        Seed of the generator.

    Returns
    -------
    ndarray, shape (length,) or (replications, length)

    Raises
    ------
    ValueError
        A setting is unknown or out of range.

    Notes
    -----
    The model of :class:`Excitation`. Ten half-lives run at the first baseline before the path counts. Poisson counts
    have the mean ``baseline / (1 - branching)`` where the baseline is constant.

    References
    ----------
    Hawkes (1971), Biometrika 58, 83-90; in discrete time Kirchner (2016), Stochastic Processes and their Applications
    126, 2494-2525, and Fokianos, Rahbek and Tjostheim (2009), Journal of the American Statistical Association 104,
    1430-1439.

    Examples
    --------
    >>> from selloff.market.excitation import simulate_hawkes
    >>> counts = simulate_hawkes(20_000, baseline=0.05, branching=0.5, family="poisson", seed=1)
    >>> bool(0.09 < counts.mean() < 0.11)
    True
    """
    if family not in get_args(Family):
        raise ValueError(f"simulate_hawkes: unknown family {family!r}; expected {', '.join(get_args(Family))}")
    check_count(length, "length")
    paths = 1 if replications is None else check_count(replications, "replications")
    ratio = check_number(branching, "branching", most=MOST_BRANCHING, equal=True)
    if family == "poisson" and ratio >= 1:
        raise ValueError(f"branching {ratio:g} makes Poisson counts grow without end; stay below 1")
    mu = np.asarray(baseline, dtype=float)
    if mu.shape not in ((), (length,)) or not (np.isfinite(mu) & (mu > 0)).all():
        raise ValueError(f"baseline must be one number above zero or {length} of them, got shape {mu.shape}")
    life = check_number(halflife, "halflife")
    burn = int(np.ceil(10 * life))
    decay = 2.0 ** (-1 / life)
    mu = np.concatenate([np.full(burn, mu.flat[0]), np.broadcast_to(mu, (length,))])
    rng = np.random.default_rng(seed)
    average = np.full(paths, mu[0])
    counts = np.empty((mu.size, paths))
    for row, outside in zip(counts, mu, strict=True):
        intensity = outside + ratio * average
        if family == "poisson":
            row[:] = rng.poisson(intensity)
        else:
            row[:] = rng.random(paths) < -np.expm1(-intensity)
        average = decay * average + (1 - decay) * row
    result: Floats = np.ascontiguousarray(counts[burn:].T)
    return result[0] if replications is None else result
