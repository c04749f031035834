"""Visits as the page has them: the search, a corrected plate with its effect before it is kept, a stay voided, merged
or split, the dispute pack.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from gate.messages import Direction
from server import asked_erasing, asked_visits
from server.api.asking import AskingDep, Key, answered
from server.api.caller import needed
from server.api.days import Day
from server.corrections import NOTE_MAX, NOTE_MIN
from server.dispute_taken import take
from server.help import VISIT
from server.leaves import LEAF
from server.roles import Power
from server.stay_changes import Change
from server.visit_list import State
from server.visit_search import TYPED_MAX, Wanted

router = APIRouter()
IN_MEMORY_MAX: Final = 4_000_000
PIECE: Final = 65_536
DONG_MAX: Final = 10**13
VisitName = Annotated[str, Path(pattern=VISIT)]
Plate = Annotated[str, Query(max_length=TYPED_MAX)]


class Correction(BaseModel):
    """The plate of one end. `difference`: what the driver would pay more, in dong, as the effect said."""

    side: Direction
    plate: str = Field(max_length=TYPED_MAX)
    difference: int = Field(ge=-DONG_MAX, le=DONG_MAX)
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)
    waive: bool = False


class StayChange(BaseModel):
    """`other`: the visit that a merge takes in; `cost`: the charge that the effect said, null for none."""

    other: str = Field(default="", pattern=f"^$|{VISIT}")
    cost: int | None = Field(default=None, ge=0, le=DONG_MAX)
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)


class Erasing(BaseModel):
    """A plate that goes for ever, and why."""

    plate: str = Field(min_length=1, max_length=TYPED_MAX)
    note: str = Field(min_length=NOTE_MIN, max_length=NOTE_MAX)


class Search(BaseModel):
    """What is looked for; `near`: plates with a slip as well; `after`: where the leaf before ended."""

    plate: str = Field(default="", max_length=TYPED_MAX)
    site: str = Field(default="", max_length=10)
    state: State = State.ALL
    since: Day | None = None
    until: Day | None = None
    near: bool = False
    after: str = Field(default="", max_length=400)
    size: int = Field(default=LEAF, ge=1, le=200)


@router.get("/v1/visits")
def search(it: AskingDep, asked: Annotated[Search, Query()]) -> dict[str, Any]:
    """Visits of a plate that somebody remembers, or of a site and its days. Who looks is recorded."""
    wanted = Wanted(**asked.model_dump(exclude={"size"}))
    with it.desk() as desk:
        return asked_visits.search(desk, wanted, size=asked.size)


@router.get("/v1/visits/{visit}/plate/effect")
def plate_effect(visit: VisitName, it: AskingDep, plate: Plate, side: Direction = Direction.IN) -> dict[str, Any]:
    """What another plate would do to the money. Nothing is kept."""
    with it.desk() as desk:
        return asked_visits.plate_effect(desk, visit, side, plate)


@router.post("/v1/visits/{visit}/plate", status_code=201)
def correct_plate(visit: VisitName, body: Correction, it: AskingDep, key: Key) -> dict[str, Any]:
    """Keep it; 409 where the money is another than was shown."""
    said = asked_visits.Correction(visit, body.side, body.plate, body.note, body.waive)
    with it.desk(key) as desk:
        answer = asked_visits.correct_plate(desk, said, body.difference)
    it.changed(f"visit:{visit}", visit[:3])
    return answer


@router.post("/v1/plates/erase")
def erase(body: Erasing, it: AskingDep, key: Key) -> dict[str, Any]:
    """Erase a plate, with its pictures, for ever. For administrators of all sites; 409 while a vehicle is inside."""
    with it.desk(key) as desk:
        gone = asked_erasing.erase(desk, body.plate, body.note)
    asked_erasing.unlink(it.centre.vault, gone.pictures)
    return gone.answer


@router.get("/v1/visits/{visit}/change/{kind}/effect")
def change_effect(visit: VisitName, kind: Change, it: AskingDep, other: str = "") -> dict[str, Any]:
    """What voiding, merging or splitting comes to. Nothing is done."""
    with it.desk() as desk:
        return asked_visits.change_effect(desk, kind, visit, other)


@router.post("/v1/visits/{visit}/change/{kind}", status_code=201)
def change(visit: VisitName, kind: Change, body: StayChange, it: AskingDep, key: Key) -> dict[str, Any]:
    """Do it; 409 where it costs another amount than was shown."""
    with it.desk(key) as desk:
        answer = asked_visits.change(desk, kind, visit, body.other, body.note, body.cost)
    it.changed(*(f"visit:{name}" for name in sorted({visit, answer["visit"], answer["other"]} - {""})), visit[:3])
    return answer


@router.get("/v1/visits/{visit}/pack")
def pack(visit: VisitName, it: AskingDep) -> Response:
    """The dispute pack as a ZIP; plates and pictures only for who may see them. Recorded."""
    needed(it.person, Power.EXPORT)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_MAX)  # noqa: SIM115 - closed when it was sent
    now, plates = datetime.now(UTC), it.person.may(Power.SEE_PLATES)
    try:
        with answered():
            take(it.centre.engine, visit, it.centre.vault, file, by=it.person.name, now=now, plates=plates)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="barie-{visit}.zip"'}
    return StreamingResponse(_sent(file), media_type="application/zip", headers=headers)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
