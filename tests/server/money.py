"""Money at random: quotes, exits, payments of every kind, decisions and refunds, and what must be true after each."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from gate.ledger import LedgerAccount
from gate.messages import VisitVoided
from gate.reference import ALPHABET
from server import effects, ledger, receiving, refunds
from server.db import reading, transaction
from server.decisions import Decided, Wanted, approve, decide
from server.derived import VisitRow
from server.effects import Kind
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow
from server.facts_money import DecisionRow, TakenBackRow
from server.ingest import Arrival, ingest
from server.money_rules import Impossible, MoneyRules, NoSuch, NotYours, Speaker
from server.providers.notice import Kind as Said
from server.providers.notice import Notice
from server.roles import Role
from server.tariffs import Tariffs
from tests.server.box import ACCOUNT, MORNING, Box, notice, paid, reference

RULES: Final = MoneyRules()
LAN: Final = Speaker("lan", Role.FINANCE)
HOA: Final = Speaker("hoa", Role.FINANCE)
MINH: Final = Speaker("minh", Role.MANAGER)
TAM: Final = Speaker("tam", Role.ATTENDANT)
HOUR: Final = timedelta(hours=1)
Drawn = TypeVar("Drawn")
COMMON: Final = ("comes", "is priced", "is priced", *["pays"] * 5, *["decides"] * 6, *["agrees"] * 6, "is sent")


def name_of(number: int) -> str:
    """A payment of the bank's feed, as decisions name it."""
    return f"sepay:{number}"


def decided(engine: Engine, kind: Kind, who: Speaker = LAN, now: datetime | None = None, **named: Any) -> Decided:
    """Say the first word."""
    wanted = Wanted(kind, str(named.pop("note", "theo biên bản")), **named)
    with transaction(engine) as session:
        return decide(session, wanted, who, RULES, now or datetime.now(UTC))


def agreed(
    engine: Engine, decision: str, who: Speaker = HOA, now: datetime | None = None, *, agrees: bool = True
) -> Decided:
    """Say another."""
    with transaction(engine) as session:
        return approve(session, decision, who, RULES, now or datetime.now(UTC), agrees=agrees)


def refunded(engine: Engine, payment: str, now: datetime | None = None, **named: Any) -> str:
    """A refund with two persons' word; its reference."""
    done = decided(engine, Kind.REFUND, payment=payment, now=now, **named)
    assert agreed(engine, done.decision, now=now).missing == 0
    with reading(engine) as session:
        return next(row.refund for row in refunds.open_refunds(session) if row.decision == done.decision)


def balances(session: Session) -> dict[str, int]:
    """What stands on each account."""
    total = select(PostingRow.account, func.sum(PostingRow.amount)).group_by(PostingRow.account)
    return {account: int(amount) for account, amount in session.exec(total)}


