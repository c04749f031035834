"""Files of banks and providers: brought with a progress bar, refused with every error by its line, looked at again."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlmodel import Session, col, select

from server.api import bodies
from server.api.caller import CentreDep, PersonDep, needed
from server.auth import Person, audit
from server.banks import bank_named
from server.closing import due
from server.console.errors import is_part
from server.console.once import Once, sent
from server.console.page import language, page, seen
from server.console.paging import leaf
from server.console.refusing import refused
from server.db import reading, transaction
from server.facts_bank import BankLineRow, ContractRow, ExplanationRow, SettlementLineRow, StatementRow
from server.frozen import last
from server.importing import Importing, Sort, State, Work
from server.imports.flaw_words import in_vietnamese
from server.imports.flaws import Flaw, name_of
from server.imports.keeping import File
from server.imports.kinds import BYTES_MAX
from server.imports.mapping import shipped
from server.language import Language
from server.proving import NotSo, explain
from server.proving.kinds import Proof, accounts
from server.reach import of_account, within
from server.reconcile import local_date
from server.register import PayAccountRow, SiteRow
from server.roles import Power

Sha = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Cursor = Annotated[str, Query(max_length=400)]
OnceDep = Annotated[Once, Depends(sent)]
STEPS: Final = (State.WAITING, State.READING, State.KEEPING, State.PROVING)
_making: Final = Lock()
picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""
router = APIRouter()


def importing_of(request: Request, centre: CentreDep) -> Importing:
    """The works of this process, begun with the first that asks."""
    with _making:
        if not hasattr(request.app.state, "importing"):
            request.app.state.importing = Importing(
                centre.engine, lambda sha256: centre.live.changed(f"import:{sha256}")
            )
    found: Importing = request.app.state.importing
    return found


ImportingDep = Annotated[Importing, Depends(importing_of)]


@router.get("/imports")
def imports(request: Request, centre: CentreDep, person: PersonDep, after: Cursor = "") -> Response:
    """The files that were taken in, newest first, and a form for the next."""
    needed(person, Power.SEE_BOOKS)
    keys = (col(StatementRow.imported_at), col(StatementRow.sha256))
    with reading(centre.engine) as session:
        found = leaf(
            session, picked(*_shown(StatementRow, {"raw"})).where(*within(person, StatementRow.site)), keys, after
        )
        held = accounts_of(session, person)
        theirs = _providers(session)
    if is_part(request):
        return page(request, "imports_leaf.html", person, leaf=found, held=held)
    values: dict[str, Any] = {
        "held": held,
        "providers": sorted({*theirs, *centre.providers}),
        "mappings": sorted(shipped()),
    }
    return page(request, "imports.html", person, leaf=found, most=BYTES_MAX, **values)


@router.post("/imports/file")
async def bring(
    request: Request,
    person: PersonDep,
    importing: ImportingDep,
    sort: Sort,
    source: Annotated[str, Query(pattern=r"^[A-Za-z0-9]{1,40}$")],
    name: Annotated[str, Query(max_length=255)] = "file",
    mapping: Annotated[str, Query(max_length=41)] = "",
) -> Response:
    """Begin with the body. It is known by its bytes: sent twice it is taken in once."""
    needed(person, Power.CLOSE_DAYS)
    chosen = shipped().get(mapping)
    if mapping and chosen is None:
        raise HTTPException(400, "error.no_layout")
    try:
        raw = await bodies.whole(request, BYTES_MAX)
    except bodies.TooLarge as error:
        raise HTTPException(413, "error.import_too_large") from error
    except bodies.NotWhole as error:
        raise HTTPException(408, "error.import_cut") from error
    file = File(name_of(name), raw, person.name, chosen)
    place = source if sort is Sort.BANK else source.lower()
    work = await run_in_threadpool(importing.begin, file, sort, place)
    return Response(status_code=204, headers={"HX-Redirect": f"/imports/{work.sha256}"})


@router.get("/imports/{sha256}")
def one_file(
    sha256: Sha, request: Request, centre: CentreDep, person: PersonDep, importing: ImportingDep, after: Cursor = ""
) -> Response:
    """How far a file is; of one that is in the books its lines, each with what it is. Who looks is recorded."""
    needed(person, Power.SEE_BOOKS)
    work = importing.work(sha256)
    with transaction(centre.engine) as session:
        row = session.get(StatementRow, sha256)
        if row is None and work is None:
            raise HTTPException(404, "error.not_imported")
        lines = _lines(session, row, after) if row else None
        if row is not None:
            audit(session, person.name, "looked at an imported file", sha256, datetime.now(UTC), {})
        held = accounts_of(session, person)
        days = next_days(session, person, work)
        head = {name: getattr(row, name) for name in StatementRow.model_fields if name != "raw"} if row else None
    template = "imports_lines.html" if is_part(request) else "imports_file.html"
    values: dict[str, Any] = {
        "work": work,
        "row": head,
        "leaf": lines,
        "sha256": sha256,
        "held": held,
        "next_days": days,
    }
    values["flaws"] = _flaws(request, work)
    return page(request, template, person, steps=STEPS, **values)


@router.get("/imports/{sha256}/state")
def state(sha256: Sha, request: Request, centre: CentreDep, person: PersonDep, importing: ImportingDep) -> Response:
    """How far it is, as a part of its page."""
    needed(person, Power.SEE_BOOKS)
    work = importing.work(sha256)
    with reading(centre.engine) as session:
        known = session.exec(picked(StatementRow.sha256).where(StatementRow.sha256 == sha256)).first() is not None
        days = next_days(session, person, work)
    values: dict[str, Any] = {"work": work, "row": known or None, "sha256": sha256, "flaws": _flaws(request, work)}
    values["next_days"] = days
    return page(request, "imports_state.html", person, steps=STEPS, **values)


@router.get("/bank-lines")
def unknown_lines(request: Request, centre: CentreDep, person: PersonDep, after: Cursor = "") -> Response:
    """Bank lines that nothing explains, newest first, for a person to say what they are. Who looks is recorded."""
    needed(person, Power.SEE_BOOKS)
    told = picked(ExplanationRow.digest).where(ExplanationRow.digest == BankLineRow.digest).correlate(BankLineRow)
    rows = picked(*_shown(BankLineRow, set())).where(~told.exists(), *within(person, BankLineRow.site))
    with transaction(centre.engine) as session:
        audit(session, person.name, "looked at bank lines", "unknown", datetime.now(UTC), {})
        found = leaf(session, rows, (col(BankLineRow.booked_on), col(BankLineRow.digest)), after)
    return page(
        request, "imports_unknown_leaf.html" if is_part(request) else "imports_unknown.html", person, leaf=found
    )


@router.post("/bank-lines/{digest}/meaning")
def meaning(
    digest: Sha,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    kind: Annotated[Proof, Form()],
    note: Annotated[str, Form(min_length=3, max_length=400)],
    subject: Annotated[str, Form(max_length=180)] = "",
) -> Response:
    """Say what a line is that nothing explains, once for ever."""
    needed(person, Power.CLOSE_DAYS)
    said = f"{kind}:{subject.strip()}" if subject.strip() else kind.value
    try:
        with transaction(centre.engine) as session:
            if form.first(session):
                explain(session, digest, said, person.name, note, datetime.now(UTC))
    except NotSo as error:
        return refused(request, error)
    return seen(request, f"/bank-lines/{digest}", "line_explained")


def accounts_of(session: Session, person: Person) -> dict[str, str]:
    """The bank accounts that this person's sites have, each with its bank's name and whose it is."""
    banks = dict(session.exec(picked(SiteRow.account, SiteRow.bank)).all())
    sites = {each: of_account(session, each) for each in accounts(session)}
    own = {each: at for each, at in sites.items() if not person.sites or person.sites & at}
    return {each: f"{bank_named(banks[each])} {each} ({', '.join(sorted(at))})" for each, at in sorted(own.items())}


def next_days(session: Session, person: Person, work: Work | None) -> list[tuple[str, date]]:
    """Of a file that is in the books, each site of its account with the day that is to be closed there: the next of its
    chain, or where there is none yet the last over day of the file."""
    result = work.result if work else None
    if result is None or result.until is None:
        return []
    now = datetime.now(UTC)
    last_over = min(result.until, local_date(now) - timedelta(days=1))
    mine = [site for site in sorted(of_account(session, result.source)) if person.sees(site)]
    found = [(site, due(session, site, now) if last(session, site) else last_over) for site in mine]
    return [(site, on) for site, on in found if on is not None]


def _flaws(request: Request, work: Work | None) -> list[Flaw]:
    """What is wrong with it, in the reader's language."""
    found = work.flaws if work else ()
    if language(request) is Language.EN:
        return list(found)
    return [flaw._replace(why=in_vietnamese(flaw.why)) for flaw in found]


