"""Tests of whether a correlation changed."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference import TestResult
from selloff.inference.inputs import Series, paired, position
from selloff.inference.null import ConstantCorrelation, constant_correlation

__all__ = ["correlation_influence", "null_statistics", "two_window_test"]

Method = Literal["bootstrap", "hac", "fisher"]


def correlation_influence(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each observation's influence on the correlation of ``x`` and ``y``.

    Parameters
    ----------
    x, y : ndarray, shape (T,)
        Finite values that vary.

    Returns
    -------
    ndarray, shape (T,)

    Notes
    -----
    ``psi_t = zx zy - r (zx^2 + zy^2) / 2`` with standardised ``zx``, ``zy``; it averages zero, and the long-run
    variance of its mean is that of ``r``.

    References
    ----------
    Devlin, Gnanadesikan and Kettenring (1975), Biometrika 62, 531-545.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import correlation_influence
    >>> correlation_influence(np.array([-1., 0., 1.]), np.array([-1., 1., 0.])).round(3).tolist()
    [0.75, -0.375, -0.375]
    """
    zx = (x - x.mean()) / x.std()
    zy = (y - y.mean()) / y.std()
    r = float(np.mean(zx * zy))
    influence: NDArray[np.float64] = zx * zy - r * (zx**2 + zy**2) / 2
    return influence


def two_window_test(
    x: Series,
    y: Series,
    split: str | pd.Timestamp | int,
    method: Method = "bootstrap",
    replications: int = 999,
    seed: int = 0,
) -> TestResult:
    """Test whether the correlation before ``split`` equals the one from ``split`` on.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    split : str, Timestamp or int
        First day of the second window; for arrays, its position.
    method : {"bootstrap", "hac", "fisher"}
        ``hac`` takes the variance of each correlation from its influence function, with serial dependence.
        ``bootstrap`` takes the same statistic and reads its p-value off simulations with this sample's volatility and
        tails and a constant correlation. ``fisher`` is the textbook test for independent normal data, here to be
        compared with.
    replications, seed : int
        Simulated samples of ``bootstrap``, and their seed.

    Returns
    -------
    TestResult
        The effect is the later correlation less the earlier one (for ``fisher``, the difference of ``arctanh``).
        With ``bootstrap`` its standard error is scaled so that the normal 95 % interval holds in 95 % of simulations,
        and the size note says how often the other two methods reject in them.

    Raises
    ------
    ValueError
        A window holds fewer than 20 days, a flat series or a perfect correlation; or the inputs do not fit together.

    Notes
    -----
    The statistic is ``(r2 - r1) / sqrt(S1 / T1 + S2 / T2)`` with the long-run variance ``S`` of the influence of
    each window.

    References
    ----------
    Devlin, Gnanadesikan and Kettenring (1975), Biometrika 62, 531-545, for the influence function; Newey and West
    (1987), Econometrica 55, 703-708; Bollerslev (1990), Review of Economics and Statistics 72, 498-505, for the
    model that is simulated.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import two_window_test
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 400))
    >>> y = np.where(np.arange(400) < 200, 0.1, 1.0) * x + noise
    >>> result = two_window_test(x, y, split=200)
    >>> bool(result.pvalue < 0.01), round(result.estimate, 1)
    (True, 0.6)
    """
    if method not in get_args(Method):
        raise ValueError(f"two_window_test: unknown method {method!r}; expected {', '.join(get_args(Method))}")
    left, right, index = paired(x, y, missing=False)
    cut = position(index, split, "split")
    if min(cut, left.size - cut) < _FEWEST:
        raise ValueError(
            f"two_window_test: {cut} days before {split} and {left.size - cut} after; {_FEWEST} each are needed"
        )
    for a, b in ((left[:cut], right[:cut]), (left[cut:], right[cut:])):
        _check(a, b)
    settings: dict[str, Any] = {"before": cut, "after": left.size - cut}
    if method == "fisher":
        effect, se = (float(value) for value in _fisher(left, right, cut))
        return _normal("Fisher z, difference of arctanh", effect, se, _NOTES["fisher"], settings)
    effect, se = (float(value) for value in _hac(left, right, cut))
    if method == "hac":
        return _normal("two windows, HAC", effect, se, _NOTES["hac"], settings)
    null = constant_correlation(left, right)
    z, fisher = null_statistics(null, left.size, cut, replications, seed)
    statistic = effect / se
    pvalue = (1 + int(np.count_nonzero(np.abs(z) >= abs(statistic)))) / (1 + replications)
    # The half-width that holds in 95 % of simulations, in units of the normal one.
    scale = float(np.quantile(np.abs(z), 0.95)) / _NORMAL
    note = (
        f"in simulations with this sample's volatility and tails and a constant correlation, HAC rejects "
        f"{np.mean(np.abs(z) > _NORMAL):.1%} and Fisher {np.mean(np.abs(fisher) > _NORMAL):.1%} at a nominal 5 %"
    )
    settings |= {"replications": replications, "seed": seed, "null": null.summary()}
    return TestResult("two windows, bootstrap", statistic, pvalue, effect, se * scale, note, settings=settings)


