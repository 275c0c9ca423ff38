"""Database URLs: which ones are understood, and how one is named in a message without its password."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from tercel.errors import SettingsError

SQLITE = "sqlite:///"
POSTGRESQL_DRIVER = "postgresql+psycopg"
_POSTGRESQL_SCHEMES = ("postgresql", "postgres", POSTGRESQL_DRIVER)


def parse_url(text: str) -> URL:
    """Return the URL that SQLAlchemy gets: PostgreSQL always through psycopg 3, SQLite always a file.

    Raises SettingsError, which never repeats the URL: it may hold a password.
    """
    scheme = text.partition("://")[0]
    if text.startswith(SQLITE):
        # Everything after the scheme is the path, whatever characters it has.
        path = text.removeprefix(SQLITE)
        if not path or path == ":memory:":
            raise SettingsError("database_url: the store needs a file, e.g. sqlite:////var/lib/tercel/tercel.db.")
        return URL.create("sqlite", database=path)
    if scheme not in _POSTGRESQL_SCHEMES:
        raise SettingsError(
            "database_url must begin with postgresql:// or sqlite:///; e.g. postgresql://user:password@host/tercel."
        )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "database_url cannot be read as postgresql://user:password@host:port/database; "
            "percent-encode special characters in the password."
        ) from None
    return url.set(drivername=POSTGRESQL_DRIVER)


def described(url: URL) -> str:
    """Name the database for a message: no user, no password, no options (which may hold one too)."""
    if url.get_backend_name() == "sqlite":
        return f"the SQLite file {url.database}"
    port = f":{url.port}" if url.port else ""
    return f"PostgreSQL at {url.host or 'the local socket'}{port}, database {url.database or '(default)'}"
