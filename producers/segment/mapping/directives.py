"""The directives of a mapping, one builder each: options in, a function from payload to value out.

The rules are those of Segment's mapping-kit. A builder is given options that were checked, except within raw lists:
there, what cannot work becomes a function that fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import orjson

from producers.segment.mapping.errors import MappingNotApplied
from producers.segment.mapping.javascript import UNDEFINED, is_falsy, is_loosely_empty, json_text, text_of, type_name
from producers.segment.mapping.liquid import LiquidFault, compile_liquid
from producers.segment.mapping.objects import ObjectTooLarge, flattened, merged, without_nulls
from producers.segment.mapping.paths import Resolve, path_reader
from producers.segment.mapping.shape import is_directive, step
from producers.segment.mapping.templates import template_renderer
from producers.segment.mapping.texts import ChangeText, TextTooLong, replacer


class Build(NamedTuple):
    """How a directive compiles what it holds: ``any_value(value, path)``, and ``raw_object`` with undefined values."""

    any_value: Callable[[Any, str], Resolve]
    raw_object: Callable[..., Resolve]


Builder = Callable[[Any, str, Build], Resolve]


def failing(place: str, sentence: str) -> Resolve:
    """Return a function that fails whatever it is given."""

    def fail(_: Any) -> NoReturn:
        raise MappingNotApplied(place, sentence)

    return fail


def path(options: Any, place: str, build: Build) -> Resolve:
    """``@path``: what lies at a path of the payload."""
    return _of_text(options, place, build, path_reader)


def template(options: Any, place: str, build: Build) -> Resolve:
    """``@template``: a text with values put in."""
    return _of_text(options, place, build, template_renderer)


def liquid(options: Any, place: str, _: Build) -> Resolve:
    """``@liquid``: a text made by a Liquid template, whose root is the payload."""
    if not isinstance(options, str):
        return failing(place, f"the Liquid template is of type {type_name(options)} and has to be a string.")
    try:
        compiled = compile_liquid(options)
    except LiquidFault as fault:
        return failing(place, fault.sentence)

    def render(payload: Any) -> str:
        try:
            return compiled(payload)
        except LiquidFault as fault:
            raise MappingNotApplied(place, fault.sentence) from None

    return render


def literal(options: Any, place: str, build: Build) -> Resolve:
    """``@literal``: the value as it stands; directives inside are resolved."""
    return build.any_value(options, place)


def condition(options: Any, place: str, build: Build) -> Resolve:
    """``@if``: ``then`` or ``else``. ``exists`` asks for a value, ``blank``, despite its name, for one that is not."""
    if not isinstance(options, dict) or (is_falsy(options.get("exists")) and is_falsy(options.get("blank"))):
        return failing(place, 'needs an "exists" or a "blank" to look at.')
    asks_existence = "exists" in options
    asked = "exists" if asks_existence else "blank"
    look = build.any_value(options[asked], step(place, asked))
    then = build.any_value(options["then"], step(place, "then")) if "then" in options else _nothing
    otherwise: Resolve = _nothing
    if not is_falsy(options.get("else")):
        otherwise = build.any_value(options["else"], step(place, "else"))

    def choose(payload: Any) -> Any:
        value = look(payload)
        holds = value is not UNDEFINED and value is not None
        if holds and not asks_existence:
            holds = not is_loosely_empty(value)
        return then(payload) if holds else otherwise(payload)

    return choose


def case(options: Any, place: str, build: Build) -> Resolve:
    """``@case``: a text in small or capital letters; any other type as it is."""
    if not isinstance(options, dict) or is_falsy(options.get("operator")):
        return failing(place, 'needs an "operator": "lower" or "upper".')
    if is_falsy(options.get("value")):
        return _nothing
    changes: dict[str, ChangeText] = {"lower": str.lower, "upper": str.upper}
    operator = options["operator"]
    change = changes.get(operator) if isinstance(operator, str) else None
    inner = build.any_value(options["value"], step(place, "value"))

    def apply(payload: Any) -> Any:
        value = inner(payload)
        if not isinstance(value, str):
            return value
        if change is None:
            raise MappingNotApplied(step(place, "operator"), 'should be "lower" or "upper".')
        return change(value)

    return apply


def replace(options: Any, place: str, build: Build) -> Resolve:
    """``@replace``: a text with one or two literal texts replaced. Anything that has no text gives ``""``."""
    if not isinstance(options, dict) or not isinstance(options.get("pattern"), str) or not options["pattern"]:
        return failing(place, 'needs a "pattern": a text of 1 to 10 characters.')
    if is_falsy(options.get("value")):
        return _nothing
    inner = build.any_value(options["value"], step(place, "value"))
    flags = {"everywhere": options.get("global", True), "any_case": options.get("ignorecase", False)}
    changes = [replacer(options["pattern"], text_of(options.get("replacement")), **flags)]
    if options.get("pattern2"):
        changes.append(replacer(text_of(options["pattern2"]), text_of(options.get("replacement2")), **flags))

    def apply(payload: Any) -> str:
        value = inner(payload)
        text = "" if isinstance(value, (dict, list)) else text_of(value)
        try:
            for change in changes:
                text = change(text)
        except TextTooLong:
            raise MappingNotApplied(place, "the text becomes too long when its parts are replaced.") from None
        return text

    return apply


def array_path(options: Any, place: str, build: Build) -> Resolve:
    """``@arrayPath``: the list at a path, each item given a shape. One object counts as a list of one."""
    if not isinstance(options, list):
        return failing(place, f"is of type {type_name(options)} and has to be an array of a path and a shape.")
    source = options[0] if options else UNDEFINED
    look = path_reader(source) if isinstance(source, str) else build.any_value(source, step(place, "0"))
    shape = options[1] if len(options) > 1 else None
    if not isinstance(shape, dict) or not shape:
        return look
    shaped = build.any_value(shape, step(place, "1"))

    def walk(payload: Any) -> Any:
        root = look(payload)
        if not isinstance(root, (dict, list)):
            return root
        found = [shaped(item) for item in (root if isinstance(root, list) else [root])]
        return [None if item is UNDEFINED else item for item in found]

    return walk


def merge(options: Any, place: str, build: Build) -> Resolve:
    """``@merge``: one object of many; later ones win, or earlier ones where the direction is ``left``."""
    if not isinstance(options, dict) or not isinstance(options.get("objects"), list) or not options.get("direction"):
        return failing(place, 'needs a "direction" and an array of "objects".')
    direction = build.any_value(options["direction"], step(place, "direction"))
    parts = [
        build.any_value(part, below)
        if is_directive(part) or not isinstance(part, dict)
        else build.raw_object(part, below, keep_undefined=True)
        for below, part in ((step(place, f"objects/{index}"), part) for index, part in enumerate(options["objects"]))
    ]

    def apply(payload: Any) -> dict[str, Any]:
        towards = direction(payload)
        found = [part(payload) for part in parts]
        try:
            whole = merged(found[::-1] if towards == "left" else found)
        except ObjectTooLarge:
            raise MappingNotApplied(place, "a text is too long to be merged letter by letter.") from None
        return {key: value for key, value in whole.items() if value is not UNDEFINED}

    return apply


def transform(options: Any, place: str, build: Build, build_root: Callable[[dict[str, Any], str], Resolve]) -> Resolve:
    """``@transform``: ``apply`` makes a new payload, the only one that ``mapping`` sees."""
    if (
        not isinstance(options, dict)
        or not isinstance(options.get("apply"), dict)
        or is_falsy(options.get("mapping", UNDEFINED))
    ):
        return failing(place, 'needs an object "apply" and a "mapping".')
    first = build_root(options["apply"], step(place, "apply"))
    second = build.any_value(options["mapping"], step(place, "mapping"))

    def apply(payload: Any) -> Any:
        if not isinstance(payload, dict):
            raise MappingNotApplied(place, f"works on an object, but here the value is of type {type_name(payload)}.")
        return second(first(payload))

    return apply


def flatten(options: Any, place: str, build: Build) -> Resolve:
    """``@flatten``: nested keys joined into one."""
    if not isinstance(options, dict) or not options.get("separator"):
        return failing(place, 'needs a "separator".')
    separator = build.any_value(options["separator"], step(place, "separator"))
    inner = build.any_value(options["value"], step(place, "value")) if "value" in options else _nothing
    omit_lists = not is_falsy(options.get("omitArrays"))

    def apply(payload: Any) -> dict[str, Any]:
        between = separator(payload)
        if not isinstance(between, str):
            raise MappingNotApplied(
                step(place, "separator"), f"should give a string but it gives the type {type_name(between)}."
            )
        try:
            return flattened(inner(payload), between, omit_lists=omit_lists)
        except ObjectTooLarge:
            raise MappingNotApplied(place, "the flat object's names become too long.") from None

    return apply


def json_mode(options: Any, place: str, build: Build) -> Resolve:
    """``@json``: a value as JSON text, or the value of a JSON text; text that is no JSON stays as it is."""
    if not isinstance(options, dict) or is_falsy(options.get("value", UNDEFINED)) or not options.get("mode"):
        return failing(place, 'needs a "mode" and a "value".')
    inner = build.any_value(options["value"], step(place, "value"))

    def encode(payload: Any) -> Any:
        value = inner(payload)
        return UNDEFINED if value is UNDEFINED else json_text(value)

    def decode(payload: Any) -> Any:
        value = inner(payload)
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value

    modes: dict[str, Resolve] = {"encode": encode, "decode": decode}
    mode = options["mode"]
    return modes.get(mode, _nothing) if isinstance(mode, str) else _nothing


def exclude_when_null(options: Any, place: str, build: Build) -> Resolve:
    """``@excludeWhenNull``: nothing for null; otherwise the value without its nulls, lists as they are."""
    inner = build.any_value(options, place)

    def apply(payload: Any) -> Any:
        value = inner(payload)
        return UNDEFINED if value is None else without_nulls(value)

    return apply


def _nothing(_: Any) -> Any:
    return UNDEFINED


def _of_text(options: Any, place: str, build: Build, compiler: Callable[[str], Resolve]) -> Resolve:
    """Build a directive whose value is a text, or a directive that gives one for each payload."""
    if isinstance(options, str):
        return compiler(options)
    inner = build.any_value(options, place)

    def apply(payload: Any) -> Any:
        text = inner(payload)
        if not isinstance(text, str):
            raise MappingNotApplied(place, f"should give a string but it gives the type {type_name(text)}.")
        return compiler(text)(payload)

    return apply
