"""Notices of gateways: each answer to the byte, each money once, nothing for what fits no order of ours."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine

from server import waiting_money
from server.api import notices
from server.db import connect, reading
from server.facts import AnomalyRow, EntryRow, NoticeRow, PaymentRow
from server.facts_money import TakenBackRow
from server.ingest import Settled
from server.ledger import owed
from server.notices import REFUSED
from server.orders import look_up, state
from server.providers.contract import Outcome
from server.rebuild import rebuild
from simulator.providers.momo import MomoTwin
from simulator.providers.vnpay import Transaction
from tests.server.box import MORNING, Box, book, reference
from tests.server.money_desk import MOMO_HOST, PARTNER, Liar, MoneyDesk, stand_at_the_exit
from tests.server.rows import ledger_sum, rows

VISIT = reference(1)
CONFIRMED = b'{"RspCode":"00","Message":"Confirm Success"}'
ALREADY = b'{"RspCode":"02","Message":"Order already confirmed"}'
NOT_FOUND = b'{"RspCode":"01","Message":"Order not found"}'
WRONG_AMOUNT = b'{"RspCode":"04","Message":"Invalid amount"}'
NO_PROOF = b'{"RspCode":"97","Message":"Invalid checksum"}'
UNKNOWN = b'{"RspCode":"99","Message":"Unknown error"}'
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(engine: Engine) -> MoneyDesk:
    stand_at_the_exit(engine, [1])
    return MoneyDesk(engine)


@pytest.fixture
def one(sqlite: Engine) -> MoneyDesk:
    """On SQLite only."""
    stand_at_the_exit(sqlite, [1])
    return MoneyDesk(sqlite)


def payments(desk: MoneyDesk) -> list[tuple[str, int]]:
    return [(row["provider"], row["amount"]) for row in rows(desk.engine, PaymentRow)]


def kinds(desk: MoneyDesk) -> list[str]:
    return sorted(row["kind"] for row in rows(desk.engine, EntryRow) if row["kind"] != "pend")


def troubles(desk: MoneyDesk) -> list[tuple[str, int]]:
    return sorted((row["code"], row["amount"]) for row in rows(desk.engine, AnomalyRow))


def settled_once(desk: MoneyDesk, provider: str) -> None:
    assert payments(desk) == [(provider, 30_000)]
    assert kinds(desk) == ["charge", "payment"]
    assert desk.settled == [Settled("SPS", VISIT)]
    assert ledger_sum(desk.engine) == 0


def test_vnpay_confirms_once_and_says_already_then(desk: MoneyDesk) -> None:
    told = desk.vnpay_twin.pay(desk.url("vnpay", VISIT))
    assert [desk.told("vnpay", told).body for _ in range(3)] == [CONFIRMED, ALREADY, ALREADY]
    settled_once(desk, "vnpay")
    assert troubles(desk) == []


def test_momo_is_answered_204_without_a_body_each_time(desk: MoneyDesk) -> None:
    told = desk.momo_twin.pay(desk.url("momo", VISIT))
    replies = [desk.told("momo", told) for _ in range(3)]
    assert [(reply.status, reply.body) for reply in replies] == [(204, b"")] * 3
    settled_once(desk, "momo")
    assert troubles(desk) == []


def test_a_failed_payment_is_recorded_and_confirmed_and_pays_nothing(one: MoneyDesk) -> None:
    told = one.vnpay_twin.pay(one.url("vnpay", VISIT), "24")
    assert [one.told("vnpay", told).body for _ in range(2)] == [CONFIRMED, ALREADY]
    assert payments(one) == []
    with reading(one.engine) as session:
        assert state(session, f"{VISIT}01") is Outcome.FAILED


def test_a_suspicious_payment_is_kept_and_stays_open(one: MoneyDesk) -> None:
    told = one.vnpay_twin.pay(one.url("vnpay", VISIT), "07")
    assert one.told("vnpay", told).body == CONFIRMED
    assert payments(one) == []
    with reading(one.engine) as session:
        assert state(session, f"{VISIT}01") is Outcome.OPEN


def test_a_good_status_with_a_bad_code_pays_nothing(one: MoneyDesk) -> None:
    """Both must say success; a published sample has one of each."""
    done = paid(one)
    for code in ("07", "99"):
        done.code = code
        assert one.told("vnpay", one.vnpay_twin.told(done, status="00")).body == CONFIRMED
    assert payments(one) == []


def test_vnpay_takes_back_what_it_told_of_and_the_stay_owes_again(desk: MoneyDesk) -> None:
    done = paid(desk)
    assert desk.told("vnpay", desk.vnpay_twin.told(done)).body == CONFIRMED
    back = desk.vnpay_twin.told(done, status="04")
    assert [desk.told("vnpay", back).body for _ in range(2)] == [CONFIRMED, ALREADY]
    assert set(kinds(desk)) == {"charge", "chargeback", "payment"}
    with reading(desk.engine) as session:
        assert owed(session, VISIT) == 30_000
    assert (len(rows(desk.engine, TakenBackRow)), ledger_sum(desk.engine)) == (1, 0)


def test_what_vnpay_takes_back_and_never_told_of_is_nobodys(one: MoneyDesk) -> None:
    """Debited at the payer's bank, reversed there, and never ours."""
    assert one.told("vnpay", one.vnpay_twin.told(paid(one), status="04")).body == CONFIRMED
    assert (payments(one), kinds(one)) == ([], [])
    with reading(one.engine) as session:
        assert list(waiting_money.expected(session, "SPS", one.clock())) == []


