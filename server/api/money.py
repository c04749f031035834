"""Money for those who decide about it, and the page on which a driver says where a refund goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from gate.messages import NOTE_MAX
from server import account_changes, reach, refund_accounts
from server.api.caller import CentreDep, PersonDep, needed
from server.api.refund_page import page, thanks
from server.auth import Person
from server.centre import Centre
from server.commands import NobodyThere
from server.db import reading, transaction
from server.decisions import Decided, Wanted, approve, decide
from server.effects import Kind
from server.help import VISIT
from server.ingest import Settled
from server.letting_out import let_out
from server.money_rules import Impossible, MoneyRules, NoSuch, NotYours, Speaker
from server.money_shown import shown
from server.refund_accounts import BadAccount
from server.roles import Power

router = APIRouter()
BODY_MAX = 4_096
Token = Annotated[str, Path(min_length=22, max_length=22)]
Subject = Annotated[str, Path(max_length=200)]


class NewDecision(BaseModel):
    """What somebody wants; `amount` left out: all that there is."""

    kind: Kind
    note: str = Field(max_length=NOTE_MAX)
    amount: int | None = Field(default=None, ge=1, le=10**13)
    visit: str = Field(default="", max_length=20)
    payment: str = Field(default="", max_length=200)
    to_visit: str = Field(default="", max_length=20)
    undoes: str = Field(default="", max_length=200)


class Word(BaseModel):
    """Another person's word."""

    decision: str = Field(max_length=300)
    agrees: bool = True
    note: str = Field(default="", max_length=NOTE_MAX)


class AccountWord(BaseModel):
    """A second person's word on another account."""

    agrees: bool


class NewClaim(BaseModel):
    """The driver at this lane shows a transfer that has not arrived."""

    site: str = Field(max_length=10)
    lane: str = Field(max_length=31)
    visit: str = Field(pattern=VISIT)
    note: str = Field(min_length=3, max_length=200)
    approach: UUID | None = None


