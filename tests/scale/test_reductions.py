"""All pairs of a stored panel, whoever computes them and in however little memory."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff.correlation.panel import PanelCorrelation, Plan, panel_correlation
from selloff.scale.reductions import footprint, least, panel_reductions
from selloff.scale.store import StoredPanel, store_panel

WINDOW = 20


def values(length: int = 230, series: int = 6, seed: int = 0) -> np.ndarray:
    """Returns with a common factor, gaps, a series that starts late and one that lies flat for a while."""
    rng = np.random.default_rng(seed)
    out = 0.6 * rng.standard_normal((length, 1)) + rng.standard_normal((length, series))
    out[rng.random((length, series)) < 0.002] = np.nan
    out[:50, 1] = np.nan
    out[100:150, 2] = 0.0
    return out


@pytest.fixture
def panel(tmp_path: Path) -> StoredPanel:
    return stored(tmp_path / "returns", values())


def stored(folder: Path, table: np.ndarray) -> StoredPanel:
    times = pd.date_range("2025-09-22", periods=len(table), freq="min", tz="UTC")
    return store_panel(folder, "returns", [f"S{number}" for number in range(table.shape[1])], times, [table])


def reduce(panel: StoredPanel, **settings: Any) -> PanelCorrelation:
    return panel_reductions(panel, WINDOW, progress=False, **settings)


def assert_same(left: PanelCorrelation, right: PanelCorrelation) -> None:
    """Every number, to the last bit."""
    for name in ("by_date", "by_pair", "strongest"):
        a, b = getattr(left, name), getattr(right, name)
        assert list(a.columns) == list(b.columns)
        assert a.to_numpy().tobytes() == b.to_numpy().tobytes(), name


def test_means_and_quantiles_equal_a_computation_window_by_window(panel: StoredPanel) -> None:
    table, found = values(), reduce(panel, quantiles=[0.5])
    first, second = np.triu_indices(6, 1)

    for end in range(WINDOW - 1, len(table)):
        window = pd.DataFrame(table[end - WINDOW + 1 : end + 1])
        broken = window.isna().any() | (window.max() == window.min())
        kept = [bool(not broken[a] and not broken[b]) for a, b in zip(first, second, strict=True)]
        pairs = window.corr().to_numpy()[first, second][kept]
        row = found.by_date.iloc[end]
        assert row["pairs"] == len(pairs)
        assert row["mean"] == pytest.approx(pairs.mean(), abs=1e-12)
        assert row["q50"] == pytest.approx(np.median(pairs), abs=1e-12)
    assert found.by_date["pairs"].iloc[: WINDOW - 1].eq(0).all()
    assert found.by_date.index.equals(panel.times)


def test_the_result_is_that_of_the_panel_in_memory(panel: StoredPanel) -> None:
    assert_same(reduce(panel, strongest=3), panel_correlation(panel.to_frame(), WINDOW, strongest=3))


def test_the_folder_will_do(panel: StoredPanel) -> None:
    assert_same(panel_reductions(str(panel.folder), WINDOW, progress=False), reduce(panel))


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_budget_and_threads_change_no_bit(panel: StoredPanel, engine: Any) -> None:
    whole = reduce(panel, engine=engine)
    plan = Plan(230, 6, WINDOW, engine=engine)
    assert footprint(plan, 2**30).blocks > 1

    small = reduce(panel, engine=engine, budget=least(plan).total)
    with ThreadPoolExecutor(2) as pool:
        threads = reduce(panel, engine=engine, budget=least(plan).total, map=pool.map)

    assert_same(small, whole)
    assert_same(threads, whole)


def test_a_progress_bar_is_shown_when_asked_for(panel: StoredPanel, capsys: Any) -> None:
    panel_reductions(panel, WINDOW)
    assert "blocks: 100%" in capsys.readouterr().err
    reduce(panel)
    assert capsys.readouterr().err == ""


def test_a_larger_budget_holds_longer_tasks_and_none_holds_more_than_it_says() -> None:
    plan = Plan(500_000, 200, 90)
    budgets = [least(plan, 2).total, 400_000_000, 10**9, 4 * 10**9]

    sizes = [footprint(plan, budget, 2) for budget in budgets]

    assert all(size.total <= budget for size, budget in zip(sizes, budgets, strict=True))
    assert [size.blocks for size in sizes] == sorted(size.blocks for size in sizes)
    assert sizes[0].blocks < sizes[1].blocks
    assert sizes[-1].blocks * 90 <= 16_384


def test_a_budget_too_small_is_told_how_much_is_needed(panel: StoredPanel) -> None:
    needed = least(Plan(230, 6, WINDOW)).total

    with pytest.raises(ValueError, match=rf"a budget of 1,000 bytes cannot hold one block .*; {needed:,} are needed"):
        reduce(panel, budget=1000)

    assert reduce(panel, budget=needed).window == WINDOW


def test_what_cannot_be_reduced_is_refused(panel: StoredPanel, tmp_path: Path) -> None:
    closes = store_panel(tmp_path / "c", "closes", ["A", "B"], panel.times[:5], [np.ones((5, 2))])
    with pytest.raises(ValueError, match="holds closes; write its returns with store_returns"):
        panel_reductions(closes, 3)
    with pytest.raises(ValueError, match="pass a client or a map, not both"):
        panel_reductions(panel, WINDOW, client=object(), map=map)
    with pytest.raises(ValueError, match="window 231 must lie between 3 and the sample's 230 observations"):
        panel_reductions(panel, 231)
    with pytest.raises(ValueError, match=r"quantiles must lie between 0 and 1, got 1\.5"):
        panel_reductions(panel, WINDOW, quantiles=[0.5, 1.5])
    with pytest.raises(ValueError, match="a pair needs at least 2 series"):
        panel_reductions(stored(tmp_path / "one", np.ones((30, 1))), WINDOW)


def test_a_cluster_with_other_code_or_without_the_file_is_refused(panel: StoredPanel) -> None:
    class Cluster:
        asynchronous = False

        def __init__(self, answer: Any) -> None:
            self.answer = answer

        def nthreads(self) -> dict[str, int]:
            return {"tcp://10.0.0.7:4000": 2}

        def run(self, look: Any) -> dict[str, Any]:
            return {"tcp://10.0.0.7:4000": self.answer(*look())}

    for answer, message in (
        (
            lambda version, size: ("none", size),
            r"tcp://10\.0\.0\.7:4000 has selloff none, .*; install it there",
        ),
        (lambda version, size: ("0.0.9", size), r"has selloff 0\.0\.9, expected"),
        (lambda version, size: (version, -1), r"does not see .*values\.npy as it is here; put the panel where all"),
        (lambda version, size: (version, size - 8), r"does not see .*values\.npy as it is here"),
    ):
        with pytest.raises(ValueError, match=message):
            reduce(panel, client=Cluster(answer))


MEASURE = """
import sys
from pathlib import Path
from selloff.scale import open_panel, panel_reductions

def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))

folder, small, budget = sys.argv[1], sys.argv[2], int(sys.argv[3])
settings = dict(window=100, quantiles=[0.5], progress=False, engine="numba")
# Imports and compiled code are there before the measurement begins.
panel_reductions(small, **settings)
Path("/proc/self/clear_refs").write_text("5")
before = status("VmRSS")
panel_reductions(folder, budget=budget, **settings)
print(status("VmHWM") - before, open_panel(folder).nbytes)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process its peak")
def test_memory_stays_under_the_budget_while_the_input_is_five_times_larger(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    length, series, budget = 100_000, 100, 16_000_000
    times = pd.date_range("2025-01-01", periods=length, freq="min")
    blocks = (rng.standard_normal((5000, series)) for _ in range(length // 5000))
    store_panel(tmp_path / "large", "returns", [f"S{n}" for n in range(series)], times, blocks)
    stored(tmp_path / "small", rng.standard_normal((230, 40)))

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "large"), str(tmp_path / "small"), str(budget)],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    grown, size = map(int, done.stdout.split())
    assert size >= 5 * budget
    assert grown <= budget
