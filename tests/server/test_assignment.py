"""The assignment against all assignments there are, and a small site that knows the truth."""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gate.assignment import Clean, Habits, Seen, evidence, learned, prior
from gate.likeness import as_read
from gate.vehicle import VehicleClass
from server.assignment import Pair, assign, candidates
from tests.campaign import assignment as campaign

CAR, BUS = VehicleClass.CAR9, VehicleClass.BUS30
NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
USUAL = learned(())


def came(name: str, plate: str, sure: float = 0.97, kind: VehicleClass | None = CAR, tag: str = "") -> Seen:
    return Seen(name, NOON - HOUR, "in-1", as_read(plate, (sure,) * len(plate)), kind, tag)


def left(name: str, plate: str, sure: float = 0.97, kind: VehicleClass | None = CAR, tag: str = "") -> Seen:
    return Seen(name, NOON, "out-1", as_read(plate, (sure,) * len(plate)), kind, tag)


def by_exit(pairs: list[Pair]) -> dict[str, str]:
    return {pair.out: pair.stay for pair in pairs}


def test_what_looks_best_for_one_exit_gives_way_to_what_is_best_for_all() -> None:
    """Each exit by itself would take V1; together they cannot."""
    stays = [came("V1", "24A12345"), came("V2", "24A12348")]
    outs = [left("P1", "24A1234S", 0.6), left("P2", "24A12345")]
    assert by_exit(assign(USUAL, outs[:1], stays)) == {"P1": "V1"}
    assert by_exit(assign(USUAL, outs, stays)) == {"P1": "V2", "P2": "V1"}


def test_an_exit_before_the_entry_is_no_pair() -> None:
    late = came("V1", "24A12345")._replace(at=NOON + HOUR)
    assert evidence(USUAL, left("P1", "24A12345"), late) is None
    assert assign(USUAL, [left("P1", "24A12345")], [late]) == []


def test_a_stranger_is_left_alone() -> None:
    assert assign(USUAL, [left("P1", "51K99999")], [came("V1", "24A12345")]) == []
    assert assign(USUAL, [], [came("V1", "24A12345")]) == []
    assert assign(USUAL, [left("P1", "51K99999")], []) == []


def test_class_and_tag_speak_for_and_against() -> None:
    one = came("V1", "24A12345", tag="t1")
    by_class = [assign(USUAL, [left("P1", "24A12346", kind=kind)], [one])[0].probability for kind in (CAR, BUS)]
    by_tag = [assign(USUAL, [left("P1", "24A12346", tag=tag)], [one])[0].probability for tag in ("t1", "", "t2")]
    assert by_class[0] > by_class[1]
    assert by_tag[0] > by_tag[1] > by_tag[2]
    (same,) = assign(USUAL, [left("P1", "", tag="t1")], [one])
    assert same.probability > 0.95, "an unread plate with the same tag"


def test_a_plate_that_left_in_order_speaks_less_for_its_neighbour() -> None:
    gone = Clean("24A12346", CAR, NOON - 3 * HOUR, NOON - 2 * HOUR, "in-1", "out-1")
    other = gone._replace(plate="24A99999")
    out, stay = left("P1", "24A12346"), came("V1", "24A12345")
    apart, near = (candidates(learned([each]), out, [stay], 1)[0].evidence.plate for each in (other, gone))
    assert near < apart
    assert assign(learned([gone]), [out], [stay]) == []


def test_a_lost_character_is_still_looked_at() -> None:
    for read in ("4A12345", "24A2345", "24A1234", "24A123456"):
        assert by_exit(assign(USUAL, [left("P1", read)], [came("V1", "24A12345")])) == {"P1": "V1"}, read


def all_assignments(odds: dict[tuple[int, int], float], outs: int, taken: frozenset[int] = frozenset()) -> Iterator[
    dict[int, int]
]:  # fmt: skip
    if outs == 0:
        yield {}
        return
    for rest in all_assignments(odds, outs - 1, taken):
        yield rest
    for out, stay in odds:
        if out == outs - 1 and stay not in taken:
            for rest in all_assignments(odds, outs - 1, taken | {stay}):
                yield {**rest, out: stay}


@pytest.mark.parametrize("seed", range(12))
def test_probabilities_and_the_best_are_those_of_all_assignments_weighed(seed: int) -> None:
    rng = random.Random(seed)
    plates = [f"24A123{rng.randrange(40, 46)}" for _ in range(8)]
    stays = [came(f"V{n}", plate, rng.uniform(0.5, 0.99)) for n, plate in enumerate(plates[:4])]
    outs = [left(f"P{n}", plate, rng.uniform(0.5, 0.99)) for n, plate in enumerate(plates[4:])]
    odds = {
        (i, j): prior(len(stays)) + parts.total
        for i, out in enumerate(outs)
        for j, stay in enumerate(stays)
        if (parts := evidence(USUAL, out, stay))
    }
    ways = list(all_assignments(odds, len(outs)))
    weights = [math.exp(sum(odds[pair] for pair in way.items())) for way in ways]
    pairs = assign(USUAL, outs, stays)
    chosen = sum(odds[int(pair.out[1:]), int(pair.stay[1:])] for pair in pairs)
    assert chosen == pytest.approx(math.log(max(weights)))
    for pair in pairs:
        i, j = int(pair.out[1:]), int(pair.stay[1:])
        exact = sum(w for w, way in zip(weights, ways, strict=True) if way.get(i) == j) / sum(weights)
        assert pair.probability == pytest.approx(exact, abs=0.01)
        assert 0 <= pair.margin <= pair.probability


def test_candidates_of_one_exit_are_shares_in_order() -> None:
    stays = [came("V1", "24A12345"), came("V2", "24A12346"), came("V3", "51K99999"), came("V4", "")]
    found = candidates(USUAL, left("P1", "24A12345"), stays, 3)
    shares = [pair.probability for pair in found]
    assert [pair.stay for pair in found[:2]] == ["V1", "V2"]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 1


def test_habits_are_learned() -> None:
    clean = [
        Clean(f"24A{n:05}", CAR, NOON, NOON + timedelta(minutes=30 if n % 10 else 600), "in-1", f"out-{n % 5 // 4}")
        for n in range(500)
    ]
    habits = learned(clean)
    assert _time(habits, 30) > _time(USUAL, 30)
    assert _time(habits, 100) < _time(USUAL, 100)
    assert habits.lanes["in-1", "out-0"] == pytest.approx(0, abs=0.01)
    assert habits.heads["24A"] == 1


def _time(habits: Habits, minutes: int) -> float:
    parts = evidence(habits, left("P", ""), came("V", "")._replace(at=NOON - timedelta(minutes=minutes)))
    assert parts is not None
    return parts.time


def test_a_small_site_with_the_truth_beside_it() -> None:
    """The campaign itself, a twentieth of its size; `barie campaign assignment` is the proof."""
    result = campaign.run(7, scale=0.15, say=lambda _: None)
    assert not result.failures
    assert result.figures["one series: exits in question"]
