"""Taking the outcomes of a run over into the state, in one transaction, when the run is over or was given up.

Until then outcomes only lie beside the due rows. That keeps confirming cheap (one small row each, in order), and this
one pass goes through the state in the order of its keys.
"""

from __future__ import annotations

from tercel.store.syncing import statements as sql
from tercel.store.syncing.standing import BLANK, Standing
from tercel.store.syncing.tables import Tables
from tercel.store.syncing.values import Phase


def doubt(tables: Tables, standing: Standing, upto: int) -> int:
    """Give the due rows up to a number, as far as they have no outcome, the outcome UNKNOWN; return how many."""
    found = tables.run(sql.DOUBT, sql.UNKNOWN, upto) if standing.outcomes.pending else 0
    tables.move(standing, unknown=standing.unknown + found, handed=min(standing.handed, upto))
    return found


def close(tables: Tables) -> None:
    """End the run that is SENDING. What it may have sent without learning how that ended is due again, as unknown.

    Keys that left the source without being deleted are forgotten, so that they count as new when they come back; but
    not by a run that was given up before its end.
    """
    with tables.transaction():
        standing = tables.standing(locked=True)
        if standing.phase is not Phase.SENDING:
            return
        doubt(tables, standing, standing.handed)
        standing = tables.standing()
        tables.prepare_closing()
        _take_over(tables, standing)
        members = tables.rows(sql.COUNT_MEMBERS)[0][0]
        tables.move(standing, phase=Phase.IDLE, members=members, **BLANK)


def _take_over(tables: Tables, standing: Standing) -> None:
    if standing.delivered:
        tables.run(sql.TAKE_PUTS, sql.DELIVERED, standing.last_put)
        if standing.due > standing.last_put:
            tables.run(sql.TAKE_DELETES, sql.DELIVERED, standing.last_put)
    if standing.rejected:
        tables.run(sql.TAKE_REJECTED, sql.REJECTED)
    if standing.unknown:
        tables.run(sql.TAKE_UNKNOWN, b"", sql.UNKNOWN)
    if not standing.outcomes.pending:
        tables.run(sql.TAKE_DEPARTED)
    elif standing.everything:
        tables.run(sql.TAKE_STALE)  # the rest of a full run stays due, though its content may be the same
