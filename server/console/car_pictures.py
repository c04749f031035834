"""The photo of a stay's entry as a driver's phone needs it: small, and made once."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image

from server.centre import Centre
from server.db import reading
from server.derived import VisitRow
from server.uploads import path_of
from server.vault import VaultPictureRow, VaultReadRow

SMALL: Final = (320, 240)
LARGE: Final = (960, 720)
KEPT: Final = 200
_QUALITY: Final = 60


def entry_picture(centre: Centre, stay: VisitRow, *, large: bool) -> bytes | None:
    """As JPEG; None where there is none, or not yet, or it cannot be read."""
    with reading(centre.engine) as session:
        read = session.get(VaultReadRow, stay.entry_approach)
        if read is None or not read.picture or session.get(VaultPictureRow, read.picture) is None:
            return None
    return _made(path_of(centre.vault, read.picture), LARGE if large else SMALL)


@lru_cache(maxsize=KEPT)
def _made(path: Path, size: tuple[int, int]) -> bytes | None:
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", size)  # a JPEG need not be unpacked at its full size
            smaller = picture.convert("RGB")
    except (OSError, Image.DecompressionBombError):
        return None
    smaller.thumbnail(size)
    file = io.BytesIO()
    smaller.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()
