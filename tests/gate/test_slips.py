"""A reference typed wrongly finds the stay that was meant, and is never taken for another."""

import random

from gate import refund_reference
from gate.reference import ALPHABET, found_in, is_sound, mint
from gate.slips import LENGTH, PIECES_MAX, candidates, pieces_of

KEY = b"a key of the site"
SITES = ("SPS", "SPL")
OPEN = [mint(site, number, KEY) for site in SITES for number in range(1, 400)]


def slip(reference: str, rng: random.Random) -> str:
    """One slip as fingers make it: another letter, one left out, one twice, two swapped."""
    at = rng.randrange(LENGTH)
    kind = rng.choice(["other", "out", "twice", "swapped"])
    if kind == "other":
        return reference[:at] + rng.choice(ALPHABET.replace(reference[at], "")) + reference[at + 1 :]
    if kind == "out":
        return reference[:at] + reference[at + 1 :]
    if kind == "twice":
        return reference[:at] + reference[at] * 2 + reference[at + 1 :]
    at = min(at, LENGTH - 2)
    return reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]


def test_a_slip_finds_its_visit_alone_nearly_always() -> None:
    rng, unique, tried = random.Random(1), 0, 0
    while tried < 300:
        meant = rng.choice(OPEN)
        typed = slip(meant, rng)
        if found_in(typed, frozenset(SITES)) or typed == meant:
            continue
        tried += 1
        found = candidates(pieces_of(f"MBVCB.327. {typed} chuyen tien", SITES), OPEN)
        unique += [each.visit for each in found] == [meant]
    assert unique > 0.85 * tried


def test_look_alikes_count_for_less_than_slips() -> None:
    meant = next(each for each in OPEN if "8" in each[3:])
    typed = meant.replace("8", "B", 1)
    found = candidates(pieces_of(typed, SITES), OPEN)
    assert (found[0].visit, found[0].slips) == (meant, 0)


def test_several_that_are_as_near_are_all_listed_nearest_first() -> None:
    meant = OPEN[7]
    other = meant[:5] + ALPHABET[ALPHABET.index(meant[5]) - 1] + meant[6:]
    typed = meant[:5] + ALPHABET[ALPHABET.index(meant[5]) - 2] + meant[6:]
    assert {each.visit for each in candidates(pieces_of(typed, SITES), [meant, other])} == {meant, other}


def test_what_is_no_reference_is_not_kept() -> None:
    assert pieces_of("NGUYEN VAN A 0912345678 24A12378 tien gui xe", SITES) == ()
    assert pieces_of(f"{OPEN[0]} dung", SITES) == ()  # sound: no slip
    assert len(pieces_of("SPS" * 100, SITES)) <= PIECES_MAX
    assert pieces_of("SPS", SITES) == ()


def test_a_refunds_reference_is_its_own_and_no_visits() -> None:
    rng = random.Random(2)
    made = [refund_reference.mint("SPS", f"decision {n}") for n in range(500)]
    assert len(set(made)) == 500
    for reference in made:
        assert len(reference) == 13
        assert refund_reference.is_sound(reference)
        assert refund_reference.found_in(f"REM hoan tien {reference[:6]} {reference[6:]} FT26") == (reference,)
        assert found_in(reference, frozenset({"SPS"})) == ()
        assert not is_sound(reference[2:])
        at = rng.randrange(5, 13)
        broken = reference[:at] + ALPHABET[ALPHABET.index(reference[at]) - 1] + reference[at + 1 :]
        assert not refund_reference.is_sound(broken)
    assert refund_reference.mint("SPS", "decision 1", 1) != made[1]
    assert not refund_reference.is_sound("RFSPS1")
    assert not refund_reference.is_sound(OPEN[0])
