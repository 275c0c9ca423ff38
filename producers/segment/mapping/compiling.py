"""A mapping compiled into functions, one a value. Each takes the payload and returns the value, or UNDEFINED.

Nothing is checked here: :mod:`producers.segment.mapping.checking` has been before. Only within raw lists, which it
does not enter, a directive may be wrong, and then fails when it is resolved, as it does at Segment.
"""

from __future__ import annotations

from typing import Any, Final

from producers.segment.mapping import directives
from producers.segment.mapping.directives import Build, failing
from producers.segment.mapping.javascript import UNDEFINED
from producers.segment.mapping.paths import Resolve
from producers.segment.mapping.shape import ROOT_KEY, directives_in, is_directive, step

_BUILDERS: Final[dict[str, directives.Builder]] = {
    "@path": directives.path,
    "@template": directives.template,
    "@literal": directives.literal,
    "@if": directives.condition,
    "@case": directives.case,
    "@replace": directives.replace,
    "@arrayPath": directives.array_path,
    "@merge": directives.merge,
    "@flatten": directives.flatten,
    "@json": directives.json_mode,
    "@liquid": directives.liquid,
    "@excludeWhenNull": directives.exclude_when_null,
}


def build_root(mapping: dict[str, Any], path: str) -> Resolve:
    """Compile a whole mapping; under the root key lies one directive whose ``mapping`` becomes all other keys."""
    if ROOT_KEY not in mapping:
        return build(mapping, path)
    others = {key: value for key, value in mapping.items() if key != ROOT_KEY}
    (name, options), *_ = mapping[ROOT_KEY].items()
    return build({name: {**options, "mapping": others}}, step(path, ROOT_KEY))


def build(value: Any, path: str) -> Resolve:
    """Compile any value of a mapping: a directive, an object or list to walk, or a constant."""
    if isinstance(value, dict):
        return _directive(value, path) if is_directive(value) else build_object(value, path)
    if isinstance(value, list):
        return _list([build(item, step(path, str(index))) for index, item in enumerate(value)])
    return lambda _: value


def build_object(value: dict[str, Any], path: str, *, keep_undefined: bool = False) -> Resolve:
    """Compile a raw object. Its undefined values are left out, or kept where they are to hide others in a merge."""
    fields = tuple((key, build(inner, step(path, key))) for key, inner in value.items())
    if keep_undefined:
        return lambda payload: {key: resolve(payload) for key, resolve in fields}

    def resolve_fields(payload: Any) -> dict[str, Any]:
        result = {}
        for key, resolve in fields:
            found = resolve(payload)
            if found is not UNDEFINED:
                result[key] = found
        return result

    return resolve_fields


def _list(items: list[Resolve]) -> Resolve:
    def resolve_items(payload: Any) -> list[Any]:
        found = [resolve(payload) for resolve in items]
        return [None if item is UNDEFINED else item for item in found]

    return resolve_items


def _directive(value: dict[str, Any], path: str) -> Resolve:
    name = directives_in(value)[0]
    place = step(path, name)
    if name == "@transform":
        return directives.transform(value[name], place, _BUILD, build_root)
    builder = _BUILDERS.get(name)
    if builder is None:
        return failing(path, f"{name} is not a directive.")
    return builder(value[name], place, _BUILD)


_BUILD: Final = Build(build, build_object)
