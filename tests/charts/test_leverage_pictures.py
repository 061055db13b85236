"""Pictures of leverage and feedback: their titles tell what their data hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff import charts
from selloff.charts.renderer import MIME
from selloff.claims import decide
from selloff.claims.feedback import FeedbackTest, amplifications
from selloff.claims.liquidations import disjoint_counts, liquidation_windows

TIE = "\N{NO-BREAK SPACE}"


def spec(chart: Any) -> dict[str, Any]:
    found = chart._repr_mimebundle_()[MIME]
    assert len(found["description"]) >= 40
    assert found["usermeta"]["source"]
    return found


def title(chart: object) -> str:
    return str(spec(chart)["title"]["text"])


@pytest.fixture
def rates() -> pd.DataFrame:
    days = pd.date_range("2025-09-01", "2025-10-09")
    frame = pd.DataFrame({"BTC": 5.0, "ETH": 3.0}, index=days)
    frame.loc["2025-09-23":"2025-09-25", "ETH"] = -1.0
    return frame


def test_days_with_funding_below_zero_are_counted_in_the_week_only(rates: pd.DataFrame) -> None:
    rates.loc["2025-09-05", "BTC"] = -9.0

    assert title(charts.funding_rates(rates)) == (
        "Ether's funding was below zero on three days of the week, bitcoin's on no day"
    )


def test_dearer_options_are_told_from_cheaper_ones(rates: pd.DataFrame) -> None:
    levels = rates + 40
    levels.loc["2025-10-06"] += 5

    assert "still dearer" in title(charts.volatility_index(levels))
    assert "cheaper" in title(charts.volatility_index(rates + 40))


def test_every_change_of_open_interest_is_told_in_words() -> None:
    changes = pd.DataFrame({"asset": ["BTC", "BTC"], "measure": ["in dollars", "in coins"], "change_pct": [-6.2, 0.4]})

    told = spec(charts.open_interest_changes(changes))["description"].replace(TIE, " ")

    assert "BTC, in dollars: −6.2 %; BTC, in coins: +0.4 %" in told


def test_the_title_sets_mondays_counts_beside_the_later_table() -> None:
    chosen = disjoint_counts("lowest", "published", "at_the_time")

    chart = charts.liquidation_counts(liquidation_windows(), chosen)

    assert title(chart) == f"Monday's USD{TIE}1.68 to 1.80 bn became 3.62 bn in a later table"
    words = spec(chart)["description"].replace(TIE, " ")
    assert "USD 1,600 million, USD 333 million and USD 843 million" in words


def test_large_falls_are_counted_in_all_and_in_the_week() -> None:
    hours = pd.date_range("2025-09-20", periods=240, freq="h", tz="UTC")
    falls = pd.Series(0.0, hours)
    # The hour that ends at midnight belongs to the day before: the first of these is Sunday's.
    falls[["2025-09-22 00:00", "2025-09-22 07:00", "2025-09-27 00:00", "2025-09-27 05:00"]] = 1.0

    chart = charts.marked_falls(pd.Series(np.linspace(-1, 1, 240), hours), falls, "ETH")

    assert title(chart) == "Ether had 4 large falls in thirty days, 2 of them in the week"


def test_the_model_is_bounded_by_the_rows_that_liquidate_no_more_than_published() -> None:
    grid = pd.DataFrame(
        {
            "asset": "BTC", "leverage": ["low", "middle", "high"], "shock": 0.02, "coefficient": 1.0,
            "liquidated_usd": [1e9, 1.5e9, 3e9], "amplification": [1.2, 1.31, 2.0],
        }
    )  # fmt: skip

    assert "1.31 at most" in title(charts.cascade_range(grid, 1600.0))
    assert "2.00 at most" in title(charts.cascade_range(grid, 3000.0))


def test_all_sets_of_assumptions_are_drawn_within_the_limit_of_rows() -> None:
    claim = decide("C07").claim
    grid = pd.concat([amplifications(claim, coin.lower()).assign(asset=coin) for coin in ("BTC", "ETH")])

    drawn = spec(charts.cascade_range(grid, 1600.0))["datasets"]

    assert max(len(rows) for rows in drawn.values()) == int((grid["liquidated_usd"] > 0).sum()) <= 2000


def test_a_measure_above_its_bound_is_named() -> None:
    spread = pd.Series(np.linspace(0, 1, 101))
    low, high = FeedbackTest(0.2, spread, spread + 0.5), FeedbackTest(0.99, spread, spread + 0.5)

    assert title(charts.feedback_null({"BTC": low, "ETH": low}, "ratio")).startswith("Neither coin exceeds")
    assert title(charts.feedback_null({"BTC": low, "ETH": high}, "ratio")).startswith("ETH exceeds")
