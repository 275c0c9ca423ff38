"""Whole numbers of any length, without loss. (Contract: mparticle, section 5: "read JSON integers without loss".)

The usual parser reads what has more than 64 bits as a float, which rounds it. Ids may be such numbers.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_MANY_DIGITS: Final = re.compile(rb"[0-9]{19}")  # fewer always fit into 64 bits
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def exact(body: bytes, parsed: Any) -> Any:
    """Return what a JSON text says with whole numbers beyond 64 bits as the texts they were written as.

    ``parsed`` is what the usual parser made of it, so the text is known to be JSON, and not too deep.
    """
    if _MANY_DIGITS.search(body) is None:
        return parsed
    return json.loads(body, parse_int=_whole)


def _whole(digits: str) -> int | str:
    if len(digits) > len(str(_SMALLEST)):
        return digits
    number = int(digits)
    return number if _SMALLEST <= number <= _LARGEST else digits
