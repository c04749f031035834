"""`barie tariffs`: a site's price lists from the command line, from draft to published.

A running centre tells its boxes by itself, seconds later: what is published here needs no restart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlmodel import Session

from gate.money import dong
from gate.tariff import BadTariff, Tariff, load
from server import drafts
from server.cli import AsJson, Config, Database, Site, _books, _progress, _reasons, _say_json
from server.db import reading, transaction
from server.drafts import Version
from server.local_dates import typed_date
from server.reconcile import ZONE
from server.refusals import CHECKS, TARIFFS, bilingual, in_both
from server.register import UserRow
from server.replays import Replayed, replay
from server.roles import POWERS, Power, Role

By = Annotated[str, typer.Option("--by", help="The login of who does this: it must be one that may set tariffs.")]
Code = Annotated[str, typer.Argument(help="The version's code.")]
Note = Annotated[str, typer.Option("--note", help="Why; kept with it for ever.")]
File = Annotated[Path, typer.Argument(help="A tariff as JSON; docs/tariffs.md says how one is written.")]

app = typer.Typer(
    no_args_is_help=True, help="A site's price lists: drafts, their approval, and what they would change."
)


@app.command("list")
def show_all(site: Site, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """Every version and draft of a site with its stage."""
    with _told("list"), _books(config, database) as engine, reading(engine) as session:
        found = drafts.versions(session, site, datetime.now(UTC))
    if json:
        _say_json({"site": site, "tariffs": [each.as_json() for each in found]})
        return
    names = (
        "Mã · code",
        "Trạng thái · stage",
        "Từ · since",
        "Đến · until",
        "Người soạn · by",
        "Người duyệt · approved",
    )
    table = Table(*names, title=site)
    for each in found:
        said = (each.tariff.code, each.stage, _day(each.tariff.since), _day(each.tariff.until))
        table.add_row(*(Text(word) for word in (*said, ", ".join(each.authors), each.approved_by)))
    Console().print(table)


@app.command("show")
def show(code: Code, site: Site, *, json: AsJson = False, config: Config = None, database: Database = None) -> None:
    """One version or draft, whole."""
    with _told("show"), _books(config, database) as engine, reading(engine) as session:
        found = drafts.version(session, site, code, datetime.now(UTC))
    if json:
        _say_json(found.as_json())
        return
    for name, value in found.as_json().items():
        if name != "tariff":
            typer.echo(f"{name:12} {', '.join(value) if isinstance(value, tuple) else value}")
    _say_json(found.as_json()["tariff"])


@app.command("check")
def check(file: File, *, json: AsJson = False) -> None:
    """Whether a file is a sound tariff. Nothing is kept."""
    with _told("check"):
        tariff = _read(file)[1]
    if json:
        _say_json({"code": tariff.code, "sound": True})
    else:
        typer.echo(f"{tariff.code}: hợp lệ · sound")


@app.command("draft")
def draft(
    file: File, site: Site, by: By, *, json: AsJson = False, config: Config = None, database: Database = None
) -> None:
    """Keep a file as a draft, or as the next revision of the draft with its code."""
    with _told("draft"), _books(config, database) as engine:
        data = _read(file)[0]
        with transaction(engine) as session:
            _may(session, by)
            found = drafts.save(session, site, data, by, datetime.now(UTC))
    _tell(found, json=json)


@app.command("approve")
def approve(
    code: Code,
    site: Site,
    by: By,
    note: Note,
    *,
    refuse: Annotated[bool, typer.Option("--refuse", help="Say no instead.")] = False,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """The second person's word on a draft: with it the version is published, unchangeable."""
    with _told("approve"), _books(config, database) as engine, transaction(engine) as session:
        _may(session, by)
        found = drafts.decide(session, site, code, by, note, datetime.now(UTC), agrees=not refuse)
    _tell(found, json=json)


