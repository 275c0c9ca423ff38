"""What can be chosen about the stand-in. The contract is ``sailthru.md``; what it marks [ND] is an assumption here."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class KeyKind(StrEnum):
    """The kinds of id a profile can have (contract section 2)."""

    EMAIL = "email"
    SID = "sid"
    EXTID = "extid"
    COOKIE = "cookie"
    SMS = "sms"
    FB = "fb"
    TWITTER = "twitter"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiKey(_Frozen):
    """A key with its secret. ``name`` is what logs and counts call it."""

    key: str = Field(min_length=1)
    secret: str = Field(min_length=1)
    name: str = Field("default", min_length=1)


class Rates(_Frozen):
    """Requests of the whole account in one window, by endpoint and method (contract section 4). 0 turns one off."""

    window_s: int = Field(1, ge=1, description="1 as the page of 2026 says; 60 as the notice of 2016 does")
    post_user: int = Field(300, ge=0)
    post: int = Field(40, ge=0, description="every other POST")
    get: int = Field(300, ge=0)
    delete: int = Field(40, ge=0)

    def limit(self, method: str, action: str) -> int:
        """The limit of a call; 0 where there is none."""
        if method == "POST":
            return self.post_user if action == "user" else self.post
        return self.delete if method == "DELETE" else self.get


UNLIMITED = Rates(post_user=0, post=0, get=0, delete=0)


class Assumptions(_Frozen):
    """Answers to what the contract does not know."""

    unknown_list: Literal["refused", "created"] = Field(
        "refused", description="a /user call that names a list which does not exist: error 15, or the list is made"
    )
    keysconflict: Literal["error", "merge"] = Field("error", description="what counts where it is left out")
    event_of_unknown: Literal["created", "refused"] = Field(
        "created", description="an event of an id without a profile: the profile is made, or error 99"
    )
    bad_var_names: Literal["refused", "cleaned"] = Field(
        "refused", description="a var's name with special characters or blanks: error 99, or cleaned as imports are"
    )
    timed_out: Literal["applied", "not_applied"] = Field(
        "applied", description="whether a request whose client stopped waiting is applied"
    )


class Config(_Frozen):
    """Everything about one stand-in. It can be replaced at run time, whole or in part, through the admin endpoint."""

    keys: tuple[ApiKey, ...] = (ApiKey(key="sandbox-key", secret="sandbox-secret"),)  # noqa: S106 - good for nothing else
    kinds: frozenset[KeyKind] = Field(
        frozenset({KeyKind.EMAIL, KeyKind.SID}), description="the kinds of id that are switched on for the account"
    )
    lists: tuple[str, ...] = Field((), description="names of natural lists that exist from the start")
    reserved_vars: frozenset[str] = Field(frozenset(), description="standard fields and reserved words: no var's name")
    hard_bounced: frozenset[str] = Field(frozenset(), description="addresses whose profile stays when it is renamed")
    rates: Rates = Rates()
    assumptions: Assumptions = Assumptions()
    read_delay_s: float = Field(0.0, ge=0, description="how old the profile is that GET /user shows")
    list_race_s: float = Field(0.05, ge=0, description="how long creating a list takes, once it was looked for")
    job_delay_s: float = Field(0.2, ge=0, description="how long a job is pending; what is changed counts for all jobs")
    job_ends: Literal["completed", "error"] = Field("completed", description="how jobs end")
    journal_entries: int = Field(5_000_000, ge=0, description="applied updates kept for the order answer")
    arrivals_kept: int = Field(1_000_000, ge=1, description="arrival times kept")
    requests_kept: int = Field(10_000, ge=1, description="entries kept in the request log")

    @field_validator("keys")
    @classmethod
    def _keys_differ(cls, keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
        if len({key.key for key in keys}) != len(keys) or len({key.name for key in keys}) != len(keys):
            raise ValueError("each key and each key's name may be given once")
        return keys
