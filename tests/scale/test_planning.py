"""A run on paper is arithmetic on measured speeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from selloff.scale.planning import Estimate, Throughput, measure, plan

SPEED = Throughput(
    bars_per_second=10e6,
    cells_per_second=100e6,
    windows_per_second=250e6,
    bytes_per_bar=8.0,
    series=1000,
    minutes=2000,
    window=90,
)


def test_time_and_disk_grow_with_bars_cells_and_windows() -> None:
    paper = plan(series=1000, minutes=500_000, every=5, window=90, throughput=SPEED, workers=2)

    # 100,000 instants are 99,999 returns; 499,500 pairs.
    assert paper.rows == 99_999
    assert paper.pairs == 499_500
    assert paper.windows == 99_910 * 499_500
    assert paper.reading == pytest.approx(50.0)
    assert paper.returns == pytest.approx(0.99999)
    assert paper.reducing == pytest.approx(99_910 * 499_500 / 500e6)
    assert paper.bars_bytes == 4_000_000_000
    assert paper.panel_bytes == 2 * 8 * 99_999 * 1000
    assert paper.seconds == pytest.approx(paper.to_frame()["seconds"].item())


def test_two_workers_share_the_reductions_and_need_more_memory() -> None:
    one, two = (plan(1000, 500_000, 5, 90, SPEED, workers) for workers in (1, 2))

    assert two.reducing == one.reducing / 2
    assert two.reading == one.reading
    # Two tasks at once, and results on their way.
    assert one.memory < two.memory < 3 * one.memory


def test_the_estimate_reads_like_a_sentence() -> None:
    text = plan(1000, 500_000, 1, 90, SPEED, workers=1).summary().splitlines()

    assert text[0] == (
        "1,000 series x 500,000 minutes, every 1 min, window 90: 499,999 rows, 499,500 pairs, 2.5e+11 windows"
    )
    assert text[1].startswith("disk 4 GB of bars and 8 GB of closes and returns; memory at least ")
    assert text[2] == "time 17 min 34 s: reading 50.0 s, returns 5.0 s, reducing 16 min 39 s"
    assert "10 million bars, 100 million returns and 250 million windows of a pair a second" in SPEED.summary()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"series": 1}, "at least 2 series, 1 minute, every 1 minute, 1 worker and a window of 3 are needed"),
        ({"every": 0}, "at least 2 series"),
        ({"window": 2}, "at least 2 series"),
        ({"minutes": 400}, "plan: 400 minutes, every 5, give 79 returns; window 90 is longer"),
    ],
)
def test_a_run_without_a_window_is_refused(change: dict, message: str) -> None:
    size = {"series": 10, "minutes": 5000, "every": 5, "window": 90}

    with pytest.raises(ValueError, match=message):
        plan(**(size | change), throughput=SPEED)


def test_measuring_leaves_nothing_behind_and_plans_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    speed = measure(series=5, minutes=300, window=20)

    assert list(tmp_path.iterdir()) == []
    assert min(speed.bars_per_second, speed.cells_per_second, speed.windows_per_second, speed.bytes_per_bar) > 0
    assert isinstance(plan(5, 3000, 1, 20, speed), Estimate)
