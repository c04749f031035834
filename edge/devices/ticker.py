"""A thread that does something again and again until it is told to stop."""

import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Ticker:
    """Calls every `every_s`; what goes wrong in a call is logged and ends nothing."""

    def __init__(self, name: str, every_s: float, call: Callable[[], None]) -> None:
        self._every_s, self._call = every_s, call
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; the first call comes after the first wait."""
        self._thread.start()

    def stop(self) -> None:
        """No more calls; the running one is waited for."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(self._every_s):
            try:
                self._call()
            except Exception:
                log.exception("tick failed", thread=self._thread.name)
