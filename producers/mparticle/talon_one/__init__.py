"""What mParticle tells, as records of a Talon.One deployment. (Contracts: mparticle, 5 and 6; third-party API, 7.)

The one way in is ``to_talon_one(told, options, *, as_bulk=False) -> Translated``:

- ``told`` is a :class:`~producers.mparticle.normal.Batch`, ``MembershipChange`` or ``Subscription``;
- ``options`` a :class:`TalonOneOptions`, all with defaults;
- ``as_bulk`` says that changes of an audience are to travel as bulk (see :mod:`translation`).

It is pure, and never raises for anything that the normal form may hold.
"""

from producers.mparticle.talon_one.notes import NOTES
from producers.mparticle.talon_one.options import TalonOneOptions
from producers.mparticle.talon_one.translation import to_talon_one

__all__ = ["NOTES", "TalonOneOptions", "to_talon_one"]
