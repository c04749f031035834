"""What a board counted by itself against what was heard of it: passages that nobody was there to hear are not lost."""

from collections.abc import Callable
from typing import Final

UNHEARD_MAX: Final = 1_000
"""More than this in one step is another counter, a wrong word order or junk: no box misses a day of one lane."""
TOGETHER: Final = 20
"""Each is a fact of its own on the disk; a deciding thread that writes all of them would be taken for dead."""


class Tally:
    """Trailing edges of one lane's exit input. `known`: accounted for; None until the board's counter was heard."""

    def __init__(self, known: int | None) -> None:
        self.known = known

    def edge(self) -> None:
        """One was heard."""
        if self.known is not None:
            self.known += 1

    def missing(self, count: int) -> int:
        """How many the board has beyond what was heard; below zero: it counted less."""
        return 0 if self.known is None else count - self.known

    def begins_anew(self, count: int) -> bool:
        """Whether this count does not go on from what is known, and so counts nobody."""
        return self.known is None or not 0 <= self.missing(count) <= UNHEARD_MAX

    def accept(self, count: int) -> None:
        """The board's word is taken."""
        self.known = count


class CatchUp:
    """Counts the passages that nobody heard, a few at a time. `passed` counts one."""

    def __init__(
        self,
        tally: Tally,
        later: Callable[[float, Callable[[], None]], None],
        passed: Callable[[], None],
        complain: Callable[[str], None],
    ) -> None:
        self._tally, self._later, self._passed, self._complain = tally, later, passed, complain
        self._busy = False

    def up_to(self, count: int) -> None:
        """The board counted so many; an edge that was on its way has come meanwhile."""
        missing = self._tally.missing(count)
        if missing > 0 and not self._busy:
            self._complain(f"counted {missing} passages that nobody heard")
            self._some(count)

    def _some(self, count: int) -> None:
        self._busy = False
        for _ in range(min(TOGETHER, self._tally.missing(count))):
            self._tally.edge()
            self._passed()
        self._busy = self._tally.missing(count) > 0
        if self._busy:
            self._later(0.0, lambda: self._some(count))