class Days:
    """Some days of one site, whatever happens in them. The same seed brings the same days."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine, self.chance, self.box = engine, random.Random(f"money {seed}"), Box()
        self.now, self.numbers, self.visits = MORNING, 0, 0
        self.open: list[str] = []
        self.priced: list[str] = []
        self.refused = 0
        self.done = dict.fromkeys(self._acts(), 0)

    def run(self, steps: int, every: int = 1) -> None:
        """Do this many things, and look at the books after every so many."""
        acts = self._acts()
        for step in range(steps):
            self.now += timedelta(seconds=self.chance.randrange(1, 3_600))
            name = self.chance.choice([*acts, *COMMON])
            try:
                acts[name]()
                self.done[name] += 1
            except (Impossible, NoSuch, NotYours):
                self.refused += 1
            if step % every == 0:
                check(self.engine)

    def tick(self) -> datetime:
        """The next moment at which something is recorded: later than all before and all that has happened."""
        self.now += timedelta(seconds=10)
        return self.now

    def _book(self, *facts: Arrival) -> None:
        ingest(self.engine, Tariffs(self.engine), facts, self.tick())

    def _acts(self) -> dict[str, Callable[[], None]]:
        return {
            "comes": self.comes,
            "is priced": self.is_priced,
            "leaves": self.leaves,
            "backs out": self.backs_out,
            "pays": self.pays,
            "is reversed": self.is_reversed,
            "is charged back": self.is_charged_back,
            "decides": self.decides,
            "agrees": self.agrees,
            "is sent": self.is_sent,
        }

    def comes(self) -> None:
        """A vehicle comes in."""
        self.visits += 1
        visit = reference(self.visits)
        self._book(*self.box.arrives(visit, self.now))
        self.open.append(visit)

    def is_priced(self) -> None:
        """It is quoted, perhaps again."""
        visit = self._drawn(self.open[-4:])
        total = self.chance.choice([0, 10_000, 30_000, 40_000])
        self._book(*self.box.is_priced(visit, self.now - HOUR, self.now, total))
        self.priced.append(visit)

    def leaves(self) -> None:
        """It goes, paid or not."""
        visit = self._drawn(self.priced[-6:])
        self._book(*self.box.leaves(visit, self.now))
        self.open = [each for each in self.open if each != visit]

    def backs_out(self) -> None:
        """A visit that never was, perhaps after it was quoted."""
        self.visits += 1
        visit = reference(self.visits)
        facts = self.box.arrives(visit, self.now)[:2]
        self.box.sequence = self.box.sequence - 3
        self._book(*facts)
        if self.chance.random() < 0.6:
            self._book(*self.box.is_priced(visit, self.now, self.now))
        if self.chance.random() < 0.4:
            self._money(visit, 30_000)
        gone = VisitVoided(lane="in-1", visit=visit, why="backed out")
        self._book(self.box.fact(gone, self.now))
        self.priced.append(visit)

    def pays(self) -> None:
        """Money comes: for a stay or none, exact or not, twice, on whichever account."""
        known = [*self.open[-4:], *self.priced[-4:]] or [reference(1)]
        visit = self.chance.choice(known)
        slip = visit[:5] + self.chance.choice(ALPHABET) + visit[6:]
        note = self.chance.choice([visit, visit, visit, visit, slip, "tiền gửi xe", reference(999)])
        self._money(note, self.chance.choice([10_000, 30_000, 30_000, 40_000, 70_000]))

    def is_reversed(self) -> None:
        """The provider takes a payment back by itself."""
        payment = self._payment()
        said = Notice("sepay", payment.provider_id, payment.account, payment.amount, (), "", self.now, Said.REVERSED)
        with transaction(self.engine) as session:
            receiving.receive(session, said, self.tick())

    def is_charged_back(self) -> None:
        """The provider says that the payer wants it back."""
        payment = self._payment()
        with transaction(self.engine) as session:
            name, recorded = ledger.payment_name(payment), self.tick()
            effects.charged_back(session, name, self.now, LAN.name, "khách khiếu nại", recorded)

    def decides(self) -> None:
        """Somebody decides something that is possible, among much that is not."""
        for _ in range(20):
            try:
                return self._decides()
            except (Impossible, NotYours):
                self.refused += 1
        raise Impossible("nothing of all this")

    def _decides(self) -> None:
        kind = self.chance.choice(list(Kind))
        visits = [*self.open[-4:], *self.priced[-4:], reference(999)]
        payment = ledger.payment_name(self._payment())
        named = {"payment": payment, "visit": self.chance.choice(visits), "to_visit": self.chance.choice(visits)}
        if kind is Kind.REFUND:
            with reading(self.engine) as session:
                named["to_visit"] = self.chance.choice(["", *ledger.settled_by(session, payment)])
        if kind is Kind.UNDO:
            named = {"undoes": self._decision()}
        amount = self.chance.choice([None, None, 10_000, 30_000])
        who = self.chance.choice([LAN, HOA, MINH, TAM])
        decided(self.engine, kind, who, self.tick(), amount=amount, **named)

    def agrees(self) -> None:
        """Somebody agrees to what is open, or does not."""
        for _ in range(12):
            try:
                return self._agrees()
            except (Impossible, NotYours):
                self.refused += 1
        raise Impossible("nothing is open")

    def _agrees(self) -> None:
        who = self.chance.choice([LAN, HOA, MINH])
        agreed(self.engine, self._decision(), who, self.tick(), agrees=self.chance.random() < 0.9)

    def is_sent(self) -> None:
        """The bank shows a debit line, perhaps of another amount."""
        with transaction(self.engine) as session:
            row = self._drawn(refunds.open_refunds(session))
            amount = row.amount if self.chance.random() < 0.8 else row.amount + 1
            digest, recorded = f"line {self.chance.random()}", self.tick()
            closed = refunds.close(session, row.refund, amount, self.now, digest, recorded)
            assert closed == (amount == row.amount)
            assert refunds.close(session, row.refund, amount, self.now, digest, recorded) == closed
            assert not refunds.close(session, row.refund, row.amount, self.now, "another", recorded) or not closed

    def _money(self, note: str, amount: int) -> None:
        self.numbers += 1
        raw = notice(
            self.numbers, note, amount, accountNumber=self.chance.choice([*[ACCOUNT["SPS"]] * 9, ACCOUNT["SPL"]])
        )
        for _ in range(self.chance.choice([1, 1, 2])):
            paid(self.engine, raw, self.tick())

    def _payment(self) -> PaymentRow:
        with reading(self.engine) as session:
            return self._drawn(list(session.exec(select(PaymentRow).order_by(col(PaymentRow.received_at))))[-10:])

    def _decision(self) -> str:
        with reading(self.engine) as session:
            order = (col(DecisionRow.made_at), col(DecisionRow.payment), col(DecisionRow.kind))
            return self._drawn(list(session.exec(select(DecisionRow.decision).order_by(*order)))[-12:])

    def _drawn(self, among: Sequence[Drawn]) -> Drawn:
        if not among:
            raise NoSuch("nothing to draw from")
        return self.chance.choice(among)


def check(engine: Engine) -> None:
    """What is true after every step, whatever happened."""
    with reading(engine) as session:
        lopsided = select(PostingRow.key).group_by(PostingRow.key).having(func.sum(PostingRow.amount) != 0)
        assert session.exec(lopsided).all() == []
        assert sum(balances(session).values()) == 0
        _check_visits(session)
        _check_payments(session)


def _check_visits(session: Session) -> None:
    visits = {row.visit: row for row in session.exec(select(VisitRow))}
    owed = ledger.standing(session, col(EntryRow.visit), visits, LedgerAccount.RECEIVABLE)
    assert min(owed.values(), default=0) >= 0, "nobody owes less than nothing"
    pended = ledger.standing(session, col(EntryRow.visit), visits, LedgerAccount.PENDED)
    charges = set(session.exec(select(ChargeRow.visit)))
    for name, visit in visits.items():
        due = 0 if visit.voided or name in charges else visit.quoted or 0
        assert pended.get(name, 0) == due, f"{name}: {pended.get(name, 0)} is pended, {due} is quoted"


def _check_payments(session: Session) -> None:
    """What came is where it went: stays, waiting, on the way back, gone back, taken back."""
    taken = {row.payment for row in session.exec(select(TakenBackRow).where(TakenBackRow.kind == "reversal"))}
    stands, settles = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    lines = select(EntryRow.payment, EntryRow.visit, PostingRow.account, PostingRow.amount)
    for payment, visit, account, amount in session.exec(
        lines.join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
    ):
        stands[payment, account] += amount
        if account == LedgerAccount.RECEIVABLE:
            settles[payment, visit] -= amount
    for row in session.exec(select(PaymentRow)):
        name = ledger.payment_name(row)
        waits, back = -stands[name, LedgerAccount.SUSPENSE], -stands[name, LedgerAccount.REFUNDS]
        settled = -stands[name, LedgerAccount.RECEIVABLE]
        sent, lost = -stands[name, LedgerAccount.BANK], stands[name, LedgerAccount.WRITTEN_OFF]
        here = stands[name, LedgerAccount.CLEARING]
        assert here in {row.amount, 0}
        assert back >= 0
        assert sent >= 0
        assert waits >= 0 or name in taken
        assert row.amount == waits + settled + back + sent + (row.amount - here) - lost
    assert all(amount >= 0 for (payment, _), amount in settles.items() if payment), settles