def paid(desk: MoneyDesk, amount: int = 0, order: str = "") -> Transaction:
    """A transaction at the twin, changed behind its back: what VNPAY itself would have to sign."""
    desk.vnpay_twin.pay(desk.url("vnpay", VISIT))
    done = next(iter(desk.vnpay_twin._paid.values()))  # noqa: SLF001 - the provider is made to err
    done.amount = amount or done.amount
    done.order = order or done.order
    return done


def test_proven_money_for_another_amount_is_refused_kept_and_a_case(one: MoneyDesk) -> None:
    told = one.vnpay_twin.told(paid(one, amount=100_000))
    assert [one.told("vnpay", told).body for _ in range(2)] == [WRONG_AMOUNT] * 2
    assert (payments(one), kinds(one), one.settled) == ([], [], [])
    assert troubles(one) == [("notice_refused", 1_000)]
    (kept,) = rows(one.engine, NoticeRow)
    assert kept["provider_id"].startswith(REFUSED)
    assert kept["raw"] == told


def test_the_right_notice_is_taken_after_a_wrong_one_with_its_number(one: MoneyDesk) -> None:
    done = paid(one, amount=100_000)
    assert one.told("vnpay", one.vnpay_twin.told(done)).body == WRONG_AMOUNT
    done.amount = 3_000_000
    assert one.told("vnpay", one.vnpay_twin.told(done)).body == CONFIRMED
    settled_once(one, "vnpay")


def test_proven_money_for_no_order_of_ours_is_refused_kept_and_a_case(one: MoneyDesk) -> None:
    told = one.vnpay_twin.told(paid(one, order="SPS20261123000042"))
    assert one.told("vnpay", told).body == NOT_FOUND
    assert troubles(one) == [("notice_refused", 30_000)]
    assert payments(one) == []


def test_an_order_at_one_provider_is_none_at_another(one: MoneyDesk) -> None:
    """A true notice of MoMo that names an order made at VNPAY."""
    one.ask("vnpay", VISIT)
    twin = MomoTwin(PARTNER.partner, PARTNER.access_key, PARTNER.secret, one.clock)
    asked = {"orderId": f"{VISIT}01", "requestId": "1", "amount": 30_000, "orderInfo": "x", "partnerCode": "MOMO"}
    page = json.loads(twin._created(asked))["payUrl"]  # noqa: SLF001 - whoever has the secret asked for it
    assert one.told("momo", twin.pay(page)).status == 400
    assert payments(one) == []


def test_the_same_number_with_other_content_is_a_case_and_ends_the_telling(one: MoneyDesk) -> None:
    done = paid(one)
    assert one.told("vnpay", one.vnpay_twin.told(done)).body == CONFIRMED
    done.info = "something else"
    assert one.told("vnpay", one.vnpay_twin.told(done)).body == ALREADY
    assert troubles(one) == [("notice_reused", 0)]
    settled_once(one, "vnpay")


