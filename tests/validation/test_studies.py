"""The stored simulations: they are what the code gives, and what the book says of them holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from selloff.validation import AREAS, compare, reference_cases, simulations, studies, written
from selloff.validation import __main__ as main
from selloff.validation.study import FIRST, TABLE, Study, count

STUDIES = studies()
STORED = pd.read_csv(TABLE)
KEYS = ["method", "measure", "design"]


def test_the_table_holds_every_planned_study_and_no_other() -> None:
    planned = [(study.method, study.measure, study.design) for study in STUDIES]

    assert list(STORED[KEYS].itertuples(index=False, name=None)) == planned


@pytest.mark.slow
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: f"{study.method}, {study.measure}, {study.design}")
def test_the_first_samples_give_the_stored_count_again(study: Study) -> None:
    row = STORED[(STORED[KEYS] == [study.method, study.measure, study.design]).all(axis=1)].iloc[0]

    assert row["replications"] == study.replications
    assert study.run(range(FIRST)).sum() == row["first"]


def test_the_test_that_decides_verdicts_keeps_its_size_under_waves_and_heavy_tails() -> None:
    table = simulations().set_index(KEYS)["share"]

    assert table["two windows, bootstrap", "size", "garch_t5"] <= 0.075
    assert table["two windows, Fisher", "size", "garch_t5"] > 0.15


@pytest.mark.parametrize("design", ["normal", "t5", "garch_t5", "crypto"])
def test_the_simultaneous_band_holds_the_truth_as_often_as_it_says(design: str) -> None:
    share = simulations().set_index(KEYS)["share"]["correlation band, all dates at once", "coverage", design]

    assert 0.92 <= share <= 0.98


def test_a_study_is_counted_with_its_first_samples_apart() -> None:
    study = Study("odd numbers", "size", "counting", 1, 0.5, 50, lambda number: number % 2 == 1)

    row = count(study)

    assert (row["count"], row["first"]) == (25, FIRST // 2)


def test_a_stored_row_takes_its_place_and_rows_without_a_plan_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "simulations.csv"
    monkeypatch.setattr(main, "TABLE", table)
    last, first = STORED.iloc[5].to_dict(), STORED.iloc[0].to_dict()

    for row in (last | {"method": "forgotten"}, last, first, first | {"count": 7}):
        main.store(row)

    stored = pd.read_csv(table)
    assert stored["method"].tolist() == [first["method"], last["method"]]
    assert stored["count"].tolist()[0] == 7


def test_a_word_that_no_method_holds_is_answered_with_the_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["weather"]) == 1
    assert "no method's name holds 'weather'; there are two windows, bootstrap" in capsys.readouterr().err


def test_the_interval_of_a_share_is_wilsons() -> None:
    row = simulations().iloc[0]
    n, p, z = row["replications"], row["count"] / row["replications"], 1.959963984540054
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))

    assert (row["low"], row["high"]) == pytest.approx((middle - half, middle + half))


def test_a_comparison_is_written_with_bounds_that_do_not_depend_on_the_machine() -> None:
    frame = pd.DataFrame(
        {
            "model": ["a", "a", "b"],
            "quantity": ["x", "y", "z"],
            "reference": [0.5, -20.0, 20071009.0],
            "ours": [0.5000004, -20.3, 20071009.0],
            "difference": [4e-7, -0.3, 0.0],
            "tolerance": [1e-6, 0.5, 0.0],
            "source": ["s", "s", "s"],
        }
    )

    shown = written(frame)

    assert shown["ours"].tolist() == ["0.5000004", "\N{MINUS SIGN}20.30", "20071009"]
    assert shown["difference"].tolist() == ["under 1e-6", "under 1", "none"]
    assert shown["tolerance"].tolist() == ["1e-06", "0.5", "none"]


def test_an_unknown_area_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown area 'weather'; expected rolling"):
        reference_cases("weather")


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_cases_with_their_sources(area: str) -> None:
    cases = reference_cases(area)

    assert cases
    assert all(case.source and case.model and case.quantity for case in cases)
    assert len({(case.model, case.quantity) for case in cases}) == len(cases)


def test_a_comparison_says_which_values_lie_within_their_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    cases = reference_cases("market")[3:5]
    wrong = replace(cases[0], reference=cases[0].reference + 1)
    monkeypatch.setattr("selloff.validation.market.cases", lambda: [wrong, cases[1]])

    assert compare("market")["within"].tolist() == [False, True]
