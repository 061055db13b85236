"""The tasks of the table, each with its incumbent and its target."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import pandas as pd

from selloff.bench import incumbents
from selloff.bench.contest import Call, Contest, Effort, MissingPackageError, Task
from selloff.bench.sample import dcc_returns, factor_returns

__all__ = ["TASKS"]

WINDOW = 90


def _length(effort: Effort) -> int:
    return 800 if effort.quick else 4000


def _need(*packages: str) -> None:
    for package in packages:
        if find_spec(package) is None:
            raise MissingPackageError(f"{package} is not installed; pip install {package}")


def _apart(ours: object, theirs: object) -> float:
    """Return the largest absolute difference of two results in the same layout."""
    return float(np.nanmax(np.abs(np.asarray(ours, dtype=float) - np.asarray(theirs, dtype=float))))


def _pairs(series: int, engine: Literal["numpy", "numba"]) -> Callable[[Effort], Contest]:
    def prepare(effort: Effort) -> Contest:
        _need(engine)
        from selloff.correlation.matrix import rolling_correlation_matrix

        returns = factor_returns(_length(effort), series)
        first, second = np.triu_indices(series, 1)

        def apart(ours: object, theirs: object) -> float:
            cube = np.asarray(theirs).reshape(len(returns), series, series)
            return _apart(ours, cube[:, first, second])

        return Contest(
            lambda: rolling_correlation_matrix(returns, WINDOW, engine),
            lambda: incumbents.pandas_pairs(returns, WINDOW),
            difference=apart,
            note="compiled beforehand" if engine == "numba" else "",
        )

    return prepare


def _panel(quantiles: tuple[float, ...]) -> Callable[[Effort], Contest]:
    def prepare(effort: Effort) -> Contest:
        _need("numba")
        from selloff.correlation.panel import panel_correlation

        series = 100 if effort.quick else 500
        part = series if effort.full else 30 if effort.quick else 60
        returns = factor_returns(_length(effort), series)
        kept = f"{len(quantiles)} quantiles, mean and range" if quantiles else "mean and range"
        note = f"compiled beforehand; {kept} while pairs are computed; pandas holds all of them"
        if part < series:
            note += f", was run on {part} series, and its time is scaled by {series}^2 / {part}^2"

        def apart(ours: object, theirs: object) -> float:
            cube = np.asarray(theirs).reshape(len(returns), part, part)
            first, second = np.triu_indices(part, 1)
            found = panel_correlation(returns.iloc[:, :part], WINDOW, quantiles=quantiles)
            return _apart(found.by_date["mean"], cube[:, first, second].mean(axis=1))

        return Contest(
            lambda: panel_correlation(returns, WINDOW, quantiles=quantiles),
            lambda: incumbents.pandas_pairs(returns.iloc[:, :part], WINDOW),
            theirs_factor=(series / part) ** 2,
            difference=apart,
            note=f"{note}; their means by date are compared",
        )

    return prepare


def _band(effort: Effort) -> Contest:
    from selloff.correlation.band import correlation_band

    length, replications, block = _length(effort), 200 if effort.quick else 2000, 9
    x, y = factor_returns(length, 2).to_numpy().T
    windows = length - WINDOW + 1
    part = windows if effort.full else 2 if effort.quick else 5
    ends = np.linspace(WINDOW - 1, length - 1, part).astype(np.intp)
    note = f"{replications} replications in {windows:,} windows"
    if part < windows:
        note += f"; arch was run in {part} of them, and its time is scaled"
    return Contest(
        lambda: correlation_band(x, y, WINDOW, replications=replications, block=block),
        lambda: incumbents.arch_windows(x, y, WINDOW, block, replications, ends),
        theirs_factor=windows / part,
        note=note,
    )


def _dcc(series: int) -> Callable[[Effort], Contest]:
    def prepare(effort: Effort) -> Contest:
        _need("pymgarch")
        from selloff.correlation.dynamic import DCC, fit_dcc

        returns = dcc_returns(_length(effort), series)

        def apart(ours: object, theirs: object) -> float:
            assert isinstance(ours, DCC)
            found: Any = theirs
            return max(abs(ours.alpha - float(found.params["alpha"])), abs(ours.beta - float(found.params["beta"])))

        return Contest(
            lambda: fit_dcc(returns),
            lambda: incumbents.pymgarch_dcc(returns),
            difference=apart,
            note="both with standard errors; alpha and beta are compared, whose optima depend on the start variance",
        )

    return prepare


def _beta(effort: Effort) -> Contest:
    from selloff.correlation.beta import rolling_beta

    y, x = factor_returns(_length(effort), 2).to_numpy().T

    def apart(ours: object, theirs: object) -> float:
        assert isinstance(ours, pd.DataFrame)
        assert isinstance(theirs, np.ndarray)
        return _apart(ours[["alpha", "beta"]], theirs[:, :2])

    return Contest(
        lambda: rolling_beta(y, x, WINDOW),
        lambda: incumbents.statsmodels_beta(y, x, WINDOW),
        difference=apart,
        note="ours with a HAC standard error, theirs with the plain one; alpha and beta are compared",
    )


def _ranks(method: str, statistic: str) -> Callable[[Effort], Contest]:
    def prepare(effort: Effort) -> Contest:
        from selloff.correlation.rolling import rolling_correlation

        x, y = factor_returns(_length(effort), 2).to_numpy().T
        ends = np.arange(WINDOW - 1, x.size)
        return Contest(
            lambda: rolling_correlation(x, y, WINDOW, method=method),  # type: ignore[arg-type]
            lambda: incumbents.scipy_windows(x, y, WINDOW, statistic, ends),
            difference=lambda ours, theirs: _apart(np.asarray(ours)[WINDOW - 1 :], theirs),
        )

    return prepare


def _import(ours: str) -> Callable[[Effort], Contest]:
    def prepare(effort: Effort) -> Contest:
        return Contest(
            lambda: ours, lambda: "pandas, statsmodels.api, altair", clock=_import_seconds, note="in fresh processes"
        )

    return prepare


def _import_seconds(call: Call) -> float:
    """Return how long a fresh process takes to import the modules that a call names."""
    code = f"import time\nstart = time.perf_counter()\nimport {call()}\nprint(time.perf_counter() - start)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


_LOOP = "scipy, window by window"
_PANDAS = "pandas rolling.corr"

TASKS = (
    Task("pairs-10", "all pairs, N = 10, numba", _PANDAS, _pairs(10, "numba"), ratio=20),
    Task("pairs-10-numpy", "all pairs, N = 10, numpy", _PANDAS, _pairs(10, "numpy"), ratio=5),
    Task("pairs-50", "all pairs, N = 50, numba", _PANDAS, _pairs(50, "numba"), ratio=40),
    Task("pairs-50-numpy", "all pairs, N = 50, numpy", _PANDAS, _pairs(50, "numpy"), ratio=5),
    Task("pairs-500", "all pairs, N = 500, numba", _PANDAS, _panel(()), ratio=100),
    Task("pairs-500-quantiles", "the same with quantiles", _PANDAS, _panel((0.05, 0.25, 0.5, 0.75, 0.95)), ratio=100),
    Task("band", "bootstrap band", "arch, window by window", _band, ratio=1000),
    Task("dcc-2", "DCC fit, N = 2", "pymgarch", _dcc(2), ratio=12),
    Task("dcc-10", "DCC fit, N = 10", "pymgarch", _dcc(10), ratio=10),
    Task("beta", "rolling beta with HAC", "statsmodels RollingOLS", _beta, ratio=100),
    Task("spearman", "rolling Spearman", _LOOP, _ranks("spearman", "spearmanr"), ratio=150),
    Task("kendall", "rolling Kendall", _LOOP, _ranks("kendall", "kendalltau"), ratio=500),
    Task("import", "import selloff", "pandas + statsmodels + altair", _import("selloff"), seconds=0.45),
    Task("import-all", "import its models", "pandas + statsmodels + altair",
         _import("selloff.correlation, selloff.inference"), seconds=0.45),
)  # fmt: skip
