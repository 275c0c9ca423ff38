"""The rules of the key's turn, as one pure model: no Redis, no clock, no batches of commands.

``tests/lanes/test_turns.py`` lets it run in lockstep with the Lua. A record is (id, key, letter, urgency, run).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

LOOK_BEYOND = 500  # records a bulk cut looks at beyond its room: two slices of cut.lua


class Rec(NamedTuple):
    id: str
    key: str
    letter: str
    u: str
    run: str


@dataclass
class Call:
    letter: str
    u: str
    records: list[Rec]
    ticket: str = ""


@dataclass
class Model:
    turn: dict[str, str] = field(default_factory=dict)
    lanes: dict[tuple[str, str], deque[Rec]] = field(default_factory=dict)
    waits: dict[tuple[str, str], deque[Rec]] = field(default_factory=dict)
    freed: dict[str, set[str]] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)

    def lane(self, letter: str, u: str) -> deque[Rec]:
        return self.lanes.setdefault((letter, u), deque())

    def wait(self, u: str, key: str) -> deque[Rec]:
        return self.waits.setdefault((u, key), deque())

    def something_waits(self, key: str) -> bool:
        return bool(self.wait("l", key) or self.wait("b", key))

    def enqueue(self, records: list[Rec]) -> None:
        for r in records:
            state = self.turn.get(r.key)
            if r.u == "b":
                self.lane(r.letter, "b").append(r)
            elif state in (None, "w"):
                self.lane(r.letter, "l").append(r)
                self.turn[r.key] = "B" if state == "w" else "b"
            else:
                self.wait("l", r.key).append(r)
                self.turn[r.key] = "B"

    def _leading(self, u: str, key: str, letter: str, room: int) -> list[Rec]:
        taken: list[Rec] = []
        waiting = self.wait(u, key)
        while waiting and len(taken) < room and waiting[0].letter == letter:
            taken.append(waiting.popleft())
        if taken:
            self.turn[key] = "B" if self.something_waits(key) else "b"
        return taken

    def cut_live(self, letter: str, room: int, people: int) -> list[Rec]:
        lane = self.lane(letter, "l")
        popped = [lane.popleft() for _ in range(min(room, people or room, len(lane)))]
        taken: list[Rec] = []
        for i, r in enumerate(popped):
            taken.append(r)
            left = room - len(taken) - (len(popped) - i - 1)
            if left > 0 and self.turn[r.key] == "B":
                taken += self._leading("l", r.key, letter, left)
        return taken

    def cut_bulk(self, letter: str, room: int, freed_in_order: list[str]) -> list[Rec]:
        freed = self.freed.setdefault(letter, set())
        assert set(freed_in_order) == freed
        taken: list[Rec] = []
        mine: dict[str, bool] = {}
        for key in freed_in_order:
            if len(taken) >= room:
                break
            freed.discard(key)
            if self.turn.get(key) == "w":
                taken += self._leading("b", key, letter, room - len(taken))
                if self.turn[key] != "w":
                    mine[key] = self.turn[key] == "b"
        lane, look = self.lane(letter, "b"), room + LOOK_BEYOND
        while lane and len(taken) < room and look > 0:
            look -= 1
            r = lane.popleft()
            if mine.get(r.key) or (r.key not in mine and r.key not in self.turn):
                mine[r.key] = True
                self.turn[r.key] = "b"
                taken.append(r)
            else:
                self.wait("b", r.key).append(r)
                if self.turn.get(r.key) == "b":
                    mine[r.key] = False
                    self.turn[r.key] = "B"
        return taken

    def pass_on(self, keys: list[str]) -> None:
        for key in keys:
            live, bulk = self.wait("l", key), self.wait("b", key)
            if live:
                r = live.popleft()
                self.lane(r.letter, "l").append(r)
                self.turn[key] = "B" if self.something_waits(key) else "b"
            elif bulk:
                self.turn[key] = "w"
                self.freed.setdefault(bulk[0].letter, set()).add(key)
            else:
                del self.turn[key]

    def leave(self, call_id: str, positions: set[int]) -> list[Rec]:
        """Settle or reject the records at these positions; a key with none left in the call passes its turn on."""
        call = self.calls[call_id]
        before = call.records
        gone = [r for i, r in enumerate(call.records) if i in positions]
        call.records = [r for i, r in enumerate(call.records) if i not in positions]
        if not call.records:
            del self.calls[call_id]
        staying = {r.key for r in call.records}
        self.pass_on([key for key in dict.fromkeys(r.key for r in before) if key not in staying])
        return gone

    def split_tail(self, call_id: str, new_id: str, first: set[int]) -> None:
        call = self.calls.pop(call_id)
        kept = [r for i, r in enumerate(call.records) if i in first]
        back = [r for i, r in enumerate(call.records) if i not in first]
        self.calls[new_id] = Call(call.letter, call.u, kept)
        self.wait(call.u, kept[0].key).extendleft(reversed(back))
        self.turn[kept[0].key] = "B"

    def split_keys(self, call_id: str, ids: tuple[str, str], first: set[int]) -> None:
        call = self.calls.pop(call_id)
        for new_id, chosen in zip(ids, (True, False), strict=True):
            records = [r for i, r in enumerate(call.records) if (i in first) == chosen]
            self.calls[new_id] = Call(call.letter, call.u, records)

    def cancel(self, run: str) -> list[Rec]:
        """Take the bulk records of a run out of lanes and wait lists; calls keep theirs."""

        def is_gone(r: Rec) -> bool:
            return r.run == run and r.u == "b"

        gone = []
        for lane in self.lanes.values():
            gone += [r for r in lane if is_gone(r)]
            self._keep(lane, [r for r in lane if not is_gone(r)])
        for (_, key), wait in list(self.waits.items()):
            leaving, head = [r for r in wait if is_gone(r)], wait[0].letter if wait else ""
            if leaving:
                gone += leaving
                self._keep(wait, [r for r in wait if not is_gone(r)])
                self._pass_over(key, head, wait[0].letter if wait else "")
        return gone

    @staticmethod
    def _keep(held: deque[Rec], kept: list[Rec]) -> None:
        held.clear()
        held.extend(kept)

    def _pass_over(self, key: str, head: str, new_head: str) -> None:
        """Records of a key's bulk list are gone; it began with lane ``head``, and now with ``new_head``."""
        if self.turn[key] == "B":
            self.turn[key] = "B" if self.something_waits(key) else "b"
        elif head != new_head:
            for freed in self.freed.values():
                freed.discard(key)
            if new_head:
                self.freed.setdefault(new_head, set()).add(key)
            else:
                del self.turn[key]

    def forget_stale_freed(self) -> None:
        """What a repair does: keys that a cut would find busy, and drop, are dropped now."""
        for letter, freed in self.freed.items():
            freed -= {key for key in freed if self.turn.get(key) != "w" or self.wait("b", key)[0].letter != letter}

    def all_records(self) -> list[Rec]:
        held = [r for lane in self.lanes.values() for r in lane]
        held += [r for wait in self.waits.values() for r in wait]
        return held + [r for call in self.calls.values() for r in call.records]
