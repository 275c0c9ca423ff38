"""Session calls as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from producers.third_party import notes
from producers.third_party.attribute_types import converted
from producers.third_party.bodies import AttributeInfo, Body
from producers.third_party.callbacks import callback_of
from producers.third_party.calls import Call
from producers.third_party.context import Context, Translation, path_id, skips
from producers.third_party.problems import make, read
from producers.third_party.session_bodies import COMPUTED, CartItem, SessionBody, SessionV1Body
from tercel.records import Session

_ID: Final = "customerSessionId"
_NAMES: Final = {"session_id": _ID, "profile_id": "profileId"}
_OWN_FIELDS: Final = frozenset({"profile_id", "state"})  # of the record itself
_V1_PLACE: Final = "customerSession"


class _Types(NamedTuple):
    """The types declared for attributes."""

    of_session: Sequence[AttributeInfo] = ()
    of_cart_items: Sequence[AttributeInfo] = ()


_NO_TYPES: Final = _Types()


def session(call: Call, context: Context) -> Translation:
    """The session call: its body is the session, flat."""
    return _session(call, context, read(SessionBody, call.body))


def session_v1(call: Call, context: Context) -> Translation:
    """The deprecated session call: the session in a wrapper, with the types of its attributes and its cart items'."""
    body = read(SessionV1Body, call.body)
    types = _Types(body.session_attributes_info or (), body.cart_item_attributes_info or ())
    return _session(call, context, body.customer_session, _V1_PLACE, types)


def _session(
    call: Call, context: Context, body: SessionBody, place: str = "", types: _Types = _NO_TYPES
) -> Translation:
    session_id = path_id(call, _ID)
    details = dict(_given(body, _OWN_FIELDS))
    said = dict.fromkeys((notes.ATTRIBUTES_NOT_CREATED,) if any(types) else ())
    said |= dict.fromkeys(_convert(details, types.of_session))
    if body.cart_items is not None:
        details["cartItems"] = cart = [dict(_given(item, COMPUTED)) for item in body.cart_items]
        said |= dict.fromkeys(note for item in cart for note in _convert(item, types.of_cart_items))
        said |= dict.fromkeys(_computed(body.cart_items))
    asked = callback_of(call.callback, context.callbacks)
    record = make(
        Session,
        _NAMES,
        place,
        session_id=session_id,
        profile_id=body.profile_id or "",
        state=body.state or "open",
        details=details,
        skip_unknown=skips(call),
        callback=asked.callback,
    )
    return Translation((record,), notes=(*said, *asked.notes))


def _given(body: Body, but: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that were given, under the API's names. A null is not given, except inside attributes."""
    for name, field in type(body).model_fields.items():
        value = getattr(body, name)
        if value is not None and name not in but:
            yield field.alias or name, _plain(value)


def _plain(value: Any) -> Any:
    """Return additional costs as plain objects; cart items are made plain by who knows what to leave out of them."""
    if isinstance(value, dict):
        return {name: dict(_given(one, frozenset())) if isinstance(one, Body) else one for name, one in value.items()}
    return value


def _convert(holder: dict[str, Any], infos: Sequence[AttributeInfo]) -> Iterator[str]:
    """Convert the attributes of a session or cart item in place; yield what is to be said about it."""
    attributes: Mapping[str, Any] | None = holder.get("attributes")
    if attributes and infos:
        holder["attributes"], all_read = converted(attributes, infos)
        if not all_read:
            yield notes.ATTRIBUTES_NOT_CONVERTED


def _computed(cart: Iterable[CartItem]) -> Iterator[str]:
    if any(not item.model_fields_set.isdisjoint(COMPUTED) for item in cart):
        yield notes.COMPUTED_FIELDS
