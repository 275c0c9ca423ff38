"""The sandbox that templates run in: which tags and filters there are, and how much time and room they may take.

Where python-liquid and LiquidJS differ, this follows LiquidJS: filters are its own, with its names (those of
python-liquid that LiquidJS lacks pass their value on, like any unknown filter); numbers and objects print as in
JavaScript; blank blocks are kept; there are no `now` and `today` but in `date`. What still differs:

- comparing values of different types with `<` or `>` fails; LiquidJS turns them into numbers;
- a range such as `(1..3)` needs plain whole numbers, and is at most :data:`MOST_RANGE` long;
- `slugify` and `number_of_words` know no other languages' modes, `json` no indentation; `sample` passes its value on;
- `date` reads ISO 8601, seconds, and a few written forms; LiquidJS reads whatever V8 takes for a date.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.echo_tag import EchoTag
from liquid.exceptions import LiquidError, LiquidSyntaxError, ResourceLimitError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.token import Token
from liquid.utils import ReadOnlyChainMap

from producers.segment.mapping.javascript import length_of
from producers.segment.mapping.liquid.date_filters import DATE_FILTERS
from producers.segment.mapping.liquid.list_filters import LIST_FILTERS
from producers.segment.mapping.liquid.number_filters import NUMBER_FILTERS
from producers.segment.mapping.liquid.text_filters import TEXT_FILTERS
from producers.segment.mapping.liquid.values import LiquidFault, check_length, check_weight, plain, printed

Render = Callable[[Any], str]
Clock = Callable[[], float]

MOST_TEMPLATE: Final = 1_000  # characters of a template
MOST_SECONDS: Final = 0.5  # of CPU for one rendering; looked at before each filter and each output
MOST_OUTPUT_BYTES: Final = 4_000_000  # of one result
MOST_LOCAL_BYTES: Final = 100_000_000  # of all variables of one rendering
MOST_LOOPS: Final = 10_000  # no loop tag is left, so this is a second lock on the same door
MOST_RANGE: Final = 10_000  # numbers in a range
MOST_CACHED: Final = 512  # templates kept parsed; a mapping is checked, then compiled, each of which needs them

DISABLED_TAGS: Final = ("case", "for", "include", "layout", "render", "tablerow")
DISABLED_FILTERS: Final = frozenset(
    [
        "array_to_sentence_string",
        "concat",
        "find",
        "find_exp",
        "find_index",
        "find_index_exp",
        "group_by",
        "group_by_exp",
        "has",
        "has_exp",
        "map",
        "newline_to_br",
        "reject",
        "reject_exp",
        "reverse",
        "sort",
        "sort_natural",
        "uniq",
        "where_exp",
        "type",
    ]
)
# Tags of python-liquid that LiquidJS does not know.
_FOREIGN_TAGS: Final = ("ifchanged", "doc")


class _TimedContext(RenderContext):
    """A render context that knows when its time is up, and none of python-liquid's own variables."""

    __slots__ = ("clock", "ends_at")

    def __init__(self, template: BoundTemplate, scope: Mapping[str, object], clock: Clock) -> None:
        super().__init__(template, globals=scope)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)
        self.clock = clock
        self.ends_at = clock() + MOST_SECONDS

    def check_time(self) -> None:
        """Raise LiquidFault when the rendering has taken too long."""
        if self.clock() > self.ends_at:
            raise LiquidFault(f"the Liquid template took longer than {MOST_SECONDS * 1000:.0f} ms.")

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        self.check_time()
        return super().filter(name, token)

    def get_item(self, obj: Any, key: Any) -> Any:
        if key in ("first", "last") and isinstance(obj, dict):
            return obj[key]
        return super().get_item(obj, key)


