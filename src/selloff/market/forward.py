"""What came after: returns over the weeks and months that follow given dates, beside those after all other dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series, position
from selloff.inference.power import detectable_effect
from selloff.inference.result import TestResult
from selloff.market.overlap import Covariance, hac_test, naive_test, overlap_test
from selloff.market.settings import check_count

__all__ = ["ForwardReturns", "forward_returns"]

Kind = Literal["log", "simple"]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class ForwardReturns:
    """Returns after given dates; made by :func:`forward_returns`.

    Attributes
    ----------
    returns : DataFrame
        One row a date, one column a horizon; NaN where the horizon ends after the sample, or in a gap of it.
    table : DataFrame
        One row a horizon:

        ``events``, ``separate``
            dates with a return, and how many of them have horizons that do not overlap;
        ``censored``, ``gaps``
            dates whose horizon ends after the sample, or on a day too far from any price;
        ``mean``, ``share_up``
            mean return after the dates and share of them above zero;
        ``base_dates``, ``base_mean``, ``base_share_up``
            the same for all other dates;
        ``difference``, ``se``, ``pvalue``
            of mean log returns, by the regression on one-step returns;
        ``pvalue_naive``, ``pvalue_hac``
            of the same difference, for comparison;
        ``detectable``
            smallest true difference that these dates would show with a power of 80 % at 5 %.
    tests : dict
        The three tests of each horizon: ``naive``, ``hac``, ``overlap``. A horizon without a return, or without another
        date to compare with, has none.
    kind, tolerance, covariance, unit : object
        Settings; ``unit`` is ``"days"``, or ``"observations"`` for prices without dates.
    """

    returns: pd.DataFrame
    table: pd.DataFrame
    tests: dict[int, dict[str, TestResult]]
    kind: str
    tolerance: float
    covariance: str
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """Return the table with ``horizon`` as a column."""
        return self.table.reset_index()

    def summary(self) -> str:
        """Return one line a horizon."""
        lines = []
        for horizon, row in self.table.iterrows():
            dates = "1 date" if row["events"] == 1 else f"{int(row['events'])} dates"
            count = f"{dates} ({int(row['separate'])} apart, {int(row['censored'])} censored)"
            head = f"{horizon} {self.unit}: {count}"
            if row["events"] == 0:
                lines.append(f"{head}: no return yet")
                continue
            if row["base_dates"] == 0:
                lines.append(f"{head}: mean {row['mean']:+.3f}, and no other date to compare with")
                continue
            lines.append(
                f"{head}: mean {row['mean']:+.3f} against {row['base_mean']:+.3f}, up {row['share_up']:.0%} against "
                f"{row['base_share_up']:.0%}; difference of logs {row['difference']:+.3f}, p = {row['pvalue']:.3f} "
                f"(naive {row['pvalue_naive']:.3f}), detectable {row['detectable']:.3f}"
            )
        return "\n".join(lines)


def forward_returns(
    prices: Series,
    dates: Any,
    horizons: Iterable[int] = (7, 30, 90, 180, 300),
    kind: Kind = "log",
    covariance: Covariance = "white",
    tolerance: float = 4,
) -> ForwardReturns:
    """Return what followed given dates, and whether it differs from what followed all others.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Positive prices, without missing values.
    dates : date or sequence of dates
        The events, each known at the close of its day (positions, for arrays). A day without a price stands for the
        next one that has one, within ``tolerance``.
    horizons : iterable of int
        Days of the calendar (rows, for prices without dates).
    kind : {"log", "simple"}
        Returns and means that are shown. Tests are of log returns in either case, as only these add up over days.
    covariance : {"white", "hac", "ols"}
        Standard errors of the regression on one-step returns.
    tolerance : float
        A horizon ends with the last price on or before its last day, at most this many days before it; 4 is a long
        weekend.

    Returns
    -------
    ForwardReturns

    Raises
    ------
    ValueError
        The prices do not fit or are not positive; a date lies outside the sample or repeats; a setting is out of
        range; or no date has a return over any horizon.

    Notes
    -----
    A horizon that ends after the last price is censored: it is left out, never cut short. Cutting it would compare
    the returns of 50 days with those of 300.

    Returns over h days, one a day, share days with their neighbours. Two-sample statistics take each for new
    information; where events come in runs they reject half of the time at 5 %. Newey and West repair this for many
    events only. See :func:`selloff.market.overlap.overlap_test` for the regression that ``pvalue`` comes from.

    The base is all other dates of the sample with a return, in calm and in turmoil: a difference says that these
    dates were followed by other returns, not why. Their neighbours, whose horizons are nearly the same, are among the
    base and draw the difference, and its standard error, to zero. Dates chosen after a look at the chart carry what
    was seen there.

    References
    ----------
    Britten-Jones, Neuberger and Nolte (2011), Journal of Business Finance and Accounting 38, 657-683; Hansen and
    Hodrick (1980), Journal of Political Economy 88, 829-853; Boudoukh, Richardson and Whitelaw (2008), Review of
    Financial Studies 21, 1577-1605, for what overlap does to long horizons.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.forward import forward_returns
    >>> prices = np.exp(np.arange(100) / 100)
    >>> after = forward_returns(prices, dates=[10, 50, 95], horizons=[10])
    >>> after.returns[10].round(6).to_list(), int(after.table.loc[10, "censored"])
    ([0.1, 0.1, nan], 1)
    """
    if kind not in get_args(Kind):
        raise ValueError(f"forward_returns: unknown kind {kind!r}; expected {', '.join(get_args(Kind))}")
    if covariance not in get_args(Covariance):
        raise ValueError(
            f"forward_returns: unknown covariance {covariance!r}; expected {', '.join(get_args(Covariance))}"
        )
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise ValueError(f"forward_returns: tolerance must be a number of days, 0 or more, got {tolerance}")
    values, index = check_series(prices, "prices", 3)
    if (values <= 0).any():
        first = int(np.argmax(values <= 0))
        raise ValueError(f"prices must be positive, got {values[first]:g} at {index[first]}; pass prices, not returns")
    days = _horizons(horizons)
    log, clock = np.log(values), _clock(index)
    places = _events(index, clock, dates, tolerance)
    rows, tests = {}, {}
    returns = pd.DataFrame(np.nan, index=index[places].rename("date"), columns=pd.Index(days, name="horizon"))
    for horizon in days:
        row, after, found = _one(log, clock, places, horizon, kind, covariance, tolerance)
        rows[horizon], returns[horizon] = row, after
        if found:
            tests[horizon] = found
    if not any(row["events"] for row in rows.values()):
        raise ValueError(
            f"forward_returns: no date has a return over {min(days)} days or more; the sample ends "
            f"{clock[-1] - clock[places].min():g} days after the first of them"
        )
    return ForwardReturns(
        returns,
        pd.DataFrame(rows).T.rename_axis("horizon").astype(_TYPES),
        tests,
        kind=kind,
        tolerance=tolerance,
        covariance=covariance,
        unit="days" if isinstance(index, pd.DatetimeIndex) else "observations",
    )


_TYPES = dict.fromkeys(("events", "separate", "censored", "gaps", "base_dates"), int)
_NAMES = (
    *("events", "separate", "censored", "gaps", "mean", "share_up", "base_dates", "base_mean", "base_share_up"),
    *("difference", "se", "pvalue", "pvalue_naive", "pvalue_hac", "detectable"),
)


def _one(
    log: Floats, clock: Floats, places: Places, horizon: int, kind: str, covariance: Covariance, tolerance: float
) -> tuple[dict[str, float], Floats, dict[str, TestResult]]:
    """Return the row of a horizon, the returns after the dates, and the tests."""
    end, late, gap = _ends(clock, horizon, tolerance)
    change = np.where(end >= 0, log[end] - log, np.nan)
    shown = change if kind == "log" else np.expm1(change)
    start = np.flatnonzero(end >= 0)
    mine = np.isin(start, places)
    row = dict.fromkeys(_NAMES, float("nan")) | {
        "events": int(mine.sum()),
        "separate": _separate(clock[start[mine]], horizon),
        "censored": int(late[places].sum()),
        "gaps": int(gap[places].sum()),
        "base_dates": int((~mine).sum()),
    }
    after, base, stop = shown[start[mine]], shown[start[~mine]], end[start]
    for name, part in (("", after), ("base_", base)):
        if part.size:
            row |= {f"{name}mean": float(part.mean()), f"{name}share_up": float((part > 0).mean())}
    if not mine.any() or mine.all():
        return row, shown[places], {}
    tests = {
        "naive": naive_test(change[start], mine),
        "hac": hac_test(change[start], mine, int((stop - start).max()) - 1),
        "overlap": overlap_test(np.diff(log), start, stop, mine, covariance),
    }
    best = tests["overlap"]
    row |= {
        "difference": best.estimate,
        "se": best.se,
        "pvalue": best.pvalue,
        "pvalue_naive": tests["naive"].pvalue,
        "pvalue_hac": tests["hac"].pvalue,
        "detectable": detectable_effect(best.se) if best.se > 0 else float("nan"),
    }
    return row, shown[places], tests


def _ends(clock: Floats, horizon: int, tolerance: float) -> tuple[Places, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where the horizon after each row ends (-1: nowhere), and whether it is censored or ends in a gap."""
    # Hours of a day may be lost to rounding.
    target = clock + horizon + 1e-9
    end = np.searchsorted(clock, target, side="right") - 1
    late = target - 2e-9 > clock[-1]
    gap = ~late & ((clock[end] < target - tolerance - 2e-9) | (end <= np.arange(clock.size)))
    return np.where(late | gap, -1, end), late, gap


