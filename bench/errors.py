"""What can go wrong with a measurement, as one sentence for the person who asked for it."""

from __future__ import annotations

from tercel.errors import TercelError


class BenchError(TercelError):
    """A measurement could not be made, or what came out of it cannot be true."""

    code = "T902"
