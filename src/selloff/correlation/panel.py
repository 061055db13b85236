"""Every pair of a panel, reduced while it is computed: no array of dates by pairs is ever held."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.blocks import (
    BlockPart,
    BlockTask,
    Plan,
    block_spans,
    block_tasks,
    combine,
    reduce_block,
)
from selloff.correlation.kernels import Engine, check_window, choose_engine
from selloff.correlation.matrix import pair_names
from selloff.correlation.reduction import UNIT
from selloff.inference.inputs import Panel, check_panel

__all__ = [
    "BlockPart",
    "BlockTask",
    "PanelCorrelation",
    "Plan",
    "block_spans",
    "block_tasks",
    "combine",
    "finish",
    "panel_correlation",
    "reduce_block",
]

# Rows of a task that one process takes after another, and tasks to share out.
_LONG, _SHARES = 4096, 32
_NORMAL = 1.959963984540054
# Variances of correlations below this are rounding of their sums.
_NEGLIGIBLE = 2.0**-36


@dataclass(frozen=True, eq=False)
class PanelCorrelation:
    """All pairs of a panel, reduced; made by :func:`panel_correlation`.

    Attributes
    ----------
    by_date : DataFrame, shape (T, 2 + quantiles)
        ``mean``, ``pairs`` (number defined) and one column a quantile (``q05``, ...).
    by_pair : DataFrame, shape (P, 7)
        ``mean``, ``min``, ``max``, ``first``, ``last``, ``windows`` (dates defined) and ``constancy``.
    strongest : DataFrame
        The rows of ``by_pair`` with the largest mean in absolute value, strongest first.
    window, engine, quantiles
        Settings.
    """

    by_date: pd.DataFrame
    by_pair: pd.DataFrame
    strongest: pd.DataFrame
    window: int
    engine: str
    quantiles: tuple[float, ...]

    @property
    def constancy(self) -> pd.Series:
        """Change of each pair's correlation from the first half to the second, in standard errors."""
        return self.by_pair["constancy"]

    def to_frame(self) -> pd.DataFrame:
        """Return the table by date."""
        return self.by_date

    def summary(self) -> str:
        """Return the result in three lines."""
        mean = self.by_date["mean"].dropna()
        first = f"{len(self.by_pair):,} pairs, windows of {self.window}, {len(mean):,} dates ({self.engine})"
        if mean.empty:
            return f"{first}: no pair is ever defined"
        z = self.constancy.dropna()
        moved = f"{np.mean(np.abs(z) > _NORMAL):.1%} of {len(z):,} pairs" if len(z) else "no pair long enough to tell"
        top = self.strongest.index[0] if len(self.strongest) else None
        strongest = "" if top is None else f"; strongest {top[0]} and {top[1]} {self.strongest['mean'].iloc[0]:+.2f}"
        return (
            f"{first}\nmean correlation {mean.min():+.2f} to {mean.max():+.2f}, last {mean.iloc[-1]:+.2f}{strongest}\n"
            f"changed between the halves by more than {_NORMAL:.2f} standard errors: {moved} (6 to 7 % by chance)"
        )


