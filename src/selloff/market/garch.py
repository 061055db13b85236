"""A fitted GARCH model, and what it says about the days after its sample."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["INTEGRATED", "GarchFit", "VolatilityForecast"]

#: From here on a persistence counts as 1: an optimiser stops a hair inside its constraint.
INTEGRATED = 1 - 1e-6


@dataclass(frozen=True, eq=False)
class GarchFit:
    """A fitted volatility model; made by :func:`selloff.market.fit_garch`.

    Attributes
    ----------
    parameters, se : Series
        Estimates in the unit of the returns (``mu`` in returns, ``omega`` in their square; in ``egarch`` in the log
        of it) and robust standard errors.
    covariance : DataFrame
        Robust (Bollerslev-Wooldridge) covariance of the estimates.
    loglikelihood, aic, bic : float
        Log-likelihood of the returns in their own unit, and the criteria from it.
    volatility : Series, shape (T,)
        Conditional standard deviation of each return, in the unit of the returns.
    residuals : Series, shape (T,)
        Standardised residuals, ``(r_t - mu) / volatility_t``.
    persistence : float
        Share of a shock to variance (``egarch``: to log variance) that is left a step later; NaN for ``figarch``, whose
        memory fades without a fixed rate.
    unconditional_volatility : float
        Long-run standard deviation; NaN where none is finite or (``egarch``, ``figarch``) none has a closed form.
    converged : bool
        Whether the optimiser reached an optimum.
    model, errors, mean : str
        Settings.
    backcast : float
        The variance before the sample, in the squared unit of the returns.
    scale : float
        What the returns were multiplied by for the optimiser.
    """

    parameters: pd.Series
    se: pd.Series
    covariance: pd.DataFrame
    loglikelihood: float
    aic: float
    bic: float
    volatility: pd.Series
    residuals: pd.Series
    persistence: float
    unconditional_volatility: float
    converged: bool
    model: str
    errors: str
    mean: str
    backcast: float
    scale: float
    # The fit as arch returned it: its recursions continue the sample.
    result: Any = field(repr=False)

    @property
    def half_life(self) -> float:
        """Steps until half of a shock to variance has faded; infinite from a persistence of 1 on."""
        if not 0 < self.persistence < INTEGRATED:
            return math.inf if self.persistence >= INTEGRATED else math.nan
        return math.log(0.5) / math.log(self.persistence)

    def to_frame(self) -> pd.DataFrame:
        """Return estimates, standard errors, z-statistics and 95 % intervals, one parameter a row."""
        half = 1.959963984540054 * self.se
        return pd.DataFrame(
            {
                "estimate": self.parameters,
                "se": self.se,
                "z": self.parameters / self.se,
                "lower": self.parameters - half,
                "upper": self.parameters + half,
            }
        )

    def forecast(self, horizon: int, simulations: int = 0, seed: int = 0) -> VolatilityForecast:
        """Forecast the variance of the returns after the sample, and simulate the returns.

        Parameters
        ----------
        horizon : int
            Steps ahead.
        simulations : int
            Paths of returns to draw, with errors from the fitted distribution; 0 for none. ``egarch`` has no formula
            beyond one step and needs some.
        seed : int
            Seed of the paths.

        Returns
        -------
        VolatilityForecast
            In the unit of the returns. Parameters are taken as known: their own uncertainty is not in the paths.

        Raises
        ------
        ValueError
            The horizon is below 1, or the model needs simulations.
        """
        if horizon < 1 or simulations < 0:
            raise ValueError(
                f"forecast: horizon must be at least 1 and simulations 0 or more, got {horizon} and {simulations}"
            )
        if self.model == "egarch" and horizon > 1 and not simulations:
            raise ValueError("forecast: egarch has no formula beyond one step; pass simulations, e.g. 10000")
        rng = np.random.default_rng(seed)
        shape = self.parameters.reindex([name for name in ("nu", "skew") if name in self.parameters]).to_numpy()

        def shocks(size: int | tuple[int, ...]) -> NDArray[np.float64]:
            # The open interval: a quantile of 0 would be infinite.
            u = rng.uniform(np.finfo(float).tiny, 1.0, size)
            drawn: NDArray[np.float64] = np.asarray(self.result.model.distribution.ppf(u.ravel(), shape), dtype=float)
            return drawn.reshape(u.shape)

        ahead = self.result.forecast(
            horizon=horizon,
            method="simulation" if simulations else "analytic",
            simulations=simulations or 1,
            rng=shocks,
            reindex=False,
        )
        variance = ahead.variance.to_numpy(dtype=float)[-1] / self.scale**2
        if self.model in ("garch", "gjr"):
            variance = self._expected(float(variance[0]), horizon)
        paths = np.asarray(ahead.simulations.values[-1], dtype=float) / self.scale if simulations else None
        steps = pd.RangeIndex(1, horizon + 1, name="step")
        return VolatilityForecast(
            pd.Series(variance, index=steps, name="variance"),
            mean=float(self.parameters.get("mu", 0.0)),
            paths=paths,
            simulations=simulations,
            seed=seed,
            origin=self.volatility.index[-1],
            model=f"{self.model} with {self.errors} errors",
        )

    def _expected(self, first: float, horizon: int) -> NDArray[np.float64]:
        """Return the expected variance of each step, from the first on; exact for skewed errors too."""
        path = np.empty(horizon)
        path[0] = first
        for step in range(1, horizon):
            path[step] = float(self.parameters["omega"]) + self.persistence * path[step - 1]
        return path

    def summary(self) -> str:
        """Return the fit in a few lines."""
        shown = ", ".join(f"{name} {value:.4g}" for name, value in self.parameters.items())
        lines = [f"{self.model} with {self.errors} errors, {len(self.volatility)} returns: {shown}"]
        if not self.converged:
            lines.append("the optimiser did not converge: do not use these numbers")
        wave = "" if math.isnan(self.persistence) else f"persistence {self.persistence:.4f}, "
        wave += f"half-life {self.half_life:.1f} steps, " if math.isfinite(self.half_life) else ""
        level = self.unconditional_volatility
        wave += f"long-run volatility {level:.4g}, " if math.isfinite(level) else ""
        lines.append(f"{wave}last volatility {self.volatility.iloc[-1]:.4g}")
        lines.append(f"log-likelihood {self.loglikelihood:.3f}, AIC {self.aic:.2f}, BIC {self.bic:.2f}")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class VolatilityForecast:
    """Variances of the steps ahead, and simulated returns; made by ``GarchFit.forecast``.

    Attributes
    ----------
    variance : Series, shape (horizon,)
        Expected variance of each step's return (index ``step``, from 1), in the squared unit of the returns.
    mean : float
        Expected return of a step.
    paths : ndarray, shape (simulations, horizon), or None
        Simulated returns of each step; None if none were asked for.
    simulations, seed : int
        Settings.
    origin : object
        The last date of the sample: nothing later went into the forecast.
    model : str
        The model in words.
    """

    variance: pd.Series
    mean: float
    paths: NDArray[np.float64] | None
    simulations: int
    seed: int
    origin: Any
    model: str

    @property
    def volatility(self) -> pd.Series:
        """Standard deviation of each step's return."""
        return pd.Series(np.sqrt(self.variance.to_numpy()), index=self.variance.index, name="volatility")

    def interval(self, level: float = 0.9) -> pd.DataFrame:
        """Return the interval that holds the return summed up to each step with probability ``level``.

        Parameters
        ----------
        level : float
            Probability, both tails cut alike.

        Returns
        -------
        DataFrame
            Index ``step``, columns ``lower``, ``median``, ``upper``, in the unit of the returns.

        Raises
        ------
        ValueError
            There are no simulated paths, or ``level`` is no probability.
        """
        if self.paths is None:
            raise ValueError("VolatilityForecast: no simulated paths; call forecast with simulations, e.g. 10000")
        if not 0 < level < 1:
            raise ValueError(f"VolatilityForecast: level must lie between 0 and 1, got {level}")
        levels = [(1 - level) / 2, 0.5, (1 + level) / 2]
        quantiles = np.quantile(np.cumsum(self.paths, axis=1), levels, axis=0)
        return pd.DataFrame(quantiles.T, index=self.variance.index, columns=["lower", "median", "upper"])

    def probability(self, below: float) -> pd.Series:
        """Return the probability that the return summed up to each step is at most ``below``."""
        if self.paths is None:
            raise ValueError("VolatilityForecast: no simulated paths; call forecast with simulations, e.g. 10000")
        share = np.mean(np.cumsum(self.paths, axis=1) <= below, axis=0)
        return pd.Series(share, index=self.variance.index, name="probability")

    def to_frame(self) -> pd.DataFrame:
        """Return variance, volatility, and volatility of the sum so far, one step a row."""
        together = np.sqrt(np.cumsum(self.variance.to_numpy()))
        return pd.DataFrame({"variance": self.variance, "volatility": self.volatility, "summed_volatility": together})

    def summary(self) -> str:
        """Return the forecast as one line."""
        frame = self.to_frame()
        drawn = f"; {self.simulations} paths, seed {self.seed}" if self.simulations else ""
        return (
            f"{self.model}, from {_text(self.origin)}: volatility {frame['volatility'].iloc[0]:.4g} at step 1, "
            f"{frame['volatility'].iloc[-1]:.4g} at step {len(frame)}, {frame['summed_volatility'].iloc[-1]:.4g} "
            f"for the sum{drawn}"
        )


def _text(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else f"row {label}"
