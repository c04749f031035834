"""Roles of people, and what each may do."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person may do; each includes nothing of another unless POWERS says so."""

    ATTENDANT = "attendant"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"


class Power(StrEnum):
    """One thing that a role may or may not do."""

    SEE_LANES = "see_lanes"
    SEE_PLATES = "see_plates"
    HELP_DRIVERS = "help_drivers"
    SET_MODES = "set_modes"
    CORRECT_STAYS = "correct_stays"
    SEE_BOOKS = "see_books"
    EXPORT = "export"
    CLOSE_DAYS = "close_days"
    MANAGE_LISTS = "manage_lists"
    SET_TARIFFS = "set_tariffs"
    MANAGE_PEOPLE = "manage_people"


POWERS: Final[dict[Role, frozenset[Power]]] = {
    Role.ATTENDANT: frozenset({Power.SEE_LANES, Power.SEE_PLATES, Power.HELP_DRIVERS}),
    Role.MANAGER: frozenset(Power) - {Power.MANAGE_PEOPLE},
    Role.FINANCE: frozenset({Power.SEE_LANES, Power.SEE_BOOKS, Power.EXPORT, Power.CLOSE_DAYS, Power.SET_TARIFFS}),
    Role.ADMINISTRATOR: frozenset(Power),
}
