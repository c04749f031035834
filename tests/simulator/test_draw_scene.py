"""Camera pictures: the same for the same seed, the plate where the scene says, and no surprise for a caller."""

import csv
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.draw.__main__ import main
from simulator.draw.look import LIGHTS, Look, clear, look
from simulator.draw.plate import Plate, draw_plate
from simulator.draw.plates import random_plate
from simulator.draw.scene import Lanes, compose, draw_empty, draw_scene, jpeg, plate_corners
from simulator.draw.subject import COLOURS, VEHICLE_CLASSES, Subject


def _subject(vehicle_class: str, colour: str = "white", lines: int = 2) -> Subject:
    return Subject("24B112345" if vehicle_class == "MOTO" else "24B12345", colour, lines, vehicle_class)


@pytest.mark.parametrize("vehicle_class", VEHICLE_CLASSES)
@pytest.mark.parametrize("light", LIGHTS)
def test_every_class_is_drawn_in_every_light(vehicle_class: str, light: str) -> None:
    picture = draw_scene(_subject(vehicle_class), clear(light=light))
    assert picture.shape == (720, 1280, 3)
    assert picture.dtype == np.uint8
    assert 10 < picture.mean() < 230


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_picture() -> None:
    def drawn(seed: int) -> bytes:
        rng = random.Random(seed)
        return jpeg(draw_scene(random_plate(rng, "CAR9"), look(rng)))

    assert drawn(4) == drawn(4)
    assert drawn(4) != drawn(5)


def test_drawing_leaves_the_caller_s_generators_alone() -> None:
    random.seed(1)
    before = random.getstate()
    draw_scene(_subject("CAR9"), Look(seed=9, dirt=0.5, rain=0.5, shade=0.5, noise=3))
    assert random.getstate() == before


def test_a_kept_lane_gives_the_same_picture_as_a_fresh_one() -> None:
    lanes = Lanes(most=1)
    for lane in (1, 2, 1):
        seen = clear(lane)
        assert np.array_equal(draw_scene(_subject("CAR9"), seen, lanes), draw_scene(_subject("CAR9"), seen))
        assert np.array_equal(draw_empty(seen, lanes=lanes), draw_empty(seen))


def _flattened(image: NDArray[np.uint8], corners: NDArray[np.float64], height: int, width: int) -> NDArray[np.uint8]:
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), flat)
    return np.asarray(cv2.warpPerspective(image, turn, (width, height)), np.uint8)


@pytest.mark.parametrize("vehicle_class", VEHICLE_CLASSES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_plate_lands_where_the_corners_say(vehicle_class: str, seed: int) -> None:
    """Flattened by its corners, the picture matches the flat plate, and matches worse when moved by five pixels."""
    subject = _subject(vehicle_class)
    seen = Look(seed=seed, lane=seed, x=0.1, y=-0.2, yaw=3.0)
    scene = compose(subject, seen)
    flat = draw_plate(Plate(subject, seed=seed))
    height, width = flat.shape[:2]

    def likeness(offset: tuple[float, float]) -> float:
        part = _flattened(scene.image, scene.plate_corners + offset, height, width)
        return float(np.corrcoef(part.ravel().astype(float), flat.ravel().astype(float))[0, 1])

    here = likeness((0, 0))
    assert here > 0.8
    assert here > max(likeness(offset) for offset in [(5, 0), (-5, 0), (0, 5), (0, -5)])


@pytest.mark.parametrize("hard", [False, True])
def test_corners_are_known_without_drawing_and_inside_the_picture(hard: bool) -> None:  # noqa: FBT001
    rng = random.Random(21)
    for number in range(200):
        subject = random_plate(rng, VEHICLE_CLASSES[number % 5])
        corners = plate_corners(subject, look(rng, hard=hard))
        assert corners.shape == (4, 2)
        assert (corners > 5).all()
        assert (corners < (1275, 715)).all()
        width = float(np.hypot(*(corners[1] - corners[0])))
        assert (90 if subject.vehicle_class == "MOTO" or subject.lines == 2 else 140) <= width <= 270


def test_one_composition_tells_the_corners_that_plate_corners_tells() -> None:
    subject, seen = _subject("BUS30", "yellow", 1), look(random.Random(3))
    assert np.array_equal(compose(subject, seen).plate_corners, plate_corners(subject, seen))


@pytest.mark.parametrize("colour", COLOURS)
def test_the_plate_keeps_its_colour_by_day(colour: str) -> None:
    subject = _subject("CAR9", colour, 1)
    scene = compose(subject, clear())
    blue, green, red = np.median(_flattened(scene.image, scene.plate_corners, 110, 520).reshape(-1, 3), axis=0)
    told = {
        "white": min(blue, green, red) > 150,
        "yellow": red > 150 and red > blue + 60 and green > blue + 60,
        "blue": blue > red + 50,
        "red": red > blue + 80 and red > green + 80,
    }
    assert [name for name, holds in told.items() if holds] == [colour]


def test_infrared_has_no_colour() -> None:
    picture = draw_scene(_subject("CAR9", "yellow"), Look(light="infrared", noise=4, glare=0.8)).astype(int)
    assert (picture.max(axis=2) - picture.min(axis=2)).max() == 0


def test_a_clear_look_is_kinder_than_a_hard_one() -> None:
    rng = random.Random(8)
    hard = [look(rng, hard=True) for _ in range(300)]
    soft = [look(rng) for _ in range(300)]
    for name in ("dirt", "fog", "motion", "defocus", "noise"):
        means = [np.mean([getattr(one, name) for one in looks]) for looks in ([clear()], soft, hard)]
        assert means[0] <= means[1] < means[2], name


def test_light_and_lane_can_be_fixed() -> None:
    fixed = look(random.Random(1), lane=7, light="night")
    assert (fixed.lane, fixed.light) == (7, "night")
    assert fixed.glare > 0


def test_what_nobody_can_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="'noon'"):
        Look(light="noon")
    with pytest.raises(ValueError, match="no glyph for 'x'"):
        draw_scene(Subject("24A-x", "white", 1, "CAR9"), clear())
    with pytest.raises(ValueError, match="quality 0"):
        jpeg(draw_empty(clear()), 0)


def test_the_command_writes_pictures_and_their_truth(tmp_path: Path) -> None:
    out = tmp_path / "drawn"
    assert main(["--count", "3", "--seed", "5", "--out", str(out)]) == 0
    with (out / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:5] == ["file", "plate", "colour", "lines", "class"]
    assert len(rows) == 3
    for row in rows:
        picture = cv2.imread(str(out / row["file"]))
        assert picture is not None
        assert picture.shape == (720, 1280, 3)


def test_the_command_says_where_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    assert main(["--count", "1", "--out", str(tmp_path / "taken")]) == 2
    assert "cannot write to" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--count", "0"], ["--count", "many"], ["--quality", "101"], ["--light", "noon"]]
)
def test_the_command_refuses_a_bad_option(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--out", str(tmp_path / "never")])
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err
    assert not (tmp_path / "never").exists()
