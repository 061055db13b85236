"""How sure a dynamic correlation is: the model drawn again from itself, and fitted again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.dynamic import DCC, dcc_filter, fit_dcc

__all__ = ["dynamic_band"]

Floats = NDArray[np.float64]

# Draws below which the ends of a band are no quantiles.
_FEWEST = 20


def dynamic_band(
    fit: DCC, first: Any, second: Any, level: float = 0.95, replications: int = 100, seed: int = 0
) -> pd.DataFrame:
    """Return the dynamic correlation of two series with a band for what the fit does not know.

    Parameters
    ----------
    fit : DCC
        From :func:`selloff.correlation.fit_dcc`.
    first, second : object
        Names of the two series.
    level : float
        Coverage for each date by itself.
    replications, seed : int
        Samples drawn from the fitted model, at least 20, and their seed.

    Returns
    -------
    DataFrame, shape (T, 3)
        Columns ``estimate``, ``lower`` and ``upper`` by date.

    Raises
    ------
    ValueError
        There is no such series, a setting makes no sense, or most of the drawn samples cannot be fitted.

    Notes
    -----
    Each sample is made by the fitted model from days drawn with replacement out of its own whitened residuals. Both
    steps are fitted to it anew, and the parameters found go through the *actual* returns. The band is that of these
    paths, date by date: it holds the noise of all parameters, of the level that the correlation returns to among
    them. It takes the model for true. Where the correlation is constant, the fit follows noise, and no band around
    it says so; compare the gain in likelihood with a constant correlation (:class:`~selloff.correlation.DCC`).

    References
    ----------
    Pascual, Romo and Ruiz (2006), Computational Statistics and Data Analysis 50, 2293-2312, for GARCH.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import fit_dcc
    >>> from selloff.correlation.dynamic_band import dynamic_band
    >>> z, noise = np.random.default_rng(0).standard_normal((2, 600))
    >>> fit = fit_dcc(np.column_stack([z, np.sin(np.arange(600) / 60) * z + noise]))
    >>> band = dynamic_band(fit, 0, 1, replications=20)
    >>> band.shape, bool((band["upper"] > band["lower"]).all())
    ((600, 3), True)
    """
    estimate = fit.pair(first, second)
    if not 0 < level < 1:
        raise ValueError(f"dynamic_band: level must lie between 0 and 1, got {level}")
    if replications < _FEWEST:
        raise ValueError(f"dynamic_band: {replications} samples are too few; take {_FEWEST} or more")
    columns = fit.volatility.columns
    rows = [columns.get_loc(name) for name in (first, second)]
    returns = fit.garch["mean"].to_numpy() + (fit.volatility * fit.residuals).to_numpy()
    paths = []
    for sample in _samples(fit, replications, seed):
        try:
            again = fit_dcc(sample, kind=fit.settings["kind"], mean=fit.settings["mean"])
        except RuntimeError:
            continue
        z = _filtered(returns, again.garch, fit.volatility.iloc[0].to_numpy())
        path = dcc_filter(z, again.qbar, again.alpha, again.beta, fit.settings["kind"])
        paths.append(path[:, rows[0], rows[1]])
    if len(paths) < replications / 2:
        raise ValueError(f"dynamic_band: {replications - len(paths)} of {replications} samples cannot be fitted")
    lower, upper = np.quantile(paths, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame({"estimate": estimate, "lower": lower, "upper": upper}, index=estimate.index)


def _samples(fit: DCC, replications: int, seed: int) -> Floats:
    """Return samples of the fitted model, shape (replications, T, N)."""
    z = fit.residuals.to_numpy()
    length, count = z.shape
    whitened = np.linalg.solve(np.linalg.cholesky(fit.correlation), z[..., None])[..., 0]
    whitened -= whitened.mean(axis=0)
    whitened = np.linalg.solve(np.linalg.cholesky(whitened.T @ whitened / length), whitened.T).T
    drawn: Floats = whitened[np.random.default_rng(seed).integers(0, length, (replications, length))]
    mean, omega, arch, garch = (fit.garch[name].to_numpy() for name in ("mean", "omega", "alpha", "beta"))
    variance = np.tile(fit.volatility.iloc[0].to_numpy() ** 2, (replications, 1))
    q = np.tile(fit.qbar, (replications, 1, 1))
    out: Floats = np.empty((replications, length, count))
    for day in range(length):
        root = np.sqrt(np.einsum("rii->ri", q))
        correlation = q / (root[:, :, None] * root[:, None, :])
        shock = np.einsum("rij,rj->ri", np.linalg.cholesky(correlation), drawn[:, day])
        moved = np.sqrt(variance) * shock
        out[:, day] = mean + moved
        variance = omega + arch * moved**2 + garch * variance
        driver = shock * root if fit.settings["kind"] == "cdcc" else shock
        q = (1 - fit.alpha - fit.beta) * fit.qbar + fit.alpha * driver[:, :, None] * driver[:, None, :] + fit.beta * q
    return out


def _filtered(returns: Floats, garch: pd.DataFrame, start: Floats) -> Floats:
    """Return the returns standardised by the parameters of another sample."""
    mean, omega, arch, beta = (garch[name].to_numpy() for name in ("mean", "omega", "alpha", "beta"))
    centred = returns - mean
    z: Floats = np.empty_like(centred)
    variance = start**2
    for day, values in enumerate(centred):
        z[day] = values / np.sqrt(variance)
        variance = omega + arch * values**2 + beta * variance
    return z
