"""One comparison of ours with a reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Case"]


@dataclass(frozen=True)
class Case:
    """A number from outside, and the call that must return it.

    Attributes
    ----------
    model : str
        What is checked, e.g. ``"DCC(1,1)"``.
    quantity : str
        Which of its numbers, e.g. ``"alpha"``.
    reference : float
        The value to hit.
    tolerance : float
        Largest absolute difference allowed.
    source : str
        Where the value comes from: authors and year, program with version, or a closed form.
    compute : callable
        Returns our value.
    """

    model: str
    quantity: str
    reference: float
    tolerance: float
    source: str
    compute: Callable[[], float]
