"""Why a mapping could not make records of a message: one refusal a mapping, with its name and the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from producers.intake import Refusal
from producers.segment.actions.checking import FieldsWrong
from producers.segment.mapping import MappingNotApplied
from producers.segment.mappings_file import BAD_MAPPINGS, UNKNOWN_ACTION
from producers.third_party.problems import BadCall
from tercel.explain import Explanation

FIELDS_WRONG: Final = "T622"
MOST_OTHERS: Final = 10  # problems that are named beside the first; a request may hold a thousand

REASONS: Final[dict[str, Explanation]] = {
    FIELDS_WRONG: Explanation(
        "A Segment mapping made a field that the action cannot take",
        "A required field came out empty, or a value is not of the field's type: the message lacks what the mapping "
        "takes from it, or holds something else there. The mapping's other messages are not concerned.",
        "The reason names the mapping and the field. Narrow the trigger, or give the field a value with @if; "
        "`tercel segment test` shows what a message becomes.",
    ),
    BAD_MAPPINGS: Explanation(
        "The mappings of a Segment destination cannot work",
        "The file cannot be read, or a mapping lacks a trigger, an action or a field that its action needs, names a "
        "field that the action does not have, or gives one a constant of the wrong type.",
        "The message names the file, the mapping's number and the field. Correct them all; `tercel segment list` "
        "shows the mappings as they are understood.",
    ),
    UNKNOWN_ACTION: Explanation(
        "A Segment mapping names an action that does not exist",
        "The action is neither the slug (trackEventV2) nor the title (Track event) of one of Talon.One (Actions).",
        "The message lists the slugs and the nearest one. Deprecated actions can be used too.",
    ),
}

_AUDIENCE_IDS: Final = (
    ("audiencesChanges.adds", "addAudienceIds"),
    ("audiencesChanges.deletes", "deleteAudienceIds"),
)
_EVENT: Final = (("eventAttributes", "attributes"),)
# Where a field has another name in the request's body than in the mapping, which is what its writer knows.
_FIELDS_OF_BODY: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "updateCustomerProfileV3": _AUDIENCE_IDS,
    "updateCustomerProfile": _AUDIENCE_IDS,
    "updateCustomerProfileV2": (
        ("audiencesChanges.adds", "audiencesToAdd"),
        ("audiencesChanges.deletes", "audiencesToDelete"),
    ),
    "trackEventV2": _EVENT,
    "trackEvent": _EVENT,
    "updateCustomerSession": (("cartItemAttributesInfo", "cartItemsAttributesInfo"),),
}


def of_mapping(label: str, error: MappingNotApplied) -> Refusal:
    """Return the refusal of a message that a directive failed on. ``label`` names the mapping."""
    return Refusal(error.code, _place(label, error.path), error.sentence.rstrip("."))


def of_fields(label: str, wrong: FieldsWrong) -> Refusal:
    """Return the refusal of a message that made wrong fields; the first is the place, the reason names all."""
    first, *others = wrong.problems
    return Refusal(FIELDS_WRONG, _place(label, first.where), _joined(first.reason, others))


def of_call(label: str, slug: str, bad: BadCall) -> Refusal:
    """Return the refusal of a request that the third-party API would answer with 400. ``slug`` is the action's."""
    first, *others = (of_item("", slug, problem) for problem in bad.problems)
    return Refusal(first.code, _place(label, first.where), _joined(first.reason, others))


def of_item(label: str, slug: str, item: Refusal) -> Refusal:
    """Return the refusal of one item of a request whose other items are taken."""
    return Refusal(item.code, _place(label, _mapped_place(slug, item.where)), item.reason)


def _joined(first: str, others: Sequence[object]) -> str:
    """Return all reasons as one, but for those that would help nobody any more."""
    more = len(others) - MOST_OTHERS
    rest = [f"and {more:,} more"] if more > 0 else []
    return "; ".join((first, *map(str, others[:MOST_OTHERS]), *rest))


def _mapped_place(slug: str, where: str) -> str:
    """Return the field of the mapping that a place of the request's body comes from."""
    for of_body, in_mapping in _FIELDS_OF_BODY.get(slug, ()):
        if where.startswith(of_body):
            return in_mapping + where.removeprefix(of_body)
    return where


def _place(label: str, where: str) -> str:
    return ", ".join(part for part in (label, where) if part)
