"""What a forced sale does to the price, and what follows when most such sales go unreported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from selloff.market.settings import check_number

__all__ = ["Undercount", "market_impact", "undercount"]

Floats = NDArray[np.float64]


def market_impact(
    usd: ArrayLike,
    daily_volatility: float,
    daily_volume_usd: float,
    coefficient: float = 1.0,
    exponent: float = 0.5,
) -> Floats:
    """Return the fall of the price that a sale causes while it lasts.

    Parameters
    ----------
    usd : array_like
        Size of the sale, at the price before it.
    daily_volatility : float
        Standard deviation of a day's return, as a fraction (0.02 for 2 %).
    daily_volume_usd : float
        Volume of an ordinary day on the same markets.
    coefficient : float
        Y below; between about 0.5 and 1.5 in most studies.
    exponent : float
        0.5 is the square-root law, 1 is linear impact.

    Returns
    -------
    ndarray, the shape of ``usd``
        The fall as a fraction.

    Raises
    ------
    ValueError
        A size is negative or no number, or a parameter is out of range.

    Notes
    -----
    ``I = Y sigma (Q / V)^exponent``. The law was measured on large orders cut into pieces over minutes to days, for
    Q / V from about a thousandth to a tenth. A forced sale is faster and comes when depth is thin, so Y may be larger
    in a sell-off; for very small Q the law overstates. Impact fades after the sale: this is its peak.

    References
    ----------
    Almgren, Thum, Hauptmann and Li (2005), Risk, July (exponent 0.6); Toth et al. (2011), Physical Review X 1, 021006;
    Donier and Bonart (2015), Market Microstructure and Liquidity 1, 1550008 (bitcoin).

    Examples
    --------
    >>> from selloff.market.impact import market_impact
    >>> float(market_impact(1e8, daily_volatility=0.02, daily_volume_usd=1e10).round(6))
    0.002
    """
    sigma = check_number(daily_volatility, "daily_volatility", most=1.0, advice="a fraction: 0.02 for 2 %")
    volume = check_number(daily_volume_usd, "daily_volume_usd")
    scale = check_number(coefficient, "coefficient", equal=True) * sigma
    power = check_number(exponent, "exponent", most=1.0)
    try:
        sizes = np.asarray(usd, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("usd must hold numbers only: the size of the sale in dollars") from None
    if sizes.size and not (np.isfinite(sizes) & (sizes >= 0)).all():
        bad = sizes[~(np.isfinite(sizes) & (sizes >= 0))].ravel()[0]
        raise ValueError(f"usd holds {bad:g}; a sale is a finite number of dollars, not below zero")
    impact: Floats = scale * (sizes / volume) ** power
    return impact


@dataclass(frozen=True, eq=False)
class Undercount:
    """How much of a fall liquidations explain, if only a part of them was reported; made by :func:`undercount`.

    Attributes
    ----------
    table : DataFrame
        One row per multiplier and coefficient, see :func:`undercount`.
    published_usd, fall : float
        Reported liquidations, and the fall of the price as a fraction.
    daily_volatility, daily_volume_usd, exponent, sold_share : float
        Settings of the impact law.
    """

    table: pd.DataFrame
    published_usd: float
    fall: float
    daily_volatility: float
    daily_volume_usd: float
    exponent: float
    sold_share: float

    def break_even(self, share: float = 0.5, coefficient: float = 1.0) -> float:
        """Return the multiplier at which liquidations explain ``share`` of the fall.

        Notes
        -----
        ``(V / (sold_share Q)) (share fall / (Y sigma))^(1 / exponent)``; below 1 the published figure is enough.
        """
        part = check_number(share, "share", most=1.0) * self.fall
        scale = check_number(coefficient, "coefficient") * self.daily_volatility
        sold = self.sold_share * self.published_usd
        return float(self.daily_volume_usd / sold * (part / scale) ** (1 / self.exponent))

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.table.copy()

    def summary(self) -> str:
        """Return the range of the table as two lines."""
        rows = self.table
        share = rows["share_explained"]
        m = rows["multiplier"]
        impossible = int((share > 1).sum())
        lines = [
            f"published USD {self.published_usd / 1e6:,.0f} m times {m.min():g} to {m.max():g} explains "
            f"{share.min():.0%} to {min(share.max(), 1.0):.0%} of a fall of {self.fall:.1%}"
        ]
        if impossible:
            lines.append(f"{impossible} of {len(rows)} rows would explain more than the whole fall: they contradict it")
        return "\n".join(lines)


def undercount(
    published_usd: float,
    multipliers: Sequence[float] = (1, 2, 5, 10, 20),
    *,
    fall: float,
    daily_volatility: float,
    daily_volume_usd: float,
    coefficients: Sequence[float] = (0.5, 1.0, 1.5),
    exponent: float = 0.5,
    sold_share: float = 1.0,
    open_interest_usd: float | None = None,
    stated_usd: float | None = None,
) -> Undercount:
    """Ask how a conclusion about liquidations changes if the published figure is a part of the true one.

    Parameters
    ----------
    published_usd : float
        Liquidations as reported, above zero.
    multipliers : sequence of float
        True over reported, each at least 1.
    fall : float
        The fall of the price over the same time, as a fraction.
    daily_volatility, daily_volume_usd, exponent
        As in :func:`market_impact`.
    coefficients : sequence of float
        Impact coefficients; one row for each with each multiplier.
    sold_share : float
        Part of the liquidated positions that was really sold on the market. The rest went to an insurance fund or was
        set off against winning positions.
    open_interest_usd : float, optional
        Long positions before the fall; a multiple beyond it is marked as not feasible.
    stated_usd : float, optional
        A total that somebody stated; the table says which multiples exceed it.

    Returns
    -------
    Undercount
        Its table has the columns ``multiplier``, ``coefficient``, ``liquidated_usd``, ``impact`` (fraction),
        ``share_explained`` (impact over fall; above 1 the row contradicts the fall), ``amplification``
        (fall over the rest of the fall; NaN where no rest is left), ``per_second`` (see Notes), and, where asked for,
        ``feasible`` and ``exceeds_stated``.

    Raises
    ------
    ValueError
        A figure is out of its range, a multiplier lies below 1, or a list is empty.

    Notes
    -----
    The multiplier is not known; the table shows what each would mean and what rules some out. Some venues send at most
    one liquidation per second and market. If liquidations come at random with rate ``r`` per second, such a venue
    shows ``1 - exp(-r)`` of them per second, so the multiplier is ``r / (1 - exp(-r))``. ``per_second`` is the rate
    that each multiplier needs: a factor of 10 takes ten liquidations in every second that counts. The factor is one
    of counts; it holds for dollars if the one that is shown is of ordinary size.

    With the square-root law four times the liquidations explain only twice the fall.

    Examples
    --------
    >>> from selloff.market.impact import undercount
    >>> result = undercount(1e9, (1, 4), fall=0.1, daily_volatility=0.03, daily_volume_usd=1e11, coefficients=(1,))
    >>> result.table[["multiplier", "share_explained"]].round(4).to_numpy().tolist()
    [[1.0, 0.03], [4.0, 0.06]]
    >>> round(result.break_even(0.06), 9)
    4.0
    """
    published = check_number(published_usd, "published_usd")
    drop = check_number(fall, "fall", most=1.0, advice="a fraction: 0.12 for 12 %")
    sold = check_number(sold_share, "sold_share", most=1.0)
    times = np.array([check_number(m, "multipliers", 1.0, equal=True) for m in multipliers])
    scales = [check_number(y, "coefficients") for y in coefficients]
    if not times.size or not scales:
        raise ValueError("undercount: multipliers and coefficients must hold at least one number each")
    total = published * times
    limits = (("feasible", open_interest_usd), ("exceeds_stated", stated_usd))
    parts = []
    for scale in scales:
        impact = market_impact(sold * total, daily_volatility, daily_volume_usd, scale, exponent)
        part = pd.DataFrame({"multiplier": times, "coefficient": scale, "liquidated_usd": total, "impact": impact})
        part["share_explained"] = impact / drop
        rest = np.where(impact < drop, drop - impact, np.nan)
        part["amplification"] = drop / rest
        part["per_second"] = _rate(times)
        for column, limit in limits:
            if limit is not None:
                bound = check_number(limit, "open_interest_usd" if column == "feasible" else "stated_usd")
                part[column] = total <= bound if column == "feasible" else total > bound
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    return Undercount(table, published, drop, float(daily_volatility), float(daily_volume_usd), float(exponent), sold)


def _rate(multiplier: Floats) -> Floats:
    """Return the rate r that solves ``multiplier = r / (1 - exp(-r))``, by Lambert's W."""
    from scipy.special import lambertw

    # At 1 the argument is the branch point, where the result is zero up to the square root of the rounding error.
    rate: Floats = multiplier + np.real(lambertw(-multiplier * np.exp(-multiplier)))
    return np.where(multiplier == 1, 0.0, rate)
