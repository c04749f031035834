"""`barie bench read`: pictures that are drawn for it, read by the whole reader; beside it the bundled networks alone.

The bare path is what somebody gets who runs the two bundled networks plainly: lines at one size, each recognised,
put together from top to bottom, without grammar, certainty or second look.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.reader.decode import greedy
from edge.reader.engines import BARIE, engine
from edge.reader.layout import Place
from edge.reader.networks import Detector
from edge.reader.process import ReaderProcess
from edge.reader.rapid import RapidSymbols
from edge.reader.strokes import Strokes
from gate.reading import PATHS
from tests.bench.drawn import Drawn, pictures
from tests.bench.report import percentiles, report, rss_mb

THREADS: Final = 2
_SEED: Final = 2026
_BARE_SIDE: Final = 480
_FRAME: Final = (1920, 1080)
_LANE: Final = 0.45  # of the frame's width that a lane's region of interest takes
_ROOT: Final = Path(__file__).resolve().parents[2]


def bench_read(count: int) -> dict[str, Any]:
    """Whole pictures, frames with a region of interest, one rectified plate, memory, start."""
    drawn = list(pictures(count, _SEED))
    reader = engine(BARIE, THREADS)
    reader.read(drawn[0].image)
    whole, answers = [], []
    for picture in drawn:
        began = time.perf_counter()
        plates = reader.read(picture.image)
        whole.append(_ms(began))
        answers.append(plates[0] if plates else None)
    right = [answer is not None and answer.text == each.plate for answer, each in zip(answers, drawn, strict=True)]
    paths = Counter(answer.path if answer else "none" for answer in answers)
    bare, bare_right = _bare(drawn)
    return report(
        "read",
        whole,
        "ms",
        bare=bare,
        threads=THREADS,
        exact=round(sum(right) / count, 4),
        bare_exact=round(bare_right / count, 4),
        paths={path: round(paths[path] / count, 3) for path in (*PATHS, "none")},
        frames_1080p_with_roi_ms=percentiles(_frames(reader, drawn)),
        one_plate_one_core_ms=percentiles(_one_plate(drawn)),
        **_process(drawn),
        start_to_first_read_s=_start(drawn[0]),
    )


def _ms(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _bare(drawn: Sequence[Drawn]) -> tuple[list[float], int]:
    finder, symbols = Detector(THREADS), RapidSymbols(THREADS)
    times, right = [], 0
    for picture in drawn:
        began = time.perf_counter()
        places = [Place(quad) for quad in finder.lines(picture.image, _BARE_SIDE)]
        places.sort(key=lambda place: float(place.centre[1]))
        lines = [symbols.read_lines(picture.image, [place])[0] for place in places]
        text = greedy(lines) if lines else ""
        times.append(_ms(began))
        right += text == picture.plate
    return times, right


def _frames(reader: Any, drawn: Sequence[Drawn]) -> list[float]:
    """A camera's frame of 1920 x 1080, and the part of it where its lane's vehicles stop."""
    times = []
    for picture in drawn[: max(10, len(drawn) // 4)]:
        frame, roi = _framed(picture)
        began = time.perf_counter()
        reader.read(frame, roi=roi)
        times.append(_ms(began))
    return times


def _framed(picture: Drawn) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    frame = np.asarray(cv2.resize(picture.image, _FRAME), np.uint8)
    shrink = np.array(_FRAME) / picture.image.shape[1::-1]
    x, y = picture.corners.mean(axis=0) * shrink
    width = int(_FRAME[0] * _LANE)
    left = int(min(max(0, x - width / 2), _FRAME[0] - width))
    top = int(min(max(0, y - width / 2), _FRAME[1] - width))
    return frame, (left, top, width, width)


def _one_plate(drawn: Sequence[Drawn]) -> list[float]:
    """Both lines of a plate, cut and recognised by our own network on one core."""
    strokes, times = Strokes(1), []
    for picture in drawn:
        upper, lower = picture.corners[:2].mean(axis=0), picture.corners[2:].mean(axis=0)
        middle = (picture.corners + picture.corners[[3, 2, 1, 0]]) / 2
        rows = np.stack([picture.corners[0], picture.corners[1], middle[1], middle[0]])
        places = [Place(rows.astype(np.float32)), Place((rows + (lower - upper) / 2).astype(np.float32))]
        began = time.perf_counter()
        strokes.read_lines(picture.image, places)
        times.append(_ms(began))
    return times[1:]


def _process(drawn: Sequence[Drawn]) -> dict[str, float]:
    """Memory of a reading process before and after its slow path was first asked (MiB)."""
    process = ReaderProcess(threads=THREADS)
    try:
        if not process.wait_ready(60) or process.pid is None:
            raise RuntimeError("the reading process did not start")
        before = after = 0.0
        for picture in drawn:
            result = process.read(_jpeg(picture), 30.0)
            if all(plate.path == PATHS[0] for plate in result.plates):
                before = max(before, rss_mb(process.pid) if not after else 0.0)
            else:
                after = max(after, rss_mb(process.pid))
        return {"memory_fast_mb": before, "memory_slow_mb": after}
    finally:
        process.close()


def _jpeg(picture: Drawn) -> bytes:
    return bytes(cv2.imencode(".jpg", picture.image)[1].tobytes())


def _start(picture: Drawn) -> float:
    """Seconds from `barie read` to its first answer, the file in the cache: the best of three."""
    times = []
    with tempfile.TemporaryDirectory(prefix="barie-bench-") as folder:
        path = Path(folder) / "first.jpg"
        path.write_bytes(_jpeg(picture))
        for _ in range(3):
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "edge.reader.cli", "--json", str(path)],
                cwd=_ROOT,
                capture_output=True,
                check=True,
            )
            times.append(time.perf_counter() - began)
    return round(min(times), 2)
