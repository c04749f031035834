"""The reading process: pictures on standard input, plates on standard output, until the input closes.

Started by `edge.reader.process`; it holds the networks so that the agent stays small, and may die without harm.
"""

import argparse
import os
import resource
import signal
import sys
import time
from typing import BinaryIO

from edge.reader.frames import LENGTH, Answer, Request, length, pack, unpack


def main() -> int:
    """Serve requests one after another. 0 when the input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", default="barie")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--memory", type=int, default=0, help="bytes of address space; 0 = unlimited")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the agent, which closes the input when it is done
    if options.memory:
        resource.setrlimit(resource.RLIMIT_AS, (options.memory, options.memory))
    requests, answers = sys.stdin.buffer, _own_output()
    return _serve(requests, answers, options.engine, options.threads)


def _own_output() -> BinaryIO:
    """The real standard output, with file descriptor 1 led to the error output: a library's print breaks no frame."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _serve(requests: BinaryIO, answers: BinaryIO, name: str, threads: int) -> int:
    import numpy as np  # noqa: PLC0415 - after the memory limit, which must hold for the libraries too

    from edge.reader.engines import engine  # noqa: PLC0415
    from edge.reader.figures import figures  # noqa: PLC0415
    from edge.reader.image import UnreadableImage, for_reading  # noqa: PLC0415
    from edge.reader.whole import read_picture, scaled  # noqa: PLC0415

    began = time.perf_counter()
    reader = engine(name, threads)
    reader.read(np.full((480, 640, 3), 128, np.uint8))
    _send(answers, Answer(0, ms=_ms(began)))
    while (request := _next(requests)) is not None:
        began = time.perf_counter()
        try:
            picture = for_reading(request.image)
            plates = tuple(read_picture(reader, picture, roi=request.roi, deadline_ms=request.deadline_ms))
            told = figures(picture.pixels, scaled(plates[0].box, 1 / picture.shrunk) if plates else None)
            answer = Answer(request.number, plates, "", _ms(began), told.sharpness, told.brightness)
        except UnreadableImage as reason:
            answer = Answer(request.number, error=f"unreadable picture: {reason}", ms=_ms(began))
        except Exception as error:  # noqa: BLE001 - one picture must not cost the next; the agent counts the errors
            answer = Answer(request.number, error=f"{type(error).__name__}: {error}", ms=_ms(began))
        _send(answers, answer)
    return 0


def _next(requests: BinaryIO) -> Request | None:
    prefix = requests.read(LENGTH.size)
    if len(prefix) < LENGTH.size:
        return None
    size = length(prefix)
    body = requests.read(size)
    return unpack(body, Request) if len(body) == size else None


def _send(answers: BinaryIO, answer: Answer) -> None:
    answers.write(pack(answer))
    answers.flush()


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


if __name__ == "__main__":
    sys.exit(main())
