"""Evidence pictures, named by the hash of their content.

A box asks with HEAD how much of a picture is here and appends from there with PATCH, as in the IETF's resumable
uploads: Upload-Offset, Upload-Length, Upload-Complete. PUT sends all of it at once.
"""

import asyncio
import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from starlette.requests import ClientDisconnect

from server.api.caller import CentreDep, PersonDep, needed
from server.centre import Centre
from server.db import insert_once, reading, transaction
from server.register import BoxRow
from server.roles import Power
from server.uploads import Elsewhere, NotAPicture, NotItself, Uploads, kind, path_of
from server.vault import VaultPictureRow

PICTURE_MAX: Final = 2_000_000
BODY_S: Final = 120.0
"""A body that takes longer is over; what came of it is kept."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_PLACE: Final = re.compile(r"[0-9]{1,9}")
router = APIRouter()


def named(sha256: str) -> str:
    """The name, if it can be a picture's."""
    if not _SHA256.fullmatch(sha256):
        raise HTTPException(400, "a picture is named by its SHA-256")
    return sha256


def sender(request: Request, centre: CentreDep) -> BoxRow:
    """The box that asks, by its token."""
    name = request.headers.get("x-barie-box", "")
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    with reading(centre.engine) as session:
        row = session.get(BoxRow, name)
    digest = hashlib.sha256(token.encode()).hexdigest()
    if row is None or not hmac.compare_digest(row.token_sha256, digest):
        raise HTTPException(401, "unknown box or wrong token")
    return row


BoxDep = Annotated[BoxRow, Depends(sender)]
NameDep = Annotated[str, Depends(named)]


@router.head("/v1/pictures/{sha256}")
def how_much(box: BoxDep, sha256: NameDep, centre: CentreDep) -> Response:
    """How much of a picture is here."""
    whole = path_of(centre.vault, sha256)
    if whole.is_file():
        _enter(centre, box, sha256)  # books that were restored from an older copy do not know it
        return _told(200, whole.stat().st_size, whole=True)
    return _told(200, Uploads(centre.vault).size(box.box, sha256))


@router.patch("/v1/pictures/{sha256}")
async def append(box: BoxDep, sha256: NameDep, request: Request, centre: CentreDep) -> Response:
    """Take more of a picture: 204 when there is more to come, 201 or 200 when it is whole, 409 for another place."""
    offset, length = _place(request, "upload-offset"), _place(request, "upload-length")
    if not 0 < length <= PICTURE_MAX:
        raise HTTPException(413, f"at most {PICTURE_MAX} bytes")
    here = await run_in_threadpool(Uploads(centre.vault).size, box.box, sha256)
    if offset != here:
        return _told(409, here)
    size = await _poured(centre, box, sha256, request, offset, length)
    return _told(204, size) if size < length else await _finished(centre, box, sha256)


@router.put("/v1/pictures/{sha256}")
async def keep_picture(box: BoxDep, sha256: NameDep, request: Request, centre: CentreDep) -> Response:
    """Take a picture from a box: 201 when new, 200 when it was here, 4xx when it is not what it says."""
    await _poured(centre, box, sha256, request, 0, PICTURE_MAX)
    return await _finished(centre, box, sha256)


@router.get("/v1/pictures/{sha256}")
def picture(sha256: str, centre: CentreDep, person: PersonDep) -> Response:
    """An evidence picture, for those who may see plates."""
    needed(person, Power.SEE_PLATES)
    if not _SHA256.fullmatch(sha256) or not path_of(centre.vault, sha256).is_file():
        raise HTTPException(404, "no such picture")
    path = path_of(centre.vault, sha256)
    with path.open("rb") as file:
        found = kind(file.read(4))
    headers = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=found or "application/octet-stream", headers=headers)


async def _poured(centre: Centre, box: BoxRow, sha256: str, request: Request, at: int, most: int) -> int:
    """Put down the body as it comes, from `at` on; how much is here then."""
    uploads = Uploads(centre.vault)
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                if at + len(piece) > most:
                    raise HTTPException(413, f"more than the {most} bytes that may come")
                if piece:
                    await run_in_threadpool(uploads.append, box.box, sha256, at, piece)
                at += len(piece)
    except Elsewhere as error:  # given up or finished by another request meanwhile
        raise HTTPException(409, str(error)) from error
    except (ClientDisconnect, TimeoutError) as error:
        raise HTTPException(408, "the body did not come to its end") from error
    except OSError as error:
        raise HTTPException(507, "no room for pictures") from error
    return at


async def _finished(centre: Centre, box: BoxRow, sha256: str) -> Response:
    try:
        whole = await run_in_threadpool(Uploads(centre.vault).finish, box.box, sha256)
    except NotItself as error:
        raise HTTPException(422, str(error)) from error
    except NotAPicture as error:
        raise HTTPException(415, str(error)) from error
    except Elsewhere as error:
        raise HTTPException(409, str(error)) from error
    new = await run_in_threadpool(_enter, centre, box, sha256)
    return _told(201 if new else 200, whole.stat().st_size, whole=True)


def _enter(centre: Centre, box: BoxRow, sha256: str) -> bool:
    """The file is complete and on disk before its row says so. Whether the row is new."""
    size = path_of(centre.vault, sha256).stat().st_size
    row = VaultPictureRow(sha256=sha256, box=box.box, size=size, arrived_at=datetime.now(UTC))
    with transaction(centre.engine) as session:
        new = insert_once(session, row)
    if new:
        centre.live.changed(box.site)  # a card may be waiting for it
    return new


def _place(request: Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not _PLACE.fullmatch(said):
        raise HTTPException(400, f"{header} must be a number of bytes")
    return int(said)


def _told(status: int, size: int, *, whole: bool = False) -> Response:
    headers = {"Upload-Offset": str(size), "Upload-Complete": "?1" if whole else "?0"}
    return Response(status_code=status, headers=headers)
