"""What is left out on the way from mParticle to Sailthru: stable words that are counted and shown, never personal."""

from __future__ import annotations

from typing import Final

TOO_OLD: Final = "older_than_14_days"
TYPE_NOT_FORWARDED: Final = "event_type_not_forwarded"
NAME_NOT_A_VAR: Final = "attribute_name_not_a_var"
NAME_TWICE: Final = "attribute_name_twice"
NOTHING_CHANGED: Final = "nothing_changed"
KIND_NOT_FORWARDED: Final = "identity_kind_not_forwarded"
OLD_ADDRESS_UNKNOWN: Final = "old_email_unknown"
LIST_KEPT: Final = "list_kept"

NOTES: Final[dict[str, str]] = {
    TOO_OLD: "It happened more than 14 days ago; Sailthru's integration does not take it.",
    TYPE_NOT_FORWARDED: "An event of a type that Sailthru's integration does not forward.",
    NAME_NOT_A_VAR: "An attribute's name cannot be a var's: at most 32 letters, digits and _, no digit in front. The "
    "attribute was left out.",
    NAME_TWICE: "Two attributes have one name once a leading $ is dropped; the one without $ was taken.",
    NOTHING_CHANGED: "It changes nothing that Sailthru keeps.",
    KIND_NOT_FORWARDED: "An identity of a kind that Sailthru's profiles do not have, or a customer id while external "
    "ids are not switched on.",
    OLD_ADDRESS_UNKNOWN: "The e-mail address changed, but only a hash of the old one was told: what is known under it "
    "could not be carried over.",
    LIST_KEPT: "The audience was disconnected in mParticle; its list and who is on it stay.",
}
