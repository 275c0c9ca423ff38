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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import orjson

from workers.destinations.base import Knowledge, Rendered, Request
from workers.destinations.talon_one.attributes import NO_ATTRIBUTES, PROFILE, Unknown, unknown_names, without
from workers.destinations.talon_one.memberships import action, request_of
from workers.destinations.talon_one.reasons import (
    CHANGES_CONTRADICT,
    CHANGES_TOO_MANY,
    CHANGES_WITHOUT_RULES,
    ID_NOT_ADDRESSABLE,
    IDENTITIES_FIXED,
    reason,
)
from workers.destinations.talon_one.references import not_known, resolve_reference
from workers.destinations.talon_one.urls import can_be_path_value, path_value
from workers.destinations.talon_one.wire import JSON_HEADERS, MAX_ITEMS, ONE_ITEM, RecordData
from workers.outcomes import CreateAudience

PATH: Final = "/v2/customer_profiles/"

AudienceChanges = Literal["memberships", "run_rules", "single_call"]
AUDIENCE_CHANGES: Final[tuple[str, ...]] = get_args(AudienceChanges)


@dataclass(frozen=True, slots=True)
class _Changes:
    """A profile's audience changes by id. ``needs`` is an audience to be created first.

    ``unknown``: somebody is to join an audience that nobody knows. ``left_out``: somebody is to leave one.
    """

    adds: tuple[int, ...] = ()
    deletes: tuple[int, ...] = ()
    needs: CreateAudience | None = None
    contradict: bool = False
    unknown: bool = False
    left_out: bool = False


def render_rules(record: RecordData, known: Knowledge, unknown: Unknown, audience_changes: AudienceChanges) -> Rendered:
    """Render one profile that runs rules or carries audience changes.

    Audiences may be named by what their creator knows them by; one that is not known is created first where its name
    is given or announced. Without a name, joining it is refused; leaving it is left out: Tercel has never put anybody
    into an audience that it does not know, so there is nothing to take back. Where nothing else is left of a record
    then, nothing is sent.
    """
    if record.get("identities"):
        return _refused(
            IDENTITIES_FIXED, "Talon.One cannot change a profile's id; send the record again without identities."
        )
    changes = _changes(record, known)
    if changes.contradict:
        return _refused(
            CHANGES_CONTRADICT,
            "One audience is named in audiences_add and in audiences_delete; name it in one of them only.",
        )
    run_rules = bool(record.get("run_rules", False))
    as_memberships = False
    if not run_rules and (record.get("audiences_add") or record.get("audiences_delete")):
        as_memberships = audience_changes == "memberships"
        run_rules = audience_changes == "run_rules"
    refusal = _not_memberships(record) if as_memberships else _not_addressable(record)
    if refusal is not None:
        return refusal
    if changes.unknown:
        return Rendered(None, {0: not_known()}, unsure=True)
    if changes.needs is not None:
        return Rendered(None, needs=changes.needs)
    if as_memberships:
        request = _as_memberships(record["profile_id"], changes)
    else:
        request = _single_call(record, changes, unknown, run_rules=run_rules)
    return Rendered(request, unsure=changes.left_out)


def _changes(record: RecordData, known: Knowledge) -> _Changes:
    adds = [resolve_reference(one, known) for one in record.get("audiences_add", ())]
    deletes = [resolve_reference(one, known) for one in record.get("audiences_delete", ())]
    if not adds and not deletes:
        return _Changes()
    return _Changes(
        adds=_ids(adds),
        deletes=_ids(deletes),
        needs=next((one for one in (*adds, *deletes) if isinstance(one, CreateAudience)), None),
        contradict=not (set(adds) - {None}).isdisjoint(deletes),
        unknown=None in adds,
        left_out=None in deletes,
    )


def _ids(resolved: Sequence[int | CreateAudience | None]) -> tuple[int, ...]:
    """Return the ids, each once: several names may mean one audience."""
    return tuple(dict.fromkeys(one for one in resolved if isinstance(one, int)))


def _not_addressable(record: RecordData) -> Rendered | None:
    if can_be_path_value(record["profile_id"]):
        return None
    return _refused(ID_NOT_ADDRESSABLE, "The profile's id (. or ..) cannot be used in an address; use another id.")


def _not_memberships(record: RecordData) -> Rendered | None:
    """Say why a record's changes cannot travel as memberships, if they cannot."""
    if record.get("attributes"):
        return _refused(
            CHANGES_WITHOUT_RULES,
            "Without rules Talon.One may not apply audience changes that travel with attributes; send attributes as a "
            "profile and the changes as memberships, or set run_rules on the record.",
        )
    if len(record.get("audiences_add", ())) + len(record.get("audiences_delete", ())) > MAX_ITEMS:
        return _refused(
            CHANGES_TOO_MANY,
            f"audiences_add and audiences_delete hold more than {MAX_ITEMS:,} changes; use several records.",
        )
    return None


def _single_call(record: RecordData, changes: _Changes, unknown: Unknown, *, run_rules: bool) -> Request:
    attributes = without(record.get("attributes", NO_ATTRIBUTES), unknown_names(unknown, PROFILE))
    body: dict[str, Any] = {"attributes": attributes}
    if changes.adds or changes.deletes:  # both sides, or the object left out
        body["audiencesChanges"] = {"adds": changes.adds, "deletes": changes.deletes}
    query = f"runRuleEngine={'true' if run_rules else 'false'}"
    path = PATH + path_value(record["profile_id"])
    return Request("PUT", path, orjson.dumps(body), ONE_ITEM, query, JSON_HEADERS)


def _as_memberships(profile_id: str, changes: _Changes) -> Request | None:
    actions = [action(profile_id, audience_id, "add") for audience_id in changes.adds]
    actions += [action(profile_id, audience_id, "delete") for audience_id in changes.deletes]
    return request_of(actions, ONE_ITEM) if actions else None


def _refused(code: str, text: str) -> Rendered:
    return Rendered(None, {0: reason(code, text)})
