"""A site's boxes, lanes and cameras."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from server import asked_devices
from server.api.asking import AskingDep

router = APIRouter()
SiteName = Annotated[str, Path(max_length=10)]


@router.get("/v1/sites/{site}/devices")
def devices(site: SiteName, it: AskingDep) -> dict[str, Any]:
    """Boxes with their newest faults, and lanes as their box last said them."""
    with it.desk() as desk:
        return asked_devices.of_site(desk, site)


@router.get("/v1/sites/{site}/cameras")
def cameras(site: SiteName, it: AskingDep) -> dict[str, Any]:
    """How each lane's camera reads, as a control chart."""
    with it.desk() as desk:
        return asked_devices.cameras(desk, site)
