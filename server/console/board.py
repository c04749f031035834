"""The price board: what the sign at the entry says, for everybody, from the very row that prices each stay."""

from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import Response
from sqlmodel import Session, col, select

from gate.tariff import Tariff
from server.api.caller import CentreDep
from server.console.page import page
from server.console.prices_told import Block, Told, told
from server.console.shown import moment
from server.console.words import speaker
from server.db import reading
from server.language import Language
from server.register import SiteRow, TariffRow
from server.tariffs import counting

SiteName = Annotated[str, Path(max_length=10)]
LANGUAGES: Final = (Language.VI, Language.EN)
router = APIRouter()


class Board(NamedTuple):
    """The board in one language. `next_from` is empty where no other list is coming."""

    lang: str
    title: str
    site: str
    list: Told
    vat: str
    basis: str
    most: str
    lost: str
    next_from: str


@router.get("/board/{site}")
def board(site: SiteName, request: Request, centre: CentreDep) -> Response:
    """Nobody signs in: a listed price is everybody's to read (Law on Prices 16/2023/QH15, article 29)."""
    now = datetime.now(UTC)
    with reading(centre.engine) as session:
        row = session.get(SiteRow, site)
        coming = _coming(session, site, now) if row else None
    tariff = centre.tariffs.in_force(site, now) if row else None
    if row is None or tariff is None:
        raise HTTPException(404, "error.no_site")
    boards = [_board(row, tariff, each, now, coming) for each in LANGUAGES]
    return page(request, "board.html", None, boards=boards, code=tariff.code, lines=_paired(boards))


def _paired(boards: list[Board]) -> list[tuple[Block, ...]]:
    """Each block in all languages."""
    return list(zip(*(each.list.blocks for each in boards), strict=True))


def _board(row: SiteRow, tariff: Tariff, language: Language, now: datetime, coming: datetime | None) -> Board:
    say = speaker(language)
    list_ = told(tariff, say, now)
    return Board(
        language.value,
        say("board.title"),
        row.name_vi if language is Language.VI else row.name_en,
        list_,
        say("board.vat", rate=list_.vat),
        say("board.basis", basis=list_.basis),
        say("board.most"),
        say("board.lost"),
        say("board.next", at=moment(coming)) if coming else "",
    )


def _coming(session: Session, site: str, now: datetime) -> datetime | None:
    """When the next list begins."""
    later = select(TariffRow.since).where(*counting(site, now), col(TariffRow.since) > now)
    return session.exec(later.order_by(col(TariffRow.since)).limit(1)).first()
