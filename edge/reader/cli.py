"""`barie read`: number plates on pictures, one line each."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.reader.contract import Reader
from edge.reader.engines import ENGINES, engine
from edge.reader.image import BYTES_MAX, UnreadableImage, decode
from gate.plate import pretty

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm"})


def main(argv: Sequence[str] | None = None) -> int:
    """Read the pictures named in `argv`. 0, or 1 where one was unreadable, or 2 for wrong arguments."""
    options = _parser().parse_args(argv)
    reader = engine(options.engine, options.threads)
    show = _as_json if options.json else _as_text
    failed = False
    for path in _pictures(options.images):
        answer = _answer(reader, path)
        failed |= "error" in answer
        sys.stdout.write(show(answer) + "\n")
        sys.stdout.flush()
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="barie read", description="Read number plates on pictures.")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="a picture, or a folder of pictures")
    parser.add_argument("--json", action="store_true", help="one JSON object per picture")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="the plate reader (default: %(default)s)")
    parser.add_argument("--threads", type=_threads, default=1, help="processor threads, 1 to 64 (default: %(default)s)")
    return parser


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 1 to 64 is wanted")
    return int(text)


def _pictures(paths: Sequence[Path]) -> Iterator[Path]:
    """The files as named, and the pictures of each folder (not of folders inside it) by name."""
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
        else:
            yield path


def _answer(reader: Reader, path: Path) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        plates = reader.read(decode(_bytes(path)))
    except UnreadableImage as reason:
        return {"file": str(path), "plates": [], "error": str(reason), "ms": _ms(began)}
    return {"file": str(path), "plates": [_plate(msgspec.to_builtins(plate)) for plate in plates], "ms": _ms(began)}


def _bytes(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise UnreadableImage("not a regular file")  # a pipe or a device could block for ever
        with path.open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except OSError as error:
        raise UnreadableImage(error.strerror or str(error)) from error


def _plate(reading: dict[str, Any]) -> dict[str, Any]:
    return {key: reading[key] for key in ("text", "confidence", "box", "lines", "colour")}


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _as_json(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False)


def _as_text(answer: dict[str, Any]) -> str:
    name = _printable(answer["file"])
    if "error" in answer:
        return f"{name}: {_printable(answer['error'])}"
    shown = [
        f"{pretty(plate['text'], lines=plate['lines'], colour=plate['colour']):<14} {plate['confidence']:6.1%}  "
        f"{plate['colour']:<7} {plate['lines']} line{'s' * (plate['lines'] > 1)}"
        for plate in answer["plates"]
    ]
    return "\n  ".join([f"{name}  ({answer['ms']:.0f} ms)", *(shown or ["no plate"])])


def _printable(text: str) -> str:
    """A file's name may hold anything; a terminal gets no control characters from it."""
    return "".join(char if char.isprintable() else "?" for char in text)


if __name__ == "__main__":
    sys.exit(main())
