"""Correlation in a storm, corrected for the rise that the storm's variance causes by itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, paired, position

__all__ = ["AdjustedCorrelation", "Range", "forbes_rigobon", "forbes_rigobon_range"]

Floats = NDArray[np.float64]
#: First and last day (or position), both included; or a slice, as pandas (dates) or Python (positions) reads it.
Range = tuple[Any, Any] | slice

# Observations that a range needs: one trading week.
_FEWEST = 5


@dataclass(frozen=True)
class AdjustedCorrelation:
    """The correlation of two ranges of days, compared at equal variance; made by :func:`forbes_rigobon`.

    Attributes
    ----------
    raw, calm : float
        Correlation in turmoil and in calm.
    adjusted : float
        Correlation in turmoil, had ``x`` kept the variance of the calm.
    variance_ratio : float
        Variance of ``x`` in turmoil over that in calm.
    calm_start, calm_end, turmoil_start, turmoil_end : object
        First and last day of either range, or positions.
    calm_days, turmoil_days : int
        Observations in either.
    """

    raw: float
    calm: float
    adjusted: float
    variance_ratio: float
    calm_start: Any
    calm_end: Any
    turmoil_start: Any
    turmoil_end: Any
    calm_days: int
    turmoil_days: int

    @property
    def delta(self) -> float:
        """Relative increase of the variance of ``x``, Forbes and Rigobon's delta."""
        return self.variance_ratio - 1

    def to_frame(self) -> pd.DataFrame:
        """Return the result as one row."""
        return pd.DataFrame([asdict(self)])

    def summary(self) -> str:
        """Return the result as a few lines."""
        last = (
            "where other variances rose too, the truth lies between the two"
            if self.variance_ratio > 1
            else "x moved less in turmoil than in calm: check the ranges"
        )
        return (
            f"correlation {self.calm:.3f} in calm ({self.calm_days} observations), "
            f"{self.raw:.3f} in turmoil ({self.turmoil_days}), {self.adjusted:.3f} at the variance of the calm\n"
            f"variance of x times {self.variance_ratio:.2f}; the change is {self.raw - self.calm:+.3f} raw and "
            f"{self.adjusted - self.calm:+.3f} adjusted; {last}"
        )


def forbes_rigobon(x: Series, y: Series, calm: Range, turmoil: Range) -> AdjustedCorrelation:
    """Correct the correlation in turmoil for the variance of ``x``.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values. ``x`` is the series whose variance moves: the market
        where the storm begins.
    calm, turmoil : pair or slice
        Two ranges that share no day, at least 5 observations each. A pair names the first and the last day, or
        position, both included. A slice is read as pandas reads it: dates include the end, positions do not.

    Returns
    -------
    AdjustedCorrelation

    Raises
    ------
    ValueError
        A range is empty, too short or outside the sample, the two overlap, a series is flat in one, or the series do
        not fit together.

    Notes
    -----
    With ``y = a + beta x + e``, the same beta and the same variance of ``e`` in both ranges, a variance of ``x`` that
    is ``1 + delta`` times as large turns the correlation ``rho`` into
    ``r = rho sqrt((1 + delta) / (1 + delta rho^2))``. Solved for ``rho``: ``r / sqrt(1 + delta (1 - r^2))``. From .35,
    variances 2, 4 and 9 times as large make .47, .60 and .75 at the same beta.

    Three caveats. The variance of ``e`` is assumed constant; where it rises too, as in most storms, the correction
    goes too far. ``x`` must not answer to ``y``, and no third factor may move both. And turmoil that was picked for
    its large moves has a high correlation by that choice alone. Read raw and adjusted as the two ends of a range, and
    look at neighbouring ranges (:func:`forbes_rigobon_range`).

    References
    ----------
    Forbes and Rigobon (2002), Journal of Finance 57, 2223-2261; Loretan and English (2000), International Finance
    Discussion Paper 658, Federal Reserve Board; Corsetti, Pericoli and Sbracia (2005), Journal of International Money
    and Finance 24, 1177-1199, for the variance of ``e``.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.adjusted import forbes_rigobon
    >>> x, e = np.tile([1., -1., 1., -1.], 4), np.tile([1., 1., -1., -1.], 4)
    >>> x[8:] *= 2
    >>> result = forbes_rigobon(x, 3 * x + 4 * e, calm=(0, 7), turmoil=(8, 15))
    >>> round(result.calm, 6), round(result.raw, 6), round(result.adjusted, 6), result.delta
    (0.6, 0.83205, 0.6, 3.0)
    """
    left, right, index = paired(x, y, missing=False)
    ranges = [_bounds(index, each, name) for each, name in ((calm, "calm"), (turmoil, "turmoil"))]
    _check(left, right, index, *ranges)
    return _adjusted(left, right, index, *ranges)


