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
    weekly_windows,
)
from selloff.data.errors import DataError
from selloff.data.manifest import Manifest, default_folder, read_manifest, table_names
from selloff.data.tables import catalogue, check, load, seal

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
    "load",
    "log_returns",
    "macro_changes",
    "read_manifest",
    "seal",
    "sessions",
    "table_names",
    "weekly_windows",
]
