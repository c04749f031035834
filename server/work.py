"""People work findings off: take, give back, explain, dismiss, reopen, accept what is proposed. Each word is a fact,
audited, and takes effect at once.
"""

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from gate.findings import WORDS, Code, Owner
from gate.ids import uuid7
from gate.reconcile import Settled
from gate.working import DISMISSABLE, Standing, What, Word, standings
from server.auth import audit
from server.db import hold
from server.derived import FindingRow
from server.facts_day import WorkRow
from server.turning import TURNS, turns

NOTE_MAX: Final = 500
SHOWN_MAX: Final = 500
_ORDER: Final = (col(WorkRow.code), col(WorkRow.subject), col(WorkRow.number))
_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""


class NoSuchFinding(ValueError):
    """Nothing of this code and subject is known."""


class NotSo(ValueError):
    """The finding cannot be worked off this way; the message says why."""


_SAID: Final = select(WorkRow.subject).where(WorkRow.site == bindparam("site"), col(WorkRow.at) >= bindparam("since"))
_WORDS: Final[Any] = (
    _picked(WorkRow.code, WorkRow.subject, WorkRow.what, WorkRow.by, WorkRow.amount)
    .where(WorkRow.site == bindparam("site"), col(WorkRow.subject).in_(_SAID))
    .order_by(*_ORDER)
)


def settled(session: Session, site: str, since: datetime) -> tuple[Settled, ...]:
    """What people have settled since a day began, for its report."""
    rows = session.connection().execute(_WORDS, {"site": site, "since": since}).all()
    return tuple(
        Settled(code=code, subject=subject, amount=standing.settled)
        for (code, subject), standing in sorted(_by_finding(rows).items())
        if standing.settled is not None
    )


def take(session: Session, code: Code, subject: str, by: str, now: datetime) -> None:
    """From now on it is this person's. Raises NoSuchFinding."""
    _word(session, _open(session, code, subject), What.TAKE, by, "", now)


def give_back(session: Session, code: Code, subject: str, by: str, now: datetime) -> None:
    """It is nobody's again. Raises NoSuchFinding; NotSo for one that this person does not have."""
    row = _open(session, code, subject)
    taken = standing(session, code, subject).taken_by
    if taken != by:
        raise NotSo(f"{code} {subject} is not {by}'s but {taken or 'nobody'}'s")
    _word(session, row, What.GIVE_BACK, by, "", now)


def accepted(session: Session, code: Code, subject: str, by: str, note: str, now: datetime, *, done: bool) -> None:
    """What was proposed about it was accepted; `done`: that ends it, or would when its day is looked at again.

    Raises NoSuchFinding.
    """
    row = _open(session, code, subject)
    _word(session, row, What.ACCEPT, by, " ".join(note.split())[:NOTE_MAX], now)
    if done:
        row.closed_at = now
        session.add(row)


def explain(session: Session, code: Code, subject: str, by: str, note: str, now: datetime) -> bool:
    """Say why. Says whether that settles it: it does where a reason was all that was missing. Raises NoSuchFinding."""
    return _word(session, _open(session, code, subject), What.EXPLAIN, by, _said(note), now)


def dismiss(session: Session, code: Code, subject: str, by: str, note: str, now: datetime) -> bool:
    """Nothing more is to be done about it. Says whether it is settled; with money in it a second person must agree.

    Raises NoSuchFinding, NotSo.
    """
    row = _open(session, code, subject)
    if code not in DISMISSABLE:
        raise NotSo(f"{code} cannot be dismissed: {WORDS[code].next_en.lower()}")
    stands = standing(session, code, subject)
    if by in stands.dismissed_by and row.amount <= stands.dismissed_for:
        raise NotSo(f"{code} {subject}: {row.amount:,} VND need a second person, {by} has dismissed it already")
    return _word(session, row, What.DISMISS, by, _said(note), now)


def reopen(session: Session, code: Code, subject: str, by: str, note: str, now: datetime) -> None:
    """Take back what people said about it. Raises NoSuchFinding, NotSo."""
    hold(session, f"work:{code}:{subject}")
    row = session.get(FindingRow, (code.value, subject))
    if row is None:
        raise NoSuchFinding(f"no finding {code} {subject}")
    stands = standing(session, code, subject)
    if stands.settled is None and not stands.dismissed_by:
        raise NotSo(f"{code} {subject}: nobody has explained or dismissed it")
    _word(session, row, What.REOPEN, by, _said(note), now)


def standing(session: Session, code: Code, subject: str) -> Standing:
    """Where a finding stands."""
    found = _standings(session, WorkRow.code == code.value, WorkRow.subject == subject)
    return found.get((code, subject), Standing())


