"""The tasks of the table are those of the design, and both sides of each do the same thing."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.bench import incumbents
from selloff.bench.contest import Effort, MissingPackageError
from selloff.bench.sample import dcc_returns, factor_returns
from selloff.bench.tasks import TASKS


def test_the_targets_are_those_of_the_design() -> None:
    targets = {task.name: task.ratio or task.seconds for task in TASKS}

    assert targets == {
        "pairs-10": 20,
        "pairs-10-numpy": 5,
        "pairs-50": 40,
        "pairs-50-numpy": 5,
        "pairs-500": 100,
        "pairs-500-quantiles": 100,
        "band": 1000,
        "dcc-2": 12,
        "dcc-10": 10,
        "beta": 100,
        "spearman": 150,
        "kendall": 500,
        "import": 0.45,
        "import-all": 0.45,
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pairs-10", "pairs-50-numpy", "pairs-500", "beta", "spearman", "kendall"])
def test_both_sides_return_the_same_numbers(name: str) -> None:
    contest = next(task for task in TASKS if task.name == name).prepare(Effort(quick=True))

    assert contest.difference is not None
    assert contest.difference(contest.ours(), contest.theirs()) < 1e-12


def test_a_part_of_the_incumbents_work_is_scaled_to_the_whole() -> None:
    tasks = {task.name: task.prepare(Effort(quick=True)) for task in TASKS if task.name in ("pairs-500", "band")}

    assert tasks["pairs-500"].theirs_factor == pytest.approx((100 / 30) ** 2)
    assert "scaled by 100^2 / 30^2" in tasks["pairs-500"].note
    assert tasks["band"].theirs_factor == (800 - 90 + 1) / 2
    assert "arch was run in 2 of them" in tasks["band"].note


def test_a_full_run_scales_nothing() -> None:
    tasks = [task.prepare(Effort(full=True)) for task in TASKS if task.name in ("pairs-500", "band")]

    assert [contest.theirs_factor for contest in tasks] == [1.0, 1.0]


def test_a_task_whose_incumbent_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selloff.bench.tasks.find_spec", lambda package: None)

    with pytest.raises(MissingPackageError, match="pymgarch is not installed; pip install pymgarch"):
        next(task for task in TASKS if task.name == "dcc-2").prepare(Effort())


def test_the_interval_by_arch_holds_the_windows_correlation() -> None:
    x, y = factor_returns(200, 2).to_numpy().T
    ends = np.array([89, 150])

    limits = incumbents.arch_windows(x, y, 90, 9, 200, ends)

    for (low, high), end in zip(limits, ends, strict=True):
        assert low < np.corrcoef(x[end - 89 : end + 1], y[end - 89 : end + 1])[0, 1] < high


def test_simulated_returns_have_the_correlation_they_say() -> None:
    assert np.corrcoef(factor_returns(20_000, 3).to_numpy().T)[0, 1] == pytest.approx(0.4, abs=0.04)
    assert np.corrcoef(dcc_returns(8000, 3).T)[0, 1] == pytest.approx(0.4, abs=0.06)
