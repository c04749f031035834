"""Decisions about money: what waits for a second person, what was decided, the first word and the next."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import PlainTextResponse, Response

from gate.messages import NOTE_MAX
from server import reach, undoing, waiting_words
from server.api.caller import CentreDep, PersonDep, needed
from server.api.money import rules_of
from server.centre import Centre
from server.console.errors import is_part
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.paging import leaf
from server.console.refusing import why_not
from server.console.wrong import wrong
from server.db import reading, transaction
from server.decisions import NOTE_MIN, Decided, Wanted, approve, decide
from server.effects import Kind
from server.facts_money import DecisionRow
from server.ingest import Settled
from server.money_rules import Impossible, NoSuch, NotYours, Speaker
from server.roles import Power

OnceDep = Annotated[Once, Depends(sent)]
Text = Annotated[str, Form(max_length=200)]
Note = Annotated[str, Form(max_length=NOTE_MAX)]
Which = Literal["mine", "waiting", "made"]
WHICH: Final = {"waiting": waiting_words.WAITING, "made": waiting_words.MADE}
_STATUS: Final = {NoSuch: 404, NotYours: 403, Impossible: 409}
router = APIRouter()


@router.get("/decisions")
def decisions(
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    which: Which = "mine",
    after: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """`mine`: those that wait for this person's word; `waiting`: all that wait; `made`: all."""
    needed(person, Power.SEE_BOOKS)
    rows = WHICH[which] if which in WHICH else waiting_words.waiting_for(person.name)
    with reading(centre.engine) as session:
        found = leaf(session, rows.where(*reach.within(person, DecisionRow.site)), waiting_words.KEYS, after)
        mine = person.may(Power.DECIDE_MONEY)
        lawful = undoing.lawful(session, [row.decision for row in found.rows]) if mine else frozenset()
    template = "decisions_leaf.html" if is_part(request) else "decisions.html"
    return page(request, template, person, leaf=found, which=which, lawful=lawful, note_min=NOTE_MIN)


@router.post("/decisions")
def new_decision(  # noqa: PLR0913, PLR0917 - a form's fields
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    kind: Annotated[Kind, Form()],
    note: Note,
    subject: Text,
    amount: Text = "",
    visit: Text = "",
    payment: Text = "",
    to_visit: Text = "",
    undoes: Text = "",
) -> Response:
    """The first word; what needs two persons waits for the second."""
    needed(person, Power.DECIDE_MONEY)
    wanted = Wanted(kind, note, dong_of(amount), visit, payment, to_visit.strip().upper(), undoes)
    who, done = Speaker(person.name, person.role), None
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                reach.keep_to(session, person, wanted.visit, wanted.payment, wanted.to_visit, wanted.undoes)
                done = decide(session, wanted, who, rules_of(centre), datetime.now(UTC))
    except (NoSuch, NotYours, Impossible) as error:
        return refused(request, error)
    _free(centre, done)
    return seen(request, f"/money/{quote(subject)}", "money_waits" if done and done.missing else "money_decided")


@router.post("/decisions/word")
def next_word(
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    decision: Text,
    agrees: Annotated[bool, Form()],
    note: Note = "",
) -> Response:
    """Another person's word: agree, or refuse for ever."""
    needed(person, Power.DECIDE_MONEY)
    who, done = Speaker(person.name, person.role), None
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                reach.keep_to(session, person, decision)
                now, rules = datetime.now(UTC), rules_of(centre)
                done = approve(session, decision, who, rules, now, agrees=agrees, note=note)
    except (NoSuch, NotYours, Impossible) as error:
        return refused(request, error)
    _free(centre, done)
    return seen(request, f"/money/{quote(decision)}", "money_agreed" if agrees else "money_disagreed")


def dong_of(text: str) -> int | None:
    """An amount as people write it, `50.000`; None where it was left out. 400 for anything else."""
    plain = text.replace(".", "").replace(",", "").replace("₫", "").replace("\u00a0", "").replace(" ", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 13):
        raise wrong("amount", "error.bad_dong")
    return int(plain)


def refused(request: Request, error: NoSuch | NotYours | Impossible) -> Response:
    """Why, in the reader's language."""
    return PlainTextResponse(why_not(request, str(error)), _STATUS[type(error)])


def _free(centre: Centre, done: Decided | None) -> None:
    """Whoever owes nothing now may go."""
    if done is not None:
        centre.authorise([Settled(site, visit) for site, visit in done.freed])
