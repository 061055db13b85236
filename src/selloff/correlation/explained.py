"""How much of one move could other series explain, with coefficients that were known before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference import block_length, moving_blocks
from selloff.inference.inputs import check_panel, check_series, position

__all__ = ["ExplainedMove", "explained_move"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExplainedMove:
    """A move and the part of it that other series explain; made by :func:`explained_move`.

    Attributes
    ----------
    actual : float
        The move: the sum of ``y`` over its rows, in the unit of ``y``.
    explained, lower, upper : float
        What the moves of ``x`` explain, and its interval out of the uncertainty of the coefficients.
    drift : float
        The regression's constant, times the rows of the move: what ``y`` does when ``x`` stands still.
    predicted_lower, predicted_upper : float
        Where the move itself should lie, given the moves of ``x``: uncertain coefficients and a usual remainder.
    as_far : float
        Share of predicted moves that lie at or beyond ``actual``, counted on its side of their middle.
    contributions : DataFrame
        One row a series: its ``move``, ``beta``, ``contribution`` (their product), and ``lower`` and ``upper`` of the
        contribution. The contributions add up to ``explained``.
    r2 : float
        Share of the variance of ``y`` explained over the estimation rows.
    first, last : object
        First and last row of the move.
    since, until : object
        First and last row of the estimation.
    observations, horizon : int
        Rows of the estimation, and of the move.
    level : float
        Coverage of the intervals.
    block, replications, seed : int
        Settings of the bootstrap.
    """

    actual: float
    explained: float
    lower: float
    upper: float
    drift: float
    predicted_lower: float
    predicted_upper: float
    as_far: float
    contributions: pd.DataFrame
    r2: float
    first: Any
    last: Any
    since: Any
    until: Any
    observations: int
    horizon: int
    level: float
    block: int
    replications: int
    seed: int

    @property
    def unexplained(self) -> float:
        """What neither ``x`` nor the drift explains."""
        return self.actual - self.explained - self.drift

    @property
    def share(self) -> float:
        """Explained part of the move; negative if ``x`` speaks for a move the other way."""
        return self.explained / self.actual

    @property
    def share_interval(self) -> tuple[float, float]:
        """Interval of the share, the smaller end first."""
        low, high = sorted((self.lower / self.actual, self.upper / self.actual))
        return low, high

    @property
    def usual(self) -> bool:
        """Whether the move lies within its prediction interval."""
        return self.predicted_lower <= self.actual <= self.predicted_upper

    def to_frame(self) -> pd.DataFrame:
        """Return one row a series."""
        return self.contributions.copy()

    def summary(self) -> str:
        """Return the move, what is explained and where it should lie as two lines."""
        inside = "inside" if self.usual else "outside"
        return (
            f"move {self.actual:+.3f} over {self.horizon} rows; explained {self.explained:+.3f} [{self.lower:+.3f}, "
            f"{self.upper:+.3f}] ({self.level:.0%}, {self.observations} rows before it)\n"
            f"{inside} its prediction interval [{self.predicted_lower:+.3f}, {self.predicted_upper:+.3f}]; "
            f"{self.as_far:.1%} of predicted moves go as far"
        )


def explained_move(
    y: pd.Series,
    x: pd.DataFrame,
    start: str | pd.Timestamp | int,
    end: str | pd.Timestamp | int,
    window: int | None = None,
    level: float = 0.95,
    replications: int = 999,
    block: int | None = None,
    seed: int = 0,
) -> ExplainedMove:
    """Split a move into what other series explain and what they do not.

    Parameters
    ----------
    y : Series, shape (T,)
        Returns that add up, such as log returns, without missing values.
    x : DataFrame, shape (T, K)
        Changes of the other series on the same dates, without missing values.
    start, end : str, Timestamp or int
        First and last row of the move, both inclusive. No row after ``end`` is used, and coefficients are estimated on
        rows before ``start`` only.
    window : int, optional
        Rows before ``start`` that estimate the coefficients; all by default.
    level : float
        Coverage of the intervals.
    replications, seed : int
        Bootstrap samples, and the seed of their generator.
    block : int, optional
        Length of their blocks of rows; by default the one that suits the influence of the explained move.

    Returns
    -------
    ExplainedMove

    Raises
    ------
    ValueError
        The inputs do not fit together, the move is empty, the rows before it are too few or one series of ``x`` is
        flat there or a combination of others; or a setting is out of its range.

    Notes
    -----
    ``y_t = a + b' x_t + e_t`` by least squares on the rows before the move; over its h rows the moves ``m = sum x_t``
    explain ``b' m``, and the drift is ``h a``. Whole rows are drawn in blocks and the regression run again, which gives
    the interval of ``b' m``. A predicted move is ``h a + b' m`` of a draw plus the residuals of h neighbouring rows,
    scaled by ``sqrt(n / (n - K - 1))`` for the degrees of freedom.

    Explained is no cause: the coefficients say what ``y`` used to do when ``x`` moved. Where the series of ``x`` move
    together, their sum is well determined and the split between them is not.

    References
    ----------
    Kuensch (1989), Annals of Statistics 17, 1217-1241, for blocks; Freedman (1981), Annals of Statistics 9, 1218-1228,
    for drawing rows of a regression.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from selloff.correlation.explained import explained_move
    >>> x = pd.DataFrame({"shares": np.sin(np.arange(105.0))})
    >>> y = 2 * x["shares"]
    >>> y.iloc[-5:] -= 1.0  # the last five rows fall by more than shares explain
    >>> move = explained_move(y, x, start=100, end=104, replications=99)
    >>> round(move.unexplained, 6), move.usual
    (-5.0, False)
    """
    values, index = check_series(y, "y")
    panel, dates, columns = check_panel(x, "x", series=1)
    if not (isinstance(y, pd.Series) and isinstance(x, pd.DataFrame) and index.equals(dates)):
        raise ValueError("explained_move: y and x must be a Series and a DataFrame on the same dates; join them first")
    if not 0 < level < 1:
        raise ValueError(f"explained_move: level must lie between 0 and 1, got {level}")
    if replications < 99:
        raise ValueError(f"explained_move: {replications} replications place no interval; expected 99 or more")
    opens, closes = _rows(index, start, end)
    begins = _begin(opens, window, panel.shape[1])
    inside, before = slice(opens, closes), slice(begins, opens)
    # Positions start at 0 for arrays of any kind; the move's rows stand apart from those that estimate.
    right, left, moves = panel[before], values[before], panel[inside].sum(axis=0)
    mean, scale = right.mean(axis=0), right.std(axis=0)
    flat = np.ptp(right, axis=0) == 0
    if flat.any():
        raise ValueError(f"explained_move: {columns[int(flat.argmax())]!r} is flat before the move; drop it")
    design = np.column_stack([np.ones(len(right)), (right - mean) / scale])
    if np.linalg.matrix_rank(design, tol=1e-8 * len(design)) < design.shape[1]:
        raise ValueError("explained_move: one series of x is a combination of the others before the move; drop it")
    coefficients = np.linalg.lstsq(design, left, rcond=None)[0]
    residuals = left - design @ coefficients
    horizon = closes - opens
    if block is None:
        # The explained move is linear in y: these are its weights, and what they pick up of each row's residual.
        pull = design[:, 1:] @ np.linalg.solve(design[:, 1:].T @ design[:, 1:], moves / scale)
        block = min(block_length(pull * residuals), len(left) // 3)
    draws = _draws(design, left, moving_blocks(len(left), block, replications, seed))
    betas = draws[:, 1:] / scale
    drift = horizon * (draws[:, 0] - betas @ mean)
    size = np.sqrt(len(left) / (len(left) - design.shape[1]))
    starts = np.random.default_rng([seed, 1]).integers(0, len(left) - horizon + 1, size=replications)
    runs = np.concatenate([[0.0], np.cumsum(residuals)])
    predicted = drift + betas @ moves + size * (runs[starts + horizon] - runs[starts])
    beta = coefficients[1:] / scale
    actual = float(values[inside].sum())
    low, high = (1 - level) / 2, (1 + level) / 2
    return ExplainedMove(
        actual=actual,
        explained=float(beta @ moves),
        lower=float(np.quantile(betas @ moves, low)),
        upper=float(np.quantile(betas @ moves, high)),
        drift=float(horizon * (coefficients[0] - beta @ mean)),
        predicted_lower=float(np.quantile(predicted, low)),
        predicted_upper=float(np.quantile(predicted, high)),
        as_far=float(np.mean(predicted <= actual if actual < np.median(predicted) else predicted >= actual)),
        contributions=pd.DataFrame(
            {
                "move": moves,
                "beta": beta,
                "contribution": beta * moves,
                "lower": np.quantile(betas * moves, low, axis=0),
                "upper": np.quantile(betas * moves, high, axis=0),
            },
            index=columns,
        ),
        r2=float(1 - residuals.var() / left.var()),
        first=index[opens],
        last=index[closes - 1],
        since=index[begins],
        until=index[opens - 1],
        observations=len(left),
        horizon=horizon,
        level=level,
        block=block,
        replications=replications,
        seed=seed,
    )


def _rows(index: pd.Index, start: str | pd.Timestamp | int, end: str | pd.Timestamp | int) -> tuple[int, int]:
    """Return the position of the move's first row and that after its last."""
    opens, closes = position(index, start, "start"), position(index, end, "end")
    # A day that is no row, such as a Sunday, ends the move with the last row before it.
    if closes < len(index) and (isinstance(end, int | np.integer) or index[closes] == pd.Timestamp(end)):
        closes += 1
    if not 0 <= opens < closes <= len(index):
        raise ValueError(f"explained_move: no row lies between start {start} and end {end}; ask within the sample")
    return opens, closes


def _begin(opens: int, window: int | None, series: int) -> int:
    """Return the first row of the estimation."""
    needed = max(30, 5 * (series + 1))
    if window is not None and (isinstance(window, bool) or not isinstance(window, int | np.integer) or window < needed):
        raise ValueError(f"explained_move: window {window!r} must be a whole number, {needed} or more, or None for all")
    rows = opens if window is None else int(window)
    if not needed <= rows <= opens:
        raise ValueError(
            f"explained_move: {opens} rows lie before the move; {max(needed, rows)} are needed to estimate {series} "
            "coefficients"
        )
    return opens - rows


def _draws(design: Floats, y: Floats, positions: NDArray[np.intp]) -> Floats:
    """Return the coefficients of every bootstrap sample, by the number of times that each row is drawn."""
    counts = np.stack([np.bincount(row, minlength=len(y)) for row in positions]).astype(float)
    width = design.shape[1]
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(y), -1)
    products = design * y[:, None]
    left = (counts @ squares).reshape(-1, width, width)
    coefficients: Floats = np.linalg.solve(left, (counts @ products)[:, :, None])[:, :, 0].astype(float)
    return coefficients
