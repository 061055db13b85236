"""The picture that the reader steers: small, whole, and drawn for the first choice without a script."""

from __future__ import annotations

import pytest

from selloff import charts
from selloff.correlation import Exploration, explore

SERIES = {"sp500_logret": "S&P 500", "vix": "volatility index"}
CLOCKS = {"nyse": "at the New York close", "utc": "at 00:00 UTC after it"}


@pytest.fixture(scope="module")
def found() -> Exploration:
    return explore(["BTC"], list(SERIES), ["nyse", "utc"], [60], "2024-06-03", "2025-06-30", shown_since="2025-01-01")


@pytest.fixture(scope="module")
def spec(found: Exploration) -> dict:
    return charts.explorer(found, SERIES, CLOCKS, source="a source").to_dict()


def test_the_reader_may_pick_coin_series_clock_and_window(spec: dict) -> None:
    picked = {param["name"]: param["bind"]["options"] for param in spec["params"] if "bind" in param}

    assert picked == {"asset": ["BTC"], "series": list(SERIES.values()), "clock": list(CLOCKS.values()), "window": [60]}


def test_the_numbers_in_the_picture_are_those_of_the_paths(found: Exploration, spec: dict) -> None:
    rows = next(data for data in spec["datasets"].values() if "estimate" in data[0])

    for row, path in zip(rows, found.paths.to_dict("records"), strict=True):
        assert (row["series"], row["clock"]) == (SERIES[path["series"]], CLOCKS[path["clock"]])
        for name in ("estimate", "low", "high", "beta"):
            assert [int(value) / 100 for value in row[name].split(",")] == pytest.approx(path[name])


def test_without_a_script_the_first_choice_is_drawn(found: Exploration) -> None:
    svg = charts.explorer(found, SERIES, CLOCKS, source="a source")._repr_mimebundle_()["image/svg+xml"]
    dots = svg.count("<path")

    assert dots > len(found.returns["date"].iloc[0])
