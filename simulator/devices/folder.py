"""The twin of a camera that uploads: a picture a moment into a folder, piece by piece, as FTP writes it."""

import threading
from collections.abc import Callable
from pathlib import Path

Draw = Callable[[int], bytes]


class FolderTwin:
    """Uploads from `start` on. `frozen`: no more pictures come; `torn`: only the first half of each."""

    def __init__(self, folder: Path, draw: Draw, every_s: float = 0.1) -> None:
        self._folder, self.draw, self._every_s = folder, draw, every_s
        self.frozen = self.torn = False
        self._number = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="folder-twin")

    def start(self) -> None:
        """Upload from now on."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Upload no more."""
        self._stopping.set()
        self._thread.join()

    def upload(self) -> Path:
        """One picture, in the hour's folder as cameras make them."""
        self._number += 1
        day = self._folder / "2026-11-23"
        day.mkdir(exist_ok=True)
        path, picture = day / f"twin_{self._number:06d}.jpg", self.draw(self._number)
        half = len(picture) // 2
        with path.open("wb", buffering=0) as file:
            file.write(picture[:half])
            if not self._stopping.wait(self._every_s / 4) and not self.torn:
                file.write(picture[half:])
        return path

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            if not self.frozen:
                self.upload()
