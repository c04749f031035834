"""The plate readers that can be asked for by name."""

from typing import Final

from edge.reader.contract import Reader

ENGINES: Final = ("rapid",)


def engine(name: str, threads: int = 1) -> Reader:
    """A reader by its name, its networks loaded. Raises ValueError for a name not in `ENGINES`."""
    if name != "rapid":
        raise ValueError(f"no plate reader called {name!r}: there is {', '.join(ENGINES)}")
    from edge.reader.rapid import RapidReader  # noqa: PLC0415 - loads the networks' libraries; an error needs none

    return RapidReader(threads)
