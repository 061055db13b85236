"""Tables of tails: each row is the single result, and the correction counts all rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation import (
    change_table,
    downside_beta,
    meeting_table,
    side_beta_table,
    tail_change,
    tail_dependence,
    worst_day_table,
)
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pairs() -> dict[str, pd.DataFrame]:
    days = pd.date_range("2023-01-02", periods=400, freq="B")
    samples = simulate_pair("t5", 400, 0.5, seed=2, replications=2)
    return {name: pd.DataFrame(part, index=days, columns=["a", "b"]) for name, part in zip("pq", samples, strict=True)}


def test_a_row_of_meetings_is_the_single_result(pairs) -> None:
    table = meeting_table({("p", "all"): pairs["p"]}, replications=49).set_index("side")
    single = tail_dependence(*pairs["p"].to_numpy().T, 0.1, "upper", replications=49)

    assert table.loc["upper", ["value", "low", "high", "normal", "days"]].to_list() == [
        single.chi, single.lower, single.upper, single.normal, single.common,
    ]  # fmt: skip


def test_changes_are_corrected_for_every_row(pairs) -> None:
    table = change_table(pairs, "2024-01-01", replications=49)
    single = tail_change(pairs["q"]["a"], pairs["q"]["b"], "2024-01-01", replications=49)
    own = table.set_index(["label", "side"]).loc[("q", "lower")]

    assert (own["change"], own["pvalue"]) == (single.estimate, single.pvalue)
    assert own["detectable"] == pytest.approx(2.801585 * single.se, rel=1e-5)  # the normal quantiles of .975 and .8
    assert table["holm"].min() == pytest.approx(min(1, 4 * table["pvalue"].min()))
    assert (table["holm"] >= table["pvalue"]).all()


def test_betas_of_either_side_carry_their_interval_and_days(pairs) -> None:
    table = side_beta_table({("p", "all"): pairs["p"]}).set_index("side")
    single = downside_beta(pairs["p"]["a"], pairs["p"]["b"])

    assert table.loc["downside", "value"] == pytest.approx(single.downside)
    assert table.loc["upside", "days"] == (pairs["p"]["b"] >= 0).sum()
    half = 1.96 * single.table.loc["downside", "se"]
    assert table.loc["downside", "high"] - table.loc["downside", "value"] == pytest.approx(half, rel=1e-4)


def test_worst_days_are_counted_both_ways_by_hand() -> None:
    a = np.array([-5.0, -4.0, -3.0, *range(17)])
    b = np.array([-9.0, 1.0, -1.0, -8.0, -7.0, *range(15)])

    table = worst_day_table({"a pair": pd.DataFrame({"a": a, "b": b})}, count=3).set_index("worst")

    # The worst days of a are the first three: b fell on two, one of them in its worst tenth (two days) and worst three.
    assert table.loc["a", ["fell", "tenth", "both"]].to_list() == [2, 1, 1]
    # The worst days of b are 1, 4 and 5, on which a was -5, 0 and 1.
    assert table.loc["b", ["fell", "tenth", "both"]].to_list() == [1, 1, 1]


def test_a_sample_that_is_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="3 columns; expected two"):
        meeting_table({("p", "all"): pd.DataFrame(np.zeros((50, 3)))})
