"""How much a basket of many assets still spreads risk on its bad days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.exceedance import corners_of_rows, normal_exceedance, tail_shares
from selloff.inference import TestResult, block_length, moving_blocks
from selloff.inference.inputs import Panel, check_panel

__all__ = ["MeanExceedance", "diversification", "mean_exceedance", "without_worst"]

Floats = NDArray[np.float64]

# Values drawn at once: a few arrays of this size fit a processor's cache.
_DRAWN = 60_000


@dataclass(frozen=True, eq=False)
class MeanExceedance:
    """Mean correlation of all pairs beyond quantiles; made by :func:`mean_exceedance`.

    Attributes
    ----------
    table : DataFrame
        One row a quantile: ``lower`` and ``upper``, each with ``_low`` and ``_high`` of its interval and ``_n``, the
        common days of the pair that has fewest; ``normal``, the mean over pairs of the value of normal data. NaN
        where a pair has fewer than ``minimum`` common days.
    correlation : float
        Mean over pairs, of all days.
    pairs, observations : int
        Pairs and days.
    level : float
        Coverage of each interval by itself.
    minimum, replications, block, seed : int
        Settings.
    """

    table: pd.DataFrame
    correlation: float
    pairs: int
    observations: int
    level: float
    minimum: int
    replications: int
    block: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row a quantile."""
        return self.table.copy()

    def summary(self) -> str:
        """Return one line a quantile."""
        head = (
            f"mean correlation of {self.pairs} pairs on {self.observations} days {self.correlation:+.2f}; beyond a "
            f"quantile ({self.level:.0%} interval)"
        )
        lines = [head]
        for q, row in self.table.iterrows():
            sides = [
                f"{side} {row[side]:+.2f} [{row[side + '_low']:+.2f}, {row[side + '_high']:+.2f}]"
                for side in ("lower", "upper")
            ]
            lines.append(f"  {q:.0%}: {', '.join(sides)}, normal data {row['normal']:+.2f}")
        return "\n".join(lines)


