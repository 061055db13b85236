"""Dates at which a mean or a regression changed: how many, when, and how surely."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.partition import Partitions, best_partitions
from selloff.correlation.regimes import date_intervals, end_labels, regime_table, taken_lags
from selloff.correlation.sequence import one_more_break
from selloff.correlation.wald import explains_all
from selloff.inference import TestResult
from selloff.inference.inputs import Panel, Series, check_panel, check_series, paired

__all__ = ["Breaks", "structural_breaks"]

Covariance = Literal["hac", "hc0", "iid"]
Method = Literal["sequential", "bic", "lwz"]
Floats = NDArray[np.float64]

# Simulated: 1,000 regressions of 500 days (500 with simulated p-values) with a constant beta and two coefficients, on
# each design of selloff.validation.designs.
_NOTES = {
    "iid": "at a nominal 5 % it rejects 5 % of simulated normal regressions of 500 days without a break and 22 to 35 % "
    "of those with t and GARCH-t returns",
    "hc0": "at a nominal 5 % it rejects 7 to 9 % of simulated regressions of 500 days without a break, the more the "
    "stronger the waves of volatility",
    "hac": "at a nominal 5 % it rejects 9 to 12 % of simulated regressions of 500 days without a break; "
    "replications=199 brings that down to 4 or 5 %",
    "wild": "at a nominal 5 % it rejects 4 to 5 % of simulated regressions of 500 days without a break, whatever the "
    "tails and waves of volatility",
}


@dataclass(frozen=True, eq=False)
class Breaks:
    """Breaks of a mean or a regression; made by :func:`structural_breaks`.

    Attributes
    ----------
    dates : tuple
        Last date of each regime but the last one; for arrays the number of observations until then.
    positions : tuple of int
        How many observations lie before each break: the position of the next regime's first observation.
    interval : DataFrame
        One row a break: date, and lower and upper end of its confidence interval, told like ``dates``.
    supF : float
        Largest Wald statistic of one break in all coefficients, over all dates.
    one_break : TestResult
        The test of no break against one, with that statistic.
    supF_sequence : DataFrame
        One row for each number of breaks: the largest statistic of one more, its p-value and its date.
    criteria : DataFrame
        One row for each number of breaks: squared residuals, BIC and LWZ.
    coefficients : DataFrame
        One row a regime: start and end (first and last date; for arrays the slice of positions), observations,
        coefficients and standard errors.
    settings : dict
        What was told or chosen.
    """

    dates: tuple[Any, ...]
    positions: tuple[int, ...]
    interval: pd.DataFrame
    supF: float  # noqa: N815
    one_break: TestResult
    supF_sequence: pd.DataFrame  # noqa: N815
    criteria: pd.DataFrame
    coefficients: pd.DataFrame
    settings: dict[str, Any] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a regime, with the interval of the break that ends it."""
        ends = (
            self.interval[["lower", "upper"]]
            .astype(object)
            .rename(columns={"lower": "end_lower", "upper": "end_upper"})
        )
        return self.coefficients.join(ends)

    def summary(self) -> str:
        """Return the breaks as a few lines."""
        count = len(self.dates)
        lines = [
            f"{count} break{'' if count == 1 else 's'} by {self.settings['method']} in {self.settings['observations']} "
            f"observations, regimes of at least {self.settings['shortest']}"
        ]
        lines += [
            f"  {_day(row.date)} [{_day(row.lower)}, {_day(row.upper)}]"
            for row in self.interval.itertuples(index=False)
        ]
        return "\n".join([*lines, self.one_break.summary()])