def _separate(clock: Floats, horizon: int) -> int:
    """Return how many horizons do not overlap, taken in the order of time."""
    count, free = 0, -np.inf
    for day in clock:
        if day >= free:
            count, free = count + 1, day + horizon
    return count


def _events(index: pd.Index, clock: Floats, dates: Any, tolerance: float) -> Places:
    asked = list(dates) if isinstance(dates, Iterable) and not isinstance(dates, str) else [dates]
    if not asked:
        raise ValueError("forward_returns: there is no date; pass at least one")
    places = [_event(index, clock, date, tolerance) for date in asked]
    for later, date in enumerate(asked):
        if places[later] in places[:later]:
            other = asked[places.index(places[later])]
            raise ValueError(f"forward_returns: {other} and {date} stand for the same observation; pass it once")
    return np.array(sorted(places), dtype=np.intp)


def _event(index: pd.Index, clock: Floats, date: Any, tolerance: float) -> int:
    place = position(index, date, "date")
    outside = not 0 <= place < clock.size
    if not outside and isinstance(index, pd.DatetimeIndex) and not isinstance(date, int | np.integer):
        day = pd.Timestamp(date)
        day = day.tz_localize(index.tz) if day.tz is None and index.tz is not None else day
        day = day.tz_localize(None) if day.tz is not None and index.tz is None else day
        outside = (index[place] - day) / pd.Timedelta(days=1) > tolerance + 1e-9
    if outside:
        raise ValueError(
            f"forward_returns: {date} has no price within {tolerance:g} days after it; the sample runs from {index[0]} "
            f"to {index[-1]}"
        )
    return place


def _horizons(horizons: Iterable[int]) -> list[int]:
    days = [check_count(day, "forward_returns: a horizon") for day in horizons]
    if not days or len(set(days)) < len(days):
        raise ValueError(f"forward_returns: expected one or more different horizons, got {days}")
    return sorted(days)


def _clock(index: pd.Index) -> Floats:
    """Return the time of each observation in days since the first, or its position."""
    if not isinstance(index, pd.DatetimeIndex):
        return np.arange(len(index), dtype=float)
    days: Floats = np.asarray((index - index[0]) / pd.Timedelta(days=1), dtype=float)
    return days
