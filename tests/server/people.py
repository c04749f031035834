"""Users of the centre, for what only a known person may do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Engine

from server.db import transaction
from server.register import UserRow
from server.roles import Role
from tests.server.box import MORNING

PEOPLE: Final[Mapping[str, Role]] = MappingProxyType(
    {"tam": Role.ATTENDANT, "ba": Role.ATTENDANT, "hoa": Role.FINANCE, "lan": Role.FINANCE}
    | {"minh": Role.MANAGER, "gone": Role.MANAGER}
)
"""Of whom `gone` may not come in any more."""


def people(engine: Engine) -> None:
    """Register them."""
    with transaction(engine) as session:
        for name, role in PEOPLE.items():
            session.add(UserRow(name=name, role=role, password="", created_at=MORNING, disabled=name == "gone"))
