"""What exceedance correlations look like when volatility comes in waves and nothing else happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from selloff.correlation.exceedance import corners_of_rows, tail_shares
from selloff.inference import constant_correlation
from selloff.inference.inputs import Series, paired

__all__ = ["wave_exceedance"]


def wave_exceedance(
    x: Series,
    y: Series,
    quantiles: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5),
    level: float = 0.95,
    replications: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the exceedance correlations of samples with these waves and tails and one constant correlation.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    quantiles : sequence of float
        Shares of each series left in a tail, ascending, above 0 and at most .5.
    level : float
        Share of the simulated samples between ``low`` and ``high``, for one quantile and side by itself.
    replications, seed : int
        Simulated samples, as long as this one, and their seed.

    Returns
    -------
    DataFrame
        One row a quantile: ``mean``, ``low`` and ``high``. The model is symmetric, so both sides share them.

    Raises
    ------
    ValueError
        The inputs do not fit together or a setting is out of its range.

    Notes
    -----
    The normal curve supposes one volatility for all days. Where volatility comes in waves, days far out come from
    wild times, in which both series are wild at once: correlation beyond a quantile then stays up in the tails though
    the correlation of the errors never moves. The model is :func:`selloff.inference.constant_correlation`, fitted to
    the sample.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import normal_exceedance, wave_exceedance
    >>> rng = np.random.default_rng(0)
    >>> size = 1 / np.sqrt(rng.chisquare(4, 1000) / 4)
    >>> x, noise = size * rng.standard_normal((2, 1000))
    >>> table = wave_exceedance(x, x + noise, (0.1,), replications=99)
    >>> bool(table["mean"].iloc[0] > 1.5 * normal_exceedance(0.71, 0.1))
    True
    """
    a, b, _ = paired(x, y, missing=False)
    shares = tail_shares(quantiles)
    if not 0 < level < 1:
        raise ValueError(f"wave_exceedance: level must lie between 0 and 1, got {level}")
    if replications < 19:
        raise ValueError(f"wave_exceedance: expected at least 19 replications, got {replications}")
    drawn = constant_correlation(a, b).simulate(a.size, replications, seed)
    found, _ = corners_of_rows(drawn[0].T.astype(float), drawn[1].T.astype(float), shares)
    sides = found.transpose(0, 2, 1).reshape(-1, shares.size)
    low, high = np.nanquantile(sides, [(1 - level) / 2, (1 + level) / 2], axis=0)
    index = pd.Index(shares, name="quantile")
    return pd.DataFrame({"mean": np.nanmean(sides, axis=0), "low": low, "high": high}, index=index)
