"""The plate readers that can be asked for by name."""

from pathlib import Path
from typing import Final

from edge.reader.contract import Reader

BARIE: Final = "barie"
RAPID: Final = "rapid"
EASY: Final = "easyocr"
EASY_STOCK: Final = "easyocr-stock"
ENGINES: Final = (BARIE, RAPID, EASY, EASY_STOCK)


def engine(name: str, threads: int = 1, weights: Path | None = None) -> Reader:
    """A reader by its name: `barie` with our own recogniser before the bundled one, `rapid` with the bundled one alone,
    `easyocr` as `barie` with EasyOCR running our recogniser, `easyocr-stock` EasyOCR with its own weights (`weights` is
    their folder).

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
    if name == EASY_STOCK:
        from edge.reader.easy.stock import Stock  # noqa: PLC0415

        stock = Stock(threads, weights)
        return Cascade(stock, stock, lambda: stock, threads=threads)
    if name == EASY:
        from edge.reader.easy.own import EasyStrokes  # noqa: PLC0415

        return Cascade(Detector(threads), EasyStrokes(threads), lambda: RapidSymbols(threads), threads=threads)
    from edge.reader.strokes import Strokes  # noqa: PLC0415

    return Cascade(Detector(threads), Strokes(threads), lambda: RapidSymbols(threads), threads=threads)
