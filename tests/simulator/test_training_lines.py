"""Lines drawn for training: what they say, how they are cut, that they can be drawn again; all without torch."""

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from gate.plate import classes
from simulator.training.__main__ import main
from simulator.training.card import finder_card, strokes_card
from simulator.training.faces import CAPITAL, CHARACTERS, HELD_OUT, MARGIN, TRAINED_ON, fonts_found, stroke_face
from simulator.training.forms import FORMS
from simulator.training.lines import BANDS, HEIGHT, STEP, WIDTH_MAX, Artist, found, padded
from simulator.training.texts import SYMBOLS, label, numbers, writing


@pytest.fixture(scope="module")
def artist() -> Artist:
    """One that needs no face of this machine."""
    return Artist(3, faces=4, fonts=False, scenes=1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("59-L1", "59L1"),
        ("24-MĐ1", "24MD1"),
        ("123.45", "12345"),
        ("80-441-NG-02", "80441NG02"),
        ("#A.12345", "#A12345"),
        ("", ""),
    ],
)
def test_separators_are_silent_and_a_barred_d_is_a_d(line: str, said: str) -> None:
    assert label(line) == said


def test_every_writing_can_be_said_and_most_are_plates() -> None:
    rng = random.Random(7)
    texts = [writing(rng) for _ in range(600)]
    said = ["".join(label(line) for line in text.lines) for text in texts]
    assert all(numbers(word) == [SYMBOLS.index(c) + 1 for c in word] for word in said)
    plates = sum(bool(classes(word)) for word in said)
    assert 250 < plates < 550, "usual plates, and enough others that the shapes are learnt and not the grammar"
    assert set("".join(said)) == set(SYMBOLS), "no symbol is left out"


def test_a_symbol_that_the_network_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="substring not found"):
        numbers("24Đ")


def test_the_same_seed_draws_the_same_lines_and_another_seed_others() -> None:
    first, again, other = (Artist(seed, faces=2, fonts=False, scenes=0) for seed in (5, 5, 6))
    drawn = [first.line() for _ in range(6)]
    repeated = [again.line() for _ in range(6)]
    assert [line.label for line in drawn] == [line.label for line in repeated]
    assert all(np.array_equal(a.picture, b.picture) for a, b in zip(drawn, repeated, strict=True))
    assert [line.label for line in drawn] != [other.line().label for _ in range(6)]


@pytest.mark.parametrize("band", BANDS)
def test_a_line_is_grey_of_one_height_and_says_what_it_shows(artist: Artist, band: str) -> None:
    lines = [artist.line(band) for _ in range(40)]
    for line in lines:
        assert line.picture.dtype == np.uint8
        assert line.picture.shape[0] == HEIGHT
        assert 16 <= line.picture.shape[1] <= WIDTH_MAX
        assert line.band == band
    assert sum(bool(line.label) for line in lines) > 30


def test_clear_lines_have_more_contrast_than_wild_ones(artist: Artist) -> None:
    clear, wild = (np.median([artist.line(band).picture.std() for _ in range(80)]) for band in (BANDS[0], BANDS[2]))
    assert clear > 1.2 * wild


def test_a_line_is_found_around_its_characters_with_margins_of_all_kinds() -> None:
    rng = random.Random(1)
    corners = np.array([(20, 20), (100, 26), (99, 46), (19, 40)], np.float32)
    heights = []
    for _ in range(200):
        quad = found(rng, corners, 20.0)
        heights.append(float(np.linalg.norm(quad[3] - quad[0])))
        middle = quad.mean(axis=0)
        assert np.abs(middle - corners.mean(axis=0)).max() < 20
    assert min(heights) < 26
    assert max(heights) > 38


def test_lines_of_one_batch_are_padded_with_their_last_column() -> None:
    narrow, wide = np.arange(32 * 20, dtype=np.uint8).reshape(32, 20), np.zeros((32, 61), np.uint8)
    both = padded([narrow, wide])
    assert both.shape == (2, HEIGHT, 64)
    assert both.shape[2] % STEP == 0
    assert np.array_equal(both[0, :, 20:], np.repeat(narrow[:, -1:], 44, axis=1))


def test_a_face_has_every_character_at_one_height() -> None:
    face = stroke_face(random.Random(2))
    assert set(face.masks) == set(CHARACTERS)
    for character, mask in face.masks.items():
        assert mask.shape[0] == CAPITAL + 2 * MARGIN
        assert mask.max() > 200, character
    assert set(FORMS) <= set(CHARACTERS)


@pytest.mark.parametrize("pen_seed", range(12))
def test_a_six_stays_open_however_bold_the_pen(pen_seed: int) -> None:
    """Between the end of its hook and its bowl: a six that closes is an eight to everybody."""
    six = stroke_face(random.Random(pen_seed)).masks["6"]
    right = six[MARGIN : MARGIN + CAPITAL // 2 + 4, -max(2, six.shape[1] // 6) :].max(axis=1)
    assert right.min() < 100


def test_faces_of_the_test_set_are_never_trained_on() -> None:
    assert not set(TRAINED_ON) & set(HELD_OUT)


def test_faces_are_found_by_name_and_only_those(tmp_path: Path) -> None:
    for name in ("OSP-DIN.ttf", "Other.ttf", "OSP-DIN.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in fonts_found(HELD_OUT, tmp_path)] == ["OSP-DIN.ttf"]


def test_the_card_names_every_face_with_its_licence_and_the_figures() -> None:
    runs = [
        {"seed": seed, "rate": 0.002, "minutes": 9.5, "steps": 10, "drawn": 5, "learnt": 700_000} for seed in (1, 2)
    ]
    text = strokes_card({"parameters": 649_886, "runs": runs, "count": 10, "exact": {"clear": 0.9951}})
    assert all(f"| {name} | {licence} |" in text for name, licence in (TRAINED_ON | HELD_OUT).items())
    assert "649,886" in text
    assert "10 drawn lines, 1,400,000 looks" in text
    assert "| clear | 99.51 % |" in text
    other = finder_card({"parameters": 400_841, "runs": runs, "count": 10, "cost": 0.75})
    assert "10 drawn scenes, 1,400,000 looks" in other
    assert "mean loss 0.750" in other


def test_without_torch_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("train", "find", "finder", "plan", "network", "export"):
        monkeypatch.delitem(sys.modules, f"simulator.training.{name}", raising=False)
    for what in ("strokes", "finder"):
        assert main([what, "--out", str(tmp_path)]) == 2
        assert "torch is not installed" in capsys.readouterr().err
