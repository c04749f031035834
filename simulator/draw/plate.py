"""A flat picture of a plate: enamel, embossed characters, border, bolts and dirt."""

import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.draw.face import Box, Mask, draw_text
from simulator.draw.layout import printed_lines
from simulator.draw.subject import BLUE, MOTO, RED, WHITE, YELLOW, Subject
from simulator.draw.texture import clouds

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

_GROUND: dict[str, Colour] = {WHITE: (236, 238, 238), YELLOW: (38, 190, 246), BLUE: (150, 72, 22), RED: (34, 28, 178)}
_BLACK_INK, _WHITE_INK, _RED_INK = (26, 24, 24), (240, 242, 242), (36, 32, 190)
_RED_MARKS = ("NG", "QT")
_DRIED_MUD = (92, 116, 138)
_STROKE = 0.138


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate's metal: its subject, its age and the dirt on it.

    `wear` and `dirt` run from 0 (new, clean) to 1; `seed` places the dirt and the bolts.
    """

    subject: Subject
    wear: float = 0.0
    dirt: float = 0.0
    seed: int = 0


def size_mm(subject: Subject) -> tuple[int, int]:
    """Height and width in millimetres (QCVN 08:2024/BCA): long 110 x 520, short 165 x 330, motorbike 140 x 190."""
    if subject.vehicle_class == MOTO:
        return 140, 190
    return (110, 520) if subject.lines == 1 else (165, 330)


def draw_plate(plate: Plate, px_per_mm: float = 1.0) -> Picture:
    """The plate seen square on, BGR, `size_mm` times `px_per_mm` pixels.

    Raises ValueError naming the text when it is empty, too long or has a character without a glyph.
    """
    lines = printed_lines(plate.subject)
    height, width = (round(side * px_per_mm) for side in size_mm(plate.subject))
    rng = random.Random(plate.seed)
    ink_of = _inks(lines, plate)
    picture: NDArray[np.float32] = np.full((height, width, 3), _GROUND[plate.subject.colour], np.float32)
    picture *= np.linspace(1.02, 0.95, height, dtype=np.float32)[:, None, None]
    masks = {ink_of(""): _frame((height, width), px_per_mm)}
    for line, box in zip(lines, _boxes(lines, width, height), strict=True):
        for character, mask in zip(line, draw_text((height, width), line, box, _STROKE), strict=True):
            ink = ink_of(character)
            masks[ink] = np.asarray(cv2.max(masks[ink], mask), np.uint8) if ink in masks else mask
    for ink, mask in masks.items():
        _press(picture, mask, ink, px_per_mm)
    _bolts(picture, px_per_mm, rng)
    _soil(picture, plate, rng)
    return np.clip(picture, 0, 255).astype(np.uint8)


class _Inks:
    """The ink of a character: black, white on blue and red, red for the letters of a mission."""

    def __init__(self, base: Colour, letters: Colour) -> None:
        self.base, self.letters = base, letters

    def __call__(self, character: str) -> Colour:
        return self.letters if character.isalpha() else self.base


def _inks(lines: tuple[str, ...], plate: Plate) -> _Inks:
    base = _WHITE_INK if plate.subject.colour in {BLUE, RED} else _BLACK_INK
    mission = plate.subject.colour == WHITE and any(mark in "".join(lines) for mark in _RED_MARKS)
    fade = round(50 * plate.wear) if base == _BLACK_INK else 0
    worn = (base[0] + fade, base[1] + fade, base[2] + fade)
    return _Inks(worn, _RED_INK if mission else worn)


def _boxes(lines: tuple[str, ...], width: int, height: int) -> list[Box]:
    if len(lines) == 1:
        return [(0.035 * width, 0.16 * height, 0.93 * width, 0.68 * height)]
    top = (0.09 * width, 0.10 * height, 0.82 * width, 0.345 * height)
    return [top, (0.06 * width, 0.535 * height, 0.88 * width, 0.365 * height)]


def _frame(shape: tuple[int, int], px_per_mm: float) -> Mask:
    """The pressed rim: a rounded rectangle a few millimetres inside the edge."""
    mask = np.zeros(shape, np.uint8)
    height, width = shape
    inset, radius = 4 * px_per_mm, 9 * px_per_mm
    corners = [(inset, inset), (width - inset, inset), (width - inset, height - inset), (inset, height - inset)]
    path: list[NDArray[np.float64]] = []
    for (x, y), start in zip(corners, (180, 270, 0, 90), strict=True):
        centre = (x + (radius if x < width / 2 else -radius), y + (radius if y < height / 2 else -radius))
        turns = np.radians(np.linspace(start, start + 90, 5))
        path.extend(np.stack([centre[0] + radius * np.cos(turns), centre[1] + radius * np.sin(turns)], axis=1))
    points = np.round(np.array(path) * 16).astype(np.int32).reshape(-1, 1, 2)
    pen = max(1, round(2.2 * px_per_mm))
    cv2.polylines(mask, [points], isClosed=True, color=255, thickness=pen, lineType=cv2.LINE_AA, shift=4)
    return mask


def _press(picture: NDArray[np.float32], mask: Mask, ink: Colour, px_per_mm: float) -> None:
    """Ink the mask and light its raised edges from above on the left."""
    cover = mask.astype(np.float32) / 255
    step = max(1, round(px_per_mm))
    relief = np.roll(cover, (step, step), (0, 1)) - np.roll(cover, (-step, -step), (0, 1))
    picture += (np.array(ink, np.float32) - picture) * cover[..., None]
    picture -= 22 * relief[..., None]


def _bolts(picture: NDArray[np.float32], px_per_mm: float, rng: random.Random) -> None:
    """Two bolts, left and right of the upper line as the holes are drilled."""
    height, width = picture.shape[:2]
    row = height * (0.5 if width > 3 * height else 0.24)
    column = (9 if width > 3 * height else 12) * px_per_mm
    grey = rng.randint(120, 185)
    for x in (column, width - column):
        centre = (round(x * 16), round(row * 16))
        cv2.circle(picture, centre, round(4.2 * px_per_mm * 16), (60, 60, 60), -1, cv2.LINE_AA, 4)
        cv2.circle(picture, centre, round(3.2 * px_per_mm * 16), (grey, grey, grey), -1, cv2.LINE_AA, 4)


def _soil(picture: NDArray[np.float32], plate: Plate, rng: random.Random) -> None:
    """Dust all over, and mud that gathers below and in patches."""
    if plate.dirt <= 0:
        return
    height, width = picture.shape[:2]
    patches = np.clip(clouds(rng, (height, width), 7) * 2.2 - 1.1, 0, 1)
    low = np.linspace(0.5, 1.1, height, dtype=np.float32)[:, None]
    cover = np.clip(plate.dirt * (0.22 + 0.62 * patches * low), 0, 0.9)[..., None]
    picture += (np.array(_DRIED_MUD, np.float32) - picture) * cover
