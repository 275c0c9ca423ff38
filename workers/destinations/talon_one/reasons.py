"""Why something did not go through at Talon.One: every stable code, with its cause and its cure.

``tercel explain CODE`` shows this table. Codes are never given a new meaning. Where a code has one HTTP status as its
only cause it carries that number (T401, T409, T413, T429); the others keep clear of statuses the API declares.
"""

from __future__ import annotations

from typing import Final

from workers.destinations.explained import Explanation, answer_text
from workers.outcomes import Reason

KEY_REFUSED: Final = "T401"
PARALLEL_REQUESTS: Final = "T409"
TOO_LARGE: Final = "T413"
THROTTLED: Final = "T429"
ATTRIBUTE_UNKNOWN: Final = "T450"
ATTRIBUTE_REFUSED: Final = "T451"
FIELD_REFUSED: Final = "T452"
REFUSED_UNEXPLAINED: Final = "T453"
EVENT_TYPE_UNKNOWN: Final = "T454"
AUDIENCE_NOT_THERE: Final = "T455"
AUDIENCE_NOT_KNOWN: Final = "T456"
AUDIENCE_EXISTS: Final = "T457"
AUDIENCE_ID_UNREAD: Final = "T458"
ID_NOT_ADDRESSABLE: Final = "T459"
NOT_WRITABLE: Final = "T460"
CHANGES_WITHOUT_RULES: Final = "T461"
CHANGES_CONTRADICT: Final = "T462"
CHANGES_TOO_MANY: Final = "T463"
CONFLICT: Final = "T464"
AUDIENCE_HELD: Final = "T465"
IDENTITIES_FIXED: Final = "T466"
WRONG_ADDRESS: Final = "T470"
SERVER_FAILED: Final = "T480"
NO_ANSWER: Final = "T481"

