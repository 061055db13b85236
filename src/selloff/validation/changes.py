"""The studies of many changes at once: size and power of the test that decides the claim of a rise."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pandas as pd

from selloff.correlation.changes import Changes, correlation_changes
from selloff.validation.designs import simulate_pair
from selloff.validation.study import Study

__all__ = ["RISES", "change_studies", "simulated_changes"]

#: Sessions before the window, of which the last 252 are the year before; sessions of the window; of its last part.
BEFORE, YEAR, WINDOW, LAST = 753, 252, 184, 90
#: Rises that the power is simulated for.
RISES = (0.1, 0.2, 0.3)

_REPLICATIONS, _DRAWS, _RHO = 200, 99, 0.3
_SIZES, _POWERS = ("t5", "garch_t5", "crypto"), ("garch_t5",)


def change_studies() -> list[Study]:
    """Return the studies: samples as long as those of the claim, with two assets and two series.

    Returns
    -------
    list of Study
        Each sample is judged under 96 definitions: two assets by two series, returns over one session and over five,
        three estimators, the whole window and its last part, against the year before and against all before. A
        rejection is a rise beyond the largest that chance makes; "alone" is the first definition by itself.
    """
    names = {"many changes": _together, "one of many changes": _alone}
    found = [
        Study(name, "size", design, BEFORE + WINDOW, 0.05, _REPLICATIONS, partial(test, design, 0.0))
        for name, test in names.items()
        for design in _SIZES
    ]
    found += [
        Study(f"{name}, rise of {rise}", "power", design, BEFORE + WINDOW, np.nan, _REPLICATIONS,
              partial(test, design, rise))
        for name, test in names.items()
        for rise in RISES
        for design in _POWERS
    ]  # fmt: skip
    return found


@cache
def simulated_changes(design: str, rise: float, number: int, draws: int = _DRAWS, block: int = 20) -> Changes:
    """Return the changes of one simulated sample.

    Parameters
    ----------
    design : str
        Out of :data:`selloff.validation.designs.DESIGNS`.
    rise : float
        By how much the correlation of the first pair, .3 before, rises with the window.
    number : int
        Number of the sample: its seed.
    draws, block : int
        Samples without a change, and the mean length of their blocks.

    Notes
    -----
    The second asset moves with the first by .8, and the second series with the first by .7; the other pairs' rises
    are smaller by those factors.
    """
    length = BEFORE + WINDOW
    rho = np.full(length, _RHO)
    rho[BEFORE:] += rise
    macro, crypto = simulate_pair(design, length, rho, seed=20_000 + number)[0].T
    other, noise = simulate_pair(design, length, 0.0, seed=40_000 + number)[0].T
    days = pd.bdate_range("2022-01-03", periods=length)
    values = {
        "first asset": crypto,
        "second asset": 0.8 * crypto + 0.6 * noise,
        "first series": macro,
        "second series": 0.7 * macro + np.sqrt(0.51) * other,
    }
    columns = list(values)
    return correlation_changes(
        {"one clock": pd.DataFrame(values, index=days)},
        columns[:2],
        columns[2:],
        {"window": (days[BEFORE], None), "last": (days[-LAST], None)},
        {"year": (days[BEFORE - YEAR], days[BEFORE - 1]), "all": (None, days[BEFORE - 1])},
        {"day": 1, "week": 5},
        replications=draws,
        block=block,
        seed=number,
    )


def _together(design: str, rise: float, number: int) -> bool:
    return bool((simulated_changes(design, rise, number).table["family_pvalue"] <= 0.05).any())


def _alone(design: str, rise: float, number: int) -> bool:
    return bool(simulated_changes(design, rise, number).table["pvalue"].iloc[0] <= 0.05)
