"""Closing a site's day: once for ever, in order, signed and chained, and only when nothing more is waited for.

A close takes what `server.frozen` gathers and what the reconciliation says at that moment. It never changes: whatever
comes later is in the next close, with the day that it belongs to. Twice, or from two processes, is once.
"""

import base64
import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from gate.findings import WORDS, Finding
from gate.money import dong
from gate.reconcile import Day, Report
from gate.signing import public_text
from server import frozen
from server.auth import audit
from server.db import hold, insert_once, reading, transaction
from server.derived import BoxNowRow, JournalMarkRow
from server.export.day import day_rows
from server.export.settled import looked
from server.facts_day import CloseRow, FrozenRow, WriteOffRow
from server.figures import accounts, day_figures
from server.frozen import ENTRY, FACTS, ROWS, Close, Fact, last, packed
from server.local_dates import moment_shown
from server.reconcile import NoSuchSite, bounds, local_date
from server.register import BoxRow, SiteRow
from server.turning import TURNS, turns

ONE: Final = timedelta(days=1)
SHOWN_MAX: Final = 20
CLOSED: Final = "closed the day"
_NONE_YET: Final = (
    "chưa chốt ngày nào của bãi này: phải chọn ngày đầu tiên (--first) · no day of this site was closed yet: the first "
    "one must be chosen (--first)"
)


