"""Pictures of the week: what they draw is what the results say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff import charts
from selloff.charts.renderer import MIME
from selloff.claims import Window
from selloff.market import breadth, placebo_event_study


def spec(chart: Any) -> dict[str, Any]:
    return chart._repr_mimebundle_()[MIME]


def title(chart: Any) -> str:
    return spec(chart)["title"]["text"].replace("\N{NO-BREAK SPACE}", " ")


def drawn(chart: Any, column: str) -> pd.DataFrame:
    """Return the data set of a chart that has a column."""
    return next(pd.DataFrame(rows) for rows in spec(chart)["datasets"].values() if column in rows[0])


@pytest.fixture
def hourly() -> pd.DataFrame:
    """Prices that stand still but for Monday, when BTC steps from 115 to 112.5 thousand and ETH from 4.5 to 3.9."""
    hours = pd.date_range("2025-09-01", "2025-09-30", freq="h", tz="UTC")
    late = hours > pd.Timestamp("2025-09-22T06:00Z")
    early = hours < pd.Timestamp("2025-09-05", tz="UTC")
    bitcoin = np.where(late, 112_500.0, np.where(early, 109_000.0, 115_000.0))
    return pd.DataFrame({"BTC": bitcoin, "ETH": np.where(late, 3_900.0, 4_500.0)}, index=hours)


def weeks() -> list[Window]:
    start, end = (pd.Timestamp(day, tz="UTC") for day in ("2025-09-22", "2025-09-27"))
    return [Window("a", "a week", start, end), Window("b", "a later week", start + pd.Timedelta(days=1), end)]


def test_each_week_stands_with_its_changes_and_its_span(hourly) -> None:
    data = drawn(charts.week_windows(hourly, weeks()), "span")

    assert data["btc"].str.replace("\N{NO-BREAK SPACE}", " ").tolist() == ["−2.2 %", "+0.0 %"]
    assert data["from"].tolist() == ["2025-09-22T00:00Z", "2025-09-23T00:00Z"]
    assert data["label"][0].startswith("A week: BTC")


def test_pointing_at_a_week_shades_it_on_the_path(hourly) -> None:
    drawing = spec(charts.week_windows(hourly, weeks()))

    names = [param["name"] for param in drawing["params"]]
    assert "week" in names
    shade = drawing["vconcat"][0]["layer"][0]["encoding"]["opacity"]
    assert shade["condition"] == {"param": "week", "empty": False, "value": 0.12}
    assert shade["value"] == 0


@pytest.fixture
def standings() -> pd.DataFrame:
    new, old = pd.Timestamp("2020-01-10", tz="UTC"), pd.Timestamp("2015-01-03", tz="UTC")
    rows = [
        ("BTC", "fri", "Friday to Friday", "close", old, -5.0, 50, 500, 10.0),
        ("BTC", "noon", "Sunday to noon", "close", new, -6.0, 120, 300, 40.0),
        ("ETH", "fri", "Friday to Friday", "close", old, -9.0, 20, 400, 5.0),
        ("ETH", "noon", "Sunday to noon", "close", new, -12.0, 60, 300, 20.0),
    ]
    names = ["asset", "week", "label", "measured", "first", "change_pct", "rank", "weeks", "share_pct"]
    return pd.DataFrame(rows, columns=names)


def test_the_standing_tells_the_range_of_shares_and_which_weeks_are_younger(standings) -> None:
    chart = charts.week_standings(standings)

    assert title(chart) == "For bitcoin 10 to 40 of 100 weeks were at least as bad, for ether 5 to 20"
    assert set(drawn(chart, "share")["label"]) == {"Friday to Friday", "Sunday to noon (since 2020)"}


def test_the_histogram_of_other_weeks_counts_those_that_are_as_bad() -> None:
    rng = np.random.default_rng(3)
    days = pd.date_range("2024-01-01", periods=400)
    returns = pd.DataFrame(0.01 * rng.standard_normal((400, 2)), index=days, columns=["a", "b"])
    returns.iloc[-5:] -= 0.01
    study = placebo_event_study(returns, None, days[-5], model="mean", alternative="less")
    values = study.separate.distribution
    worse = int((values <= study.separate.observed).sum())

    chart = charts.placebo_weeks(study, "Mean return of two assets")

    assert title(chart) == f"In {worse} of {len(values)} other stretches of five days the coins did as badly"
    assert study.separate.rank == worse + 1
    assert drawn(chart, "count")["count"].sum() == len(values)


def test_a_statistic_that_is_no_return_is_refused() -> None:
    rng = np.random.default_rng(3)
    returns = pd.DataFrame(rng.standard_normal((400, 2)), index=pd.date_range("2024-01-01", periods=400))
    study = placebo_event_study(returns, None, returns.index[-5], model="mean", statistic="patell")

    with pytest.raises(ValueError, match="placebo_weeks: the statistic is 'patell'; expected 'car'"):
        charts.placebo_weeks(study, "Mean return")


def test_the_levels_that_gave_way_on_monday_are_named(hourly) -> None:
    chart = charts.key_levels(hourly, {116_000.0: False, 113_000.0: True}, 4_000.0)

    told = "Of 2 round levels, only USD 113,000 broke on Monday for the first time since early September"
    assert title(chart) == told
    rules = drawn(chart, "usd").set_index("usd")
    assert rules["first"].to_dict() == {116.0: "no", 113.0: "yes"}
    assert rules["hours"][113.0] == int((hourly["BTC"] < 113_000).sum())
    # From 07:00 on Monday to the end of Friday, hour by hour.
    assert "ether closed 114 hours under" in " ".join(spec(chart)["title"]["subtitle"])


def test_pointing_at_a_level_brings_out_the_hours_below_it(hourly) -> None:
    drawing = spec(charts.key_levels(hourly, {113_000.0: True}, 4_000.0))

    assert {"level", "near"} == {param["name"] for param in drawing["params"]}
    under = drawing["vconcat"][0]["layer"][-1]["encoding"]["opacity"]
    assert under["condition"]["test"] == "isValid(level.usd) && datum.value < level.usd[0]"
    assert under["value"] == 0


def test_the_range_tells_the_place_on_thursday_and_since_when_it_is_the_lowest() -> None:
    days = pd.date_range("2025-08-01", "2025-10-01")
    sixty = pd.Series(0.5, index=days, name="60 days")
    sixty["2025-08-20"], sixty["2025-09-25"] = 0.05, 0.12

    chart = charts.range_paths(pd.concat([sixty, sixty.rename("90 days")], axis=1), 1 / 3)

    assert title(chart) == "On Thursday bitcoin stood at 12 % of its range of 60 days, the lowest since 20 August"


def test_all_coins_fell_or_how_many_did() -> None:
    table = pd.DataFrame({"to Thursday": [-9.0, -3.0], "to Friday": [-8.0, -2.0]}, index=["SOL", "BTC"])

    assert title(charts.coin_changes(table)) == "All 2 coins fell, from BTC's −2 % to SOL's −8 %"
    table.loc["BTC", "to Friday"] = 1.0
    assert title(charts.coin_changes(table)) == "1 of 2 coins fell: SOL −8 %, BTC +1 %"


def test_weeks_are_counted_by_how_many_coins_fell() -> None:
    weeks = pd.date_range("2025-01-04", periods=3, freq="7D", tz="UTC")
    changes = pd.DataFrame({"a": [-1.0, 1.0, -2.0], "b": [-3.0, 2.0, -1.0]}, index=weeks)

    chart = charts.fallers(breadth(changes), 2)

    assert title(chart) == "All 2 coins fell in 2 of 3 weeks, this one among them"
    assert drawn(chart, "fell").set_index("fell")["weeks"].to_dict() == {0: 1, 1: 0, 2: 2}


def test_every_picture_of_the_week_has_words_for_who_cannot_see_it(hourly, standings) -> None:
    pictures = [
        charts.week_windows(hourly, weeks()),
        charts.week_standings(standings),
        charts.key_levels(hourly, {113_000.0: False}, 4_000.0),
    ]

    for picture in pictures:
        assert len(spec(picture)["description"]) >= 40
        assert sum(map(len, spec(picture)["datasets"].values())) <= 2000
