"""Plates followed over frames: two vehicles never mix, and the boxes tell which way one goes."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.reader.track import GAP_S, Track, Travel, follow
from gate.reading import PlateReading

ONE, OTHER = "24A12378", "51F98765"


def plate(text: str, x: int = 100, y: int = 300, width: int = 200, lines: int = 1) -> PlateReading:
    """A plate on a frame."""
    return PlateReading(
        text, 0.9, tuple((sign, 0.9) for sign in text), (x, y, width, width // 4 * lines), lines, "white"
    )


def followed(*frames: list[PlateReading], step_s: float = 0.2) -> tuple[Track, ...]:
    """The tracks after these frames."""
    tracks: tuple[Track, ...] = ()
    for number, plates in enumerate(frames):
        tracks = follow(tracks, plates, number, number * step_s)
    return tracks


def texts(tracks: tuple[Track, ...]) -> list[list[str]]:
    return sorted([each.text for each in track.readings] for track in tracks)


def test_one_vehicle_is_one_track() -> None:
    (track,) = followed([plate(ONE)], [plate(ONE, 110, 310, 210)], [], [plate("24A12373", 120, 320, 220)])
    assert [sight.frame for sight in track.sights] == [0, 1, 3]
    assert track.last.reading.text == "24A12373", "a misread on the spot is the same vehicle's"


def test_two_plates_of_a_frame_are_two_tracks() -> None:
    alike = [plate(ONE, 100), plate("24A12379", 340)]
    assert texts(followed(alike, alike)) == [[ONE, ONE], ["24A12379"] * 2]
    assert len(followed([plate(ONE), plate(ONE)])) == 2, "even if they read the same and stand on one spot"


def test_a_track_takes_one_plate_of_a_frame() -> None:
    near = [plate("24A12379", 160), plate(ONE, 110)]
    assert texts(followed([plate(ONE)], near)) == [[ONE, ONE], ["24A12379"]]


def test_who_takes_another_s_place_is_another() -> None:
    assert texts(followed([plate(ONE)], [plate(OTHER)])) == [[ONE], [OTHER]]


def test_after_a_while_the_same_plate_is_another_visit() -> None:
    assert len(followed([plate(ONE)], [plate(ONE)], step_s=GAP_S + 0.1)) == 2
    assert len(followed([plate(ONE)], [plate(ONE)], step_s=GAP_S - 0.1)) == 1


def test_a_frame_of_before_is_nobody_s() -> None:
    tracks = follow((), [plate(ONE)], 0, 5.0)
    assert len(follow(tracks, [plate(ONE)], 1, 4.9)) == 2


def test_far_off_only_the_same_plate_goes_on() -> None:
    assert len(followed([plate(ONE)], [plate("24A12376", x=700)])) == 2
    assert len(followed([plate(ONE)], [plate("24A12378", x=700)])) == 1
    assert len(followed([plate(ONE)], [plate("24A1237B", x=700)])) == 1, "or one that differs by a stroke"


def test_one_line_of_two_is_the_same_plate() -> None:
    assert len(followed([plate("59E134192", lines=2)], [plate("34192")], [plate("59E134192", lines=2)])) == 1


steps = st.lists(st.tuples(st.integers(-30, 30), st.integers(-10, 10)), min_size=1, max_size=6)


@given(steps, steps, st.integers(0, 1))
@settings(max_examples=80, deadline=None)
def test_two_vehicles_never_mix(one: list[tuple[int, int]], other: list[tuple[int, int]], swapped: int) -> None:
    frames = []
    for number, ((ax, ay), (bx, by)) in enumerate(zip(one, other, strict=False)):
        both = [plate(ONE, 300 + ax * number, 300 + ay), plate(OTHER, 320 + bx * number, 310 + by)]
        frames.append(both[:: -1 if swapped and number % 2 else 1])
    assert all(len(set(each)) == 1 for each in texts(followed(*frames)))


def test_the_order_of_plates_in_a_frame_does_not_matter() -> None:
    before = followed([plate(ONE, 100), plate(OTHER, 400), plate("30K55512", 700)])
    after = [plate(ONE, 130), plate(OTHER, 380), plate("30K55512", 720)]
    found = {tuple(map(tuple, texts(follow(before, list(some), 1, 0.2)))) for some in permutations(after)}
    assert len(found) == 1
    assert all(len(each) == 2 for each in found.pop())


@pytest.mark.parametrize(
    ("last", "way"),
    [
        (plate(ONE, 90, 360, 240), Travel.IN),
        (plate(ONE, 110, 250, 160), Travel.OUT),
        (plate(ONE, 103, 298, 201), Travel.STILL),
        (plate(ONE, 190, 300, 200), Travel.UNKNOWN),  # across
        (plate(ONE, 110, 250, 240), Travel.UNKNOWN),  # larger and higher up: a jump of the box
        (plate(ONE, 100, 275, 200, lines=2), Travel.UNKNOWN),  # never seen in two lines before
    ],
)
def test_the_boxes_tell_the_way(last: PlateReading, way: Travel) -> None:
    (track,) = followed([plate(ONE)], [last])
    assert track.travel is way


def test_one_frame_tells_no_way() -> None:
    (track,) = followed([plate(ONE)])
    assert track.travel is Travel.UNKNOWN
