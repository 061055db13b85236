"""Many assets on bad days: pairs one by one, closed forms, and baskets that save what arithmetic says."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation import diversification, exceedance_correlation, mean_exceedance


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    values = rng.standard_normal((800, 1)) + rng.standard_normal((800, 4))
    return pd.DataFrame(values, index=pd.date_range("2022-01-01", periods=800), columns=list("abcd"))


def test_the_mean_is_that_of_the_pairs_one_by_one(panel) -> None:
    tables = [
        exceedance_correlation(panel[i], panel[j], (0.2, 0.5), replications=19).table
        for i, j in combinations("abcd", 2)
    ]

    result = mean_exceedance(panel, (0.2, 0.5), replications=19)

    for side in ("lower", "upper", "normal"):
        expected = np.mean([table[side] for table in tables], axis=0)
        assert result.table[side].to_numpy() == pytest.approx(expected, abs=1e-12)
    assert result.table["lower_n"].to_list() == np.min([table["lower_n"] for table in tables], axis=0).tolist()
    assert result.pairs == 6
    assert (result.table["lower_low"] <= result.table["lower"]).all()
    assert (result.table["lower"] <= result.table["lower_high"]).all()


def test_one_pair_with_few_days_leaves_the_mean_empty(panel) -> None:
    opposed = panel.assign(d=-panel["a"] + 0.1 * panel["d"])

    table = mean_exceedance(opposed, (0.1, 0.5), replications=19).table

    assert np.isnan(table["lower"].iloc[0])
    assert np.isnan(table["lower_low"].iloc[0])
    assert table["lower_n"].iloc[0] < 20


def test_coins_that_fall_together_and_rise_alone_show_it() -> None:
    rng = np.random.default_rng(8)
    common = -np.abs(rng.standard_normal((900, 1)))
    alone = rng.standard_normal((900, 4))
    values = np.where(rng.random((900, 1)) < 0.3, 3 * common + 0.2 * alone, alone)

    table = mean_exceedance(values, (0.3,), replications=19).table

    assert table["lower"].iloc[0] > 0.8
    assert table["upper"].iloc[0] < 0.2


def test_equal_independent_assets_save_what_the_square_root_says() -> None:
    values = np.random.default_rng(9).standard_normal((40_000, 9))

    result = diversification(values, replications=19)

    assert result.settings["whole"] == pytest.approx(1 - 1 / 3, abs=0.01)
    assert result.settings["tail"] == pytest.approx(1 - 1 / 3, abs=0.02)


def test_waves_that_hit_all_alike_leave_no_difference() -> None:
    rng = np.random.default_rng(10)
    scale = 1 / np.sqrt(rng.chisquare(4, (20_000, 1)) / 4)
    values = scale * (rng.standard_normal((20_000, 1)) + rng.standard_normal((20_000, 5)))

    result = diversification(values, replications=99)

    assert abs(result.estimate) < 3 * result.se
    assert abs(result.estimate) < 0.02


def test_crashes_in_common_take_the_saving_away_on_worst_days() -> None:
    rng = np.random.default_rng(11)
    values = rng.standard_normal((2000, 6))
    values[rng.random(2000) < 0.05] -= 4

    result = diversification(values, replications=99)

    assert result.settings["tail"] < result.settings["whole"] - 0.1
    assert result.pvalue < 0.01


def test_the_worst_days_are_counted_by_hand() -> None:
    values = np.zeros((200, 2))
    values[:10, 0], values[5:15, 1] = -1.0, -2.0
    values[100:, :] += np.linspace(0, 0.1, 100)[:, None]
    basket = values.mean(axis=1)
    worst = [np.sort(column - column.mean())[:10].mean() for column in (values[:, 0], values[:, 1], basket)]

    result = diversification(values, 0.05, replications=19, block=5)

    assert result.settings["tail"] == pytest.approx(1 - worst[2] / ((worst[0] + worst[1]) / 2))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((300, 2), np.nan), "no value at all"),
        (np.column_stack([np.zeros(300), np.arange(300.0)]), "flat"),
        (np.arange(300.0)[:, None], "at least 2 are needed"),
    ],
)
def test_a_panel_that_answers_nothing_is_refused(values: np.ndarray, message: str) -> None:
    for ask in (mean_exceedance, diversification):
        with pytest.raises(ValueError, match=message):
            ask(values)


def test_too_few_worst_days_are_refused(panel) -> None:
    with pytest.raises(ValueError, match=r"leaves 8\.0 worst days"):
        diversification(panel, 0.01)
