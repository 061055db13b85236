"""Liquidations that cause liquidations: from a shock to the price at which the chain stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.market.impact import market_impact
from selloff.market.ladder import Distribution, Ladder, liquidation_ladder
from selloff.market.settings import check_number

__all__ = ["Cascade", "amplification_grid", "cascade"]

Floats = NDArray[np.float64]

# A price that equals a rung up to rounding crosses it.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Cascade:
    """A shock and the chain of liquidations it sets off; made by :func:`cascade`.

    Attributes
    ----------
    start_usd, final_price_usd : float
        The price before and after; the latter never below zero.
    shock, fall : float
        The fall from outside and the whole fall, as fractions of ``start_usd``.
    amplification : float
        ``fall / shock``; at least 1.
    liquidated_usd : float
        Positions closed by force, valued at ``start_usd``.
    liquidated_share : float
        The same as a share of the ladder; 0 without a ladder.
    collapsed : bool
        Whether the model runs to a price of zero; ``fall`` is then cut off at 1 and the result shows only that the
        parameters do not describe a market.
    rounds : DataFrame
        One row a round, from the shock on: ``fall`` (fraction), ``price_usd``, ``liquidated_usd``.
    ladder : Ladder
        The positions.
    daily_volatility, daily_volume_usd, coefficient, exponent, sold_share : float
        Settings.
    """

    start_usd: float
    final_price_usd: float
    shock: float
    fall: float
    amplification: float
    liquidated_usd: float
    liquidated_share: float
    collapsed: bool
    rounds: pd.DataFrame
    ladder: Ladder
    daily_volatility: float
    daily_volume_usd: float
    coefficient: float
    exponent: float
    sold_share: float

    def to_frame(self) -> pd.DataFrame:
        """Return the rounds."""
        return self.rounds.copy()

    def summary(self) -> str:
        """Return the result as one line."""
        steps = len(self.rounds) - 1
        line = (
            f"a shock of {self.shock:.2%} becomes a fall of {self.fall:.2%}: amplification {self.amplification:.2f}; "
            f"USD {self.liquidated_usd / 1e6:,.0f} m ({self.liquidated_share:.0%} of the ladder) liquidated in "
            f"{steps} round{'' if steps == 1 else 's'}"
        )
        return f"{line}; COLLAPSED: the model runs to a price of zero" if self.collapsed else line


def cascade(
    price: float,
    shock: float,
    ladder: Ladder | pd.DataFrame | None,
    *,
    daily_volatility: float,
    daily_volume_usd: float,
    coefficient: float = 1.0,
    exponent: float = 0.5,
    sold_share: float = 1.0,
) -> Cascade:
    """Follow a shock through a ladder of liquidation prices.

    Parameters
    ----------
    price : float
        The price before the shock.
    shock : float
        The fall that comes from outside, as a fraction of ``price`` (0.05 for 5 %), between 0 and 1.
    ladder : Ladder, DataFrame or None
        Long positions by liquidation price; a table needs the columns ``price_usd`` and ``usd``. None means that
        nobody holds leverage.
    daily_volatility, daily_volume_usd, coefficient, exponent
        The impact law, as in :func:`selloff.market.impact.market_impact`.
    sold_share : float
        Part of a liquidated position that is sold on the market, from 0 to 1. The rest goes to an insurance fund or
        is set off against winning positions, and moves no price.

    Returns
    -------
    Cascade

    Raises
    ------
    ValueError
        A number is out of range, the ladder is malformed or starts from another price.

    Notes
    -----
    With D(f) the positions whose liquidation price is at or above ``price (1 - f)``, the fall solves
    ``f = shock + Y sigma (sold_share D(f) / V)^exponent``. The iteration starts at ``f = shock`` and puts the last
    value into the right side.

    It ends at the smallest solution. The right side never falls in f, so the iterates never step back; a ladder of R
    rungs lets D take R + 1 values, so after at most R rounds nothing new is crossed and f solves the equation. If g
    solves it too, g is at least the shock, and by induction at least every iterate: no solution is smaller. A fall
    beyond 1 is cut off and flagged.

    All sales count as one large order: the square-root law is for totals, and cutting the total into independent
    orders would give more impact for the same sale. Buyers who step in, traders who sell ahead of the liquidations,
    and the recovery afterwards are not in the model.

    The amplification cannot lie below 1, by construction: that it exceeds 1 shows nothing about a real fall. What can
    be compared with the record is ``liquidated_usd``, and how the range of :func:`amplification_grid` moves with what
    nobody publishes. With the square-root law the ratio grows without limit as the shock goes to zero (the first
    dollar sold moves the price infinitely fast), so read it for shocks of the size of a bad day.

    References
    ----------
    Toth et al. (2011), Physical Review X 1, 021006, for the impact; Tarski (1955), Pacific Journal of Mathematics 5,
    285-309, for monotone fixed points; Eisenberg and Noe (2001), Management Science 47, 236-249, for the same
    argument on chains of defaults.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.market.cascade import cascade
    >>> ladder = pd.DataFrame({"price_usd": [96.0, 94.8, 80.0], "usd": [1e8, 3e8, 9e8]})
    >>> result = cascade(100.0, 0.05, ladder, daily_volatility=0.02, daily_volume_usd=1e10)
    >>> result.rounds["fall"].round(4).tolist(), round(result.amplification, 3)
    ([0.05, 0.052, 0.054], 1.08)
    """
    start = check_number(price, "price")
    push = check_number(shock, "shock", most=1.0, advice="a fraction: 0.05 for a fall of 5 %")
    sold = check_number(sold_share, "sold_share", equal=True, most=1.0)
    positions = _positions(ladder, start)
    distance, cumulative = _steps(positions)
    impact = market_impact(sold * cumulative, daily_volatility, daily_volume_usd, coefficient, exponent)
    fall, count, path = push, 0, [(push, 0)]
    while fall < 1:
        crossed = int(np.searchsorted(distance, fall + _ROUNDING, side="right"))
        if crossed == count:
            break
        count, fall = crossed, min(push + float(impact[crossed]), 1.0)
        path.append((fall, count))
    falls = np.array([each for each, _ in path])
    gone = cumulative[[each for _, each in path]]
    rounds = pd.DataFrame({"fall": falls, "price_usd": start * (1 - falls), "liquidated_usd": gone})
    return Cascade(
        start_usd=start,
        final_price_usd=start * (1 - fall),
        shock=push,
        fall=fall,
        amplification=fall / push,
        liquidated_usd=float(cumulative[count]),
        liquidated_share=float(cumulative[count] / cumulative[-1]) if cumulative[-1] > 0 else 0.0,
        collapsed=fall >= 1,
        rounds=rounds,
        ladder=positions,
        daily_volatility=float(daily_volatility),
        daily_volume_usd=float(daily_volume_usd),
        coefficient=float(coefficient),
        exponent=float(exponent),
        sold_share=sold,
    )


def amplification_grid(
    price: float,
    open_interest_usd: float,
    shocks: Sequence[float],
    coefficients: Sequence[float],
    leverages: Mapping[str, Distribution] | Sequence[float],
    *,
    daily_volatility: float,
    daily_volume_usd: float,
    entries: Distribution | None = None,
    maintenance_margin: float = 0.005,
    exponent: float = 0.5,
    sold_share: float = 1.0,
) -> pd.DataFrame:
    """Return the amplification for every shock, impact coefficient and leverage.

    Parameters
    ----------
    price, open_interest_usd, entries, maintenance_margin
        As in :func:`selloff.market.ladder.liquidation_ladder`.
    shocks : sequence of float
        Falls from outside, as fractions.
    coefficients : sequence of float
        Impact coefficients.
    leverages : mapping of name to distribution, or sequence of float
        Scenarios of leverage; a number stands for one leverage that all positions have.
    daily_volatility, daily_volume_usd, exponent, sold_share
        As in :func:`cascade`.

    Returns
    -------
    DataFrame
        One row a combination: ``leverage`` (number or name), ``coefficient``, ``shock``, ``fall`` (fractions),
        ``amplification``, ``liquidated_usd``, ``collapsed``.

    Raises
    ------
    ValueError
        As the two functions; or an axis is empty.

    Notes
    -----
    Each row equals :func:`cascade` with the same inputs. Quote the range over the parameters that the record cannot
    rule out, not the value of one row.

    Examples
    --------
    >>> from selloff.market.cascade import amplification_grid
    >>> grid = amplification_grid(100.0, 1e10, shocks=[0.05], coefficients=[0.5, 1.5], leverages=[10, 25],
    ...                           daily_volatility=0.03, daily_volume_usd=5e10)
    >>> grid["amplification"].round(2).tolist()
    [1.0, 1.0, 1.13, 1.4]
    """
    pushes = np.array([check_number(s, "shocks", most=1.0, advice="a fraction: 0.05 for 5 %") for s in shocks])
    scales = np.array([check_number(y, "coefficients", equal=True) for y in coefficients])
    named = leverages if isinstance(leverages, Mapping) else {each: {each: 1.0} for each in leverages}
    scenarios: list[tuple[str | float, Distribution]] = list(named.items())
    for axis, values in (("shocks", pushes), ("coefficients", scales), ("leverages", scenarios)):
        if not len(values):
            raise ValueError(f"amplification_grid: {axis} is empty; give at least one value")
    sold = check_number(sold_share, "sold_share", equal=True, most=1.0)
    coefficient, shock = (each.ravel() for each in np.meshgrid(scales, pushes, indexing="ij"))
    parts = []
    for name, tiers in scenarios:
        ladder = liquidation_ladder(open_interest_usd, price, tiers, entries, maintenance_margin)
        distance, cumulative = _steps(ladder)
        unit = market_impact(sold * cumulative, daily_volatility, daily_volume_usd, 1.0, exponent)
        fall, count = _settle(distance, unit, coefficient, shock)
        part = pd.DataFrame({"leverage": name, "coefficient": coefficient, "shock": shock, "fall": fall})
        part["amplification"] = fall / shock
        part["liquidated_usd"] = cumulative[count]
        part["collapsed"] = fall >= 1
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _settle(distance: Floats, unit: Floats, coefficient: Floats, shock: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return the falls and the rungs crossed of many cascades on one ladder; ``unit`` is the impact per coefficient."""
    fall, count = shock.copy(), np.zeros(shock.size, dtype=np.intp)
    moving = np.flatnonzero(fall < 1)
    while moving.size:
        crossed = np.searchsorted(distance, fall[moving] + _ROUNDING, side="right")
        further = crossed > count[moving]
        moving = moving[further]
        count[moving] = crossed[further]
        fall[moving] = np.minimum(shock[moving] + coefficient[moving] * unit[count[moving]], 1.0)
        moving = moving[fall[moving] < 1]
    return fall, count


def _steps(ladder: Ladder) -> tuple[Floats, Floats]:
    """Return the falls at which rungs are crossed, ascending, and the positions crossed after 0, 1, ... of them."""
    distance: Floats = 1 - ladder.price_usd / ladder.start_usd
    cumulative: Floats = np.concatenate([[0.0], np.cumsum(ladder.usd)])
    return distance, cumulative


def _positions(ladder: Any, start: float) -> Ladder:
    if ladder is None:
        return Ladder(np.empty(0), np.empty(0), start)
    if isinstance(ladder, pd.DataFrame):
        return Ladder.from_frame(ladder, start)
    if not isinstance(ladder, Ladder):
        kind = type(ladder).__name__
        raise ValueError(f"ladder must be a Ladder, a table with price_usd and usd, or None, got {kind}")
    if abs(ladder.start_usd - start) > _ROUNDING * start:
        raise ValueError(
            f"the ladder starts from a price of {ladder.start_usd:g}, the cascade from {start:g}; "
            "its sizes are valued at its own price: build it anew"
        )
    return ladder
