"""A beta that drifts: alpha and beta as random walks, by the Kalman filter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, paired

__all__ = ["KalmanBeta", "kalman_beta"]

Floats = NDArray[np.float64]

# Observations that a fit needs.
_FEWEST = 30
# A variance of the drift whose absence costs less log-likelihood than this counts as zero.
_NOTHING = 1e-3
# Starts: standard deviation of a day's drift over that of the noise.
_STARTS = ((0.001, 0.02), (0.01, 0.005), (0.001, 0.1))


@dataclass(frozen=True, eq=False)
class KalmanBeta:
    """A regression whose coefficients drift; made by :func:`kalman_beta`.

    Attributes
    ----------
    filtered : DataFrame
        ``alpha``, ``beta``, ``alpha_se`` and ``beta_se`` given the days up to and including each; NaN on the first
        day, which cannot tell alpha from beta.
    smoothed : DataFrame
        The same given all days.
    variances : dict
        ``noise`` (squared units of ``y``), and the variances of a day's drift of ``alpha`` and ``beta``.
    loglikelihood : float
        The diffuse one, which takes no credit for the first two days.
    constant_loglikelihood : float
        The same with a constant beta: its drift set to zero, the other variances estimated anew. NaN where the
        variances were given.
    converged : bool
        Whether the optimiser ended at an optimum; True where the variances were given.
    constant : bool
        Whether the variance of beta's drift is zero.
    settings : dict
        Observations, and whether the variances were ``estimated``.
    """

    filtered: pd.DataFrame
    smoothed: pd.DataFrame
    variances: dict[str, float]
    loglikelihood: float
    constant_loglikelihood: float
    converged: bool
    constant: bool
    settings: dict[str, Any] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return filtered and smoothed paths side by side."""
        return pd.concat({"filtered": self.filtered, "smoothed": self.smoothed}, axis=1)

    def summary(self) -> str:
        """Return the fit as a few lines."""
        path, how = self.smoothed["beta"], "estimated" if self.settings["estimated"] else "given"
        lines = [
            f"beta as a random walk: {path.iloc[0]:.3f} at the start, {path.iloc[-1]:.3f} at the end, from "
            f"{path.min():.3f} to {path.max():.3f} (smoothed), {len(path)} observations",
            f"variances {how}: noise {self.variances['noise']:.4g}, drift of alpha {self.variances['alpha']:.4g}, "
            f"of beta {self.variances['beta']:.4g}; log-likelihood {self.loglikelihood:.2f}",
        ]
        if not self.converged:
            lines.append("DID NOT CONVERGE: do not use these numbers; take a longer sample or give the variances")
        if self.constant:
            lines.append("the variance of beta's drift is zero: beta is constant, or moves too little to be seen")
        elif self.settings["estimated"]:
            gain = self.loglikelihood - self.constant_loglikelihood
            lines.append(
                f"gain over a constant beta {gain:.2f}; volatility waves and fat tails alone gain 22 in one sample of "
                "twenty"
            )
        return "\n".join(lines)


def kalman_beta(y: Series, x: Series, variances: tuple[float, float, float] | None = None) -> KalmanBeta:
    """Follow alpha and beta of ``y`` on ``x`` through time.

    Parameters
    ----------
    y, x : Series or ndarray, shape (T,)
        Returns on a common calendar, at least 30, without missing values.
    variances : (float, float, float), optional
        Variance of the noise and of a day's drift of alpha and of beta. By default they are estimated by maximum
        likelihood from the whole sample.

    Returns
    -------
    KalmanBeta

    Raises
    ------
    ValueError
        The series do not fit together, ``x`` or ``y`` is flat, ``y`` is a line in ``x``, or a variance is negative.

    Notes
    -----
    ``y_t = alpha_t + beta_t x_t + e_t`` with ``alpha_t = alpha_(t-1) + u_t`` and ``beta_t = beta_(t-1) + v_t``, all
    three shocks normal and independent, the start diffuse. Filter and smoother are those of statsmodels.

    The filtered path at a date uses no later day, but estimated variances do: for a path without hindsight estimate
    them on an earlier sample and pass them.

    A path that moves is no proof that beta moved. The noise has one variance, so in a storm the filter takes noise for
    a move of beta: on simulated returns with a constant beta, GARCH variances and common t tails (500 days, correlation
    .4) the variance of the drift comes out positive in 9 samples of 10, and the gain in log-likelihood over a constant
    beta exceeds 22 in one of 20; on normal returns that is 1.4. A zero is weak evidence in turn: where the drift is
    small, its estimated variance is zero more often than it should be.

    References
    ----------
    Durbin and Koopman (2012), Time Series Analysis by State Space Methods, 2nd edition, chapters 4, 5 and 7; Stock and
    Watson (1998), Journal of the American Statistical Association 93, 349-358, for the pile-up at zero.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.kalman import kalman_beta
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 300))
    >>> fit = kalman_beta(np.linspace(0, 2, 300) * x + 0.1 * noise, x)
    >>> fit.smoothed["beta"].iloc[[50, 150, 250]].round(1).tolist()
    [0.3, 1.0, 1.7]
    """
    left, right, index = paired(y, x, missing=False)
    if left.size < _FEWEST:
        raise ValueError(f"kalman_beta: {left.size} observations; at least {_FEWEST} are needed")
    scale_y, scale_x = (_power(values, name) for values, name in ((left, "y"), (right, "x")))
    space = _smoother(left / scale_y, right / scale_x)
    units = np.array([scale_y**2, scale_y**2, (scale_y / scale_x) ** 2])
    if variances is None:
        _refuse_a_line(left, right)
        scaled, restricted, converged = _estimate(space)
    else:
        scaled, restricted, converged = _given(variances) / units, np.nan, True
    _set(space, scaled)
    result = space.smooth()
    # The diffuse likelihood in the units of the returns.
    shift = (left.size - 2) * float(np.log(scale_y)) + float(np.log(scale_x))
    names, scale = ["alpha", "beta"], np.array([scale_y, scale_y / scale_x])

    def frame(state: Floats, covariance: Floats) -> pd.DataFrame:
        errors = np.sqrt(np.maximum(np.stack([covariance[0, 0], covariance[1, 1]], axis=1), 0))
        table = np.hstack([state.T * scale, errors * scale])
        return pd.DataFrame(table, index=index, columns=[*names, "alpha_se", "beta_se"])

    filtered = frame(result.filtered_state, result.filtered_state_cov)
    # After the last diffuse day the two coefficients are known.
    filtered.iloc[: result.nobs_diffuse - 1] = np.nan
    final = scaled * units
    return KalmanBeta(
        filtered,
        frame(result.smoothed_state, result.smoothed_state_cov),
        dict(zip(("noise", "alpha", "beta"), map(float, final), strict=True)),
        float(result.llf) - shift,
        restricted - shift,
        converged,
        bool(final[2] == 0),
        {"observations": left.size, "estimated": variances is None},
    )


