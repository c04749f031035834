import math
import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.known.nearness import distances
from gate.matching import Candidate, OpenVisit, Ranking, rank, tagged
from gate.plate import cost, normalise
from gate.vehicle import VehicleClass

CAR, MOTO, BUS = VehicleClass.CAR9, VehicleClass.MOTO, VehicleClass.BUS30
FLEET = [
    OpenVisit("V1", "24A05678", CAR),
    OpenVisit("V2", "30F12345", CAR),
    OpenVisit("V3", "24B198765", MOTO),
    OpenVisit("V4", "29B07788", BUS),
]
SURE, MARGIN = 0.9, 0.3
"""What a site's policy accepts when it says nothing else."""


def test_the_exact_plate_wins_by_far() -> None:
    ranking = rank("24A05678", CAR, FLEET)
    assert ranking.candidates[0].visit == "V1"
    assert ranking.candidates[0].probability > 0.99
    assert ranking.margin > 0.98


@pytest.mark.parametrize("misread", ["24AO5678", "24A0S678", "24A0567B", "24A05G78", "Z4A05678"])
def test_a_confusable_character_still_finds_its_visit(misread: str) -> None:
    ranking = rank(misread, CAR, FLEET)
    assert ranking.candidates[0].visit == "V1"
    assert ranking.candidates[0].probability > SURE
    assert ranking.margin > MARGIN


def test_a_character_that_is_nothing_alike_costs_certainty() -> None:
    slight, gross = (rank(text, CAR, FLEET).candidates[0] for text in ("24AO5678", "24A95678"))
    assert slight.visit == gross.visit == "V1"
    assert slight.probability > gross.probability


def test_another_class_speaks_against_it() -> None:
    same, other = (rank("24A05678", kind, FLEET).candidates[0] for kind in (CAR, BUS))
    assert same.visit == other.visit == "V1"
    assert same.probability > other.probability


def test_of_two_equal_plates_the_class_decides() -> None:
    twins = [OpenVisit("V1", "24A05678", CAR), OpenVisit("V2", "24A05678", BUS)]
    ranking = rank("24A05678", BUS, twins)
    assert ranking.candidates[0].visit == "V2"
    assert ranking.margin > MARGIN


def test_an_unknown_class_speaks_for_nobody() -> None:
    twins = [OpenVisit("V2", "24A05678", CAR), OpenVisit("V1", "24A05678", BUS)]
    ranking = rank("24A05678", None, twins)
    assert ranking.candidates[0].probability == ranking.candidates[1].probability
    assert [candidate.visit for candidate in ranking.candidates] == ["V1", "V2"], "ties are in order, run after run"


@pytest.mark.parametrize("most", [1, 2, 8])
def test_two_near_plates_are_not_decided_by_the_box(most: int) -> None:
    near = [OpenVisit("V1", "24A05678", CAR), OpenVisit("V2", "24A05679", CAR)]
    ranking = rank("24A0567", CAR, near, most)
    assert ranking.margin < MARGIN, f"the margin is over all rivals, not only those shown ({most})"
    assert len(ranking.candidates) == min(most, 2)


def test_an_unread_plate_ranks_and_never_wins() -> None:
    ranking = rank("", CAR, FLEET)
    assert ranking.margin == 0.0
    assert {candidate.visit for candidate in ranking.candidates[:2]} == {"V1", "V2"}, "cars first"


def test_a_visit_whose_entry_was_not_read_is_possible_and_not_probable() -> None:
    ranking = rank("51K99999", CAR, [OpenVisit("V1", "", CAR)])
    assert 0 < ranking.candidates[0].probability < SURE
    assert ranking.margin == 0.0
    known = rank("24A05678", CAR, [*FLEET, OpenVisit("V9", "", CAR)])
    assert known.candidates[0].visit == "V1"
    assert known.margin > MARGIN


def test_a_stranger_is_not_forced_on_a_visit() -> None:
    ranking = rank("51K99999", CAR, FLEET)
    assert ranking.candidates[0].probability < SURE
    assert ranking.margin < MARGIN


def test_an_empty_site_has_no_candidates() -> None:
    assert rank("24A05678", CAR, []) == ((), 0.0)


def test_a_tag_is_certain() -> None:
    for plate in ("", "24A05678", "51K99999"):
        assert tagged("V1", plate, FLEET) == ((("V1", 1.0),), 1.0)


