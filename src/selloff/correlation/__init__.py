"""Correlation that moves, and how far it moves by chance alone."""

from selloff.correlation.band import Band, correlation_band
from selloff.correlation.constancy import correlation_influence, two_window_test
from selloff.correlation.rolling import rolling_correlation

__all__ = ["Band", "correlation_band", "correlation_influence", "rolling_correlation", "two_window_test"]
