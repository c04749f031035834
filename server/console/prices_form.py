"""The price editor's form: fields that a lot manager fills in, from a price list and back to one.

Each field is text as it was typed until the list is made of it. Names of fields: `since`, `turn-CAR9-cap`,
`rate-0-start`, `rate-0-step-1-CAR9`, `event-0-dates`, `vat-0-since`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from gate.tariff import Event, Rate, Tariff
from gate.vehicle import VehicleClass
from server.reconcile import ZONE

PLAIN: Final = (
    *("code", "since", "until", "legal_basis", "basis_document", "basis_number", "basis_date", "free_minutes"),
    *("grace_to_pay_minutes", "grace_to_leave_minutes", "per", "boundary", "falling", "both_from_minutes"),
    *("round_to", "round_way"),
)
TURN: Final = ("price", "ceiling", "cap", "lost")
DAYS: Final = ("name", "dates", "day", "month", "leap", "before", "after")
BLOCKS_MAX: Final = 30
STEPS_MAX: Final = 24
TYPED: Final = "%Y-%m-%dT%H:%M"
"""What a browser writes into a field of a local moment."""


class Step(NamedTuple):
    """A row of a block: how long, for each so many minutes, and the price of each class."""

    minutes: str = ""
    every: str = ""
    prices: Mapping[str, str] = {}


class Block(NamedTuple):
    """Prices with the times at which they hold; `added`: on top of whatever else holds."""

    name: str = ""
    start: str = ""
    end: str = ""
    weekdays: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    events: tuple[str, ...] = ()
    added: bool = False
    steps: tuple[Step, ...] = (Step(),)


class Sheet(NamedTuple):
    """The whole form. `days` are events by name, `vat` rates from a moment on."""

    plain: Mapping[str, str]
    turns: Mapping[str, Mapping[str, str]]
    blocks: tuple[Block, ...]
    days: tuple[Mapping[str, str], ...]
    vat: tuple[tuple[str, str], ...]


# --- from a list ------------------------------------------------------------------------------------------


def sheet_of(tariff: Tariff) -> Sheet:
    """The form of a list. A rate whose classes have ladders of different shape becomes a block for each shape."""
    basis, rounding = tariff.basis, tariff.rounding
    plain = {
        "code": tariff.code,
        "since": _typed(tariff.since),
        "until": _typed(tariff.until) if tariff.until else "",
        "legal_basis": tariff.legal_basis,
        "basis_document": basis.document if basis else "",
        "basis_number": basis.number if basis else "",
        "basis_date": basis.date if basis else "",
        "free_minutes": str(tariff.free_minutes),
        "grace_to_pay_minutes": str(tariff.grace_to_pay_minutes),
        "grace_to_leave_minutes": str(tariff.grace_to_leave_minutes),
        "per": tariff.per.value,
        "boundary": tariff.boundary.value,
        "falling": tariff.falling.value if tariff.falling else "",
        "both_from_minutes": _number(tariff.both_from_minutes),
        "round_to": str(rounding.to) if rounding else "",
        "round_way": rounding.way.value if rounding else "",
    }
    turns = {kind.value: {name: _number(getattr(turn, name)) for name in TURN} for kind, turn in tariff.turns.items()}
    blocks = [block for rate in tariff.rates for block in _blocks(rate, added=False)]
    blocks += [block for rate in tariff.surcharges for block in _blocks(rate, added=True)]
    vat = tuple((_typed(rate.since), f"{rate.rate_bp / 100:g}") for rate in tariff.vat)
    return Sheet(plain, turns, tuple(blocks), tuple(_day(event) for event in tariff.events), vat)


def _blocks(rate: Rate, *, added: bool) -> list[Block]:
    shapes: dict[tuple[tuple[int | None, int | None], ...], list[VehicleClass]] = {}
    for kind, ladder in rate.rows.items():
        shapes.setdefault(tuple((step.minutes, step.every) for step in ladder), []).append(kind)
    found = []
    for number, (shape, kinds) in enumerate(shapes.items(), 1):
        steps = tuple(
            Step(
                _number(minutes),
                _number(every),
                {kind.value: str(rate.rows[kind][place].price) for kind in kinds},
            )
            for place, (minutes, every) in enumerate(shape)
        )
        found.append(
            Block(
                rate.name if number == 1 else f"{rate.name}-{number}",
                rate.hours.start if rate.hours else "",
                rate.hours.end if rate.hours else "",
                tuple(str(day) for day in rate.weekdays),
                _day_first(rate.season.first) if rate.season else "",
                _day_first(rate.season.last) if rate.season else "",
                rate.events,
                added,
                steps,
            )
        )
    return found


def _day(event: Event) -> dict[str, str]:
    lunar = event.lunar
    return {
        "name": event.name,
        "dates": ", ".join(_day_first(each) for each in event.dates),
        "day": str(lunar.day) if lunar else "",
        "month": str(lunar.month) if lunar else "",
        "leap": "1" if lunar and lunar.leap else "",
        "before": _number(event.before or None),
        "after": _number(event.after or None),
    }


def _typed(at: datetime) -> str:
    return f"{at.astimezone(ZONE):{TYPED}}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _day_first(said: str) -> str:
    return "/".join(reversed(said.split("-")))


# --- from what was sent -----------------------------------------------------------------------------------


def sheet_sent(form: Sequence[tuple[str, str]]) -> Sheet:
    """The form as a browser sends it; unknown fields are left out."""
    one = {name: value.strip() for name, value in form}
    many: dict[str, list[str]] = {}
    for name, value in form:
        many.setdefault(name, []).append(value.strip())
    turns = {kind.value: {name: one.get(f"turn-{kind}-{name}", "") for name in TURN} for kind in VehicleClass}
    blocks = tuple(_block_sent(place, one, many) for place in _places("rate", one, BLOCKS_MAX))
    days = tuple({name: one.get(f"event-{place}-{name}", "") for name in DAYS} for place in _places("event", one, 30))
    vat = tuple((one[f"vat-{place}-since"], one.get(f"vat-{place}-rate_bp", "")) for place in _places("vat", one, 10))
    return Sheet({name: one.get(name, "") for name in PLAIN}, turns, blocks, days, vat)


def _places(head: str, one: Mapping[str, str], most: int) -> list[int]:
    """The numbers that fields of this kind have, in order."""
    last = {"rate": "name", "event": "name", "vat": "since"}[head]
    found = {int(match[1]) for name in one if (match := re.fullmatch(rf"{head}-(\d{{1,3}})-{last}", name))}
    return sorted(found)[:most]


def _block_sent(place: int, one: Mapping[str, str], many: Mapping[str, list[str]]) -> Block:
    head = f"rate-{place}"
    numbers = {int(found[1]) for name in one if (found := re.fullmatch(rf"{head}-step-(\d{{1,2}})-minutes", name))}
    steps = tuple(
        Step(
            one.get(f"{head}-step-{n}-minutes", ""),
            one.get(f"{head}-step-{n}-every", ""),
            {kind.value: one.get(f"{head}-step-{n}-{kind}", "") for kind in VehicleClass},
        )
        for n in sorted(numbers)[:STEPS_MAX]
    )
    return Block(
        one[f"{head}-name"],
        one.get(f"{head}-start", ""),
        one.get(f"{head}-end", ""),
        tuple(many.get(f"{head}-weekdays", ())),
        one.get(f"{head}-first", ""),
        one.get(f"{head}-last", ""),
        tuple(many.get(f"{head}-events", ())),
        one.get(f"{head}-added", "") == "1",
        steps or (Step(),),
    )


def changed(sheet: Sheet, do: str) -> Sheet:
    """The form with a block, step, event or VAT rate more, less or moved up: `rate+`, `rate-2`, `step-2-1`."""
    found = re.fullmatch(r"(rate|step|event|vat)([+^-])(\d{0,3})(?:-(\d{1,3}))?", do)
    if found is None:
        return sheet
    kind, what, place = found[1], found[2], int(found[3] or 0)
    if kind == "rate":
        return sheet._replace(blocks=_listed(sheet.blocks, what, place, Block(), BLOCKS_MAX))
    if kind == "event":
        return sheet._replace(days=_listed(sheet.days, what, place, dict.fromkeys(DAYS, ""), 30))
    if kind == "vat":
        return sheet._replace(vat=_listed(sheet.vat, what, place, ("", ""), 10))
    if place >= len(sheet.blocks):
        return sheet
    block = sheet.blocks[place]
    steps = _listed(block.steps, what, int(found[4] or 0), Step(), STEPS_MAX) or (Step(),)
    blocks = list(sheet.blocks)
    blocks[place] = block._replace(steps=steps)
    return sheet._replace(blocks=tuple(blocks))


def _listed(rows: tuple[Any, ...], what: str, place: int, fresh: Any, most: int) -> tuple[Any, ...]:
    if what == "+":
        return (*rows, fresh)[:most]
    if what == "-":
        return rows[:place] + rows[place + 1 :]
    if 0 < place < len(rows):
        return (*rows[: place - 1], rows[place], rows[place - 1], *rows[place + 1 :])
    return rows
