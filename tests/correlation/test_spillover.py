"""Spillover tables against statsmodels, true coefficients and closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.api import VAR

from selloff.correlation.autoregression import largest_root, variance_shares
from selloff.correlation.spillover import rolling_spillover, spillover

PHI = np.array([[[0.3, 0.2, 0.0], [0.0, 0.4, -0.1], [0.1, 0.0, 0.2]]])
SIGMA = np.array([[[1.0, 0.5, 0.2], [0.5, 2.0, 0.0], [0.2, 0.0, 0.5]]])


def simulate(length: int, seed: int = 1) -> np.ndarray:
    """A stable autoregression of three series with the coefficients above."""
    shocks = np.random.default_rng(seed).standard_normal((length, 3)) @ np.linalg.cholesky(SIGMA[0]).T
    values = shocks.copy()
    for t in range(1, length):
        values[t] += PHI[0] @ values[t - 1]
    return values


def by_definition(phi: np.ndarray, sigma: np.ndarray, horizon: int) -> np.ndarray:
    """Variance shares of a VAR(1) entry by entry, with matrix powers."""
    n = len(sigma)
    shares = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            top = bottom = 0.0
            for h in range(horizon):
                response = np.linalg.matrix_power(phi, h)
                top += (response[i] @ sigma[:, j]) ** 2 / sigma[j, j]
                bottom += response[i] @ sigma @ response[i]
            shares[i, j] = top / bottom
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    days = pd.date_range("2023-01-02", periods=400, freq="B")
    return pd.DataFrame(simulate(400), index=days, columns=["btc", "eth", "spx"])


@pytest.mark.parametrize("horizon", [1, 2, 10])
def test_shares_follow_the_definition_entry_by_entry(horizon: int) -> None:
    ours = variance_shares(PHI, SIGMA, horizon)[0]

    np.testing.assert_allclose(ours, by_definition(PHI[0], SIGMA[0], horizon), atol=1e-14)


def test_the_scale_of_the_errors_and_the_order_of_the_series_do_not_matter() -> None:
    plain, scaled = variance_shares(PHI, SIGMA, 10)[0], variance_shares(PHI, 7 * SIGMA, 10)[0]
    order = [2, 0, 1]
    turned = variance_shares(PHI[:, order][:, :, order], SIGMA[:, order][:, :, order], 10)[0]

    np.testing.assert_allclose(scaled, plain, atol=1e-14)
    np.testing.assert_allclose(turned, plain[np.ix_(order, order)], atol=1e-14)


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_with_equal_memory_of_their_own_the_table_is_that_of_squared_correlations(phi: float) -> None:
    scale = np.sqrt(np.diag(SIGMA[0]))
    squares = (SIGMA[0] / np.outer(scale, scale)) ** 2

    ours = variance_shares(phi * np.eye(3)[None], SIGMA, 10)[0]

    np.testing.assert_allclose(ours, squares / squares.sum(axis=1, keepdims=True), atol=1e-14)


@pytest.mark.parametrize("lags", [1, 2, 4])
def test_the_table_equals_one_from_statsmodels_coefficients(returns: pd.DataFrame, lags: int) -> None:
    fit = VAR(returns.to_numpy()).fit(lags)
    responses = fit.ma_rep(9)
    top = sum((a @ fit.sigma_u) ** 2 for a in responses) / np.diag(fit.sigma_u)
    shares = top / sum(np.diag(a @ fit.sigma_u @ a.T) for a in responses)[:, None]

    ours = spillover(returns, lags)

    np.testing.assert_allclose(ours.table, 100 * shares / shares.sum(axis=1, keepdims=True), atol=1e-10)
    assert ours.root == pytest.approx(1 / np.abs(fit.roots).min(), rel=1e-8)
    assert ours.observations == 400 - lags


def test_a_long_sample_shows_the_true_shares() -> None:
    ours = spillover(simulate(50_000), horizon=10)

    np.testing.assert_allclose(ours.table / 100, by_definition(PHI[0], SIGMA[0], 10), atol=0.015)


def test_rows_add_up_and_what_is_given_is_received(returns: pd.DataFrame) -> None:
    result = spillover(returns)

    np.testing.assert_allclose(result.table.sum(axis=1), 100)
    assert result.total == pytest.approx(result.from_others.mean())
    assert result.total == pytest.approx(result.to_others.mean())
    assert result.net.sum() == pytest.approx(0, abs=1e-10)
    off = result.table.to_numpy()[~np.eye(3, dtype=bool)]
    assert result.total == pytest.approx(off.sum() / 3)


def test_levels_and_units_change_nothing(returns: pd.DataFrame) -> None:
    moved = spillover(1e6 + returns * [1.0, 100.0, 1e-3])

    np.testing.assert_allclose(moved.table, spillover(returns).table, atol=1e-4)


def test_a_table_says_what_it_rests_on(returns: pd.DataFrame) -> None:
    result = spillover(returns)
    frame = result.to_frame()

    assert "% over 10 steps (VAR(1) on 399 rows); largest net giver eth +" in result.summary()
    assert frame.index.tolist() == ["btc", "eth", "spx", "to_others", "net"]
    assert frame.columns.tolist() == ["btc", "eth", "spx", "from_others"]
    assert frame.at["to_others", "from_others"] == result.total


def test_each_window_of_the_path_is_a_table_of_its_own(returns: pd.DataFrame) -> None:
    result = rolling_spillover(returns, window=120, lags=2, step=40)

    assert result.total.index.equals(returns.index[[119, 159, 199, 239, 279, 319, 359, 399]])
    for day in result.total.index:
        end = returns.index.get_loc(day) + 1
        own = spillover(returns.iloc[end - 120 : end], lags=2)
        assert result.total[day] == pytest.approx(own.total, abs=1e-9)
        np.testing.assert_allclose(result.net.loc[day], own.net, atol=1e-9)


def test_the_path_comes_as_a_table_with_its_range(returns: pd.DataFrame) -> None:
    result = rolling_spillover(returns, window=120, step=50)

    assert list(result.to_frame()) == ["total", "net_btc", "net_eth", "net_spx"]
    assert "total spillover of 120 rows, 6 windows:" in result.summary()
    assert result.unstable == 0


def test_windows_without_a_stable_autoregression_are_left_out_and_counted() -> None:
    values = simulate(400)
    values[:100, 0] = 1.06 ** np.arange(100)
    values[300:, 1] = 0.5  # a flat stretch

    result = rolling_spillover(values, window=60, step=20)

    assert result.unstable >= 2
    assert result.total.isna().sum() == result.unstable
    assert np.isnan(result.total.iloc[-1])
    assert result.total.notna().sum() > 5
    assert "windows not stable, left out" in result.summary()


def test_a_root_is_the_largest_of_the_companion_matrix() -> None:
    # z^2 - z + 0.24 has roots 0.6 and 0.4; the other series has none.
    coefficients = np.array([[[1.0, 0, -0.24, 0], [0, 0, 0, 0]]])

    assert largest_root(coefficients)[0] == pytest.approx(0.6, abs=1e-12)


def test_an_explosive_autoregression_is_refused() -> None:
    values = simulate(200)
    values[:, 0] = 1.05 ** np.arange(200)

    with pytest.raises(ValueError, match=r"not stable \(largest root 1\.\d+\); use returns, not levels"):
        spillover(values)


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda v: v, {"lags": 0}, "spillover: lags must be a whole number, 1 or more, got 0"),
        (lambda v: v, {"horizon": 2.5}, "horizon must be a whole number, 1 or more, got 2.5"),
        (lambda v: v.iloc[:11], {}, "11 rows are too few for 3 series with 1 lags; 12 are needed"),
        (lambda v: v.assign(spx=1.0), {}, "'spx' is flat; drop it"),
        (lambda v: v.assign(spx=v["btc"] - 2 * v["eth"]), {}, "one series is a combination of the others; drop it"),
        (lambda v: v[["btc"]], {}, "returns has 1 series; at least 2 are needed"),
        (lambda v: v.shift(-1).shift(6), {}, r"returns\['btc'\] is missing at 2023-01-02"),
        (lambda v: v["btc"], {}, "returns must have two dimensions"),
    ],
)
def test_returns_without_a_table_are_refused(returns: pd.DataFrame, change, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spillover(change(returns), **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 11}, "window 11 must lie between 12 .for 3 series with 1 lags. and the sample's 400 rows"),
        ({"window": 401}, "window 401 must lie between 12"),
        ({"window": 60.0}, "window 60.0 must lie between"),
        ({"window": 60, "step": 0}, "step must be a whole number, 1 or more, got 0"),
    ],
)
def test_windows_that_do_not_fit_are_refused(returns: pd.DataFrame, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rolling_spillover(returns, **settings)


def test_between_groups_only_what_crosses_them_counts(returns: pd.DataFrame) -> None:
    three = returns.iloc[:, :2].assign(own=np.random.default_rng(8).standard_normal(len(returns)))
    groups = ["crypto", "crypto", "macro"]

    path = rolling_spillover(three, window=len(three), groups=groups).total
    table = spillover(three).table.to_numpy()

    crossing = table[0, 2] + table[1, 2] + table[2, 0] + table[2, 1]
    assert path.iloc[-1] == pytest.approx(crossing / 3)
    assert path.iloc[-1] < rolling_spillover(three, window=len(three)).total.iloc[-1]


def test_with_a_group_for_each_series_all_of_it_crosses(returns: pd.DataFrame) -> None:
    groups = list(range(returns.shape[1]))

    plain, split = (rolling_spillover(returns, 200, step=50, groups=each) for each in (None, groups))

    np.testing.assert_allclose(split.total, plain.total, rtol=1e-12)
    pd.testing.assert_frame_equal(split.net, plain.net)


@pytest.mark.parametrize(
    ("groups", "message"),
    [(["one"], "a list of"), ("ab", "a list of"), (["one"] * 3, "all series belong to the group 'one'")],
)
def test_groups_that_do_not_fit_the_series_are_refused(returns: pd.DataFrame, groups, message: str) -> None:
    three = returns.iloc[:, :2].assign(own=np.random.default_rng(8).standard_normal(len(returns)))

    with pytest.raises(ValueError, match=message):
        rolling_spillover(three, window=200, groups=groups)
