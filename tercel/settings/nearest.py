"""The nearest known name to one that is not known, for the sentence that refuses it."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

CLOSENESS = 0.6  # share of equal characters from which on a name is worth suggesting


def suggestion(name: str, known: Collection[str]) -> str:
    """Return the end of a sentence: ``"; did you mean X?"``, or a full stop where nothing is near."""
    near = get_close_matches(name, known, n=1, cutoff=CLOSENESS)
    return f"; did you mean {near[0]}?" if near else "."


def nearest_setting(path: tuple[str, ...], known: Collection[str]) -> str:
    """Return the same end for a dotted name: the same setting in another group, or one spelled alike in this one."""
    elsewhere = [name for name in known if name.split(".")[-1] == path[-1]]
    if elsewhere:
        return f"; did you mean {' or '.join(elsewhere)}?"
    group = "".join(f"{part}." for part in path[:-1])
    beside = {name.removeprefix(group).split(".")[0] for name in known if name.startswith(group)}
    # Compared without the group: a long one before both makes any two names look near.
    near = get_close_matches(path[-1], sorted(beside), n=1, cutoff=CLOSENESS)
    return f"; did you mean {group}{near[0]}?" if near else "."
