"""EasyOCR with its own weights, where a user has them: its detector and its English recogniser, nothing of ours."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from edge.reader.easy.ear import Ear, Grey, loaded, present
from edge.reader.easy.pickles import checked, only_weights
from edge.reader.layout import Place
from edge.reader.networks import Image, Matrix, Quad, WeightsMissingError, cut, ordered
from edge.reader.symbols import Folding

# SHA-256 of the files that EasyOCR 1.7 knows by their MD5.
WEIGHTS: Final = {
    "craft_mlt_25k.pth": "4a5efbfb48b4081100544e75e1e2b57f8de3d84f213004b14b85fd4b3748db17",
    "english_g2.pth": "e2272681d9d67a04e2dff396b6e95077bc19001f8f6d3593c307b9852e1c29e8",
}
_ROWS: Final = 64
_FINER: Final = 2.0  # it looks for single characters, and wants them larger than a detector of lines does
_TOGETHER: Final = 16


class Stock:
    """A `LineFinder` and a `SymbolReader`."""

    def __init__(self, threads: int = 1, folder: Path | None = None) -> None:
        present()
        found = checked_folder(folder)
        easyocr = loaded(threads)
        with only_weights(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about how it makes its networks smaller
            self._reader: Any = easyocr.Reader(
                ["en"], gpu=False, model_storage_directory=str(found), download_enabled=False, verbose=False
            )
        self._ear = Ear(self._reader, _ROWS)
        self._folding = Folding(("", *self._reader.character))

    def lines(self, image: Image, side: int) -> list[Quad]:
        """See `LineFinder`."""
        scale = _FINER * side / min(image.shape[:2])
        colours = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
        canvas = round(scale * max(image.shape[:2]))
        level, tilted = self._reader.detect(colours, canvas_size=canvas, mag_ratio=scale, reformat=False)
        boxes = [[(x, y), (right, y), (right, bottom), (x, bottom)] for x, right, y, bottom in level[0]]
        return [ordered(np.array(corners, np.float32)) for corners in [*boxes, *tilted[0]]]

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """See `SymbolReader`."""
        lines = [_grey(image, place) for place in places]
        together = [lines[first : first + _TOGETHER] for first in range(0, len(lines), _TOGETHER)]
        return [self._folding.fold(matrix) for some in together for _, matrix in self._ear.read(some)]


def checked_folder(folder: Path | None) -> Path:
    """The folder, or else EasyOCR's own (`EASYOCR_MODULE_PATH`, `~/.EasyOCR`), with each of `WEIGHTS` checked. Raises
    `WeightsMissingError` naming all that is missing, or the first that is another file.
    """
    folder = folder or home() / "model"
    missing = [name for name in WEIGHTS if not (folder / name).is_file()]
    if missing:
        raise WeightsMissingError(
            f"{folder}: no {', no '.join(missing)}; EasyOCR's own weights are not part of barie and never downloaded: "
            "name their folder with --weights"
        )
    for name, digest in WEIGHTS.items():
        checked(folder / name, digest)
    return folder


def home() -> Path:
    """Where EasyOCR keeps what it downloads."""
    named = os.environ.get("EASYOCR_MODULE_PATH") or os.environ.get("MODULE_PATH")
    return Path(named) if named else Path.home() / ".EasyOCR"


def _grey(image: Image, place: Place) -> Grey:
    return np.asarray(cv2.cvtColor(cut(image, place.quad, _ROWS), cv2.COLOR_BGR2GRAY), np.uint8)
