"""Where settings come from: a TOML file, environment variables, the caller. Each value's place is remembered."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tercel.settings.declared import NAMED, OTHER_PREFIXES, OTHER_VARIABLES, PREFIX, Declared, find
from tercel.settings.nearest import suggestion

# What Kubernetes puts into every container for a service whose name begins with "tercel".
_KUBERNETES = re.compile(r"TERCEL_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")

# Two ways to say one thing: a stronger source that uses one of them overrides the other in a weaker source.
_SECRETS = ("key", "token", "secret")
_ALTERNATIVES = {
    **{name: f"{name}_file" for name in _SECRETS},
    **{f"{name}_file": name for name in _SECRETS},
}

Path_ = tuple[str, ...]
Catalogue = Mapping[Path_, Declared]


@dataclass(slots=True)
class Source:
    """Values by path, the place each of them came from (for error messages), and what could not be understood."""

    values: dict[Path_, Any] = field(default_factory=dict)
    places: dict[Path_, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def give(self, path: Path_, value: Any, place: str) -> None:
        """Note one value."""
        self.values[path] = value
        self.places[path] = place


def read_file(path: Path, catalogue: Catalogue) -> Source:
    """Read a TOML file. Relative paths in it are meant relative to its folder."""
    source = Source()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        source.problems.append(f"The settings file {path} cannot be read: {error.strerror}.")
        return source
    except UnicodeDecodeError:
        source.problems.append(f"{path} is not UTF-8 text, which TOML must be.")
        return source
    except tomllib.TOMLDecodeError as error:
        source.problems.append(f"{path} is not valid TOML: {error}.")
        return source
    for name, value in _leaves(tables):
        setting = find(name, catalogue)
        is_path = setting is not None and setting.is_path
        source.give(name, _beside(path, value) if is_path else value, f"{path}: {'.'.join(name)}")
    return source


def read_variables(environ: Mapping[str, str], catalogue: Catalogue) -> Source:
    """Read ``TERCEL_*`` variables. Empty ones count as not given, because compose files cannot leave one away.

    A secret may come from a file named by ``<VARIABLE>_FILE``.
    """
    source = Source()
    for variable in sorted(environ):
        text = environ[variable]
        if not variable.startswith(PREFIX) or not text:
            continue
        path = path_of(variable)
        if find(path, catalogue) is not None:
            if path in source.values:  # by its _FILE variable, or by another spelling of the deployment's name
                source.problems.append(f"{variable} and {source.places[path]} say the same thing; keep one of them.")
            source.give(path, text, variable)
        elif (named := _file_variant(path, catalogue)) is not None:
            _give_from_file(source, named, variable, text)
        elif not _is_foreign(variable, text):
            source.problems.append(f"{variable} is not a setting{suggestion(variable, _variables(path, catalogue))}")
    return source


def given(overrides: Mapping[str, Any]) -> Source:
    """Take values from the caller: keyword arguments, groups as mappings."""
    source = Source()
    for path, value in _leaves(overrides):
        source.give(path, value, ".".join(path))
    return source


def merge(weaker: Source, stronger: Source) -> Source:
    """Lay one source over another."""
    known = {path[:2] for path in weaker.values if path[0] in NAMED and len(path) > 2}
    merged = Source(dict(weaker.values), dict(weaker.places), [*weaker.problems, *stronger.problems])
    for path, value in stronger.values.items():
        target = _as_written(path, known)
        other = (*target[:-1], _ALTERNATIVES.get(target[-1], ""))
        if target[0] in NAMED and (*path[:-1], other[-1]) not in stronger.values:
            merged.values.pop(other, None)
        merged.give(target, value, stronger.places[path])
    return merged


def nested(values: Mapping[Path_, Any]) -> dict[str, Any]:
    """Return the values as nested dictionaries, the form that pydantic validates."""
    tree: dict[str, Any] = {}
    for path, value in values.items():
        node = tree
        for part in path[:-1]:
            child = node.get(part)
            if not isinstance(child, dict):
                child = node[part] = {}
            node = child
        if not (isinstance(value, dict) and isinstance(node.get(path[-1]), dict)):
            node[path[-1]] = value
    return tree


def path_of(variable: str) -> Path_:
    """Return the path that a variable names: a deployment's name may itself hold ``__``, its settings' names do not."""
    head, *rest = variable.removeprefix(PREFIX).lower().split("__", 1)
    if not rest:
        return (head,)
    if head not in NAMED or "__" not in rest[0]:
        return (head, rest[0])
    return (head, *rest[0].rsplit("__", 1))


def _beside(file: Path, value: Any) -> Any:
    """Return a relative path, or a list of them, as in the folder of ``file``; what is none unchanged, for pydantic."""
    if isinstance(value, list):
        return [_beside(file, one) for one in value]
    if not isinstance(value, str) or not value.strip() or value.startswith("~"):
        return value
    return file.parent / value


def _leaves(tables: Mapping[str, Any], path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Yield path and value of everything that is not a table, and of empty tables."""
    for name, value in tables.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _file_variant(path: Path_, catalogue: Catalogue) -> Path_ | None:
    """Return the path of the secret that ``<VARIABLE>_FILE`` is about."""
    named = (*path[:-1], path[-1].removesuffix("_file"))
    setting = find(named, catalogue) if named != path else None
    return named if setting is not None and setting.is_secret else None


def _give_from_file(source: Source, path: Path_, variable: str, file: str) -> None:
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        source.problems.append(f"{variable} names {file}, which cannot be read: {error.strerror}.")
        return
    except UnicodeDecodeError:
        source.problems.append(f"{variable} names {file}, which is not a text file.")
        return
    if not text:
        source.problems.append(f"{variable} names {file}, which is empty.")
    elif path in source.values:
        source.problems.append(f"{variable} and {source.places[path]} say the same thing; keep one of them.")
    else:
        source.give(path, text, variable)


def _is_foreign(variable: str, text: str) -> bool:
    """Whether a variable has our prefix but is not meant as a setting."""
    if variable in OTHER_VARIABLES or variable.startswith(OTHER_PREFIXES):
        return True
    by_kubernetes = _KUBERNETES.fullmatch(variable) is not None
    return by_kubernetes and ("SERVICE" in variable or "_PORT_" in variable or "://" in text)


def _variables(path: Path_, catalogue: Catalogue) -> list[str]:
    """Return every variable there is, with the deployment's name that the unknown one has."""
    name = path[1].upper() if path[0] in NAMED and len(path) > 2 else "<NAME>"
    return [setting.variable.replace("<name>", name) for setting in catalogue.values()]


def _as_written(path: Path_, known: set[Path_]) -> Path_:
    """Return the path with its name as the file spells it: a variable cannot hold a hyphen."""
    if path[0] not in NAMED or len(path) < 3 or path[:2] in known:
        return path
    spelled = [name for group, name in known if group == path[0] and name.replace("-", "_") == path[1]]
    return (path[0], spelled[0], *path[2:]) if len(spelled) == 1 else path
