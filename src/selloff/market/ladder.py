"""At which prices leveraged positions are closed by force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference.inputs import Series, check_series
from selloff.market.settings import check_count, check_number

__all__ = ["Distribution", "Ladder", "entry_distribution", "liquidation_ladder"]

Floats = NDArray[np.float64]
#: Levels (leverage, or price) and the share of the positions at each.
Distribution = Mapping[float, float] | pd.Series

# Shares may miss one by this much: they come from divisions.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Ladder:
    """Long positions by liquidation price; made by :func:`liquidation_ladder` or :meth:`from_frame`.

    Attributes
    ----------
    price_usd : ndarray, shape (R,)
        Liquidation prices, from high to low.
    usd : ndarray, shape (R,)
        Positions at each, valued at ``start_usd``.
    start_usd : float
        The price before the fall.
    unreachable_usd : float
        Positions without leverage: no price above zero closes them.
    dropped_share : float
        Share of the given positions whose liquidation price lies at or above ``start_usd``. They are gone already, so
        the rest was scaled up to the open interest.
    maintenance_margin : float
        Setting; NaN for a ladder from a table.
    """

    price_usd: Floats
    usd: Floats
    start_usd: float
    unreachable_usd: float = 0.0
    dropped_share: float = 0.0
    maintenance_margin: float = float("nan")

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, start_usd: float) -> Ladder:
        """Make a ladder from a table with the columns ``price_usd`` and ``usd``, in any order of rows.

        Raises
        ------
        ValueError
            A column is missing or holds a value that is no price or no size, or a position is closed already.
        """
        start = check_number(start_usd, "start_usd")
        missing = [name for name in ("price_usd", "usd") if name not in frame.columns]
        if missing:
            raise ValueError(f"ladder has no column {missing[0]!r}; it needs price_usd and usd")
        columns = []
        for name in ("price_usd", "usd"):
            try:
                values = frame[name].to_numpy(dtype=float)
            except (TypeError, ValueError):
                raise ValueError(f"ladder[{name!r}] must hold numbers only") from None
            bad = ~np.isfinite(values) | (values < 0)
            if bad.any():
                row = frame.index[int(bad.argmax())]
                raise ValueError(f"ladder[{name!r}] is {values[bad][0]:g} in row {row}; expected a number from 0")
            columns.append(values)
        price, usd = columns
        if price.size and price.max() > start:
            raise ValueError(
                f"ladder has a liquidation price of {price.max():g} above the price of {start:g}; "
                "that position is closed already: drop it"
            )
        return cls(*_merged(price[price > 0], usd[price > 0]), start, float(usd[price == 0].sum()))

    @property
    def total_usd(self) -> float:
        """All positions that some price above zero closes."""
        return float(self.usd.sum())

    def crossed_usd(self, price_usd: float) -> float:
        """Return the positions whose liquidation price is at or above a price."""
        return float(self.usd[self.price_usd >= price_usd].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return one row a price, from high to low: ``price_usd``, ``usd``, ``cumulative_usd``, ``fall`` (fraction)."""
        return pd.DataFrame(
            {
                "price_usd": self.price_usd,
                "usd": self.usd,
                "cumulative_usd": np.cumsum(self.usd),
                "fall": 1 - self.price_usd / self.start_usd,
            }
        )

    def summary(self) -> str:
        """Return the ladder as one line."""
        if not self.usd.size:
            return "empty ladder: no position can be liquidated"
        crossed = {fall: self.crossed_usd(self.start_usd * (1 - fall)) / self.total_usd for fall in (0.05, 0.1, 0.2)}
        parts = [f"{share:.0%} at {fall:.0%}" for fall, share in crossed.items()]
        line = (
            f"USD {self.total_usd / 1e6:,.0f} m at {self.usd.size} prices below {self.start_usd:g}; "
            f"share crossed by a fall: {', '.join(parts)}"
        )
        gone = f"; {self.dropped_share:.0%} of the given positions were closed already" if self.dropped_share else ""
        return line + gone


