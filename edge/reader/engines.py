"""The plate readers that can be asked for by name."""

from typing import Final

from edge.reader.contract import Reader

BARIE: Final = "barie"
RAPID: Final = "rapid"
ENGINES: Final = (BARIE, RAPID)


def engine(name: str, threads: int = 1) -> Reader:
    """A reader by its name: `barie` with our own recogniser before the bundled one, `rapid` with the bundled one alone.

    Raises ValueError for a name not in `ENGINES`, `WeightsMissingError` where a network is missing or altered.
    """
    if name not in ENGINES:
        raise ValueError(f"no plate reader called {name!r}: there is {', '.join(ENGINES)}")
    # These load the networks' libraries; an error needs none.
    from edge.reader.cascade import Cascade  # noqa: PLC0415
    from edge.reader.networks import Detector  # noqa: PLC0415
    from edge.reader.rapid import RapidSymbols  # noqa: PLC0415

    if name == RAPID:
        symbols = RapidSymbols(threads)
        return Cascade(Detector(threads), symbols, lambda: symbols, threads=threads)
    from edge.reader.strokes import Strokes  # noqa: PLC0415

    return Cascade(Detector(threads), Strokes(threads), lambda: RapidSymbols(threads), threads=threads)
