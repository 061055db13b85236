"""Simulation studies: how often a test rejects, or a band holds, where the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Study", "count", "simulations"]

Row = dict[str, Any]

#: Replications whose count is stored beside the total: enough for a test to run them again.
FIRST = 20

#: The stored counts, beside the code that made them.
TABLE = Path(__file__).with_name("simulations.csv")


@dataclass(frozen=True)
class Study:
    """One question to a method, asked of many simulated samples.

    Attributes
    ----------
    method : str
        The method under study, e.g. ``"two windows, HAC"``.
    measure : {"size", "power", "coverage"}
        Share of rejections without a change, share of rejections with one, or share of intervals that hold the truth.
    design : str
        The simulated data.
    length : int
        Observations of a sample.
    nominal : float
        The share that the method promises; NaN for power.
    replications : int
        Number of samples.
    outcome : callable
        From the number of a replication to whether it rejected, or held the truth.
    """

    method: str
    measure: str
    design: str
    length: int
    nominal: float
    replications: int
    outcome: Callable[[int], bool]

    def run(self, numbers: Iterable[int]) -> NDArray[np.bool_]:
        """Return the outcome of the replications with the given numbers."""
        return np.array([bool(self.outcome(number)) for number in numbers])


def count(study: Study) -> Row:
    """Run a study; return its row of the table, with the count among the first replications."""
    outcomes = study.run(range(study.replications))
    return {
        "method": study.method,
        "measure": study.measure,
        "design": study.design,
        "length": study.length,
        "nominal": study.nominal,
        "replications": study.replications,
        "count": int(outcomes.sum()),
        "first": int(outcomes[:FIRST].sum()),
    }


def simulations() -> pd.DataFrame:
    """Return the stored studies with their shares and the 95 % interval of each share.

    Returns
    -------
    DataFrame
        Columns method, measure, design, length, nominal, replications, count, first, share, low, high.

    Notes
    -----
    The intervals are Wilson's. The studies are run again by ``python -m selloff.validation``.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> from selloff.validation import simulations
    >>> table = simulations()
    >>> bool(((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all())
    True
    """
    from statsmodels.stats.proportion import proportion_confint

    table = pd.read_csv(TABLE)
    low, high = proportion_confint(table["count"], table["replications"], method="wilson")
    return table.assign(share=table["count"] / table["replications"], low=low, high=high)
