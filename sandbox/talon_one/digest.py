"""Fingerprints of what is held, so that tens of thousands of profiles are compared by one short text.

The other side computes the same over what it expects: equal texts mean equal contents, whatever the order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from xxhash import xxh3_128

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def profiles_digest(profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """The fingerprint of profiles: id to attributes."""
    return _digest([profile, profiles[profile]] for profile in sorted(profiles))


def memberships_digest(memberships: Iterable[tuple[int, str]]) -> str:
    """The fingerprint of memberships: pairs of audience id and profile id."""
    return _digest(sorted(memberships))


def events_digest(events: Iterable[Mapping[str, Any]]) -> str:
    """The fingerprint of events: ``profileId``, ``type``, ``attributes`` and, of v3 events, ``integrationId`` count."""
    rows = (
        orjson.dumps(
            [event["profileId"], event["type"], event.get("integrationId"), event.get("attributes", {})],
            option=_OPTIONS,
        )
        for event in events
    )
    return xxh3_128(b"".join(sorted(rows))).hexdigest()


def sessions_digest(sessions: Mapping[str, Mapping[str, Any]]) -> str:
    """The fingerprint of sessions: id to a session with ``profileId``, ``state`` and ``attributes``."""
    return _digest(
        [number, session["profileId"], session["state"], session.get("attributes", {})]
        for number, session in sorted(sessions.items())
    )


def _digest(rows: Iterable[Any]) -> str:
    digest = xxh3_128()
    for row in rows:
        digest.update(orjson.dumps(row, option=_OPTIONS))
    return digest.hexdigest()