REASONS: Final[dict[str, Explanation]] = {
    KEY_REFUSED: Explanation(
        "Talon.One refuses the API key",
        "The key is invalid, expired, revoked, or made for another environment or API (401 or 403). The deployment is "
        "halted: nothing is rejected, everything waits.",
        "Put a valid Integration API key (not a Management API key) into the deployment's key or key_file. Delivery "
        "probes from time to time and resumes by itself.",
    ),
    PARALLEL_REQUESTS: Explanation(
        "Too many requests for one profile or session at once",
        "Talon.One processes one request a profile or session and lets two wait; the next is refused. Another system "
        "is updating the same profile at the same time.",
        "Nothing to do: the call is tried again. If it happens often, find the other sender.",
    ),
    TOO_LARGE: Explanation(
        "The request is too large",
        "Talon.One, or something in front of it, refused the size of the request (413). A call is halved until it "
        "passes; this record is too large alone.",
        "Send fewer or shorter values in this record, then replay it.",
    ),
    THROTTLED: Explanation(
        "The deployment's rate limit was exceeded",
        "Talon.One answered 429. Other systems share the deployment's limit, or the configured rate is too high.",
        "Nothing to do: the whole deployment slows down and tries again. If it happens often, lower the deployment's "
        "rate setting to the share that is left for Tercel.",
    ),
    ATTRIBUTE_UNKNOWN: Explanation(
        "Talon.One does not know an attribute",
        "Attributes must exist before they are sent; sending one does not create it. Names are case-sensitive.",
        "Create the attribute in the Campaign Manager (and connect it to the key's Application), correct the name in "
        "the mapping, or set skip_unknown_attributes to leave such attributes out. Then replay the rejections.",
    ),
    ATTRIBUTE_REFUSED: Explanation(
        "Talon.One refused an attribute's value",
        "The value does not fit the attribute's type (string, number, boolean, time, location, or a list of one), or "
        "is not one of its allowed values.",
        "Give the column the attribute's type in the mapping, or correct the value at its source and send it again.",
    ),
    FIELD_REFUSED: Explanation(
        "Talon.One refused a field",
        "The named field of the request breaks a rule of the API. An event's connectedSessionId, for example, must "
        "name a closed session.",
        "See the answer kept with the rejection, correct the record at its source and send it again.",
    ),
    REFUSED_UNEXPLAINED: Explanation(
        "Talon.One refused the record without naming a field",
        "The answer points at nothing in the request. The call was halved until this record stood alone.",
        "See the answer kept with the rejection, correct the record at its source and send it again.",
    ),
    EVENT_TYPE_UNKNOWN: Explanation(
        "Talon.One does not know the event's type",
        "An event's type must be an existing custom event, never a built-in one. A deployment that lacks the events "
        "call chosen by events_api answers in the same way.",
        "Create the custom event in the Campaign Manager, or correct the type; check events_api if every event is "
        "refused. Then replay the rejections.",
    ),
    AUDIENCE_NOT_THERE: Explanation(
        "Talon.One has no such audience",
        "The audience id does not exist in the deployment: it is wrong, or the audience was deleted.",
        "Correct the audience id (the Campaign Manager shows it; it is never the name). For an audience that Tercel "
        "knows by name, run tercel audiences bind NAME ID with the right id. Then replay the rejections.",
    ),
    AUDIENCE_NOT_KNOWN: Explanation(
        "The audience's Talon.One id is not known here",
        "The record names an audience by external id or name. The Integration API has no look-up, so Tercel knows "
        "only audiences that it created or that were bound by hand, and this record cannot create one.",
        "Run tercel audiences bind NAME ID with the id the Campaign Manager shows, or send the record with the "
        "audience's id, or (to have it created) a membership or a profile's change with its name. Then replay the "
        "rejection.",
    ),
    AUDIENCE_EXISTS: Explanation(
        "The audience exists already, and its Talon.One id is not known here",
        "Creating it was answered with 409: something else created it, or an earlier answer was lost. The Integration "
        "API has no look-up by name or external id. The audience's records wait.",
        "Run tercel audiences bind NAME ID with the id the Campaign Manager shows; the waiting records go on.",
    ),
    AUDIENCE_ID_UNREAD: Explanation(
        "The audience was created, but the answer did not carry its id",
        "Talon.One (or something in between) answered a create with success and a body that holds no usable id. The "
        "audience's records wait.",
        "Run tercel audiences bind NAME ID with the id the Campaign Manager shows; the waiting records go on.",
    ),
    ID_NOT_ADDRESSABLE: Explanation(
        "The profile or session id cannot be used in an address",
        "This call carries the id in its path. The ids . and .. mean a folder there, and something in front of the "
        "deployment may take apart an id that holds a slash, a backslash or a percent sign.",
        "Use another id. Profiles without rules, and memberships, are sent in the body and take any id.",
    ),
    NOT_WRITABLE: Explanation(
        "The record cannot be written as JSON",
        "It holds half of a surrogate pair in a text, an integer beyond 64 bits, or is nested too deeply.",
        "Correct the value at its source and send it again; send very large numbers as text.",
    ),
    CHANGES_WITHOUT_RULES: Explanation(
        "Attributes together with audience changes, but without rules",
        "Only the one-profile call carries both, and Talon.One does not say whether it applies audience changes when "
        "rules do not run. Sending it could lose them without a sign; running rules was not asked for.",
        "Send the attributes as a profile and the audience changes as memberships; or set run_rules on the record.",
    ),
    CHANGES_CONTRADICT: Explanation(
        "A profile is to join and to leave the same audience",
        "The record names one audience in audiences_add and in audiences_delete.",
        "Name the audience in one of the two only.",
    ),
    CHANGES_TOO_MANY: Explanation(
        "More than 1,000 audience changes in one record",
        "Without rules the changes travel as membership actions, of which one request takes 1,000.",
        "Spread the changes over several records, or send them as memberships.",
    ),
    CONFLICT: Explanation(
        "Talon.One reports a conflict or a reached limit",
        "The call was answered with 409 without the known messages: a limit of the deployment may be reached.",
        "The call is tried again with growing pauses. If it goes on, see the answer and ask Talon.One's support.",
    ),
    AUDIENCE_HELD: Explanation(
        "The audience's records still wait for its Talon.One id",
        "The audience exists at Talon.One and its id is not known here, which was found out earlier (T457 or T458). "
        "Talon.One is not asked again: the answer would be the same.",
        "Run tercel audiences bind NAME ID with the id the Campaign Manager shows; the waiting records go on.",
    ),
    IDENTITIES_FIXED: Explanation(
        "A profile's id cannot change at Talon.One",
        "The record carries a change of identities. Talon.One knows a profile by one integrationId, for ever.",
        "Send attributes, memberships and events under the id the profile has, without identities.",
    ),
    WRONG_ADDRESS: Explanation(
        "The answer does not come from the Integration API",
        "The address answered with a redirect, a web page, or 'no such path' for a call every deployment has.",
        "Check the deployment's url (scheme and host only, as the Campaign Manager shows it) and any proxy in "
        "between; tercel check tells whether it is right. Nothing is rejected; delivery resumes by itself.",
    ),
    SERVER_FAILED: Explanation(
        "Talon.One failed to process the request",
        "It answered with a server error (5xx) or with something that is no HTTP answer.",
        "Nothing to do: the call is tried again with growing pauses. If it goes on, see Talon.One's status page.",
    ),
    NO_ANSWER: Explanation(
        "No answer came from Talon.One",
        "The request timed out, the connection could not be made, or it broke before the answer was complete.",
        "Nothing to do: the call is tried again with growing pauses. If it goes on, check the network and the "
        "deployment's url.",
    ),
}


def reason(code: str, text: str, body: bytes = b"") -> Reason:
    """Return a reason with one of the codes above. ``text`` must hold no personal data; ``body`` is the raw answer."""
    return Reason(code, text, answer_text(body))
