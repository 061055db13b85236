"""Pairs and periods of the tails: cut where they say, and each result the single function's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff import data
from selloff.correlation import (
    diversification,
    diversification_table,
    exceedance_correlation,
    exceedance_each,
    exceedance_without,
    meeting_counts,
    meeting_table,
    quantile_beta,
    quantile_beta_each,
    share_pairs,
    split_periods,
    without_worst,
)
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pair() -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=400)
    return pd.DataFrame(simulate_pair("t5", 400, 0.5, seed=4)[0], index=days, columns=["a", "b"])


def test_pairs_end_at_their_day_on_the_new_york_clock() -> None:
    pairs = share_pairs("2025-09-26")

    assert list(pairs) == [
        f"{coin} and {index}" for coin in ("Bitcoin", "Ether") for index in ("S&P 500", "Nasdaq-100")
    ]
    expected = data.common_returns("ETH", "nasdaq100_logret", "nyse", end="2025-09-26")
    pd.testing.assert_frame_equal(pairs["Ether and Nasdaq-100"], expected)
    assert {table.index[-1] for table in pairs.values()} == {pd.Timestamp("2025-09-26")}


def test_periods_hold_their_days_and_share_none(pair) -> None:
    parts = split_periods({"p": pair}, {"x": ("2024-01-01", "2024-06-30"), "y": ("2024-07-01", "2025-02-03")})

    assert parts["p", "x"].index[-1] == pd.Timestamp("2024-06-30")
    assert pd.concat([parts["p", "x"], parts["p", "y"]]).equals(pair)


def test_a_table_cut_early_does_not_pass_for_a_longer_one(pair) -> None:
    with pytest.raises(ValueError, match="p ends on 2025-02-03, before later does on 2025-03-01"):
        split_periods({"p": pair}, {"later": ("2025-01-01", "2025-03-01")})


def test_each_result_is_the_single_functions_own(pair) -> None:
    own = exceedance_correlation(pair["a"], pair["b"], replications=19).table
    slope = quantile_beta(pair["a"], pair["b"], (0.1, 0.9), replications=19).table

    pd.testing.assert_frame_equal(exceedance_each({"p": pair}, 19)["p"].table, own)
    pd.testing.assert_frame_equal(quantile_beta_each({("p", "x"): pair}, (0.1, 0.9), 19)["p", "x"].table, slope)


def test_days_that_are_left_out_are_left_out_of_the_readings(pair) -> None:
    table = exceedance_without(pair, {"all": None, "a day": "2024-02-10", "a month": "2024-03"}, (0.2, 0.5))

    kept = pair[(pair.index < "2024-03-01") | (pair.index > "2024-03-31")]
    own = exceedance_correlation(kept["a"], kept["b"], (0.2, 0.5), replications=19).table
    assert len(kept) == 400 - 31
    assert table.loc["a month", "worst 20%"] == own["lower"][0.2]
    assert table.loc["a month", "best 50%"] == own["upper"][0.5]
    assert table.loc["all", "best 20%"] == exceedance_correlation(pair["a"], pair["b"], (0.2,)).table["upper"][0.2]
    with pytest.raises(ValueError, match="no day in 2019-01"):
        exceedance_without(pair, {"a month": "2019-01"})


def test_counts_of_a_pair_are_its_rows(pair) -> None:
    met = meeting_table({("p", "x"): pair.iloc[:200], ("p", "y"): pair.iloc[200:]}, replications=19)

    counts = meeting_counts(met, "p")

    assert counts["sessions"].to_list() == [200, 200]
    assert counts["tail"].to_list() == [20, 20]
    first = pair.iloc[:200]
    shared = set(first["a"].nlargest(20).index) & set(first["b"].nlargest(20).index)
    assert counts.loc["x", "best"] == len(shared)
    with pytest.raises(ValueError, match="no pair 'q'; expected one of p"):
        meeting_counts(met, "q")


def test_the_table_of_savings_is_in_percent(pair) -> None:
    own = diversification(pair)

    table = diversification_table({"x": pair})

    assert table.loc["x", "days"] == 20
    assert table.loc["x", ["whole", "tail"]].to_list() == [100 * own.settings["whole"], 100 * own.settings["tail"]]
    assert table.loc["x", ["low", "high"]].to_list() == pytest.approx([100 * end for end in own.interval()])


def test_the_worst_days_of_all_are_taken_out_and_no_others(pair) -> None:
    rest = without_worst(pair, 3)

    gone = pair.index.difference(rest.index)
    assert set(gone) == set(pair.index[np.argsort(pair.mean(axis=1).to_numpy())[:3]])
    assert rest.index.is_monotonic_increasing
    with pytest.raises(ValueError, match="between 0 and the 400 days less one, got 400"):
        without_worst(pair, 400)
