"""The form of an event as a browser sends it."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gate.messages import LaneMode
from gate.vehicle import VehicleClass
from server.planned_events import PEOPLE_MAX, Plan, Post
from server.reconcile import ZONE

_TYPED: Final = "%Y-%m-%dT%H:%M"
_AMOUNT: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+|\d{1,9}", re.ASCII)
_POSTS: Final = 40


class BadField(ValueError):
    """A field that cannot be read."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field}: {value[:60]!r} cannot be read")
        self.field, self.value = field, value[:60]


def plan_sent(form: Sequence[tuple[str, str]]) -> Plan:
    """The event of a form: `name`, `since`, `until`, `price-CAR9`, `lane-in-1`, `who-0`, `people-0`, `where-0`,
    `hours-0`.

    Raises BadField.
    """
    said = {name: value.strip() for name, value in form}
    prices = {
        kind: _amount(f"price-{kind}", said[f"price-{kind}"]) for kind in VehicleClass if said.get(f"price-{kind}")
    }
    lanes = {
        name.removeprefix("lane-"): _mode(name, value)
        for name, value in said.items()
        if name.startswith("lane-") and value
    }
    posts = (
        Post(
            said.get(f"who-{n}", ""),
            said.get(f"where-{n}", ""),
            said.get(f"hours-{n}", ""),
            _people(f"people-{n}", said.get(f"people-{n}", "")),
        )
        for n in range(_POSTS)
        if any(said.get(f"{part}-{n}") for part in ("who", "people", "where", "hours"))
    )
    return Plan(
        said.get("name", ""),
        _moment("since", said.get("since", "")),
        _moment("until", said.get("until", "")),
        prices,
        lanes,
        tuple(posts),
    )


def _amount(field: str, said: str) -> int:
    times = 1_000 if said[-1:] in {"k", "K"} else 1
    digits = said[:-1] if times > 1 else said
    if not _AMOUNT.fullmatch(digits):
        raise BadField(field, said)
    return int(re.sub(r"\D", "", digits)) * times


def _people(field: str, said: str) -> int:
    if not said:
        return 0
    if not re.fullmatch(r"\d{1,2}", said, re.ASCII) or int(said) > PEOPLE_MAX:
        raise BadField(field, said)
    return int(said)


def _mode(field: str, said: str) -> LaneMode:
    try:
        return LaneMode(said)
    except ValueError as error:
        raise BadField(field, said) from error


def _moment(field: str, said: str) -> datetime:
    try:
        found = datetime.strptime(said, _TYPED).replace(tzinfo=ZONE)
    except ValueError as error:
        raise BadField(field, said) from error
    if not 2000 <= found.year <= 2200:
        raise BadField(field, said)
    return found
