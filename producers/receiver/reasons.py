"""Why the receiver does not take something: stable codes, with what ``tercel explain`` says about each."""

from __future__ import annotations

from typing import Final, NamedTuple


class Explanation(NamedTuple):
    """What a code means: a title, how it comes about, and what to do."""

    title: str
    cause: str
    cure: str


UNPROVEN: Final = "T640"
NOT_JSON: Final = "T641"
TOO_LARGE: Final = "T642"
TOO_DEEP: Final = "T643"
BAD_MESSAGE: Final = "T644"
NO_BATCHES: Final = "T645"
CROWDED: Final = "T646"
NO_DOOR: Final = "T647"
WRONG_METHOD: Final = "T648"
NO_DEPLOYMENT: Final = "T649"
NOBODY_MAY_SEND: Final = "T650"
INCOMPLETE: Final = "T651"
UNFORESEEN: Final = "T652"

REDIS_AWAY: Final = "T201"  # these three are Tercel's own, and explained there
STORE_AWAY: Final = "T202"
LANE_FULL: Final = "T301"

REASONS: Final[dict[str, Explanation]] = {
    UNPROVEN: Explanation(
        "The sender did not prove who it is",
        "The signature or key of a request is missing, malformed or wrong; it was answered 401 and nothing was kept.",
        "Give the sender the key that stands under [senders.<name>]. A signature is the HMAC-SHA1 of the body's bytes "
        "as they were sent (of a batch: of its first message), in lower-case hex: a proxy must not rewrite the body.",
    ),
    NOT_JSON: Explanation(
        "The body is not JSON",
        "It is empty, damaged, not UTF-8, of another type or compressed in a way that is not known; or it holds a "
        "number that JSON does not have (NaN, infinity).",
        "Send JSON in UTF-8 with Content-Type: application/json, as it is or with Content-Encoding: gzip.",
    ),
    TOO_LARGE: Explanation(
        "The request is too large",
        "Its body has more bytes than receiver.max_body_bytes (unpacked, where it is compressed), its batch more "
        "messages than receiver.max_messages, or its first message is too large to check its signature.",
        "Send smaller batches, or raise the setting; the receiver holds a whole body in memory.",
    ),
    TOO_DEEP: Explanation(
        "The JSON is nested too deeply",
        "Objects and lists lie in one another more than receiver.max_depth times.",
        "Flatten what is sent, or raise the setting.",
    ),
    BAD_MESSAGE: Explanation(
        "A message cannot be used",
        "It is no JSON object, or holds something that could not be worked with.",
        "Correct it at its source; the others of its batch were taken. What it held is kept with the rejection.",
    ),
    NO_BATCHES: Explanation(
        "This sender may not send batches",
        "Only the first message of a batch is covered by its signature, so senders.<name>.batches was set to false.",
        "Switch batching off at the sender, or set senders.<name>.batches to true.",
    ),
    CROWDED: Explanation(
        "Too much waits in the receiver's memory",
        "More comes in than Redis takes. The request was answered 503 and nothing of it was kept.",
        "Senders try again by themselves. If it lasts, see how long Redis takes to write (appendfsync, disk), or "
        "spread the load: receiver.processes.",
    ),
    NO_DOOR: Explanation(
        "There is no such door",
        "The path is not served, or no sender is configured that may use it.",
        "Check the address that the sender was given; a door opens with a [senders.<name>] that may use it.",
    ),
    WRONG_METHOD: Explanation(
        "The method is not served at this path",
        "For instance GET where something is to be posted.",
        "The answer's Allow header names the methods there are.",
    ),
    NO_DEPLOYMENT: Explanation(
        "The request names no deployment of this sender",
        "Its destination-hostname is missing, or is not the host of exactly one deployment under "
        "senders.<name>.deployments.",
        "Let the sender give the address of the deployment as it stands in [deployments.<name>], and list that "
        "deployment for the sender.",
    ),
    NOBODY_MAY_SEND: Explanation(
        "Nobody may send to the receiver",
        "Every door is shut until a sender is configured for it, and there is none.",
        "Add [senders.<name>] with door and key to tercel.toml.",
    ),
    INCOMPLETE: Explanation(
        "The body did not come in time",
        "The client stopped sending before the body was complete, or sends too slowly; it was answered 408.",
        "Senders try again by themselves. If it lasts, look at the network, and at proxies in between.",
    ),
    UNFORESEEN: Explanation(
        "The receiver met an error that it does not know",
        "A mistake in Tercel. The request was answered 503, so that its sender keeps it and tries again.",
        "See the receiver's log for where it comes from, and report it.",
    ),
}
