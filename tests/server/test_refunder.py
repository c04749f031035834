"""Refunds of what came through a gateway: after the second word, once, whatever gets lost, and closed by its answer."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from gate.ledger import LedgerAccount
from server import refund_accounts, refunds, transfers
from server.db import reading, transaction
from server.effects import Kind
from server.facts import PaymentRow
from server.facts_money import OrderAskedRow, RefundSentRow
from server.money_rules import Impossible
from server.refund_accounts import account
from server.refunder import STEP, Refunder
from server.transfers import Form
from simulator.providers.network import Fate
from tests.server.box import reference
from tests.server.money import balances, decided, refunded
from tests.server.money_desk import MOMO_HOST, Liar, MoneyDesk, stand_at_the_exit
from tests.server.rows import rows

VISIT = reference(1)
DAY = timedelta(days=1)
LOST, SILENT = Fate.ANSWER_LOST, Fate.REQUEST_LOST
TO = account("970436", "1017595600", "NGUYEN THI DAO")
BOTH = pytest.mark.parametrize("provider", ["vnpay", "momo"])


class Counter(MoneyDesk):
    """A stay that was paid through a gateway, and the refund of all of it that two persons want."""

    def __init__(self, engine: Engine, provider: str) -> None:
        stand_at_the_exit(engine, [1])
        super().__init__(engine)
        twin = self.vnpay_twin if provider == "vnpay" else self.momo_twin
        assert self.hears(provider, twin.pay(self.url(provider, VISIT)))
        self.clock.wait(timedelta(minutes=1))
        (row,) = rows(engine, PaymentRow)
        payment = f"{row['provider']}:{row['provider_id']}"
        self.refund = refunded(engine, payment, self.clock(), to_visit=VISIT)
        self.clock.wait(timedelta(minutes=1))
        self.refunder = Refunder(engine, self.providers, self.line, self.clock)

    def given(self) -> list[int]:
        """What the gateways gave back."""
        return [deed.amount for deed in (*self.momo_twin.book, *self.vnpay_twin.book) if deed.amount < 0]

    def is_open(self) -> bool:
        """Whether the refund still is."""
        with reading(self.engine) as session:
            return bool(refunds.open_refunds(session))


@BOTH
def test_the_gateway_gives_it_back_and_its_answer_closes_it(engine: Engine, provider: str) -> None:
    desk = Counter(engine, provider)
    assert [desk.refunder.go() for _ in range(3)] == [1, 0, 0]
    assert (desk.given(), desk.is_open()) == ([-30_000], False)
    (sent,) = rows(engine, RefundSentRow)
    assert (sent["way"], sent["amount"], len(sent["proof"])) == ("provider", 30_000, 64)
    with reading(engine) as session:
        stands = balances(session)
    assert (stands[LedgerAccount.REFUNDS], stands[LedgerAccount.CLEARING]) == (0, 0)
    assert stands[LedgerAccount.RECEIVABLE] == 30_000, "the stay owes again"


@BOTH
def test_a_lost_answer_is_looked_up_beyond_the_keys_life(engine: Engine, provider: str) -> None:
    desk = Counter(engine, provider)
    desk.loses(LOST)
    assert desk.refunder.go() == 0
    desk.clock.wait(32 * DAY)
    desk.loses(SILENT)
    assert desk.refunder.go() == 0
    desk.clock.wait(DAY)
    assert desk.refunder.go() == 1
    assert (desk.given(), desk.is_open()) == ([-30_000], False)


def test_it_is_asked_for_ever_more_rarely(sqlite: Engine) -> None:
    desk = Counter(sqlite, "momo")
    for _ in range(60):
        desk.loses(SILENT)
        assert desk.refunder.go() == 0
        desk.clock.wait(STEP)
    asked = [row for row in rows(sqlite, OrderAskedRow) if row["about"] == f"refund:{desk.refund}"]
    assert len(asked) == 6
    assert desk.given() == []


def test_what_a_gateway_was_asked_for_goes_no_other_way(sqlite: Engine) -> None:
    desk = Counter(sqlite, "momo")
    desk.loses(LOST)
    desk.refunder.go()
    with transaction(sqlite) as session:
        refund_accounts.enter(session, desk.refund, TO, "lan", desk.clock())
        decision = refunds.refund(session, desk.refund).decision
    with transaction(sqlite) as session, pytest.raises(Impossible, match="no refund waits"):
        transfers.make(session, "1017595600", Form.CSV, "lan", desk.clock())
    with pytest.raises(Impossible, match="was asked to give it back"):
        decided(sqlite, Kind.UNDO, now=desk.clock(), undoes=decision)


def test_what_is_in_a_file_of_transfers_is_asked_of_no_gateway(sqlite: Engine) -> None:
    desk = Counter(sqlite, "momo")
    with transaction(sqlite) as session:
        refund_accounts.enter(session, desk.refund, TO, "lan", desk.clock())
        assert transfers.make(session, "1017595600", Form.CSV, "lan", desk.clock()).lines == 1
    assert (desk.refunder.go(), desk.given()) == (0, [])
    with transaction(sqlite) as session, pytest.raises(Impossible, match="file of transfers"):
        refunds.may_be_asked(session, desk.refund)


def test_what_a_gateway_refuses_goes_by_transfer(sqlite: Engine) -> None:
    desk = Counter(sqlite, "momo")
    honest = desk.momo_twin
    desk.network.twins[MOMO_HOST] = Liar(honest, b'"resultCode":0', b'"resultCode":1088')
    assert desk.refunder.go() == 0
    desk.network.twins[MOMO_HOST] = honest
    desk.clock.wait(DAY)
    assert desk.refunder.go() == 0
    assert desk.is_open()
    with transaction(sqlite) as session:
        refund_accounts.enter(session, desk.refund, TO, "lan", desk.clock())
        assert transfers.make(session, "1017595600", Form.CSV, "lan", desk.clock()).lines == 1