def test_a_tag_beside_another_visits_plate_is_certain_of_nothing() -> None:
    ranking = tagged("V1", "30F12345", FLEET)
    assert ranking == ((("V1", 0.5), ("V2", 0.5)), 0.0)


plates = st.text("0123456789ABDEFG", max_size=9)
fleets = st.lists(st.tuples(plates, st.sampled_from(VehicleClass)), max_size=8)


@settings(max_examples=40)
@given(plates, st.none() | st.sampled_from(VehicleClass), fleets)
def test_probabilities_are_shares_in_order_whatever_is_inside(
    plate: str, kind: VehicleClass | None, fleet: list[tuple[str, VehicleClass]]
) -> None:
    visits = [OpenVisit(f"V{number}", *each) for number, each in enumerate(fleet)]
    ranking = rank(plate, kind, visits)
    shares = [candidate.probability for candidate in ranking.candidates]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 1, "none of them is always possible"
    assert 0 <= ranking.margin <= max(shares, default=0)
    assert rank(plate, kind, reversed(visits)) == ranking


def straightforward(plate: str, kind: VehicleClass | None, visits: list[OpenVisit], most: int) -> Ranking:
    """The ranking as it is meant, one visit after the other, each distance cell by cell."""

    def likelihood(visit: OpenVisit) -> float:
        same_kind = 1.0 if kind is None or kind is visit.vehicle_class else math.exp(-2.5)
        if not plate or not visit.plate:
            return math.exp(-7.0) * same_kind
        return math.exp(-2.6 * cell_by_cell(normalise(plate), normalise(visit.plate))) * same_kind

    weighed = [(visit.visit, likelihood(visit)) for visit in visits]
    stranger = math.exp(-6.0)
    whole = math.fsum([stranger, *(weight for _, weight in weighed)])
    ordered = sorted(weighed, key=lambda pair: (-pair[1], pair[0]))
    candidates = tuple(Candidate(visit, weight / whole) for visit, weight in ordered[:most])
    if not candidates or not plate:
        return Ranking(candidates, 0.0)
    rival = max(stranger / whole, ordered[1][1] / whole if len(ordered) > 1 else 0.0)
    return Ranking(candidates, max(0.0, candidates[0].probability - rival))


def cell_by_cell(a: str, b: str) -> float:
    """Weighted edit distance, as any book has it."""
    cells = {(i, 0): float(i) for i in range(len(a) + 1)} | {(0, j): float(j) for j in range(len(b) + 1)}
    for i, j in product(range(1, len(a) + 1), range(1, len(b) + 1)):
        straight = cells[i - 1, j - 1] + cost(a[i - 1], b[j - 1])
        cells[i, j] = min(cells[i - 1, j] + 1, cells[i, j - 1] + 1, straight)
    return cells[len(a), len(b)]


worn = st.text("0123456789ABDIJLOQSTVYZ-. Đđaé\0京", max_size=10)
seen_or_worn = plates | worn


@settings(max_examples=300)
@given(seen_or_worn, st.none() | st.sampled_from(VehicleClass), st.data())
def test_the_quick_ranking_is_the_straightforward_one_to_the_last_bit(
    plate: str, kind: VehicleClass | None, data: st.DataObject
) -> None:
    fleet = data.draw(st.lists(st.tuples(seen_or_worn | st.just(plate), st.sampled_from(VehicleClass)), max_size=20))
    most = data.draw(st.integers(0, 9))
    visits = [OpenVisit(f"V{number % 13}", *each) for number, each in enumerate(fleet)]
    meant = straightforward(plate, kind, visits, most)
    assert rank(plate, kind, visits, most) == meant
    assert rank(plate, kind, visits, most, distances=distances) == meant


def test_a_full_car_park_is_ranked_as_one_by_one() -> None:
    rng = random.Random(3)
    visits = [
        OpenVisit(f"V{n}", f"{rng.choice(('24A', '24B1', '30F', '51K'))}{rng.randrange(10**5):05}", CAR)
        for n in range(2_000)
    ]
    for read in ("24A05678", "30F1234S", visits[77].plate):
        assert rank(read, CAR, visits, distances=distances) == straightforward(read, CAR, visits, 8)
