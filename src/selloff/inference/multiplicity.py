"""P-values of many tests at once: one in twenty rejects by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = ["Alternative", "benjamini_hochberg", "holm", "romano_wolf"]

Alternative = Literal["two-sided", "greater", "less"]
Floats = NDArray[np.float64]


def benjamini_hochberg(pvalues: ArrayLike | pd.Series | Mapping[Any, float], dependent: bool = False) -> pd.Series:
    """Adjust p-values so that rejecting those up to q keeps the share of false rejections at q.

    Parameters
    ----------
    pvalues : Series, mapping or array_like, shape (m,)
        From 0 to 1, of all tests that were run, also of those not worth telling.
    dependent : bool
        Whether to hold for every kind of dependence (Benjamini and Yekutieli), at the price of a factor
        ``1 + 1/2 + ... + 1/m``. The plain version holds for independent and for positively dependent statistics.

    Returns
    -------
    Series, shape (m,)
        Adjusted p-values with the labels of ``pvalues``.

    Raises
    ------
    ValueError
        There is none, one is missing or outside [0, 1], or a label occurs twice.

    Notes
    -----
    With p-values in ascending order, ``min over k >= j of (m p_(k) / k)``. At q = 5 %, one rejection in twenty is
    expected to be false; the chance that none is false is not controlled (see :func:`romano_wolf`). Computed by
    ``statsmodels.stats.multitest.multipletests``.

    References
    ----------
    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300; Benjamini and Yekutieli
    (2001), Annals of Statistics 29, 1165-1188.

    Examples
    --------
    >>> from selloff.inference.multiplicity import benjamini_hochberg
    >>> benjamini_hochberg({"btc": 0.01, "eth": 0.04, "sol": 0.03}).round(3).to_dict()
    {'btc': 0.03, 'eth': 0.04, 'sol': 0.04}
    """
    from statsmodels.stats.multitest import multipletests

    values = _pvalues(pvalues, "benjamini_hochberg")
    adjusted = multipletests(values.to_numpy(), method="fdr_by" if dependent else "fdr_bh")[1]
    return pd.Series(adjusted, index=values.index, name="pvalue")


def holm(pvalues: ArrayLike | pd.Series | Mapping[Any, float]) -> pd.Series:
    """Adjust p-values so that the chance of even one false rejection keeps its level, whatever the dependence.

    Parameters
    ----------
    pvalues : Series, mapping or array_like, shape (m,)
        From 0 to 1, of all tests that were run.

    Returns
    -------
    Series, shape (m,)
        Adjusted p-values with the labels of ``pvalues``.

    Raises
    ------
    ValueError
        As :func:`benjamini_hochberg`.

    Notes
    -----
    With p-values in ascending order, ``max over k <= j of ((m - k + 1) p_(k))``, at most 1. For tests that move
    together :func:`romano_wolf` rejects more.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> from selloff.inference.multiplicity import holm
    >>> holm([0.01, 0.04, 0.03]).round(3).to_list()
    [0.03, 0.06, 0.06]
    """
    values = _pvalues(pvalues, "holm")
    order = np.argsort(values.to_numpy(), kind="stable")
    # Not by statsmodels: its version takes a tenth of a second a call.
    raised = values.to_numpy()[order] * np.arange(len(values), 0, -1)
    out = np.empty_like(raised)
    out[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return pd.Series(out, index=values.index, name="pvalue")


def romano_wolf(
    statistics: ArrayLike | pd.Series | Mapping[Any, float],
    null_statistics: ArrayLike | pd.DataFrame,
    alternative: Alternative = "two-sided",
) -> pd.Series:
    """Adjust the p-values of tests that move together, from draws of all their statistics under the null.

    Parameters
    ----------
    statistics : Series, mapping or array_like, shape (m,)
        One statistic a test, on one scale: studentised, or at least with like standard errors.
    null_statistics : array_like or DataFrame, shape (B, m)
        Draws of the same statistics where no effect is there, all tests of a row from one resample, so that the draws
        carry the dependence. At least 19 rows; a table with labelled columns is put in the order of ``statistics``.
    alternative : {"two-sided", "greater", "less"}
        Which statistics speak against the null: those far from zero, large or small.

    Returns
    -------
    Series, shape (m,)
        Adjusted p-values, at least ``1 / (B + 1)``: the chance of one or more false rejections among all tests is at
        most the level at which they are read.

    Raises
    ------
    ValueError
        Shapes or labels do not fit, a value is missing or infinite, there are too few draws, or the alternative is
        unknown.

    Notes
    -----
    Tests in the order of their statistics, largest first:
    ``p_j = (1 + #{b: max over k >= j of t*_bk >= t_j}) / (1 + B)``, then no smaller than that of the test before. The
    maximum is over the tests not yet rejected, which is what stepping down gains over a single maximum.

    Draws must be centred: from a bootstrap pass ``(draw - estimate) / se(draw)``, not ``draw / se(draw)``, which still
    carries the effect and hides it. Statistics on unlike scales let the noisiest test decide for all.

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing, Wiley; Romano and Wolf (2005), Journal of the
    American Statistical Association 100, 94-108; Romano and Wolf (2016), Statistics and Probability Letters 113,
    38-40, for the p-values.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.inference.multiplicity import romano_wolf
    >>> null = np.random.default_rng(0).standard_normal((999, 3))
    >>> romano_wolf({"btc": 4.0, "eth": 2.1, "sol": 0.3}, null).round(2).to_dict()
    {'btc': 0.0, 'eth': 0.06, 'sol': 0.78}
    """
    if alternative not in get_args(Alternative):
        raise ValueError(
            f"romano_wolf: unknown alternative {alternative!r}; expected {', '.join(get_args(Alternative))}"
        )
    observed = _labelled(statistics, "romano_wolf", "statistic")
    draws = _draws(null_statistics, observed)
    against = {"two-sided": np.abs, "greater": np.positive, "less": np.negative}[alternative]
    value, null = against(observed.to_numpy()), against(draws)
    order = np.argsort(-value, kind="stable")
    # The largest statistic among the tests from each place on, for each draw.
    largest = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    adjusted = (1 + np.count_nonzero(largest >= value[order] - _tie(value), axis=0)) / (1 + len(null))
    out = np.empty_like(value)
    out[order] = np.maximum.accumulate(adjusted)
    return pd.Series(out, index=observed.index, name="pvalue")


def _tie(value: Floats) -> float:
    """Return the rounding error within which two statistics are one."""
    return 1e-12 * float(np.abs(value).max())


def _pvalues(pvalues: Any, name: str) -> pd.Series:
    """Return p-values, checked, with their labels."""
    values = _labelled(pvalues, name, "p-value")
    outside = (values < 0) | (values > 1)
    if outside.any():
        raise ValueError(
            f"{name}: the p-value of {values.index[int(np.argmax(outside))]!r} is {values[outside].iloc[0]:g}; "
            "it must lie between 0 and 1"
        )
    return values


def _labelled(values: Any, name: str, what: str) -> pd.Series:
    """Return one number a test, checked, with its label."""
    if isinstance(values, pd.Series | Mapping):
        series = pd.Series(values)
    elif np.ndim(values) == 1:
        series = pd.Series(np.asarray(values))
    else:
        raise ValueError(f"{name}: expected one {what} a test in one dimension, got shape {np.shape(values)}")
    if series.empty:
        raise ValueError(f"{name}: no {what} at all; pass one a test")
    if not series.index.is_unique:
        raise ValueError(f"{name}: {series.index[series.index.duplicated()][0]!r} occurs twice; give each test a name")
    try:
        series = series.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: a {what} is no number; pass numbers only") from None
    bad = ~np.isfinite(series.to_numpy())
    if bad.any():
        raise ValueError(
            f"{name}: the {what} of {series.index[int(np.argmax(bad))]!r} is missing or infinite; leave that test out"
        )
    return series


def _draws(null_statistics: Any, observed: pd.Series) -> Floats:
    name, count = "romano_wolf", len(observed)
    table = null_statistics
    if isinstance(table, pd.DataFrame) and not table.columns.equals(pd.RangeIndex(table.shape[1])):
        if not table.columns.is_unique or set(table.columns) != set(observed.index):
            raise ValueError(
                f"{name}: the columns of null_statistics are not the tests; expected {list(observed.index)}"
            )
        table = table[list(observed.index)]
    draws: Floats = np.asarray(table, dtype=float)
    if draws.ndim != 2 or draws.shape[1] != count:
        raise ValueError(
            f"{name}: null_statistics of shape {draws.shape} do not fit {count} tests; expected one row a draw and one "
            "column a test"
        )
    if len(draws) < 19:
        raise ValueError(f"{name}: {len(draws)} draws cannot give a p-value of 5 %; take 999 or more")
    bad = ~np.isfinite(draws)
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        raise ValueError(f"{name}: draw {row} of {observed.index[column]!r} is missing or infinite; draw it again")
    return draws
