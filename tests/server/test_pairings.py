"""Proposals out of the books: made once, answered once, and a posted charge stays as it was."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from gate.findings import Code
from gate.messages import ArmRaised, Direction, OpeningReason, PlateRead, VehiclePassed
from server import pairings
from server.corrections import NoSuchPairing, NotPossible, accept, dismiss
from server.db import reading, transaction
from server.derived import BoxNowRow, VisitRow
from server.facts import ChargeRow, EntryRow, ExplainedRow, PostingRow
from server.facts_visits import CorrectionRow, PairingRow, PairingWordRow
from server.ingest import Arrival
from server.jobs import Job
from server.ledger import owed
from server.register import JobRunRow
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import ledger_sum, rows

HOUR = timedelta(hours=1)
NOON = MORNING + 4 * HOUR
EVENING = MORNING + 10 * HOUR


def lets_out(box: Box, at: datetime, plate: str) -> tuple[str, list[Arrival]]:
    """A vehicle that nobody could match leaves by a person's opening; its passage and facts."""
    approach, opening, passage = box.id(), box.id(), box.id()
    sure = tuple((sign, 0.9) for sign in plate)
    read = PlateRead(
        lane="out-1", approach=approach, direction=Direction.OUT, plate=plate, confidence=0.9, characters=sure
    )
    raised = ArmRaised(
        lane="out-1", opening=opening, reason=OpeningReason.PERSON, by="mai", approach=approach, note="unreadable"
    )
    gone = VehiclePassed(
        lane="out-1", direction=Direction.OUT, passage=passage, opening=opening, visit=None, approach=approach
    )  # fmt: skip
    return str(passage), [box.fact(body, at) for body in (read, raised, gone)]


@pytest.fixture
def troubled(engine: Engine) -> tuple[Engine, str, str]:
    """A car that came in as 24A12378 and left as 24A1237B, nobody knowing; another is still inside."""
    box, visit = Box(), reference(1)
    there = [*box.arrives(visit, MORNING), *box.arrives(reference(2), MORNING, plate="51K99999")]
    passage, facts = lets_out(box, NOON, "24A1237B")
    book(engine, *there, *facts)
    return engine, passage, visit


def proposed(engine: Engine, now: datetime = EVENING) -> int:
    with reading(engine) as session:
        found = pairings.find(session, "SPS", now)
    with transaction(engine) as session:
        return pairings.write(session, found, now)


def test_a_proposal_is_made_once_and_is_a_case_until_somebody_answers(troubled: tuple[Engine, str, str]) -> None:
    engine, passage, visit = troubled
    assert (proposed(engine), proposed(engine)) == (1, 0)
    (row,) = rows(engine, PairingRow)
    assert (row["passage"], row["visit"], row["difference"]) == (passage, visit, 30_000)
    assert row["probability"] > 0.9
    assert "24A" not in row["evidence"], "no plate is in the books"
    with reading(engine) as session:
        (case,) = pairings.expected(session, "SPS", EVENING)
    assert (case.code, case.visit, case.amount, case.met_at) == (Code.MATCH_PROPOSED, visit, 30_000, None)
    assert case.due <= EVENING
    with transaction(engine) as session:
        dismiss(session, passage, visit, "lan", "the pictures differ", EVENING)
    with reading(engine) as session:
        assert list(pairings.expected(session, "SPS", EVENING)) == []
    assert proposed(engine, EVENING + HOUR) == 0, "a dismissed pair is not asked about again"
    assert rows(engine, VisitRow, "opened_at")[0]["left_at"] is None


def test_accepting_ends_the_stay_and_charges_what_it_cost(troubled: tuple[Engine, str, str]) -> None:
    engine, passage, visit = troubled
    proposed(engine)
    with transaction(engine) as session:
        accept(session, passage, visit, "lan", "same car", EVENING)
    with reading(engine) as session:
        stay, charge = session.get_one(VisitRow, visit), session.get_one(ChargeRow, visit)
        assert (stay.left_at, stay.exit_passage, stay.matched_by) == (NOON, passage, "lan")
        assert (charge.total, charge.happened_at, charge.tariff) == (30_000, NOON, "flat-1")
        assert owed(session, visit) == 30_000
        assert session.get_one(ExplainedRow, passage).visit == visit
        assert list(pairings.expected(session, "SPS", EVENING)) == []
    assert ledger_sum(engine) == 0
    with pytest.raises(NotPossible), transaction(engine) as session:
        accept(session, passage, visit, "mai", "again", EVENING)
    with pytest.raises(NotPossible, match="lan has accepted"), transaction(engine) as session:
        dismiss(session, passage, visit, "mai", "no, another", EVENING)
    assert len(rows(engine, CorrectionRow)) == len(rows(engine, ChargeRow)) == 1


def test_money_that_came_before_settles_it(troubled: tuple[Engine, str, str]) -> None:
    engine, passage, visit = troubled
    proposed(engine)
    paid(engine, notice(1, visit), NOON + HOUR)
    with transaction(engine) as session:
        accept(session, passage, visit, "lan", "same car", EVENING)
        assert owed(session, visit) == 0
    assert ledger_sum(engine) == 0


