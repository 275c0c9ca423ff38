"""A typed client of the admin endpoints that every stand-in has, for tests, the demo and benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

import httpx
import orjson
from pydantic import BaseModel

from sandbox.faults import FAULTS, SCRIPTS, Latency, Outright, Step

TIMEOUT_S = 30.0  # a dump waits behind the requests that are being answered


class AdminError(Exception):
    """The stand-in refused an admin request; the text is its reason."""


class BareClient:
    """A connection to the admin endpoints of a running stand-in. Close it, or use it as a context manager."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """``url`` is the stand-in's base URL; ``transport`` is handed to httpx."""
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ready(self) -> dict[str, Any]:
        """``{"ready": true, "pid": ...}``."""
        answer: dict[str, Any] = self._ask("GET", "ready")
        return answer

    def _ask(self, method: str, path: str, data: Any = None) -> Any:
        answer = self._http.request(method, f"/_admin/{path}", content=None if data is None else orjson.dumps(data))
        if answer.is_error:
            raise AdminError(f"{method} {path}: {answer.text}")
        return orjson.loads(answer.content)

    def _rows(self, path: str) -> list[Any]:
        answer = self._http.get(f"/_admin/{path}")
        if answer.is_error:
            raise AdminError(f"GET {path}: {answer.text}")
        return [orjson.loads(line) for line in answer.content.splitlines()]


class AdminClient(BareClient):
    """What can be asked of and done to a stand-in of a destination: its configuration, its faults, what it saw."""

    def config(self) -> dict[str, Any]:
        """The configuration in force."""
        answer: dict[str, Any] = self._ask("GET", "config")
        return answer

    def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration: objects are merged at every depth, other values replaced."""
        answer: dict[str, Any] = self._ask("PATCH", "config", dict(changes))
        return answer

    def replace_config(self, config: BaseModel) -> None:
        """Put this configuration in the place of the one in force; what is held stays."""
        self._ask("PUT", "config", config.model_dump(mode="json"))

    def set_faults(self, *rules: Latency | Outright) -> None:
        """Put these rules in force, in the place of those that were."""
        self._ask("PUT", "faults", FAULTS.dump_python(rules, mode="json"))

    def faults(self) -> list[dict[str, Any]]:
        """The rules in force, each with its number of ``hits``."""
        answer: list[dict[str, Any]] = self._ask("GET", "faults")
        return answer

    def clear_faults(self) -> None:
        """Forget all rules and scripts. Requests that hang go on hanging; see :meth:`release`."""
        self._ask("DELETE", "faults")

    def write_scripts(self, scripts: Mapping[str, Iterable[Step]]) -> None:
        """Give profiles their scripts."""
        texts = {profile: tuple(steps) for profile, steps in scripts.items()}
        self._ask("PUT", "scripts", SCRIPTS.dump_python(texts, mode="json"))

    def scripts_left(self) -> dict[str, list[Step]]:
        """The steps not taken yet, by profile; a script that is through is not in it."""
        answer: dict[str, list[Step]] = self._ask("GET", "scripts")
        return answer

    def release(self) -> int:
        """Let go of the requests that hang; their number."""
        return int(self._ask("POST", "release")["released"])

    def reset(self) -> None:
        """Forget everything but the configuration."""
        self._ask("POST", "reset")

    def stats(self) -> dict[str, Any]:
        """Counts and peaks."""
        answer: dict[str, Any] = self._ask("GET", "stats")
        return answer

    def requests(self) -> list[dict[str, Any]]:
        """The last requests, oldest first."""
        return self._rows("requests")
