"""EasyOCR itself: loading it, and hearing what its recogniser holds possible while it reads lines."""

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge.reader.networks import Matrix, WeightsMissingError

Grey = NDArray[np.uint8]  # rows x columns


_PACKAGES: Final = ("easyocr", "onnx", "torch")


def present() -> None:
    """Raises `WeightsMissingError` where a package of the extra is missing; quick, for nothing is loaded."""
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise WeightsMissingError(f"not installed: {', '.join(missing)}; pip install 'barie[easyocr]'")


def loaded(threads: int) -> ModuleType:
    """The package, on so many threads. Raises `WeightsMissingError` where it is missing or does not load."""
    present()
    try:
        import easyocr  # noqa: PLC0415 - seconds and hundreds of megabytes
        import torch  # noqa: PLC0415
    except (ImportError, RuntimeError) as error:  # RuntimeError: torchvision of another build than torch
        raise WeightsMissingError(f"EasyOCR does not load: {error}") from error
    torch.set_num_threads(threads)
    module: ModuleType = easyocr
    return module


class Ear:
    """Reads lines with a reader of EasyOCR's whose recogniser wants `rows` pixels of height."""

    def __init__(self, reader: Any, rows: int) -> None:
        self._reader, self._rows = reader, rows
        self._heard: list[Any] = []
        reader.recognizer.register_forward_hook(lambda _network, _lines, logits: self._heard.append(logits))

    def read(self, lines: Sequence[Grey]) -> list[tuple[str, Matrix]]:
        """EasyOCR's text of each line of `rows`, and the probabilities (time x symbols) behind it. All are read in one
        run, the shorter ones with their last column repeated.
        """
        from easyocr.recognition import get_text  # noqa: PLC0415 - what its Reader calls, a line at a time

        self._heard.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each time, about memory for a GPU
            found = get_text(
                self._reader.character,
                self._rows,
                max(line.shape[1] for line in lines),
                self._reader.recognizer,
                self._reader.converter,
                [(None, line) for line in lines],
                batch_size=len(lines),
                contrast_ths=0.0,  # it would read doubtful lines again; what is doubtful is the cascade's affair
                workers=0,
                device=self._reader.device,
            )
        (logits,) = self._heard
        matrices = logits.softmax(dim=2).detach().cpu().numpy()
        return [(text, matrix) for (_, text, _), matrix in zip(found, matrices, strict=True)]
