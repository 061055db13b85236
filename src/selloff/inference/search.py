"""The minimum of a smooth function of a few parameters with linear limits, in a handful of evaluations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Found", "Target", "minimise"]

Floats = NDArray[np.float64]
Target = Callable[[Floats], tuple[float, Floats]]

# The value still to be gained where a search ends, and how steep the function may be there where rounding ends it.
_GAIN, _STEEP = 1e-13, 1e-4


@dataclass(frozen=True, eq=False)
class Found:
    """Where a search ended: parameters, the value there, and whether that is a minimum."""

    theta: Floats
    value: float
    converged: bool


def minimise(target: Target, start: Floats, metric: Floats, room: Floats, limit: Floats) -> Found:
    """Minimise ``target`` subject to ``room @ theta >= limit``.

    Parameters
    ----------
    target : callable
        Takes the parameters, shape (K,); returns the value, per observation, and its gradient.
    start : ndarray, shape (K,)
        Within the limits.
    metric : ndarray, shape (K, K)
        Roughly the second derivatives, such as the information matrix per observation; positive definite. In its
        coordinates the function is nearly round, and a search short.
    room, limit : ndarray, shape (M, K) and (M,)

    Returns
    -------
    Found

    Notes
    -----
    A quasi-Newton search while it stays clear of the limits, else ``scipy.optimize`` (SLSQP) from where it got to.

    References
    ----------
    Nocedal and Wright (2006), Numerical Optimization, 2nd edition, chapters 6 and 18.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.search import minimise
    >>> goal = np.array([1., 2.])
    >>> found = minimise(lambda at: (((at - goal) ** 2).sum(), 2 * (at - goal)), np.zeros(2), 2 * np.eye(2),
    ...                  room=-np.eye(2), limit=np.array([-5., -1.5]))
    >>> found.converged, found.theta.round(6).tolist()
    (True, [1.0, 1.5])
    """
    axes = np.linalg.inv(np.linalg.cholesky(metric)).T
    slack, sides = room @ start - limit, room @ axes

    def turned(at: Floats) -> tuple[float, Floats]:
        value, gradient = target(start + axes @ at)
        return value, gradient @ axes

    at, value, converged = _inside(turned, slack, sides)
    if not converged:
        at, value, converged = _along_limits(turned, at, slack, sides)
    return Found(start + axes @ at, value, converged and bool(np.isfinite(value)))


def _inside(target: Target, slack: Floats, sides: Floats) -> tuple[Floats, float, bool]:
    """Search from the origin by BFGS; give up at the first step that would leave the limits or gain nothing."""
    at = np.zeros(sides.shape[1])
    inverse = np.eye(at.size)
    value, gradient = target(at)
    for _ in range(50):
        step = -inverse @ gradient
        slope = float(gradient @ step)
        if slope > -_GAIN:
            return at, value, True
        for _ in range(8):
            if (slack + sides @ (at + step) <= 0).any():
                return at, value, False
            new, there = target(at + step)
            if new <= value + 1e-4 * slope + 1e-15 * abs(value):
                break
            step, slope = step / 2, slope / 2
        else:
            return at, value, False
        change = there - gradient
        along = float(step @ change)
        if along > 0:
            turn = np.eye(at.size) - np.outer(step, change) / along
            inverse = turn @ inverse @ turn.T + np.outer(step, step) / along
        at, value, gradient = at + step, new, there
    return at, value, False


def _along_limits(target: Target, at: Floats, slack: Floats, sides: Floats) -> tuple[Floats, float, bool]:
    from scipy.optimize import minimize

    found = minimize(
        target,
        at,
        jac=True,
        method="SLSQP",
        constraints=[{"type": "ineq", "fun": lambda at: slack + sides @ at, "jac": lambda at: sides}],
        options={"ftol": _GAIN, "maxiter": 200},
    )
    value, gradient = target(found.x)
    # The line search may end in rounding at the minimum itself, where the gradient tells.
    converged = bool(found.success) or (found.status == 8 and float(np.abs(gradient).max()) < _STEEP)
    return found.x, value, converged
