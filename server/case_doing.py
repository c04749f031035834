"""A case as pages, commands and programs reach it: whose it is to see; what is proposed, accepted or refused."""

import hashlib
from datetime import datetime
from typing import Final

from sqlmodel import Session

from gate.findings import Code
from server import case_reasons, caseload, suggested
from server.auth import Person, audit
from server.derived import FindingRow
from server.money_rules import MoneyRules, NotYours, Speaker
from server.suggested import Accepted, Suggested
from server.work import NoSuchFinding, NotSo

PROPOSED: Final = "as_proposed"
"""The note of whoever accepts what was proposed and says no more."""


def name_of(code: Code, subject: str) -> str:
    """A short name of the case for addresses of news and for elements: subjects may hold anything."""
    return hashlib.sha256(f"{code}:{subject}".encode()).hexdigest()[:16]


def topic_of(code: Code, subject: str) -> str:
    """What is said to have changed when the case does."""
    return f"case:{name_of(code, subject)}"


def may_see(person: Person, code: Code, site: str) -> bool:
    """Whether a finding of this code and site is this person's to see."""
    return person.sees(site) and caseload.may_work(person, code)


def known(session: Session, person: Person, code: Code, subject: str) -> FindingRow:
    """The finding, where it is this person's to see. Raises NoSuchFinding."""
    row = session.get(FindingRow, (code.value, subject))
    if row is None or not may_see(person, code, row.site):
        raise NoSuchFinding(f"no finding {code} {subject}")
    return row


def looked(session: Session, person: Person, code: Code, subject: str, now: datetime) -> FindingRow:
    """The same, and that they looked. Raises NoSuchFinding."""
    row = known(session, person, code, subject)
    audit(session, person.name, "looked at a case", f"{code} {subject}", now, {"site": row.site})
    return row


def accept(session: Session, person: Person, rules: MoneyRules, row: FindingRow, note: str, now: datetime) -> Accepted:
    """Do what is proposed. Raises NotSo where nothing is, NotYours, and what `suggested.REFUSALS` names."""
    it = _proposal(session, person, row)
    return suggested.accept(session, row, it, _speaker(person), rules, note.strip() or PROPOSED, now)


def refuse(
    session: Session, person: Person, rules: MoneyRules, row: FindingRow, reason: str, note: str, now: datetime
) -> None:
    """What is proposed is not so. Raises as `accept`, and NotSo for what is no reason."""
    it = _proposal(session, person, row)
    kept = case_reasons.noted(Code(row.code), reason, note)
    suggested.refuse(session, row, it, _speaker(person), rules, kept, now)


def _proposal(session: Session, person: Person, row: FindingRow) -> Suggested:
    it = suggested.suggestion(session, row)
    if it is None:
        raise NotSo("nothing is proposed any more")
    if not person.may(it.doing.power):
        raise NotYours(f"{person.name} ({person.role}) may not {it.doing.power.replace('_', ' ')}")
    return it


def _speaker(person: Person) -> Speaker:
    return Speaker(person.name, person.role)
