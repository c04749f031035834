"""One case: what it is about, what the lanes saw, what its money is, what is proposed, and what people said."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.findings import WORDS, Code
from gate.working import DISMISSABLE
from server import case_doing, case_reasons, caseload, ledger, suggested, undoing, work
from server.api.caller import CentreDep, PersonDep, needed
from server.api.money import rules_of
from server.auth import Person
from server.case_doing import PROPOSED, topic_of
from server.case_sights import Sight, sights
from server.centre import Centre
from server.console.cards import Seen, seen_at
from server.console.cases import titles
from server.console.page import language, page
from server.console.refusing import why_not
from server.db import reading, transaction
from server.derived import FindingRow, VisitRow
from server.export.evidence import told
from server.money_rules import Speaker
from server.roles import Power
from server.suggested import Effect, Suggested
from server.supplements import prices

PANE: Final = "case-pane"
"""What the list's page shows a case in."""
router = APIRouter()


class Face(NamedTuple):
    """What a lane saw, where the vault still has it."""

    sight: Sight
    seen: Seen | None


class Money(NamedTuple):
    """What a stay's money is, in dong; None for what there is not yet."""

    quoted: int | None
    charged: int | None
    owed: int


def known(session: Session, person: Person, code: Code, subject: str) -> FindingRow:
    """The finding, if it is this person's to see; else 404."""
    try:
        return case_doing.known(session, person, code, subject)
    except work.NoSuchFinding as error:
        raise HTTPException(404, "error.no_case") from error


def speaker_of(person: Person) -> Speaker:
    """Whose word it is, for decisions."""
    return Speaker(person.name, person.role)


@router.get("/cases/{code}/{subject:path}/state")
def case_state(code: Code, subject: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Who has it and whether it is over, as a part of its page."""
    needed(person, Power.SEE_LANES)
    with reading(centre.engine) as session:
        row = known(session, person, code, subject)
        stands = work.standing(session, code, subject)
    return page(request, "cases_state.html", person, row=row, stands=stands)


@router.get("/cases/{code}/{subject:path}")
def one_case(
    code: Code, subject: str, request: Request, centre: CentreDep, person: PersonDep, back: str = ""
) -> Response:
    """The case. Who looks is recorded."""
    needed(person, Power.SEE_LANES)
    now = datetime.now(UTC)
    with transaction(centre.engine) as session:
        row = known(session, person, code, subject)
        case_doing.looked(session, person, code, subject, now)
        values = _values(session, centre, person, row, now)
    title, next_step = titles(code, language(request))
    values["decided"] = [each._replace(refused=why_not(request, each.refused)) for each in values["decided"]]
    values |= {"title": title, "next_step": next_step, "owner": WORDS[code].owner.value, "back": back}
    values |= {"evidence": told(msgspec.json.decode(row.evidence, type=dict[str, str]), language(request))}
    pane = request.headers.get("hx-target") == PANE
    return page(request, "cases_body.html" if pane else "cases_one.html", person, pane=pane, **values)


def _values(session: Session, centre: Centre, person: Person, row: FindingRow, now: datetime) -> dict[str, Any]:
    code = Code(row.code)
    stands = work.standing(session, code, row.subject)
    it = suggested.suggestion(session, row)
    speaks = caseload.may_speak(person, code)
    over = row.closed_at is not None
    said = stands.settled is not None or bool(stands.dismissed_by)
    return {
        "row": row,
        "code": code.value,
        "topic": topic_of(code, row.subject),
        "stands": stands,
        "history": [_word(code, each) for each in work.history(session, code, row.subject)],
        "faces": _faces(session, person, row, now),
        "money": _money(session, row.visit) if row.visit and person.may(Power.SEE_BOOKS) else None,
        "it": it,
        "effect": _effect(session, centre, person, row, it, now)
        if it and speaks and person.may(it.doing.power)
        else None,
        "may_speak": speaks,
        "may_explain": speaks and not over and code is Code.OPENING_UNEXPLAINED,
        "may_dismiss": speaks and not over and code in DISMISSABLE and person.may(Power.DECIDE_MONEY),
        "may_reopen": speaks and said and person.may(Power.DECIDE_MONEY),
        "reasons": [each.value for each in case_reasons.reasons(code)],
        "decided": undoing.of_case(session, row) if person.may(Power.SEE_BOOKS) else [],
        "may_undo": speaks and person.may(Power.DECIDE_MONEY),
        "for_good": code is Code.MATCH_PROPOSED and over,
    }


def _effect(session: Session, centre: Centre, person: Person, row: FindingRow, it: Suggested, now: datetime) -> Effect:
    found = suggested.effect(session, it, speaker_of(person), rules_of(centre), PROPOSED, now)
    session.refresh(row)  # what was taken back is forgotten with it
    return found


def _faces(session: Session, person: Person, row: FindingRow, now: datetime) -> list[Face]:
    found = sights(session, row)
    seen = seen_at(session, [each.approach for each in found], now, plates=person.may(Power.SEE_PLATES))
    return [Face(each, seen.get(each.approach)) for each in found]


def _money(session: Session, visit: str) -> Money | None:
    stay = session.get(VisitRow, visit)
    if stay is None:
        return None
    price = prices(session, [visit]).get(visit)
    return Money(stay.quoted, price.total if price else None, ledger.owed(session, visit))


def _word(code: Code, said: dict[str, Any]) -> dict[str, Any]:
    reason, words = case_reasons.told(code, said["note"])
    return {**said, "reason": reason, "words": "" if said["note"] == PROPOSED else words}