def panel_correlation(
    returns: Panel,
    window: int,
    map: Callable[..., Iterable[Any]] = map,  # noqa: A002
    engine: Engine | None = None,
    quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    strongest: int = 10,
    blocks: int | None = None,
) -> PanelCorrelation:
    """Return what matters of the rolling correlations of all pairs, without keeping them.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns, one series a column; NaN where missing.
    window : int
        Number of observations in a window, at least 3.
    map : callable
        Applies a function to tasks, in order or not: the builtin, a thread pool's, or a Dask client's map and gather.
    engine : {"numpy", "numba"}, optional
        By default numba for more than 30 series where it is installed. The two agree to about 1e-14.
    quantiles : sequence of float
        Quantiles over pairs for each date; empty for none, which takes less than half the time.
    strongest : int
        How many pairs to list.
    blocks : int, optional
        Blocks of ``window`` rows in a task; by default a few thousand rows, or for another ``map`` than the builtin a
        part small enough to be shared out.

    Returns
    -------
    PanelCorrelation

    Raises
    ------
    ValueError
        The panel, the window or an option does not fit.
    ImportError
        numba is asked for and missing.

    Notes
    -----
    A pair is defined on a date where both windows are complete and neither is flat. Quantiles are exact, by linear
    interpolation between order statistics. Results are equal bit for bit whatever ``map`` and ``blocks`` are.

    ``constancy`` compares the two halves of the sample: windows that do not overlap, the grid blocks, give each half a
    mean correlation and a standard error, and z is the difference over its standard error (batch means). Volatility
    that comes in waves shorter than a window is inside the windows. At a nominal 5 % it rejects 6 to 7 % of pairs that
    do not change, in simulations of normal, t5 and GARCH-t returns with 16 to 44 blocks; with fewer blocks, more. It
    screens many pairs and cannot see a change that is undone in the same half; to judge one pair, use
    :func:`selloff.correlation.two_window_test`.

    References
    ----------
    van Herk (1992), Pattern Recognition Letters 13, 517-521, for sums without subtraction; Welch (1947), Biometrika
    34, 28-35, for two means with two variances.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.panel import panel_correlation
    >>> market = np.random.default_rng(0).standard_normal((600, 1))
    >>> returns = market + np.random.default_rng(1).standard_normal((600, 4))
    >>> found = panel_correlation(returns, window=60)
    >>> len(found.by_pair), round(float(found.by_pair["mean"].mean()), 2)
    (6, 0.5)
    """
    values, index, columns = check_panel(returns, missing=True)
    plan = Plan(
        len(values),
        values.shape[1],
        check_window(window, len(values)),
        tuple(float(each) for each in quantiles),
        choose_engine(engine, values.shape[1]),
    )
    if blocks is None:
        blocks = _LONG // plan.window if map is builtins.map else -(-len(values) // plan.window) // _SHARES
        blocks = max(1, blocks)
    part = combine(map(reduce_block, block_tasks(values, plan, blocks)))
    return finish(part, plan, index, columns, strongest)


def finish(part: BlockPart, plan: Plan, index: pd.Index, columns: pd.Index, strongest: int = 10) -> PanelCorrelation:
    """Turn the part of the whole panel into the result.

    Raises
    ------
    ValueError
        The part does not cover all rows, the names do not fit the plan, or ``strongest`` is negative.
    """
    if (part.start, part.stop) != (0, plan.length):
        raise ValueError(f"finish: the part covers rows {part.start} to {part.stop} of {plan.length}; combine all")
    if (len(index), len(columns)) != (plan.length, plan.series):
        raise ValueError(f"finish: {len(index)} dates and {len(columns)} names for {plan.length} rows of {plan.series}")
    if strongest < 0:
        raise ValueError(f"strongest must not be negative, got {strongest}")
    by_date = pd.DataFrame({"mean": part.mean, "pairs": part.pairs}, index=index)
    for number, level in enumerate(plan.quantiles):
        by_date[f"q{100 * level:02.4g}"] = part.quantiles[:, number]
    with np.errstate(invalid="ignore"):
        mean = np.clip(part.total * UNIT / np.where(part.count, part.count, np.nan), -1, 1)
    by_pair = pd.DataFrame(
        {
            "mean": mean,
            "min": part.lowest,
            "max": part.highest,
            "first": part.first,
            "last": part.last,
            "windows": part.count,
            "constancy": _halves_apart(part.halves),
        },
        index=pair_names(columns),
    )
    order = np.argsort(-np.abs(mean), kind="stable")[:strongest]
    top = by_pair.iloc[order[~np.isnan(mean[order])]]
    return PanelCorrelation(by_date, by_pair, top, plan.window, plan.engine, plan.quantiles)


def _halves_apart(halves: NDArray[np.int64]) -> NDArray[np.float64]:
    number = halves[:, 0].astype(float)
    sums, squares = halves[:, 1] * UNIT, halves[:, 2] * UNIT
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / number
        variance = (squares - sums * mean) / (number - 1)
        variance[variance < _NEGLIGIBLE] = np.nan
        z: NDArray[np.float64] = (mean[1] - mean[0]) / np.sqrt((variance / number).sum(axis=0))
    return z