@app.command("withdraw")
def withdraw(
    code: Code,
    site: Site,
    by: By,
    note: Note,
    *,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Give up a draft, or a published version that has not begun."""
    with _told("withdraw"), _books(config, database) as engine, transaction(engine) as session:
        _may(session, by)
        found = drafts.withdraw(session, site, code, by, note, datetime.now(UTC))
    _tell(found, json=json)


@app.command("replay")
def show_replay(
    site: Site,
    start: Annotated[datetime, typer.Option("--from", parser=typed_date, metavar="DATE", help="The first local date.")],
    end: Annotated[datetime, typer.Option("--to", parser=typed_date, metavar="DATE", help="The last local date.")],
    *,
    code: Annotated[str | None, typer.Option("--code", help="A version or draft of the site.")] = None,
    file: Annotated[Path | None, typer.Option("--tariff", help="Or a file, before it is even a draft.")] = None,
    json: AsJson = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """What the stays of past days would have cost by another price list, in dong. Nothing is changed."""
    with _told("replay"), _books(config, database) as engine, reading(engine) as session:
        tariff = _one(session, site, code, file)
        with _progress() as told:
            found = replay(session, site, start.date(), end.date(), tariff, told)
    if json:
        days = {"from": str(start.date()), "to": str(end.date())}
        _say_json({"site": site, "tariff": tariff.code, **days, **found.as_json()})
    else:
        _show(f"{site} · {tariff.code} · {_days(start.date(), end.date())}", found)


@contextmanager
def _told(command: str) -> Iterator[None]:
    """What is foreseen is one line in both languages on stderr and exit 1."""
    with _reasons(f"tariffs {command}"), bilingual(TARIFFS, ValueError, LookupError, PermissionError):
        yield


def _read(file: Path) -> tuple[bytes, Tariff]:
    try:
        data = file.read_bytes()
        return data, load(data)
    except OSError as error:
        raise OSError(f"{file}: {error.strerror}") from error
    except BadTariff as error:
        raise BadTariff(f"{file}: {in_both(str(error), CHECKS)}") from error


def _one(session: Session, site: str, code: str | None, file: Path | None) -> Tariff:
    if (code is None) == (file is None):
        raise ValueError("which price list? Name one: --code or --tariff")
    if file is not None:
        return _read(file)[1]
    return drafts.version(session, site, code or "", datetime.now(UTC)).tariff


def _may(session: Session, name: str) -> None:
    user = session.get(UserRow, name)
    if user is None or user.disabled or Power.SET_TARIFFS not in POWERS[Role(user.role)]:
        raise PermissionError(f"--by: {name} is no login that may set tariffs")


def _tell(found: Version, *, json: bool) -> None:
    if json:
        _say_json(found.as_json())
    else:
        typer.echo(f"{found.tariff.code}: {found.stage} ({_STAGES[found.stage]})")


_STAGES: Final = {
    drafts.Stage.DRAFT: "bản thảo, chờ người thứ hai duyệt",
    drafts.Stage.REFUSED: "người thứ hai không duyệt",
    drafts.Stage.COMING: "đã duyệt, chưa có hiệu lực",
    drafts.Stage.BEGUN: "đang hoặc đã có hiệu lực",
    drafts.Stage.OVER: "hết hiệu lực",
    drafts.Stage.WITHDRAWN: "đã rút",
}


def _show(title: str, found: Replayed) -> None:
    console = Console()
    table = Table(
        "Loại · class", "Lượt · stays", "Đã tính · charged", "Giá mới · would be", "Chênh · change", title=title
    )
    for kind, each in [*found.classes.items(), ("∑", found.total)]:
        amounts = (each.charged, each.would, each.would - each.charged)
        table.add_row(kind, str(each.visits), *(_signed(amount) for amount in amounts))
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    words = (found.total.dearer, found.total.cheaper, found.excused, found.unpriced)
    console.print(
        "Đắt hơn · dearer {}, rẻ hơn · cheaper {}, miễn · excused {}, không có giá · unpriced {}".format(*words)
    )
    if found.largest:
        console.print(_largest(found))


def _largest(found: Replayed) -> Table:
    names = ("Lượt · visit", "Loại", "Vào · in", "Ra · out", "Đã tính", "Giá mới", "Chênh")
    table = Table(*names, title="Chênh nhiều nhất · largest changes")
    for column in table.columns:
        column.no_wrap, column.overflow = True, "fold"
    for each in found.largest:
        times = (f"{at.astimezone(ZONE):%H:%M %d/%m}" for at in (each.entered, each.left))
        amounts = (_signed(amount) for amount in (each.charged, each.would, each.difference))
        table.add_row(each.visit, each.vehicle_class, *times, *amounts)
    return table


def _signed(amount: int) -> str:
    return f"-{dong(-amount)}" if amount < 0 else dong(amount)


def _day(at: datetime | None) -> str:
    return f"{at.astimezone(ZONE):%H:%M %d/%m/%Y}" if at else ""


def _days(first: date, last: date) -> str:
    return f"{first:%d/%m/%Y}" if first == last else f"{first:%d/%m/%Y} - {last:%d/%m/%Y}"
