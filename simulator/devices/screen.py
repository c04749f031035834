"""A lane screen's twin: it keeps the page it shows, and counts pages so that a driver knows a new one."""

from gate.devices.screen import Face, Page
from gate.wire import Malformed, decode


class ScreenTwin:
    """One screen. A page that it cannot read leaves the old one standing, as the real one does."""

    def __init__(self) -> None:
        self.page: Page | None = None
        self.pages = 0
        self.unreadable: list[str] = []

    def hear(self, payload: bytes) -> None:
        """A message on the screen's topic."""
        try:
            self.page = decode(payload, Page)
        except Malformed as error:
            self.unreadable.append(str(error))
        else:
            self.pages += 1

    def newer(self, than: int, face: Face) -> Page | None:
        """The page shown now if it has this face and is younger than the first `than` pages."""
        page = self.page
        return page if page is not None and self.pages > than and page.face is face else None
