"""Passes, exemptions and denials as a CSV file: read with every fault by its line, then entered all or not at all.

The first line names the columns, in Vietnamese or English, in any order; marks and case do not matter. Cells are
parted by commas, semicolons or tabs. What `written` gives can be read again.
"""

import csv
import io
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlmodel import Session

from gate.lease import ENTRIES_MAX, Entry, Standing
from gate.plate import normalise
from gate.vehicle import VehicleClass
from server import lists
from server.export.as_csv import as_text
from server.lists import BadListing, Listing
from server.reconcile import ZONE

BYTES_MAX: Final = 900_000
CELL_MAX: Final = 400
SHOWN_MAX: Final = 60
"""Characters of a faulty cell that a fault repeats."""
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "standing": ("loai", "loai danh sach", "danh sach", "standing", "list"),
    "plate": ("bien so", "bien", "bks", "plate"),
    "tag": ("the", "ma the", "tag", "card"),
    "vehicle_class": ("loai xe", "class", "vehicle class", "vehicle_class"),
    "since": ("tu", "tu ngay", "since", "from"),
    "until": ("den", "den ngay", "het han", "until", "to", "expires"),
    "owner": ("chu xe", "chu", "ho ten", "ten", "owner", "name"),
    "reason": ("ly do", "ghi chu", "reason", "note"),
}
"""What a heading may be called, folded."""
NEEDED: Final = ("standing", "until", "owner", "reason")
STANDINGS: Final[dict[str, Standing]] = {
    "ve thang": Standing.PASS,
    "the thang": Standing.PASS,
    "pass": Standing.PASS,
    "mien": Standing.EXEMPT,
    "mien phi": Standing.EXEMPT,
    "uu tien": Standing.EXEMPT,
    "exempt": Standing.EXEMPT,
    "cam": Standing.DENY,
    "chan": Standing.DENY,
    "deny": Standing.DENY,
}
HEADINGS: Final = ("Loại", "Biển số", "Mã thẻ", "Loại xe", "Từ ngày", "Đến ngày", "Chủ xe", "Lý do")
_WRITTEN: Final = {Standing.PASS: "Vé tháng", Standing.EXEMPT: "Miễn phí", Standing.DENY: "Cấm"}
_DAYS: Final = ("%d/%m/%Y", "%Y-%m-%d")
_MOMENTS: Final = ("%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
PACKED: Final = b"PK\x03\x04"
"""How Excel's files begin."""
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


class Fault(NamedTuple):
    """What is wrong with a line. `line` counts from 1, the heading's; 0: the file itself. `column` as in COLUMNS.

    `code`: encoding, excel, long, size, empty, heading, column_missing, column_unknown, column_twice, cells, value,
    needed, words, over, vehicle, twice, listed, full. `value`: what stands there, or the other line or row.
    """

    line: int
    column: str
    code: str
    value: str = ""


class Read(NamedTuple):
    """The rows of a file, with their lines, and everything that is wrong with it."""

    rows: tuple[tuple[int, Listing], ...]
    faults: tuple[Fault, ...]


class BadFile(ValueError):
    """The file has faults: nothing of it is entered."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults, the first in line {faults[0].line}: {faults[0].code}")
        self.faults = tuple(faults)


class _Bad(Exception):
    """A cell that cannot be."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read(data: bytes, now: datetime) -> Read:
    """The rows of a file by themselves. Rows that have a fault are not among the rows."""
    if len(data) > BYTES_MAX:
        return Read((), (Fault(0, "", "size", str(BYTES_MAX)),))
    if data.startswith(PACKED):
        return Read((), (Fault(0, "", "excel"),))
    try:
        text = data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        return Read((), (Fault(0, "", "encoding"),))
    try:
        return _read(_lines(text), now)
    except csv.Error:  # a cell beyond all measure
        return Read((), (Fault(0, "", "long"),))


def _read(lines: Iterator[tuple[int, list[str]]], now: datetime) -> Read:
    heading = next(lines, None)
    if heading is None:
        return Read((), (Fault(0, "", "empty"),))
    columns, faults = _columns(*heading)
    if faults:
        return Read((), tuple(faults))
    rows: list[tuple[int, Listing]] = []
    for place, (number, cells) in enumerate(lines):
        if place == ENTRIES_MAX:  # no site could have them all: the rest is not looked at
            faults.append(Fault(number, "", "full", str(ENTRIES_MAX)))
            break
        found = _row(number, cells, columns, now)
        if isinstance(found, Listing):
            rows.append((number, found))
        else:
            faults += found
    faults += _twice(rows)
    if not rows and not faults:
        faults.append(Fault(0, "", "empty"))
    return Read(tuple(rows), tuple(sorted(faults)))


def checked(session: Session, site: str, data: bytes, now: datetime) -> Read:
    """The same, held against the rows that the site has."""
    found = read(data, now)
    standing = lists.entries(session, site, now)
    known: dict[tuple[str, str], list[Entry]] = {}
    for entry in standing:
        for key in _keys(entry.standing, entry.plate, entry.tag):
            known.setdefault(key, []).append(entry)
    faults = list(found.faults)
    for number, row in found.rows:
        other = next((each for key in _keys_of(row) for each in known.get(key, ()) if _meet(row, each)), None)
        if other:
            faults.append(Fault(number, "plate", "listed", other.entry))
    if len(standing) + len(found.rows) > ENTRIES_MAX:
        faults.append(Fault(0, "", "full", str(ENTRIES_MAX)))
    return Read(found.rows, tuple(sorted(faults)))


def enter(session: Session, site: str, data: bytes, by: str, now: datetime) -> list[str]:
    """Enter all rows; their names. Raises BadFile, and nothing is entered."""
    lists.held(session, site)  # or a row entered meanwhile would be entered twice
    found = checked(session, site, data, now)
    if found.faults:
        raise BadFile(found.faults)
    return lists.add_all(session, site, [row for _, row in found.rows], by, now)


def written(rows: Iterable[dict[str, Any]]) -> bytes:
    """Rows as `lists.shown` has them. UTF-8 with a mark, and no cell that a spreadsheet takes for a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows:
        since, until = (datetime.fromisoformat(row[name]).astimezone(ZONE) for name in ("since", "until"))
        cells = [_WRITTEN[Standing(row["standing"])], row["plate"], row["tag"], row["vehicle_class"] or ""]
        cells += [f"{since:%d/%m/%Y %H:%M}", f"{until:%d/%m/%Y %H:%M}", row["owner"], row["reason"]]
        writer.writerow([as_text(cell) for cell in cells])
    return stream.getvalue().encode("utf-8-sig")


def folded(text: str) -> str:
    """Without marks and case, for words that people type: `Biển số` as `bien so`."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(kept.casefold().replace("_", " ").split())


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with their number in the file."""
    first = text.lstrip("\n\r").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    for cells in reader:
        number, start = start, reader.line_num + 1
        if any(cell.strip() for cell in cells):
            yield number, [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from calculating."""
    cell = unicodedata.normalize("NFC", cell.strip())
    return cell[1:] if cell.startswith("'") and cell[1:].lstrip().startswith(_FORMULAS) else cell


def _columns(number: int, heading: list[str]) -> tuple[list[str], list[Fault]]:
    """The columns by their place; empty for one without a heading."""
    known = {name: column for column, names in COLUMNS.items() for name in names}
    found = [known.get(folded(cell), "") for cell in heading]
    pairs = list(zip(found, heading, strict=True))
    faults = [Fault(number, "", "column_unknown", _short(cell)) for column, cell in pairs if cell and not column]
    faults += [Fault(number, column, "column_twice") for column in COLUMNS if found.count(column) > 1]
    faults += [Fault(number, column, "column_missing") for column in NEEDED if column not in found]
    if "plate" not in found and "tag" not in found:
        faults.append(Fault(number, "plate", "column_missing"))
    return found, faults


def _row(number: int, cells: list[str], columns: list[str], now: datetime) -> Listing | list[Fault]:
    if len(cells) > len(columns) and any(cells[len(columns) :]):
        return [Fault(number, "", "cells", str(len(cells)))]
    said = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
    faults = [Fault(number, column, "needed") for column in NEEDED if column not in said]
    if "plate" not in said and "tag" not in said:
        faults.append(Fault(number, "plate", "needed"))
    values: dict[str, Any] = {"since": now}
    for column, cell in said.items():
        try:
            values[column] = _value(column, cell)
        except _Bad as bad:
            faults.append(Fault(number, column, bad.code, _short(cell)))
    if faults:
        return faults
    listing = Listing(**values)
    try:
        lists.check(listing, now)
    except BadListing as error:
        return [_refused(number, str(error), said)]
    return listing


def _value(column: str, cell: str) -> Any:
    if len(cell) > CELL_MAX:
        raise _Bad("words")
    if column == "standing":
        return _chosen(STANDINGS, folded(cell))
    if column == "vehicle_class":
        return _chosen({each.value: each for each in VehicleClass}, cell.upper())
    if column in {"since", "until"}:
        return _moment(cell, whole=column == "until")
    return cell


def _chosen(known: dict[str, Any], said: str) -> Any:
    if said not in known:
        raise _Bad("value")
    return known[said]


def _moment(cell: str, *, whole: bool) -> datetime:
    """A local day or moment; a last day is over at its end, as people mean it who pay until then."""
    for form in (*_DAYS, *_MOMENTS):
        try:
            at = datetime.strptime(cell, form).replace(tzinfo=ZONE)
        except ValueError:
            continue
        if not 2000 <= at.year <= 2200:
            break
        return at + timedelta(days=1) if whole and form in _DAYS else at
    raise _Bad("value")


def _refused(number: int, why: str, said: dict[str, str]) -> Fault:
    """A rule of `server.lists` as a fault."""
    field = why.partition(":")[0]
    if field == "until":
        return Fault(number, field, "over", _short(said.get(field, "")))
    if field in {"owner", "reason"}:
        return Fault(number, field, "words", _short(said.get(field, "")))
    column = "tag" if "tag" in why and "plate" not in said else "plate"
    return Fault(number, column, "vehicle", _short(said.get(column, "")))


def _twice(rows: list[tuple[int, Listing]]) -> Iterator[Fault]:
    """Lines that list a vehicle which another line lists for the same time."""
    known = _Times()
    for number, row in rows:
        keys = _keys_of(row)
        other = next((line for key in keys if (line := known.other(key, row))), None)
        if other:
            yield Fault(number, "plate", "twice", str(other))
            continue
        for key in keys:
            known.add(key, number, row)


class _Times:
    """When vehicles are listed, by vehicle and class, no two times of which meet: so the nearest is the only one that
    can, and a file that lists one plate for each day of years is read as fast as any."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[VehicleClass | None, list[tuple[datetime, datetime, int]]]] = {}

    def other(self, key: tuple[str, str], row: Listing) -> int | None:
        """The line that lists this vehicle at a time of the row's."""
        kinds = self._known.get(key, {})
        for kind, times in kinds.items():
            if kind is not None and row.vehicle_class not in {kind, None}:
                continue
            before = bisect_left(times, row.until, key=itemgetter(0)) - 1
            if before >= 0 and times[before][1] > row.since:
                return times[before][2]
        return None

    def add(self, key: tuple[str, str], number: int, row: Listing) -> None:
        """A row that meets none."""
        times = self._known.setdefault(key, {}).setdefault(row.vehicle_class, [])
        insort(times, (row.since, row.until, number))


def _keys_of(row: Listing) -> list[tuple[str, str]]:
    return _keys(row.standing, normalise(row.plate), row.tag.strip().upper())


def _keys(standing: Standing, plate: str, tag: str) -> list[tuple[str, str]]:
    return [(standing.value, each) for each in (plate, tag) if each]


def _meet(row: Listing, other: Listing | Entry) -> bool:
    kinds = {row.vehicle_class, other.vehicle_class}
    same = len(kinds) == 1 or None in kinds
    return same and row.since < (other.until or row.until) and other.since < row.until


def _short(cell: str) -> str:
    """What a fault quotes of a cell: its beginning, without what cannot be read."""
    told = "".join(each for each in cell if each.isprintable())
    return told if len(told) <= SHOWN_MAX else f"{told[:SHOWN_MAX]}…"
