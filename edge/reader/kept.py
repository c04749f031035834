"""Networks and figures that come with barie: `weights/`, each file checked against its hash before it is used."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import onnxruntime

from edge.reader.networks import WeightsMissingError, configured

FOLDER: Final = Path(__file__).with_name("weights")
HASHES: Final = "hashes.json"


@cache
def _hashes(folder: Path) -> dict[str, str]:
    try:
        hashes: dict[str, str] = json.loads((folder / HASHES).read_bytes())
    except (OSError, ValueError) as error:
        raise WeightsMissingError(f"{folder / HASHES}: {error}") from error
    return hashes


def kept(name: str, folder: Path = FOLDER) -> bytes:
    """The bytes of one of the files. Raises `WeightsMissingError` where it is missing or not what was committed."""
    path = folder / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsMissingError(f"{path}: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != _hashes(folder).get(name):
        raise WeightsMissingError(f"{path}: not the file that its hash in {HASHES} names")
    return data


def network(name: str, threads: int, folder: Path = FOLDER) -> onnxruntime.InferenceSession:
    """One of the networks on the CPU, from the very bytes whose hash was checked."""
    return onnxruntime.InferenceSession(kept(name, folder), configured(threads), providers=["CPUExecutionProvider"])


def figures(name: str, folder: Path = FOLDER) -> Any:
    """One of the tables of figures (JSON)."""
    return json.loads(kept(name, folder))
