"""The driver's page, without an app and without signing in: find the own car, see its photo and price, pay, leave.

A look for a plate takes the same time and says the same whether nothing was found or too much, and may be tried so
often from one address. Looks that find nothing count for more; where a site had too many of them it forgives no slip
for a while, but still finds whoever types their plate. What was found is opened by a token for that visit alone.
"""

import asyncio
import base64
import hashlib
import io
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import segno
from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from gate import vietqr
from gate.plate import pretty
from gate.vehicle import VehicleClass
from server import car_tokens, cars
from server.addresses import network_of
from server.api.caller import CentreDep
from server.auth import audit
from server.cars import Bill, Stand
from server.centre import Centre
from server.console.bill_words import line_words
from server.console.car_pictures import entry_picture
from server.console.page import page, say_to, text
from server.console.sites import sites_of
from server.db import reading, transaction
from server.derived import VisitRow
from server.throttle import Throttle

ANSWER_S: Final = 0.4
"""How long every look for a plate takes, whatever it finds; a search takes a tenth of it."""
WINDOW: Final = timedelta(minutes=10)
OF_ADDRESS: Final = Throttle(40, WINDOW)
"""Drivers behind one address of a telephone network share it."""
MISSES_OF_ADDRESS: Final = Throttle(10, WINDOW)
MISSES_AT_SITE: Final = Throttle(300, WINDOW)
TYPED_MAX: Final = 20
DRIVER: Final = "driver"
router = APIRouter()


class Candidate(NamedTuple):
    """A car that may be the driver's: where its page is, and whether there is a picture of it."""

    path: str
    visit: VisitRow
    picture: bool


@router.get("/car")
async def look(request: Request, centre: CentreDep, site: str = "", plate: str = "") -> Response:
    """The form, and the cars that may be meant."""
    began, typed = asyncio.get_running_loop().time(), plate.strip()[:TYPED_MAX]
    sites = await run_in_threadpool(_sites, centre)
    at = site if site in {row.site for row in sites} else ""
    found: list[Candidate] = []
    allowed = True
    if typed and at:
        address = request.client.host if request.client else ""
        found, allowed = await run_in_threadpool(_looked, centre, network_of(address), at, typed)
        await asyncio.sleep(max(0.0, began + ANSWER_S - asyncio.get_running_loop().time()))  # as long as any other
    shown = {"sites": sites, "at": at, "typed": typed, "found": found, "allowed": allowed, "longest": TYPED_MAX}
    return page(request, "car.html", None, status=200 if allowed else 429, **shown)


@router.get("/car/{visit}/{token}")
def car(visit: str, token: str, request: Request, centre: CentreDep) -> Response:
    """The stay, for who found it. Recorded as a look."""
    bill = _bill(centre, visit, token)
    address = request.client.host if request.client else ""
    with transaction(centre.engine) as session:
        audit(session, DRIVER, "looked at a visit", visit, datetime.now(UTC), {"address": address})
    return page(request, "car_visit.html", None, **_shown(request, centre, bill, token))


@router.get("/car/{visit}/{token}/state")
def state(visit: str, token: str, request: Request, centre: CentreDep, seen: str = "") -> Response:
    """How it stands now, as a part of the page; 204 where that is what the page shows already."""
    shown = _shown(request, centre, _bill(centre, visit, token), token)
    if shown["mark"] == seen:
        return Response(status_code=204)
    answer = page(request, "car_state.html", None, **shown)
    answer.headers["X-Mark"] = shown["mark"]
    return answer


@router.get("/car/{visit}/{token}/receipt")
def receipt(visit: str, token: str, request: Request, centre: CentreDep) -> Response:
    """What was paid for the stay; 404 before anything was."""
    bill = _bill(centre, visit, token)
    with reading(centre.engine) as session:
        payments = cars.payments(session, visit)
    if not payments:
        raise HTTPException(404)
    return page(request, "car_receipt.html", None, payments=payments, **_shown(request, centre, bill, token))


