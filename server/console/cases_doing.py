"""What people do about a case: take it, give it back, accept or refuse what is proposed, say why, take words back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.findings import Code
from server import case_doing, case_reasons, caseload, suggested, undoing, work
from server.api.caller import CentreDep, PersonDep, needed
from server.api.money import rules_of
from server.auth import Person
from server.case_doing import topic_of
from server.console.cases import back_to
from server.console.cases_one import known, speaker_of
from server.console.once import Once, sent
from server.console.page import seen
from server.console.refusing import refused
from server.db import transaction
from server.ingest import Settled
from server.money_rules import Impossible, NoSuch, NotYours
from server.roles import Power

NOTE_MAX: Final = 180
"""Letters of a note beside its reason, so that both are kept whole."""
OnceDep = Annotated[Once, Depends(sent)]
Note = Annotated[str, Form(max_length=NOTE_MAX)]
Why = Annotated[str, Form(max_length=20)]
Back = Annotated[str, Form(max_length=200)]
From = Annotated[str, Form(pattern="^(list|case)$")]
router = APIRouter()
_CASE: Final = "/cases/{code}/{subject:path}"


class About(NamedTuple):
    """Which case a form is about, and who sent it from where. `back`: the list's filters; `at`: list or case."""

    code: Code
    subject: str
    request: Request
    centre: CentreDep
    person: Person
    form: Once
    back: str
    at: str

    @property
    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC)


def about(
    code: Code,
    subject: str,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    back: Back = "",
    at: From = "case",
) -> About:
    """The case of this address, for somebody who may say something about it. 403 for who may not."""
    if not caseload.may_speak(person, code):
        raise HTTPException(403, "error.case_not_yours")
    return About(code, subject, request, centre, person, form, back, at)


AboutDep = Annotated[About, Depends(about)]


@router.post(_CASE + "/take")
def take(it: AboutDep) -> Response:
    """From now on it is this person's."""
    with _once(it) as session:
        if session:
            work.take(session, it.code, it.subject, it.person.name, it.now)
    return _done(it, "case_taken", stays=True)


@router.post(_CASE + "/give_back")
def give_back(it: AboutDep) -> Response:
    """It is nobody's again."""
    with _once(it) as session:
        if session:
            work.give_back(session, it.code, it.subject, it.person.name, it.now)
    return _done(it, "case_given_back", stays=True)


@router.post(_CASE + "/accept")
def accept(it: AboutDep, note: Note = "") -> Response:
    """Do what is proposed."""
    said, freed = "case_accepted", list[Settled]()
    with _once(it) as session:
        if session:
            row = known(session, it.person, it.code, it.subject)
            done = case_doing.accept(session, it.person, rules_of(it.centre), row, note, it.now)
            said = "case_accepted_half" if done.missing else said
            freed = [Settled(*each) for each in done.freed]
    it.centre.authorise(freed)
    return _done(it, said)


@router.post(_CASE + "/refuse")
def refuse(it: AboutDep, reason: Why, note: Note = "") -> Response:
    """What is proposed is not so."""
    with _once(it) as session:
        if session:
            row = known(session, it.person, it.code, it.subject)
            case_doing.refuse(session, it.person, rules_of(it.centre), row, reason, note, it.now)
    return _done(it, "case_refused")


@router.post(_CASE + "/explain")
def explain(it: AboutDep, reason: Why, note: Note = "") -> Response:
    """Why it came to this: all that was missing of an opening."""
    with _once(it) as session:
        if session:
            kept = case_reasons.noted(it.code, reason, note)
            work.explain(session, it.code, it.subject, it.person.name, kept, it.now)
    return _done(it, "case_explained")


@router.post(_CASE + "/dismiss")
def dismiss(it: AboutDep, reason: Why, note: Note = "") -> Response:
    """Nothing more is to be done."""
    needed(it.person, Power.DECIDE_MONEY)
    said = "case_dismissed"
    with _once(it) as session:
        if session:
            kept = case_reasons.noted(it.code, reason, note)
            done = work.dismiss(session, it.code, it.subject, it.person.name, kept, it.now)
            said = said if done else "case_dismissed_half"
    return _done(it, said)


@router.post(_CASE + "/reopen")
def reopen(it: AboutDep) -> Response:
    """Take back what people said: it is open again."""
    needed(it.person, Power.DECIDE_MONEY)
    with _once(it) as session:
        if session:
            work.reopen(session, it.code, it.subject, it.person.name, "taken back", it.now)
    return _done(it, "case_reopened", stays=True)


@router.post(_CASE + "/undo")
def undo(it: AboutDep, decision: Annotated[str, Form(max_length=40)], note: Note) -> Response:
    """Take back a decision about its money, with as many persons' words as that needed."""
    needed(it.person, Power.DECIDE_MONEY)
    done, who = None, speaker_of(it.person)
    try:
        with transaction(it.centre.engine) as session:
            row = known(session, it.person, it.code, it.subject)
            if it.form.first(session):
                done = undoing.undo(session, row, decision, who, rules_of(it.centre), note, it.now)
    except work.NotSo as error:
        raise HTTPException(400, "error.case_changed") from error
    except (NoSuch, NotYours, Impossible) as error:
        return refused(it.request, error)
    it.centre.authorise([Settled(*each) for each in (done.freed if done else ())])
    it.centre.live.changed(topic_of(it.code, it.subject))
    it.centre.live.changed(row.site)
    return _done(it, "money_waits" if done and done.missing else "case_undone", stays=True)


@contextmanager
def _once(it: About) -> Iterator[Session | None]:
    """A transaction for the first sending of the form, None for any other. What is refused is told in words."""
    try:
        with transaction(it.centre.engine) as session:
            row = known(session, it.person, it.code, it.subject)
            yield session if it.form.first(session) else None
    except work.NoSuchFinding as error:
        raise HTTPException(400, "error.case_over") from error
    except NotYours as error:
        raise HTTPException(403, "error.case_not_yours") from error
    except (work.NotSo, *suggested.REFUSALS) as error:
        raise HTTPException(400, _why(error)) from error
    it.centre.live.changed(topic_of(it.code, it.subject))
    it.centre.live.changed(row.site)


def _why(error: Exception) -> str:
    words = str(error)
    if "reason" in words:
        return "error.case_reason"
    return "error.case_second" if "second person" in words else "error.case_changed"


def _done(it: About, said: str, *, stays: bool = False) -> Response:
    """To the list, or where the case is still open and was its own page, to that."""
    if stays and it.at == "case":
        return seen(it.request, it.request.url.path.rpartition("/")[0], said)
    return seen(it.request, "/cases", said, **back_to(it.back))
