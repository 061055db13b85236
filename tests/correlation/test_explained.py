"""How much of a move other series explain: closed forms, coverage, and nothing from after the move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.correlation.explained import explained_move


def market(rows: int = 300, seed: int = 0, noise: float = 1.0) -> tuple[pd.Series, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2024-01-01", periods=rows)
    x = pd.DataFrame(rng.standard_normal((rows, 2)), index=days, columns=["shares", "gold"])
    y = 0.1 + 2 * x["shares"] - x["gold"] + noise * rng.standard_normal(rows)
    return y, x


def test_without_noise_the_move_is_explained_to_the_last_digit() -> None:
    y, x = market(noise=0.0)
    move = explained_move(y, x, start=290, end=299, replications=99)

    assert move.actual == pytest.approx(y.iloc[290:].sum())
    assert move.explained == pytest.approx(2 * x["shares"].iloc[290:].sum() - x["gold"].iloc[290:].sum())
    assert move.drift == pytest.approx(10 * 0.1)
    assert move.unexplained == pytest.approx(0, abs=1e-9)
    assert (move.lower, move.upper) == pytest.approx((move.explained, move.explained))


def test_the_parts_are_the_least_squares_of_the_rows_before_the_move() -> None:
    y, x = market()
    move = explained_move(y, x, start=x.index[250], end=x.index[254], window=120, replications=99)

    design = np.column_stack([np.ones(120), x.iloc[130:250]])
    constant, *beta = np.linalg.lstsq(design, y.iloc[130:250].to_numpy(), rcond=None)[0]
    moves = x.iloc[250:255].sum()
    assert move.contributions["beta"].tolist() == pytest.approx(beta)
    assert move.contributions["contribution"].tolist() == pytest.approx(
        [b * m for b, m in zip(beta, moves, strict=True)]
    )
    assert move.explained == pytest.approx(move.contributions["contribution"].sum())
    assert move.drift == pytest.approx(5 * constant)
    assert (move.observations, move.horizon) == (120, 5)


def test_no_row_after_the_move_and_none_of_the_move_enters_the_coefficients() -> None:
    y, x = market()
    other = y.copy()
    other.iloc[255:] = 50.0
    inside = y.copy()
    inside.iloc[250:255] += 7.0
    plain, later, moved = (explained_move(each, x, 250, 254, replications=99) for each in (y, other, inside))

    assert (later.explained, later.lower, later.upper, later.actual) == (
        plain.explained, plain.lower, plain.upper, plain.actual,
    )  # fmt: skip
    assert moved.explained == plain.explained
    assert moved.actual == pytest.approx(plain.actual + 35)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    truth, inside, usual = 0, 0, 0
    for seed in range(120):
        y, x = market(200, seed)
        move = explained_move(y, x, 190, 194, replications=199, block=1)
        truth = 2 * x["shares"].iloc[190:195].sum() - x["gold"].iloc[190:195].sum()
        inside += move.lower <= truth <= move.upper
        usual += move.usual

    # Binomial bounds around 95 % at four standard errors.
    assert 0.87 <= inside / 120 <= 1
    assert 0.87 <= usual / 120 <= 1


def test_a_share_changes_sign_with_the_move_it_is_a_part_of() -> None:
    y, x = market()
    move = explained_move(y, x, 250, 254, replications=99)
    low, high = move.share_interval

    assert move.share == pytest.approx(move.explained / move.actual)
    assert low <= move.share <= high


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 299, "end": 250}, "no row lies between"),
        ({"window": 10}, "window 10 must be a whole number"),
        ({"start": 5, "end": 9}, "5 rows lie before the move"),
        ({"level": 1.5}, "level must lie between 0 and 1"),
        ({"replications": 9}, "9 replications place no interval"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(change: dict, message: str) -> None:
    y, x = market()

    with pytest.raises(ValueError, match=message) as caught:
        explained_move(y, x, **({"start": 250, "end": 254} | change))
    assert "\n" not in str(caught.value)


def test_series_that_repeat_one_another_are_refused() -> None:
    y, x = market()

    with pytest.raises(ValueError, match="combination of the others"):
        explained_move(y, x.assign(twice=2 * x["shares"]), 250, 254)