class NotYet(ValueError):
    """The day cannot be closed; `reasons` says why, each with what it is about."""

    def __init__(self, site: str, on: date, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__(f"{site} {on}: chưa chốt được · cannot be closed: " + "; ".join(reasons))


class Look(NamedTuple):
    """What stands of a day: the report, the boxes' watermarks, the close before, and why it cannot be closed."""

    before: Close | None
    day: Day
    report: Report
    marks: list[dict[str, Any]]
    reasons: list[str]


class Made(NamedTuple):
    """A close, and whether this call made it."""

    row: CloseRow
    fresh: bool


def look(session: Session, site: str, on: date, now: datetime, *, first: bool = False) -> Look:
    """Whether the day can be closed as of `now`. Raises NoSuchSite.

    first: the site's first day is chosen by whoever asks; every other follows the one before it.
    """
    if session.get(SiteRow, site) is None:
        raise NoSuchSite(f"no site {site}")
    before = last(session, site)
    reasons = _order(before, on, first=first)
    _, end = bounds(on)
    if now < end:
        reasons.append(f"ngày chưa hết trước {moment_shown(end)} · the day is not over before {moment_shown(end)}")
    marks, missing = _watermarks(session, site, on, end)
    seen = looked(session, site, on, now, thorough=True)
    return Look(before, seen.day, seen.report, marks, reasons + missing + _difference(seen.report))


def close(
    engine: Engine,
    site: str,
    on: date,
    key: Ed25519PrivateKey,
    *,
    by: str,
    now: datetime,
    first: bool = False,
) -> Made:
    """Close the day. A day that is closed stays as it is. Raises NotYet, NoSuchSite."""
    while True:
        with snapshot(engine) as session:
            known = session.get(CloseRow, (site, on))
            if known is not None:
                return Made(known, fresh=False)
            seen = look(session, site, on, now, first=first)
            if seen.reasons:
                raise NotYet(site, on, seen.reasons)
            row, parts = _made(session, seen, site, on, key, by, now)
        with transaction(engine) as session:
            hold(session, f"close:{site}")
            newest = last(session, site)
            if (newest and newest.sha256) != (seen.before and seen.before.sha256):
                continue  # another process closed meanwhile: look again
            if insert_once(session, row):
                for part in parts:
                    insert_once(session, part)
                audit(session, by, CLOSED, f"{site} {on}", now, {"sha256": row.sha256})
                return Made(row, fresh=True)


def snapshot(engine: Engine) -> Any:
    """A look at the books in which nothing changes meanwhile."""
    if engine.dialect.name == "postgresql":
        return reading(engine.execution_options(isolation_level="REPEATABLE READ"))
    return reading(engine)


def due(session: Session, site: str, now: datetime) -> date | None:
    """The day that is next to be closed, if it is over. None for a site that never closed one."""
    newest = last(session, site)
    return newest.on + ONE if newest and newest.on + ONE < local_date(now) else None


def write_off(session: Session, box: str, on: date, *, by: str, note: str, now: datetime) -> bool:
    """Say that nothing more of the box's day will come, and why. Says whether it is new. Raises ValueError."""
    known = session.get(BoxRow, box)
    if known is None:
        raise ValueError(f"no box {box}")
    if turns(note):
        raise ValueError(TURNS)
    if not note.strip():
        raise ValueError("why is nothing more to come? A reason is needed")
    if bounds(on)[1] > now:
        raise ValueError(f"{on} is not over: what the box has still to say of it nobody knows")
    row = WriteOffRow(box=box, on=on, site=known.site, by=by, note=note.strip(), at=now)
    audit(session, by, "wrote off a box's day", f"{box} {on}", now, {"note": note.strip()})
    return insert_once(session, row)


def digest_of(body: str) -> str:
    """A close's place in the chain: the hash of its body, which names the close before it."""
    return hashlib.sha256(body.encode()).hexdigest()


# --- why not ---------------------------------------------------------------------------------------------------


def _order(before: Close | None, on: date, *, first: bool) -> list[str]:
    if before is None:
        return [] if first else [_NONE_YET]
    if on <= before.on:
        day = f"{before.on:%d/%m/%Y}"
        return [f"{day} đã chốt, không chốt được ngày nào trước đó nữa · {day} was closed, and no day before it can be"]
    next_one = f"{before.on + ONE:%d/%m/%Y}"
    return [] if on == before.on + ONE else [f"phải chốt {next_one} trước · {next_one} must be closed before"]


def _watermarks(session: Session, site: str, on: date, end: datetime) -> tuple[list[dict[str, Any]], list[str]]:
    marks: list[dict[str, Any]] = []
    missing: list[str] = []
    for box in session.exec(select(BoxRow.box).where(BoxRow.site == site).order_by(col(BoxRow.box))):
        written_off = session.get(WriteOffRow, (box, on))
        if written_off is not None:
            marks.append({"box": box, "written_off_by": written_off.by, "note": written_off.note})
            continue
        now_row = session.get(BoxNowRow, box)
        why = _not_past(session, now_row, end)
        if why or now_row is None:
            missing.append(f"hộp · box {box}: {why}")
            continue
        heard = {"box": box, "journal": now_row.journal, "sequence": now_row.last_sequence}
        marks.append({**heard, "heard_at": now_row.heard_at})
    return marks, missing


def _not_past(session: Session, box: BoxNowRow | None, end: datetime) -> str:
    if box is None:
        return "chưa từng có tín hiệu · was never heard"
    if box.heard_at <= end:
        at = moment_shown(box.heard_at)
        return f"tín hiệu cuối lúc {at}, khi ngày chưa hết · was last heard {at}, before the day was over"
    mark = session.get(JournalMarkRow, (box.box, box.journal))
    committed = mark.sequence if mark else 0
    if box.waiting or committed < box.last_sequence:
        count = max(box.waiting, box.last_sequence - committed)
        return f"còn {count} dữ kiện chưa về · {count} facts are still on their way"
    return ""


def _difference(found: Report) -> list[str]:
    """The findings, where they are more than the site tolerates."""
    lies = found.variance
    if lies.within:
        return []
    words = (
        f"chưa giải trình {dong(lies.amount)}, {lies.count} mục; cho phép {dong(lies.tolerated_amount)}, "
        f"{lies.tolerated_count} mục · unexplained are {dong(lies.amount)} and {lies.count} items; tolerated are "
        f"{dong(lies.tolerated_amount)} and {lies.tolerated_count}"
    )
    shown = [_says(finding) for finding in found.findings[:SHOWN_MAX]]
    more = len(found.findings) - len(shown)
    return [words, *shown, *([f"và {more} phát hiện nữa · and {more} findings more"] if more > 0 else [])]


def _says(finding: Finding) -> str:
    words, about = WORDS[finding.code], finding.visit or finding.subject
    return f"{words.vi} · {words.en} ({finding.code}): {about}, {dong(finding.amount)}"


# --- what a close says -----------------------------------------------------------------------------------------


def _made(
    session: Session, seen: Look, site: str, on: date, key: Ed25519PrivateKey, by: str, now: datetime
) -> tuple[CloseRow, list[FrozenRow]]:
    before = seen.before
    facts = frozen.gathered(session, site, on)
    counted = frozen.counted(facts, on, first=before is None)
    stood = before.body["accounts"]["at_end"] if before else _stood(facts[ENTRY], on)
    held = {kind: {"columns": frozen.names(kind), "lines": [f.line for f in rows]} for kind, rows in facts.items()}
    rows = day_rows(session, seen.day, seen.report, counted)
    packs = {FACTS: packed(held), ROWS: packed(rows)}
    totals = before.body["facts"] if before else {}
    body = {
        "version": 1,
        "site": site,
        "on": on,
        "previous": before.sha256 if before else "",
        "closed_at": now,
        "by": by,
        "key": public_text(key),
        **day_figures(session, site, on, counted, stood),
        "counts": seen.report.counts,
        "witnesses": seen.report.money,
        "unexplained": seen.report.variance,
        "leakage": seen.report.leakage,
        "findings": [_brief(each) for each in seen.report.findings],
        "explained": [_brief(each) for each in seen.report.explained],
        "in_transit": _sums(seen.report.in_transit),
        "watermarks": seen.marks,
        "facts": {
            kind: {
                "count": len(lines),
                "total": len(lines) + totals.get(kind, {"total": 0})["total"],
                "sha256": frozen.digest(held[kind]),
            }
            for kind, lines in facts.items()
        },
        "parts": {part: digest for part, (_, digest) in packs.items()},
    }
    text = msgspec.json.encode(body, order="sorted").decode()
    row = CloseRow(
        site=site,
        on=on,
        body=text,
        previous=str(body["previous"]),
        sha256=digest_of(text),
        signature=base64.b64encode(key.sign(text.encode())).decode(),
        closed_at=now,
        by=by,
    )
    return row, [FrozenRow(site=site, on=on, part=part, body=data) for part, (data, _) in packs.items()]


def _stood(entries: list[Fact], on: date) -> dict[str, int]:
    """The accounts before a site's first closed day."""
    start, _ = bounds(on)
    return accounts(fact for fact in entries if fact.at < start)


def _brief(finding: Finding) -> dict[str, Any]:
    return {"code": finding.code, "subject": finding.subject, "amount": finding.amount, "due": finding.due}


def _sums(findings: tuple[Finding, ...]) -> dict[str, dict[str, int]]:
    count, amount = Counter[str](), Counter[str]()
    for finding in findings:
        count[finding.code] += 1
        amount[finding.code] += finding.amount
    return {code: {"count": count[code], "amount": amount[code]} for code in sorted(count)}
