from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gate.reference
from gate.reference import ALPHABET, SPACE, first_number, found_in, is_sound, mint

KEY, OTHER = b"site key of SPS", b"site key of SPL"
SITES = frozenset({"SPS", "SPL", "BHT"})
numbers = st.integers(0, SPACE - 1)


@pytest.mark.slow
def test_fifty_thousand_visits_have_fifty_thousand_references() -> None:
    first = first_number(datetime(2026, 11, 23, tzinfo=UTC))
    assert len({mint("SPS", number, KEY) for number in range(first, first + 50_000)}) == 50_000


def test_no_two_numbers_of_a_whole_space_share_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """A space small enough to look at all of it: chance alone would repeat itself here at once."""
    monkeypatch.setattr(gate.reference, "_SIDE", 1 << 5)
    monkeypatch.setattr(gate.reference, "SPACE", 700)
    minted = [mint("SPS", number, KEY) for number in range(700)]
    assert len(set(minted)) == 700
    assert max(ALPHABET.index(reference[5]) for reference in minted) == 0, "700 numbers need two digits"


@settings(max_examples=40)
@given(numbers)
def test_a_reference_is_sound_and_repeatable(number: int) -> None:
    reference = mint("SPS", number, KEY)
    assert reference == mint("SPS", number, KEY)
    assert reference.startswith("SPS")
    assert len(reference) == 11
    assert set(reference[3:]) <= set(ALPHABET)
    assert is_sound(reference)


def test_the_ends_of_the_space() -> None:
    assert mint("SPS", 0, KEY) != mint("SPS", SPACE - 1, KEY)
    for number in (-1, SPACE):
        with pytest.raises(ValueError, match="outside"):
            mint("SPS", number, KEY)


def test_a_neighbour_cannot_be_guessed() -> None:
    tokens = [mint("SPS", number, KEY)[3:10] for number in range(300)]
    alike = [sum(a == b for a, b in zip(one, two, strict=True)) for one, two in pairwise(tokens)]
    assert sum(alike) / len(alike) < 0.5, "seven random characters of 31 share 0.23 places"
    assert not {mint("SPS", number, OTHER)[3:] for number in range(100)} & {mint("SPS", n, KEY)[3:] for n in range(100)}


def test_every_single_slip_in_the_token_is_noticed() -> None:
    for number in range(10):
        reference = mint("SPS", number, KEY)
        for at in range(3, 11):
            for wrong in ALPHABET:
                assert is_sound(reference[:at] + wrong + reference[at + 1 :]) == (wrong == reference[at])


def test_every_swap_of_neighbours_in_the_number_is_noticed() -> None:
    for number in range(100):
        reference = mint("SPS", number, KEY)
        for at in range(3, 9):
            swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
            assert is_sound(swapped) == (swapped == reference)


@pytest.mark.parametrize("text", ["", "SPS", "SPS2222222", "SPS222222222", "SPS2222222I", "SPS222222O2", "SPS2222222a"])
def test_unsound(text: str) -> None:
    assert not is_sound(text)


VISIT = mint("SPS", 77, KEY)
SECOND = mint("BHT", 78, KEY)


@pytest.mark.parametrize(
    "note",
    [
        VISIT,
        VISIT.lower(),
        f"{VISIT[:3]} {VISIT[3:]}",
        f"MBVCB.3278907687.{VISIT}.CT tu 1017595600 NGUYEN VAN A toi 970436",
        f"IBFT {VISIT[:6]} {VISIT[6:]} FT26327",
        f"chuyen khoan gui xe {VISIT[:5]}-{VISIT[5:]}",
        f"SPSSPS{VISIT}SPS",
        f"phí gửi xe {VISIT} cảm ơn",
        f"{VISIT}{VISIT}",
        f"\n{VISIT[:4]}\t{VISIT[4:]}\n",
    ],
)
def test_found_whatever_banks_do_to_a_note(note: str) -> None:
    assert found_in(note, SITES) == (VISIT,)


def test_two_references_are_both_found_in_order() -> None:
    assert found_in(f"{SECOND} va {VISIT}", SITES) == (SECOND, VISIT)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "SPS",
        "ung ho lu lut",
        VISIT[:-1],
        VISIT[1:],
        VISIT.replace("SPS", "XXX"),
        VISIT[:-1] + next(character for character in ALPHABET if character != VISIT[-1]),
        "SPS K7M2Q9",
    ],
)
def test_not_found_in_what_holds_none(note: str) -> None:
    assert found_in(note, SITES) == ()


def test_only_our_sites_are_looked_for() -> None:
    assert found_in(VISIT, frozenset({"BHT"})) == ()


@settings(max_examples=40)
@given(st.text(max_size=60), numbers, st.text(max_size=60))
def test_found_between_any_two_texts(before: str, number: int, after: str) -> None:
    assert mint("SPL", number, KEY) in found_in(f"{before}{mint('SPL', number, KEY)}{after}", SITES)


def test_a_new_journal_counts_beyond_all_that_an_older_one_gave() -> None:
    made = datetime(2026, 11, 23, tzinfo=UTC)
    assert first_number(made + timedelta(seconds=60)) - first_number(made) == 64 * 60
    assert first_number(datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert 0 <= first_number(datetime(2199, 1, 1, tzinfo=UTC)) < SPACE
