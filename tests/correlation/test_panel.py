"""All pairs reduced: the same as keeping all of them, whoever does the work and however it is cut."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from selloff.correlation import reduction, selection
from selloff.correlation.kernels import pad, second_look, standardise
from selloff.correlation.matrix import rolling_correlation_matrix
from selloff.correlation.panel import (
    BlockPart,
    BlockTask,
    PanelCorrelation,
    Plan,
    block_spans,
    block_tasks,
    combine,
    finish,
    panel_correlation,
    reduce_block,
)

ENGINES = ["numpy", "numba"]


@pytest.fixture(autouse=True)
def numba() -> None:
    pytest.importorskip("numba")


def hard_panel(length: int = 310, series: int = 9) -> np.ndarray:
    rng = np.random.default_rng(1)
    panel = 0.5 * rng.standard_t(4, (length, 1)) + rng.standard_t(4, (length, series))
    panel[:100, 0] = np.nan
    panel[:, 1] += 1e9
    panel[130, 2] = 1e8
    panel[:, 3] = 1 + 1e-6 * panel[:, 3]
    panel[100:200, 4] = 0.3
    panel[:, 5] = 1e5 * np.exp(np.cumsum(panel[:, 5] / 100))
    panel[60:63, 6] = np.nan
    # Two series stand at another level for one window of 40 days just: it needs a second look, in both.
    panel[122:162, 7] += 1e7
    panel[122:162, 8] -= 1e7
    return panel


def by_hand(panel: np.ndarray, window: int, quantiles: Iterable[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean, number and quantiles by date, and mean, range, ends and number by pair, of all correlations."""
    r = rolling_correlation_matrix(panel, window, "numpy").to_numpy()
    dates, pairs = [], []
    for row in r:
        there = row[~np.isnan(row)]
        found = [*np.quantile(there, list(quantiles))] if there.size else [np.nan] * len(list(quantiles))
        dates.append([there.mean() if there.size else np.nan, there.size, *found])
    for column in r.T:
        there = column[~np.isnan(column)]
        if there.size:
            pairs.append([there.mean(), there.min(), there.max(), there[0], there[-1], there.size])
        else:
            pairs.append([np.nan] * 5 + [0])
    return np.array(dates), np.array(pairs)


def same(one: PanelCorrelation, other: PanelCorrelation) -> bool:
    tables = ("by_date", "by_pair", "strongest")
    return all(getattr(one, table).equals(getattr(other, table)) for table in tables)


def test_the_hard_panel_needs_second_looks() -> None:
    padded = pad(hard_panel(), 40)

    looks = list(second_look(padded, standardise(padded).flagged.transpose(1, 0, 2)))

    assert [(row, which.tolist()) for row, which, _ in looks] == [(161, [7, 8])]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("window", [3, 40, 150, 310])
def test_reductions_are_those_of_all_correlations(engine, window: int) -> None:
    quantiles = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0, 0.1, 0.6)
    dates, pairs = by_hand(hard_panel(), window, quantiles)

    found = panel_correlation(hard_panel(), window, engine=engine, quantiles=quantiles)

    np.testing.assert_allclose(found.by_date.to_numpy(), dates, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.by_pair.drop(columns="constancy").to_numpy(), pairs, rtol=0, atol=1e-12)


def test_panels_of_several_tiles_and_windows_of_several_runs_are_no_different() -> None:
    rng = np.random.default_rng(2)
    panel = rng.standard_normal((700, 1)) + rng.standard_normal((700, 70))
    panel[300:340, 66] = np.nan
    dates, pairs = by_hand(panel, 200, (0.1, 0.5))

    for quantiles in ((0.1, 0.5), ()):
        found = panel_correlation(panel, 200, quantiles=quantiles)
        assert found.engine == "numba"
        np.testing.assert_allclose(found.by_date.to_numpy(), dates[:, : 2 + len(quantiles)], rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.by_pair.drop(columns="constancy").to_numpy(), pairs, rtol=0, atol=1e-12)


