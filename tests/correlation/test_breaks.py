"""Structural breaks: the cases of the literature, samples with known breaks, and what is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.regression.linear_model import OLS

from selloff.correlation.breaks import structural_breaks
from selloff.correlation.critical import sup_wald_pvalue
from selloff.validation.designs import simulate_pair
from selloff.validation.samples import nile


@pytest.fixture(scope="module")
def real_rate() -> pd.Series:
    """The quarterly real interest rate of the United States, which comes with the R package strucchange."""
    program = 'cat(as.numeric({library(strucchange); data(RealInt); RealInt}), sep="\\n")'
    if shutil.which("Rscript"):
        run = subprocess.run(["Rscript", "-e", program], capture_output=True, text=True)
        values = [float(line) for line in run.stdout.split()] if run.returncode == 0 else []
        if len(values) == 103:
            quarters = pd.period_range("1961Q1", periods=103, freq="Q")
            return pd.Series(values, index=quarters.to_timestamp(), name="real rate")
    reason = "the data come with the R package strucchange, which is not here; apt-get install r-cran-strucchange"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def stepped(length: int, *steps: tuple[int, float], seed: int = 0) -> np.ndarray:
    y = np.random.default_rng(seed).standard_normal(length)
    for start, level in steps:
        y[start:] += level
    return y


@pytest.mark.parametrize("covariance", ["hac", "hc0", "iid"])
def test_the_nile_changed_once_after_1898_by_any_account(covariance) -> None:
    for method in ("sequential", "bic", "lwz", 1):
        assert structural_breaks(nile(), covariance=covariance, method=method).dates == (1898,)


def test_the_nile_has_the_interval_and_the_criteria_of_the_r_package() -> None:
    found = structural_breaks(nile(), covariance="iid")

    # strucchange 1.5-3: confint and summary of breakpoints(Nile ~ 1), Fstats(Nile ~ 1).
    assert found.interval.to_numpy().tolist() == [[1898, 1895, 1902]]
    assert found.criteria["bic"].round().tolist() == [1318, 1270, 1276, 1285, 1292, 1311]
    assert found.criteria["squares"].round().tolist() == [2835157, 1597457, 1552924, 1538097, 1507888, 1659994]
    assert found.supF == pytest.approx(75.93, abs=0.005)


def test_the_real_rate_changed_three_times(real_rate: pd.Series) -> None:
    found = structural_breaks(real_rate)

    assert [str(day.to_period("Q")) for day in found.dates] == ["1966Q4", "1972Q3", "1980Q3"]
    assert found.settings["shortest"] == 15
    for covariance in ("iid", "hc0"):
        assert structural_breaks(real_rate, covariance=covariance, method=3).dates == found.dates


def test_the_real_rate_has_the_intervals_of_the_r_package(real_rate: pd.Series) -> None:
    found = structural_breaks(real_rate, covariance="iid", trim=15, method=3)

    # strucchange 1.5-3: confint(breakpoints(RealInt ~ 1, h = 15), breaks = 3), in observations.
    rows = [real_rate.index.get_indexer(found.interval[end]) + 1 for end in ("lower", "upper")]
    assert [row.tolist() for row in rows] == [[8, 36, 77], [43, 49, 81]]
    assert found.criteria["bic"].round(1).tolist() == [555.7, 499.8, 473.3, 480.1, 489.3, 499.7]


def test_the_date_of_the_test_and_that_of_the_least_squares_agree_without_robust_errors() -> None:
    found = structural_breaks(stepped(200, (120, 1.0)), covariance="iid", max_breaks=1)

    assert found.dates == (found.one_break.break_date,) == found.positions
    assert found.supF == found.one_break.statistic == found.supF_sequence["statistic"].iloc[0]
    assert found.one_break.pvalue == pytest.approx(sup_wald_pvalue(found.supF, 1, 30 / 200), rel=1e-9)


def test_regimes_carry_the_coefficients_and_errors_of_their_own_regressions() -> None:
    x, e = simulate_pair("t5", 300, 0.0, seed=1)[0].T
    y = np.where(np.arange(300) < 140, 0.2 * x, 1 + 2 * x) + 0.5 * e
    for covariance, options in (
        ("iid", {"cov_type": "nonrobust"}),
        ("hc0", {"cov_type": "HC0"}),
        ("hac", {"cov_type": "HAC", "cov_kwds": {"maxlags": 3}}),
    ):
        found = structural_breaks(y, x, covariance=covariance, lags=3, method=1)
        assert found.positions == (140,)
        for (start, end), row in zip(pairwise([0, 140, 300]), found.coefficients.itertuples(), strict=True):
            fit = OLS(y[start:end], np.column_stack([np.ones(end - start), x[start:end]])).fit(**options)
            assert (row.start, row.end, row.observations) == (start, end, end - start)
            assert (row.const, row.x) == pytest.approx(tuple(fit.params), rel=1e-9)
            assert (row.const_se, row.x_se) == pytest.approx(tuple(fit.bse), rel=1e-9)


def test_the_p_value_of_one_break_more_counts_every_regime_in_which_it_may_lie() -> None:
    y = stepped(240, (100, 3.0), seed=2)
    found = structural_breaks(y, covariance="iid", max_breaks=2)
    cut = structural_breaks(y, method=1).positions[0]
    parts = [structural_breaks(part, covariance="iid", trim=36, max_breaks=1) for part in (y[:cut], y[cut:])]
    largest = max(part.supF for part in parts)
    both = 1 - np.prod([1 - sup_wald_pvalue(largest, 1, 36 / length) for length in (cut, 240 - cut)])

    assert found.supF_sequence["statistic"].iloc[1] == pytest.approx(largest, rel=1e-9)
    assert found.supF_sequence["pvalue"].iloc[1] == pytest.approx(both, rel=1e-9)


def test_two_breaks_in_a_slope_are_found_in_a_table_with_names_and_dates() -> None:
    days = pd.bdate_range("2020-01-01", periods=600)
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.standard_normal((600, 2)), days, ["market", "dollar"])
    slope = np.repeat([0.2, 1.0, 0.3], 200)
    y = pd.Series(slope * table["market"] + 0.1 * table["dollar"] + 0.4 * rng.standard_normal(600), days)

    found = structural_breaks(y, table)

    assert len(found.dates) == 2
    assert found.coefficients["market"].to_numpy() == pytest.approx([0.2, 1.0, 0.3], abs=0.15)
    assert [abs(position - true) <= 5 for position, true in zip(found.positions, (200, 400), strict=True)] == [True] * 2
    assert (found.interval["lower"] <= found.interval["date"]).all()
    assert (found.interval["date"] <= found.interval["upper"]).all()
    frame = found.to_frame()
    assert frame["end"].tolist()[:2] == list(found.dates)
    assert frame["end_upper"].tolist()[:2] == found.interval["upper"].tolist()
    summary = found.summary()
    assert summary.startswith("2 breaks by sequential in 600 observations, regimes of at least 90")
    assert all(f"{day:%Y-%m-%d} [" in summary for day in found.dates)


def test_no_break_gives_one_regime_and_an_empty_interval() -> None:
    found = structural_breaks(stepped(150, seed=4))

    assert (found.dates, found.positions, len(found.interval), len(found.coefficients)) == ((), (), 0, 1)
    assert found.summary().startswith("0 breaks by sequential")
    assert len(found.to_frame()) == 1


def test_a_step_without_noise_is_dated_without_doubt() -> None:
    y = np.repeat([1.0, 4.0], 50)
    found = structural_breaks(y, covariance="iid", method=1, max_breaks=1)

    assert found.positions == (50,)
    assert found.interval.to_numpy().tolist() == [[50, 50, 50]]


def test_fewer_breaks_are_sought_where_more_do_not_fit() -> None:
    found = structural_breaks(stepped(100, (50, 2.0)), max_breaks=5, trim=0.3)

    assert found.settings["max_breaks"] == 2
    assert len(found.criteria) == 3
    assert len(found.supF_sequence) == 2


def test_the_simulated_p_value_ranks_the_statistic_among_samples_of_other_signs() -> None:
    y = stepped(200, (100, 0.5), seed=5)
    plain = structural_breaks(y, covariance="hac", lags=2, max_breaks=1)
    found = structural_breaks(y, covariance="hac", lags=2, max_breaks=1, replications=99, seed=6)
    signs = np.repeat(np.random.default_rng(6).choice([-1.0, 1.0], (99, 67)), 3, axis=1)[:, :200]
    others = [structural_breaks(s * (y - y.mean()), lags=2, max_breaks=1).supF for s in signs]

    assert found.supF == plain.supF
    assert found.one_break.pvalue == (1 + sum(other >= plain.supF for other in others)) / 100
    assert found.one_break.size_note != plain.one_break.size_note
    again = structural_breaks(y, covariance="hac", lags=2, max_breaks=1, replications=99, seed=6)
    assert again.one_break == found.one_break


@pytest.mark.slow
def test_on_waves_of_volatility_simulated_p_values_keep_their_size_better() -> None:
    samples = simulate_pair("garch_t5", 300, 0.0, seed=7, replications=80)
    rejected = {0: 0, 99: 0}
    for x, e in samples.transpose(0, 2, 1):
        for replications in rejected:
            found = structural_breaks(0.4 * x + e, x, max_breaks=1, replications=replications)
            rejected[replications] += found.one_break.pvalue <= 0.05

    # Of 80 with a true 5 %, 4 are expected and more than 10 are rarer than one in 500.
    assert rejected[99] <= 10
    assert rejected[99] < rejected[0]


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "covariance"), [(1.0, "iid"), (2.0, "iid"), (2.0, "hac")])
def test_intervals_of_a_clear_break_hold_it_as_often_as_they_say(spread: float, covariance) -> None:
    rng = np.random.default_rng(8)
    held = []
    for _ in range(250):
        y = rng.standard_normal(300)
        y[140:] = 2.0 + spread * y[140:]
        row = structural_breaks(y, covariance=covariance, method=1, max_breaks=1).interval.iloc[0]
        held.append(row["lower"] <= 140 <= row["upper"])

    # A share of 250 has a standard error of 1.4 points; short intervals are rounded outwards.
    assert 0.915 <= np.mean(held) <= 0.995


@given(y=arrays(float, 40, elements=st.floats(-1e6, 1e6, width=32)), x=arrays(float, 40, elements=st.floats(-9, 9)))
@settings(max_examples=40, deadline=None)
def test_whatever_the_numbers_there_are_breaks_in_order_or_a_reason(y: np.ndarray, x: np.ndarray) -> None:
    try:
        found = structural_breaks(y, x, trim=0.2)
    except ValueError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("structural_breaks: ")
        return
    assert found.supF >= 0
    assert 0 <= found.one_break.pvalue <= 1
    assert all(b - a >= 8 for a, b in pairwise([0, *found.positions, 40]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"covariance": "robust"}, "unknown covariance 'robust'; expected hac, hc0, iid"),
        ({"method": "aic"}, "unknown method 'aic'; expected sequential, bic, lwz or a number of breaks"),
        ({"method": -1}, "a number of breaks must be 0 or more, got -1"),
        ({"method": True}, "a number of breaks must be 0 or more, got True"),
        ({"method": 6}, "6 breaks do not fit: at most 5 with regimes of 15"),
        ({"max_breaks": 0}, "max_breaks must be a whole number from 1 on, got 0"),
        ({"trim": 0.6}, "must lie between 4 and 50"),
        ({"trim": 0.02}, "regimes of at least 2 observations; with 1 regressors and 100 observations"),
        ({"lags": 15}, "lags must be a whole number from 0 to 14"),
        ({"lags": 1.5}, "lags must be a whole number from 0 to 14"),
        ({"level": 0.0}, "level must lie between 0 and 1, got 0"),
        ({"replications": -1}, "replications must be a whole number from 0 on, got -1"),
    ],
)
def test_an_option_out_of_range_is_refused(options, message: str) -> None:
    x, y = np.random.default_rng(9).standard_normal((2, 100))

    with pytest.raises(ValueError, match=message):
        structural_breaks(y, x, **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y, x: (y, 3 * y), "y is flat or x explains it perfectly"),
        (lambda y, x: (np.ones(100), x), "y is flat or x explains it perfectly"),
        (lambda y, x: (y, np.ones(100)), "before or after every date x is flat or collinear"),
        (lambda y, x: (y, np.column_stack([x, 2 * x])), "before or after every date x is flat or collinear"),
        (lambda y, x: (y, x[:-1]), "x and y must be of one length"),
        (lambda y, x: (y, np.column_stack([x, x])[:-1]), "x and y must be of one length, got 99 and 100"),
        (lambda y, x: (np.where(y > 0, y, np.nan), None), "drop incomplete days first"),
        (
            lambda y, x: (
                pd.Series(y, pd.date_range("2024-01-01", periods=100)),
                pd.DataFrame({"x": x}, pd.date_range("2024-01-02", periods=100)),
            ),
            "x and y stand on different dates",
        ),
    ],
)
def test_series_without_a_regression_to_break_are_refused(change, message: str) -> None:
    y, x = np.random.default_rng(10).standard_normal((2, 100))

    with pytest.raises(ValueError, match=message):
        structural_breaks(*change(y, x))
