"""mParticle's normal form as records of a Sailthru deployment: one way in for all it may tell."""

from __future__ import annotations

from producers.mparticle.normal import Batch, MembershipChange, Subscription
from producers.mparticle.sailthru.audiences import changed, subscribed
from producers.mparticle.sailthru.batches import happened
from producers.mparticle.sailthru.options import SailthruOptions
from producers.mparticle.translated import Translated


def to_sailthru(
    told: Batch | MembershipChange | Subscription,
    options: SailthruOptions,
    now_ms: int,
    *,
    where: str = "",
    as_bulk: bool = False,
) -> Translated:
    """Return the records, in order, that something becomes, and what became none and why.

    ``now_ms`` is when it arrived, in UTC milliseconds: what happened more than 14 days before is left out. ``where`` is
    its place in the message, for what is refused. ``as_bulk``: a change of an audience is to travel as bulk.
    """
    match told:
        case Batch():
            return happened(told, options, now_ms, where)
        case MembershipChange():
            return changed(told, options, where, as_bulk=as_bulk)
        case Subscription():
            return subscribed(told, options, where)