def _providers(session: Session) -> set[str]:
    """Those that settle: with a contract, or with an account."""
    known = (select(ContractRow.provider), select(PayAccountRow.provider))
    return {name for each in known for name in session.exec(each.distinct())}


def _lines(session: Session, row: StatementRow, after: str) -> Any:
    """A file's own lines, found by its source and days: those that another file brought first are that file's."""
    if row.kind == Sort.SETTLEMENT:
        days = col(SettlementLineRow.session_date).between(row.since, row.until)
        its = (SettlementLineRow.provider == row.source, days, SettlementLineRow.statement == row.sha256)
        keys: Sequence[Any] = (SettlementLineRow.line, SettlementLineRow.provider_ref, SettlementLineRow.kind)
        return leaf(session, picked(*_shown(SettlementLineRow, {"raw_line"})).where(*its), keys, after, rising=True)
    days = col(BankLineRow.booked_on).between(row.since, row.until)
    its = (BankLineRow.account == row.source, days, BankLineRow.statement == row.sha256)
    told: Any = (col(ExplanationRow.kind).label("told"), col(ExplanationRow.subject).label("subject"))
    rows = picked(*_shown(BankLineRow, set()), *told)
    rows = rows.join(ExplanationRow, col(ExplanationRow.digest) == col(BankLineRow.digest), isouter=True)
    return leaf(session, rows.where(*its), (col(BankLineRow.line), col(BankLineRow.digest)), after, rising=True)


def _shown(table: Any, without: set[str]) -> list[Any]:
    return [col(getattr(table, name)) for name in table.model_fields if name not in without]
