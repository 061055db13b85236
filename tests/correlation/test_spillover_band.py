"""The band of constant spillovers: what it holds, and what leaves it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation.spillover import rolling_spillover
from selloff.correlation.spillover_band import spillover_band
from selloff.validation.designs import simulate_pair


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    days = pd.date_range("2022-01-03", periods=500, freq="B")
    return pd.DataFrame(simulate_pair("garch_t5", 500, 0.4, seed=4)[0], index=days, columns=["btc", "spx"])


def test_the_path_is_the_rolling_total_and_the_band_holds_the_same_on_every_date(returns: pd.DataFrame) -> None:
    band = spillover_band(returns, window=100, step=20, replications=99)

    pd.testing.assert_series_equal(band.total, rolling_spillover(returns, 100, step=20).total)
    assert band.to_frame()[["lower", "upper"]].nunique().tolist() == [1, 1]
    assert 0 <= band.lower < band.upper < 50


def test_constant_returns_stay_inside(returns: pd.DataFrame) -> None:
    band = spillover_band(returns, window=100, step=10, replications=99)

    assert band.lower < band.total.min()
    assert band.total.max() < band.upper
    assert band.constant.pvalue > 0.05


def test_a_correlation_that_breaks_is_found_out() -> None:
    path = np.where(np.arange(800) < 400, 0.0, 0.85)
    values = simulate_pair("t5", 800, path, seed=5)[0]

    band = spillover_band(values, window=150, step=10, replications=99)

    assert band.constant.pvalue == 0.01
    assert band.total.max() > band.upper or band.total.min() < band.lower
    assert band.constant.estimate != band.constant.estimate  # a range has no standard error


def test_memory_of_the_series_is_kept_in_the_samples() -> None:
    rng = np.random.default_rng(6)
    values = rng.standard_normal((600, 2))
    for t in range(2, 600):
        values[t, 0] += 0.3 * values[t - 1, 1] + 0.3 * values[t - 2, 1]

    band = spillover_band(values, window=200, lags=2, step=20, replications=99)

    assert band.lower < band.total.min() < band.total.max() < band.upper
    assert band.lower > 2  # independent series would reach down to about none


@pytest.mark.slow
@pytest.mark.parametrize("design", ["normal", "garch_t5"])
def test_the_test_of_constancy_keeps_its_level(design: str) -> None:
    rejected = [
        spillover_band(sample, window=100, step=20, replications=99).constant.pvalue <= 0.05
        for sample in simulate_pair(design, 500, 0.4, seed=21, replications=80)
    ]

    assert np.mean(rejected) == pytest.approx(0.05, abs=0.05)


def test_the_same_seed_gives_the_same_band(returns: pd.DataFrame) -> None:
    first, again, other = (spillover_band(returns, 100, step=50, replications=39, seed=seed) for seed in (1, 1, 2))

    assert (first.lower, first.upper) == (again.lower, again.upper)
    assert (first.lower, first.upper) != (other.lower, other.upper)


def test_a_band_says_what_it_rests_on(returns: pd.DataFrame) -> None:
    summary = spillover_band(returns, 100, step=50, replications=39, block=7).summary()

    assert "(95%, 39 replications, blocks of 7)" in summary
    assert "constant spillovers, range of the path: statistic" in summary


def test_an_explosive_autoregression_has_no_band(returns: pd.DataFrame) -> None:
    grown = returns.assign(btc=1.02 ** np.arange(500))

    with pytest.raises(ValueError, match="spillover_band: the autoregression is not stable"):
        spillover_band(grown, 100)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"level": 1.5}, "level must lie between 0 and 1, got 1.5"),
        ({"replications": 38}, "38 replications place no 95 % band; expected 39 or more"),
        ({"window": 5}, "spillover_band: window 5 must lie between 9"),
        ({"step": -1}, "spillover_band: step must be"),
        ({"lags": 0}, "spillover_band: lags must be"),
        ({"block": 500}, "block 500 must lie between 1 and the length 499"),
    ],
)
def test_settings_out_of_range_are_refused(returns: pd.DataFrame, settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spillover_band(returns, **({"window": 100} | settings))


def test_a_band_between_groups_is_of_their_path() -> None:
    values = np.hstack([simulate_pair("t5", 400, 0.6, seed=1)[0], simulate_pair("t5", 400, 0.3, seed=2)[0]])
    groups = ["crypto", "crypto", "macro", "macro"]

    band = spillover_band(values, window=120, step=20, replications=99, groups=groups)
    whole = spillover_band(values, window=120, step=20, replications=99)

    pd.testing.assert_series_equal(band.total, rolling_spillover(values, 120, step=20, groups=groups).total)
    assert band.upper < whole.lower  # the groups are unrelated, and each is tied within


def waves(shocks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give shocks heavy tails and a GARCH variance of each series' own, around 1."""
    shocks = shocks * np.sqrt(3 / rng.chisquare(5, size=(len(shocks), 1)))
    variance, out = np.ones(shocks.shape[1]), np.empty_like(shocks)
    for day, shock in enumerate(shocks):
        out[day] = shock * np.sqrt(variance)
        variance = 0.03 + 0.09 * out[day] ** 2 + 0.88 * variance
    return out


def share_rejected(betas_only: bool) -> float:
    """Return how often constancy is rejected where correlations are constant, or only betas are."""
    rng, found = np.random.default_rng(11), 0
    for seed in range(60):
        if betas_only:
            macro, own = waves(rng.standard_normal((1000, 3)), rng), waves(rng.standard_normal((1000, 1)), rng)
            values = np.hstack([0.5 * macro[:, :1] + own, macro])
        else:
            mixed = rng.standard_normal((1000, 4))
            mixed[:, 0] += 0.5 * mixed[:, 1]
            mixed[:, 0] /= np.sqrt(1.25)
            values = waves(mixed, rng)
        band = spillover_band(values, 250, step=40, replications=99, seed=seed, groups=["crypto", *["macro"] * 3])
        found += band.constant.pvalue <= 0.05
    return found / 60


@pytest.mark.slow
def test_between_groups_the_level_holds_for_constant_correlations_and_not_for_constant_betas() -> None:
    # Three binomial standard errors above 5 %.
    assert share_rejected(betas_only=False) <= 0.135
    assert share_rejected(betas_only=True) > share_rejected(betas_only=False)
