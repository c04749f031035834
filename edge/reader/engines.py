"""The plate readers that can be asked for by name."""

from pathlib import Path
from typing import Final

from edge.reader.contract import Pair, Reader

BARIE: Final = "barie"
RAPID: Final = "rapid"
EASY: Final = "easyocr"
EASY_STOCK: Final = "easyocr-stock"
ENGINES: Final = (BARIE, RAPID, EASY, EASY_STOCK)


def engine(name: str, threads: int = 1, weights: Path | None = None) -> Reader:
    """A reader by its name: `barie` with our own networks before the bundled ones, `rapid` with the bundled ones alone,
    `easyocr` as `barie` with EasyOCR running our recogniser, `easyocr-stock` EasyOCR with its own weights (`weights` is
    their folder).

    Raises ValueError for a name not in `ENGINES`, `WeightsMissingError` where a network is missing or altered.
    """
    if name not in ENGINES:
        raise ValueError(f"no plate reader called {name!r}: there is {', '.join(ENGINES)}")
    # These load the networks' libraries; an error needs none.
    from edge.reader.cascade import Cascade  # noqa: PLC0415
    from edge.reader.memory import give_back  # noqa: PLC0415
    from edge.reader.networks import Detector  # noqa: PLC0415
    from edge.reader.rapid import RapidSymbols  # noqa: PLC0415

    give_back()

    def bundled() -> Pair:
        return Pair(Detector(threads), RapidSymbols(threads))

    if name == RAPID:
        pair = bundled()
        return Cascade(pair, lambda: pair, threads=threads)
    if name == EASY_STOCK:
        from edge.reader.easy.stock import Stock  # noqa: PLC0415

        stock = Stock(threads, weights)
        return Cascade(Pair(stock, stock), lambda: Pair(stock, stock), threads=threads)
    from edge.reader.finder import Finder  # noqa: PLC0415

    if name == EASY:
        from edge.reader.easy.own import EasyStrokes  # noqa: PLC0415

        return Cascade(Pair(Finder(threads), EasyStrokes(threads)), bundled, threads=threads)
    from edge.reader.strokes import Strokes  # noqa: PLC0415

    return Cascade(Pair(Finder(threads), Strokes(threads)), bundled, threads=threads)
