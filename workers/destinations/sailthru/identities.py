"""A change of the ids that a profile is found by (contract, section 2, "Change of e-mail").

The profile is named by the id it had and is given the new one: it keeps its history, and another profile that has the
new one already is merged into it. Sent again after it had been done, the same request would find no profile with the
old address, make one, and merge the real one into that. So where an attempt may have been done although nobody saw the
answer, the profile is looked for by its old address before anything else.
"""

from __future__ import annotations

from typing import Any, Final

from workers.destinations.base import Request
from workers.destinations.sailthru import wire
from workers.destinations.sailthru.people import update_request
from workers.destinations.sailthru.wire import RecordData

EMAIL: Final = "email"
EXTID: Final = "extid"
LOOK_AFTER_S: Final = 2.0  # seconds before a profile is looked for: reads show a change a while after it was done
_CONFLICT: Final = {"keysconflict": "merge"}  # its default is not documented


def key_change(record: RecordData, *, extid: bool) -> dict[str, Any] | None:
    """Return what an update says about a profile's keys. None: nothing, for external ids are switched off."""
    now = dict(record["identities"]["now"])
    if not extid:
        now.pop(EXTID, None)
    was = _was(record, extid=extid)
    if now.get(EMAIL) == was.get("id"):
        now.pop(EMAIL, None)
    return {**was, "keys": now, **_CONFLICT} if now else None


def look_up(record: RecordData, *, extid: bool) -> Request | None:
    """Return the question whether a profile still has the address it is to lose; None where it loses none."""
    was = _was(record, extid=extid)
    if was["key"] != EMAIL or was["id"] == record["identities"]["now"].get(EMAIL, was["id"]):
        return None
    return wire.request("GET", wire.USER, {**was, "fields": {"keys": 1}})


def after_look_up(record: RecordData, *, found: bool, extid: bool) -> Request:
    """Return what is left to do: the whole change where the old address was found, else what goes with the new one."""
    if found:
        return update_request(record, key_change(record, extid=extid))
    now = record["identities"]["now"]
    change: dict[str, Any] = {"id": now[EMAIL], "key": EMAIL}
    if extid and EXTID in now:
        change |= {"keys": {EXTID: now[EXTID]}, **_CONFLICT}
    return update_request(record, change)


def _was(record: RecordData, *, extid: bool) -> dict[str, str]:
    """Return how the profile is found as it still is."""
    was = record["identities"].get("was", {})
    if EMAIL in was:
        return {"id": was[EMAIL], "key": EMAIL}
    if extid and EXTID in was:
        return {"id": was[EXTID], "key": EXTID}
    return {"id": record["profile_id"], "key": EMAIL}
