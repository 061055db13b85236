"""Whether the best of many moving averages is more than the luck of the search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.bootstrap import stationary_blocks
from selloff.inference.inputs import Series
from selloff.inference.multiplicity import romano_wolf
from selloff.market.breaches import Average, average_states, moving_average, positive_prices
from selloff.market.settings import check_count, check_number

__all__ = ["RealityCheck", "reality_check"]

Measure = Literal["hold", "fall", "rise"]
Floats = NDArray[np.float64]

#: Resamples whose weights are held at once.
_CHUNK = 256


@dataclass(frozen=True, eq=False)
class RealityCheck:
    """The best of many rules against the best of as many in resamples; made by :func:`reality_check`.

    Attributes
    ----------
    table : DataFrame
        One row a length: ``events`` (switches, or breaches), ``advantage`` over the benchmark in the unit of the
        measure, the bootstrap ``pvalue`` of that length taken alone, and ``adjusted``, the p-value among all lengths
        (stepwise, Romano and Wolf).
    best : int
        Length with the largest advantage.
    advantage : float
        Its advantage.
    pvalue_naive : float
        Its p-value taken alone, as if no other length had been tried.
    pvalue : float
        White's reality check: the chance that the best of all lengths does as well without any advantage.
    measure, kind, band, horizon, cost, block, replications, seed : object
        Settings.
    """

    table: pd.DataFrame
    best: int
    advantage: float
    pvalue_naive: float
    pvalue: float
    measure: str
    kind: str
    band: float
    horizon: int
    cost: float
    block: float | None
    replications: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return the table with ``length`` as a column."""
        return self.table.reset_index()

    def summary(self) -> str:
        """Return the check as one line."""
        what = {
            "hold": "log return a day over buy and hold",
            "fall": f"lower log return over {self.horizon} observations after a breach",
            "rise": f"higher log return over {self.horizon} observations after a breach",
        }[self.measure]
        how = "signs drawn anew" if self.block is None else f"mean block {self.block:g}"
        return (
            f"best of {len(self.table)} averages: length {self.best}, {self.advantage:+.5f} {what}; p = "
            f"{self.pvalue_naive:.3f} taken alone, {self.pvalue:.3f} as the best of all (reality check, "
            f"{self.replications} resamples, {how})"
        )


def reality_check(
    prices: Series,
    lengths: Iterable[int] = range(20, 251),
    kind: Average = "simple",
    band: float = 0.0,
    measure: Measure = "hold",
    horizon: int = 30,
    cost: float = 0.0,
    block: float | None = None,
    replications: int = 1000,
    seed: int = 0,
) -> RealityCheck:
    """Test the best moving average of all lengths against a benchmark, allowing for the search.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Positive closes, without missing values.
    lengths : iterable of int
        All lengths that were looked at, also those not reported.
    kind, band
        As :func:`selloff.market.breaches.moving_average_breaches`.
    measure : {"hold", "fall", "rise"}
        ``hold``: hold after a close above the average and be in cash after one below, against buy and hold.
        ``fall`` and ``rise``: mean log return over ``horizon`` observations after a breach, below or above that after
        all days.
    horizon : int
        Observations, for ``fall`` and ``rise``.
    cost : float
        Cost of a switch, share of the price, for ``hold``.
    block : float, optional
        Mean length of a block of the stationary bootstrap of ``hold``; by default 10 observations.
    replications, seed : int
        Resamples, and the seed of their generator.

    Returns
    -------
    RealityCheck

    Raises
    ------
    ValueError
        As :func:`selloff.market.breaches.moving_average_breaches`; a setting is out of range; no length is left with
        a breach, or with a decision.

    Notes
    -----
    All rules are compared over the same days, from the longest average on; a length without a switch, or without a
    breach, decides nothing and is left out.

    ``hold``: let ``f_k`` be the mean daily advantage of rule k. White's statistic is ``max_k sqrt(n) f_k``, its null
    distribution that of ``max_k sqrt(n) (f*_k - f_k)`` over stationary bootstrap resamples of days, the same days for
    all rules; the p-value counts the sample itself. It is conservative where many rules are bad (Hansen 2005), and on
    random walks, where a rule gains rarely and then much: there it rejects in 1 to 3 of 100 samples at 5 %.

    ``fall`` and ``rise``: the advantage is a weighted sum of one-step returns
    (:func:`selloff.market.overlap.overlap_test`), and days with few breaches would decide a plain maximum. So each is
    divided by its White standard error, and the null draws give every step's return a random sign, the same for all
    rules: this keeps the volatility after breaches where it was, which resampled days do not.

    Decisions are taken at a close and earn the next day's return. Rules that are out of the market half of the time
    beat it in any falling sample; whether their timing is good, the comparison with a benchmark held to the same
    exposure would tell, not this one.

    ``arch.bootstrap.SPA`` holds the test for ``hold`` too (its ``upper`` p-value, the tests compare them); sums over
    draws as one matrix product are faster by far for 231 lengths.

    References
    ----------
    White (2000), Econometrica 68, 1097-1126; Sullivan, Timmermann and White (1999), Journal of Finance 54, 1647-1691;
    Hansen (2005), Journal of Business and Economic Statistics 23, 365-380; Romano and Wolf (2005), Econometrica 73,
    1237-1282; Politis and Romano (1994), Journal of the American Statistical Association 89, 1303-1313.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.reality_check import reality_check
    >>> walk = np.exp(np.cumsum(np.random.default_rng(5).standard_normal(1000)) / 100)
    >>> check = reality_check(walk, lengths=range(20, 101, 5), replications=200)
    >>> bool(check.pvalue_naive < check.pvalue)
    True
    """
    if measure not in get_args(Measure):
        raise ValueError(f"reality_check: unknown measure {measure!r}; expected {', '.join(get_args(Measure))}")
    tried = sorted({check_count(length, "reality_check: a length", 2) for length in lengths})
    if not tried:
        raise ValueError("reality_check: no length at all; pass those that were looked at")
    values, _ = positive_prices(prices, tried[-1], kind, band)
    check_number(cost, "reality_check: cost", most=1.0, equal=True)
    check_count(horizon, "reality_check: horizon")
    check_count(replications, "reality_check: replications", 19)
    first, days = tried[-1] - 1, values.size - tried[-1] - (0 if measure == "hold" else horizon - 1)
    if days < 50:
        raise ValueError(
            f"reality_check: the longest average of {tried[-1]} closes leaves {max(days, 0)} days; 50 are needed"
        )
    mean_block = min(10.0, float(days)) if block is None else check_number(block, "block", 1.0, float(days), equal=True)
    log = np.log(values)
    states = [average_states(values, moving_average(values, length, kind), band) for length in tried]
    if measure == "hold":
        events, value = _held(states, log, first, cost)
    else:
        events, value = _breached(states, log, first, horizon, 1.0 if measure == "rise" else -1.0)
    used = np.flatnonzero(events > 0)
    if used.size == 0:
        raise ValueError("reality_check: no average was ever crossed; pass longer prices or shorter lengths")
    value = value[:, used]
    if measure == "hold":
        advantage, scale = value.mean(axis=0), np.ones(used.size)
        draws = _resampled(value, mean_block, replications, seed) - advantage
    else:
        # Each column holds the weighted one-step returns whose sum is the advantage.
        advantage, scale = value.sum(axis=0), np.sqrt(np.sum(value**2, axis=0))
        draws = _flipped(value, replications, seed)
    statistic, null = advantage / scale, draws / scale
    alone = (1 + np.count_nonzero(null >= statistic, axis=0)) / (1 + replications)
    adjusted = romano_wolf(statistic, null, "greater").to_numpy()
    best = int(np.argmax(statistic))
    table = pd.DataFrame(
        {"events": events[used], "advantage": advantage, "pvalue": alone, "adjusted": adjusted},
        index=pd.Index(np.array(tried)[used], name="length"),
    )
    return RealityCheck(
        table,
        best=int(table.index[best]),
        advantage=float(advantage[best]),
        pvalue_naive=float(alone[best]),
        pvalue=float(adjusted[best]),
        measure=measure,
        kind=kind,
        band=float(band),
        horizon=int(horizon),
        cost=float(cost),
        block=mean_block if measure == "hold" else None,
        replications=int(replications),
        seed=int(seed),
    )


