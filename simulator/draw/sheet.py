"""`python -m simulator.draw.sheet FILE.jpg`: one small picture of what the simulator can draw, for the handbook."""

import random
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.look import DAY, DUSK, INFRARED, NIGHT, look
from simulator.draw.scene import draw_scene, jpeg
from simulator.draw.subject import Subject

_ACROSS = 4
_SHOWN = (
    (Subject("24A-123.45", "white", 1, "CAR9"), DAY),
    (Subject("30F-678.90", "yellow", 1, "VAN16"), DUSK),
    (Subject("21B-998.12", "yellow", 1, "MINI29"), DAY),
    (Subject("24-B1 123.45", "white", 2, "MOTO"), DAY),
    (Subject("80A-001.23", "blue", 1, "CAR9"), DAY),
    (Subject("29B-555.13", "yellow", 2, "BUS30"), NIGHT),
    (Subject("29LD-024.68", "white", 1, "CAR9"), INFRARED),
    (Subject("24-MĐ1 357.91", "white", 2, "MOTO"), NIGHT),
)


def contact_sheet(seed: int = 5) -> NDArray[np.uint8]:
    """Two rows of four pictures, each a quarter of the camera's size both ways."""
    rng = random.Random(seed)
    small = [
        cv2.resize(draw_scene(subject, look(rng, light=light)), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        for subject, light in _SHOWN
    ]
    rows = [np.hstack(small[start : start + _ACROSS]) for start in range(0, len(small), _ACROSS)]
    return np.asarray(np.vstack(rows), np.uint8)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(jpeg(contact_sheet(), 82))
