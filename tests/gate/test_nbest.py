"""What a reader holds possible beside what it read: told with the fact, and worth something to the match."""

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.known.nearness import unlikeness as side_by_side
from gate.assignment import Clean, Habits, Seen, evidence, learned
from gate.likeness import LEAST, TRUST, all_unlike, as_read, bears, unlikeness, versions
from gate.matching import OpenVisit, Ranking, rank
from gate.messages import Envelope, PlateRead
from gate.reading import OTHERS_MOST, PlateReading, likeliest
from gate.vehicle import VehicleClass
from gate.wire import Malformed, decode, encode
from tests.campaign import worn as worn_campaign
from tests.gate.samples import BODIES, envelope

CAR = VehicleClass.CAR9
TWO, THREE = "59E124192", "59E134192"
"""The paint of the 3 is worn: it is read as either."""
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
Texts = Sequence[tuple[str, float]]


def worn(text: str, sure: float = 0.55) -> tuple[float, ...]:
    """Every character is sure but the worn one."""
    return tuple(sure if place == 4 else 0.99 for place in range(len(text)))


def ranked(inside: dict[str, Texts], read: str, others: Texts, sure: float = 0.55) -> Ranking:
    """Who is leaving, of vehicles by their plates with what else each may be."""
    visits = [OpenVisit(plate, plate, CAR, tuple(said)) for plate, said in inside.items()]
    return rank(read, CAR, visits, sure=worn(read, sure), others=others)


# --- at the box -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "leaving"),
    [([(THREE, 0.4)], []), ([], [(TWO, 0.4)]), ([(THREE, 0.4)], [(TWO, 0.4)])],
    ids=["the entry's list", "the exit's list", "both"],
)
def test_a_list_at_either_end_finds_the_vehicle_that_was_read_differently(entry: Texts, leaving: Texts) -> None:
    strangers = {f"59E1{number}": () for number in (77123, 80954)}
    alone = ranked({TWO: (), **strangers}, THREE, ())
    listed = ranked({TWO: entry, **strangers}, THREE, leaving)
    assert alone.candidates[0].visit == listed.candidates[0].visit == TWO
    assert 1 - listed.candidates[0].probability < 0.5 * (1 - alone.candidates[0].probability)


def test_where_both_texts_are_plates_inside_a_person_decides() -> None:
    both = ranked({TWO: [(THREE, 0.4)], THREE: [(TWO, 0.4)]}, THREE, [(TWO, 0.4)])
    assert both.margin < 0.9
    apart = ranked({TWO: (), THREE: ()}, THREE, (), sure=0.97)
    assert apart.margin > both.margin, "lists say what is hard to tell apart, too"


def test_a_list_that_names_other_plates_takes_nothing_from_an_exact_read() -> None:
    strange = [(f"59E1{number}4192", 0.1) for number in (4, 5, 6, 7)]
    assert ranked({THREE: strange, TWO: ()}, THREE, strange, sure=0.9).candidates[0].visit == THREE
    assert ranked({THREE: strange}, THREE, strange, sure=0.9).candidates[0].probability > 0.99


def test_without_lists_all_is_as_it_was_to_the_last_bit() -> None:
    rng = random.Random(2)
    plates = [f"24A{rng.randrange(10**5):05}" for _ in range(50)]
    for read in (plates[3], "24A12345"):
        for plate in plates:
            assert versions(as_read(read))[0] == (1.0, as_read(read))
            assert bears(plate) == ((plate, 1.0),)
        weights = [math.exp(-unlikeness(as_read(read), plate)) for plate in plates]
        whole = math.fsum([math.exp(-9.5), *weights])
        shares = sorted((weight / whole for weight in weights), reverse=True)[:8]
        ranking = rank(read, CAR, [OpenVisit(f"V{n}", plate, CAR) for n, plate in enumerate(plates)])
        assert [each.probability for each in ranking.candidates] == shares


plates = st.text("0123456789ABE", min_size=1, max_size=9)
lists = st.lists(st.tuples(plates, st.floats(0.0, 1.0)), max_size=6)


@settings(max_examples=150, deadline=None)
@given(plates, lists, st.lists(st.tuples(plates, lists), min_size=1, max_size=6))
def test_the_ranking_sums_over_both_lists(read: str, others: Texts, fleet: list[tuple[str, Texts]]) -> None:
    said_here = as_read(read, (0.9,) * len(read), others)
    weights = [
        math.fsum(
            share * version.share * math.exp(-unlikeness(version.read, text))
            for text, share in bears(plate, said)
            for version in versions(said_here)
        )
        for plate, said in fleet
    ]
    whole = math.fsum([math.exp(-9.5), *weights])
    visits = [OpenVisit(f"V{n}", plate, CAR, tuple(said)) for n, (plate, said) in enumerate(fleet)]
    for how in (all_unlike, side_by_side):
        found = rank(read, CAR, visits, unlikeness=how, sure=(0.9,) * len(read), others=others)
        by_name = {each.visit: each.probability for each in found.candidates}
        assert by_name == pytest.approx({f"V{n}": weight / whole for n, weight in enumerate(weights)})


