"""What can be chosen about the stand-in. Every default is the first value the contract names.

The contract is ``talon-one-integration-api.md``; section 11 numbers what Talon.One does not document (A1 to A16).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

AttributeName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]\w*$")]  # contract section 9


class AttributeType(StrEnum):
    """The types an attribute can have (contract section 9)."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    LOCATION = "location"
    STRINGS = "(list string)"
    NUMBERS = "(list number)"
    TIMES = "(list time)"
    LOCATIONS = "(list location)"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Assumptions(_Frozen):
    """One field for each question of the contract's section 11; questions with one answer are here to be complete."""

    a1_bad_item: Literal["nothing", "good_items", "items_before"] = Field(
        "nothing", description="what of a bulk call with a bad item is applied"
    )
    a2_pointer: Literal["indexed", "plain", "no_errors"] = Field(
        "indexed", description="how the error names the bad item of a bulk call"
    )
    a3_retry_after: Literal["none", "seconds", "http_date"] = Field("none", description="the Retry-After of a 429")
    a3_body: Literal["message", "empty"] = Field("message", description="the body of a 429")
    a4_rate_bucket: Literal["deployment", "key"] = Field("deployment", description="what the rate limit counts by")
    a5_too_long: Literal["400"] = Field("400", description="over 1,000 items, or an id over 1,000 characters")
    a6_no_change: Literal["204"] = Field(
        "204", description="deleting a membership that is not there, adding one that is"
    )
    a7_null: Literal["delete", "store", "400"] = Field("delete", description="what an attribute's null does")
    a8_same_profile: Literal["last_wins", "400"] = Field(
        "last_wins", description="one profile twice in a bulk call: only its last item is applied, or the call fails"
    )
    a9_missing_side: Literal["400", "empty"] = Field("400", description="audiencesChanges with one side only")
    a10_silent_v3: Literal["204", "200"] = Field("204", description="the answer to a v3 event with silent=yes")
    a11_unknown_type: Literal["400", "404"] = Field("400", description="the answer to an unknown event type")
    a12_repeated_key: Literal["stored_answer", "400_if_differs", "409_if_differs", "ignored"] = Field(
        "stored_answer", description="a repeated Idempotency-Key"
    )
    a13_audiences_without_rules: Literal["not_applied", "applied"] = Field(
        "not_applied", description="audience changes with runRuleEngine=false"
    )
    a14_same_name: Literal["allowed"] = Field("allowed", description="two audiences with one name")
    a15_timed_out: Literal["applied", "not_applied"] = Field(
        "applied", description="whether a request whose client stopped waiting is applied"
    )
    a16_unknown_path: Literal["404"] = Field("404", description="the answer on an unknown path")


class ApiKey(_Frozen):
    """An Integration API key; it belongs to one Application. ``name`` is what logs and counts call it."""

    key: str = Field(min_length=1)
    name: str = Field("default", min_length=1)
    application_id: int = 1


class Schema(_Frozen):
    """The attributes that exist, by entity: name to type."""

    profile: dict[AttributeName, AttributeType] = {}
    event: dict[AttributeName, AttributeType] = {}
    session: dict[AttributeName, AttributeType] = {}
    cart_item: dict[AttributeName, AttributeType] = {}


class RateLimit(_Frozen):
    """At most ``per_second`` requests in any one second; 0 turns the limit off."""

    per_second: int = Field(60, ge=0)
    count_rejected: bool = Field(False, description="whether a request answered 429 takes a place in the window too")


class Audience(_Frozen):
    """An audience that exists from the start. ``id`` None takes the next free one."""

    name: str = Field(min_length=1)
    id: int | None = Field(None, ge=1)
    integration: str | None = None
    integrationId: str | None = Field(None, min_length=1, max_length=1_000)


class Campaign(_Frozen):
    """The campaign "has joined ``audience`` -> create coupon code"; codes begin with ``prefix``."""

    audience: str = Field(min_length=1, description="the name of the audience, which may be created later")
    prefix: str = Field("WELCOME-", max_length=20)


class Config(_Frozen):
    """Everything about one stand-in. It can be replaced at run time, whole or in part, through the admin endpoint."""

    keys: tuple[ApiKey, ...] = (ApiKey(key="sandbox-key"),)
    attributes: Schema = Schema()
    event_types: frozenset[str] = frozenset()
    additional_costs: frozenset[str] = Field(frozenset(), description="names of the additional costs that exist")
    catalogue_skus: frozenset[str] = Field(frozenset(), description="SKUs that need no price")
    audiences: tuple[Audience, ...] = ()
    campaign: Campaign | None = Field(None, description="the one campaign whose rule is run")
    rate: RateLimit = RateLimit()
    assumptions: Assumptions = Assumptions()
    refuse_unknown_fields: bool = Field(True, description="400 for a body field the OpenAPI document does not name")
    parallel_per_id: int = Field(3, ge=1, description="requests one profile or session may have: one runs, others wait")
    batch_items: int = Field(1_000, ge=1, description="the most items of a bulk call")
    journal_entries: int = Field(5_000_000, ge=0, description="applied updates kept for the order answer")
    arrivals_kept: int = Field(1_000_000, ge=1, description="arrival times kept")
    requests_kept: int = Field(10_000, ge=1, description="entries kept in the request log")

    @field_validator("keys")
    @classmethod
    def _keys_differ(cls, keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
        if len({key.key for key in keys}) != len(keys) or len({key.name for key in keys}) != len(keys):
            raise ValueError("each key and each key's name may be given once")
        return keys
