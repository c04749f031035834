"""Notices of money: proved, kept once, matched by reference, posted; each wrong one with its one outcome."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Engine

from server.api import notices
from server.db import connect, transaction
from server.facts import AnomalyRow, ChargeRow, EntryRow, NoticeRow, PaymentRow
from server.ingest import Settled, Taken
from server.ledger import owed
from server.providers.contract import Provider
from server.providers.sepay import Proof, SePay
from tests.server.box import ACCOUNT, MORNING, SECRET, Box, book, notice, paid, pay, reference, signed
from tests.server.rows import ledger_sum, rows

HOUR = timedelta(hours=1)
VISIT = reference(1)


class Desk:
    """The part of a centre that the endpoint needs; it remembers who may go."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        feed = SePay(SECRET, Proof.HMAC, {number: (site,) for site, number in ACCOUNT.items()})
        self.providers: dict[str, Provider] = {feed.name: feed}
        self.settled: list[Settled] = []

    def authorise(self, settled: list[Settled]) -> None:
        self.settled += settled


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


@pytest.fixture
def client(desk: Desk) -> FastAPI:
    app = FastAPI()
    app.state.centre = desk
    app.include_router(notices.router)
    return app


def send(client: FastAPI, raw: bytes, headers: dict[str, str] | None = None) -> int:
    headers = signed(raw, datetime.now(UTC)) if headers is None else headers

    async def posted() -> int:
        async with AsyncClient(transport=ASGITransport(client), base_url="http://centre") as caller:
            answer = await caller.post("/v1/notices/sepay", content=raw, headers=headers)
        return answer.status_code

    return asyncio.run(posted())


def at_the_exit(engine: Engine, box: Box | None = None) -> Box:
    box = box or Box()
    book(engine, *box.arrives(VISIT, MORNING), *box.is_priced(VISIT, MORNING, MORNING + HOUR))
    return box


def state(engine: Engine) -> dict[str, Any]:
    postings = {row["key"]: row["kind"] for row in rows(engine, EntryRow)}
    return {
        "notices": len(rows(engine, NoticeRow)),
        "payments": len(rows(engine, PaymentRow)),
        "charges": len(rows(engine, ChargeRow)),
        "entries": sorted(kind for kind in postings.values() if kind != "pend"),
        "troubles": sorted(row["code"] for row in rows(engine, AnomalyRow)),
        "sum": ledger_sum(engine),
    }


SETTLED = {"notices": 1, "payments": 1, "charges": 1, "entries": ["charge", "payment"], "troubles": [], "sum": 0}
NOTHING = {"notices": 0, "payments": 0, "charges": 0, "entries": [], "sum": 0}


def test_a_good_notice_settles_its_visit(engine: Engine, client: FastAPI, desk: Desk) -> None:
    at_the_exit(engine)
    assert send(client, notice(1, f"CT DEN {VISIT}")) == 200
    assert state(engine) == SETTLED
    assert desk.settled == [Settled("SPS", VISIT)]


def test_the_same_notice_again_is_answered_and_changes_nothing(engine: Engine, client: FastAPI, desk: Desk) -> None:
    at_the_exit(engine)
    assert [send(client, notice(1, VISIT)) for _ in range(4)] == [200] * 4
    assert state(engine) == SETTLED
    assert len(desk.settled) == 1


def test_the_same_id_with_other_content_is_a_finding(engine: Engine, client: FastAPI) -> None:
    at_the_exit(engine)
    assert [send(client, notice(1, VISIT)), send(client, notice(1, VISIT, 99_000))] == [200, 200]
    assert state(engine) == {**SETTLED, "troubles": ["notice_reused"]}


RAW = notice(1, VISIT)


def bad_headers(now: datetime) -> dict[str, dict[str, str]]:
    """What proves nothing, made now: a suite may run for longer than a stamp is good."""
    old = now - timedelta(minutes=6)
    return {
        "none": {},
        "empty": {**signed(RAW, now), "x-sepay-signature": ""},
        "no digest": {**signed(RAW, now), "x-sepay-signature": "sha256="},
        "wrong": signed(RAW, now, "another secret of somebody"),
        "empty secret": signed(RAW, now, ""),
        "stale": signed(RAW, old),
        "future": signed(RAW, now + timedelta(minutes=10)),
        "new stamp": {**signed(RAW, old), "x-sepay-timestamp": str(int(now.timestamp()))},
        "other bytes": signed(RAW + b" ", now),
    }


@pytest.mark.parametrize("name", list(bad_headers(datetime.now(UTC))))
def test_what_proves_nothing_is_refused(engine: Engine, client: FastAPI, name: str) -> None:
    at_the_exit(engine)
    assert send(client, RAW, bad_headers(datetime.now(UTC))[name]) == 401
    assert state(engine) == {**NOTHING, "troubles": ["notice_refused"]}


