"""A child process that draws ahead: chunks of whatever an artist draws, one artist after another."""

import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.queues import Queue
from queue import Full
from typing import Final, Generic, TypeVar

import cv2

Piece = TypeVar("Piece")
Draws = Callable[[], Piece]
Hires = Callable[[int, bool], Draws[Piece]]

_AHEAD: Final = 6  # chunks drawn ahead
_ARTISTS_MAX: Final = 1000  # of one seed


def _draw(queue: "Queue[list[Piece]]", hires: Hires[Piece], seed: int, plan: tuple[int, int, bool]) -> None:
    cv2.setNumThreads(1)
    chunk, chunks_each, fonts = plan
    for count in range(_ARTISTS_MAX):
        draw = hires(seed * _ARTISTS_MAX + count, fonts)
        for _ in range(chunks_each):
            if not _handed(queue, [draw() for _ in range(chunk)]):
                return


def _handed(queue: "Queue[list[Piece]]", chunk: list[Piece]) -> bool:
    """Wait for room and put the chunk in; False where the trainer has gone, however it went."""
    trainer = multiprocessing.parent_process()
    while trainer is None or trainer.is_alive():
        with suppress(Full):
            queue.put(chunk, timeout=5)
            return True
    queue.cancel_join_thread()
    return False


class Drawer(Generic[Piece]):
    """Chunks of `chunk` pieces from a child; `pid` is its number. `hires(seed, fonts)` gives what draws a piece; the
    next artist comes after `chunks_each` chunks, with other faces and surroundings."""

    def __init__(self, hires: Hires[Piece], seed: int, *, chunk: int, chunks_each: int, fonts: bool = True) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: Queue[list[Piece]] = context.Queue(_AHEAD)
        plan = (chunk, chunks_each, fonts)
        self._child = context.Process(target=_draw, args=(self._queue, hires, seed, plan), daemon=True)
        self._child.start()
        self.pid = self._child.pid

    def take(self, *, wait: bool) -> list[Piece]:
        """A chunk; an empty list where none is ready and nobody waits."""
        return [] if not wait and self._queue.empty() else self._queue.get()

    def close(self) -> None:
        """End the child."""
        self._child.terminate()
        self._child.join()
