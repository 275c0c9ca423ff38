"""How a key is kept: as bytes, which compare alike on every database, and which an index can hold."""

from __future__ import annotations

from typing import Final

MOST_PLAIN_BYTES: Final = 2_500  # PostgreSQL's B-trees take entries of up to 2,704 bytes, their headers included
_PACKED: Final = b"\xff"  # begins no UTF-8
_CHARACTERS: Final = 0x110000  # of Unicode


def key_bytes(key: str) -> bytes:
    """Return a key's UTF-8. A thousand characters, the most an id has, may take more than an index holds: packed then.

    Packed, a thousand of any characters take 2,513 bytes.
    """
    try:
        plain = key.encode()
    except UnicodeEncodeError:
        plain = key.encode("utf-8", "surrogatepass")
    return plain if len(plain) <= MOST_PLAIN_BYTES else _packed(key)


def key_text(stored: bytes) -> str:
    """Return the key that was kept so."""
    return _unpacked(stored) if stored.startswith(_PACKED) else stored.decode("utf-8", "surrogatepass")


def _packed(key: str) -> bytes:
    number = 1  # in front, so that leading NULs are not lost
    for character in key:
        number = number * _CHARACTERS + ord(character)
    return _PACKED + number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unpacked(stored: bytes) -> str:
    number, characters = int.from_bytes(stored[1:], "big"), []
    while number > 1:
        number, character = divmod(number, _CHARACTERS)
        characters.append(chr(character))
    return "".join(reversed(characters))
