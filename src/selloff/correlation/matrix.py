"""Rolling correlation of all pairs of a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.correlation.kernels import (
    Engine,
    check_window,
    choose_engine,
    frames,
    pad,
    pair_positions,
    pair_rows,
    place,
    second_look,
    standardise,
)
from selloff.inference.inputs import Panel, check_panel

__all__ = ["pair_names", "rolling_correlation_matrix"]

Floats = NDArray[np.float64]
# Numbers that the numpy engine works on at once: they stay in the cache.
_CHUNK = 2**16


def rolling_correlation_matrix(returns: Panel, window: int, engine: Engine | None = None) -> pd.DataFrame:
    """Return the correlation of each pair of columns over a moving window.

    Parameters
    ----------
    returns : DataFrame or ndarray, shape (T, N)
        Returns, one series a column; NaN where missing.
    window : int
        Number of observations in a window, at least 3.
    engine : {"numpy", "numba"}, optional
        By default numba for more than 30 series where it is installed. The two agree to about 1e-14.

    Returns
    -------
    DataFrame, shape (T, N (N - 1) / 2)
        One column a pair, named by both, in the order of ``itertools.combinations``. Within [-1, 1]; NaN until the
        window is full, where a value is missing, and where a series is flat.

    Raises
    ------
    ValueError
        The panel or the window does not fit, or the engine is unknown.
    ImportError
        numba is asked for and missing.

    Notes
    -----
    As :func:`selloff.correlation.rolling_correlation`. The result takes 4 T N^2 bytes: for 500 series and 4,000 dates
    4 GB. :func:`selloff.correlation.panel_correlation` gives its mean, range and quantiles without it.

    Examples
    --------
    >>> import numpy as np
    >>> from selloff.correlation.matrix import rolling_correlation_matrix
    >>> returns = np.array([[1., 2., 3.], [2., 4., 1.], [3., 6., 2.], [2., 1., 9.]])
    >>> rolling_correlation_matrix(returns, window=3).round(3).iloc[-1].tolist()
    [0.803, -0.397, -0.866]
    """
    values, index, columns = check_panel(returns, missing=True)
    window = check_window(window, len(values))
    correlate = _compiled if choose_engine(engine, values.shape[1]) == "numba" else _arrays
    return pd.DataFrame(correlate(values, window), index=index, columns=pair_names(columns), copy=False)


def pair_names(columns: pd.Index) -> pd.MultiIndex:
    """Return the names of all pairs of columns, in the order of ``itertools.combinations``."""
    codes: Any = np.triu_indices(len(columns), 1)
    levels: Any = [columns, columns]
    return pd.MultiIndex(levels=levels, codes=codes, names=["x", "y"], verify_integrity=False)


def _arrays(values: Floats, window: int) -> Floats:
    length, series = values.shape
    padded = pad(values, window)
    blocks = len(padded) - 1
    out = np.empty((blocks, window, place(series, series - 1)))
    step = max(1, _CHUNK // (window * series))
    buffer = np.empty(3 * step * window * series)
    for first in range(0, blocks, step):
        part = padded[first : first + step + 1]
        standard = standardise(part)
        here = out[first : first + step]
        for i in range(series - 1):
            here[:, :, place(series, i) : place(series, i + 1)] = pair_rows(standard, i, buffer).transpose(1, 0, 2)
        _put_in(here.reshape(-1, here.shape[2]), part, standard.flagged.transpose(1, 0, 2))
    return out.reshape(-1, out.shape[2])[:length]


def _compiled(values: Floats, window: int) -> Floats:
    from selloff.correlation.compiled import matrix, tiles

    length, series = values.shape
    padded = pad(values, window)
    out = np.empty((length, place(series, series - 1)))
    flagged = np.empty((len(padded) - 1, window, series), dtype=np.bool_)
    matrix(padded, *frames(padded), tiles(series, window, window), out, flagged)
    _put_in(out, padded, flagged)
    return out


def _put_in(out: Floats, padded: Floats, flagged: NDArray[np.bool_]) -> None:
    """Put in what took a second look."""
    series = padded.shape[2]
    for row, which, correlations in second_look(padded, flagged):
        if row >= len(out):
            continue
        for one, found in zip(which, correlations, strict=True):
            others = np.delete(np.arange(series), one)
            out[row, pair_positions(series, one, others)] = found[others]
