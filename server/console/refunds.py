"""Refunds on their way: which wait for an account, which go into the next file, which the bank has shown."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from server import account_changes, refund_accounts, refund_steps, refunds, transfers
from server.api.caller import CentreDep, PersonDep, needed
from server.api.money import rules_of
from server.auth import Person, audit
from server.banks import BANKS
from server.console.errors import is_part
from server.console.imports import accounts_of
from server.console.once import Once, sent
from server.console.page import page, seen
from server.console.paging import leaf
from server.console.refusing import refused
from server.console.wrong import wrong
from server.db import reading, transaction
from server.facts_money import RefundRow, RefundSentRow, TransferFileRow, TransferRow
from server.money_rules import Impossible, NoSuch, NotYours, Speaker
from server.proving.kinds import sites_of
from server.reach import of_transfers, within
from server.refund_accounts import BadAccount
from server.roles import Power

OnceDep = Annotated[Once, Depends(sent)]
Name = Annotated[str, Path(max_length=40)]
Cursor = Annotated[str, Query(max_length=400)]
Typed = Annotated[str, Form(max_length=100)]
KINDS: Final = {
    transfers.Form.CSV: "text/csv; charset=utf-8",
    transfers.Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILES_MAX: Final = 20
_FIELDS: Final = {"bank": "error.bad_bank", "account": "error.bad_account", "name": "error.bad_holder"}
picked: Final[Any] = select
"""Columns chosen at run time have no types of their own."""
router = APIRouter()


def told(work: Callable[..., Response]) -> Callable[..., Response]:
    """What the books refuse, in the reader's words: 404, 403 or 409; a field that is no account's, by its name."""

    @wraps(work)
    def answered(*, request: Request, **named: Any) -> Response:
        try:
            return work(request=request, **named)
        except BadAccount as error:
            field = str(error).partition(":")[0]
            raise wrong(field, _FIELDS[field]) from error
        except (NoSuch, NotYours, Impossible) as error:
            if not is_part(request):
                raise HTTPException(404, "error.no_refund") from error
            return refused(request, error)

    return answered


@router.get("/refunds")
def open_refunds(request: Request, centre: CentreDep, person: PersonDep, after: Cursor = "") -> Response:
    """The refunds that are on their way, oldest first, and the form for the next file of transfers."""
    needed(person, Power.SEE_BOOKS)
    with reading(centre.engine) as session:
        rows = refunds.open_rows().where(*within(person, RefundRow.site))
        found = leaf(session, rows, (col(RefundRow.made_at), col(RefundRow.refund)), after, rising=True)
        values: dict[str, Any] = {"leaf": found, "stands": refund_steps.stands(session, found.rows)}
        if not is_part(request):
            values |= {"ready": _ready(session, person), "files": _files(session, person)}
    return page(request, "refunds_leaf.html" if is_part(request) else "refunds.html", person, **values)


@router.post("/refunds/files")
@told
def make_file(
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    account: Typed,
    layout: Annotated[transfers.Form, Form()] = transfers.Form.XLSX,
) -> Response:
    """A file for the bank of one account: each refund of its sites is in one file only."""
    needed(person, Power.DECIDE_MONEY)
    with transaction(centre.engine) as session:
        if form.first(session):
            sites = {site for site in sites_of(session, account) if person.sees(site)}
            if not sites:
                raise HTTPException(404, "error.no_own_account")
            transfers.make(session, account, layout, person.name, datetime.now(UTC), sites)
    return seen(request, "/refunds", "transfers_made")


@router.get("/refunds/files/{transfer_file}")
@told
def take_file(
    transfer_file: Name,
    request: Request,  # noqa: ARG001 - of `told`
    centre: CentreDep,
    person: PersonDep,
) -> Response:
    """The file as it was made, byte for byte. It holds accounts of people: who takes it is recorded."""
    needed(person, Power.DECIDE_MONEY)
    with transaction(centre.engine) as session:
        if person.sites and of_transfers(session, transfer_file) - person.sites:
            raise NoSuch(f"there is no file of transfers {transfer_file}")
        made, row = transfers.again(session, transfer_file), session.get_one(TransferFileRow, transfer_file)
        audit(session, person.name, "money: took a file of transfers", transfer_file, datetime.now(UTC), {})
        kind, name = transfers.Form(row.form), f"barie-transfers-{row.made_at:%Y-%m-%d}-{row.file}.{row.form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made.content, media_type=KINDS[kind], headers=headers)


@router.get("/refunds/{refund}")
@told
def one_refund(refund: Name, request: Request, centre: CentreDep, person: PersonDep) -> Response:
    """A refund, how far it is, and what may be done. Whoever looks at two accounts of a change is recorded."""
    needed(person, Power.SEE_BOOKS)
    with transaction(centre.engine) as session:
        row = refunds.refund(session, refund)
        stand = refund_steps.stands(session, [row])[refund]
        decides, changes = person.may(Power.DECIDE_MONEY), list[account_changes.Change]()
        if decides and stand.step is refund_steps.Step.CHANGING:
            changes = account_changes.seen(session, refund, person.name, datetime.now(UTC))
        facts = row.model_dump()
    may = decides and stand.step in refund_steps.HERE
    values: dict[str, Any] = {"row": facts, "stand": stand, "changes": changes, "may": may, "banks": BANKS}
    return page(request, "refund.html", person, **values)


@router.post("/refunds/{refund}/account")
@told
def enter_account(
    refund: Name,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    bank: Typed,
    account: Typed,
    name: Typed,
) -> Response:
    """What the driver said at the desk. Another account than the known one waits for a second person."""
    needed(person, Power.DECIDE_MONEY)
    kept = True
    with transaction(centre.engine) as session:
        to = refund_accounts.account(bank, account, name)
        if form.first(session):
            kept = refund_accounts.enter(session, refund, to, person.name, datetime.now(UTC))
    return seen(request, f"/refunds/{refund}", "account_kept" if kept else "account_waits")


@router.post("/refunds/{refund}/link")
@told
def new_link(refund: Name, request: Request, centre: CentreDep, person: PersonDep, form: OnceDep) -> Response:
    """The page on which the driver says the account, as a part of this one: said once, the link before it ends."""
    needed(person, Power.DECIDE_MONEY)
    with transaction(centre.engine) as session:
        if not form.first(session):
            raise HTTPException(409, "error.link_said")
        token = refund_accounts.ask(session, refund, person.name, datetime.now(UTC))
    return page(request, "refund_link.html", person, link=f"{request.base_url}v1/refunds/{token}/account")


@router.post("/refunds/{refund}/account/word")
@told
def change_word(
    refund: Name,
    request: Request,
    centre: CentreDep,
    person: PersonDep,
    form: OnceDep,
    agrees: Annotated[bool, Form()],
) -> Response:
    """The second person's word on another account."""
    needed(person, Power.DECIDE_MONEY)
    with transaction(centre.engine) as session:
        if form.first(session):
            who, now = Speaker(person.name, person.role), datetime.now(UTC)
            account_changes.speak(session, refund, who, rules_of(centre), now, agrees=agrees)
    return seen(request, f"/refunds/{refund}", "money_agreed" if agrees else "money_disagreed")


