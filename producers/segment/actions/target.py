"""An actions destination: every message goes through each of its mappings, in order, and becomes records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from producers.intake import Refusal, Taken
from producers.segment.actions import refusals
from producers.segment.actions.checking import FieldsWrong
from producers.segment.actions.explained import Step
from producers.segment.actions.mapped import MappedAction, map_actions
from producers.segment.actions.sent import SentRequest, sent_as
from producers.segment.mapping import MappingNotApplied
from producers.segment.mappings_file import WrittenMapping
from producers.segment.people import is_switched_off
from producers.segment.reasons_classic import SWITCHED_OFF
from producers.third_party.callbacks import NO_CALLBACKS, CallbackPolicy
from producers.third_party.context import Context
from producers.third_party.problems import BadCall
from producers.third_party.translation import new_event_id, translate_in
from tercel.records import Record

INTEGRATION: Final = "Talon.One (Actions)"  # the destination's name in a message's integrations object
FAILURES: Final = (MappingNotApplied, FieldsWrong, BadCall)


class ActionsTarget:
    """What Segment's Talon.One (Actions) destination does, with the mappings of one destination.

    ``deployment_url`` is shown in explanations only; ``callbacks`` says whom the answers to sessions may be posted to.
    Raises MappingsError where a mapping that is switched on cannot work.
    """

    type = "actions"

    def __init__(
        self,
        name: str,
        deployment: str,
        written: tuple[WrittenMapping, ...],
        *,
        deployment_url: str = "",
        callbacks: CallbackPolicy = NO_CALLBACKS,
    ) -> None:
        self.name = name
        self.deployment = deployment
        self.written = written
        self.mapped = map_actions(written)
        self._deployment_url = deployment_url
        self._context = Context(split_large=False, new_event_id=new_event_id, callbacks=callbacks)
        self._nothing = Taken(deployment, filtered=1)
        self._unwanted = Taken(deployment, filtered=1, notes=(SWITCHED_OFF,))
        self._steps = tuple((one, one.trigger.matches, one.call_of, f"/{one.written.number}") for one in self.mapped)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the person who wrote the mappings should know."""
        found = [f"{one.label}: {warning}" for one in self.mapped for warning in one.warnings]
        if not self.mapped:
            found.append("No mapping is switched on, so every message is left out.")
        return tuple(found)

    def take(self, message: Mapping[str, Any], *, sender: str) -> Taken:
        """Return what a message becomes: the records of each mapping whose trigger matches, in their order.

        A mapping that fails is refused with its name and field, and the others go on. A message that no trigger
        matches is filtered, as is one whose ``integrations`` switch the destination off by name. ``sender`` tells
        message ids of different senders apart.
        """
        if is_switched_off(message, INTEGRATION):
            return self._unwanted
        records: list[Record] = []
        refused: list[Refusal] = []
        notes: list[str] = []
        source = ""
        has_matched = False
        context = self._context
        for mapped, matches, call_of, place in self._steps:
            if not matches(message):
                continue
            if not has_matched:
                has_matched = True
                source = self._source_of(message, sender)
            try:
                translation = translate_in(context, call_of(message, source and source + place))
            except FAILURES as failure:
                refused.append(_refusal_of(mapped, failure))
                continue
            records += translation.records
            notes += translation.notes
            if translation.refused:
                refused += [refusals.of_item(mapped.label, mapped.action.slug, item) for item in translation.refused]
        if records or refused:
            return Taken(self.deployment, tuple(records), tuple(refused), 0, tuple(notes))
        return Taken(self.deployment, filtered=1, notes=tuple(notes)) if notes else self._nothing

    def explain(self, message: Mapping[str, Any]) -> list[Step]:
        """Return what each mapping does with a message, those switched off included."""
        ready = {one.written.number: one for one in self.mapped}
        return [
            self._explained(ready[one.number], message) if one.number in ready else _switched_off(one)
            for one in self.written
        ]

    def _source_of(self, message: Mapping[str, Any], sender: str) -> str:
        """Return what is unique to a message at this destination, so that a repeat makes the same event ids."""
        message_id = message.get("messageId")
        return f"{sender}/{self.name}/{message_id}" if isinstance(message_id, str) and message_id else ""

    def _explained(self, mapped: MappedAction, message: Mapping[str, Any]) -> Step:
        if is_switched_off(message, INTEGRATION):
            return _step(mapped, matched=False, why_not=f"The message's integrations switch {INTEGRATION} off.")
        if not mapped.trigger.matches(message):
            return _step(mapped, matched=False, why_not="The trigger does not match this message.")
        fields: dict[str, Any] | None = None
        request: SentRequest | None = None
        source = self._source_of(message, "")
        try:
            fields = mapped.mapping.apply(message)
            fields = mapped.check(fields)
            call = mapped.make(fields, source and f"{source}/{mapped.written.number}")
            request = sent_as(call, deployment_url=self._deployment_url)
            translation = translate_in(self._context, call)
        except FAILURES as failure:
            return _step(mapped, fields=fields, request=request, refused=(_refusal_of(mapped, failure),))
        return _step(
            mapped,
            fields=fields,
            request=request,
            records=translation.records,
            refused=tuple(refusals.of_item(mapped.label, mapped.action.slug, item) for item in translation.refused),
            notes=translation.notes,
        )


def _refusal_of(mapped: MappedAction, failure: MappingNotApplied | FieldsWrong | BadCall) -> Refusal:
    if isinstance(failure, MappingNotApplied):
        return refusals.of_mapping(mapped.label, failure)
    if isinstance(failure, FieldsWrong):
        return refusals.of_fields(mapped.label, failure)
    return refusals.of_call(mapped.label, mapped.action.slug, failure)


def _step(mapped: MappedAction, *, matched: bool = True, **found: Any) -> Step:
    written = mapped.written
    return Step(
        written.number,
        written.name,
        mapped.action.slug,
        written.trigger,
        matched,
        warnings=mapped.warnings,
        **found,
    )


def _switched_off(written: WrittenMapping) -> Step:
    return Step(
        written.number, written.name, written.action, written.trigger, False, why_not="The mapping is switched off."
    )
