"""When ``tercel receiver`` says that it is there: once it can be reached, and not before."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tercel.cli.receiver import Announcement


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    """A port that is taken, where nobody listens yet."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held


def test_nothing_is_said_while_senders_would_be_turned_away(sock: socket.socket) -> None:
    said: list[str] = []
    announcement = Announcement("127.0.0.1", sock.getsockname()[1], "open", said.append)

    announcement.tick()

    assert said == []


def test_an_open_port_is_said_once(sock: socket.socket) -> None:
    said: list[str] = []
    announcement = Announcement("0.0.0.0", sock.getsockname()[1], "open", said.append)
    sock.listen()

    announcement.tick()
    announcement.tick()

    assert said == ["open"]
