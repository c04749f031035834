"""A provider that takes back both of two payments for a stay has both back, and the stay owes again."""

from datetime import timedelta

from sqlalchemy import Engine, func
from sqlmodel import select

from gate.ledger import LedgerAccount
from server.db import reading, transaction
from server.facts import PostingRow
from server.facts_money import OrderRow
from server.providers.notice import Kind, Notice
from server.receiving import receive
from server.register import PayAccountRow
from tests.server.box import MORNING
from tests.server.money_desk import stand_at_the_exit

AT = MORNING + timedelta(hours=2)


def test_both_reversals_of_a_double_payment_count(sqlite: Engine) -> None:
    (visit,) = stand_at_the_exit(sqlite, [1])
    with transaction(sqlite) as session:
        session.add(PayAccountRow(provider="vnpay", account="LCPARK01", site="SPS"))
        for number in ("01", "02"):
            order = f"{visit}{number}"
            session.add(
                OrderRow(
                    order=order, provider="vnpay", site="SPS", visit=visit, amount=30_000,
                    created_at=AT, expires_at=AT + timedelta(minutes=15), by="tam",
                )
            )  # fmt: skip
            session.flush()
    news = [(number, kind) for kind in (Kind.PAID, Kind.REVERSED) for number in ("01", "02")]
    for step, (number, kind) in enumerate(news):
        order, now = f"{visit}{number}", AT + timedelta(minutes=step + 1)
        name = f"LCPARK01/{order}/14{number}{'' if kind is Kind.PAID else '/reversed-00'}"
        said = Notice("vnpay", name, "LCPARK01", 30_000, (order,), "", now, kind, order)
        with transaction(sqlite) as session:
            receive(session, said, now)
    with reading(sqlite) as session:
        total = select(func.coalesce(func.sum(PostingRow.amount), 0))
        assert session.exec(total.where(PostingRow.account == LedgerAccount.CLEARING)).one() == 0
        assert session.exec(total.where(PostingRow.account == LedgerAccount.RECEIVABLE)).one() == 30_000
