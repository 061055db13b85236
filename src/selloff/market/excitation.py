"""Counts that excite one another over a baseline of their own: likelihood, maximum, and simulated paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selloff.market.baseline import Design
from selloff.market.settings import check_count, check_number

__all__ = ["MOST_BRANCHING", "Excitation", "Family", "Fit", "simulate_hawkes"]

Floats = NDArray[np.float64]
Family = Literal["bernoulli", "poisson"]

#: The largest branching ratio that is tried.
MOST_BRANCHING = 2.0
# Half-lives, in bars, at which the search for a maximum may start.
_STARTS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
# The largest logarithm of a baseline, and an intensity at which an event is certain to the last digit.
_HIGHEST, _SURE = 6.0, 700.0
# Precision of a normal prior on the weights of a flexible baseline, five units of the logarithm about its mean: a
# stretch without an event has no other bound.
_PRECISION = 0.04
# Searches in a row: each forgets the curvature that the one before had made up in a flat stretch.
_RESTARTS = 5
# Largest slope that counts as a maximum, per standard error: the log-likelihood is then right to about 1e-4.
_SLOPE = 0.01
# Steps of the differences that the correction is made of, in the ratio and the log half-life, and its largest size.
_RATIO_STEP, _LIFE_STEP, _MOST_CORRECTED = 0.02, 0.1, 0.3
# Share of the curvature that the adjustment must leave for the step to use it.
_LEAST_LEFT = 0.5


@dataclass(frozen=True, eq=False)
class Fit:
    """A maximum, and whether it is one.

    Attributes
    ----------
    weights : ndarray, shape (K,)
        Of the baseline.
    branching, log_halflife : float
        Of the excitation; the half-life is in bars.
    loglikelihood, objective : float
        The likelihood, and what was maximised: less the prior of a flexible baseline.
    converged : bool
        Whether a maximum was found.
    """

    weights: Floats
    branching: float
    log_halflife: float
    loglikelihood: float
    objective: float
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
    design : Design
        The logarithm of the baseline is the design times weights.
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
    design: Design
    family: Family
    bounds: tuple[float, float]

    @property
    def mean(self) -> float:
        """Mean of the known counts."""
        return float(self.known @ self.counts / self.known.sum())

    @property
    def precision(self) -> float:
        """Precision of the prior on the weights: none where there is one weight only."""
        return _PRECISION if self.design.level.size > 1 else 0.0

    @property
    def flat(self) -> Floats:
        """The weights of a baseline at the mean count."""
        weights: Floats = np.log(self.mean) * self.design.level
        return weights

    def baseline(self, weights: Floats) -> Floats:
        """Return the baseline of each bar."""
        mu: Floats = np.exp(np.minimum(self.design.times(weights), _HIGHEST))
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

    def loglikelihood(self, intensity: Floats) -> tuple[float, Floats, Floats]:
        """Return the log-likelihood, its derivative by each intensity, and the information about each."""
        y = self.counts
        if self.family == "poisson":
            from scipy.special import gammaln

            each = y * np.log(intensity) - intensity - gammaln(y + 1)
            return float(self.known @ each), self.known * (y / intensity - 1), self.known / intensity
        each = y * np.log(-np.expm1(-intensity)) - (1 - y) * intensity
        odds = np.expm1(np.minimum(intensity, _SURE))
        return float(self.known @ each), self.known * (y / odds - (1 - y)), self.known / odds

    def moments(self, intensity: Floats) -> tuple[Floats, Floats]:
        """Return the mean and the variance of each count."""
        if self.family == "poisson":
            return intensity, intensity
        mean: Floats = -np.expm1(-intensity)
        return mean, mean * (1 - mean)

    def objective(self, parameters: Floats) -> tuple[float, Floats]:
        """Return what is minimised, and its gradient by weights, branching ratio and log half-life."""
        weights, branching = parameters[:-2], float(parameters[-2])
        mu, away = self.baseline(weights), weights - self.flat
        average, change = self.memory(float(parameters[-1]))
        value, score, _ = self.loglikelihood(mu + branching * average)
        slope = self.design.gather(score * mu) - self.precision * away
        value -= self.precision / 2 * float(away @ away)
        return -value, -np.array([*slope, score @ average, branching * (score @ change)])

    def null(self) -> Fit:
        """Fit the baseline alone."""
        middle = float(np.log(self.bounds).mean())
        return self.held(0.0, Fit(self.flat, 0.0, middle, -np.inf, -np.inf, False))

    def held(self, branching: float, start: Fit) -> Fit:
        """Fit the rest with the branching ratio held at a value."""
        first = self._lowered(start, branching)
        return self._climb(np.array([*first, branching, start.log_halflife]), (branching, branching))

    def free(self, null: Fit) -> Fit:
        """Fit everything, from the half-life at which the fit without excitation has the steepest way up."""
        mu = self.baseline(null.weights)
        _, score, weight = self.loglikelihood(mu)
        best, place = -np.inf, null.log_halflife
        for halflife in _STARTS:
            if self.bounds[0] <= halflife <= self.bounds[1]:
                more = self.memory(float(np.log(halflife)))[0] - mu
                gain = float(score @ more / np.sqrt(weight @ more**2))
                if gain > best:
                    best, place = gain, float(np.log(halflife))
        fits = []
        for ratio in (0.3, 0.01):
            fits.append(self._climb(np.array([*self._lowered(null, ratio), ratio, place]), (0.0, MOST_BRANCHING)))
            if fits[-1].converged and fits[-1].objective >= null.objective:
                return fits[-1]
        # Nothing is above the fit without excitation: it is the maximum, if the searches ended at one at all.
        return null if any(fit.converged for fit in fits) else fits[0]

    def corrected(self, fit: Fit) -> tuple[Fit, float]:
        """Take out most of the bias that a flexible baseline brings into the excitation.

        Returns
        -------
        fit : Fit
        widening : float
            By how much the correction widens an interval of the branching ratio.

        Notes
        -----
        The best weights for a given excitation follow the clusters, which leaves too little for the excitation. The
        adjusted profile likelihood ``l - log det(I) / 2``, with the information I about the weights, repairs that. It
        has no maximum where the baseline may vanish altogether, so one Newton step towards it is made from the maximum
        of l. Where the adjustment takes most of the curvature away, the step uses that of l alone.

        References
        ----------
        Cox and Reid (1987), Journal of the Royal Statistical Society B 49, 1-39.
        """
        if self.precision == 0 or fit.branching < 1e-3 or not fit.converged:
            return fit, 1.0
        low, high = np.log(self.bounds)
        size = np.array([min(_RATIO_STEP, fit.branching / 2), _LIFE_STEP])
        inside = low + _LIFE_STEP < fit.log_halflife < high - _LIFE_STEP
        axes = np.eye(2)[: 2 if inside else 1]
        place = np.array([fit.branching, fit.log_halflife])

        def adjusted(move: Floats) -> Floats:
            profile, half = self._scored(fit, *(place + move @ axes * size))[1:]
            return np.array([profile, profile - half])

        slope, curve = _differences(adjusted, len(axes))
        if np.linalg.eigvalsh(curve[0]).max() >= 0:
            return fit, 1.0
        left = float(np.linalg.eigvals(np.linalg.solve(curve[0], curve[1])).real.min())
        shape = curve[1] if left > _LEAST_LEFT else curve[0]
        # The slope of the profile itself is zero but for rounding.
        slope = slope[1] - slope[0]
        move = -np.linalg.solve(shape, slope) @ axes * size
        ratio = float(np.clip(fit.branching + np.clip(move[0], 0, _MOST_CORRECTED), 0, MOST_BRANCHING))
        life = float(np.clip(fit.log_halflife + np.clip(move[1], -1, 1), low, high))
        weights, _, _ = self._scored(fit, ratio, life)
        total = self.baseline(weights) + ratio * self.memory(life)[0]
        moved = Fit(weights, ratio, life, self.loglikelihood(total)[0], fit.objective, True)
        return moved, float(1 / np.sqrt(np.clip(left, _LEAST_LEFT, 1)))

    def _scored(self, fit: Fit, branching: float, log_halflife: float) -> tuple[Floats, float, float]:
        """Return the best weights for an excitation, what is maximised there, and half the log information."""
        pull = branching * self.memory(log_halflife)[0]
        weights = self._lowered(fit, branching)
        for _ in range(20):
            mu, away = self.baseline(weights), weights - self.flat
            value, score, weight = self.loglikelihood(mu + pull)
            information = self.design.gram(weight * mu**2)
            information.flat[:: weights.size + 1] += self.precision
            slope = self.design.gather(score * mu) - self.precision * away
            step = np.linalg.solve(information, slope)
            if slope @ step < 1e-7:
                break
            weights = weights + step * min(1.0, 1 / float(np.abs(step).max()))
        value -= self.precision / 2 * float(away @ away)
        return weights, value, float(np.linalg.slogdet(information)[1]) / 2

    def _lowered(self, fit: Fit, branching: float) -> Floats:
        """Return the weights of a fit, moved to make room for another branching ratio."""
        share = max(1 - branching, 0.05) / max(1 - fit.branching, 0.05)
        weights: Floats = fit.weights + np.log(share) * self.design.level
        return weights

    def _climb(self, start: Floats, ratio: tuple[float, float]) -> Fit:
        from scipy.optimize import minimize

        free = np.full(start.size - 2, np.inf)
        low = np.array([*-free, ratio[0], np.log(self.bounds[0])])
        high = np.array([*free, ratio[1], np.log(self.bounds[1])])
        point, value, sound = np.clip(start, low, high), np.inf, False
        for _ in range(_RESTARTS):
            scale = 1 / np.sqrt(np.maximum(self._information(point), 1e-8))
            found = minimize(
                self._scaled,
                point / scale,
                args=(scale,),
                jac=True,
                method="L-BFGS-B",
                bounds=np.column_stack([low / scale, high / scale]),
                options={"maxiter": 1000, "maxfun": 2000, "ftol": 1e-13, "gtol": _SLOPE / 10, "maxcor": 20},
            )
            point, value, slope = np.clip(found.x * scale, low, high), float(found.fun), found.jac
            outward = np.where((point <= low) & (slope > 0) | (point >= high) & (slope < 0), 0, slope)
            sound = bool(np.isfinite(value) and np.abs(outward).max() < _SLOPE)
            if sound:
                break
        away = point[:-2] - self.flat
        likelihood = -value + self.precision / 2 * float(away @ away)
        return Fit(point[:-2], float(point[-2]), float(point[-1]), likelihood, -value, sound)

    def _scaled(self, z: Floats, scale: Floats) -> tuple[float, Floats]:
        value, gradient = self.objective(z * scale)
        return value, gradient * scale

    def _information(self, parameters: Floats) -> Floats:
        """Return the diagonal of the Fisher information, which sets the scale of the search."""
        mu = self.baseline(parameters[:-2])
        average, change = self.memory(float(parameters[-1]))
        branching = max(float(parameters[-2]), 0.05)
        weight = self.loglikelihood(mu + parameters[-2] * average)[2]
        squares = self.design.squares(weight * mu**2) + self.precision
        return np.array([*squares, weight @ average**2, branching**2 * (weight @ change**2)])


def _differences(function: Callable[[Floats], Floats], axes: int) -> tuple[Floats, Floats]:
    """Return slopes and curvatures of functions at zero, by central differences of step one."""
    unit = np.eye(axes)
    middle = function(np.zeros(axes))
    up, down = (np.array([function(sign * each) for each in unit]) for sign in (1, -1))
    slope: Floats = ((up - down) / 2).T
    curve = np.zeros((middle.size, axes, axes))
    for i in range(axes):
        curve[:, i, i] = up[i] + down[i] - 2 * middle
        for j in range(i):
            corners = [s * t * function(s * unit[i] + t * unit[j]) for s in (1, -1) for t in (1, -1)]
            curve[:, i, j] = curve[:, j, i] = sum(corners) / 4
    return slope, curve


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
