"""Segment's Talon.One (Actions) destination: its actions, and what becomes of a message that a mapping makes one of.

``ACTIONS`` and ``find_action`` know the actions; ``request_of`` makes the call that Segment would make, ``sent_as``
shows it as an HTTP request.
"""

from producers.segment.actions.catalogue import ACTIONS, find_action
from producers.segment.actions.fields import Action, Field, FieldType
from producers.segment.actions.requests import request_of
from producers.segment.actions.sent import SentRequest, sent_as

__all__ = ["ACTIONS", "Action", "Field", "FieldType", "SentRequest", "find_action", "request_of", "sent_as"]