def forbes_rigobon_range(x: Series, y: Series, calm: Range, turmoil: Range, shift: int = 10) -> pd.DataFrame:
    """Repeat :func:`forbes_rigobon` for neighbouring ranges, to see how much hangs on the choice of the days.

    Parameters
    ----------
    x, y, calm, turmoil
        As in :func:`forbes_rigobon`.
    shift : int
        Observations by which the start of the calm, the end of the turmoil, and the border between the two (the end
        of the one and the start of the other together) move to either side.

    Returns
    -------
    DataFrame
        One row a choice, at most 27: the ranges, ``raw``, ``calm``, ``adjusted``, ``variance_ratio`` and whether the
        row is the one ``chosen``. Choices that run off the sample or are too short are left out.

    Raises
    ------
    ValueError
        As :func:`forbes_rigobon`, for the choice itself; or ``shift`` is no positive whole number.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.adjusted import forbes_rigobon_range
    >>> x, e = np.random.default_rng(0).standard_normal((2, 300))
    >>> table = forbes_rigobon_range(x, x + e, calm=(20, 199), turmoil=(200, 270), shift=5)
    >>> len(table), int(table["chosen"].sum())
    (27, 1)
    """
    if isinstance(shift, bool) or not isinstance(shift, int | np.integer) or shift < 1:
        raise ValueError(f"forbes_rigobon_range: shift {shift!r} must be a whole number of observations, at least 1")
    left, right, index = paired(x, y, missing=False)
    (a, b), (c, d) = (_bounds(index, each, name) for each, name in ((calm, "calm"), (turmoil, "turmoil")))
    _check(left, right, index, (a, b), (c, d))
    rows = []
    for start, border, end in product((-shift, 0, shift), repeat=3):
        # The range that comes first in time has the moving start.
        outer = (a + start, b + border, c + border, d + end) if a < c else (a + border, b + end, c + start, d + border)
        first, last = outer[:2], outer[2:]
        try:
            _check(left, right, index, first, last)
        except ValueError:
            continue
        rows.append(asdict(_adjusted(left, right, index, first, last)) | {"chosen": start == border == end == 0})
    return pd.DataFrame(rows)


def _bounds(index: pd.Index, days: Range, name: str) -> tuple[int, int]:
    """Return the first position of a range and the one after its last."""
    if isinstance(days, slice):
        if days.step is not None:
            raise ValueError(f"forbes_rigobon: {name} has a step; days must follow each other")
        first, last, after = days.start, days.stop, 0
    elif isinstance(days, tuple | list) and len(days) == 2:
        first, last, after = days[0], days[1], 1
    else:
        raise ValueError(f"forbes_rigobon: {name} is {days!r}; pass the first and the last day as a pair, or a slice")
    start = 0 if first is None else position(index, first, f"{name} start")
    if last is None:
        return start, len(index)
    stop = position(index, last, f"{name} end")
    if not isinstance(index, pd.DatetimeIndex) or isinstance(last, int | np.integer):
        return start, stop + after
    if not isinstance(last, str):
        moment = pd.Timestamp(last)
        moment = moment if moment.tz is None or index.tz is None else moment.tz_convert(index.tz)
        last = f"{moment:%Y-%m-%d}" if moment == moment.normalize() else f"{moment:%Y-%m-%d %H:%M:%S}"
    # A day without an hour means all of it, and a month all of it, as pandas reads a slice.
    return start, int(index.slice_indexer(None, last).stop)


def _check(x: Floats, y: Floats, index: pd.Index, calm: tuple[int, int], turmoil: tuple[int, int]) -> None:
    for name, (start, stop) in (("calm", calm), ("turmoil", turmoil)):
        if not 0 <= start < stop <= len(x):
            raise ValueError(
                f"forbes_rigobon: {name} has no days or leaves the sample; it runs from {index[0]} to {index[-1]}"
            )
        if stop - start < _FEWEST:
            raise ValueError(f"forbes_rigobon: {name} has {stop - start} observations; at least {_FEWEST} are needed")
        for label, values in (("x", x), ("y", y)):
            if np.ptp(values[start:stop]) <= 1e-12 * np.abs(values[start:stop]).max():
                raise ValueError(f"forbes_rigobon: {label} is flat in the {name}; it has no correlation there")
    if max(calm[0], turmoil[0]) < min(calm[1], turmoil[1]):
        raise ValueError(
            f"forbes_rigobon: calm and turmoil share the days from {index[max(calm[0], turmoil[0])]} "
            f"to {index[min(calm[1], turmoil[1]) - 1]}; let one end before the other begins"
        )


def _adjusted(
    x: Floats, y: Floats, index: pd.Index, calm: tuple[int, int], turmoil: tuple[int, int]
) -> AdjustedCorrelation:
    before, storm = slice(*calm), slice(*turmoil)
    quiet, raw = (float(np.clip(np.corrcoef(x[part], y[part])[0, 1], -1, 1)) for part in (before, storm))
    ratio = float(np.var(x[storm], ddof=1) / np.var(x[before], ddof=1))
    adjusted = raw / float(np.sqrt(1 + (ratio - 1) * (1 - raw**2)))
    ends = (index[calm[0]], index[calm[1] - 1], index[turmoil[0]], index[turmoil[1] - 1])
    return AdjustedCorrelation(raw, quiet, adjusted, ratio, *ends, calm[1] - calm[0], turmoil[1] - turmoil[0])
