"""Why a row of a file cannot become a record: stable codes, with what ``tercel explain`` says about each."""

from __future__ import annotations

from typing import Final, NamedTuple


class Explanation(NamedTuple):
    """What a code means: a title, how it comes about, and what to do."""

    title: str
    cause: str
    cure: str


FIELD_COUNT: Final = "T501"
BAD_QUOTES: Final = "T502"
BAD_JSON: Final = "T503"
NOT_AN_OBJECT: Final = "T504"
TOO_LARGE: Final = "T505"
NUL_CHARACTER: Final = "T506"
NOT_UTF8: Final = "T507"
MISSING_ID: Final = "T508"
BAD_ID: Final = "T509"
BAD_VALUE: Final = "T510"
MISSING_VALUE: Final = "T511"
BAD_NAME: Final = "T512"

_AGAIN = "then run the same file again: rows that were sent before are harmless when sent twice."

REASONS: Final[dict[str, Explanation]] = {
    FIELD_COUNT: Explanation(
        "The row has more or fewer fields than the header",
        "A delimiter inside a value that is not quoted, a missing field, or a line broken in two.",
        f"Quote values that hold the delimiter, mend the line, {_AGAIN}",
    ),
    BAD_QUOTES: Explanation(
        "The quotes of the row are wrong",
        "A quote is opened and never closed, or a quote inside a quoted value is not doubled.",
        f'Write a quote inside a quoted value as "", mend the line, {_AGAIN} Reading goes on at the next line.',
    ),
    BAD_JSON: Explanation(
        "The line is not JSON",
        "The line is cut short, holds several values, or uses what JSON lacks (NaN, single quotes, comments).",
        f"Write one JSON object a line, {_AGAIN}",
    ),
    NOT_AN_OBJECT: Explanation(
        "The line is JSON, but not an object",
        'Each line of a JSON Lines file has to be an object like {"id": "1"}; this one is a list or a plain value.',
        f"Write one JSON object a line, {_AGAIN}",
    ),
    TOO_LARGE: Explanation(
        "The row is too large",
        "The row is larger than the limit on rows, which also guards against a quote that is never closed.",
        f"Shorten the row or raise the limit, {_AGAIN}",
    ),
    NUL_CHARACTER: Explanation(
        "The row holds a NUL character",
        "The file was damaged, or was not written as UTF-8 text.",
        f"Remove the NUL characters (`tr -d '\\000'`), {_AGAIN}",
    ),
    NOT_UTF8: Explanation(
        "The row is not UTF-8",
        "The file, or this row of it, was written in another encoding, such as Windows-1252 or Latin-1.",
        f"Convert it (`iconv -f WINDOWS-1252 -t UTF-8`), {_AGAIN}",
    ),
    MISSING_ID: Explanation(
        "The row has no profile id",
        "The id column is empty or null in this row.",
        f"Fill in the id, or leave the row out of the file, {_AGAIN}",
    ),
    BAD_ID: Explanation(
        "An id in the row cannot be used",
        "Ids are text or whole numbers, at most 1,000 characters with their prefix; audience ids are whole numbers "
        "from 1 on, as the Campaign Manager shows them, never names.",
        f"Correct the id at its source, {_AGAIN}",
    ),
    BAD_VALUE: Explanation(
        "A value does not have the type the mapping asks for",
        "The value cannot be read as the number, integer, boolean or time that the mapping says it is.",
        f"Correct the value, or change the column's type in the mapping, {_AGAIN}",
    ),
    MISSING_VALUE: Explanation(
        "A value that every row needs is missing",
        "The column of an audience, an action, an event's type or an event's id is empty or null in this row.",
        f"Fill in the value, or leave the row out of the file, {_AGAIN}",
    ),
    BAD_NAME: Explanation(
        "A key of the row cannot be an attribute's name",
        "Without a mapping every key becomes the attribute of the same name; attribute names are letters, digits and "
        "underscores, and start with a letter.",
        f"Map the key to an attribute (--map Attribute=key), {_AGAIN}",
    ),
}
