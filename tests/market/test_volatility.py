"""GARCH: the published benchmark, a likelihood written out, units, forecasts, and fits that fail."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from selloff.data import load
from selloff.market import volatility as module
from selloff.market.garch import GarchFit
from selloff.market.volatility import compare_garch, fit_garch
from selloff.validation.designs import simulate_pair
from selloff.validation.samples import mark_pound, us_equities


@pytest.fixture(scope="module")
def mark() -> GarchFit:
    return fit_garch(mark_pound())


@pytest.fixture(scope="module")
def stocks() -> pd.Series:
    return us_equities()["sp500"]


def variance_path(returns: NDArray[np.float64], fit: GarchFit) -> NDArray[np.float64]:
    """Run the variance of a fit through the sample, and a step beyond, one day at a time."""
    p = fit.parameters
    errors = returns - p.get("mu", 0.0)
    out = []
    for day in range(len(errors) + 1):
        last, error = (out[-1], errors[day - 1]) if day else (fit.backcast, 0.0)
        if fit.model == "egarch":
            z = error / math.sqrt(last)
            shock = p["alpha"] * (abs(z) - math.sqrt(2 / math.pi)) + p["gamma"] * z if day else 0.0
            out.append(math.exp(p["omega"] + shock + p["beta"] * math.log(last)))
        else:
            square = error**2 if day else last
            # Before the sample, half the days count as falls.
            fell = float(error < 0) if day else 0.5
            out.append(p["omega"] + (p["alpha"] + p.get("gamma", 0.0) * fell) * square + p["beta"] * last)
    return np.array(out)


def test_the_mark_against_the_pound_gives_the_benchmark(mark: GarchFit) -> None:
    published = {"mu": -0.00619041, "omega": 0.0107613, "alpha": 0.153134, "beta": 0.805974}

    assert mark.parameters.to_dict() == pytest.approx(published, abs=1e-4)
    assert mark.loglikelihood == pytest.approx(-1106.608, abs=2e-3)
    assert mark.converged


def test_the_likelihood_is_the_normal_one_of_a_variance_run_by_hand(mark: GarchFit) -> None:
    returns = mark_pound()
    variance = variance_path(returns, mark)[:-1]
    errors = returns - mark.parameters["mu"]

    assert mark.volatility.to_numpy() == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert mark.residuals.to_numpy() == pytest.approx(errors / np.sqrt(variance), rel=1e-9)
    assert mark.loglikelihood == pytest.approx(stats.norm.logpdf(errors, scale=np.sqrt(variance)).sum(), abs=1e-8)
    assert mark.aic == pytest.approx(8 - 2 * mark.loglikelihood, abs=1e-12)
    assert mark.bic == pytest.approx(4 * math.log(1974) - 2 * mark.loglikelihood, abs=1e-12)


@pytest.mark.parametrize("model", ["garch", "gjr", "egarch"])
def test_other_models_run_by_hand_too_and_forecast_the_next_day(model, stocks: pd.Series) -> None:
    fit = fit_garch(stocks, model, "t")
    variance = variance_path(stocks.to_numpy(), fit)

    assert fit.volatility.to_numpy() == pytest.approx(np.sqrt(variance[:-1]), rel=1e-8)
    assert fit.volatility.index.equals(stocks.index)
    assert fit.forecast(1).variance.iloc[0] == pytest.approx(variance[-1], rel=1e-8)


def test_t_errors_have_their_density_at_unit_variance(stocks: pd.Series) -> None:
    fit = fit_garch(stocks, errors="t")
    nu, z = fit.parameters["nu"], fit.residuals.to_numpy()

    spread = math.sqrt(nu / (nu - 2))
    density = stats.t.logpdf(z * spread, nu) + math.log(spread) - np.log(fit.volatility.to_numpy())
    assert fit.loglikelihood == pytest.approx(density.sum(), abs=1e-6)


@pytest.mark.parametrize("unit", [0.01, 100.0, 1e-6])
@pytest.mark.parametrize("model", ["gjr", "egarch"])
def test_the_unit_of_the_returns_changes_nothing_else(unit: float, model, mark: GarchFit) -> None:
    plain, other = fit_garch(mark_pound(), model), fit_garch(mark_pound() * unit, model)

    free = [name for name in plain.parameters.index if name not in ("mu", "omega")]
    assert other.parameters[free].to_list() == pytest.approx(plain.parameters[free].to_list(), abs=1e-5)
    assert other.parameters["mu"] / unit == pytest.approx(plain.parameters["mu"], abs=1e-5)
    assert other.se["mu"] / unit == pytest.approx(plain.se["mu"], rel=1e-3)
    assert other.volatility.to_numpy() / unit == pytest.approx(plain.volatility.to_numpy(), rel=1e-5)
    assert other.loglikelihood == pytest.approx(plain.loglikelihood - 1974 * math.log(unit), abs=1e-5)
    if model == "gjr":
        assert other.parameters["omega"] / unit**2 == pytest.approx(plain.parameters["omega"], rel=1e-4)
        assert other.unconditional_volatility / unit == pytest.approx(plain.unconditional_volatility, rel=1e-4)
    else:
        moved = plain.parameters["omega"] + 2 * math.log(unit) * (1 - plain.parameters["beta"])
        assert other.parameters["omega"] == pytest.approx(moved, abs=1e-4)


def test_a_known_model_is_found_again() -> None:
    returns = simulate_pair("garch_t5", 20_000, seed=3)[0, :, 0]

    fit = fit_garch(returns, errors="t")

    for name, truth in {"mu": 0.0, "alpha": 0.08, "beta": 0.87, "nu": 5.0}.items():
        assert abs(fit.parameters[name] - truth) < 3 * fit.se[name]
    assert fit.half_life == pytest.approx(math.log(0.5) / math.log(fit.parameters["alpha"] + fit.parameters["beta"]))
    assert fit.residuals.var() == pytest.approx(1, abs=0.05)
    frame = fit.to_frame()
    assert list(frame.columns) == ["estimate", "se", "z", "lower", "upper"]
    assert frame["lower"].lt(frame["upper"]).all()


def test_the_pull_of_falls_counts_as_often_as_falls_are_large(stocks: pd.Series) -> None:
    fit = fit_garch(stocks, "gjr", "skewt")
    p = fit.parameters
    density = fit.result.model.distribution

    def weighted(u: float) -> float:
        return float(density.ppf(u, [p["nu"], p["skew"]])) ** 2

    share = integrate.quad(weighted, 0, float(density.cdf(0.0, [p["nu"], p["skew"]])), limit=200)[0]
    assert share > 0.5
    assert fit.persistence == pytest.approx(p["alpha"] + p["gamma"] * share + p["beta"], abs=1e-4)


def test_expected_variance_returns_to_its_level_at_the_pace_of_the_persistence(mark: GarchFit) -> None:
    ahead = mark.forecast(40)

    level = mark.unconditional_volatility**2
    gap = (ahead.variance - level).to_numpy()
    assert gap[1:] / gap[:-1] == pytest.approx(np.full(39, mark.persistence), rel=1e-6)
    assert ahead.variance.index.to_list() == list(range(1, 41))
    assert ahead.volatility.to_numpy() ** 2 == pytest.approx(ahead.variance.to_numpy(), rel=1e-12)
    frame = ahead.to_frame()
    assert frame["summed_volatility"].iloc[-1] == pytest.approx(math.sqrt(ahead.variance.sum()), rel=1e-12)


@pytest.mark.parametrize(
    ("model", "errors"), [("garch", "normal"), ("gjr", "skewt"), ("egarch", "t"), ("figarch", "normal")]
)
def test_simulated_returns_have_the_mean_and_the_variance_of_the_forecast(model, errors, stocks: pd.Series) -> None:
    fit = fit_garch(stocks, model, errors)

    ahead = fit.forecast(5, simulations=10_000, seed=1)

    assert ahead.paths is not None
    assert ahead.paths.shape == (10_000, 5)
    assert ahead.paths.var(axis=0) == pytest.approx(ahead.variance.to_numpy(), rel=0.1)
    assert ahead.paths.mean(axis=0) == pytest.approx(np.full(5, ahead.mean), abs=0.08)
    again = fit.forecast(5, simulations=10_000, seed=1)
    assert np.array_equal(ahead.paths, again.paths)
    assert not np.array_equal(ahead.paths, fit.forecast(5, simulations=10_000, seed=2).paths)


def test_intervals_and_probabilities_come_from_the_summed_paths(mark: GarchFit) -> None:
    ahead = mark.forecast(3, simulations=5_000, seed=4)
    sums = ahead.paths.cumsum(axis=1)

    interval = ahead.interval(0.8)
    assert interval.loc[3].to_list() == pytest.approx(np.quantile(sums[:, 2], [0.1, 0.5, 0.9]).tolist(), abs=1e-12)
    assert ahead.probability(-0.5).to_list() == pytest.approx(
        [(sums[:, n] <= -0.5).mean() for n in range(3)], abs=1e-12
    )
    # One step ahead the quantile of a normal is known.
    exact = mark.parameters["mu"] + 1.2815515655446004 * ahead.volatility.loc[1]
    assert interval.loc[1, "upper"] == pytest.approx(exact, abs=0.02)
    assert "5000 paths, seed 4" in ahead.summary()
    assert "from row 1973" in ahead.summary()


def test_a_forecast_of_dated_returns_names_their_last_day(stocks: pd.Series) -> None:
    assert "from 2018-12-31" in fit_garch(stocks, mean="zero").forecast(2).summary()


def test_an_integrated_model_has_no_long_run_level() -> None:
    fit = fit_garch(mark_pound(), errors="t")

    assert fit.persistence == pytest.approx(1, abs=1e-6)
    assert math.isinf(fit.half_life)
    assert math.isnan(fit.unconditional_volatility)
    assert "long-run" not in fit.summary()
    assert "half-life" not in fit.summary()


def test_long_memory_has_no_rate() -> None:
    fit = fit_garch(mark_pound(), "figarch")

    assert 0 < fit.parameters["d"] < 1
    assert math.isnan(fit.persistence)
    assert math.isnan(fit.half_life)
    assert "persistence" not in fit.summary()


def test_models_are_ranked_by_bic_and_bitcoin_wants_heavy_tails() -> None:
    close = load("crypto_daily")["close"].xs("BTC", level="asset").dropna()
    returns = np.log(close).diff().dropna()

    table = compare_garch(returns, ("garch", "egarch"), ("normal", "t"))

    assert len(table) == 4
    assert table["bic"].is_monotonic_increasing
    assert table["converged"].all()
    assert table["errors"].iloc[:2].to_list() == ["t", "t"]
    assert table["bic"].to_list() == pytest.approx(
        (table["parameters"] * math.log(len(returns)) - 2 * table["loglikelihood"]).to_list(), abs=1e-9
    )


def test_a_fit_that_stops_early_is_refused_or_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ITERATIONS", 2)

    with pytest.raises(RuntimeError, match=r"gjr with t errors did not converge on 1974 returns \(flag 9\); try"):
        fit_garch(mark_pound(), "gjr", "t")
    fit = fit_garch(mark_pound(), "gjr", "t", allow_unconverged=True)
    assert not fit.converged
    assert "did not converge: do not use these numbers" in fit.summary()
    table = compare_garch(mark_pound(), ["garch"], ["t"])
    assert not table["converged"].any()
    assert table[["bic", "persistence", "loglikelihood"]].isna().all(axis=None)


def test_an_optimum_worse_than_a_constant_variance_is_none() -> None:
    # Perfect alternation: the exponential model runs away, and the optimiser calls that success.
    fit = fit_garch(np.tile([1.0, -1.0], 100), "egarch", allow_unconverged=True)

    constant = -100 * (math.log(2 * math.pi) + 1)
    assert fit.converged == (fit.loglikelihood > constant - 1)


def test_no_warning_leaves_and_the_filters_stay_as_they_were() -> None:
    before = list(warnings.filters)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit_garch(mark_pound() / 1000)
    assert not caught
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("returns", "options", "message"),
    [
        (np.ones(150), {}, r"the returns do not move \(all 1\)"),
        (np.ones(99), {}, "returns has 99 observations; at least 100 are needed"),
        (np.append(mark_pound(), np.nan), {}, "returns is missing at row 1974"),
        (mark_pound() * 1e-150, {}, "out of range; change their unit"),
        (mark_pound(), {"model": "arch"}, "unknown model 'arch'; expected garch, gjr, egarch, figarch"),
        (mark_pound(), {"errors": "ged"}, "unknown errors 'ged'; expected normal, t, skewt"),
        (mark_pound(), {"mean": "ar"}, "unknown mean 'ar'; expected constant, zero"),
        (mark_pound(), {"backcast": 0}, "backcast must be a positive variance, got 0"),
    ],
)
def test_returns_without_a_volatility_are_refused(returns, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_garch(returns, **options)


def test_forecasts_that_cannot_be_made_are_refused(mark: GarchFit) -> None:
    with pytest.raises(ValueError, match="horizon must be at least 1"):
        mark.forecast(0)
    with pytest.raises(ValueError, match="egarch has no formula beyond one step; pass simulations"):
        fit_garch(mark_pound(), "egarch").forecast(2)
    for ask in (lambda ahead: ahead.interval(), lambda ahead: ahead.probability(0)):
        with pytest.raises(ValueError, match="no simulated paths"):
            ask(mark.forecast(2))
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        mark.forecast(2, simulations=10).interval(2)
    with pytest.raises(ValueError, match="nothing to compare"):
        compare_garch(mark_pound(), [])
