"""The same event study in every other week: what a week without the event brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Panel, Series
from selloff.inference.multiplicity import Alternative
from selloff.inference.placebo import Placebo, placebo, windows_apart
from selloff.market.abnormal import FEWEST, Abnormal, Model, abnormal_returns, event_places, offsets
from selloff.market.event_study import aligned, stacked
from selloff.market.event_tests import bmp, kolari_pynnonen, mean_correlation, patell

__all__ = ["PlaceboWeeks", "placebo_event_study"]

Statistic = Literal["car", "patell", "bmp", "kolari_pynnonen"]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlaceboWeeks:
    """An event study among the same study in other weeks; made by :func:`placebo_event_study`.

    Attributes
    ----------
    overlapping : Placebo
        Against all other windows, which share days with each other.
    separate : Placebo
        Against windows side by side, counted from the event both ways.
    statistic : str
        What is compared.
    estimation, window, model : object
        Settings.
    """

    overlapping: Placebo
    separate: Placebo
    statistic: str
    estimation: tuple[int, int]
    window: tuple[int, int]
    model: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row an overlapping window by date of its day 0, and whether it is a separate one too."""
        frame = self.overlapping.to_frame()
        return frame.assign(separate=frame.index.isin(self.separate.distribution.index))

    def summary(self) -> str:
        """Return both comparisons as two lines."""
        return f"{self.statistic}: {self.overlapping.summary()}\nside by side: {self.separate.summary()}"


def placebo_event_study(
    returns: Panel,
    market: Series | None,
    date: str | pd.Timestamp | int,
    window: int | tuple[int, int] = (0, 4),
    estimation: int | tuple[int, int] = (-250, -11),
    model: Model = "market",
    statistic: Statistic = "car",
    exclude: Sequence[Any] = (),
    alternative: Alternative = "two-sided",
) -> PlaceboWeeks:
    """Compare an event common to all assets with the same study on all other dates.

    Parameters
    ----------
    returns, market, window, estimation, model
        As :func:`selloff.market.event_study.event_study`; one asset will do for ``car`` and ``patell``.
    date : str, Timestamp or int
        The event.
    statistic : {"car", "patell", "bmp", "kolari_pynnonen"}
        ``car``: the mean cumulative abnormal return, in the unit of the returns. The others are the statistics of the
        study: they measure a week against the volatility of the months before it.
    exclude : sequence of dates or of (first, last) pairs
        Other events; windows that touch one are no placebo.
    alternative : {"two-sided", "greater", "less"}
        What is extreme.

    Returns
    -------
    PlaceboWeeks

    Raises
    ------
    ValueError
        As :func:`selloff.market.event_study.event_study`; the statistic is unknown, or no other window is left.

    Notes
    -----
    Each week is taken with its own estimation period. A week in which an asset has a gap, or fewer than 30
    observations before it, counts as undefined: an average over fewer assets would be another statistic. Windows
    that share a day with the event are left out; estimation periods of later weeks contain it.

    This p-value needs no model of the correlation between assets, of tails or of event-induced volatility: other weeks
    have them all. It asks how rare such a week is, not why it happened; and by ``car`` a week of a wild year is
    less rare than the same week of a calm one, by the standardised statistics the calm year's is.

    References
    ----------
    Brown and Warner (1985), Journal of Financial Economics 14, 3-31, for events at random dates.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_placebo import placebo_event_study
    >>> market, noise = np.random.default_rng(0).standard_normal((2, 600))
    >>> noise[500:505] -= 3
    >>> weeks = placebo_event_study((market + noise)[:, None], market, date=500)
    >>> weeks.overlapping.rank, len(weeks.overlapping.distribution), len(weeks.separate.distribution)
    (1, 337, 69)
    """
    if statistic not in get_args(Statistic):
        raise ValueError(
            f"placebo_event_study: unknown statistic {statistic!r}; expected {', '.join(get_args(Statistic))}"
        )
    before, during = offsets(estimation, window)
    values, other, index, columns = aligned(returns, market, model)
    if len(columns) < 2 and statistic in ("bmp", "kolari_pynnonen"):
        raise ValueError(f"placebo_event_study: {statistic} needs at least two assets; take car or patell")
    column, place = event_places(date, index, columns)
    observed = _statistic(stacked(values, other, column, place, before, during, model, index, columns), statistic)
    length = during[1] - during[0] + 1
    event = int(place[0])
    starts = np.arange(-before[0] + during[0], len(values) - length + 1)
    chosen = windows_apart(index, starts, event + during[0], length, exclude) - during[0]
    if chosen.size == 0:
        raise ValueError("placebo_event_study: no other window is left; exclude less or pass longer returns")
    found = pd.Series(
        [_week(values, other, int(at), before, during, model, statistic) for at in chosen], index=index[chosen]
    )
    apart = (chosen - event) % length == 0
    if not np.isfinite(found[apart]).any():
        raise ValueError("placebo_event_study: no separate window is left; exclude less or pass longer returns")
    settings = {"date": index[event], "excluded": len(exclude)}
    known = int(np.isfinite(found).sum())
    return PlaceboWeeks(
        placebo(observed, found, alternative, known / length, settings),
        placebo(observed, found[apart], alternative, settings=settings),
        statistic=statistic,
        estimation=before,
        window=during,
        model=model,
    )


def _week(
    values: Floats,
    market: Floats,
    place: int,
    before: tuple[int, int],
    during: tuple[int, int],
    model: Model,
    statistic: str,
) -> float:
    """Return the statistic of one date, NaN where an asset cannot be measured."""
    first, second = (slice(place + low, place + high + 1) for low, high in (before, during))
    if not (np.isfinite(values[second]).all() and np.isfinite(market[second]).all()):
        return float("nan")
    fit = abnormal_returns(values[first], market[first], values[second], market[second], model)
    if fit.observations.min() < FEWEST or not (fit.sd > 1e-14).all():
        return float("nan")
    return _statistic(fit, statistic)


def _statistic(fit: Abnormal, statistic: str) -> float:
    if statistic == "car":
        return float(fit.car.mean())
    if statistic == "patell":
        return patell(fit.scar, fit.freedom).statistic
    if statistic == "bmp":
        return bmp(fit.scar).statistic
    count = fit.scar.size
    return kolari_pynnonen(fit.scar, mean_correlation(fit.estimation, np.ones((count, count)))).statistic