def mean_exceedance(
    returns: Panel,
    quantiles: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5),
    level: float = 0.95,
    minimum: int = 20,
    replications: int = 99,
    block: int | None = None,
    seed: int = 0,
) -> MeanExceedance:
    """Return the mean over all pairs of their correlation on days when both lie beyond the same quantile.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns of two or more assets, without missing values.
    quantiles : sequence of float
        Shares of each asset left in a tail, ascending, above 0 and at most .5.
    level : float
        Coverage of each interval.
    minimum : int
        Common days that every pair needs.
    replications, seed : int
        Draws of the moving-block bootstrap and the seed of its generator.
    block : int, optional
        Block length; by default the one that suits the mean over pairs of the standardised products.

    Returns
    -------
    MeanExceedance

    Raises
    ------
    ValueError
        A value is missing, an asset is flat, there are too few, or a setting is out of its range.

    Notes
    -----
    A draw takes whole days of all assets, so the interval knows that pairs share their assets and their days.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import mean_exceedance
    >>> rng = np.random.default_rng(0)
    >>> panel = rng.standard_normal((600, 1)) + rng.standard_normal((600, 4))
    >>> table = mean_exceedance(panel, (0.2, 0.5), replications=19).table
    >>> bool(abs(table["lower"] - table["normal"]).max() < 0.15)
    True
    """
    values = _values("mean_exceedance", returns, level, replications)
    shares = tail_shares(quantiles)
    z = (values - np.median(values, axis=0)) / values.std(axis=0)
    count = z.shape[1]
    if block is None:
        centred = z - z.mean(axis=0)
        product = (centred.sum(axis=1) ** 2 - (centred**2).sum(axis=1)) / (count * (count - 1))
        block = min(block_length(product), max(1, len(z) // 3))
    pairs = list(combinations(range(count), 2))
    observed, counts = (np.stack(part) for part in zip(*_sides(z[None], pairs, shares), strict=True))
    fewest = counts[:, 0].min(axis=0)
    mean = np.where(fewest >= max(minimum, 3), observed[:, 0].mean(axis=0), np.nan)
    draws = []
    for at in _chunks(moving_blocks(len(z), block, replications, seed)):
        total = np.stack([each for each, _ in _sides(z[at], pairs, shares)])
        draws.append(np.nanmean(total, axis=0))
    limits = np.nanquantile(np.concatenate(draws), [(1 - level) / 2, (1 + level) / 2], axis=0)
    limits[:, ~np.isfinite(mean)] = np.nan
    columns: dict[str, Floats] = {}
    for side, name in enumerate(("lower", "upper")):
        columns |= {name: mean[:, side], f"{name}_low": limits[0][:, side], f"{name}_high": limits[1][:, side]}
        columns[f"{name}_n"] = fewest[:, side].astype(int)
    whole = np.corrcoef(z, rowvar=False)[np.triu_indices(count, 1)]
    columns["normal"] = np.mean([normal_exceedance(float(np.clip(r, -1, 1)), shares) for r in whole], axis=0)
    table = pd.DataFrame(columns, index=pd.Index(shares, name="quantile"))
    return MeanExceedance(table, float(whole.mean()), len(pairs), len(z), level, minimum, replications, block, seed)


def diversification(
    returns: Panel, level: float = 0.05, replications: int = 499, block: int | None = None, seed: int = 0
) -> TestResult:
    """Test whether a basket of equal parts spreads less risk on its worst days than on the whole.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Simple returns of two or more assets, without missing values.
    level : float
        Share of days that count as worst, at most .25, with at least 10 of them.
    replications, seed : int
        Draws of the moving-block bootstrap and the seed of its generator.
    block : int, optional
        Block length; by default the one that suits the basket's squared return.

    Returns
    -------
    TestResult
        The effect is what the basket saves on worst days less what it saves on the whole; both are in ``settings`` as
        ``tail`` and ``whole``, shares of one.

    Raises
    ------
    ValueError
        A value is missing, an asset is flat, there are too few, or a setting is out of its range.

    Notes
    -----
    ``whole = 1 - sd(basket) / mean sd(asset)`` and ``tail = 1 - ES(basket) / mean ES(asset)``, where ES is the mean
    of the worst days, each asset's own, measured from its mean. For normal data, and for every distribution whose
    waves hit all assets alike, both are equal. A smaller ``tail`` says that falls are shared more than the rest; rises
    that come to one asset alone have the same effect, for they spread on the whole and not on worst days.

    References
    ----------
    McNeil, Frey and Embrechts (2015), Quantitative Risk Management, Princeton University Press.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import diversification
    >>> result = diversification(np.random.default_rng(0).standard_normal((4000, 4)), replications=99)
    >>> round(result.settings["whole"], 1), round(result.settings["tail"], 1)  # four alike save a half
    (0.5, 0.5)
    """
    from scipy.stats import norm

    values = _values("diversification", returns, 0.5, replications)
    if not 0 < level <= 0.25 or level * len(values) < 10:
        raise ValueError(
            f"diversification: level {level} of {len(values)} days leaves {level * len(values):.1f} worst days; "
            "expected a level of at most 0.25 and 10 days or more"
        )
    if block is None:
        basket = values.mean(axis=1)
        block = min(block_length((basket - basket.mean()) ** 2), max(1, len(values) // 3))
    whole, tail = (float(part[0]) for part in _saved(values[None], level))
    draws = []
    for at in _chunks(moving_blocks(len(values), block, replications, seed)):
        parts = _saved(values[at], level)
        draws.append(parts[1] - parts[0])
    se = float(np.concatenate(draws).std(ddof=1))
    effect = tail - whole
    settings = {"whole": whole, "tail": tail, "level": level, "block": block, "seed": seed}
    pvalue = float(2 * norm.sf(abs(effect / se)))
    return TestResult("saved on worst days less on the whole", effect / se, pvalue, effect, se, settings=settings)


def without_worst(returns: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return a panel without the days on which the mean of its columns was lowest.

    Parameters
    ----------
    returns : DataFrame, shape (T, N)
        Returns of two or more assets, without missing values.
    count : int
        How many days to leave out.

    Returns
    -------
    DataFrame, shape (T - count, N)
        The other days in their order.

    Raises
    ------
    ValueError
        A value is missing, or there are no more days than are to be left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.correlation import without_worst
    >>> without_worst(pd.DataFrame({"a": [1.0, -3.0, 2.0, 0.0], "b": [0.0, 1.0, 1.0, -1.0]}), 1).index.tolist()
    [0, 2, 3]
    """
    check_panel(returns)
    if not 0 <= count < len(returns):
        raise ValueError(f"without_worst: count must lie between 0 and the {len(returns)} days less one, got {count}")
    return returns.drop(returns.mean(axis=1).nsmallest(count).index)


def _values(name: str, returns: Panel, level: float, replications: int) -> Floats:
    values, _, _ = check_panel(returns)
    if (np.ptp(values, axis=0) == 0).any():
        raise ValueError(f"{name}: a column is flat; it has no tails")
    if not 0 < level < 1:
        raise ValueError(f"{name}: level must lie between 0 and 1, got {level}")
    if replications < 19:
        raise ValueError(f"{name}: expected at least 19 replications, got {replications}")
    return values


def _sides(z: Floats, pairs: list[tuple[int, int]], shares: Floats) -> Iterator[tuple[Floats, NDArray[np.intp]]]:
    """Yield correlations and counts of one pair's corners; rows of ``z`` are draws, its last axis assets."""
    for i, j in pairs:
        yield corners_of_rows(np.ascontiguousarray(z[..., i]), np.ascontiguousarray(z[..., j]), shares)


def _chunks(positions: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    step = max(1, _DRAWN // positions.shape[1])
    return [positions[start : start + step] for start in range(0, len(positions), step)]


def _saved(values: Floats, level: float) -> tuple[Floats, Floats]:
    """Return what the basket saves on the whole and on worst days, of each draw; shape (draws, days, assets)."""
    basket = values.mean(axis=2, keepdims=True)
    worst = int(np.floor(level * values.shape[1] + 1e-9))
    spreads, losses = [], []
    for part in (basket, values):
        centred = part - part.mean(axis=1, keepdims=True)
        spreads.append(centred.std(axis=1).mean(axis=1))
        tail = np.partition(centred, worst - 1, axis=1)[:, :worst]
        losses.append(tail.mean(axis=1).mean(axis=1))
    return 1 - spreads[0] / spreads[1], 1 - losses[0] / losses[1]