def test_numpy_looks_for_quantiles_in_parts_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = panel_correlation(hard_panel(), 40, engine="numpy")
    monkeypatch.setattr(reduction, "_ROOM", 8 * 36 * 7)

    assert same(panel_correlation(hard_panel(), 40, engine="numpy"), whole)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_cut_and_the_worker_leave_no_trace_in_any_bit(engine) -> None:
    panel = hard_panel()
    alone = panel_correlation(panel, 40, engine=engine)

    def backwards(function, tasks):
        return reversed([function(task) for task in list(tasks)])

    with ThreadPoolExecutor(3) as pool:
        others = [panel_correlation(panel, 40, engine=engine, blocks=blocks) for blocks in (1, 2, 5, 100)]
        others += [panel_correlation(panel, 40, pool.map, engine, blocks=blocks) for blocks in (None, 1)]
        others += [panel_correlation(panel, 40, backwards, engine, blocks=3)]

    assert all(same(alone, other) for other in others)


@pytest.mark.parametrize("engine", ENGINES)
def test_parts_join_in_any_tree_bit_for_bit(engine) -> None:
    panel = hard_panel()
    plan = Plan(len(panel), panel.shape[1], 40, (0.5,), engine)
    parts = [reduce_block(pickle.loads(pickle.dumps(task))) for task in block_tasks(panel, plan)]
    first, rest = combine(parts[:3]), combine(parts[3:])

    trees = [combine(parts), combine([rest, first]), combine([parts[0], combine([combine(parts[1:5]), *parts[5:]])])]

    for tree in trees[1:]:
        for field in fields(BlockPart):
            np.testing.assert_array_equal(getattr(tree, field.name), getattr(trees[0], field.name))


def test_tasks_cover_all_rows_with_what_their_windows_need_before() -> None:
    plan = Plan(310, 9, 40)

    assert block_spans(plan, 3) == [(0, 0, 120), (81, 120, 240), (201, 240, 310)]
    panel = hard_panel()
    for task, (halo, start, stop) in zip(block_tasks(panel, plan, 3), block_spans(plan, 3), strict=True):
        assert (task.start, task.stop) == (start, stop)
        assert np.shares_memory(task.rows, panel)
        assert len(task.rows) == stop - halo


def test_scratch_is_stated_and_holds() -> None:
    import tracemalloc

    for engine in ENGINES:
        for quantiles in ((0.5,), ()):
            panel = np.random.default_rng(3).standard_normal((400, 120))
            plan = Plan(400, 120, 200, quantiles, engine)
            tasks = list(block_tasks(panel, plan))
            reduce_block(tasks[1])
            tracemalloc.start()
            part = reduce_block(tasks[1])
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            returned = sum(getattr(part, field.name).nbytes for field in fields(BlockPart)[2:])
            assert peak <= plan.scratch + 2 * tasks[1].rows.nbytes + 2 * returned


def test_strongest_pairs_come_first_whatever_their_sign() -> None:
    rng = np.random.default_rng(4)
    x = rng.standard_normal((400, 1)) + 0.1 * rng.standard_normal((400, 4))
    panel = np.hstack([x[:, :3], -x[:, 3:], rng.standard_normal((400, 3)), np.full((400, 1), 2.0)])
    names = [f"coin {number}" for number in range(8)]

    found = panel_correlation(pd.DataFrame(panel, columns=names), 50, strongest=7)

    assert set(found.strongest.index) == {(names[i], names[j]) for i in range(4) for j in range(i + 1, 4)} | {
        tuple(found.strongest.index[6])
    }
    assert found.strongest["mean"].abs().is_monotonic_decreasing
    assert found.strongest["mean"].iloc[:6].lt(0).sum() == 3
    assert found.by_pair.loc[("coin 0", "coin 7")].drop("windows").isna().all()


def test_constancy_is_welchs_statistic_of_the_blocks_correlations() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((470, 3))
    blocks = [np.corrcoef(x[start : start + 40, 0], x[start : start + 40, 2])[0, 1] for start in range(0, 440, 40)]
    early, late = np.array(blocks[:5]), np.array(blocks[5:])
    expected = (late.mean() - early.mean()) / sqrt(early.var(ddof=1) / 5 + late.var(ddof=1) / 6)

    for engine in ENGINES:
        found = panel_correlation(x, 40, engine=engine)
        assert found.constancy.loc[(0, 2)] == pytest.approx(expected, abs=1e-8)


def test_a_change_shows_in_constancy_and_perfect_pairs_have_none() -> None:
    rng = np.random.default_rng(6)
    x, e = rng.standard_normal((2, 2000))
    y = np.where(np.arange(2000) < 1000, 0.2, 1.5) * x + e

    found = panel_correlation(np.stack([x, y, 2 * x], axis=1), 60)

    assert found.constancy.iloc[0] > 5
    assert np.isnan(found.constancy.iloc[1])
    assert found.by_pair["mean"].iloc[1] == pytest.approx(1, abs=1e-12)
    assert found.by_pair.drop(columns=["windows", "constancy"]).abs().to_numpy().max() <= 1


