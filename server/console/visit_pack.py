"""The dispute pack of a visit, as a file."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Final

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response, StreamingResponse

from server.api.caller import CentreDep, PersonDep, needed
from server.dispute_taken import take
from server.money_rules import NoSuch
from server.roles import Power

IN_MEMORY_MAX: Final = 4_000_000
PIECE: Final = 65_536
router = APIRouter()


@router.get("/visits/{visit}/pack.zip")
def visit_pack(visit: str, centre: CentreDep, person: PersonDep) -> Response:
    """Everything about the stay; plates and pictures only for who may see them. Who takes it is recorded."""
    needed(person, Power.EXPORT)
    now, plates = datetime.now(UTC), person.may(Power.SEE_PLATES)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_MAX)  # noqa: SIM115 - closed when it was sent
    try:
        take(centre.engine, visit, centre.vault, file, by=person.name, now=now, plates=plates)
    except NoSuch as error:
        file.close()
        raise HTTPException(404, "error.no_visit") from error
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="barie-{visit}.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(_sent(file), media_type="application/zip", headers=headers)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
