"""Every stable code there is, put together from those who own them."""

from __future__ import annotations

from producers.mparticle.feed import REASONS as MPARTICLE_FEED
from producers.mparticle.reasons import REASONS as MPARTICLE
from producers.mparticle.sailthru import REASONS as MPARTICLE_SAILTHRU
from producers.receiver.reasons import REASONS as RECEIVER
from producers.segment.actions.refusals import REASONS as SEGMENT_ACTIONS
from producers.segment.mapping import REASONS as SEGMENT_MAPPING
from producers.segment.reasons_classic import REASONS as SEGMENT
from producers.third_party import REASONS as THIRD_PARTY
from producers.warehouse import REASONS as WAREHOUSE
from producers.warehouse.syncing.run_reasons import REASONS as SYNC_RUNS
from tercel.errors import UsageError
from tercel.explain import CATALOGUE, Explanation
from tercel.settings.nearest import suggestion
from workers.destinations.sailthru import REASONS as SAILTHRU
from workers.destinations.talon_one.reasons import REASONS as TALON_ONE

_OWNERS = (
    TALON_ONE,
    SAILTHRU,
    WAREHOUSE,
    SYNC_RUNS,
    THIRD_PARTY,
    SEGMENT_MAPPING,
    SEGMENT_ACTIONS,
    SEGMENT,
    MPARTICLE,
    MPARTICLE_FEED,
    MPARTICLE_SAILTHRU,
    RECEIVER,
)


def catalogue() -> dict[str, Explanation]:
    """Return every code with its meaning, in order."""
    found = dict(CATALOGUE)
    for reasons in _OWNERS:
        for code, (title, cause, cure) in reasons.items():
            found[code] = Explanation(title, cause, cure)
    return dict(sorted(found.items()))


def explanation(code: str) -> Explanation:
    """Return what a code means; case does not matter. Raises UsageError for one that does not exist."""
    known = catalogue()
    wanted = code.strip().upper()
    if wanted not in known:
        raise UsageError(f"There is no code {code!r}{suggestion(wanted, known)} `tercel explain` lists them all.")
    return known[wanted]


def cure_of(code: str) -> str:
    """Return what to do about a code; empty for one that is not known."""
    found = catalogue().get(code)
    return "" if found is None else found.cure
