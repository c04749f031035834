"""The two networks bundled with the `rapidocr` wheel (PP-OCRv6 small, Apache-2.0), run by onnxruntime alone.

Only the weights are taken from the wheel: scaling, boxes, decoding and joining are ours. That keeps the process
small, gives every character's probabilities, and leaves no code path that could download anything.
"""

import math
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]  # height x width x 3, BGR
Quad: TypeAlias = NDArray[np.float32]  # 4 x 2, pixels: top left, top right, bottom right, bottom left
Matrix: TypeAlias = NDArray[np.float32]  # time x symbols: probabilities

DETECTOR: Final = "PP-OCRv6_det_small.onnx"
RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"
LINE_HEIGHT: Final = 48  # what the recogniser was trained on
_INK: Final = 0.3  # probability from which a pixel is text
_TEXT: Final = 0.5  # mean probability from which a box is text
_THIN: Final = 3  # pixels of the network's map; less is no line
_GROW: Final = 1.6  # the network marks the kernel of a line; this gives the whole line back
_STEP: Final = 32  # the detector wants sides that are multiples of this
_SIDE_MAX: Final = 1600


class WeightsMissingError(RuntimeError):
    """The installation has no weights for the plate reader: reinstall `rapidocr`."""


def bundled(name: str) -> Path:
    """Path of a network inside the installed `rapidocr` wheel, without importing it."""
    spec = find_spec("rapidocr")
    path = Path(spec.origin or "").parent / "models" / name if spec else Path(name)
    if not path.is_file():
        msg = f"{name}: no such weights in the installed rapidocr package"
        raise WeightsMissingError(msg)
    return path


def configured(threads: int) -> onnxruntime.SessionOptions:
    """How every network runs: on `threads` threads that sleep between pictures.

    The memory arena is on: without it the detector takes its hundreds of megabytes from the system for every picture,
    and spends a tenth of its time on page faults. `_SIDE_MAX` bounds what the arena can grow to.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = True
    options.log_severity_level = 3
    # A thread that waits by spinning takes a core from the agent and from the other half of the very same network.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def session(name: str, threads: int) -> onnxruntime.InferenceSession:
    """One of the bundled networks on the CPU."""
    return onnxruntime.InferenceSession(str(bundled(name)), configured(threads), providers=["CPUExecutionProvider"])


def _tensor(image: Image) -> NDArray[np.float32]:
    """1 x 3 x height x width in -1..1, as both networks want it."""
    return np.asarray(cv2.dnn.blobFromImage(image, 1 / 127.5, mean=(127.5, 127.5, 127.5)), np.float32)


class Detector:
    """Finds lines of text."""

    def __init__(self, threads: int = 1) -> None:
        self._session = session(DETECTOR, threads)

    def lines(self, image: Image, side: int) -> list[Quad]:
        """Corners of every line, in pixels of `image`, looked for with its shorter side scaled to `side`."""
        height, width = image.shape[:2]
        scale = min(side / min(height, width), _SIDE_MAX / max(height, width))
        size = (_multiple(width * scale), _multiple(height * scale))
        tensor = _tensor(np.asarray(cv2.resize(image, size), np.uint8))
        options = _RETURNING if size[0] * size[1] > _KEPT else None
        heat = self._session.run(None, {"x": tensor}, options)[0][0, 0]
        return [quad * np.array((width / size[0], height / size[1]), np.float32) for quad in _boxes(heat)]


def _returning() -> onnxruntime.RunOptions:
    """A run that gives its memory back to the system afterwards: fine looks are rare and take hundreds of megabytes."""
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


_RETURNING: Final = _returning()
_KEPT: Final = 200_000  # pixels of a look whose memory is kept for the next


def _multiple(length: float) -> int:
    return max(_STEP, round(length / _STEP) * _STEP)


def _boxes(heat: NDArray[np.float32]) -> list[Quad]:
    mask = cv2.dilate((heat > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _THIN or _mean(heat, _corners(centre, (width, height), angle)) < _TEXT:
            continue
        margin = _GROW * width * height / (width + height)
        found.append(ordered(_corners(centre, (width + margin, height + margin), angle)))
    return found


def _corners(centre: Sequence[float], size: Sequence[float], angle: float) -> Quad:
    return np.asarray(cv2.boxPoints((centre, size, angle)), np.float32)


def _mean(heat: NDArray[np.float32], corners: Quad) -> float:
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = heat[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - low).astype(np.int32)], 1)
    return float(cv2.mean(part, mask)[0])


def ordered(corners: Quad) -> Quad:
    """Corners from the top left, clockwise, for a line that runs from left to right."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.stack((left[0], right[0], right[1], left[1]))


def cut(image: Image, quad: Quad, rows: int = LINE_HEIGHT) -> Image:
    """The line inside `quad`, turned upright and scaled to `rows` pixels of height."""
    width = max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[2] - quad[3]))
    height = max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))
    size = (max(8, math.ceil(rows * float(width) / max(float(height), 1.0))), rows)
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    line = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line, np.uint8)


class Recogniser:
    """Gives the probabilities of every symbol along one line."""

    def __init__(self, threads: int = 1) -> None:
        self._session = session(RECOGNISER, threads)
        names = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.symbols = ("", *names, " ")  # the first is CTC's blank

    def read(self, line: Image, width: int = 0) -> Matrix:
        """Probabilities (time x symbols) of a line of `LINE_HEIGHT`, padded with grey to at least `width`."""
        tensor = _tensor(line)
        lacking = width - tensor.shape[3]
        if lacking > 0:
            tensor = np.pad(tensor, ((0, 0), (0, 0), (0, 0), (0, lacking)))
        matrix: Matrix = self._session.run(None, {"x": tensor})[0][0]
        return matrix
