"""Why something that mParticle sends, or a part of it, cannot be taken: stable codes, and what each means."""

from __future__ import annotations

from typing import Final

from tercel.explain import Explanation

NOT_A_MESSAGE: Final = "T660"
UNKNOWN_MESSAGE: Final = "T661"
BAD_PART: Final = "T662"
NO_USER_ID: Final = "T663"
HASHED_USER_ID: Final = "T664"
BAD_EVENT_NAME: Final = "T665"
BAD_VALUE: Final = "T666"
ERASURE_ASKED: Final = "T667"

REASONS: Final[dict[str, Explanation]] = {
    NOT_A_MESSAGE: Explanation(
        "The request is no message of mParticle's Firehose",
        "Its body is no JSON object, or has no type. It was answered 400 and nothing of it was kept.",
        "Look at what posts to /mparticle: mParticle itself always sends a type.",
    ),
    UNKNOWN_MESSAGE: Explanation(
        "mParticle sent a message of a type that is not known here",
        "It is newer than this version of Tercel. It was answered 200, so that mParticle goes on, and became nothing.",
        "See what the type is for in mParticle's documentation, and whether a newer Tercel knows it.",
    ),
    BAD_PART: Explanation(
        "A part of a message from mParticle has the wrong shape",
        "A user, an audience or an event in it is no object, or lacks what it cannot do without (an audience's id and "
        "action, an event's name). The others of the message were taken.",
        "The reason names the place. If mParticle's data plan does not allow it, report it to mParticle.",
    ),
    NO_USER_ID: Explanation(
        "The user has no identity of the kind that Talon.One's profiles are known by",
        "The account setting userIdField (User ID) chooses the customer id, the e-mail address or the mParticle id, "
        "and mParticle sent none of that kind for this user. Other users of the message were taken.",
        "Choose a User ID that all users have, or let the users who lack it be identified first.",
    ),
    HASHED_USER_ID: Explanation(
        "The user's id came only as a hash",
        "mParticle was told to send this identity hashed (md5, sha1 or sha256). A hash cannot be turned back, and "
        "would make a second profile for somebody who has one.",
        "Let mParticle send the identity raw (permissions of the output), then replay from mParticle.",
    ),
    BAD_EVENT_NAME: Explanation(
        "An event's name cannot be one in Talon.One",
        "Talon.One takes letters, digits and _, and a letter first.",
        "Give it another name for Talon.One under mparticle.<name>.event_names. The same name on both sides says that "
        "Talon.One knows it all the same.",
    ),
    BAD_VALUE: Explanation(
        "A value is too long, empty or otherwise none that Talon.One takes",
        "Ids and names have 1 to 1,000 characters.",
        "The reason names the field. Correct it at its source.",
    ),
    ERASURE_ASKED: Explanation(
        "Somebody asks to be erased",
        "mParticle forwarded a data subject request. It was answered, and is kept here: nothing in Tercel erases "
        "a profile at its destination.",
        "Erase the profile at the destination by hand (in Talon.One: the Management API's customer data), then discard "
        "this rejection, which holds the identities.",
    ),
}
