"""Decisions and claims over HTTP: who may, up to how much, from which page, and what a refusal leaves behind."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import Engine

from server.api import money
from server.api.caller import COOKIE
from server.auth import Doorkeeper
from server.db import reading, transaction
from server.derived import BoxNowRow, VisitRow
from server.effects import owes
from server.facts import AuditRow, CommandRow
from server.facts_money import ClaimRow, DecisionRow, WordRow
from server.ledger import owed
from server.money_rules import MoneyRules
from server.register import SessionRow, UserRow
from server.roles import Role
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.closed import heard
from tests.server.rows import rows

HOUR: Final = timedelta(hours=1)
VISIT: Final = reference(1)
ROLES: Final = {"tam": Role.ATTENDANT, "lan": Role.FINANCE, "hoa": Role.FINANCE, "minh": Role.MANAGER}
RULES: Final = MoneyRules(limits={Role.FINANCE: 50_000, Role.MANAGER: 20_000}, claims=1, claims_vnd=100_000)
REFUND: Final[dict[str, Any]] = {"kind": "refund", "payment": "sepay:1", "note": "khách trả hai lần"}
CLAIM: Final[dict[str, Any]] = {"site": "SPS", "lane": "out-1", "visit": VISIT, "note": "ảnh chuyển khoản"}


class Office:
    """The centre's part that answers about money, its people, and what it told boxes and lanes."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.freed, self.sent = engine, list[Any](), list[Any]()
        self.app, self.doorkeeper = FastAPI(), Doorkeeper(engine)
        self.app.state.doorkeeper = self.doorkeeper
        self.app.state.centre = SimpleNamespace(
            engine=engine,
            config=SimpleNamespace(money=RULES),
            authorise=self.freed.extend,
            key=Ed25519PrivateKey.from_private_bytes(bytes(32)),
            bus=SimpleNamespace(publish=lambda topic, payload, **_: self.sent.append((topic, payload))),
            live=SimpleNamespace(changed=lambda _site: None),
        )
        self.app.include_router(money.router)
        self.tokens = {name: f"the token of {name}" for name in ROLES}
        now = datetime.now(UTC)
        with transaction(engine) as session:
            for name, role in ROLES.items():
                digest = hashlib.sha256(self.tokens[name].encode()).hexdigest()
                session.add(UserRow(name=name, role=role, password="", created_at=now))
                session.add(
                    SessionRow(token_sha256=digest, name=name, csrf="its own", created_at=now, expires_at=now + HOUR)
                )

    def post(self, who: str, path: str, headers: dict[str, str] | None = None, **json: Any) -> httpx.Response:
        """As this person's program, or with these headers."""
        how = headers if headers is not None else {"authorization": f"Bearer {self.tokens.get(who, '')}"}

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://barie") as client:
                return await client.post(path, headers=how, json=json)

        return asyncio.run(call())

    def kept(self) -> tuple[int, ...]:
        """Rows of all that an answer may leave behind."""
        return tuple(len(rows(self.engine, table)) for table in (DecisionRow, WordRow, ClaimRow, CommandRow, AuditRow))


@pytest.fixture
def office(sqlite: Engine) -> Office:
    """30,000 that nobody knows for what; a stay at the exit that owes as much."""
    box = Box()
    book(sqlite, *box.arrives(VISIT, MORNING), *box.is_priced(VISIT, MORNING, MORNING))
    heard(sqlite, datetime.now(UTC), box)
    with transaction(sqlite) as session:
        session.get_one(BoxNowRow, box.name).boot = str(UUID(int=1))
    paid(sqlite, notice(1, "tiền gửi xe"), datetime.now(UTC))
    return Office(sqlite)


def test_two_persons_give_money_back(office: Office) -> None:
    first = office.post("lan", "/v1/decisions", **REFUND)
    assert (first.status_code, first.json()["missing"]) == (201, 1)
    word: dict[str, Any] = {"decision": first.json()["decision"]}
    alone = office.post("lan", "/v1/decisions/words", **word)
    assert (alone.status_code, "has spoken already" in alone.json()["detail"]) == (403, True)
    second = office.post("hoa", "/v1/decisions/words", **word)
    assert (second.status_code, second.json()) == (200, {**word, "missing": 0, "refused": False})
    assert office.post("hoa", "/v1/decisions/words", **word).status_code == 409


def test_a_refusal_is_for_ever(office: Office) -> None:
    word: dict[str, Any] = {"decision": office.post("lan", "/v1/decisions", **REFUND).json()["decision"]}
    assert office.post("hoa", "/v1/decisions/words", **word, agrees=False).json()["refused"] is True
    assert office.post("hoa", "/v1/decisions/words", **word).status_code == 409


