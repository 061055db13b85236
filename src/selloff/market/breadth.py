"""Breadth: how many assets fell together, and how far."""

from __future__ import annotations

import numpy as np
import pandas as pd

from selloff.inference.inputs import check_panel

__all__ = ["breadth"]


def breadth(changes: pd.DataFrame) -> pd.DataFrame:
    """Return how widely assets fell, period by period.

    Parameters
    ----------
    changes : DataFrame, shape (T, N)
        Changes of the assets, one a column, in any unit; periods in which an asset lacks are left out, for a count
        over fewer assets is another count.

    Returns
    -------
    DataFrame
        One row a period: ``fell`` (how many assets lost), ``median``, ``worst`` and ``best`` change, and the assets
        ``worst_asset`` and ``best_asset``.

    Raises
    ------
    ValueError
        There are fewer than two assets, a value is infinite, or no period has all of them.

    Examples
    --------
    >>> import pandas as pd
    >>> from selloff.market import breadth
    >>> changes = pd.DataFrame({"a": [-1.0, 2.0], "b": [-3.0, -1.0], "c": [-2.0, 4.0]})
    >>> breadth(changes)[["fell", "median", "worst_asset"]].to_numpy().tolist()
    [[3, -2.0, 'b'], [1, 2.0, 'b']]
    """
    check_panel(changes, "changes", 1, series=2, missing=True)
    whole = changes.dropna()
    if whole.empty:
        raise ValueError("breadth: no period has a change of every asset; start later, or leave out the youngest asset")
    return pd.DataFrame(
        {
            "fell": (whole < 0).sum(axis=1).astype(np.int64),
            "median": whole.median(axis=1),
            "worst": whole.min(axis=1),
            "best": whole.max(axis=1),
            "worst_asset": whole.idxmin(axis=1),
            "best_asset": whole.idxmax(axis=1),
        }
    )
