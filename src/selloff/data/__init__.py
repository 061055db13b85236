"""Tables with manifests, read strictly, and the clocks that say which prices may be compared."""

from selloff.data.clocks import (
    CLOCKS,
    Clock,
    closes,
    common_returns,
    daily_closes,
    log_returns,
    macro_changes,
    sessions,
    strikes,
    weekly_windows,
)
from selloff.data.errors import DataError
from selloff.data.events import events, moments
from selloff.data.manifest import Manifest, default_folder, read_manifest, table_names
from selloff.data.spans import row_spans
from selloff.data.tables import catalogue, check, load, recording, seal
from selloff.data.trial import hourly_ranges, refusal

__all__ = [
    "CLOCKS",
    "Clock",
    "DataError",
    "Manifest",
    "catalogue",
    "check",
    "closes",
    "common_returns",
    "daily_closes",
    "default_folder",
    "events",
    "hourly_ranges",
    "load",
    "log_returns",
    "macro_changes",
    "moments",
    "read_manifest",
    "recording",
    "refusal",
    "row_spans",
    "seal",
    "sessions",
    "strikes",
    "table_names",
    "weekly_windows",
]
