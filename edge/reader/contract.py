"""What every plate reader does, whatever engine is behind it."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gate.reading import PlateReading


class Reader(Protocol):
    """Reads number plates from one picture."""

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Plates on a picture (height x width x 3, BGR), best first; empty where there is none. Never raises."""
        ...
