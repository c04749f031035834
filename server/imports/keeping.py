"""Putting a file's lines into the books: all of them or none, each once, whatever files it is in."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

from sqlmodel import Session, SQLModel, col, select

from gate.statements import BankLine, SettlementLine, digests
from gate.written import VIETNAM
from server.db import hold, insert_many
from server.facts_bank import BankLineRow, SettlementLineRow, StatementRow
from server.imports import bank, settlement
from server.imports.flaws import Flaws, name_of, shown
from server.imports.mapping import Mapping
from server.proving import moments, settled, taken
from server.proving.kinds import sites_of
from server.proving.matcher import Proven, prove, prove_all
from server.reconcile import uncollected

_AT_ONCE: Final = 2_000
_IN: Final = 900
_SAME: Final = (
    "settlement_id",
    "session_date",
    "txn_time",
    "merchant_ref",
    "bank_ref",
    "gross",
    "fee",
    "fee_vat",
    "net",
    "status",
)


class Step(StrEnum):
    """What is being done with a file; nothing of it is in the books before all of them are over."""

    READING = "reading"
    KEEPING = "keeping"
    PROVING = "proving"


Told = Callable[[Step, int, int], None]
"""Hears of a step, and how much of it is done of how much; 0 of 0 where that is not known."""


def unheard(step: Step, done: int, of: int) -> None:
    """Nobody waits for it."""


@dataclass(frozen=True)
class File:
    """A file to import: its name, its bytes, who brings it, a mapping where none is to be guessed, and who hears how
    far it is."""

    name: str
    raw: bytes
    by: str
    mapping: Mapping | None = None
    told: Told = unheard

    @cached_property
    def sha256(self) -> str:
        """What it is known by."""
        return hashlib.sha256(self.raw).hexdigest()


class Imported(NamedTuple):
    """What became of a file. `before`: when these bytes were imported before, and nothing was done now."""

    name: str
    kind: str
    source: str
    mapping: str
    lines: int
    new: int
    since: date | None
    until: date | None
    opening: int | None
    closing: int | None
    before: datetime | None
    proven: dict[str, Proven]


def bank_statement(session: Session, file: File, account: str, now: datetime) -> Imported:
    """Import a statement of an account and prove what it proves. Raises BadFile."""
    if (before := _before(session, file, account)) is not None:
        return before
    sites = sites_of(session, account)
    if not sites:
        raise Flaws(name_of(file.name)).refuse(f"no site has the account {account}")
    with uncollected():
        return _bank_statement(session, file, account, sites[0], now)


def _bank_statement(session: Session, file: File, account: str, site: str, now: datetime) -> Imported:
    today = now.astimezone(VIETNAM).date()
    file.told(Step.READING, 0, 0)
    read = bank.read(file.name, file.raw, account, today, file.mapping)
    hold(session, "proving")
    now = moments.free(session, now)
    names = digests(account, read.statement.lines)
    known = _known(session, names)
    rows = [
        _bank_line(site, account, line, name, file, now)
        for line, name in zip(read.statement.lines, names, strict=True)
        if name not in known
    ]
    _insert(session, BankLineRow, rows, file.told)
    days = [line.booked_on for line in read.statement.lines] or [today]
    kept = StatementRow(
        sha256=file.sha256,
        site=site,
        kind="bank",
        source=account,
        name=name_of(file.name),
        mapping=read.mapping,
        lines=len(names),
        since=min(days),
        until=max(days),
        opening=read.statement.opening,
        closing=read.statement.closing,
        imported_at=now,
        by=file.by,
        raw=file.raw,
    )
    session.add(kept)
    session.flush()
    return _imported(kept, new=len(rows), proven={account: prove(session, account, now)})


def settlement_file(session: Session, file: File, provider: str, now: datetime) -> Imported:
    """Import a settlement of a provider, book its lines, and prove the payouts that it explains. Raises BadFile."""
    if (before := _before(session, file, provider)) is not None:
        return before
    with uncollected():
        return _settlement_file(session, file, provider, now)


def _settlement_file(session: Session, file: File, provider: str, now: datetime) -> Imported:
    file.told(Step.READING, 0, 0)
    read = settlement.read(file.name, file.raw, provider, now.astimezone(VIETNAM).date(), file.mapping)
    hold(session, "proving")
    now = moments.free(session, now)
    read = read._replace(lines=settled.named(session, provider, read.lines))
    flaws = Flaws(name_of(file.name))
    fresh = _new_lines(session, read.lines, flaws)
    homes, contracts = settled.Homes(session, provider), settled.Contracts(session)
    paid = settled.paid_at(session, read.lines)
    rows = []
    for line in fresh:
        site = homes.of(line, paid.get(line.provider_ref))
        if site is None:
            flaws.add(line.line, "site_code", f"nothing tells whose it is: no site {shown(line.site_code)}")
            continue
        values: dict[str, Any] = {**line._asdict(), "kind": str(line.kind), "statement": file.sha256}
        rows.append({**values, "site": site, "fee_off": contracts.fee_off(line), "recorded_at": now})
    flaws.check()
    _insert(session, SettlementLineRow, rows, file.told)
    whose = min((homes.of(line, paid.get(line.provider_ref)) or "" for line in read.lines), default="")
    days = [line.session_date for line in read.lines]
    kept = StatementRow(
        sha256=file.sha256,
        site=whose,
        kind="settlement",
        source=provider,
        name=name_of(file.name),
        mapping=read.mapping,
        lines=len(read.lines),
        since=min(days),
        until=max(days),
        imported_at=now,
        by=file.by,
        raw=file.raw,
    )
    session.add(kept)
    session.flush()
    made = [SettlementLineRow(**row) for row in rows]
    settled.book(session, made, now)
    taken.follow(session, made, file.by, now)
    return _imported(kept, new=len(rows), proven=prove_all(session, now))


def _before(session: Session, file: File, source: str) -> Imported | None:
    """What is known of these bytes, if they were imported before. Raises BadFile where that was of another source."""
    row = session.get(StatementRow, file.sha256)
    if row is not None and row.source != source:
        raise Flaws(name_of(file.name)).refuse(
            f"was imported as of {row.source}, not of {source}: one of them is wrong"
        )
    return _imported(row, new=0, proven={}, before=row.imported_at) if row else None


def _imported(row: StatementRow, new: int, proven: dict[str, Proven], before: datetime | None = None) -> Imported:
    return Imported(
        name=row.name,
        kind=row.kind,
        source=row.source,
        mapping=row.mapping,
        lines=row.lines,
        new=new,
        since=row.since,
        until=row.until,
        opening=row.opening,
        closing=row.closing,
        before=before,
        proven=proven,
    )


def _bank_line(site: str, account: str, line: BankLine, digest: str, file: File, now: datetime) -> dict[str, Any]:
    return {
        "digest": digest,
        "site": site,
        "statement": file.sha256,
        "line": line.line,
        "account": account,
        "booked_on": line.booked_on,
        "amount": line.amount,
        "bank_reference": line.bank_reference,
        "text": line.text,
        "fee": line.fee,
        "recorded_at": now,
    }


def _new_lines(session: Session, lines: Sequence[SettlementLine], flaws: Flaws) -> list[SettlementLine]:
    """The lines that no file brought before. One that was brought with other content is a flaw."""
    known: dict[tuple[str, str], SettlementLineRow] = {}
    for some in _chunks([line.provider_ref for line in lines]):
        found = select(SettlementLineRow).where(
            SettlementLineRow.provider == lines[0].provider, col(SettlementLineRow.provider_ref).in_(some)
        )
        known |= {(row.provider_ref, row.kind): row for row in session.exec(found)}
    fresh = []
    for line in lines:
        row = known.get((line.provider_ref, line.kind))
        if row is None:
            fresh.append(line)
        elif differs := [name for name in _SAME if getattr(row, name) != getattr(line, name)]:
            told = ", ".join(f"{name} {getattr(row, name)}, here {getattr(line, name)}" for name in differs)
            flaws.add(line.line, "provider_ref", f"{line.kind} {shown(line.provider_ref)} was imported with {told}")
    return fresh


def _known(session: Session, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in _chunks(names):
        found |= set(session.exec(select(BankLineRow.digest).where(col(BankLineRow.digest).in_(some))))
    return found


def _insert(session: Session, table: type[SQLModel], rows: list[dict[str, Any]], told: Told) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        told(Step.KEEPING, start, len(rows))
        insert_many(session, table, rows[start : start + _AT_ONCE])
    told(Step.PROVING, 0, 0)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _IN):
        yield names[start : start + _IN]
