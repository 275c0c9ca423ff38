"""From a redis-py exception to the sentence its reader needs: what happened, where, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tercel.errors import RedisUnavailable

# Checked in this order: by type, then by how the server's answer begins.
_BY_TYPE: tuple[tuple[type[Exception], str], ...] = (
    (redis.exceptions.BusyLoadingError, "is loading its data after a start: try again in a moment"),
    (redis.exceptions.AuthenticationError, "refuses the user or password: check those in the Redis URL"),
    (redis.exceptions.AuthorizationError, "does not allow this user what Tercel needs: check its ACL"),
    (redis.exceptions.NoPermissionError, "does not allow this user what Tercel needs: check its ACL"),
    (
        redis.exceptions.ReadOnlyError,
        "is a read-only replica: point the Redis URL at the master (with Sentinel: sentinel://.../SERVICE)",
    ),
    (
        redis.exceptions.OutOfMemoryError,
        "is out of memory (maxmemory reached) and refuses writes: give it more, nothing that was accepted is lost",
    ),
    (redis.exceptions.ClusterError, "is a Redis Cluster, or part of one: Tercel needs a single Redis, or Sentinel"),
    (redis.exceptions.MovedError, "is a Redis Cluster: Tercel needs a single Redis, or Sentinel"),
    (
        redis.sentinel.MasterNotFoundError,
        "has no master now, say the sentinels: check the service's name, or wait for the failover",
    ),
    (redis.exceptions.MaxConnectionsError, "has all of this process's connections in use: it needs more of them"),
    (redis.TimeoutError, "did not answer in time: it is overloaded, hung, or the network drops packets"),
)
_BY_ANSWER = (
    ("NOAUTH", "asks for a password: put it into the Redis URL"),
    ("WRONGPASS", "refuses the user or password: check those in the Redis URL"),
    ("NOPERM", "does not allow this user what Tercel needs: check its ACL"),
    ("MISCONF", "cannot write to its disk and refuses writes: see its log"),
    ("OOM", "is out of memory (maxmemory reached) and refuses writes: give it more, nothing that was accepted is lost"),
    ("BUSY", "is held by a script that does not end: see SCRIPT KILL in the Redis manual"),
    ("MASTERDOWN", "is a replica that has lost its master: point the Redis URL at the master"),
    ("NOREPLICAS", "has too few replicas to accept writes (min-replicas-to-write)"),
    ("max number of clients", "has no free connection (maxclients reached): raise it"),
    ("DB index is out of range", "has no database of that number: check the Redis URL"),
)
_EMBEDDED = "does not run: start it with `tercel up`"
_UNREACHABLE = "cannot be reached: check that it runs and that TERCEL_REDIS_URL is right"


def unavailable(error: Exception, place: str) -> RedisUnavailable:
    """Return the ``RedisUnavailable`` for a redis-py (or OS) error. ``place`` is what :func:`where` returned."""
    for kind, what in _BY_TYPE:
        if isinstance(error, kind):
            return RedisUnavailable(f"{_capital(place)} {what}.")
    answer = str(error)
    for sign, what in _BY_ANSWER:
        if sign in answer:
            return RedisUnavailable(f"{_capital(place)} {what}.")
    if isinstance(error, (redis.ConnectionError, OSError)):
        what = _EMBEDDED if place.startswith("the embedded") else _UNREACHABLE
        return RedisUnavailable(f"{_capital(place)} {what} ({_cause(error)}).")
    return RedisUnavailable(f"{_capital(place)} refuses a command ({type(error).__name__}).")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn the errors of redis-py inside the block that mean "Redis is not there for us" into ``RedisUnavailable``.

    Errors that mean a mistake of ours (a wrong type, a script that fails) pass unchanged.
    """
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
        raise unavailable(error, place) from error
    except redis.RedisError as error:
        if not _server_refuses(error):
            raise
        raise unavailable(error, place) from error


def _server_refuses(error: redis.RedisError) -> bool:
    if isinstance(error, tuple(kind for kind, _ in _BY_TYPE)):
        return True
    return str(error).startswith(tuple(sign for sign, _ in _BY_ANSWER))


def _cause(error: BaseException) -> str:
    """The innermost cause in plain words: ``Connection refused``, ``Name or service not known``.

    Only an ``OSError``'s own words: redis-py's message repeats the server's answer, which may repeat what was sent.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror
        seen = seen.__cause__ or seen.__context__
    return "the connection broke"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