@router.get("/car/{visit}/{token}/qr.png")
def code(visit: str, token: str, centre: CentreDep) -> Response:
    """The code as a picture to keep, for a bank's app on the same phone."""
    bill = _bill(centre, visit, token)
    if not bill.owes:
        raise HTTPException(404)
    headers = {"Content-Disposition": f'attachment; filename="{visit}-{bill.owes}.png"'}
    return Response(_drawn(bill, scale=8), media_type="image/png", headers=headers)


@router.get("/car/{visit}/{token}/{size}.jpg")
def photo(visit: str, token: str, size: str, centre: CentreDep) -> Response:
    """The photo of its entry, small or large."""
    if size not in {"small", "large"}:
        raise HTTPException(404)
    bill = _bill(centre, visit, token)
    found = entry_picture(centre, bill.visit, large=size == "large")
    if found is None:
        raise HTTPException(404)
    return Response(found, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _sites(centre: Centre) -> list[Any]:
    with reading(centre.engine) as session:
        return list(sites_of(session))


def _looked(centre: Centre, network: str, site: str, typed: str) -> tuple[list[Candidate], bool]:
    """What is found, and whether the look was allowed. It counts as a miss from before it is made until it has found
    something: many at once are no more than many in turn."""
    now = datetime.now(UTC)
    if not (OF_ADDRESS.tries(network, now) and MISSES_OF_ADDRESS.tries(network, now)):
        return [], False
    calm = MISSES_AT_SITE.tries(site, now)
    found = _found(centre, site, typed, now, slips=calm)
    if found:
        MISSES_OF_ADDRESS.back(network, now)
        if calm:
            MISSES_AT_SITE.back(site, now)
    return found, calm or bool(found)


def _found(centre: Centre, site: str, typed: str, now: datetime, *, slips: bool) -> list[Candidate]:
    with reading(centre.engine) as session:
        stays = cars.find(session, site, typed, now, slips=slips)
    return [_candidate(centre, stay, now) for stay in stays]


def _candidate(centre: Centre, stay: VisitRow, now: datetime) -> Candidate:
    token = car_tokens.made(centre.config.signing_key, stay.visit, now)
    return Candidate(f"/car/{stay.visit}/{token}", stay, entry_picture(centre, stay, large=False) is not None)


def _bill(centre: Centre, visit: str, token: str) -> Bill:
    """404 without a token that is good for this visit: which of both is wrong is not said."""
    now = datetime.now(UTC)
    if not car_tokens.is_good(centre.config.signing_key, visit, token, now):
        raise HTTPException(404, "error.car_over")
    with reading(centre.engine) as session:
        bill = cars.bill(session, visit, now)
    if bill is None:
        raise HTTPException(404, "error.car_over")
    return bill


def _shown(request: Request, centre: Centre, bill: Bill, token: str) -> dict[str, Any]:
    """Values of the templates; `mark` changes with whatever the state says."""
    values: dict[str, Any] = {
        "bill": bill._replace(plate=_pretty(bill)),
        "lines": [(line_words(line.what, say_to(request)), line) for line in bill.lines],
        "Stand": Stand,
        "path": f"/car/{bill.visit.visit}/{token}",
        "qr": "data:image/png;base64," + base64.b64encode(_drawn(bill, scale=5)).decode() if bill.owes else "",
        "picture": entry_picture(centre, bill.visit, large=False) is not None,
        "mark": "",
    }
    said = text(request, "car_state.html", None, **values)
    return values | {"mark": hashlib.sha256(said.encode()).hexdigest()[:16]}


def _pretty(bill: Bill) -> str:
    """The plate as it is written on the car."""
    motorbike = bill.visit.vehicle_class == VehicleClass.MOTO
    return pretty(bill.plate, motorbike=motorbike, colour="white", lines=1) if bill.plate else ""


def _drawn(bill: Bill, scale: int) -> bytes:
    """The transfer as a code; the account's bank takes the visit's reference as its note."""
    site, file = bill.site, io.BytesIO()
    payload = vietqr.encode(bank=site.bank, account=site.account, amount=bill.owes, note=bill.visit.visit)
    segno.make_qr(payload, error="m", boost_error=False).save(file, kind="png", scale=scale, border=4)
    return file.getvalue()
