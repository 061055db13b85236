"""Exceedance correlations of waves: above the normal curve where sizes are common, near it where they are not."""

from __future__ import annotations

import numpy as np
import pytest

from selloff.correlation import exceedance_correlation, normal_exceedance, wave_exceedance
from selloff.validation.designs import simulate_pair

SHARES = (0.1, 0.3, 0.5)


def test_normal_data_give_the_normal_curve() -> None:
    x, y = simulate_pair("normal", 1500, 0.5, seed=1)[0].T
    r = float(np.corrcoef(x, y)[0, 1])

    table = wave_exceedance(x, y, SHARES, replications=99)

    assert table["mean"].to_numpy() == pytest.approx(normal_exceedance(r, SHARES), abs=0.04)
    assert (table["low"] < table["mean"]).all()
    assert (table["mean"] < table["high"]).all()


def test_common_waves_lift_the_curve_though_the_correlation_is_constant() -> None:
    x, y = simulate_pair("crypto", 1500, 0.4, seed=2)[0].T

    table = wave_exceedance(x, y, SHARES, replications=99)

    assert (table["mean"] > normal_exceedance(0.4, SHARES) + 0.05).all()


def test_samples_without_a_change_mostly_lie_inside() -> None:
    x, y = simulate_pair("garch_t5", 1200, 0.4, seed=3)[0].T
    table = wave_exceedance(x, y, SHARES, replications=99)
    others = simulate_pair("garch_t5", 1200, 0.4, seed=4, replications=30)

    lower = np.array([exceedance_correlation(*other.T, SHARES, replications=19).table["lower"] for other in others])

    inside = (lower >= table["low"].to_numpy()) & (lower <= table["high"].to_numpy())
    assert inside.mean() > 0.85


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantiles": (0.5, 0.1)}, "must ascend"),
        ({"level": 1.0}, "level must lie between 0 and 1"),
        ({"replications": 5}, "at least 19 replications"),
    ],
)
def test_a_setting_out_of_range_is_refused(change: dict, message: str) -> None:
    x, y = simulate_pair("normal", 200, 0.5)[0].T
    with pytest.raises(ValueError, match=message):
        wave_exceedance(x, y, **change)
