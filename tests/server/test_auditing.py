"""The audit's records by kind, person, vehicle and day, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from gate.messages import OpeningReason
from server import auditing
from server.auditing import Asked, Kind
from server.auth import audit
from server.console.paging import leaf
from server.db import reading, transaction
from tests.server.box import MORNING, Box, book, reference

VISIT, OTHER = reference(1), reference(2)


@pytest.fixture(autouse=True)
def happened(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(VISIT, MORNING, plate="30A12345"), *box.arrives(OTHER, MORNING, plate="29C88888"))
    book(engine, *box.leaves(VISIT, MORNING + timedelta(hours=1), OpeningReason.PERSON, by="lan", note="device"))
    book(engine, *box.leaves(OTHER, MORNING + timedelta(hours=2)))
    with transaction(engine) as session:
        audit(session, "lan", "looked at a visit", VISIT, MORNING, {"why": "asked"})
        audit(session, "minh", "looked at a visit", OTHER, MORNING + timedelta(days=1), {})
        audit(session, "minh", "login", "minh", MORNING + timedelta(days=1, seconds=1), {})


def found(session: Session, kind: Kind, **asked: object) -> list[str]:
    rows, keys = auditing.query(session, kind, Asked(**asked))  # type: ignore[arg-type]
    return [getattr(row, "subject", None) or row.visit for row in leaf(session, rows, keys).rows]


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        (Kind.ALL, {}, ["minh", OTHER, VISIT]),
        (Kind.LOOKS, {}, [OTHER, VISIT]),
        (Kind.LOOKS, {"who": "lan"}, [VISIT]),
        (Kind.LOOKS, {"plate": "30A12345"}, [VISIT]),
        (Kind.LOOKS, {"plate": "3OA-123.45"}, [VISIT]),
        (Kind.LOOKS, {"plate": "51F99999"}, []),
        (Kind.LOOKS, {"first": date(2026, 11, 24)}, [OTHER]),
        (Kind.LOOKS, {"last": date(2026, 11, 23)}, [VISIT]),
        (Kind.OPENINGS, {}, [VISIT]),
        (Kind.OPENINGS, {"who": "minh"}, []),
        (Kind.OPENINGS, {"plate": "30A12345"}, [VISIT]),
        (Kind.OPENINGS, {"sites": frozenset({"SPL"})}, []),
        (Kind.OPENINGS, {"first": date(2026, 11, 24)}, []),
        (Kind.DECISIONS, {"plate": "30A12345", "who": "lan", "sites": frozenset({"SPS"})}, []),
    ],
)
def test_records_are_found(engine: Engine, kind: Kind, asked: dict[str, object], expected: list[str]) -> None:
    with reading(engine) as session:
        assert found(session, kind, **asked) == expected


def test_a_look_names_the_vehicle_that_was_looked_at(engine: Engine) -> None:
    with reading(engine) as session:
        assert auditing.vehicles(session, [VISIT, OTHER, "minh", ""]) == {VISIT: "30A12345", OTHER: "29C88888"}


def test_openings_by_hand_are_read_from_their_own_index(engine: Engine) -> None:
    with reading(engine) as session:
        rows, keys = auditing.query(session, Kind.OPENINGS, Asked(first=datetime(2026, 11, 23, tzinfo=UTC).date()))
        ordered = rows.order_by(*(key.desc() for key in keys)).limit(51)
        if session.get_bind().dialect.name == "sqlite":
            text = str(ordered.compile(session.connection(), compile_kwargs={"literal_binds": True}))
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
            assert "opening_by_hand" in str(plan), plan
