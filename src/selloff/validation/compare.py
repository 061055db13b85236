"""All reference values, and ours beside them."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd

from selloff.validation.case import Case
from selloff.validation.study import Study

__all__ = ["AREAS", "compare", "reference_cases", "studies", "written"]

#: The modules with cases, in the order of the appendix, and what readers call them.
AREAS = {
    "rolling": "Rolling correlation",
    "dynamic": "Volatility and dynamic correlation",
    "constancy": "Constancy and breaks",
    "beta": "Betas and lead-lag",
    "tails": "Tails and spillover",
    "inference": "Inference",
    "market": "Falls, volatility and tails",
    "events": "Events and base rates",
    "leverage": "Liquidations and panic",
}


def reference_cases(area: str) -> list[Case]:
    """Return the cases of one area; :data:`AREAS` lists them."""
    if area not in AREAS:
        raise ValueError(f"reference_cases: unknown area {area!r}; expected {', '.join(AREAS)}")
    found: list[Case] = import_module(f"selloff.validation.{area}").cases()
    return found


def compare(area: str) -> pd.DataFrame:
    """Compute every case of an area.

    Parameters
    ----------
    area : str
        A key of :data:`AREAS`.

    Returns
    -------
    DataFrame
        One row a case: model, quantity, reference, ours, difference, tolerance, within (whether the difference is at
        most the tolerance), source.

    Examples
    --------
    >>> from selloff.validation import compare
    >>> bool(compare("market")["within"].all())
    True
    """
    rows = []
    for case in reference_cases(area):
        ours = float(case.compute())
        difference = ours - case.reference
        rows.append(
            {
                "model": case.model,
                "quantity": case.quantity,
                "reference": case.reference,
                "ours": ours,
                "difference": difference,
                "tolerance": case.tolerance,
                "within": abs(difference) <= case.tolerance,
                "source": case.source,
            }
        )
    return pd.DataFrame(rows)


def studies() -> list[Study]:
    """Return the simulation studies of all areas, in the order of the appendix."""
    from selloff.validation.studies import correlation_studies

    found = correlation_studies()
    for area in AREAS:
        more = getattr(import_module(f"selloff.validation.{area}"), "studies", None)
        found += more() if more else []
    return found


def written(comparison: pd.DataFrame) -> pd.DataFrame:
    """Return a comparison as it is read: ours to the digits that the tolerance allows, the difference as a bound.

    Parameters
    ----------
    comparison : DataFrame
        What :func:`compare` returned.

    Notes
    -----
    Rounding noise differs between machines; a bound by a power of ten does not.
    """
    return pd.DataFrame(
        {
            "case": comparison["model"] + ": " + comparison["quantity"],
            "reference": [_number(value, step) for value, step in comparison[["reference", "tolerance"]].to_numpy()],
            "ours": [_number(value, step) for value, step in comparison[["ours", "tolerance"]].to_numpy()],
            "difference": [_bound(value) for value in comparison["difference"]],
            "tolerance": [f"{value:.1g}" if value else "none" for value in comparison["tolerance"]],
            "source": comparison["source"],
        }
    )


def _number(value: float, tolerance: float) -> str:
    if abs(value) < 1e-12:
        return "0"
    # A tolerance of zero is for whole numbers and dates.
    digits = min(9, max(0, int(np.ceil(-np.log10(tolerance))) + 1)) if tolerance else 0
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _bound(difference: float) -> str:
    size = abs(difference)
    if size < 1e-12:
        return "none"
    bound = int(np.ceil(np.log10(size)))
    return f"under 1e{bound}" if bound < 0 else f"under {10**bound}"