Change = Callable[[bytes], bytes]
VNPAY_FORGERIES: dict[str, Change] = {
    "no checksum": lambda raw: raw.partition(b"&vnp_SecureHash=")[0],
    "an empty checksum": lambda raw: raw.partition(b"&vnp_SecureHash=")[0] + b"&vnp_SecureHash=",
    "a capital in it": lambda raw: raw[:-129] + raw[-129:].upper(),
    "another amount": lambda raw: raw.replace(b"vnp_Amount=3000000", b"vnp_Amount=9000000"),
    "an amount before it": lambda raw: b"vnp_Amount=9000000&" + raw,
    "a checksum twice": lambda raw: raw + b"&vnp_SecureHash=" + raw[-128:],
    "an unsigned field": lambda raw: raw + b"&amount=9000000",
    "an unsigned field of its kind": lambda raw: raw + b"&vnp_CurrCode=USD",
    "a field without a value": lambda raw: raw + b"&vnp_CurrCode",
    "another order": lambda raw: raw.replace(VISIT.encode(), reference(2).encode()),
    "not ASCII": lambda raw: raw + "&vnp_Đ=1".encode(),
    "too long": lambda raw: raw + b"&vnp_X=" + b"1" * 9_000,
    "another encoding of it": lambda raw: raw.replace(b"Thanh+toan", b"Thanh%20toan"),
}


@pytest.mark.parametrize("name", list(VNPAY_FORGERIES))
def test_what_vnpay_did_not_sign_changes_nothing(one: MoneyDesk, name: str) -> None:
    told = one.vnpay_twin.pay(one.url("vnpay", VISIT))
    forged = VNPAY_FORGERIES[name](told)
    assert forged != told
    assert one.told("vnpay", forged).body == NO_PROOF
    assert (payments(one), one.settled, rows(one.engine, NoticeRow)) == ([], [], [])
    assert one.told("vnpay", told).body == CONFIRMED


MOMO_FORGERIES: dict[str, Change] = {
    "no signature": lambda raw: raw[: raw.index(b',"signature"')] + b"}",
    "an empty signature": lambda raw: raw[: raw.index(b',"signature"')] + b',"signature":""}',
    "an amount twice": lambda raw: raw.replace(b'"amount":30000', b'"amount":90000,"amount":30000'),
    "a nested key twice": lambda raw: raw[:-1] + b',"more":{"a":1,"a":2}}',
    "an amount with a point": lambda raw: raw.replace(b'"amount":30000', b'"amount":30000.5'),
    "an amount as text": lambda raw: raw.replace(b'"amount":30000', b'"amount":"30000"'),
    "another partner": lambda raw: raw.replace(b'"MOMO"', b'"MOMA"'),
    "a failure made a success": lambda raw: raw.replace(b'"resultCode":1006', b'"resultCode":0'),
    "no object": lambda _: b"[]",
    "nothing": lambda _: b"",
    "deep": lambda _: b"[" * 9_000,
    "too long": lambda raw: raw + b" " * 20_000,
}


@pytest.mark.parametrize("name", list(MOMO_FORGERIES))
def test_what_momo_did_not_sign_changes_nothing(one: MoneyDesk, name: str) -> None:
    told = one.momo_twin.pay(one.url("momo", VISIT), 1006 if "failure" in name else 0)
    forged = MOMO_FORGERIES[name](told)
    assert forged != told
    assert one.told("momo", forged).status == 400
    assert (payments(one), one.settled, rows(one.engine, NoticeRow)) == ([], [], [])
    assert one.told("momo", told).status == 204


def test_fields_cannot_be_shifted_within_what_is_signed(one: MoneyDesk) -> None:
    """Nothing is escaped there, so the same text can be cut elsewhere: an & in a field is refused."""
    page = one.url("momo", VISIT)
    one.momo_twin._sessions[0].info = "x&orderType=y"  # noqa: SLF001 - a text that we never send
    told = json.loads(one.momo_twin.pay(page))
    shifted = {**told, "orderInfo": "x", "orderType": f"y&orderType={told['orderType']}"}
    assert [one.told("momo", json.dumps(each).encode()).status for each in (told, shifted)] == [400, 400]
    assert payments(one) == []


def test_an_answer_and_a_notice_of_one_payment_are_one_payment(desk: MoneyDesk) -> None:
    for provider, twin, visit in (("vnpay", desk.vnpay_twin, VISIT), ("momo", desk.momo_twin, reference(2))):
        stand_at_the_exit(desk.engine, [2]) if visit != VISIT else None
        told = twin.pay(desk.url(provider, visit))
        order = desk.ask(provider, visit).order
        found = look_up(desk.engine, desk.providers[provider], desk.line, order, desk.clock())
        assert (found.outcome, found.settled) == (Outcome.PAID, Settled("SPS", visit))
        assert desk.hears(provider, told)
        desk.clock.wait(timedelta(minutes=1))
        assert look_up(desk.engine, desk.providers[provider], desk.line, order, desk.clock()).settled is None
    assert payments(desk) == [("momo", 30_000), ("vnpay", 30_000)]
    assert troubles(desk) == []
    assert ledger_sum(desk.engine) == 0


