"""What commands and programs ask about cases: the list of work as the page ranks it, one case with what is proposed and
what accepting that would do, and the words that end it.
"""

from typing import Any, Final, NamedTuple

import msgspec
from sqlmodel import Session

from gate.findings import WORDS, Code, Owner
from gate.ranking import WHOLE
from gate.working import Standing
from server import case_doing, case_reasons, caseload, sites, suggested, work
from server.case_sights import sights
from server.caseload import Wanted, Whose
from server.derived import FindingRow
from server.desk import Desk
from server.leaves import LEAF, leaf
from server.money_rules import NotYours
from server.once import Answer
from server.roles import Power
from server.suggested import Accepted

NOTE_MAX: Final = 180
"""Letters of a note beside its reason, so that both are kept whole."""


class Filters(NamedTuple):
    """Which cases; empty: all. `closed`: those that ended today instead; `after`: where the leaf before ended."""

    whose: Whose = Whose.ALL
    site: str = ""
    code: Code | None = None
    closed: bool = False
    after: str = ""


def listed(desk: Desk, asked: Filters, *, size: int = LEAF) -> Answer:
    """The person's cases, the most likely money first. Raises NoSuchSite, BadPlace."""
    desk.needs(Power.SEE_LANES)
    mine = (desk.site(asked.site),) if asked.site else tuple(sites.names_of(desk.session, desk.person))
    codes = frozenset({asked.code} if asked.code else Code)
    rows, keys = caseload.listed(Wanted(desk.person, mine, codes, asked.whose, asked.closed), desk.now)
    found = leaf(desk.session, rows, keys, asked.after, size=size, rising=True)
    stands = caseload.standing(desk.session, found.rows)
    cases = [_row(row, stands.get((Code(row.code), row.subject), Standing())) for row in found.rows]
    return {"cases": cases, "after": found.after}


def one(desk: Desk, code: Code, subject: str) -> Answer:
    """One case with its evidence, what lanes saw, what people said, what is proposed and what accepting it would do.

    Who looks is recorded. Raises NoSuchFinding.
    """
    desk.needs(Power.SEE_LANES)
    row = case_doing.looked(desk.session, desk.person, code, subject, desk.now)
    it = suggested.suggestion(desk.session, row)
    told = {
        **work.one(desk.session, code, subject, desk.now),
        "seen": [each._asdict() for each in sights(desk.session, row)],
        "reasons": [each.value for each in case_reasons.reasons(code)],
        "proposed": it._asdict() if it else None,
    }
    if it and caseload.may_speak(desk.person, code) and desk.person.may(it.doing.power):
        found = suggested.effect(desk.session, it, desk.speaker, desk.rules, case_doing.PROPOSED, desk.now)
        desk.session.refresh(row)  # what was taken back is forgotten with it
        told["effect"] = _effect(found)
    return told


def accept(desk: Desk, code: Code, subject: str, note: str) -> tuple[Answer, Accepted | None]:
    """Do what is proposed: the answer, and what came of it, None where it was done before.

    Raises NoSuchFinding, NotSo, NotYours and what `suggested.REFUSALS` names.
    """
    row, done = _mine(desk, code, subject), list[Accepted]()

    def work_() -> Answer:
        done.append(case_doing.accept(desk.session, desk.person, desk.rules, row, note, desk.now))
        return {**_named(row), "missing": done[0].missing}

    answer = desk.once("case accepted", [code, subject, note], work_)
    return answer, done[0] if done else None


def refuse(desk: Desk, code: Code, subject: str, reason: str, note: str) -> Answer:
    """What is proposed is not so. Raises as `accept`."""
    row = _mine(desk, code, subject)

    def work_() -> Answer:
        case_doing.refuse(desk.session, desk.person, desk.rules, row, reason, note, desk.now)
        return {**_named(row), "refused": True}

    return desk.once("case refused", [code, subject, reason, note], work_)


def say(desk: Desk, what: str, code: Code, subject: str, reason: str = "", note: str = "") -> Answer:
    """`take`, `give_back`, `explain`, `dismiss` or `reopen`; explain and dismiss want a reason of `case_reasons`.

    Raises NoSuchFinding, NotSo, NotYours.
    """
    row = _mine(desk, code, subject)
    if what in {"dismiss", "reopen"}:
        desk.needs(Power.DECIDE_MONEY)

    def work_() -> Answer:
        settled = _said(desk.session, desk, what, code, subject, reason, note)
        return {**_named(row), "settled": settled}

    return desk.once(f"case {what}", [code, subject, reason, note], work_)


def _said(session: Session, desk: Desk, what: str, code: Code, subject: str, reason: str, note: str) -> bool:
    if what == "take":
        work.take(session, code, subject, desk.by, desk.now)
    elif what == "give_back":
        work.give_back(session, code, subject, desk.by, desk.now)
    elif what == "reopen":
        work.reopen(session, code, subject, desk.by, note or "taken back", desk.now)
    else:
        say_so = work.explain if what == "explain" else work.dismiss
        return say_so(session, code, subject, desk.by, case_reasons.noted(code, reason, note), desk.now)
    return False


def _mine(desk: Desk, code: Code, subject: str) -> FindingRow:
    """A finding that they may say something about."""
    row = case_doing.known(desk.session, desk.person, code, subject)
    if not caseload.may_speak(desk.person, code):
        raise NotYours(f"{desk.by} ({desk.person.role}) has nothing to do with {code}")
    return row


def _named(row: FindingRow) -> dict[str, Any]:
    return {"code": row.code, "subject": row.subject, "site": row.site}


def _row(row: Any, stands: Standing) -> dict[str, Any]:
    code = Code(row.code)
    words = WORDS[code]
    return {
        "code": row.code,
        "subject": row.subject,
        "site": row.site,
        "visit": row.visit,
        "amount": row.amount,
        "certainty": -row.less_certain / WHOLE,
        "due": row.due,
        "closed_at": row.closed_at,
        "owner": Owner(words.owner).value,
        "taken_by": stands.taken_by,
        "dismissed_by": list(stands.dismissed_by),
        "what_vi": words.vi,
        "what_en": words.en,
        "next_vi": words.next_vi,
        "next_en": words.next_en,
        "evidence": msgspec.json.decode(row.evidence),
    }


def _effect(found: suggested.Effect) -> dict[str, Any]:
    changes = [
        {"visit": each.visit, "before": each.before._asdict(), "after": each.after._asdict()} for each in found.changes
    ]
    return {"changes": changes, "missing": found.missing, "refused": found.refused}