def _power(values: Floats, name: str) -> float:
    """Return the power of two nearest to a series' spread: scaling by it rounds nothing."""
    spread = float(np.std(values))
    if spread <= 1e-12 * float(np.abs(values).max()):
        raise ValueError(f"kalman_beta: {name} is flat at {values[0]:g}; a beta needs two series that move")
    return float(2.0 ** np.round(np.log2(spread)))


def _refuse_a_line(y: Floats, x: Floats) -> None:
    rest = y - np.polynomial.Polynomial.fit(x, y, 1)(x)
    if float(rest @ rest) <= 1e-20 * float(y @ y):
        raise ValueError("kalman_beta: y is a straight line in x; there is no noise to estimate")


def _given(variances: tuple[float, float, float]) -> Floats:
    given = np.asarray(variances, dtype=float)
    if given.shape != (3,) or not np.isfinite(given).all() or (given < 0).any() or given[0] == 0:
        raise ValueError(
            f"kalman_beta: variances {variances!r} must be three numbers (noise, drift of alpha, drift of beta), "
            "none negative and the first positive"
        )
    return given


def _smoother(y: Floats, x: Floats) -> Any:
    """Return the state space of the regression, its variances still to be set."""
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    space = KalmanSmoother(k_endog=1, k_states=2, k_posdef=2)
    space.bind(y[None].copy(order="F"))
    space["design"] = np.stack([np.ones_like(x), x])[None]
    space["transition"] = space["selection"] = np.eye(2)
    space.initialize_diffuse()
    return space


def _set(space: Any, variances: Floats) -> None:
    space["obs_cov", 0, 0] = variances[0]
    space["state_cov"] = np.diag(variances[1:])


def _estimate(space: Any) -> tuple[Floats, float, bool]:
    """Return the variances, the log-likelihood with a constant beta, and whether both searches converged."""
    space.filter_concentrated = True
    free = min((_search(space, start) for start in _STARTS), key=lambda each: each[1])
    still = _search(space, _STARTS[0][:1])
    drift, value, converged = free if still[1] > free[1] + _NOTHING else still
    if _cost(space, drift * (0, 1)) < value + _NOTHING:
        drift = drift * (0, 1)
    _cost(space, drift)
    variances = float(space.filter().scale) * np.array([1.0, *drift**2])
    space.filter_concentrated = False
    return variances, -still[1], converged and still[2]


def _cost(space: Any, drift: Floats) -> float:
    """Return minus the log-likelihood; the drift is measured in standard deviations of the noise."""
    _set(space, np.array([1.0, *drift**2]))
    return -float(space.loglike())


def _search(space: Any, start: tuple[float, ...]) -> tuple[Floats, float, bool]:
    """Minimise the cost by the drift of alpha (and beta).

    It is even in each, so zero is no limit, and differences may reach across it.
    """
    from scipy.optimize import minimize

    unit = np.eye(2)[: len(start)] * np.array(start)[:, None]

    def target(at: Floats) -> tuple[float, Floats]:
        steps = 1e-3 * np.eye(at.size)
        slope = [(_cost(space, (at + step) @ unit) - _cost(space, (at - step) @ unit)) / 2e-3 for step in steps]
        return _cost(space, at @ unit), np.array(slope)

    found = minimize(target, np.ones(len(start)), jac=True, method="L-BFGS-B", options={"ftol": 1e-12, "gtol": 1e-5})
    return np.abs(found.x @ unit), float(found.fun), bool(found.success)
