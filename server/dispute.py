"""The dispute pack: everything that speaks about one stay, as one ZIP whose manifest holds the hash of each file.

Names of files are ours; what strangers wrote stands inside of JSON. Without `plates` neither plates nor pictures are in
it, and the manifest says so.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec
from sqlmodel import Session, SQLModel, col, select

from server import ledger, vault_plates
from server.days.spans import ZONE
from server.db import columns
from server.dispute_parts import bank_lines, clock_facts, orders
from server.facts import PaymentRow, SupplementRow
from server.money_rules import NoSuch
from server.money_shown import shown as money_shown
from server.register import TariffRow
from server.stays import state_of
from server.uploads import kind, path_of
from server.vault import VaultReadRow
from server.visit_story import WITHOUT_PLATES, End, Step, Story, story

_ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png"}
_ABOUT: Final = """\
VI  Hồ sơ của một lượt gửi xe. manifest.json có mã SHA-256 của từng tệp.
    visit.json: lượt xe; story.json: diễn biến; reads.json: biển số máy đọc với xác suất từng ký tự, và ai đã sửa;
    clock.json: độ lệch đồng hồ; price.json: biểu giá và từng dòng giá; money.json: sổ cái, thanh toán, quyết định;
    bank.json: dòng sao kê và đối soát; pictures/: ảnh vào và ra.
EN  The file of one stay. manifest.json has the SHA-256 of each file.
    visit.json: the stay; story.json: what happened; reads.json: what was read with each character's probability, and
    who corrected it; clock.json: how far clocks were off; price.json: the price list and each line of the bill;
    money.json: ledger, payments, decisions; bank.json: lines of statements and settlements; pictures/: entry and exit.
"""


class Packed(NamedTuple):
    """What is in the pack: each file's name and hash, and what is missing, with the reason."""

    files: dict[str, str]
    missing: dict[str, str]


def pack(session: Session, visit: str, vault: Path, file: IO[bytes], *, by: str, now: datetime, plates: bool) -> Packed:
    """Write the pack of this stay into `file`. The same books give the same bytes for the same `now`. Raises NoSuch."""
    found = story(session, visit)
    if found is None:
        raise NoSuch(f"there is no visit {visit}")
    files, missing = dict[str, str](), dict[str, str]()
    when = now.astimezone(ZONE)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:

        def put(name: str, content: bytes) -> None:
            place = zipfile.ZipInfo(name, (when.year, when.month, when.day, when.hour, when.minute, when.second))
            place.compress_type = zipfile.ZIP_STORED if name.startswith("pictures/") else zipfile.ZIP_DEFLATED
            place.external_attr = 0o644 << 16
            bundle.writestr(place, content)
            files[name] = hashlib.sha256(content).hexdigest()

        put("README.txt", _ABOUT.encode())
        for name, value in _documents(session, found, plates=plates):
            put(name, _json(value))
        for side, end in (("entry", found.entry), ("exit", found.exit)):
            why = _picture(vault, side, end, put) if plates else "no right to see plates"
            if why:
                missing[f"pictures/{side}"] = why
        manifest = {"visit": visit, "made_at": now, "made_by": by, "sha256": dict(files), "missing": missing}
        put("manifest.json", _json(manifest))
    return Packed(files, missing)


def _picture(vault: Path, side: str, end: End | None, put: Any) -> str:
    """Put the picture of one end into the pack; why there is none, else nothing."""
    if end is None or end.read is None:
        return "nothing was read"
    if not end.read.picture:
        return "no picture was taken"
    path = path_of(vault, end.read.picture)
    if not path.is_file():
        return f"the picture {end.read.picture} is not in the vault"
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != end.read.picture:
        return f"the picture {end.read.picture} is not what its name says"
    put(f"pictures/{side}.{_ENDINGS.get(kind(content[:4]) or '', 'bin')}", content)
    return ""


def _documents(session: Session, found: Story, *, plates: bool) -> Iterator[tuple[str, Any]]:
    row = found.visit
    steps = [step._asdict() for step in found.steps if plates or step.what not in WITHOUT_PLATES]
    yield "visit.json", {**columns(row), "state": state_of(row), "owed": found.owed, "quoted_lines": None}
    yield "story.json", steps
    if plates:
        yield "reads.json", [_read(session, end) for end in (found.entry, found.exit) if end and end.read]
    yield "clock.json", clock_facts(session, row.visit)
    yield "price.json", _price(session, found)
    payments = session.exec(select(PaymentRow).where(PaymentRow.reference == row.visit)).all()
    money = money_shown(session, row.visit)
    names = {ledger.payment_name(each) for each in payments} | _paid_by(found.steps)
    yield (
        "money.json",
        {**money, "payments": [columns(each) for each in payments], "orders": orders(session, row.visit)},
    )
    yield "bank.json", bank_lines(session, sorted(names), row.visit)


def _paid_by(steps: Iterable[Step]) -> set[str]:
    """The payments that the ledger's steps name. What a person wrote is never taken for one."""
    return {step.note for step in steps if step.look == "money" and not step.by and ":" in step.note}


def _read(session: Session, end: End) -> dict[str, Any]:
    """What the reader said, as it said it, with what people said of it since."""
    read: VaultReadRow | None = end.read
    if read is None:
        return {}
    raw = {**columns(read), "characters": _stored(read.characters), "others": _stored(read.others)}
    words = vault_plates.words(session, [read.approach])
    return {"read": raw, "plate_now": end.plate, "corrections": [columns(word) for word in words]}


def _price(session: Session, found: Story) -> dict[str, Any]:
    row, bill = found.visit, found.bill
    tariff = session.get(TariffRow, (row.site, bill.tariff)) if bill else None
    added = session.exec(
        select(SupplementRow).where(SupplementRow.visit == row.visit).order_by(col(SupplementRow.number))
    )
    return {
        "bill": {**bill._asdict(), "lines": msgspec.to_builtins(bill.lines)} if bill else None,
        "recomputed": row.recomputed,
        "supplements": [{**columns(each), "lines": _stored(each.lines)} for each in added],
        "tariff": _stored(tariff.body) if tariff else None,
    }


def _stored(text: str) -> Any:
    return msgspec.json.decode(text) if text else None


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    """What JSON does not know: rows as their columns, moments with their offset."""
    return columns(value) if isinstance(value, SQLModel) else msgspec.to_builtins(value)
