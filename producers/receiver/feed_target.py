"""What a feed's batches become, by what its deployment is at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from producers.intake import Taken
from producers.mparticle.feed import Read
from producers.mparticle.normal import Batch
from producers.mparticle.sailthru import sailthru_options, to_sailthru
from producers.mparticle.translated import Translated
from producers.receiver.mparticle_targets import to_talon_one_for
from tercel.settings import Deployment
from tercel.settings.mparticle import MParticleSettings

Translation = Callable[[Batch, int], Translated]  # of a batch, and when it arrived (UTC milliseconds)


class FeedTarget:
    """The deployment of one feed, and the translation for it."""

    def __init__(self, deployment: str, translate: Translation) -> None:
        self.deployment = deployment
        self._translate = translate

    def take(self, read: Read, arrived_ms: int) -> Taken:
        """Return what a batch becomes. A batch of which nothing is wanted counts as one part that was filtered."""
        made = self._translate(read.batch, arrived_ms)
        nothing = not (made.records or made.refused or made.filtered)
        words = tuple(note.word for note in (*read.notes, *made.notes))
        return Taken(self.deployment, made.records, made.refused, made.filtered or int(nothing), words)


def feed_target(feed: MParticleSettings, name: str, deployment: Deployment) -> FeedTarget:
    """Return what becomes of the batches of a feed whose deployment has this name and these settings."""
    return FeedTarget(name, _TRANSLATIONS[deployment.destination](feed, deployment))


def _for_talon_one(feed: MParticleSettings, deployment: Deployment) -> Translation:
    translate = to_talon_one_for(feed)
    return lambda batch, arrived_ms: translate(batch)


def _for_sailthru(feed: MParticleSettings, deployment: Deployment) -> Translation:
    options = sailthru_options(feed, deployment)
    return lambda batch, arrived_ms: to_sailthru(batch, options, arrived_ms)


_TRANSLATIONS: Final[dict[str, Callable[[MParticleSettings, Deployment], Translation]]] = {
    "talon_one": _for_talon_one,
    "sailthru": _for_sailthru,
}
