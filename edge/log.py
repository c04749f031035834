"""The log of a box's processes: a JSON object a line on stderr, for whoever collects it."""

import logging
import os
import select
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog


class Unhurried:
    """A file for lines; what nobody takes is dropped, for whoever decides must not wait for who collects the log."""

    def __init__(self, handle: int) -> None:
        self._handle, self._line = handle, ""

    def write(self, text: str) -> None:
        """Whole lines go out at once. Called under the lock of the logger."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._say(f"{line}\n".encode("utf-8", "replace"))

    def flush(self) -> None:
        """Nothing waits."""

    def _say(self, data: bytes) -> None:
        with suppress(OSError, ValueError):
            while data and select.select([], [self._handle], [], 0)[1]:
                data = data[os.write(self._handle, data[: select.PIPE_BUF]) :]


def set_up() -> None:
    """Write everything from INFO up, with its moment."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", Unhurried(sys.stderr.fileno()))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
