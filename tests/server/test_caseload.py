"""One list of work over many sites: its order, its filters, whose it is, and what ended by itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from gate.findings import Code
from gate.ranking import certainty, weight
from server import caseload, ranks, work
from server.auth import Person
from server.caseload import Wanted, Whose
from server.console.paging import leaf
from server.db import columns, reading, transaction, upsert_many
from server.derived import FindingRow, VisitRow
from server.facts_day import WorkRow
from server.facts_visits import PairingRow, PairingWordRow
from server.roles import Role
from server.work import NoSuchFinding, NotSo
from tests.server.box import MORNING, reference
from tests.server.rows import rows

NOW = MORNING + timedelta(hours=5)
MINUTE = timedelta(minutes=1)
MANAGER = Person("minh", Role.MANAGER, "")
FINANCE = Person("hoa", Role.FINANCE, "")
ATTENDANT = Person("tam", Role.ATTENDANT, "")
AUDITOR = Person("an", Role.AUDITOR, "")
Named = tuple[str, str]


def finding(code: Code, subject: str, amount: int = 0, **more: object) -> dict[str, object]:
    row = FindingRow(code=code.value, subject=subject, site="SPS", amount=amount, due=MORNING, evidence="{}")
    return columns(row) | {"opened_at": MORNING} | more


def ranked(session: Session, *found: dict[str, object]) -> list[dict[str, object]]:
    """As they are kept when they are looked at."""
    cases = [FindingRow.model_validate(row) for row in found]
    sure = ranks.certainties(session, cases)
    return [columns(row) | ranks.kept(row.amount, sure[row.code, row.subject]) for row in cases]


def visit(name: str, probability: float) -> dict[str, object]:
    row = VisitRow(
        visit=name, site="SPS", vehicle_class="CAR9", read=True, entry_lane="in-1", entry_approach=name,
        opened_at=MORNING, match_probability=probability,
    )  # fmt: skip
    return columns(row)


def pairing(passage: str, name: str, probability: float) -> dict[str, object]:
    row = PairingRow(
        passage=passage, visit=name, site="SPS", approach="", probability=probability, margin=0.5, difference=0,
        evidence="{}", proposed_at=MORNING,
    )  # fmt: skip
    return columns(row)


@pytest.fixture
def books(engine: Engine) -> Engine:
    """Debts, a proposal and trouble at two sites."""
    doubtful, sure, proposed = reference(1), reference(2), reference(3)
    with transaction(engine) as session:
        upsert_many(session, VisitRow, [visit(doubtful, 0.6), visit(sure, 0.99)])
        upsert_many(session, PairingRow, [pairing("p1", proposed, 0.95)])
        upsert_many(
            session,
            FindingRow,
            ranked(
                session,
                finding(Code.LEFT_NOT_PAID, doubtful, 40_000, visit=doubtful),  # 24.000 likely
                finding(Code.LEFT_NOT_PAID, sure, 30_000, visit=sure),  # 29.700
                finding(Code.MATCH_PROPOSED, f"p1:{proposed}", 30_000, visit=proposed),  # 28.500
                finding(Code.BANK_LINE_UNKNOWN, "line", 500_000, site="SPL"),
                finding(Code.OPENING_UNEXPLAINED, "later", due=MORNING + MINUTE),
                finding(Code.OPENING_UNEXPLAINED, "sooner"),
                finding(Code.TAILGATE, "counted"),
                finding(Code.UNREAD, "read"),
                finding(Code.DEVICE_FAULT, "over", closed_at=NOW - MINUTE),
                finding(Code.DEVICE_FAULT, "long over", closed_at=NOW - timedelta(days=2)),
            ),
        )
    return engine


def wanted(person: Person = MANAGER, sites: Iterable[str] = ("SPS", "SPL"), **more: object) -> Wanted:
    return Wanted(person, tuple(sites), frozenset(Code), **more)  # type: ignore[arg-type]


def shown(engine: Engine, asked: Wanted, size: int = 50) -> list[str]:
    """The subjects, read leaf by leaf."""
    found, after, first = [], "", True
    with reading(engine) as session:
        while first or after:
            read = leaf(session, *caseload.listed(asked, NOW), after, size=size, rising=True)
            found += [row.subject for row in read.rows]
            after, first = read.after, False
    return found


@pytest.mark.parametrize("size", [50, 3, 1])
def test_the_most_likely_money_goes_first_then_the_surest_then_the_oldest(books: Engine, size: int) -> None:
    order = ["line", reference(2), f"p1:{reference(3)}", reference(1), "sooner", "later", "counted", "read"]
    assert shown(books, wanted(), size) == order


def test_the_rank_of_the_books_is_that_of_the_rules(books: Engine) -> None:
    with reading(books) as session:
        read = leaf(session, *caseload.listed(wanted(), NOW), rising=True)
    plain = [row for row in read.rows if row.subject in {"line", "sooner", "counted", "read"}]
    assert len(plain) == 4
    for row in plain:
        sure = certainty(Code(row.code))
        assert (row.less_certain, row.less_money) == (-sure, -weight(row.amount, sure))


def test_a_person_sees_what_is_theirs(books: Engine) -> None:
    assert shown(books, wanted(ATTENDANT)) == ["sooner", "later", "counted", "read"]
    assert len(shown(books, wanted(AUDITOR))) == 8
    assert caseload.may_work(AUDITOR, Code.TAILGATE)
    assert not caseload.may_speak(AUDITOR, Code.TAILGATE)
    assert caseload.may_speak(ATTENDANT, Code.TAILGATE)
    assert not caseload.may_speak(ATTENDANT, Code.FEE_DIFFERS)
    assert caseload.may_speak(FINANCE, Code.FEE_DIFFERS)


def test_filters_by_site_kind_and_what_is_proposed(books: Engine) -> None:
    assert shown(books, wanted(sites=["SPL"])) == ["line"]
    assert shown(books, wanted(sites=[])) == []
    tailgates = wanted()._replace(codes=frozenset({Code.TAILGATE}))
    assert shown(books, tailgates) == ["counted"]
    assert shown(books, wanted(whose=Whose.PROPOSED)) == [f"p1:{reference(3)}"]
    assert shown(books, wanted(closed=True)) == ["over"]
    with reading(books) as session:
        found = caseload.kinds(session, wanted(ATTENDANT))
        assert list(found) == [Code.UNREAD, Code.TAILGATE, Code.OPENING_UNEXPLAINED]


def says(engine: Engine, name: Named, at: datetime, what: str, by: str) -> None:
    code, subject = Code(name[0]), name[1]
    with transaction(engine) as session:
        (work.take if what == "take" else work.give_back)(session, code, subject, by, at)


def test_who_has_it_is_who_took_it_last_and_did_not_give_it_back(books: Engine) -> None:
    case = ("tailgate", "counted")
    says(books, case, NOW, "take", "tam")
    assert shown(books, wanted(ATTENDANT, whose=Whose.MINE)) == ["counted"]
    assert shown(books, wanted(whose=Whose.MINE)) == []
    says(books, case, NOW + MINUTE, "take", "minh")
    assert shown(books, wanted(ATTENDANT, whose=Whose.MINE)) == []
    assert shown(books, wanted(whose=Whose.MINE)) == ["counted"]
    assert "counted" not in shown(books, wanted(whose=Whose.FREE))
    with pytest.raises(NotSo, match=r"is not tam's but minh's"):
        says(books, case, NOW + MINUTE, "give_back", "tam")
    says(books, case, NOW + 2 * MINUTE, "give_back", "minh")
    assert shown(books, wanted(whose=Whose.MINE)) == []
    assert "counted" in shown(books, wanted(whose=Whose.FREE))
    with reading(books) as session:
        assert work.standing(session, Code.TAILGATE, "counted").taken_by == ""
    with pytest.raises(NotSo, match="but nobody's"):
        says(books, case, NOW + 3 * MINUTE, "give_back", "minh")
    with pytest.raises(NoSuchFinding):
        says(books, ("device_fault", "over"), NOW, "give_back", "minh")


def count(session: Session) -> tuple[int, int]:
    found = caseload.today(session, wanted(), NOW)
    return found.by_itself, found.by_people


def test_what_ended_today_ended_by_itself_unless_a_person_said_something(books: Engine) -> None:
    proposal = f"p1:{reference(3)}"
    with transaction(books) as session:
        assert count(session) == (1, 0)
        work.dismiss(session, Code.TAILGATE, "counted", "minh", "looked", NOW - MINUTE)
        assert count(session) == (1, 1)
        work.take(session, Code.UNREAD, "read", "tam", NOW - MINUTE)
        closes(session, Code.UNREAD, "read")
        assert count(session) == (2, 1), "whoever only took it ended nothing"
        closes(session, Code.MATCH_PROPOSED, proposal)
        assert count(session) == (3, 1)
        word = {"word": "overtaken", "by": "rule", "note": ""}
        session.add(PairingWordRow(passage="p1", visit=reference(3), site="SPS", at=NOW, **word))
        session.flush()
        assert count(session) == (3, 1), "a rule is nobody"
        session.get_one(PairingWordRow, ("p1", reference(3))).by = "minh"
        session.flush()
        assert count(session) == (2, 2)


def closes(session: Session, code: Code, subject: str) -> None:
    row = session.get_one(FindingRow, (code.value, subject))
    row.closed_at = NOW - MINUTE
    session.add(row)
    session.flush()


def test_what_was_accepted_is_kept_and_ends_it(books: Engine) -> None:
    with transaction(books) as session:
        work.accepted(session, Code.TAILGATE, "counted", "minh", " it  was ", NOW - MINUTE, done=False)
        assert session.get_one(FindingRow, ("tailgate", "counted")).closed_at is None
        work.accepted(session, Code.TAILGATE, "counted", "minh", "so", NOW - MINUTE, done=True)
    assert {(row["what"], row["note"]) for row in rows(books, WorkRow)} == {("accept", "it was"), ("accept", "so")}
    with reading(books) as session:
        assert count(session) == (1, 1)
