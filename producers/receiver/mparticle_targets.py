"""What becomes of mParticle's normal form, by the destination that a connection sends to."""

from __future__ import annotations

from typing import Protocol

from producers.mparticle.normal import Batch, MembershipChange, Subscription
from producers.mparticle.sailthru import sailthru_options, to_sailthru
from producers.mparticle.settings import AccountSettings
from producers.mparticle.talon_one import TalonOneOptions, to_talon_one
from producers.mparticle.translated import Translated
from tercel.settings import Deployment
from tercel.settings.mparticle import MParticleSettings

NO_ACCOUNT = AccountSettings()


class Translate(Protocol):
    """Makes records of what mParticle tells; ``where`` is its place in the message."""

    def __call__(
        self, told: Batch | MembershipChange | Subscription, *, where: str = "", as_bulk: bool = False
    ) -> Translated:
        """Return the records. ``as_bulk``: those that change an audience are to travel as bulk."""
        ...


def to_talon_one_for(settings: MParticleSettings, account: AccountSettings = NO_ACCOUNT) -> Translate:
    """Return the translation for Talon.One; what the account settings do not say, the connection's do."""
    options = TalonOneOptions(
        user_id=account.user_id or settings.user_id,
        run_rules=settings.run_rules if account.run_rules is None else account.run_rules,
        user_attributes=settings.user_attributes,
        mpid_attribute=settings.mpid_attribute,
        skip_unknown=settings.skip_unknown_attributes,
        remove_audiences=settings.remove_audiences,
        attribute_names=settings.attribute_names or {},
        event_names=settings.event_names or {},
    )

    def translate(
        told: Batch | MembershipChange | Subscription, *, where: str = "", as_bulk: bool = False
    ) -> Translated:
        return to_talon_one(told, options, where=where, as_bulk=as_bulk)

    return translate


def to_sailthru_for(settings: MParticleSettings, deployment: Deployment, *, now_ms: int) -> Translate:
    """Return the translation for a Sailthru deployment."""
    options = sailthru_options(settings, deployment)

    def translate(
        told: Batch | MembershipChange | Subscription, *, where: str = "", as_bulk: bool = False
    ) -> Translated:
        return to_sailthru(told, options, now_ms, where=where, as_bulk=as_bulk)

    return translate
