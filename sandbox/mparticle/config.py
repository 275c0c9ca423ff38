"""What can be chosen about the stand-in: one custom feed, one audience output, one real-time audience."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DAY_S = 86_400.0


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Feed(_Frozen):
    """The feed's Server to Server Key and Secret."""

    key: str = Field("feed-key", min_length=1)
    secret: str = Field("feed-secret", min_length=1)


class Output(_Frozen):
    """The audience output: where the Firehose goes, its token, and what its owner typed in."""

    url: str = Field(min_length=1, description="whole, with the path of the door")
    token: str | None = None
    deployment_url: str = ""
    api_key: str = ""
    user_id_field: Literal["customerId", "email", "mpid"] = "customerId"
    run_rule_engine: bool = True


class Audience(_Frozen):
    """A real-time audience: users with more than ``more_than`` sessions within the last ``within_s`` seconds."""

    id: int = 1001
    name: str = Field("Recent visitors", min_length=1)
    external_name: str = Field("Recent visitors", min_length=1)
    more_than: int = Field(0, ge=0)
    within_s: float = Field(DAY_S, gt=0)


class Retries(_Frozen):
    """How often a message is sent, and how long the pause is before each repeat: doubled, up to ``most_s``."""

    tries: int = Field(6, ge=1)
    first_s: float = Field(0.25, ge=0)
    most_s: float = Field(8.0, ge=0)


class Config(_Frozen):
    """Everything about one stand-in."""

    feed: Feed = Feed()
    output: Output
    audience: Audience = Audience()
    retries: Retries = Retries()
    look_every_s: float = Field(1.0, gt=0, description="how often it looks whether somebody has left the audience")
