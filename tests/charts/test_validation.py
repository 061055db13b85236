"""The pictures of the simulations: rows, shares, findings."""

from __future__ import annotations

import pandas as pd
import pytest

from selloff import charts
from selloff.charts.renderer import MIME


def table() -> pd.DataFrame:
    rows = [
        (method, measure, design, 0.05 if measure == "size" else 0.95, share)
        for method, measure, share in [
            ("two windows, Fisher", "size", 0.21),
            ("two windows, bootstrap", "size", 0.05),
            ("correlation band, all dates at once", "coverage", 0.94),
            ("two windows, bootstrap", "power", 0.71),
        ]
        for design in charts.DESIGN_NAMES
    ]
    frame = pd.DataFrame(rows, columns=["method", "measure", "design", "nominal", "share"])
    frame.loc[frame["measure"] == "power", "nominal"] = float("nan")
    return frame.assign(low=frame["share"] - 0.02, high=frame["share"] + 0.02)


@pytest.mark.parametrize(
    ("measure", "finding"),
    [
        ("size", "In 100 samples with waves Fisher cries wolf 21 times, the deciding test 5"),
        ("coverage", "holds the truth in 94 to 94 of 100 samples"),
        ("power", "finds the rise in 71 of 100 samples"),
    ],
)
def test_the_title_is_the_finding(measure: str, finding: str) -> None:
    spec = charts.study_shares(table(), measure)._repr_mimebundle_()[MIME]

    assert finding in spec["title"]["text"]
    assert "methods in rows" in spec["description"]


def test_a_perturbed_share_changes_the_title() -> None:
    frame = table()
    frame.loc[frame["method"] == "two windows, Fisher", "share"] = 0.4

    assert "Fisher cries wolf 40 times" in str(charts.study_shares(frame, "size").to_dict()["title"]["text"])


def test_a_measure_that_no_study_has_is_refused() -> None:
    with pytest.raises(ValueError, match="no study measures 'speed'; expected size, power, coverage"):
        charts.study_shares(table(), "speed")
