"""First run: the administrator by the printed code, then sites with lanes, a box and prices from a preset."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from gate.vehicle import VehicleClass
from server import bus_accounts, first_run
from server.api.caller import COOKIE, CentreDep, DoorkeeperDep, PersonDep, needed
from server.auth import PASSWORD_MAX, PASSWORD_MIN, SESSION_LIFE
from server.box_file import NewBox, box_file
from server.bus_accounts import Account
from server.console.once import Once
from server.console.page import page
from server.db import reading, transaction
from server.first_run import LANES_MAX, NAME_MAX, BadSetUp, FirstRun, NewSite, NotFirst
from server.presets import BEGINS, Preset
from server.roles import Power

HERE: Final = "/first-run"
SITES: Final = "/first-run/sites"
Password = Annotated[str, Form(max_length=PASSWORD_MAX)]
Word = Annotated[str, Form(max_length=64)]
router = APIRouter()


class SiteForm(BaseModel):
    """The wizard's form of a site. Prices are dong by class; an empty one means: no such vehicles."""

    once: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")
    preset: Preset
    site: str = Field(max_length=3)
    name_vi: str = Field(max_length=NAME_MAX)
    name_en: str = Field(max_length=NAME_MAX)
    bank: str = Field(max_length=6)
    account: str = Field(max_length=19)
    account_name: str = Field("", max_length=60)
    capacity: int
    lanes_in: int
    lanes_out: int
    basis: str = Field(max_length=NAME_MAX)
    moto: str = Field("", max_length=12)
    car9: str = Field("", max_length=12)
    van16: str = Field("", max_length=12)
    mini29: str = Field("", max_length=12)
    bus30: str = Field("", max_length=12)

    def new(self) -> NewSite:
        """What it asks for. Raises BadSetUp for a price that is no number."""
        typed = {kind: getattr(self, kind.name.lower()) for kind in VehicleClass}
        prices = {kind: _dong(text) for kind, text in typed.items() if text.strip()}
        values = self.model_dump(exclude={"once", *(kind.name.lower() for kind in VehicleClass)})
        return NewSite(**{**values, "site": self.site.strip().upper()}, prices=prices)


@router.get(HERE)
def welcome(request: Request) -> Response:
    """The code and the first administrator; to the login once there is somebody."""
    known: FirstRun = request.app.state.first_run
    if not known.code():
        return RedirectResponse("/login", 303)
    return page(request, "first_run.html", None, error=None, name="", shortest=PASSWORD_MIN, longest=PASSWORD_MAX)


@router.post(HERE)
def begin(
    request: Request,
    doorkeeper: DoorkeeperDep,
    centre: CentreDep,
    code: Word,
    name: Word,
    password: Password,
    again: Password,
) -> Response:
    """Make the administrator and sign in; the form again with what is wrong."""
    known: FirstRun = request.app.state.first_run
    if not known.code():
        return RedirectResponse("/login", 303)
    error = "" if password == again else "error.passwords_differ"
    try:
        if not error:
            known.administrator(code, name.strip(), password, datetime.now(UTC))
    except NotFirst as refused:
        if not known.code():  # somebody else was quicker
            return RedirectResponse("/login", 303)
        error = "firstrun.too_often" if refused.often else "firstrun.wrong_code"
    except BadSetUp as refused:
        error = "error.person_name" if str(refused) == "name" else "firstrun.bad_password"
    if error:
        values = {"error": error, "name": name, "shortest": PASSWORD_MIN, "longest": PASSWORD_MAX}
        return page(request, "first_run.html", None, status=403, **values)
    address = request.client.host if request.client else ""
    token, _ = doorkeeper.login(name.strip(), password, address)
    answer = RedirectResponse(SITES, 303)
    secure = centre.config.behind_tls or bool(centre.config.certificate)
    life = int(SESSION_LIFE.total_seconds())
    answer.set_cookie(COOKIE, token, max_age=life, httponly=True, samesite="strict", secure=secure)
    return answer


@router.get(SITES)
def sites(request: Request, centre: CentreDep, person: PersonDep, preset: Preset = Preset.STADIUM) -> Response:
    """The sites that are there, and the form for one more with a preset's prices."""
    needed(person, Power.MANAGE_PEOPLE)
    with reading(centre.engine) as session:
        known = [row for row in first_run.sites(session) if person.sees(row.site)]
    shown: dict[str, Any] = {
        "presets": Preset,
        "preset": preset.value,
        "begin": BEGINS[preset],
        "classes": VehicleClass,
    }
    return page(request, "first_run_sites.html", person, sites=known, lanes_max=LANES_MAX, name_max=NAME_MAX, **shown)


@router.post(SITES)
def add_site(request: Request, centre: CentreDep, person: PersonDep, filled: Annotated[SiteForm, Form()]) -> Response:
    """Make the site and hear it from now on; its box gets an account at the broker, and its file is told once."""
    needed(person, Power.MANAGE_PEOPLE)
    if person.sites:  # it would be none of theirs
        raise HTTPException(403)
    try:
        with transaction(centre.engine) as session:
            first = Once(person.name, filled.once, request.url.path).first(session)
            made = first_run.add_site(session, filled.new(), person.name, datetime.now(UTC)) if first else None
    except BadSetUp as error:
        raise HTTPException(400, f"error.setup_{error}") from error
    if made is None:
        return page(request, "first_run_made.html", person, made=None)
    centre.hear(made.site)
    account = Account(made.site, made.box, made.password)
    by_hand = None if bus_accounts.make(centre.config.broker, account) else bus_accounts.lines(account)
    new = NewBox(
        made.site, made.box, made.token, made.password, [(lane, lane.partition("-")[0]) for lane in made.lanes]
    )
    file = box_file(new, centre.config, str(request.base_url))
    packed = base64.b64encode(file.encode()).decode()
    return page(request, "first_run_made.html", person, made=made, file=file, packed=packed, by_hand=by_hand)


def _dong(typed: str) -> int:
    digits = typed.strip().replace(".", "").replace(",", "").replace(" ", "")
    if not (digits.isascii() and digits.isdecimal()):
        raise BadSetUp("prices")
    return int(digits)
