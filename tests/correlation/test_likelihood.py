"""The correlation stage: against loops over the days, and its derivatives against small steps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from selloff.correlation import likelihood
from selloff.correlation.likelihood import CorrelationStage
from selloff.validation.dynamic import slow_filter, slow_loglikelihood

ALPHA, BETA = 0.07, 0.85
GIVEN = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.3], [0.3, 0.3, 1.0]])


def shocks(count: int, length: int = 60) -> np.ndarray:
    factor = np.linalg.cholesky(GIVEN[:count, :count])
    return np.ascontiguousarray(factor @ np.random.default_rng(count).standard_normal((count, length)))


MODELS = list(itertools.product((2, 3), ("dcc", "cdcc"), (False, True)))


def stage(count: int, kind, given: bool, z: np.ndarray | None = None) -> CorrelationStage:
    return CorrelationStage(shocks(count) if z is None else z, kind, GIVEN[:count, :count] if given else None)


@pytest.mark.parametrize(("count", "kind", "given"), MODELS)
def test_matrices_and_likelihood_are_those_of_a_loop(count: int, kind, given: bool) -> None:
    model = stage(count, kind, given)
    path = slow_filter(model.z.T, model.target(ALPHA, BETA), ALPHA, BETA, kind)

    assert model.correlations(ALPHA, BETA) == pytest.approx(path, abs=1e-13)
    assert model.likelihood(ALPHA, BETA) == pytest.approx(slow_loglikelihood(model.z.T, path), abs=1e-11)
    assert model.scores(ALPHA, BETA)[0] == pytest.approx(model.likelihood(ALPHA, BETA), abs=1e-11)


@pytest.mark.parametrize(("count", "kind", "given"), MODELS)
def test_scores_and_adjoint_are_the_slopes_of_small_steps(count: int, kind, given: bool) -> None:
    model = stage(count, kind, given)
    step = 1e-5

    def slope(call) -> float:
        return (call(step) - call(-step)) / (2 * step)

    by_alpha = slope(lambda h: model.likelihood(ALPHA + h, BETA))
    by_beta = slope(lambda h: model.likelihood(ALPHA, BETA + h))
    parameters, by_z = model.adjoint(ALPHA, BETA)
    for place in itertools.product(range(count), (0, 1, 30, 58, 59)):
        nudge = np.zeros_like(model.z)
        nudge[place] = 1
        numeric = slope(lambda h, nudge=nudge: stage(count, kind, given, model.z + h * nudge).likelihood(ALPHA, BETA))
        assert by_z[place] == pytest.approx(numeric, abs=1e-7)
    assert model.scores(ALPHA, BETA)[1].sum(axis=1) == pytest.approx([by_alpha, by_beta], abs=2e-6)
    assert parameters == pytest.approx([by_alpha, by_beta], abs=2e-6)


@pytest.mark.parametrize("kind", ["dcc", "cdcc"])
def test_a_days_score_is_the_slope_of_that_days_likelihood(kind) -> None:
    z = shocks(2)
    model = CorrelationStage(z, kind, GIVEN[:2, :2])
    scores = model.scores(ALPHA, BETA)[1]

    def day(t: int, alpha: float) -> float:
        ends = [CorrelationStage(np.ascontiguousarray(z[:, :stop]), kind, GIVEN[:2, :2]) for stop in (t, t + 1)]
        return ends[1].likelihood(alpha, BETA) - ends[0].likelihood(alpha, BETA)

    for t in (1, 20, 59):
        assert scores[0, t] == pytest.approx((day(t, ALPHA + 1e-5) - day(t, ALPHA - 1e-5)) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("kind", ["dcc", "cdcc"])
def test_time_blocks_change_nothing(kind, monkeypatch: pytest.MonkeyPatch) -> None:
    z = np.random.default_rng(5).standard_normal((3, 1000))
    whole = CorrelationStage(z, kind)
    expected = whole.correlations(ALPHA, BETA), *whole.scores(ALPHA, BETA), *whole.adjoint(ALPHA, BETA)
    monkeypatch.setattr(likelihood, "_BLOCK", 1)
    parts = CorrelationStage(z, kind)
    found = parts.correlations(ALPHA, BETA), *parts.scores(ALPHA, BETA), *parts.adjoint(ALPHA, BETA)

    for ours, other in zip(found, expected, strict=True):
        assert ours == pytest.approx(other, abs=1e-9)


def test_aiellis_target_is_the_average_of_what_it_targets() -> None:
    model = stage(3, "cdcc", False)
    target = model.target(ALPHA, BETA)
    path, q = [], np.ones(3)
    for z in model.z.T:
        path.append(np.sqrt(q) * z)
        q = (1 - ALPHA - BETA) + (ALPHA * z**2 + BETA) * q

    second = np.array(path).T @ np.array(path)
    scale = np.sqrt(np.diag(second))
    assert target == pytest.approx(second / np.outer(scale, scale), abs=1e-13)


def test_a_shock_of_zero_does_no_harm() -> None:
    z = shocks(2)
    z[:, 10] = 0
    z[0, 20] = 0
    for kind in ("dcc", "cdcc"):
        assert np.isfinite(CorrelationStage(z, kind).adjoint(ALPHA, BETA)[1]).all()
