"""How long it takes a price to come back, with the falls that have not come back yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from selloff.market.drawdowns import Drawdowns

__all__ = ["RecoveryCurve", "recovery_curve"]

From = Literal["trough", "peak"]

# One half reached up to rounding: products of fractions may end a hair above it.
_HALF = 0.5 + 1e-12


@dataclass(frozen=True, eq=False)
class RecoveryCurve:
    """The share of falls not yet recovered, by days; made by :func:`recovery_curve`.

    Attributes
    ----------
    table : DataFrame
        One row for day 0 and one for each day with a recovery (index ``days``): ``at_risk`` (falls still open and
        under observation just before), ``recoveries``, ``share`` (not yet recovered), ``se`` (Greenwood), ``lower``
        and ``upper`` (interval of that day by itself).
    durations : DataFrame
        What went in: ``days`` and whether the recovery was ``observed``.
    median : float
        Days until half the falls have recovered; NaN if the curve does not reach one half.
    median_interval : tuple of float
        Its interval; an end that the sample does not show is NaN.
    from_ : str
        Where the clock starts: ``"trough"`` or ``"peak"``, or ``"given"`` for durations that were passed.
    level : float
        Coverage of the intervals.
    unit : str
        ``"days"`` or ``"observations"``.
    """

    table: pd.DataFrame
    durations: pd.DataFrame
    median: float
    median_interval: tuple[float, float]
    from_: str
    level: float
    unit: str

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of ``table`` with ``days`` as a column."""
        return self.table.reset_index()

    def at(self, days: ArrayLike) -> pd.DataFrame:
        """Return the curve on any days: falls at risk, share not yet recovered, and its interval.

        Parameters
        ----------
        days : float or array_like
            Days since the start of the clock, 0 or more.

        Returns
        -------
        DataFrame
            Index ``days``, columns ``at_risk``, ``share``, ``lower``, ``upper``. NaN after the longest observation,
            unless every fall has recovered by then.
        """
        asked = np.atleast_1d(np.asarray(days, dtype=float))
        if asked.ndim != 1 or not np.all(asked >= 0):
            raise ValueError(f"RecoveryCurve: days must be 0 or more, got {days!r}")
        row = np.searchsorted(self.table.index.to_numpy(dtype=float), asked, side="right") - 1
        out = self.table[["share", "lower", "upper"]].iloc[row].set_axis(pd.Index(asked, name="days"))
        length = self.durations["days"].to_numpy()
        if self.table["share"].iloc[-1] > 0:
            out.loc[asked > length.max()] = np.nan
        out.insert(0, "at_risk", [int((length >= day).sum()) for day in asked])
        return out

    @overload
    def share_recovered(self, days: float) -> float: ...

    @overload
    def share_recovered(self, days: list[float] | NDArray[np.float64]) -> pd.Series: ...

    def share_recovered(self, days: float | list[float] | NDArray[np.float64]) -> float | pd.Series:
        """Return the share of falls recovered within ``days``: a number for a number, else a Series."""
        share: pd.Series = (1 - self.at(days)["share"]).rename("recovered")
        return float(share.iloc[0]) if np.ndim(days) == 0 else share

    def restricted_mean(self, limit: float | None = None) -> tuple[float, float]:
        """Return the mean days under water, each fall counted up to ``limit``, and its standard error.

        Parameters
        ----------
        limit : float, optional
            Days after which the count stops; the longest observation by default.

        Notes
        -----
        The area under the curve up to ``limit``; unlike the mean, it exists when falls are still open. Variance
        ``sum_i A_i^2 d_i / (n_i (n_i - d_i))`` with the area ``A_i`` right of day ``i`` (Klein and Moeschberger 2003,
        Survival Analysis, section 4.5).
        """
        longest = float(self.durations["days"].max())
        end = longest if limit is None else float(limit)
        if not 0 < end <= longest and not (end > longest and self.table["share"].iloc[-1] == 0):
            raise ValueError(f"RecoveryCurve: limit {end:g} must lie between 0 and the longest duration, {longest:g}")
        inside = self.table[self.table.index < end]
        days = np.append(inside.index.to_numpy(dtype=float), end)
        pieces = inside["share"].to_numpy() * np.diff(days)
        # Area to the right of each day with a recovery.
        right = np.cumsum(pieces[::-1])[::-1]
        n, d = inside["at_risk"].to_numpy(dtype=float), inside["recoveries"].to_numpy(dtype=float)
        left = n > d
        variance = float(np.sum(right[left] ** 2 * d[left] / (n[left] * (n[left] - d[left]))))
        return float(pieces.sum()), float(np.sqrt(variance))

    def summary(self) -> str:
        """Return the curve as one line."""
        observed = int(self.durations["observed"].sum())
        count = f"{len(self.durations)} falls, {observed} recovered, {len(self.durations) - observed} still open"
        since = "" if self.from_ == "given" else f" from the {self.from_}"
        if np.isnan(self.median):
            longest = self.durations["days"].max()
            left = self.table["share"].iloc[-1]
            return f"{count}; no median: {left:.0%} not recovered after {longest:g} {self.unit}{since}"
        low, high = (f"{end:g}" if np.isfinite(end) else "open" for end in self.median_interval)
        return f"{count}; median {self.median:g} {self.unit}{since}, {self.level:.0%} interval {low} to {high}"


