"""Providers' settlement files, in the canonical layout of vietnam.md 4.2 or as a mapping brings them there."""

from datetime import date, datetime, time
from typing import NamedTuple

import msgspec

from gate.statements import LineKind, SettlementLine, Unsound, nets
from gate.written import VIETNAM, folded
from server.imports import cells, kinds
from server.imports.fields import Fields, sheet
from server.imports.flaws import Flaws, name_of, shown
from server.imports.kinds import FileKind
from server.imports.mapping import Mapping, shipped

RAW_MAX = 4_000


class Read(NamedTuple):
    """The lines of a settlement file and the mapping by which they were read."""

    lines: tuple[SettlementLine, ...]
    mapping: str


def read(path: str, raw: bytes, provider: str, today: date, mapping: Mapping | None = None) -> Read:
    """The settlement lines of a provider in a file. Raises BadFile, and then with all that is wrong."""
    flaws = Flaws(name_of(path))
    kind = kinds.kind_of(raw, flaws)
    if kind is FileKind.CAMT:
        raise flaws.refuse("is a bank's statement, not a settlement")
    known = [mapping] if mapping else [each for each in shipped().values() if each.kind == "settlement"]
    table = sheet(kinds.rows(raw, kind, mapping.sheet if mapping else "", flaws), known, flaws)
    fields, lines = Fields(table, today, flaws), []
    ended = not table.mapping.end
    for _ in fields.data():
        if fields.starts(table.mapping.end):
            ended = True
            break
        lines.append(_line(fields, table.mapping, provider, today))
    if not ended:
        raise flaws.refuse(f"ends without a row {table.mapping.end[0]!r}: the file is cut off", fields.row.number)
    _each_once(lines, flaws)
    if not lines:
        raise flaws.refuse("has no lines")
    flaws.check()
    return Read(tuple(lines), table.mapping.name)


def _line(fields: Fields, mapping: Mapping, provider: str, today: date) -> SettlementLine:
    said = fields.text("provider")
    if said.lower() != provider:
        fields.flaw("provider", f"{shown(said)} is not {provider}")
    on = fields.date("session_date")
    kind = _kind(fields, mapping)
    sign = -1 if kind in mapping.unsigned else 1
    gross, fee, vat = (sign * fields.money(key) for key in ("gross_vnd", "fee_vnd", "fee_vat_vnd"))
    line = SettlementLine(
        line=fields.row.number,
        provider=provider,
        settlement_id=fields.text("settlement_id") or f"{provider}-{on.isoformat()}",
        session_date=on,
        txn_time=fields.moment("txn_time", datetime.combine(today, time(), VIETNAM)),
        merchant_ref=fields.text("merchant_ref"),
        provider_ref=fields.text("provider_ref"),
        bank_ref=fields.text("bank_ref"),
        kind=kind,
        gross=gross,
        fee=fee,
        fee_vat=vat,
        net=sign * fields.money("net_vnd") if fields.has("net_vnd") else gross - fee - vat,
        status=fields.text("status"),
        site_code=fields.text("site_code").upper(),
        terminal_code=fields.text("terminal_code"),
        payer_instrument=fields.text("payer_instrument"),
        raw_line=fields.text("raw_line") or _raw(fields),
    )
    _check(fields, line)
    return line


def _check(fields: Fields, line: SettlementLine) -> None:
    if not line.provider_ref:
        fields.flaw("provider_ref", "the provider's own reference is missing")
    if ":" in line.settlement_id:
        fields.flaw("settlement_id", f"{shown(line.settlement_id)} has a colon")
    if line.kind is LineKind.PAY and line.gross <= 0:
        fields.flaw("gross_vnd", f"a payment of {line.gross}")
    if line.kind in {LineKind.REFUND, LineKind.CHARGEBACK} and line.gross >= 0:
        fields.flaw("gross_vnd", f"what is taken back is below zero, not {line.gross}")
    try:
        nets(line)
    except Unsound as error:
        fields.flaw("net_vnd", str(error))


def _kind(fields: Fields, mapping: Mapping) -> LineKind:
    said = fields.text("kind")
    words = {folded(word): kind for word, kind in mapping.kinds.items()}
    found = words.get(folded(said)) or next((kind for kind in LineKind if kind == said.upper()), None)
    if found is None:
        fields.flaw("kind", f"{shown(said)} is none of {', '.join([*LineKind, *mapping.kinds])}")
        return LineKind.ADJUST
    return found


def _each_once(lines: list[SettlementLine], flaws: Flaws) -> None:
    seen: dict[tuple[str, str], int] = {}
    for line in lines:
        first = seen.setdefault((line.provider_ref, line.kind), line.line)
        if first != line.line:
            flaws.add(line.line, "provider_ref", f"{line.kind} {shown(line.provider_ref)} is in row {first} already")


def _raw(fields: Fields) -> str:
    """The row as it stands in the file."""
    said = [str(cell) if not cells.is_blank(cell) else "" for cell in fields.row.cells]
    return msgspec.json.encode(said).decode()[:RAW_MAX]
