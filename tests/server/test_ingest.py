"""What boxes say is booked exactly once and in order; whatever cannot be booked is a finding and stops nobody."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from gate.messages import ArmRaised, Envelope, OpeningReason
from gate.topics import Channel, Topic
from gate.wire import BYTES_MAX, decode
from server.db import AWAY
from server.derived import JournalMarkRow, LaneNowRow, VisitRow
from server.facts import AnomalyRow, ChargeRow, EntryRow, EventRow, OpeningRow, PassageRow, PostingRow
from server.ingest import Arrival, Taken, ingest
from server.tariffs import Tariffs
from server.vault import VaultParkedRow, VaultReadRow
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.rows import ledger_sum, rows

HOUR = timedelta(hours=1)
BOOKS: tuple[type[SQLModel], ...] = (EventRow, PassageRow, OpeningRow, ChargeRow, EntryRow, PostingRow, VisitRow)


def a_day(box: Box, stays: int = 3) -> list[Arrival]:
    return [
        arrival
        for number in range(1, stays + 1)
        for arrival in box.stays(reference(number, box.site), MORNING + number * HOUR, MORNING + (number + 1) * HOUR)
    ]


def books(engine: Engine) -> list[list[dict[str, Any]]]:
    return [rows(engine, table, "recorded_at") for table in BOOKS]


def acknowledged(taken: Taken, site: str = "SPS") -> int:
    return taken.acks[Topic(site, f"{site.lower()}-1", Channel.ACK)].sequence


def troubles(engine: Engine) -> list[str]:
    return sorted(row["code"] for row in rows(engine, AnomalyRow))


def test_a_day_is_booked_and_acknowledged_after_the_commit(engine: Engine) -> None:
    box = Box()
    taken = book(engine, *a_day(box))
    assert acknowledged(taken) == box.sequence == len(rows(engine, EventRow))
    assert [len(rows(engine, table)) for table in (PassageRow, OpeningRow, ChargeRow, VisitRow)] == [6, 6, 3, 3]
    assert ledger_sum(engine) == 0


def test_repeats_change_nothing(engine: Engine) -> None:
    arrivals = a_day(Box())
    book(engine, *arrivals)
    before = books(engine)
    again = [arrival for arrival in arrivals for _ in range(3)]
    assert acknowledged(book(engine, *again)) == len(arrivals)
    assert books(engine) == before
    assert troubles(engine) == []


@pytest.mark.parametrize("seed", range(3))
def test_any_order_ends_in_the_same_books(engine: Engine, sqlite: Engine, seed: int) -> None:
    """A box sends again from the acknowledged watermark until all is acknowledged, whatever the broker did to it."""
    arrivals, chance = a_day(Box()), random.Random(seed)
    book(sqlite, *arrivals)
    mark, rounds = 0, 0
    while mark < len(arrivals):
        rest = [arrival for arrival in arrivals[mark:] for _ in range(chance.randint(1, 2))]
        chance.shuffle(rest)
        for start in range(0, len(rest), 7):
            mark = acknowledged(book(engine, *rest[start : start + 7]))
        rounds += 1
        assert rounds < 200
    assert books(engine) == books(sqlite)
    assert troubles(engine) == []


def test_a_gap_is_answered_with_the_watermark(engine: Engine) -> None:
    arrivals = a_day(Box())
    assert acknowledged(book(engine, *arrivals[:4])) == 4
    assert acknowledged(book(engine, *arrivals[6:])) == 4
    assert len(rows(engine, EventRow)) == 4
    assert acknowledged(book(engine, *arrivals[4:])) == len(arrivals)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
def test_the_same_place_with_other_content_changes_nothing(engine: Engine, *, together: bool) -> None:
    arrivals = a_day(Box(), 1)
    other = a_day(Box(seed=7), 1)[1]  # place 2 of the same journal, other ids
    if together:
        book(engine, *arrivals, other)
    else:
        book(engine, *arrivals)
        before = books(engine)
        book(engine, other)
        assert books(engine) == before
    assert len(rows(engine, EventRow)) == len(arrivals)
    assert troubles(engine) == ["message_reused"]


def test_a_message_id_is_used_once(engine: Engine) -> None:
    box = Box()
    first = box.arrives(reference(1), MORNING)
    raised = ArmRaised(lane="in-1", opening=box.id(), reason=OpeningReason.BY_HAND, by="hand")
    reused = box.fact(raised, MORNING, message_id=decode(first[0].payload, Envelope).message_id)
    after = box.fact(raised, MORNING)
    taken = book(engine, *first, reused, after)
    assert troubles(engine) == ["message_reused"]
    assert acknowledged(taken) == box.sequence
    assert len(rows(engine, OpeningRow)) == 2  # the admitted one and the one after


def test_a_journal_that_begins_anew_is_another_journal(engine: Engine) -> None:
    book(engine, *a_day(Box(), 1))
    new = Box(journal="fedcba9876543210")
    assert acknowledged(book(engine, *new.arrives(reference(9), MORNING))) == 5
    assert len(rows(engine, JournalMarkRow)) == 2


def test_unknown_and_foreign_boxes_are_reported_and_not_booked(engine: Engine) -> None:
    strange = Topic("SPS", "sps-9", Channel.EVENT)
    box = Box()
    arrival = box.fact(raised_by_hand(box), MORNING, box="sps-9")
    speaking_for_another = Arrival(strange, Box().fact(raised_by_hand(box), MORNING).payload)
    taken = book(engine, Arrival(strange, arrival.payload), speaking_for_another)
    assert taken.acks == {}
    assert troubles(engine) == ["message_foreign", "message_foreign"]
    assert rows(engine, EventRow) == rows(engine, OpeningRow) == []


def raised_by_hand(box: Box, note: str = "") -> ArmRaised:
    return ArmRaised(lane="in-1", opening=box.id(), reason=OpeningReason.BY_HAND, by="hand", note=note)


def test_a_box_cannot_touch_another_sites_stays(engine: Engine) -> None:
    book(engine, *Box().arrives(reference(1), MORNING))
    before = rows(engine, VisitRow)
    thief = Box("SPL")
    taken = book(engine, *thief.is_priced(reference(1), MORNING, MORNING, 0), *thief.leaves(reference(1), MORNING))
    assert rows(engine, VisitRow) == before
    assert rows(engine, ChargeRow) == []
    assert set(troubles(engine)) == {"message_foreign"}
    assert acknowledged(taken, "SPL") == thief.sequence  # kept and reported: its journal goes on


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b'{"a":1,"a":2}', b"\xff\xfe", b"[" * 50_000, b" " * (BYTES_MAX + 1)],
    ids=["empty", "cut", "null", "a key twice", "no UTF-8", "deep", "oversized"],
)
def test_what_is_no_message_is_a_finding_and_the_others_flow(engine: Engine, payload: bytes) -> None:
    box = Box()
    arrivals = a_day(box, 1)
    taken = book(engine, arrivals[0], Arrival(box.topic, payload), *arrivals[1:])
    assert acknowledged(taken) == len(arrivals)
    assert troubles(engine) == ["message_malformed"]


def test_a_poison_message_is_parked_and_the_following_flow(postgres_books: str) -> None:
    """PostgreSQL cannot hold a NUL in a text: the fact is kept as it came, in the vault, with a finding."""
    engine, box = create_engine(postgres_books), Box()
    poison = box.fact(raised_by_hand(box, "a\0b"), MORNING)
    following = a_day(box, 1)
    taken = book(engine, poison, *following)
    assert acknowledged(taken) == box.sequence
    assert troubles(engine) == ["message_malformed"]
    assert [(row["sequence"], row["raw"]) for row in rows(engine, VaultParkedRow)] == [(1, poison.payload)]
    assert len(rows(engine, ChargeRow)) == 1
    assert acknowledged(book(engine, poison, *following)) == box.sequence
    assert len(rows(engine, EventRow)) == box.sequence - 1
    engine.dispose()


def unknown_kind(arrival: Arrival) -> Arrival:
    """The same message as a later version of the box might write it."""
    return Arrival(arrival.topic, arrival.payload.replace(b'"kind":"arm_lowered"', b'"kind":"arm_sawn_off"'))


def test_a_fact_that_we_cannot_read_is_parked_and_those_behind_it_flow(engine: Engine) -> None:
    box = Box()
    arrivals = a_day(box, 1)
    strange = [unknown_kind(arrival) for arrival in arrivals]
    unread = [place for place, arrival in enumerate(strange, 1) if arrival != arrivals[place - 1]]
    assert unread, "the day has no such fact: nothing is tested"
    taken = book(engine, *strange)
    assert acknowledged(taken) == len(arrivals)
    assert sorted(row["sequence"] for row in rows(engine, VaultParkedRow)) == unread
    assert len(rows(engine, ChargeRow)) == 1
    assert acknowledged(book(engine, *strange)) == len(arrivals)
    assert len(rows(engine, VaultParkedRow)) == len(unread)


def test_an_unreadable_fact_beyond_a_gap_is_not_acknowledged(engine: Engine) -> None:
    strange = [unknown_kind(arrival) for arrival in a_day(Box(), 1)]
    taken = book(engine, *strange[1:])
    assert acknowledged(taken) == 0
    assert rows(engine, VaultParkedRow) == []


def test_an_unreadable_fact_of_an_unknown_box_is_not_kept(engine: Engine) -> None:
    topic = Topic("SPS", "sps-9", Channel.EVENT)
    strange = [unknown_kind(arrival) for arrival in a_day(Box(), 1)]
    taken = book(engine, *(Arrival(topic, each.payload.replace(b'"sps-1"', b'"sps-9"')) for each in strange))
    assert taken.acks == {}
    assert rows(engine, VaultParkedRow) == []
    assert "message_foreign" in troubles(engine)


def test_a_database_that_is_away_acknowledges_nothing(engine: Engine) -> None:
    arrivals = a_day(Box(), 1)
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 2})
    with pytest.raises(OperationalError):
        ingest(away, Tariffs(away), arrivals)
    assert acknowledged(book(engine, *arrivals)) == len(arrivals)


def test_a_batch_that_breaks_in_its_middle_leaves_nothing_half_done(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE posting"))
    with pytest.raises(AWAY, match="posting"):
        book(engine, *a_day(Box(), 1))
    for table in (EventRow, JournalMarkRow, VisitRow, ChargeRow, EntryRow, AnomalyRow):
        assert rows(engine, table) == []


def test_a_read_only_database_parks_nothing(postgres_books: str) -> None:
    arrivals = a_day(Box(), 1)
    read_only = create_engine(postgres_books, connect_args={"options": "-c default_transaction_read_only=on"})
    with pytest.raises(AWAY):
        book(read_only, *arrivals)
    read_only.dispose()
    engine = create_engine(postgres_books)
    assert acknowledged(book(engine, *arrivals)) == len(arrivals)
    assert troubles(engine) == []
    engine.dispose()


def test_plates_are_in_the_vault_and_nowhere_else(engine: Engine) -> None:
    plate = "29B199887"
    box, visit = Box(), reference(1)
    book(engine, *box.arrives(visit, MORNING, plate=plate), *box.is_priced(visit, MORNING, MORNING + HOUR, plate=plate))
    paid(engine, notice(1, visit), MORNING + HOUR)
    book(engine, *box.leaves(visit, MORNING + HOUR))
    assert {row["plate"] for row in rows(engine, VaultReadRow)} == {plate}
    holding = set()
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            held = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            if any(plate in str(value) for row in held for value in row):
                holding.add(table)
    assert holding == {"vault_read", "plate_part"}, "of the vault, and go with it"


def test_the_lane_shows_the_last_vehicle(engine: Engine) -> None:
    book(engine, *a_day(Box(), 1))
    lanes = {row["lane"]: (row["visit"], row["arm"]) for row in rows(engine, LaneNowRow)}
    assert lanes == {"in-1": (reference(1), "down"), "out-1": (reference(1), "down")}