@pytest.mark.parametrize(
    "raw",
    [b"{}", b"[]", notice(0, VISIT), notice(1, VISIT, -5), notice(1, VISIT, transactionDate="0001-01-01 00:00:00")],
    ids=["empty", "list", "id", "amount", "year"],
)
def test_what_is_signed_and_makes_no_sense_is_refused_and_kept(engine: Engine, client: FastAPI, raw: bytes) -> None:
    """It may be money that we cannot read: its bytes stay, once, however often they are sent."""
    assert send(client, raw) == send(client, raw) == 400
    assert state(engine) == {**NOTHING, "notices": 1, "troubles": ["notice_refused"]}
    assert rows(engine, NoticeRow)[0]["raw"] == raw


def test_an_account_that_is_none_of_ours_is_a_finding_with_its_amount(engine: Engine, client: FastAPI) -> None:
    at_the_exit(engine)
    assert send(client, notice(1, VISIT, accountNumber="99999")) == 200
    assert state(engine) == {**NOTHING, "notices": 1, "troubles": ["notice_refused"]}
    assert rows(engine, AnomalyRow)[0]["amount"] == 30_000


def test_the_account_of_another_site_settles_nothing(engine: Engine, client: FastAPI, desk: Desk) -> None:
    at_the_exit(engine)
    assert send(client, notice(1, VISIT, accountNumber=ACCOUNT["SPL"])) == 200
    assert desk.settled == []
    assert rows(engine, PaymentRow)[0]["reference"] is None  # kept, and nobody's


def test_outgoing_money_is_kept_and_books_nothing(engine: Engine, client: FastAPI) -> None:
    at_the_exit(engine)
    assert send(client, notice(1, VISIT, transferType="out")) == 200
    assert state(engine) == {**NOTHING, "notices": 1, "troubles": []}


def test_a_strangers_nul_keeps_no_money_out(engine: Engine, client: FastAPI) -> None:
    at_the_exit(engine)
    assert send(client, notice(1, f"{VISIT}\0", referenceCode="FT\0 1", description="\0")) == 200
    assert state(engine) == SETTLED


def test_after_the_exit_it_settles_the_debt(engine: Engine, client: FastAPI) -> None:
    box = at_the_exit(engine)
    book(engine, *box.leaves(VISIT, MORNING + HOUR))
    assert send(client, notice(1, VISIT)) == 200
    assert state(engine) == SETTLED


def test_early_money_waits_for_its_price_and_opens_once(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(VISIT, MORNING))
    assert paid(engine, notice(1, VISIT, 50_000), MORNING).settled is None  # over, too
    taken = book(engine, *box.is_priced(VISIT, MORNING, MORNING + HOUR))
    assert taken.settled == [Settled("SPS", VISIT)]
    assert book(engine, *box.leaves(VISIT, MORNING + HOUR)).settled == []  # what is over opens nothing again
    assert state(engine)["entries"] == ["applied", "charge", "payment"]
    assert ledger_sum(engine) == 0


def test_a_price_does_not_miss_the_money_that_comes_at_the_same_moment(engine: Engine, books_url: str) -> None:
    """The notice saw no price and is not committed yet; the price must wait for it."""
    box, other, taken = Box(), connect(books_url), list[Taken]()
    book(engine, *box.arrives(VISIT, MORNING))
    priced = box.is_priced(VISIT, MORNING, MORNING + HOUR)
    thread = threading.Thread(target=lambda: taken.append(book(other, *priced)))
    with transaction(engine) as session:
        assert pay(session, notice(1, VISIT), MORNING).settled is None
        thread.start()
        thread.join(timeout=0.5)  # it cannot finish before this commits, and nothing here says when it began to wait
    thread.join(timeout=30)
    assert [each.settled for each in taken] == [[Settled("SPS", VISIT)]]
    other.dispose()


def test_twenty_at_once_post_once(engine: Engine) -> None:
    at_the_exit(engine)
    gate = threading.Barrier(20)

    def one(_: int) -> bool:
        gate.wait()
        return paid(engine, notice(1, VISIT), MORNING).new

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(one, range(20))) == [False] * 19 + [True]
    assert state(engine) == SETTLED


def test_exit_and_payments_at_once_charge_once(engine: Engine) -> None:
    box = at_the_exit(engine)
    leaving = box.leaves(VISIT, MORNING + HOUR)
    gate = threading.Barrier(6)

    def pays(number: int) -> None:
        gate.wait()
        paid(engine, notice(number, VISIT, 10_000), MORNING)

    def leaves() -> None:
        gate.wait()
        book(engine, *leaving)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(leaves), *(pool.submit(pays, number) for number in range(1, 6))]:
            done.result()
    assert state(engine)["entries"] == ["charge", *["payment"] * 5]
    assert ledger_sum(engine) == 0
    with transaction(engine) as session:
        assert owed(session, VISIT) == 0