@router.get("/v1/money/{subject:path}")
def money(subject: Subject, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """All about a payment, visit, refund or decision."""
    needed(person, Power.SEE_BOOKS)
    with _answered(), reading(centre.engine) as session:
        return shown(session, subject)


@router.post("/v1/decisions", status_code=201)
def new_decision(body: NewDecision, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Say the first word. What needs two persons waits for the second."""
    needed(person, Power.DECIDE_MONEY)
    wanted = Wanted(**body.model_dump())
    with _answered(), transaction(centre.engine) as session:
        reach.keep_to(session, person, wanted.visit, wanted.payment, wanted.to_visit, wanted.undoes)
        done = decide(session, wanted, _speaker(person), rules_of(centre), datetime.now(UTC))
    return _done(centre, done)


@router.post("/v1/decisions/words")
def new_word(body: Word, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Agree, or refuse for ever."""
    needed(person, Power.DECIDE_MONEY)
    with _answered(), transaction(centre.engine) as session:
        reach.keep_to(session, person, body.decision)
        word = {"agrees": body.agrees, "note": body.note}
        now = datetime.now(UTC)
        done = approve(session, body.decision, _speaker(person), rules_of(centre), now, **word)  # type: ignore[arg-type]
    return _done(centre, done)


@router.post("/v1/claims", status_code=201)
def new_claim(body: NewClaim, centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """Let out on the driver's word, within the limits of the shift; the stay stays owing."""
    needed(person, Power.HELP_DRIVERS)
    if not person.sees(body.site):
        raise HTTPException(404, f"no site {body.site}")
    with _answered():
        rules = rules_of(centre)
        command = let_out(centre, person, body.site, body.lane, body.visit, body.note, rules, body.approach)
    return {"command": str(command)}


@router.post("/v1/refunds/{refund}/link", status_code=201)
def new_link(refund: Annotated[str, Path(max_length=20)], centre: CentreDep, person: PersonDep) -> dict[str, str]:
    """The driver's page for this refund; the one before ends."""
    needed(person, Power.DECIDE_MONEY)
    with _answered(), transaction(centre.engine) as session:
        token = refund_accounts.ask(session, refund, person.name, datetime.now(UTC))
    return {"path": f"/v1/refunds/{token}/account"}


@router.get("/v1/refunds/{refund}/account/changes")
def account_changed(
    refund: Annotated[str, Path(max_length=20)], centre: CentreDep, person: PersonDep
) -> list[dict[str, Any]]:
    """Each change of a known account with both accounts, for whoever has to say the second word; recorded."""
    needed(person, Power.SEE_BOOKS)
    with _answered(), transaction(centre.engine) as session:
        found = account_changes.seen(session, refund, person.name, datetime.now(UTC))
    return [{**each._asdict(), "was": each.was._asdict(), "to": each.to._asdict()} for each in found]


@router.post("/v1/refunds/{refund}/account/word", status_code=201)
def account_word(
    refund: Annotated[str, Path(max_length=20)], body: AccountWord, centre: CentreDep, person: PersonDep
) -> dict[str, Any]:
    """The second person's word on another account than the known one."""
    needed(person, Power.DECIDE_MONEY)
    with _answered(), transaction(centre.engine) as session:
        now, rules = datetime.now(UTC), rules_of(centre)
        number = account_changes.speak(session, refund, _speaker(person), rules, now, agrees=body.agrees)
    return {"refund": refund, "change": number, "agrees": body.agrees}


@router.get("/v1/refunds/{token}/account")
def refund_page(token: Token, centre: CentreDep) -> HTMLResponse:
    """The page that asks a driver for an account. Nobody logs in: the token is the key."""
    with _answered(), reading(centre.engine) as session:
        row = refund_accounts.asked(session, token)
    return HTMLResponse(page(row.refund, row.amount))


@router.post("/v1/refunds/{token}/account")
async def refund_account(token: Token, request: Request, centre: CentreDep) -> Response:
    """Where the money goes, from the page or as JSON: `bank`, `account`, `name`. Never said back."""
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > BODY_MAX:
            raise HTTPException(413, f"at most {BODY_MAX} bytes")
    said = _said(bytes(raw), request.headers.get("content-type", ""))
    return await run_in_threadpool(_given, centre, token, said)


def rules_of(centre: Centre) -> MoneyRules:
    """The centre's settings about money."""
    rules: MoneyRules = getattr(centre.config, "money", MoneyRules())
    return rules


def _given(centre: Centre, token: str, said: dict[str, str]) -> Response:
    with _answered():
        try:
            to = refund_accounts.account(said.get("bank", ""), said.get("account", ""), said.get("name", ""))
            with transaction(centre.engine) as session:
                row = refund_accounts.give(session, token, to, datetime.now(UTC))
        except BadAccount as error:
            with reading(centre.engine) as session:
                row = refund_accounts.asked(session, token)
            return HTMLResponse(page(row.refund, row.amount, str(error)), 422)
    return HTMLResponse(thanks(row.refund, row.amount))


def _said(raw: bytes, kind: str) -> dict[str, str]:
    try:
        if kind.startswith("application/x-www-form-urlencoded"):
            return {name: values[0] for name, values in parse_qs(raw.decode(), max_num_fields=10).items()}
        return msgspec.json.decode(raw, type=dict[str, str])
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "neither a form nor JSON with bank, account and name") from error


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except (NoSuch, NobodyThere) as error:
        raise HTTPException(404, str(error)) from error
    except NotYours as error:
        raise HTTPException(403, str(error)) from error
    except Impossible as error:
        raise HTTPException(409, str(error)) from error


def _speaker(person: Person) -> Speaker:
    return Speaker(person.name, person.role)


def _done(centre: Centre, done: Decided) -> dict[str, Any]:
    """Whoever owes nothing now may go."""
    centre.authorise([Settled(site, visit) for site, visit in done.freed])
    return {"decision": done.decision, "missing": done.missing, "refused": done.refused}
