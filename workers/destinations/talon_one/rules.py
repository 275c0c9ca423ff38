"""Profiles that travel alone: ``PUT /v2/customer_profiles/{integrationId}`` (contract, section 3).

With rules, one call carries attributes and audience changes, and "has joined an audience" conditions fire.

Without rules the contract does not say whether that call applies audience changes (its assumption A13): it could answer
200 and lose them. Running rules nobody asked for could hand out coupons that nobody can take back. So by default
(``audience_changes="memberships"``) changes alone travel as membership actions, which always apply and never run rules,
and a record with attributes as well is refused with what to do. A deployment's owner who knows better chooses
``"run_rules"`` (audience changes always run rules) or ``"single_call"`` (one call without rules, trusted to apply
them).
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import orjson

from workers.destinations.base import Rendered, Request
from workers.destinations.talon_one.attributes import NO_ATTRIBUTES, PROFILE, Unknown, unknown_names, without
from workers.destinations.talon_one.memberships import action, request_of
from workers.destinations.talon_one.reasons import (
    CHANGES_CONTRADICT,
    CHANGES_TOO_MANY,
    CHANGES_WITHOUT_RULES,
    ID_NOT_ADDRESSABLE,
    reason,
)
from workers.destinations.talon_one.urls import can_be_path_value, path_value
from workers.destinations.talon_one.wire import JSON_HEADERS, MAX_ITEMS, ONE_ITEM, RecordData

PATH: Final = "/v2/customer_profiles/"

AudienceChanges = Literal["memberships", "run_rules", "single_call"]
AUDIENCE_CHANGES: Final[tuple[str, ...]] = get_args(AudienceChanges)


def render_rules(record: RecordData, unknown: Unknown, audience_changes: AudienceChanges) -> Rendered:
    """Render one profile that runs rules or carries audience changes."""
    adds, deletes = list(record.get("audiences_add", ())), list(record.get("audiences_delete", ()))
    if not set(adds).isdisjoint(deletes):
        return _refused(
            CHANGES_CONTRADICT,
            "One audience is named in audiences_add and in audiences_delete; name it in one of them only.",
        )
    run_rules = bool(record.get("run_rules", False))
    if not run_rules and (adds or deletes):
        if audience_changes == "memberships":
            return _as_memberships(record, adds, deletes)
        run_rules = audience_changes == "run_rules"
    return _single_call(record, adds, deletes, unknown, run_rules=run_rules)


def _single_call(
    record: RecordData, adds: list[int], deletes: list[int], unknown: Unknown, *, run_rules: bool
) -> Rendered:
    profile_id = record["profile_id"]
    if not can_be_path_value(profile_id):
        return _refused(ID_NOT_ADDRESSABLE, "The profile's id (. or ..) cannot be used in an address; use another id.")
    attributes = without(record.get("attributes", NO_ATTRIBUTES), unknown_names(unknown, PROFILE))
    body: dict[str, Any] = {"attributes": attributes}
    if adds or deletes:
        body["audiencesChanges"] = {"adds": adds, "deletes": deletes}  # both sides, or the object left out
    query = f"runRuleEngine={'true' if run_rules else 'false'}"
    return Rendered(Request("PUT", PATH + path_value(profile_id), orjson.dumps(body), ONE_ITEM, query, JSON_HEADERS))


def _as_memberships(record: RecordData, adds: list[int], deletes: list[int]) -> Rendered:
    if record.get("attributes"):
        return _refused(
            CHANGES_WITHOUT_RULES,
            "Without rules Talon.One may not apply audience changes that travel with attributes; send attributes as a "
            "profile and the changes as memberships, or set run_rules on the record.",
        )
    if len(adds) + len(deletes) > MAX_ITEMS:
        return _refused(
            CHANGES_TOO_MANY,
            f"audiences_add and audiences_delete hold more than {MAX_ITEMS:,} changes; use several records.",
        )
    profile_id = record["profile_id"]
    actions = [action(profile_id, audience_id, "add") for audience_id in adds]
    actions += [action(profile_id, audience_id, "delete") for audience_id in deletes]
    return Rendered(request_of(actions, ONE_ITEM))


def _refused(code: str, text: str) -> Rendered:
    return Rendered(None, {0: reason(code, text)})
