"""In which hours around another market's close a series moves with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference import block_length, moving_blocks, sup_t
from selloff.inference.inputs import check_series

__all__ = ["HourlyBeta", "beta_by_hour"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HourlyBeta:
    """Beta hour by hour around a close; made by :func:`beta_by_hour`.

    Attributes
    ----------
    table : DataFrame
        One row an hour, labelled by its end in hours after the close (0 is the last hour before it): ``beta``, ``se``,
        ``lower`` and ``upper`` for the hour by itself, ``all_lower`` and ``all_upper`` for all hours at once.
    draws : DataFrame
        Bootstrap draws of beta, one column an hour.
    level : float
        Coverage of the intervals.
    first, last : object
        First and last session used.
    observations, dropped : int
        Sessions used, and sessions left out because an hour's price is missing.
    block, replications, seed : int
        Settings of the bootstrap.
    """

    table: pd.DataFrame
    draws: pd.DataFrame
    level: float
    first: Any
    last: Any
    observations: int
    dropped: int
    block: int
    replications: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row an hour."""
        return self.table.copy()

    def total(self, first: int, last: int) -> tuple[float, float, float]:
        """Return the beta of the hours from ``first`` to ``last`` together, with the ends of its interval."""
        hours = self.table.loc[first:last].index
        if not len(hours):
            raise ValueError(f"total: no hour lies between {first} and {last}; ask within {self._span()}")
        draws = self.draws[hours].sum(axis=1)
        tail = (1 - self.level) / 2
        return (
            float(self.table.loc[hours, "beta"].sum()),
            float(draws.quantile(tail)),
            float(draws.quantile(1 - tail)),
        )

    def summary(self) -> str:
        """Return the betas before and after the close as one line."""
        before, after = self.total(-10_000, 0), self.total(1, 10_000)
        return (
            f"beta up to the close {before[0]:+.3f} [{before[1]:+.3f}, {before[2]:+.3f}], after it {after[0]:+.3f} "
            f"[{after[1]:+.3f}, {after[2]:+.3f}] ({self.level:.0%}, {self.observations} sessions, hours {self._span()})"
        )

    def _span(self) -> str:
        return f"{self.table.index[0]} to {self.table.index[-1]}"


def beta_by_hour(
    hourly: pd.Series,
    x: pd.Series,
    closes: pd.Series,
    before: int = 24,
    after: int = 16,
    level: float = 0.95,
    replications: int = 999,
    block: int | None = None,
    seed: int = 0,
) -> HourlyBeta:
    """Regress each hour's return around a session's close on the return of the whole session.

    Parameters
    ----------
    hourly : Series
        Returns by the hour, indexed by the end of the hour (aware); NaN where a price is missing.
    x : Series, shape (T,)
        Return of the other market over each session, from close to close, without missing values.
    closes : Series, shape (T,)
        Moment at which each session of ``x`` closes (aware, on the hour), on the same index.
    before, after : int
        Hours up to the close and after it. ``before`` should not exceed the hours since the close before: leave out
        sessions after a weekend or a holiday if it does.
    level : float
        Coverage of the intervals.
    replications, seed : int
        Bootstrap samples, and the seed of their generator.
    block : int, optional
        Length of the blocks of sessions; by default the one that suits the influence of the beta over all hours
        together.

    Returns
    -------
    HourlyBeta

    Raises
    ------
    ValueError
        The inputs do not fit together, sessions with all hours are fewer than 30, ``x`` is flat, or a setting is out
        of its range.

    Notes
    -----
    ``beta_k = cov(r_k, x) / var(x)`` with the return r_k of the k-th hour; betas of neighbouring hours add up to the
    beta of their sum. Where the other market moves first, hours after its close carry beta; where the series moves
    first, hours before its opening do, if nothing else trades then. Sessions are drawn in blocks, all hours of a
    session together, so the band allows for dependence between hours.

    References
    ----------
    Kuensch (1989), Annals of Statistics 17, 1217-1241; Montiel Olea and Plagborg-Moller (2019), Journal of Applied
    Econometrics 34, 1-17.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation.hours import beta_by_hour
    >>> days = pd.date_range("2025-01-01", periods=40, tz="UTC")
    >>> x = pd.Series(np.sin(np.arange(40.0)), index=days)
    >>> hours = pd.date_range("2024-12-31", periods=24 * 42, freq="h", tz="UTC")
    >>> hourly = pd.Series(0.0, index=hours)
    >>> hourly[days + pd.Timedelta(hours=20)] = 0.5 * x.to_numpy()  # all of it in the hour that ends at the close
    >>> result = beta_by_hour(hourly, x, pd.Series(days + pd.Timedelta(hours=20), index=days), before=3, after=2)
    >>> result.table["beta"].round(6).tolist()
    [0.0, 0.0, 0.5, 0.0, 0.0]
    """
    values, index = check_series(x, "x")
    if not (isinstance(closes, pd.Series) and closes.index.equals(index)):
        raise ValueError("beta_by_hour: closes must be a Series on the sessions of x")
    for count, name, least in ((before, "before", 1), (after, "after", 0)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < least:
            raise ValueError(f"beta_by_hour: {name} must be a whole number, {least} or more, got {count!r}")
    if replications < 99:
        raise ValueError(f"beta_by_hour: {replications} replications place no band; expected 99 or more")
    hours = pd.RangeIndex(1 - before, after + 1, name="hour")
    moments = pd.DatetimeIndex(closes)
    grid = np.column_stack([hourly.reindex(moments + pd.Timedelta(hours=int(hour))).to_numpy() for hour in hours])
    whole = np.isfinite(grid).all(axis=1)
    grid, values = grid[whole].astype(float), values[whole]
    if len(values) < 30:
        raise ValueError(
            f"beta_by_hour: {len(values)} of {whole.size} sessions have a return for each hour; 30 are needed. "
            "Look whether closes stand on the hour and in the time zone of hourly"
        )
    if np.ptp(values) == 0:
        raise ValueError("beta_by_hour: x is flat; it has no beta")
    centred = values - values.mean()
    grid -= grid.mean(axis=0)
    beta = centred @ grid / (centred @ centred)
    if block is None:
        together = grid.sum(axis=1)
        block = min(block_length(centred * (together - beta.sum() * centred)), len(values) // 3)
    positions = moving_blocks(len(values), block, replications, seed)
    counts = np.stack([np.bincount(row, minlength=len(values)) for row in positions]) / len(values)
    shift = counts @ centred
    spread = counts @ centred**2 - shift**2
    draws = (counts @ (centred[:, None] * grid) - shift[:, None] * (counts @ grid)) / spread[:, None]
    band = sup_t(draws, beta, level)
    half = band.pointwise * band.se
    table = pd.DataFrame(
        {
            "beta": beta,
            "se": band.se,
            "lower": beta - half,
            "upper": beta + half,
            "all_lower": band.lower,
            "all_upper": band.upper,
        },
        index=hours,
    )
    return HourlyBeta(
        table,
        pd.DataFrame(draws, columns=hours),
        level=level,
        first=index[whole][0],
        last=index[whole][-1],
        observations=len(values),
        dropped=int((~whole).sum()),
        block=block,
        replications=replications,
        seed=seed,
    )
