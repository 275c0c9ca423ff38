"""What outlives Redis: runs, rejections and the ids of audiences, in SQLite or PostgreSQL."""

from tercel.store.migrating import Upgrade
from tercel.store.store import Store
from tercel.store.values import (
    AudienceState,
    KnownAudiences,
    Rejection,
    RejectionCount,
    RejectionState,
    RunRecord,
    RunStatus,
    StoredAudience,
    StoredRejection,
)

__all__ = [
    "AudienceState",
    "KnownAudiences",
    "Rejection",
    "RejectionCount",
    "RejectionState",
    "RunRecord",
    "RunStatus",
    "Store",
    "StoredAudience",
    "StoredRejection",
    "Upgrade",
]
