"""What every stand-in needs to be started by a program: a free port without a race, word of it, and no orphans."""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from tercel.errors import UsageError

PR_SET_PDEATHSIG = 1  # prctl(2): the signal this process gets when its parent dies
BACKLOG = 1_024  # connections the kernel keeps waiting; a hammering client opens hundreds at once


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen on a loopback address; ``port`` 0 takes a free one, which nobody can take in between.

    Raises:
        UsageError: ``host`` is not a loopback address, or the port is taken. A stand-in's admin endpoints ask for no
            password, so it never listens elsewhere.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise UsageError(f"a stand-in listens on loopback only, not on {host!r}: use --host 127.0.0.1")
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((str(address), port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except (OSError, OverflowError) as error:
        sock.close()
        raise UsageError(f"cannot listen on {address} port {port}: {error}; use --port 0 for a free one") from None
    return sock


def url_of(sock: socket.socket) -> str:
    """The address of a listening socket as a base URL without a trailing slash."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if sock.family == socket.AF_INET6 else f"http://{host}:{port}"


def announce(sock: socket.socket, path: Path | None) -> None:
    """Say where we listen, as ``{"url", "port", "pid"}``: whole into the file ``path``, or as one line on stdout."""
    text = json.dumps({"url": url_of(sock), "port": sock.getsockname()[1], "pid": os.getpid()})
    if path is None:
        print(text, flush=True)
        return
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text + "\n")
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise


def die_with_parent(parent: int | None = None) -> None:
    """Have Linux kill this process when the thread that started it ends. Elsewhere this does nothing.

    ``parent`` is the pid the starter expects to be our parent: if it died before we got here, we leave at once.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        raise SystemExit(1)


def leave_quietly_on_signals() -> None:
    """End with exit status 0 on SIGTERM and SIGINT, also where a server re-raises them after its own shutdown."""

    def leave(*_: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
