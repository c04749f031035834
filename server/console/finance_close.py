"""The close of a day: what stands in its way, the close itself, boxes that will not speak any more, and the chain."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response
from sqlmodel import col, select

from server import close_check, closing, months
from server.api.caller import CentreDep, PersonDep, needed
from server.console.day import date_of
from server.console.errors import is_part
from server.console.once import Once, sent
from server.console.page import language, page, seen
from server.console.paging import leaf
from server.console.sites import known_site
from server.db import reading, transaction
from server.facts_day import CloseRow, WriteOffRow
from server.first_facts import began, no_beginning
from server.frozen import last
from server.language import Language
from server.reconcile import bounds
from server.register import BoxRow
from server.roles import Power

SiteName = Annotated[str, Path(max_length=10)]
OnceDep = Annotated[Once, Depends(sent)]
Cursor = Annotated[str, Query(max_length=400)]
CHAIN: Final = (CloseRow.on, CloseRow.sha256, CloseRow.previous, CloseRow.closed_at, CloseRow.by)
router = APIRouter()


@router.get("/finance/{site}/{on}/close")
def look(site: SiteName, on: str, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """Whether the day can be closed, and everything that is in its way; of a closed day its close."""
    needed(person, Power.SEE_BOOKS)
    day, now = date_of(on), datetime.now(UTC)
    with closing.snapshot(centre.engine) as session:
        row = known_site(session, site)
        close = session.get(CloseRow, (site, day))
        first, since = last(session, site) is None, began(session, site, now)
        found = None if close else closing.look(session, site, day, now, first=first)
        state = months.state_of(day, found.report, since, now).value if found else months.State.CLOSED.value
        reasons = list(found.reasons) if found else []
        if first and found and (why := no_beginning(session, site, day, now)):
            reasons.insert(0, why)
        boxes = session.exec(select(BoxRow.box).where(BoxRow.site == site).order_by(col(BoxRow.box))).all()
        off = session.exec(select(WriteOffRow).where(WriteOffRow.site == site, WriteOffRow.on == day)).all()
    told = [in_one(each, language(request)) for each in reasons]
    values: dict[str, Any] = {"site": row, "on": day, "close": close, "first": first, "reasons": told}
    values |= {"boxes": [box for box in boxes if box not in {each.box for each in off}], "written_off": off}
    values |= {"over": bounds(day)[1] <= now, "state": state, "since": since}
    return page(request, "finance_close.html", person, **values)


@router.post("/finance/{site}/{on}/close")
def close_day(
    site: SiteName,
    on: str,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    *,
    first: Annotated[bool, Form()] = False,
) -> Response:
    """Close it, once for ever."""
    needed(person, Power.CLOSE_DAYS)
    day, now, engine = date_of(on), datetime.now(UTC), centre.engine
    with reading(engine) as session:
        known_site(session, site)
        why = no_beginning(session, site, day, now) if first else ""
    if why:
        return PlainTextResponse(in_one(why, language(request)), 409)
    try:
        with form.taking(engine) as fresh:
            if fresh:
                closing.close(engine, site, day, centre.key, by=person.name, now=now, first=first)
    except closing.NotYet as error:
        return PlainTextResponse("; ".join(in_one(each, language(request)) for each in error.reasons), 409)
    centre.live.changed(f"day:{site}/{day.isoformat()}")
    return seen(request, f"/finance/{site}/{day.isoformat()}/close", "day_closed")


@router.post("/finance/{site}/{on}/written-off")
def write_off(
    site: SiteName,
    on: str,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    box: Annotated[str, Form(max_length=64)],
    note: Annotated[str, Form(min_length=3, max_length=400)],
) -> Response:
    """Say that nothing more of a box's day will come, and why."""
    needed(person, Power.CLOSE_DAYS)
    day = date_of(on)
    try:
        with transaction(centre.engine) as session:
            known = session.get(BoxRow, box)
            if known is None or known.site != site:
                raise HTTPException(404, "error.no_close_box")
            if form.first(session):
                closing.write_off(session, box, day, by=person.name, note=note, now=datetime.now(UTC))
    except ValueError as error:
        raise HTTPException(409, "error.day_runs") from error
    return seen(request, f"/finance/{site}/{day.isoformat()}/close", "box_written_off")


@router.get("/finance/{site}/closes")
def closes(
    site: SiteName,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    head: Annotated[str, Query(max_length=64)] = "",
    after: Cursor = "",
    *,
    check: bool = False,
) -> Response:
    """The chain of closed days, newest first; `check`: whether it and the facts of its days are as they were, and
    whether a hash that was written down elsewhere is in it."""
    needed(person, Power.SEE_BOOKS)
    chosen: Any = select
    with reading(centre.engine) as session:
        row = known_site(session, site)
        found = leaf(session, chosen(*CHAIN).where(CloseRow.site == site), (col(CloseRow.on),), after)
        key = centre.key.public_key()
        checked = close_check.check(session, site, key, filter(None, [head.strip()])) if check else None
    template = "finance_closes_leaf.html" if is_part(request) else "finance_closes.html"
    return page(request, template, person, site=row, leaf=found, checked=checked, head=head)


def in_one(said: str, spoken: Language) -> str:
    """Of what `server.closing` says in both languages the one that is read; what names something keeps its name."""
    said = _OPTION.sub("", said)
    for shape in _SHAPES:
        found = shape.fullmatch(said)
        if found:
            parts = found.groupdict()
            told = parts["vi"] if spoken is Language.VI else parts["en"]
            return ": ".join(filter(None, (parts.get("box"), told, parts.get("about"))))
    return said


_OPTION: Final = re.compile(r" \([^()]*--[a-z-]+\)")
"""What the command may be told, and a page cannot."""
_BOX: Final = re.compile(r"hộp · box (?P<box>[^:]+): (?P<vi>.+) · (?P<en>.+)", re.DOTALL)
_FINDING: Final = re.compile(r"(?P<vi>.+?) · (?P<en>.+?) \([a-z_]+\): (?P<about>.+)", re.DOTALL)
_BOTH: Final = re.compile(r"(?P<vi>.+) · (?P<en>.+)", re.DOTALL)
_SHAPES: Final = (_BOX, _FINDING, _BOTH)
