"""What may be chosen about the way from mParticle to Talon.One."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from producers.mparticle.settings import UserIdField


@dataclass(frozen=True, slots=True)
class TalonOneOptions:
    """How mParticle's data becomes Talon.One's.

    ``user_id`` is the identity that is a profile's id. ``run_rules``: audience changes run rules, one profile a call.
    ``user_attributes``: those that come with events go to the profile. ``mpid_attribute``: who joins gets the attribute
    ``mpid``. ``skip_unknown``: attributes that Talon.One does not know are left out; else the deployment decides.
    ``remove_audiences``: a disconnected audience is deleted. ``attribute_names`` and ``event_names``: other names, by
    mParticle's.
    """

    user_id: UserIdField = "customerId"
    run_rules: bool = False
    user_attributes: bool = True
    mpid_attribute: bool = False
    skip_unknown: bool = True
    remove_audiences: bool = False
    attribute_names: Mapping[str, str] = field(default_factory=dict)
    event_names: Mapping[str, str] = field(default_factory=dict)
