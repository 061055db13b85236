"""The ledger of claims: what was said, what would count as true, what the figures show."""

from selloff.claims.board import board, board_frame, board_text, findings_table, reading, written
from selloff.claims.ledger import Claim, Finding, Result, claims, decide, stated
from selloff.claims.readings import moving_average, published, purchase_counts
from selloff.claims.weekly import (
    Window,
    anchor_changes,
    price_moments,
    range_position,
    week_changes,
    week_rank,
    window,
)

__all__ = [
    "Claim",
    "Finding",
    "Result",
    "Window",
    "anchor_changes",
    "board",
    "board_frame",
    "board_text",
    "claims",
    "decide",
    "findings_table",
    "moving_average",
    "price_moments",
    "published",
    "purchase_counts",
    "range_position",
    "reading",
    "stated",
    "week_changes",
    "week_rank",
    "window",
    "written",
]
