"""What may be chosen about the way from mParticle to Sailthru."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tercel.settings import Deployment
from tercel.settings.mparticle import MParticleSettings


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


def sailthru_options(connection: MParticleSettings, deployment: Deployment) -> SailthruOptions:
    """Return the options of one connection from mParticle to a Sailthru deployment.

    A feed's senders seldom tell changes of attributes, so all that they send of a user counts.
    """
    return SailthruOptions(
        extid=deployment.extid,
        join_lists=connection.join_lists,
        remove_lists=deployment.remove_lists or connection.remove_audiences,
        all_attributes=connection.door == "feed" and connection.user_attributes,
        attribute_names=connection.attribute_names or {},
        event_names=connection.event_names or {},
    )
