"""What the event tester says: steps and answers as lines for people and as JSON for programs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from producers.segment.actions.explained import Step
from producers.segment.actions.sent import SentRequest
from tercel.cli.console import clean
from tercel.cli.masking import MASK
from tercel.cli.reporting import Line
from tercel.cli.segment.trying import Tried
from tercel.records import Record

WIDTH: Final = 100  # characters of JSON that still go onto one line
_LABEL: Final = 10  # characters of the column that says what a line is about
_SECRETS: Final = frozenset({"callbackAPIKey"})  # fields of actions
_SECRETS_OF_CALLBACK: Final = frozenset({"key"})  # of a session record


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of one message at one destination. ``tried`` is by step, None where nothing was to be sent."""

    number: int
    message: Mapping[str, Any]
    destination: str
    type: str
    deployment: str
    steps: Sequence[Step]
    tried: Sequence[Sequence[Tried]] | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing of it was refused, and what was sent went through."""
        sent = [one for tried in self.tried or () for one in tried]
        return not any(step.refused for step in self.steps) and all(one.ok for one in sent)


def lines(found: Tested) -> Iterator[Line]:
    """Return what became of a message, for people."""
    if found.number > 1:
        yield Line("")
    yield Line(f"{_title(found)} -> {found.destination} ({found.type}) -> {found.deployment}", "bold")
    for place, step in enumerate(found.steps):
        yield Line("")
        yield from _step(step)
        for one in found.tried[place] if found.tried is not None else ():
            yield from tried_lines(one)
    if not any(step.records or step.refused for step in found.steps):
        yield Line("")
        yield Line("  Nothing becomes of this message: no mapping is for it, or each leaves it out.", "yellow")


def as_json(found: Tested) -> dict[str, Any]:
    """Return the same as a JSON object."""
    tried = found.tried if found.tried is not None else [None] * len(found.steps)
    return {
        "destination": found.destination,
        "type": found.type,
        "deployment": found.deployment,
        "message": {"type": found.message.get("type"), "messageId": found.message.get("messageId")},
        "ok": found.ok,
        "steps": [_step_json(step, sent) for step, sent in zip(found.steps, tried, strict=True)],
    }


def _title(found: Tested) -> str:
    kind, event = found.message.get("type"), found.message.get("event")
    named = f" {clean(event)!r}" if isinstance(event, str) else ""
    return f"Message {found.number}: {clean(kind) or 'without a type'}{named}"


def _step(step: Step) -> Iterator[Line]:
    name = clean(step.name) or "mapping"
    state = "matches" if step.matched else f"is not for it: {clean(step.why_not)}"
    yield Line(f"  {step.number}. {name} ({step.action}) {state}", "green" if step.matched else "dim")
    if step.trigger:
        yield _labelled("trigger", step.trigger)
    for warning in step.warnings:
        yield _labelled("warning", warning, "yellow")
    if step.fields is not None:
        yield from _json("fields", _masked(step.fields, _SECRETS))
    if step.request is not None:
        yield from _request(step.request)
    for record in step.records:
        yield from _json("record", _record(record))
    for refusal in step.refused:
        yield _labelled("refused", f"{refusal.code}: {refusal} (tercel explain {refusal.code})", "red")
    for note in step.notes:
        yield _labelled("note", note.replace("_", " "))


def _request(request: SentRequest) -> Iterator[Line]:
    query = f"?{request.query}" if request.query else ""
    yield _labelled("request", f"{request.method} {request.path}{query}")
    for name, value in request.headers.items():
        yield _labelled("", f"{name}: {value}", "dim")
    if request.body is not None:
        yield from _json("", request.body)


def tried_lines(one: Tried) -> Iterator[Line]:
    """Return what was sent and answered, and what a worker would make of it, for people."""
    if one.method:
        yield _labelled("sent", f"{one.method} {one.path}")
        yield from _json("", _parsed(one.body))
        status = f"HTTP {one.status}" if one.status else "no answer"
        yield _labelled("answer", f"{status} after {one.seconds * 1000:,.0f} ms")
        if one.answer:
            yield from _json("", _parsed(one.answer))
    code = f" (tercel explain {one.code})" if one.code else ""
    yield _labelled("", f"{one.verdict}{code}", "green" if one.ok else "red")


def _step_json(step: Step, tried: Sequence[Tried] | None) -> dict[str, Any]:
    request = step.request
    found: dict[str, Any] = {
        "number": step.number,
        "name": step.name,
        "action": step.action,
        "trigger": step.trigger,
        "matched": step.matched,
        "why_not": step.why_not,
        "warnings": list(step.warnings),
        "fields": None if step.fields is None else _masked(step.fields, _SECRETS),
        "request": None if request is None else request._asdict(),
        "records": [_record(record) for record in step.records],
        "refused": [{"code": one.code, "where": one.where, "reason": one.reason} for one in step.refused],
        "notes": list(step.notes),
    }
    if tried is not None:
        found["sent"] = [tried_json(one) for one in tried]
    return found


def tried_json(one: Tried) -> dict[str, Any]:
    """Return the same as a JSON object."""
    return {
        "ok": one.ok,
        "verdict": one.verdict,
        "code": one.code,
        "method": one.method,
        "path": one.path,
        "body": _parsed(one.body),
        "status": one.status,
        "answer": _parsed(one.answer),
        "seconds": round(one.seconds, 4),
    }


def _record(record: Record) -> dict[str, Any]:
    """Return a record as it travels, under the name of its lane; the key of a callback masked."""
    data = record.data()
    if isinstance(callback := data.get("callback"), dict):
        data["callback"] = _masked(callback, _SECRETS_OF_CALLBACK)
    return {"kind": record.lane_kind.value, **data}


def _masked(fields: Mapping[str, Any], secrets: frozenset[str]) -> dict[str, Any]:
    return {name: MASK if name in secrets and value else value for name, value in fields.items()}


def _parsed(raw: bytes) -> Any:
    """Return JSON as what it says, anything else as text, nothing as None."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


def _json(label: str, value: Any) -> Iterator[Line]:
    """Return a value as JSON: on one line where it fits, else indented."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > WIDTH:
        text = json.dumps(value, ensure_ascii=False, default=str, indent=2)
    for place, line in enumerate(text.splitlines()):
        yield _labelled("" if place else label, line)


def _labelled(label: str, text: str, style: str = "") -> Line:
    return Line(f"     {label:<{_LABEL}}{clean(text)}", style)
