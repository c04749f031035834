"""Draws docs/pictures/architecture.svg: `python -m tests.deploy.draw_architecture`."""

from html import escape
from pathlib import Path
from typing import Final

from tests.harness.suite import ROOT

PICTURE: Final = ROOT / "docs" / "pictures" / "architecture.svg"
WIDTH: Final = 1400
HEIGHT: Final = 930
_LINE: Final = 19
_KINDS: Final = {
    "zone": "fill:#f6f8fa;stroke:#8c959f;stroke-dasharray:6 4",
    "process": "fill:#ffffff;stroke:#1f2328;stroke-width:2",
    "thread": "fill:#ddf4ff;stroke:#0969da",
    "broker": "fill:#fff8c5;stroke:#9a6700",
    "store": "fill:#dafbe1;stroke:#1a7f37",
    "device": "fill:#ffffff;stroke:#8c959f",
}


class Drawing:
    """Boxes and arrows on a page."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def box(self, kind: str, at: tuple[int, int, int, int], title: str, *lines: str) -> None:
        """A box at x, y, width, height; `lines` below its title."""
        x, y, width, height = at
        self._parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" style="{_KINDS[kind]}"/>')
        self._text(x + 12, y + 24, title, "title")
        for number, line in enumerate(lines, 1):
            self._text(x + 12, y + 24 + number * _LINE, line, "small")

    def arrow(self, *points: tuple[int, int], both: bool = False) -> None:
        """A line through the points with a head at its end, or at both."""
        path = " ".join(f"{x},{y}" for x, y in points)
        start = ' marker-start="url(#head)"' if both else ""
        self._parts.append(f'<polyline points="{path}" class="line" marker-end="url(#head)"{start}/>')

    def label(self, x: int, y: int, *lines: str) -> None:
        """Words beside an arrow."""
        for number, line in enumerate(lines):
            self._text(x, y + number * 17, line, "label")

    def _text(self, x: int, y: int, text: str, kind: str) -> None:
        self._parts.append(f'<text x="{x}" y="{y}" class="{kind}">{escape(text)}</text>')

    def svg(self) -> str:
        """The whole picture."""
        style = (
            "text{font-family:'DejaVu Sans',Verdana,sans-serif;fill:#1f2328}"
            ".title{font-size:16px;font-weight:bold}.small{font-size:13px}.label{font-size:12.5px;fill:#57606a}"
            ".line{fill:none;stroke:#57606a;stroke-width:1.8}"
        )
        head = (
            '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
            'orient="auto-start-reverse"><path d="M0,0 L10,5 L0,10 z" style="fill:#57606a"/></marker>'
        )
        about = 'role="img" aria-label="Processes, threads, brokers, databases and channels of barie"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {about}>',
                f"<style>{style}</style><defs>{head}</defs>",
                f'<rect width="{WIDTH}" height="{HEIGHT}" style="fill:#ffffff"/>',
                *self._parts,
                "</svg>",
                "",
            ]
        )


def drawn() -> str:
    """The picture as it should be."""
    page = Drawing()
    _site(page)
    _centre(page)
    _line(page)
    _people(page)
    return page.svg()


def _site(page: Drawing) -> None:
    page.box("zone", (20, 20, 640, 790), "At the barriers: one box a site")
    page.box("device", (40, 60, 180, 92), "Board of a lane", "arm, loops, limits", "MQTT, Modbus, pins,", "HTTP")
    page.box("device", (235, 60, 190, 92), "Profiler and screen", "length, height; page", "MQTT")
    page.box("device", (440, 60, 200, 92), "Camera, tag reader", "HTTP, RTSP, folder, push", "tags by line")
    page.box("broker", (40, 205, 385, 62), "Site's broker (mosquitto)", "loopback; users: the box, the devices")
    page.arrow((130, 152), (130, 205), both=True)
    page.arrow((330, 152), (330, 205), both=True)
    page.box(
        "process",
        (40, 320, 600, 330),
        "Agent, child of the supervisor (barie edge)",
        "edge/agent.py puts the parts together",
    )
    page.box(
        "thread",
        (60, 385, 330, 116),
        "Deciding thread (one)",
        "edge/lanes/lane.py, arm.py, counter.py,",
        "decide.py, owed.py, outbox.py",
        "rules: gate/lane.py, matching, tariff",
    )
    page.box("thread", (410, 385, 210, 50), "Camera and reader")
    page.label(422, 427, "eyes.py, reader/process.py")
    page.box("thread", (410, 451, 210, 50), "MQTT network (two)")
    page.label(422, 493, "site_devices.py, uplink.py")
    page.box("thread", (60, 520, 330, 64), "Uplink", "facts in order, again until acknowledged")
    page.box("thread", (410, 520, 210, 64), "Pictures", "evidence, when there is room")
    page.label(
        62,
        612,
        "Papers from the centre (edge/known/papers.py): signed lease, deltas, commands;",
        "one use each, deadline in the box's own monotonic time",
    )
    page.arrow((230, 267), (230, 320), both=True)
    page.label(242, 298, "cmnd / stat / tele")
    page.arrow((540, 385), (540, 152))
    page.label(552, 285, "GET snapshot")
    page.box(
        "process",
        (440, 690, 200, 100),
        "Reader process",
        "edge/reader/worker.py",
        "PP-OCRv6, onnxruntime",
        "may die: is replaced",
    )
    page.box(
        "store",
        (40, 690, 375, 100),
        "box.db  SQLite, WAL, FULL",
        "outbox, open visits, used commands, lease",
        "pictures/ under their hash",
        "alive: the deciding thread's sign of life",
    )
    page.arrow((225, 650), (225, 690), both=True)
    page.arrow((540, 650), (540, 690), both=True)
    page.label(552, 674, "frames, pipe")


def _line(page: Drawing) -> None:
    page.box(
        "broker",
        (700, 455, 190, 130),
        "Centre's broker",
        "mosquitto, MQTT 5",
        "TLS beyond loopback",
        "a user and topics of",
        "its own for each box",
    )
    page.arrow((640, 500), (700, 500))
    page.label(664, 420, "event, reply,", "state, online")
    page.arrow((700, 550), (640, 550))
    page.label(664, 606, "ack, command,", "lease, delta")
    page.arrow((890, 500), (940, 500))
    page.arrow((940, 550), (890, 550))
    page.arrow((640, 632), (960, 632))
    page.label(700, 650, "PUT /v1/pictures/{sha256}")


def _centre(page: Drawing) -> None:
    page.box("zone", (920, 20, 460, 790), "The centre")
    page.box("process", (940, 320, 420, 370), "Process: barie server", "server/centre.py puts the parts together")
    page.box("thread", (960, 385, 185, 62), "MQTT network", "bus.py: only queues")
    page.box("thread", (1160, 385, 182, 62), "Jobs", "jobs.py, chores.py")
    page.box(
        "thread",
        (960, 465, 382, 82),
        "Ingest (one writer)",
        "ingest.py, apply.py, ledger.py, leases.py",
        "commit, then acknowledge",
    )
    page.box(
        "thread",
        (960, 565, 382, 105),
        "Web: uvicorn and its threads",
        "api/ notices, pictures, lanes, books",
        "console/ pages, server-sent events",
        "reconcile.py, export/",
    )
    page.box("store", (940, 720, 200, 76), "Books", "SQLite FULL or", "PostgreSQL")
    page.box("store", (1160, 720, 200, 76), "Vault", "plates in the database,", "pictures in a folder")
    page.arrow((1040, 690), (1040, 720), both=True)
    page.arrow((1260, 690), (1260, 720), both=True)


def _people(page: Drawing) -> None:
    page.box(
        "device",
        (940, 60, 200, 110),
        "People",
        "attendant, manager,",
        "finance, administrator",
        "browser, session, role",
    )
    page.box(
        "device",
        (1160, 60, 200, 110),
        "Bank or provider",
        "signed notice over HTTP",
        "twice, late, reordered:",
        "booked once",
    )
    page.arrow((1040, 170), (1040, 320), both=True)
    page.label(1050, 250, "HTTPS, events")
    page.arrow((1260, 170), (1260, 320))
    page.label(1270, 240, "POST", "/v1/notices/", "sepay")
    page.box("zone", (20, 830, 1360, 80), "In a demo and in the tests")
    page.label(
        34,
        876,
        "Process: barie simulate (simulator/world.py) speaks the protocols of everything in white above: boards, "
        "profilers, screens, cameras, bank, attendant. It knows the truth,",
        "and the books are compared with it item by item (simulator/audit.py). "
        "Blue: threads. Yellow: brokers. Green: what is on disk.",
    )


def main() -> None:
    """Write the picture."""
    Path(PICTURE).write_text(drawn())


if __name__ == "__main__":
    main()
