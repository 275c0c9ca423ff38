"""Why a message of Segment cannot become a record at a classic or Engage destination, and why a trigger cannot work.

Also the notes: stable words, counted and shown, for messages that become nothing on purpose and for what was done to
others on the way. No note and no reason holds an id, a name of a trait or a value.
"""

from __future__ import annotations

from typing import Final

from tercel.explain import Explanation

BAD_USER_ID: Final = "T625"
BAD_TRAITS: Final = "T626"
BAD_ATTRIBUTE: Final = "T627"
BAD_AUDIENCE: Final = "T628"
BAD_TRIGGER: Final = "T629"

REASONS: Final[dict[str, Explanation]] = {
    BAD_USER_ID: Explanation(
        "The message's userId cannot be a profile's id",
        "userId is a list, an object, a boolean or a fraction, or longer than 1,000 characters.",
        "Correct the identify or track call at its source: userId is text, exactly as the profile's id in Talon.One.",
    ),
    BAD_TRAITS: Explanation(
        "The message's traits are no object",
        "An identify message carries something other than an object under traits.",
        'Correct the identify call at its source: traits is an object like {"plan": "pro"}.',
    ),
    BAD_ATTRIBUTE: Explanation(
        "A trait cannot be sent as an attribute",
        "Its value, or a number inside it, is not what JSON can hold: NaN, or an infinity.",
        "Correct the trait at its source, or take it off custom_attributes.",
    ),
    BAD_AUDIENCE: Explanation(
        "The audience of a membership cannot be told",
        "context.personas names no audience, or names it by something that is no text of 1 to 1,000 characters.",
        "Look at the audience in Segment: external_audience_id, computation_id and computation_key are text. A reverse "
        "ETL sync has to carry one of them.",
    ),
    BAD_TRIGGER: Explanation(
        "A trigger can never match",
        "The trigger (FQL) of a mapping is empty, cannot be read, or holds no condition that can be tested. Segment "
        "drops every message silently there.",
        'The message names the character. `tercel segment test` shows what a trigger does; type = "track" is one that '
        "works.",
    ),
}

SWITCHED_OFF: Final = "integrations_switched_off"  # the message's sender does not want it at this destination
NOT_IDENTIFY: Final = "classic_not_identify"  # classic takes nothing but identify
NO_USER_ID: Final = "no_user_id"  # an anonymous visitor, or a message about another identifier of a profile
NOTHING_LISTED: Final = "classic_no_listed_traits"  # a message none of whose traits is to be sent
TRAITS_LEFT_OUT: Final = "classic_traits_not_listed"  # sent, but without those traits that the list does not name
COMPUTATION_ABSENT: Final = "classic_computation_not_in_traits"  # personas names a trait that the message lacks

NOT_A_MEMBERSHIP: Final = "engage_no_membership"  # no audience, or no real boolean that says whether it is joined
KEY_FROM_PROPERTIES: Final = "engage_audience_key_fallback"  # found by properties.audience_key, not by computation_key
SYNC_MODE_IGNORES: Final = "engage_sync_mode_ignores"  # a reverse ETL event that this sync mode has no use for
