"""Texts without their HTML tags, in a time that grows with the text's length and not faster."""

from __future__ import annotations

from typing import Final

# What opens a stretch that goes with all that is in it, and what closes it.
_STRETCHES: Final = (("<script", "</script>"), ("<style", "</style>"))
_COMMENT: Final = ("<!--", "-->")


class _Ahead:
    """Where a text comes next. It remembers the place, so that the whole text is searched only once."""

    def __init__(self, text: str, wanted: str) -> None:
        self._text = text
        self._wanted = wanted
        self._found = -1

    def of(self, start: int) -> int:
        """Return the first place at or behind ``start``, which never falls; the text's length where there is none."""
        if self._found < start:
            found = self._text.find(self._wanted, start)
            self._found = found if found >= 0 else len(self._text)
        return self._found


def without_tags(text: str) -> str:
    """Remove scripts, styles, tags and comments, in this order, as LiquidJS does. What is never closed stays.

    A tag ends on the line where it begins. A comment is only one where that line holds no ``>`` behind its beginning:
    otherwise it is taken for a tag.
    """
    stretches = [(opening, closing, _Ahead(text, closing)) for opening, closing in _STRETCHES]
    comment = (*_COMMENT, _Ahead(text, _COMMENT[1]))
    tag_end, line_end = _Ahead(text, ">"), _Ahead(text, "\n")
    nowhere = len(text) + 1
    kept: list[str] = []
    done = 0
    # Everything closes with a ">": behind the last one there is nothing to look for.
    while (start := text.find("<", done)) >= 0 and tag_end.of(start) < len(text):
        kept.append(text[done:start])
        end = min(_end_of(stretch, text, start) for stretch in stretches)
        if end >= nowhere and tag_end.of(start) < line_end.of(start):
            end = tag_end.of(start) + 1
        if end >= nowhere:
            end = _end_of(comment, text, start)
        if end >= nowhere:
            kept.append("<")
            end = start + 1
        done = end
    kept.append(text[done:])
    return "".join(kept)


def _end_of(stretch: tuple[str, str, _Ahead], text: str, start: int) -> int:
    """Return where a stretch that opens here ends; behind the text where it does not, or is never closed."""
    opening, closing, ahead = stretch
    if not text.startswith(opening, start):
        return len(text) + 1
    found = ahead.of(start)
    return found + len(closing) if found < len(text) else len(text) + 1
