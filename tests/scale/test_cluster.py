"""All pairs on a cluster of two worker processes: the same bits, in bounded memory, and no harm from a dead worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from selloff.correlation.panel import PanelCorrelation, Plan
from selloff.scale.reductions import least, panel_reductions
from selloff.scale.store import StoredPanel, store_panel

pytestmark = pytest.mark.slow

WINDOW = 100


@pytest.fixture
def panel(tmp_path: Path) -> StoredPanel:
    return stored(tmp_path / "returns", 4000, 40)


def stored(folder: Path, length: int, series: int) -> StoredPanel:
    rng = np.random.default_rng(0)
    times = pd.date_range("2025-01-01", periods=length, freq="min", tz="UTC")
    blocks = (0.6 * rng.standard_normal((1000, 1)) + rng.standard_normal((1000, series)) for _ in range(length // 1000))
    return store_panel(folder, "returns", [f"S{number}" for number in range(series)], times, blocks)


def reduce(panel: StoredPanel, **settings: Any) -> PanelCorrelation:
    return panel_reductions(panel, WINDOW, progress=False, **settings)


def assert_same(left: PanelCorrelation, right: PanelCorrelation) -> None:
    """Every number, to the last bit."""
    for name in ("by_date", "by_pair", "strongest"):
        a, b = getattr(left, name), getattr(right, name)
        assert list(a.columns) == list(b.columns)
        assert a.to_numpy().tobytes() == b.to_numpy().tobytes(), name


def smallest(panel: StoredPanel, engine: Any) -> int:
    """Return the least budget, which makes many short tasks."""
    return least(Plan(panel.length, len(panel.symbols), WINDOW, engine=engine), workers=2).total


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_two_workers_equal_the_serial_run_to_the_last_bit(client: Any, panel: StoredPanel, engine: Any) -> None:
    serial = reduce(panel, engine=engine)

    assert_same(reduce(panel, engine=engine, client=client), serial)
    assert_same(reduce(panel, engine=engine, client=client, budget=smallest(panel, engine)), serial)


def test_a_worker_killed_in_mid_run_loses_nothing(
    client: Any, panel: StoredPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    serial = reduce(panel, engine="numpy")
    process = next(iter(client.run(os.getpid).values()))

    def kill_after_the_third(parts: Iterable[Any], title: str, total: int, shown: bool) -> Iterator[Any]:
        assert total > 20
        for number, part in enumerate(parts):
            if number == 3:
                os.kill(process, signal.SIGKILL)
            yield part

    monkeypatch.setattr("selloff.scale.reductions.watched", kill_after_the_third)

    found = reduce(panel, engine="numpy", client=client, budget=smallest(panel, "numpy"))

    assert_same(found, serial)
    client.wait_for_workers(2, timeout=20)
    assert process not in client.run(os.getpid).values()


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells a process its peak")
def test_memory_of_all_processes_stays_under_the_budget(client: Any, tmp_path: Path) -> None:
    """Counted is what each process grows by over its size after a small run, when imports and code are there."""
    panel, budget = stored(tmp_path / "large", 240_000, 100), 38_400_000
    settings = {"client": client, "engine": "numba", "quantiles": ()}
    small = stored(tmp_path / "small", 2000, 100)
    reduce(small, budget=smallest(small, "numba"), **settings)

    # Defined in here, both are sent as code: workers do not know this module.
    def status(field: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))

    def forget() -> int:
        Path("/proc/self/clear_refs").write_text("5")
        return status("VmRSS")

    before = {**client.run(forget), "here": forget()}
    reduce(panel, budget=budget, **settings)
    after = {**client.run(status, "VmHWM"), "here": status("VmHWM")}

    assert panel.nbytes >= 5 * budget
    assert sum(after[place] - before[place] for place in before) <= budget
