"""Tests of whether two series meet in their tails more often than before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.conditional import downside_beta
from selloff.correlation.tails import Side, chi_of_rows
from selloff.inference import TestResult, constant_correlation
from selloff.inference.inputs import Series, paired, position

__all__ = ["downside_change", "tail_change"]

Floats = NDArray[np.float64]

# Days that a tail needs in either window, and the normal quantile of a two-sided 5 %.
_FEWEST, _NORMAL = 10, 1.959963984540054


def tail_change(
    x: Series,
    y: Series,
    split: str | pd.Timestamp | int,
    level: float = 0.1,
    side: Side = "lower",
    replications: int = 499,
    seed: int = 0,
) -> TestResult:
    """Test whether two series are extreme on one day as often from ``split`` on as before.

    Parameters
    ----------
    x, y : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    split : str, Timestamp or int
        First day of the second window; for arrays, its position.
    level : float
        Share of each series that counts as its tail in either window, at most .25, with at least 10 days in each.
    side : {"lower", "upper"}
        Which tail.
    replications, seed : int
        Simulated samples without a change, and their seed.

    Returns
    -------
    TestResult
        The effect is the later ``chi`` less the earlier one (see :func:`tail_dependence`). Its standard error is
        scaled so that the normal 95 % interval around zero holds 95 % of the simulated changes.

    Raises
    ------
    ValueError
        A window is too short, the inputs do not fit together, or a setting is out of its range.

    Notes
    -----
    Each window is ranked by itself, so that a calmer year has as many days in its tail as a wild one. The p-value is
    the share of samples with this sample's volatility waves and heavy tails, and one constant correlation, in which
    ``chi`` changes at least as much. In simulated samples of 700 days without a change it rejects 5 to 7 % at a
    nominal 5 %.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import tail_change
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 800))
    >>> y = np.where((np.arange(800) >= 400) & (x < 0), x, noise)  # one series while falling, from the middle on
    >>> result = tail_change(x, y, split=400, replications=99)
    >>> bool(result.pvalue < 0.05), bool(result.estimate > 0.3)
    (True, True)
    """
    a, b, index = paired(x, y, missing=False)
    cut = position(index, split, "split")
    _check(cut, a.size - cut, level, side, replications)
    sign = 1 if side == "lower" else -1
    effect = float(_change(sign * a[None], sign * b[None], cut, level)[0])
    null = constant_correlation(a, b)
    drawn_x, drawn_y = (sign * part.T.astype(float) for part in null.simulate(a.size, replications, seed))
    draws = _change(drawn_x, drawn_y, cut, level)
    pvalue = (1 + int(np.count_nonzero(np.abs(draws) >= abs(effect) - 1e-12))) / (1 + replications)
    se = float(np.quantile(np.abs(draws), 0.95)) / _NORMAL
    settings: dict[str, Any] = {"before": cut, "after": a.size - cut, "level": level, "side": side}
    settings |= {"replications": replications, "seed": seed, "null": null.summary()}
    name = f"{side} {level:.0%} tail, change of chi"
    return TestResult(name, effect / se, pvalue, effect, se, settings=settings)


def downside_change(y: Series, x: Series, split: str | pd.Timestamp | int, threshold: float = 0.0) -> TestResult:
    """Test whether the beta on falling days differs from ``split`` on.

    Parameters
    ----------
    y, x : Series or ndarray, shape (T,)
        Returns on a common calendar, without missing values.
    split : str, Timestamp or int
        First day of the second window; for arrays, its position.
    threshold : float
        Downside days have ``x < threshold``, in the unit of ``x``.

    Returns
    -------
    TestResult
        The effect is the later downside beta less the earlier one, with the robust errors of :func:`downside_beta`
        from two windows that share no day.

    Raises
    ------
    ValueError
        As :func:`downside_beta`, for either window.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation import downside_change
    >>> x, noise = np.random.default_rng(0).standard_normal((2, 600))
    >>> result = downside_change(np.where(np.arange(600) < 300, x, 2 * x) + noise, x, split=300)
    >>> round(result.estimate), bool(result.pvalue < 0.05)
    (1, True)
    """
    from scipy.stats import norm

    left, right, index = paired(y, x, missing=False)
    cut = position(index, split, "split")
    found = [downside_beta(left[part], right[part], threshold) for part in (slice(cut), slice(cut, None))]
    errors = [float(each.table["se"].to_numpy()[0]) for each in found]
    effect, se = found[1].downside - found[0].downside, float(np.hypot(errors[0], errors[1]))
    statistic = effect / se
    settings = {"before": cut, "after": left.size - cut, "threshold": threshold}
    pvalue = float(2 * norm.sf(abs(statistic)))
    return TestResult("change of the downside beta", statistic, pvalue, effect, se, settings=settings)


def _check(before: int, after: int, level: float, side: str, replications: int) -> None:
    if side not in ("lower", "upper"):
        raise ValueError(f"tail_change: unknown side {side!r}; expected lower or upper")
    if not 0 < level <= 0.25:
        raise ValueError(f"tail_change: level must lie above 0 and at most 0.25, got {level}")
    if replications < 19:
        raise ValueError(f"tail_change: expected at least 19 replications, got {replications}")
    if level * min(before, after) < _FEWEST:
        raise ValueError(
            f"tail_change: windows of {before} and {after} days leave {level * min(before, after):.1f} in a tail; "
            f"{_FEWEST} are needed, so raise the level or move the split"
        )


def _change(x: Floats, y: Floats, cut: int, level: float) -> Floats:
    """Return the later chi less the earlier one of each row."""
    later, earlier = (chi_of_rows(x[:, part], y[:, part], level)[0] for part in (slice(cut, None), slice(cut)))
    return later - earlier
