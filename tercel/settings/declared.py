"""What settings there are: one list, read from the models, for everything that needs their names or meanings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

PREFIX = "TERCEL_"
NAME = "<name>"  # stands for the name of a deployment, sender, Segment destination, connection or sync in a path
NAMED = (
    "deployments",
    "senders",
    "segment",
    "mparticle",
    "syncs",
)  # groups of which there are several, each by its name

# Variables that begin with the prefix and are no settings.
OTHER_VARIABLES: Mapping[str, str] = {
    "TERCEL_CONFIG": "Path of the settings file, where it is not `tercel.toml` in the working directory.",
    "TERCEL_REDIS_SERVER": "Path of the Redis or Valkey server that the embedded Redis starts.",
}
OTHER_PREFIXES = ("TERCEL_TEST_", "TERCEL_BENCH_")


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting. ``path`` is e.g. ``("worker", "threads")`` or ``("deployments", "<name>", "rate")``."""

    path: tuple[str, ...]
    description: str
    unit: str
    default: Any
    required: bool
    annotation: Any

    @property
    def name(self) -> str:
        """The dotted name, as in the file."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """The environment variable."""
        return variable_of(self.path)

    @property
    def is_secret(self) -> bool:
        """Whether the value must never be shown, and may come from a ``*_FILE`` variable."""
        return SecretStr in _types_in(self.annotation)

    @property
    def is_path(self) -> bool:
        """Whether the value is a path, which in a file is meant relative to that file's folder."""
        return Path in _types_in(self.annotation)


def variable_of(path: tuple[str, ...]) -> str:
    """Return the variable of a setting: ``TERCEL_WORKER__THREADS``. A hyphen in a name becomes ``_``."""
    return PREFIX + "__".join(part if part == NAME else part.upper().replace("-", "_") for part in path)


def declared_in(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Declared]:
    """Yield every setting of ``model`` and of the groups below it, in the order of declaration."""
    for name, field in model.model_fields.items():
        group = _group_of(field)
        if group is None:
            yield _declared(field, (*path, name))
        else:
            yield from declared_in(group[0], (*path, name, *group[1]))


def find(path: tuple[str, ...], declared: Mapping[tuple[str, ...], Declared]) -> Declared | None:
    """Return the setting at a path in which a deployment, or whatever has a name, has its real one."""
    if len(path) == 3 and path[0] in NAMED:
        path = (path[0], NAME, path[2])
    return declared.get(path)


def _declared(field: FieldInfo, path: tuple[str, ...]) -> Declared:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return Declared(
        path=path,
        description=field.description or "",
        unit=str(extra.get("unit", "")),
        default=None if field.is_required() else field.get_default(call_default_factory=False),
        required=field.is_required(),
        annotation=field.annotation,
    )


def _group_of(field: FieldInfo) -> tuple[type[BaseModel], tuple[str, ...]] | None:
    """Return the group a field holds, and the placeholder for its name where it holds several by name."""
    annotation = field.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ()
    if get_origin(annotation) is dict:
        return get_args(annotation)[1], (NAME,)
    return None


def _types_in(annotation: Any) -> set[Any]:
    if get_origin(annotation) is Annotated:
        return _types_in(get_args(annotation)[0])
    return {annotation}.union(*(_types_in(part) for part in get_args(annotation)))
