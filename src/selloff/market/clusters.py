"""Extremes that come together: how many of them are one event."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series

__all__ = ["decluster", "extremal_index"]


def extremal_index(x: Series, threshold: float, run: int | None = None) -> float:
    """Return one over the mean size of a cluster of values above a threshold.

    Parameters
    ----------
    x : Series or ndarray, shape (T,)
        Values in the order of time, large ones extreme (losses: pass minus the returns).
    threshold : float
        Values above it are extreme.
    run : int, optional
        With a number: clusters are separated by at least so many values at or below the threshold (runs estimator).
        Without: the intervals estimator, which needs no such choice.

    Returns
    -------
    float
        In (0, 1]; 1 when extremes come alone.

    Raises
    ------
    ValueError
        The series does not fit, fewer than two values are extreme, or ``run`` is below 1.

    Notes
    -----
    With ``N`` exceedances and the gaps ``T_i`` between them, the intervals estimator is
    ``2 (sum (T_i - 1))^2 / ((N - 1) sum (T_i - 1)(T_i - 2))``, or ``2 (sum T_i)^2 / ((N - 1) sum T_i^2)`` if no gap
    exceeds 2, and at most 1. The runs estimator is the number of clusters over ``N``.

    References
    ----------
    Ferro and Segers (2003), Journal of the Royal Statistical Society B 65, 545-556.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.clusters import extremal_index
    >>> pairs = np.tile([0.0] * 8 + [5.0, 5.0], 30)
    >>> extremal_index(pairs, 1.0, run=3)
    0.5
    """
    values, _ = check_series(x, "x", 2)
    gaps = np.diff(_places(values, threshold))
    if run is not None:
        return float(1 + (gaps > _checked(run)).sum()) / (gaps.size + 1)
    return _intervals(gaps)


def decluster(x: Series, threshold: float, run: int | None = None) -> pd.Series:
    """Return the largest value of each cluster above a threshold.

    Parameters
    ----------
    x, threshold, run
        As for :func:`extremal_index`. Without ``run``, the number of clusters is the intervals estimate times the
        number of exceedances, and the longest gaps separate them.

    Returns
    -------
    Series
        One value a cluster, at its date (its first, if the value comes twice).

    Raises
    ------
    ValueError
        As :func:`extremal_index`.

    References
    ----------
    Ferro and Segers (2003), Journal of the Royal Statistical Society B 65, 545-556.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.clusters import decluster
    >>> decluster(np.array([0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 2.0, 0.0]), 1.0, run=2).to_dict()
    {2: 4.0, 6: 2.0}
    """
    values, index = check_series(x, "x", 2)
    places = _places(values, threshold)
    gaps = np.diff(places)
    if run is None:
        # A gap as long as the first one that does not separate clusters does not separate them either.
        ordered = np.sort(gaps)[::-1]
        clusters = int(np.floor(_intervals(gaps) * places.size)) + 1
        limit = int(ordered[clusters - 1]) if clusters <= gaps.size else 0
    else:
        limit = _checked(run)
    starts = np.concatenate([[0], np.flatnonzero(gaps > limit) + 1])
    peaks = [part[int(np.argmax(values[part]))] for part in np.split(places, starts[1:])]
    return pd.Series(values[peaks], index=index[peaks], name="peak")


def _places(values: NDArray[np.float64], threshold: float) -> NDArray[np.intp]:
    places = np.flatnonzero(values > threshold)
    if places.size < 2:
        raise ValueError(
            f"extremal index: {places.size} above the threshold {threshold:g}; at least 2 values are needed: lower it"
        )
    return places


def _checked(run: int) -> int:
    if run < 1:
        raise ValueError(f"extremal index: run must be at least 1 value below the threshold, got {run}")
    return int(run)


def _intervals(gaps: NDArray[np.intp]) -> float:
    count = gaps.size
    t = gaps.astype(float)
    if t.max() <= 2:
        estimate = 2 * t.sum() ** 2 / (count * (t**2).sum())
    else:
        estimate = 2 * (t - 1).sum() ** 2 / (count * ((t - 1) * (t - 2)).sum())
    return float(min(1.0, estimate))
