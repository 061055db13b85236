"""One function per picture: results in, an Altair chart with a finding, a description and a source out.

Importing this package sets the way Altair shows charts, here and in other notebooks of the same session: without
any script from elsewhere.
"""

from selloff.charts.claim import definitions
from selloff.charts.clock import anchor_weeks, closing_hours, source_spread
from selloff.charts.macro import band_line, clock_bands, naive_line, test_intervals
from selloff.charts.renderer import enable
from selloff.charts.theme import PALETTE
from selloff.charts.validation import DESIGN_NAMES, study_shares
from selloff.charts.week import (
    average_gap,
    capitalisation,
    fund_flows,
    purchases,
    sentiment,
    week_path,
    week_ranks,
)

__all__ = [
    "DESIGN_NAMES",
    "PALETTE",
    "anchor_weeks",
    "average_gap",
    "band_line",
    "capitalisation",
    "clock_bands",
    "closing_hours",
    "definitions",
    "enable",
    "fund_flows",
    "naive_line",
    "purchases",
    "sentiment",
    "source_spread",
    "study_shares",
    "test_intervals",
    "week_path",
    "week_ranks",
]

enable()
