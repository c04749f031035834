"""Where providers tell of money. The answer is what each of them expects, to the byte."""

from datetime import UTC, datetime
from typing import Final

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from gate.wire import Malformed
from server.api.caller import CentreDep
from server.centre import Centre
from server.db import AWAY, reading, transaction
from server.notices import Kept, keep, keep_unread, refusal_known, refuse
from server.providers.contract import Provider, Received, Reply, Verdict
from server.providers.notice import Refused

router = APIRouter()
log = structlog.get_logger()
_BACK: Final = (
    '<!doctype html><html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>barie</title><h1>Đang chờ ngân hàng xác nhận…</h1><p>Barie mở khi nhà cung cấp báo đã nhận tiền.</p>"
    '<p lang="en">Waiting for the bank. The barrier opens when the provider says that the money came.</p></html>'
)


@router.get("/v1/notices/{provider}")
@router.post("/v1/notices/{provider}")
async def told(provider: str, request: Request, centre: CentreDep) -> Response:
    """A notice. A provider that is off, or that there is none of, has no endpoint: 404."""
    known = centre.providers.get(provider)
    if known is None:
        raise HTTPException(404, "this endpoint is off")
    if request.method != known.method:
        raise HTTPException(405, f"{provider} calls by {known.method}", {"Allow": known.method})
    by_get = known.method == "GET"
    raw = request.url.query.encode()[: known.raw_max + 1] if by_get else await _limited(request, known.raw_max)
    received = Received(raw, dict(request.headers.items()), datetime.now(UTC))
    reply = await run_in_threadpool(take, centre, known, received)
    return Response(reply.body or None, reply.status, media_type=reply.media if reply.body else None)


@router.get("/v1/returns/{provider}")
def returned(provider: str) -> Response:  # noqa: ARG001 - whatever a browser brings back from there proves nothing
    """Where a payer's browser comes back to. It changes nothing, whoever signed what it carries."""
    return Response(_BACK, media_type="text/html; charset=utf-8")


def take(centre: Centre, provider: Provider, received: Received) -> Reply:
    """Prove it, keep it, do what follows, and say so as the provider expects."""
    try:
        kept = _taken(centre, provider, received)
    except AWAY as error:  # nothing is lost: it is told again, or asked for
        log.warning("database away", provider=provider.name, error=str(error.orig))
        return provider.reply(Verdict.BUSY)
    if kept.settled:
        centre.authorise([kept.settled])
    return provider.reply(kept.verdict)


def _taken(centre: Centre, provider: Provider, received: Received) -> Kept:
    try:
        provider.verify(received)
    except Refused as error:
        return _refused(centre, provider, received, str(error), Verdict.UNPROVEN)
    received = received._replace(headers=_worth_keeping(provider, received))
    try:
        notice, fingerprint = provider.parse(received), provider.fingerprint(received)
    except Malformed as error:
        with transaction(centre.engine) as session:
            keep_unread(session, provider.name, received, str(error))
        return Kept(Verdict.UNREADABLE)
    with transaction(centre.engine) as session:
        return keep(session, received, notice, fingerprint)


def _worth_keeping(provider: Provider, received: Received) -> dict[str, str]:
    """What proves it later; not our own secrets."""
    return {name: value for name, value in received.headers.items() if name.startswith(provider.headers)}


def _refused(centre: Centre, provider: Provider, received: Received, why: str, verdict: Verdict) -> Kept:
    with reading(centre.engine) as session:
        known = refusal_known(session, provider.name, why, received.at)
    if not known:
        log.warning("notice refused", provider=provider.name, why=why)
        with transaction(centre.engine) as session:
            refuse(session, provider.name, received.raw, why, received.at)
    return Kept(verdict)


async def _limited(request: Request, most: int) -> bytes:
    """The body, one byte more than allowed at the most: the proof refuses what is longer."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            break
    return bytes(body[: most + 1])
