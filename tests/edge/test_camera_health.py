"""The health of cameras: figures against their own past, and a dirty lens found before reads fail."""

import math
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from sqlite3 import connect
from typing import Final, NamedTuple

import cv2
import numpy as np
import pytest
from msgspec.structs import replace as changed

from edge.config import ReaderConfig
from edge.lanes.approach import Look
from edge.reader.chart import ANEW, GROUP
from edge.reader.figures import figures
from edge.reader.health import ZONE, Figure, Health, Light, News, Seen, light_at, observe, summary, troubles
from edge.watch.doctor_cameras import cameras
from gate.check import Check
from gate.messages import DeviceFault
from gate.reading import PlateReading
from simulator.draw.look import look
from simulator.draw.plates import PlateSource
from simulator.draw.scene import Lanes, draw_scene, plate_corners
from tests.edge.desk import Desk

SPRING: Final = datetime(2026, 3, 2, tzinfo=ZONE)
A_DAY: Final = 120
"""Vehicles; 50 of them by day, as many by night."""
Sees = Callable[[random.Random, int], Seen]


def usual(rng: random.Random, _day: int) -> Seen:
    """A camera that is well: as drawn pictures of a lane are."""
    certainty = 1.0 - 10.0 ** -min(3.0, max(0.2, rng.gauss(2.5, 0.7)))
    return Seen(certainty if rng.random() > 0.02 else 0.0, math.exp(rng.gauss(7.4, 0.6)), rng.gauss(105, 15))


class Told(NamedTuple):
    """News and its day."""

    day: int
    news: News


def lived(days: int, sees: Sees) -> tuple[Health, list[Told]]:
    """The camera after so many days, and what was told."""
    rng, health, told = random.Random(1), Health(), list[Told]()
    for day in range(days):
        for number in range(A_DAY):
            at = SPRING + timedelta(days=day, seconds=86_400 * (number + rng.random()) / A_DAY)
            observed = observe(health, sees(rng, day), at)
            health = observed.health
            told += [Told(day, news) for news in observed.news]
    return health, told


def of(told: list[Told], figure: Figure, *, back: bool = False) -> list[int]:
    """The days on which this was told of a figure."""
    return [each.day for each in told if (each.news.figure, each.news.back) == (figure, back)]


def test_a_camera_that_is_well_is_not_complained_of() -> None:
    health, told = lived(40, usual)
    assert told == []
    assert troubles(health) == []
    assert all(chart.knows for chart in health.charts.values())
    assert len(health.charts) == len(Figure) * len(Light)


def test_two_days_of_rain_are_no_trouble_and_told_of_if_they_do_not_end() -> None:
    def rainy(last: int) -> Sees:
        def sees(rng: random.Random, day: int) -> Seen:
            seen, wet = usual(rng, day), 20 <= day <= last
            return seen._replace(sharpness=seen.sharpness * (0.6 if wet else 1.0))

        return sees

    assert lived(24, rainy(21))[1] == []
    health, told = lived(32, rainy(24))
    assert set(of(told, Figure.SHARPNESS)) <= {23, 24}
    assert len(of(told, Figure.SHARPNESS)) == len(of(told, Figure.SHARPNESS, back=True)) == 2, "by day, by night, once"
    assert troubles(health) == []


# --- a dirty lens -----------------------------------------------------------------------------------------------

DIRTIER: Final = 0.05
"""Of a pixel's blur (sigma), each day. Reads begin to fail at 1.5 more than a clean lens has: after 30 days."""
FAILS_AFTER: Final = 30
LEVELS: Final = (0.0, 0.3, 0.8, 1.5)
VEHICLES: Final = 4


@pytest.fixture(scope="module")
def drawn() -> dict[float, list[float]]:
    """Sharpness of plates drawn through a lens that is dirtier and dirtier."""
    source, rng, lanes = PlateSource(random.Random(5)), random.Random(5), Lanes()
    vehicles = [(source.draw("CAR9"), look(rng, lane=3, light="day")) for _ in range(VEHICLES)]
    found: dict[float, list[float]] = {}
    for level in LEVELS:
        dirty = [(subject, replace(sight, defocus=sight.defocus + level)) for subject, sight in vehicles]
        found[level] = [figures(draw_scene(*each, lanes), box(plate_corners(*each))).sharpness for each in dirty]
    return found


