"""Receipts: what became of each record of a run, for a producer that must know before it takes a row for delivered.

A run that asks for them gets them from the script that settles a call, in the same step: a record has left Redis if and
only if its receipt is there. They lie in a stream, one entry for all records of a call that ended alike, 8 bytes a
record; the reader takes many at once, writes down what they say, and only then drops them. Records are known by their
``seq``: the number in the id that :func:`tercel.messages.row_record_id` gives them, with 0 as its file. Others of the
run (a rejection that somebody replays) get no receipt.
"""

from __future__ import annotations

import string
import sys
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tercel import messages
from tercel.lanes.managing import Managed

READ_AT_ONCE: Final = 100_000  # receipts a read gives at most: under 1 MB, a tenth of a second to write down
LARGEST_ENTRY: Final = 1_000  # receipts in an entry: as many as a call has records
SEQ_BYTES: Final = 8  # a seq in an entry, big-endian
DELIVERED: Final = b"d"
REJECTED: Final = b"r"

_SEQ: Final = slice(messages.RECORD_ID.stop - 10, messages.RECORD_ID.stop)  # the last 10 hex digits of a row's id
_PAD: Final = b"0" * (2 * SEQ_BYTES - 10)
_HEX: Final = frozenset(string.hexdigits.encode())


class Receipt(NamedTuple):
    """Record ``seq`` of a run has ended: delivered (or merged into one that was), or else rejected."""

    seq: int
    delivered: bool


class Written(NamedTuple):
    """Receipts on their way to a run's stream: records that ended alike. ``seqs`` are 8 bytes each, big-endian."""

    run: str
    outcome: bytes
    seqs: bytes


@dataclass(frozen=True, slots=True)
class Receipts:
    """Receipts as they were read, oldest first. ``upto`` is what :meth:`Receipting.drop_receipts` goes by.

    ``delivered`` and ``rejected`` hold seqs. Iterating gives the delivered first.
    """

    upto: str = ""
    delivered: Sequence[int] = ()
    rejected: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.delivered) + len(self.rejected)

    def __iter__(self) -> Iterator[Receipt]:
        for seq in self.delivered:
            yield Receipt(seq, True)
        for seq in self.rejected:
            yield Receipt(seq, False)


def written(runs: Collection[str], records: Sequence[bytes], *, delivered: bool) -> list[Written]:
    """Return the receipts for records (as messages) that ended alike, for those of ``runs`` that they belong to.

    A message that was spoilt by hand and no longer tells its seq gets none.
    """
    outcome = DELIVERED if delivered else REJECTED
    found = [Written(run, outcome, _seqs(run, records)) for run in sorted(runs)]
    return [one for one in found if one.seqs]


def _seqs(run: str, records: Sequence[bytes]) -> bytes:
    head, start = f"{run}00".encode(), messages.RECORD_ID.start
    digits = [record[_SEQ] for record in records if record.startswith(head, start)]
    try:
        seqs = _packed(digits)
    except ValueError:
        seqs = b""
    if len(seqs) == SEQ_BYTES * len(digits):
        return seqs
    return _packed([one for one in digits if len(one) == 10 and _HEX.issuperset(one)])


def _packed(digits: Sequence[bytes]) -> bytes:
    return bytes.fromhex((_PAD + _PAD.join(digits)).decode()) if digits else b""


class Receipting(Managed):
    """The receipts of runs. Part of :class:`tercel.lanes.Lanes`."""

    def ask_receipts(self, run: str) -> None:
        """Have every record of a run leave a receipt when it ends. Ask before the run's first enqueue."""
        self.redis.hset(self._run_key(run), "receipts", 1)

    def receipts(self, run: str, *, most: int = READ_AT_ONCE) -> Receipts:
        """Return a run's oldest receipts, about ``most`` of them at most (never fewer than a call's, if there are any).

        They stay until :meth:`drop_receipts`, so a reader that dies before it has written them down reads them again.
        """
        delivered, rejected, upto = array("Q"), array("Q"), ""
        while (room := most - len(delivered) - len(rejected)) > 0:
            size = max(1, room // LARGEST_ENTRY)
            entries: Any = self.redis.xrange(self._receipts_key(run), min=f"({upto}" if upto else "-", count=size)
            for entry_id, fields in entries:
                upto = entry_id.decode()
                for outcome, seqs in fields.items():
                    (delivered if outcome == DELIVERED else rejected).frombytes(seqs)
            if len(entries) < size:
                break
        if sys.byteorder == "little":
            delivered.byteswap()
            rejected.byteswap()
        return Receipts(upto, delivered, rejected)

    def drop_receipts(self, run: str, read: Receipts) -> None:
        """Forget the receipts that were read, and those before them. Call it once what they say is written down.

        A repeat drops nothing more, nor does a second reader that has read the same.
        """
        if read.upto:
            ms, _, number = read.upto.partition("-")
            self.redis.xtrim(self._receipts_key(run), minid=f"{ms}-{int(number) + 1}", approximate=False)

    def end_receipts(self, run: str) -> None:
        """Stop asking, and forget what was not read: nobody waits for the rest of this run any more."""
        with self.redis.pipeline(transaction=True) as pipe:
            pipe.hdel(self._run_key(run), "receipts")
            pipe.unlink(self._receipts_key(run))
            pipe.execute()

    def _run_key(self, run: str) -> str:
        return f"{self._shared}run:{run}"

    def _receipts_key(self, run: str) -> str:
        return f"{self._run_key(run)}:receipts"
