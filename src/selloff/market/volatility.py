"""Volatility that comes in waves: one GARCH model, or several compared."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.market.garch import INTEGRATED, GarchFit

__all__ = ["compare_garch", "fit_garch"]

Model = Literal["garch", "gjr", "egarch", "figarch"]
Errors = Literal["normal", "t", "skewt"]
Mean = Literal["constant", "zero"]

#: Returns that a fit needs; fewer leave the likelihood too flat.
_FEWEST = 100
#: The optimiser sees a variance from here to a hundred times as much, whatever the unit: the estimates then do not
#: depend on the unit by more than rounding.
_SMALLEST = 0.1
_VOLATILITY: dict[str, dict[str, Any]] = {
    "garch": {"vol": "GARCH", "p": 1, "o": 0, "q": 1},
    "gjr": {"vol": "GARCH", "p": 1, "o": 1, "q": 1},
    "egarch": {"vol": "EGARCH", "p": 1, "o": 1, "q": 1},
    "figarch": {"vol": "FIGARCH", "p": 1, "q": 1},
}
#: Tolerances to try in turn: at the tightest, a line search may stall at the optimum and call it a failure.
_TOLERANCES = (1e-10, 1e-8, 1e-8, 1e-6)
_ITERATIONS = 500
#: What a fit may fall short of the likelihood of a constant variance, which every model contains but for its bounds.
_SLACK = 1.0
_NAMES = {"alpha[1]": "alpha", "gamma[1]": "gamma", "beta[1]": "beta", "eta": "nu", "lambda": "skew"}


def fit_garch(
    returns: Series,
    model: Model = "garch",
    errors: Errors = "normal",
    mean: Mean = "constant",
    backcast: float | None = None,
    allow_unconverged: bool = False,
) -> GarchFit:
    """Fit a volatility model by maximum likelihood.

    Parameters
    ----------
    returns : Series or ndarray, shape (T,)
        Returns in any unit (fractions, percent), without missing values; at least 100.
    model : {"garch", "gjr", "egarch", "figarch"}
        GARCH(1,1); the same with an extra weight on falls; its exponential form; long memory.
    errors : {"normal", "t", "skewt"}
        Distribution of the standardised errors; ``nu`` are degrees of freedom, ``skew`` is negative for a longer left
        tail.
    mean : {"constant", "zero"}
        Mean of the returns.
    backcast : float, optional
        Variance before the sample, in the squared unit of the returns; by default the mean squared residual of the
        fit, the convention of most programs (arch's own weights the first 75 days).
    allow_unconverged : bool
        Return a fit that did not converge, marked as such, in place of raising.

    Returns
    -------
    GarchFit
        Estimates in the unit of the returns.

    Raises
    ------
    ValueError
        The returns do not fit, do not move, or are too few; an option is unknown; ``backcast`` is not positive.
    RuntimeError
        The optimiser did not converge.

    Notes
    -----
    With ``e_t = r_t - mu = s_t z_t``:

    - ``garch``: ``s_t^2 = omega + alpha e_{t-1}^2 + beta s_{t-1}^2``; persistence ``alpha + beta``.
    - ``gjr``: plus ``gamma e_{t-1}^2`` after a fall; persistence ``alpha + gamma E[z^2; z < 0] + beta``.
    - ``egarch``: ``log s_t^2 = omega + alpha (|z_{t-1}| - sqrt(2 / pi)) + gamma z_{t-1} + beta log s_{t-1}^2``;
      persistence ``beta``; ``gamma`` below 0 when falls raise volatility.
    - ``figarch``: fractional integration of order ``d``, cut at 1000 lags.

    The package arch maximises the likelihood. It works best near a variance of 1, so the returns are scaled by a
    power of ten and everything is scaled back. Standard errors are robust to a wrong error distribution, not to
    breaks: a shift of the level of variance looks like a persistence of 1. They mean nothing for a parameter at its
    bound, such as an ``alpha`` of 0, and are NaN where the likelihood has no curvature. A fit whose likelihood falls
    short of that of a constant variance counts as not converged, whatever the optimiser says.

    References
    ----------
    Bollerslev (1986), Journal of Econometrics 31, 307-327. Glosten, Jagannathan and Runkle (1993), Journal of Finance
    48, 1779-1801. Nelson (1991), Econometrica 59, 347-370. Baillie, Bollerslev and Mikkelsen (1996), Journal of
    Econometrics 74, 3-30. Bollerslev and Wooldridge (1992), Econometric Reviews 11, 143-172, for the errors.

    Examples
    --------
    >>> from selloff.market.volatility import fit_garch
    >>> from selloff.validation.designs import simulate_pair
    >>> fit = fit_garch(simulate_pair("garch_t5", 2000)[0, :, 0], errors="t")
    >>> fit.converged, list(fit.parameters.index)
    (True, ['mu', 'omega', 'alpha', 'beta', 'nu'])
    """
    for value, known, name in ((model, Model, "model"), (errors, Errors, "errors"), (mean, Mean, "mean")):
        if value not in get_args(known):
            raise ValueError(f"fit_garch: unknown {name} {value!r}; expected {', '.join(get_args(known))}")
    values, index = check_series(returns, "returns", _FEWEST)
    centred = values - values.mean() if mean == "constant" else values
    if np.ptp(values) == 0:
        raise ValueError(f"fit_garch: the returns do not move (all {values[0]:g}); a constant has no volatility")
    if not 1e-100 < float(np.abs(values).max()) < 1e100:
        raise ValueError(f"fit_garch: returns of up to {np.abs(values).max():g} are out of range; change their unit")
    start = float(np.mean(centred**2)) if backcast is None else float(backcast)
    if not (math.isfinite(start) and start > 0):
        raise ValueError(f"fit_garch: backcast must be a positive variance, got {backcast}")
    scale = _scale(float(np.var(values)))
    result = _optimise(values * scale, model, errors, mean, start * scale**2)
    # A constant variance around the same mean: the worst that any of the models can do.
    constant = float(np.mean((centred * scale) ** 2))
    if backcast is None and mean == "constant" and _reached(result, constant):
        # The residuals are those around the fitted mean, which the first pass has found.
        start = float(np.mean((values - float(result.params["mu"]) / scale) ** 2))
        result = _optimise(values * scale, model, errors, mean, start * scale**2)
    converged = _reached(result, constant)
    if not converged and not allow_unconverged:
        raise RuntimeError(
            f"fit_garch: {model} with {errors} errors did not converge on {values.size} returns (flag "
            f"{result.convergence_flag}); try model='garch', other errors, a longer sample, or look for one huge return"
        )
    return _in_units(result, index, model, errors, mean, start, scale, converged)


def compare_garch(
    returns: Series,
    models: Sequence[Model] = ("garch", "gjr", "egarch"),
    errors: Sequence[Errors] = ("normal", "t", "skewt"),
    mean: Mean = "constant",
) -> pd.DataFrame:
    """Fit several volatility models to one series and rank them by BIC.

    Parameters
    ----------
    returns : Series or ndarray, shape (T,)
        Returns, as for :func:`fit_garch`.
    models, errors : sequence of str
        What to combine.
    mean : {"constant", "zero"}
        Mean of the returns.

    Returns
    -------
    DataFrame
        One row a model, best BIC first: ``model``, ``errors``, ``parameters`` (their number), ``loglikelihood``,
        ``aic``, ``bic``, ``persistence``, ``half_life``, ``converged``. A fit that did not converge has NaN and
        stands last.

    Raises
    ------
    ValueError
        As :func:`fit_garch`.

    Notes
    -----
    ``BIC = -2 l + k log T``. It ranks; a difference below 2 is none to speak of (Raftery 1995, Sociological
    Methodology 25, 111-163).

    Examples
    --------
    >>> from selloff.market.volatility import compare_garch
    >>> from selloff.validation.designs import simulate_pair
    >>> table = compare_garch(simulate_pair("garch_t5", 2000)[0, :, 0], ["garch"], ["normal", "t"])
    >>> table["errors"].to_list()
    ['t', 'normal']
    """
    if not models or not errors:
        raise ValueError("compare_garch: nothing to compare; name at least one model and one kind of errors")
    rows = []
    for model in models:
        for kind in errors:
            fit = fit_garch(returns, model, kind, mean, allow_unconverged=True)
            row: dict[str, Any] = {"model": model, "errors": kind, "parameters": len(fit.parameters)}
            for name in ("loglikelihood", "aic", "bic", "persistence", "half_life"):
                row[name] = getattr(fit, name) if fit.converged else math.nan
            rows.append(row | {"converged": fit.converged})
    return pd.DataFrame(rows).sort_values("bic", kind="stable", ignore_index=True)


def _scale(variance: float) -> float:
    """Return the power of ten that brings a variance into the range the optimiser is made for."""
    power = 0
    while variance * 100.0**power < _SMALLEST:
        power += 1
    while variance * 100.0**power >= 100 * _SMALLEST:
        power -= 1
    return 10.0**power


def _optimise(values: NDArray[np.float64], model: Model, errors: Errors, mean: Mean, backcast: float) -> Any:
    from arch import arch_model
    from arch.utility.exceptions import StartingValueWarning

    # arch edits the warning filters while it fits; the block restores them.
    with warnings.catch_warnings():
        # Starting values on the edge of what is allowed are put aside with a warning: the usual ones do as well.
        warnings.simplefilter("ignore", StartingValueWarning)
        described = arch_model(
            values,
            mean="Constant" if mean == "constant" else "Zero",
            dist=errors,
            rescale=False,
            **_VOLATILITY[model],
        )
        start = None
        for tolerance in _TOLERANCES:
            fit = described.fit(
                disp="off",
                show_warning=False,
                backcast=backcast,
                starting_values=start,
                options={"ftol": tolerance, "maxiter": _ITERATIONS},
            )
            if int(fit.convergence_flag) == 0:
                break
            start = _stepped_back(fit.params)
    return fit


def _stepped_back(parameters: pd.Series) -> NDArray[np.float64] | None:
    """Return a start a little inside the bounds, so that the optimiser comes up to a stalled optimum once more."""
    values = parameters.copy()
    if not np.isfinite(values).all():
        return None
    values[values.abs() < 1e-8] = 0.0
    weights = values.index.isin(["alpha[1]", "gamma[1]", "beta[1]"])
    values[weights] *= 0.98
    return np.asarray(values, dtype=float)


def _reached(result: Any, variance: float) -> bool:
    """Whether the optimiser reports an optimum, and one that is no worse than a constant variance."""
    if int(result.convergence_flag) != 0 or not np.isfinite(result.loglikelihood):
        return False
    constant = -0.5 * float(result.nobs) * (math.log(2 * math.pi * variance) + 1)
    return float(result.loglikelihood) > constant - _SLACK


def _in_units(
    result: Any,
    index: pd.Index,
    model: Model,
    errors: Errors,
    mean: Mean,
    backcast: float,
    scale: float,
    converged: bool,
) -> GarchFit:
    """Carry a fit of scaled returns back to the unit of the returns."""
    parameters = result.params.rename(_NAMES).rename(None)
    names = parameters.index
    jacobian = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    if mean == "constant":
        jacobian.loc["mu", "mu"] = 1 / scale
    if model == "egarch":
        # log s^2 moves by a constant, 2 log(scale), on either side of the recursion.
        jacobian.loc["omega", "beta"] = 2 * math.log(scale)
        parameters["omega"] -= 2 * math.log(scale) * (1 - parameters["beta"])
    else:
        jacobian.loc["omega", "omega"] = 1 / scale**2
        parameters["omega"] /= scale**2
    if mean == "constant":
        parameters["mu"] /= scale
    covariance = jacobian.to_numpy() @ _covariance(result) @ jacobian.to_numpy().T
    with np.errstate(invalid="ignore"):
        se = np.sqrt(np.diag(covariance))
    volatility = np.asarray(result.conditional_volatility, dtype=float) / scale
    count, size = len(names), len(index)
    loglikelihood = float(result.loglikelihood) + size * math.log(scale)
    persistence = _persistence(result, parameters, model)
    level = math.nan
    if model in ("garch", "gjr") and persistence < INTEGRATED:
        level = math.sqrt(float(parameters["omega"]) / (1 - persistence))
    return GarchFit(
        parameters.rename("estimate"),
        pd.Series(se, index=names, name="se"),
        pd.DataFrame(covariance, index=names, columns=names),
        loglikelihood,
        aic=2 * count - 2 * loglikelihood,
        bic=count * math.log(size) - 2 * loglikelihood,
        volatility=pd.Series(volatility, index=index, name="volatility"),
        residuals=pd.Series(np.asarray(result.resid, dtype=float) / scale / volatility, index=index, name="residual"),
        persistence=persistence,
        unconditional_volatility=level,
        converged=converged,
        model=model,
        errors=errors,
        mean=mean,
        backcast=backcast,
        scale=scale,
        result=result,
    )


def _covariance(result: Any) -> NDArray[np.float64]:
    """Return the robust covariance, NaN where the likelihood is too flat or too steep to have one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            covariance: NDArray[np.float64] = np.asarray(result.param_cov, dtype=float)
        except np.linalg.LinAlgError:
            covariance = np.full((len(result.params), len(result.params)), np.nan)
    return covariance


def _persistence(result: Any, parameters: pd.Series, model: Model) -> float:
    if model == "figarch":
        return math.nan
    if model == "egarch":
        return float(parameters["beta"])
    total = float(parameters["alpha"] + parameters["beta"])
    if model == "gjr":
        shape = [float(parameters[name]) for name in ("nu", "skew") if name in parameters]
        total += float(parameters["gamma"]) * float(result.model.distribution.partial_moment(2, 0.0, shape))
    return total
