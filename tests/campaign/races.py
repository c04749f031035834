"""Many at one visit at the same moment, on a real PostgreSQL: nothing is charged, settled, refunded or sent twice.

Each race is a visit of its own with two to four threads let go together. The truth is counted from the ledger: one
charge at the most, debts never below nothing, and every dong of every payment in one place.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import sqlalchemy
from sqlalchemy import Engine, or_
from sqlmodel import col, func, select

from gate.ledger import EntryKind, LedgerAccount
from server import refund_accounts, refunds, transfers
from server.db import AWAY, connect, reading, transaction
from server.effects import Kind
from server.facts import ChargeRow, EntryRow, PaymentRow, PostingRow
from server.facts_money import DecisionRow, TransferRow
from server.money_rules import Impossible, NotYours
from server.rebuild import RebuildDiffers, rebuild
from server.transfers import Form
from tests.campaign.result import Figure, Result, Say, missing
from tests.harness.postgres import postgres
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.conftest import fill
from tests.server.money import HOA, MINH, agreed, check, decided

RACES: Final = 1_000
PRICE: Final = 30_000
HOUR: Final = timedelta(hours=1)
Act = Callable[[], object]


class Race(NamedTuple):
    """What is done at once, and how many of it may have an effect."""

    acts: Sequence[Act]
    most: int


class Track:
    """The books that all races run on."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine, self.chance = engine, random.Random(f"{seed}/races")
        self.box, self.number, self.visit = Box(), 0, ""
        self.happened = Counter[str]()
        self.pool = ThreadPoolExecutor(4)
        self.kinds: dict[str, Callable[[], Race]] = {
            "two notices": self.two_notices,
            "one notice four times": self.repeats,
            "exit and notices": self.exit_and_notices,
            "exit, waiver and notice": self.exit_and_waiver,
            "price and early money": self.price_and_money,
            "refund and late capture": self.refund_and_capture,
            "last word by two persons": self.double_approve,
            "settle and refund of one payment": self.settle_and_refund,
            "two debit lines of one refund": self.two_lines,
            "two files of one refund": self.two_files,
        }

    def run(self, kind: str, number: int) -> list[str]:
        """One race on a fresh visit; what went wrong in it."""
        self.visit = reference(number)
        race = self.kinds[kind]()
        gate = threading.Barrier(len(race.acts))
        done = sum(self.pool.map(lambda act: self._let_go(act, gate), race.acts))
        self.happened[kind] += 1
        wrong = [f"{kind} {self.visit}: {each}" for each in self._wrong()]
        return wrong + ([f"{kind} {self.visit}: {done} had an effect"] if done > race.most else [])

    def _let_go(self, act: Act, gate: threading.Barrier) -> int:
        """Whether it had an effect. A database that let two wait for one another asks one of them to come again."""
        gate.wait()
        for _ in range(5):
            try:
                return bool(act())
            except (Impossible, NotYours):
                self.happened["refused"] += 1
                return 0
            except AWAY:
                self.happened["asked to come again"] += 1
        raise TimeoutError("the database takes nothing")

    # --- the races -----------------------------------------------------------------------------------------

    def two_notices(self) -> Race:
        """Both pay the whole price: one settles, one goes back."""
        self._at_the_exit()
        return Race([self._pays(), self._pays()], 2)

    def repeats(self) -> Race:
        """A provider that repeats itself while we think."""
        self._at_the_exit()
        raw = self._notice()
        return Race([lambda: paid(self.engine, raw, _now()).new] * 4, 1)

    def exit_and_notices(self) -> Race:
        """The exit charges, and so does money."""
        self._at_the_exit()
        return Race([self._leaves(), self._pays(), self._pays(10_000)], 3)

    def exit_and_waiver(self) -> Race:
        """The last word of a waiver while the vehicle leaves and its money comes."""
        self._at_the_exit()
        waiver = decided(self.engine, Kind.WAIVE, visit=self.visit, now=_now()).decision
        return Race([self._leaves(), self._agrees(waiver, HOA), self._pays()], 3)

    def price_and_money(self) -> Race:
        """Money that came before its price, at the very moment of it."""
        book(self.engine, *self.box.arrives(self.visit, MORNING))
        priced = self.box.is_priced(self.visit, MORNING, MORNING + HOUR, PRICE)
        return Race([lambda: book(self.engine, *priced), self._pays(), self._pays()], 3)

    def refund_and_capture(self) -> Race:
        """The money goes back while a late capture of the same stay comes in."""
        self._at_the_exit()
        payment = self._paid()
        refund = decided(self.engine, Kind.REFUND, now=_now(), payment=payment, to_visit=self.visit).decision
        return Race([self._agrees(refund, HOA), self._pays(), self._agrees(refund, MINH)], 2)

    def double_approve(self) -> Race:
        """Two persons say the one word that is missing, and the first says it again."""
        self._at_the_exit()
        waiver = decided(self.engine, Kind.WAIVE, visit=self.visit, now=_now()).decision
        return Race([self._agrees(waiver, HOA), self._agrees(waiver, MINH), self._agrees(waiver, HOA)], 1)

    def settle_and_refund(self) -> Race:
        """Money for nobody is settled by one person while two give it back, and another settles it elsewhere."""
        self._at_the_exit()
        payment = self._paid("tiền gửi xe")
        refund = decided(self.engine, Kind.REFUND, payment=payment, now=_now()).decision
        return Race([self._settles(payment), self._agrees(refund, HOA), self._settles(payment)], 1)

    def two_lines(self) -> Race:
        """Two debit lines claim the same refund."""
        name = self._refund()

        def line(digest: str) -> Act:
            def closes() -> bool:
                with transaction(self.engine) as session:
                    return refunds.close(session, name, PRICE, _now(), digest, _now())

            return closes

        return Race([line("a"), line("b"), line("c")], 1)

    def two_files(self) -> Race:
        """Two people make a file of transfers, and a third takes the refund back."""
        name = self._refund()
        with transaction(self.engine) as session:
            refund_accounts.enter(
                session, name, refund_accounts.account("970436", "10175956", "NGUYEN A"), "lan", _now()
            )
            decision = refunds.refund(session, name).decision
        undo = decided(self.engine, Kind.UNDO, now=_now(), undoes=decision).decision

        def makes() -> bool:
            with transaction(self.engine) as session:
                return bool(transfers.make(session, "1017595600", Form.CSV, "lan", _now()).lines)

        return Race([makes, makes, self._agrees(undo, HOA)], 1)

    # --- what they are made of -----------------------------------------------------------------------------

    def _at_the_exit(self) -> None:
        book(self.engine, *self.box.arrives(self.visit, MORNING))
        book(self.engine, *self.box.is_priced(self.visit, MORNING, MORNING + HOUR, PRICE))

    def _notice(self, note: str | None = None, amount: int = PRICE) -> bytes:
        self.number += 1
        return notice(self.number, note or self.visit, amount)

    def _pays(self, amount: int = PRICE) -> Act:
        raw = self._notice(amount=amount)
        return lambda: paid(self.engine, raw, _now()).new

    def _paid(self, note: str | None = None) -> str:
        paid(self.engine, self._notice(note), _now())
        return f"sepay:{self.number}"

    def _leaves(self) -> Act:
        facts = self.box.leaves(self.visit, MORNING + HOUR)
        return lambda: book(self.engine, *facts).fresh

    def _agrees(self, decision: str, who: object) -> Act:
        return lambda: agreed(self.engine, decision, who, _now()).missing == 0  # type: ignore[arg-type]

    def _settles(self, payment: str) -> Act:
        return lambda: decided(self.engine, Kind.SETTLE, payment=payment, to_visit=self.visit, now=_now())

    def _refund(self) -> str:
        payment = self._paid("tiền gửi xe")
        done = decided(self.engine, Kind.REFUND, payment=payment, now=_now()).decision
        agreed(self.engine, done, now=_now())
        with reading(self.engine) as session:
            return next(row.refund for row in refunds.open_refunds(session) if row.decision == done)

    # --- the truth -----------------------------------------------------------------------------------------

    def _wrong(self) -> list[str]:
        """What the ledger shows of this visit and its payments that must not be."""
        with reading(self.engine) as session:
            shown = (EntryRow.kind, EntryRow.payment, EntryRow.visit, PostingRow.account, PostingRow.amount)
            mine = sqlalchemy.select(*map(col, shown)).join(PostingRow, col(PostingRow.key) == col(EntryRow.key))
            names = [f"sepay:{number}" for number in range(max(1, self.number - 3), self.number + 1)]
            about = or_(col(EntryRow.visit) == self.visit, col(EntryRow.payment).in_(names))
            found = session.connection().execute(mine.where(about))
            lines: list[tuple[str, str, str, str, int]] = [tuple(line) for line in found]
            charges = session.exec(select(ChargeRow.total).where(ChargeRow.visit == self.visit)).all()
            name = col(PaymentRow.provider) + ":" + col(PaymentRow.provider_id)
            amounts = dict(session.exec(select(name, PaymentRow.amount).where(name.in_(names))).all())
        own = [(kind, account, amount) for kind, _, visit, account, amount in lines if visit == self.visit]
        stands = {name: Counter[str]() for name in amounts}
        for _, payment, _, account, amount in lines:
            if payment in stands:
                stands[payment][account] += amount
        return [*_of_the_visit(own, list(charges)), *_of_the_payments(stands, amounts)]


