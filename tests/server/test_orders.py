"""Orders: one for what a visit owes, asked again only when it is known what became of the last; polling; refunds."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Engine

from gate.vietqr import decode
from server.api import orders
from server.api.caller import caller
from server.auth import Person
from server.db import reading, transaction
from server.facts import PaymentRow
from server.facts_money import OrderAnswerRow, OrderAskedRow, OrderRow
from server.ingest import Settled
from server.orders import ANSWER_DUE, FOLLOWED, NothingOwed, NotPayable, StillOpen, due, expected, state
from server.polling import next_question
from server.providers.contract import Order, Outcome, Payable, Unanswered
from server.providers.line import HttpLine, permitted
from server.roles import Role
from simulator.providers.momo import MomoTwin
from simulator.providers.network import Fate, Served
from tests.server.box import ACCOUNT, MORNING, Box, book, notice, paid, reference
from tests.server.money_desk import MOMO_HOST, PARTNER, Liar, MoneyDesk, stand_at_the_exit
from tests.server.rows import ledger_sum, rows

VISIT = reference(1)
ORDER = f"{VISIT}01"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LOST, SILENT, BROKEN = Fate.ANSWER_LOST, Fate.REQUEST_LOST, Fate.BROKEN


@pytest.fixture
def one(sqlite: Engine) -> MoneyDesk:
    stand_at_the_exit(sqlite, [1])
    return MoneyDesk(sqlite)


def known(desk: MoneyDesk, order: str = ORDER) -> Outcome:
    with reading(desk.engine) as session:
        return state(session, order)


def made(desk: MoneyDesk) -> list[str]:
    return [row["order"] for row in rows(desk.engine, OrderRow)]


# --- one order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["sepay", "vnpay", "momo"])
def test_a_visit_has_one_open_order_of_an_amount_at_a_provider(one: MoneyDesk, provider: str) -> None:
    first, second = one.ask(provider, VISIT), one.ask(provider, VISIT)
    assert first == second
    assert (first.order.order, first.order.amount) == (ORDER, 30_000)
    assert one.network.exchanges == (provider == "momo")
    one.clock.wait(DAY)
    assert one.ask(provider, VISIT).order.order == f"{VISIT}02"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (b"https://test-payment.momo.vn/v2", b"https://momo.example.net/v2"),
        (b"https://test-payment.momo.vn/v2", b"http://test-payment.momo.vn/v2"),
        (b"momo://pay", b"https://momo.example.net/pay"),
        (b"momo://pay", b"intent://pay"),
    ],
)
def test_nobody_is_sent_to_a_host_that_we_do_not_know(one: MoneyDesk, true: bytes, false: bytes) -> None:
    one.network.twins[MOMO_HOST] = Liar(one.momo_twin, true, false)
    with pytest.raises(Unanswered, match="host that we do not know"):
        one.ask("momo", VISIT)
    assert rows(one.engine, OrderAnswerRow) == []


def test_the_wallets_own_link_and_a_code_on_its_host_are_shown_and_no_other(one: MoneyDesk) -> None:
    assert one.ask("momo", VISIT).payable == Payable(
        "https://test-payment.momo.vn/v2/gateway/pay?t=0", "momo://pay?t=0"
    )
    raw = rows(one.engine, OrderAnswerRow)[0]["raw"]
    for code, shown in ((b"https://test-payment.momo.vn/qr/1", "https://test-payment.momo.vn/qr/1"), (b"00020101", "")):
        assert one.momo.payable(raw.replace(b"momo://pay?t=0", code), one.line).qr == shown
    with pytest.raises(Unanswered, match="host that we do not know"):
        one.momo.payable(raw, HttpLine({"elsewhere.example"}))


def test_at_the_feed_an_order_is_a_transfers_code(one: MoneyDesk) -> None:
    payable = one.ask("sepay", VISIT).payable
    assert payable is not None
    said = decode(payable.qr)
    assert (said.account, said.amount, said.note) == (ACCOUNT["SPS"], 30_000, VISIT)


def test_an_order_is_for_what_is_owed_now(one: MoneyDesk) -> None:
    assert paid(one.engine, notice(1, VISIT, 10_000), MORNING).new
    assert one.ask("momo", VISIT).order.amount == 20_000
    assert paid(one.engine, notice(2, VISIT, 20_000), MORNING).settled
    with pytest.raises(NothingOwed, match="owes nothing"):
        one.ask("momo", VISIT)


def test_money_that_waits_for_its_price_is_not_asked_for_again(sqlite: Engine) -> None:
    box, desk = Box(), MoneyDesk(sqlite)
    book(sqlite, *box.arrives(VISIT, MORNING))
    with pytest.raises(NothingOwed, match="no price"):
        desk.ask("momo", VISIT)
    with pytest.raises(NothingOwed, match="no visit"):
        desk.ask("momo", reference(9))
    book(sqlite, *box.is_priced(VISIT, MORNING, MORNING + timedelta(hours=1)))
    with transaction(sqlite) as session:
        assert due(session, VISIT) == 30_000


def test_many_at_once_get_the_same_order(engine: Engine) -> None:
    stand_at_the_exit(engine, [1])
    desk, gate = MoneyDesk(engine), threading.Barrier(8)

    def one_asks(_: int) -> str:
        gate.wait()
        return desk.url("momo", VISIT)

    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(one_asks, range(8)))
    assert len(urls) == 1
    assert made(desk) == [ORDER]
    assert len(desk.momo_twin.pages(ORDER)) == 1


def test_what_we_ask_is_written_down_before_it_is_sent(one: MoneyDesk) -> None:
    one.loses(SILENT)
    with pytest.raises(Unanswered):
        one.ask("momo", VISIT)
    assert [row["about"] for row in rows(one.engine, OrderAskedRow)] == ["create"]
    assert rows(one.engine, OrderAnswerRow) == []


# --- lost answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", [LOST, SILENT, BROKEN])
def test_within_the_life_of_the_key_the_same_request_goes_out_again(one: MoneyDesk, fate: Fate) -> None:
    one.loses(fate)
    with pytest.raises(Unanswered):
        one.ask("momo", VISIT)
    one.clock.wait(MINUTE)
    assert one.url("momo", VISIT)
    assert made(one) == [ORDER]
    assert len(one.momo_twin.pages(ORDER)) == 1


def test_beyond_it_a_lost_order_is_looked_up_and_not_made_twice(sqlite: Engine) -> None:
    stand_at_the_exit(sqlite, [1])
    desk = MoneyDesk(sqlite, key_life=30 * MINUTE, order_life=DAY)
    desk.loses(LOST)
    with pytest.raises(Unanswered):
        desk.ask("momo", VISIT)
    desk.clock.wait(31 * MINUTE)
    with pytest.raises(StillOpen, match=ORDER):
        desk.ask("momo", VISIT)
    assert len(desk.momo_twin.pages(ORDER)) == 1
    desk.loses(SILENT)
    with pytest.raises(Unanswered):  # a look-up without an answer sends nothing either
        desk.ask("momo", VISIT)
    assert len(desk.momo_twin.pages(ORDER)) == 1


def test_beyond_it_a_request_that_never_arrived_goes_out_again(sqlite: Engine) -> None:
    stand_at_the_exit(sqlite, [1])
    desk = MoneyDesk(sqlite, key_life=30 * MINUTE, order_life=DAY)
    desk.loses(SILENT)
    with pytest.raises(Unanswered):
        desk.ask("momo", VISIT)
    desk.clock.wait(31 * MINUTE)
    assert desk.url("momo", VISIT)
    assert len(desk.momo_twin.pages(ORDER)) == 1


def test_an_order_that_is_over_by_our_clock_is_found_paid_before_another_is_made(one: MoneyDesk) -> None:
    one.momo_twin.pay(one.url("momo", VISIT))  # and its notice is lost
    one.clock.wait(DAY)
    found = one.ask("momo", VISIT)
    assert (found.payable, found.settled) == (None, Settled("SPS", VISIT))
    assert made(one) == [ORDER]
    assert len(rows(one.engine, PaymentRow)) == 1


def test_what_the_provider_refuses_is_said(one: MoneyDesk) -> None:
    stand_at_the_exit(one.engine, [2], price=500)  # below MoMo's least
    with pytest.raises(NotPayable, match="fault"):
        one.ask("momo", reference(2))


# --- polling ---------------------------------------------------------------------------------------------------


def test_an_open_order_is_asked_for_after_a_minute_and_found_paid(one: MoneyDesk) -> None:
    one.momo_twin.pay(one.url("momo", VISIT))
    one.clock.wait(timedelta(seconds=59))
    assert one.poller.ask() == 0
    one.clock.wait(timedelta(seconds=1))
    assert one.poller.ask() == 1
    assert one.settled == [Settled("SPS", VISIT)]
    assert known(one) is Outcome.PAID
    one.clock.wait(DAY)
    assert one.poller.ask() == 0


def test_what_nobody_paid_ends_and_is_not_asked_for_any_more(one: MoneyDesk) -> None:
    for provider, visit in (("momo", VISIT), ("vnpay", reference(2))):
        stand_at_the_exit(one.engine, [2])
        one.ask(provider, visit)
    asked = 0
    for _ in range(600):
        one.clock.wait(MINUTE)
        asked += one.poller.ask()
    assert known(one) is Outcome.FAILED  # MoMo says that it is over
    assert known(one, f"{reference(2)}01") is Outcome.EXPIRED  # VNPAY never heard of it
    assert 10 <= asked <= 40
    assert rows(one.engine, PaymentRow) == []


def test_questions_get_rarer_and_one_comes_after_the_end() -> None:
    order = Order("A01", "SPS", "A", 1, MORNING, MORNING + 100 * MINUTE)
    asked, times = list[timedelta](), []
    at = next_question(order, [], promises_retries=False)
    while at is not None:
        times.append(at)
        asked.append(at - MORNING)
        at = next_question(order, times, promises_retries=False)
    assert [each.total_seconds() for each in asked[:5]] == [60, 75, 105, 165, 285]
    assert order.expires_at + 2 * MINUTE in times
    assert times[-1] <= order.expires_at + FOLLOWED
    assert len(times) < 60
    first = next_question(order, [], promises_retries=True)
    assert first is not None
    assert first > MORNING + 5 * MINUTE


def test_a_silent_provider_is_a_finding_when_it_is_due_and_none_when_it_answered(one: MoneyDesk) -> None:
    one.ask("momo", VISIT)

    def waiting() -> list[tuple[str, timedelta]]:
        with reading(one.engine) as session:
            return [(each.subject, each.due - one.clock()) for each in expected(session, "SPS", one.clock())]

    assert waiting() == []
    one.clock.wait(MINUTE)
    one.loses(*[SILENT] * 3)
    for _ in range(3):
        assert one.poller.ask() == 0
        one.clock.wait(MINUTE)
    assert waiting() == [(ORDER, ANSWER_DUE - 3 * MINUTE)]
    with reading(one.engine) as session:
        assert list(expected(session, "SPL", one.clock())) == []
    assert one.poller.ask() == 1
    assert waiting() == []


def test_a_silent_provider_keeps_nobody_else_waiting(one: MoneyDesk) -> None:
    stand_at_the_exit(one.engine, [2, 3])
    for visit in (VISIT, reference(2)):
        one.ask("momo", visit)
    one.vnpay_twin.pay(one.url("vnpay", reference(3)))
    one.clock.wait(10 * MINUTE)
    one.loses(SILENT)
    before = one.network.exchanges
    assert one.poller.ask() == 1
    assert one.network.exchanges - before == 2
    assert one.settled == [Settled("SPS", reference(3))]


# --- the way out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "may"),
    [
        (f"https://{MOMO_HOST}/v2", True),
        (f"http://{MOMO_HOST}/v2", False),
        (f"https://{MOMO_HOST}.evil.vn/v2", False),
        (f"https://evil.vn/?{MOMO_HOST}", False),
        (f"https://{MOMO_HOST}@evil.vn/", False),
        (f"https://someone@{MOMO_HOST}/", False),
        ("https://[::1", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_only_hosts_that_we_were_told_of_are_called(url: str, may: bool) -> None:  # noqa: FBT001 - a table's column
    assert permitted(url, {MOMO_HOST}) is may
    if not may:
        with pytest.raises(Unanswered):
            HttpLine({MOMO_HOST}).post(url, b"{}")


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (ORDER.encode(), f"{VISIT}99".encode()),
        (b'"amount":30000', b'"amount":40000'),
        (b"https://test-payment.momo.vn/", b"https://evil.vn/"),
        (b"{", b"["),
    ],
    ids=["order", "amount", "page", "form"],
)
def test_an_answer_to_another_question_is_none(one: MoneyDesk, true: bytes, false: bytes) -> None:
    one.network.twins[MOMO_HOST] = Liar(one.momo_twin, true, false)
    with pytest.raises(Unanswered):
        one.ask("momo", VISIT)


def test_over_a_real_socket_too(one: MoneyDesk) -> None:
    twin = MomoTwin(PARTNER.partner, PARTNER.access_key, PARTNER.secret, one.clock)
    with Served(twin) as served:
        line = HttpLine({"127.0.0.1"})
        asked = b'{"partnerCode":"MOMO","signature":""}'
        assert b"Access denied" in line.post(f"{served.url}/v2/gateway/api/query", asked)
        assert line.post(f"{served.url}/nothing", b"{}") == b""
        url = served.url
    with pytest.raises(Unanswered):
        line.post(f"{url}/v2/gateway/api/query", asked)


# --- over HTTP -------------------------------------------------------------------------------------------------


@pytest.fixture
def app(one: MoneyDesk) -> FastAPI:
    one.clock.now = datetime.now(UTC)  # the endpoint has no other
    made_app = FastAPI()
    made_app.state.centre = one
    made_app.include_router(orders.router)
    made_app.dependency_overrides[caller] = lambda: Person("an", Role.ATTENDANT, "")
    return made_app


def posted(app: FastAPI, visit: str, provider: str) -> tuple[int, dict[str, object]]:
    async def call() -> tuple[int, dict[str, object]]:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://centre") as client:
            answer = await client.post(f"/v1/visits/{visit}/orders", json={"provider": provider})
        return answer.status_code, answer.json()

    return asyncio.run(call())


def test_an_attendant_orders_for_a_driver(app: FastAPI) -> None:
    status, said = posted(app, VISIT, "momo")
    assert (status, said["order"], said["amount"], said["paid"]) == (201, ORDER, 30_000, False)
    assert str(said["url"]).startswith(f"https://{MOMO_HOST}/")
    assert posted(app, VISIT, "zalopay")[0] == 404
    assert posted(app, reference(9), "momo")[0] == 409
    assert posted(app, "x", "momo")[0] == 422


def test_who_may_not_help_drivers_may_not_order(app: FastAPI) -> None:
    app.dependency_overrides[caller] = lambda: Person("thu", Role.FINANCE, "")
    assert posted(app, VISIT, "momo")[0] == 403


def test_no_answer_is_503_and_the_next_try_works(app: FastAPI, one: MoneyDesk) -> None:
    one.loses(LOST)
    assert posted(app, VISIT, "momo")[0] == 503
    assert posted(app, VISIT, "momo")[0] == 201
    assert len(one.momo_twin.pages(ORDER)) == 1
    assert ledger_sum(one.engine) == 0
