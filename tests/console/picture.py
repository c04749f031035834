"""Takes the handbook's pictures of a running console: `python -m tests.console.picture URL NAME PASSWORD [FOLDER]`.

It writes console-live.png and console-day.png, each below 200 kB.
"""

import contextlib
import sys
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import expect

from tests.console.browser import DESK, Person, chromium, person

BYTES_MAX: Final = 200_000
UPLOADS_MS: Final = 30_000
FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def main(arguments: list[str]) -> int:
    """Exit 2 for a wrong call."""
    if len(arguments) not in {3, 4}:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    url, name, password = arguments[:3]
    folder = Path(arguments[3]) if len(arguments) == 4 else FOLDER
    with chromium() as browser, person(browser, url, DESK) as visitor:
        visitor.signs_in(name, password)
        with contextlib.suppress(AssertionError):  # a lane whose picture never comes is a picture as well
            expect(visitor.page.locator(".no-picture")).to_have_count(0, timeout=UPLOADS_MS)
        _take(visitor, folder / "console-live.png")
        visitor.page.goto(f"{url}/day")
        visitor.page.wait_for_selector("#chart-money .uplot")
        _take(visitor, folder / "console-day.png")
    return 0


def _take(visitor: Person, path: Path) -> None:
    """A picture of the window. Too large a one gets fewer colours, then fewer pixels: letters stay sharp longest."""
    visitor.photographs(path, whole=False)
    with Image.open(path) as taken:
        picture = taken.convert("RGB")
    for colours, share in ((256, 1.0), (128, 1.0), (128, 0.85), (64, 0.75)):
        if path.stat().st_size <= BYTES_MAX:
            break
        size = (round(picture.width * share), round(picture.height * share))
        smaller = picture.resize(size, Image.Resampling.LANCZOS)
        smaller.quantize(colours, Image.Quantize.MAXCOVERAGE, 2, dither=Image.Dither.NONE).save(path, optimize=True)
    sys.stdout.write(f"{path} {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
