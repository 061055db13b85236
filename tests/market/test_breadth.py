"""Breadth: how many assets fell together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.market import breadth


def test_a_zero_change_is_no_fall_and_the_median_of_four_is_the_mean_of_the_middle_two() -> None:
    changes = pd.DataFrame({"a": [-1.0], "b": [0.0], "c": [-4.0], "d": [2.0]})

    row = breadth(changes).iloc[0]

    assert row["fell"] == 2
    assert row["median"] == -0.5
    assert (row["worst"], row["worst_asset"]) == (-4.0, "c")
    assert (row["best"], row["best_asset"]) == (2.0, "d")


def test_a_period_in_which_an_asset_lacks_is_left_out() -> None:
    changes = pd.DataFrame({"old": [-1.0, -2.0, 3.0], "young": [np.nan, -1.0, 1.0]}, index=["x", "y", "z"])

    found = breadth(changes)

    assert found.index.tolist() == ["y", "z"]
    assert found["fell"].tolist() == [2, 0]


def test_without_a_whole_period_there_is_no_breadth() -> None:
    changes = pd.DataFrame({"a": [np.nan, -2.0], "b": [1.0, np.nan]})

    with pytest.raises(ValueError, match="breadth: no period has a change of every asset; start later"):
        breadth(changes)


def test_one_asset_has_no_breadth() -> None:
    with pytest.raises(ValueError, match="2"):
        breadth(pd.DataFrame({"a": [1.0, 2.0]}))
