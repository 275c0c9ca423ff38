"""``@liquid`` renders as LiquidJS does at Segment, and never takes more time or room than it may."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from producers.segment.mapping import MappingNotApplied, UnusableMapping, compile_mapping
from producers.segment.mapping.liquid import LiquidFault, compile_liquid

MESSAGE: dict[str, Any] = {
    "id": "c-7",
    "n": 25.0,
    "zero": 0,
    "no": False,
    "obj": {"k": 1},
    "list": ["p", "q"],
    "arr": [{"sku": "A", "q": 1, "hot": True}, {"sku": "B", "q": 2.5}],
    "at": "2024-02-01T23:30:00-02:00",
    "properties": {"email": "Ann@Example.com"},
}


def rendered(template: str) -> str:
    return str(compile_mapping({"field": {"@liquid": template}}).apply(MESSAGE)["field"])


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", ""),
        ("{{ id | upcase }}", "C-7"),
        ("{{ properties.email | downcase }}", "ann@example.com"),
        ("{{ nope }}|{{ now }}|{{ nope.x.y }}", "||"),
        ("{{ n }} {{ no }} {{ zero }} {{ obj }} {{ list }}", "25 false 0 [object Object] pq"),
        ("{% if id == 'c-7' %}yes{% else %}no{% endif %}", "yes"),
        ("{% unless zero %}no{% else %}0 holds{% endunless %}", "0 holds"),
        ("{% if true %} {% endif %}", " "),
        ("{% assign a = id | append: 1.0 %}{{ a }}", "c-71"),
        ("{% capture a %}<{{ id }}>{% endcapture %}{{ a }}", "<c-7>"),
        ("{% echo n %}{% # a comment %}{% comment %}x{% endcomment %}", "25"),
        ("{% increment x %}{% increment x %}{% cycle 'a', 'b' %}", "01a"),
        ("{% raw %}{{ id }}{% endraw %}", "{{ id }}"),
        ("{{ id | no_such_filter: 1, 2 }}", "c-7"),
        ("{{ id | squish | escapejs }}", "c-7"),
        ("{{ list.size }}{{ list.first }}{{ list[1] }}{{ list.last }}", "2pqq"),
        ("{{ (1..3) | join: '-' }}", "1-2-3"),
        ("{{ 'A&B' }} {{ 'A&B' | escape }}", "A&B A&amp;B"),
    ],
)
def test_a_template_renders_as_with_liquidjs(template: str, text: str) -> None:
    assert rendered(template) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("10 | divided_by: 4", "2.5"),
        ("1 | divided_by: 0", "Infinity"),
        ("7 | modulo: 4 | times: -1.5", "-4.5"),
        ("2.5 | round", "3"),
        ("1.234 | round: 2", "1.23"),
        ("'3' | plus: 'x'", "3"),
        ("-1.5 | ceil", "-1"),
        ("-1.5 | floor | abs", "2"),
        ("5 | at_most: 3 | at_least: 4", "4"),
        ("'4.0' | to_integer", "4"),
        ("'hello world' | capitalize", "Hello world"),
        ("'a,b,,' | split: ',' | size", "2"),
        ("'abc' | slice: -2, 5", "bc"),
        ("'abcdef' | truncate: 5", "ab..."),
        ("'a b c' | truncatewords: 2", "a b..."),
        ("'a-a-a' | replace: 'a', 'b' | remove_first: 'b' | replace_last: 'b', 'c'", "-b-c"),
        ("' x ' | strip | prepend: '<' | append: '>'", "<x>"),
        ("'<p>a<br/>b</p> 1 < 2' | strip_html", "ab 1 < 2"),
        ("'a b&c' | url_encode", "a+b%26c"),
        ("'a+b%26c' | url_decode", "a b&c"),
        ("'Zürich' | base64_encode | base64_decode", "Zürich"),
        ("'Hello, World!' | slugify", "hello-world"),
        ("nope | default: 'd'", "d"),
        ("zero | default: 'd'", "0"),
        ("no | default: 'd', allow_false: true", "false"),
        ("obj | json", '{"k":1}'),
        ("arr | where: 'sku', 'B' | first | json", '{"sku":"B","q":2.5}'),
        ("arr | where: 'hot' | size", "1"),
        ("arr | sum: 'q'", "3.5"),
        ("list | push: 'r' | shift | join", "q r"),
        ("at | date: '%Y-%m-%d %H:%M %z'", "2024-02-02 01:30 +0000"),
        ("at | date: '%-d/%-m/%y %I%P %j %A'", "2/2/24 01am 033 Friday"),
        ("at | date_to_xmlschema", "2024-02-02T01:30:00+00:00"),
        ("0 | date: '%Y', -60", "1970"),
        ("'no date' | date: '%Y'", "no date"),
    ],
)
def test_a_filter_does_what_liquidjs_does(expression: str, text: str) -> None:
    assert rendered(f"{{{{ {expression} }}}}") == text


@pytest.mark.parametrize("tag", ["case", "for", "include", "layout", "render", "tablerow"])
def test_a_disabled_tag_is_refused(tag: str) -> None:
    with pytest.raises(UnusableMapping, match=f"the tag '{tag}' is disabled"):
        rendered(f"{{% {tag} x %}}")


@pytest.mark.parametrize(
    "name",
    ["concat", "find", "group_by", "has", "map", "newline_to_br", "reverse", "sort", "uniq", "where_exp", "type"],
)
def test_a_disabled_filter_is_refused(name: str) -> None:
    with pytest.raises(UnusableMapping, match=f"'{name}', which is disabled"):
        rendered(f"{{% if no %}}{{{{ list | {name}: 'x' }}}}{{% endif %}}")


@pytest.mark.parametrize("template", ["{% nope %}", "{% ifchanged %}{% endifchanged %}", "{{ a", "{% if %}", "{{ | }}"])
def test_a_template_that_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(UnusableMapping, match="/field/@liquid holds Liquid that cannot be read"):
        rendered(template)


def test_a_template_that_doubles_a_text_again_and_again_is_stopped() -> None:
    with pytest.raises(MappingNotApplied, match="too long"):
        rendered("{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 30)


def test_a_template_that_squares_a_text_is_stopped_before_it_is_made() -> None:
    with pytest.raises(MappingNotApplied, match="too long"):
        rendered("{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | replace: 'x', a %}" * 20)


def test_a_list_that_holds_itself_again_and_again_is_stopped() -> None:
    template = "{% assign a = list %}" + "{% assign a = a | push: a %}" * 30 + "{{ a }}"
    render = compile_liquid(template, clock=lambda: 0.0)  # however long it takes

    with pytest.raises(LiquidFault, match="too large"):
        render({"list": [1, 2]})


def test_numbers_that_grow_without_end_become_infinite() -> None:
    assert rendered("{% assign a = 10 %}" + "{% assign a = a | times: a %}" * 30 + "{{ a }}") == "Infinity"


@pytest.mark.parametrize("expression", ["(1..99999999999) | join", "(1..n) | size"])
def test_a_range_without_a_small_fixed_length_is_refused(expression: str) -> None:
    with pytest.raises(UnusableMapping, match="range"):
        rendered(f"{{{{ {expression} }}}}")


def test_a_range_in_a_condition_is_looked_at_too() -> None:
    with pytest.raises(UnusableMapping, match="range"):
        rendered("{% if true %}{% if (1..99999999999) contains 'a' %}x{% endif %}{% endif %}")


def test_a_template_that_takes_too_long_is_stopped() -> None:
    seconds = count()
    render = compile_liquid("{{ id | upcase }}", clock=lambda: float(next(seconds)))

    with pytest.raises(LiquidFault, match="took longer than 500 ms"):
        render(MESSAGE)


def test_a_failing_template_does_not_quote_the_message() -> None:
    mapping = compile_mapping({"a": {"@liquid": "{% if properties.email > 5 %}x{% endif %}"}})

    with pytest.raises(MappingNotApplied, match=r"^/a/@liquid: the Liquid template fails on this message") as failed:
        mapping.apply(MESSAGE)

    assert "Example" not in str(failed.value)


def test_a_payload_cannot_reach_into_python() -> None:
    assert rendered("{{ id.__class__ }}{{ obj.keys }}{{ list.append }}{{ id.format }}") == ""


def test_one_render_leaves_nothing_for_the_next() -> None:
    render = compile_liquid("{% increment x %}{{ seen }}{% assign seen = id %}")

    assert [render(MESSAGE), render(MESSAGE)] == ["0", "0"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a<script>b</b>\n</script>c", "ac"),
        ("a<style>\nb</style>c", "ac"),
        ("a<!-- b\nc -->d", "ad"),
        ("a<!-- <b> -->d", "a -->d"),
        ("a<b\n>c", "a<b\n>c"),
        ("1 < 2", "1 < 2"),
        ("<script>never closed", "never closed"),
        ("<<b>", ""),
    ],
)
def test_strip_html_takes_tags_with_what_belongs_to_them(text: str, kept: str) -> None:
    assert compile_liquid("{{ t | strip_html }}")({"t": text}) == kept
