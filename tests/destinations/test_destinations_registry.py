from __future__ import annotations

import pytest

from tercel.errors import SettingsError
from workers.destinations import destination
from workers.destinations.talon_one import TalonOne


def test_a_destination_is_made_by_its_name() -> None:
    made = destination("talon_one", events_api="v3", skip_unknown_attributes=True)

    assert isinstance(made, TalonOne)
    assert made.name == "talon_one"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("salesforce", {}, "no destination 'salesforce'; choose one of: talon_one, sailthru"),
        ("talon_one", {"event_api": "v3"}, "no option event_api; it takes: .*events_api"),
        ("talon_one", {"events_api": "v4"}, "events_api is 'v4'; choose one of: v2, v3"),
        ("talon_one", {"audience_changes": "maybe"}, "audience_changes is 'maybe'; choose one of: memberships"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(name: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        destination(name, **options)
