"""Comparing what was staged with what was delivered: the due rows of a run, built once, in the database."""

from __future__ import annotations

from tercel.errors import StoreUnavailable
from tercel.store.syncing import statements as sql
from tercel.store.syncing.standing import Standing, comparison_json
from tercel.store.syncing.tables import Tables
from tercel.store.syncing.values import Comparison, Mode, Phase


def compare(
    tables: Tables, standing: Standing, mode: Mode, *, everything: bool, most_tries: int, staged: int
) -> Comparison:
    """Build the due rows, and only then say that the run is SENDING.

    Content that was refused ``most_tries`` times is left out (0: never). ``staged`` is how many rows this process has
    staged. Raises StoreUnavailable where the database has others.
    """
    if standing.keeps != mode.keeps:
        _start_again(tables, standing, mode)
    with tables.building():
        found = tables.rows(sql.STAGED_ROWS)[0][0]
        if found != staged:
            raise StoreUnavailable(
                f"The database has {found:,} of the {staged:,} rows that sync {standing.run} staged (it was restarted "
                "meanwhile, or another process began a run): run the sync again."
            )
        tables.prepare_comparing()
        comparison, last_put = _build(
            tables, mode, everything=everything, most_tries=0 if everything else most_tries, staged=staged
        )
    with tables.transaction():
        tables.move(
            tables.standing(locked=True),
            phase=Phase.SENDING,
            mode=mode,
            keeps=mode.keeps,
            everything=everything,
            due=comparison.due,
            last_put=last_put,
            comparison=comparison_json(comparison),
        )
    return comparison


def _start_again(tables: Tables, standing: Standing, mode: Mode) -> None:
    """Forget a state that says nothing in this mode: what was removed is no member, and the other way round."""
    with tables.transaction():
        tables.run("DELETE FROM {state}")
        tables.move(standing, keeps=mode.keeps, members=0)


def _build(tables: Tables, mode: Mode, *, everything: bool, most_tries: int, staged: int) -> tuple[Comparison, int]:
    for statement in sql.FROZEN:
        tables.run(statement)
    tables.run(sql.REPEATED)
    duplicates, conflicting, conflicting_rows = map(int, tables.rows(sql.REPEATS)[0])
    tries = (most_tries,) if most_tries else ()
    wanted = _wanted(mode, everything=everything) + (sql.NOT_GIVEN_UP if most_tries else "")
    tables.run(sql.PUTS + wanted + sql.PUTS_ONCE, *tries)
    if most_tries:
        tables.run(sql.GIVEN_UP + sql.PUTS_ONCE, *tries)
    given_up = int(tables.rows(sql.GIVEN_UP_ROWS)[0][0])
    puts, added, put_again = map(int, tables.rows(sql.DUE_COUNTS, 0)[0])
    deletes, delete_again = 0, 0
    if mode.deletes_gone:
        deletes = tables.run(sql.DELETES)
        delete_again = int(tables.rows(sql.DUE_COUNTS, puts)[0][2])
    tables.run(sql.DEPARTED, 0 if mode.deletes_gone else 1)
    gone = deletes if mode.deletes_gone else tables.rows(sql.DEPARTED_KNOWN)[0][0]
    comparison = Comparison(
        source_rows=staged,
        added=added,
        changed=puts - added,
        unchanged=staged - duplicates - conflicting_rows - puts - given_up,
        gone=gone,
        duplicates=duplicates,
        conflicting=conflicting,
        conflicting_rows=conflicting_rows,
        again=put_again + delete_again,
        due=puts + deletes,
        given_up=given_up,
    )
    return comparison, puts


def _wanted(mode: Mode, *, everything: bool) -> str:
    """Return the condition for a row of the source to be due."""
    if everything:
        return sql.WANTED_ALL
    return sql.WANTED_CHANGED if mode.sends_changes else sql.WANTED_NEW
