"""Correlation that moves, and how far it moves by chance alone."""

from selloff.correlation.adjusted import AdjustedCorrelation, forbes_rigobon, forbes_rigobon_range
from selloff.correlation.average import mean_correlation
from selloff.correlation.band import Band, correlation_band
from selloff.correlation.beta import rolling_beta
from selloff.correlation.breaks import Breaks, structural_breaks
from selloff.correlation.changes import Changes, correlation_changes
from selloff.correlation.conditional import DownsideBeta, QuantileBeta, downside_beta, quantile_beta
from selloff.correlation.constancy import correlation_influence, two_window_test
from selloff.correlation.diversification import MeanExceedance, diversification, mean_exceedance, without_worst
from selloff.correlation.dynamic import DCC, dcc_filter, fit_dcc
from selloff.correlation.dynamic_band import dynamic_band
from selloff.correlation.ewma import ewma_correlation
from selloff.correlation.exceedance import Exceedance, exceedance_correlation, normal_exceedance
from selloff.correlation.exceedance_waves import wave_exceedance
from selloff.correlation.explained import ExplainedMove, explained_move
from selloff.correlation.explore import Exploration, explore
from selloff.correlation.fluctuation import fluctuation_test
from selloff.correlation.hours import HourlyBeta, beta_by_hour
from selloff.correlation.jennrich import jennrich_test
from selloff.correlation.kalman import KalmanBeta, kalman_beta
from selloff.correlation.leadlag import DimsonBeta, LeadLag, dimson_beta, lead_lag
from selloff.correlation.macro import (
    MACRO,
    MacroSeries,
    clear_for_all,
    explain_each,
    lead_each,
    macro_panel,
    next_day_closes,
    regress_each,
)
from selloff.correlation.matrix import rolling_correlation_matrix
from selloff.correlation.panel import PanelCorrelation, panel_correlation
from selloff.correlation.regression import Regression, regress
from selloff.correlation.rolling import rolling_correlation
from selloff.correlation.spillover import RollingSpillover, Spillover, rolling_spillover, spillover
from selloff.correlation.spillover_band import SpilloverBand, spillover_band
from selloff.correlation.tail_change import downside_change, tail_change
from selloff.correlation.tail_pairs import (
    COINS,
    SHARES,
    diversification_table,
    exceedance_each,
    exceedance_without,
    quantile_beta_each,
    share_pairs,
    split_periods,
)
from selloff.correlation.tail_tables import (
    change_table,
    meeting_counts,
    meeting_table,
    side_beta_table,
    worst_day_table,
)
from selloff.correlation.tails import TailDependence, tail_dependence

__all__ = [
    "COINS",
    "DCC",
    "MACRO",
    "SHARES",
    "AdjustedCorrelation",
    "Band",
    "Breaks",
    "Changes",
    "DimsonBeta",
    "DownsideBeta",
    "Exceedance",
    "ExplainedMove",
    "Exploration",
    "HourlyBeta",
    "KalmanBeta",
    "LeadLag",
    "MacroSeries",
    "MeanExceedance",
    "PanelCorrelation",
    "QuantileBeta",
    "Regression",
    "RollingSpillover",
    "Spillover",
    "SpilloverBand",
    "TailDependence",
    "beta_by_hour",
    "change_table",
    "clear_for_all",
    "correlation_band",
    "correlation_changes",
    "correlation_influence",
    "dcc_filter",
    "dimson_beta",
    "diversification",
    "diversification_table",
    "downside_beta",
    "downside_change",
    "dynamic_band",
    "ewma_correlation",
    "exceedance_correlation",
    "exceedance_each",
    "exceedance_without",
    "explain_each",
    "explained_move",
    "explore",
    "fit_dcc",
    "fluctuation_test",
    "forbes_rigobon",
    "forbes_rigobon_range",
    "jennrich_test",
    "kalman_beta",
    "lead_each",
    "lead_lag",
    "macro_panel",
    "mean_correlation",
    "mean_exceedance",
    "meeting_counts",
    "meeting_table",
    "next_day_closes",
    "normal_exceedance",
    "panel_correlation",
    "quantile_beta",
    "quantile_beta_each",
    "regress",
    "regress_each",
    "rolling_beta",
    "rolling_correlation",
    "rolling_correlation_matrix",
    "rolling_spillover",
    "share_pairs",
    "side_beta_table",
    "spillover",
    "spillover_band",
    "split_periods",
    "structural_breaks",
    "tail_change",
    "tail_dependence",
    "two_window_test",
    "wave_exceedance",
    "without_worst",
    "worst_day_table",
]
