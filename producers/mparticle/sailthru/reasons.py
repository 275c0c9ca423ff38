"""Why something that mParticle tells cannot become a record of Sailthru: stable codes, and what each means."""

from __future__ import annotations

from typing import Final

from tercel.explain import Explanation

NO_EMAIL: Final = "T690"
HASHED_EMAIL: Final = "T691"
NOT_AN_EMAIL: Final = "T692"
RESERVED_NAME: Final = "T693"
BAD_VALUE: Final = "T694"

REASONS: Final[dict[str, Explanation]] = {
    NO_EMAIL: Explanation(
        "mParticle told no e-mail address of the user",
        "mParticle's users are known to Sailthru by their e-mail address alone, and this one came without.",
        "Let mParticle send the e-mail identity: in the output's settings, and in what its sources collect.",
    ),
    HASHED_EMAIL: Explanation(
        "mParticle told only a hash of the user's e-mail address",
        "A hash cannot be turned back into the address, and Sailthru finds a profile by the address itself.",
        "Let mParticle send the e-mail identity raw, not hashed.",
    ),
    NOT_AN_EMAIL: Explanation(
        "The e-mail identity is no e-mail address",
        "It has no @ with something on both sides, or blanks in it; a hash that was collected as an e-mail looks so.",
        "Correct what the source collects as the e-mail identity.",
    ),
    RESERVED_NAME: Explanation(
        "The event has a name that Sailthru keeps for itself",
        "Sailthru refuses events called send, cancel, open, click, purchase or daily.",
        "Give the custom event another name in mParticle.",
    ),
    BAD_VALUE: Explanation(
        "A value cannot be sent to Sailthru",
        "A name or an id is empty or longer than 1,000 characters, or a value is none that JSON can carry.",
        "The reason names the field. Correct it where mParticle gets it from.",
    ),
}
