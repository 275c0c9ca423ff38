"""A mapping, ready for messages: compiled once, applied many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from producers.segment.mapping.checking import faults_of
from producers.segment.mapping.compiling import build_root
from producers.segment.mapping.errors import Fault, MappingNotApplied, UnusableMapping
from producers.segment.mapping.javascript import UNDEFINED, type_name
from producers.segment.mapping.paths import Resolve


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """What a mapping does to a message. Made by :func:`compile_mapping`; threads may share it."""

    resolve: Resolve

    def apply(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the object that the mapping makes of a message, as parsed from JSON.

        The message is not changed, but parts of it may be parts of the result: change neither. Undefined values are
        left out of objects and null in lists.

        Raises MappingNotApplied with the field of the mapping where it happened.
        """
        if not isinstance(payload, dict):
            if not isinstance(payload, Mapping):
                raise MappingNotApplied("/", f"the message has to be an object but it is of type {type_name(payload)}.")
            payload = dict(payload)
        try:
            result = self.resolve(payload)
        except RecursionError:
            raise MappingNotApplied("/", "the message is nested too deeply.") from None
        if not isinstance(result, dict):
            kind = "nothing" if result is UNDEFINED else f"a value of type {type_name(result)}"
            raise MappingNotApplied("/", f"the mapping has to give an object but it gives {kind}.")
        return result


def compile_mapping(mapping: Any) -> CompiledMapping:
    """Compile a mapping of Segment's mapping-kit, as parsed from JSON.

    Raises UnusableMapping with all that is wrong with it, each fault as ``/path/to/field message``. The mapping may be
    changed afterwards without changing what was compiled.
    """
    try:
        faults = faults_of(mapping)
        if not faults:
            return CompiledMapping(build_root(mapping, ""))
    except RecursionError:
        faults = (Fault("/", "is nested too deeply."),)
    raise UnusableMapping(faults)
