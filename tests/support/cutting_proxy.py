"""A proxy in front of Redis that cuts a connection after the server did its work and before the client hears of it.

redis-py then sends the command again: the scripts must be harmless when that happens. ::

    proxy = cutting_proxy(redis_server.socket)
    client = connect(proxy.url)
    proxy.cut_next("EVALSHA")
    lanes.enqueue(...)             # executed twice
    assert proxy.cuts == 1
"""

from __future__ import annotations

import contextlib
import socket
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

CHUNK = 65_536  # bytes read at a time
LONGEST_NAME = 32  # bytes of a command's name that are recognised across two reads
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: a reset instead of a farewell (TCP)
JOIN_TIMEOUT_S = 5.0  # seconds for the proxy's threads to end

Address = Path | tuple[str, int]


class CuttingProxy:
    """Passes bytes on, until told to cut. Listens on a Unix socket, or on a free loopback port."""

    def __init__(self, target: Address, folder: Path, *, tcp: bool = False) -> None:
        """``target`` is the server's Unix socket or (host, port); ``folder`` is for the proxy's own Unix socket."""
        self._target = target
        self._guard = threading.Lock()
        self._armed: list[tuple[bytes, bool]] = []
        self._links: set[_Link] = set()
        self._closed = False
        self.cuts = 0
        """How many connections were cut on demand so far."""
        if not tcp:
            path = folder / "proxy.sock"
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(path))
            self.url = f"unix://{quote(str(path))}?db=0"
        else:
            self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self._listener.bind(("127.0.0.1", 0))
            self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._listener.listen(64)
        self._acceptor = threading.Thread(target=self._accept, name="cutting proxy", daemon=True)
        self._acceptor.start()

    def cut_next(self, command: str | None = None, *, errors: bool = False) -> None:
        """Cut the connection that sends ``command`` (any, if None) next, once the server has executed it.

        ``command`` is the name as it is sent: redis-py's ``incr`` sends INCRBY. One shot; call it n times to cut n
        times. An error as answer (NOSCRIPT, for a script the server does not have
        yet) changed nothing, so it is passed on and the shot is kept, unless ``errors`` says to cut that too.
        """
        needle = b"" if command is None else b"\r\n" + command.upper().encode() + b"\r\n"
        with self._guard:
            self._armed.append((needle, errors))

    def disarm(self) -> None:
        """Forget the cuts that were ordered and did not happen."""
        with self._guard:
            self._armed.clear()

    @property
    def armed(self) -> int:
        """How many ordered cuts are still to come."""
        with self._guard:
            return len(self._armed)

    def cut_all(self) -> None:
        """Cut every connection now, as a network failure would."""
        with self._guard:
            links = list(self._links)
        for link in links:
            link.cut()

    def close(self) -> None:
        """Stop listening and cut every connection."""
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()
        self._acceptor.join(JOIN_TIMEOUT_S)

    def take_shot(self, sent: bytes) -> tuple[bytes, bool] | None:
        """The first ordered cut that what a client ``sent`` (upper case) is for; it is taken off the list."""
        with self._guard:
            for position, (needle, _) in enumerate(self._armed):
                if needle in sent:
                    return self._armed.pop(position)
        return None

    def give_back(self, shot: tuple[bytes, bool]) -> None:
        """Put a shot back that hit nothing."""
        with self._guard:
            self._armed.insert(0, shot)

    def count_cut(self) -> None:
        """Note that an ordered cut has been made."""
        with self._guard:
            self.cuts += 1

    def forget(self, link: _Link) -> None:
        """A connection has ended."""
        with self._guard:
            self._links.discard(link)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = _dial(self._target)
            except OSError:  # the server is down: so are we, for this client
                _reset(client)
                continue
            link = _Link(self, client, server)
            with self._guard:
                self._links.add(link)
            link.start()


class _Link:
    """One client's connection and ours to the server for it."""

    def __init__(self, proxy: CuttingProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._guard = threading.Lock()
        self._shot: tuple[bytes, bool] | None = None
        self._tail = b""

    def start(self) -> None:
        """Begin to pass on, both ways."""
        for run in (self._upstream, self._downstream):
            threading.Thread(target=run, name="cutting proxy link", daemon=True).start()

    def cut(self) -> None:
        """Reset the client's connection; what the server has received it still executes."""
        _reset(self._client)
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_WR)

    def _upstream(self) -> None:
        """Client to server. A shot is taken before the command goes on, so that its answer cannot slip through."""
        with contextlib.suppress(OSError):
            while chunk := self._client.recv(CHUNK):
                seen = (self._tail + chunk).upper()  # a command's name may lie across two chunks
                with self._guard:
                    if self._shot is None:
                        self._shot = self._proxy.take_shot(seen)
                # A chunk that ends a command must not hand its name on to the next one.
                self._tail = b"\r\n" if chunk.endswith(b"\r\n") else chunk[-LONGEST_NAME:]
                self._server.sendall(chunk)
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_WR)

    def _downstream(self) -> None:
        """Server to client: the first answer to a command with a shot on it is where the cut is made."""
        with contextlib.suppress(OSError):
            while chunk := self._server.recv(CHUNK):
                with self._guard:
                    shot, self._shot = self._shot, None
                if shot is not None:
                    if not chunk.startswith(b"-") or shot[1]:
                        self._cut_after_execution()
                        break
                    self._proxy.give_back(shot)
                self._client.sendall(chunk)
        _reset(self._client)
        self._server.close()
        self._proxy.forget(self)

    def _cut_after_execution(self) -> None:
        """Have the server finish all it was sent (it closes when it has), then reset the client's connection."""
        self._server.shutdown(socket.SHUT_WR)
        while self._server.recv(CHUNK):
            pass
        self._proxy.count_cut()


def _dial(target: Address) -> socket.socket:
    if isinstance(target, Path):
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.connect(str(target))
        except OSError:
            server.close()
            raise
        return server
    return socket.create_connection(target)


def _reset(client: socket.socket) -> None:
    """Close a connection the rude way, waking a thread that reads from it."""
    with contextlib.suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
    client.close()


@pytest.fixture
def cutting_proxy() -> Iterator[Callable[..., CuttingProxy]]:
    """Make proxies in a test; they are closed when it ends."""
    with contextlib.ExitStack() as stack:

        def make(target: Address, *, tcp: bool = False) -> CuttingProxy:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tercel-tests-"))
            proxy = CuttingProxy(target, Path(folder), tcp=tcp)
            stack.callback(proxy.close)
            return proxy

        yield make
