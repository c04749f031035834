"""A picture of a file and its plates, in the pixels of that file."""

from msgspec.structs import replace

from edge.reader.contract import Box, Reader
from edge.reader.image import Picture
from gate.reading import PlateReading


def read_picture(
    reader: Reader, picture: Picture, *, roi: Box | None = None, deadline_ms: float | None = None
) -> list[PlateReading]:
    """Plates of one still picture, best first. `roi` and the plates' boxes are in pixels of the file's picture."""
    there = scaled(roi, 1 / picture.shrunk) if roi else None
    plates = reader.read(picture.pixels, roi=there, deadline_ms=deadline_ms)
    return [replace(plate, box=scaled(plate.box, picture.shrunk)) for plate in plates]


def scaled(box: Box, times: float) -> Box:
    """The box in a picture so many times larger."""
    x, y, width, height = (round(each * times) for each in box)
    return x, y, width, height
