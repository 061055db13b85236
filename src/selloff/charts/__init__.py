"""One function per picture: results in, an Altair chart with a finding, a description and a source out.

Importing this package sets the way Altair shows charts, here and in other notebooks of the same session: without
any script from elsewhere.
"""

from selloff.charts.board import verdicts
from selloff.charts.breadth import coin_changes, fallers
from selloff.charts.buyers import (
    flow_lags,
    flow_weeks,
    placement_prices,
    raised,
    records,
    stablecoins,
    supply_multiples,
)
from selloff.charts.changes import appetite_bands, chosen_changes
from selloff.charts.clock import anchor_weeks, closing_hours, dated_rows, mood_lags
from selloff.charts.curve import specification_curve
from selloff.charts.explained import contributions, explained_moves
from selloff.charts.explorer import explorer
from selloff.charts.feedback import cascade_range, feedback_null, marked_falls
from selloff.charts.illusions import clock_week, read_apart, reading_hours, stale_readings, storm_cloud, storm_curve
from selloff.charts.inferred import fitting_hours
from selloff.charts.levels import key_levels, range_paths
from selloff.charts.leverage import funding_rates, liquidation_counts, open_interest_changes, volatility_index
from selloff.charts.macro import band_line, clock_bands, dynamic_line, naive_line, test_intervals
from selloff.charts.measuring import (
    alarms_and_finds,
    level_histograms,
    shuffled_histogram,
    wandering_lines,
    window_ranges,
)
from selloff.charts.renderer import enable
from selloff.charts.sources import competing_counts, count_windows, source_grid, vendor_totals
from selloff.charts.standing import placebo_weeks, week_standings, week_windows
from selloff.charts.tails import (
    coin_exceedance,
    exceedance_panels,
    normal_curves,
    quantile_betas,
    side_betas,
    tail_meetings,
)
from selloff.charts.theme import PALETTE
from selloff.charts.validation import DESIGN_NAMES, study_shares
from selloff.charts.week import (
    average_gap,
    fund_flows,
    purchases,
    sentiment,
    week_path,
)
from selloff.charts.with_what import (
    alone_and_together,
    alone_by_coin,
    alone_by_period,
    group_spillover,
    hourly_beta,
    lead_lags,
    session_moves,
)
from selloff.charts.worst import worst_days

__all__ = [
    "DESIGN_NAMES",
    "PALETTE",
    "alarms_and_finds",
    "alone_and_together",
    "alone_by_coin",
    "alone_by_period",
    "anchor_weeks",
    "appetite_bands",
    "average_gap",
    "band_line",
    "cascade_range",
    "chosen_changes",
    "clock_bands",
    "clock_week",
    "closing_hours",
    "coin_changes",
    "coin_exceedance",
    "competing_counts",
    "contributions",
    "count_windows",
    "dated_rows",
    "dynamic_line",
    "enable",
    "exceedance_panels",
    "explained_moves",
    "explorer",
    "fallers",
    "feedback_null",
    "fitting_hours",
    "flow_lags",
    "flow_weeks",
    "fund_flows",
    "funding_rates",
    "group_spillover",
    "hourly_beta",
    "key_levels",
    "lead_lags",
    "level_histograms",
    "liquidation_counts",
    "marked_falls",
    "mood_lags",
    "naive_line",
    "normal_curves",
    "open_interest_changes",
    "placebo_weeks",
    "placement_prices",
    "purchases",
    "quantile_betas",
    "raised",
    "range_paths",
    "read_apart",
    "reading_hours",
    "records",
    "sentiment",
    "session_moves",
    "shuffled_histogram",
    "side_betas",
    "source_grid",
    "specification_curve",
    "stablecoins",
    "stale_readings",
    "storm_cloud",
    "storm_curve",
    "study_shares",
    "supply_multiples",
    "tail_meetings",
    "test_intervals",
    "vendor_totals",
    "verdicts",
    "volatility_index",
    "wandering_lines",
    "week_path",
    "week_standings",
    "week_windows",
    "window_ranges",
    "worst_days",
]

enable()
