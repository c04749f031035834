"""Our own recogniser (`weights/strokes.onnx`) as a network of the user's inside EasyOCR."""

import hashlib
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from edge.reader.easy.ear import Ear, loaded
from edge.reader.easy.pickles import checked, only_weights
from edge.reader.kept import kept
from edge.reader.layout import Place
from edge.reader.networks import Image, Matrix
from edge.reader.strokes import NAME, ROWS, SYMBOLS, batches, cut_grey, fitted
from edge.reader.symbols import Folding

NETWORK: Final = "barie_strokes"  # name of the network's three files: module, settings, weights
_MODULE: Final = "from edge.reader.easy.network import Model  # what EasyOCR looks for\n"


class EasyStrokes:
    """A `SymbolReader`: `edge.reader.strokes.Strokes` with EasyOCR in onnxruntime's place."""

    def __init__(self, threads: int = 1) -> None:
        self._ear = Ear(reader(threads), ROWS)
        self._folding = Folding(SYMBOLS)

    def read_lines(self, image: Image, places: Sequence[Place]) -> list[Matrix]:
        """Probabilities of each line, folded; see `SymbolReader`."""
        lines = [fitted(cut_grey(image, place)) for place in places]
        matrices: dict[int, Matrix] = {}
        for together in batches(lines):
            heard = self._ear.read([lines[number].picture for number in together])
            matrices |= {number: matrix for number, (_, matrix) in zip(together, heard, strict=True)}
        return [self._folding.fold(matrices[number][: line.steps]) for number, line in enumerate(lines)]


def reader(threads: int) -> Any:
    """EasyOCR's `Reader` of our network.

    It takes files only, one of them a pickle: they are made from the checked bytes of the ONNX file, in a folder of
    this user's, and are gone when they are loaded.
    """
    easyocr = loaded(threads)
    with TemporaryDirectory(prefix="barie-easyocr-") as folder:
        digest = written(Path(folder), kept(NAME))
        checked(Path(folder) / f"{NETWORK}.pth", digest)
        try:
            with only_weights():
                return easyocr.Reader(
                    ["en"],
                    gpu=False,
                    recog_network=NETWORK,
                    user_network_directory=folder,
                    model_storage_directory=folder,
                    detector=False,
                    download_enabled=False,
                    quantize=False,
                    verbose=False,
                )
        finally:
            sys.path[:] = [path for path in sys.path if path != folder]  # EasyOCR appends it


def written(folder: Path, data: bytes) -> str:
    """Write the three files that EasyOCR wants for a network of ours (the bytes of its ONNX file); SHA-256 of the
    pickle among them.
    """
    import torch  # noqa: PLC0415

    from edge.reader.easy.graph import graph  # noqa: PLC0415

    found = graph(data)
    settings = {
        "imgH": ROWS,
        "lang_list": ["en"],
        "character_list": "".join(SYMBOLS),  # without CTC's blank, which it adds
        "network_params": {"steps": found.steps},
    }
    (folder / f"{NETWORK}.py").write_text(_MODULE, encoding="utf-8")
    (folder / f"{NETWORK}.yaml").write_text(json.dumps(settings, indent=1), encoding="utf-8")  # JSON is YAML
    pickle = io.BytesIO()
    torch.save({f"module.{name}": torch.tensor(each) for name, each in found.weights.items()}, pickle)
    (folder / f"{NETWORK}.pth").write_bytes(pickle.getvalue())
    return hashlib.sha256(pickle.getvalue()).hexdigest()
