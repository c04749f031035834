"""Evidence pictures, named by the hash of their content."""

import hashlib
import hmac
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response

from server.api.caller import CentreDep, PersonDep, needed
from server.centre import Centre
from server.db import insert_once, reading, transaction
from server.register import BoxRow
from server.roles import Power
from server.vault import VaultPictureRow

PICTURE_MAX: Final = 2_000_000
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_KINDS: Final = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}
router = APIRouter()


@router.put("/v1/pictures/{sha256}")
async def keep_picture(sha256: str, request: Request, centre: CentreDep) -> Response:
    """Take a picture from a box: 201 when new, 200 when it was here, 4xx when it is not what it says."""
    box = await run_in_threadpool(_box, centre, request)
    if not _SHA256.fullmatch(sha256):
        raise HTTPException(400, "a picture is named by its SHA-256")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > PICTURE_MAX:
            raise HTTPException(413, f"at most {PICTURE_MAX} bytes")
    if hashlib.sha256(body).hexdigest() != sha256:
        raise HTTPException(422, "the content does not have this hash")
    if _kind(bytes(body[:4])) is None:
        raise HTTPException(415, "neither JPEG nor PNG")
    new = await run_in_threadpool(_store, centre, box.box, sha256, bytes(body))
    centre.live.changed(box.site)  # a card may be waiting for it
    return Response(status_code=201 if new else 200)


@router.get("/v1/pictures/{sha256}")
def picture(sha256: str, centre: CentreDep, person: PersonDep) -> Response:
    """An evidence picture, for those who may see plates."""
    needed(person, Power.SEE_PLATES)
    path = path_of(centre.vault, sha256)
    if not _SHA256.fullmatch(sha256) or not path.is_file():
        raise HTTPException(404, "no such picture")
    with path.open("rb") as file:
        kind = _kind(file.read(4))
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=kind or "application/octet-stream", headers=headers)


def path_of(vault: Path, sha256: str) -> Path:
    """Where a picture lies."""
    return vault / sha256[:2] / sha256


def _box(centre: Centre, request: Request) -> BoxRow:
    name = request.headers.get("x-barie-box", "")
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    with reading(centre.engine) as session:
        row = session.get(BoxRow, name)
    digest = hashlib.sha256(token.encode()).hexdigest()
    if row is None or not hmac.compare_digest(row.token_sha256, digest):
        raise HTTPException(401, "unknown box or wrong token")
    return row


def _store(centre: Centre, box: str, sha256: str, body: bytes) -> bool:
    """The file is complete and on disk before its row says so."""
    path = path_of(centre.vault, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        with partial.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    row = VaultPictureRow(sha256=sha256, box=box, size=len(body), arrived_at=datetime.now(UTC))
    with transaction(centre.engine) as session:
        return insert_once(session, row)


def _kind(head: bytes) -> str | None:
    return next((kind for magic, kind in _KINDS.items() if head.startswith(magic)), None)
