"""The band of a dynamic correlation: it knows its noise, repeats itself, and holds a truth it was made from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation import fit_dcc
from selloff.correlation.dynamic_band import dynamic_band


def pair(rows: int = 500, seed: int = 0) -> pd.DataFrame:
    z, noise = np.random.default_rng(seed).standard_normal((2, rows))
    path = 0.5 * np.sin(np.arange(rows) / 50)
    frame = pd.DataFrame({"a": z, "b": path * z + np.sqrt(1 - path**2) * noise})
    return frame.set_axis(pd.bdate_range("2023-01-02", periods=rows))


@pytest.fixture(scope="module")
def fit():
    return fit_dcc(pair())


def test_the_estimate_is_the_path_of_the_fit_and_the_band_lies_around_most_of_it(fit) -> None:
    band = dynamic_band(fit, "a", "b", replications=40)

    pd.testing.assert_series_equal(band["estimate"], fit.pair("a", "b"), check_names=False)
    inside = (band["lower"] <= band["estimate"]) & (band["estimate"] <= band["upper"])
    assert inside.mean() > 0.9
    assert ((band[["lower", "upper"]].abs() <= 1).all()).all()


def test_the_same_seed_gives_the_same_band_and_another_one_does_not(fit) -> None:
    first, again, other = (dynamic_band(fit, "a", "b", replications=20, seed=seed) for seed in (1, 1, 2))

    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert not first["lower"].equals(other["lower"])


def test_a_wider_level_gives_a_wider_band(fit) -> None:
    narrow, wide = (dynamic_band(fit, "a", "b", level, replications=40) for level in (0.5, 0.95))

    assert ((wide["upper"] - wide["lower"]) >= (narrow["upper"] - narrow["lower"])).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"level": 0.0}, "level must lie between 0 and 1"), ({"replications": 5}, "5 samples are too few")],
)
def test_settings_that_make_no_sense_are_refused(fit, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dynamic_band(fit, "a", "b", **settings)