def _of_the_visit(lines: Sequence[tuple[str, str, int]], charges: list[int]) -> Iterator[str]:
    owed = sum(amount for _, account, amount in lines if account == LedgerAccount.RECEIVABLE)
    charged = [amount for kind, account, amount in lines if (kind, account) == ("charge", LedgerAccount.RECEIVABLE)]
    if owed < 0:
        yield f"it owes {owed}"
    if charged != charges or len(charged) > 1:
        yield f"charged {charged}, charge rows {charges}"


def _of_the_payments(stands: dict[str, Counter[str]], amounts: dict[str, int]) -> Iterator[str]:
    for name, amount in amounts.items():
        there = stands[name]
        if there[LedgerAccount.CLEARING] != amount or sum(there.values()) != 0:
            yield f"{name} of {amount} is {dict(there)}"
        if there[LedgerAccount.SUSPENSE] > 0 or there[LedgerAccount.REFUNDS] > 0 or there[LedgerAccount.RECEIVABLE] > 0:
            yield f"{name} went out twice: {dict(there)}"


def run(seed: int, *, scale: float, say: Say) -> Result:
    """1,000 races at scale 1."""
    with postgres() as server, server.database(server.template("books", fill)) as url:
        engine = connect(url)
        try:
            return races(engine, seed, max(10, round(RACES * scale)), say)
        finally:
            engine.dispose()