def test_who_settles_a_stay_frees_it(office: Office) -> None:
    settle: dict[str, Any] = {"kind": "settle", "payment": "sepay:1", "to_visit": VISIT, "note": "đúng xe"}
    assert office.post("lan", "/v1/decisions", **settle).status_code == 201
    assert [each.visit for each in office.freed] == [VISIT]
    with reading(office.engine) as session:
        assert owed(session, VISIT) == 0


@pytest.mark.parametrize(
    ("who", "path", "changes", "status"),
    [
        ("nobody", "/v1/decisions", {}, 401),
        ("tam", "/v1/decisions", {}, 403),  # attendants see no books
        ("minh", "/v1/decisions", {}, 403),  # over a manager's limit
        ("lan", "/v1/decisions", {"payment": "sepay:99"}, 404),
        ("lan", "/v1/decisions", {"amount": 30_001}, 409),
        ("lan", "/v1/decisions", {"amount": 0}, 422),
        ("lan", "/v1/decisions", {"amount": -1}, 422),
        ("lan", "/v1/decisions", {"amount": 10**14}, 422),
        ("lan", "/v1/decisions", {"kind": "gift"}, 422),
        ("lan", "/v1/decisions", {"note": "  "}, 409),
        ("lan", "/v1/decisions", {"note": "x" * 10_000}, 422),
        ("nobody", "/v1/decisions/words", {}, 401),
        ("tam", "/v1/decisions/words", {"decision": "rule:refund:sepay:1"}, 403),
        ("lan", "/v1/decisions/words", {"decision": "none"}, 404),
        ("lan", "/v1/decisions/words", {"decision": "x" * 301}, 422),
    ],
)
def test_what_is_refused_leaves_nothing(
    office: Office, who: str, path: str, changes: dict[str, Any], status: int
) -> None:
    before = office.kept()
    said = {**(REFUND if path == "/v1/decisions" else {}), **changes}
    assert office.post(who, path, **said).status_code == status
    assert office.kept() == before
    assert office.freed == []


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/decisions/words", "/v1/claims"])
def test_a_browser_needs_the_pages_own_token(office: Office, path: str) -> None:
    before, cookie = office.kept(), {"cookie": f"{COOKIE}={office.tokens['minh']}"}
    body: dict[str, Any] = {**REFUND, **CLAIM, "decision": "none"}
    assert office.post("minh", path, cookie, **body).status_code == 403
    assert office.post("minh", path, {**cookie, "x-csrf-token": "guessed"}, **body).status_code == 403
    assert office.kept() == before
    person = office.doorkeeper.person(office.tokens["minh"])
    assert person is not None
    answer = office.post("minh", path, {**cookie, "x-csrf-token": person.csrf}, **body)
    assert "stale" not in answer.text


def test_a_claim_raises_the_arm_and_the_stay_stays_owing(office: Office) -> None:
    answer = office.post("tam", "/v1/claims", **CLAIM)
    assert answer.status_code == 201
    (command,) = rows(office.engine, CommandRow)
    assert (command["command"], command["by"], command["visit"]) == (answer.json()["command"], "tam", VISIT)
    assert len(office.sent) == 1
    with reading(office.engine) as session:
        assert owes(session, session.get_one(VisitRow, VISIT)) == 30_000


@pytest.mark.parametrize(
    ("who", "changes", "status"),
    [
        ("nobody", {}, 401),
        ("lan", {}, 403),  # finance helps no drivers
        ("tam", {"visit": reference(9)}, 404),
        ("tam", {"site": "SPL"}, 404),
        ("tam", {"lane": "out-9"}, 404),
        ("tam", {"visit": "../../etc"}, 422),
        ("tam", {"note": "x"}, 422),
    ],
)
def test_a_claim_that_is_refused_raises_nothing(office: Office, who: str, changes: dict[str, Any], status: int) -> None:
    before = office.kept()
    assert office.post(who, "/v1/claims", **{**CLAIM, **changes}).status_code == status
    assert (office.kept(), office.sent) == (before, [])


def test_a_shift_has_so_many_claims(office: Office) -> None:
    box, visit = Box(seed=1, journal="fedcba9876543210"), reference(2)
    book(office.engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING))
    assert office.post("tam", "/v1/claims", **CLAIM).status_code == 201
    before = office.kept()
    answer = office.post("tam", "/v1/claims", **{**CLAIM, "visit": visit})
    assert (answer.status_code, "1 are allowed" in answer.json()["detail"]) == (409, True)
    assert (office.kept(), len(office.sent)) == (before, 1)
