"""C07: whether the fall fed on itself, measured against prices that know no feedback.

The distribution of both measures without feedback, and with a feedback of known strength, is simulated beforehand and
stored in ``feedback.csv``: ``python -m selloff.claims.feedback`` makes it anew in about a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from selloff.claims.ledger import Claim, Specification
from selloff.claims.result import Evaluator, Measure
from selloff.data import load
from selloff.market import amplification_grid, entry_distribution
from selloff.market.waves import FallMeasures, Waves, excited, fall_marks, fall_measures, fit_waves, measure_marks

__all__ = [
    "EVALUATORS", "LEVEL", "MONTH", "ORDINARY", "RATIO", "TABLE", "FeedbackTest", "amplifications", "feedback_test",
    "month_measures", "month_returns", "simulated", "stored", "waves_of",
]  # fmt: skip

#: Where the simulated measures are stored.
TABLE = Path(__file__).with_name("feedback.csv")
#: The month around the week: thirty days that end before the crash of 10 October. The thirty days before set the
#: first threshold; the year that ends with the month gives the waves of volatility.
MONTH = (pd.Timestamp("2025-09-10", tz="UTC"), pd.Timestamp("2025-10-10", tz="UTC"))
YEAR = pd.Timedelta(days=365)
#: Branching ratio at which power is judged, and the share of runs without feedback that a test may call feedback.
RATIO, LEVEL = 0.5, 0.05
#: What the likelihood ratio must exceed at 5 % if only a smooth baseline is the rival: half a chi-squared.
ORDINARY = 2.7055
#: Simulated months of each kind.
RUNS = 499

_HOURS = 2 * 720
_MEASURES = {"self_excitation": "branching", "lead_lag": "contrast"}


def month_returns(asset: str, hours: int = 720, folder: Path | None = None) -> pd.Series:
    """Return an asset's last hourly log returns up to the end of the month around the week, in percent."""
    price = load("crypto_hourly", folder)[asset].loc[: MONTH[1]]
    returns: pd.Series = 100 * np.log(price).diff()
    return returns.iloc[-hours:]


def waves_of(asset: str, folder: Path | None = None) -> Waves:
    """Return the waves of volatility of one asset over the year that ends with the month around the week."""
    return fit_waves(month_returns(asset, int(YEAR / pd.Timedelta(hours=1)), folder))


def month_measures(asset: str, folder: Path | None = None) -> FallMeasures:
    """Measure how strongly falls followed falls in the month around the week."""
    return fall_measures(month_returns(asset, _HOURS, folder).to_numpy())


def simulated(asset: str, runs: int, folder: Path | None = None) -> pd.DataFrame:
    """Simulate the month with the same waves of volatility, without feedback and with a known one.

    Parameters
    ----------
    asset : {"btc", "eth"}
    runs : int
        Simulated months; the first ones are the same whatever their number.

    Returns
    -------
    DataFrame
        Columns ``asset``, ``kind`` (``waves`` or ``feedback``), ``run``, ``falls``, ``branching``, ``statistic``,
        ``contrast``.
    """
    rows = []
    for run, path in enumerate(waves_of(asset, folder).simulate(_HOURS, runs, seed=1)):
        falls, rises = fall_marks(path)
        fed = excited(falls, RATIO, seed=run)
        for kind, down, up in (("waves", falls, rises), ("feedback", fed, rises * (1 - fed))):
            found = measure_marks(down, up)
            rows.append((asset, kind, run, found.falls, found.branching, found.statistic, found.contrast))
    return pd.DataFrame(rows, columns=["asset", "kind", "run", "falls", "branching", "statistic", "contrast"])


class FeedbackTest:
    """One measure of the month against its distribution without feedback.

    Attributes
    ----------
    value : float
        The measure in the month.
    median, critical : float
        Median and 95 % point without feedback.
    pvalue : float
        Rank of the value among runs without feedback.
    power : float
        Share of runs with a branching ratio of one half that exceed the critical value.
    waves, feedback : ndarray
        The simulated measures.
    """

    def __init__(self, value: float, waves: pd.Series, feedback: pd.Series) -> None:
        self.value = value
        self.waves, self.feedback = waves.dropna().to_numpy(), feedback.dropna().to_numpy()
        self.median, self.critical = (float(np.quantile(self.waves, level)) for level in (0.5, 1 - LEVEL))
        self.pvalue = float((1 + (self.waves >= value).sum()) / (1 + len(self.waves)))
        self.power = float((self.feedback > self.critical).mean())

    @property
    def supports(self) -> bool | None:
        """Whether the measure shows feedback; None where the test would seldom see it."""
        return None if self.power < 0.5 else self.value > self.critical


