"""The units of customer data that Tercel moves: what a producer may hand in, whatever the destination.

A record is validated once, here, when it enters. On the lanes and in the workers it travels as the plain JSON object
that :meth:`Record.data` returns, because a worker reads a thousand of them for every request.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from xxhash import xxh3_64_hexdigest

from tercel.attributes import Attributes

MAX_ID_LENGTH = 1_000  # characters; Talon.One's limit for an integrationId
MAX_CHANGES = 1_000  # audience changes one profile may carry; the API's limit of actions a request

ProfileId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)]
IdentityKind = Literal["email", "extid"]
AudienceId = Annotated[int, Field(ge=1, le=2**63 - 1)]  # the API's ids are int64
Text = Annotated[str, StringConstraints(min_length=0)]  # with any constraint, pydantic refuses halves of characters


class Urgency(StrEnum):
    """How soon a record is wanted: ``live`` lanes are served before ``bulk`` lanes."""

    LIVE = "live"
    BULK = "bulk"


class LaneKind(StrEnum):
    """The kinds of lane. A profile that runs the rule engine cannot be batched and so has a lane of its own."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and tables are looked up for every record

    PROFILE = "profile"
    RULES = "rules"
    MEMBERSHIP = "membership"
    EVENT = "event"
    SESSION = "session"
    AUDIENCE = "audience"

    @property
    def letter(self) -> str:
        """The one letter that stands for this kind in a message's head, where Lua reads it."""
        return self.value[0]


LANE_KIND_OF_LETTER: dict[str, LaneKind] = {kind.letter: kind for kind in LaneKind}


class Record(BaseModel):
    """One unit of customer data for one destination. Frozen; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def lane_kind(self) -> LaneKind:
        """The kind of lane that carries this record."""
        raise NotImplementedError

    @property
    def key_text(self) -> str:
        """The text whose hash is this record's key: the person, else the profile's id, for all but audience records."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """The record's key: 64 bits as 16 hex digits. Records with one key are never in flight at once."""
        return key_of(self.key_text)

    def data(self) -> dict[str, Any]:
        """The record as the JSON object that travels: fields at their default are left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


def key_of(text: str) -> str:
    """Return the key (16 hex digits) of a profile id, or of an audience's ``key_text``."""
    return xxh3_64_hexdigest(text.encode("utf-8", "surrogatepass"))


class AudienceRef(BaseModel):
    """An audience named by what its creator knows: an external id, a name, or both. The external id decides.

    With a name it is created on the way where it does not exist yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    external_id: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)
    name: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)

    @model_validator(mode="after")
    def _names_an_audience(self) -> AudienceRef:
        if self.external_id is None and self.name is None:
            raise ValueError("give external_id or name")
        return self


class Callback(BaseModel):
    """Where the answer to a session is to be posted: ``fields`` of it, all where empty.

    ``header`` and ``key`` prove who calls; the key is a secret of the receiver of the callback.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str = Field(min_length=1, max_length=2_000)
    header: str | None = Field(default=None, min_length=1, max_length=200)
    key: str | None = Field(default=None, min_length=32, max_length=2_000, repr=False)
    fields: tuple[Text, ...] = Field(default=(), max_length=50)
    correlation_id: str | None = Field(default=None, min_length=1, max_length=200)


AnyAudience = AudienceId | AudienceRef


