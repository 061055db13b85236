"""Dynamic correlation: fits that find the truth, say what they do not know, and filters without hindsight."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from selloff.correlation import dynamic
from selloff.correlation.dynamic import dcc_filter, fit_dcc
from selloff.correlation.likelihood import CorrelationStage
from selloff.inference.garch import garch11, garch_variance
from selloff.inference.search import Found
from selloff.validation.dynamic import simulate_dcc, slow_filter, slow_loglikelihood


def table(length: int = 1000, seed: int = 0, kind="dcc") -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=length)
    return pd.DataFrame(simulate_dcc(length, kind, seed=seed)[0], index=days, columns=["btc", "spx"])


@pytest.mark.parametrize("kind", ["dcc", "cdcc"])
def test_the_parts_of_a_fit_belong_together(kind) -> None:
    returns = table(kind=kind)
    fit = fit_dcc(returns, kind)
    z = fit.residuals.to_numpy()
    alone = [garch11(returns[name], mean="constant") for name in returns]

    assert fit.converged
    assert fit.garch["alpha"].tolist() == [each.alpha for each in alone]
    assert fit.volatility["spx"].to_numpy() == pytest.approx(np.sqrt(alone[1].variance))
    assert (z * fit.volatility + fit.garch["mean"]).to_numpy() == pytest.approx(returns.to_numpy(), abs=1e-12)
    path = slow_filter(z, fit.qbar, fit.alpha, fit.beta, kind)
    assert fit.correlation == pytest.approx(path, abs=1e-12)
    assert fit.loglikelihood == pytest.approx(slow_loglikelihood(z, path), abs=1e-9)
    constant = np.broadcast_to(slow_filter(z[:1], z.T @ z / len(z), 0, 0)[0], path.shape)
    assert fit.constant_loglikelihood == pytest.approx(slow_loglikelihood(z, constant), abs=1e-9)
    assert dcc_filter(fit.residuals, fit.qbar, fit.alpha, fit.beta, kind) == pytest.approx(fit.correlation, abs=1e-12)


@pytest.mark.parametrize("kind", ["dcc", "cdcc"])
def test_no_neighbour_of_the_optimum_is_more_likely(kind) -> None:
    fit = fit_dcc(table(1500, 1), kind)
    stage = CorrelationStage(np.ascontiguousarray(fit.residuals.to_numpy().T), kind)

    for step in ((1e-3, 0), (-1e-3, 0), (0, 2e-3), (0, -2e-3)):
        assert stage.likelihood(fit.alpha + step[0], fit.beta + step[1]) < fit.loglikelihood


def test_known_parameters_are_found_and_their_errors_are_as_large_as_they_say() -> None:
    fits = [fit_dcc(simulate_dcc(2000, seed=seed)[0]) for seed in range(30)]
    alpha, beta = (np.array([getattr(fit, name) for fit in fits]) for name in ("alpha", "beta"))

    assert alpha.mean() == pytest.approx(0.04, abs=0.006)
    assert beta.mean() == pytest.approx(0.93, abs=0.025)
    assert np.mean([fit.alpha_se for fit in fits]) == pytest.approx(alpha.std(), rel=0.35)
    assert np.mean(np.abs(alpha - 0.04) < 1.96 * np.array([fit.alpha_se for fit in fits])) >= 0.85


def test_the_standard_errors_are_the_sandwich_of_two_steps_taken_numerically() -> None:
    returns = table(800, 3)
    values = returns.to_numpy()
    fit = fit_dcc(returns)
    rows = [fit.garch.loc[name, ["omega", "alpha", "beta", "mean"]].to_numpy(float) for name in returns]
    theta = np.concatenate([*rows, [fit.alpha, fit.beta]])
    assert theta.min(where=np.arange(10) % 4 != 3, initial=1) > 0.005

    def variances(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        e = values - at[[3, 7]]
        own = at[:8].reshape(2, 4)
        paths = [garch_variance(e[:, i], *own[i, :3], start=values[:, i].var()) for i in (0, 1)]
        return e, np.stack(paths, axis=1)

    def first(at: np.ndarray) -> np.ndarray:
        e, h = variances(at)
        return -(np.log(h) + e**2 / h) / 2

    def second(at: np.ndarray) -> np.ndarray:
        e, h = variances(at)
        z = e / np.sqrt(h)
        r = dcc_filter(z, z.T @ z / len(z), at[8], at[9])[:, 0, 1]
        square = ((z**2).sum(axis=1) - 2 * r * z[:, 0] * z[:, 1]) / (1 - r**2)
        return -(np.log(1 - r**2) + square) / 2

    def slopes(call) -> np.ndarray:
        steps = np.diag(np.maximum(np.abs(theta), 0.01) * 1e-4)
        return np.stack([(call(theta + h) - call(theta - h)) / (2 * h.sum()) for h in steps])

    def curvature(places: range) -> np.ndarray:
        def gradient(at: np.ndarray) -> np.ndarray:
            steps = np.eye(10)[list(places)] * 1e-5
            return np.array([(second(at + h).sum() - second(at - h).sum()) / 2e-5 for h in steps])

        return slopes(gradient).T

    scores = np.zeros((10, 800))
    bread = np.zeros((10, 10))
    h = variances(theta)[1]
    for i in (0, 1):
        block = slice(4 * i, 4 * i + 4)
        scores[block] = slopes(lambda at, i=i: first(at)[:, i])[block]
        # The expected second derivatives of a normal likelihood: variance and mean each have their share.
        relative = slopes(lambda at, i=i: variances(at)[1][:, i])[block] / h[:, i]
        bread[block, block] = -relative @ relative.T / 2
        bread[4 * i + 3, 4 * i + 3] -= np.sum(1 / h[:, i])
    scores[8:] = slopes(second)[8:]
    bread[8:] = curvature(range(8, 10))
    spread = np.linalg.solve(bread, scores)

    assert [fit.alpha_se, fit.beta_se] == pytest.approx(np.sqrt((spread[8:] ** 2).sum(axis=1)), rel=2e-3)


def test_a_constant_correlation_is_called_constant_and_beta_not_identified() -> None:
    found = [fit_dcc(np.random.default_rng(seed).standard_normal((500, 2))) for seed in range(12)]
    flat = [fit for fit in found if fit.alpha == 0]

    assert all(fit.converged for fit in found)
    assert flat
    for fit in flat:
        assert (fit.beta, math.isnan(fit.beta_se)) == (0, True)
        assert np.ptp(fit.correlation[:, 0, 1]) == pytest.approx(0, abs=1e-12)
        assert "beta is not identified" in fit.summary()
    for fit in found:
        if fit.alpha > 0:
            assert "may be chance" in fit.note


def test_the_future_leaves_a_filtered_path_alone() -> None:
    z = np.random.default_rng(3).standard_normal((300, 3))
    changed = z.copy()
    changed[200:] *= 5
    for kind in ("dcc", "cdcc"):
        before, after = (dcc_filter(each, np.eye(3), 0.05, 0.9, kind) for each in (z, changed))

        assert (before[:201] == after[:201]).all()
        assert not np.allclose(before[201:], after[201:])


def test_labels_reach_every_table() -> None:
    returns = table(300)
    returns["gold"] = np.random.default_rng(4).standard_normal(300)
    fit = fit_dcc(returns)
    frame = fit.to_frame()

    assert list(frame.columns) == [("btc", "spx"), ("btc", "gold"), ("spx", "gold")]
    assert frame.index.equals(returns.index)
    assert fit.pair("gold", "btc").tolist() == frame["btc", "gold"].tolist()
    assert list(fit.garch.index) == ["btc", "spx", "gold"]
    assert "mean correlation" in fit.summary()
    with pytest.raises(ValueError, match="no series 'eth'; there are btc, spx, gold"):
        fit.pair("btc", "eth")


def test_units_and_order_of_the_series_do_not_matter() -> None:
    returns = table(800, 5)
    fit, other = fit_dcc(returns), fit_dcc(returns[["spx", "btc"]] * 1e-4)

    assert (other.alpha, other.beta) == pytest.approx((fit.alpha, fit.beta), rel=1e-5)
    assert other.pair("btc", "spx").to_numpy() == pytest.approx(fit.pair("btc", "spx").to_numpy(), abs=1e-6)
    assert (other.alpha_se, other.beta_se) == pytest.approx((fit.alpha_se, fit.beta_se), rel=1e-3)


def test_many_series_give_proper_correlation_matrices() -> None:
    rng = np.random.default_rng(6)
    fit = fit_dcc(rng.standard_t(5, (400, 1)) + rng.standard_t(5, (400, 12)))

    assert np.linalg.eigvalsh(fit.correlation).min() > 0
    assert (np.abs(fit.correlation) <= 1).all()
    assert (np.einsum("tii->ti", fit.correlation) == 1).all()
    assert (fit.correlation == fit.correlation.transpose(0, 2, 1)).all()


def test_a_mean_of_zero_is_left_alone() -> None:
    assert (fit_dcc(table(200), mean="zero").garch["mean"] == 0).all()


@settings(max_examples=30, deadline=None)
@given(
    arrays.arrays(float, (40, 3), elements=st.floats(-1e3, 1e3)),
    st.floats(0, 0.99),
    st.floats(0, 0.99),
    st.sampled_from(["dcc", "cdcc"]),
)
def test_nothing_leaves_the_range_of_a_correlation(z, alpha: float, share: float, kind) -> None:
    path = dcc_filter(z, np.full((3, 3), 0.5) + np.eye(3) / 2, alpha, share * (0.999 - alpha), kind)

    assert np.isfinite(path).all()
    assert (np.abs(path) <= 1).all()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda r: r, {"kind": "adcc"}, "unknown kind 'adcc'; expected dcc or cdcc"),
        (lambda r: r, {"mean": "ar"}, "unknown mean 'ar'; expected zero or constant"),
        (lambda r: r[:49], {}, "returns has 49 observations; at least 50 are needed"),
        (lambda r: r[["btc"]], {}, "returns has 1 series; at least 2 are needed"),
        (lambda r: r.assign(flat=0.1), {}, r"returns\['flat'\] is flat at 0.1; drop the series"),
        (lambda r: r.assign(sum=r["btc"] * 2), {}, "linearly dependent .*'btc'"),
        (lambda r: r.mask(r == r.iloc[5]), {}, "is missing at 2020-01-06"),
        (lambda r: r[::-1], {}, "unsorted dates"),
    ],
)
def test_returns_that_cannot_be_fitted_are_refused(change, options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_dcc(change(table(100)), **options)


def test_a_result_too_large_for_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamic, "_LARGEST", 399)

    with pytest.raises(ValueError, match="100 correlation matrices of 2 series would take 0 GiB; take fewer series"):
        fit_dcc(table(100))


def test_a_garch_that_does_not_converge_stops_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    from selloff.inference import garch

    monkeypatch.setattr(garch, "minimise", lambda target, start, *rest: Found(start, 9.0, False))

    with pytest.raises(RuntimeError, match=r"the GARCH\(1,1\) of returns\['btc'\] did not converge; look for"):
        fit_dcc(table(100))


def test_a_correlation_stage_that_does_not_converge_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamic, "minimise", lambda target, start, *rest: Found(start, -9.0, False))
    fit = fit_dcc(table(100))

    assert not fit.converged
    assert "DID NOT CONVERGE" in fit.summary()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(2), 0.5, 0.6), "alpha 0.5 and beta 0.6 must not be negative and sum to less than 1"),
        ((np.eye(2), -0.1, 0.6), "alpha -0.1"),
        ((np.eye(2), math.nan, 0.6), "alpha nan"),
        ((np.eye(3), 0.1, 0.6), r"qbar has shape \(3, 3\); 2 series need \(2, 2\)"),
        ((np.array([[1, 0.5], [0.1, 1]]), 0.1, 0.6), "symmetric and positive definite"),
        ((np.ones((2, 2)), 0.1, 0.6), "symmetric and positive definite"),
        ((np.eye(2), 0.1, 0.6, "adcc"), "unknown kind 'adcc'"),
    ],
)
def test_parameters_without_a_path_are_refused(arguments, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dcc_filter(np.ones((5, 2)), *arguments)
