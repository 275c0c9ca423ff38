"""mParticle's Events API: bodies as its senders post them, in normal form. (Contract: mparticle, section 4.)

``read_batch(value, arrived_ms, fresh_id) -> Read`` reads one batch; :class:`BadBatch` names the field that is wrong.
It also reads what mParticle's webhook output posts, which is the same but for a few keys. Pure.
"""

from producers.mparticle.feed.batches import Read, read_batch
from producers.mparticle.feed.fields import BadBatch
from producers.mparticle.feed.limits import MOST_BATCH_BYTES, MOST_BATCHES, MOST_REQUEST_BYTES
from producers.mparticle.feed.reasons import BAD_BATCH, REASONS, WRONG_CREDENTIALS

__all__ = [
    "BAD_BATCH",
    "MOST_BATCHES",
    "MOST_BATCH_BYTES",
    "MOST_REQUEST_BYTES",
    "REASONS",
    "WRONG_CREDENTIALS",
    "BadBatch",
    "Read",
    "read_batch",
]