class Identities(BaseModel):
    """A change of the ids that a profile is found by: what it ``was`` found by, and what it is to be found by ``now``.

    Only the kinds that change are named. A kind in ``now`` alone is added; none can be taken away.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    was: dict[IdentityKind, ProfileId] = Field(default_factory=dict)
    now: dict[IdentityKind, ProfileId] = Field(min_length=1)


class Profile(Record):
    """A profile upsert: attributes not named keep their value; ``None`` deletes one where the API does so.

    ``audiences_add`` and ``audiences_delete`` (audience ids, or :class:`AudienceRef`), ``run_rules`` and ``identities``
    make it travel alone: the API's bulk call carries none of them. ``profile_id`` is the id after a change of
    identities. ``skip_unknown`` says whether attributes that the destination does not know are left out instead of
    refused; None leaves it to the deployment. ``person`` is what the record's key is made of where a profile's id may
    change: a text that stays the same for one person.
    """

    lane_kinds: ClassVar[tuple[LaneKind, ...]] = (LaneKind.PROFILE, LaneKind.RULES)

    profile_id: ProfileId
    person: ProfileId | None = None
    attributes: Attributes = Field(default_factory=dict)
    run_rules: bool = False
    audiences_add: tuple[AnyAudience, ...] = Field(default=(), max_length=MAX_CHANGES)
    audiences_delete: tuple[AnyAudience, ...] = Field(default=(), max_length=MAX_CHANGES)
    identities: Identities | None = None
    skip_unknown: bool | None = None

    @property
    def lane_kind(self) -> LaneKind:
        alone = self.run_rules or self.audiences_add or self.audiences_delete or self.identities
        return LaneKind.RULES if alone else LaneKind.PROFILE

    @property
    def key_text(self) -> str:
        return self.person or self.profile_id


class Membership(Record):
    """A profile joins or leaves an audience, named by its Talon.One id or by what created it.

    One of ``audience_id``, ``audience_external_id`` and ``audience_name`` is needed; the first one given decides.
    ``person`` as for a profile.
    """

    profile_id: ProfileId
    person: ProfileId | None = None
    action: Literal["add", "delete"]
    audience_id: AudienceId | None = None
    audience_external_id: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)
    audience_name: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)

    @model_validator(mode="after")
    def _names_an_audience(self) -> Membership:
        if self.audience_id is None and self.audience_external_id is None and self.audience_name is None:
            raise ValueError("give audience_id, audience_external_id or audience_name")
        return self

    @property
    def lane_kind(self) -> LaneKind:
        return LaneKind.MEMBERSHIP

    @property
    def key_text(self) -> str:
        return self.person or self.profile_id


class Event(Record):
    """Something a profile did. ``event_id`` is unique to the event; where the API takes it, a repeat is harmless.

    ``person`` and ``skip_unknown`` as for a profile.
    """

    profile_id: ProfileId
    person: ProfileId | None = None
    type: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)]
    event_id: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_LENGTH)]
    attributes: Attributes = Field(default_factory=dict)
    session_id: str | None = Field(default=None, min_length=1)
    store_id: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)
    loyalty_cards: tuple[Text, ...] = Field(default=(), max_length=1)
    skip_unknown: bool | None = None

    @property
    def lane_kind(self) -> LaneKind:
        return LaneKind.EVENT

    @property
    def key_text(self) -> str:
        return self.person or self.profile_id


class Session(Record):
    """A customer session as it now is. ``details`` holds the API's other session fields, under the API's names.

    ``skip_unknown`` as for a profile. ``callback``: where the API's answer is posted once the session is delivered.
    """

    session_id: Annotated[str, StringConstraints(min_length=1)]
    profile_id: str = Field(default="", max_length=MAX_ID_LENGTH)
    state: Literal["open", "closed", "cancelled"] = "open"
    details: Attributes = Field(default_factory=dict)
    skip_unknown: bool | None = None
    callback: Callback | None = None

    @property
    def lane_kind(self) -> LaneKind:
        return LaneKind.SESSION

    @property
    def key_text(self) -> str:
        return self.profile_id or f"session:{self.session_id}"


class Audience(Record):
    """An audience to create, rename or delete. Rename and delete find it by id, external id or name."""

    action: Literal["create", "rename", "delete"]
    name: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)
    external_id: str | None = Field(default=None, min_length=1, max_length=MAX_ID_LENGTH)
    audience_id: AudienceId | None = None
    integration: str | None = Field(default=None, min_length=1)
    description: Text | None = None

    @model_validator(mode="after")
    def _can_be_found(self) -> Audience:
        if self.action in ("create", "rename") and self.name is None:
            raise ValueError(f"an audience to {self.action} needs a name")
        if self.name is None and self.external_id is None and self.audience_id is None:
            raise ValueError("give audience_id, external_id or name")
        return self

    @property
    def lane_kind(self) -> LaneKind:
        return LaneKind.AUDIENCE

    @property
    def key_text(self) -> str:
        return f"audience:{self.external_id or self.name or self.audience_id}"


RECORD_OF_LANE: dict[LaneKind, type[Record]] = {
    LaneKind.PROFILE: Profile,
    LaneKind.RULES: Profile,
    LaneKind.MEMBERSHIP: Membership,
    LaneKind.EVENT: Event,
    LaneKind.SESSION: Session,
    LaneKind.AUDIENCE: Audience,
}