def shown(session: Session, site: str, now: datetime, *, every: bool = False) -> list[dict[str, Any]]:
    """The site's open findings, the dearest first; with `every` also the last that were closed."""
    rows = select(FindingRow).where(FindingRow.site == site)
    if not every:
        rows = rows.where(col(FindingRow.closed_at).is_(None))
    order = (col(FindingRow.amount).desc(), col(FindingRow.due), col(FindingRow.code), col(FindingRow.subject))
    found = session.exec(rows.order_by(*order).limit(SHOWN_MAX)).all()
    stands = _standings(session, WorkRow.site == site, col(WorkRow.subject).in_([row.subject for row in found]))
    return [_shown(row, stands.get((Code(row.code), row.subject), Standing()), now) for row in found]


def history(session: Session, code: Code, subject: str) -> list[dict[str, Any]]:
    """What was done about a finding, first to last."""
    return [
        {"what": row.what, "by": row.by, "note": row.note, "amount": row.amount, "at": row.at}
        for row in _rows(session, WorkRow.code == code.value, WorkRow.subject == subject)
    ]


def one(session: Session, code: Code, subject: str, now: datetime) -> dict[str, Any]:
    """A finding with its history. Raises NoSuchFinding."""
    row = session.get(FindingRow, (code.value, subject))
    if row is None:
        raise NoSuchFinding(f"no finding {code} {subject}")
    return {**_shown(row, standing(session, code, subject), now), "work": history(session, code, subject)}


def owner_of(code: Code) -> Owner:
    """The role whose finding it is until somebody takes it."""
    return WORDS[code].owner


def _shown(row: FindingRow, stands: Standing, now: datetime) -> dict[str, Any]:
    code = Code(row.code)
    words = WORDS[code]
    return {
        "code": row.code,
        "subject": row.subject,
        "site": row.site,
        "visit": row.visit,
        "amount": row.amount,
        "due": row.due,
        "age_s": max(0, int((now - row.due).total_seconds())),
        "owner": words.owner.value,
        "taken_by": stands.taken_by,
        "dismissed_by": list(stands.dismissed_by),
        "needs_second": row.closed_at is None and bool(stands.dismissed_by) and row.amount <= stands.dismissed_for,
        "what_vi": words.vi,
        "what_en": words.en,
        "next_vi": words.next_vi,
        "next_en": words.next_en,
        "evidence": msgspec.json.decode(row.evidence, type=dict[str, str]),
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
    }


def _open(session: Session, code: Code, subject: str) -> FindingRow:
    """The finding, held against others. Raises NoSuchFinding."""
    hold(session, f"work:{code}:{subject}")
    row = session.get(FindingRow, (code.value, subject))
    if row is None or row.closed_at is not None:
        raise NoSuchFinding(f"no open finding {code} {subject}")
    return row


def _said(note: str) -> str:
    """Raises NotSo without a reason."""
    said = " ".join(note.split())
    if turns(note):
        raise NotSo(TURNS)
    if not said:
        raise NotSo("a reason is needed")
    if len(said) > NOTE_MAX:
        raise NotSo(f"the reason has {len(said)} characters, at most {NOTE_MAX} are kept")
    return said


def _word(session: Session, row: FindingRow, what: What, by: str, note: str, now: datetime) -> bool:
    """Keep the word, and close or open the row by it. Says whether the finding is settled now."""
    session.add(
        WorkRow(
            work=str(uuid7(now, os.urandom(10))),
            code=row.code,
            subject=row.subject,
            number=1 + len(_rows(session, WorkRow.code == row.code, WorkRow.subject == row.subject)),
            site=row.site,
            what=what.value,
            by=by,
            note=note,
            amount=row.amount,
            at=now,
        )
    )
    session.flush()
    stands = standing(session, Code(row.code), row.subject)
    done = stands.settled is not None and stands.settled >= row.amount
    if done:
        row.closed_at = now
    elif what is What.REOPEN and row.closed_at is not None:
        row.closed_at, row.opened_at = None, now
    session.add(row)
    audit(session, by, f"finding: {what}", f"{row.code} {row.subject}", now, {"note": note, "site": row.site})
    return done


def _standings(session: Session, *where: Any) -> dict[tuple[Code, str], Standing]:
    return _by_finding(_rows(session, *where))


def _by_finding(rows: Iterable[Any]) -> dict[tuple[Code, str], Standing]:
    return standings(Word(Code(row.code), row.subject, What(row.what), row.by, row.amount) for row in rows)


def _rows(session: Session, *where: Any) -> list[WorkRow]:
    return list(session.exec(select(WorkRow).where(*where).order_by(*_ORDER)))
