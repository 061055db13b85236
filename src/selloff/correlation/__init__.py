"""Correlation that moves, and how far it moves by chance alone."""

from selloff.correlation.adjusted import AdjustedCorrelation, forbes_rigobon, forbes_rigobon_range
from selloff.correlation.average import mean_correlation
from selloff.correlation.band import Band, correlation_band
from selloff.correlation.beta import rolling_beta
from selloff.correlation.breaks import Breaks, structural_breaks
from selloff.correlation.conditional import DownsideBeta, QuantileBeta, downside_beta, quantile_beta
from selloff.correlation.constancy import correlation_influence, two_window_test
from selloff.correlation.dynamic import DCC, dcc_filter, fit_dcc
from selloff.correlation.ewma import ewma_correlation
from selloff.correlation.exceedance import Exceedance, exceedance_correlation, normal_exceedance
from selloff.correlation.fluctuation import fluctuation_test
from selloff.correlation.jennrich import jennrich_test
from selloff.correlation.kalman import KalmanBeta, kalman_beta
from selloff.correlation.leadlag import DimsonBeta, LeadLag, dimson_beta, lead_lag
from selloff.correlation.matrix import rolling_correlation_matrix
from selloff.correlation.panel import PanelCorrelation, panel_correlation
from selloff.correlation.rolling import rolling_correlation
from selloff.correlation.spillover import RollingSpillover, Spillover, rolling_spillover, spillover
from selloff.correlation.spillover_band import SpilloverBand, spillover_band
from selloff.correlation.tails import TailDependence, tail_dependence

__all__ = [
    "DCC",
    "AdjustedCorrelation",
    "Band",
    "Breaks",
    "DimsonBeta",
    "DownsideBeta",
    "Exceedance",
    "KalmanBeta",
    "LeadLag",
    "PanelCorrelation",
    "QuantileBeta",
    "RollingSpillover",
    "Spillover",
    "SpilloverBand",
    "TailDependence",
    "correlation_band",
    "correlation_influence",
    "dcc_filter",
    "dimson_beta",
    "downside_beta",
    "ewma_correlation",
    "exceedance_correlation",
    "fit_dcc",
    "fluctuation_test",
    "forbes_rigobon",
    "forbes_rigobon_range",
    "jennrich_test",
    "kalman_beta",
    "lead_lag",
    "mean_correlation",
    "normal_exceedance",
    "panel_correlation",
    "quantile_beta",
    "rolling_beta",
    "rolling_correlation",
    "rolling_correlation_matrix",
    "rolling_spillover",
    "spillover",
    "spillover_band",
    "structural_breaks",
    "tail_dependence",
    "two_window_test",
]
