import math
import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.known.nearness import unlikeness
from gate.likeness import Read, as_read
from gate.matching import Candidate, OpenVisit, Ranking, rank, tagged
from gate.plate import cost, normalise
from gate.vehicle import VehicleClass
from tests.campaign import ranking as ranking_campaign

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


SHARES = {0.3: 0.2, 0.5: 0.1, 1.0: 0.01}
"""Which part of a character's wrong reads falls on one that is alike, near, or any other."""
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


def straightforward(
    plate: str, kind: VehicleClass | None, visits: list[OpenVisit], most: int, sure: tuple[float, ...] = ()
) -> Ranking:
    """The ranking as it is meant, one visit after the other, each likelihood cell by cell."""

    def likelihood(visit: OpenVisit) -> float:
        same_kind = 1.0 if kind is None or kind is visit.vehicle_class else math.exp(-2.5)
        if not normalise(plate) or not visit.plate:
            return math.exp(-10.5) * same_kind
        return math.exp(-cell_by_cell(as_read(plate, sure), normalise(visit.plate))) * same_kind

    weighed = [(visit.visit, likelihood(visit)) for visit in visits]
    stranger = math.exp(-9.5)
    whole = math.fsum([stranger, *(weight for _, weight in weighed)])
    ordered = sorted(weighed, key=lambda pair: (-pair[1], pair[0]))
    candidates = tuple(Candidate(visit, weight / whole) for visit, weight in ordered[:most])
    if not candidates or not normalise(plate):
        return Ranking(candidates, 0.0)
    rival = max(stranger / whole, ordered[1][1] / whole if len(ordered) > 1 else 0.0)
    return Ranking(candidates, max(0.0, candidates[0].probability - rival))


def cell_by_cell(read: Read, worn: str) -> float:
    """Edit distance as any book has it, each step at -log of its chance."""
    a, b = read.text, worn
    cells = {(i, 0): i * 5.0 for i in range(len(a) + 1)} | {(0, j): j * 5.0 for j in range(len(b) + 1)}
    for i, j in product(range(1, len(a) + 1), range(1, len(b) + 1)):
        straight = cells[i - 1, j - 1] + step(a[i - 1], b[j - 1], read.sure[i - 1])
        cells[i, j] = min(cells[i - 1, j] + 5.0, cells[i, j - 1] + 5.0, straight)
    return cells[len(a), len(b)]


def step(read: str, worn: str, sure: float) -> float:
    """A character that was read right, or as another."""
    astray = 1.0 - min(max(sure, 0.05), 0.999) + 0.01
    if read == worn:
        return -math.log1p(-astray)
    digits = read.isdigit() and worn.isdigit()
    return -math.log(astray * (0.05 if digits and cost(read, worn) == 1.0 else SHARES[cost(read, worn)]))


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
    sure = tuple(data.draw(st.lists(st.floats(0, 1), max_size=10)))
    meant = straightforward(plate, kind, visits, most, sure)
    assert rank(plate, kind, visits, most, sure=sure) == meant
    assert rank(plate, kind, visits, most, unlikeness=unlikeness, sure=sure) == meant


def test_a_full_car_park_is_ranked_as_one_by_one() -> None:
    rng = random.Random(3)
    visits = [
        OpenVisit(f"V{n}", f"{rng.choice(('24A', '24B1', '30F', '51K'))}{rng.randrange(10**5):05}", CAR)
        for n in range(2_000)
    ]
    for read in ("24A05678", "30F1234S", visits[77].plate):
        assert rank(read, CAR, visits, unlikeness=unlikeness) == straightforward(read, CAR, visits, 8)


# --- a full car park --------------------------------------------------------------------------------------


def one_series(count: int, seed: int) -> list[OpenVisit]:
    """Visits whose plates differ by their five digits alone."""
    numbers = random.Random(seed).sample(range(10**5), count)
    return [OpenVisit(f"V{place}", f"24A{number:05}", CAR) for place, number in enumerate(numbers)]


def test_an_exact_read_that_was_sure_wins_among_two_thousand_of_one_series() -> None:
    fleet = one_series(2_000, 5)
    for visit in fleet[::40]:
        ranking = rank(visit.plate, CAR, fleet, unlikeness=unlikeness, sure=(0.97,) * 8)
        assert ranking.candidates[0].visit == visit.visit
        assert ranking.candidates[0].probability > SURE
        assert ranking.margin > MARGIN


def test_a_reader_that_was_unsure_decides_nothing_between_neighbours() -> None:
    pair = [OpenVisit("V1", "24A05678", CAR), OpenVisit("V2", "24A05679", CAR)]
    clear, blurred = (rank("24A05678", CAR, pair, sure=(0.97,) * 7 + (last,)) for last in (0.97, 0.3))
    assert clear.margin > MARGIN
    assert clear.candidates[0].probability > SURE
    assert blurred.candidates[0].probability < SURE
    elsewhere = rank("24A05678", CAR, pair, sure=(0.3, *(0.97,) * 7))
    assert elsewhere.candidates[0].probability > SURE, "what was unsure is not what tells them apart"


def test_probabilities_that_are_not_one_a_character_count_as_the_least_of_them() -> None:
    assert as_read("24A05678", (0.9, 0.5)).sure == (0.5,) * 8
    assert rank("24a-056.78", CAR, FLEET, sure=(0.9,) * 8) == rank("24A05678", CAR, FLEET, sure=(0.9,) * 8)


def test_few_sure_exits_of_a_full_car_park_are_wrong() -> None:
    """The campaign itself, a tenth of its size; `barie campaign ranking` is the proof."""
    assert not ranking_campaign.run(3, scale=0.1, say=lambda _: None).failures
