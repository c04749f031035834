"""Cases: all findings over my sites as one list of work, and each one's own page."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from gate.findings import WORDS, Code
from gate.ranking import WHOLE
from gate.working import Standing
from server import caseload
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person
from server.caseload import Wanted, Whose
from server.console.page import language, page
from server.console.paging import Leaf, leaf
from server.console.sites import sites_of
from server.console.tabs import Tab
from server.console.wrong import wrong
from server.db import reading
from server.language import Language
from server.roles import Power

TAB: Final = Tab("cases", "/cases", Power.SEE_LANES, "c", 40)
QUERY_MAX: Final = 200
ALMOST: Final = 0.999
"""What is probable is never shown as certain."""
_KEPT: Final = ("site", "code", "whose", "closed")
router = APIRouter()


class Filters(NamedTuple):
    """What the list's address asks for. Empty: all."""

    site: str = ""
    code: str = ""
    whose: str = ""
    closed: str = ""

    @property
    def query(self) -> dict[str, str]:
        """For an address: what is not empty."""
        return {name: value for name, value in self._asdict().items() if value}


class Case(NamedTuple):
    """A row of the list. `certainty` is 0..1."""

    code: str
    subject: str
    site: str
    visit: str | None
    amount: int
    due: datetime
    closed_at: datetime | None
    certainty: float
    title: str
    next_step: str
    owner: str
    stands: Standing


def titles(code: Code, spoken: Language) -> tuple[str, str]:
    """The finding and its next step in words."""
    words = WORDS[code]
    return (words.vi, words.next_vi) if spoken is Language.VI else (words.en, words.next_en)


@router.get("/cases")
def cases(
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    site: Annotated[str, Query(max_length=10)] = "",
    code: Annotated[str, Query(max_length=40)] = "",
    whose: Annotated[str, Query(max_length=10)] = "",
    closed: Annotated[str, Query(max_length=1)] = "",
    after: str = "",
) -> Response:
    """What is open, the most likely money first; with `closed` what ended today."""
    needed(person, Power.SEE_LANES)
    now, filters = datetime.now(UTC), Filters(site, code, whose, closed)
    with reading(centre.engine) as session:
        sites = sites_of(session, person)
        every = Wanted(person, tuple(row.site for row in sites), frozenset(Code))
        found = _leaf(session, _wanted(every, filters), now, after, language(request))
        if after:
            return page(request, "cases_rows.html", person, found=found, filters=filters)
        today, kinds = caseload.today(session, every, now), caseload.kinds(session, every)
    names = [(kind, titles(kind, language(request))[0]) for kind in kinds]
    values: dict[str, Any] = {"found": found, "filters": filters, "sites": sites, "kinds": names}
    values |= {"left": sum(kinds.values()), "empty": _empty(person, filters)}
    return page(request, "cases.html", person, today=today, goal=caseload.GOAL, whose=list(Whose), **values)


def back_to(query: str) -> dict[str, str]:
    """The list's filters out of what a form sent back; anything else is dropped."""
    said = dict(parse_qsl(query[:QUERY_MAX], max_num_fields=10))
    return {name: said[name] for name in _KEPT if name in said}


def _empty(person: Person, filters: Filters) -> str:
    """What an empty list may say: only who sees every kind, and asked for all of them, hears that nothing is left."""
    if filters.closed:
        return "cases.none_closed"
    if filters.query:
        return "cases.none_such"
    return "cases.none" if caseload.codes_of(person) == frozenset(Code) else "cases.none_yours"


def _wanted(every: Wanted, filters: Filters) -> Wanted:
    try:
        codes = frozenset({Code(filters.code)}) if filters.code else every.codes
    except ValueError as error:
        raise wrong("code", "wrong.choice") from error
    try:
        whose = Whose(filters.whose or Whose.ALL)
    except ValueError as error:
        raise wrong("whose", "wrong.choice") from error
    sites = tuple(site for site in every.sites if filters.site in {"", site})
    return every._replace(sites=sites, codes=codes, whose=whose, closed=bool(filters.closed))


def _leaf(session: Session, wanted: Wanted, now: datetime, after: str, spoken: Language) -> Leaf[Case]:
    rows, keys = caseload.listed(wanted, now)
    read = leaf(session, rows, keys, after, rising=True)
    stands = caseload.standing(session, read.rows)
    return Leaf(tuple(_case(row, stands, spoken) for row in read.rows), read.after)


def _case(row: Any, stands: dict[tuple[Code, str], Standing], spoken: Language) -> Case:
    code = Code(row.code)
    return Case(
        *(row.code, row.subject, row.site, row.visit, row.amount, row.due, row.closed_at),
        min(-row.less_certain / WHOLE, ALMOST if code is Code.MATCH_PROPOSED else 1.0),
        *titles(code, spoken),
        WORDS[code].owner.value,
        stands.get((code, row.subject), Standing()),
    )
