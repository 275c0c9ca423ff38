"""Segment's mapping-kit: what the directives of a mapping (``@path``, ``@if``, ...) make of a message.

``compile_mapping(mapping)`` once, then ``.apply(message)`` for each message. No Redis, no HTTP: values in, values out.
"""

from producers.segment.mapping.compiled import CompiledMapping, compile_mapping
from producers.segment.mapping.errors import REASONS, Fault, MappingNotApplied, UnusableMapping

__all__ = [
    "REASONS",
    "CompiledMapping",
    "Fault",
    "MappingNotApplied",
    "UnusableMapping",
    "compile_mapping",
]
