"""A sync as it was declared: what is read, what each row becomes, and what makes it another sync.

Runs of a sync are kept in the store as runs of the kind ``RUN_KIND`` with the sync's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import orjson
from xxhash import xxh3_128_hexdigest

from producers.warehouse.compiling import assemble
from producers.warehouse.rows import Format, ReadOptions
from producers.warehouse.syncing.field_mapping import attributes_of
from producers.warehouse.syncing.file_source import FileSource
from producers.warehouse.syncing.guarding import Limits
from producers.warehouse.syncing.mapped import MappedBatch, RowMapping
from producers.warehouse.syncing.sql_source import SqlSource
from tercel.errors import SettingsError
from tercel.messages import Prepared
from tercel.records import LaneKind, Membership, Profile, Record
from tercel.settings import Settings, SyncSettings
from tercel.settings.nearest import suggestion
from tercel.store.syncing import Due, Mode

RUN_KIND: Final = "sync"
BATCH_ROWS: Final = 2_000  # rows mapped at a time: large enough to stage in bulk, a few MB at most

_NO_ATTRIBUTES: Final = b"{}"
_PROFILE_GIVEN: Final = frozenset(("profile_id", "attributes"))


class Source(Protocol):
    """Where rows come from. ``str`` of it names it to a person, without secrets."""

    def batches(self, mapping: RowMapping, rows: int) -> Iterator[MappedBatch]:
        """Read all of it, mapped, ``rows`` at a time. A result that is not whole is an error, never a short one."""


@dataclass(frozen=True)
class SyncDefinition:
    """One sync, ready to be run. Making one reads neither files nor databases.

    ``audience_id`` or ``audience_name`` is set for memberships. ``fingerprint`` (32 hex digits) changes with the
    mapping, the query and the target: rows that were sent before then count as changed (contract: warehouse sync,
    "Modes"). Files are left out of it: other files are other rows, and those are compared one by one.
    """

    name: str
    deployment: str
    kind: LaneKind
    mode: Mode
    origin: Source
    mapping: RowMapping
    limits: Limits
    only_changes: bool
    allow_empty: bool
    max_tries: int
    fingerprint: str
    settings: SyncSettings
    audience_id: int | None = None
    audience_name: str | None = None

    @property
    def source(self) -> str:
        """The source for people to read, without secrets."""
        return str(self.origin)

    @property
    def target(self) -> str:
        """What the rows become, and where: ``profiles of prod``, ``audience 42 of prod``."""
        if self.kind is LaneKind.PROFILE:
            return f"profiles of {self.deployment}"
        named = f"{self.audience_id}" if self.audience_id is not None else f"'{self.audience_name}'"
        return f"audience {named} of {self.deployment}"

    def rows(self, batch_rows: int = BATCH_ROWS) -> Iterator[MappedBatch]:
        """Read the source to its end, mapped, at most ``batch_rows`` at a time.

        Raises SettingsError, MappingError, InputError, QueryError, SourceUnavailable: a partial result never ends
        quietly.
        """
        return self.origin.batches(self.mapping, batch_rows)

    def prepared(self, due: Due) -> Prepared:
        """Return the same as :meth:`record`, as JSON, in a fifth of the time: its attributes are JSON already."""
        key = orjson.dumps(due.key).decode()
        if self.kind is LaneKind.PROFILE:
            payload = due.payload or _NO_ATTRIBUTES
            attributes = "" if payload == _NO_ATTRIBUTES else f',"attributes":{payload.decode()}'
            return Prepared(self.kind, due.key, f'{{"profile_id":{key}{attributes}}}')
        action = "delete" if due.op == "delete" else "add"
        return Prepared(self.kind, due.key, f'{{"profile_id":{key},"action":"{action}",{self.audience_json}}}')

    @cached_property
    def audience_json(self) -> str:
        """The audience of each membership, as JSON."""
        if self.audience_id is not None:
            return f'"audience_id":{self.audience_id}'
        return f'"audience_name":{orjson.dumps(self.audience_name).decode()}'

    def record(self, due: Due) -> Record:
        """Return the record that brings a due row about. Of a row that has left the source only the key is used."""
        if self.kind is LaneKind.PROFILE:
            return assemble(Profile, _profile(due.key, due.payload), _PROFILE_GIVEN)
        which = "audience_name" if self.audience_id is None else "audience_id"
        fields = {
            "profile_id": due.key,
            "person": None,
            "action": "delete" if due.op == "delete" else "add",
            "audience_id": self.audience_id,
            "audience_external_id": None,
            "audience_name": self.audience_name,
        }
        return assemble(Membership, fields, frozenset(("profile_id", "action", which)))


def load_syncs(settings: Settings) -> dict[str, SyncDefinition]:
    """Return every sync of the settings by name. Raises SettingsError, MappingError for what cannot work in one."""
    return {name: _definition(name, one) for name, one in settings.syncs.items()}


def load_sync(settings: Settings, name: str) -> SyncDefinition:
    """Return one sync, whatever is wrong with others. Raises SettingsError, MappingError."""
    found = settings.syncs.get(name)
    if found is not None:
        return _definition(name, found)
    if not settings.syncs:
        raise SettingsError(
            f"There is no sync {name!r}: none is configured yet. Add [syncs.{name}] with deployment, object, and query "
            "or files, to tercel.toml."
        )
    raise SettingsError(
        f"There is no sync {name!r}{suggestion(name, settings.syncs)} Configured: {', '.join(sorted(settings.syncs))}."
    )


def _definition(name: str, one: SyncSettings) -> SyncDefinition:
    is_profiles = one.object == "profiles"
    mapping = RowMapping(one.id, one.id_prefix, one.nulls, attributes_of(name, one.fields) if is_profiles else None)
    return SyncDefinition(
        name=name,
        deployment=one.deployment,
        kind=LaneKind.PROFILE if is_profiles else LaneKind.MEMBERSHIP,
        mode=Mode(one.mode or Mode.UPSERT),
        origin=_origin(name, one),
        mapping=mapping,
        limits=Limits(one.max_gone_share, one.max_gone or None),
        only_changes=one.only_changes,
        allow_empty=one.allow_empty,
        max_tries=one.max_tries,
        fingerprint=_fingerprint(one, mapping),
        settings=one,
        audience_id=one.audience_id,
        audience_name=one.audience_name,
    )


def _origin(name: str, one: SyncSettings) -> Source:
    if one.query is not None and one.connection is not None:
        return SqlSource(name, one.connection, one.query)
    options = ReadOptions(format=Format(one.format) if one.format else None, delimiter=one.delimiter)
    return FileSource(name, one.files, options)


def _fingerprint(one: SyncSettings, mapping: RowMapping) -> str:
    attributes = mapping.attributes
    what = {
        "target": [one.deployment, one.object, one.audience_id, one.audience_name],
        "query": (one.query or "").strip(),
        "id": [mapping.id, mapping.id_prefix],
        "nulls": mapping.nulls,
        "attributes": None
        if attributes is None
        else {name: rule.model_dump(mode="json") for name, rule in attributes.items()},
    }
    return xxh3_128_hexdigest(orjson.dumps(what, option=orjson.OPT_SORT_KEYS))


def _profile(key: str, payload: bytes | None) -> dict[str, Any]:
    return {
        "profile_id": key,
        "person": None,
        "attributes": {} if payload is None else orjson.loads(payload),
        "run_rules": False,
        "audiences_add": (),
        "audiences_delete": (),
        "identities": None,
        "skip_unknown": None,
    }
