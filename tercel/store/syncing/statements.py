"""The SQL of comparing and of taking outcomes over. SQLite and PostgreSQL understand all of it.

Names in braces are tables (see ``tables.py``), ``?`` is a value. In ``state``:

- ``fingerprint`` is that of the content last delivered; NULL: nothing was ever delivered, the row only remembers that a
  try failed; empty: something was sent, and how that ended was never learnt;
- ``tries`` counts the tries that failed, or ended unknown, since the last delivery. Such a row is due again;
- ``refused`` is the fingerprint of the content that was refused last, and ``tries`` then counts how often it was; NULL:
  the last try ended otherwise.
"""

from __future__ import annotations

from typing import Final

DELIVERED: Final = 1
REJECTED: Final = 0
UNKNOWN: Final = 2

STANDING: Final = """
CREATE TABLE IF NOT EXISTS {standing} (
    name text PRIMARY KEY, id {identity}, layout integer NOT NULL, generation integer NOT NULL, run text,
    phase text NOT NULL, mode text NOT NULL, keeps text NOT NULL, everything integer NOT NULL, mapping text,
    handed bigint NOT NULL, last_put bigint NOT NULL, due bigint NOT NULL, delivered bigint NOT NULL,
    rejected bigint NOT NULL, unknown bigint NOT NULL, members bigint NOT NULL, comparison text
)
"""

STATE: Final = """
CREATE TABLE IF NOT EXISTS {state} (key {bytes} PRIMARY KEY, fingerprint {bytes}, tries integer NOT NULL,
    refused {bytes}) {keyed}
"""
WITH_REFUSED: Final = "ALTER TABLE {state} ADD COLUMN refused {bytes}"  # from layout 1 to 2
OUTCOME: Final = "CREATE TABLE IF NOT EXISTS {outcome} (seq {key_number} PRIMARY KEY, result smallint NOT NULL)"

# The tables of one run. ``known`` in ``due``: 0 not at the destination, 1 perhaps, 2 delivered before.
STAGED: Final = """
CREATE {unlogged} TABLE {staged} (n {row_number}, key {bytes} NOT NULL, fingerprint {bytes} NOT NULL, payload {bytes})
"""
FROZEN: Final = (
    "CREATE TABLE {repeated} (key {bytes} PRIMARY KEY, times bigint NOT NULL, contents bigint NOT NULL, "
    "n bigint NOT NULL) {keyed}",
    "CREATE TABLE {due} (seq {counted} PRIMARY KEY, key {bytes} NOT NULL, fingerprint {bytes}, payload {bytes}, "
    "known smallint NOT NULL, tries integer NOT NULL)",
    "CREATE TABLE {departed} (key {bytes} NOT NULL, known smallint NOT NULL)",
    "CREATE TABLE {given_up} (key {bytes} PRIMARY KEY) {keyed}",
)

REPEATED: Final = """
INSERT INTO {repeated} (key, times, contents, n)
SELECT s.key, count(*), count(DISTINCT s.fingerprint), min(s.n) FROM {staged} AS s
WHERE s.key IN (SELECT key FROM {staged} GROUP BY key HAVING count(*) > 1) GROUP BY s.key
"""
REPEATS: Final = """
SELECT coalesce(sum(CASE WHEN contents = 1 THEN times - 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN contents > 1 THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN contents > 1 THEN times ELSE 0 END), 0)
FROM {repeated}
"""
CONFLICTS: Final = "SELECT key FROM {repeated} WHERE contents > 1 AND key > ? ORDER BY key LIMIT ?"

