"""What pages load: our own style and scripts, and a few files of what set-up fetched. Nothing else is reachable."""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

_OWN: Final = Path(__file__).parent / "static"
_FETCHED: Final = Path(__file__).parent / "assets" / "node_modules"
FILES: Final = {path.name: path for path in sorted(_OWN.iterdir())} | {
    "pico.css": _FETCHED / "@picocss/pico/css/pico.min.css",
    "htmx.js": _FETCHED / "htmx.org/dist/htmx.min.js",
    "htmx-sse.js": _FETCHED / "htmx-ext-sse/dist/sse.min.js",
    "uplot.js": _FETCHED / "uplot/dist/uPlot.iife.min.js",
    "uplot.css": _FETCHED / "uplot/dist/uPlot.min.css",
}
_FOR_EVER: Final = "public, max-age=31536000, immutable"
router = APIRouter()


class Asset(NamedTuple):
    """A file in memory, packed once."""

    version: str
    kind: str
    plain: bytes
    packed: bytes


@cache
def load(name: str) -> Asset:
    """The file of this name. Raises FileNotFoundError when set-up did not fetch it."""
    content = FILES[name].read_bytes()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(hashlib.sha256(content).hexdigest()[:12], kind, content, gzip.compress(content, 9, mtime=0))


def address(name: str) -> str:
    """Where a page finds the file; the address changes with the content, so browsers may keep it."""
    try:
        return f"/assets/{name}?v={load(name).version}"
    except FileNotFoundError:
        return f"/assets/{name}"


@router.get("/favicon.ico")
def icon() -> Response:
    """Our mark, for browsers that ask by this name where no page names another: beside pictures and files."""
    found = load("mark.svg")
    return Response(found.plain, media_type=found.kind, headers={"Cache-Control": "public, max-age=86400"})


@router.get("/assets/{name}")
def asset(name: str, request: Request) -> Response:
    """One of FILES."""
    if name not in FILES:
        raise HTTPException(404)
    try:
        found = load(name)
    except FileNotFoundError as error:
        raise HTTPException(404, f"{name} was not fetched: run the set-up") from error
    kept = _FOR_EVER if request.query_params.get("v") == found.version else "no-cache"
    headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, media_type=found.kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(found.plain, media_type=found.kind, headers=headers)
