"""A site's days as a file for finance: XLSX, CSV or JSON. Closed days as their close kept them.

The same books give the same bytes once their days are over: no clock of its own, fixed dates of creation, rows in the
order of their days. One day is in memory at a time. Whatever a stranger typed stays text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

from sqlalchemy import Engine
from sqlmodel import Session

from server.db import reading
from server.export.as_csv import CsvFile
from server.export.as_json import JsonFile
from server.export.as_xlsx import XlsxFile
from server.export.journal import CHART, JOURNAL, BadChart, chart, lines
from server.export.plates import Plates
from server.export.rows import Row, every_day, every_row
from server.export.sheets import Cover, Value, sheets
from server.language import Language
from server.reconcile import NoSuchSite
from server.register import SiteRow

__all__ = ["BadChart", "BadRange", "Format", "Plates", "chart", "export", "snapshot"]

DAYS_MAX: Final = 3_660
Progress = Callable[[int, int], None]


class Format(StrEnum):
    """What kind of file."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    JOURNAL = "journal"
    JOURNAL_XLSX = "journal-xlsx"


class BadRange(ValueError):
    """The days cannot be exported; the message says why."""


class File(Protocol):
    """A file in the making: rows go to the sheets as they come."""

    def row(self, sheet: str, values: Sequence[Value]) -> None:
        """The next row of a sheet."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


_WRITERS: Final[Mapping[Format, Callable[[BinaryIO, Cover], File]]] = {
    Format.XLSX: XlsxFile,
    Format.CSV: CsvFile,
    Format.JSON: JsonFile,
    Format.JOURNAL: CsvFile,
    Format.JOURNAL_XLSX: XlsxFile,
}
_JOURNALS: Final = frozenset({Format.JOURNAL, Format.JOURNAL_XLSX})


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """A look at the books in which nothing changes meanwhile: all sheets show the same moment."""
    with reading(engine) as session:
        if engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def export(  # noqa: PLR0913 - what, as what, where to, for whom
    session: Session,
    site: str,
    start: date,
    end: date,
    kind: Format,
    stream: BinaryIO,
    *,
    language: Language = Language.VI,
    plates: Plates = Plates.NONE,
    progress: Progress | None = None,
    now: datetime | None = None,
    codes: Mapping[str, str] = CHART,
) -> None:
    """Write the local days from `start` to `end`, both included. Raises NoSuchSite or BadRange before it writes.

    What is due is judged at the end of the last day, or at `now` where that is earlier: a day that still runs is shown
    as far as it has come, and a day that is over gives the same bytes whenever it is asked for.

    `progress` is told after each day how many are done and how many there are. `codes`: a journal's chart of accounts.
    """
    days = (end - start).days + 1
    if not 1 <= days <= DAYS_MAX:
        raise BadRange(f"from {start} to {end} are {days} days; 1 to {DAYS_MAX} can be exported")
    row = session.get(SiteRow, site)
    if row is None:
        raise NoSuchSite(f"no site {site}")
    name = row.name_vi if language is Language.VI else row.name_en
    every = (JOURNAL,) if kind in _JOURNALS else sheets(with_plates=plates is not Plates.NONE)
    cover = Cover(site, name, start, end, language, with_plates=plates is not Plates.NONE, sheets=every)
    dates = [start + timedelta(days=n) for n in range(days)]
    with _WRITERS[kind](stream, cover) as file:
        whole = _journal(session, cover, dates, now, codes) if kind in _JOURNALS else None
        for done, rows in enumerate(whole or every_row(session, cover, dates, plates, now), 1):
            for sheet, values in rows:
                file.row(sheet, values)
            if progress:
                progress(done, days)


def _journal(
    session: Session, cover: Cover, dates: list[date], now: datetime | None, codes: Mapping[str, str]
) -> Iterator[Iterator[Row]]:
    for on, _, rows in every_day(session, cover, dates, now):
        yield ((JOURNAL.key, line) for line in lines(cover, on, rows[JOURNAL.key], codes))
