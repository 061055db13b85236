"""The GARCH(1,1): against loops, against arch, and on series that have no waves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from selloff.inference.garch import garch11, garch_slopes, garch_variance


def waves(length: int, seed: int = 0, alpha: float = 0.1, beta: float = 0.85, freedom: float | None = None):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal(length)
    if freedom is not None:
        z = rng.standard_t(freedom, length) * math.sqrt((freedom - 2) / freedom)
    e, variance = np.empty(length), 1.0
    for t in range(length):
        e[t] = math.sqrt(variance) * z[t]
        variance = 1 - alpha - beta + alpha * e[t] ** 2 + beta * variance
    return e


def loop(e: np.ndarray, omega: float, alpha: float, beta: float, start: float) -> np.ndarray:
    variance, square, out = start, start, []
    for shock in e:
        variance = omega + alpha * square + beta * variance
        square = shock**2
        out.append(variance)
    return np.array(out)


@pytest.mark.parametrize("mean", ["zero", "constant"])
@pytest.mark.parametrize("errors", ["normal", "t"])
def test_the_fit_is_the_one_of_arch(errors: str, mean: str) -> None:
    from arch import arch_model

    e = 3 * waves(1500, 1, freedom=6) + 0.2
    spread = np.mean((e - (e.mean() if mean == "constant" else 0)) ** 2)
    model = arch_model(e, mean=mean.capitalize(), dist=errors, rescale=False)
    other = model.fit(backcast=spread, disp="off", options={"ftol": 1e-13})

    fit = garch11(e, errors, mean)

    ours = [fit.mean] * (mean == "constant") + [fit.omega, fit.alpha, fit.beta]
    assert fit.converged
    assert ours == pytest.approx(np.asarray(other.params)[: len(ours)], rel=2e-3, abs=2e-5)
    assert fit.loglikelihood == pytest.approx(other.loglikelihood, abs=1e-5)
    assert fit.loglikelihood >= other.loglikelihood - 1e-7


def test_the_path_and_the_likelihood_are_those_of_a_loop() -> None:
    e = 0.02 * waves(800, 2, freedom=5)
    for errors in ("normal", "t"):
        fit = garch11(e, errors)
        variance = loop(e, fit.omega, fit.alpha, fit.beta, np.mean(e**2))
        scale = np.sqrt(variance)
        if fit.freedom is None:
            density = norm.logpdf(e, scale=scale)
        else:
            density = student.logpdf(e, fit.freedom, scale=scale * math.sqrt((fit.freedom - 2) / fit.freedom))

        assert fit.variance == pytest.approx(variance, rel=1e-10)
        assert fit.residuals == pytest.approx(e / scale, rel=1e-10)
        assert fit.loglikelihood == pytest.approx(density.sum(), rel=1e-10)
        assert garch_variance(e, fit.omega, fit.alpha, fit.beta) == pytest.approx(variance, rel=1e-10)


def test_no_neighbour_is_more_likely() -> None:
    e = waves(1200, 3)
    fit = garch11(e)
    best = np.array([fit.omega, fit.alpha, fit.beta])

    def likelihood(parameters: np.ndarray) -> float:
        return float(norm.logpdf(e, scale=np.sqrt(garch_variance(e, *parameters))).sum())

    top = likelihood(best)
    for place in range(3):
        for step in (-1e-3, 1e-3):
            moved = best.copy()
            moved[place] *= 1 + step
            assert likelihood(moved) < top


def test_the_unit_of_the_returns_does_not_matter() -> None:
    e = waves(1000, 4)
    fit = garch11(e, mean="constant")
    for unit in (1e-8, 100.0, 1e150):
        other = garch11(e * unit, mean="constant")

        assert (other.alpha, other.beta) == pytest.approx((fit.alpha, fit.beta), rel=1e-6)
        assert other.residuals == pytest.approx(fit.residuals, rel=1e-6)
        assert other.omega / unit / unit == pytest.approx(fit.omega, rel=1e-6)


def test_known_parameters_are_found_again() -> None:
    fits = [garch11(waves(4000, seed, freedom=6), "t") for seed in range(8)]

    assert np.mean([fit.alpha for fit in fits]) == pytest.approx(0.1, abs=0.01)
    assert np.mean([fit.beta for fit in fits]) == pytest.approx(0.85, abs=0.02)
    assert np.mean([fit.freedom for fit in fits]) == pytest.approx(6, abs=0.6)


def test_the_slopes_are_those_of_small_steps() -> None:
    e = 0.01 * waves(400, 5) + 0.002
    fit = garch11(e, mean="constant")
    slopes = garch_slopes(fit)
    parameters = np.array([fit.omega, fit.alpha, fit.beta, fit.mean])

    for place, value in enumerate(parameters):
        ends = []
        for sign in (1, -1):
            moved = parameters.copy()
            moved[place] += sign * 1e-5 * abs(value)
            ends.append(loop(e - moved[3], *moved[:3], fit.start))
        numeric = (ends[0] - ends[1]) / (2e-5 * abs(value))
        assert slopes[place] == pytest.approx(numeric, rel=1e-5, abs=1e-7 * np.abs(numeric).max())


def test_a_start_variance_given_leaves_nothing_of_later_days_in_the_path() -> None:
    e = waves(300, 6)
    whole, part = (garch_variance(series, 0.05, 0.1, 0.85, start=1.0) for series in (e, e[:200]))

    assert (whole[:200] == part).all()


def test_where_alpha_is_zero_the_variance_is_constant_and_the_summary_says_so() -> None:
    # The largest squares come in turns with the smallest, so that a large one never foretells another.
    e = np.tile([1.0, 2.0, -1.0, -2.0], 100)
    for errors in ("normal", "t"):
        fit = garch11(e, errors)

        assert fit.converged
        assert (fit.alpha, fit.beta) == (0, 0)
        assert fit.variance == pytest.approx(fit.omega, rel=1e-9)
        assert "no volatility waves found" in fit.summary()
    assert garch11(e).omega == pytest.approx(2.5, rel=1e-9)


def test_the_limit_of_persistence_is_named() -> None:
    grown = np.random.default_rng(7).standard_normal(1500) * np.exp(np.linspace(0, 3, 1500))
    fit = garch11(grown)

    assert fit.persistence < 1
    assert "at the limit alpha + beta = 1" in fit.summary()


def test_a_search_that_ends_nowhere_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from selloff.inference import garch
    from selloff.inference.search import Found

    monkeypatch.setattr(garch, "minimise", lambda target, start, *rest: Found(start, 9.0, False))
    fit = garch11(waves(200))

    assert not fit.converged
    assert "DID NOT CONVERGE" in fit.summary()


def test_dates_stay_with_the_paths() -> None:
    days = pd.date_range("2024-01-01", periods=300)
    frame = garch11(pd.Series(waves(300, 8), days)).to_frame()

    assert frame.index.equals(days)
    assert list(frame.columns) == ["variance", "residual"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: value if abs(value) > 1e-6 else 0.0), min_size=20, max_size=60),
    st.sampled_from(["normal", "t"]),
    st.sampled_from(["zero", "constant"]),
)
def test_any_series_that_moves_gets_a_finite_fit(values: list[float], errors, mean) -> None:
    series = np.array(values)
    if np.ptp(series) <= 1e-12 * np.abs(series).max():
        with pytest.raises(ValueError, match="flat"):
            garch11(series, errors, mean)
        return
    fit = garch11(series, errors, mean)

    assert np.isfinite(fit.residuals).all()
    assert (fit.variance > 0).all()
    assert min(fit.omega, fit.alpha, fit.beta) >= 0
    assert fit.alpha + fit.beta < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: garch11(e, "cauchy"), "unknown errors 'cauchy'; expected normal or t"),
        (lambda e: garch11(e, mean="ar"), "unknown mean 'ar'; expected zero or constant"),
        (lambda e: garch11(e[:19]), "e has 19 observations; at least 20 are needed"),
        (lambda e: garch11(np.full(30, 0.3)), "e is flat at 0.3"),
        (lambda e: garch11(np.where(e == e[3], np.nan, e)), "e is missing at row 3"),
        (lambda e: garch_variance(e, -1.0, 0.1, 0.8), "omega is -1.0; it must be a number that is not negative"),
        (lambda e: garch_variance(e, 1.0, 0.1, math.nan), "beta is nan"),
    ],
)
def test_wrong_input_is_refused_in_one_line(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(waves(60))
