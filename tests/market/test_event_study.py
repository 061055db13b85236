"""Event study: forecast errors against statsmodels, statistics by hand, size where assets move together."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, ttest_1samp

from selloff.market.abnormal import abnormal_returns, offsets
from selloff.market.event_study import event_study

DAYS = pd.date_range("2024-01-01", periods=320)


def coins(seed: int = 0, rho: float = 0.5, count: int = 6, length: int = 320) -> tuple[pd.DataFrame, pd.Series]:
    """Return assets whose residuals share a factor, and their market."""
    rng = np.random.default_rng(seed)
    market, common = rng.standard_normal((2, length)) / 100
    own = rng.standard_normal((length, count)) / 100
    values = 0.001 + np.linspace(0.5, 1.5, count) * market[:, None]
    values = values + math.sqrt(rho) * common[:, None] + math.sqrt(1 - rho) * own
    days = pd.date_range("2024-01-01", periods=length)
    names = [f"coin{number}" for number in range(count)]
    return pd.DataFrame(values, index=days, columns=names), pd.Series(market, index=days)


RETURNS, MARKET = coins()


def test_a_flat_wave_gives_the_forecast_error_in_fractions() -> None:
    # Thirty returns of +1 and -1 (mean 0, variance 30/29) and two of 3: the mean model misses by 6.
    fit = abnormal_returns(np.tile([1.0, -1.0], 15)[:, None], np.zeros(30), np.full((2, 1), 3.0), np.zeros(2), "mean")

    assert fit.car[0] == 6
    assert fit.se[0] ** 2 == pytest.approx(float(Fraction(30, 29) * (2 + Fraction(4, 30))), abs=1e-14)
    assert fit.freedom[0] == 29


def test_the_forecast_error_of_the_sum_is_that_of_the_whole_covariance_matrix() -> None:
    study = event_study(RETURNS, MARKET, "2024-10-07")

    place = DAYS.get_loc(pd.Timestamp("2024-10-07"))
    before, during = slice(place - 250, place - 10), slice(place, place + 5)
    for asset in RETURNS:
        ols = sm.OLS(RETURNS[asset].to_numpy()[before], sm.add_constant(MARKET.to_numpy()[before])).fit()
        design = np.column_stack([np.ones(5), MARKET.to_numpy()[during]])
        variance = ols.scale * np.eye(5) + design @ ols.cov_params() @ design.T
        error = RETURNS[asset].to_numpy()[during] - design @ ols.params
        row = study.cars.loc[asset]
        assert row["beta"] == pytest.approx(ols.params[1], abs=1e-12)
        assert row["sd"] == pytest.approx(math.sqrt(ols.scale), abs=1e-14)
        assert row["car"] == pytest.approx(error.sum(), abs=1e-14)
        assert row["se"] == pytest.approx(math.sqrt(variance.sum()), abs=1e-14)
        np.testing.assert_allclose(study.abnormal[asset], error, atol=1e-14)
    assert study.cars["observations"].eq(240).all()


def test_the_mean_and_the_market_as_models_are_averages_and_differences() -> None:
    mean = event_study(RETURNS, None, "2024-10-07", window=3, model="mean")
    plain = event_study(RETURNS, MARKET, "2024-10-07", window=3, model="adjusted")

    place = DAYS.get_loc(pd.Timestamp("2024-10-07"))
    values, market = RETURNS.to_numpy(), MARKET.to_numpy()
    before, during = slice(place - 250, place - 10), slice(place, place + 3)
    less_mean = values[during].sum(axis=0) - 3 * values[before].mean(axis=0)
    np.testing.assert_allclose(mean.cars["car"], less_mean, atol=1e-14)
    spread = values[before].std(axis=0, ddof=1) * math.sqrt(3 + 9 / 240)
    np.testing.assert_allclose(mean.cars["se"], spread, atol=1e-14)
    gap = values - market[:, None]
    np.testing.assert_allclose(plain.cars["car"], gap[during].sum(axis=0), atol=1e-14)
    np.testing.assert_allclose(plain.cars["se"], np.sqrt(3 * np.mean(gap[before] ** 2, axis=0)), atol=1e-14)


def test_the_statistics_are_those_of_their_formulas() -> None:
    study = event_study(RETURNS, MARKET, "2024-10-07")

    scar = study.cars["scar"].to_numpy()
    place = DAYS.get_loc(pd.Timestamp("2024-10-07"))
    market = np.column_stack([np.ones(240), MARKET.to_numpy()[place - 250 : place - 10]])
    values = RETURNS.to_numpy()[place - 250 : place - 10]
    residual = values - market @ np.linalg.lstsq(market, values, rcond=None)[0]
    r = np.corrcoef(residual.T)[np.triu_indices(6, 1)].mean()
    test = ttest_1samp(scar, 0)
    patell = scar.sum() / math.sqrt(6 * 238 / 236)

    assert study.mean_correlation == pytest.approx(r, abs=1e-12)
    assert study.effective == pytest.approx(6 / (1 + 5 * r), abs=1e-12)
    assert study.patell.statistic == pytest.approx(patell, abs=1e-12)
    assert study.patell.pvalue == pytest.approx(2 * norm.sf(abs(patell)), abs=1e-12)
    assert (study.bmp.statistic, study.bmp.pvalue) == pytest.approx((test.statistic, test.pvalue), abs=1e-12)
    factor = math.sqrt((1 - r) / (1 + 5 * r))
    assert study.kolari_pynnonen.statistic == pytest.approx(test.statistic * factor, abs=1e-12)
    assert study.patell_adjusted.statistic == pytest.approx(patell / math.sqrt(1 + 5 * r), abs=1e-12)
    se = study.cars["se"].to_numpy()
    matrix = np.where(np.eye(6), 1.0, r) * np.outer(se, se)
    assert study.mean_se == pytest.approx(math.sqrt(matrix.sum()) / 6, abs=1e-14)
    assert study.detectable() == pytest.approx(2.801585 * study.mean_se, rel=1e-5)


@pytest.mark.parametrize("length", [1, 4])
def test_corrados_test_ranks_each_asset_over_both_periods(length: int) -> None:
    study = event_study(RETURNS, MARKET, "2024-10-07", window=length, estimation=(-60, -11))

    place = DAYS.get_loc(pd.Timestamp("2024-10-07"))
    market = np.column_stack([np.ones(50), MARKET.to_numpy()[place - 60 : place - 10]])
    deviations = np.zeros(50 + length)
    for asset in RETURNS:
        values = RETURNS[asset].to_numpy()
        line = np.linalg.lstsq(market, values[place - 60 : place - 10], rcond=None)[0]
        all_days = np.r_[place - 60 : place - 10, place : place + length]
        error = values[all_days] - line[0] - line[1] * MARKET.to_numpy()[all_days]
        for day in range(error.size):
            deviations[day] += (sum(error <= error[day]) / (error.size + 1) - 0.5) / 6
    days = deviations.size
    spread = math.sqrt(sum(deviations**2) / days)
    expected = deviations[-length:].sum() / spread / math.sqrt(length * (days - length) / (days - 1))
    assert study.corrado.statistic == pytest.approx(expected, abs=1e-10)
    assert study.corrado.estimate == pytest.approx(deviations[-length:].mean(), abs=1e-12)
    # Windows drawn at random out of the same days have the standard deviation of the test.
    rng = np.random.default_rng(1)
    means = [deviations[rng.choice(days, length, replace=False)].mean() for _ in range(20_000)]
    assert np.std(means) == pytest.approx(study.corrado.se, rel=0.02)


def test_one_date_a_list_a_mapping_and_a_table_say_the_same() -> None:
    one = event_study(RETURNS, MARKET, "2024-10-07").to_frame()

    for events in (
        ["2024-10-07"] * 6,
        pd.DatetimeIndex(["2024-10-07"]),
        dict.fromkeys(RETURNS, "2024-10-07"),
        pd.Series(pd.Timestamp("2024-10-07"), index=RETURNS.columns),
        pd.DataFrame({"asset": RETURNS.columns, "date": "2024-10-07"}),
        280,
    ):
        pd.testing.assert_frame_equal(event_study(RETURNS, MARKET, events).to_frame(), one)
    arrays = event_study(RETURNS.to_numpy(), MARKET.to_numpy(), 280)
    pd.testing.assert_frame_equal(arrays.to_frame(), one)
    zoned = event_study(RETURNS.tz_localize("UTC"), MARKET.tz_localize("UTC"), "2024-10-07")
    pd.testing.assert_frame_equal(zoned.to_frame(), one)


def test_a_length_is_a_period_that_ends_ten_observations_before_or_begins_with_the_event() -> None:
    assert offsets(240, 5) == ((-250, -11), (0, 4))
    assert offsets(100, (-1, 1)) == ((-111, -12), (-1, 1))


def test_an_event_on_a_day_off_stands_for_the_next_day() -> None:
    weekdays = pd.bdate_range("2024-01-01", periods=320)
    returns, market = RETURNS.set_axis(weekdays), MARKET.set_axis(weekdays)

    saturday = event_study(returns, market, "2025-02-22")

    assert saturday.cars["date"].unique() == [pd.Timestamp("2025-02-24")]


def test_own_dates_keep_their_own_periods_and_order() -> None:
    dates = {"coin2": "2024-10-07", "coin0": "2024-11-01", "coin5": "2024-10-07", "coin1": "2024-10-20"}
    study = event_study(RETURNS, MARKET, dates)

    assert study.cars.index.to_list() == list(dates)
    for asset, date in dates.items():
        other = "coin3" if asset != "coin3" else "coin4"
        alone = event_study(RETURNS[[asset, other]], MARKET, date)
        assert study.cars.loc[asset, "car"] == pytest.approx(alone.cars.loc[asset, "car"], abs=1e-15)
        np.testing.assert_allclose(study.abnormal[asset], alone.abnormal[asset], atol=1e-15)


def test_only_events_whose_windows_share_days_count_as_correlated() -> None:
    same = event_study(RETURNS.iloc[:, :2], MARKET, "2024-10-07").mean_correlation
    partly = event_study(RETURNS.iloc[:, :2], MARKET, ["2024-10-07", "2024-10-09"])
    apart = event_study(RETURNS.iloc[:, :2], MARKET, ["2024-10-07", "2024-10-12"])

    assert partly.mean_correlation == pytest.approx(0.6 * same, abs=0.02)
    assert apart.mean_correlation == 0
    assert apart.effective == 2
    assert apart.kolari_pynnonen.statistic == apart.bmp.statistic


def test_one_asset_may_have_many_events() -> None:
    dates = pd.date_range("2024-09-20", periods=6, freq="9D")
    table = pd.DataFrame({"asset": "coin0", "date": dates})

    study = event_study(RETURNS, MARKET, table)

    assert study.cars["date"].to_list() == dates.to_list()
    assert study.effective == 6


def test_missing_days_are_left_out_of_the_estimation() -> None:
    gappy = RETURNS.copy()
    gappy.iloc[:200, 0] = np.nan
    gappy.iloc[100:110, 3] = np.nan

    study, full = (event_study(returns, MARKET, "2024-10-07") for returns in (gappy, RETURNS))

    assert study.cars["observations"].to_list() == [70, 240, 240, 230, 240, 240]
    assert study.cars.loc["coin1"].equals(full.cars.loc["coin1"])
    short = event_study(RETURNS.iloc[200:], MARKET.iloc[200:], "2024-10-07", estimation=(-80, -11))
    assert study.cars.loc["coin0", "car"] == pytest.approx(short.cars.loc["coin0", "car"], abs=1e-14)
    assert abs(study.corrado.statistic - full.corrado.statistic) < 0.5


@given(st.integers(0, 1000), st.floats(1e-4, 1e4), st.permutations(range(6)))
@settings(max_examples=25, deadline=None)
def test_units_and_the_order_of_assets_do_not_matter(seed: int, unit: float, order: list[int]) -> None:
    returns, market = coins(seed)

    plain = event_study(returns, market, 280).to_frame()
    other = event_study(returns.iloc[:, order] * unit, market * unit, 280).to_frame()

    np.testing.assert_allclose(plain["statistic"], other["statistic"], rtol=1e-7, atol=1e-9)
    assert plain["pvalue"].between(0, 1).all()


def rejections(rho: float, replications: int, effect: float = 0.0, wild: float = 1.0) -> dict[str, float]:
    """Return how often each test rejects at 5 % for ten assets on one date."""
    rejected: dict[str, list[bool]] = {}
    for seed in range(replications):
        returns, market = coins(10_000 + seed, rho, count=10, length=256)
        values = returns.to_numpy().copy()
        values[250:255] = values[250:255] * wild - effect / 100
        for name, test in event_study(
            values, market.to_numpy() * np.r_[np.ones(250), np.full(6, wild)], 250
        ).tests.items():
            rejected.setdefault(name, []).append(test.pvalue <= 0.05)
    return {name: float(np.mean(found)) for name, found in rejected.items()}


@pytest.mark.slow
def test_where_assets_move_together_only_the_adjusted_tests_keep_their_size() -> None:
    size = rejections(rho=0.5, replications=600)

    # A share of 600 has a standard error of .9 points where the truth is 5 %.
    assert size["patell"] > 0.3
    assert size["bmp"] > 0.4
    assert all(0.02 <= size[name] <= 0.08 for name in ("kolari_pynnonen", "patell_adjusted", "corrado"))


@pytest.mark.slow
def test_when_the_event_raises_volatility_patell_rejects_too_often_and_bmp_does_not() -> None:
    size = rejections(rho=0.0, replications=400, wild=2.0)

    assert size["patell"] > 0.2
    assert 0.02 <= size["bmp"] <= 0.08


def test_ten_correlated_assets_find_less_than_ten_independent_ones() -> None:
    together, apart = rejections(0.5, 100, effect=0.6), rejections(0.0, 100, effect=0.6)

    assert apart["kolari_pynnonen"] > 0.9
    assert together["kolari_pynnonen"] < 0.6


def test_the_note_of_a_naive_test_says_how_often_it_rejects() -> None:
    study = event_study(RETURNS, MARKET, "2024-10-07")

    r = study.mean_correlation
    size = 2 * norm.sf(1.959964 / math.sqrt(1 + 5 * r))
    assert f"it rejects {size:.0%} at a nominal 5 %" in study.patell.summary()
    assert study.kolari_pynnonen.size_note == ""
    assert "worth" in study.summary()
    assert "Kolari-Pynnonen p = " in study.summary()


def test_a_market_made_of_the_assets_gives_itself_away() -> None:
    average = RETURNS.iloc[:, :5].mean(axis=1)

    study = event_study(RETURNS, average, "2024-10-07")

    assert study.mean_correlation < -0.1
    assert "is the market made of these assets?" in study.kolari_pynnonen.size_note


AVERAGE = RETURNS.mean(axis=1)
TWIN = RETURNS.assign(twin=RETURNS["coin0"] * 2)[["coin0", "twin"]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: event_study(RETURNS, MARKET, "2024-10-07", model="capm"),
            "unknown model 'capm'; expected market, mean",
        ),
        (lambda: event_study(RETURNS, None, "2024-10-07"), "model 'market' needs the returns of a market"),
        (lambda: event_study(RETURNS, MARKET.iloc[1:], 280), "of one length, got 320 and 319"),
        (lambda: event_study(RETURNS, MARKET.shift(1, freq="D"), 280), "different dates"),
        (lambda: event_study(RETURNS["coin0"], MARKET, 280), "two dimensions"),
        (lambda: event_study(RETURNS[["coin0"]], MARKET, 280), "one event has no cross-section to test"),
        (lambda: event_study(RETURNS, MARKET, "2024-03-01"), "coin0 on 2024-03-01 needs observations -250 to 4"),
        (lambda: event_study(RETURNS, MARKET, "2024-11-15"), "0 after it"),
        (lambda: event_study(RETURNS, MARKET, "2025-06-01"), "event 2025-06-01 lies outside the sample, 2024-01-01 to"),
        (lambda: event_study(RETURNS, MARKET, "2023-06-01"), "event 2023-06-01 lies outside"),
        (lambda: event_study(RETURNS, MARKET, "someday"), "event 'someday' is no date"),
        (lambda: event_study(RETURNS, MARKET, {"doge": "2024-10-07"}), "no returns of 'doge'; known are coin0"),
        (lambda: event_study(RETURNS, MARKET, ["2024-10-07"] * 4), "4 events for 6 assets"),
        (lambda: event_study(RETURNS, MARKET, {}), "there is no event"),
        (lambda: event_study(RETURNS, MARKET, pd.DataFrame({"day": [1]})), "needs the columns asset and date"),
        (
            lambda: event_study(RETURNS, MARKET, pd.DataFrame({"asset": "coin0", "date": ["2024-10-07"] * 2})),
            "the same event twice",
        ),
        (lambda: event_study(RETURNS, MARKET, 280, estimation=(-100, 0)), "must end before the window"),
        (lambda: event_study(RETURNS, MARKET, 280, estimation=(-20, -11)), "shorter than 30"),
        (lambda: event_study(RETURNS, MARKET, 280, window=(4, 0)), r"window must be a length or \(first, last\)"),
        (lambda: event_study(RETURNS, MARKET, 280, window=0), "window must be a length"),
        (
            lambda: event_study(RETURNS.drop(index=pd.Timestamp("2024-10-08")).reindex(DAYS), MARKET, 280),
            "coin0 on 2024-10-07 or the market has no return on a day of the window",
        ),
        (
            lambda: event_study(RETURNS.loc["2024-09-15":].reindex(DAYS), MARKET, 280),
            "coin0 on 2024-10-07 has 12 observations in the estimation period; 30 are needed",
        ),
        (
            lambda: event_study(RETURNS.assign(coin0=MARKET), MARKET, 280),
            "coin0 on 2024-10-07 has no residual variance",
        ),
        (lambda: event_study(RETURNS.assign(coin3=0.0), MARKET, 280), "coin3 on 2024-10-07 has no residual variance"),
        (lambda: event_study(RETURNS, AVERAGE, 280, model="adjusted"), "the abnormal returns cancel on every day"),
        (lambda: event_study(RETURNS, AVERAGE, 280), "the abnormal returns cancel on every day"),
        (lambda: event_study(TWIN, MARKET, 280), "all events have one standardised return"),
    ],
)
def test_studies_that_cannot_be_made_are_refused_with_their_cause(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