# In the order of their keys, in which the state takes them over with the least work.
PUTS: Final = """
INSERT INTO {due} (key, fingerprint, payload, known, tries)
SELECT s.key, s.fingerprint, s.payload,
       CASE WHEN t.fingerprint IS NULL THEN 0 WHEN length(t.fingerprint) = 0 THEN 1 ELSE 2 END, coalesce(t.tries, 0)
FROM {staged} AS s {by_key} LEFT JOIN {state} AS t ON t.key = s.key
WHERE """
WANTED_ALL: Final = "1 = 1"
WANTED_NEW: Final = "(t.fingerprint IS NULL OR t.tries > 0)"
WANTED_CHANGED: Final = "(t.fingerprint IS NULL OR t.tries > 0 OR t.fingerprint <> s.fingerprint)"
NOT_GIVEN_UP: Final = " AND NOT coalesce(t.tries >= ? AND t.refused = s.fingerprint, 1 = 0)"
PUTS_ONCE: Final = """
AND NOT EXISTS (SELECT 1 FROM {repeated} AS r WHERE r.key = s.key AND (r.contents > 1 OR r.n <> s.n))
ORDER BY s.key
"""
GIVEN_UP: Final = """
INSERT INTO {given_up} (key)
SELECT s.key FROM {state} AS t JOIN {staged} AS s ON s.key = t.key
WHERE t.tries >= ? AND t.refused = s.fingerprint
"""
GIVEN_UP_ROWS: Final = "SELECT count(*) FROM {given_up}"
IS_GIVEN_UP: Final = "SELECT key FROM {given_up} WHERE key IN ({marks})"
DELETES: Final = """
INSERT INTO {due} (key, known, tries)
SELECT t.key, 2, t.tries FROM {state} AS t
WHERE t.fingerprint IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {staged} AS s WHERE s.key = t.key)
ORDER BY t.key
"""
DEPARTED: Final = """
INSERT INTO {departed} (key, known)
SELECT t.key, CASE WHEN t.fingerprint IS NULL THEN 0 ELSE 1 END FROM {state} AS t
WHERE (? = 1 OR t.fingerprint IS NULL) AND NOT EXISTS (SELECT 1 FROM {staged} AS s WHERE s.key = t.key)
"""
DEPARTED_KNOWN: Final = "SELECT count(*) FROM {departed} WHERE known = 1"
STAGED_ROWS: Final = "SELECT count(*) FROM {staged}"
DUE_COUNTS: Final = """
SELECT coalesce(max(seq), 0), coalesce(sum(CASE WHEN known < 2 THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN tries > 0 THEN 1 ELSE 0 END), 0)
FROM {due} WHERE seq > ?
"""

DUE: Final = """
SELECT d.seq, d.key, d.payload FROM {due} AS d
WHERE d.seq > ? AND NOT EXISTS (SELECT 1 FROM {outcome} AS o WHERE o.seq = d.seq)
ORDER BY d.seq LIMIT ?
"""
DOUBT: Final = """
INSERT INTO {outcome} (seq, result)
SELECT d.seq, ? FROM {due} AS d
WHERE d.seq <= ? AND NOT EXISTS (SELECT 1 FROM {outcome} AS o WHERE o.seq = d.seq)
"""
NEW_MEMBERS: Final = """
SELECT count(*) FROM {due} AS d JOIN {outcome} AS o ON o.seq = d.seq
WHERE o.result = ? AND d.known = 0 AND d.seq <= ?
"""
LOST_MEMBERS: Final = "SELECT count(*) FROM {outcome} WHERE result = ? AND seq > ?"

# Taking outcomes over into the state. ``tries`` of what was delivered starts again.
TAKE_PUTS: Final = """
INSERT INTO {state} AS t (key, fingerprint, tries)
SELECT d.key, d.fingerprint, 0 FROM {due} AS d JOIN {outcome} AS o ON o.seq = d.seq
WHERE o.result = ? AND d.seq <= ? ORDER BY d.seq
ON CONFLICT (key) DO UPDATE SET fingerprint = excluded.fingerprint, tries = 0, refused = NULL
"""
TAKE_DELETES: Final = """
DELETE FROM {state} WHERE key IN (
    SELECT d.key FROM {due} AS d JOIN {outcome} AS o ON o.seq = d.seq WHERE o.result = ? AND d.seq > ?
)
"""
TAKE_REJECTED: Final = """
INSERT INTO {state} AS t (key, fingerprint, tries, refused)
SELECT d.key, NULL, 1, d.fingerprint FROM {due} AS d JOIN {outcome} AS o ON o.seq = d.seq
WHERE o.result = ? ORDER BY d.seq
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN t.refused = excluded.refused THEN t.tries + 1 ELSE 1 END, refused = excluded.refused
"""
TAKE_UNKNOWN: Final = """
INSERT INTO {state} AS t (key, fingerprint, tries)
SELECT d.key, ?, 1 FROM {due} AS d JOIN {outcome} AS o ON o.seq = d.seq
WHERE o.result = ? ORDER BY d.seq
ON CONFLICT (key) DO UPDATE SET fingerprint = coalesce(t.fingerprint, excluded.fingerprint), tries = t.tries + 1,
    refused = NULL
"""
TAKE_STALE: Final = """
UPDATE {state} SET tries = 1 WHERE tries = 0 AND key IN (
    SELECT d.key FROM {due} AS d WHERE NOT EXISTS (SELECT 1 FROM {outcome} AS o WHERE o.seq = d.seq)
)
"""
TAKE_DEPARTED: Final = "DELETE FROM {state} WHERE key IN (SELECT key FROM {departed})"
COUNT_MEMBERS: Final = "SELECT count(*) FROM {state} WHERE fingerprint IS NOT NULL"
