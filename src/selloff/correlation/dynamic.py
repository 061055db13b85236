"""Dynamic conditional correlation: how two series move together once their own volatility is taken out."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.likelihood import CorrelationStage, Kind
from selloff.inference.garch import Garch11, Mean, garch11, garch_slopes
from selloff.inference.inputs import Panel, check_panel
from selloff.inference.search import minimise

__all__ = ["DCC", "dcc_filter", "fit_dcc"]

Floats = NDArray[np.float64]

# Observations that a fit needs, and the numbers that its correlation matrices may hold (4 GiB).
_FEWEST, _LARGEST = 50, 1 << 29
# Starts (alpha, beta), and the largest sum of the two.
_STARTS, _PERSISTENCE = ((0.05, 0.9), (0.02, 0.97), (0.1, 0.6), (0.02, 0.1)), 1 - 1e-6
# An alpha below this counts as zero, as does one that gains less log-likelihood than that.
_NOTHING, _GAIN = 1e-6, 1e-3
_NAMES = {"dcc": "DCC(1,1), Engle (2002)", "cdcc": "cDCC(1,1), Aielli (2013)"}
# Gain in log-likelihood that one constant sample in twenty reaches (crypto-like returns, 1,000 days).
_CHANCE = 6.0


@dataclass(frozen=True, eq=False)
class DCC:
    """A fitted DCC(1,1); made by :func:`fit_dcc`.

    Attributes
    ----------
    garch : DataFrame
        One row a series: ``mean``, ``omega``, ``alpha``, ``beta`` and ``loglikelihood`` of its GARCH(1,1).
    alpha, beta : float
        Weight of yesterday's product and of yesterday's matrix.
    alpha_se, beta_se : float
        Standard errors; NaN where the parameter stands at a limit.
    loglikelihood : float
        Of the correlation stage: the gain over uncorrelated series.
    constant_loglikelihood : float
        The same with one constant correlation.
    correlation : ndarray, shape (T, N, N)
        Correlation of each day given the days before.
    volatility : DataFrame, shape (T, N)
        Standard deviation of each day given the days before, in units of the returns.
    residuals : DataFrame, shape (T, N)
        Returns less their mean, over their volatility.
    qbar : ndarray, shape (N, N)
        The matrix that the recursion returns to.
    converged : bool
        Whether the optimiser of the correlation stage ended at an optimum.
    note : str
        What to know about the parameters; empty if nothing.
    settings : dict
        ``kind``, ``mean``, observations and series.
    """

    garch: pd.DataFrame
    alpha: float
    beta: float
    alpha_se: float
    beta_se: float
    loglikelihood: float
    constant_loglikelihood: float
    correlation: Floats
    volatility: pd.DataFrame
    residuals: pd.DataFrame
    qbar: Floats
    converged: bool
    note: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def pair(self, first: Any, second: Any) -> pd.Series:
        """Return the correlation of two series by date.

        Raises
        ------
        ValueError
            There is no such series.
        """
        columns = self.volatility.columns
        for name in (first, second):
            if name not in columns:
                raise ValueError(f"pair: no series {name!r}; there are {', '.join(map(str, columns))}")
        path = self.correlation[:, columns.get_loc(first), columns.get_loc(second)]
        return pd.Series(path, index=self.volatility.index, name=f"{first}, {second}")

    def to_frame(self) -> pd.DataFrame:
        """Return the correlations by date, one column a pair."""
        columns = self.volatility.columns
        rows, others = np.triu_indices(len(columns), 1)
        names = pd.MultiIndex.from_tuples(list(combinations(columns, 2)), names=["first", "second"])
        return pd.DataFrame(self.correlation[:, rows, others], index=self.volatility.index, columns=names)

    def summary(self) -> str:
        """Return the fit as a few lines."""
        length, count = self.volatility.shape
        pairs = self.correlation[:, *np.triu_indices(count, 1)].mean(axis=1)
        lines = [
            f"{_NAMES[self.settings['kind']]}: alpha {self.alpha:.5f} ({self.alpha_se:.5f}), "
            f"beta {self.beta:.5f} ({self.beta_se:.5f}), {count} series, {length} observations",
            f"correlation log-likelihood {self.loglikelihood:.2f}, with a constant correlation "
            f"{self.constant_loglikelihood:.2f}; {'mean ' * (count > 2)}correlation from {pairs.min():.3f} "
            f"to {pairs.max():.3f}",
        ]
        if not self.converged:
            lines.append("DID NOT CONVERGE: do not use these numbers; take a longer sample or fewer series")
        return "\n".join([*lines, self.note] if self.note else lines)


def fit_dcc(returns: Panel, kind: Kind = "dcc", mean: Mean = "constant") -> DCC:
    """Fit dynamic conditional correlations in two steps by Gaussian quasi maximum likelihood.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns in any unit on a common calendar, at least 50 rows and 2 columns, without missing values.
    kind : {"dcc", "cdcc"}
        Engle's model, or Aielli's correction of it.
    mean : {"constant", "zero"}
        Mean of each series, estimated with its GARCH; or none, for returns that are centred already.

    Returns
    -------
    DCC

    Raises
    ------
    ValueError
        The table is not as described, a series is flat, the series are linearly dependent, or an option is unknown.
    RuntimeError
        The GARCH of a series did not converge. Where the correlation stage does not, the result says so.

    Notes
    -----
    Step one: a GARCH(1,1) for each series (:func:`selloff.inference.garch.garch11`), started at the series' variance,
    gives standardised returns ``z``. Step two: ``R_t`` is the correlation matrix of ``Q_t``,
    ``Q_t = (1 - alpha - beta) S + alpha z_(t-1) z_(t-1)' + beta Q_(t-1)``, with ``Q_0 = S``, the mean of ``z z'``.
    In Aielli's model ``z_i`` is replaced by ``sqrt(q_ii) z_i`` in the recursion, and ``S`` is the correlation matrix
    of those; ``S`` then is what its name says, while in Engle's it is off by a little that grows with alpha.

    The log-likelihood is ``-sum(log|R_t| + z_t' R_t^-1 z_t - z_t' z_t) / 2``; with those of the GARCH fits it adds up
    to that of the returns. Standard errors are of the sandwich kind for two steps: they hold for errors that are not
    normal and carry the noise of the first step, not that of ``S``. Programs differ in their start values, and with
    them in the third digit of alpha and beta.

    All pairs share alpha and beta. ``R_t`` uses returns up to the day before, but parameters of the whole sample.
    A correlation that rises with a common shock is no proof of contagion: see
    :func:`selloff.correlation.adjusted.forbes_rigobon`. Where alpha is zero the correlation is constant, beta is not
    identified, and both are returned as 0 with a note. A small alpha is no evidence either: on simulated returns with
    a constant correlation of .4 (1,000 days) one sample in twenty gains 2.0 over the constant model if they are
    normal, 3.4 with GARCH and t errors, 5.7 with crypto-like tails.

    References
    ----------
    Engle (2002), Journal of Business and Economic Statistics 20, 339-350; Aielli (2013), Journal of Business and
    Economic Statistics 31, 282-299; Newey and McFadden (1994), Handbook of Econometrics 4, 2111-2245, for errors in
    two steps.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.dynamic import fit_dcc
    >>> z, noise = np.random.default_rng(0).standard_normal((2, 2000))
    >>> move = np.sin(np.arange(2000) / 100)
    >>> fit = fit_dcc(np.column_stack([z, move * z + noise]))
    >>> fit.converged, fit.correlation.shape
    (True, (2000, 2, 2))
    >>> bool(np.corrcoef(fit.correlation[:, 0, 1], move)[0, 1] > 0.9)
    True
    """
    for name, option, known in (("kind", kind, get_args(Kind)), ("mean", mean, get_args(Mean))):
        if option not in known:
            raise ValueError(f"fit_dcc: unknown {name} {option!r}; expected {' or '.join(known)}")
    values, index, columns = check_panel(returns, "returns", _FEWEST)
    length, count = values.shape
    if length * count**2 > _LARGEST:
        raise ValueError(
            f"fit_dcc: {length} correlation matrices of {count} series would take "
            f"{length * count**2 / 2**27:.0f} GiB; take fewer series or a shorter sample"
        )
    fits = _first_stage(values, columns, mean)
    stage = CorrelationStage(np.stack([fit.residuals for fit in fits]), kind)
    constant = _constant(stage.z, columns)
    alpha, beta, value, converged = _optimum(stage, constant)
    if alpha < _NOTHING or value < constant + _GAIN:
        alpha, beta, value = 0.0, 0.0, constant
    errors, note = _errors(stage, fits, alpha, beta, mean), _note(alpha, beta, value - constant)
    table = {name: [getattr(fit, name) for fit in fits] for name in ("mean", "omega", "alpha", "beta", "loglikelihood")}
    volatility = np.sqrt(np.stack([fit.variance for fit in fits], axis=1))
    return DCC(
        pd.DataFrame(table, index=columns),
        alpha,
        beta,
        float(errors[0]),
        float(errors[1]),
        value,
        constant,
        stage.correlations(alpha, beta),
        pd.DataFrame(volatility, index=index, columns=columns),
        pd.DataFrame(stage.z.T, index=index, columns=columns),
        stage.target(alpha, beta),
        converged,
        note,
        {"kind": kind, "mean": mean, "observations": length, "series": count},
    )


def dcc_filter(z: Panel, qbar: Panel, alpha: float, beta: float, kind: Kind = "dcc") -> Floats:
    """Return the correlation matrices of DCC(1,1) with given parameters.

    Parameters
    ----------
    z : DataFrame or ndarray, shape (T, N)
        Standardised returns, without missing values.
    qbar : DataFrame or ndarray, shape (N, N)
        The matrix that the recursion starts at and returns to; symmetric and positive definite.
    alpha, beta : float
        Not negative, sum below 1.
    kind : {"dcc", "cdcc"}
        Engle's recursion or Aielli's.

    Returns
    -------
    ndarray, shape (T, N, N)
        Day ``t`` uses ``z`` up to the day before; the first is the correlation matrix of ``qbar``.

    Raises
    ------
    ValueError
        The inputs are not as described.

    Notes
    -----
    See :func:`fit_dcc`. With parameters and ``qbar`` of an earlier sample this is a path without hindsight.

    References
    ----------
    Engle (2002), Journal of Business and Economic Statistics 20, 339-350; Aielli (2013), Journal of Business and
    Economic Statistics 31, 282-299.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.dynamic import dcc_filter
    >>> dcc_filter(np.array([[1., 1.], [0., 0.]]), np.eye(2), alpha=0.5, beta=0.25)[:, 0, 1].tolist()
    [0.0, 0.5]
    """
    if kind not in get_args(Kind):
        raise ValueError(f"dcc_filter: unknown kind {kind!r}; expected {' or '.join(get_args(Kind))}")
    values, _, _ = check_panel(z, "z", 1)
    if not (alpha >= 0 and beta >= 0 and alpha + beta < 1):
        raise ValueError(f"dcc_filter: alpha {alpha!r} and beta {beta!r} must not be negative and sum to less than 1")
    matrix = np.asarray(qbar, dtype=float)
    count = values.shape[1]
    if matrix.shape != (count, count):
        raise ValueError(f"dcc_filter: qbar has shape {matrix.shape}; {count} series need {(count, count)}")
    if not np.allclose(matrix, matrix.T, rtol=1e-8, atol=1e-12) or float(np.linalg.eigvalsh(matrix)[0]) <= 0:
        raise ValueError("dcc_filter: qbar must be symmetric and positive definite; pass the mean of z z'")
    return CorrelationStage(np.ascontiguousarray(values.T), kind, matrix).correlations(float(alpha), float(beta))


def _first_stage(values: Floats, columns: pd.Index, mean: Mean) -> list[Garch11]:
    fits = []
    for name, series in zip(columns, values.T, strict=True):
        if np.ptp(series) <= 1e-12 * np.abs(series).max():
            raise ValueError(f"fit_dcc: returns[{name!r}] is flat at {series[0]:g}; drop the series")
        fit = garch11(series, mean=mean)
        if not fit.converged:
            raise RuntimeError(
                f"fit_dcc: the GARCH(1,1) of returns[{name!r}] did not converge; "
                f"look for a few extreme days, or take a longer sample"
            )
        fits.append(fit)
    return fits


def _constant(z: Floats, columns: pd.Index) -> float:
    """Return the log-likelihood with one constant correlation."""
    second = z @ z.T / z.shape[1]
    scale = np.sqrt(np.diag(second))
    matrix = second / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < 1e-9:
        culprits = columns[np.argsort(np.abs(vectors[:, 0]))[-2:]]
        raise ValueError(
            f"fit_dcc: the series are linearly dependent (most of all {culprits[0]!r} and {culprits[1]!r}); "
            "drop one of them"
        )
    quadratic = float(np.sum((vectors.T @ second @ vectors).diagonal() / values))
    value: float = -z.shape[1] * (float(np.log(values).sum()) + quadratic - float(second.trace())) / 2
    return value


def _optimum(stage: CorrelationStage, constant: float) -> tuple[float, float, float, bool]:
    """Return alpha, beta, the log-likelihood there, and whether they are an optimum."""
    best = _search(stage, _STARTS[0])
    # Faint movements have several optima; clear ones have one.
    clear = best[2] > constant + _CHANCE and best[0] > 0.005 and 0.5 < best[0] + best[1] < 0.9999
    for start in () if clear and best[3] else _STARTS[1:]:
        other = _search(stage, start)
        if (other[3], other[2]) > (best[3], best[2]):
            best = other
    return best


def _search(stage: CorrelationStage, start: tuple[float, float]) -> tuple[float, float, float, bool]:
    length = stage.z.shape[1]

    def target(theta: Floats) -> tuple[float, Floats]:
        alpha = min(max(float(theta[0]), 0.0), _PERSISTENCE)
        value, scores = stage.scores(alpha, min(max(float(theta[1]), 0.0), _PERSISTENCE - alpha))
        return -value / length, -scores.sum(axis=1) / length

    scores = stage.scores(*start)[1]
    metric = scores @ scores.T / length + 1e-12 * np.eye(2)
    room, limit = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), np.array([0.0, 0.0, -_PERSISTENCE])
    found = minimise(target, np.array(start), metric, room, limit)
    alpha, beta = np.maximum(found.theta, 0)
    return float(alpha), float(beta), -found.value * length, found.converged


def _errors(stage: CorrelationStage, fits: list[Garch11], alpha: float, beta: float, mean: Mean) -> Floats:
    """Return the standard errors of alpha and beta, the noise of the first stage included."""
    step = min(1e-6, (1 - alpha - beta) / 4)
    if alpha == 0 or beta < _NOTHING or 1 - alpha - beta < 2e-6:
        return np.full(2, np.nan)
    points = [(alpha, beta), (alpha + step, beta), (alpha, beta + step)]
    (here, by_z), *moved = [stage.adjoint(*point) for point in points]
    curvature = np.stack([here - there for there, _ in moved]) / step
    influence = stage.scores(alpha, beta)[1].copy()
    for row, fit in enumerate(fits):
        cross = np.stack([there[row] - by_z[row] for _, there in moved]) / step
        by_parameter, information, first = _first_scores(fit, mean)
        influence += np.linalg.solve(information, by_parameter @ cross.T).T @ first
    bread = np.linalg.pinv((curvature + curvature.T) / 2)
    errors: Floats = np.sqrt(np.diag(bread @ (influence @ influence.T) @ bread))
    return errors


def _first_scores(fit: Garch11, mean: Mean) -> tuple[Floats, Floats, Floats]:
    """Return how ``z`` moves with the parameters of a GARCH, their information, and each day's scores."""
    rows = ([0, 1, 2] if fit.alpha > 0 else [0]) + [3] * (mean == "constant")
    slopes = garch_slopes(fit)[rows] / fit.variance
    scores, by_parameter = slopes * ((fit.residuals**2 - 1) / 2), slopes * (fit.residuals / -2)
    information = slopes @ slopes.T / 2
    if mean == "constant":
        inverse = 1 / np.sqrt(fit.variance)
        scores[-1] += fit.residuals * inverse
        by_parameter[-1] -= inverse
        information[-1, -1] += float(inverse @ inverse)
    return by_parameter, information, scores


def _note(alpha: float, beta: float, gain: float) -> str:
    if alpha == 0:
        return "alpha is zero: the correlation is constant, and beta is not identified (returned as 0)"
    if gain < _CHANCE:
        return (
            f"a gain of {gain:.2f} over a constant correlation may be chance: "
            "the correlation may well be constant, and beta is hardly identified"
        )
    if 1 - alpha - beta < 2e-6:
        return "at the limit alpha + beta = 1: the correlation wanders and has no level; there are no standard errors"
    if beta < _NOTHING:
        return "beta is zero: the correlation forgets a shock after a day; there are no standard errors"
    return ""
