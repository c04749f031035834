"""The price editor: a form that is looked at while it is typed, and kept as a draft that another person approves."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gate.tariff import Boundary, Falling, Per, Way
from gate.vehicle import VehicleClass
from server import drafts
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.centre import Centre
from server.console.page import page, say_to, seen
from server.console.prices import OnceDep, SiteName, missing, price_before
from server.console.prices_examples import examples
from server.console.prices_form import TURN, Sheet, changed, sheet_of, sheet_sent
from server.console.prices_made import Made, places
from server.console.prices_refused import Wrong, wrong
from server.console.prices_told import told
from server.console.sites import known_site
from server.console.words import Say, named
from server.db import reading, transaction
from server.drafts import BadDraft
from server.reconcile import ZONE
from server.roles import Power

Fields = Sequence[tuple[str, str]]
router = APIRouter()


class Fault(NamedTuple):
    """A field at fault, what people call it, and why."""

    field: str
    label: str
    why: str


async def _fields(request: Request) -> Fields:
    form = await request.form()
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


FieldsDep = Annotated[Fields, Depends(_fields)]


@router.get("/prices/{site}/edit")
def edit(
    site: SiteName, request: Request, centre: CentreDep, person: PersonDep, base: str = "", again: str = ""
) -> Response:
    """The form, filled with a list: that of the address, else the one that holds now. `again`: as its next revision."""
    needed(person, Power.SET_TARIFFS)
    now = datetime.now(UTC)
    with reading(centre.engine) as session, missing():
        row = known_site(session, site)
        holding = centre.tariffs.in_force(site, now)
        code = base or (holding.code if holding else "")
        tariff = drafts.version(session, site, code, now).tariff
    sheet = sheet_of(tariff)
    if again != "1":
        begins = (now.astimezone(ZONE) + timedelta(days=1)).replace(hour=0, minute=0)
        fresh = {"code": f"{site}-{begins:%Y-%m-%d}", "since": f"{begins:%Y-%m-%dT%H:%M}", "until": ""}
        sheet = sheet._replace(plain={**sheet.plain, **fresh})
    return page(request, "prices_edit.html", person, site=row, base=code, **_shown(sheet))


@router.post("/prices/{site}/edit/form")
def redrawn(site: SiteName, request: Request, person: PersonDep, fields: FieldsDep, do: str = "") -> Response:
    """The form with a block, step, event or VAT rate more or less."""
    needed(person, Power.SET_TARIFFS)
    return page(request, "prices_form.html", person, site_name=site, **_shown(changed(sheet_sent(fields), do)))


@router.post("/prices/{site}/edit/preview")
def preview(site: SiteName, request: Request, centre: CentreDep, person: PersonDep, fields: FieldsDep) -> Response:
    """What the list would ask of example stays, or what is wrong with it. Nothing is kept."""
    needed(person, Power.SET_TARIFFS)
    return _previewed(request, centre, person, site, Made(sheet_sent(fields), say_to(request)), fields)


@router.post("/prices/{site}/edit")
def save(
    site: SiteName, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep, fields: FieldsDep
) -> Response:
    """Keep it as a draft, or as the next revision of the draft of this code."""
    needed(person, Power.SET_TARIFFS)
    say, sheet = say_to(request), sheet_sent(fields)
    made = Made(sheet, say)
    if made.tariff is None:
        return _previewed(request, centre, person, site, made, fields)
    try:
        with missing(), transaction(centre.engine) as session:
            if form.first(session):
                drafts.save(session, site, made.data, person.name, datetime.now(UTC))
    except BadDraft as error:
        made.wrongs.append(wrong(str(error), places(sheet), say))
        return _previewed(request, centre, person, site, made, fields)
    centre.live.changed(f"tariff:{site}/{made.tariff.code}")
    return seen(request, f"/prices/{site}/list/{made.tariff.code}", "drafted")


def _previewed(request: Request, centre: Centre, person: Person, site: str, made: Made, fields: Fields) -> Response:
    say, now = say_to(request), datetime.now(UTC)
    if made.wrongs or made.tariff is None:
        faults = [_fault(each, sheet_sent(fields), say) for each in made.wrongs]
        return page(request, "prices_preview.html", person, faults=faults)
    before = price_before(centre.tariffs, site, made.tariff, say, now)
    list_ = told(made.tariff, say, made.tariff.since)
    values: dict[str, Any] = {"examples": examples(made.tariff, say), "before": before, "list": list_}
    return page(request, "prices_preview.html", person, faults=[], **values)


def _fault(each: Wrong, sheet: Sheet, say: Say) -> Fault:
    """With the name that the form has for the field: the class and the column of a price."""
    turn = re.fullmatch(r"turn-(\w+)-(\w+)", each.field)
    if turn:
        return Fault(each.field, f"{named(say, 'class', turn[1])} · {named(say, 'prices.turn', turn[2])}", each.why)
    step = re.fullmatch(r"rate-(\d+)-step-(\d+)-(\w+)", each.field)
    if step:
        what = named(say, "class", step[3]) if step[3] in set(VehicleClass) else named(say, "prices.field", step[3])
        block = sheet.blocks[int(step[1])].name or step[1]
        return Fault(each.field, f"{block} · {say('prices.step', number=int(step[2]) + 1)} · {what}", each.why)
    inner = re.fullmatch(r"(rate|event|vat)-(\d+)-(\w+)", each.field)
    if inner:
        head = named(say, "prices.part", inner[1])
        return Fault(each.field, f"{head} {int(inner[2]) + 1} · {named(say, 'prices.field', inner[3])}", each.why)
    return Fault(each.field, named(say, "prices.field", each.field), each.why)


def _shown(sheet: Sheet) -> dict[str, Any]:
    return {
        "sheet": sheet,
        "kinds": [kind.value for kind in VehicleClass],
        "columns": TURN,
        "pers": Per,
        "boundaries": Boundary,
        "fallings": Falling,
        "ways": Way,
    }
