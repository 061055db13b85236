"""Changes of correlation under many definitions at once, and how large the largest of them is by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.segments import ESTIMATORS, Segment, segment, shift, summed
from selloff.inference import stationary_blocks

__all__ = ["ESTIMATORS", "Changes", "correlation_changes"]

Floats = NDArray[np.float64]
#: First and last day, both included; None where the sample begins or ends.
Span = tuple[str | pd.Timestamp | None, str | pd.Timestamp | None]

# Returns that a window needs, and draws handled at once.
_FEWEST, _CHUNK = 20, 8
_CHOICES = ("asset", "series", "clock", "step", "estimator", "window", "compared")


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes of correlation under many definitions, and what chance makes of them; by :func:`correlation_changes`.

    Attributes
    ----------
    table : DataFrame, shape (S, ...)
        One row a definition: its ``asset``, ``series``, ``clock``, ``step``, ``estimator``, ``window`` and
        ``compared``; the value in the window (``later``) and in the one it is compared with (``earlier``);
        ``estimate`` (later less earlier), ``se`` (HAC) and ``statistic``, their ratio; ``limit``, the size of the
        statistic that one in twenty samples without a change exceeds (at a level of .05); ``pvalue`` (two-sided, of
        this definition alone) with the interval ``lower`` to ``upper`` that belongs to it; ``family_pvalue`` (of a
        rise, against the largest of all definitions); and the returns in each window, ``after`` and ``before``.
    draws : ndarray, shape (replications, S)
        Statistics of the samples without a change, one common draw of sessions a row.
    critical : float
        How many times its own limit the largest statistic of all is in a share ``level`` of those samples, or more.
    level : float
        That share, and what the intervals leave out.
    block : int
        Mean length of a block, in sessions.
    seed : int
        Seed of the draws.
    sessions : int
        Sessions that were drawn from: those of both windows on which no series is missing.
    """

    table: pd.DataFrame
    draws: Floats
    critical: float
    level: float
    block: int
    seed: int
    sessions: int

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    @property
    def detectable(self) -> pd.DataFrame:
        """The smallest rise that each definition finds in four of five samples: ``alone``, and ``together`` with all.

        Notes
        -----
        ``(c + z(.8)) se`` with the definition's own limit for ``c``, or ``critical`` times it.
        """
        from statistics import NormalDist

        limit, power = self.table["limit"], NormalDist().inv_cdf(0.8)
        each = {"alone": limit, "together": self.critical * limit}
        return pd.DataFrame({name: (c + power) * self.table["se"] for name, c in each.items()})

    @property
    def hurdle(self) -> pd.Series:
        """The rise that each definition must exceed to count beyond what the largest of all reaches by chance."""
        return self.critical * self.table["limit"] * self.table["se"]

    def overall(self) -> pd.DataFrame:
        """Test all definitions as one: median statistic, share of significant rises, the largest statistic.

        Returns
        -------
        DataFrame
            Columns ``found``, ``usual`` (median of the samples without a change), ``limit`` (what one in twenty
            exceeds, at a level of .05) and ``pvalue`` (one-sided, of a rise), indexed by ``median``, ``share`` and
            ``largest``. Statistics are in units of their own limits; a rise is significant by itself above 1.

        References
        ----------
        Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214.
        """
        measures: dict[str, Callable[[Floats], Floats]] = {
            "median": lambda t: np.median(t, axis=-1),
            "share": lambda t: np.mean(t > 1, axis=-1),
            "largest": lambda t: np.max(t, axis=-1),
        }
        rows, limit = {}, self.table["limit"].to_numpy()
        for name, measure in measures.items():
            found, null = float(measure(self.table["statistic"].to_numpy() / limit)), measure(self.draws / limit)
            rows[name] = {
                "found": found,
                "usual": float(np.median(null)),
                "limit": _upper(null, self.level),
                "pvalue": (1 + int(np.count_nonzero(null >= found))) / (1 + len(null)),
            }
        return pd.DataFrame(rows).T

    def summary(self) -> str:
        """Return the result as a few lines."""
        lead = float((self.table["statistic"] / self.table["limit"]).max())
        rises = int((self.table["estimate"] > 0).sum())
        found = int((self.table["family_pvalue"] <= self.level).sum())
        return (
            f"{len(self.table)} changes of correlation: {rises} rises, median {self.table['estimate'].median():+.3f}\n"
            f"largest statistic {lead:.2f} times its own limit, by chance up to {self.critical:.2f} times in "
            f"{1 - self.level:.0%} of {len(self.draws)} samples without a change (stationary blocks of {self.block} "
            f"sessions, seed {self.seed}); {found} exceed it"
        )


