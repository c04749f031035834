"""Three days of a site with every kind of trouble, written straight into the tables; the same seed, the same days."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, SQLModel

from gate import ledger
from gate.ledger import About, EntryKind, LedgerAccount
from gate.messages import Direction, OpeningReason
from server import stay_money
from server.derived import VisitRow
from server.facts import AnomalyRow, ChargeRow, ExplainedRow, OpeningRow, PassageRow, PaymentRow
from server.ledger import post
from server.stay_money import Change

SITE: Final = "SPS"
MIDNIGHT: Final = datetime(2026, 11, 21, 17, tzinfo=UTC)
"""The first of three local days, 22 to 24 November."""


class Days:
    """Writes one stay after another; each decision is the seed's."""

    def __init__(self, session: Session, seed: int) -> None:
        self._session, self._chance = session, random.Random(seed)
        self._names = 0

    def write(self, stays: int) -> None:
        """All of it."""
        for number in range(stays):
            self._stay(f"SPS{number:08d}")
        for _ in range(stays // 8):
            self._stray()
        self._session.flush()

    def _hit(self, share: float = 0.12) -> bool:
        return self._chance.random() < share

    def _name(self) -> str:
        self._names += 1
        return f"n{self._names}"

    def _at(self) -> datetime:
        edge = self._hit(0.2)  # close to a midnight, or right on it
        hours = self._chance.choice((-24, 0, 24, 48, 72)) if edge else self._chance.uniform(-24, 80)
        return MIDNIGHT + timedelta(hours=hours, seconds=self._chance.choice((0, -1, 1, 90)))

    def _add(self, row: SQLModel) -> None:
        self._session.add(row)

    def _stay(self, visit: str) -> None:
        came = self._at()
        stayed = timedelta(hours=self._chance.choice((0.1, 1, 5, 20, 23.99, 24, 30, 60)))
        left = None if self._hit() else came + stayed
        price = self._chance.choice((0, 10_000, 30_000))
        priced = left is not None or self._hit(0.4)
        row = VisitRow(
            visit=visit,
            site=SITE,
            vehicle_class="CAR9",
            read=not self._hit(),
            entry_lane="in-1",
            entry_approach=visit,
            opened_at=came,
            entered_at=None if self._hit(0.1) else came + timedelta(seconds=2),
            left_at=left,
            quoted=price if priced else None,
            recomputed=None if self._hit() else price + 5_000 * self._hit(),
            voided=self._hit(0.06),
        )
        self._ways(row, came, left)
        self._add(row)
        if priced and not self._hit():
            self._charge(visit, price, (left or came + timedelta(hours=1)) - timedelta(seconds=30))
            self._pay(visit, price, left or came + timedelta(hours=1))
        elif self._hit():
            self._payment(visit, 30_000, came + timedelta(hours=1), 0)

    def _ways(self, row: VisitRow, came: datetime, left: datetime | None) -> None:
        if not self._hit():
            row.entry_passage = self._way(row.visit, Direction.IN, came)
        if left is not None and not self._hit():
            row.exit_passage = self._way(row.visit, Direction.OUT, left)
        if left is not None and self._hit(0.3):  # once more, and often nothing else is wrong with it
            self._way(row.visit, Direction.OUT, left + timedelta(minutes=self._chance.choice((5, 500))))

    def _way(self, visit: str | None, way: Direction, at: datetime) -> str:
        opening, passage = self._name(), self._name()
        named = visit if not self._hit() else None
        reason = self._chance.choice(tuple(OpeningReason)) if self._hit(0.3) else OpeningReason.PAID
        if not self._hit(0.06):
            self._opening(opening, way, reason, at - timedelta(seconds=self._chance.choice((3, 3, 3, 3_000, 90_000))))
        row = PassageRow(
            passage=passage,
            site=SITE,
            lane=f"{way}-1",
            direction=way,
            visit=named,
            opening=None if self._hit(0.06) else opening,
            tailgate=self._hit(0.06),
            happened_at=at,
            journal="j",
            sequence=self._names,
        )
        self._add(row)
        if named is None and visit is not None and self._hit(0.5):
            self._add(ExplainedRow(passage=passage, site=SITE, visit=visit, approach=visit, happened_at=at))
        return passage

    def _opening(self, name: str, way: Direction, reason: OpeningReason, at: datetime) -> None:
        self._add(
            OpeningRow(
                opening=name,
                site=SITE,
                lane=f"{way}-1",
                reason=reason,
                by="x",
                note="said" if self._hit(0.4) else "",
                took_ms=1,
                happened_at=at,
            )
        )

    def _charge(self, visit: str, price: int, at: datetime) -> None:
        common: dict[str, Any] = {"tariff": "t", "vehicle_class": "CAR9", "lines": "[]", "recorded_at": at}
        self._add(ChargeRow(visit=visit, site=SITE, total=price, vat=0, happened_at=at, **common))
        stay_money.write(self._session, {visit: Change(charged=price, charged_at=at)})
        if price:
            post(self._session, ledger.charge(site=SITE, visit=visit, total=price, vat=0, happened_at=at), at)

    def _pay(self, visit: str, price: int, left: datetime) -> None:
        if not price or self._hit():
            return
        share = self._chance.choice((1, 1, 1, 1, 0.5, 1.5))
        amount = int(price * share)
        at = left + self._chance.choice((timedelta(seconds=-40), timedelta(seconds=-40), timedelta(hours=9)))
        payment = self._payment(visit, amount, at, min(amount, price))
        self._decided(visit, payment, price - amount, at)
        if self._hit():
            self._payment(visit, price, at + timedelta(seconds=self._chance.choice((1, 100_000))), 0)

    def _decided(self, visit: str, payment: str, owed: int, at: datetime) -> None:
        """A waiver of what is owed; a refund, a credit to another stay, or a chargeback of what came."""
        later, about = at + timedelta(hours=1), About(SITE, at, visit, payment)
        if owed > 0 and self._hit(0.4):
            self._move(
                EntryKind.WAIVER, About(SITE, later, visit), owed, LedgerAccount.WAIVED, LedgerAccount.RECEIVABLE
            )
        elif owed < 0 and self._hit(0.4):
            self._move(EntryKind.REFUND_DUE, about, -owed, LedgerAccount.SUSPENSE, LedgerAccount.REFUNDS)
        elif owed < 0 and self._hit(0.4):
            other = About(SITE, later, "SPS00000000", payment)
            self._move(EntryKind.CREDIT, other, -owed, LedgerAccount.SUSPENSE, LedgerAccount.RECEIVABLE)
        elif owed == 0 and self._hit(0.06):
            self._move(EntryKind.CHARGEBACK, about, 5_000, LedgerAccount.RECEIVABLE, LedgerAccount.CLEARING)

    def _move(self, kind: EntryKind, about: About, amount: int, debit: LedgerAccount, credit: LedgerAccount) -> None:
        entry = ledger.moved(f"{kind}:{self._name()}", kind, about, amount, debit=debit, credit=credit)
        post(self._session, entry, about.happened_at)

    def _payment(self, visit: str | None, amount: int, at: datetime, owed: int) -> str:
        number = self._name()
        self._add(
            PaymentRow(
                provider="sepay",
                provider_id=number,
                site=SITE,
                account="1017595600",
                amount=amount,
                reference=visit,
                bank_reference=number,
                happened_at=at,
                received_at=at,
            )
        )
        self._session.flush()
        key = f"sepay:{number}"
        made = ledger.payment(key=key, site=SITE, visit=visit or "", paid=amount, owed=owed, happened_at=at)
        post(self._session, made, at)
        if self._hit(0.5):
            about = About(SITE, at + timedelta(days=1), visit or "", key)
            self._move(EntryKind.BANKED, about, amount, LedgerAccount.BANK, LedgerAccount.CLEARING)
        return key

    def _stray(self) -> None:
        """What belongs to nobody."""
        at = self._at()
        self._way(None, self._chance.choice(tuple(Direction)), at)
        self._opening(self._name(), Direction.OUT, OpeningReason.MODE, at)
        self._payment(None, 7_000, at, 0)
        self._payment(f"SPS9{self._names:07d}", 8_000, at, 0)
        self._add(
            AnomalyRow(code="device_fault", subject=self._name(), site=SITE, amount=0, happened_at=at, evidence="{}")
        )
