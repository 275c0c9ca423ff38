"""``@template``: texts with ``{{path}}`` in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from producers.segment.mapping.javascript import BLANKS, text_of
from producers.segment.mapping.paths import Resolve, reader


def template_renderer(template: str) -> Resolve:
    """Compile a template. ``{{{path}}}`` and ``{{path}}`` do the same: put in the text of what lies at the path.

    The path stands without ``$.``; blanks around it do not count. Null and missing put in nothing, lists their parts
    with commas, objects ``[object Object]``. What is put in is not looked through for braces again; an unclosed brace
    stays as it is.
    """
    parts: list[str | Resolve] = []
    for outer, is_path in _split(template, 3):
        if is_path:
            parts.append(reader(outer.strip(BLANKS)))
            continue
        for inner, is_inner_path in _split(outer, 2):
            parts.append(reader(inner.strip(BLANKS)) if is_inner_path else inner)
    return _joined(parts)


def _split(text: str, braces: int) -> Iterator[tuple[str, bool]]:
    """Cut a text into what stands within that many braces (True) and what stands between (False).

    Within the braces there is at least one character, and no closing brace. The time grows with the text's length and
    not faster, since a template may come from a message.
    """
    opening, closing = "{" * braces, "}" * braces
    done = searched = 0
    while (end := text.find(closing, searched)) >= 0:
        start = text.find(opening, max(done, text.rfind("}", done, end) + 1), end)
        if start < 0 or start + braces >= end:
            searched = end + 1
            continue
        yield text[done:start], False
        yield text[start + braces : end], True
        done = searched = end + braces
    yield text[done:], False


def _joined(parts: list[str | Resolve]) -> Resolve:
    parts = [part for part in parts if part != ""]
    if all(isinstance(part, str) for part in parts):
        constant = "".join(part for part in parts if isinstance(part, str))
        return lambda _: constant

    def render(payload: Any) -> str:
        pieces = []
        for part in parts:
            if isinstance(part, str):
                pieces.append(part)
            else:
                value = part(payload)
                pieces.append(value if type(value) is str else text_of(value))
        return "".join(pieces)

    return render