def null_statistics(
    null: ConstantCorrelation, length: int, cut: int, replications: int, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the HAC and the Fisher statistic of :func:`two_window_test` in simulations without a change.

    Parameters
    ----------
    null : ConstantCorrelation
        The model to simulate.
    length, cut : int
        Observations, and the position of the split.
    replications, seed : int
        Simulated samples, and their seed.

    Returns
    -------
    hac, fisher : ndarray, shape (replications,)
    """
    x, y = null.simulate(length, replications, seed)
    hac, fisher = _hac(x, y, cut), _fisher(x, y, cut)
    return hac[0] / hac[1], fisher[0] / fisher[1]


# Days that each window needs, and the normal quantile of a two-sided 5 %.
_FEWEST, _NORMAL = 20, 1.959963984540054
# What simulations of the tests beside this module show on heavy-tailed returns.
_NOTES = {
    "hac": "rejects somewhat more often than its level on returns",
    "fisher": "rejects several times more often than its level on returns, which are no independent normals",
}


def _hac(x: NDArray[np.float64], y: NDArray[np.float64], cut: int) -> tuple[Any, Any]:
    """Return the change of the correlation and its standard error, of one sample or of many (columns)."""
    correlations, variances = [], []
    for part in (slice(None, cut), slice(cut, None)):
        zx, zy = _standardised(x[part]), _standardised(y[part])
        r = np.mean(zx * zy, axis=0)
        influence = zx * zy - r * (zx**2 + zy**2) / 2
        correlations.append(r)
        variances.append(_bartlett(influence) / len(influence))
    return correlations[1] - correlations[0], np.sqrt(variances[0] + variances[1])


def _fisher(x: NDArray[np.float64], y: NDArray[np.float64], cut: int) -> tuple[Any, Any]:
    parts = (slice(None, cut), slice(cut, None))
    before, after = (np.arctanh(np.mean(_standardised(x[part]) * _standardised(y[part]), axis=0)) for part in parts)
    return after - before, np.sqrt(1 / (cut - 3) + 1 / (len(x) - cut - 3))


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=0)
    standardised: NDArray[np.float64] = centred / np.sqrt(np.mean(centred**2, axis=0))
    return standardised


def _bartlett(influence: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`selloff.inference.long_run_variance` with its default lags, of many series (columns) at once."""
    length = len(influence)
    lags = int(np.floor(4 * (length / 100) ** (2 / 9)))
    total: NDArray[np.float64] = np.sum(influence**2, axis=0)
    for lag in range(1, lags + 1):
        total = total + 2 * (1 - lag / (lags + 1)) * np.sum(influence[lag:] * influence[:-lag], axis=0)
    return total / length


def _check(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        raise ValueError("two_window_test: a series is flat in one window; it has no correlation there")
    if abs(float(np.corrcoef(a, b)[0, 1])) > 1 - 1e-12:
        raise ValueError("two_window_test: the series are one in a window; a perfect correlation cannot be tested")


def _normal(name: str, effect: float, se: float, note: str, settings: dict[str, Any]) -> TestResult:
    from scipy.stats import norm

    statistic = effect / se
    return TestResult(name, statistic, float(2 * norm.sf(abs(statistic))), effect, se, note, settings=settings)
