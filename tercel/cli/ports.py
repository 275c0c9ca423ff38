"""Finding out, before a server is started, whether it can listen."""

from __future__ import annotations

import errno
import socket

from tercel.errors import UsageError

_WHY = {
    errno.EADDRINUSE: "something else listens there; choose another with {option}",
    errno.EACCES: "this user may not; choose one above 1023 with {option}",
    errno.EADDRNOTAVAIL: "this machine has no such address",
}


def free_port(address: str, port: int, *, what: str, option: str) -> int:
    """Return ``port``, or a free one for 0. Raises UsageError where nobody could listen there."""
    try:
        family, kind, proto, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(place)
            return int(sock.getsockname()[1])
    except (OSError, OverflowError) as error:
        number = error.errno if isinstance(error, OSError) else None
        why = _WHY.get(number or 0, str(error)).format(option=option)
        raise UsageError(f"{what} cannot listen on {address} port {port}: {why}.") from error