def _held(states: list[NDArray[np.int8]], log: Floats, first: int, cost: float) -> tuple[NDArray[np.intp], Floats]:
    """Return the switches of each rule and its daily advantage over buy and hold."""
    step = np.diff(log)[first:]
    held = np.column_stack([state[first:-1] == 1 for state in states])
    switched = np.zeros(held.shape)
    switched[1:] = held[1:] != held[:-1]
    value = np.where(held, 0.0, -step[:, None]) + switched * np.log1p(-min(cost, 1 - 1e-12))
    return switched.sum(axis=0).astype(np.intp), value


def _breached(
    states: list[NDArray[np.int8]], log: Floats, first: int, horizon: int, sign: float
) -> tuple[NDArray[np.intp], Floats]:
    """Return the breaches of each rule, and every one-step return by its weight in the advantage.

    The advantage is a mean after breaches less the mean after other days, so that a step counts by how many horizons
    of either kind cover it (:func:`selloff.market.overlap.overlap_test`).
    """
    stop = log.size - horizon
    flags = np.zeros((log.size - first, len(states)))
    for column, state in enumerate(states):
        before = np.concatenate([[0], state[:-1]])
        flags[: stop - first, column] = ((state == -1) & (before == 1))[first:stop]
    days, count = stop - first, flags.sum(axis=0)
    step = np.diff(log)[first:]
    step = step - step.mean()
    covered = _covered(flags, horizon)[:-1]
    every = np.zeros((log.size - first, 1))
    every[:days] = 1
    rest = _covered(every, horizon)[:-1] - covered
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = covered / count - rest / (days - count)
    return count.astype(np.intp), sign * weight * step[:, None]


def _covered(begins: Floats, horizon: int) -> Floats:
    """Return how many horizons cover the step that starts at each row."""
    total = np.cumsum(begins, axis=0)
    total[horizon:] -= np.cumsum(begins, axis=0)[:-horizon]
    return total


def _resampled(value: Floats, block: float, replications: int, seed: int) -> Floats:
    """Return the means of all rules over resamples of days."""
    days = len(value)
    positions = stationary_blocks(days, block, replications, seed)
    parts = []
    for chunk in (positions[at : at + _CHUNK] for at in range(0, replications, _CHUNK)):
        # How often each day is drawn: means over a draw become one product.
        offset = np.arange(len(chunk))[:, None] * days
        counts = np.bincount((chunk + offset).ravel(), minlength=len(chunk) * days).reshape(-1, days)
        parts.append(counts.astype(float) @ value / days)
    return np.concatenate(parts)


def _flipped(value: Floats, replications: int, seed: int) -> Floats:
    """Return the sums of all rules with the sign of every step drawn anew, one sign for all rules."""
    rng = np.random.default_rng(seed)
    parts = [
        rng.choice([-1.0, 1.0], size=(min(_CHUNK, replications - at), len(value))) @ value
        for at in range(0, replications, _CHUNK)
    ]
    return np.concatenate(parts)
