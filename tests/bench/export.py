"""`barie bench export`: a month as a workbook of 100,000 rows, beside bare xlsxwriter with the same cells.

Books and workbook are real: SQLite, one snapshot, all sheets, a file on disk. No day of the month is closed, so that
every day is reconciled on the way; then all are, as when finance exports it (`closed_s`). The bare path gets the
finished values and only writes them. Everything is in seconds of processor time, which neighbours change less.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from sqlalchemy import Engine

from gate.findings import Finding
from gate.signing import private_key
from gate.working import What
from server.closing import close, look
from server.db import connect, transaction
from server.export import Format, export, snapshot
from server.export.cells import as_date, local, rate, worded
from server.export.plates import Plates
from server.export.rows import every_row
from server.export.sheets import EVERY, Column, Cover, Kind, Value
from server.facts_day import WorkRow
from server.language import Language
from server.reconcile import bounds
from tests.bench import month
from tests.bench.report import report

ROWS: Final = 100_000
ROWS_A_VISIT: Final = 5
"""Its own, its payment's, that with the bank, two openings; and what is amiss with some."""
ROOT: Final = Path(__file__).resolve().parents[2]
_KEY: Final = private_key("aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8gMTI=")
_LAST: Final = month.FIRST + timedelta(days=month.DAYS - 1)
_FORMATS: Final = {Kind.COUNT: "#,##0", Kind.MONEY: "#,##0", Kind.MOMENT: "dd/mm/yyyy hh:mm", Kind.DATE: "dd/mm/yyyy"}
Cells = dict[str, list[list[tuple[Kind, Any]]]]


def bench_export(runs: int, rows: int = ROWS) -> dict[str, Any]:
    """Write the workbook so often, each time beside the bare path."""
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        books = Path(folder) / "books.sqlite"
        engine = connect(f"sqlite:///{books}")
        month.write(engine, rows // ROWS_A_VISIT)
        cells, ours, bare = _cells(engine), list[float](), list[float]()
        for run in range(runs):
            ours.append(_timed(lambda: _export(engine, Path(folder) / "ours.xlsx")))
            bare.append(_timed(lambda: _bare(cells, Path(folder) / "bare.xlsx")))
            sys.stderr.write(f"run {run + 1}: {ours[-1]:.1f} s, bare {bare[-1]:.1f} s\n")
        rss = _rss_mb(books, Path(folder) / "command.xlsx")
        _close(engine)
        closed = [_timed(lambda: _export(engine, Path(folder) / "closed.xlsx")) for _ in range(runs)]
        engine.dispose()
        sizes = {name: (Path(folder) / f"{name}.xlsx").stat().st_size for name in ("ours", "bare", "closed")}
    count = sum(len(each) for each in cells.values())
    return report(
        "export",
        ours,
        "s of processor",
        bare=bare,
        rows=count,
        cells=sum(len(row) for each in cells.values() for row in each),
        rows_per_s=round(count / statistics.median(ours)),
        closed_s=round(statistics.median(closed), 3),
        closed_ratio=round(statistics.median(closed) / statistics.median(bare), 3),
        bytes=sizes,
        rss_mb=rss,
    )


def _close(engine: Engine) -> None:
    """The month, after two persons have dismissed what the month's troubles are."""
    for number in range(month.DAYS):
        on = month.FIRST + timedelta(days=number)
        now = bounds(on)[1] + timedelta(hours=8)
        with transaction(engine) as session:
            for finding in look(session, month.SITE, on, now, first=not number).report.findings:
                for number_of_word, by in enumerate(("chị Hoa", "anh Ba"), 1):
                    session.add(_dismissed(finding, number_of_word, by, now))
        close(engine, month.SITE, on, _KEY, by="bench", now=now, first=not number)


def _dismissed(finding: Finding, number: int, by: str, now: datetime) -> WorkRow:
    return WorkRow(
        work=f"{finding.code}:{finding.subject}:{by}:{now}",
        code=finding.code,
        subject=finding.subject,
        number=number,
        site=month.SITE,
        what=What.DISMISS,
        by=by,
        note="xem ảnh",
        amount=finding.amount,
        at=now,
    )


def _export(engine: Engine, path: Path) -> None:
    with path.open("wb") as file, snapshot(engine) as session:
        export(session, month.SITE, month.FIRST, _LAST, Format.XLSX, file)


def _timed(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _cells(engine: Engine) -> Cells:
    """The workbook's values as the bare path wants them: text, numbers, dates."""
    cover = Cover(month.SITE, "", month.FIRST, _LAST, Language.VI, with_plates=False, sheets=EVERY)
    columns = {sheet.key: sheet.columns for sheet in EVERY}
    cells: Cells = {sheet.key: [] for sheet in EVERY}
    with snapshot(engine) as session:
        dates = [month.FIRST + timedelta(days=number) for number in range(month.DAYS)]
        for rows in every_row(session, cover, dates, Plates.NONE):
            for sheet, values in rows:
                cells[sheet].append(_row(columns[sheet], values))
    return cells


def _row(columns: Sequence[Column], values: Sequence[Value]) -> list[tuple[Kind, Any]]:
    shown = zip(columns, values, strict=True)
    return [(column.kind, None if value in {None, ""} else _value(column, value)) for column, value in shown]


def _value(column: Column, value: Value) -> str | int | datetime | date | None:
    match column.kind:
        case Kind.CODE:
            return worded(column, Language.VI)(value)
        case Kind.MOMENT:
            return local(int(value or 0)).replace(tzinfo=None)
        case Kind.DATE:
            return as_date(value)
        case Kind.RATE:
            return rate(value, Language.VI)
    return value


def _bare(cells: Cells, path: Path) -> None:
    """xlsxwriter as its manual shows it, cell by cell."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}
    for name, rows in cells.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, (kind, value) in enumerate(row):
                if value is None:
                    continue
                if kind in {Kind.MOMENT, Kind.DATE}:
                    sheet.write_datetime(number, place, value, formats[kind])
                elif kind in {Kind.COUNT, Kind.MONEY}:
                    sheet.write_number(number, place, value, formats[kind])
                else:
                    sheet.write_string(number, place, value)
    book.close()


def _rss_mb(books: Path, output: Path) -> float:
    """The most memory that the command holds, in MiB."""
    days = ["--from", str(month.FIRST), "--to", str(_LAST)]
    words = ["export", "--site", month.SITE, *days, "--format", "xlsx", "-o", str(output)]
    command = [sys.executable, str(ROOT / "barie_cli.py"), *words, "--database", f"sqlite:///{books}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return round(max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024, 1)
