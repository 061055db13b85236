"""The tails of several pairs and periods in one table, with the price of having looked so often."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from selloff.correlation.conditional import downside_beta
from selloff.correlation.tail_change import tail_change
from selloff.correlation.tails import tail_dependence
from selloff.inference import holm

__all__ = ["change_table", "meeting_counts", "meeting_table", "side_beta_table", "worst_day_table"]

Samples = Mapping[tuple[str, str], pd.DataFrame]


def meeting_table(samples: Samples, level: float = 0.1, replications: int = 499) -> pd.DataFrame:
    """Return how often the two columns of each sample are in one tail on one day.

    Parameters
    ----------
    samples : mapping
        Table with two columns of returns by (pair, period), both in words.
    level, replications
        As in :func:`tail_dependence`.

    Returns
    -------
    DataFrame
        One row a sample and side: ``label``, ``period``, ``side``, ``value`` (chi), ``low``, ``high``, ``normal``,
        ``days`` (those in common), ``tail`` (those in either tail) and ``sessions`` (all).

    Raises
    ------
    ValueError
        A sample has not two columns, or does not fit :func:`tail_dependence`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import meeting_table
    >>> two = pd.DataFrame(np.random.default_rng(0).standard_normal((400, 2)))
    >>> meeting_table({("a pair", "a year"): two}, replications=19)["side"].tolist()
    ['lower', 'upper']
    """
    rows = []
    for (label, period), part in samples.items():
        x, y = _columns(part)
        for side in ("lower", "upper"):
            found = tail_dependence(x, y, level, side, replications=replications)
            rows.append(
                {
                    "label": label,
                    "period": period,
                    "side": side,
                    "value": found.chi,
                    "low": found.lower,
                    "high": found.upper,
                    "normal": found.normal,
                    "days": found.common,
                    "tail": int(level * found.observations + 1e-9),
                    "sessions": found.observations,
                }
            )
    return pd.DataFrame(rows)


def meeting_counts(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """Return the counts of days behind one pair of :func:`meeting_table`.

    Parameters
    ----------
    table : DataFrame
        From :func:`meeting_table`.
    label : str
        The pair.

    Returns
    -------
    DataFrame
        One row a period in their order: ``sessions``, ``tail``, ``worst`` and ``best``, the days in common.

    Raises
    ------
    ValueError
        There is no such pair.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import meeting_counts, meeting_table
    >>> two = pd.DataFrame(np.random.default_rng(0).standard_normal((400, 2)))
    >>> met = meeting_table({("a pair", "a year"): two}, replications=19)
    >>> meeting_counts(met, "a pair").loc["a year", ["sessions", "tail"]].tolist()
    [400, 40]
    """
    own = table[table["label"] == label]
    if own.empty:
        raise ValueError(f"meeting_counts: no pair {label!r}; expected one of {', '.join(table['label'].unique())}")
    lower, upper = (own[own["side"] == side].set_index("period") for side in ("lower", "upper"))
    return lower[["sessions", "tail"]].assign(worst=lower["days"], best=upper["days"])


def change_table(
    pairs: Mapping[str, pd.DataFrame], split: str, level: float = 0.1, replications: int = 499
) -> pd.DataFrame:
    """Test for each pair and side whether days in common became more frequent, and correct for all tests.

    Parameters
    ----------
    pairs : mapping
        Table with two columns of returns, indexed by day, by pair in words.
    split : str
        First day of the later period.
    level, replications
        As in :func:`tail_change`.

    Returns
    -------
    DataFrame
        One row a pair and side: ``label``, ``side``, ``change``, ``pvalue``, ``holm`` (corrected for all rows) and
        ``detectable``, the change that the test would find four times in five.

    Raises
    ------
    ValueError
        A sample has not two columns, or does not fit :func:`tail_change`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import change_table
    >>> days = pd.date_range("2024-01-01", periods=400)
    >>> two = pd.DataFrame(np.random.default_rng(0).standard_normal((400, 2)), index=days)
    >>> change_table({"a pair": two}, "2024-07-01", replications=19)["side"].tolist()
    ['lower', 'upper']
    """
    rows = []
    for label, part in pairs.items():
        x, y = (pd.Series(column, index=part.index) for column in _columns(part))
        for side in ("lower", "upper"):
            test = tail_change(x, y, split, level, side, replications)
            rows.append([label, side, test.estimate, test.pvalue, test.detectable()])
    table = pd.DataFrame(rows, columns=["label", "side", "change", "pvalue", "detectable"])
    table.insert(4, "holm", holm(table["pvalue"].to_numpy()).to_numpy())
    return table


def side_beta_table(samples: Samples) -> pd.DataFrame:
    """Return the beta of each sample's first column on its second, on days when the second fell and on the others.

    Parameters
    ----------
    samples : mapping
        Table with two columns of returns by (pair, period), both in words.

    Returns
    -------
    DataFrame
        One row a sample and side: ``label``, ``period``, ``side`` (``downside`` or ``upside``), ``value``, ``low`` and
        ``high`` of its 95 % interval, ``days``, and ``pvalue`` of the two sides' equality.

    Raises
    ------
    ValueError
        A sample has not two columns, or does not fit :func:`downside_beta`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation import side_beta_table
    >>> x = np.linspace(-1, 1, 80)
    >>> two = pd.DataFrame({"coin": np.where(x < 0, 2 * x, x), "index": x})
    >>> side_beta_table({("a pair", "a year"): two})["value"].round(6).tolist()
    [2.0, 1.0]
    """
    rows = []
    for (label, period), part in samples.items():
        y, x = _columns(part)
        found = downside_beta(y, x)
        for side in ("downside", "upside"):
            beta, error, days = (found.table[name][side] for name in ("beta", "se", "observations"))
            low, high = beta - 1.959964 * error, beta + 1.959964 * error
            rows.append([label, period, side, beta, low, high, int(days), found.difference.pvalue])
    return pd.DataFrame(rows, columns=["label", "period", "side", "value", "low", "high", "days", "pvalue"])


def worst_day_table(pairs: Mapping[str, pd.DataFrame], count: int = 20) -> pd.DataFrame:
    """Count what one series did on the worst days of the other, both ways.

    Parameters
    ----------
    pairs : mapping
        Table with two columns of returns by pair in words.
    count : int
        How many worst days.

    Returns
    -------
    DataFrame
        Two rows a pair: ``worst`` and ``other`` (names of columns), ``fell``, ``tenth`` and ``both``: on how many of
        those days the other fell, was in its worst tenth, and was in its own ``count`` worst.

    Raises
    ------
    ValueError
        A sample has not two columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.correlation import worst_day_table
    >>> pair = pd.DataFrame({"a": [-3.0, -2.0, 1.0, 2.0], "b": [-1.0, 1.0, -2.0, 3.0]})
    >>> worst_day_table({"a pair": pair}, count=2)["fell"].tolist()
    [1, 1]
    """
    rows = []
    for part in pairs.values():
        _columns(part)
        for one, other in (tuple(part.columns), tuple(part.columns[::-1])):
            moves, all_moves = part.nsmallest(count, one)[other], part[other]
            tenth = int((moves <= all_moves.quantile(0.1)).sum())
            both = int((moves <= all_moves.nsmallest(count).max()).sum())
            rows.append([one, other, int((moves < 0).sum()), tenth, both])
    return pd.DataFrame(rows, columns=["worst", "other", "fell", "tenth", "both"])


def _columns(part: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    if part.shape[1] != 2:
        raise ValueError(f"a sample has {part.shape[1]} columns; expected two, a pair of returns")
    return part.iloc[:, 0].to_numpy(dtype=float), part.iloc[:, 1].to_numpy(dtype=float)
