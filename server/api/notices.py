"""Where providers tell of money. The answer is what each of them expects."""

import hashlib
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from gate.wire import Malformed
from server.api.caller import CentreDep
from server.centre import Centre
from server.db import transaction
from server.notices import UNREAD, Kept, keep, refuse
from server.providers import sepay
from server.providers.notice import Refused

router = APIRouter()
log = structlog.get_logger()


@router.post("/v1/notices/sepay")
async def sepay_notice(request: Request, centre: CentreDep) -> JSONResponse:
    """A notice of SePay: 200 `{"success": true}` once it is kept, repeats included; 401 for what proves nothing."""
    if not centre.config.sepay_secret:  # an empty secret would let anyone sign
        return JSONResponse({"success": False, "why": "this endpoint is off"}, 404)
    raw = await _limited(request, sepay.BODY_MAX)
    headers = {name: value for name, value in request.headers.items() if name.startswith("x-sepay-")}
    return await run_in_threadpool(_take, centre, raw, headers)


def _take(centre: Centre, raw: bytes, headers: dict[str, str]) -> JSONResponse:
    now = datetime.now(UTC)
    try:
        sepay.verify(raw, headers, centre.config.sepay_secret, now)
    except Refused as error:
        return _refused(centre, raw, str(error), now, 401)
    try:
        kept = _kept(centre, raw, headers, now)
    except Malformed as error:
        _keep_unread(centre, raw, headers, now)
        return _refused(centre, raw, str(error), now, 400)
    if kept.settled:
        centre.authorise([kept.settled])
    return JSONResponse({"success": True})


def _kept(centre: Centre, raw: bytes, headers: dict[str, str], now: datetime) -> Kept:
    name, notice = sepay.identity(raw), sepay.parse(raw)
    with transaction(centre.engine) as session:
        return keep(session, sepay.PROVIDER, name, raw, headers, notice, now)


def _keep_unread(centre: Centre, raw: bytes, headers: dict[str, str], now: datetime) -> None:
    """A notice that proved itself and cannot be read may be money: its bytes are kept once, under their hash."""
    name = f"{UNREAD}{hashlib.sha256(raw).hexdigest()}"
    with transaction(centre.engine) as session:
        keep(session, sepay.PROVIDER, name, raw, headers, None, now)


def _refused(centre: Centre, raw: bytes, why: str, now: datetime, status: int) -> JSONResponse:
    log.warning("notice refused", provider=sepay.PROVIDER, why=why)
    with transaction(centre.engine) as session:
        refuse(session, sepay.PROVIDER, raw, why, now)
    return JSONResponse({"success": False, "why": why}, status)


async def _limited(request: Request, most: int) -> bytes:
    """The body, one byte more than allowed at the most: the signature check refuses what is longer."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            break
    return bytes(body[: most + 1])