def _ready(session: Session, person: Person) -> list[tuple[str, str, int, int]]:
    """By account of ours: what people call it, and how many refunds of how much the next file from it would hold."""
    rows = [row for row, _ in transfers.ready(session) if person.sees(row.site)]
    found = []
    for account, whose in accounts_of(session, person).items():
        amounts = [row.amount for row in rows if row.site in sites_of(session, account)]
        if amounts:
            found.append((account, whose, len(amounts), sum(amounts)))
    return found


def _files(session: Session, person: Person) -> list[Any]:
    """The last files, and of how many of their refunds the money was seen to leave; those that hold another site's
    are not there for who is limited to theirs."""
    beyond = picked(TransferRow.file).join(RefundRow, col(RefundRow.refund) == col(TransferRow.refund))
    hidden = beyond.where(col(RefundRow.site).not_in(sorted(person.sites)), TransferRow.file == TransferFileRow.file)
    counted = picked(TransferRow.file, func.count().label("lines"), func.count(col(RefundSentRow.refund)).label("sent"))
    each = counted.join(RefundSentRow, col(RefundSentRow.refund) == col(TransferRow.refund), isouter=True)
    sums = each.group_by(col(TransferRow.file)).subquery()
    shown = (TransferFileRow.file, TransferFileRow.account, TransferFileRow.total, TransferFileRow.form)
    rows = picked(*shown, TransferFileRow.made_at, TransferFileRow.by, sums.c.lines, sums.c.sent)
    rows = rows.join(sums, sums.c.file == TransferFileRow.file).where(*([~hidden.exists()] if person.sites else []))
    order = (col(TransferFileRow.made_at).desc(), col(TransferFileRow.file).desc())
    return list(session.exec(rows.order_by(*order).limit(FILES_MAX)).all())
