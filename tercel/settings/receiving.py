"""What may come in over HTTP: the receiver, who may send to it, and what Segment's messages become."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from tercel.errors import SettingsError
from tercel.settings.keys import checked_key, read_key_file
from tercel.settings.types import Group, LocalPath, Name, Names, Port, Seconds, SecondsOrZero, Texts, counted

MAX_MAPPINGS = 50  # a Segment destination; Segment's own limit


class ReceiverSettings(Group):
    """The HTTP doors, under ``[receiver]``."""

    address: str = Field(
        "127.0.0.1", min_length=1, description="Address that the receiver listens on; put TLS in front of it."
    )
    port: Port = Field(8_480, description="Port that the receiver listens on.")
    processes: Annotated[int, counted("processes")] = Field(
        1, description="Processes that serve the port together; one uses one core at most."
    )
    max_body_bytes: Annotated[int, counted("bytes", least=1_024)] = Field(
        8_388_608, description="Largest body of a request; a larger one is answered 413."
    )
    max_depth: Annotated[int, counted("levels")] = Field(
        64, description="Deepest nesting of a JSON body; a deeper one is answered 400."
    )
    max_messages: Annotated[int, counted("messages")] = Field(
        4_000, description="Most messages in one batch; a larger one is answered 413."
    )
    dedupe_window_s: SecondsOrZero = Field(
        14_400.0,
        description="How long a message id is remembered, so that a repeat is not sent again; senders retry for up to "
        "4 hours. Costs about 60 bytes of Redis a message. 0 switches it off.",
    )
    redis_answer_s: Seconds = Field(
        2.0,
        description="How long the receiver waits for an answer of Redis, twice, before it asks the sender to come "
        "back. Senders give up after 5 to 10 s.",
    )
    callback_hosts: Texts = Field(
        (),
        description="Hosts that the answer to a session may be posted to, e.g. hooks.example.com or .example.com for "
        "all below it. None unless given.",
    )
    callback_allow_http: bool = Field(False, description="Post answers to http addresses too, not only to https.")


class Sender(Group):
    """Somebody who may send to the receiver, under ``[senders.<name>]``. A door without a sender is shut."""

    door: Literal["segment", "third_party"] = Field(
        description="Which door it may use: Segment's webhook, or the drop-in for integration.talon.one."
    )
    key: SecretStr | None = Field(
        None,
        description="What proves the sender: the webhook's shared secret, or the API key of the drop-in. Exactly one "
        "of key and key_file is needed.",
    )
    key_file: LocalPath | None = Field(None, description="File that holds the key.")
    deployments: Names = Field((), description="Deployments that the drop-in's sender may address.")
    destinations: Names = Field((), description="Segment destinations that each message of the webhook goes to.")
    batches: bool = Field(
        True, description="Take batches at the webhook. Only their first message is covered by the signature."
    )
    split_large: bool = Field(
        False, description="Take more than 1,000 audience changes in one request of the drop-in, instead of a 400."
    )

    @field_validator("key")
    @classmethod
    def _check_key(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(checked_key(value.get_secret_value()))

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.key is None and self.key_file is None:
            raise ValueError("has no key; set key, or key_file to the path of a file that holds it")
        if self.key is not None and self.key_file is not None:
            raise ValueError("has both key and key_file; remove one of them")
        if self.door == "segment" and not self.destinations:
            raise ValueError("has no destinations; name the [segment.<name>] that its messages go to")
        if self.door == "third_party" and not self.deployments:
            raise ValueError("has no deployments; name the [deployments.<name>] it may address")
        return self

    def current_key(self) -> SecretStr:
        """Return the key as it is now. Raises SettingsError, naming the file, where it cannot be read."""
        if self.key is not None:
            return self.key
        if self.key_file is None:
            raise SettingsError("The sender has no key: set key or key_file.")
        return read_key_file(self.key_file)


class SegmentDestination(Group):
    """What Segment's messages become for one deployment, under ``[segment.<name>]``."""

    type: Literal["actions", "classic", "engage"] = Field(
        "actions",
        description="Talon.One (Actions) with mappings, classic Talon.One, or Engage audiences as memberships.",
    )
    deployment: Name = Field(description="The deployment that receives what the messages become.")
    mappings: Annotated[tuple[dict[str, Any], ...], Field(json_schema_extra={"unit": "tables"})] = Field(
        (), max_length=MAX_MAPPINGS, description="Mappings of an actions destination: trigger, action, fields."
    )
    mappings_file: LocalPath | None = Field(
        None, description="JSON file that holds the mappings, e.g. as exported from Segment."
    )
    sync_mode: Literal["add", "update", "upsert", "mirror", "delete"] | None = Field(
        None,
        description="How an engage destination reads the events of Segment's reverse ETL (new, updated, deleted); "
        "leave it away for audiences.",
    )
    custom_attributes: Texts = Field(
        (), description="Traits that a classic destination sends, case-sensitive; nested ones as address_city."
    )

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.mappings and self.mappings_file is not None:
            raise ValueError("has both mappings and mappings_file; remove one of them")
        if self.type == "actions" and not self.mappings and self.mappings_file is None:
            raise ValueError("has no mappings; give [[segment.<name>.mappings]], or mappings_file")
        if self.type != "actions" and (self.mappings or self.mappings_file is not None):
            raise ValueError(f"is of type {self.type}, which has no mappings; remove them")
        if self.type != "engage" and self.sync_mode is not None:
            raise ValueError(f"is of type {self.type}; sync_mode belongs to an engage one")
        if self.type != "classic" and self.custom_attributes:
            raise ValueError(f"is of type {self.type}; custom_attributes belong to a classic one")
        return self
