"""The null that matters here: volatility moves, tails are heavy, the correlation is constant."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selloff.inference.garch import Garch11, garch11

__all__ = ["ConstantCorrelation", "constant_correlation"]

#: Steps that a simulated path runs before it counts.
_BURN = 100


@dataclass(frozen=True, eq=False)
class ConstantCorrelation:
    """Two series with GARCH(1,1) volatility, t errors and one correlation; made by :func:`constant_correlation`.

    Attributes
    ----------
    x, y : Garch11
        The volatility of either series, fitted to the series at unit variance.
    rho : float
        Correlation of the errors.
    freedom : float
        Degrees of freedom of the errors, common to both.
    """

    x: Garch11
    y: Garch11
    rho: float
    freedom: float

    def simulate(self, length: int, replications: int, seed: int = 0) -> NDArray[np.float32]:
        """Return simulated pairs of returns.

        Returns
        -------
        ndarray, shape (2, length, replications)
            In single precision. Time runs down, so that a sum over time adds rows.
        """
        if length < 1 or replications < 1:
            raise ValueError(f"simulate: length and replications must be at least 1, got {length} and {replications}")
        rng = np.random.default_rng(seed)
        steps = _BURN + length
        z = rng.standard_normal((steps, 2, replications), dtype=np.float32)
        z[:, 1] *= np.sqrt(1 - self.rho**2)
        z[:, 1] += np.float32(self.rho) * z[:, 0]
        # One shock of scale hits both series at once: a bivariate t has joint tails.
        scale = rng.standard_gamma(self.freedom / 2, (steps, 1, replications), dtype=np.float32)
        np.sqrt((self.freedom - 2) / 2 / scale, out=scale)
        z *= scale
        constant, arch, garch = (
            np.repeat(np.array([[getattr(self.x, name)], [getattr(self.y, name)]], np.float32), replications, axis=1)
            for name in ("omega", "alpha", "beta")
        )
        variance = constant / np.maximum(1 - arch - garch, np.float32(0.01))
        square = np.empty_like(variance)
        for row in z:
            row *= np.sqrt(variance)
            np.multiply(row, row, out=square)
            square *= arch
            variance *= garch
            variance += square
            variance += constant
        return z[_BURN:].transpose(1, 0, 2)

    def summary(self) -> str:
        """Return the model as one line."""
        waves = " and ".join(f"{fit.alpha + fit.beta:.3f}" for fit in (self.x, self.y))
        return (
            f"constant correlation {self.rho:.3f}; GARCH(1,1) persistence {waves}; "
            f"t errors with {self.freedom:.1f} degrees of freedom"
        )


def constant_correlation(x: ArrayLike, y: ArrayLike) -> ConstantCorrelation:
    """Fit the constant-correlation GARCH-t model to two series of returns.

    Parameters
    ----------
    x, y : array_like, shape (T,)
        Returns on a common calendar. They must not overlap in time: sums over several days that share days are
        serially dependent in a way that this model has not.

    Returns
    -------
    ConstantCorrelation

    Notes
    -----
    Each series gets a GARCH(1,1) with t errors. The correlation is that of the standardised errors. The errors share
    one number of degrees of freedom, the harmonic mean of the two fits, between 2.5 and 200. A series that the
    optimiser cannot fit counts as having no waves.

    References
    ----------
    Bollerslev (1990), Review of Economics and Statistics 72, 498-505.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference import constant_correlation
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 500))
    >>> model = constant_correlation(x, x + noise)
    >>> round(model.rho, 1), model.simulate(length=100, replications=50).shape
    (0.7, (2, 100, 50))
    """
    fits = [_fit(np.asarray(series, dtype=float)) for series in (x, y)]
    errors = [fit.residuals for fit in fits]
    rho = float(np.clip(np.corrcoef(errors[0], errors[1])[0, 1], -0.999, 0.999))
    freedom = 2 / sum(1 / (fit.freedom or np.inf) for fit in fits) if any(fit.freedom for fit in fits) else np.inf
    return ConstantCorrelation(fits[0], fits[1], rho, float(np.clip(freedom, 2.5, 200)))


def _fit(series: NDArray[np.float64]) -> Garch11:
    centred = series - series.mean()
    unit = centred / np.sqrt(np.mean(centred**2))
    fit = garch11(unit, errors="t")
    if fit.converged:
        return fit
    return replace(fit, omega=1.0, alpha=0.0, beta=0.0, variance=np.ones_like(unit), residuals=unit)