def test_the_books_are_rebuilt_with_the_payments_of_notices_and_of_answers(sqlite: Engine) -> None:
    desk, box = MoneyDesk(sqlite), Box()
    for number in (1, 2, 3):
        visit = reference(number)
        book(sqlite, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    desk.clock.now = datetime.now(UTC) + HOUR  # facts are recorded when they are booked: now
    assert desk.hears("vnpay", desk.vnpay_twin.pay(desk.url("vnpay", VISIT)))
    desk.momo_twin.pay(desk.url("momo", reference(2)))
    desk.clock.wait(timedelta(minutes=2))
    assert desk.poller.ask() == 1
    assert desk.told("vnpay", desk.vnpay_twin.told(paid_twice(desk))).body == WRONG_AMOUNT
    before = rows(sqlite, PaymentRow)
    assert rebuild(sqlite).notices == 3
    assert rows(sqlite, PaymentRow) == before
    assert len(before) == 2


def test_an_answer_that_tells_of_another_amount_is_no_answer(one: MoneyDesk) -> None:
    order = one.ask("momo", VISIT).order
    one.momo_twin.pay(one.momo_twin.pages(order.order)[0])
    one.network.twins[MOMO_HOST] = Liar(one.momo_twin, b'"amount":30000', b'"amount":90000')
    assert look_up(one.engine, one.momo, one.line, order, one.clock()).outcome is Outcome.FAULT
    assert payments(one) == []
    one.network.twins[MOMO_HOST] = one.momo_twin
    one.clock.wait(timedelta(minutes=1))
    assert look_up(one.engine, one.momo, one.line, order, one.clock()).outcome is Outcome.PAID
    assert payments(one) == [("momo", 30_000)]


def paid_twice(desk: MoneyDesk) -> Transaction:
    done = next(iter(desk.vnpay_twin._paid.values()))  # noqa: SLF001 - the provider is made to err
    done.amount *= 2
    return done


def test_a_database_that_is_away_loses_nothing(one: MoneyDesk) -> None:
    vnpay, momo = one.vnpay_twin.pay(one.url("vnpay", VISIT)), b"{}"
    whole, one.engine = one.engine, connect("sqlite:////nowhere/at/all.db")
    assert one.told("vnpay", vnpay).body == UNKNOWN
    assert one.told("momo", momo).status == 503
    one.engine.dispose()
    one.engine = whole
    assert one.told("vnpay", vnpay).body == CONFIRMED
    settled_once(one, "vnpay")


# --- over HTTP -------------------------------------------------------------------------------------------------


def called(desk: MoneyDesk, method: str, path: str, body: bytes = b"") -> Response:
    app = FastAPI()
    app.state.centre = desk
    app.include_router(notices.router)

    async def call() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://centre") as caller:
            return await caller.request(method, path, content=body)

    return asyncio.run(call())


def test_over_http_the_answers_are_the_providers(one: MoneyDesk) -> None:
    told = one.vnpay_twin.pay(one.url("vnpay", VISIT)).decode()
    answer = called(one, "GET", f"/v1/notices/vnpay?{told}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, CONFIRMED, "application/json")
    stand_at_the_exit(one.engine, [2])
    answer = called(one, "POST", "/v1/notices/momo", one.momo_twin.pay(one.url("momo", reference(2))))
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(payments(one)) == 2


@pytest.mark.parametrize("provider", ["vnpay", "momo", "sepay", "casso"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_provider_that_is_off_has_no_endpoint(one: MoneyDesk, provider: str, method: str) -> None:
    one.providers.clear()
    assert called(one, method, f"/v1/notices/{provider}", b"{}").status_code == 404
    assert rows(one.engine, AnomalyRow) == []


def test_each_is_called_by_its_own_method(one: MoneyDesk) -> None:
    assert called(one, "POST", "/v1/notices/vnpay", b"{}").status_code == 405
    assert called(one, "GET", "/v1/notices/momo").status_code == 405


def test_the_page_that_payers_come_back_to_changes_nothing(one: MoneyDesk) -> None:
    told = one.vnpay_twin.pay(one.url("vnpay", VISIT)).decode()
    answer = called(one, "GET", f"/v1/returns/vnpay?{told}")
    assert answer.status_code == 200
    assert "Đang chờ" in answer.text
    assert VISIT not in answer.text
    assert (rows(one.engine, NoticeRow), payments(one), one.settled) == ([], [], [])
