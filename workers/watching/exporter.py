"""The HTTP door to the metrics: ``GET /metrics``, for Prometheus, and nothing else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from types import TracebackType
from typing import Any, Final, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.registry import Collector

from tercel.errors import SettingsError
from tercel.settings import Settings
from workers.watching import instruments
from workers.watching.events import MetricsServed, emit
from workers.watching.folder import FolderCollector

PATH: Final = "/metrics"
CLIENT_TIMEOUT_S: Final = 10.0  # seconds a client may take with its request or with reading the answer

StartResponse = Callable[..., Any]


def exporter_for(settings: Settings, shared: Iterable[Collector], *, folder: Path | None = None) -> Exporter | None:
    """Return the exporter that the settings ask for, not started yet; None where ``worker.metrics_port`` is not set.

    ``shared`` are the collectors of what all workers share; ``folder`` is where the worker processes leave their
    counters, None for the instruments of this very process.
    """
    port = settings.worker.metrics_port
    if port is None:
        return None
    own: Collector = instruments.REGISTRY if folder is None else FolderCollector(folder)
    return Exporter([own, *shared], settings.worker.metrics_address, port)


class Exporter:
    """Serves what some collectors say, from a thread of its own. Use it as a context manager."""

    def __init__(self, collectors: Iterable[Collector], address: str, port: int) -> None:
        self._registry = CollectorRegistry()
        for collector in collectors:
            self._registry.register(collector)
        self._address, self._port = address, port
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on: the one it was given or, for 0, the one the system chose."""
        return self._server.server_port if self._server else self._port

    def start(self) -> Self:
        """Listen. Raises SettingsError where the address cannot be listened on."""
        try:
            family, address = _resolved(self._address, self._port)
            self._server = _Server.of_family(family)((address, self._port), _Handler)
        except OSError as error:
            raise SettingsError(
                f"The metrics cannot be served on {self._address} port {self._port} ({error.strerror or error}): "
                "set worker.metrics_address and worker.metrics_port to an address of this machine and a free port."
            ) from error
        self._server.set_app(_only_metrics(make_wsgi_app(self._registry)))
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()
        emit(MetricsServed(address=self._address, port=self.port))
        return self

    def stop(self) -> None:
        """Stop listening; a repeat does nothing."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            server.server_close()
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingMixIn, WSGIServer):
    """A thread a client, so that a slow one holds nobody up; threads that end with the process."""

    daemon_threads = True

    @classmethod
    def of_family(cls, family: socket.AddressFamily) -> type[_Server]:
        return type(cls.__name__, (cls,), {"address_family": family})

    def server_bind(self) -> None:
        """Bind as WSGIServer does, without its look-up of this machine's name, which may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no event."""


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_TIMEOUT_S

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing about a scrape: there is one every few seconds."""


def _only_metrics(metrics: Any) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"The metrics are at {PATH}.\n".encode()]

    return app


def _resolved(address: str, port: int) -> tuple[socket.AddressFamily, str]:
    family, _, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return family, str(where[0])
