"""Triggers (FQL): which of Segment's messages a mapping is for. (Contract: segment, part d.)"""

from producers.segment.triggers.trigger import Trigger, compile_trigger

__all__ = ["Trigger", "compile_trigger"]
