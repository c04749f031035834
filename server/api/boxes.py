"""Boxes as they last told of themselves."""

from typing import Any

from fastapi import APIRouter
from sqlmodel import col, select

from server.api.caller import CentreDep, PersonDep, needed
from server.db import reading
from server.derived import BoxNowRow
from server.reach import within
from server.roles import Power

router = APIRouter()


@router.get("/v1/boxes")
def boxes(centre: CentreDep, person: PersonDep) -> dict[str, Any]:
    """Every box of the person's sites that was ever heard."""
    needed(person, Power.SEE_LANES)
    shown = ("box", "site", "online", "waiting", "last_sequence", "lease_number", "reader", "version")
    with reading(centre.engine) as session:
        rows = session.exec(select(BoxNowRow).where(*within(person, BoxNowRow.site)).order_by(col(BoxNowRow.box))).all()
    return {
        "boxes": [{name: getattr(row, name) for name in shown} | {"heard_at": row.heard_at.isoformat()} for row in rows]
    }
