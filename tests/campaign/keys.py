"""Orders and refunds whose answer was lost, asked for again when the provider has forgotten the request.

The twins forget a request after 30 minutes to 24 hours, and do then what they are asked as if it were new. Their own
books say whether anybody was charged or given back twice.
"""

import random
from collections import Counter
from datetime import timedelta
from typing import Final

from server.giving_back import give_back
from server.orders import NothingOwed, NotPayable, StillOpen, look_up
from server.providers.contract import Outcome, Unanswered
from simulator.providers.network import Fate
from tests.campaign.books import books
from tests.campaign.result import Result, Say, missing
from tests.server.money_desk import MoneyDesk, stand_at_the_exit

CASES: Final = 1_000
TRIES: Final = 4
PRICE, BACK = 30_000, 10_000  # a second refund of a third would still be within what was paid
LOSSES: Final = (Fate.ANSWER_LOST, Fate.ANSWER_LOST, Fate.REQUEST_LOST, Fate.BROKEN, Fate.ARRIVES)
KINDS: Final = ("orders asked again beyond the key", "refunds asked again beyond the key", "answers lost", "refunds")


def run(seed: int, *, scale: float, say: Say) -> Result:
    """1,000 cases at scale 1."""
    rng, counts = random.Random(f"{seed}/keys"), Counter[str]()
    failures: list[str] = []
    cases = max(10, round(CASES * scale))
    with books("keys") as engine:
        visits = stand_at_the_exit(engine, range(1, cases + 1), PRICE)
        for number, visit in enumerate(visits):
            life = timedelta(minutes=rng.uniform(30, 24 * 60))
            case = _Case(MoneyDesk(engine, key_life=life, order_life=timedelta(days=9)), rng, counts, life)
            failures += [f"case {number}: {what}" for what in case.run(visit, rng.choice(("momo", "momo", "vnpay")))]
            if number % 200 == 199:
                say(f"{number + 1:,} cases")
    kinds = {kind: counts[kind] for kind in KINDS}
    return Result("keys", seed, {"cases": cases, **dict(sorted(counts.items()))}, [*failures, *missing(kinds)])


class _Case:
    """One visit at one provider."""

    def __init__(self, desk: MoneyDesk, rng: random.Random, counts: Counter[str], life: timedelta) -> None:
        self._desk, self._rng, self._counts, self._life = desk, rng, counts, life
        desk.network.fate = self._fate
        self._calm = False

    def run(self, visit: str, provider: str) -> list[str]:
        """Order, pay wherever it can be paid, give back; what was done twice."""
        url = self._ordered(visit, provider)
        order = f"{visit}01"
        paid = self._paid(provider, order, url)
        if paid > 1:
            return [f"{paid} payments of {order}"]
        if not paid or not self._found(provider, order):
            return [] if not paid else [f"{order} was paid and never found"]
        outcome = self._given_back(provider, order)
        twin = self._desk.momo_twin if provider == "momo" else self._desk.vnpay_twin
        back = [deed.amount for deed in twin.book if deed.amount < 0]
        self._counts["refunds"] += len(back)
        return [] if back == [-BACK] and outcome is Outcome.REFUNDED else [f"{order}: given back {back}, {outcome}"]

    def _ordered(self, visit: str, provider: str) -> str:
        """Ask, and ask again after a while; the page, if one was ever told of."""
        for attempt in range(TRIES):
            try:
                found = self._desk.ask(provider, visit)
            except (Unanswered, StillOpen, NotPayable, NothingOwed):
                self._later("orders", last=attempt == TRIES - 1)
                continue
            return found.payable.url if found.payable else ""
        return ""

    def _paid(self, provider: str, order: str, url: str) -> int:
        """A driver who pays at every page there is."""
        desk = self._desk
        if provider == "momo":
            for page in desk.momo_twin.pages(order):
                desk.momo_twin.pay(page)
            return len([deed for deed in desk.momo_twin.book if deed.order == order])
        desk.clock.now = desk.clock.now.replace(microsecond=0)
        if url:
            desk.vnpay_twin.pay(url)
        return len(desk.vnpay_twin.book)

    def _found(self, provider: str, name: str) -> bool:
        """The notice was lost as well: it is asked for until it answers."""
        self._calm = True
        desk = self._desk
        desk.clock.wait(timedelta(minutes=1))
        visit = name[:-2]
        try:
            order = desk.ask(provider, visit).order
        except (NothingOwed, StillOpen):
            return True
        return look_up(desk.engine, desk.providers[provider], desk.line, order, desk.clock()).outcome is Outcome.PAID

    def _given_back(self, provider: str, order: str) -> Outcome:
        outcome = Outcome.REFUND_OPEN
        for attempt in range(TRIES + 2):
            self._calm = attempt >= TRIES
            try:
                outcome = self._asked_back(provider, order)
            except Unanswered:
                self._later("refunds", last=False)
                continue
            if outcome is Outcome.REFUNDED and attempt >= 1:
                return outcome
            self._later("refunds", last=False)
        return outcome

    def _asked_back(self, provider: str, order: str) -> Outcome:
        desk = self._desk
        return give_back(
            desk.engine,
            desk.providers[provider],
            desk.line,
            refund=f"HT{order}",
            order=order,
            amount=BACK,
            by="finance",
            now=desk.clock(),
        )

    def _later(self, what: str, *, last: bool) -> None:
        beyond = self._rng.random() < 0.8
        self._desk.clock.wait(self._life * (self._rng.uniform(1.01, 2) if beyond else self._rng.uniform(0, 0.4)))
        if beyond and not last:
            self._counts[f"{what} asked again beyond the key"] += 1

    def _fate(self) -> Fate:
        fate = Fate.ARRIVES if self._calm else self._rng.choice(LOSSES)
        if fate is Fate.ANSWER_LOST:
            self._counts["answers lost"] += 1
        return fate
