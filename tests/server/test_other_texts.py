"""What else a reader held a plate to be, at the centre: in the vault, worth a proposal, and nowhere else."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine, inspect, text

from gate.messages import ArmRaised, Direction, OpeningReason, PlateRead, VehiclePassed
from server import lost_entries, pairings
from server.db import reading, transaction
from server.facts import AnomalyRow, EventRow
from server.facts_visits import PairingRow
from server.ingest import Arrival
from server.rebuild import rebuild
from server.vault import VaultParkedRow, VaultReadRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.rows import rows

HOUR = timedelta(hours=1)
EVENING = MORNING + 10 * HOUR
TRUE, CAME, LEFT = "59E134192", "59E124192", "59E154192"
"""Worn paint: the plate is read as two others at its two ends."""
Texts = tuple[tuple[str, float], ...]


def read(box: Box, direction: Direction, plate: str, others: Texts) -> PlateRead:
    """A read that is sure of all but the worn character."""
    signs = tuple((sign, 0.5 if place == 4 else 0.99) for place, sign in enumerate(plate))
    lane = f"{direction}-1"
    return PlateRead(
        lane=lane, approach=box.id(), direction=direction, plate=plate, confidence=0.5, characters=signs, others=others
    )


def facts(box: Box, came: Texts, left: Texts) -> list[Arrival]:
    """It came in, and a person let it out that nobody could match."""
    entered, *others = box.arrives(reference(1), MORNING, plate=CAME)
    body = json.loads(entered.payload)
    said = read(box, Direction.IN, CAME, came)
    body["body"] |= {"characters": said.characters, "others": came}
    entered = Arrival(entered.topic, json.dumps(body).encode())
    out = read(box, Direction.OUT, LEFT, left)
    opening = box.id()
    raised = ArmRaised(
        lane="out-1", opening=opening, reason=OpeningReason.PERSON, by="mai", approach=out.approach, note="worn"
    )
    gone = VehiclePassed(
        lane="out-1", direction=Direction.OUT, passage=box.id(), opening=opening, visit=None, approach=out.approach
    )
    return [entered, *others, *(box.fact(each, MORNING + 4 * HOUR) for each in (out, raised, gone))]


def troubles(engine: Engine) -> list[str]:
    """Codes of what the centre could not take."""
    return sorted(row["code"] for row in rows(engine, AnomalyRow))


def plates_say(engine: Engine) -> float:
    """How much the plates speak for the proposal, in nats."""
    with reading(engine) as session:
        found = pairings.find(session, "SPS", EVENING)
    with transaction(engine) as session:
        pairings.write(session, found, EVENING)
    (row,) = rows(engine, PairingRow)
    assert row["probability"] > 0.5
    assert "59E1" not in row["evidence"], "no plate is in the books"
    return float(json.loads(row["evidence"])["for_plate"])


LISTS: tuple[Texts, Texts] = ((TRUE, 0.3), (LEFT, 0.15)), ((TRUE, 0.3), (CAME, 0.15))


def test_lists_speak_for_a_proposal(engine: Engine) -> None:
    book(engine, *facts(Box(), *LISTS))
    listed = plates_say(engine)
    with transaction(engine) as session:
        session.exec(text("DELETE FROM pairing"))  # type: ignore[call-overload] # plain SQL
        session.exec(text("UPDATE vault_read SET others = ''"))  # type: ignore[call-overload]
    assert listed > plates_say(engine) + 0.5


def test_who_asks_for_candidates_is_told_with_the_lists(engine: Engine) -> None:
    book(engine, *facts(Box(), *LISTS))
    approach = next(row["approach"] for row in rows(engine, VaultReadRow) if row["direction"] == Direction.OUT)
    shares = []
    for _ in range(2):
        with transaction(engine) as session:
            shown = lost_entries.show(session, "SPS", approach, "lan", EVENING, plates=True)
            shares.append(shown["candidates"][0]["evidence"]["plate"])
            session.exec(text("UPDATE vault_read SET others = ''"))  # type: ignore[call-overload] # plain SQL
    assert shares[0] > shares[1]


def test_they_are_in_the_vault_once_and_nowhere_else(engine: Engine) -> None:
    book(engine, *facts(Box(), *LISTS))
    kept = {row["plate"]: json.loads(row["others"]) for row in rows(engine, VaultReadRow)}
    assert kept == {CAME: [[TRUE, 0.3], [LEFT, 0.15]], LEFT: [[TRUE, 0.3], [CAME, 0.15]]}
    assert all(json.loads(row["body"])["others"] == [] for row in rows(engine, EventRow) if row["kind"] == "plate_read")
    holding = set()
    with engine.connect() as connection:
        for table in inspect(engine).get_table_names():
            held = connection.execute(text(f'SELECT * FROM "{table}"')).all()
            if any(TRUE in str(value) for row in held for value in row):
                holding.add(table)
    assert holding == {"vault_read"}


def test_a_rebuild_leaves_them_as_they_were(engine: Engine) -> None:
    arrivals = facts(Box(), *LISTS)
    book(engine, *arrivals)
    before = rows(engine, VaultReadRow, "approach")
    book(engine, *arrivals)
    rebuild(engine)
    assert rows(engine, VaultReadRow, "approach") == before


@pytest.mark.parametrize("others", [[[LEFT, 0.5]], [[TRUE, 0.2], [TRUE, 0.2]], [[TRUE, 0.9], [CAME, 0.9]], [["", 0.1]]])
def test_a_list_that_cannot_be_is_parked_with_a_finding_and_those_behind_it_flow(
    engine: Engine, others: list[list[object]]
) -> None:
    box = Box()
    arrivals = facts(box, (), ())
    bad = next(number for number, each in enumerate(arrivals) if LEFT.encode() in each.payload)
    body = json.loads(arrivals[bad].payload)
    body["body"]["others"] = others
    arrivals[bad] = Arrival(box.topic, json.dumps(body).encode())
    book(engine, *arrivals)
    assert troubles(engine) == ["message_malformed"]
    (parked,) = rows(engine, VaultParkedRow)
    assert "others" in parked["why"]
    assert "59E1" not in parked["why"], "no plate is in the words"
    assert len(rows(engine, EventRow)) == len(arrivals) - 1


def test_a_fact_of_an_older_box_is_booked(engine: Engine) -> None:
    arrivals = [Arrival(each.topic, each.payload.replace(b',"others":[]', b"")) for each in facts(Box(), (), ())]
    assert not any(b"others" in each.payload for each in arrivals[1:])
    book(engine, *arrivals)
    assert troubles(engine) == []
    assert {row["others"] for row in rows(engine, VaultReadRow)} == {""}
