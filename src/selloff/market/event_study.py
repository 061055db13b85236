"""Event study: what moved beyond the market, and whether many assets in one week are more than one observation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Panel, Series, check_panel, check_series
from selloff.inference.result import TestResult
from selloff.market.abnormal import FEWEST, Abnormal, Model, abnormal_returns, event_places, offsets
from selloff.market.event_tests import bmp, corrado, kolari_pynnonen, mean_correlation, patell, patell_adjusted

__all__ = ["EventStudy", "aligned", "event_study", "stacked"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EventStudy:
    """Cumulative abnormal returns and their tests; made by :func:`event_study`.

    Attributes
    ----------
    cars : DataFrame
        One row an event (index: the asset): ``date``, ``observations`` and ``alpha``, ``beta``, ``sd`` of the model of
        normal returns, the cumulative abnormal return ``car``, the standard deviation ``se`` of its forecast error,
        ``scar = car / se`` and the ``pvalue`` of the asset by itself (t test).
    abnormal : DataFrame
        Abnormal return by day of the window (index ``day``, 0 is the event) and event.
    mean, mean_se : float
        Mean ``car``, and its standard error with the correlation between events.
    mean_correlation : float
        Mean correlation of the residuals between events; pairs whose windows overlap in part count in part, and pairs
        whose windows do not overlap count as zero.
    effective : float
        How many independent events these are worth, ``K / (1 + (K - 1) mean_correlation)``.
    patell, bmp, corrado, kolari_pynnonen, patell_adjusted : TestResult
        The tests; the effect of the parametric ones is the mean ``scar``, that of Corrado's the mean rank in the
        window less one half.
    estimation, window, model : object
        Settings.
    """

    cars: pd.DataFrame
    abnormal: pd.DataFrame
    mean: float
    mean_se: float
    mean_correlation: float
    effective: float
    patell: TestResult
    bmp: TestResult
    corrado: TestResult
    kolari_pynnonen: TestResult
    patell_adjusted: TestResult
    estimation: tuple[int, int]
    window: tuple[int, int]
    model: str

    @property
    def tests(self) -> dict[str, TestResult]:
        """The five tests by name, those that allow for correlation last."""
        names = ("patell", "bmp", "patell_adjusted", "kolari_pynnonen", "corrado")
        return {name: getattr(self, name) for name in names}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a test: statistic, p-value, effect and its standard error, size note."""
        columns = ["statistic", "pvalue", "estimate", "se", "size_note"]
        rows = [{name: getattr(test, name) for name in columns} for test in self.tests.values()]
        return pd.DataFrame(rows, index=pd.Index(list(self.tests), name="test"), columns=columns)

    def detectable(self, power: float = 0.8, level: float = 0.05) -> float:
        """Return the smallest true mean abnormal return over the window that this study would find."""
        from selloff.inference.power import detectable_effect

        return detectable_effect(self.mean_se, power, level)

    def summary(self) -> str:
        """Return effect and tests as two lines."""
        shown = ", ".join(f"{test.name} p = {test.pvalue:.3f}" for test in self.tests.values())
        return (
            f"{len(self.cars)} events, days {self.window[0]} to {self.window[1]}: mean abnormal return "
            f"{self.mean:+.4f} (se {self.mean_se:.4f}); mean correlation {self.mean_correlation:.2f}, worth "
            f"{self.effective:.1f} independent events\n{shown}"
        )


