"""Statements and settlements over HTTP, for those who close days."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlmodel import Session

from server import reach
from server.api import bodies
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person, audit
from server.centre import Centre
from server.db import reading, transaction
from server.imports import keeping, shown_lines
from server.imports.flaws import BadFile, name_of
from server.imports.keeping import File, Imported
from server.imports.kinds import BYTES_MAX
from server.imports.mapping import BadMapping, Mapping, shipped
from server.proving import NotSo, explain
from server.roles import Power

router = APIRouter()
Source = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9]+$")]
Name = Annotated[str, Query(max_length=255)]
Layout = Annotated[str, Query(max_length=41)]
UNNAMED = "file"


class Meaning(BaseModel):
    """What a line is, in the words of `barie import explain`, and why."""

    meaning: str = Field(max_length=200)
    note: str = Field(min_length=3, max_length=400)


@router.post("/v1/imports/bank/{account}")
async def bank_statement(
    account: Source,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    name: Name = UNNAMED,
    mapping: Layout = "",
) -> dict[str, Any]:
    """Import the body, a statement of the account. 422 with all that is wrong; then nothing was kept."""
    needed(person, Power.CLOSE_DAYS)
    file = await _file(request, person, name, mapping)
    return await run_in_threadpool(
        _kept, centre, person, lambda session, now: keeping.bank_statement(session, file, account, now)
    )


@router.post("/v1/imports/settlement/{provider}")
async def settlement(
    provider: Source,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    name: Name = UNNAMED,
    mapping: Layout = "",
) -> dict[str, Any]:
    """Import the body, a settlement of the provider. 422 with all that is wrong; then nothing was kept."""
    needed(person, Power.CLOSE_DAYS)
    file = await _file(request, person, name, mapping)
    return await run_in_threadpool(
        _kept, centre, person, lambda session, now: keeping.settlement_file(session, file, provider.lower(), now)
    )


@router.get("/v1/imports")
def files(centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """The last imported files, of the person's sites."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        found = shown_lines.files(session, None)
        mine = [each for each in found if not person.sites or reach.of_file(session, each["sha256"]) & person.sites]
    return {"files": mine}


@router.get("/v1/imports/lines/{account}")
def lines(
    account: Source,
    centre: CentreDep,
    person: PersonDep,
    *,
    unknown: bool = False,
    most: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> dict[str, Any]:
    """An account's last lines, with what each of them is. Who asks is recorded: texts hold names."""
    needed(person, Power.SEE_BOOKS)
    with transaction(centre.engine) as session:
        audit(session, person.name, "looked at bank lines", account, datetime.now(UTC), {})
        return {"lines": shown_lines.lines(session, account, unknown=unknown, most=most)}


@router.post("/v1/imports/explain/{digest}")
def explain_line(
    digest: Annotated[str, Path(pattern=r"^[0-9a-f]{8,64}$")], body: Meaning, centre: CentreDep, person: PersonDep
) -> dict[str, Any]:
    """Say what a line is that nothing explains, once for ever."""
    needed(person, Power.CLOSE_DAYS)
    try:
        with transaction(centre.engine) as session:
            line = explain(session, digest, body.meaning, person.name, body.note, datetime.now(UTC))
    except NotSo as error:
        raise HTTPException(422, str(error)) from error
    return {"digest": line.digest, "as": body.meaning, "amount": line.amount}


def _kept(centre: Centre, person: Person, work: Callable[[Session, datetime], Imported]) -> dict[str, Any]:
    now = datetime.now(UTC)
    try:
        with transaction(centre.engine) as session:
            done = work(session, now)
            if done.before is None:
                audit(session, person.name, f"imported a {done.kind} file", done.source, now, {"name": done.name})
    except BadFile as error:
        flaws = [flaw._asdict() for flaw in error.flaws]
        raise HTTPException(422, {"file": error.name, "count": error.count, "flaws": flaws}) from error
    return {**done._asdict(), "proven": {account: each._asdict() for account, each in done.proven.items()}}


async def _file(request: Request, person: Person, name: str, mapping: str) -> File:
    """The body, no more than is read of any file: 413 beyond."""
    try:
        raw = await bodies.whole(request, BYTES_MAX)
    except bodies.TooLarge as error:
        raise HTTPException(413, str(error)) from error
    except bodies.NotWhole as error:
        raise HTTPException(408, str(error)) from error
    return File(name_of(name), raw, person.name, _mapping(mapping))


def _mapping(name: str) -> Mapping | None:
    """A shipped mapping; files of mappings are the command line's."""
    if not name:
        return None
    found = shipped().get(name)
    if found is None:
        raise HTTPException(422, str(BadMapping(f"{name} is no mapping; there are {', '.join(shipped())}")))
    return found
