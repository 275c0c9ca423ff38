"""What each sync has delivered, kept in the database, and the comparing of a source with it."""

from tercel.store.syncing.state import SyncState
from tercel.store.syncing.values import (
    FINGERPRINT_BYTES,
    Comparison,
    Due,
    Mode,
    Op,
    Outcomes,
    Phase,
    StagedRow,
)

__all__ = [
    "FINGERPRINT_BYTES",
    "Comparison",
    "Due",
    "Mode",
    "Op",
    "Outcomes",
    "Phase",
    "StagedRow",
    "SyncState",
]