def recovery_curve(
    drawdowns: Drawdowns | ArrayLike,
    from_: From = "trough",
    level: float = 0.95,
    observed: ArrayLike | None = None,
) -> RecoveryCurve:
    """Return the share of falls not yet recovered by days, with open falls as censored observations.

    Parameters
    ----------
    drawdowns : Drawdowns or array_like, shape (K,)
        The falls of :func:`selloff.market.drawdowns`, or durations (0 or more).
    from_ : {"trough", "peak"}
        Where the clock starts; unused for durations.
    level : float
        Coverage of the pointwise intervals.
    observed : array_like of bool, shape (K,), optional
        For durations only: whether each ended in a recovery (True) or was cut by the end of the sample (False).

    Returns
    -------
    RecoveryCurve
        If no fall has recovered the curve stays at 1 and has no median.

    Raises
    ------
    ValueError
        There is no fall; durations and ``observed`` do not fit together; an option is unknown.

    Notes
    -----
    ``S(t) = prod over t_i <= t of (1 - d_i / n_i)`` with ``d_i`` recoveries among ``n_i`` falls at risk; recoveries
    come before cuts on the same day. Greenwood's variance is ``S^2 sum d_i / (n_i (n_i - d_i))``, the interval is
    ``S^exp(-+ z se / (S log S))``, which stays inside [0, 1]; where ``S`` is 0 it has no interval, and before the
    first recovery it is the trivial one. The median is the first day with ``S <= 1/2``; its interval holds the days
    on which the interval of ``S`` holds 1/2.

    Falls of one price are few and not independent, so the interval is a lower bound on what is not known. Nobody
    knows on the day that a low is *the* trough, and an open fall may sink further: a clock that starts at the trough
    describes the past, one that starts at the peak can be read in real time.

    The estimator comes from statsmodels; the package lifelines needs pandas below 3.

    References
    ----------
    Kaplan and Meier (1958), Journal of the American Statistical Association 53, 457-481. Brookmeyer and Crowley
    (1982), Biometrics 38, 29-41, for the median's interval.

    Examples
    --------
    >>> from selloff.market.recovery import recovery_curve
    >>> curve = recovery_curve([10, 20, 20, 35, 60], observed=[True, True, False, True, False])
    >>> curve.table["share"].round(3).to_list()
    [1.0, 0.8, 0.6, 0.3]
    >>> curve.median, round(curve.share_recovered(30), 3)
    (35.0, 0.4)
    """
    if not 0 < level < 1:
        raise ValueError(f"recovery_curve: level must lie between 0 and 1, got {level}")
    if isinstance(drawdowns, Drawdowns):
        if observed is not None:
            raise ValueError("recovery_curve: observed goes with durations only; the falls say which are open")
        days, seen = _lengths(drawdowns, from_)
        clock, unit = str(from_), drawdowns.unit
    else:
        days, seen = _given(drawdowns, observed)
        clock, unit = "given", "days"
    table = _kaplan_meier(days, seen, level)
    crossed = [_first_below_half(table[name]) for name in ("share", "lower", "upper")]
    return RecoveryCurve(
        table,
        pd.DataFrame({"days": days, "observed": seen}),
        median=crossed[0],
        median_interval=(crossed[1], crossed[2]),
        from_=clock,
        level=level,
        unit=unit,
    )


