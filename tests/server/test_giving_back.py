"""Refunds through a gateway: once, whatever gets lost, and never more than was paid."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from server.db import reading
from server.facts_money import OrderAskedRow
from server.giving_back import CannotGiveBack, give_back, outcome_of
from server.providers.contract import NotOffered, Outcome, Unanswered
from simulator.providers.network import Fate
from tests.server.box import reference
from tests.server.money_desk import MOMO_HOST, Liar, MoneyDesk, stand_at_the_exit
from tests.server.rows import rows

VISIT = reference(1)
ORDER = f"{VISIT}01"
DAY = timedelta(days=1)
LOST, SILENT = Fate.ANSWER_LOST, Fate.REQUEST_LOST


@pytest.fixture
def one(sqlite: Engine) -> MoneyDesk:
    stand_at_the_exit(sqlite, [1])
    return MoneyDesk(sqlite)


@pytest.fixture
def sold(one: MoneyDesk) -> MoneyDesk:
    assert one.hears("momo", one.momo_twin.pay(one.url("momo", VISIT)))
    return one


def gives(desk: MoneyDesk, refund: str = "HTSPS1", amount: int = 10_000, order: str = ORDER) -> Outcome:
    name = "vnpay" if order != ORDER else "momo"
    return give_back(
        desk.engine,
        desk.providers[name],
        desk.line,
        refund=refund,
        order=order,
        amount=amount,
        by="finance",
        now=desk.clock(),
    )


def given(desk: MoneyDesk) -> list[int]:
    return [deed.amount for deed in (*desk.momo_twin.book, *desk.vnpay_twin.book) if deed.amount < 0]


def test_a_refund_is_given_once_however_often_it_is_asked_for(sold: MoneyDesk) -> None:
    assert [gives(sold) for _ in range(3)] == [Outcome.REFUNDED] * 3
    assert given(sold) == [-10_000]
    assert gives(sold, "HTSPS2", 20_000) is Outcome.REFUNDED
    with pytest.raises(CannotGiveBack, match="given back"):
        gives(sold, "HTSPS3", 1)
    assert given(sold) == [-10_000, -20_000]


def test_a_refund_whose_answer_was_lost_is_looked_up_beyond_the_keys_life(sold: MoneyDesk) -> None:
    sold.loses(LOST)
    with pytest.raises(Unanswered):
        gives(sold)
    sold.clock.wait(32 * DAY)
    sold.loses(SILENT)
    with pytest.raises(Unanswered):
        gives(sold)
    assert given(sold) == [-10_000]
    assert gives(sold) is Outcome.REFUNDED
    assert given(sold) == [-10_000]


def test_vnpays_refund_is_looked_up_each_time_and_there_is_one_an_order(one: MoneyDesk) -> None:
    assert one.hears("vnpay", one.vnpay_twin.pay(one.url("vnpay", VISIT)))
    vnpay = one.providers["vnpay"]

    def back(refund: str) -> Outcome:
        asked = {"refund": refund, "order": ORDER, "amount": 10_000, "by": "finance", "now": one.clock()}
        return give_back(one.engine, vnpay, one.line, **asked)  # type: ignore[arg-type] # values of many types

    one.loses(LOST)
    with pytest.raises(Unanswered):
        back("HTSPS1")
    one.clock.wait(timedelta(seconds=2))
    assert back("HTSPS1") is Outcome.REFUNDED
    assert given(one) == [-10_000]
    with pytest.raises(CannotGiveBack, match="apart"):
        back("HTSPS2")


def test_what_was_not_paid_or_not_there_is_not_given_back(one: MoneyDesk) -> None:
    one.ask("momo", VISIT)
    for refund, order, amount in (("A", ORDER, 10_000), ("A", "SPSNOWHERE01", 1)):
        with pytest.raises(CannotGiveBack):
            gives(one, refund, amount, order)
    assert rows(one.engine, OrderAskedRow, "at")[0]["about"] == "create"
    assert len(rows(one.engine, OrderAskedRow)) == 1


def test_a_refund_has_one_amount_and_a_feed_gives_none(sold: MoneyDesk) -> None:
    sold.loses(SILENT)
    with pytest.raises(Unanswered):
        gives(sold)
    with pytest.raises(CannotGiveBack, match="another amount"):
        gives(sold, amount=20_000)
    with pytest.raises(NotOffered):
        sold.sepay.query(sold.ask("vnpay", stand_at_the_exit(sold.engine, [2])[0]).order, sold.line, sold.clock())
    with reading(sold.engine) as session:
        assert outcome_of(session, ORDER, "HTSPS1") is None


def test_a_provider_that_cannot_say_which_refunds_there_were_gets_no_second_request(sold: MoneyDesk) -> None:
    sold.loses(LOST)
    with pytest.raises(Unanswered):
        gives(sold)
    sold.clock.wait(32 * DAY)
    sold.network.twins[MOMO_HOST] = Liar(sold.momo_twin, b'"resultCode":0', b'"resultCode":10')  # maintenance
    listed = sold.momo_twin._sessions[0].refunds  # noqa: SLF001 - and its list is empty meanwhile
    kept = dict(listed)
    listed.clear()
    with pytest.raises(Unanswered, match="not which refunds"):
        gives(sold)
    listed.update(kept)
    sold.network.twins[MOMO_HOST] = sold.momo_twin
    assert gives(sold) is Outcome.REFUNDED
    assert given(sold) == [-10_000]
