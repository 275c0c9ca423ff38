"""The tutorial's course, told as it happens. It runs in a thread of its own; the main thread supervises."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import httpx

from sandbox.child import StartError
from tercel.balance import balance
from tercel.cli.alive import workers_alive
from tercel.cli.demo.mparticle.findings import Finding, Seen, findings
from tercel.cli.demo.mparticle.house import ADDRESS, AUDIENCE, DOOR, House
from tercel.cli.demo.mparticle.requests import PATH, body_for, curl_for
from tercel.cli.demo.report import FAINT, HEAD, Line
from tercel.cli.sandbox_file import DEPLOYMENT
from tercel.errors import DestinationUnavailable

START_S: Final = 60.0  # seconds the receiver and the worker get to come up; they usually take five
STEP_S: Final = 60.0  # seconds for a step, usually a fraction of one; a machine may be busy
LOOK_EVERY_S: Final = 0.1  # seconds between two looks
POST_S: Final = 10.0  # seconds for the answer of a stand-in
CONNECTED: Final = 2  # messages of mParticle until an audience is connected: what are you, and here is an audience

Tell = Callable[[Line], None]
T = TypeVar("T")


class Stopped(Exception):
    """Somebody wants the demo to end."""


class Tutorial:
    """One walk through it. ``tell`` shows a line; ``stopped`` is set when somebody wants it to end."""

    def __init__(self, house: House, customer: str, *, tell: Tell, stopped: threading.Event) -> None:
        self._house, self._customer = house, customer
        self._say, self._stopped = tell, stopped
        self._visits = 0

    def walk(self) -> list[Finding]:
        """Walk through all steps and return what is found at the end.

        Raises StartError, DestinationUnavailable, and Stopped where somebody wants it to end.
        """
        with self._stand_ins_answer():
            self._wait_for_doors()
            self._input_and_output()
            self._rule()
            self._activate()
            self._test()
            self._visit_again()
            return findings(self._seen())

    def _wait_for_doors(self) -> None:
        settings = self._house.settings
        ready_at = f"http://{ADDRESS}:{settings.receiver.port}/readyz"
        up = self._until(lambda: _answers(ready_at) and workers_alive(settings), START_S)
        if not up:
            raise StartError(f"The receiver or the worker did not start; {self._house.logs} may say why.")

    def _input_and_output(self) -> None:
        self._head("1. mParticle: a custom feed, an audience output, an audience")
        self._tell(f"The output goes to Tercel's door {DOOR}. User ID: Customer ID. Run Rule Engine: on.")
        self._tell(
            f'The audience "{AUDIENCE.name}", external name "{AUDIENCE.external_name}": more than '
            f"{AUDIENCE.more_than} sessions within the last 1 day."
        )

    def _rule(self) -> None:
        self._head("2. Talon.One: a campaign with one rule")
        self._tell(f'Has joined an audience "{AUDIENCE.external_name}" -> create coupon code.')

    def _activate(self) -> None:
        house = self._house
        self._head("3. mParticle: activate the audience")
        house.mparticle.connect()
        sent = self._delivered(CONNECTED)
        self._tell(f"mParticle asked Tercel what it is ({sent[0]['answer']}) and named the audience to it.")
        found = self._until(house.talon_one.audiences)
        if found:
            self._tell(
                f'Tercel created the audience "{found[0]["name"]}" in Talon.One; its id there is {found[0]["id"]}.'
            )

    def _test(self) -> None:
        house = self._house
        self._head("4. Test it: a session of the customer begins")
        for line in curl_for(house.mparticle_url, house.feed.key, house.feed.secret, self._customer):
            self._tell(line, FAINT)
        self._tell(f"-> {self._visit()}")
        [*_, joined] = self._delivered(CONNECTED + 1)
        mpid = joined["message"]["user_profiles"][0]["mpid"] if "user_profiles" in joined["message"] else "?"
        self._tell(f"mParticle: user {mpid} joins the audience, and Tercel is told of it ({joined['answer']}).")
        members = self._until(house.talon_one.memberships)
        if members:
            self._tell(f"Talon.One: {self._customer} is in the audience; the profile call ran the rules.")
        coupons = self._until(house.talon_one.coupons)
        if coupons:
            self._tell(f"Talon.One: the campaign has a coupon for {coupons[0]['recipientIntegrationId']}:")
            self._say(Line(f"     {coupons[0]['value']}", HEAD))

    def _visit_again(self) -> None:
        self._head("5. The same customer comes back")
        self._tell(f"-> {self._visit()}")
        self._tell("He is in the audience already: mParticle has nothing to tell, and there is no second coupon.")
        self._until(self._settled)

    def _visit(self) -> str:
        house = self._house
        self._visits += 1
        answer = httpx.post(
            f"{house.mparticle_url}{PATH}",
            content=body_for(self._customer).encode(),
            headers={"content-type": "application/json"},
            auth=(house.feed.key, house.feed.secret),
            timeout=POST_S,
            trust_env=False,
        )
        return f"{answer.status_code} {answer.reason_phrase}"

    def _seen(self) -> Seen:
        house = self._house
        with house.redis.guard():
            totals = house.redis.lanes.totals(DEPLOYMENT)
        return Seen(
            customer=self._customer,
            audience=AUDIENCE.external_name,
            visits=self._visits,
            sent=house.mparticle.sent(),
            audiences=house.talon_one.audiences(),
            members=house.talon_one.memberships(),
            coupons=house.talon_one.coupons(),
            balance=balance(totals),
        )

    def _settled(self) -> bool:
        with self._house.redis.guard():
            found = balance(self._house.redis.lanes.totals(DEPLOYMENT))
        return found.received > 0 and not found.unfinished

    def _delivered(self, number: int) -> list[dict[str, Any]]:
        """Wait until mParticle has sent so many messages and each has come to its end; those it has sent."""
        self._until(lambda: len(sent := self._house.mparticle.sent()) >= number and _ended(sent))
        return self._house.mparticle.sent()

    def _until(self, look: Callable[[], T], within_s: float = STEP_S) -> T | None:
        """Look until there is something, and return it; None after ``within_s`` seconds. Raises Stopped."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if found := look():
                return found
            if self._stopped.wait(LOOK_EVERY_S):
                raise Stopped
        return None

    @contextmanager
    def _stand_ins_answer(self) -> Iterator[None]:
        try:
            yield
        except httpx.HTTPError as error:
            raise DestinationUnavailable(
                f"A stand-in does not answer ({type(error).__name__}); see the logs in {self._house.logs}."
            ) from error

    def _head(self, text: str) -> None:
        self._say(Line(""))
        self._say(Line(text, HEAD))

    def _tell(self, text: str, style: str = "") -> None:
        self._say(Line(f"   {text}", style))


def _ended(sent: list[dict[str, Any]]) -> bool:
    return all(one["state"] != "waiting" for one in sent)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False
