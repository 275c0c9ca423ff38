"""Segment's webhook: messages of a source, one at a time or in batches. (Contract: segment, part (c).)"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from producers.intake import Refusal, Taken
from producers.receiver import log, observing, proofs, reasons
from producers.receiver.answers import Answer, Problem, json_answer
from producers.receiver.desk import Desk
from producers.receiver.json_text import parse
from producers.receiver.keeping import Input, refused
from producers.receiver.requests import Request
from producers.receiver.senders import Key
from producers.receiver.values import Fate
from tercel.lanes import seen_id_of
from tercel.settings.receiving import ReceiverSettings, Sender

METHODS: Final = ("POST", "PUT", "PATCH")
BREATH: Final = 25  # messages of a batch that are worked on before other requests get their turn
MOST_SHOWN: Final = 20  # problems of a batch that its answer names


class Target(Protocol):
    """What a Segment destination does with a message."""

    @property
    def deployment(self) -> str:
        """The deployment that receives what messages become."""
        ...

    def take(self, message: Mapping[str, Any], *, sender: str) -> Taken:
        """Return what a message becomes."""
        ...


_OUTCOMES: Final = ("accepted", "duplicate", "filtered", "rejected")  # the better ones first


class _Tally:
    """What became of the messages of one request, by outcome; ``problems`` are those of refused ones."""

    __slots__ = ("counts", "problems")

    def __init__(self) -> None:
        self.counts = dict.fromkeys(_OUTCOMES, 0)
        self.problems: list[dict[str, Any]] = []

    def count(self, number: int | None, inputs: Sequence[Input], outcome: str) -> None:
        """Add a message; ``number`` is its place in the batch."""
        self.counts[outcome] += 1
        for refusal in _refusals(inputs):
            if len(self.problems) < MOST_SHOWN:
                place = {} if number is None else {"message": number}
                self.problems.append({**place, "code": refusal.code, "field": refusal.where, "problem": refusal.reason})

    def answer(self) -> Answer:
        """Return what the sender is told."""
        return json_answer({**self.counts, "problems": self.problems} if self.problems else self.counts)


# What is told of one message of which nothing was refused: it depends on the outcome alone.
_ANSWER_OF_ONE: Final = {outcome: json_answer(dict.fromkeys(_OUTCOMES, 0) | {outcome: 1}) for outcome in _OUTCOMES}


class Webhook:
    """The door of those senders that post Segment's messages. ``targets`` are the Segment destinations by name."""

    def __init__(
        self,
        senders: Mapping[str, Sender],
        keys: Mapping[str, Key],
        targets: Mapping[str, Target],
        desk: Desk,
        settings: ReceiverSettings,
    ) -> None:
        self._senders = {name: senders[name] for name in keys}
        self._keys, self._targets, self._desk, self._settings = keys, targets, desk, settings

    def sender(self, name: str) -> str:
        """Return the sender that a path names; the only one, where it names none. Raises :class:`Problem` (404)."""
        if name in self._senders:
            return name
        if not name and len(self._senders) == 1:
            return next(iter(self._senders))
        raise Problem(404, reasons.NO_DOOR, "No sender of that name may use this door.")

    async def take(self, name: str, request: Request) -> Answer:
        """Serve one request of a sender. Raises :class:`Problem`."""
        signature = request.headers.get(b"x-signature")
        authorization = request.headers.get(b"authorization")
        key = self._keys[name].value()
        if signature is None and not self._knows(key, authorization):
            raise _unproven()
        body = await request.body(self._settings.max_body_bytes)
        if signature is not None and not proofs.is_signed(body, signature, key):
            raise _unproven()
        request.require_json()
        message = parse(body, most_depth=self._settings.max_depth)
        if type(message) is dict:
            return await self._take_one(name, message)
        if type(message) is list:
            return await self._take_batch(name, message)
        raise Problem(400, reasons.BAD_MESSAGE, "The body is neither a JSON object nor a list of them.")

    async def _take_one(self, name: str, message: dict[str, Any]) -> Answer:
        inputs = self._inputs(name, message)
        has_refusals = any(one.taken.refused for one in inputs)
        if has_refusals and all(one.taken.is_lost for one in inputs):
            observing.inputs_done(name, "refused")
            raise _refusal("Nothing of the message can be used.", _named(inputs))
        outcome = _best(inputs, await self._desk.take(inputs))
        observing.inputs_done(name, outcome)
        if not has_refusals:
            return _ANSWER_OF_ONE[outcome]
        tally = _Tally()
        tally.count(None, inputs, outcome)
        return tally.answer()

    async def _take_batch(self, name: str, messages: list[Any]) -> Answer:
        if not self._senders[name].batches:
            raise Problem(400, reasons.NO_BATCHES, "This sender may not send batches: send one message a request.")
        if len(messages) > self._settings.max_messages:
            text = f"The batch has {len(messages)} messages, {self._settings.max_messages} are allowed: send less."
            raise Problem(413, reasons.TOO_LARGE, text)
        by_message: list[list[Input]] = []
        for number, message in enumerate(messages):
            by_message.append(self._inputs(name, message))
            if number % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        if messages and all(one.taken.is_lost for inputs in by_message for one in inputs):
            observing.inputs_done(name, "refused", len(messages))
            problems = [f"[{number}] {text}" for number, inputs in enumerate(by_message) for text in _named(inputs)]
            raise _refusal("Nothing of the batch can be used.", problems[:MOST_SHOWN])
        fates = iter(await self._desk.take([one for inputs in by_message for one in inputs]) if messages else ())
        tally = _Tally()
        for number, inputs in enumerate(by_message):
            tally.count(number, inputs, _best(inputs, [next(fates) for _ in inputs]))
        for outcome, n in tally.counts.items():
            if n:
                observing.inputs_done(name, outcome, n)
        return tally.answer()

    def _inputs(self, name: str, message: Any) -> list[Input]:
        """Return what one message becomes for each destination of the sender."""
        identity = message.get("messageId") if type(message) is dict else None
        if type(identity) is not str:
            identity = ""
        return [
            Input(
                self._taken(name, self._targets[target], message),
                name,
                target,
                identity,
                seen_id_of(name, target, identity) if identity else b"",
                message,
            )
            for target in self._senders[name].destinations
        ]

    @staticmethod
    def _taken(name: str, target: Target, message: Any) -> Taken:
        if type(message) is not dict:
            return refused(target.deployment, reasons.BAD_MESSAGE, "", "a message must be a JSON object")
        try:
            return target.take(message, sender=name)
        except Exception as error:  # one message that nobody foresaw must not cost its sender the whole batch
            log.unforeseen("a message could not be worked with", error)
            return refused(target.deployment, reasons.BAD_MESSAGE, "", "the message could not be worked with")

    @staticmethod
    def _knows(key: bytes, authorization: bytes | None) -> bool:
        given = () if authorization is None else proofs.write_keys(authorization)
        return any(proofs.same(key, one) for one in given)


def _best(inputs: Sequence[Input], fates: Sequence[Fate]) -> str:
    """Return a message's class: the best of what became of it."""
    if len(inputs) == 1:
        return _class(inputs[0], fates[0])
    return min(map(_class, inputs, fates), key=_OUTCOMES.index)


def _class(one: Input, fate: Fate) -> str:
    if fate is Fate.DUPLICATE:
        return "duplicate"
    if one.taken.records:
        return "accepted"
    return "rejected" if one.taken.refused else "filtered"


def _refusals(inputs: Sequence[Input]) -> Iterator[Refusal]:
    for one in inputs:
        yield from one.taken.refused


def _named(inputs: Sequence[Input]) -> list[str]:
    return list(dict.fromkeys(str(refusal) for refusal in _refusals(inputs)))


def _refusal(text: str, problems: Sequence[str]) -> Problem:
    return Problem(400, reasons.BAD_MESSAGE, text, problems)


def _unproven() -> Problem:
    return Problem(401, reasons.UNPROVEN, "The signature or key is missing or wrong.")
