"""What a test returns."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TestResult"]


@dataclass(frozen=True)
class TestResult:
    """The outcome of one test.

    Attributes
    ----------
    name : str
        Name of the test.
    statistic, pvalue : float
        The statistic and its two-sided p-value.
    estimate, se : float
        The effect and its standard error, in the effect's unit; NaN where the test has none.
    size_note : str
        How far the test's true size is known to lie from the nominal one.
    break_date : object
        Where the test places a change: a date, a position for arrays, or None for a test that places none.
    settings : dict
        What the test was told or chose: lags, block, replications, seed.
    effect : str
        What ``estimate`` measures.
    """

    __test__ = False  # the name starts like a test class; pytest must not collect it

    name: str
    statistic: float
    pvalue: float
    estimate: float = float("nan")
    se: float = float("nan")
    size_note: str = ""
    break_date: Any = None
    settings: dict[str, Any] = field(default_factory=dict)
    effect: str = "effect"

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the two-sided normal interval of the effect."""
        from scipy.stats import norm

        half = float(norm.ppf(0.5 + level / 2)) * self.se
        return self.estimate - half, self.estimate + half

    def detectable(self, power: float = 0.8, level: float = 0.05) -> float:
        """Return the smallest true effect that this test would find with the given power.

        Notes
        -----
        ``(z(1 - level / 2) + z(power)) se``, for a two-sided test with a normal statistic.
        """
        from scipy.stats import norm

        return float(norm.ppf(1 - level / 2) + norm.ppf(power)) * self.se

    def to_frame(self) -> pd.DataFrame:
        """Return the result as one row."""
        import pandas as pd

        row = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("settings", "effect")}
        return pd.DataFrame([row | self.settings])

    def summary(self) -> str:
        """Return the result as one line."""
        parts = [f"statistic {self.statistic:.3f}"]
        if self.se == self.se:
            low, high = self.interval()
            parts = [f"{self.effect} {self.estimate:+.3f} [{low:+.3f}, {high:+.3f}]"]
        if self.break_date is not None:
            day = self.break_date
            parts.append(f"change at {day:%Y-%m-%d}" if hasattr(day, "strftime") else f"change at {day}")
        line = f"{self.name}: {', '.join(parts)}, p = {self.pvalue:.3f}"
        return f"{line}; {self.size_note}" if self.size_note else line
