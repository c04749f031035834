"""An attendant lets a driver out who shows a transfer that has not arrived: the claim and the order are one."""

from datetime import UTC, datetime
from uuid import UUID

from gate.messages import Open, OpeningReason
from server import claims, commands
from server.auth import Person
from server.centre import Centre
from server.db import transaction
from server.money_rules import MoneyRules, NoSuch


def let_out(
    centre: Centre,
    person: Person,
    site: str,
    lane: str,
    visit: str,
    note: str,
    rules: MoneyRules,
    approach: UUID | None,
) -> UUID:
    """Book the claim, then order the arm up; the command's id. Neither is kept without the other.

    Raises NoSuch, Impossible, commands.NobodyThere.
    """
    with transaction(centre.engine) as session:
        made = claims.claim(session, lane, visit, person.name, note, rules, datetime.now(UTC))
        if made.site != site:
            raise NoSuch(f"there is no visit {visit} at {site}")
        action = Open(lane=lane, reason=OpeningReason.CLAIMED, visit=visit, approach=approach, note=note.strip())
        order = commands.order(session, site, lane, action, by=person.name)
    commands.send(centre.bus, centre.key, [order])
    centre.live.changed(site)
    return order.command.command
