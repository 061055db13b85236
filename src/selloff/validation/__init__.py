"""The proof of the models: reference values from outside, and simulations whose truth is known."""

from selloff.validation.case import Case
from selloff.validation.compare import AREAS, compare, reference_cases, studies, written
from selloff.validation.designs import DESIGNS, simulate_pair
from selloff.validation.study import Study, simulations

__all__ = [
    "AREAS",
    "DESIGNS",
    "Case",
    "Study",
    "compare",
    "reference_cases",
    "simulate_pair",
    "simulations",
    "studies",
    "written",
]
