"""Large moves against the quantile of what came before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from selloff.market.moves import large_moves


def returns(length: int = 400, seed: int = 1) -> pd.Series:
    hours = pd.date_range("2025-01-01", periods=length, freq="h", tz="UTC")
    return pd.Series(np.random.default_rng(seed).standard_t(4, length), index=hours)


@pytest.mark.parametrize("window", [50, None])
def test_a_move_is_large_if_it_exceeds_the_quantile_of_the_hours_before(window) -> None:
    r = returns()
    marks = large_moves(r, 0.9, window, minimum=50)

    for t in (50, 51, 123, 399):
        past = r.abs().iloc[(0 if window is None else t - window) : t]
        assert marks.iloc[t] == float(abs(r.iloc[t]) > np.quantile(past, 0.9))
    assert marks.iloc[:50].isna().all()


def test_falls_and_rises_share_a_threshold_and_make_up_all_moves() -> None:
    r = returns()
    both, down, up = (large_moves(r, 0.9, 50, direction) for direction in ("both", "down", "up"))

    assert both.equals(down + up)
    assert (r[down == 1] < 0).all()
    assert (r[up == 1] > 0).all()


def test_what_comes_later_changes_no_mark() -> None:
    r = returns()
    changed = r.copy()
    changed.iloc[300:] *= 50

    assert large_moves(r, 0.9, 50).iloc[:300].equals(large_moves(changed, 0.9, 50).iloc[:300])


def test_a_return_over_a_gap_is_no_hourly_return() -> None:
    r = returns().drop(returns().index[200:203])
    marks = large_moves(r, 0.9, 50)

    assert np.isnan(marks.iloc[200])
    assert marks.drop(marks.index[200]).iloc[50:].notna().all()


def test_a_missing_return_blanks_itself_but_not_the_month_after_it() -> None:
    r = returns()
    r.iloc[100] = np.nan
    marks = large_moves(r, 0.9, 50)

    assert np.isnan(marks.iloc[100])
    assert marks.iloc[101:].notna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": "sideways"}, "unknown direction 'sideways'; expected both, down, up"),
        ({"quantile": 1.0}, "quantile must lie below 1"),
        ({"quantile": 0.3}, "quantile must be a number from 0.5 and at most 1, got 0.3"),
        ({"window": 400}, "window must be a whole number from 2 to 399, got 400"),
        ({"minimum": 51}, "minimum must be a whole number from 2 to 50, got 51"),
        ({"returns": returns(2)}, "returns has 2 observations"),
    ],
)
def test_marks_that_cannot_be_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        large_moves(**({"returns": returns(), "quantile": 0.9, "window": 50} | change))
