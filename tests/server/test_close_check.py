"""Whoever changes a closed day is found out: what, and where."""

import base64
import random
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, col, delete, select

from gate.signing import private_key
from server.close_check import Checked, check
from server.closing import CLOSED, digest_of
from server.db import transaction
from server.facts import AuditRow, ChargeRow, EntryRow, OpeningRow, PassageRow, PaymentRow, PostingRow
from server.facts_day import CloseRow, FrozenRow
from server.ingest import ingest
from server.tariffs import Tariffs
from tests.server.box import MORNING, notice, paid, reference
from tests.server.closed import DAY, FIRST, HOUR, KEY, after, some_closed_days

OTHER = private_key(base64.b64encode(b"another key of somebody else 123").decode())
FACTS = (ChargeRow, EntryRow, OpeningRow, PassageRow, PaymentRow, PostingRow)
Tamper = Callable[[Session, random.Random], str]


def looked(session: Session, *anchors: str) -> Checked:
    session.expire_all()
    return check(session, "SPS", KEY.public_key(), anchors)


def test_what_nobody_touched_is_well(engine: Engine) -> None:
    some_closed_days(engine)
    with transaction(engine) as session:
        found = looked(session)
    assert (found.closes, found.wrong, found.late) == (3, [], [])
    assert found.facts > 50


def test_what_came_late_is_no_tampering_and_is_told(engine: Engine) -> None:
    box = some_closed_days(engine, 1)
    paid(engine, notice(900, reference(2)), after(FIRST) - timedelta(minutes=1))
    late = list(box.stays(reference(9), MORNING, MORNING + HOUR))
    ingest(engine, Tariffs(engine), late, after(FIRST) + HOUR)
    with transaction(engine) as session:
        found = looked(session)
    assert found.wrong == []
    assert {"passage", "opening", "charge", "entry"} <= {each.where for each in found.late}
    assert all(each.on == FIRST for each in found.late)


# --- a thousand ways ---------------------------------------------------------------------------------------------


def one(session: Session, chance: random.Random, table: type[Any]) -> Any:
    return chance.choice(list(session.exec(select(table))))


def run(session: Session, statement: str, **values: Any) -> None:
    assert session.connection().execute(text(statement), values).rowcount


def changed(session: Session, chance: random.Random) -> str:
    """Any column of any fact."""
    table: Any = chance.choice(FACTS)
    row = one(session, chance, table)
    column = chance.choice(list(table.__table__.columns))
    value = getattr(row, column.name)
    primary = {each.name: getattr(row, each.name) for each in table.__table__.primary_key.columns}
    new = value + 97 if isinstance(value, int) else value + timedelta(seconds=1) if hasattr(value, "year") else None
    new = not value if isinstance(value, bool) else new if new is not None else f"{value or ''}x"
    if column.name == "site":
        new = "SPL"
    which: Any = [table.__table__.c[name] == each for name, each in primary.items()]
    session.connection().execute(
        table.__table__.update().where(*which),
        {column.name: new},
    )
    return f"{table.__tablename__}.{column.name}"


def deleted(session: Session, chance: random.Random) -> str:
    table: Any = chance.choice([ChargeRow, OpeningRow, PassageRow, PaymentRow, PostingRow])
    session.delete(one(session, chance, table))
    session.flush()
    return f"delete {table.__tablename__}"


def put_in(session: Session, chance: random.Random) -> str:
    """A copy of a fact under another name, recorded in time."""
    table: Any = chance.choice([ChargeRow, OpeningRow, PassageRow, PaymentRow, EntryRow])
    values = one(session, chance, table).model_dump()
    key = next(iter(table.__table__.primary_key.columns)).name
    values[key] = f"{values[key]}-{chance.randrange(10**6)}"
    if "happened_at" in values and table in {OpeningRow, PassageRow}:
        values["happened_at"] += timedelta(seconds=7)  # no message of a box has it
    session.add(table(**values))
    session.flush()
    return f"insert {table.__tablename__}"


def close_changed(session: Session, chance: random.Random) -> str:
    row = one(session, chance, CloseRow)
    what = chance.choice(["body", "previous", "sha256", "signature", "by", "closed_at", "body and hash"])
    if what == "body and hash":
        row.body = row.body.replace('"gross":60000', '"gross":50000')
        row.sha256 = digest_of(row.body)
    elif what == "closed_at":
        row.closed_at += timedelta(seconds=1)
    else:
        said = getattr(row, what)
        place = chance.randrange(max(1, len(said)))
        setattr(row, what, f"{said[:place]}{'b' if said[place : place + 1] != 'b' else 'c'}{said[place + 1 :]}")
    session.add(row)
    session.flush()
    return f"close {what}"