def correlation_changes(
    panels: Mapping[str, pd.DataFrame],
    assets: Sequence[str],
    series: Sequence[str],
    windows: Mapping[str, Span],
    compared: Mapping[str, Span],
    steps: Mapping[str, int] | None = None,
    estimators: Sequence[str] = ESTIMATORS,
    replications: int = 199,
    block: int = 20,
    seed: int = 0,
    level: float = 0.05,
) -> Changes:
    """Compare the correlation of two windows under every combination of the options given.

    Parameters
    ----------
    panels : mapping of str to DataFrame
        Daily returns by clock, on the same sessions; NaN where there is none. Turn a series round beforehand if its
        fall should count as a rise.
    assets, series : sequence of str
        Columns to pair: each asset with each series.
    windows, compared : mapping of str to pair
        First and last day by name. No window may share a day with one it is compared with.
    steps : mapping of str to int, optional
        Sessions that a return spans by name; daily alone by default. Longer returns overlap, and none reaches out of
        its window.
    estimators : sequence of str
        ``pearson``, ``spearman``, and ``beta`` of the asset on the series, times the ratio of their standard
        deviations over both windows, which makes it points of correlation.
    replications, block, seed : int
        Samples without a change, the mean length of their blocks in sessions, and their seed.
    level : float
        Chance that any definition finds a rise where there is none; also of the intervals.

    Returns
    -------
    Changes
        The same inputs and seed give the same result.

    Raises
    ------
    ValueError
        The panels do not share their sessions, a column is missing, two windows overlap, a window is too short, a
        series is flat in one, or an option is unknown.

    Notes
    -----
    A statistic is ``(r2 - r1) / sqrt(S1 / T1 + S2 / T2)`` with the long-run variance ``S`` (Bartlett, rule of Newey
    and West, at least ``2 (h - 1)`` lags for returns over h sessions) of the influence of each return on the
    estimate. For ranks it is that of a day's own product and of how it moves the ranks of all other days.

    Samples without a change are drawn from the sessions of all windows together, in blocks of random length, all
    columns and clocks of a session at once; a session on which any value is missing is left out of the draws, not of
    the estimates. All definitions are computed from the same drawn sessions, returns over several sessions anew from
    the drawn days. Estimates that share data thus move together as they do in the sample, and the largest of all
    statistics is judged by how large it is in samples where nothing changed. Each is measured by its own limit first,
    else the definition with the noisiest standard error would set the bar for all (Beran's balance). The intervals take
    their width from the same draws, each definition by itself.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4, 1208-1214; Romano and Wolf (2005), Journal of the
    American Statistical Association 100, 94-108; Beran (1988), Journal of the American Statistical Association 83,
    679-686; Politis and Romano (1994), Journal of the American Statistical Association 89, 1303-1313.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import correlation_changes
    >>> days = pd.bdate_range("2023-01-02", periods=500)
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 500))
    >>> panel = pd.DataFrame({"x": x, "y": np.where(np.arange(500) < 250, 0.1, 1.0) * x + noise}, index=days)
    >>> halves = {"second": (days[250], None)}, {"first": (None, days[249])}
    >>> found = correlation_changes({"one": panel}, ["x"], ["y"], *halves, replications=99)
    >>> found.table["estimate"].round(1).tolist(), bool((found.table["family_pvalue"] < 0.05).all())
    ([0.6, 0.6, 0.5], True)
    """
    steps = steps or {"day": 1}
    table = _joint(panels, [*assets, *series], steps, estimators)
    spans = {name: _held(table.index, span, name) for name, span in [*windows.items(), *compared.items()]}
    for late, early in product(windows, compared):
        if (spans[late] & spans[early]).any():
            raise ValueError(f"correlation_changes: {late} and {early} share days; a change needs two windows apart")
    values = np.ascontiguousarray(table.to_numpy(dtype=float).T)
    pairs = _pairs(len(panels), len(assets), len(series))
    # Axes of all results: step, window, compared, estimator, clock by asset by series.
    shape = len(steps), len(windows), len(compared), len(estimators), pairs[0].size
    found = np.empty((4, *shape))
    counts = np.empty((2, *shape), dtype=int)
    for i, sessions in enumerate(steps.values()):
        held = {name: _observed(values[:, rows], pairs, sessions, estimators, name) for name, rows in spans.items()}
        for (j, late), (k, early) in product(enumerate(windows), enumerate(compared)):
            for pair, (after, before) in enumerate(zip(held[late], held[early], strict=True)):
                change = shift(after, before)
                moved = change.later, change.earlier, change.estimate, change.se
                found[:, i, j, k, :, pair] = np.stack(moved)[..., 0]
                counts[:, i, j, k, :, pair] = np.array([after.length, before.length])[:, None]
    whole = np.logical_or.reduce(list(spans.values())) & np.isfinite(values).all(axis=0)
    pooled, inside = values[:, whole], {name: rows[whole] for name, rows in spans.items()}
    positions = stationary_blocks(pooled.shape[1], block, replications, seed)
    draws = np.empty((replications, *shape))
    for start in range(0, replications, _CHUNK):
        part = positions[start : start + _CHUNK]
        for i, sessions in enumerate(steps.values()):
            drawn = {
                name: segment(summed(_taken(pooled, part[:, rows]), sessions), pairs, sessions, estimators)
                for name, rows in inside.items()
            }
            for (j, late), (k, early) in product(enumerate(windows), enumerate(compared)):
                change = shift(drawn[late], drawn[early])
                draws[start : start + _CHUNK, i, j, k] = np.moveaxis(change.estimate / change.se, 1, 0)
    options = (assets, series, panels, steps, estimators, windows, compared)
    ordered = [_in_order(each, [len(option) for option in options]) for each in (draws, found, counts)]
    return _assembled(options, ordered, level, block, seed, pooled.shape[1])


