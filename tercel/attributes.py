"""The attributes of a record: any JSON object whose every value can travel unchanged."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, JsonValue, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

_SMALLEST_WHOLE, _LARGEST_WHOLE = -(2**63), 2**64 - 1  # what workers read as it was written
TOO_MANY_BITS = "too_many_bits"  # the type of pydantic's error for a whole number beyond them


def _check_inside(value: JsonValue) -> None:
    """Refuse what cannot travel, anywhere inside: one such value would fail every record it is encoded or read with.

    NaN and infinities, for which JSON has no word; halves of a surrogate pair, for which UTF-8 has none; and whole
    numbers of more than 64 bits, which readers round without a word.
    """
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.isascii():
                _check_text(name)
            if type(inner) is not str or not inner.isascii():
                _check_inside(inner)
    elif isinstance(value, list):
        for inner in value:
            if type(inner) is not str or not inner.isascii():
                _check_inside(inner)
    elif isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a number must be finite: JSON knows neither NaN nor infinity")
    elif isinstance(value, int) and not _SMALLEST_WHOLE <= value <= _LARGEST_WHOLE:
        raise PydanticCustomError(TOO_MANY_BITS, "a whole number must have at most 64 bits")


def _check_text(text: str) -> None:
    if not _is_unicode(text):
        raise PydanticCustomError("string_unicode", "a text must be valid Unicode: it holds half of a surrogate pair")


def _check_attributes(attributes: dict[str, JsonValue]) -> dict[str, JsonValue]:
    _check_inside(attributes)
    return attributes


def _flat_or_checked(attributes: Any, check: ValidatorFunctionWrapHandler) -> dict[str, JsonValue]:
    """Return attributes as they are where no rule could object to any of them, and the checked ones elsewhere.

    Most are plain texts and numbers; the check asks Python for the type of each, which costs more than all else that a
    record needs. One loop without a call for each value, for the same reason.
    """
    if type(attributes) is not dict:
        return check(attributes)  # type: ignore[no-any-return]
    for name, value in attributes.items():
        kind = type(value)
        if kind is str:
            plain = value.isascii() or _is_unicode(value)
        elif kind is float:
            plain = isfinite(value)
        elif kind is int:
            plain = _SMALLEST_WHOLE <= value <= _LARGEST_WHOLE
        else:
            plain = kind is bool or value is None
        if not plain or type(name) is not str or not name.isascii():
            return check(attributes)  # type: ignore[no-any-return]
    return attributes.copy()


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


Attributes = Annotated[dict[str, JsonValue], AfterValidator(_check_attributes), WrapValidator(_flat_or_checked)]
