"""Percentiles of the past only, and their mean."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selloff.market.panic import expanding_percentile, panic_score

DIRECTIONS = {"volatility": 1, "sentiment": -1, "funding": -1}


def table(length: int = 300, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((length, 3)).cumsum(axis=0).round(1)
    frame = pd.DataFrame(values, columns=list(DIRECTIONS), index=pd.date_range("2025-01-01", periods=length))
    frame.loc[frame.index[:40], "funding"] = np.nan
    frame.loc[frame.index[100:105], "sentiment"] = np.nan
    return frame


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.one_of(st.integers(-5, 5), st.none()), min_size=1, max_size=40),
    minimum=st.integers(1, 10),
)
def test_the_percentile_is_the_exact_mid_rank_among_the_values_so_far(values, minimum) -> None:
    if all(value is None for value in values):
        return
    series = np.array([np.nan if value is None else value for value in values])
    ours = expanding_percentile(series, minimum)

    for t, value in enumerate(values):
        past = [each for each in values[: t + 1] if each is not None]
        if value is None or len(past) < minimum:
            assert np.isnan(ours.iloc[t])
        else:
            exact = Fraction(sum(2 * (p < value) + (p == value) for p in past), 2 * len(past))
            assert ours.iloc[t] == pytest.approx(float(exact), abs=1e-15)
            assert 0 < ours.iloc[t] < 1
    assert expanding_percentile(-series, minimum).to_numpy() == pytest.approx(1 - ours.to_numpy(), nan_ok=True)


def test_what_comes_after_a_date_changes_nothing_at_or_before_it() -> None:
    frame, rng = table(), np.random.default_rng(2)
    cut = 200
    shuffled = frame.copy()
    shuffled.iloc[cut:] = rng.permutation(frame.iloc[cut:].to_numpy(), axis=0)
    before, after = (panic_score(each, DIRECTIONS, minimum=30) for each in (frame, shuffled))

    for name in ("score", "rank", "breadth", "available", "label", "percentiles"):
        left, right = getattr(before, name).iloc[:cut], getattr(after, name).iloc[:cut]
        assert left.equals(right), name
    assert not before.score.equals(after.score)


def test_a_low_sentiment_is_as_much_panic_as_a_high_volatility() -> None:
    frame = table()
    turned = frame.assign(sentiment=-frame["sentiment"])

    left = panic_score(frame, DIRECTIONS, minimum=30)
    right = panic_score(turned, DIRECTIONS | {"sentiment": 1}, minimum=30)
    assert left.score.equals(right.score)


def test_the_score_is_the_weighted_mean_of_what_is_there() -> None:
    frame = table()
    weights = {"volatility": 2.0, "sentiment": 1.0, "funding": 1.0}
    result = panic_score(frame, DIRECTIONS, minimum=30, weights=weights, at_least=2)
    parts = {name: expanding_percentile(sign * frame[name], 30) for name, sign in DIRECTIONS.items()}

    day = frame.index[50]  # funding has too few values yet
    assert result.score[day] == pytest.approx((2 * parts["volatility"][day] + parts["sentiment"][day]) / 3)
    assert result.available[day] == pytest.approx(2 / 3)
    day = frame.index[-1]
    assert result.score[day] == pytest.approx(sum(weights[name] * parts[name][day] for name in weights) / 4)
    assert result.breadth[day] == np.mean([parts[name][day] >= 0.9 for name in parts])
    assert result.score.iloc[:29].isna().all()


def test_too_few_indicators_make_no_score() -> None:
    frame = table()
    strict = panic_score(frame, DIRECTIONS, minimum=30, at_least=3)

    assert strict.score.iloc[:69].isna().all()
    assert strict.score.iloc[100:105].isna().all()
    assert strict.label.iloc[102] is None
    assert np.isfinite(strict.score.iloc[105])


def test_labels_follow_thresholds_and_their_base_rate_is_counted() -> None:
    frame = pd.DataFrame({"volatility": [1.0, 2, 3, 4, 0]}, index=pd.date_range("2025-01-01", periods=5))
    result = panic_score(frame, {"volatility": 1}, minimum=1, thresholds={"stress": 0.75, "panic": 0.875})

    # Percentiles 1/2, 3/4, 5/6, 7/8 and 1/10.
    assert result.label.tolist() == ["calm", "stress", "stress", "panic", "calm"]
    assert result.frequencies().to_dict() == pytest.approx({"calm": 0.4, "stress": 0.4, "panic": 0.2})
    assert result.frequencies("2025-01-03").to_dict() == pytest.approx({"calm": 1 / 3, "stress": 2 / 3, "panic": 0})
    assert result.rank.iloc[3] == pytest.approx(7 / 8)
    assert result.breadth.tolist() == [0, 0, 0, 1, 0]


def test_a_day_shows_who_disagrees() -> None:
    frame = pd.DataFrame(
        {"volatility": [1.0, 2, 3], "sentiment": [3.0, 2, 1], "funding": [1.0, 2, 3]},
        index=pd.date_range("2025-09-24", periods=3),
    )
    day = panic_score(frame, DIRECTIONS, minimum=2).on("2025-09-26")

    assert day.index.tolist() == ["volatility", "sentiment", "funding"]
    assert day["percentile"].tolist() == pytest.approx([5 / 6, 5 / 6, 1 / 6])
    assert day["disagrees"].tolist() == [False, False, True]
    assert day["value"].tolist() == [3, 1, 3]
    assert day["direction"].tolist() == [1, -1, -1]


def test_leaving_one_out_equals_a_score_without_it() -> None:
    frame = table()
    result = panic_score(frame, DIRECTIONS, minimum=30)
    day = frame.index[250]
    left = result.leave_one_out(day)

    for name in DIRECTIONS:
        rest = {other: sign for other, sign in DIRECTIONS.items() if other != name}
        alone = panic_score(frame.drop(columns=name), rest, minimum=30)
        assert left.loc[name, "score"] == pytest.approx(alone.score[day])
        assert left.loc[name, "change"] == pytest.approx(alone.score[day] - result.score[day])
        assert left.loc[name, "label"] == alone.label[day]


def test_rows_are_found_by_date_zone_or_position() -> None:
    frame = table()
    plain = panic_score(frame, DIRECTIONS, minimum=30)
    zoned = panic_score(frame.tz_localize("UTC"), DIRECTIONS, minimum=30)
    bare = panic_score(frame.reset_index(drop=True), DIRECTIONS, minimum=30)

    expected = plain.on("2025-08-01")
    assert zoned.on("2025-08-01").equals(expected)
    assert zoned.on(pd.Timestamp("2025-08-01 02:00", tz="Europe/Berlin")).equals(expected)
    assert bare.on(212).equals(expected)
    assert plain.on(-1).equals(plain.on(frame.index[-1]))
    for result, date, message in (
        (plain, "2025-12-31", "no row for 2025-12-31; the last before it is 2025-10-27"),
        (plain, "2024-12-31", "no row for 2024-12-31; it starts on 2025-01-01"),
        (plain, "soon", "date 'soon' is no date"),
        (plain, 300, "row 300 lies outside the table of 300 rows"),
        (bare, "2025-08-01", "the series have no dates"),
    ):
        with pytest.raises(ValueError, match=message):
            result.on(date)


def test_the_summary_names_the_last_day_that_has_a_score() -> None:
    frame = table()
    result = panic_score(frame, DIRECTIONS, minimum=30)

    assert f"panic score {result.score.iloc[-1]:.2f} on 2025-10-27 ({result.label.iloc[-1]})" in result.summary()
    assert list(result.to_frame().columns) == ["score", "rank", "breadth", "available", "label"]
    late = frame.copy()
    late["volatility"] = late["volatility"].where(late.index < "2025-06-01")
    late["sentiment"] = late["sentiment"].where(late.index >= "2025-06-01")
    apart = panic_score(late[["volatility", "sentiment"]], {"volatility": 1, "sentiment": -1}, 30, at_least=2)
    assert "no score: fewer than 2 indicators" in apart.summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"indicators": np.ones((5, 2))}, "indicators must be a DataFrame with one named column each, got ndarray"),
        ({"directions": {"volatility": 1}}, "directions says nothing about 'funding'; the indicators are volatility"),
        ({"directions": DIRECTIONS | {"mood": 1}}, "directions names 'mood'"),
        ({"directions": DIRECTIONS | {"funding": 0}}, r"directions\['funding'\] must be 1 \(high is panic\) or -1"),
        ({"weights": {"volatility": 1.0}}, "weights says nothing about 'funding'"),
        ({"weights": dict.fromkeys(DIRECTIONS, 0)}, r"weights\['volatility'\] must be a number above 0, got 0"),
        ({"thresholds": {"a": 0.9, "b": 0.8}}, "thresholds must rise from name to name"),
        ({"thresholds": {}}, "thresholds must rise from name to name"),
        ({"thresholds": {"a": 1.2}}, r"thresholds\['a'\] must be a number above 0 and at most 1"),
        ({"minimum": 0}, "minimum must be a whole number from 1, got 0"),
        ({"minimum": 280}, r"indicators\['funding'\] has 260 values, minimum is 280; lower it or drop the column"),
        ({"at_least": 4}, "at_least must be a whole number from 1 to 3, got 4"),
        ({"indicators": table().iloc[::-1]}, "unsorted dates"),
    ],
)
def test_a_score_that_cannot_be_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        panic_score(**({"indicators": table(), "directions": DIRECTIONS, "minimum": 30} | change))


def test_a_percentile_needs_a_whole_minimum() -> None:
    with pytest.raises(ValueError, match=r"minimum must be a whole number from 1, got 1\.5"):
        expanding_percentile(np.array([1.0]), minimum=1.5)  # type: ignore[arg-type]
