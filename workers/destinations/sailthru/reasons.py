"""Why something did not go through at Sailthru: every stable code, with its cause and its cure.

``tercel explain CODE`` shows this table. Codes are never given a new meaning.
"""

from __future__ import annotations

from typing import Final

from workers.destinations.explained import Explanation, answer_text
from workers.outcomes import Reason

KEY_REFUSED: Final = "T701"
ACCOUNT_CLOSED: Final = "T702"
WRONG_ADDRESS: Final = "T703"
THROTTLED: Final = "T710"
SERVER_FAILED: Final = "T711"
NO_ANSWER: Final = "T712"
EVENT_UNSURE: Final = "T713"
JOB_RUNS: Final = "T720"
JOB_FAILED: Final = "T721"
NOT_AN_EMAIL: Final = "T730"
VAR_NAME: Final = "T731"
LIST_NOT_NAMED: Final = "T732"
EVENT_RESERVED: Final = "T733"
NO_SESSIONS: Final = "T734"
EXTID_OFF: Final = "T735"
EMAIL_REFUSED: Final = "T740"
TEXT_REFUSED: Final = "T741"
LIST_UNKNOWN: Final = "T742"
REFUSED: Final = "T743"
SUPPRESSED: Final = "T744"

REASONS: Final[dict[str, Explanation]] = {
    KEY_REFUSED: Explanation(
        "Sailthru refuses the API key or the signature",
        "The key is wrong or revoked, or the secret is not the one that belongs to it (errors 3, 5, 17, HTTP 401 or "
        "403). The deployment is halted: nothing is rejected, everything waits.",
        "Put the key and the secret of one integration into the deployment's settings. Delivery probes from time to "
        "time and resumes by itself.",
    ),
    ACCOUNT_CLOSED: Explanation(
        "Sailthru does not let this account in",
        "The address of this machine is not allowed (error 4), or the account is not approved or lacks the feature "
        "(errors 21, 22, 36). The deployment is halted: nothing is rejected, everything waits.",
        "Ask the vendor's support to allow it; the answer is kept with the halt. Delivery resumes by itself.",
    ),
    WRONG_ADDRESS: Explanation(
        "The answer does not come from Sailthru's API",
        "The address answered with a redirect, a web page, or 'no such path' for a call the API has.",
        "Check the deployment's url (https://api.sailthru.com unless told otherwise) and any proxy in between. Nothing "
        "is rejected; delivery resumes by itself.",
    ),
    THROTTLED: Explanation(
        "Sailthru's rate limit was exceeded",
        "It answered 429, or with error 43. Limits count by account, endpoint and method: other integrations share "
        "them.",
        "Nothing to do: requests of that kind wait until the limit is reset. If it happens often, lower the "
        "deployment's rate setting.",
    ),
    SERVER_FAILED: Explanation(
        "Sailthru failed to process the request",
        "It answered with a server error (5xx) or an internal error (9).",
        "Nothing to do: the call is tried again with growing pauses. If it goes on, ask the vendor's support.",
    ),
    NO_ANSWER: Explanation(
        "No answer came from Sailthru",
        "The request timed out, the connection could not be made, or it broke before the answer was complete.",
        "Nothing to do: the call is tried again with growing pauses. If it goes on, check the network and the "
        "deployment's url.",
    ),
    EVENT_UNSURE: Explanation(
        "Nobody knows whether the event was taken",
        "The request got no answer, so the event may have been taken, or not. Sailthru knows no repeats: a second one "
        "starts its flows again. It was sent once more where event_after_timeout says so, and not again after that.",
        "Look at the profile's activity at Sailthru; replay the rejection where the event is missing.",
    ),
    JOB_RUNS: Explanation(
        "A job is under way at Sailthru",
        "Many profiles travel as one job, which runs there for minutes. The call waits and asks for its state.",
        "Nothing to do. If it takes longer than delivery.give_up_after_s, the records become rejections.",
    ),
    JOB_FAILED: Explanation(
        "A job failed at Sailthru",
        "The job of many profiles ended with an error, was refused, or is not known there any more.",
        "Nothing to do: its records are sent again in smaller jobs, and at last one by one.",
    ),
    NOT_AN_EMAIL: Explanation(
        "The profile's id is no e-mail address",
        "Sailthru's profiles are found by their e-mail address.",
        "Map the e-mail address to the profile's id and send the record again.",
    ),
    VAR_NAME: Explanation(
        "A var's name is not possible at Sailthru",
        "Names have at most 32 characters and do not begin with a digit.",
        "Give the attribute another name at its source, or in the mapping, and send the record again.",
    ),
    LIST_NOT_NAMED: Explanation(
        "The record does not name its list",
        "Lists are known by their names at Sailthru; an audience's id says nothing there.",
        "Send the record with the audience's name.",
    ),
    EVENT_RESERVED: Explanation(
        "Sailthru keeps the event's name for itself",
        "Events cannot be named send, cancel, open, click, purchase or daily.",
        "Give the event another name at its source, or in the mapping, and send it again.",
    ),
    NO_SESSIONS: Explanation(
        "Sailthru has no customer sessions",
        "The record is a session, which only Talon.One knows.",
        "Send what happened as events.",
    ),
    EXTID_OFF: Explanation(
        "External ids are not switched on",
        "The record gives a profile an extid and nothing else. An account knows extids only where the vendor has "
        "switched them on.",
        "Have them switched on and set extid = true for the deployment, then replay the rejection.",
    ),
    EMAIL_REFUSED: Explanation(
        "Sailthru refuses the e-mail address",
        "It answered with error 11.",
        "Correct the address at its source and send the record again.",
    ),
    TEXT_REFUSED: Explanation(
        "Sailthru cannot read a text of the record",
        "It answered that a field is not valid UTF-8 (errors 6, 42, or 'Unable To Stream').",
        "Correct the value at its source and send the record again.",
    ),
    LIST_UNKNOWN: Explanation(
        "Sailthru has no such list",
        "It answered with error 15, although the list was there within the last hour: somebody deleted it.",
        "Within the hour Tercel makes it anew; then replay the rejection.",
    ),
    REFUSED: Explanation(
        "Sailthru refuses the record",
        "It answered with an error that the record is the cause of, and that another attempt would not change.",
        "See the answer kept with the rejection, correct the record at its source and send it again.",
    ),
    SUPPRESSED: Explanation(
        "Sailthru may not reach this person",
        "The person has opted out, or the address bounced for good (errors 32 to 35 and 37). That is no fault, and "
        "never halts a lane.",
        "Nothing to do, unless the person has opted in again: then change that at Sailthru and replay the rejection.",
    ),
}


def reason(code: str, text: str, body: bytes = b"") -> Reason:
    """Return a reason with one of the codes above. ``text`` must hold no personal data; ``body`` is the raw answer."""
    return Reason(code, text, answer_text(body), suppressed=code == SUPPRESSED)
