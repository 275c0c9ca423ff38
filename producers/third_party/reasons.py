"""Why a call of the third-party API, or a part of it, cannot be taken: stable codes, and what each means."""

from __future__ import annotations

from typing import Final

from tercel.explain import Explanation

REFUSED: Final = "T600"
WRONG_TYPE: Final = "T601"
MISSING: Final = "T602"
WRONG_LENGTH: Final = "T603"
CONTRADICTION: Final = "T604"
TOO_MANY_CHANGES: Final = "T605"
NOT_A_CHOICE: Final = "T606"
PARTIALLY_RETURNED: Final = "T607"
WRONG_NUMBER: Final = "T608"
NOT_UNICODE: Final = "T609"
WRONG_QUERY: Final = "T610"
LIST_TOO_LONG: Final = "T611"
TOO_DEEP: Final = "T612"

_MEND = "The answer (or the rejection) names the field. Correct it at the sender and send the request again."

REASONS: Final[dict[str, Explanation]] = {
    REFUSED: Explanation(
        "Nothing of a request to the drop-in could be taken",
        "The request is not what the third-party API takes, or every item in it is wrong. It was answered 400.",
        "The answer names each field and what would be right. Correct it at the sender and send the request again.",
    ),
    WRONG_TYPE: Explanation(
        "A field has the wrong type",
        "A text where a number belongs, a number where a text belongs, or the like. Types are taken strictly.",
        _MEND,
    ),
    MISSING: Explanation("A required field is missing", "The request, or an item of it, lacks a field.", _MEND),
    WRONG_LENGTH: Explanation(
        "A text is too short or too long",
        "Ids and names have 1 to 1,000 characters; coupon and referral codes at most 100.",
        f"{_MEND} An empty id usually means that the sender's mapping found no value.",
    ),
    CONTRADICTION: Explanation(
        "One audience is to be joined and left at once",
        "The same audience stands in adds and in deletes of one profile, and the contract gives no order to them.",
        "Name the audience in one of the two lists only; the sender's mapping is usually to blame.",
    ),
    TOO_MANY_CHANGES: Explanation(
        "A request holds more than 1,000 changes",
        "The API takes at most 1,000 audience changes in one request, however many profiles it names.",
        "Send smaller requests, or set split_large for the sender (senders.<name>.split_large) to have Tercel split.",
    ),
    NOT_A_CHOICE: Explanation(
        "A value is not one of those allowed",
        "A state, or the type of an attribute, is none that the API knows.",
        _MEND,
    ),
    PARTIALLY_RETURNED: Explanation(
        "A session cannot be set to partially_returned",
        "The field knows the value, but a session gets it only through Talon.One's call for returned cart items.",
        "Send the return through Talon.One's Integration API; use open, closed or cancelled here.",
    ),
    WRONG_NUMBER: Explanation(
        "A number is out of its range",
        "Audience ids and quantities are whole numbers of 1 or more; JSON knows neither NaN nor infinity.",
        _MEND,
    ),
    NOT_UNICODE: Explanation(
        "A text is not valid Unicode",
        "An id in the path is not percent-encoded UTF-8, or a text holds half of a surrogate pair.",
        "Encode ids in paths as UTF-8, then percent-encode them.",
    ),
    WRONG_QUERY: Explanation(
        "skipNonExistingAttributes is neither true nor false",
        "The query of the request gives it another value.",
        "Write skipNonExistingAttributes=true, or leave it out.",
    ),
    LIST_TOO_LONG: Explanation(
        "A list holds more than the API takes",
        "A session has at most 1,000 cart items, 100 coupon codes, 5 identifiers and 1 loyalty card. Attributes for "
        "many profiles at once (mutualAttributes) are copied to each, and may make 16 MB in all.",
        _MEND,
    ),
    TOO_DEEP: Explanation(
        "A value is nested too deeply",
        "Objects and lists inside each other go deeper than can be read safely.",
        "Send attributes as flat values or lists; Talon.One's attributes know no deeper ones.",
    ),
}
