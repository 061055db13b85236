"""Wald statistics of a break: against regressions on both regimes side by side."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.correlation.wald import explains_all, wald_path, wild_maxima


def slow_statistic(table: np.ndarray, end: int, covariance: str, lags: int) -> float:
    design = np.column_stack([np.ones(len(table)), table[:, :-1]])
    size = design.shape[1]
    both = np.zeros((len(table), 2 * size))
    both[:end, :size] = design[:end]
    both[end:, size:] = design[end:]
    bread = np.linalg.inv(both.T @ both)
    coefficients = bread @ both.T @ table[:, -1]
    errors = table[:, -1] - both @ coefficients
    if covariance == "iid":
        middle = both.T @ both * (errors @ errors) / (len(table) - 2 * size)
    else:
        scores = both * errors[:, None]
        middle = scores.T @ scores
        for lag in range(1, lags + 1):
            product = scores[lag:].T @ scores[:-lag]
            middle = middle + (1 - lag / (lags + 1)) * (product + product.T)
    change = np.hstack([-np.eye(size), np.eye(size)])
    distance = change @ coefficients
    return float(distance @ np.linalg.solve(change @ bread @ middle @ bread @ change.T, distance))


def sample(length: int, regressors: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = rng.standard_t(5, (length, regressors + 1))
    table[:, -1] += table[:, :-1].sum(axis=1) * np.where(np.arange(length) < length // 2, 0.4, 0.8)
    return table


@pytest.mark.parametrize("regressors", [0, 1, 2, 4])
@pytest.mark.parametrize(("covariance", "lags"), [("iid", 0), ("hc0", 0), ("hac", 1), ("hac", 4), ("hac", 11)])
def test_each_date_has_the_statistic_of_a_regression_on_both_regimes(
    regressors: int, covariance: str, lags: int
) -> None:
    table = sample(80, regressors, 1)
    expected = [slow_statistic(table, end, covariance, lags) for end in range(12, 69)]

    assert wald_path(table, 12, covariance, lags) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("covariance", ["iid", "hc0", "hac"])
def test_units_levels_and_what_is_common_to_both_regimes_do_not_matter(covariance: str) -> None:
    table = sample(120, 1, 2)
    plain = wald_path(table, 20, covariance, 3)
    x, y = table.T

    assert wald_path(np.column_stack([1e-6 * x + 2, 1e3 * y]), 20, covariance, 3) == pytest.approx(plain, rel=1e-6)
    assert wald_path(np.column_stack([x + 1e6, y]), 20, covariance, 3) == pytest.approx(plain, rel=1e-5)
    assert wald_path(np.column_stack([x, y + 7 - 5 * x]), 20, covariance, 3) == pytest.approx(plain, rel=1e-9)
    assert wald_path(table[::-1], 20, covariance, 3)[::-1] == pytest.approx(plain, rel=1e-9)


def test_many_regressors_that_hang_together_closely_still_have_a_statistic() -> None:
    rng = np.random.default_rng(11)
    table = rng.standard_normal((400, 9))
    table[:, :-1] = np.sqrt(0.99) * rng.standard_normal((400, 1)) + 0.1 * table[:, :-1]
    expected = [slow_statistic(table, end, "hac", 3) for end in range(60, 341, 40)]

    assert wald_path(table, 60, "hac", 3)[::40] == pytest.approx(expected, rel=1e-6)


def test_a_bad_tick_leaves_the_other_regime_its_digits() -> None:
    table = sample(100, 1, 3)
    table[90, 0] = 1e8
    expected = [slow_statistic(table * [1e-8, 1], end, "hac", 2) for end in range(20, 81)]

    assert wald_path(table, 20, "hac", 2) == pytest.approx(expected, rel=1e-4)


def test_dates_that_leave_a_regime_without_a_slope_have_no_statistic() -> None:
    table = sample(100, 1, 4)
    table[:40, 0] = 3.0

    path = wald_path(table, 20, "hac", 2)

    # After 41 observations the first regime has one that differs, which its slope fits perfectly: still a slope.
    assert np.isnan(path[:21]).all()
    assert np.isfinite(path[22:]).all()


def test_a_step_without_noise_has_no_statistic_at_its_date() -> None:
    table = np.repeat([[0.0], [1.0]], 30, axis=0)

    assert np.isnan(wald_path(table, 10, "hc0", 0)[20])


def test_a_sample_too_short_for_two_regimes_has_no_date() -> None:
    assert wald_path(sample(19, 1, 5), 10, "hc0", 0).size == 0


def test_samples_with_other_signs_are_computed_all_at_once_as_one_by_one() -> None:
    table = sample(90, 2, 6)
    x, y = table[:, :-1], table[:, -1]
    design = np.column_stack([np.ones(90), x])
    errors = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    signs = np.random.default_rng(7).choice([-1.0, 1.0], (5, 90))
    expected = [wald_path(np.column_stack([x, sign * errors]), 15, "hac", 2).max() for sign in signs]

    assert wild_maxima(x, y, 15, "hac", 2, signs) == pytest.approx(expected, rel=1e-9)


def test_batches_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    table = sample(60, 1, 8)
    signs = np.random.default_rng(9).choice([-1.0, 1.0], (7, 60))
    whole = wild_maxima(table[:, :-1], table[:, -1], 10, "hc0", 0, signs)
    monkeypatch.setattr("selloff.correlation.wald._BATCH", 130)

    assert wild_maxima(table[:, :-1], table[:, -1], 10, "hc0", 0, signs) == pytest.approx(whole, rel=1e-12)


def test_a_perfect_fit_is_told_from_one_that_is_merely_good() -> None:
    table = sample(60, 1, 10)

    assert explains_all(np.column_stack([table[:, 0], 3 * table[:, 0] - 1]))
    assert explains_all(np.full((60, 1), 0.1))
    assert not explains_all(np.column_stack([table[:, 0], table[:, 0] + 1e-9 * table[:, 1]]))
