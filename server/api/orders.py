"""Orders at providers: a way to pay for a visit that owes."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, Field

from server.api.caller import CentreDep, PersonDep, needed
from server.centre import Centre
from server.help import VISIT
from server.orders import NothingOwed, NotPayable, Ordered, StillOpen, ask
from server.providers.contract import Unanswered
from server.roles import Power

router = APIRouter()


class NewOrder(BaseModel):
    """By which provider the driver wants to pay."""

    provider: str = Field(max_length=20)


@router.post("/v1/visits/{reference}/orders", status_code=201)
def new_order(
    reference: Annotated[str, Path(pattern=VISIT)], body: NewOrder, centre: CentreDep, person: PersonDep
) -> dict[str, Any]:
    """Ask the provider for what the visit owes; the same visit and amount have one open order.

    404 for a provider that is off, 409 where nothing is owed or an earlier order is not over, 502 for a provider's no,
    503 for no answer.
    """
    needed(person, Power.HELP_DRIVERS)
    made = _made(centre, body.provider, reference, person.name)
    if made.settled:
        centre.authorise([made.settled])
    return {
        "order": made.order.order,
        "provider": body.provider,
        "amount": made.order.amount,
        "expires_at": made.order.expires_at,
        "paid": made.payable is None,
        "url": made.payable.url if made.payable else "",
        "qr": made.payable.qr if made.payable else "",
    }


def _made(centre: Centre, provider: str, visit: str, by: str) -> Ordered:
    known = centre.providers.get(provider)
    if known is None:
        raise HTTPException(404, f"no provider {provider} is on")
    try:
        return ask(centre.engine, known, centre.line, visit, datetime.now(UTC), by)
    except (NothingOwed, StillOpen) as error:
        raise HTTPException(409, str(error)) from error
    except NotPayable as error:
        raise HTTPException(502, str(error)) from error
    except Unanswered as error:
        raise HTTPException(503, str(error)) from error
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
