"""The drop-in for Talon.One's third-party API: requests to calls, calls to records, and what is answered.

:func:`route` finds the call that a request asks for, :func:`translate` makes records of it, :func:`success` and
:func:`error` are the answers. Everything in here is pure; the receiver does the rest.
"""

from producers.third_party.answers import error, success
from producers.third_party.callbacks import NO_CALLBACKS, CallbackPolicy
from producers.third_party.calls import Call, CallName, Platform
from producers.third_party.context import Translation
from producers.third_party.notes import NOTES
from producers.third_party.openapi import paths, security_schemes
from producers.third_party.problems import BadCall
from producers.third_party.reasons import REASONS
from producers.third_party.routes import MethodNotAllowed, NotFound, Route, route
from producers.third_party.translation import translate

__all__ = [
    "NOTES",
    "NO_CALLBACKS",
    "REASONS",
    "BadCall",
    "Call",
    "CallName",
    "CallbackPolicy",
    "MethodNotAllowed",
    "NotFound",
    "Platform",
    "Route",
    "Translation",
    "error",
    "paths",
    "route",
    "security_schemes",
    "success",
    "translate",
]
