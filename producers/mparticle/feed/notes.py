"""What is passed over in a body of the Events API: stable words that are counted and shown, never personal."""

from __future__ import annotations

from typing import Final

UNKNOWN_FIELDS: Final = "unknown_fields_ignored"
UNKNOWN_IDENTITIES: Final = "unknown_identities_ignored"

NOTES: Final[dict[str, str]] = {
    UNKNOWN_FIELDS: "The batch had fields that the Events API does not know; they were ignored.",
    UNKNOWN_IDENTITIES: "The batch had identities of a kind that mParticle does not know; they were ignored.",
}
