"""Rolling correlations hit their reference values."""

from __future__ import annotations

import pytest

from selloff.validation.case import Case
from selloff.validation.rolling import cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.model}: {case.quantity}")
def test_the_value_lies_within_tolerance_of_its_reference(case: Case) -> None:
    assert case.compute() == pytest.approx(case.reference, rel=0, abs=case.tolerance)
