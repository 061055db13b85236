"""The references of lags, bands, adjusted p-values and detectable effects."""

from __future__ import annotations

import pytest

from selloff.validation.case import Case
from selloff.validation.inference import cases, studies
from selloff.validation.study import Study


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.model}: {case.quantity}")
def test_the_model_hits_its_reference(case: Case) -> None:
    assert case.compute() == pytest.approx(case.reference, rel=0, abs=case.tolerance)


@pytest.mark.parametrize("study", studies(), ids=lambda study: f"{study.method}: {study.design}")
def test_every_study_runs_and_repeats_itself(study: Study) -> None:
    assert study.run([0, 1]).tolist() == study.run([0, 1]).tolist()
