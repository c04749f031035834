"""The eyes of a lane take several frames of a vehicle, and stop in time."""

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from edge.config import ReaderConfig
from edge.lanes.approach import Look
from edge.lanes.eyes import LaneEyes
from edge.reader.frames import ReadResult
from gate.devices.board import DeviceFailed
from gate.reading import PlateReading


def reading(sure: float, number: int = 0, text: str = "24A12378") -> PlateReading:
    """A plate that comes nearer with each frame."""
    box = (100 + 80 * number, 300, 200 + 20 * number, 50 + 5 * number)
    return PlateReading(text, sure, tuple((sign, sure) for sign in text), box, 1, "white")


class Rolling:
    """A camera whose every picture is another; it may fail from the n-th on, or hang until it is let go."""

    def __init__(self, fails_at: int = 99) -> None:
        self._numbers, self._fails_at = itertools.count(), fails_at
        self.hang = threading.Event()
        self.hang.set()

    def snapshot(self, deadline_s: float) -> bytes:
        assert 0 < deadline_s <= 2
        assert self.hang.wait(10)
        number = next(self._numbers)
        if number >= self._fails_at:
            raise DeviceFailed("camera: answered 503")
        return b"frame %d" % number

    def stop(self) -> None:
        """Nothing to let go."""


class Scripted:
    """A reader that answers what the picture's number says, on a thread of its own, as the reader's process does."""

    def __init__(self, says: Callable[[int], ReadResult]) -> None:
        self._says = says
        self.asked: list[tuple[bytes, float]] = []
        self.rois: list[tuple[int, int, int, int] | None] = []
        self.came = threading.Semaphore(0)
        self.goes_on = threading.Event()
        self.goes_on.set()

    def submit(
        self,
        image: bytes,
        done: Callable[[ReadResult], None],
        *,
        deadline_s: float,
        roi: tuple[int, int, int, int] | None = None,
    ) -> None:
        self.asked.append((image, deadline_s))
        self.rois.append(roi)
        self.came.release()
        number = int(image.split()[1])
        threading.Thread(target=self._answer, args=(number, done)).start()

    def _answer(self, number: int, done: Callable[[ReadResult], None]) -> None:
        assert self.goes_on.wait(10)
        done(self._says(number))


class Place:
    """One lane's eyes, and what it gets to hear."""

    def __init__(self, camera: Rolling, says: Callable[[int], ReadResult], **config: object) -> None:
        self.camera, self.reader = camera, Scripted(says)
        settings = ReaderConfig(**config)  # type: ignore[arg-type]
        self.answers: queue.Queue[Look] = queue.Queue()
        self.eyes = LaneEyes({"in-1": camera}, self.reader, settings, lambda work: work())

    def look(self) -> Look:
        self.eyes.look("in-1", self.answers.put)
        answer = self.answers.get(timeout=10)
        assert self.answers.empty(), "once"
        return answer


@pytest.fixture
def places() -> Iterator[list[Place]]:
    """What a test made is closed."""
    made: list[Place] = []
    yield made
    for place in made:
        place.eyes.close()


def test_a_sure_first_frame_costs_one_picture(places: list[Place]) -> None:
    place = Place(Rolling(), lambda _: ReadResult((reading(0.97),), ms=80))
    places.append(place)
    assert place.look().reading == reading(0.97)
    assert len(place.reader.asked) == 1


def test_plates_are_looked_for_where_the_lane_says() -> None:
    reader, answers, box = Scripted(lambda _: ReadResult((reading(0.97),))), queue.Queue[Look](), (100, 200, 900, 400)
    cameras = {"in-1": Rolling(), "in-2": Rolling()}
    eyes = LaneEyes(cameras, reader, ReaderConfig(), lambda work: work(), {"in-1": box, "in-2": None})
    for lane in cameras:
        eyes.look(lane, answers.put)
        assert answers.get(timeout=5).reading
    eyes.close()
    assert reader.rois == [box, None]


