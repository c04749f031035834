"""`barie shift`: begin a shift, take cash for a visit, give openings their reason, hand over, deposit."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gate.money import dong
from server import shifts
from server.cli import AsJson, Config, Database, Site, _books, _reasons, _say_json, word
from server.db import reading
from server.facts_day import HandOverRow, ShiftRow
from server.reconcile import ZONE
from server.roles import Power
from server.typed_by import By, may

app = typer.Typer(no_args_is_help=True, help="Shifts and tills: begin, receipts, hand over, deposit.")
Shift = Annotated[str, typer.Argument(help="The shift's name, such as SPS-20261123-1.")]
AT_THE_LANE: Final = (Power.HELP_DRIVERS,)
OF_THE_TILL: Final = (Power.HELP_DRIVERS, Power.DECIDE_MONEY)
"""Any of them may take a till over, and take its cash to the bank."""
Note = Annotated[str, typer.Option("--note", help="What is known of it.")]


@app.command("begin")
def begin(
    site: Site,
    cash: Annotated[int, typer.Option("--cash", help="Counted in the till, in dong.")],
    *,
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Begin a shift with a count of the till; its name is printed."""
    with word("shift begin", by, site, AT_THE_LANE, config, database) as (session, now):
        row = shifts.begin(session, site, by=by, opening_cash=cash, now=now)
    _say({"shift": row.shift, "opening_cash": row.opening_cash}, row.shift, json=json)


@app.command("cash")
def cash(
    shift: Shift,
    visit: Annotated[str, typer.Option("--visit", help="The visit's reference.")],
    amount: Annotated[int, typer.Option("--amount", help="Dong, at most what it owes.")],
    note: Annotated[str, typer.Option("--reason", help="Why it is cash.")],
    *,
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take cash for a visit; the receipt's number is printed. A running centre opens for it by itself."""
    with word("shift cash", by, shift, AT_THE_LANE, config, database) as (session, now):
        taken = shifts.take_cash(session, shift, visit, amount, by=by, note=note, now=now)
    told = {"shift": shift, "number": taken.receipt.number, "visit": visit, "amount": amount, "settled": taken.settled}
    _say(told, f"{shift} №{taken.receipt.number}: {dong(amount)}", json=json)


@app.command("reason")
def reason(
    opening: Annotated[str, typer.Argument(help="The opening, as `shift show` names it.")],
    note: Annotated[str, typer.Option("--note", help="Why the arm was opened.")],
    *,
    by: By,
    config: Config = None,
    database: Database = None,
) -> None:
    """Say why an arm was opened by hand, by the button or by fire."""
    with word("shift reason", by, opening, AT_THE_LANE, config, database) as (session, now):
        shifts.give_reason(session, opening, by=by, note=note, now=now)
    typer.echo(f"{opening}: {note.strip()}")


@app.command("end")
def end(  # noqa: PLR0913 - one an option
    shift: Shift,
    to: Annotated[str, typer.Option("--to", help="The user who takes over.")],
    counted: Annotated[int, typer.Option("--counted", help="Counted in the till, in dong.")],
    left: Annotated[int, typer.Option("--left", help="What of it stays as change.")] = 0,
    note: Note = "",
    *,
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Hand the till over with a count. Refused while an opening of the shift lacks its reason."""
    with word("shift end", by, shift, AT_THE_LANE, config, database) as (session, now):
        may(session, to.strip(), *OF_THE_TILL, option="--to")
        row = shifts.hand_over(session, shift, by=by, to=to, counted=counted, left=left, note=note, now=now)
    difference = row.counted_cash - row.expected_cash
    words = f"{shift}: {dong(row.counted_cash)}; phải có · should be {dong(row.expected_cash)}; {dong(difference)}"
    _say({**_ended(row), "difference": difference}, words, json=json)


@app.command("deposit")
def deposit(
    shift: Shift,
    amount: Annotated[int, typer.Option("--amount", help="Dong.")],
    *,
    by: By,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take a handed-over till's cash to the bank. The transfer must carry the reference that is printed."""
    with word("shift deposit", by, shift, OF_THE_TILL, config, database) as (session, now):
        row = shifts.deposit(session, shift, amount, by=by, now=now)
    _say({"deposit": row.deposit, "shift": shift, "amount": amount}, row.deposit, json=json)


@app.command("show")
def show(
    site: Site,
    shift: Annotated[str, typer.Argument(help="One shift; usually the newest ones.")] = "",
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Shifts as they stand: what the till should hold, what was counted and deposited, openings without a reason."""
    now = datetime.now(UTC)
    with _reasons("shift show"), _books(config, database) as engine, reading(engine) as session:
        names = [shift] if shift else shifts.shifts(session, site)
        tills = [shifts.till(session, name, now) for name in names]
    if json:
        _say_json({"site": site, "shifts": [as_told(each) for each in tills]})
        return
    table = Table(
        "Ca · Shift", "Nhân viên · By", "Phải có · Expected", "Đếm · Counted", "Nộp · Deposited", "Thiếu lý do"
    )
    for each in tills:
        counted = dong(each.hand_over.counted_cash) if each.hand_over else ""
        told = (dong(each.expected), counted, dong(each.deposited), str(len(each.missing)))
        table.add_row(each.shift.shift, Text(each.shift.by), *told)
    Console().print(table)
    for each in tills:
        for row in each.missing:
            typer.echo(f"{row.opening}  {row.lane}  {row.happened_at.astimezone(ZONE):%H:%M %d/%m/%Y}  {row.reason}")


def as_told(till: shifts.Till) -> dict[str, Any]:
    """A shift for programs."""
    shift: ShiftRow = till.shift
    return {
        "shift": shift.shift,
        "site": shift.site,
        "by": shift.by,
        "began_at": shift.began_at.isoformat(),
        "opening_cash": shift.opening_cash,
        "receipts": till.receipts,
        "cash": till.cash,
        "expected": till.expected,
        "deposited": till.deposited,
        "hand_over": _ended(till.hand_over) if till.hand_over else None,
        "openings_without_reason": [
            {"opening": row.opening, "lane": row.lane, "reason": row.reason, "at": row.happened_at.isoformat()}
            for row in till.missing
        ],
    }


def _ended(row: HandOverRow) -> dict[str, Any]:
    return {
        "shift": row.shift,
        "to": row.to,
        "expected": row.expected_cash,
        "counted": row.counted_cash,
        "left": row.left_cash,
        "note": row.note,
        "ended_at": row.ended_at.isoformat(),
    }


def _say(told: dict[str, Any], words: str, *, json: bool) -> None:
    if json:
        _say_json(told)
    else:
        typer.echo(words)