def liquidation_ladder(
    open_interest_usd: float,
    price: float,
    leverage: Distribution,
    entries: Distribution | None = None,
    maintenance_margin: float = 0.005,
) -> Ladder:
    """Spread open interest over the prices at which its long side is liquidated.

    Parameters
    ----------
    open_interest_usd : float
        Open interest, valued at ``price``. Every contract has one long side, so this is the size of the longs.
    price : float
        The price now.
    leverage : mapping or Series
        Leverage (1 and more) and the share of the positions that has it; shares add to 1.
    entries : mapping or Series, optional
        Entry price and share, from :func:`entry_distribution` for one; by default all entered at ``price``.
    maintenance_margin : float
        Margin that must remain, as a fraction of the position.

    Returns
    -------
    Ladder

    Raises
    ------
    ValueError
        A number is out of range, shares do not add to 1, a tier has a leverage that the maintenance margin does not
        allow, or no position is left at ``price``.

    Notes
    -----
    A long entered at E with leverage L holds margin E / L per coin. It is closed when margin plus loss falls to the
    maintenance margin m of the position: ``P = E (1 - 1 / L) / (1 - m)``. This is isolated margin on a contract
    settled in dollars. With cross margin, other collateral moves P down; fees and funding move it up. Leverage and
    entry are taken as independent.

    Neither distribution is published by any venue. A ladder is a scenario: show several.

    Examples
    --------
    >>> from selloff.market.ladder import liquidation_ladder
    >>> ladder = liquidation_ladder(1e9, price=100.0, leverage={5: 0.5, 20: 0.5})
    >>> ladder.to_frame().round(3)[["price_usd", "usd"]].to_numpy().tolist()
    [[95.477, 500000000.0], [80.402, 500000000.0]]
    """
    total = check_number(open_interest_usd, "open_interest_usd", equal=True)
    start = check_number(price, "price")
    margin = check_number(maintenance_margin, "maintenance_margin", equal=True, most=0.5)
    tiers, tier_shares = _shares(leverage, "leverage")
    prices, entry_shares = _shares({start: 1.0} if entries is None else entries, "entries")
    if tiers.min() < 1:
        raise ValueError(f"leverage holds {tiers.min():g}; a position has leverage 1 or more")
    if margin * tiers.max() >= 1:
        raise ValueError(
            f"leverage {tiers.max():g} opens with a margin of {1 / tiers.max():.4f}, not above maintenance_margin "
            f"{margin:g}; such a position is closed when it opens: lower one of the two"
        )
    liquidation = np.outer(prices, 1 - 1 / tiers).ravel() / (1 - margin)
    shares = np.outer(entry_shares, tier_shares).ravel()
    alive = liquidation < start
    left = float(shares[alive].sum())
    if left == 0:
        raise ValueError(f"every position is liquidated at or above the price of {start:g}; check the entries")
    usd = total * shares / left
    free = alive & (liquidation == 0)
    rungs = alive & (liquidation > 0) & (usd > 0)
    merged = _merged(liquidation[rungs], usd[rungs])
    return Ladder(*merged, start, float(usd[free].sum()), max(0.0, 1 - left), margin)


def entry_distribution(prices: Series, halflife: float, bins: int | None = None) -> pd.Series:
    """Return where positions were entered, if old ones close at a constant rate.

    Parameters
    ----------
    prices : Series or ndarray, shape (T,)
        Past prices up to now, equally spaced.
    halflife : float
        Observations after which half of the positions have been closed.
    bins : int, optional
        Number of equal price bins to gather entries in; by default every price stays.

    Returns
    -------
    Series
        Share of the positions by entry price, ascending; adds to 1.

    Raises
    ------
    ValueError
        As :func:`selloff.inference.inputs.check_series`; or a price is not above zero, or a setting is out of range.

    Notes
    -----
    ``share ~ 2^(-age / halflife)``: the same number of positions opens in every interval. Real books cluster at round
    numbers and open in waves; change the half-life to see how much that matters.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.market.ladder import entry_distribution
    >>> entry_distribution(np.array([100., 110., 105.]), halflife=1).round(4).to_dict()
    {100.0: 0.1429, 105.0: 0.5714, 110.0: 0.2857}
    """
    values, _ = check_series(prices, "prices", 1)
    if values.min() <= 0:
        raise ValueError(f"prices holds {values.min():g}; a price lies above zero")
    age = np.arange(values.size)[::-1]
    weights = 0.5 ** (age / check_number(halflife, "halflife"))
    if bins is not None:
        cells = check_count(bins, "bins")
        edges = np.linspace(values.min(), values.max(), cells + 1)
        middle = (edges[1:] + edges[:-1]) / 2
        values = middle[np.clip(np.searchsorted(edges, values, side="right") - 1, 0, cells - 1)]
    levels, place = np.unique(values, return_inverse=True)
    shares = np.bincount(place.ravel(), weights)
    return pd.Series(shares / shares.sum(), index=pd.Index(levels, name="price_usd"), name="share")


def _shares(distribution: Distribution, name: str) -> tuple[Floats, Floats]:
    """Return levels and shares of a distribution; both finite, levels above zero, shares adding to one."""
    try:
        table = pd.Series(distribution, dtype=float)
        levels: Floats = np.asarray(table.index, dtype=float)
        shares: Floats = np.asarray(table, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must map numbers to shares, e.g. {{10: 0.5, 20: 0.5}}") from None
    if not levels.size:
        raise ValueError(f"{name} is empty; give at least one level with share 1")
    for level, share in zip(levels, shares, strict=True):
        check_number(level, f"each level of {name}")
        check_number(share, f"{name}[{level:g}]", equal=True)
    if abs(shares.sum() - 1) > _ROUNDING:
        raise ValueError(f"the shares of {name} add to {shares.sum():.6g}, not 1; divide them by their sum")
    return levels, shares


def _merged(price: Floats, usd: Floats) -> tuple[Floats, Floats]:
    """Add up positions at one price and sort from high to low."""
    levels, place = np.unique(price, return_inverse=True)
    total: Floats = np.asarray(np.bincount(place.ravel(), usd, minlength=levels.size), dtype=float)
    high_first: Floats = levels[::-1].copy()
    return high_first, total[::-1].copy()
