"""A vehicle looked at frame by frame: who it is, when enough was seen, what is kept as evidence."""

import pytest
from msgspec.structs import replace

from edge.lanes.gaze import BLIND_MAX, SETTLED, Gaze
from edge.reader.frames import ReadResult
from gate.messages import FrameRead
from gate.reading import PlateReading

PLATE, OTHER = "24A12378", "51F98765"


def plate(text: str = PLATE, sure: float = 0.6, x: int = 100, width: int = 200) -> PlateReading:
    """A plate on a frame."""
    return PlateReading(text, sure, tuple((sign, sure) for sign in text), (x, 300, width, 50), 1, "white")


def result(*plates: PlateReading, sharpness: float = 4.0) -> ReadResult:
    """What the reader says of a frame."""
    return ReadResult(plates, "", 80.0, sharpness, 110.0)


def gaze(*frames: ReadResult, sure: float = 0.95, most: int = 5) -> Gaze:
    """A vehicle that these frames were seen of, 0.2 s apart."""
    made = Gaze(0.0, sure=sure, most=most, look_s=2.0)
    for number, frame in enumerate(frames):
        made.saw(b"picture %d" % number, frame, number * 0.2)
    return made


def test_the_first_frame_that_is_sure_decides() -> None:
    seen = gaze(result(plate(sure=0.97)))
    assert seen.is_enough(0.1)
    look = seen.look("rapid")
    assert look.reading == plate(sure=0.97), "as it was read, nothing added"
    assert (look.picture, look.frames, look.travel, look.took_ms) == (b"picture 0", (), "unknown", 80)
    assert (look.sharpness, look.brightness) == (4.0, 110.0)


def test_frames_are_added_until_their_vote_is_sure() -> None:
    seen = gaze(result(plate(sure=0.85)))
    assert not seen.is_enough(0.1)
    seen.saw(b"picture 1", result(plate(sure=0.86, x=200, width=230)), 0.2)
    assert not seen.is_enough(0.3)
    seen.saw(b"picture 2", result(plate(sure=0.85, x=320, width=260)), 0.4)
    assert seen.is_enough(0.5)
    look = seen.look("rapid")
    assert look.reading
    assert look.reading.text == PLATE
    assert look.reading.confidence >= 0.95
    assert look.picture == b"picture 1", "the best of the frames is the evidence"
    assert look.frames == (
        FrameRead(after_ms=0, confidence=0.85, voted=True, agreed=True, kept=False),
        FrameRead(after_ms=200, confidence=0.86, voted=True, agreed=True, kept=True),
        FrameRead(after_ms=400, confidence=0.85, voted=True, agreed=True, kept=False),
    )
    assert (look.travel, look.took_ms) == ("in", 240)


@pytest.mark.parametrize(("most", "now_s"), [(3, 0.5), (5, 2.0)])
def test_time_and_number_end_it(most: int, now_s: float) -> None:
    frames = [result(plate(f"24A1{number}378", 0.5, x=100 + 90 * number)) for number in range(3)]
    assert gaze(*frames, most=most).is_enough(now_s)
    assert not gaze(*frames[:2], most=most).is_enough(0.5)


def test_a_car_that_stands_still_is_not_read_for_ever() -> None:
    still = [result(plate(x=100 + number % 2)) for number in range(SETTLED)]
    assert not gaze(*still[:-1]).is_enough(0.5)
    assert gaze(*still).is_enough(0.5)
    look = gaze(*still).look("rapid")
    assert look.reading
    assert look.reading.confidence == pytest.approx(0.6, abs=0.01), "and is no surer for it"
    moving = [result(plate(x=100 + 90 * number)) for number in range(SETTLED)]
    assert not gaze(*moving, sure=0.999).is_enough(0.5)


def test_the_same_bytes_again_say_nothing() -> None:
    seen = gaze(result(plate()))
    assert not seen.shows_more(b"picture 0")
    assert seen.shows_more(b"picture 1")


def test_where_no_plate_is_found_it_is_soon_over() -> None:
    assert not gaze(*[result()] * (BLIND_MAX - 1)).is_enough(0.5)
    seen = gaze(*[result()] * BLIND_MAX)
    assert seen.is_enough(0.5)
    look = seen.look("rapid")
    assert (look.reading, look.picture, len(look.frames)) == (None, b"picture 0", BLIND_MAX)
    assert not any(frame.voted or frame.kept for frame in look.frames[1:])


def test_a_frame_too_dark_to_read_does_not_end_it() -> None:
    look = gaze(result(), result(plate(sure=0.97))).look("rapid")
    assert look.reading == plate(sure=0.97)
    assert look.picture == b"picture 1"


def test_a_reader_that_fails_later_costs_nothing_of_before() -> None:
    seen = gaze(result(plate()), ReadResult(error="not read in time"))
    assert seen.is_enough(0.3)
    look = seen.look("rapid")
    assert (look.reading, look.error) == (plate(), "")
    assert gaze(ReadResult(error="not read in time")).look("rapid").error == "not read in time"


def test_a_broken_picture_is_no_reader_that_cannot_read() -> None:
    broken = ReadResult(error="unreadable picture: broken: truncated")
    seen = gaze(broken)
    assert not seen.is_enough(0.1)
    seen.saw(b"picture 1", result(plate(sure=0.97)), 0.2)
    assert seen.look("rapid").reading == plate(sure=0.97)
    hopeless = gaze(*[broken] * BLIND_MAX)
    assert hopeless.is_enough(0.5)
    assert hopeless.look("rapid").error == broken.error


def test_who_rolls_up_behind_is_another_vehicle() -> None:
    seen = gaze(
        result(plate(sure=0.5)),
        result(plate(OTHER, 0.99, x=500), plate(sure=0.5, x=110)),
        result(plate(OTHER, 0.99, x=480)),
    )
    look = seen.look("rapid")
    assert look.reading
    assert look.reading.text == PLATE, "though the other one reads better"
    assert [frame.voted for frame in look.frames] == [True, True, False]


def test_two_on_the_first_frame_are_told_apart_by_the_reader_s_order() -> None:
    near, far = plate(sure=0.9), plate(OTHER, 0.9, x=600, width=90)
    assert gaze(result(near, far)).look("rapid").reading == near
    assert gaze(result(far, near)).look("rapid").reading == far


def test_a_sticker_is_no_vehicle() -> None:
    seen = gaze(result(plate("0912345", 0.1, x=600)), result(plate(sure=0.9)), result(plate(sure=0.9, x=300)))
    look = seen.look("rapid")
    assert look.reading
    assert look.reading.text == PLATE


def test_what_is_told_of_the_plate_beside_its_text_fits_the_text() -> None:
    own = replace(plate("24A12373", 0.7), kinds=("CAR", "MOTO_EV"), colour="yellow", raw="24AI2373")
    other = replace(plate("24A12378", 0.7, x=300), kinds=("CAR", "MOTO_EV"))
    look = gaze(result(own), result(other), result(plate(sure=0.5, x=500))).look("rapid")
    assert look.reading
    assert look.reading.text == PLATE
    assert look.reading.kinds == ("CAR",), "a class that this text cannot have goes"
    assert look.reading.alternatives[0][0] == "24A12373", "what else it may be, without itself"


def test_what_no_fact_may_carry_does_not_vote() -> None:
    absurd = PlateReading("2" * 17, 0.9, (), (0, 0, 9, 9), 1, "white")
    assert gaze(result(absurd)).look("rapid").error == "reader: an answer that cannot be"
    look = gaze(result(absurd, plate())).look("rapid")
    assert (look.reading, look.sharpness) == (plate(), 0.0), "the figure was of the other one"
