"""A day or a month as a file for finance. Without plates: those stay in the vault."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import BinaryIO, Final, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person, audit
from server.centre import Centre
from server.console.day import date_of
from server.console.finance import days_of
from server.console.page import language
from server.console.sites import known_site
from server.db import transaction
from server.export import Format, export, snapshot
from server.reconcile import local_date
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


class Wanted(NamedTuple):
    """Which days of a site, what they are called in the file's name, and what kind of file."""

    site: str
    start: date
    end: date
    name: str
    kind: Format


@router.get("/day/{site}/{on}/export.{kind}")
def day_file(site: str, on: str, kind: Format, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """The day's figures, findings and rows. Who takes them is recorded."""
    needed(person, Power.EXPORT)
    day = date_of(on)
    return _file(request, centre, person, Wanted(site, day, day, day.isoformat(), kind))


@router.get("/finance/{site}/{year:int}-{month:int}/export.{kind}")
def month_file(
    site: str, year: int, month: int, kind: Format, request: Request, centre: CentreDep, person: PersonDep
) -> Response:
    """The same of a month, up to today."""
    needed(person, Power.EXPORT)
    days, today = days_of(year, month), local_date(datetime.now(UTC))
    return _file(
        request, centre, person, Wanted(site, days[0], max(days[0], min(days[-1], today)), f"{days[0]:%Y-%m}", kind)
    )


def _file(request: Request, centre: Centre, person: Person, wanted: Wanted) -> Response:
    site, start, end, name, kind = wanted
    with transaction(centre.engine) as session:
        known_site(session, site)
        what = "exported a day" if start == end else "exported days"
        audit(session, person.name, what, site, datetime.now(UTC), {"day": name, "format": kind})
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_MAX)  # noqa: SIM115 - closed when it was sent
    try:
        with snapshot(centre.engine) as session:
            spoken, now = language(request), datetime.now(UTC)
            export(session, site, start, end, kind, file, language=spoken, now=now)  # type: ignore[arg-type]
    except BaseException:
        file.close()
        raise
    named = {"Content-Disposition": f'attachment; filename="barie-{site}-{name}.{ENDINGS.get(kind, kind)}"'}
    return StreamingResponse(_sent(file), media_type=KINDS[kind], headers=named)  # type: ignore[arg-type]


def _sent(file: BinaryIO) -> Iterator[bytes]:
    """The file from its beginning, in pieces; closed afterwards."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
