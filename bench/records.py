"""The records that are measured with: profiles of four short attributes, as the issue's limits are stated for.

Both applications get the same ids and attributes, so that what they carry differs in nothing but the way.
"""

from __future__ import annotations

from typing import Final

COUNTRIES: Final = ("GB", "DE", "FR", "US", "NL", "ES", "IT", "PL")


def profile_id(number: int) -> str:
    """Return the id of made profile ``number``."""
    return f"customer-{number:08d}"


def attributes(number: int) -> dict[str, str | int | float]:
    """Return four short attributes: name, address, country, money spent."""
    return {
        "Name": f"Customer {number}",
        "Email": f"{number:08d}@shop.example",
        "Country": COUNTRIES[number % len(COUNTRIES)],
        "Spend": number % 100_000 / 100,
    }


def profile_number(made_id: str) -> int:
    """Return the number that :func:`profile_id` made an id of."""
    return int(made_id.removeprefix("customer-"))
