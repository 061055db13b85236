"""What a test returns."""

from __future__ import annotations

from dataclasses import dataclass

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
        The effect and its standard error, in the effect's unit.
    size_note : str
        How far the test's true size is known to lie from the nominal one.
    """

    __test__ = False  # the name starts like a test class; pytest must not collect it

    name: str
    statistic: float
    pvalue: float
    estimate: float
    se: float
    size_note: str = ""

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

    def summary(self) -> str:
        """Return the result as one line."""
        low, high = self.interval()
        line = f"{self.name}: effect {self.estimate:+.3f} [{low:+.3f}, {high:+.3f}], p = {self.pvalue:.3f}"
        return f"{line}; {self.size_note}" if self.size_note else line
