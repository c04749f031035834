"""Files of weights that are pickles: checked by their SHA-256 before anything opens them, opened for numbers alone."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from edge.reader.networks import WeightsMissingError

_ONLY_WEIGHTS: Final = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"


def checked(path: Path, digest: str) -> None:
    """Raises `WeightsMissingError` where the file is missing or its SHA-256 is another."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsMissingError(f"{path}: {error.strerror}") from error
    if found != digest:
        raise WeightsMissingError(f"{path}: its SHA-256 is {found}, not {digest}; it was not opened")


@contextmanager
def only_weights() -> Iterator[None]:
    """torch refuses pickles that hold anything but numbers, though EasyOCR asks for whole ones (weights_only=False)."""
    before = os.environ.get(_ONLY_WEIGHTS)
    os.environ[_ONLY_WEIGHTS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ONLY_WEIGHTS]
        else:
            os.environ[_ONLY_WEIGHTS] = before
