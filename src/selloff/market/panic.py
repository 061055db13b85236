"""Was it panic? Several indicators against their own past, as it was known on the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_panel, check_series, position
from selloff.market.settings import check_count, check_number

__all__ = ["PanicScore", "expanding_percentile", "panic_score"]

Floats = NDArray[np.float64]

_CALM = "calm"
_THRESHOLDS = {"stress": 0.75, "panic": 0.9}


def expanding_percentile(x: Series, minimum: int = 365) -> pd.Series:
    """Return where each value stands among all values up to its own date.

    Parameters
    ----------
    x : Series or ndarray, shape (T,)
        The series; NaN where there is no value.
    minimum : int
        Values needed, that of the day included; NaN before.

    Returns
    -------
    Series
        Between 0 and 1, never quite either; NaN where ``x`` is.

    Raises
    ------
    ValueError
        As :func:`selloff.inference.inputs.check_series`, or ``minimum`` is no whole number from 1.

    Notes
    -----
    ``(less + equal / 2) / n`` over the n values up to the date, the day's own among the equal ones (mid-rank). Ties
    share one rank, and ``-x`` has the percentile ``1 - p`` exactly. No later value enters: a number once computed
    does not change when data arrive.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.panic import expanding_percentile
    >>> expanding_percentile(np.array([3., 1., 2., 2.]), minimum=2).tolist()
    [nan, 0.25, 0.5, 0.5]
    """
    check_count(minimum, "minimum")
    values, index = check_series(x, "x", 1, missing=True)
    return pd.Series(_percentiles(values, minimum), index=index)


def _percentiles(values: Floats, minimum: int) -> Floats:
    rank = pd.Series(values).expanding(minimum).rank().to_numpy(dtype=float)
    # The average rank of tied values runs from 1; half a place less is the mid-rank.
    percentile: Floats = (rank - 0.5) / np.maximum(np.isfinite(values).cumsum(), 1)
    return np.where(np.isnan(values), np.nan, percentile)


@dataclass(frozen=True, eq=False)
class PanicScore:
    """Indicators as percentiles of their past, and their mean; made by :func:`panic_score`.

    Attributes
    ----------
    indicators, percentiles : DataFrame, shape (T, N)
        The values, and where they stand among those before: 1 is panic whatever the direction.
    score : Series
        Weighted mean of the percentiles that are there; NaN where fewer than ``at_least`` are.
    rank : Series
        Expanding percentile of the score itself.
    breadth : Series
        Share of the indicators that are there whose percentile reaches the highest threshold.
    available : Series
        Share of the indicators that have a percentile.
    label : Series
        ``"calm"``, or the name of the highest threshold that the score reaches; None where there is no score.
    directions, weights, thresholds : dict
        Settings by name.
    minimum, at_least : int
        Settings.
    """

    indicators: pd.DataFrame
    percentiles: pd.DataFrame
    score: pd.Series
    rank: pd.Series
    breadth: pd.Series
    available: pd.Series
    label: pd.Series
    directions: dict[str, int]
    weights: dict[str, float]
    thresholds: dict[str, float]
    minimum: int
    at_least: int

    def on(self, date: str | pd.Timestamp | int) -> pd.DataFrame:
        """Return the indicators on a date: who says panic, who says calm, who disagrees with the score.

        Returns
        -------
        DataFrame
            One row an indicator, highest percentile first: ``value``, ``direction``, ``percentile``, ``weight`` and
            ``disagrees`` (it stands on the other side of one half than the score).

        Raises
        ------
        ValueError
            The table has no such date.
        """
        row = self._row(date)
        percentile = self.percentiles.iloc[row]
        side = np.sign(percentile - 0.5) * np.sign(self.score.iloc[row] - 0.5)
        table = pd.DataFrame({"value": self.indicators.iloc[row], "direction": pd.Series(self.directions)})
        table["percentile"] = percentile
        table["weight"] = pd.Series(self.weights)
        table["disagrees"] = side < 0
        table.index.name = "indicator"
        return table.loc[self.percentiles.columns].sort_values("percentile", ascending=False, kind="stable")

    def leave_one_out(self, date: str | pd.Timestamp | int) -> pd.DataFrame:
        """Return the score of a date without each indicator in turn.

        Returns
        -------
        DataFrame
            One row an indicator: ``score`` and ``label`` without it, and ``change`` against the full score. NaN where
            too few are left.
        """
        row = self._row(date)
        percentile, weights = self.percentiles.iloc[row], pd.Series(self.weights)
        scores = {}
        for name in self.percentiles.columns:
            rest, loads = (np.asarray(each.drop(name), dtype=float) for each in (percentile, weights))
            scores[name] = _mean(rest[None], loads, min(self.at_least, rest.size))[0]
        table = pd.DataFrame({"score": pd.Series(scores)})
        table["change"] = table["score"] - self.score.iloc[row]
        table["label"] = _labels(table["score"].to_numpy(), self.thresholds)
        table.index.name = "without"
        return table

    def frequencies(self, until: str | pd.Timestamp | int | None = None) -> pd.Series:
        """Return the share of the dates that carried each label, up to and with ``until``: the base rate."""
        last = len(self.label) if until is None else self._row(until) + 1
        shares = self.label.iloc[:last].dropna().value_counts(normalize=True)
        return shares.reindex([_CALM, *self.thresholds], fill_value=0.0).rename("share")

    def to_frame(self) -> pd.DataFrame:
        """Return score, rank, breadth, share available and label as columns."""
        names = ("score", "rank", "breadth", "available", "label")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def summary(self) -> str:
        """Return the last date with a score as one line."""
        known = self.score.dropna()
        if known.empty:
            return f"no score: fewer than {self.at_least} indicators have {self.minimum} observations on any date"
        last = known.index[-1]
        day = f"{last:%Y-%m-%d}" if isinstance(last, pd.Timestamp) else f"row {last}"
        return (
            f"panic score {known.iloc[-1]:.2f} on {day} ({self.label[last]}), above {self.rank[last]:.0%} of the days "
            f"before; {self.breadth[last]:.0%} of the indicators at {max(self.thresholds.values()):g} or more; "
            f"{self.available[last]:.0%} of {len(self.directions)} available"
        )

    def _row(self, date: str | pd.Timestamp | int) -> int:
        index = self.score.index
        if isinstance(date, int | np.integer) and not isinstance(date, bool):
            if -len(index) <= date < len(index):
                return int(date) % len(index)
            raise ValueError(f"row {date} lies outside the table of {len(index)} rows")
        row = position(index, date)
        day = pd.Timestamp(date)
        if isinstance(index, pd.DatetimeIndex):
            day = day.tz_convert(index.tz) if day.tz and index.tz else day.tz_localize(None).tz_localize(index.tz)
        if row == len(index) or index[row] != day:
            before = f"the last before it is {index[row - 1]:%Y-%m-%d}" if row else f"it starts on {index[0]:%Y-%m-%d}"
            raise ValueError(f"the indicators have no row for {day:%Y-%m-%d}; {before}")
        return row


def panic_score(
    indicators: pd.DataFrame,
    directions: Mapping[str, int],
    minimum: int = 365,
    weights: Mapping[str, float] | None = None,
    thresholds: Mapping[str, float] | None = None,
    at_least: int | None = None,
) -> PanicScore:
    """Score panic from several indicators, each against its own past only.

    Parameters
    ----------
    indicators : DataFrame, shape (T, N)
        One indicator a column, on the date on which it was known; NaN where it was not.
    directions : mapping of column to +1 or -1
        +1 if a high value means panic (volatility), -1 if a low one does (a sentiment index).
    minimum : int
        Values that an indicator needs before its percentile counts.
    weights : mapping of column to float, optional
        Weights above zero; equal by default. Those of missing indicators are spread over the rest.
    thresholds : mapping of name to float, optional
        Labels and the score from which they hold, ascending; by default ``{"stress": 0.75, "panic": 0.9}``. Fix them
        before looking at the date in question.
    at_least : int, optional
        Indicators that a score needs; by default half of them, rounded up.

    Returns
    -------
    PanicScore

    Raises
    ------
    ValueError
        The table is malformed, a column has no direction or weight, a setting is out of range, or an indicator has
        fewer than ``minimum`` values.

    Notes
    -----
    Each indicator becomes its :func:`expanding_percentile`, turned so that 1 is panic; the score is their weighted
    mean. Nothing after a date enters its score.

    A mean of several percentiles is not uniform: it gathers at one half, the more so the less the indicators move
    together. A score of 0.9 is much rarer than one day in ten; :meth:`PanicScore.frequencies` says how rare, and
    ``rank`` where the score stands among its own past.

    Percentiles in a market that grew up compare with a wilder youth: volatility of 2018 makes that of 2025 look calm.
    An indicator made from another one is no second witness.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.market.panic import panic_score
    >>> table = pd.DataFrame({"volatility": [40., 50., 45., 90.], "sentiment": [60., 50., 55., 20.]},
    ...                      index=pd.date_range("2025-09-23", periods=4))
    >>> result = panic_score(table, {"volatility": 1, "sentiment": -1}, minimum=2)
    >>> result.score.round(3).tolist(), result.label.iloc[-1]
    ([nan, 0.75, 0.5, 0.875], 'stress')
    """
    if not isinstance(indicators, pd.DataFrame):
        raise ValueError(f"indicators must be a DataFrame with one named column each, got {type(indicators).__name__}")
    check_count(minimum, "minimum")
    values, index, columns = check_panel(indicators, "indicators", 1, 1, missing=True)
    names = [str(name) for name in columns]
    signs = _named(directions, names, "directions", -1.0)
    for name, sign in signs.items():
        if abs(sign) != 1:
            raise ValueError(f"directions[{name!r}] must be 1 (high is panic) or -1 (low is panic), got {sign:g}")
    loads = _named(dict.fromkeys(names, 1.0) if weights is None else weights, names, "weights", 0.0)
    steps = _checked_thresholds(_THRESHOLDS if thresholds is None else thresholds)
    needed = (len(names) + 1) // 2 if at_least is None else at_least
    check_count(needed, "at_least", most=len(names))
    for name, column in zip(names, values.T, strict=True):
        if (there := int(np.isfinite(column).sum())) < minimum:
            raise ValueError(
                f"indicators[{name!r}] has {there} values, minimum is {minimum}; lower it or drop the column"
            )
    oriented = np.column_stack([_percentiles(s * x, minimum) for s, x in zip(signs.values(), values.T, strict=True)])
    score = _mean(oriented, np.array(list(loads.values())), needed)
    there = np.isfinite(oriented).sum(axis=1)
    extreme = (oriented >= max(steps.values())).sum(axis=1)
    breadth = np.where(np.isfinite(score), extreme / np.maximum(there, 1), np.nan)
    return PanicScore(
        indicators=pd.DataFrame(values, index=index, columns=names),
        percentiles=pd.DataFrame(oriented, index=index, columns=names),
        score=pd.Series(score, index=index),
        rank=pd.Series(_percentiles(score, 1), index=index),
        breadth=pd.Series(breadth, index=index),
        available=pd.Series(there / len(names), index=index),
        label=pd.Series(_labels(score, steps), index=index, dtype=object),
        directions={name: int(sign) for name, sign in signs.items()},
        weights=loads,
        thresholds=steps,
        minimum=minimum,
        at_least=needed,
    )


def _mean(percentiles: Floats, weights: Floats, needed: int) -> Floats:
    """Return the weighted mean of each row over what is there; NaN with fewer than ``needed``."""
    there = np.isfinite(percentiles)
    total = there @ weights
    enough = there.sum(axis=1) >= max(needed, 1)
    mean: Floats = np.where(enough, np.nansum(percentiles * weights, axis=1) / np.where(enough, total, 1), np.nan)
    return mean


def _labels(score: Floats, thresholds: Mapping[str, float]) -> list[str | None]:
    names = [_CALM, *thresholds]
    places = np.searchsorted(list(thresholds.values()), score, side="right")
    return [None if s != s else names[place] for s, place in zip(score, places, strict=True)]


def _checked_thresholds(thresholds: Mapping[str, float]) -> dict[str, float]:
    steps = {str(n): check_number(t, f"thresholds[{n!r}]", most=1.0) for n, t in thresholds.items()}
    if not steps or list(steps.values()) != sorted(set(steps.values())):
        raise ValueError(f"thresholds must rise from name to name, got {steps}")
    return steps


def _named(mapping: Mapping[str, float], names: list[str], what: str, above: float) -> dict[str, float]:
    """Return one number for each name, in the order of names."""
    missing, unknown = sorted(set(names) - set(mapping)), sorted(set(mapping) - set(names))
    if missing or unknown:
        fault = f"{what} says nothing about {missing[0]!r}" if missing else f"{what} names {unknown[0]!r}"
        raise ValueError(f"{fault}; the indicators are {', '.join(names)}")
    return {name: check_number(mapping[name], f"{what}[{name!r}]", above, equal=above < 0) for name in names}