def _in_order(results: NDArray[Any], sizes: Sequence[int]) -> NDArray[Any]:
    """Put the axes of results in the order of the choices, and make one of them."""
    asset, series, clock, step, estimator, window, compared = sizes
    apart = results.reshape(-1, step, window, compared, estimator, clock, asset, series)
    return apart.transpose(0, 6, 7, 5, 1, 4, 2, 3).reshape(len(results), -1)


def _assembled(
    options: Sequence[Any], results: Sequence[NDArray[Any]], level: float, block: int, seed: int, sessions: int
) -> Changes:
    draws, (later, earlier, estimate, se), (after, before) = results
    statistic = estimate / se
    size = np.abs(draws)
    table = pd.DataFrame(list(product(*options)), columns=list(_CHOICES))
    limit = np.array([_upper(column, level) for column in size.T])
    largest = (draws / limit).max(axis=1)
    numbers = {
        "later": later,
        "earlier": earlier,
        "estimate": estimate,
        "se": se,
        "statistic": statistic,
        "limit": limit,
        "pvalue": (1 + np.count_nonzero(size >= np.abs(statistic), axis=0)) / (1 + len(draws)),
        "lower": estimate - limit * se,
        "upper": estimate + limit * se,
        "family_pvalue": (1 + np.count_nonzero(largest[:, None] >= statistic / limit, axis=0)) / (1 + len(draws)),
        "after": after,
        "before": before,
    }
    return Changes(table.assign(**numbers), draws, _upper(largest, level), level, block, seed, sessions)


def _upper(null: Floats, level: float) -> float:
    """Return the value that a new sample exceeds with probability ``level``."""
    rank = min(int(np.ceil((1 - level) * (len(null) + 1))), len(null))
    return float(np.sort(null)[rank - 1])


def _pairs(clocks: int, assets: int, series: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the columns of each pair; both come from the panel of one clock."""
    pairs = [
        (clock * (assets + series) + asset, clock * (assets + series) + assets + other)
        for clock, asset, other in product(range(clocks), range(assets), range(series))
    ]
    left, right = np.array(pairs).T
    return left, right


def _taken(pooled: Floats, positions: NDArray[np.intp]) -> Floats:
    """Return the drawn days, shape (draws, columns, days)."""
    return np.ascontiguousarray(np.moveaxis(pooled[:, positions], 0, 1))


def _observed(
    values: Floats, pairs: tuple[NDArray[np.intp], ...], sessions: int, estimators: Sequence[str], name: str
) -> list[Segment]:
    """Return the estimates of one window pair by pair: each has days of its own."""
    found, alone = [], (np.array([0]), np.array([1]))
    for columns in zip(*pairs, strict=True):
        both = summed(values[list(columns)], sessions) if values.shape[1] >= sessions else np.empty((2, 0))
        both = both[:, np.isfinite(both).all(axis=0)]
        if both.shape[1] < _FEWEST:
            raise ValueError(
                f"correlation_changes: {name} holds {both.shape[1]} returns of a pair, fewer than {_FEWEST}"
            )
        if (np.ptp(both, axis=1) == 0).any():
            raise ValueError(f"correlation_changes: a series is flat in {name}; it has no correlation there")
        found.append(segment(both, alone, sessions, estimators))
    return found


def _held(index: pd.Index, span: Span, name: str) -> NDArray[np.bool_]:
    first, last = (None if day is None else pd.Timestamp(day) for day in span)
    rows = np.ones(len(index), dtype=bool)
    rows &= True if first is None else index >= first
    rows &= True if last is None else index <= last
    if not rows.any():
        raise ValueError(f"correlation_changes: no session lies in {name}, {first} to {last}")
    return rows


def _joint(
    panels: Mapping[str, pd.DataFrame], columns: list[str], steps: Mapping[str, int], estimators: Sequence[str]
) -> pd.DataFrame:
    """Return the panels side by side, checked."""
    name = "correlation_changes"
    if unknown := [each for each in estimators if each not in ESTIMATORS]:
        raise ValueError(f"{name}: unknown estimator {unknown[0]!r}; expected {', '.join(ESTIMATORS)}")
    if not panels or not estimators or not all(sessions >= 1 for sessions in steps.values()):
        raise ValueError(f"{name}: expected a panel, an estimator and steps of one session or more at least")
    index = next(iter(panels.values())).index
    if not index.is_monotonic_increasing or not index.is_unique:
        raise ValueError(f"{name}: sessions must rise and occur once; sort the panels")
    for clock, panel in panels.items():
        if not panel.index.equals(index):
            raise ValueError(f"{name}: the panel {clock!r} has other sessions than the first; reindex, do not fill")
        if lacking := [column for column in columns if column not in panel.columns]:
            raise ValueError(f"{name}: the panel {clock!r} lacks {lacking[0]!r}")
    return pd.concat([panel[columns] for panel in panels.values()], axis=1)