def box(corners: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[int, int, int, int]:
    """Around a plate's corners."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return int(left), int(top), int(right - left), int(bottom - top)


def test_a_dirtier_lens_is_a_lower_figure(drawn: dict[float, list[float]]) -> None:
    for one in zip(*drawn.values(), strict=True):
        assert list(one) == sorted(one, reverse=True)
        assert one[-1] < one[0] / 3


def test_a_dirty_lens_is_found_before_reads_fail(drawn: dict[float, list[float]]) -> None:
    def sees(rng: random.Random, day: int) -> Seen:
        dirt = max(0, day - 14) * DIRTIER
        clean, vehicle = usual(rng, day), rng.randrange(VEHICLES)
        ends = [drawn[level][vehicle] for level in LEVELS]
        return clean._replace(sharpness=float(np.interp(dirt, LEVELS, ends)) * math.exp(rng.gauss(0, 0.3)))

    _, told = lived(14 + FAILS_AFTER, sees)
    found = of(told, Figure.SHARPNESS)
    assert found
    assert 14 < found[0] < 14 + FAILS_AFTER / 2, "half the way before it costs a read"
    assert {each.news.figure for each in told} == {Figure.SHARPNESS}, "and the reads were as good as ever"
    assert "clean the lens" in told[0].news.words


def test_figures_are_of_the_plate_and_of_the_picture() -> None:
    flat = np.full((90, 160, 3), 70, np.uint8)
    striped = flat.copy()
    striped[20:60, 20:120:6] = 200
    assert figures(flat, None) == (0.0, 70.0)
    assert figures(flat, (20, 20, 100, 40)).sharpness == 0.0
    sharp = figures(striped, (20, 20, 100, 40)).sharpness
    assert (
        figures(np.asarray(cv2.GaussianBlur(striped, (0, 0), 1.5), np.uint8), (20, 20, 100, 40)).sharpness < sharp / 4
    )
    assert figures(striped, (-5, -5, 1000, 1000)).sharpness > 0, "a box may hang over the edge"
    assert figures(striped, (500, 500, 10, 10)).sharpness == 0.0


# --- sudden, once, apart ------------------------------------------------------------------------------------------


def test_what_happens_at_once_is_told_at_once() -> None:
    def knocked(rng: random.Random, day: int) -> Seen:
        return usual(rng, day) if day < 20 else Seen(0.0, 0.0, 104.0)

    _, told = lived(24, knocked)
    assert of(told, Figure.READ) == [20, 20], "by night and by day, each once"
    assert all("look at its pictures" in each.news.words for each in told)


def test_a_lamp_that_died_is_a_matter_of_the_night() -> None:
    rng, health, told = random.Random(4), Health(), list[News]()
    for number in range(22 * A_DAY):
        at = SPRING + timedelta(days=number / A_DAY)
        seen = usual(rng, 0)
        dark = light_at(at) is Light.NIGHT and number >= 18 * A_DAY
        observed = observe(health, seen._replace(brightness=seen.brightness / (1 + 9 * dark)), at)
        health, told = observed.health, [*told, *observed.news]
    assert {(news.figure, news.light) for news in told} == {(Figure.BRIGHTNESS, Light.NIGHT)}
    assert "by night" in troubles(health)[0]


def test_too_bright_is_trouble_too_and_too_sharp_is_none() -> None:
    def sees(rng: random.Random, day: int) -> Seen:
        seen = usual(rng, day)
        more = day >= 15
        return seen._replace(brightness=seen.brightness + 110 * more, sharpness=seen.sharpness * (1 + 3 * more))

    _, told = lived(18, sees)
    assert {each.news.figure for each in told} == {Figure.BRIGHTNESS}


def test_what_was_cleaned_is_well_again_and_may_be_told_again() -> None:
    def sees(rng: random.Random, day: int) -> Seen:
        seen = usual(rng, day)
        return seen._replace(sharpness=seen.sharpness * (0.1 if day in {20, 21, 26, 27} else 1.0))

    health, told = lived(31, sees)
    assert of(told, Figure.SHARPNESS) == [20, 20, 26, 26]
    assert of(told, Figure.SHARPNESS, back=True) == [22, 22, 28, 28]
    assert troubles(health) == []


def test_what_stays_so_for_two_weeks_is_what_is_usual_now() -> None:
    def sees(rng: random.Random, day: int) -> Seen:
        seen = usual(rng, day)
        return seen._replace(sharpness=seen.sharpness * (0.3 if day >= 15 else 1.0))

    health, told = lived(15 + ANEW.days + 12, sees)
    assert len(of(told, Figure.SHARPNESS)) == 2
    assert troubles(health) == []
    assert health.charts["sharpness/day"].mean == pytest.approx(7.4 + math.log(0.3), abs=0.2)


@pytest.mark.parametrize(
    ("hour", "light"),
    [(4, Light.NIGHT), (5, None), (6, None), (7, Light.DAY), (16, Light.DAY), (18, None), (19, Light.NIGHT)],
)
def test_dusk_and_dawn_count_for_neither(hour: int, light: Light | None) -> None:
    at = SPRING.replace(hour=hour, minute=59)
    assert light_at(at) is light
    assert bool(observe(Health(), usual(random.Random(1), 0), at).health.charts) == (light is not None)


def test_what_was_not_measured_is_not_charted() -> None:
    health = observe(Health(), Seen(0.0, 0.0, 0.0), SPRING.replace(hour=12)).health
    assert set(health.charts) == {"read rate/day"}
    assert summary(health) == "still learning 1 figures"
    assert summary(Health()) == "nothing yet"


# --- at the box ---------------------------------------------------------------------------------------------------


def seen_at(desk: Desk, days: int, sharpness: float) -> None:
    """So many days of 60 vehicles each, by day, from eight in the morning."""
    rng = random.Random(days)
    for _ in range(days):
        for _ in range(60):
            reading = PlateReading("24A12378", 0.99, (), (0, 0, 9, 9), 1, "white")
            sharp = sharpness * math.exp(rng.gauss(0, 0.3))
            desk.lanes["in-1"]._watch.saw(Look(reading, b"x", "rapid", 80, sharpness=sharp, brightness=100.0))  # noqa: SLF001 - a day of vehicles, without driving each of them
            desk.turn(480)
        desk.turn(86_400 - 60 * 480)


def faults(desk: Desk) -> list[DeviceFault]:
    """What the centre is told of cameras."""
    return [fault for fault in desk.facts(DeviceFault) if fault.device == "camera"]


def doctor_s(desk: Desk, what: str = "in-1 pictures") -> Check:
    """What a doctor says beside the running box."""
    config = changed(desk.config, reader=ReaderConfig())
    with closing(connect(desk.folder / "box.db")) as books:
        (check,) = (check for check in cameras(books, config) if check.what == what)
    return check


def test_a_box_tells_once_and_the_doctor_as_long_as_it_lasts(desk: Desk) -> None:
    assert doctor_s(desk) == Check("in-1 pictures", well=True, words="no vehicle was read yet")
    seen_at(desk, 8, sharpness=1600)
    assert faults(desk) == []
    assert doctor_s(desk).well
    assert "sharpness by day" in doctor_s(desk).words
    desk.restart()
    seen_at(desk, 2, sharpness=300)
    (fault,) = faults(desk)
    assert (fault.lane, fault.device) == ("in-1", "camera")
    assert "clean the lens" in fault.what
    assert not doctor_s(desk).well
    assert doctor_s(desk).words.startswith("sharpness by day is ")
    desk.restart()
    seen_at(desk, 1, sharpness=300)
    assert len(faults(desk)) == 1, "a start tells nothing anew"
    seen_at(desk, 1, sharpness=1600)
    assert doctor_s(desk).well
    assert len(faults(desk)) == 1, "good news is no fault"
    assert doctor_s(desk, "out-1 pictures").well, "each camera for itself"


def test_another_camera_in_its_place_learns_anew(desk: Desk) -> None:
    seen_at(desk, 8, sharpness=1600)
    desk.lane_changes["in-1"] = {"camera": "http://127.0.0.1:1/other.jpg"}
    desk.restart()
    seen_at(desk, 3, sharpness=300)
    assert faults(desk) == []


def test_what_cannot_be_read_back_is_learnt_anew(desk: Desk) -> None:
    seen_at(desk, 1, sharpness=1600)
    desk.store.run("UPDATE camera_health SET body = ?", '{"camera": 7}')
    desk.restart()
    seen_at(desk, 1, sharpness=1600)
    assert "still learning" in doctor_s(desk).words


def test_a_camera_that_is_away_and_a_box_without_a_reader_say_nothing_of_lenses(desk: Desk) -> None:
    watch = desk.lanes["in-1"]._watch  # noqa: SLF001 - as above
    for _ in range(3 * GROUP):
        watch.saw(Look(None, b"", "rapid", 0, "camera: answered 503"))
        watch.saw(Look(None, b"x", "none", 0))
    assert doctor_s(desk).words == "no vehicle was read yet"
