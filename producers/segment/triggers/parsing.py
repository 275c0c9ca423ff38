"""Tokens to conditions, with the habits of Segment's parser, and a warning wherever a habit may surprise.

The habits (contract: segment, part d, "Triggers"): one level has one joint, the last word written; the first ``)``
closes a group, whatever it belongs to; what cannot be placed is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from producers.segment.triggers.conditions import NEGATIONS, OBJECT_FIELDS, Condition, Field, Group, Node, Test
from producers.segment.triggers.reading import argument_of, condition_of, field_of, text_of
from producers.segment.triggers.tokens import Token, TokenKind, TriggerSyntaxError

JOINTS: Final = ("and", "or")
FUNCTIONS: Final = ("contains", "match")
FIELDS: Final = "type, event, name, userId, properties.x, traits.x and context.x"
PARTS_OF_A_CALL: Final = 5  # ( field , value )
NESTED: Final = "a group inside a group does not work: the first ) closes the outer one. Write it without nesting"


def parse(tokens: Sequence[Token], warnings: list[str]) -> Node:
    """Return what the tokens say. Appends to ``warnings``; raises TriggerSyntaxError."""
    return _Level(tokens, warnings, in_group=False).read()


class _Level:
    """The tokens of one level, read from the left: the whole text, or what a group holds."""

    def __init__(self, tokens: Sequence[Token], warnings: list[str], *, in_group: bool) -> None:
        self._tokens = tokens
        self._warnings = warnings
        self._in_group = in_group
        self._place = 0
        self._members: list[Node] = []
        self._joint: Literal["and", "or"] = "and"
        self._joints: set[str] = set()
        self._joint_due = False

    def read(self) -> Node:
        while (token := self._next()).kind is not TokenKind.END:
            self._take(token)
        if not self._members:
            where = "The group" if self._in_group else "The trigger"
            raise TriggerSyntaxError(
                f'{where} holds no condition that can be tested; write e.g. type = "track". Fields are {FIELDS}.',
                self._tokens[0].at,
            )
        if len(self._joints) > 1:
            self._warn(
                self._tokens[0],
                f"`and` and `or` are mixed on one level: the last word counts for all, so its {len(self._members)} "
                f"parts are joined by `{self._joint}`. Put one kind in parentheses",
            )
        return self._members[0] if len(self._members) == 1 else Group(self._joint, tuple(self._members))

    def _take(self, token: Token) -> None:
        if token.kind is TokenKind.WORD and token.text in FUNCTIONS:
            self._call(token, negated=False)
        elif token.kind is TokenKind.WORD:
            self._condition(token)
        elif token.kind is TokenKind.OPEN:
            self._group(token)
        elif token.kind is TokenKind.JOINT:
            self._joint = "or" if token.text == "or" else "and"
            self._joints.add(token.text)
            self._joint_due = False
        elif token.kind is TokenKind.OPERATOR and token.text == "!":
            self._negation(token)
        elif token.kind is TokenKind.CLOSE:
            self._warn(token, "this ) closes nothing that is still open, and is passed over")

    def _condition(self, name: Token) -> None:
        field = field_of(name.text)
        if name.text in JOINTS:
            self._warn(name, f"`{name.text}` without a blank behind it is passed over")
            return
        if field is None:
            self._warn(
                name, f"`{name.text}` is no field, so its condition is skipped. Fields are {FIELDS}; case matters"
            )
            return
        operator, value = self._next(), self._next()
        if TokenKind.END in (operator.kind, value.kind):
            raise TriggerSyntaxError(
                f"`{name.text}` is compared with nothing: an operator and a value follow.", name.at
            )
        if field.root in OBJECT_FIELDS and not name.text.startswith(f"{field.root}."):
            self._warn(name, f"`{name.text}` alone names no value; write e.g. {name.text}.total")
        elif not field.path and name.text != field.root:
            self._warn(name, f"`{name.text}` is read as `{field.root}`: what follows the dot is dropped")
        if value.kind is TokenKind.TEXT and value.text.startswith("'"):
            self._warn(value, "single quotes are taken as part of the value; write double quotes")
        condition = condition_of(field, operator, value)
        if condition.test is Test.NEVER:
            self._warn(operator, f"`{operator.text}` is no operator, so the condition never holds: use = != < <= > >=")
        self._add(name, condition)

    def _call(self, name: Token, *, negated: bool) -> None:
        if self._in_group:
            self._warn(
                name, f"{name.text}() inside a group: its ) also ends the group, so what comes after lies outside"
            )
        parts = [self._next() for _ in range(PARTS_OF_A_CALL)]
        argument, value = parts[1], parts[3]
        if TokenKind.END in (argument.kind, value.kind):
            raise TriggerSyntaxError(f'{name.text}() needs a field and a text: {name.text}(event, "Order*").', name.at)
        field = argument_of(argument.text)
        if field is None:
            self._warn(
                argument,
                f"{name.text}() cannot test `{argument.text}` and is skipped. Fields are {FIELDS}, but not type",
            )
            return
        condition = self._matching(field, value) if name.text == "match" else self._containing(field, value)
        if negated:
            condition = Condition(field, NEGATIONS[condition.test], condition.operand)
        self._add(name, condition)

    def _containing(self, field: Field, value: Token) -> Condition:
        return Condition(field, Test.CONTAINS, text_of(value))

    def _matching(self, field: Field, value: Token) -> Condition:
        text = text_of(value)
        if value.text.endswith('*"'):
            return Condition(field, Test.STARTS, text[:-1])
        if not text.startswith("*"):
            self._warn(value, 'match() takes "x*" or "*x"; without * the first character is dropped and the end tested')
        return Condition(field, Test.ENDS, text[1:])

    def _negation(self, token: Token) -> None:
        following = self._tokens[self._place]
        if following.kind is TokenKind.WORD and following.text in FUNCTIONS:
            self._call(self._next(), negated=True)
        else:
            self._warn(token, "! negates only contains() and match(), and is passed over here")

    def _group(self, opening: Token) -> None:
        rest = self._tokens[self._place :]
        length = next((i for i, token in enumerate(rest) if token.kind is TokenKind.CLOSE), None)
        if length is None:
            if self._in_group:
                self._warn(opening, NESTED)
            raise TriggerSyntaxError("This ( is never closed: the first ) closes the outermost group.", opening.at)
        self._place += length + 1
        inside = [*rest[:length], Token(TokenKind.END, "", rest[length].at)]
        self._add(opening, _Level(inside, self._warnings, in_group=True).read())

    def _add(self, token: Token, member: Node) -> None:
        if self._joint_due:
            self._warn(token, "`and` or `or` is missing before this; the level's other joint counts, or else `and`")
        self._joint_due = True
        self._members.append(member)

    def _next(self) -> Token:
        """The next token; at the end its END, again and again."""
        token = self._tokens[min(self._place, len(self._tokens) - 1)]
        self._place += 1
        return token

    def _warn(self, token: Token, what: str) -> None:
        self._warnings.append(f"Character {token.at + 1}: {what}.")