def feedback_test(test: str, asset: str, folder: Path | None = None) -> FeedbackTest:
    """Test one measure of the month around the week.

    Parameters
    ----------
    test : {"self_excitation", "lead_lag"}
    asset : {"btc", "eth"}
    folder : Path, optional
        Folder of tables; the project's own by default.

    Returns
    -------
    FeedbackTest

    Examples
    --------
    >>> from selloff.claims.feedback import feedback_test
    >>> feedback_test("lead_lag", "btc").power > 0.5
    True
    """
    measure = _MEASURES[test]
    waves, feedback = (stored(asset, kind)[measure] for kind in ("waves", "feedback"))
    return FeedbackTest(getattr(month_measures(asset, folder), measure), waves, feedback)


def stored(asset: str, kind: str) -> pd.DataFrame:
    """Return the simulated months of one asset, without feedback (``waves``) or with it (``feedback``)."""
    table = _table()
    return table[(table["asset"] == asset) & (table["kind"] == kind)].reset_index(drop=True)


@lru_cache(maxsize=1)
def _table() -> pd.DataFrame:
    return pd.read_csv(TABLE)


def amplifications(claim: Claim, asset: str, folder: Path | None = None) -> pd.DataFrame:
    """Run the cascade model over the assumptions that the ledger states for one asset.

    Parameters
    ----------
    claim : Claim
        C07, with its ``assumed`` terms.
    asset : {"btc", "eth"}
    folder : Path, optional
        Folder of tables.

    Returns
    -------
    DataFrame
        As :func:`selloff.market.amplification_grid`, with ``open_interest_usd`` and ``daily_volume_usd``.
    """
    terms = claim.terms["assumed"]
    prices = load("crypto_hourly", folder)[asset].loc[: pd.Timestamp(terms["start"])]
    volatility = float(np.log(prices).diff().iloc[-720:].std() * np.sqrt(24))
    entries = entry_distribution(prices.iloc[-24 * 14 :].to_numpy(), halflife=48, bins=40)
    parts = []
    for interest, volume in product(terms["open_interest_usd_bn"][asset], terms["daily_volume_usd_bn"][asset]):
        grid = amplification_grid(
            float(prices.iloc[-1]),
            interest * 1e9,
            terms["shocks"],
            terms["coefficients"],
            terms["leverage"],
            daily_volatility=volatility,
            daily_volume_usd=volume * 1e9,
            entries=entries,
            maintenance_margin=terms["maintenance_margin"],
        )
        parts.append(grid.assign(open_interest_usd=interest * 1e9, daily_volume_usd=volume * 1e9))
    return pd.concat(parts, ignore_index=True)


def _feedback(claim: Claim, spec: Specification, folder: Path | None) -> Iterator[Measure]:
    if spec["test"] == "cascade":
        grid = amplifications(claim, spec["asset"], folder)["amplification"]
        # Never below one, whatever the market: it speaks for nothing.
        yield Measure("amplification", float(grid.median()), "times", None, float(grid.min()), float(grid.max()))
        return
    found = feedback_test(spec["test"], spec["asset"], folder)
    unit, scale = ("", 1) if spec["test"] == "self_excitation" else ("%", 100)
    yield Measure("measured", scale * found.value, unit, found.supports)
    yield Measure("bound", scale * found.critical, unit, found.supports)
    yield Measure("power", round(100 * found.power, 1), "in 100 runs", found.supports)


def main() -> int:
    """Simulate both assets and store the measures."""
    table = pd.concat([simulated(asset, RUNS) for asset in ("btc", "eth")], ignore_index=True)
    table.round(4).to_csv(TABLE, index=False)
    print(f"{len(table)} simulated months stored in {TABLE.name}")
    return 0


#: Evaluators by claim.
EVALUATORS: dict[str, Evaluator] = {"C07": _feedback}

if __name__ == "__main__":
    raise SystemExit(main())
