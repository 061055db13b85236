"""GARCH, dynamic correlation, adjusted correlation and drifting beta hit their reference values."""

from __future__ import annotations

import pytest

from selloff.validation.case import Case
from selloff.validation.dynamic import cases, studies


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.model}: {case.quantity}")
def test_the_value_lies_within_tolerance_of_its_reference(case: Case) -> None:
    assert case.compute() == pytest.approx(case.reference, rel=0, abs=case.tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("study", studies(), ids=lambda study: f"{study.method}, {study.measure}: {study.design}")
def test_a_study_answers_yes_or_no(study) -> None:
    assert study.run([0]).dtype == bool
