"""Falls, recoveries, shocks and what followed them."""

from selloff.market.base_rates import SimilarEpisodes, fall_sizes, similar_episodes
from selloff.market.breaches import Breaches, moving_average_breaches
from selloff.market.breadth import breadth
from selloff.market.brier import Brier, brier
from selloff.market.cascade import Cascade, amplification_grid, cascade
from selloff.market.clusters import decluster, extremal_index
from selloff.market.drawdowns import Drawdowns, drawdowns
from selloff.market.event_placebo import PlaceboWeeks, placebo_event_study
from selloff.market.event_study import EventStudy, event_study
from selloff.market.excitation import simulate_hawkes
from selloff.market.feedback import excitation_test
from selloff.market.forward import ForwardReturns, forward_returns
from selloff.market.garch import GarchFit, VolatilityForecast
from selloff.market.gpd import GPD, fit_gpd, mean_excess
from selloff.market.hawkes import Hawkes, fit_hawkes
from selloff.market.impact import Undercount, market_impact, undercount
from selloff.market.ladder import Ladder, entry_distribution, liquidation_ladder
from selloff.market.moves import large_moves
from selloff.market.panic import PanicScore, expanding_percentile, panic_score
from selloff.market.reality_check import RealityCheck, reality_check
from selloff.market.recovery import RecoveryCurve, recovery_curve
from selloff.market.tails import TailIndex, tail_index
from selloff.market.volatility import compare_garch, fit_garch

__all__ = [
    "GPD",
    "Breaches",
    "Brier",
    "Cascade",
    "Drawdowns",
    "EventStudy",
    "ForwardReturns",
    "GarchFit",
    "Hawkes",
    "Ladder",
    "PanicScore",
    "PlaceboWeeks",
    "RealityCheck",
    "RecoveryCurve",
    "SimilarEpisodes",
    "TailIndex",
    "Undercount",
    "VolatilityForecast",
    "amplification_grid",
    "breadth",
    "brier",
    "cascade",
    "compare_garch",
    "decluster",
    "drawdowns",
    "entry_distribution",
    "event_study",
    "excitation_test",
    "expanding_percentile",
    "extremal_index",
    "fall_sizes",
    "fit_garch",
    "fit_gpd",
    "fit_hawkes",
    "forward_returns",
    "large_moves",
    "liquidation_ladder",
    "market_impact",
    "mean_excess",
    "moving_average_breaches",
    "panic_score",
    "placebo_event_study",
    "reality_check",
    "recovery_curve",
    "similar_episodes",
    "simulate_hawkes",
    "tail_index",
    "undercount",
]