def event_study(
    returns: Panel,
    market: Series | None,
    events: Any,
    estimation: int | tuple[int, int] = (-250, -11),
    window: int | tuple[int, int] = (0, 4),
    model: Model = "market",
) -> EventStudy:
    """Test whether returns around events differ from what the market explains.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns of the assets, one a column; NaN before a listing or on days without a price.
    market : Series, ndarray or None, shape (T,)
        Returns of the market on the same dates; not looked at for ``model="mean"``.
    events : date, mapping, Series, DataFrame or sequence
        One date common to all assets; dates by asset; a table with columns ``asset`` and ``date``; or one date an
        asset in the order of the columns. A date without an observation stands for the next one that has one.
    estimation : pair of int, or int
        First and last observation of the estimation period, counted from the event; or its length, to end 10
        observations before the window.
    window : pair of int, or int
        First and last observation of the window, counted from the event; or its length, from the event on.
    model : {"market", "mean", "adjusted"}
        Normal return: ``alpha + beta market``, the asset's mean, or the market's return itself.

    Returns
    -------
    EventStudy

    Raises
    ------
    ValueError
        The inputs do not fit together; a period does not lie within the sample; an asset has fewer than 30
        observations in the estimation period, a gap in the window, or no residual variance; there are fewer than two
        events; or the abnormal returns cancel, as they do against a market that is an average of these assets.

    Notes
    -----
    Let ``SCAR_i = CAR_i / se_i`` with the standard deviation of the forecast error of the whole sum (see
    :func:`selloff.market.abnormal.abnormal_returns`), r the mean correlation of the residuals and K the events.

    - Patell: ``sum SCAR / sqrt(sum f_i / (f_i - 2))`` with the degrees of freedom ``f_i`` of the residuals, normal.
      Takes events for independent, and volatility in the window for that of calm days. Patell added standardised days;
      over several days that leaves out the error they share.
    - BMP: ``mean SCAR / (s / sqrt K)`` with the standard deviation s between events, t with K - 1 degrees of freedom:
      holds when the event raises volatility, still takes events for independent.
    - Kolari-Pynnonen: BMP times ``sqrt((1 - r) / (1 + (K - 1) r))``; Patell adjusted: Patell divided by
      ``sqrt(1 + (K - 1) r)``.
    - Corrado: ranks over both periods, ``K_it / (1 + days)``; the mean rank of the window against the standard
      deviation of daily mean ranks, which carries the correlation, drawn without replacement. For a window of one day
      it is Corrado's statistic, for several that of Cowan but for the factor ``(T - L) / (T - 1)``.

    One week and many coins are one observation: a shock common to all on one date cannot be told from an effect, and
    no adjustment of the mean can give what only other weeks have: see
    :func:`selloff.market.event_placebo.placebo_event_study`. In turmoil correlations rise above those of the estimation
    period, so that even the adjusted tests then reject too often. A market that contains the assets takes part of the
    effect out of them.

    References
    ----------
    Patell (1976), Journal of Accounting Research 14, 246-276; Corrado (1989), Journal of Financial Economics 23,
    385-395; Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30, 253-272; Corrado and Zivney
    (1992), Journal of Financial and Quantitative Analysis 27, 465-478; Cowan (1992), Review of Quantitative Finance
    and Accounting 2, 343-358; MacKinlay (1997), Journal of Economic Literature 35, 13-39; Kolari and Pynnonen (2010),
    Review of Financial Studies 23, 3996-4025.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.event_study import event_study
    >>> rng = np.random.default_rng(0)
    >>> market, common = rng.standard_normal((2, 300))
    >>> coins = market[:, None] + common[:, None] + rng.standard_normal((300, 8))
    >>> coins[280:285] -= 0.8
    >>> study = event_study(coins, market, events=280)
    >>> round(study.effective, 1), bool(study.bmp.pvalue < 0.01), bool(study.kolari_pynnonen.pvalue > 0.05)
    (1.8, True, True)
    """
    before, during = offsets(estimation, window)
    values, other, index, columns = aligned(returns, market, model)
    column, place = event_places(events, index, columns)
    if column.size < 2:
        raise ValueError(
            "event_study: one event has no cross-section to test; compare it with other weeks (placebo_event_study)"
        )
    fit = stacked(values, other, column, place, before, during, model, index, columns)
    overlap = np.clip(during[1] - during[0] + 1 - np.abs(place[:, None] - place), 0, None) / len(fit.window)
    r = mean_correlation(_on_calendar(fit.estimation, place + before[0], len(values)), overlap)
    count = column.size
    shared = 1 + (count - 1) * r
    if shared < 1e-8 or float(np.abs(fit.window.mean(axis=1)).max()) < 1e-10 * float(fit.sd.min()):
        raise ValueError(
            "event_study: the abnormal returns cancel on every day; the market is an average of these assets, so take "
            "another one, or model='mean'"
        )
    car, se = fit.car, fit.se
    cars = pd.DataFrame(
        {
            "date": index[place],
            "observations": fit.observations,
            "alpha": fit.alpha,
            "beta": fit.beta,
            "sd": fit.sd,
            "car": car,
            "se": se,
            "scar": fit.scar,
            "pvalue": _two_sided(fit.scar, fit.freedom),
        },
        index=pd.Index(columns[column], name="asset"),
    )
    days = pd.RangeIndex(during[0], during[1] + 1, name="day")
    return EventStudy(
        cars=cars,
        abnormal=pd.DataFrame(fit.window, index=days, columns=cars.index),
        mean=float(car.mean()),
        mean_se=float(np.sqrt(max((1 - r) * (se @ se) + r * se.sum() ** 2, 0.0)) / count),
        mean_correlation=r,
        effective=count / shared,
        patell=patell(fit.scar, fit.freedom, r),
        bmp=bmp(fit.scar, r),
        corrado=corrado(fit.estimation, fit.window),
        kolari_pynnonen=kolari_pynnonen(fit.scar, r),
        patell_adjusted=patell_adjusted(fit.scar, fit.freedom, r),
        estimation=before,
        window=during,
        model=model,
    )


