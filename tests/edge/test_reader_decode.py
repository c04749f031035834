"""The search under the grammar, on probabilities written by hand."""

import numpy as np
import pytest

from edge.reader.automaton import NEVER, Automaton, automaton
from edge.reader.decode import greedy, search
from edge.reader.layout import Place, above, arrangements, beside, halves
from edge.reader.networks import Matrix
from edge.reader.spell import heard
from edge.reader.symbols import ALPHABET, BLANK, COLUMNS, OTHER, STRANGE, Folding, doubted
from edge.reader.weigh import PRICE_MAX, Reading, judged


def spoken(*moments: str | dict[str, float]) -> Matrix:
    """A folded matrix: each moment says one character for sure, or some with their probabilities; '' is silence."""
    matrix = np.zeros((2 * len(moments) + 1, COLUMNS), np.float32)
    matrix[::2, BLANK] = 1.0
    for number, moment in enumerate(moments):
        shares = {moment: 1.0} if isinstance(moment, str) else moment
        for char, share in shares.items():
            matrix[2 * number + 1, ALPHABET.index(char) if char else BLANK] = share
    return matrix


def best(*lines: Matrix) -> str:
    found = search(list(lines), automaton(len(lines)))
    return found[0].text if found else ""


def test_what_is_sure_and_fits_stays() -> None:
    line = spoken(*"30A12345")
    assert greedy([line]) == best(line) == "30A12345"
    assert heard([line], "30A12345")[0] == pytest.approx([1.0] * 8)


def test_repeated_characters_stay_apart() -> None:
    assert best(spoken(*"51K99999")) == "51K99999"


def test_a_character_held_for_two_moments_is_one() -> None:
    line = spoken(*"24A1234")
    held = np.concatenate((line[:-1], line[-2:]))
    assert [found.text for found in search([held], automaton(1))] == ["24A1234"]


def test_the_grammar_puts_letters_and_digits_in_their_places() -> None:
    assert best(spoken(*"3OA12345")) == "30A12345"
    assert best(spoken(*"24"), spoken(*"123")) == "", "no plate is that short"
    assert best(spoken(*"478", "1"), spoken(*"42872")) == "47B142872"


def test_an_uncertain_character_goes_where_the_grammar_allows() -> None:
    line = spoken("3", "0", {"O": 0.6, "A": 0.4}, *"12345")
    assert greedy([line]) == "30O12345"
    assert best(line) in {"30A12345", "30D12345"}


def test_two_lines_break_where_their_format_breaks() -> None:
    assert best(spoken(*"24B1"), spoken(*"1234")) == "24B11234"
    assert best(spoken(*"24B11"), spoken(*"234")) == "", "no plate breaks there"


def test_what_is_left_out_counts_against_its_neighbours() -> None:
    line = spoken(*"TH", {"1": 0.7, "": 0.3}, *"5661")
    sure = dict(zip("TH5661", heard([line], "TH5661")[0], strict=True))
    assert sure["T"] == pytest.approx(1.0)
    assert sure["H"] == pytest.approx(0.3)


def test_a_repair_shows_in_the_confidence_and_keeps_the_raw_text() -> None:
    candidate = judged([Reading([spoken(*"3OA12345")])], ((0,),))
    assert candidate is not None
    assert (candidate.text, candidate.raw) == ("30A12345", "3OA12345")
    assert candidate.weakest < 0.1


@pytest.mark.parametrize("text", ["13A12345", "AB1234CD", "99999999"])
def test_a_text_outside_the_grammar_comes_out_as_read(text: str) -> None:
    candidate = judged([Reading([spoken(*text)])], ((0,),))
    assert candidate is not None
    assert candidate.text == candidate.raw == text


def test_words_are_no_plates() -> None:
    assert judged([Reading([spoken(*"HONDA")])], ((0,),)) is None


def test_symbols_fold_into_the_plate_alphabet() -> None:
    symbols = ["", "a", "A", "Đ", "đ", "D", "-", "·", "\uff13", "云", "ß", "木"]
    matrix = np.eye(len(symbols), dtype=np.float32)
    folded = Folding(symbols).fold(matrix)
    read = ["" if row.argmax() == BLANK else ALPHABET[row.argmax()] for row in folded[:10]]
    assert read == ["", "A", "A", "D", "D", "D", "", "", "3", "云"]
    assert folded[10:, :BLANK].max() == 0, "what no plate holds gives no character"
    assert folded[10:].argmax(axis=1).tolist() == [STRANGE, STRANGE]
    assert Folding(["", OTHER]).fold(np.eye(2, dtype=np.float32)).argmax(axis=1).tolist() == [BLANK, STRANGE]


def place(x: float, y: float, width: float, height: float) -> Place:
    return Place(np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float32))


def test_which_lines_make_a_plate() -> None:
    top, bottom, far = place(10, 10, 80, 40), place(0, 52, 100, 40), place(400, 10, 80, 40)
    left, right = place(0, 0, 60, 30), place(70, 2, 90, 30)
    assert above(top, bottom)
    assert not above(bottom, top)
    assert not above(top, far)
    assert beside(left, right)
    assert not beside(right, left)
    assert not beside(left, far)
    assert ((0,), (1,)) in arrangements([top, bottom, far])
    assert ((0, 1),) in arrangements([left, right])


