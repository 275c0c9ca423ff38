"""What may be chosen about the way from mParticle to Sailthru."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SailthruOptions:
    """How mParticle's data becomes Sailthru's.

    ``extid``: the account has external ids switched on, so a customer id is linked to the profile with the e-mail.
    ``join_lists``: what joins a list's entries into one text, because Audience Builder cannot search in lists; None
    leaves lists as they are. ``remove_lists``: a disconnected audience's list is to be deleted. ``all_attributes``: set
    vars from every message's user attributes, not only from changes of them, for senders that tell no changes.
    ``attribute_names`` and ``event_names``: other names, by mParticle's.
    """

    extid: bool = False
    join_lists: str | None = None
    remove_lists: bool = False
    all_attributes: bool = False
    attribute_names: Mapping[str, str] = field(default_factory=dict)
    event_names: Mapping[str, str] = field(default_factory=dict)
