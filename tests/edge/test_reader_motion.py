"""Where something moved: the part of a frame that is read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.reader.motion import WHOLE_S, Motion

HEIGHT, WIDTH = 480, 640
GROUND = np.random.default_rng(4).integers(60, 160, (HEIGHT, WIDTH, 3), np.uint8)
WHOLE = (0, 0, WIDTH, HEIGHT)


def frame(x: int | None = None, y: int = 200, *, noise: int = 0, light: int = 0) -> NDArray[np.uint8]:
    """The same street, a bright box of 120 x 60 on it, a camera's noise over it."""
    picture = GROUND.astype(np.int16) + light
    if x is not None:
        picture[y : y + 60, x : x + 120] = 230
    picture += np.random.default_rng(noise).integers(-6, 7, picture.shape, np.int16)
    return np.clip(picture, 0, 255).astype(np.uint8)


def test_the_first_frame_is_read_whole_and_a_still_one_not_at_all() -> None:
    motion = Motion()
    assert motion.part(frame(noise=1), 0.0) == WHOLE
    assert motion.part(frame(noise=2), 0.2) is None


def test_where_a_plate_stood_is_read_again() -> None:
    motion = Motion()
    motion.part(frame(noise=1), 0.0)
    assert motion.part(frame(noise=2), 0.2, [(300, 200, 80, 40)]) == (228, 128, 224, 184)


def test_the_whole_frame_is_read_again_in_time() -> None:
    motion = Motion()
    parts = [motion.part(frame(noise=n), 0.25 * n) for n in range(9)]
    assert [n for n, part in enumerate(parts) if part] == [0, 4, 8], f"every {WHOLE_S} s"


@pytest.mark.parametrize(("x", "y"), [(40, 60), (400, 350), (0, 0)])
def test_what_moves_is_inside_the_part_and_the_rest_is_not(x: int, y: int) -> None:
    motion = Motion()
    motion.part(frame(noise=1), 0.0)
    part = motion.part(frame(x, y, noise=2), 0.2)
    assert part is not None
    left, top, width, height = part
    assert left <= x
    assert top <= y
    assert left + width >= min(WIDTH, x + 120)
    assert top + height >= min(HEIGHT, y + 60)
    assert width * height < 0.4 * WIDTH * HEIGHT
    assert left >= 0 and top >= 0 and left + width <= WIDTH and top + height <= HEIGHT  # noqa: PT018 - one statement


def test_a_change_of_light_is_everywhere() -> None:
    motion = Motion()
    motion.part(frame(), 0.0)
    part = motion.part(frame(light=40), 0.2)
    assert part is not None
    assert part[2] * part[3] > 0.9 * WIDTH * HEIGHT


def test_another_size_is_another_picture() -> None:
    motion = Motion()
    motion.part(frame(), 0.0)
    assert motion.part(frame()[:240], 0.2) == (0, 0, WIDTH, 240)
