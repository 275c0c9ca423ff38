"""The groups of settings beside the deployments: lanes, delivery, limiter, worker, schedules, Flower.

Times are in seconds and all of them are settings, so that a test can shrink them.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from tercel.settings.types import Calls, Group, LocalPath, Port, Records, Seconds, SecondsOrZero, Secret, Share, counted


class LaneSettings(Group):
    """How lanes fill and when they are cut, under ``[lanes]``."""

    linger_live_s: SecondsOrZero = Field(
        0.1, description="How long a live record may wait for its call to fill up before the call leaves as it is."
    )
    linger_bulk_s: SecondsOrZero = Field(1.0, description="The same for a bulk record.")
    high_water: Records = Field(
        500_000, description="Most records in one lane, waiting ones included; a producer waits above it."
    )
    batch_id_ttl_s: Seconds = Field(
        900.0, description="How long an enqueued batch is remembered, so that a repeat of it changes nothing."
    )


class DeliverySettings(Group):
    """How a call is claimed, retried, split and given up, under ``[delivery]``."""

    lease_s: Seconds = Field(10.0, description="How long a worker holds a call without a sign of life.")
    wake_s: Seconds = Field(10.0, description="A call whose wake-up message nobody answered is woken again after this.")
    backoff_first_s: Seconds = Field(
        1.0, description="Upper bound of the first wait before a retry; doubles each time."
    )
    backoff_max_s: Seconds = Field(60.0, description="Upper bound of any wait before a retry.")
    give_up_after_s: Seconds = Field(
        86_400.0, description="A call that still fails after this is given up: its records become rejections."
    )
    split_after_failures: Annotated[int, counted("failures")] = Field(
        5, description="A call that fails this often while others pass is split in two, to find the bad record."
    )
    halt_probe_s: Seconds = Field(
        15.0, description="How often a halted deployment (e.g. a revoked key) is probed; it resumes by itself."
    )
    breaker_failures: Annotated[int, counted("failures")] = Field(
        10, description="Failures in a row, over the whole deployment, that open its breaker."
    )
    breaker_open_s: Seconds = Field(1.0, description="How long the breaker stays open at first; doubles each time.")
    breaker_max_s: Seconds = Field(30.0, description="Longest time the breaker stays open.")
    surge_share: Share = Field(
        0.5, description="Share of records rejected for one and the same reason that halts their lane."
    )
    surge_records: Records = Field(
        2_000, description="Fewest records within the window for that share to mean anything."
    )
    surge_window_s: Seconds = Field(60.0, description="The window over which that share is taken.")
    calls_cap: Calls = Field(
        1_000, description="Most calls of a deployment in all, those in backoff included; cutting stops above it."
    )

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if self.backoff_first_s > self.backoff_max_s:
            raise ValueError("backoff_first_s is greater than backoff_max_s; it must not be")
        if self.breaker_open_s > self.breaker_max_s:
            raise ValueError("breaker_open_s is greater than breaker_max_s; it must not be")
        return self


class LimiterSettings(Group):
    """How long a call may wait for its slot, under ``[limiter]``."""

    max_wait_s: Seconds = Field(
        2.0, description="Longest wait for a slot that is booked; beyond it the call goes back without one."
    )
    bulk_horizon_s: Seconds = Field(
        0.1, description="How far ahead a bulk call may book, so that live calls never wait behind it for long."
    )
    promote_after_s: Seconds = Field(
        1.0,
        description="A bulk call that has waited this long books twice as far ahead; after max_wait_s, as live.",
    )


class WorkerSettings(Group):
    """The worker processes, under ``[worker]``."""

    threads: Annotated[int, counted("threads")] = Field(
        32, description="Threads of one process; wanted in all processes: at least rate x p99 latency."
    )
    processes: Annotated[int, counted("processes")] = Field(
        2, description="Processes that `tercel worker` starts; one uses one core at most."
    )
    tick_s: Seconds = Field(0.01, description="How often lanes are looked at for something to cut.")
    grace_s: Seconds = Field(20.0, description="How long a request in progress may take to end after SIGTERM.")
    heartbeat_file: LocalPath | None = Field(
        None, description="File that a healthy worker touches; its age is the liveness probe."
    )
    metrics_port: Port | None = Field(
        None,
        description="Port of the Prometheus metrics; not served where unset.",
        json_schema_extra={"unit": "TCP port"},
    )
    metrics_address: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address that the metrics are served on. They name deployments and hold no customer data.",
    )


class ScheduleSettings(Group):
    """The schedules of syncs, under ``[schedules]``."""

    shortest_s: Seconds = Field(60.0, description="Shortest time from one scheduled run of a sync to the next.")
    at_once: Annotated[int, counted("runs")] = Field(
        4, description="Scheduled runs that `tercel beat` has going at once, each in a process of its own."
    )
    heartbeat_file: LocalPath | None = Field(
        None, description="File that a healthy beat touches; its age is the liveness probe."
    )


class FlowerSettings(Group):
    """The Flower pages, under ``[flower]``."""

    port: Port = Field(5_555, description="Port that Flower listens on.")
    address: str = Field(
        "127.0.0.1", description="Address that Flower listens on; beyond this machine it needs basic_auth."
    )
    basic_auth: Secret | None = Field(None, description="Who may see Flower, as user:password.")
    read_only: bool = Field(True, description="Show, but do not let anybody revoke tasks or change workers.")
    max_tasks: Annotated[int, counted("tasks")] = Field(10_000, description="Most tasks that Flower keeps.")

    @field_validator("basic_auth")
    @classmethod
    def _is_user_and_password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            user, colon, password = value.get_secret_value().partition(":")
            if not (user and colon and password):
                raise ValueError("must be user:password")
        return value

    @model_validator(mode="after")
    def _is_not_open_to_everybody(self) -> Self:
        if self.basic_auth is None and not _is_loopback(self.address):
            raise ValueError(
                f"address {self.address!r} would open Flower to everybody; set basic_auth, or keep 127.0.0.1"
            )
        return self


def _is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
