"""A site's price lists, for those who set them: look, check, draft, replay, approve, withdraw."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from pydantic import BaseModel, Field

from gate.tariff import BadTariff, load
from server import drafts
from server.api.caller import CentreDep, PersonDep, needed
from server.api.days import Day
from server.db import reading, transaction
from server.drafts import NOTE_MAX, BadDraft, NoSuchTariff
from server.reconcile import NoSuchSite
from server.replays import BadDays, replay
from server.roles import Power

router = APIRouter()

SiteName = Annotated[str, Path(max_length=10)]
Code = Annotated[str, Path(max_length=64)]
DAYS_MAX: Final = 92
"""A replay of more days is for the command line, which shows how far it is."""


class Word(BaseModel):
    """What the second person says of a draft, and why."""

    note: str = Field(max_length=NOTE_MAX)
    agrees: bool = True


class Because(BaseModel):
    """Why a version is withdrawn."""

    note: str = Field(max_length=NOTE_MAX)


class Days(BaseModel):
    """The local dates to replay, both included."""

    first: Day
    last: Day


async def _body(request: Request) -> bytes:
    """The body as it came: its own reader names the field that is wrong."""
    return await request.body()


BodyDep = Annotated[bytes, Depends(_body)]


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except (NoSuchTariff, NoSuchSite) as error:
        raise HTTPException(404, str(error)) from error
    except (BadTariff, BadDraft, BadDays) as error:
        raise HTTPException(422, str(error)) from error


@router.get("/v1/sites/{site}/tariffs")
def site_tariffs(site: SiteName, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Every version and draft with its stage."""
    needed(person, Power.SEE_BOOKS)
    with _answers(), reading(centre.engine) as session:
        found = drafts.versions(session, site, datetime.now(UTC))
    return {"site": site, "tariffs": [each.as_json() for each in found]}


@router.post("/v1/sites/{site}/tariffs", status_code=201)
def new_draft(site: SiteName, data: BodyDep, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """The body is a tariff: kept as a draft, or as the next revision of one."""
    needed(person, Power.SET_TARIFFS)
    with _answers(), transaction(centre.engine) as session:
        return drafts.save(session, site, data, person.name, datetime.now(UTC)).as_json()


@router.post("/v1/tariffs/check")
def check(data: BodyDep, person: PersonDep) -> dict[str, Any]:
    """Whether the body is a sound tariff; nothing is kept."""
    needed(person, Power.SEE_BOOKS)
    with _answers():
        return {"code": load(data).code, "sound": True}


@router.post("/v1/sites/{site}/tariffs/{code}/approve")
def decide(site: SiteName, code: Code, body: Word, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """The second person's word; with a yes the boxes have it with their next state, seconds later."""
    needed(person, Power.SET_TARIFFS)
    with _answers(), transaction(centre.engine) as session:
        now = datetime.now(UTC)
        return drafts.decide(session, site, code, person.name, body.note, now, agrees=body.agrees).as_json()


@router.post("/v1/sites/{site}/tariffs/{code}/withdraw")
def withdraw(site: SiteName, code: Code, body: Because, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Give up a draft, or a version that has not begun."""
    needed(person, Power.SET_TARIFFS)
    with _answers(), transaction(centre.engine) as session:
        return drafts.withdraw(session, site, code, person.name, body.note, datetime.now(UTC)).as_json()


@router.post("/v1/sites/{site}/tariffs/{code}/replay")
def replayed(site: SiteName, code: Code, body: Days, centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """What the stays of past days would have cost by this version or draft."""
    needed(person, Power.SET_TARIFFS)
    if (body.last - body.first).days >= DAYS_MAX:
        raise HTTPException(422, f"last: at most {DAYS_MAX} days at once; more by `barie tariffs replay`")
    with _answers(), reading(centre.engine) as session:
        tariff = drafts.version(session, site, code, datetime.now(UTC)).tariff
        return replay(session, site, body.first, body.last, tariff).as_json()
