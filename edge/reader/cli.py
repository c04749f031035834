"""`barie read`: number plates on pictures and in videos, one line for each file."""

import argparse
import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.reader.contract import Reader
from edge.reader.engines import ENGINES, engine
from edge.reader.image import BYTES_MAX, UnreadableImage, for_reading
from edge.reader.networks import WeightsMissingError
from edge.reader.video import SUFFIXES as VIDEOS
from edge.reader.video import Vehicle, vehicles
from edge.reader.whole import read_picture
from gate.plate import pretty
from gate.reading import PlateReading

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm"})
THREADS: Final = 2
DEADLINE_MS: Final = 1500.0
EVERY_S: Final = 0.2
_INTERRUPTED: Final = 130  # exit status of what a Ctrl-C ended

_EPILOG: Final = """
Each line of --json: file, ms, plates (best first; each with text, confidence, box, lines, colour, path, class and
alternatives) and, where there is none to be had, error. path is fast where a first look was sure, checked where a
second network was asked, slow where finer looks were taken. A video's plates come in the order in which they came,
with first_s, last_s, frames and travel. Exit status 1 where a file could not be read.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Read the files named in `argv`. 0, or 1 where one was unreadable, or 2 for wrong arguments."""
    options = _parser().parse_args(argv)
    try:
        return _run(options)
    except WeightsMissingError as error:
        sys.stderr.write(f"barie read: {error}\n")
        return 1
    except BrokenPipeError:  # who listened has heard enough; Python would complain once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    reader = engine(options.engine, options.threads, options.weights)
    show = _as_json if options.json else _as_text
    files = list(_files(options.images))
    failed = False
    for number, path in enumerate(files):
        _progress(number, len(files))
        answer = _answer(reader, path, options)
        failed |= "error" in answer
        sys.stdout.write(show(answer) + "\n")
        sys.stdout.flush()
    _progress(len(files), len(files))
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="barie read", description="Read number plates on pictures and in videos.", epilog=_EPILOG
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="FILE", help="a picture, a video, or a folder of them")
    parser.add_argument("--json", action="store_true", help="one JSON object for each file")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="the plate reader (default: %(default)s)")
    parser.add_argument(
        "--weights", type=Path, metavar="DIR", help="folder of the weights that easyocr-stock reads with"
    )
    parser.add_argument(
        "--threads", type=_number(1, 64), default=THREADS, help="processor threads, 1 to 64 (default: %(default)s)"
    )
    parser.add_argument(
        "--deadline",
        type=_number(1, 600_000),
        default=DEADLINE_MS,
        metavar="MS",
        help="milliseconds within which a picture's last look begins (default: %(default).0f)",
    )
    parser.add_argument(
        "--every", type=_seconds, default=EVERY_S, metavar="S", help="seconds between a video's frames (default: 0.2)"
    )
    return parser


def _number(least: int, most: int) -> Any:
    def number(text: str) -> int:
        if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: a number from {least} to {most} is wanted")
        return int(text)

    return number


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 3600.0:
        raise argparse.ArgumentTypeError(f"{text!r}: seconds from 0 to 3600 are wanted")
    return value


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files as named, and the pictures and videos of each folder (not of folders inside it) by name."""
    for path in paths:
        yield from _inside(path) or [path]


def _inside(folder: Path) -> list[Path]:
    """Empty for what is no folder, or cannot be looked into, or has nothing: asked for by itself it gets a reason."""
    try:
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return [file for file in files if file.suffix.lower() in SUFFIXES | VIDEOS and not file.is_dir()]
    except OSError:
        return []


def _progress(done: int, whole: int) -> None:
    """On a terminal, how far it is; in a pipe nothing."""
    if whole > 1 and sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{whole}\r" if done < whole else "\r\033[K")
        sys.stderr.flush()


def _answer(reader: Reader, path: Path, options: argparse.Namespace) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        if path.suffix.lower() in VIDEOS:
            plates = _of_video(reader, path, options)
        else:
            plates = [
                _plate(each) for each in read_picture(reader, for_reading(_bytes(path)), deadline_ms=options.deadline)
            ]
    except UnreadableImage as reason:
        return {"file": str(path), "plates": [], "error": str(reason), "ms": _ms(began)}
    return {"file": str(path), "plates": plates, "ms": _ms(began)}


def _bytes(path: Path) -> bytes:
    _regular(path)
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX + 1)
    except OSError as error:
        raise UnreadableImage(error.strerror or str(error)) from error


def _regular(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            os.scandir(path).close()
    except OSError as error:
        raise UnreadableImage(error.strerror or str(error)) from error
    if stat.S_ISDIR(mode):
        raise UnreadableImage("no picture and no video in this folder; folders inside it are not looked into")
    if not stat.S_ISREG(mode):
        raise UnreadableImage("not a regular file")  # a pipe or a device could block for ever


def _of_video(reader: Reader, path: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    _regular(path)
    seen = vehicles(reader, path, every_s=options.every, deadline_ms=options.deadline)
    return [_vehicle(each) for each in seen]


def _vehicle(vehicle: Vehicle) -> dict[str, Any]:
    times = {"first_s": round(vehicle.first_s, 2), "last_s": round(vehicle.last_s, 2)}
    return {**_plate(vehicle.reading), **times, "frames": vehicle.frames, "travel": str(vehicle.travel)}


def _plate(reading: PlateReading) -> dict[str, Any]:
    """The fields of the contract: the first five for ever, the others added."""
    fields = msgspec.to_builtins(reading)
    shown = {key: fields[key] for key in ("text", "confidence", "box", "lines", "colour", "path", "alternatives")}
    return {**shown, "class": fields["kinds"][0] if fields["kinds"] else ""}


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _as_json(answer: dict[str, Any]) -> str:
    """Names that are no UTF-8 keep their bytes as Python has them, `\\udc80` to `\\udcff`."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _as_text(answer: dict[str, Any]) -> str:
    name = _printable(answer["file"])
    if "error" in answer:
        return f"{name}: {_printable(answer['error'])}"
    shown = [
        f"{pretty(plate['text'], lines=plate['lines'], colour=plate['colour']):<14} {plate['confidence']:6.1%}  "
        f"{plate['colour']:<7} {plate['lines']} line{'s' * (plate['lines'] > 1)}  {plate['class']:<10} {plate['path']}"
        for plate in answer["plates"]
    ]
    return "\n  ".join([f"{name}  ({answer['ms']:.0f} ms)", *(shown or ["no plate"])])


def _printable(text: str) -> str:
    """A file's name may hold anything; a terminal gets no control characters from it."""
    return "".join(char if char.isprintable() else "?" for char in text)


if __name__ == "__main__":
    sys.exit(main())
