"""Cross-correlations and Dimson betas against slow sums, statsmodels and known delays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from selloff.correlation.leadlag import dimson_beta, lead_lag
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    x, y = simulate_pair("garch_t5", 300, 0.4, seed=6)[0].T
    return x, y


def test_a_positive_lag_means_that_x_moves_first() -> None:
    x, e = np.random.default_rng(1).standard_normal((2, 2000))
    y = 0.6 * np.roll(x, 2) + 0.8 * e

    result = lead_lag(x, y, max_lag=3)

    assert result.peak == 2
    assert result.table["correlation"][2] == pytest.approx(0.6, abs=0.05)
    assert lead_lag(y, x, max_lag=3).peak == -2
    assert result.joint.pvalue == 0.001
    assert "at lag 2 (x first by 2; 95%, Newey-West)" in result.summary()


@pytest.mark.parametrize("lag", [-5, -1, 0, 3])
def test_each_correlation_is_that_of_the_shifted_rows(pair, lag: int) -> None:
    x, y = (pd.Series(series) for series in pair)

    row = lead_lag(*pair).table.loc[lag]

    assert row["correlation"] == pytest.approx(x.shift(lag).corr(y), abs=1e-12)
    assert row["observations"] == 300 - abs(lag)


def test_errors_are_the_sum_over_pairs_of_days(pair) -> None:
    x, y = (series[:100] for series in pair)
    a, b = x[:-2], y[2:]
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    r = np.mean(a * b)
    psi = a * b - r * (a**2 + b**2) / 2
    variance = sum(max(0, 1 - abs(t - s) / 5) * psi[t] * psi[s] for t in range(98) for s in range(98)) / 98**2

    row = lead_lag(x, y, max_lag=2, hac_lags=4).table.loc[2]

    assert row["se"] == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert row["upper"] - row["correlation"] == pytest.approx(1.959963985 * row["se"], rel=1e-8)


def test_clusters_take_the_sum_of_each_label(pair) -> None:
    x, y = pair
    labels = np.repeat([f"day {day}" for day in range(30)], 10)
    a, b = x[:-1], y[1:]
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    psi = a * b - np.mean(a * b) * (a**2 + b**2) / 2
    sums = pd.Series(psi).groupby(labels[1:]).sum()

    result = lead_lag(x, y, max_lag=2, clusters=labels)

    assert result.table["se"][1] == pytest.approx(np.sqrt((sums**2).sum()) / 299, rel=1e-10)
    assert result.clustered
    assert "clustered" in result.summary()


def test_one_cluster_a_row_gives_white_errors(pair) -> None:
    own, white = lead_lag(*pair, clusters=np.arange(300)), lead_lag(*pair, hac_lags=0)

    np.testing.assert_allclose(own.table["se"], white.table["se"], rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("design", ["normal", "garch_t5", "crypto"])
def test_the_joint_test_keeps_its_level(design: str) -> None:
    samples = simulate_pair(design, 250, 0.4, seed=6, replications=300).transpose(0, 2, 1)

    rejected = [lead_lag(x, y, replications=199).joint.pvalue <= 0.05 for x, y in samples]

    assert np.mean(rejected) == pytest.approx(0.05, abs=0.03)


def test_a_clustered_joint_test_keeps_its_level_where_noise_repeats_within_a_day() -> None:
    rng = np.random.default_rng(4)
    days = np.repeat(np.arange(60), 5)
    rejected = []
    for _ in range(150):
        common = np.repeat(rng.standard_normal(60), 5)  # one sign a day on every product: no lead on average
        x = rng.standard_normal(300)
        rejected.append(lead_lag(x, common * np.abs(x), 2, clusters=days, replications=99).joint.pvalue <= 0.05)

    assert np.mean(rejected) < 0.11


def test_the_same_seed_gives_the_same_test(pair) -> None:
    first, again, other = (lead_lag(*pair, seed=seed).joint for seed in (1, 1, 2))

    assert first.pvalue == again.pvalue
    assert first.statistic == other.statistic
    assert first.settings == {"max_lag": 5, "replications": 999, "seed": 1}


def test_leads_and_lags_come_as_a_table_by_row(pair) -> None:
    frame = lead_lag(*pair, max_lag=2).to_frame()

    assert frame.index.tolist() == [-2, -1, 0, 1, 2]
    assert list(frame) == ["correlation", "se", "lower", "upper", "observations"]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda x, y: (x, y), {"max_lag": 0}, "max_lag 0 must be a whole number from 1 to 75"),
        (lambda x, y: (x, y), {"max_lag": 76}, "max_lag 76 must be a whole number from 1 to 75"),
        (lambda x, y: (x, y), {"max_lag": 1.5}, "max_lag 1.5 must be"),
        (lambda x, y: (x, y), {"level": 0}, "lead_lag: level must lie between 0 and 1, got 0"),
        (lambda x, y: (x, y), {"replications": 9}, "9 replications cannot reach a p-value of .05"),
        (lambda x, y: (x, y), {"hac_lags": -1}, "lead_lag: hac_lags -1 must be"),
        (lambda x, y: (x, y), {"clusters": np.arange(299)}, "clusters must be 300 labels"),
        (lambda x, y: (x, y), {"clusters": np.where(np.arange(300) < 1, np.nan, 1.0)}, "none missing"),
        (lambda x, y: (x, y), {"clusters": np.arange(300) // 50}, "6 clusters; at least 20 are needed"),
        (lambda x, y: (np.r_[1.0, np.zeros(299)], y), {}, "lead_lag: x is flat"),
        (lambda x, y: (np.r_[np.nan, x[1:]], y), {}, "x is missing at row 0; drop incomplete days first"),
    ],
)
def test_leads_and_lags_without_enough_to_go_on_are_refused(pair, change, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lead_lag(*change(*pair), **settings)


def test_the_sum_and_its_error_are_those_of_one_regression(pair) -> None:
    x, y = pair
    design = np.column_stack([np.ones(296), *(x[2 + k : 298 + k] for k in (-2, -1, 0, 1, 2))])
    fit = sm.OLS(y[2:298], design).fit(cov_type="HAC", cov_kwds={"maxlags": 4})

    result = dimson_beta(y, x, leads=2, lags=2, hac_lags=4)

    np.testing.assert_allclose(result.table["beta"], fit.params[1:], atol=1e-12)
    np.testing.assert_allclose(result.table["se"], fit.bse[1:], rtol=1e-9)
    sum_test = fit.t_test([0, 1, 1, 1, 1, 1])
    assert result.beta == pytest.approx(sum_test.effect.item(), abs=1e-12)
    assert result.se == pytest.approx(sum_test.sd.item(), rel=1e-9)
    assert result.interval() == pytest.approx(tuple(sum_test.conf_int()[0]), abs=1e-9)
    assert result.table.index.tolist() == [-2, -1, 0, 1, 2]


def test_half_a_move_shown_a_row_late_is_found_again() -> None:
    f, e = np.random.default_rng(2).standard_normal((2, 20_001))
    x, y = f[1:], 0.8 * (0.5 * f[1:] + 0.5 * f[:-1]) + e[1:]

    result = dimson_beta(y, x, leads=0, lags=1)

    assert result.same_row == pytest.approx(0.4, abs=0.03)
    assert result.beta == pytest.approx(0.8, abs=4 * result.se)
    assert result.table["beta"].tolist() == pytest.approx([0.4, 0.4], abs=0.03)


def test_a_close_four_hours_later_shows_as_a_lead() -> None:
    f, e = np.random.default_rng(3).standard_normal((2, 20_001))
    y = 0.8 * (20 / 24 * f[:-1] + 4 / 24 * f[1:]) + 0.1 * e[1:]

    result = dimson_beta(y, f[:-1], leads=1, lags=0)

    assert result.beta == pytest.approx(0.8, abs=0.01)
    assert result.table["beta"][1] == pytest.approx(0.8 * 4 / 24, abs=0.01)


def test_where_x_itself_is_late_only_the_adjusted_sum_is_right() -> None:
    f, e = np.random.default_rng(4).standard_normal((2, 100_001))
    x, y = 0.7 * f[1:] + 0.3 * f[:-1], 0.8 * f[1:] + 0.5 * e[1:]

    plain, adjusted = dimson_beta(y, x), dimson_beta(y, x, adjusted=True)

    assert abs(plain.beta - 0.8) > 0.05
    assert adjusted.beta == pytest.approx(0.8, abs=0.01)
    r = 0.7 * 0.3 / (0.7**2 + 0.3**2)
    assert adjusted.table["weight"][1] == pytest.approx((1 + r) / (1 + 2 * r), abs=0.01)
    assert adjusted.table["weight"].tolist()[1] == 1


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_adjusted_weights_are_the_column_sums_of_the_autocorrelations_of_x(reach: int) -> None:
    rng = np.random.default_rng(5)
    x = np.convolve(rng.standard_normal(500), [0.5, 0.3, 0.2], mode="valid")
    moved = x - x.mean()
    r = [float(moved[j:] @ moved[: x.size - j] / (moved @ moved)) if j <= reach else 0.0 for j in range(2 * reach + 1)]
    columns = [sum(r[abs(i - k)] for i in range(-reach, reach + 1)) for k in range(-reach, reach + 1)]

    result = dimson_beta(rng.standard_normal(x.size), x, leads=reach, lags=reach, adjusted=True)

    np.testing.assert_allclose(result.table["weight"], np.array(columns) / columns[reach], rtol=1e-9)


def test_levels_far_from_zero_cost_the_sum_no_digits(pair) -> None:
    x, y = pair
    plain, moved = dimson_beta(y, x), dimson_beta(y + 1e6, x + 1e6)

    assert moved.beta == pytest.approx(plain.beta, rel=1e-8)
    assert moved.se == pytest.approx(plain.se, rel=1e-7)


def test_a_dimson_beta_says_what_it_rests_on(pair) -> None:
    x, y = pair
    summary = dimson_beta(y, x, leads=0, lags=2).summary()

    assert summary.startswith("Dimson beta +")
    assert "over shifts -2 to 0, 298 rows; same-row beta +" in summary
    assert dimson_beta(y, x, adjusted=True).summary().startswith("Fowler-Rorke beta")
    assert list(dimson_beta(y, x).to_frame()) == ["beta", "se", "weight"]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda y, x: (y, x), {"leads": -1}, "leads must be a whole number, 0 or more, got -1"),
        (lambda y, x: (y, x), {"lags": 1.0}, "lags must be a whole number, 0 or more, got 1.0"),
        (lambda y, x: (y, x), {"adjusted": True, "leads": 2}, "as many leads as lags, got 2 and 1"),
        (lambda y, x: (y, x), {"adjusted": True, "leads": 0, "lags": 0}, "as many leads as lags, got 0 and 0"),
        (lambda y, x: (y[:12], x[:12]), {}, "1 leads and 1 lags leave 10 rows; at least 12 are needed"),
        (lambda y, x: (y, np.ones(300)), {}, "the shifted rows of x repeat one another"),
        (lambda y, x: (y, np.resize([1.0, -1.0], 300) + 0.1 * x), {"adjusted": True}, "reverts so strongly"),
        (lambda y, x: (y, x), {"hac_lags": 298}, "dimson_beta: hac_lags 298 must be"),
        (lambda y, x: (y, np.r_[np.nan, x[1:]]), {}, "x is missing at row 0"),
    ],
)
def test_dimson_betas_without_enough_to_go_on_are_refused(pair, change, settings, message: str) -> None:
    x, y = pair
    with pytest.raises(ValueError, match=message):
        dimson_beta(*change(y, x), **settings)
