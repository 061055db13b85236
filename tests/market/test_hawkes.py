"""Self-excitation: likelihood by a slow loop, known truth, and baselines that mislead."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from selloff.market import excitation
from selloff.market.baseline import Design, constant_design, flexible_design
from selloff.market.counts import full_grid, prepare
from selloff.market.excitation import Excitation, simulate_hawkes
from selloff.market.feedback import excitation_test, refits
from selloff.market.hawkes import choose_spacing, fit_hawkes
from selloff.market.moves import large_moves

HOURS = 6000


def hourly(counts: np.ndarray, start: str = "2025-01-01") -> pd.Series:
    return pd.Series(counts, index=pd.date_range(start, periods=len(counts), freq="h", tz="UTC"))


def wave(days: float, strength: float = 1.0, length: int = HOURS) -> np.ndarray:
    level = np.exp(strength * np.sin(2 * np.pi * np.arange(length) / (24 * days)))
    return 0.06 * level / level.mean()


def slow_loglikelihood(y, known, mu, branching, halflife, family) -> float:
    """Sum over all pairs of bars; before the sample, every bar held the mean."""
    decay = 0.5 ** (1 / halflife)
    mean = sum(k * c for k, c in zip(known, y, strict=True)) / sum(known)
    total = 0.0
    for t in range(len(y)):
        intensity = mu[t] + branching * mean * decay**t
        for s in range(t):
            intensity += branching * (1 - decay) * decay ** (t - s - 1) * (y[s] if known[s] else mean)
        if not known[t]:
            continue
        if family == "poisson":
            total += y[t] * math.log(intensity) - intensity - math.lgamma(y[t] + 1)
        else:
            total += math.log(1 - math.exp(-intensity)) if y[t] else -intensity
    return total


@pytest.mark.parametrize("family", ["bernoulli", "poisson"])
@pytest.mark.parametrize("branching", [0.0, 0.4, 1.3])
def test_the_likelihood_equals_a_double_loop_over_all_pairs_of_hours(family, branching: float) -> None:
    rng = np.random.default_rng(1)
    y = rng.poisson(0.3, 150).astype(float)
    y = np.minimum(y, 1) if family == "bernoulli" else y
    known = (rng.random(150) > 0.1).astype(float)
    y = np.where(known > 0, y, y[known > 0].mean())
    mu = np.exp(rng.normal(-1.5, 0.3, 150))
    model = Excitation(y, known, constant_design(150), family, (0.25, 48))
    ours = model.loglikelihood(mu + branching * model.memory(np.log(3.7))[0])[0]

    assert ours == pytest.approx(slow_loglikelihood(y, known, mu, branching, 3.7, family), abs=1e-9)


@pytest.mark.parametrize("family", ["bernoulli", "poisson"])
def test_the_gradient_is_the_slope_of_the_likelihood(family) -> None:
    y = simulate_hawkes(500, 0.2, 0.3, 3.0, family, seed=2)
    design = flexible_design(hourly(y).index, 120, 1.0)
    model = Excitation(y, np.ones(500), design, family, (0.25, 48))
    parameters = np.array([*(np.log(0.1) * design.level + 0.1), 0.3, np.log(3)])
    gradient = model.objective(parameters)[1]

    for place in range(parameters.size):
        step = np.zeros(parameters.size)
        step[place] = 1e-5
        slope = (model.objective(parameters + step)[0] - model.objective(parameters - step)[0]) / 2e-5
        assert gradient[place] == pytest.approx(slope, abs=1e-4)


def test_at_its_half_life_the_fit_is_a_generalised_linear_model_with_identity_link() -> None:
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import DomainWarning

    y = simulate_hawkes(3000, 0.3, 0.4, 2.0, "poisson", seed=3)
    fit = fit_hawkes(y, "constant")
    decay = 0.5 ** (1 / fit.halflife_hours)
    memory = [y.mean()]
    for count in y[:-1]:
        memory.append(decay * memory[-1] + (1 - decay) * count)
    family = sm.families.Poisson(sm.families.links.Identity())
    with pytest.warns(DomainWarning, match="Identity link"):
        linear = sm.GLM(y, np.column_stack([np.ones(3000), memory]), family=family)
    reference = linear.fit(start_params=[0.3, 0.4])

    assert fit.loglikelihood == pytest.approx(reference.llf, abs=1e-3)
    assert fit.branching == pytest.approx(reference.params[1], abs=1e-3)
    assert fit.baseline.iloc[0] == pytest.approx(reference.params[0], abs=1e-3)


@pytest.mark.parametrize(("family", "branching", "halflife"), [("bernoulli", 0.5, 3.0), ("poisson", 0.25, 1.0)])
def test_the_truth_is_found_again(family, branching: float, halflife: float) -> None:
    y = simulate_hawkes(12_000, 0.06 * (1 - branching), branching, halflife, family, seed=4)
    fit = fit_hawkes(y)

    assert fit.converged
    assert not fit.at_bound
    assert fit.lower < branching < fit.upper
    assert fit.branching == pytest.approx(branching, abs=0.08)
    assert halflife / 2 < fit.halflife_hours < halflife * 2
    assert fit.baseline_share == pytest.approx(1 - branching, abs=0.1)
    assert fit.residual_check.pvalue > 0.01


def test_the_interval_ends_where_the_profile_has_fallen_by_the_quantile() -> None:
    y = simulate_hawkes(HOURS, 0.04, 0.4, 3.0, seed=5)
    fit = fit_hawkes(y, "constant")
    _, model, _ = prepare(y, "constant", math.inf, 48.0, None)
    best = model.free(model.null())

    assert best.loglikelihood == pytest.approx(fit.loglikelihood, abs=1e-6)
    for end in (fit.lower, fit.upper):
        # Half of 3.841, the 95 % point of a chi-squared with one degree of freedom.
        assert best.loglikelihood - model.held(end, best).loglikelihood == pytest.approx(1.9207, abs=0.05)


def test_a_constant_baseline_takes_a_slow_wave_for_excitation_and_a_flexible_one_does_not() -> None:
    y = simulate_hawkes(HOURS, wave(45), 0.0, seed=6)
    constant, flexible = fit_hawkes(y, "constant", max_halflife_hours=24), fit_hawkes(y)

    assert constant.lower > 0.4
    assert constant.at_bound
    assert "at a bound of the search" in constant.summary()
    assert flexible.branching < 0.1
    assert flexible.lower == 0
    assert flexible.aic < constant.aic
    assert np.corrcoef(flexible.baseline, wave(45))[0, 1] > 0.8


def test_the_hour_of_the_day_is_no_excitation() -> None:
    y = simulate_hawkes(HOURS, wave(1, strength=1.5), 0.0, seed=7)

    # Without dates the baseline knows no calendar.
    assert fit_hawkes(y).lower > 0.05
    assert fit_hawkes(hourly(y)).lower == 0


def test_waves_of_volatility_alone_look_like_excitation() -> None:
    rng = np.random.default_rng(1)
    variance, returns = 1.0, np.empty(9000)
    for t in range(9000):
        returns[t] = math.sqrt(variance) * rng.standard_t(5) * math.sqrt(3 / 5)
        variance = 0.02 + 0.1 * returns[t] ** 2 + 0.88 * variance

    assert fit_hawkes(large_moves(returns)[720:]).lower > 0.4


def test_excitation_stays_when_the_baseline_moves_too() -> None:
    y = simulate_hawkes(12_000, 0.6 * wave(90, length=12_000), 0.4, 2.0, seed=8)
    fit = fit_hawkes(y)

    assert fit.lower > 0.2
    assert fit.lower < 0.4 < fit.upper + 0.05
    assert fit_hawkes(y, "constant").branching > fit.branching + 0.1


def test_hours_left_out_are_unknown_not_empty() -> None:
    y = hourly(simulate_hawkes(3000, 0.04, 0.4, 3.0, seed=9))
    blank, dropped = y.copy(), y.drop(y.index[500:520])
    blank.iloc[500:520] = np.nan
    left, right = fit_hawkes(blank, "constant"), fit_hawkes(dropped, "constant")

    assert left.missing == right.missing == 20
    assert left.observations == 2980
    assert left.loglikelihood == right.loglikelihood
    assert right.counts.index.equals(y.index)
    assert right.residuals.iloc[500:520].isna().all()
    assert right.to_frame().shape == (3000, 4)


def test_a_fit_without_excitation_has_no_half_life_and_an_interval_from_zero() -> None:
    fit = fit_hawkes(simulate_hawkes(HOURS, 0.05, 0.0, seed=12), "constant")

    assert fit.branching == pytest.approx(0, abs=1e-3)
    assert math.isnan(fit.halflife_hours)
    assert fit.lower == 0
    assert 0 < fit.upper < 0.3
    assert fit.statistic < 2
    assert fit.loglikelihood >= fit.loglikelihood_null


def test_spacings_are_compared_and_the_best_is_taken() -> None:
    y = simulate_hawkes(HOURS, wave(45), 0.0, seed=6)
    spacing, table = choose_spacing(y)
    fit = fit_hawkes(y)

    assert table["spacing_days"].tolist() == [math.inf, 56, 28, 14, 7]
    assert spacing == table.loc[table["aic"].idxmin(), "spacing_days"] == fit.spacing_days
    assert fit.alternatives.equals(table)
    assert fit.aic == pytest.approx(table["aic"].min(), abs=1e-6)
    assert "over 5 spacings of the knots" in fit.summary()
    # Too few events for close knots: these spacings are not tried.
    assert len(choose_spacing(simulate_hawkes(HOURS, 0.012, 0.0, seed=1))[1]) == 4
    assert choose_spacing(y, "constant")[1].shape == (1, 5)


def test_a_search_that_finds_no_maximum_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excitation, "_SLOPE", -1.0)
    y = simulate_hawkes(2000, 0.04, 0.4, 3.0, seed=9)
    fit = fit_hawkes(y, "constant")

    assert not fit.converged
    assert "NOT CONVERGED" in fit.summary()
    with pytest.raises(RuntimeError, match="no maximum was found; try wider knots"):
        excitation_test(y, "constant", replications=19)
    with pytest.raises(ValueError, match="the fit did not converge"):
        refits(fit)


def test_excitation_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    there = excitation_test(simulate_hawkes(2500, 0.04, 0.5, 2.0, seed=12), "constant", replications=39)
    absent = excitation_test(simulate_hawkes(2500, wave(30, length=2500), 0.0, seed=12), replications=39)

    assert there.pvalue == pytest.approx(1 / 40)
    assert there.estimate > 0.2
    assert absent.pvalue > 0.05
    assert "half of a chi-squared would reject" in there.size_note


@pytest.mark.slow
def test_the_bootstrap_test_keeps_its_size() -> None:
    rejected = 0
    for seed in range(80):
        y = simulate_hawkes(1500, 0.05, 0.0, seed=100 + seed)
        rejected += excitation_test(y, "constant", replications=19, seed=seed).pvalue <= 0.1

    # Nominal 10 %: within two and a half standard errors of 80 samples.
    assert 0.02 <= rejected / 80 <= 0.18


def test_refits_simulate_the_fit_and_fit_it_again() -> None:
    fit = fit_hawkes(simulate_hawkes(4000, 0.04, 0.5, 6.0, seed=13), spacing_days=7)
    again = refits(fit, replications=8, seed=1)

    assert again["converged"].all()
    assert again["branching"].mean() < fit.branching + 0.05
    assert again.equals(refits(fit, replications=8, seed=1))


def test_simulated_counts_have_the_mean_and_the_dependence_of_the_model() -> None:
    y = simulate_hawkes(20_000, 0.1, 0.6, 2.0, "poisson", replications=4, seed=14)

    assert y.shape == (4, 20_000)
    assert y.mean() == pytest.approx(0.1 / 0.4, rel=0.05)
    assert np.corrcoef(y[:, 1:].ravel(), y[:, :-1].ravel())[0, 1] > 0.2
    assert (simulate_hawkes(100, 0.1, 0.6, 2.0, seed=1) == simulate_hawkes(100, 0.1, 0.6, 2.0, seed=1)).all()
    assert set(simulate_hawkes(500, 0.5, 1.8, 2.0, "bernoulli", seed=1)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "normal"}, "unknown family 'normal'; expected bernoulli, poisson"),
        ({"length": 0}, "length must be a whole number from 1, got 0"),
        ({"branching": 1.0, "family": "poisson"}, "branching 1 makes Poisson counts grow without end"),
        ({"branching": -0.1}, "branching must be a number from 0 and at most 2"),
        ({"baseline": 0.0}, "baseline must be one number above zero or 50 of them"),
        ({"baseline": np.ones(49)}, r"baseline must be one number above zero or 50 of them, got shape \(49,\)"),
        ({"halflife": 0}, "halflife must be a number above 0"),
        ({"replications": 0}, "replications must be a whole number from 1"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate_hawkes(**({"length": 50, "baseline": 0.1, "branching": 0.2} | change))


def y200() -> np.ndarray:
    return simulate_hawkes(2000, 0.1, 0.2, seed=1)


@pytest.mark.parametrize(
    ("counts", "change", "message"),
    [
        (y200(), {"baseline": "wavy"}, "unknown baseline 'wavy'; expected flexible, constant"),
        (y200(), {"family": "normal"}, "unknown family 'normal'; expected bernoulli, poisson"),
        (y200() + 0.5, {}, "counts holds 0.5; a count is a whole number"),
        (-y200(), {}, "counts holds -1; a count is a whole number, not below zero"),
        (y200()[:50], {}, "counts has 50 observations; at least 100 are needed"),
        (np.zeros(500), {}, "counts holds 0 events; at least 20 are needed: lower the threshold"),
        (y200() * 2, {"family": "bernoulli"}, "more than one event in a bar; use family='poisson'"),
        (y200(), {"spacing_days": 3}, "knots 3 days apart lie within two of the longest half-lives, 48 hours"),
        (
            y200(),
            {"spacing_days": 0.5, "max_halflife_hours": 6},
            "events for 170 knots, 3 each are needed; raise spacing_days",
        ),
        (y200(), {"max_halflife_hours": 0.1}, "max_halflife_hours must be a number above 0.25"),
        (y200(), {"level": 1.0}, "level must be a number above 0 and at most 0.999"),
        (hourly(y200()).iloc[::-1], {}, "unsorted dates"),
    ],
)
def test_counts_or_settings_that_cannot_be_fitted_are_refused(counts, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_hawkes(counts, **change)


def test_events_alone_or_bars_off_the_grid_are_no_counts() -> None:
    y = hourly(y200())
    shifted = y.copy()
    shifted.index = [*y.index[:-1], y.index[-1] + pd.Timedelta(minutes=20)]

    with pytest.raises(ValueError, match=r"bars of 1 h; give a row for every bar, without events too"):
        full_grid(y[(y == 1) | (np.arange(2000) < 2)])
    with pytest.raises(ValueError, match="lies off the grid of 1 h; resample to equal bars"):
        full_grid(shifted)


def dense(design: Design) -> np.ndarray:
    return np.column_stack([design.times(unit) for unit in np.eye(design.level.size)])


def test_splines_are_scipys_and_add_to_one_and_waves_need_four_turns() -> None:
    from scipy.interpolate import BSpline

    dates = hourly(np.zeros(500)).index
    design, few = flexible_design(dates, 100, 1.0), flexible_design(dates[:80], 100, 1.0)
    inner = np.linspace(0, 499, 6)
    knots = np.concatenate([[0] * 3, inner, [499] * 3])
    table = dense(design)

    assert table[:, :8] == pytest.approx(BSpline.design_matrix(np.arange(500.0), knots, 3).toarray(), abs=1e-14)
    assert table @ design.level == pytest.approx(np.ones(500))
    hours = np.arange(500)
    assert table[:, 8] == pytest.approx(np.cos(2 * np.pi * hours / 24), abs=1e-12)
    # Five segments make eight splines; day, 12, 8, 6 hours twice each, and the 84 and 56 hours of the week.
    assert (design.level.sum(), design.level.size) == (8, 8 + 12)
    assert (few.level.sum(), few.level.size) == (4, 4 + 6)
    assert dense(constant_design(3)).tolist() == [[1], [1], [1]]


@pytest.mark.parametrize(("length", "spacing"), [(500, 100), (497, 33), (100, math.inf), (150, 149), (60, 7.3)])
def test_products_by_blocks_are_those_of_the_whole_matrix(length: int, spacing: float) -> None:
    rng = np.random.default_rng(1)
    design = flexible_design(hourly(np.zeros(length)).index, spacing, 1.0)
    table, values = dense(design), rng.standard_normal(length)

    assert design.gather(values) == pytest.approx(table.T @ values, abs=1e-12)
    assert design.gram(values) == pytest.approx(table.T @ (values[:, None] * table), abs=1e-12)
    assert design.squares(values) == pytest.approx(np.diag(design.gram(values)), abs=1e-12)
    assert table @ design.level == pytest.approx(np.ones(length))


def test_the_correction_takes_most_of_the_bias_of_a_flexible_baseline_out() -> None:
    fits = [fit_hawkes(simulate_hawkes(HOURS, 0.035, 0.3, 3.0, seed=s), spacing_days=14) for s in range(8)]
    raw, corrected = (np.mean([getattr(fit, name) for fit in fits]) for name in ("uncorrected", "branching"))

    assert raw < corrected
    assert abs(corrected - 0.3) < 0.6 * abs(raw - 0.3)
    assert all(fit.lower <= fit.branching <= fit.upper for fit in fits)


def test_one_weight_needs_no_correction() -> None:
    fit = fit_hawkes(simulate_hawkes(2000, 0.05, 0.4, 3.0, seed=1), "constant")

    assert fit.branching == fit.uncorrected > 0
