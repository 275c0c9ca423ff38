"""What is left out on the way from mParticle to Talon.One: stable words that are counted and shown, never personal."""

from __future__ import annotations

from typing import Final

TYPE_NOT_SENT: Final = "event_type_not_sent"
NAME_NOT_USABLE: Final = "attribute_name_not_usable"
NAME_TWICE: Final = "attribute_name_twice"
NOTHING_CHANGED: Final = "nothing_changed"
AUDIENCE_KEPT: Final = "audience_kept"

NOTES: Final[dict[str, str]] = {
    TYPE_NOT_SENT: "An event of a type that Talon.One's module does not ask for: only custom events, and changes of "
    "attributes, have a place there.",
    NAME_NOT_USABLE: "An attribute's name cannot be one in Talon.One: letters, digits and _, a letter first. The "
    "attribute was left out; `mparticle.<name>.attribute_names` can give it another name.",
    NAME_TWICE: "Two attributes have one name in Talon.One; the later one was sent.",
    NOTHING_CHANGED: "It changes nothing that Talon.One keeps.",
    AUDIENCE_KEPT: "The audience was disconnected in mParticle; it and its members stay in Talon.One, unless "
    "`mparticle.<name>.remove_audiences` says otherwise.",
}
