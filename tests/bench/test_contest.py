"""The harness takes turns, divides the right way round and says what it did not measure. No time is asserted."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from selloff.bench.cli import main
from selloff.bench.contest import Contest, Effort, MissingPackageError, Outcome, Task, alternate, peak, run, table


def fake(name: str = "fake", ours: float = 2.0, theirs: float | None = 50.0, **settings) -> Task:
    """Return a task whose seconds are given instead of measured."""
    target = {key: settings.pop(key) for key in ("ratio", "seconds") if key in settings}

    def mine() -> float:
        return ours

    def other() -> float:
        return theirs

    contest = Contest(mine, None if theirs is None else other, clock=lambda call: call(), **settings)
    return Task(name, f"a {name} task", "the usual way", lambda effort: contest, **target)


def test_the_sides_take_turns() -> None:
    calls = []
    sides = [lambda: calls.append("ours"), lambda: calls.append("theirs")]

    taken = alternate(sides, 3, clock=lambda call: call() or 1.0)

    assert calls == ["ours", "theirs"] * 3
    assert taken == [[1.0] * 3, [1.0] * 3]


def test_the_ratio_is_their_median_over_ours_scaled_to_the_whole_task() -> None:
    weather = cycle([1.0, 1.0, 4.0, 9.0, 2.0, 3.0])
    contest = Contest(
        lambda: None, lambda: None, ours_factor=2, theirs_factor=100, clock=lambda call: next(weather), note="a part"
    )

    outcome = run(Task("t", "title", "usual", lambda effort: contest, ratio=75), Effort(rounds=3))

    # Ours took 1, 4, 2 and theirs 1, 9, 3.
    assert (outcome.ours, outcome.theirs, outcome.ratio) == (4.0, 300.0, 75.0)
    assert outcome.met is True
    assert outcome.theirs_is_part


def test_a_short_call_is_repeated_and_a_long_one_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("selloff.bench.contest.time.perf_counter", lambda: now[0])
    calls = {"short": 0, "long": 0}

    def work(name: str, seconds: float) -> None:
        calls[name] += 1
        now[0] += seconds

    contest = Contest(lambda: work("short", 0.0625), lambda: work("long", 3.0))
    monkeypatch.setattr("selloff.bench.contest.peak", lambda call: 0)

    outcome = run(Task("t", "title", "usual", lambda effort: contest), Effort(rounds=1))

    assert (outcome.ours, outcome.theirs) == (0.0625, 3.0)
    # One call before the clock runs, then those that fill a fifth of a second.
    assert calls == {"short": 1 + 4, "long": 1 + 1}


@pytest.mark.parametrize(
    ("targets", "met"),
    [
        ({}, None),
        ({"ratio": 25}, True),
        ({"ratio": 26}, False),
        ({"seconds": 2}, True),
        ({"seconds": 1.9}, False),
        ({"ratio": 20, "seconds": 1}, False),
    ],
)
def test_a_target_is_met_at_the_number_itself(targets: dict, met: bool | None) -> None:
    assert run(fake(**targets), Effort()).met is met
    # A small sample is no verdict.
    assert run(fake(**targets), Effort(quick=True)).met is None


def test_a_task_without_an_incumbent_has_no_ratio() -> None:
    outcome = run(fake(theirs=None, seconds=3), Effort())

    assert outcome.ratio is None
    assert outcome.met is True


def test_the_results_of_both_sides_are_compared() -> None:
    outcome = run(fake(ours=2.0, theirs=2.5, difference=lambda a, b: abs(a - b)), Effort())

    assert outcome.difference == 0.5


def test_a_missing_package_makes_a_line_that_says_so() -> None:
    def prepare(effort: Effort) -> Contest:
        raise MissingPackageError("pymgarch is not installed; pip install pymgarch")

    outcome = run(Task("dcc", "DCC", "pymgarch", prepare, ratio=12), Effort())

    assert outcome.ours is None
    assert outcome.met is None
    lines = table([outcome]).splitlines()
    assert lines[1].split() == ["DCC", "[1]", "pymgarch", ">=", "12x", "-"]
    assert lines[2] == "[1] DCC: pymgarch is not installed; pip install pymgarch"


def test_the_peak_is_what_a_call_holds_at_once() -> None:
    def two_after_another() -> None:
        for _ in range(2):
            held = np.ones(2_000_000)
            del held

    assert 16e6 <= peak(two_after_another) <= 24e6


def test_the_table_reads_like_one() -> None:
    text = table(
        [
            Outcome("a", "all pairs", "pandas", 0.02, 1.5, 2**20, 2**22, True, 3e-13, ">= 40x", True, "a part"),
            Outcome("b", "a slow one", "nothing", 2.0, target="<= 1 s", met=False),
        ]
    )

    assert text.splitlines() == [
        "task           ours   incumbent     ratio  peak ours / theirs  differ by  target  met",
        "all pairs [1]  20 ms  1.5 s pandas  75x    1 MiB / >= 4 MiB    3e-13      >= 40x  yes",
        "a slow one     2 s    nothing                                             <= 1 s  NO",
        "[1] all pairs: a part",
    ]


def test_the_command_runs_the_chosen_tasks_and_keeps_the_numbers(tmp_path: Path, capsys) -> None:
    file = tmp_path / "bench.json"

    status = main(["--only", "one", "--quick", "--json", str(file)], [fake("one", ratio=10), fake("two")])

    printed = capsys.readouterr()
    assert status == 0
    assert "a one task" in printed.out
    assert "a two task" not in printed.out
    assert "no verdict on targets, one round" in printed.out
    assert printed.err == "1 of 1: a one task\n"
    (row,) = json.loads(file.read_text())
    assert row["ratio"] == 25.0
    assert row["target"] == ">= 10x"


def test_an_unknown_task_or_no_rounds_is_answered_with_the_usage(capsys) -> None:
    for words, message in ((["--only", "three"], "invalid choice: 'three'"), (["--rounds", "0"], "no whole number")):
        with pytest.raises(SystemExit) as stopped:
            main(words, [fake("one")])
        assert stopped.value.code == 2
        assert message in capsys.readouterr().err
