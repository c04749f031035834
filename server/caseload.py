"""All findings over a person's sites as one list of work: the most money first, then the most certain, then the oldest.

The open ones lie in this order in `finding_open`, site by site, with the rank that they had when they were last looked
at (`server.ranks`): a leaf of them is read and nothing else.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import case, exists, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, select

from gate.findings import WORDS, Code, Owner
from gate.working import Standing, What, Word, standings
from server.auth import Person
from server.corrections import RULE
from server.days.spans import bounds, local_date
from server.derived import FindingRow
from server.facts_day import WorkRow
from server.facts_visits import PairingRow, PairingWordRow
from server.roles import Power, Role

DAY: Final = timedelta(days=1)
GOAL: Final = 5
"""So many cases a day, and no more, should need a person."""
_picked: Final[Any] = select
"""Columns chosen at run time have no types of their own, and neither have these tables' in expressions."""
_finding: Final[Any] = FindingRow
_pairing: Final[Any] = PairingRow
_answer: Final[Any] = PairingWordRow
_work: Final[Any] = WorkRow


class Whose(StrEnum):
    """Which of the open ones."""

    ALL = "all"
    MINE = "mine"
    FREE = "free"
    PROPOSED = "proposed"


class Wanted(NamedTuple):
    """What somebody wants to see: of these sites, only of these codes. `closed`: those that ended today instead."""

    person: Person
    sites: tuple[str, ...]
    codes: frozenset[Code]
    whose: Whose = Whose.ALL
    closed: bool = False


class Today(NamedTuple):
    """What ended today: by itself, and by a person's word."""

    by_itself: int
    by_people: int

    @property
    def reached(self) -> bool:
        """Whether no more needed a person than should."""
        return self.by_people < GOAL


def may_work(person: Person, code: Code) -> bool:
    """Whether the finding is this person's to see: whoever sees the books sees all, an attendant an attendant's."""
    mine = person.role is Role.ATTENDANT and WORDS[code].owner is Owner.ATTENDANT
    return person.may(Power.SEE_BOOKS) or mine


def may_speak(person: Person, code: Code) -> bool:
    """Whether they may say something about it: whoever only reads may not."""
    return may_work(person, code) and (person.may(Power.HELP_DRIVERS) or person.may(Power.CLOSE_DAYS))


def codes_of(person: Person) -> frozenset[Code]:
    """What this person may work off."""
    return frozenset(code for code in Code if may_work(person, code))


def listed(wanted: Wanted, now: datetime) -> tuple[Any, tuple[Any, ...]]:
    """The statements, one a site of what is open, and the keys by which they are read in leaves, all of them rising."""
    keys = (_finding.less_money, _finding.less_certain, _finding.due, _finding.code, _finding.subject)
    more = (_finding.site, _finding.visit, _finding.amount, _finding.evidence, _finding.closed_at)
    rows = _picked(*keys, *more).where(*_where(wanted, now))
    if wanted.closed:
        return rows.where(_finding.site.in_(wanted.sites)), keys
    return tuple(rows.where(_finding.site == site) for site in wanted.sites), keys


def today(session: Session, wanted: Wanted, now: datetime) -> Today:
    """What ended today at these sites."""
    spoken = exists().where(*_word(What.EXPLAIN, What.DISMISS, What.ACCEPT))
    proposal = (_passage_of() == _answer.passage, _finding.visit == _answer.visit)
    answered = exists().where(*proposal, _answer.by != RULE)
    people = case((spoken | answered, 1), else_=0)
    found = _picked(func.count(), func.coalesce(func.sum(people), 0)).where(
        *_of(wanted), _finding.closed_at >= bounds(local_date(now))[0], _finding.closed_at <= now
    )
    ended, by_people = session.exec(found).one()
    return Today(int(ended) - int(by_people), int(by_people))


def standing(session: Session, rows: Iterable[Any]) -> dict[tuple[Code, str], Standing]:
    """Where these findings stand: by code and subject, those of which anybody said anything."""
    names = sorted({row.subject for row in rows})
    order = (_work.code, _work.subject, _work.number)
    said = session.exec(select(WorkRow).where(_work.subject.in_(names)).order_by(*order))
    return standings(Word(Code(row.code), row.subject, What(row.what), row.by, row.amount) for row in said)


def kinds(session: Session, wanted: Wanted) -> dict[Code, int]:
    """How many are open at these sites, of each code of which any is."""
    found = _picked(_finding.code, func.count()).where(*_of(wanted), _finding.closed_at.is_(None))
    counts = dict(session.exec(found.group_by(_finding.code)).all())
    return {code: int(counts[code]) for code in Code if code in counts}


def _of(wanted: Wanted) -> Iterable[Any]:
    yield _finding.site.in_(wanted.sites)
    yield from _codes(wanted)


def _codes(wanted: Wanted) -> Iterable[Any]:
    codes = wanted.codes & codes_of(wanted.person)
    if len(codes) < len(Code):
        yield _finding.code.in_(sorted(code.value for code in codes))


def _where(wanted: Wanted, now: datetime) -> Iterable[Any]:
    yield from _codes(wanted)
    if wanted.closed:
        yield _finding.closed_at >= bounds(local_date(now))[0]
    else:
        yield _finding.closed_at.is_(None)
    if wanted.whose is Whose.PROPOSED:
        yield _finding.code == Code.MATCH_PROPOSED.value
        yield exists().where(_passage_of() == _pairing.passage, _finding.visit == _pairing.visit)
    elif wanted.whose is not Whose.ALL:
        taken = _taken_by(wanted.person.name) if wanted.whose is Whose.MINE else ~_taken_by(None)
        yield taken


def _passage_of() -> Any:
    """The passage of a proposal, whose subject is `PASSAGE:VISIT`; NULL of anything else, which may be too short."""
    whole = func.length(_finding.subject)
    passage = func.substr(_finding.subject, 1, whole - func.length(_finding.visit) - 1)
    return case((_finding.code == Code.MATCH_PROPOSED.value, passage))


def _word(*whats: What) -> tuple[Any, ...]:
    """That a person has said one of these about the finding."""
    return (
        _work.code == _finding.code,
        _work.subject == _finding.subject,
        _work.what.in_([what.value for what in whats]),
    )


def _taken_by(name: str | None) -> Any:
    """That somebody, or just this person, has it: the last word about whose it is was theirs."""
    later: Any = aliased(WorkRow)
    back = exists().where(
        later.code == _work.code,
        later.subject == _work.subject,
        later.number > _work.number,
        later.what.in_([What.TAKE.value, What.GIVE_BACK.value]),
    )
    taken = exists().where(*_word(What.TAKE), ~back)
    return taken if name is None else taken.where(_work.by == name)