@given(
    data=arrays(float, (26, 4), elements=st.floats(allow_infinity=False) | st.sampled_from([0.0, 1.0, 2.0])),
    engine=st.sampled_from(ENGINES),
)
@settings(max_examples=100, deadline=None)
def test_wild_numbers_stay_within_one_and_equal_the_correlations_kept(data: np.ndarray, engine) -> None:
    data[0] = 1.0
    quantiles = (0.0, 0.3, 1.0)
    dates, pairs = by_hand(data, 5, quantiles)

    found = panel_correlation(data, 5, engine=engine, quantiles=quantiles)

    np.testing.assert_allclose(found.by_date.to_numpy(), dates, rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.by_pair.drop(columns="constancy").to_numpy(), pairs, rtol=0, atol=1e-11)
    numbers = found.by_pair.drop(columns=["windows", "constancy"]).to_numpy()
    assert np.nanmax(np.abs(numbers), initial=0) <= 1
    assert not np.isinf(found.constancy).any()


def test_codes_leave_few_pairs_in_each_and_fit_two_bytes() -> None:
    assert [selection.levels_for(pairs) for pairs in (1, 1225, 124_750, 10**7)] == [64, 256, 16384, 16384]
    assert 3 * selection.levels_for(10**9) < 2**16


def test_the_summary_says_how_the_mean_moved_and_how_many_pairs_changed() -> None:
    rng = np.random.default_rng(7)
    panel = pd.DataFrame(rng.standard_normal((300, 1)) + rng.standard_normal((300, 3)), columns=["a", "b", "c"])

    found = panel_correlation(panel, 50)
    lines = found.summary().splitlines()

    assert lines[0] == "3 pairs, windows of 50, 251 dates (numpy)"
    assert lines[1].startswith("mean correlation +0.")
    assert lines[2].endswith("of 3 pairs (6 to 7 % by chance)")
    assert found.to_frame().columns.tolist() == ["mean", "pairs", "q05", "q25", "q50", "q75", "q95"]
    flat = panel_correlation(np.ones((60, 2)), 50)
    assert flat.summary() == "1 pairs, windows of 50, 0 dates (numpy): no pair is ever defined"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 311}, "window 311 must lie between 3 and the sample's 310"),
        ({"quantiles": (0.5, 1.5)}, "quantiles must lie between 0 and 1, got 1.5"),
        ({"blocks": 0}, "blocks must be a whole number from 1 on, got 0"),
        ({"strongest": -1}, "strongest must not be negative, got -1"),
        ({"engine": "gpu"}, "unknown engine 'gpu'; expected numpy, numba"),
        ({"map": lambda function, tasks: []}, "combine: no parts"),
        (
            {"map": lambda function, tasks: [function(task) for task in list(tasks)[::2]], "blocks": 1},
            "rows 0 to 40 and 80 to 120 do not meet",
        ),
        (
            {"map": lambda function, tasks: [function(task) for task in list(tasks)[1:]], "blocks": 1},
            "covers rows 40 to 310 of 310",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_cause(options, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        panel_correlation(hard_panel(), **({"window": 40} | options))


def test_a_task_off_the_grid_or_without_its_rows_before_is_refused() -> None:
    panel = hard_panel()
    plan = Plan(310, 9, 40)

    with pytest.raises(ValueError, match="rows 10 to 50 do not lie on the grid of 40 rows; see block_spans"):
        reduce_block(BlockTask(panel[:50], 10, 50, plan))
    with pytest.raises(ValueError, match=r"has shape \(40, 9\), expected \(79, 9\): 39 rows before it belong to it"):
        reduce_block(BlockTask(panel[40:80], 40, 80, plan))
    part = combine(map(reduce_block, block_tasks(panel, plan)))
    with pytest.raises(ValueError, match="finish: 310 dates and 3 names for 310 rows of 9"):
        finish(part, plan, pd.RangeIndex(310), pd.RangeIndex(3))
    with pytest.raises(ValueError, match="finish: the part covers rows 0 to 310 of 311; combine all"):
        finish(part, replace(plan, length=311), pd.RangeIndex(311), pd.RangeIndex(9))
