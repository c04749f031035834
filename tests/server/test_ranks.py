"""The list of work has the order of `gate.ranking`, whatever was found, and its leaves read nothing but themselves."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects import sqlite as spoken
from sqlmodel import Session

from gate.findings import Code, Finding
from gate.ranking import BY_MATCH, WHOLE, certainty, weight
from server import auditing, caseload, findings, ranks
from server.auditing import Asked, Kind
from server.auth import Person
from server.caseload import Wanted
from server.db import reading, transaction, upsert_many
from server.derived import VisitRow
from server.facts_visits import PairingRow
from server.findings import Looked
from server.leaves import leaf
from server.roles import Role
from tests.server.box import MORNING, reference
from tests.server.test_caseload import pairing, visit

NOW = MORNING + timedelta(hours=5)
MANAGER = Person("minh", Role.MANAGER, "")
SITES = ("SPS", "SPL")
Chances = dict[tuple[str, str], float]


def drawn(chance: random.Random, count: int) -> tuple[list[Finding], Chances]:
    """Findings of all kinds with few different amounts and moments, and the probabilities that the books know."""
    found, known = [], Chances()
    for number in range(count):
        code, stay = chance.choice([*Code, *sorted(BY_MATCH) * 3, *[Code.MATCH_PROPOSED] * 9]), reference(number)
        passage = f"p{number}" if code == Code.MATCH_PROPOSED else ""
        if passage or chance.random() < 0.7:
            known[passage, stay] = chance.choice((0.25, 0.7, 0.901, 0.9999, chance.random()))
        due = MORNING + timedelta(minutes=chance.randrange(3))
        subject = f"{passage}:{stay}" if passage else f"s{chance.randrange(10**6)}-{number}"
        amount = chance.choice((-7, 0, 1, 10_000, 30_000, chance.randrange(10**6)))
        found.append(Finding(code=Code(code), subject=subject, visit=stay, amount=amount, due=due, evidence={}))
    return found, known


def keeps(session: Session, known: Chances) -> None:
    proposed = [pairing(passage, stay, chance) for (passage, stay), chance in known.items() if passage]
    upsert_many(session, PairingRow, proposed)
    upsert_many(session, VisitRow, [visit(stay, chance) for (passage, stay), chance in known.items() if not passage])


def looks(session: Session, site: str, found: list[Finding]) -> None:
    both = {(each.code.value, each.subject): each for each in found}
    times = MORNING - timedelta(days=1), MORNING + timedelta(days=1)
    findings.write(session, Looked(site, NOW, *times, both, set(), ranks.certainties(session, found)))


def sure_of(finding: Finding, known: Chances) -> int:
    """By the definition: a proposal's probability, a match's where the finding is as true as it, else the code's."""
    passage, _, _ = finding.subject.partition(":") if finding.code is Code.MATCH_PROPOSED else ("", "", "")
    counts = finding.code is Code.MATCH_PROPOSED or finding.code in BY_MATCH
    chance = known.get((passage, finding.visit or "")) if counts else None
    return certainty(finding.code) if chance is None else round(chance * WHOLE)


def in_order(found: list[Finding], known: Chances) -> list[tuple[str, str]]:
    def rank(each: Finding) -> tuple[object, ...]:
        sure = sure_of(each, known)
        return -weight(each.amount, sure), -sure, each.due, each.code.value, each.subject

    return [(each.code.value, each.subject) for each in sorted(found, key=rank)]


def listed(session: Session, size: int) -> list[tuple[str, str]]:
    wanted = Wanted(MANAGER, SITES, frozenset(Code))
    shown, after, first = [], "", True
    while first or after:
        read = leaf(session, *caseload.listed(wanted, NOW), after, size=size, rising=True)
        shown += [(row.code, row.subject) for row in read.rows]
        after, first = read.after, False
    return shown


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_found_the_list_has_the_order_of_the_rules(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    found, known = drawn(chance, 150)
    here = [chance.random() < 0.5 for _ in found]
    of_site = {site: [each for each, at in zip(found, here, strict=True) if at is (site == "SPS")] for site in SITES}
    with transaction(engine) as session:
        keeps(session, known)
        for site in SITES:
            looks(session, site, of_site[site])
        session.flush()
        assert listed(session, chance.choice((1, 7, 50, 200))) == in_order(found, known)
        known = {key: chance.random() for key in known}
        keeps(session, known)
        for site in SITES:
            looks(session, site, of_site[site])
        assert listed(session, 50) == in_order(found, known), "a probability has changed since"


def plan(engine: Engine, statement: object) -> str:
    """How SQLite goes about it."""
    said = statement.compile(dialect=spoken.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    with engine.connect() as connection:
        return "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}"))


def test_a_sites_open_cases_are_read_in_their_order(sqlite: Engine) -> None:
    parts, keys = caseload.listed(Wanted(MANAGER, SITES, frozenset(Code)), NOW)
    assert len(parts) == 2
    for part in parts:
        said = plan(sqlite, part.order_by(*keys).limit(51))
        assert "finding_open" in said
        assert "TEMP B-TREE" not in said


@pytest.mark.parametrize(
    ("kind", "asked", "index"),
    [
        (Kind.LOOKS, {}, "audit_looks"),
        (Kind.LOOKS, {"who": "lan"}, "audit_looks_of_person (who=?)"),
        (Kind.LOOKS, {"sites": frozenset(SITES)}, "audit_looks_at (site=?)"),
        (Kind.ALL, {"who": "lan"}, "audit_of_person (who=?)"),
        (Kind.ALL, {"sites": frozenset(SITES)}, "audit_at (site=?)"),
        (Kind.ALL, {"sites": frozenset(SITES), "who": "lan"}, "audit_of_person_at (who=? AND site=?)"),
        (Kind.OPENINGS, {}, "opening_by_hand"),
        (Kind.OPENINGS, {"who": "lan"}, "opening_by_hand_of_person (by=?)"),
        (Kind.OPENINGS, {"sites": frozenset(SITES)}, "opening_by_hand_at (site=?)"),
        (Kind.DECISIONS, {"who": "lan"}, "decision_of_person (by=?)"),
        (Kind.DECISIONS, {"sites": frozenset(SITES)}, "decision_at (site=?)"),
    ],
)
def test_a_leaf_of_the_audit_is_read_in_its_order(
    sqlite: Engine, kind: Kind, asked: dict[str, object], index: str
) -> None:
    with reading(sqlite) as session:
        rows, keys = auditing.query(session, kind, Asked(**asked))  # type: ignore[arg-type]
    for part in rows if isinstance(rows, tuple) else (rows,):
        said = plan(sqlite, part.order_by(*(key.desc() for key in keys)).limit(51))
        assert index in said
        assert "TEMP B-TREE" not in said