def test_frames_are_read_until_they_are_sure_together(places: list[Place]) -> None:
    place = Place(Rolling(), lambda number: ReadResult((reading(0.85, number),), ms=80))
    places.append(place)
    look = place.look()
    assert look.reading
    assert look.reading.confidence >= 0.95
    assert len(look.frames) == len(place.reader.asked) == 3
    assert (look.travel, look.took_ms) == ("in", 240)


def test_a_vehicle_that_stays_unsure_is_told_in_time_by_the_best_there_is(places: list[Place]) -> None:
    texts = ("24A12378", "24A12373", "24A12376")
    place = Place(
        Rolling(), lambda number: ReadResult((reading(0.5, number, texts[number % 3]),)), look_s=0.5, frames=20
    )
    places.append(place)
    began = time.monotonic()
    look = place.look()
    assert time.monotonic() - began < 2
    assert look.reading
    assert look.reading.confidence < 0.95
    assert 2 < len(look.frames) < 8, "a tenth of a second between two of them"
    assert all(deadline <= 5.0 for _, deadline in place.reader.asked)
    assert place.reader.asked[-1][1] < place.reader.asked[0][1], "what is left of the whole time, not the whole anew"


def test_a_camera_that_fails_later_costs_nothing_of_before(places: list[Place]) -> None:
    place = Place(Rolling(fails_at=1), lambda _: ReadResult((reading(0.6),)))
    places.append(place)
    look = place.look()
    assert (look.reading, look.error, look.picture) == (reading(0.6), "", b"frame 0")


def test_the_next_vehicle_ends_the_look_at_the_one_before(places: list[Place]) -> None:
    place = Place(Rolling(), lambda number: ReadResult((reading(0.5, number),)), frames=6, look_s=5.0)
    places.append(place)
    place.eyes.look("in-1", place.answers.put)
    assert place.reader.came.acquire(timeout=5)
    place.eyes.look("in-1", place.answers.put)
    before = place.answers.get(timeout=5)
    assert len(before.frames) < 5
    assert before.reading
    assert place.answers.get(timeout=10).reading


def test_a_camera_that_hangs_for_the_next_vehicle_does_not_hold_up_the_one_before(places: list[Place]) -> None:
    place = Place(Rolling(), lambda number: ReadResult((reading(0.5, number),)), frames=6, look_s=5.0)
    places.append(place)
    place.reader.goes_on.clear()
    place.eyes.look("in-1", place.answers.put)
    assert place.reader.came.acquire(timeout=5)
    place.camera.hang.clear()
    place.eyes.look("in-1", place.answers.put)
    place.reader.goes_on.set()
    assert place.answers.get(timeout=3).picture == b"frame 0"
    place.camera.hang.set()
    assert place.answers.get(timeout=5).reading


def test_the_same_car_on_its_second_visit_is_read_again(places: list[Place]) -> None:
    place = Place(Rolling(), lambda _: ReadResult((reading(0.97),)))
    places.append(place)
    assert [place.look().reading for _ in range(2)] == [reading(0.97)] * 2


def test_an_answer_that_breaks_the_vote_is_an_answer_all_the_same(places: list[Place]) -> None:
    broken = PlateReading("24A1", 0.5, (("2", 0.5),), None, 1, "white")  # type: ignore[arg-type]
    place = Place(Rolling(), lambda _: ReadResult((broken,) * 2))
    places.append(place)
    assert place.look().error.startswith(("reader:", "camera:"))


def test_who_is_looked_at_when_the_box_stops_holds_nobody_up() -> None:
    place = Place(Rolling(), lambda number: ReadResult((reading(0.5, number),)), frames=20, look_s=20.0)
    place.eyes.look("in-1", place.answers.put)
    assert place.reader.came.acquire(timeout=5)
    began = time.monotonic()
    place.eyes.close()
    assert time.monotonic() - began < 2
