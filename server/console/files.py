"""A day as a file for finance. Without plates: those stay in the vault."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from server.api.caller import CentreDep, PersonDep, needed
from server.auth import audit
from server.console.day import date_of, known_site
from server.console.page import language
from server.db import transaction
from server.export import Format, export, snapshot
from server.roles import Power

IN_MEMORY_MAX: Final = 2_000_000
PIECE: Final = 65_536
KINDS: Final = {
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.JOURNAL: "text/csv; charset=utf-8",
    Format.JOURNAL_XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS: Final = {Format.JOURNAL: "journal.csv", Format.JOURNAL_XLSX: "journal.xlsx"}
router = APIRouter()


@router.get("/day/{site}/{on}/export.{kind}")
def day_file(site: str, on: str, kind: Format, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The day's figures, findings and rows. Who takes them is recorded."""
    needed(person, Power.EXPORT)
    day = date_of(on)
    with transaction(centre.engine) as session:
        known_site(session, site)
        audit(session, person.name, "exported a day", site, datetime.now(UTC), {"day": on, "format": kind})
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_MAX)  # noqa: SIM115 - closed when it was sent
    try:
        with snapshot(centre.engine) as session:
            spoken, now = language(request), datetime.now(UTC)
            export(session, site, day, day, kind, file, language=spoken, now=now)  # type: ignore[arg-type]
    except BaseException:
        file.close()
        raise
    named = {"Content-Disposition": f'attachment; filename="barie-{site}-{day.isoformat()}.{ENDINGS.get(kind, kind)}"'}
    return StreamingResponse(_sent(file), media_type=KINDS[kind], headers=named)  # type: ignore[arg-type]


def _sent(file: BinaryIO) -> Iterator[bytes]:
    """The file from its beginning, in pieces; closed afterwards."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
