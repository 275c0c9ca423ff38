"""The actions that create, rename and delete an audience."""

from __future__ import annotations

from typing import Final

from producers.segment.actions.fields import Action, Field, FieldType

_AUDIENCE_ID: Final = Field("audienceId", FieldType.STRING, "Segment Audience ID", required=True)
_AUDIENCE_NAME: Final = Field("audienceName", FieldType.STRING, "Audience Name", required=True)

CREATE_AUDIENCE: Final = Action("createAudience", "Create Audience", (_AUDIENCE_ID, _AUDIENCE_NAME))
RENAME_AUDIENCE: Final = Action("updateAudience", "Update Audience Name", (_AUDIENCE_ID, _AUDIENCE_NAME))
DELETE_AUDIENCE: Final = Action("deleteAudience", "Delete Audience", (_AUDIENCE_ID,))
