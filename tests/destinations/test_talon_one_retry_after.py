from __future__ import annotations

import pytest

from tests.destinations.talon_one_given import NOW_S
from workers.destinations.talon_one.retry_after import retry_after_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("86400", 3_600.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("Fri, 14 Nov 2025 22:00:00 GMT", 3_600.0),
    ],
)
def test_seconds_and_dates_are_read_and_kept_within_an_hour(value: str, seconds: float) -> None:
    assert retry_after_s({"Retry-After": value}, NOW_S) == seconds


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "nan", "inf", "1e3", "٣", "9" * 400, "Tue, 99 Nov 2023 22:13:50 GMT", "1;2,3:4"]
)
def test_what_cannot_be_read_asks_for_nothing(value: str) -> None:
    assert retry_after_s({"Retry-After": value}, NOW_S) is None


def test_the_header_s_name_may_be_in_any_case() -> None:
    assert retry_after_s({"content-type": "x", "rEtRy-aFtEr": "2"}, NOW_S) == 2.0


def test_an_answer_without_the_header_asks_for_nothing() -> None:
    assert retry_after_s({}, NOW_S) is None
