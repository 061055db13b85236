"""Simulated pairs of returns whose correlation is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DESIGNS", "simulate_pair"]

#: Constant, ARCH and GARCH weight, degrees of freedom of the errors (None is normal).
DESIGNS: dict[str, tuple[float, float, float, float | None]] = {
    "normal": (1.0, 0.0, 0.0, None),
    "t5": (1.0, 0.0, 0.0, 5.0),
    "garch_t5": (0.05, 0.08, 0.87, 5.0),
    "crypto": (0.05, 0.12, 0.85, 4.0),
}


def simulate_pair(
    design: str,
    length: int,
    rho: float | NDArray[np.float64] = 0.4,
    seed: int = 0,
    replications: int = 1,
    freedom: float | None = None,
) -> NDArray[np.float64]:
    """Return pairs of returns with a given conditional correlation.

    Parameters
    ----------
    design : {"normal", "t5", "garch_t5", "crypto"}
        Independent normal; independent bivariate t with 5 degrees of freedom; GARCH(1,1) in either series with such
        errors (the tail is common to both); the same with stronger waves and 4 degrees of freedom.
    length : int
        Observations of a pair.
    rho : float or ndarray, shape (length,)
        The correlation, constant or a path.
    seed, replications : int
        Seed of the generator, and number of pairs.
    freedom : float, optional
        Degrees of freedom of the errors, above 2, in place of the design's own.

    Returns
    -------
    ndarray, shape (replications, length, 2)
        Returns with unconditional variance 1.

    Raises
    ------
    ValueError
        The design is unknown, the correlation lies outside [-1, 1], or the degrees of freedom are not above 2.

    Examples
    --------
    >>> from selloff.validation.designs import simulate_pair
    >>> simulate_pair("garch_t5", length=500, rho=0.4, replications=3).shape
    (3, 500, 2)
    """
    if design not in DESIGNS:
        raise ValueError(f"simulate_pair: unknown design {design!r}; expected {', '.join(DESIGNS)}")
    path = np.broadcast_to(np.asarray(rho, dtype=float), (length,))
    if np.any(np.abs(path) > 1):
        raise ValueError("simulate_pair: a correlation lies outside [-1, 1]")
    if freedom is not None and not freedom > 2:
        raise ValueError(f"simulate_pair: {freedom} degrees of freedom give no variance; expected more than 2")
    constant, arch, garch, own = DESIGNS[design]
    freedom = own if freedom is None else freedom
    burn = 0 if garch == 0 else 250
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((replications, burn + length, 2))
    path = np.concatenate([np.full(burn, path[0]), path])
    z[:, :, 1] = path * z[:, :, 0] + np.sqrt(1 - path**2) * z[:, :, 1]
    if freedom is not None:
        z *= np.sqrt((freedom - 2) / rng.chisquare(freedom, (replications, burn + length, 1)))
    if garch == 0:
        return z
    variance = np.full((replications, 2), constant / (1 - arch - garch))
    for t in range(burn + length):
        z[:, t] *= np.sqrt(variance)
        variance = constant + arch * z[:, t] ** 2 + garch * variance
    return z[:, burn:]
