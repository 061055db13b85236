"""Breaks: known dates, partitions by brute force, coverage of the intervals."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from selloff.correlation.breaks import structural_breaks
from selloff.validation.samples import nile


def squares(values: np.ndarray, x: np.ndarray | None = None) -> float:
    design = np.ones((len(values), 1)) if x is None else np.column_stack([np.ones(len(values)), x])
    return float(np.sum((values - design @ np.linalg.lstsq(design, values, rcond=None)[0]) ** 2))


def best(y: np.ndarray, x: np.ndarray | None, count: int, shortest: int) -> tuple[int, ...]:
    """Every partition, tried one by one."""
    found = {}
    for cuts in combinations(range(shortest, len(y) - shortest + 1), count):
        edges = [0, *cuts, len(y)]
        if min(np.diff(edges)) < shortest:
            continue
        parts = [slice(a, b) for a, b in pairwise(edges)]
        found[cuts] = sum(squares(y[part], None if x is None else x[part]) for part in parts)
    return min(found, key=lambda cuts: found[cuts])


@pytest.mark.parametrize("regressed", [False, True])
def test_two_breaks_are_those_of_the_best_of_all_partitions(regressed: bool) -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal(40) if regressed else None
    y = rng.standard_normal(40) + np.repeat([0.0, 2.0, -1.0], [12, 15, 13])

    result = structural_breaks(y, x, method=2, trim=6, covariance="iid")

    assert result.positions == best(y, x, 2, 6)


def test_the_nile_changes_in_1898_with_the_published_interval() -> None:
    result = structural_breaks(nile(), covariance="iid")

    assert result.dates == (1898,)
    # Zeileis and others 2003, Computational Statistics and Data Analysis 44, 109-123: 1895 to 1902.
    assert result.interval[["lower", "upper"]].to_numpy().tolist() == [[1895, 1902]]


def test_real_interest_rates_of_the_united_states_change_three_times() -> None:
    if shutil.which("Rscript") is None:
        if os.environ.get("CI"):
            pytest.fail("Rscript is missing here; .ci/run installs r-cran-strucchange")
        pytest.skip("the sample comes with the R package strucchange; install R and it to run this test")
    code = "suppressMessages(library(strucchange)); data(RealInt); cat(RealInt)"
    answer = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if answer.returncode and not os.environ.get("CI"):
        pytest.skip("the sample comes with the R package strucchange, which R does not have here")
    rates = pd.Series([float(word) for word in answer.stdout.split()])
    rates.index = pd.date_range("1961-01-01", periods=len(rates), freq="QS")

    result = structural_breaks(rates, max_breaks=3, trim=15, method=3)

    # Bai and Perron 2003, Journal of Applied Econometrics 18, 1-22: 1966Q4, 1972Q3, 1980Q3.
    assert [str(date.to_period("Q")) for date in result.dates] == ["1966Q4", "1972Q3", "1980Q3"]


def test_a_sample_without_a_break_has_none_and_one_with_a_break_names_its_last_day() -> None:
    rng = np.random.default_rng(2)
    days = pd.date_range("2024-01-01", periods=400)
    x = pd.Series(rng.standard_normal(400), days)
    noise = rng.standard_normal(400)

    still = structural_breaks(0.5 * x + noise, x, max_breaks=2)
    moved = structural_breaks(np.repeat([0.2, 1.4], 200) * x + noise, x, max_breaks=2)

    assert still.dates == ()
    assert len(moved.dates) == 1
    assert abs((moved.dates[0] - pd.Timestamp("2024-07-18")).days) <= 10
    assert moved.interval["lower"].iloc[0] <= moved.dates[0] <= moved.interval["upper"].iloc[0]
    assert moved.one_break.pvalue < 0.01


@pytest.mark.slow
def test_the_interval_holds_the_true_date_about_as_often_as_it_says() -> None:
    held = []
    for seed in range(200):
        y = np.random.default_rng(seed).standard_normal(200) + np.repeat([0.0, 1.0], [90, 110])
        row = structural_breaks(y, method=1, max_breaks=1, covariance="iid").interval.iloc[0]
        held.append(row["lower"] <= 89 <= row["upper"] or row["lower"] <= 90 <= row["upper"])

    assert 0.9 <= np.mean(held) <= 1.0


GOOD = np.random.default_rng(3).standard_normal(60)


@pytest.mark.parametrize(
    ("y", "x", "options", "message"),
    [
        (GOOD, None, {"covariance": "white"}, "covariance"),
        (GOOD, None, {"method": "aic"}, "method"),
        (GOOD, None, {"trim": 0.6}, "trim"),
        (GOOD, None, {"max_breaks": 0}, "max_breaks"),
        (GOOD, GOOD[:50], {}, "length|rows|observations"),
        (np.where(GOOD > 1, np.nan, GOOD), None, {}, "y is missing"),
        (GOOD, GOOD * 0, {}, "flat|constant|singular"),
    ],
)
def test_what_cannot_be_searched_is_refused(y, x, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        structural_breaks(y, x, **options)
