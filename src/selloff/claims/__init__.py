"""The ledger of claims: what was said, what would count as true, what the figures show."""

from selloff.claims.board import board, board_frame, board_text, findings_table, reading, written
from selloff.claims.buyers import fund_weeks, placements, raised_counts, record_closes, supply_multiples
from selloff.claims.competing import competing_counts, rolling_counts, rolling_windows
from selloff.claims.curve import SpecificationCurve, specification_curve
from selloff.claims.ledger import Claim, Specification, claims, specifications, stated
from selloff.claims.levels import moving_average, range_positions
from selloff.claims.macro import appetite_panel, growing_correlation
from selloff.claims.publish import claims_json, claims_schema
from selloff.claims.published import published, purchase_counts
from selloff.claims.result import WORDS, Finding, Measure, Result, decide
from selloff.claims.standing import coin_weeks, week_standings
from selloff.claims.weekly import (
    Window,
    anchor_changes,
    gaps_by_hour,
    price_moments,
    range_position,
    week_changes,
    week_rank,
    window,
)

__all__ = [
    "WORDS",
    "Claim",
    "Finding",
    "Measure",
    "Result",
    "Specification",
    "SpecificationCurve",
    "Window",
    "anchor_changes",
    "appetite_panel",
    "board",
    "board_frame",
    "board_text",
    "claims",
    "claims_json",
    "claims_schema",
    "coin_weeks",
    "competing_counts",
    "decide",
    "findings_table",
    "fund_weeks",
    "gaps_by_hour",
    "growing_correlation",
    "moving_average",
    "placements",
    "price_moments",
    "published",
    "purchase_counts",
    "raised_counts",
    "range_position",
    "range_positions",
    "reading",
    "record_closes",
    "rolling_counts",
    "rolling_windows",
    "specification_curve",
    "specifications",
    "stated",
    "supply_multiples",
    "week_changes",
    "week_rank",
    "week_standings",
    "window",
    "written",
]
