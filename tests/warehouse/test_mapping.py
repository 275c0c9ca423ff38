"""Mappings: what rows become, and what is said of a mapping that cannot work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from producers.warehouse import load_mapping, mapping_of_options
from producers.warehouse.compiling import compile_mapping
from producers.warehouse.mapping import AnyMapping, MembershipMapping, ProfileMapping
from producers.warehouse.rows import Columns, Format
from producers.warehouse.values import RowRefused
from tercel.errors import MappingError
from tercel.records import MAX_ID_LENGTH, Event, Membership, Profile, Record

CSV = Columns(Path("/data/customers.csv"), Format.CSV, ("id", "email", "spend", "vip", "seen"))
JSONL = Columns(Path("/data/customers.jsonl"), Format.JSONL, ("id", "email", "spend"))
ROW = ["00001", "a@b.example", "11.77", "yes", "1997-01-31"]


def made(mapping: AnyMapping, row: Any, columns: Columns = CSV, number: int = 2) -> Record:
    return compile_mapping(mapping, columns).make(row, number)


def refusal(mapping: AnyMapping, row: Any, columns: Columns = CSV) -> RowRefused:
    with pytest.raises(RowRefused) as refused:
        made(mapping, row, columns)
    return refused.value


def of_file(folder: Path, text: str) -> AnyMapping:
    path = folder / "map.toml"
    path.write_text(text)
    return load_mapping(path)


def test_without_a_mapping_every_column_but_the_ids_becomes_the_attribute_of_its_name() -> None:
    profile = made(mapping_of_options(id_column="id", types=["spend:number"]), ROW)
    attributes = {"email": "a@b.example", "spend": 11.77, "vip": "yes", "seen": "1997-01-31"}
    assert profile == Profile(profile_id="00001", attributes=attributes)


def test_options_map_attributes_to_columns_with_types() -> None:
    maps = ["Email=email", "Spend=spend:number", "Vip=vip:boolean", "LastSeen=seen:time"]
    profile = made(mapping_of_options(id_column="id", id_prefix="shop-", maps=maps), ROW)
    attributes = {"Email": "a@b.example", "Spend": 11.77, "Vip": True, "LastSeen": "1997-01-31T00:00:00Z"}
    assert profile == Profile(profile_id="shop-00001", attributes=attributes)


def test_a_mapping_file_knows_constants_types_nulls_and_optional_columns(tmp_path: Path) -> None:
    mapping = of_file(
        tmp_path,
        """
        id = "id"
        [attributes]
        Email = "email"
        Source = { constant = "cdnow" }
        Spend = { column = "spend", type = "number", nulls = "send" }
        City = { column = "city", optional = true }
        """,
    )
    profile = made(mapping, ["1", "", "", "", ""])
    assert profile == Profile(profile_id="1", attributes={"Source": "cdnow", "Spend": None})


def test_memberships_take_action_and_audience_from_constants_or_columns(tmp_path: Path) -> None:
    constant = mapping_of_options(object_type="membership", id_column="id", action="remove", audience="7")
    assert made(constant, ROW) == Membership(profile_id="00001", action="delete", audience_id=7)
    named = mapping_of_options(object_type="membership", id_column="id", audience="Big spenders")
    assert made(named, ROW) == Membership(profile_id="00001", action="add", audience_name="Big spenders")
    columns = Columns(Path("m.csv"), Format.CSV, ("id", "what", "audience"))
    by_column = mapping_of_options(
        object_type="membership", id_column="id", action="column:what", audience="column:audience"
    )
    assert made(by_column, ["1", "Remove", "3"], columns) == Membership(profile_id="1", action="delete", audience_id=3)
    assert refusal(by_column, ["1", "drop", "3"], columns).code == "T510"
    assert refusal(by_column, ["1", "add", "VIPs"], columns).code == "T509"
    assert refusal(by_column, ["1", "add", "0"], columns).code == "T509"
    assert refusal(by_column, ["1", "add", ""], columns).code == "T511"


def test_an_events_id_is_a_column_or_made_of_the_row_so_that_a_repeat_is_the_same_event() -> None:
    given_id = mapping_of_options(
        object_type="event", id_column="id", event_type="purchase", event_id_column="email", maps=["Paid=spend:number"]
    )
    assert made(given_id, ROW) == Event(
        profile_id="00001", type="purchase", event_id="a@b.example", attributes={"Paid": 11.77}
    )
    derived = mapping_of_options(object_type="event", id_column="id", event_type="column:vip", maps=["Paid=spend"])
    first, again, elsewhere = (made(derived, ROW, number=n) for n in (2, 2, 3))
    assert isinstance(first, Event)
    assert isinstance(elsewhere, Event)
    assert first == again
    assert first.event_id != elsewhere.event_id


def test_an_optional_key_of_json_lines_may_first_come_late(tmp_path: Path) -> None:
    mapping = of_file(tmp_path, "id = 'id'\n[attributes]\nCity = { column = 'city', optional = true }")
    assert made(mapping, {"id": "1", "city": "Berlin"}, JSONL) == Profile(profile_id="1", attributes={"City": "Berlin"})
    assert made(mapping, {"id": "1"}, JSONL) == Profile(profile_id="1")


def test_an_empty_json_lines_file_fits_every_mapping() -> None:
    mapping = mapping_of_options(id_column="id", maps=["Email=email"])
    compile_mapping(mapping, Columns(Path("empty.jsonl"), Format.JSONL, ()))


def test_json_objects_are_mapped_by_key_and_keep_their_values() -> None:
    row = {"email": "a@b.example", "tags": ["x"], "id": 17, "spend": 3, "note": None, "empty": ""}
    assert made(mapping_of_options(id_column="id"), row, JSONL) == Profile(
        profile_id="17", attributes={"email": "a@b.example", "tags": ["x"], "spend": 3, "empty": ""}
    )
    assert made(mapping_of_options(id_column="id", maps=["Email=email"]), row, JSONL) == Profile(
        profile_id="17", attributes={"Email": "a@b.example"}
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"email": "x"}, "T508"),
        ({"id": None}, "T508"),
        ({"id": " "}, "T508"),
        ({"id": 1.5}, "T509"),
        ({"id": True}, "T509"),
        ({"id": "x" * 1_001}, "T509"),
        ({"id": "a\0b"}, "T506"),
        ({"id": "1", "email": "a\0b"}, "T506"),
        ({"id": "1", "tags": ["\0"]}, "T506"),
        ({"id": "1", "first name": "x"}, "T512"),
        ({"id": "1", "n": 2**80}, "T510"),
    ],
)
def test_an_object_that_cannot_become_a_profile_is_refused_with_its_reason(row: dict[str, Any], code: str) -> None:
    assert refusal(mapping_of_options(id_column="id"), row, JSONL).code == code


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", " 007 ", " 007 "),
        ("number", "12", 12),
        ("number", " 1.5e3 ", 1500),
        ("number", "-0.25", -0.25),
        ("number", "  ", None),
        ("integer", "12.0", 12),
        ("integer", "-7", -7),
        ("boolean", "TRUE", True),
        ("boolean", "0", False),
        ("time", "1997-01-31", "1997-01-31T00:00:00Z"),
        ("time", "1997-01-31 10:30:00", "1997-01-31T10:30:00Z"),
        ("time", "1997-01-31T10:30:00+02:00", "1997-01-31T08:30:00Z"),
        ("time", "1997-01-31T10:30:00.25Z", "1997-01-31T10:30:00.250000Z"),
    ],
)
def test_text_is_read_as_its_type(kind: str, text: str, value: object) -> None:
    profile = made(mapping_of_options(id_column="id", maps=[f"A=email:{kind}"], nulls="send"), ["1", text, "", "", ""])
    assert isinstance(profile, Profile)
    assert profile.attributes == {"A": value}
    assert type(profile.attributes["A"]) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "twelve"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "1_000"),
        ("number", "11,77"),
        ("integer", "1.5"),
        ("integer", "1_000"),
        ("integer", "9" * 30),
        ("integer", "9" * 5_000),
        ("integer", "1e300"),
        ("boolean", "maybe"),
        ("time", "31.01.1997"),
        ("time", "19970131"),
        ("time", "1997-02-30"),
        ("time", "0001-01-01T00:00:00+10:00"),
        ("time", "1997-01-3\u0661"),
    ],
)
def test_text_that_does_not_fit_its_type_is_refused_by_column_and_without_the_value(kind: str, text: str) -> None:
    refused = refusal(mapping_of_options(id_column="id", maps=[f"A=email:{kind}"]), ["1", text, "", "", ""])
    assert refused.code == "T510"
    assert "column 'email'" in refused.text
    assert text not in refused.text


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (CSV, {"id_column": "Id"}, "/data/customers.csv has no column 'Id'; did you mean id"),
        (CSV, {"id_column": "id", "maps": ["E=emial"]}, "did you mean email"),
        (CSV, {"id_column": "id", "types": ["spent:number"]}, "did you mean spend"),
        (CSV, {"id_column": "id", "maps": ["E=zzz"]}, "(it has: id, email, spend, vip, seen)"),
        (JSONL, {"id_column": "id", "maps": ["E=emial"]}, "no row among the first 1,000 of /data/customers.jsonl"),
        (Columns(Path("a.csv"), Format.CSV, ("id;email",)), {"id_column": "id"}, "set the delimiter to ';'"),
        (Columns(Path("a.csv"), Format.CSV, ("id", "x", "x")), {"id_column": "id"}, "2 columns named 'x'"),
        (Columns(Path("a.csv"), Format.CSV, ("id", "First name")), {"id_column": "id"}, "--map Attribute='First name'"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_refused_with_what_to_do(
    columns: Columns, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(MappingError) as refused:
        compile_mapping(mapping_of_options(**options), columns)
    assert said in str(refused.value)


def test_a_doubled_column_that_nobody_asks_for_does_no_harm() -> None:
    columns = Columns(Path("a.csv"), Format.CSV, ("id", "x", "x", "n"))
    profile = made(mapping_of_options(id_column="id", maps=["N=n"]), ["1", "a", "b", "c"], columns)
    assert profile == Profile(profile_id="1", attributes={"N": "c"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("idprefix = 'x'\nid = 'id'", "idprefix is not a key; did you mean id_prefix"),
        ("id_prefix = 'x'", "id is missing"),
        ("id = 'id'\nobject = 'session'", "object: 'session' is not one of profile, membership, event"),
        ("id = 'id'\n[attributes]\n'first name' = 'x'", "'first name' cannot be an attribute"),
        ("id = 'id'\n[attributes]\nA = { colum = 'x' }", "attributes.A.colum is not a key; did you mean column"),
        ("id = 'id'\n[attributes]\nA = { column = 'x', constant = 1 }", "give either column or constant"),
        ("id = 'id'\n[attributes]\nA = { constant = nan }", "JSON has no NaN"),
        ("id = 'id'\n[types]\nx = 'float'", "types.x"),
        ("id = 'id'\nobject = 'membership'", "say which audience"),
        ("id = 'id'\nobject = 'membership'\naudience_id = 0", "audience_id: Input should be greater"),
        ("id = 'id'\nobject = 'membership'\naudience_id = 1\naction = 'drop'", "action: Input should be 'add'"),
        ("id = 'id'\nobject = 'event'", "event_type is missing"),
        ("id = ", "is not TOML"),
    ],
)
def test_a_wrong_mapping_file_is_refused_with_file_and_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(MappingError) as refused:
        of_file(tmp_path, text)
    assert said in str(refused.value)
    assert "map.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"maps": ["Email"]}, "write ATTRIBUTE=COLUMN"),
        ({"maps": ["A=x", "A=y"]}, "A is mapped twice"),
        ({"types": ["x"]}, "write COLUMN:TYPE"),
        ({"types": ["x:float"]}, "string, number, integer, boolean, time"),
        ({"maps": ["1x=y"]}, "cannot be an attribute"),
        ({"object_type": "membership", "audience": "7", "maps": ["A=x"]}, "attributes is not a key"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(MappingError) as refused:
        mapping_of_options(id_column="id", **options)
    assert said in str(refused.value)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.text("ab", min_size=MAX_ID_LENGTH - 2, max_size=MAX_ID_LENGTH + 2),
    st.lists(st.text(max_size=3), max_size=3),
)


def same_as_validated(record: Record) -> None:
    validated = type(record).model_validate(record.data())
    assert record == validated
    assert record.data() == validated.data()
    assert record.model_dump_json(exclude_defaults=True) == validated.model_dump_json(exclude_defaults=True)
    assert record.model_fields_set == validated.model_fields_set
    assert list(vars(record)) == list(vars(validated))
    assert (record.lane_kind, record.key) == (validated.lane_kind, validated.key)
    assert record.model_copy() == validated
    with pytest.raises(ValidationError, match="frozen"):
        record.profile_id = "x"  # type: ignore[attr-defined]


@given(
    id_value=values,
    email=values,
    spend=values,
    kind=st.sampled_from(["string", "number", "integer", "boolean", "time", None]),
    nulls=st.sampled_from(["skip", "send"]),
    prefix=st.sampled_from(["", "shop-"]),
)
def test_a_profile_put_together_unchecked_is_the_one_the_model_would_make(
    id_value: object, email: object, spend: object, kind: str | None, nulls: str, prefix: str
) -> None:
    mapping = ProfileMapping.model_validate(
        {
            "id": "id",
            "id_prefix": prefix,
            "nulls": nulls,
            "attributes": {"Email": {"column": "email", "type": kind}, "Spend": "spend", "C": {"constant": [1]}},
        }
    )
    text = ["" if value is None else str(value).replace("\0", "") for value in (id_value, email, spend)]
    for row, columns in (([*text, "", ""], CSV), ({"id": id_value, "email": email, "spend": spend}, JSONL)):
        try:
            record = made(mapping, row, columns)
        except RowRefused:
            continue
        same_as_validated(record)


@given(id_value=values, audience=values, action=st.one_of(values, st.sampled_from(["add", "Remove", "DELETE"])))
def test_a_membership_put_together_unchecked_is_the_one_the_model_would_make(
    id_value: object, audience: object, action: object
) -> None:
    mapping = MembershipMapping.model_validate(
        {"id": "id", "action": {"column": "email"}, "audience_id": {"column": "spend"}}
    )
    try:
        record = made(mapping, {"id": id_value, "email": action, "spend": audience}, JSONL)
    except RowRefused:
        return
    same_as_validated(record)
