"""What is wrong with a file: all of it at once, each with its row and column."""

import unicodedata
from pathlib import PurePosixPath
from typing import Final, NamedTuple

SHOWN_MAX: Final = 50
_NAME_MAX: Final = 120


class Flaw(NamedTuple):
    """One thing that is wrong. `row` 0: the file as a whole; `column` as spreadsheets and people name it."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        where = [f"row {self.row}"] if self.row else []
        where += [f"column {self.column}"] if self.column else []
        return f"{', '.join(where)}: {self.why}" if where else self.why


class BadFile(ValueError):
    """The file cannot be imported, and nothing of it was. `flaws` are the first of its `count` flaws."""

    def __init__(self, name: str, flaws: list[Flaw], count: int | None = None) -> None:
        self.name, self.flaws, self.count = name, flaws[:SHOWN_MAX], count or len(flaws)
        lines = [f"{name}: {flaw}" for flaw in self.flaws]
        if self.count > len(self.flaws):
            lines.append(f"{name}: and {self.count - len(self.flaws)} more like these")
        super().__init__("\n".join(lines))


class Flaws:
    """Collects what is wrong with a file while it is read on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: list[Flaw] = []
        self._count = 0

    def add(self, row: int, column: str, why: str) -> None:
        """One more."""
        self._count += 1
        if len(self._found) < SHOWN_MAX:
            self._found.append(Flaw(row, column, why))

    def refuse(self, why: str, row: int = 0, column: str = "") -> BadFile:
        """The file cannot be read on: what was found so far, and this."""
        self.add(row, column, why)
        return (
            BadFile(self.name, [*self._found[: SHOWN_MAX - 1], Flaw(row, column, why)][-SHOWN_MAX:], self._count)
            if (self._count > SHOWN_MAX)
            else BadFile(self.name, self._found, self._count)
        )

    def check(self) -> None:
        """Raises BadFile if anything was found."""
        if self._count:
            raise BadFile(self.name, self._found, self._count)


def shown(text: object, most: int = 60) -> str:
    """What a stranger wrote, quoted, cut and without anything that a terminal obeys."""
    said = repr(text)
    return said if len(said) <= most else f"{said[:most]}…"


def name_of(path: str) -> str:
    """A file's name without its folders, control and direction characters."""
    last = PurePosixPath(path.replace("\\", "/")).name
    clean = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    return clean[:_NAME_MAX].strip() or "file"
