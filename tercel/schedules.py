"""When something is to happen again and again: "every 15 minutes", or a cron expression in a time zone. Pure.

A schedule answers one question: which is the first moment behind a given one? Nothing here looks at a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_FARTHEST_DAYS: Final = 9 * 366  # from one 29 February to the next there may be eight years
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}  # seconds
_EVERY: Final = re.compile(r"every (?:(?P<number>[0-9]{1,6}) )?(?P<unit>second|minute|hour|day)s?")
_ITEM: Final = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]{1,4}))?")


class _Part(NamedTuple):
    """One of the five parts: what it is called, its lowest and highest number, and names for its numbers."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


_MINUTE: Final = _Part("minute", 0, 59)
_HOUR: Final = _Part("hour", 0, 23)
_DAY_OF_MONTH: Final = _Part("day of the month", 1, 31)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = _Part("month", 1, 12, _MONTHS)
_WEEKDAY: Final = _Part("day of the week", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))  # 7: Sunday again
_PARTS: Final = (_MINUTE, _HOUR, _DAY_OF_MONTH, _MONTH, _WEEKDAY)


@dataclass(frozen=True, slots=True)
class Every:
    """At whole multiples of a length of time since 1970 (UTC), so that everybody who asks gets the same moments."""

    text: str
    zone: ZoneInfo
    length: timedelta

    def after(self, moment: datetime) -> datetime:
        """Return the first moment behind ``moment``."""
        passed: int = (moment - _EPOCH) // self.length
        return _EPOCH + (passed + 1) * self.length

    @property
    def shortest(self) -> timedelta:
        """The shortest time from one moment to the next."""
        return self.length


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of day that five parts name, in a time zone.

    Where the clock goes forward, a time that is left out comes as much later (02:30 at 03:30). Where it goes back, a
    time that comes twice counts once, unless the hour is ``*`` or ``*/n``: what runs all day runs in both hours.
    """

    text: str
    zone: ZoneInfo
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool  # both kinds of day are restricted: then one of the two is enough, as cron has it
    all_day: bool

    def after(self, moment: datetime) -> datetime:
        """Return the first moment behind ``moment``. Raises ValueError where there is none."""
        first = moment.astimezone(self.zone).date() - _DAY  # a time that is left out may end up on the next day
        for number in range(_FARTHEST_DAYS):
            day = first + number * _DAY
            if not self._falls_on(day):
                continue
            moments = [*self._moments(day), *(self._moments(day + _DAY) if self._falls_on(day + _DAY) else ())]
            found: datetime | None = min((at for at in moments if at > moment), default=None)
            if found is not None:
                return found
        raise ValueError(f"is {self.text!r}, a date that never comes")

    @property
    def shortest(self) -> timedelta:
        """The shortest time from one moment to the next, by the clock on the wall."""
        of_day = [60 * hour + minute for hour in self.hours for minute in self.minutes]
        gaps = [later - earlier for earlier, later in zip(of_day, [*of_day[1:], of_day[0] + 24 * 60], strict=True)]
        return timedelta(minutes=min(gaps))

    def _falls_on(self, day: date) -> bool:
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        fits = by_date or by_weekday if self.either_day else by_date and by_weekday
        return fits and day.month in self.months

    def _moments(self, day: date) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime.combine(day, time(hour, minute), self.zone)
                yield local.astimezone(UTC)
                if self.all_day:
                    again = local.replace(fold=1)
                    if again.utcoffset() < local.utcoffset():  # type: ignore[operator]  # a zone's is never None
                        yield again.astimezone(UTC)


Schedule: TypeAlias = Every | Cron


def parse_schedule(text: str, zone: str = "UTC") -> Schedule:
    """Read "every 15 minutes" or a cron expression of five parts. Raises ValueError that says what to write."""
    known = parse_zone(zone)
    plain = " ".join(text.lower().split())
    if plain.startswith("every"):
        return _every(plain, known)
    return _cron(plain, known)


def parse_zone(name: str) -> ZoneInfo:
    """Return a time zone of the IANA database. Raises ValueError for one that does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"is {name!r}, which is no time zone; write e.g. UTC or Europe/Berlin") from None


def _every(plain: str, zone: ZoneInfo) -> Every:
    found = _EVERY.fullmatch(plain)
    number = int(found["number"] or 1) if found else 0
    if found is None or not number:
        raise ValueError(f'is {plain!r}; write e.g. "every 15 minutes", "every hour", or a cron expression')
    return Every(plain, zone, timedelta(seconds=number * _UNITS[found["unit"]]))


def _cron(plain: str, zone: ZoneInfo) -> Cron:
    parts = plain.split(" ")
    if len(parts) != len(_PARTS):
        raise ValueError(
            f'is {plain!r}; write "every 15 minutes", or a cron expression of five parts (minute, hour, day of the '
            'month, month, day of the week) such as "30 6 * * mon-fri"'
        )
    minutes, hours, days, months, weekdays = (
        sorted({number for item in text.split(",") for number in _numbers(item, part)})
        for text, part in zip(parts, _PARTS, strict=True)
    )
    made = Cron(
        text=plain,
        zone=zone,
        minutes=tuple(minutes),
        hours=tuple(hours),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(number % 7 for number in weekdays),
        either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
        all_day=parts[1].startswith("*"),
    )
    made.after(_EPOCH)
    return made


def _numbers(item: str, part: _Part) -> range:
    """Return what one item between commas names."""
    found = _ITEM.fullmatch(item)
    if found is None:
        raise ValueError(f"has {item!r} as its {part.name}; write *, a number, a range (1-5) or a step (*/15)")
    step = 1 if found["step"] is None else int(found["step"])
    if not 1 <= step <= part.most:
        raise ValueError(f"has {item!r} as its {part.name}; its step must be from 1 to {part.most}")
    if found["all"]:
        return range(part.least, part.most + 1, step)
    first = _number(found["first"], part)
    if found["last"] is not None:
        last = _number(found["last"], part)
        last = part.most if part is _WEEKDAY and last == 0 else last  # fri-sun
    else:
        last = first if found["step"] is None else part.most
    if first > last:
        raise ValueError(f"has {item!r} as its {part.name}, a range that runs backwards")
    return range(first, last + 1, step)


def _number(word: str, part: _Part) -> int:
    if word in part.words:
        return part.words.index(word) + part.least
    if not word.isascii() or not word.isdecimal() or not part.least <= int(word) <= part.most:
        raise ValueError(f"has {word!r} as its {part.name}, which must be from {part.least} to {part.most}")
    return int(word)
