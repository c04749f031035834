"""Notices of three providers, each told ten times, late and out of order; and forgeries of notices not yet told.

The judges are the providers' own books: what they hold must be in the ledger once, to the dong, and nothing else.
"""

import hashlib
import json
import random
from collections import Counter
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine
from sqlmodel import col, func, select

from gate.ledger import LedgerAccount
from server.db import columns, reading
from server.facts import AnomalyRow, EntryRow, NoticeRow, PaymentRow, PostingRow
from server.facts_money import OrderAnswerRow
from server.ledger import owed
from simulator.bank import Bank
from simulator.population import Payer
from simulator.providers.sepay import notice
from tests.campaign.books import books
from tests.campaign.forgeries import FORGERS, True_, forged
from tests.campaign.result import Figure, Result, Say, missing
from tests.server.box import ACCOUNT
from tests.server.money_desk import MoneyDesk, stand_at_the_exit

NOTICES: Final = 10_000
TIMES: Final = 10
FORGED: Final = 100_000
LATE: Final = timedelta(days=3)
NEVER_TOLD: Final = 0.05
"""Of MoMo's: nobody promised to tell. They are asked for."""
PRICE: Final = 30_000
MATERIAL: Final = 60
STATE: Final = (NoticeRow, PaymentRow, EntryRow, PostingRow, OrderAnswerRow)
BANK: Final = "970436"


def run(seed: int, *, scale: float, say: Say) -> Result:
    """10,000 notices ten times and 100,000 forgeries at scale 1."""
    rng = random.Random(f"{seed}/notices")
    count, forgeries = max(30, round(NOTICES * scale)), max(300, round(FORGED * scale))
    with books("notices") as engine:
        world = _World(engine, rng)
        material = world.paid(stand_at_the_exit(engine, range(count + 1, count + min(count, MATERIAL) + 1), PRICE))
        failures = world.forge(material, forgeries, say)
        true = world.paid(stand_at_the_exit(engine, range(1, count + 1), PRICE))
        world.tell([*true, *material], say)
        world.ask_for_the_rest()
        failures += world.differences()
        figures: dict[str, Figure] = {
            "notices": len(true) + len(material),
            "forgeries": forgeries,
            **dict(sorted(world.counts.items())),
        }
    kinds = {name: world.counts[name] for name in ("out of order", "late by more than a day", "found by asking")}
    kinds |= {f"told again by {name}": world.counts[f"told again by {name}"] for name in FORGERS}
    return Result("notices", seed, figures, [*failures, *missing(kinds)])