def close_deleted(session: Session, chance: random.Random) -> str:
    row = one(session, chance, CloseRow)
    session.exec(delete(FrozenRow).where(col(FrozenRow.on) == row.on))
    if chance.random() < 0.5:
        session.exec(delete(AuditRow).where(col(AuditRow.what) == CLOSED, col(AuditRow.subject) == f"SPS {row.on}"))
    session.delete(row)
    session.flush()
    return "delete close"


def frozen_changed(session: Session, chance: random.Random) -> str:
    row = one(session, chance, FrozenRow)
    body = zlib.decompress(row.body)
    place = chance.randrange(len(body))
    row.body = zlib.compress(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :])
    session.add(row)
    session.flush()
    return f"frozen {row.part}"


def frozen_deleted(session: Session, chance: random.Random) -> str:
    session.delete(one(session, chance, FrozenRow))
    session.flush()
    return "delete frozen"


def reordered(session: Session, chance: random.Random) -> str:
    """Two closes change places."""
    first, second = chance.sample(list(session.exec(select(CloseRow))), 2)
    names = ("body", "previous", "sha256", "signature")
    a, b = [getattr(first, name) for name in names], [getattr(second, name) for name in names]
    for name, mine, other in zip(names, a, b, strict=True):
        setattr(first, name, other)
        setattr(second, name, mine)
    session.add_all([first, second])
    session.flush()
    return "reorder"


def built_anew(session: Session, chance: random.Random) -> str:
    """All closes once more with other figures and a key of one's own, all hashes and the trail right."""
    previous = ""
    for row in session.exec(select(CloseRow).order_by(col(CloseRow.on))):
        was = row.sha256
        body = row.body.replace('"gross":60000', f'"gross":{chance.randrange(50_000)}')
        row.body = body.replace(f'"previous":"{row.previous}"', f'"previous":"{previous}"')
        row.previous, row.sha256 = previous, digest_of(row.body)
        row.signature = base64.b64encode(OTHER.sign(row.body.encode())).decode()
        run(session, "UPDATE audit SET detail = replace(detail, :was, :now)", was=was, now=row.sha256)
        session.add(row)
        previous = row.sha256
    session.flush()
    return "rebuild"


TAMPERS: tuple[tuple[Tamper, int], ...] = (
    (changed, 500),
    (deleted, 100),
    (put_in, 120),
    (close_changed, 120),
    (close_deleted, 40),
    (frozen_changed, 60),
    (frozen_deleted, 20),
    (reordered, 20),
    (built_anew, 20),
)


def thousand() -> Iterator[Tamper]:
    for tamper, times in TAMPERS:
        for _ in range(times):
            yield tamper


@pytest.mark.slow
def test_a_thousand_tamperings_are_all_found(sqlite: Engine) -> None:
    """With a head written down elsewhere, as docs/closing.md asks for."""
    assert sum(times for _, times in TAMPERS) == 1_000
    some_closed_days(sqlite, 3)
    chance, missed = random.Random(1), []
    with Session(sqlite) as session:
        head = looked(session).head
        session.rollback()
        for tamper in thousand():
            with session.no_autoflush:
                session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
                what = tamper(session, chance)
            if not looked(session, head).wrong:
                missed.append(what)
            session.rollback()
            session.expunge_all()
        assert not looked(session, head).wrong
    assert not missed


def test_the_newest_closes_cut_off_with_their_trail_are_found_by_a_head_written_down(sqlite: Engine) -> None:
    some_closed_days(sqlite, 3)
    with transaction(sqlite) as session:
        head = looked(session).head
        for table, column in ((CloseRow, CloseRow.on), (FrozenRow, FrozenRow.on)):
            session.exec(delete(table).where(col(column) == FIRST + 2 * DAY))
        assert [each.what for each in looked(session).wrong] == ["was made, and is gone"]
        session.exec(delete(AuditRow).where(col(AuditRow.subject) == f"SPS {FIRST + 2 * DAY}"))
        assert looked(session).wrong == []  # nothing inside the database can tell
        assert [each.what for each in looked(session, head).wrong] == [
            f"no close has the hash {head} that was written down"
        ]


@pytest.mark.parametrize(
    ("statement", "where", "words"),
    [
        ("UPDATE payment SET amount = 1 WHERE provider_id = '1001'", "payment", "1001: amount was 30000 and is 1"),
        ("DELETE FROM passage WHERE lane = 'out-1'", "passage", "is gone"),
        ("UPDATE posting SET amount = amount * 2", "entry", "postings was"),
    ],
)
def test_it_says_what_and_where(engine: Engine, statement: str, where: str, words: str) -> None:
    some_closed_days(engine, 2)
    with transaction(engine) as session:
        run(session, statement)
        wrong = looked(session).wrong
    assert {each.where for each in wrong} == {where}
    assert any(words in each.what for each in wrong)
    if where == "payment":
        assert [each.on for each in wrong] == [FIRST + DAY]
