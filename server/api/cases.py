"""Cases as the page ranks them, and what ends one by what is proposed."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from gate.findings import Code
from server import asked_cases
from server.api.asking import Asking, AskingDep, Key
from server.asked_cases import NOTE_MAX, Filters
from server.case_doing import topic_of
from server.caseload import Whose
from server.ingest import Settled
from server.leaves import LEAF

router = APIRouter()
Subject = Annotated[str, Path(max_length=200)]
Place = Annotated[str, Query(max_length=400)]
Size = Annotated[int, Query(ge=1, le=200)]


class Note(BaseModel):
    """What is to be remembered of it."""

    note: str = Field(default="", max_length=NOTE_MAX)


class Reason(Note):
    """One of the case's `reasons`; `other` needs a note."""

    reason: str = Field(max_length=20)


@router.get("/v1/cases")
def cases(
    it: AskingDep,
    whose: Whose = Whose.ALL,
    site: str = "",
    code: Code | None = None,
    *,
    closed: bool = False,
    after: Place = "",
    size: Size = LEAF,
) -> dict[str, Any]:
    """The person's cases, the most likely money first."""
    with it.desk() as desk:
        return asked_cases.listed(desk, Filters(whose, site, code, closed, after), size=size)


@router.get("/v1/cases/{code}/{subject:path}")
def case(code: Code, subject: Subject, it: AskingDep) -> dict[str, Any]:
    """One case, with what is proposed and what accepting it would do. Who looks is recorded."""
    with it.desk() as desk:
        return asked_cases.one(desk, code, subject)


@router.post("/v1/cases/{code}/{subject:path}/accept")
def accept(code: Code, subject: Subject, body: Note, it: AskingDep, key: Key) -> dict[str, Any]:
    """Do what is proposed. `missing`: how many more persons must say so before anything moves."""
    with it.desk(key) as desk:
        answer, done = asked_cases.accept(desk, code, subject, body.note)
    it.centre.authorise([Settled(*each) for each in (done.freed if done else ())])
    _changed(it, answer)
    return answer


@router.post("/v1/cases/{code}/{subject:path}/refuse")
def refuse(code: Code, subject: Subject, body: Reason, it: AskingDep, key: Key) -> dict[str, Any]:
    """What is proposed is not so."""
    with it.desk(key) as desk:
        answer = asked_cases.refuse(desk, code, subject, body.reason, body.note)
    _changed(it, answer)
    return answer


@router.post("/v1/cases/{code}/{subject:path}/explain")
def explain(code: Code, subject: Subject, body: Reason, it: AskingDep, key: Key) -> dict[str, Any]:
    """Why it came to this. `settled`: a reason was all that was missing."""
    return _said(it, key, "explain", code, subject, body)


@router.post("/v1/cases/{code}/{subject:path}/dismiss")
def dismiss(code: Code, subject: Subject, body: Reason, it: AskingDep, key: Key) -> dict[str, Any]:
    """Nothing more is to be done. `settled` is false while a second person must agree."""
    return _said(it, key, "dismiss", code, subject, body)


def _said(it: Asking, key: str, what: str, code: Code, subject: str, body: Reason) -> dict[str, Any]:
    with it.desk(key) as desk:
        answer = asked_cases.say(desk, what, code, subject, body.reason, body.note)
    _changed(it, answer)
    return answer


def _changed(it: Asking, answer: dict[str, Any]) -> None:
    """Pages that show the case or its site."""
    it.changed(topic_of(Code(answer["code"]), answer["subject"]), answer["site"])
