"""A plate is found by a part of it, by look-alikes, and with one slip; what is erased is not found again."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import col, delete, select

from server import plate_parts
from server.db import reading, transaction
from server.plate_parts import PlatePartRow, folded
from server.plate_search import MOST, Plates, approaches_of, plates_like, slips, visits_of
from server.rebuild import rebuild
from server.vault import VaultReadRow
from server.vault_plates import VaultPlateRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.rows import rows

HERE = "24A12378", "24B10008", "29X15555", "粤B12345", "51F99901"


@pytest.fixture
def known(engine: Engine) -> Engine:
    """A vehicle of each of these plates came in."""
    box = Box()
    came = [box.arrives(reference(n), MORNING + timedelta(minutes=n), plate=plate) for n, plate in enumerate(HERE)]
    book(engine, *(fact for facts in came for fact in facts))
    return engine


REMEMBERED = {
    "24A12378": "24A12378",
    "24a-123.78": "24A12378",
    "378": "24A12378",
    "A123": "24A12378",
    "4A1": "24A12378",
    "24BIOOO8": "24B10008",  # look-alikes
    "24810008": "24B10008",
    "24A12378X": "24A12378",  # one too many
    "24A1378": "24A12378",  # one left out
    "24A12379": "24A12378",  # one wrong
    "24A13278": "24A12378",  # two changed over
    "A12376": "24A12378",  # a part with a slip
    "Q4A12378": "24A12378",
    "B12345": "粤B12345",
    "粤B1234": "粤B12345",
}


def test_a_plate_is_found_by_what_somebody_remembers(known: Engine) -> None:
    with reading(known) as session:
        found = {typed: plates_like(session, typed) for typed in REMEMBERED}
    assert {typed: each.plates[0] if each.plates else "" for typed, each in found.items()} == REMEMBERED
    assert not any(each.short or each.more for each in found.values())


def test_what_nobody_has_is_not_found_and_too_little_is_not_searched_for(known: Engine) -> None:
    with reading(known) as session:
        for typed in ("24A98765", "123X", "999999", "%%%", "' OR 1=1", "\N{BELL}ab", "X" * 400):
            assert plates_like(session, typed) == Plates(()), typed
        for typed in ("", "24", " 2-4. ", "%"):
            assert plates_like(session, typed) == Plates((), short=True), typed


def test_the_likeliest_comes_first(engine: Engine) -> None:
    box = Box()
    for number, plate in enumerate(("24A12379", "24A1237B", "24A12378", "924A12378")):
        book(engine, *box.arrives(reference(number), MORNING + timedelta(minutes=number), plate=plate))
    with reading(engine) as session:
        found = plates_like(session, "24A12378")
    assert found.plates == ("24A12378", "924A12378", "24A1237B", "24A12379")
    assert found.meant == found.plates[:3]


def test_more_than_it_shows_is_said(sqlite: Engine) -> None:
    with transaction(sqlite) as session:
        plate_parts.keep(session, [f"24A{number:05}" for number in range(MOST + 5)])
    with reading(sqlite) as session:
        found = plates_like(session, "24A")
    assert (len(found.plates), found.more) == (MOST, True)


def test_a_plate_leads_to_the_visits_that_began_or_ended_with_it(known: Engine) -> None:
    box = Box(journal="00000000000000ff", seed=3)
    book(known, *box.is_priced(reference(1), MORNING, MORNING + timedelta(hours=1), plate="24B1000B"))
    with reading(known) as session:
        first = visits_of(session, approaches_of(session, ("24B10008",)))
        last = visits_of(session, approaches_of(session, ("24B1000B",)))
        none = visits_of(session, approaches_of(session, ()))
    assert (first, last, none) == ({reference(1)}, {reference(1)}, set())


def test_who_was_not_read_is_in_no_index(engine: Engine) -> None:
    book(engine, *Box().arrives(reference(1), MORNING, plate=""))
    assert rows(engine, PlatePartRow) == []


def test_what_is_erased_is_not_found_and_what_another_read_has_is(known: Engine) -> None:
    again = Box(journal="00000000000000ff", seed=3)
    book(known, *again.arrives(reference(9), MORNING + timedelta(hours=2), plate="24B10008"))
    with transaction(known) as session:
        for plate in ("24A12378", "24B10008"):
            first = session.exec(select(VaultReadRow.approach).where(VaultReadRow.plate == plate)).first()
            session.exec(delete(VaultReadRow).where(col(VaultReadRow.approach) == first))
        plate_parts.forget(session, ["24A12378", "24B10008"])
    with reading(known) as session:
        assert plates_like(session, "24A12378").plates == ()
        assert plates_like(session, "24B10008").plates == ("24B10008",)


def test_a_rebuild_and_books_from_before_make_the_same_index(known: Engine) -> None:
    word = VaultPlateRow(
        approach="there", number=1, site="SPS", plate="30E77777", was="", by="lan", note="seen", at=MORNING
    )
    with transaction(known) as session:
        session.add(word)
        plate_parts.keep(session, ["30E77777"])
    before = rows(known, PlatePartRow)
    assert len(before) == 5 * 6 + 5
    rebuild(known)
    assert rows(known, PlatePartRow) == before
    assert not plate_parts.fill(known)
    with transaction(known) as session:
        session.exec(delete(PlatePartRow))
    assert plate_parts.fill(known)
    assert rows(known, PlatePartRow) == before


@given(st.text("0123456789ABDX", min_size=6, max_size=9), st.data())
def test_every_text_that_is_one_slip_away_is_thought_of(plate: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(plate) - 1))
    other = data.draw(st.sampled_from("0123456789ABDX"))
    slipped = data.draw(
        st.sampled_from(
            [
                plate[:place] + plate[place + 1 :],
                plate[:place] + other + plate[place + 1 :],
                plate[:place] + other + plate[place:],
                plate[:place] + plate[place : place + 2][::-1] + plate[place + 2 :],
            ]
        )
    )
    thought = {folded(slipped), *slips(folded(slipped))}
    assert any(ending.startswith(each) for each in thought for ending in plate_parts.endings(plate))