def _lengths(falls: Drawdowns, from_: From) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    if from_ not in get_args(From):
        raise ValueError(f"recovery_curve: unknown from_ {from_!r}; expected trough or peak")
    if falls.table.empty:
        raise ValueError(f"recovery_curve: there is no fall of at least {falls.minimum:.0%}; lower minimum")
    seen = falls.table["recovered"].to_numpy(dtype=bool)
    days = falls.table["days_to_recover"].to_numpy(dtype=float)
    if from_ == "peak":
        days = days + falls.table["days_to_trough"].to_numpy(dtype=float)
    return np.where(seen, days, falls.open_days[from_].to_numpy(dtype=float)), seen


def _given(durations: ArrayLike, observed: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    try:
        days = np.asarray(durations, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("recovery_curve: expected the result of drawdowns() or durations in days") from None
    if days.ndim != 1 or days.size == 0:
        raise ValueError(f"recovery_curve: durations must be a list of at least one number, got shape {days.shape}")
    if not np.all(np.isfinite(days) & (days >= 0)):
        wrong = int(np.argmin(np.isfinite(days) & (days >= 0)))
        raise ValueError(f"recovery_curve: duration {days[wrong]:g} at row {wrong} is no length of time")
    if observed is None:
        raise ValueError("recovery_curve: say in observed which durations ended in a recovery (True), which are open")
    seen = np.asarray(observed)
    if seen.shape != days.shape:
        raise ValueError(f"recovery_curve: observed has shape {seen.shape}, the durations {days.shape}")
    if not np.isin(seen, (0, 1)).all():
        raise ValueError("recovery_curve: observed must hold True and False (or 1 and 0) only")
    return days, seen.astype(bool)


def _kaplan_meier(days: NDArray[np.float64], seen: NDArray[np.bool_], level: float) -> pd.DataFrame:
    from scipy.stats import norm
    from statsmodels.duration.survfunc import SurvfuncRight

    start = pd.DataFrame(
        {"at_risk": len(days), "recoveries": 0, "share": 1.0, "se": 0.0, "lower": 1.0, "upper": 1.0}, index=[0.0]
    )
    if not seen.any():
        return start.rename_axis("days")
    curve = SurvfuncRight(days, seen.astype(int))
    share, se = np.asarray(curve.surv_prob), np.asarray(curve.surv_prob_se)
    # The product of fractions that end in 0 is 0 exactly; its standard error is not defined.
    inside = (share > 0) & (share < 1)
    spread = np.full(share.size, np.nan)
    spread[inside] = float(norm.ppf(0.5 + level / 2)) * se[inside] / (share[inside] * np.log(share[inside]))
    table = pd.DataFrame(
        {
            "at_risk": np.asarray(curve.n_risk, dtype=int),
            "recoveries": np.asarray(curve.n_events, dtype=int),
            "share": share,
            "se": np.where(inside, se, np.nan),
            "lower": share ** np.exp(-spread),
            "upper": share ** np.exp(spread),
        },
        index=np.asarray(curve.surv_times, dtype=float),
    )
    if table.index[0] > 0:
        table = pd.concat([start, table])
    return table.rename_axis("days")


def _first_below_half(share: pd.Series) -> float:
    reached = np.flatnonzero(share.to_numpy(dtype=float) <= _HALF)
    return float(share.index[reached[0]]) if reached.size else float("nan")
