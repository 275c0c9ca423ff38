"""The messages that the event tester takes: files, stdin, samples."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tercel.cli.segment.reading import messages_from
from tercel.cli.segment.samples import SAMPLES
from tercel.errors import InputError, UsageError

ONE = {"type": "identify", "userId": "u1"}
TWO = {"type": "track", "userId": "u1", "event": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(ONE), [ONE]),
        (json.dumps(ONE, indent=2), [ONE]),
        (json.dumps([ONE, TWO]), [ONE, TWO]),
        (f"{json.dumps(ONE)}\n\n{json.dumps(TWO)}\n", [ONE, TWO]),
        ("\ufeff" + json.dumps(ONE), [ONE]),
    ],
    ids=["one", "over several lines", "a list", "one a line", "with a byte order mark"],
)
def test_a_file_holds_messages_in_any_usual_form(text: str, expected: list[object], tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_text(text, encoding="utf-8")

    assert messages_from(str(file), ()) == expected


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(ONE).encode())))

    assert messages_from("-", ()) == [ONE]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": identify}', "is not JSON: Expecting value: line 1 column 10"),
        (f"{json.dumps(ONE)}\n{{oops", "line 2:"),
        ("[1]", "message 1: a message is a JSON object"),
        ("[]", "holds no message"),
        ("  \n", "is empty"),
        ('{"n": NaN}', "NaN is no JSON value"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff\xfe{", "is not UTF-8"),
    ],
)
def test_what_is_no_message_is_said_with_its_place(text: str | bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "message.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(InputError) as raised:
        messages_from(str(file), ())

    assert said in str(raised.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no-such\.json cannot be read: No such file"):
        messages_from(str(tmp_path / "no-such.json"), ())


def test_without_anything_an_identify_and_a_track_are_tried() -> None:
    assert [message["type"] for message in messages_from(None, ())] == ["identify", "track"]


def test_a_sample_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(UsageError, match="There are: identify, track"):
        messages_from(None, ["identfy"])


def test_a_message_and_a_sample_at_once_are_too_much() -> None:
    with pytest.raises(UsageError, match="not both"):
        messages_from("-", ["track"])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_a_message_as_segment_sends_it(name: str) -> None:
    message = SAMPLES[name]

    assert message["type"] in {"identify", "track", "page", "screen", "group", "alias"}
    assert message["userId"]
    assert message["messageId"]
    assert json.loads(json.dumps(message)) == message
