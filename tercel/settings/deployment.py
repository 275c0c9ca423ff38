"""One configured account at a destination: its address, its key, its limits and its policies."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from tercel.errors import SettingsError
from tercel.settings.keys import checked_key, read_key_file
from tercel.settings.types import Calls, Group, LocalPath, Name, Seconds, SecondsOrZero, counted
from tercel.settings.urls import deployment_url

MAX_RATE = 10_000.0  # requests a second; beyond it a typing error is likelier than a deployment

DeploymentName = Name

# The deployment of `tercel up --sandbox`. Settings may name it before it is there: each start makes its address up.
SANDBOX: Final = "sandbox"


class Deployment(Group):
    """One account at a destination, under ``[deployments.<name>]``."""

    destination: Literal["talon_one"] = Field("talon_one", description="What the account is at.")
    allow_http: bool = Field(False, description="Take an http address beyond this machine: the key travels in clear.")
    url: str = Field(description="Address of the deployment, e.g. https://mycompany.europe-west1.talon.one.")
    key: SecretStr | None = Field(None, description="API key. Exactly one of key and key_file is needed.")
    key_file: LocalPath | None = Field(
        None, description="File that holds the API key; read again whenever the key is needed, so it may be rotated."
    )
    rate: Annotated[float, Field(allow_inf_nan=False, ge=0, le=MAX_RATE)] = Field(
        60.0,
        description="Most requests in any second, shared by all workers. 0 switches the limit off.",
        json_schema_extra={"unit": "requests/s"},
    )
    messages_per_minute: Annotated[int, counted("records/min", least=0)] = Field(
        0, description="Most records in a minute, beside the rate. 0 switches the limit off."
    )
    jitter_s: Annotated[SecondsOrZero, Field(le=1)] = Field(
        0.020,
        description="Allowance for uneven travel times: requests are spaced (1 + jitter_s) / rate apart, so that the "
        "destination's own one-second window never sees more than the rate. 0.020 costs 2% of the rate.",
    )
    skip_unknown_attributes: bool = Field(
        False, description="Leave out attributes the destination does not know, instead of rejecting their records."
    )
    unknown_attributes_ttl_s: Seconds = Field(
        3_600.0, description="How long an attribute found unknown is left out before it is tried again."
    )
    events_api: Literal["v2", "v3"] = Field(
        "v2", description="Which events call is used. v3 makes a repeated event harmless by its id."
    )
    audience_changes: Literal["memberships", "run_rules", "single_call"] = Field(
        "memberships",
        description="How audience changes of a profile that does not run rules travel: as memberships (a profile with "
        "attributes as well is rejected, T461), in the one-profile call with rules run all the same, or in that call "
        "without rules, trusting Talon.One to apply them.",
    )
    max_window: Calls = Field(64, description="Most calls in flight or due at once; calls in backoff do not count.")
    timeout_s: Seconds = Field(15.0, description="How long one request may take in all, from sending to the last byte.")

    @field_validator("url")
    @classmethod
    def _normalise_url(cls, value: str, info: ValidationInfo) -> str:
        return deployment_url(value, allow_http=bool(info.data.get("allow_http")))

    @field_validator("key")
    @classmethod
    def _check_key(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(checked_key(value.get_secret_value()))

    @model_validator(mode="after")
    def _has_one_key(self) -> Self:
        if self.key is None and self.key_file is None:
            raise ValueError("has no key; set key, or key_file to the path of a file that holds it")
        if self.key is not None and self.key_file is not None:
            raise ValueError("has both key and key_file; remove one of them")
        return self

    def current_key(self) -> SecretStr:
        """Return the API key as it is now: ``key_file`` is read again on every call.

        Raises SettingsError, naming the file, where it cannot be read or holds no usable key.
        """
        if self.key_file is None:
            if self.key is None:
                raise SettingsError("The deployment has no key: set key or key_file.")
            return self.key
        return read_key_file(self.key_file)
