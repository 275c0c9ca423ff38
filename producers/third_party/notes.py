"""What is done to a call on the way: stable words that are counted and shown, never personal."""

from __future__ import annotations

from typing import Final

CHANGES_WITHOUT_RULES: Final = "audience_changes_without_rules"
RULES_FORCED: Final = "rules_forced_by_audience_changes"
NO_CHANGES: Final = "no_changes"
SPLIT_LARGE: Final = "split_large_request"
UNKNOWN_FIELDS: Final = "unknown_fields_ignored"
AUDIENCE_ID_CLEANED: Final = "audience_id_cleaned"
ATTRIBUTES_NOT_CREATED: Final = "attributes_not_created"
ATTRIBUTES_NOT_CONVERTED: Final = "attributes_not_converted"
COMPUTED_FIELDS: Final = "computed_cart_fields_dropped"
CALLBACK_NOT_ALLOWED: Final = "callback_not_allowed"
CALLBACK_MALFORMED: Final = "callback_malformed"
CALLBACK_FIELDS_UNKNOWN: Final = "callback_fields_unknown"

NOTES: Final[dict[str, str]] = {
    CHANGES_WITHOUT_RULES: "Audience changes were left out: by the contract a Segment profile call without rules "
    "applies none.",
    RULES_FORCED: "Rules were switched on: by the contract a CDP profile call with audience changes always runs them.",
    NO_CHANGES: "The request named no change; nothing was queued.",
    SPLIT_LARGE: "The request held more than 1,000 changes and was taken all the same, as the sender's setting says.",
    UNKNOWN_FIELDS: "The body had fields that the call does not know; they were ignored.",
    AUDIENCE_ID_CLEANED: "An audience's integrationId had characters other than A-Z a-z 0-9; each became _.",
    ATTRIBUTES_NOT_CREATED: "The call asked for attributes to be created, which only Talon.One's Management API can "
    "do; those that do not exist yet are refused, or skipped where the deployment says so.",
    ATTRIBUTES_NOT_CONVERTED: "An attribute's value does not read as the type declared for it; it was sent as it came.",
    COMPUTED_FIELDS: "Cart item fields that Talon.One computes itself were left out.",
    CALLBACK_NOT_ALLOWED: "The callback's address is not one that receiver.callback_hosts allows; none will be made.",
    CALLBACK_MALFORMED: "The callback's headers cannot be used; none will be made.",
    CALLBACK_FIELDS_UNKNOWN: "X-Content-Fields named fields that do not exist; they were ignored.",
}