def structural_breaks(
    y: Series,
    x: Series | Panel | None = None,
    max_breaks: int = 5,
    trim: float = 0.15,
    covariance: Covariance = "hac",
    lags: int | None = None,
    level: float = 0.05,
    method: Method | int = "sequential",
    replications: int = 0,
    seed: int = 0,
) -> Breaks:
    """Find the dates at which the regression of ``y`` on a constant and ``x`` changed.

    Parameters
    ----------
    y : Series or ndarray, shape (T,)
        Explained series, without missing values.
    x : Series, DataFrame or ndarray, shape (T,) or (T, k), optional
        Regressors; without them, changes of the mean are sought. All coefficients may change.
    max_breaks : int
        Most breaks; fewer where more do not fit.
    trim : float
        Shortest regime as a share of the sample, below a half; or from 1 on, as a number of observations.
    covariance : {"hac", "hc0", "iid"}
        What tests and intervals allow for: serial dependence and changing variance, changing variance, or neither.
    lags : int, optional
        Lags of ``hac`` (Bartlett weights); by default ``floor(4 (n / 100)^(2/9))`` of the observations in question.
    level : float
        Level of each test of the sequence; the intervals have coverage ``1 - level``.
    method : {"sequential", "bic", "lwz"} or int
        How the number of breaks is found: by testing for one more until a test does not reject, by an information
        criterion, or it is given.
    replications, seed : int
        Simulated samples for the p-values of the tests, and their seed. Without them p-values are those of an endless
        sample, which on returns are too small; 199 samples of 1,000 days take half a second.

    Returns
    -------
    Breaks

    Raises
    ------
    ValueError
        The inputs do not fit together, ``y`` is explained perfectly, regimes are too short or too long for the
        sample, an option is unknown, or regressors are flat or collinear at every date.

    Notes
    -----
    For each number of breaks the dates minimise the sum of squared residuals, exactly (dynamic programming; time grows
    with ``T^2``, memory with ``T``: half a second for 5,000 days). Dates are those before the change.

    ``supF`` is the Wald statistic itself, not divided by the number of coefficients. Its p-value is that of a sample
    without end; in the sequence it is ``1 - prod_i (1 - p_i)``, with the p-value ``p_i`` that the largest statistic
    would have in regime ``i``. That is too small where variance comes in waves. With ``replications`` the statistic is
    compared with those of samples that keep the regressors and the size of each error but not its sign (a wild
    bootstrap), which is nearer the truth. The coefficients themselves must be constant: if each of two returns has
    volatility of its own, beta moves with it, and the test finds that too. The sequence stops early where two changes
    cancel out; look at the criteria as well.

    BIC is ``T (log(2 pi S / T) + 1) + log(T) (m + 1) (k + 2)`` for ``m`` breaks and ``S`` squared residuals, LWZ is
    ``log(S / (T - p)) + 0.299 log(T)^2.1 p / T`` with ``p = (m + 1) (k + 1) + m``. Both are made for independent
    errors: with serial dependence they find too many breaks.

    Intervals are those of a break that is small against one observation's noise in a long sample, with the moments and
    the error variance of either regime by itself. In simulated samples of 300 with independent errors, 95 % intervals
    for a step of the mean by 2, 1, .7 and .4 standard deviations held it in 98, 94, 91 and 90 %; with an
    autocorrelation of .3 (``hac``) in 96, 88, 84 and 81 %.

    References
    ----------
    Bai and Perron (1998), Econometrica 66, 47-78, and (2003), Journal of Applied Econometrics 18, 1-22; Bai (1997),
    Review of Economics and Statistics 79, 551-563, for the intervals; Andrews (1993), Econometrica 61, 821-856, for
    one break; Hansen (2000), Journal of Econometrics 97, 93-115, for the bootstrap; Liu, Wu and Zidek (1997),
    Statistica Sinica 7, 497-525, for LWZ.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.breaks import structural_breaks
    >>> y = np.random.default_rng(0).standard_normal(300) + np.where(np.arange(300) < 120, 0.0, 2.0)
    >>> found = structural_breaks(y)
    >>> found.positions, found.coefficients["const"].round(1).tolist()
    ((116,), [0.0, 1.9])
    """
    _options(max_breaks, covariance, level, method, replications)
    table, index, names = _table(y, x)
    shortest = _shortest(trim, len(table), len(names))
    if explains_all(table):
        raise ValueError("structural_breaks: y is flat or x explains it perfectly; there is no error to test against")
    most = min(max(method, max_breaks) if isinstance(method, int) else max_breaks, len(table) // shortest - 1)
    if isinstance(method, int) and method > most:
        raise ValueError(f"structural_breaks: {method} breaks do not fit: at most {most} with regimes of {shortest}")
    settings = {
        "method": "a given number" if isinstance(method, int) else method,
        "covariance": covariance,
        "lags": taken_lags(len(table), covariance, lags, shortest),
        "level": level,
        "shortest": shortest,
        "max_breaks": most,
        "observations": len(table),
        "replications": replications,
        "seed": seed,
    }
    found = best_partitions(table, shortest, most)
    sequence = one_more_break(table, index, found, shortest, covariance, lags, replications, seed)
    one = _one_break(sequence, table.shape[1], settings)
    criteria = _criteria(found, len(table), len(names))
    ends = found.ends[_number(method, sequence, criteria, level)]
    taken = ends, shortest, covariance, lags
    return Breaks(
        tuple(end_labels(index)[end - 1] for end in ends),
        ends,
        date_intervals(table, index, *taken, level),
        one.statistic,
        one,
        sequence,
        criteria,
        regime_table(table, index, names, *taken),
        settings,
    )


def _one_break(sequence: pd.DataFrame, coefficients: int, settings: dict[str, Any]) -> TestResult:
    """Return the first test of the sequence as a result."""
    first = sequence.iloc[0]
    if np.isnan(first["statistic"]):
        raise ValueError(
            "structural_breaks: before or after every date x is flat or collinear, or the fit is perfect; drop a "
            "regressor or take longer regimes"
        )
    taken = {name: settings[name] for name in ("covariance", "lags", "shortest", "replications")}
    return TestResult(
        "one break, largest Wald statistic",
        float(first["statistic"]),
        float(first["pvalue"]),
        size_note=_NOTES["wild" if settings["replications"] else settings["covariance"]],
        break_date=first["date"],
        settings={"row": int(first["row"]), "coefficients": coefficients, **taken},
    )


def _table(y: Series, x: Series | Panel | None) -> tuple[Floats, pd.Index, list[Any]]:
    """Return the regressors with ``y`` as the last column, the dates and the names of the regressors."""
    values, index = check_series(y, "y")
    if x is None:
        return values[:, None], index, []
    if np.ndim(x) < 2:
        single, _, other = paired(x, y, missing=False)  # type: ignore[arg-type]
        name = x.name if isinstance(x, pd.Series) and x.name is not None else "x"
        return np.column_stack([single, values]), index if isinstance(y, pd.Series) else other, [name]
    regressors, other, columns = check_panel(x, "x", series=1)  # type: ignore[arg-type]
    if len(regressors) != values.size:
        raise ValueError(f"x and y must be of one length, got {len(regressors)} and {values.size}")
    dated = isinstance(x, pd.DataFrame)
    if dated and isinstance(y, pd.Series) and not index.equals(other):
        raise ValueError("x and y stand on different dates; join them on a common calendar")
    names = list(columns) if dated else [f"x{number}" for number in columns]
    return np.column_stack([regressors, values]), index if isinstance(y, pd.Series) else other, names


def _options(max_breaks: int, covariance: str, level: float, method: str | int, replications: int) -> None:
    if covariance not in get_args(Covariance):
        known = ", ".join(get_args(Covariance))
        raise ValueError(f"structural_breaks: unknown covariance {covariance!r}; expected {known}")
    if isinstance(max_breaks, bool) or not isinstance(max_breaks, int | np.integer) or max_breaks < 1:
        raise ValueError(f"structural_breaks: max_breaks must be a whole number from 1 on, got {max_breaks!r}")
    if isinstance(replications, bool) or not isinstance(replications, int | np.integer) or replications < 0:
        raise ValueError(f"structural_breaks: replications must be a whole number from 0 on, got {replications!r}")
    if not 0 < level < 1:
        raise ValueError(f"structural_breaks: level must lie between 0 and 1, got {level}")
    if isinstance(method, bool) or (isinstance(method, int) and method < 0):
        raise ValueError(f"structural_breaks: a number of breaks must be 0 or more, got {method!r}")
    if not isinstance(method, int) and method not in get_args(Method):
        known = ", ".join(get_args(Method))
        raise ValueError(f"structural_breaks: unknown method {method!r}; expected {known} or a number of breaks")


def _shortest(trim: float, length: int, regressors: int) -> int:
    """Return the observations of the shortest regime."""
    shortest = int(trim) if trim >= 1 else int(trim * length + 1e-9)
    least = regressors + 3
    if not least <= shortest <= length // 2:
        raise ValueError(
            f"structural_breaks: trim {trim:g} makes regimes of at least {shortest} observations; with {regressors} "
            f"regressors and {length} observations that must lie between {least} and {length // 2}"
        )
    return shortest


def _criteria(found: Partitions, length: int, regressors: int) -> pd.DataFrame:
    breaks = np.arange(len(found.squares))
    # A perfect fit has no logarithm; this is far below any other.
    mean = np.maximum(found.squares / length, 1e-300)
    bic = length * (np.log(2 * np.pi * mean) + 1) + np.log(length) * (breaks + 1) * (regressors + 2)
    spent = (breaks + 1) * (regressors + 1) + breaks
    lwz = np.log(mean * length / (length - spent)) + 0.299 * np.log(length) ** 2.1 * spent / length
    table = pd.DataFrame({"squares": found.squares, "bic": bic, "lwz": lwz})
    return table.rename_axis("breaks")


def _number(method: str | int, sequence: pd.DataFrame, criteria: pd.DataFrame, level: float) -> int:
    if isinstance(method, int):
        return method
    if method != "sequential":
        return int(criteria[method].to_numpy().argmin())
    kept = sequence["pvalue"].to_numpy() < level
    return int(kept.size if kept.all() else kept.argmin())


def _day(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if hasattr(label, "strftime") else str(label)
