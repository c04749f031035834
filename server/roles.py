"""Roles of people, and what each may do."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person may do; each includes nothing of another unless POWERS says so."""

    ATTENDANT = "attendant"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Power(StrEnum):
    """One thing that a role may or may not do."""

    SEE_LANES = "see_lanes"
    SEE_PLATES = "see_plates"
    HELP_DRIVERS = "help_drivers"
    SET_MODES = "set_modes"
    CORRECT_STAYS = "correct_stays"
    SEE_BOOKS = "see_books"
    DECIDE_MONEY = "decide_money"
    EXPORT = "export"
    CLOSE_DAYS = "close_days"
    MANAGE_LISTS = "manage_lists"
    SET_TARIFFS = "set_tariffs"
    MANAGE_PEOPLE = "manage_people"
    READ_AUDIT = "read_audit"


POWERS: Final[dict[Role, frozenset[Power]]] = {
    Role.ATTENDANT: frozenset({Power.SEE_LANES, Power.SEE_PLATES, Power.HELP_DRIVERS}),
    Role.MANAGER: frozenset(Power) - {Power.MANAGE_PEOPLE, Power.READ_AUDIT},
    Role.FINANCE: frozenset(
        {Power.SEE_LANES, Power.SEE_BOOKS, Power.DECIDE_MONEY, Power.EXPORT, Power.CLOSE_DAYS, Power.SET_TARIFFS}
    ),
    Role.ADMINISTRATOR: frozenset(Power),
    Role.AUDITOR: frozenset({Power.SEE_LANES, Power.SEE_BOOKS, Power.EXPORT, Power.READ_AUDIT}),
}