def test_halves_of_a_square_place() -> None:
    upper, lower = halves(place(0, 0, 100, 80))
    assert upper.centre[1] < 40 < lower.centre[1]
    assert above(upper, lower)


def test_a_strange_glyph_is_neither_dropped_nor_believed() -> None:
    line = spoken(*"AB1234")
    strange = np.zeros((2, COLUMNS), np.float32)
    strange[0, STRANGE], strange[0, BLANK], strange[1, BLANK] = 0.9, 0.1, 1.0
    candidate = judged([Reading([np.concatenate([strange, line])])], ((0,),))
    assert candidate is not None
    assert candidate.weakest < 0.2, "something stands there that no plate holds"
    assert judged([Reading([line])], ((0,),)).weakest > 0.99  # type: ignore[union-attr]


def test_two_networks_decide_together() -> None:
    """One is nearly sure of the wrong letter, the other quite sure of the right one."""
    one, other = spoken("3", "0", {"A": 0.6, "K": 0.4}, *"12345"), spoken("3", "0", {"A": 0.02, "K": 0.98}, *"12345")
    candidate = judged([Reading([one]), Reading([other])], ((0,),))
    assert candidate is not None
    assert candidate.text == "30K12345"
    assert [text for text, _ in candidate.rivals[:2]] == ["30K12345", "30A12345"]
    assert not candidate.agreed


@pytest.mark.parametrize("doubt", [0.001 * n for n in range(1, 25)])
def test_what_every_reading_is_against_is_outside_however_the_figures_are_rounded(doubt: float) -> None:
    """The price is then what one reading may say against a text at most, which is just too dear."""

    def telephone(share: float) -> Matrix:  # whoever misses two of its digits reads a car's plate
        missed = [{char: 1 - share, "": share} for char in "09"]
        return spoken(missed[0], "9", "0", missed[1], {"5": 0.99}, *"03025")

    candidate = judged([Reading([telephone(doubt)]), Reading([telephone(0.002)], 2.0)], ((0,),))
    assert candidate is not None
    assert candidate.price == pytest.approx(PRICE_MAX)
    assert (candidate.inside, candidate.text) == (False, "0909503025")


def plainly(matrix: Matrix, grammar: Automaton) -> dict[str, float]:
    """The search as a textbook has it: the twelve likeliest prefixes of each moment, with what they are worth."""
    beam = {"": (0, 1.0, 0.0)}
    for moment in doubted(matrix).astype(float):
        new: dict[str, tuple[int, float, float]] = {}
        for text, (state, blank, other) in beam.items():
            said = {char: p for char, p in zip(ALPHABET, moment, strict=False) if p > 1e-3}
            ways = [(text, state, (blank + other) * moment[BLANK], other * said.get(text[-1:], 0.0))]
            for char, onward in grammar.following[state].items():
                p = (blank if char == text[-1:] else blank + other) * said.get(char, 0.0)
                ways.append((text + char, onward, 0.0, p))
            for grown, onward, quiet, loud in ways:
                _, had_quiet, had_loud = new.get(grown, (0, 0.0, 0.0))
                new[grown] = (onward, had_quiet + quiet, had_loud + loud)
        beam = dict(sorted(new.items(), key=lambda each: -sum(each[1][1:]))[:12])
    ends = {text: (grammar.ending[state], blank + other) for text, (state, blank, other) in beam.items()}
    return {text: float(np.log(p)) + prior for text, (prior, p) in ends.items() if p > 0 and prior > NEVER}


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_what_a_plain_one_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = [*map(ALPHABET.index, "0358ABDG"), BLANK]
    matrix = np.zeros((16, COLUMNS), np.float32)
    matrix[:, columns] = rng.dirichlet(np.full(len(columns), 0.3), len(matrix))
    grammar = Automaton([(("3058", "3058", "ABDG", "3058", "3058"), 0.0), (("ABDG", "ABDG", "3058"), -1.0)])
    found = {plate.text: plate.score for plate in search([matrix], grammar)}
    assert found == pytest.approx(plainly(matrix, grammar), abs=1e-5)
    assert len(found) > 3


def test_a_second_reading_of_the_same_lines_is_heard_together_with_what_is_remembered() -> None:
    """Answers are kept by matrix: neither a look with one network more nor another picture gets an earlier one's."""
    one, other = spoken("3", "0", {"A": 0.6, "K": 0.4}, *"12345"), spoken("3", "0", {"A": 0.02, "K": 0.98}, *"12345")
    texts = [judged([Reading([each]) for each in given], ((0,),)) for given in ([one], [one, other], [other], [one])]
    assert [each and each.text for each in texts] == ["30A12345", "30K12345", "30K12345", "30A12345"]
    plates = [best(spoken(*"30A1234", digit)) for digit in "0123456789"]  # memory that is free again is used again
    assert plates == [f"30A1234{digit}" for digit in "0123456789"]