def test_a_posted_charge_is_never_touched(troubled: tuple[Engine, str, str]) -> None:
    """The stay was charged when its money came; accepting ends it and moves no dong."""
    engine, passage, visit = troubled
    box = Box(journal="fedcba9876543210")
    book(engine, *box.is_priced(visit, MORNING, MORNING + HOUR, total=20_000))
    paid(engine, notice(1, visit, 20_000), MORNING + HOUR)
    proposed(engine)
    before = [rows(engine, table) for table in (ChargeRow, EntryRow, PostingRow)]
    assert before[0]
    with transaction(engine) as session:
        assert accept(session, passage, visit, "lan", "same car", EVENING).tariff == ""
    assert [rows(engine, table) for table in (ChargeRow, EntryRow, PostingRow)] == before
    with reading(engine) as session:
        assert session.get_one(VisitRow, visit).left_at == NOON


def test_what_was_never_proposed_or_is_over_is_refused(troubled: tuple[Engine, str, str]) -> None:
    engine, passage, visit = troubled
    with pytest.raises(NoSuchPairing), transaction(engine) as session:
        accept(session, passage, visit, "lan", "same car", EVENING)
    proposed(engine)
    box = Box(journal="fedcba9876543210")
    book(engine, *box.is_priced(visit, MORNING, EVENING), *box.leaves(visit, EVENING))
    with pytest.raises(NotPossible, match="left at"), transaction(engine) as session:
        accept(session, passage, visit, "lan", "same car", EVENING + HOUR)
    with reading(engine) as session:
        assert list(pairings.expected(session, "SPS", EVENING)) == []
    proposed(engine, EVENING + HOUR)
    assert [row["word"] for row in rows(engine, PairingWordRow)] == ["overtaken"]


def test_one_passage_is_asked_about_no_more_once_it_is_somebodys(troubled: tuple[Engine, str, str]) -> None:
    engine, passage, visit = troubled
    proposed(engine)
    other = {**rows(engine, PairingRow)[0], "visit": reference(2), "proposed_at": EVENING}
    with transaction(engine) as session:
        session.add(PairingRow(**other))
        assert len(pairings.waiting(session, "SPS")) == 2
        accept(session, passage, visit, "lan", "same car", EVENING)
        assert pairings.waiting(session, "SPS") == []
    with pytest.raises(NotPossible, match="is visit"), transaction(engine) as session:
        accept(session, passage, reference(2), "mai", "no, this one", EVENING)
    proposed(engine, EVENING + HOUR)
    assert {row["word"] for row in rows(engine, PairingWordRow)} == {"accepted", "overtaken"}


def test_a_doubtful_match_is_looked_at_again(engine: Engine) -> None:
    """The box took V1 for a car that was V2: the centre says so, and the charge of V1 stays."""
    box, first, second = Box(), reference(1), reference(2)
    book(engine, *box.arrives(first, MORNING, plate="24A12378"), *box.arrives(second, MORNING, plate="24A12373"))
    book(engine, *box.is_priced(first, MORNING, NOON, plate="24A12373"), *box.leaves(first, NOON))
    with transaction(engine) as session:
        stay = session.get_one(VisitRow, first)
        stay.match_probability = 0.91
        session.add(stay)
        gone = stay.exit_passage or ""
    assert proposed(engine) == 1
    charges = rows(engine, ChargeRow)
    with transaction(engine) as session:
        accept(session, gone, second, "lan", "the plate ends in 3", EVENING)
    with reading(engine) as session:
        assert session.get_one(VisitRow, first).left_at is None, "it is inside again"
        assert session.get_one(VisitRow, second).left_at is not None
        assert [row for row in rows(engine, ChargeRow) if row["visit"] == first] == charges
        assert session.get_one(ChargeRow, second).total == 30_000


def test_a_box_that_caught_up_is_looked_at_at_once(troubled: tuple[Engine, str, str]) -> None:
    engine, _, _ = troubled
    job = Job("backlogs", HOUR, pairings.watch_backlogs, pairings.look_at_caught_up)

    def run(waiting: int) -> list[str]:
        with transaction(engine) as session:
            row = session.get(BoxNowRow, "sps-1") or BoxNowRow(
                box="sps-1", site="SPS", boot="b", monotonic_ms=0, heard_at=EVENING, online=True, journal="j",
                last_sequence=0, waiting=0, lease_number=0, delta_number=0, reader="r", version="1",
            )  # fmt: skip
            row.waiting = waiting
            session.add(row)
        with reading(engine) as session:
            seen = job.look(session, EVENING)
        with transaction(engine) as session:
            return list(job.work(session, EVENING, seen))

    assert run(0) == []
    assert run(5_000) == []
    assert run(200) == []
    assert run(0) == ["SPS"]
    assert len(rows(engine, PairingRow)) == 1
    assert rows(engine, JobRunRow) == []
    assert run(0) == []
