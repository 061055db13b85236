"""The subpackage as a whole: its examples run, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from selloff import scale


@pytest.mark.parametrize("name", ["closes", "extra", "minutes", "planning", "reductions", "store"])
def test_the_examples_in_docstrings_run(name: str) -> None:
    result = doctest.testmod(import_module(f"selloff.scale.{name}"))

    assert result.attempted > 0
    assert result.failed == 0


def test_every_public_name_is_there() -> None:
    assert all(hasattr(scale, name) for name in scale.__all__)


def test_importing_it_loads_no_package_of_the_extra() -> None:
    code = "import sys, selloff.scale; print({'duckdb', 'dask', 'distributed', 'numba', 'tqdm'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_minute_bars_become_reductions_in_three_steps(tmp_path: Path) -> None:
    scale.write_minutes(tmp_path / "bars", series=5, minutes=2 * 1440, rho=0.5, missing=0.01)
    closes = scale.closes_from_parquet(tmp_path / "bars", "5min", tmp_path / "closes", progress=False)
    returns = scale.store_returns(closes, tmp_path / "returns")

    found = scale.panel_reductions(returns, window=48, progress=False)

    # The mean over ten pairs of 48 returns each: its standard error is below .1, and windows hardly leave three.
    assert len(found.by_date) == 2 * 288 - 1
    assert found.by_date["mean"].dropna().between(0.2, 0.8).all()
    assert found.by_pair["mean"].to_numpy() == pytest.approx(0.5, abs=0.12)