def races(engine: Engine, seed: int, count: int, say: Say) -> Result:
    """So many races on these books, then the whole ledger, then a rebuild."""
    track, failures = Track(engine, seed), list[str]()
    kinds = list(track.kinds)
    for number in range(1, count + 1):
        failures += track.run(kinds[number % len(kinds)], number)
        if number % 100 == 0:
            say(f"{number:,} races")
    check(engine)
    with reading(engine) as session:
        per_key = select(TransferRow.refund).group_by(TransferRow.refund).having(func.count() > 1)
        failures += [f"{name} is in two files" for name in session.exec(per_key)]
        sent = session.exec(select(func.count()).where(EntryRow.kind == EntryKind.REFUND_SENT)).one()
        made = session.exec(select(func.count()).select_from(DecisionRow)).one()
    try:
        rebuilt: Figure = rebuild(engine).events
    except RebuildDiffers as error:
        rebuilt = f"other order: {error}"
    track.pool.shutdown()
    figures: dict[str, Figure] = {
        "races": count,
        **{kind: track.happened[kind] for kind in kinds},
        "refused as it must be": track.happened["refused"],
        "asked to come again": track.happened["asked to come again"],
        "decisions": made,
        "refunds sent": sent,
        "charged, settled, refunded or sent twice": len(failures),
        "events rebuilt": rebuilt,
    }
    return Result("races", seed, figures, failures + missing({kind: track.happened[kind] for kind in kinds}))


def _now() -> datetime:
    return datetime.now(UTC)
