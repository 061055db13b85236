"""Many changes of correlation at once: each equals the plain one, and chance is drawn once for all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from selloff.correlation import correlation_changes, correlation_influence, two_window_test
from selloff.correlation.segments import lags_of, segment
from selloff.inference import long_run_variance, stationary_blocks

DAYS = pd.bdate_range("2023-01-02", periods=440)
SPLIT = 250
HALVES = {"now": (DAYS[SPLIT], None)}, {"then": (None, DAYS[SPLIT - 1])}


def panel(seed: int = 0, late: float = 0.6, early: float = 0.6) -> pd.DataFrame:
    x, noise, other = np.random.default_rng(seed).standard_t(6, (3, DAYS.size))
    slope = np.where(np.arange(DAYS.size) < SPLIT, early, late)
    return pd.DataFrame({"x": x, "y": slope * x + noise, "z": 0.5 * x + other}, index=DAYS)


def row(found, **options: str) -> pd.Series:
    table = found.table
    for choice, option in options.items():
        table = table[table[choice] == option]
    assert len(table) == 1
    return table.iloc[0]


@pytest.fixture(scope="module")
def found():
    steps = {"day": 1, "week": 5}
    return correlation_changes({"one": panel()}, ["y"], ["x", "z"], *HALVES, steps, replications=99)


def test_each_definition_equals_the_plain_computation(found) -> None:
    now, then = panel().iloc[SPLIT:], panel().iloc[:SPLIT]
    for step, span in (("day", 1), ("week", 5)):
        a, b = (part.rolling(span).sum().dropna()[["y", "z"]].to_numpy().T for part in (now, then))
        assert a.shape[1] == len(now) - span + 1
        wanted = {
            "pearson": np.corrcoef(a)[0, 1] - np.corrcoef(b)[0, 1],
            "spearman": spearmanr(*a).statistic - spearmanr(*b).statistic,
        }
        pooled = [
            np.sqrt((a[i].var() * a.shape[1] + b[i].var() * b.shape[1]) / (a.shape[1] + b.shape[1])) for i in (0, 1)
        ]
        slopes = [np.polyfit(part[1], part[0], 1)[0] for part in (a, b)]
        wanted["beta"] = (slopes[0] - slopes[1]) * pooled[1] / pooled[0]
        for estimator, value in wanted.items():
            got = row(found, series="z", step=step, estimator=estimator)
            assert got["estimate"] == pytest.approx(value, abs=1e-12), estimator
            assert (got["after"], got["before"]) == (a.shape[1], b.shape[1])


def test_a_daily_correlation_has_the_statistic_of_the_test_of_two_windows(found) -> None:
    data = panel()
    test = two_window_test(data["y"], data["x"], DAYS[SPLIT], "hac")

    got = row(found, series="x", step="day", estimator="pearson")
    assert got["statistic"] == pytest.approx(test.statistic, rel=1e-10)
    assert got["se"] == pytest.approx(test.se, rel=1e-10)


def test_overlapping_returns_take_twice_the_lags_of_the_overlap(found) -> None:
    parts = [part.rolling(5).sum().dropna() for part in (panel().iloc[SPLIT:], panel().iloc[:SPLIT])]
    variance = sum(
        long_run_variance(correlation_influence(p["y"].to_numpy(), p["x"].to_numpy()), 8) / len(p) for p in parts
    )

    assert lags_of(len(parts[0]), 5) == 8
    assert row(found, series="x", step="week", estimator="pearson")["se"] == pytest.approx(variance**0.5, rel=1e-10)


def test_the_error_of_beta_is_that_of_a_regression_with_the_same_lags() -> None:
    import statsmodels.api as sm

    data = panel().iloc[:SPLIT]
    values = data[["y", "x"]].to_numpy().T
    fit = sm.OLS(data["y"], sm.add_constant(data["x"])).fit(cov_type="HAC", cov_kwds={"maxlags": lags_of(SPLIT, 1)})
    one = segment(values, (np.array([0]), np.array([1])), 1, ["beta"])

    assert float(one.estimate.item()) == pytest.approx(fit.params["x"], rel=1e-12)
    assert float(one.variance.item()) ** 0.5 == pytest.approx(fit.bse["x"], rel=1e-10)


@pytest.mark.parametrize("digits", [9, 0])
def test_the_error_of_a_rank_correlation_is_that_of_the_jackknife_with_ties_or_without(
    monkeypatch, digits: int
) -> None:
    values = panel().iloc[:SPLIT][["y", "x"]].round(digits).to_numpy().T
    assert (np.unique(values[0]).size < 20) == (digits == 0)
    # Without serial dependence the two agree; with it the jackknife knows nothing.
    monkeypatch.setattr("selloff.correlation.segments.lags_of", lambda *_: 0)
    one = segment(values, (np.array([0]), np.array([1])), 1, ["spearman"])
    left_out = [spearmanr(*np.delete(values, day, axis=1)).statistic for day in range(SPLIT)]

    assert one.estimate.item() == pytest.approx(spearmanr(*values).statistic, abs=1e-12)
    assert one.variance.item() ** 0.5 == pytest.approx(np.std(left_out) * (SPLIT - 1) ** 0.5, rel=0.015)


def test_every_draw_is_one_sample_of_sessions_under_all_definitions(found) -> None:
    data = panel()
    positions = stationary_blocks(DAYS.size, 20, 99)
    for number in (0, 8, 98):
        sample = data.iloc[positions[number]].set_axis(DAYS)
        again = correlation_changes({"one": sample}, ["y"], ["x", "z"], *HALVES, {"day": 1, "week": 5}, replications=19)
        np.testing.assert_allclose(found.draws[number], again.table["statistic"], rtol=1e-9)


def test_a_missing_day_leaves_the_pair_it_belongs_to_and_the_draws_of_all() -> None:
    data = panel()
    data.loc[DAYS[[30, 300]], "x"] = np.nan
    found = correlation_changes({"one": data}, ["y"], ["x", "z"], *HALVES, {"day": 1, "week": 5}, replications=19)
    whole = data[["y", "x"]].dropna()

    got = row(found, series="x", step="day", estimator="pearson")
    test = two_window_test(whole["y"], whole["x"], DAYS[SPLIT], "hac")
    assert got["statistic"] == pytest.approx(test.statistic, rel=1e-10)
    assert (got["before"], row(found, series="z", step="day", estimator="pearson")["before"]) == (249, 250)
    # Five sums hold the missing day.
    assert row(found, series="x", step="week", estimator="pearson")["before"] == 250 - 4 - 5
    assert found.sessions == DAYS.size - 2


def test_one_clocks_numbers_do_not_know_the_other_clock() -> None:
    pair = panel()
    alone = correlation_changes({"a": pair}, ["y"], ["x"], *HALVES, replications=19)
    both = correlation_changes({"a": pair, "b": panel(seed=5)}, ["y"], ["x"], *HALVES, replications=19)

    mine = (both.table["clock"] == "a").to_numpy()
    assert mine.sum() == 3
    np.testing.assert_array_equal(both.draws[:, mine], alone.draws)
    columns = ["estimate", "se", "lower", "upper", "pvalue"]
    pd.testing.assert_frame_equal(both.table.loc[mine, columns].reset_index(drop=True), alone.table[columns])
    assert (both.table.loc[~mine, "estimate"].to_numpy() != alone.table["estimate"].to_numpy()).all()


def test_a_planted_rise_is_found_a_planted_fall_is_not() -> None:
    rises = correlation_changes({"one": panel(late=1.6, early=0.2)}, ["y"], ["x"], *HALVES, replications=199)
    falls = correlation_changes({"one": panel(late=0.2, early=1.6)}, ["y"], ["x"], *HALVES, replications=199)

    assert (rises.table["family_pvalue"] <= 0.05).all()
    assert (rises.table["lower"] > 0).all()
    assert (falls.table["family_pvalue"] > 0.5).all()
    assert (falls.table["upper"] < 0).all()
    assert (rises.table["estimate"] > rises.hurdle).all()
    assert rises.overall().loc["largest", "pvalue"] <= 0.05 < falls.overall().loc["largest", "pvalue"]


def test_without_a_change_few_samples_find_a_rise() -> None:
    tests = [
        correlation_changes({"one": panel(seed)}, ["y"], ["x", "z"], *HALVES, replications=99, seed=seed).table
        for seed in range(60)
    ]

    # 5 % of 60 are 3; nine or more have a chance of 0.3 %.
    assert 0 < sum((table["family_pvalue"] <= 0.05).any() for table in tests) <= 8
    assert 0.01 < np.mean([table["pvalue"] <= 0.05 for table in tests]) < 0.12


def test_the_least_rise_to_be_found_is_larger_for_all_together(found) -> None:
    found_alone = found.detectable
    got = row(found, series="x", step="day", estimator="pearson")

    assert found_alone["alone"].iloc[got.name] == pytest.approx((got["limit"] + 0.8416212335729143) * got["se"])
    assert (found_alone["together"] > found_alone["alone"]).all()
    assert found.critical > 1


def test_bad_input_is_refused_with_a_reason() -> None:
    one = {"one": panel()}
    cases = {
        "share days": {"windows": {"now": (DAYS[200], None)}, "compared": {"then": (None, DAYS[210])}},
        "no session lies": {"windows": {"now": ("2030-01-01", None)}, "compared": HALVES[1]},
        "fewer than 20": {"windows": {"now": (DAYS[-10], None)}, "compared": HALVES[1]},
    }
    for words, spans in cases.items():
        with pytest.raises(ValueError, match=words):
            correlation_changes(one, ["y"], ["x"], **spans, replications=19)
    with pytest.raises(ValueError, match="lacks 'w'"):
        correlation_changes(one, ["y"], ["w"], *HALVES)
    with pytest.raises(ValueError, match="do not fill"):
        correlation_changes(one | {"two": panel().iloc[1:]}, ["y"], ["x"], *HALVES)
    with pytest.raises(ValueError, match="flat"):
        correlation_changes({"one": panel().assign(x=1.0)}, ["y"], ["x"], *HALVES)
    with pytest.raises(ValueError, match="unknown estimator 'kendall'"):
        correlation_changes(one, ["y"], ["x"], *HALVES, estimators=["kendall"])