class _PrintingNode(OutputNode):
    """An output that prints values as JavaScript does."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(context, _TimedContext):
            context.check_time()
        text = printed(self.expression.evaluate(context))
        check_length(len(text))
        return buffer.write(text)


class _PrintingOutput(Output):
    node_class = _PrintingNode


class _PrintingEcho(EchoTag):
    node_class = _PrintingNode  # type: ignore[assignment]  # both take a token and an expression


class _Sandbox(Environment):
    """An environment with nothing in it but what Segment allows."""

    loop_iteration_limit = MOST_LOOPS
    local_namespace_limit = MOST_LOCAL_BYTES
    output_stream_limit = MOST_OUTPUT_BYTES
    suppress_blank_control_flow_blocks = False
    logical_not_operator = True

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in _FOREIGN_TAGS:
            del self.tags[name]
        for name in DISABLED_TAGS:
            self.add_tag(type("_DisabledTag", (_Disabled,), {"name": name}))
        self.add_tag(_PrintingOutput)
        self.add_tag(_PrintingEcho)
        self.filters = {
            name: _guarded(function)
            for filters in (DATE_FILTERS, LIST_FILTERS, NUMBER_FILTERS, TEXT_FILTERS)
            for name, function in filters.items()
        }


class _Disabled(Tag):
    """A tag that Segment has switched off."""

    block = False

    def parse(self, stream: TokenStream) -> NoReturn:
        raise LiquidSyntaxError(f"the tag '{self.name}' is disabled", token=stream.current)


def compile_liquid(template: str, *, clock: Clock = time.thread_time) -> Render:
    """Parse a template; the result renders it for a payload, whose fields are the template's variables.

    Raises LiquidFault when it is too long, cannot be parsed, or uses a tag or filter that Segment has disabled. The
    result raises LiquidFault when it fails for a payload, or takes too much time or room.
    """
    if not template:
        return lambda _: ""
    if length_of(template) > MOST_TEMPLATE:
        raise LiquidFault(f"should be a Liquid template of 1 to {MOST_TEMPLATE:,} characters.")
    parsed = _parsed(template)

    def render(payload: Any) -> str:
        buffer = LimitedStringIO(limit=MOST_OUTPUT_BYTES)
        context = _TimedContext(parsed, payload if isinstance(payload, dict) else {}, clock)
        try:
            parsed.render_with_context(context, buffer)
        except LiquidFault:
            raise
        except ResourceLimitError:
            raise LiquidFault("the Liquid template needs more room than it may have.") from None
        except Exception as error:
            # The error's own text may quote the message, which must not reach a log.
            raise LiquidFault(f"the Liquid template fails on this message ({type(error).__name__}).") from None
        return buffer.getvalue()

    return render


@functools.lru_cache(maxsize=MOST_CACHED)
def _parsed(template: str) -> BoundTemplate:
    try:
        parsed = _SANDBOX.from_string(template)
        filters = parsed.filter_names()
    except (LiquidError, RecursionError) as error:
        reason = getattr(error, "message", None) or type(error).__name__
        raise LiquidFault(f"holds Liquid that cannot be read: {reason}.") from None
    for name in filters:
        if name in DISABLED_FILTERS:
            raise LiquidFault(f"uses the Liquid filter '{name}', which is disabled.")
    for node in parsed.nodes:
        _check_ranges(node, RenderContext(parsed))
    return parsed


def _check_ranges(node: Node, context: RenderContext) -> None:
    for expression in node.expressions():
        _check_range_in(expression)
    for child in node.children(context, include_partials=False):
        _check_ranges(child, context)


def _check_range_in(expression: Expression) -> None:
    if isinstance(expression, RangeLiteral):
        start, stop = expression.start, expression.stop
        if not (isinstance(start, IntegerLiteral) and isinstance(stop, IntegerLiteral)):
            raise LiquidFault("holds a Liquid range whose ends are no plain whole numbers.")
        if stop.value - start.value >= MOST_RANGE:
            raise LiquidFault(f"holds a Liquid range of more than {MOST_RANGE:,} numbers.")
    for child in expression.children():
        _check_range_in(child)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter: arguments as JSON values, those it does not know left out, results not too large."""
    parameters = inspect.signature(function).parameters
    most = len(parameters) - 1

    def apply(value: Any, *arguments: Any, **options: Any) -> Any:
        known = {name: plain(option) for name, option in options.items() if name in parameters}
        result = function(plain(value), *map(plain, arguments[:most]), **known)
        if isinstance(result, str):
            check_length(len(result))
        elif isinstance(result, list):
            check_weight(result)
        return result

    return apply


_SANDBOX: Final = _Sandbox(strict_filters=False)
