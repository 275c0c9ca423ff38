"""What mParticle may send: its Firehose at two doors, and what customers post to its Events API at a third."""

from __future__ import annotations

import json
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from tercel.errors import SettingsError
from tercel.settings.keys import checked_key, read_key_file
from tercel.settings.types import Group, LocalPath, Name, Names, counted

UserId = Literal["customerId", "email", "mpid"]


def _from_text(value: object) -> object:
    """Take a table from a variable, where it is JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError('is not a table; in a variable write it as JSON: {"Add to Cart": "add_to_cart"}') from error


NewNames = Annotated[dict[str, str] | None, BeforeValidator(_from_text), Field(json_schema_extra={"unit": "names"})]


class MParticleSettings(Group):
    """One connection from mParticle, under ``[mparticle.<name>]``. A door without a connection is shut."""

    door: Literal["talon_one", "sailthru", "feed"] = Field(
        description="Which door it may use: the Firehose for Talon.One (/mparticle), the Firehose for Sailthru "
        "(/mparticle/sailthru), or the Events API (/mparticle/v2/events)."
    )
    deployment: Name | None = Field(
        None, description="The deployment that receives what comes in, whatever the account settings say."
    )
    deployments: Names = Field(
        (),
        description="Deployments that the account setting deploymentURL may name, at the door for Talon.One, instead "
        "of deployment.",
    )
    token: SecretStr | None = Field(
        None,
        description="What the Firehose sends as Authorization: Token <token>. Without it the account setting apiKey, "
        "which must be the deployment's key, is the only proof.",
    )
    token_file: LocalPath | None = Field(None, description="File that holds the token.")
    key: SecretStr | None = Field(
        None, description="The feed's Server to Server Key, which senders give as the user of HTTP Basic."
    )
    secret: SecretStr | None = Field(
        None,
        description="The feed's Server to Server Secret, the password that goes with the key. Exactly one of secret "
        "and secret_file is needed at the door feed.",
    )
    secret_file: LocalPath | None = Field(None, description="File that holds the feed's secret.")
    user_id: UserId = Field(
        "customerId",
        description="Which identity is the profile's id in Talon.One, where the account setting userIdField is absent.",
    )
    run_rules: bool = Field(
        False,
        description="Run rules on audience changes in Talon.One, where the account setting runRuleEngine is absent.",
    )
    user_attributes: bool = Field(
        True,
        description="Send the user attributes that come with events on to the profile: in Talon.One, and from the "
        "feed in Sailthru, where the Firehose sends changes of them instead.",
    )
    mpid_attribute: bool = Field(
        False, description="Send the mParticle id of who joins an audience as the profile attribute mpid."
    )
    skip_unknown_attributes: bool = Field(
        True,
        description="Leave out attributes that Talon.One does not know, as mParticle sends all it has; false leaves it "
        "to the deployment.",
    )
    remove_audiences: bool = Field(
        False, description="Delete an audience at the destination when it is disconnected in mParticle."
    )
    bulk_above: Annotated[int, counted("changes")] = Field(
        1_000,
        description="Changes of one audience within a minute above which they travel as bulk, so that they hold up "
        "nobody else's live records.",
    )
    attribute_names: NewNames = Field(
        None, description='Names that attributes get for the destination, by mParticle\'s, e.g. {"Zip Code" = "zip"}.'
    )
    event_names: NewNames = Field(
        None, description='Names that events get for the destination, by mParticle\'s, e.g. {"Add to Cart" = "add"}.'
    )

    join_lists: str | None = Field(
        None,
        description='Text that joins the entries of a list attribute into one text for Sailthru, e.g. ", ": Audience '
        "Builder cannot search in lists. They stay lists unless given.",
    )

    @field_validator("token", "key", "secret")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(checked_key(value.get_secret_value()))

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.token is not None and self.token_file is not None:
            raise ValueError("has both token and token_file; remove one of them")
        if (self.deployment is None) == (not self.deployments):
            raise ValueError("needs one of deployment and deployments: the [deployments.<name>] it sends to")
        if self.door != "talon_one" and self.deployments:
            raise ValueError(f"is for the door {self.door}, which does not choose; give deployment")
        if self.door == "sailthru" and not self.has_token:
            raise ValueError("has no token; set token, or token_file to the path of a file that holds it")
        if self.secret is not None and self.secret_file is not None:
            raise ValueError("has both secret and secret_file; remove one of them")
        has_secret = self.secret is not None or self.secret_file is not None
        if self.door == "feed" and (self.key is None or not has_secret):
            raise ValueError("has no key or no secret; set key, and secret or secret_file, as senders give them")
        if self.door != "feed" and (self.key is not None or has_secret):
            raise ValueError(f"is for the door {self.door}, which has a token; key and secret belong to a feed")
        if self.door == "feed" and self.has_token:
            raise ValueError("is for the door feed, which has a key and a secret; a token belongs to the Firehose")
        return self

    @property
    def has_token(self) -> bool:
        """Whether the sender must prove itself with a token."""
        return self.token is not None or self.token_file is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The deployments that it may send to."""
        return self.deployments if self.deployment is None else (self.deployment,)

    def suits(self, destination: str) -> bool:
        """Whether its door may lead to a deployment at this destination: a feed's may, wherever that is."""
        return self.door in ("feed", destination)

    def current_token(self) -> SecretStr:
        """Return the token as it is now. Raises SettingsError, naming the file, where it cannot be read."""
        if self.token is not None:
            return self.token
        if self.token_file is None:
            raise SettingsError("The connection from mParticle has no token: set token or token_file.")
        return read_key_file(self.token_file)

    def current_secret(self) -> SecretStr:
        """Return the feed's secret as it is now. Raises SettingsError, naming the file, where it cannot be read."""
        if self.secret is not None:
            return self.secret
        if self.secret_file is None:
            raise SettingsError("The feed has no secret: set secret or secret_file.")
        return read_key_file(self.secret_file)
