"""One mapping, ready to work: its trigger, its fields and its action, and the way of a message through them.

The order of work is Segment's: trigger, mapping, empty values removed, values coerced and checked, request built
(contract: segment.md, part (a)). The request becomes records as if it had come to the drop-in's door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from producers.segment.actions.catalogue import ACTIONS, find_action
from producers.segment.actions.checking import Check, compile_check
from producers.segment.actions.completing import complete_fields
from producers.segment.actions.fields import Action
from producers.segment.actions.requests import RequestOf, request_maker
from producers.segment.mapping import CompiledMapping, UnusableMapping, compile_mapping
from producers.segment.mappings_file import UNKNOWN_ACTION, MappingProblem, MappingsError, WrittenMapping
from producers.segment.reasons_classic import BAD_TRIGGER
from producers.segment.triggers import Trigger, compile_trigger
from producers.third_party.calls import Call
from tercel.settings.nearest import suggestion


@dataclass(frozen=True, slots=True)
class MappedAction:
    """A mapping that can work. ``warnings`` are sentences for the person who wrote it."""

    written: WrittenMapping
    action: Action
    trigger: Trigger
    mapping: CompiledMapping
    check: Check
    make: RequestOf
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What messages about it call it: ``mapping 2 (Track order)``."""
        name = self.written.name
        return f"mapping {self.written.number} ({name})" if name else f"mapping {self.written.number}"

    def payload_of(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a message that the trigger matched, checked.

        Raises MappingNotApplied where a directive fails, and FieldsWrong where fields are wrong or missing.
        """
        return self.check(self.mapping.apply(message))

    def call_of(self, message: Mapping[str, Any], source_id: str) -> Call:
        """Return the call that Segment would make for a message. Raises as :meth:`payload_of` does."""
        return self.make(self.check(self.mapping.apply(message)), source_id)


def map_actions(written: tuple[WrittenMapping, ...]) -> tuple[MappedAction, ...]:
    """Return the mappings that are switched on, ready to work.

    Those switched off are not looked into: a draft may be unfinished. Raises :class:`MappingsError` with a sentence
    for everything wrong.
    """
    problems: list[MappingProblem] = []
    mapped = [_mapped(one, problems) for one in written if one.enabled]
    if problems:
        raise MappingsError(problems)
    return tuple(one for one in mapped if one is not None)


def _mapped(written: WrittenMapping, problems: list[MappingProblem]) -> MappedAction | None:
    before = len(problems)
    trigger = compile_trigger(written.trigger)
    if trigger.error:
        problems.append(MappingProblem(f"{written.place}, trigger: {trigger.error}", BAD_TRIGGER))
    action = find_action(written.action)
    if action is None:
        near = suggestion(written.action, ACTIONS)
        sentence = f"{written.place}: there is no action {written.action!r}{near} There are: {', '.join(ACTIONS)}."
        problems.append(MappingProblem(sentence, UNKNOWN_ACTION))
        return None
    complete = complete_fields(action, written.fields)
    wrong = complete.problems if written.is_segments else (*complete.problems, *complete.unknown)
    problems += [
        MappingProblem(f"{written.place}, field {problem.where}: {_ended(problem.reason)}") for problem in wrong
    ]
    try:
        mapping = compile_mapping(complete.mapping)
    except UnusableMapping as unusable:
        problems += [
            MappingProblem(f"{written.place}, fields: {_ended(str(fault))}", unusable.code) for fault in unusable.faults
        ]
        return None
    if len(problems) > before:
        return None
    left_over = tuple(f"Field {_ended(str(problem))} It is left out." for problem in complete.unknown)
    return MappedAction(
        written,
        action,
        trigger,
        mapping,
        compile_check(action.fields),
        request_maker(action),
        (*trigger.warnings, *left_over),
    )


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