def aligned(returns: Panel, market: Series | None, model: Model) -> tuple[Floats, Floats, pd.Index, pd.Index]:
    """Check that assets and market fit together; return both, their dates and the names of the assets.

    Raises
    ------
    ValueError
        As :func:`selloff.inference.inputs.check_panel`, the model is unknown or needs a market, or the dates differ.
    """
    if model not in get_args(Model):
        raise ValueError(f"event_study: unknown model {model!r}; expected {', '.join(get_args(Model))}")
    values, index, columns = check_panel(returns, "returns", FEWEST, series=1, missing=True)
    if model == "mean":
        return values, np.zeros(len(values)), index, columns
    if market is None:
        raise ValueError(f"event_study: model {model!r} needs the returns of a market; pass them, or model='mean'")
    other, dates = check_series(market, "market", FEWEST, missing=True)
    if other.size != len(values):
        raise ValueError(
            f"returns and market must be of one length, got {len(values)} and {other.size}; join them on a calendar"
        )
    if isinstance(returns, pd.DataFrame) and isinstance(market, pd.Series) and not index.equals(dates):
        first = index[int(np.argmax(index != dates))]
        raise ValueError(f"returns and market stand on different dates (first at {first}); join them on one calendar")
    return values, other, index if isinstance(returns, pd.DataFrame) else dates, columns


def stacked(
    values: Floats,
    market: Floats,
    column: NDArray[np.intp],
    place: NDArray[np.intp],
    before: tuple[int, int],
    during: tuple[int, int],
    model: Model,
    index: pd.Index,
    columns: pd.Index,
) -> Abnormal:
    """Return the abnormal returns of all events, dates fitted one after the other, in the order of the events."""
    for event in np.flatnonzero((place + before[0] < 0) | (place + during[1] >= len(values))):
        raise ValueError(
            f"event_study: {columns[column[event]]} on {_text(index[place[event]])} needs observations {before[0]} to "
            f"{during[1]}, but the sample has {place[event]} before it and {len(values) - 1 - place[event]} after it; "
            "pass longer returns or shorter periods"
        )
    parts, order = [], []
    for at in np.unique(place):
        mine = np.flatnonzero(place == at)
        first, second = (slice(at + low, at + high + 1) for low, high in (before, during))
        chosen = values[:, column[mine]]
        parts.append(abnormal_returns(chosen[first], market[first], chosen[second], market[second], model))
        order.append(mine)
    back = np.argsort(np.concatenate(order))
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)[..., back]
        for name in Abnormal.__dataclass_fields__
    }
    fit = Abnormal(**joined)
    _check(fit, [f"{columns[c]} on {_text(index[p])}" for c, p in zip(column, place, strict=True)])
    return fit


def _check(fit: Abnormal, names: list[str]) -> None:
    for name, used, free in zip(names, fit.observations, fit.freedom, strict=True):
        if used < FEWEST or free < 3:
            raise ValueError(
                f"event_study: {name} has {used} observations in the estimation period; {FEWEST} are needed, so leave "
                "it out or shorten the period"
            )
    gap = ~np.isfinite(fit.window).all(axis=0)
    if gap.any():
        raise ValueError(
            f"event_study: {names[int(gap.argmax())]} or the market has no return on a day of the window; leave it out"
        )
    size = np.nanmax(np.abs(np.concatenate([fit.estimation, fit.window])), axis=0)
    flat = ~(fit.sd > 1e-10 * np.maximum(size, np.abs(fit.beta) * size)) | ~(fit.sd > 1e-14)
    if flat.any():
        raise ValueError(
            f"event_study: {names[int(flat.argmax())]} has no residual variance; the market itself, or a flat series, "
            "has no abnormal returns"
        )


def _on_calendar(residuals: Floats, start: NDArray[np.intp], length: int) -> Floats:
    """Return the residuals of every event on the days of the sample, NaN elsewhere."""
    out = np.full((length, residuals.shape[1]), np.nan)
    for event, first in enumerate(start):
        out[first : first + len(residuals), event] = residuals[:, event]
    return out


def _two_sided(ratio: Floats, freedom: NDArray[np.intp]) -> Floats:
    from scipy.stats import t

    pvalue: Floats = 2 * t.sf(np.abs(ratio), freedom)
    return pvalue


def _text(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else f"row {label}"
