"""Our own style, scripts and documents of the box's pages, read once."""

import hashlib
from functools import cache
from pathlib import Path
from string import Template
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_FOLDER: Final = Path(__file__).parent / "static"
KINDS: Final = {
    "screen.css": "text/css; charset=utf-8",
    "screen.js": "text/javascript; charset=utf-8",
    "door.css": "text/css; charset=utf-8",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """A file and the name of its content."""

    version: str
    content: bytes


@cache
def load(name: str) -> Asset:
    """One of KINDS."""
    content = (_FOLDER / name).read_bytes()
    return Asset(hashlib.sha256(content).hexdigest()[:12], content)


@cache
def document(name: str) -> Template:
    """The document that a page is filled into."""
    return Template((_FOLDER / name).read_text(encoding="utf-8"))


@cache
def edition() -> str:
    """Changes with any file of ours: an open screen of an older one loads itself again."""
    texts = b"".join(path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.is_file())
    return hashlib.sha256(texts).hexdigest()[:12]


def address(name: str) -> str:
    """Where a page finds the file."""
    return f"/web/{name}?v={load(name).version}"


def asset(request: Request) -> Response:
    """One of KINDS; nothing else of the folder can be had."""
    name = request.path_params["name"]
    if name not in KINDS:
        return PlainTextResponse("no such file\n", 404)
    kept = _FOR_EVER if request.query_params.get("v") == load(name).version else "no-cache"
    headers = {"Cache-Control": kept, "Content-Type": KINDS[name]}
    return Response(load(name).content, headers=headers)


routes: Final = [
    Route("/web/{name}", asset),
    Route("/favicon.ico", lambda _: Response(status_code=204)),
]
