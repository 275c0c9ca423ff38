"""What mParticle tells, as records of a Sailthru deployment. (Contract: sailthru, section 5.)

The one way in is ``to_sailthru(told, options, now_ms, *, where="", as_bulk=False) -> Translated``:

- ``told`` is a :class:`~producers.mparticle.normal.Batch`, ``MembershipChange`` or ``Subscription``;
- ``options`` a :class:`SailthruOptions`, all with defaults; ``sailthru_options(connection, deployment)`` reads them
  from the settings;
- ``now_ms`` the time of arrival (UTC milliseconds), against which "older than 14 days" is held;
- ``where`` its place in the message, for what is refused (``user_profiles[3].audiences[0]``);
- ``as_bulk`` says that a change of an audience is to travel as bulk.

It is pure, and never raises for anything that the normal form may hold.
"""

from producers.mparticle.sailthru.notes import NOTES
from producers.mparticle.sailthru.options import SailthruOptions, sailthru_options
from producers.mparticle.sailthru.reasons import REASONS
from producers.mparticle.sailthru.translation import to_sailthru

__all__ = ["NOTES", "REASONS", "SailthruOptions", "sailthru_options", "to_sailthru"]
