"""What is old goes, what anybody still waits for stays, and no book is touched."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner, Result

from barie_cli import build
from gate.findings import Code
from server import aged, expiring, lists
from server.auth import audit
from server.db import reading, transaction
from server.derived import FindingRow, StayMoneyRow, VisitRow
from server.expiring import Expirer, Gone
from server.facts import AuditRow, ChargeRow, PaymentRow
from server.keeping import Keeping
from server.plate_parts import PlatePartRow
from server.uploads import path_of
from server.vault import VaultPictureRow, VaultReadRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.closed import DAY, FIRST, HOUR, a_day, after, some_closed_days
from tests.server.rows import rows
from tests.server.test_config import good, written
from tests.server.test_lists import listing

MONTH = Keeping(plates_days=30)
LATER = after(FIRST) + 30 * DAY
"""A month after the first day, and less after the second."""
MUCH_LATER = LATER + 9 * DAY
WAITS = ["owes", "odd", "no price", "a case", "a case of the day", "a case of the read", "decided lately"]
WAITS += ["not left", "inside, and paid"]
STAYING = {"a case of the day": [4, 4, 0], "not left": [1, 0, 0], "a case of the read": [1, 0, 0]}


def reads(engine: Engine) -> list[int]:
    """How many reads each of three days still has."""
    with reading(engine) as session:
        at = session.exec(select(VaultReadRow.happened_at)).all()
    return [sum(FIRST + number * DAY == (each + 7 * HOUR).date() for each in at) for number in range(3)]


def pictured(engine: Engine, vault: Path) -> list[Path]:
    """Each read gets a picture with its file."""
    made = []
    with transaction(engine) as session:
        for number, row in enumerate(session.exec(select(VaultReadRow).order_by(VaultReadRow.happened_at)).all()):  # type: ignore[arg-type]
            row.picture = f"{number:064x}"
            session.add(row)
            session.add(VaultPictureRow(sha256=row.picture, box="sps-1", size=4, arrived_at=row.happened_at))
            made.append(path_of(vault, row.picture))
            made[-1].parent.mkdir(parents=True, exist_ok=True)
            made[-1].write_bytes(b"JPEG")
    return made


def test_by_default_everything_is_kept(engine: Engine, tmp_path: Path) -> None:
    some_closed_days(engine)
    files = pictured(engine, tmp_path)
    assert not Keeping().any
    assert expiring.expire(engine, tmp_path, Keeping(), LATER + 4_000 * DAY) == Gone()
    assert (reads(engine), all(file.exists() for file in files)) == ([4, 4, 4], True)


def test_what_is_old_goes_with_its_pictures_and_the_books_stay(engine: Engine, tmp_path: Path) -> None:
    some_closed_days(engine)
    files = pictured(engine, tmp_path)
    books = rows(engine, ChargeRow), rows(engine, PaymentRow)
    assert expiring.due(engine, MONTH, LATER).reads == 4
    assert reads(engine) == [4, 4, 4]
    gone = Expirer(engine, tmp_path, MONTH, lambda: LATER).go()
    assert (gone.reads, gone.pictures, reads(engine)) == (4, 4, [0, 4, 4])
    assert [file.exists() for file in files] == [False] * 4 + [True] * 8
    assert expiring.expire(engine, tmp_path, MONTH, LATER) == Gone()
    assert (rows(engine, ChargeRow), rows(engine, PaymentRow)) == books
    expiring.expire(engine, tmp_path, MONTH, MUCH_LATER)
    assert (reads(engine), rows(engine, PlatePartRow), rows(engine, VaultPictureRow)) == ([0, 0, 0], [], [])
    with reading(engine) as session:
        assert session.exec(select(AuditRow.who).where(AuditRow.what == "erased by age")).all() == ["rule"] * 2


def test_pictures_may_go_before_plates(engine: Engine, tmp_path: Path) -> None:
    some_closed_days(engine)
    files = pictured(engine, tmp_path)
    gone = expiring.expire(engine, tmp_path, Keeping(plates_days=90, pictures_days=30), LATER)
    assert (gone.reads, gone.unpictured, gone.pictures, reads(engine)) == (0, 4, 4, [4, 4, 4])
    assert [file.exists() for file in files] == [False] * 4 + [True] * 8


def test_a_file_whose_row_was_left_goes_the_next_time(engine: Engine, tmp_path: Path) -> None:
    some_closed_days(engine)
    for file in pictured(engine, tmp_path)[:2]:
        file.unlink()  # cut short after the files
    assert expiring.expire(engine, tmp_path, MONTH, LATER).pictures == 4


@pytest.mark.parametrize("why", WAITS)
def test_what_somebody_waits_for_stays(engine: Engine, tmp_path: Path, why: str) -> None:
    box = some_closed_days(engine)
    visit = reference(1)
    with transaction(engine) as session:
        money = session.get_one(StayMoneyRow, visit)
        if why == "owes":
            money.owed = 1
        elif why == "odd":
            money.odd = True
        elif why == "no price":
            money.charged = None
        elif why == "inside, and paid":
            session.get_one(VisitRow, visit).left_at = None
        elif why == "decided lately":
            money.paid_at = MUCH_LATER - DAY
        elif why.startswith("a case"):
            came = session.get_one(VisitRow, visit).entry_approach
            of_read, about = why == "a case of the read", visit if why == "a case" else None
            subject, due = (came, MORNING + 5 * DAY) if of_read else (why, MORNING)
            row = FindingRow(
                code=Code.DEVICE_FAULT, subject=subject, site="SPS", visit=about, amount=0, due=due, evidence="{}"
            )
            row.opened_at = MORNING
            session.add(row)
        session.add(money)
    if why == "not left":
        book(engine, *box.arrives(reference(9), MORNING + HOUR))
    expiring.expire(engine, tmp_path, MONTH, MUCH_LATER)
    assert reads(engine) == STAYING.get(why, [2, 0, 0])


def test_a_day_that_is_not_closed_keeps_everything(engine: Engine, tmp_path: Path) -> None:
    a_day(engine, Box(), FIRST)
    assert expiring.expire(engine, tmp_path, MONTH, LATER + 999 * DAY) == Gone()
    assert reads(engine) == [4, 0, 0]


def test_small_bites_are_as_good_as_a_large_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aged, "AT_ONCE", 1)
    some_closed_days(engine)
    assert expiring.expire(engine, tmp_path, MONTH, MUCH_LATER).reads == 12
    assert reads(engine) == [0, 0, 0]


def test_the_audit_and_ended_rows_of_lists_go_by_age(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as session:
        for days in (0, 399, 401):
            audit(session, "lan", "looked at a visit", "SPS22222222", LATER - days * DAY, {})
        lists.add(session, "SPS", listing(plate="30A12345", until=MORNING + HOUR), "lan", MORNING)
        lists.add(session, "SPS", listing(plate="30A99999", until=LATER + DAY), "lan", MORNING)
    rules = Keeping(plates_days=30, audit_days=400)
    trial = expiring.due(engine, rules, LATER)
    done = expiring.expire(engine, tmp_path, rules, LATER)
    assert (done.records, done.listed) == (trial.records, trial.listed) == (1, 1)
    with reading(engine) as session:
        assert len(session.exec(select(AuditRow).where(AuditRow.what == "looked at a visit")).all()) == 2


@pytest.mark.parametrize("wrong", [Keeping(audit_days=364), Keeping(plates_days=30, pictures_days=31)])
def test_rules_that_cannot_be_are_named(wrong: Keeping) -> None:
    assert wrong.wrong()
    assert not MONTH.wrong()


def test_the_command_shows_first_and_does_it_then(engine: Engine, books_url: str, tmp_path: Path) -> None:
    name, old = "a" * 64, datetime.now(UTC) - 400 * DAY
    file = path_of(tmp_path, name)
    file.parent.mkdir()
    file.write_bytes(b"JPEG")
    with transaction(engine) as session:
        audit(session, "lan", "looked at a visit", "SPS22222222", old, {})
        session.add(VaultPictureRow(sha256=name, box="sps-1", size=4, arrived_at=old))

    def run(*words: str, **keeping: int) -> Result:
        path = written(tmp_path, {**good(tmp_path), "database": books_url, "vault": str(tmp_path), "keeping": keeping})
        return CliRunner().invoke(build("expire"), ["expire", *words, "--json", "--config", str(path)])

    both = {"pictures_days": 30, "audit_days": 365}
    trial = json.loads(run("--dry-run", **both).stdout)
    assert (trial["pictures"], trial["records"], trial["done"], file.exists()) == (1, 1, False, True)
    assert json.loads(run(**both).stdout) == {**trial, "done": True}
    assert (file.exists(), rows(engine, VaultPictureRow)) == (False, [])
    assert "everything is kept" in run().stderr
    assert "audit_days: 30 is less than the 365" in run(audit_days=30).stderr