@given(plates, st.lists(st.tuples(plates, st.floats(-5, 50)), max_size=30))
def test_a_list_is_bounded_whatever_it_says(read: str, others: Texts) -> None:
    kept = as_read(read, (), others)
    assert len(kept.others) <= OTHERS_MOST
    assert all(LEAST <= share <= 1 for _, share in kept.others)
    assert len({read, *(text for text, _ in kept.others)}) == len(kept.others) + 1
    assert math.fsum(share for _, share in kept.others) <= 1 + 1e-9
    assert math.fsum(each.share for each in versions(kept)) == pytest.approx(1)
    borne = bears(read, others)
    assert math.fsum(share for _, share in borne) == pytest.approx(1)
    assert borne[0][1] >= 1 - TRUST - 1e-9


# --- at the centre ----------------------------------------------------------------------------------------


def plate_evidence(entry: Texts, leaving: Texts, habits: Habits | None = None) -> float:
    """What the plates say for one vehicle that was read as TWO and left as THREE."""
    came = Seen("V", NOON - timedelta(hours=1), "in-1", as_read(TWO, worn(TWO), entry), CAR)
    left = Seen("P", NOON, "out-1", as_read(THREE, worn(THREE), leaving), CAR)
    found = evidence(habits or learned(()), left, came)
    assert found
    return found.plate


def test_each_list_speaks_for_the_pair() -> None:
    alone = plate_evidence((), ())
    assert alone + 0.3 < plate_evidence([(THREE, 0.4)], ())
    assert alone + 0.3 < plate_evidence((), [(TWO, 0.4)])
    assert plate_evidence([("59E154192", 0.4)], ()) < alone, "and against it where it names another plate"


def test_a_list_with_a_plate_that_is_known_here_speaks_for_somebody_else() -> None:
    stay = Clean("59E164192", CAR, NOON - timedelta(hours=3), NOON, "in-1", "out-1")
    habits = learned([stay] * 30)
    assert plate_evidence((), [("59E164192", 0.4)], habits) < plate_evidence((), [("59E174192", 0.4)], habits)


# --- the fact ---------------------------------------------------------------------------------------------


def told(**changes: object) -> bytes:
    """A fact with these fields."""
    return encode(envelope(msgspec.structs.replace(BODIES["plate_read"], **changes)))


def heard(data: bytes) -> Texts:
    """The list of the fact in these bytes."""
    body = decode(data, Envelope).body
    assert isinstance(body, PlateRead)
    return body.others


@pytest.mark.parametrize(
    ("others", "why"),
    [
        ([["24A05673", 0.1], ["24A05673", 0.1]], r"others\[1\]: the text stands before"),
        ([["24A05678", 0.1]], r"others\[0\]: .* or is the plate itself"),
        ([["24A05673", 0.6], ["24A05679", 0.5]], r"others: probabilities of 1.100 together are more than 1"),
        ([["24A05673", 1.5]], r"others\[0\]\[1\]|others\[...\]\[1\]"),
        ([["24A05673", -0.1]], r"others"),
        ([["", 0.1]], r"others"),
        ([["2" * 17, 0.1]], r"others"),
        ([["24A05673"]], r"others"),
        ([["24A05673", "0.1"]], r"others"),
        ([[f"24A0567{n}", 0.01] for n in range(9)], r"length <= 8.*others"),
        (None, r"others"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_name(others: object, why: str) -> None:
    whole = msgspec.json.decode(told())
    whole["body"]["others"] = others
    with pytest.raises(Malformed, match=why):
        decode(msgspec.json.encode(whole), Envelope)


def test_a_fact_without_a_list_is_still_one() -> None:
    whole = msgspec.json.decode(told())
    del whole["body"]["others"]
    assert heard(msgspec.json.encode(whole)) == ()


@given(plates, st.lists(st.tuples(st.text(max_size=40), st.floats(0, 1)), max_size=12))
def test_whatever_a_reader_says_its_fact_can_be_told(read: str, alternatives: Texts) -> None:
    reading = PlateReading(read, 0.5, (), (0, 0, 9, 3), 1, "white", alternatives=((read, 0.5), *alternatives))
    assert len(reading.others) <= OTHERS_MOST
    assert heard(told(plate=read, others=reading.others)) == reading.others


def test_the_likeliest_come_first_and_what_is_nothing_is_left_out() -> None:
    assert likeliest([("A", 0.00001), ("B", 0.2), ("C", 0.3), ("B", 0.1), ("D" * 17, 0.9)]) == (("C", 0.3), ("B", 0.2))
    assert likeliest([("A", 1.0), ("B", 1.0)]) == (("A", 0.5), ("B", 0.5))


# --- what it is worth -------------------------------------------------------------------------------------


def test_worn_plates_are_matched_better_with_the_lists_and_never_worse() -> None:
    """The campaign itself, a twentieth of its size; `barie campaign worn` is the proof."""
    park = worn_campaign.Park(random.Random(5), one_series=True, inside=400)
    park.exits(100)
    before, after = (park.ways[lists].box for lists in (False, True))
    assert park.failures() == []
    assert after["right"] > before["right"]
    assert after["wrong"] <= before["wrong"]
