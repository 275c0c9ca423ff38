"""Every error Tercel raises on purpose, as one tree. Each message is a sentence for the person who reads it.

TercelError                      exit status 1
+-- UsageError                   exit status 2: what was asked for cannot be done as asked
|   +-- SettingsError            a setting is missing or wrong
|   +-- MappingError             a field mapping cannot work
|   +-- InputError               a file cannot be read as what it is said to be
|   +-- QueryError               a database refuses the query of a sync
+-- UnavailableError             exit status 3: something Tercel needs does not answer
|   +-- RedisUnavailable
|   +-- StoreUnavailable
|   +-- DestinationUnavailable
|   +-- SourceUnavailable        the database that a sync reads
+-- LaneFull                     a lane is above its high-water mark; try again later
+-- CheckpointMoved              another producer of the same run has been here
+-- StaleCall                    the call was settled, or claimed by somebody else
+-- SyncBusy                     another process is at work on this sync
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tercel.records import LaneKind


class TercelError(Exception):
    """Base of every error below. ``code`` is stable and known to ``tercel explain``."""

    code = "T000"
    exit_status = 1


class UsageError(TercelError):
    """What was asked for cannot be done as asked."""

    code = "T100"
    exit_status = 2


class SettingsError(UsageError):
    """A setting is missing or wrong."""

    code = "T101"


class MappingError(UsageError):
    """A field mapping cannot work."""

    code = "T102"


class InputError(UsageError):
    """A file cannot be read as what it is said to be."""

    code = "T103"


class QueryError(UsageError):
    """A database refuses the query of a sync, or gives what cannot be rows."""

    code = "T104"


class UnavailableError(TercelError):
    """Something Tercel needs does not answer."""

    code = "T200"
    exit_status = 3


class RedisUnavailable(UnavailableError):
    """Redis does not answer, or refuses us."""

    code = "T201"


class StoreUnavailable(UnavailableError):
    """The database does not answer, or refuses us."""

    code = "T202"


class DestinationUnavailable(UnavailableError):
    """The destination does not answer, or refuses us."""

    code = "T203"


class SourceUnavailable(UnavailableError):
    """The database that a sync reads does not answer, or stopped before its last row."""

    code = "T204"


class LaneFull(TercelError):
    """A lane is above its high-water mark. Nothing was enqueued; try again later.

    ``kind`` is the lane's; None where it is Redis itself that is full.
    """

    code = "T301"

    def __init__(self, message: str, kind: LaneKind | None = None) -> None:
        super().__init__(message)
        self.kind = kind


class CheckpointMoved(TercelError):
    """The run's checkpoint is not where this producer left it: another producer of the same run is at work."""

    code = "T302"


class StaleCall(TercelError):
    """The call was settled, or claimed by another worker, since it was claimed here. Nothing was changed."""

    code = "T303"


class SyncBusy(TercelError):
    """Another process is at work on this sync: two runs of one sync never overlap."""

    code = "T304"
