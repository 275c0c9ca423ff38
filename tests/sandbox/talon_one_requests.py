"""Requests and readings the stand-in's tests share."""

from __future__ import annotations

from typing import Any

import httpx


def upsert(api: httpx.Client, *profiles: tuple[str, Any], **headers: str) -> httpx.Response:
    """The bulk call with these profiles: id and attributes."""
    items = [{"integrationId": number, "attributes": attributes} for number, attributes in profiles]
    return api.put("/v2/customer_profiles", json={"customerProfiles": items}, headers=headers)


def one(api: httpx.Client, profile: str, body: Any, *, query: str = "", **headers: str) -> httpx.Response:
    """The call for one profile."""
    return api.put(f"/v2/customer_profiles/{profile}{query}", json=body, headers=headers)


def members(api: httpx.Client, *changes: tuple[str, str, int]) -> httpx.Response:
    """The membership call: action, profile, audience."""
    data = [{"action": a, "profileIntegrationId": p, "audienceId": n} for a, p, n in changes]
    return api.post("/v2/customer_audiences", json={"data": data})


def event(api: httpx.Client, body: dict[str, Any], *, version: str = "v2", query: str = "") -> httpx.Response:
    """An event; type and profile are there unless the body has others."""
    return api.post(f"/{version}/events{query}", json={"profileId": "p1", "type": "purchase", **body})


def session(api: httpx.Client, number: str, body: dict[str, Any], *, query: str = "") -> httpx.Response:
    """A session update."""
    return api.put(f"/v2/customer_sessions/{number}{query}", json={"customerSession": body})


def pointers(answer: httpx.Response) -> list[str]:
    """The pointers of an error body, none where it has no ``errors``."""
    return [problem["source"]["pointer"] for problem in answer.json().get("errors", [])]


def titles(answer: httpx.Response) -> list[str]:
    """The titles of an error body."""
    return [problem["title"] for problem in answer.json()["errors"]]
