"""One configured account at a destination: its address, its key, its limits and its policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from tercel.errors import SettingsError
from tercel.settings.keys import Credentials, checked_key, read_key_file
from tercel.settings.types import Calls, Group, LocalPath, Name, Seconds, SecondsOrZero, counted
from tercel.settings.urls import deployment_url

MAX_RATE = 10_000.0  # requests a second; beyond it a typing error is likelier than a deployment

DeploymentName = Name

# The deployment of `tercel up --sandbox`. Settings may name it before it is there: each start makes its address up.
SANDBOX: Final = "sandbox"

# What a destination takes for granted where the settings say nothing.
_DEFAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    "talon_one": {},
    "sailthru": {"url": "https://api.sailthru.com", "rate": 300.0},
}
# The settings that are handed to a destination as its options, and say nothing to another.
_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "talon_one": ("events_api", "skip_unknown_attributes", "audience_changes"),
    "sailthru": ("extid", "event_after_timeout", "job_poll_s"),
}
_WITH_SECRET: Final = frozenset({"sailthru"})


class Deployment(Group):
    """One account at a destination, under ``[deployments.<name>]``."""

    destination: Literal["talon_one", "sailthru"] = Field("talon_one", description="What the account is at.")
    allow_http: bool = Field(False, description="Take an http address beyond this machine: the key travels in clear.")
    url: str = Field(
        description="Address of the deployment, e.g. https://mycompany.europe-west1.talon.one. A Sailthru deployment "
        "needs none: it is https://api.sailthru.com."
    )
    key: SecretStr | None = Field(None, description="API key. Exactly one of key and key_file is needed.")
    key_file: LocalPath | None = Field(
        None, description="File that holds the API key; read again whenever the key is needed, so it may be rotated."
    )
    secret: SecretStr | None = Field(None, description="Sailthru: the secret that belongs to the key.")
    rate: Annotated[float, Field(allow_inf_nan=False, ge=0, le=MAX_RATE)] = Field(
        60.0,
        description="Most requests in any second, shared by all workers. 0 switches the limit off. Of a Sailthru "
        "deployment, where each endpoint has a limit of its own, none is used beyond this one, which is 300 there.",
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
    extid: bool = Field(
        False, description="Sailthru: the account knows profiles by extid too, so new ones may be given to them."
    )
    remove_lists: bool = Field(
        False,
        description="Sailthru: the doors have a list deleted when its audience is removed, instead of keeping it.",
    )
    event_after_timeout: Literal["again", "reject"] = Field(
        "again",
        description="Sailthru: what becomes of an event whose request got no answer and may have been taken: it is "
        "sent once more, or rejected at once. After a second time it is rejected either way.",
    )
    job_poll_s: Seconds = Field(
        5.0, description="Sailthru: how soon a running job is asked for its state; ever more seldom the longer it runs."
    )
    max_window: Calls = Field(64, description="Most calls in flight or due at once; calls in backoff do not count.")
    timeout_s: Seconds = Field(15.0, description="How long one request may take in all, from sending to the last byte.")

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {**_DEFAULTS.get(str(given.get("destination")), {}), **given}

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

    @model_validator(mode="after")
    def _fits_its_destination(self) -> Self:
        if self.destination in _WITH_SECRET and not (self.secret and self.secret.get_secret_value().strip()):
            raise ValueError(f"has no secret; a {self.destination} deployment needs the one that belongs to its key")
        for other, options in _OPTIONS.items():
            foreign = sorted(self.model_fields_set & set(options))
            if other != self.destination and foreign:
                raise ValueError(f"has {foreign[0]}, which only a {other} deployment has; remove it")
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

    def credentials(self) -> Credentials:
        """Return key and secret as they are now. Raises as :meth:`current_key`."""
        if self.secret is None:
            return Credentials(self.current_key())
        return Credentials(self.current_key(), SecretStr(self.secret.get_secret_value().strip()))

    def options(self) -> dict[str, Any]:
        """Return the settings that are its destination's own, by name."""
        return {name: getattr(self, name) for name in _OPTIONS[self.destination]}
