"""How good probabilities were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.hac import long_run_variance
from selloff.inference.inputs import Series, paired
from selloff.market.settings import check_count, check_number

__all__ = ["Brier", "brier"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Brier:
    """How good probabilities were, against the base rate; made by :func:`brier`.

    Attributes
    ----------
    score, climatology_score : float
        Mean squared error of the probabilities and of the base rate; 0 is perfect.
    skill : float
        ``1 - score / climatology_score``; below 0 the base rate was better. NaN if the base rate was never wrong.
    advantage, se : float
        ``climatology_score - score`` and its standard error with Bartlett weights.
    reliability, resolution, uncertainty, within : float
        ``score = reliability - resolution + uncertainty + within``; the last is what probabilities that differ within
        a bin add.
    rate, climatology : float
        Observed frequency, and the mean base rate compared with.
    bins : DataFrame
        One row a bin that is not empty: ``lower``, ``upper``, ``count``, ``forecast``, ``observed`` (means).
    observations, lags : int
        Pairs used, and lags of the standard error.
    """

    score: float
    climatology_score: float
    skill: float
    advantage: float
    se: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    rate: float
    climatology: float
    bins: pd.DataFrame
    observations: int
    lags: int

    def to_frame(self) -> pd.DataFrame:
        """Return the reliability table."""
        return self.bins.copy()

    def summary(self) -> str:
        """Return the result as one line."""
        return (
            f"Brier score {self.score:.4f}, base rate of {self.climatology:.1%} {self.climatology_score:.4f}, on "
            f"{self.observations} dates: skill {self.skill:+.1%}, advantage {self.advantage:+.4f} (se {self.se:.4f}); "
            f"reliability {self.reliability:.4f}, resolution {self.resolution:.4f}"
        )


def brier(
    score: Series, outcome: Series, bins: int = 10, climatology: float | Series | None = None, lags: int = 0
) -> Brier:
    """Grade probabilities by what happened.

    Parameters
    ----------
    score : Series or ndarray, shape (T,)
        Probabilities from 0 to 1; NaN where there is none.
    outcome : Series or ndarray, shape (T,)
        1 where it happened and 0 where not; NaN where not yet known.
    bins : int
        Equal bins of the reliability table.
    climatology : float, Series or ndarray, optional
        The base rate to beat, one number or one a date; by default the observed frequency, known in hindsight only
        and so the hardest constant to beat.
    lags : int
        Lags of the standard error: at least ``horizon - 1`` for outcomes over ``horizon`` days.

    Returns
    -------
    Brier

    Raises
    ------
    ValueError
        The series do not fit together, hold values out of range, or fewer than three dates have both.

    Notes
    -----
    ``mean (p - y)^2``. A panic score is no probability: grade it as it is to show that, then grade a calibrated one.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1-3; Murphy (1973), Journal of Applied Meteorology 12, 595-600, for the
    parts; Stephenson, Coelho and Jolliffe (2008), Weather and Forecasting 23, 752-757, for the part within bins.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.brier import brier
    >>> result = brier(np.array([0.9, 0.1, 0.8, 0.2]), np.array([1., 0., 1., 0.]))
    >>> round(result.score, 4), result.climatology_score, round(result.skill, 4)
    (0.025, 0.25, 0.9)
    """
    p, y, _ = paired(score, outcome)
    base = np.full(p.size, np.nan)
    known = np.isfinite(p) & np.isfinite(y)
    if known.sum() < 3:
        raise ValueError(f"brier: only {known.sum()} dates have a score and an outcome; at least 3 are needed")
    _within(p[known], "score")
    if not np.isin(y[known], (0, 1)).all():
        raise ValueError(f"outcome holds {y[known][~np.isin(y[known], (0, 1))][0]:g}; expected 0, 1 or NaN")
    check_count(bins, "bins")
    if climatology is None:
        base[:] = y[known].mean()
    elif isinstance(climatology, pd.Series | np.ndarray):
        base = paired(score, climatology)[1]
        known &= np.isfinite(base)
        _within(base[known], "climatology")
    else:
        base[:] = check_number(climatology, "climatology", most=1.0, equal=True)
    p, y, base = p[known], y[known], base[known]
    loss, other_loss = (p - y) ** 2, (base - y) ** 2
    table, parts = _reliability(p, y, bins)
    reference = float(other_loss.mean())
    mean = float(loss.mean())
    return Brier(
        score=mean,
        climatology_score=reference,
        skill=1 - mean / reference if reference > 0 else float("nan"),
        advantage=reference - mean,
        se=float(np.sqrt(max(long_run_variance(other_loss - loss, lags), 0) / p.size)),
        reliability=parts[0],
        resolution=parts[1],
        uncertainty=parts[2],
        within=mean - (parts[0] - parts[1] + parts[2]),
        rate=float(y.mean()),
        climatology=float(base.mean()),
        bins=table,
        observations=int(p.size),
        lags=lags,
    )


def _reliability(p: Floats, y: Floats, bins: int) -> tuple[pd.DataFrame, tuple[float, float, float]]:
    """Return the table of bins, and Murphy's reliability, resolution and uncertainty."""
    place = np.minimum((p * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    full = np.flatnonzero(count)
    count = count[full]
    forecast = np.bincount(place, p, bins)[full] / count
    observed = np.bincount(place, y, bins)[full] / count
    table = pd.DataFrame({"lower": full / bins, "upper": (full + 1) / bins, "count": count})
    table["forecast"], table["observed"] = forecast, observed
    share, rate = count / p.size, float(y.mean())
    reliability = float(share @ (forecast - observed) ** 2)
    return table, (reliability, float(share @ (observed - rate) ** 2), rate * (1 - rate))


def _within(values: Floats, name: str) -> None:
    bad = (values < 0) | (values > 1)
    if bad.any():
        raise ValueError(f"{name} holds {values[bad][0]:g}; a probability lies between 0 and 1")