class _World:
    """Books, three providers, and the notices that they hold."""

    def __init__(self, engine: Engine, rng: random.Random) -> None:
        self.engine, self._rng = engine, rng
        self._desk = MoneyDesk(engine)
        self._bank = Bank({ACCOUNT["SPS"]: BANK})
        self._transfers: dict[str, int] = {}
        self._visits: list[str] = []
        self.counts = Counter[str]()

    # --- paying ---------------------------------------------------------------------------------------------

    def paid(self, visits: list[str]) -> list[True_]:
        """Each visit is paid by one of the providers; the notices that these would send."""
        self._visits += visits
        return [self._paid_by(self._rng.choice(tuple(FORGERS)), visit) for visit in visits]

    def _paid_by(self, provider: str, visit: str) -> True_:
        desk = self._desk
        if provider == "sepay":
            payer = Payer("LE VAN A", "0123456789", True, 1, 0, False, False, self._rng.randrange(6))  # noqa: FBT003
            moved = self._bank.transfer(payer, BANK, ACCOUNT["SPS"], PRICE, visit)
            self._transfers[str(moved.number)] = moved.amount
            return True_(provider, notice(moved))
        twin = desk.vnpay_twin if provider == "vnpay" else desk.momo_twin
        return True_(provider, twin.pay(desk.url(provider, visit)))

    # --- forging --------------------------------------------------------------------------------------------

    def forge(self, material: list[True_], count: int, say: Say) -> list[str]:
        """Send forgeries of notices that are true and were never told. None may be taken or change anything."""
        before = _digest(self.engine)
        failures = []
        kinds = [(provider, kind) for provider, known in FORGERS.items() for kind in known]
        by = {provider: [true for true in material if true.provider == provider] for provider in FORGERS}
        for number in range(count):
            provider, kind = kinds[number % len(kinds)]
            true = self._rng.choice(by[provider])
            told = forged(true, kind, self._rng, self._desk.clock())
            if self._taken(provider, told.raw, told.headers):
                failures.append(f"{provider}, {kind}: taken: {told.raw[:300]!r} {told.headers}")
            self.counts[f"forged {provider}: {kind}"] += 1
            self._desk.clock.wait(timedelta(milliseconds=50))
            if number % 20_000 == 19_999:
                say(f"{number + 1:,} forgeries")
        if _digest(self.engine) != before:
            failures.append("forgeries changed the books")
        return failures

    def _taken(self, provider: str, raw: bytes, headers: dict[str, str] | None = None) -> bool:
        """Whether the provider would take the answer for a yes."""
        reply = self._desk.told(provider, raw, headers)
        if provider == "vnpay":
            return json.loads(reply.body)["RspCode"] in {"00", "02"}
        return 200 <= reply.status <= 299

    # --- telling --------------------------------------------------------------------------------------------

    def tell(self, notices: list[True_], say: Say) -> None:
        """Ten times each, at any time within three days; some of MoMo's never."""
        begun = self._desk.clock()
        calls: list[tuple[float, int]] = []
        for number, true in enumerate(notices):
            if true.provider == "momo" and self._rng.random() < NEVER_TOLD:
                self.counts["never told"] += 1
                continue
            first = self._rng.random()
            calls += [(first + (1 - first) * self._rng.random(), number) for _ in range(TIMES)]
        calls.sort()
        heard, last = set[int](), 0
        for done, (late, number) in enumerate(calls, 1):
            self._desk.clock.now = max(self._desk.clock.now, begun + late * LATE)
            true = notices[number]
            if not self._taken(true.provider, true.raw):
                self.counts["refused"] += 1
            if number in heard:
                self.counts[f"told again by {true.provider}"] += 1
            else:
                self.counts["out of order"] += number < last
                self.counts["late by more than a day"] += late * LATE > timedelta(days=1)
                heard.add(number)
                last = max(last, number)
            if done % 20_000 == 0:
                say(f"{done:,} of {len(calls):,} told")
        self.counts["told"] = len(calls)

    def ask_for_the_rest(self) -> None:
        """What was never told is found by asking."""
        while self._desk.poller.ask():
            pass
        self.counts["found by asking"] = self.counts["never told"] - len(self._unfound())

    def _unfound(self) -> list[str]:
        return sorted(set(self._book()) - set(self._booked()))

    # --- judging --------------------------------------------------------------------------------------------

    def _book(self) -> dict[str, int]:
        """What the providers hold."""
        book = {f"sepay {number}": amount for number, amount in self._transfers.items()}
        for name, twin in (("vnpay", self._desk.vnpay_twin), ("momo", self._desk.momo_twin)):
            book |= {f"{name} {deed.number}": deed.amount for deed in twin.book}
        return book

    def _booked(self) -> dict[str, int]:
        with reading(self.engine) as session:
            payments = session.exec(select(PaymentRow)).all()
        return {f"{each.provider} {each.provider_id.rpartition('/')[2]}": each.amount for each in payments}

    def differences(self) -> list[str]:
        """Every way in which our books are not the providers'."""
        book, booked = self._book(), self._booked()
        failures = [f"lost: {name}" for name in sorted(set(book) - set(booked))]
        failures += [f"from nowhere: {name}" for name in sorted(set(booked) - set(book))]
        failures += [f"amount of {name}" for name in set(book) & set(booked) if book[name] != booked[name]]
        with reading(self.engine) as session:
            clearing = select(func.sum(PostingRow.amount)).where(PostingRow.account == LedgerAccount.CLEARING)
            total = int(session.exec(clearing).one() or 0)
            balance = int(session.exec(select(func.sum(PostingRow.amount))).one() or 0)
            entries = session.exec(select(EntryRow.visit).where(EntryRow.kind == "payment")).all()
            debts = [visit for visit in self._visits if owed(session, visit)]
            odd = session.exec(select(AnomalyRow).where(col(AnomalyRow.code) == "notice_reused")).all()
        double = [visit for visit, times in Counter(entries).items() if times != 1]
        failures += [f"paid more than once: {visit}" for visit in double] + [f"owes still: {visit}" for visit in debts]
        failures += [f"reused: {row.subject}" for row in odd]
        opened = Counter(each.visit for each in self._desk.settled)
        failures += [f"let go {opened[visit]} times: {visit}" for visit in self._visits if opened[visit] != 1]
        if total != sum(book.values()) or balance:
            failures.append(
                f"clearing holds {total}, the providers {sum(book.values())}; all postings add up to {balance}"
            )
        self.counts["dong in the providers' books"], self.counts["dong in clearing"] = sum(book.values()), total
        if self.counts["refused"]:
            failures.append(f"{self.counts['refused']} true notices were refused")
        return failures


def _digest(engine: Engine) -> str:
    """A hash of all that money would change."""
    total = 0
    with reading(engine) as session:
        for table in STATE:
            for row in session.exec(select(table)):
                total ^= int.from_bytes(hashlib.sha256(repr(sorted(columns(row).items())).encode()).digest())
    return f"{total:x}"
