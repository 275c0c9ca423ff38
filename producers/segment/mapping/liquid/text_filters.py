"""Filters on texts. Whatever is no text is printed first."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote

from producers.segment.mapping.javascript import BLANKS
from producers.segment.mapping.liquid.markup import without_tags
from producers.segment.mapping.liquid.values import LiquidFault, check_length, count_of, printed

_BLANK_RUN: Final = re.compile(f"[{BLANKS}]+")
_NEW_LINE: Final = re.compile(r"\r?\n")
_NOT_IN_SLUG: Final = re.compile(r"[^\w]+|_+")

_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_ESCAPES: Final = str.maketrans(_ENTITIES)
_ENTITY: Final = re.compile("|".join(map(re.escape, _ENTITIES.values())))
_MEANINGS: Final = {entity: character for character, entity in _ENTITIES.items()}

# What JavaScript's functions leave as it is, beside letters, digits and "_.-~".
_COMPONENT: Final = "!*'()"  # encodeURIComponent
_WHOLE_URI: Final = ";,/?:@&=+$#[]" + _COMPONENT  # encodeURI, with the brackets that LiquidJS spares

TRUNCATED_CHARACTERS: Final = 50
TRUNCATED_WORDS: Final = 15
ELLIPSIS: Final = "..."


def _on_text(change: Callable[[str], Any]) -> Callable[[Any], Any]:
    return lambda value: change(printed(value))


def _append(value: Any, other: Any = None) -> str:
    return printed(value) + printed(other)


def _prepend(value: Any, other: Any = None) -> str:
    return printed(other) + printed(value)


def _replace(value: Any, old: Any = None, new: Any = None) -> str:
    text, wanted, put = printed(value), printed(old), printed(new)
    check_length(len(text) + (text.count(wanted) if wanted else len(text) + 1) * len(put))
    return text.replace(wanted, put)


def _replace_first(value: Any, old: Any = None, new: Any = None) -> str:
    return printed(value).replace(printed(old), printed(new), 1)


def _replace_last(value: Any, old: Any = None, new: Any = None) -> str:
    text, wanted = printed(value), printed(old)
    place = text.rfind(wanted)
    return text if place < 0 else text[:place] + printed(new) + text[place + len(wanted) :]


def _remove(value: Any, old: Any = None) -> str:
    wanted = printed(old)
    return printed(value).replace(wanted, "") if wanted else printed(value)


def _stripper(strip: Callable[[str, str], str]) -> Callable[..., str]:
    return lambda value, characters=None: strip(printed(value), printed(characters) or BLANKS)


def _split(value: Any, separator: Any = None) -> list[str]:
    text, between = printed(value), printed(separator)
    parts = text.split(between) if between else list(text)
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _slice(value: Any, start: Any = None, length: Any = None) -> Any:
    whole = value if isinstance(value, list) else printed(value)
    first = count_of(start, 0)
    first = max(0, len(whole) + first) if first < 0 else first
    return whole[first : max(first, first + count_of(length, 1))]


def _truncate(value: Any, length: Any = None, ellipsis: Any = ELLIPSIS) -> str:
    text, end, most = printed(value), printed(ellipsis), count_of(length, TRUNCATED_CHARACTERS)
    return text if len(text) <= most else text[: max(0, most - len(end))] + end


def _truncate_words(value: Any, words: Any = None, ellipsis: Any = ELLIPSIS) -> str:
    found = _BLANK_RUN.split(printed(value))
    most = max(1, count_of(words, TRUNCATED_WORDS))
    return " ".join(found[:most]) + (printed(ellipsis) if len(found) >= most else "")


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: _MEANINGS[found[0]], text)


def _escape_once(value: Any) -> str:
    return _unescaped(printed(value)).translate(_ESCAPES)


def _base64_decode(value: Any) -> str:
    try:
        return base64.b64decode(printed(value)).decode()
    except ValueError:
        raise LiquidFault("the Liquid filter base64_decode was given something that is no Base64.") from None


def _slugify(value: Any, mode: Any = None) -> str:
    text = printed(value)
    if mode == "none":
        return text.lower()
    return _NOT_IN_SLUG.sub("-", text).strip("-").lower()


_escape: Final = _on_text(lambda text: text.translate(_ESCAPES))

TEXT_FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "append": _append,
    "base64_decode": _base64_decode,
    "base64_encode": _on_text(lambda text: base64.b64encode(text.encode()).decode()),
    "capitalize": _on_text(lambda text: text[:1].upper() + text[1:].lower()),
    "cgi_escape": _on_text(lambda text: quote(text, safe=" ").replace(" ", "+")),
    "downcase": _on_text(str.lower),
    "escape": _escape,
    "escape_once": _escape_once,
    "lstrip": _stripper(str.lstrip),
    "normalize_whitespace": _on_text(lambda text: _BLANK_RUN.sub(" ", text)),
    "number_of_words": _on_text(lambda text: len(_BLANK_RUN.split(text.strip(BLANKS))) if text.strip(BLANKS) else 0),
    "prepend": _prepend,
    "raw": lambda value: value,
    "remove": _remove,
    "remove_first": lambda value, old=None: _replace_first(value, old),
    "remove_last": lambda value, old=None: _replace_last(value, old),
    "replace": _replace,
    "replace_first": _replace_first,
    "replace_last": _replace_last,
    "rstrip": _stripper(str.rstrip),
    "slice": _slice,
    "slugify": _slugify,
    "split": _split,
    "strip": _stripper(str.strip),
    "strip_html": _on_text(without_tags),
    "strip_newlines": _on_text(lambda text: _NEW_LINE.sub("", text)),
    "truncate": _truncate,
    "truncatewords": _truncate_words,
    "upcase": _on_text(str.upper),
    "uri_escape": _on_text(lambda text: quote(text, safe=_WHOLE_URI)),
    "url_decode": _on_text(lambda text: unquote(text.replace("+", " "))),
    "url_encode": _on_text(lambda text: quote(text, safe=_COMPONENT + " ").replace(" ", "+")),
    "xml_escape": _escape,
}
