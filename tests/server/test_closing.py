"""A day closes once, in order, when nothing more is waited for; what comes later is in the next close."""

import io
import json
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from gate.ledger import LedgerAccount
from gate.messages import OpeningReason
from server import facts, facts_bank, facts_day, facts_money, facts_stays, facts_visits
from server.books import balance
from server.closing import NotYet, write_off
from server.db import connect, reading, transaction
from server.export import Format, export, snapshot
from server.facts import AuditRow, ChargeRow, PaymentRow
from server.facts_day import CloseRow, FrozenRow
from server.frozen import FACTS, chain, frozen, names, taken
from server.kept import KEPT
from server.reconcile import NoSuchSite, bounds
from tests.server.box import MORNING, Box, book, notice, paid, reference
from tests.server.closed import CAR, DAY, FIRST, HOUR, a_day, after, closed, heard, some_closed_days
from tests.server.rows import rows


def body(engine: Engine, on: date, site: str = "SPS") -> Any:
    with reading(engine) as session:
        return json.loads(session.get_one(CloseRow, (site, on)).body)


def reasons(engine: Engine, on: date, now: datetime | None = None, **options: Any) -> str:
    with pytest.raises(NotYet) as refused:
        closed(engine, on, now=now, **options)
    return " | ".join(refused.value.reasons)


def test_a_close_says_what_the_day_came_to(engine: Engine) -> None:
    some_closed_days(engine)
    said = body(engine, FIRST + DAY)
    assert said["money"] == {"charges": 2, "gross": 60_000, "net": 55_556, "vat": 4_444, "received": 60_000}
    assert said["vat"] == {"800": {"charges": 2, "gross": 60_000, "net": 55_556, "vat": 4_444}}
    assert list(said["classes"]) == ["CAR9"]
    assert said["counts"]["passages"] == 4
    assert said["accounts"]["at_end"]["clearing"] == 120_000
    assert said["accounts"]["moved"]["clearing"] == 60_000
    assert sum(said["accounts"]["at_end"].values()) == 0
    assert list(said["tariffs"]) == ["flat-1"]
    assert said["watermarks"][0]["box"] == "sps-1"
    assert said["previous"] == chain_of(engine)[0]


def chain_of(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return [each.sha256 for each in chain(session, "SPS")]


def test_every_fact_is_in_exactly_one_close(engine: Engine) -> None:
    box = some_closed_days(engine)
    late = reference(1)
    paid(engine, notice(77, late), MORNING + HOUR)  # of the first day, and booked after its close
    a_day(engine, box, FIRST + 3 * DAY)
    closed(engine, FIRST + 3 * DAY)
    with reading(engine) as session:
        keys = taken(session, "SPS")
        assert {f"{r['provider']} {r['provider_id']}" for r in rows(engine, PaymentRow)} == {
            " ".join(key) for key in keys["payment"]
        }
        every = [
            (kind, tuple(line))
            for each in chain(session, "SPS")
            for kind, held in frozen(session, "SPS", each.on, FACTS).items()
            for line in (json.dumps(line) for line in held["lines"])
        ]
        for kind, kept in KEPT.items():
            assert sum(each[0] == kind for each in every) == len(
                [row for row in rows(engine, kept.table) if row["site"] == "SPS"]
            )
    assert len(every) == len(set(every)) > 60


ELSEWHERE = {
    "audit",
    "event",
    "command",
    "day_close",
    "day_frozen",
    "pairing",
    "candidates_shown",
    "inside_file",
}
"""Of a site and in no close: what boxes said (its facts are there), orders to them, the closes themselves, mere
proposals, and who looked at what (the facts that people made are there)."""


def test_every_table_of_facts_is_in_closes_or_known_not_to_be() -> None:
    found = {
        table.__tablename__: table
        for module in (facts, facts_money, facts_day, facts_visits, facts_stays, facts_bank)
        for table in vars(module).values()
        if isinstance(table, type) and issubclass(table, SQLModel) and hasattr(table, "__table__")
    }
    of_sites = {name for name, table in found.items() if "site" in table.model_fields}
    assert of_sites - ELSEWHERE == set(KEPT)
    for kind, kept in KEPT.items():
        primary = [column.name for column in inspect(kept.table).primary_key]
        assert list(names(kind)[: len(primary)]) == primary


def test_twice_is_once(engine: Engine) -> None:
    some_closed_days(engine, 1)
    before = [rows(engine, table) for table in (CloseRow, FrozenRow, AuditRow)]
    again = closed(engine, FIRST, now=after(FIRST) + DAY)
    assert not again.fresh
    assert [rows(engine, table) for table in (CloseRow, FrozenRow, AuditRow)] == before


def test_two_processes_close_a_day_once(engine: Engine, books_url: str) -> None:
    box, other = Box(), connect(books_url)
    a_day(engine, box, FIRST)
    made: list[bool] = []
    gate = threading.Barrier(4)

    def run(each: Engine) -> None:
        gate.wait()
        made.append(closed(each, FIRST).fresh)

    threads = [threading.Thread(target=run, args=(each,)) for each in (engine, other, engine, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    assert sorted(made) == [False, False, False, True]
    assert len(rows(engine, CloseRow)) == 1
    assert len(rows(engine, FrozenRow)) == 2


def test_it_refuses_out_of_order_and_before_the_end(engine: Engine) -> None:
    box = Box()
    for number in range(3):
        a_day(engine, box, FIRST + number * DAY)
    now = after(FIRST + 2 * DAY)
    assert "the first one must be chosen" in reasons(engine, FIRST + DAY, now)
    early = reasons(engine, FIRST, bounds(FIRST)[1] - timedelta(seconds=1))
    assert "ngày chưa hết trước 00:00 24/11/2026 · the day is not over before 00:00 24/11/2026" in early
    closed(engine, FIRST)
    assert "24/11/2026 must be closed before" in reasons(engine, FIRST + 2 * DAY, now)
    assert "no day before it" in reasons(engine, FIRST - DAY, now)
    assert not rows(engine, CloseRow)[1:]
    with pytest.raises(NoSuchSite, match="XXX"):
        closed(engine, FIRST, site="XXX", first=True)


def test_it_waits_for_every_box(engine: Engine) -> None:
    box = Box()
    a_day(engine, box, FIRST)
    with transaction(engine) as session:
        session.connection().exec_driver_sql("DELETE FROM box_now")
    assert "hộp · box sps-1: chưa từng có tín hiệu · was never heard" in reasons(engine, FIRST)
    heard(engine, bounds(FIRST)[1], box)
    assert "was last heard 00:00 24/11/2026, before the day was over" in reasons(engine, FIRST)
    later = bounds(FIRST)[1] + timedelta(seconds=1)
    heard(engine, later, box, waiting=3)
    assert "3 facts are still on their way" in reasons(engine, FIRST)
    heard(engine, later, box, last=box.sequence + 7)
    assert "7 facts are still on their way" in reasons(engine, FIRST)
    heard(engine, later, box)
    assert closed(engine, FIRST).fresh


def test_a_person_may_write_a_box_off_with_a_reason(engine: Engine) -> None:
    box = Box()
    a_day(engine, box, FIRST)
    heard(engine, MORNING, box)
    with transaction(engine) as session:
        with pytest.raises(ValueError, match="A reason is needed"):
            write_off(session, "sps-1", FIRST, by="anh Ba", note=" ", now=after(FIRST))
        with pytest.raises(ValueError, match="no box sps-9"):
            write_off(session, "sps-9", FIRST, by="anh Ba", note="cháy", now=after(FIRST))
        assert write_off(session, "sps-1", FIRST, by="anh Ba", note="hộp cháy", now=after(FIRST))
    closed(engine, FIRST)
    assert body(engine, FIRST)["watermarks"] == [{"box": "sps-1", "written_off_by": "anh Ba", "note": "hộp cháy"}]


def test_it_refuses_above_tolerance_and_names_what(engine: Engine) -> None:
    box = Box()
    a_day(engine, box, FIRST)
    paid(engine, notice(500, "no reference at all", 1_000_000), MORNING + HOUR)
    said = reasons(engine, FIRST, tolerance=0)
    assert "unexplained are 1.000.000" in said
    assert "Money for no known visit (payment_unknown): sepay:500" in said


def test_what_comes_after_the_close_counts_on_the_next_day(engine: Engine) -> None:
    """A late passage, a late payment: the closed day stays, the next one has them, with the day they belong to."""
    box = Box()
    a_day(engine, box, FIRST, pay=False)
    closed(engine, FIRST)
    first = rows(engine, CloseRow)
    paid(engine, notice(900, reference(1)), after(FIRST) + HOUR)
    stale = reference(50)
    book(engine, *box.stays(stale, MORNING + 5 * HOUR, MORNING + 6 * HOUR))
    a_day(engine, box, FIRST + DAY)
    closed(engine, FIRST + DAY)
    assert [row for row in rows(engine, CloseRow) if row["on"] == FIRST] == first
    said = body(engine, FIRST + DAY)
    assert said["money"]["charges"] == 3
    assert said["money"]["received"] == 3 * CAR
    assert said["adjustments"]["2026-11-23"]["clearing"] == CAR
    assert said["adjustments"]["2026-11-23"]["revenue"] == -27_778
    shown = json.loads(exported(engine, FIRST + DAY, FIRST + DAY, Format.JSON))
    belongs = {row["belongs"] for row in shown["adjustments"]}
    assert belongs == {"2026-11-23"}
    assert stale in {row["visit"] for row in shown["visits"]}
    with reading(engine) as session:
        charged = -balance(session, "SPS", LedgerAccount.REVENUE) - balance(session, "SPS", LedgerAccount.VAT)
    assert sum(body(engine, FIRST + n * DAY)["money"]["gross"] for n in range(2)) == charged == 5 * CAR


def test_a_charge_belongs_to_the_day_of_its_exit(engine: Engine) -> None:
    """Charged before midnight, gone after it: the later day's, once."""
    box, visit = Box(), reference(1)
    midnight = bounds(FIRST)[1]
    book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, midnight - timedelta(minutes=2)))
    paid(engine, notice(1, visit), midnight - timedelta(minutes=1))
    book(engine, *box.leaves(visit, midnight + timedelta(seconds=5)))
    heard(engine, midnight + HOUR, box)
    closed(engine, FIRST)
    heard(engine, midnight + DAY + HOUR, box)
    closed(engine, FIRST + DAY)
    assert [body(engine, FIRST + n * DAY)["money"]["charges"] for n in range(2)] == [0, 1]
    assert [body(engine, FIRST + n * DAY)["money"]["received"] for n in range(2)] == [CAR, 0]


def test_a_charge_that_was_counted_inside_is_not_counted_again_at_its_exit(engine: Engine) -> None:
    box, visit = Box(), reference(1)
    midnight = bounds(FIRST)[1]
    book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR))
    paid(engine, notice(1, visit), MORNING + HOUR)
    heard(engine, midnight + HOUR, box)
    closed(engine, FIRST)
    book(engine, *box.leaves(visit, midnight + 8 * HOUR))
    live = json.loads(exported(engine, FIRST + DAY, FIRST + DAY, Format.JSON))
    assert live["summary"][0]["charged"] == 0
    heard(engine, midnight + DAY + HOUR, box)
    closed(engine, FIRST + DAY)
    assert [body(engine, FIRST + n * DAY)["money"]["charges"] for n in range(2)] == [1, 0]


def test_days_that_were_missed_close_one_after_the_other(engine: Engine) -> None:
    box = Box()
    for number in range(5):
        a_day(engine, box, FIRST + number * DAY)
    now = after(FIRST + 6 * DAY)
    for number in range(5):
        closed(engine, FIRST + number * DAY, now=now)
    assert [body(engine, FIRST + n * DAY)["money"]["gross"] for n in range(5)] == [60_000] * 5


def test_the_first_close_takes_what_was_before_and_counts_its_day(engine: Engine) -> None:
    box = Box()
    a_day(engine, box, FIRST)
    a_day(engine, box, FIRST + DAY)
    closed(engine, FIRST + DAY, first=True)
    said = body(engine, FIRST + DAY)
    assert said["money"]["gross"] == 60_000
    assert (said["accounts"]["before"]["clearing"], said["accounts"]["at_end"]["clearing"]) == (60_000, 120_000)
    assert said["facts"]["charge"]["count"] == len(rows(engine, ChargeRow)) == 4


def exported(engine: Engine, start: date, end: date, kind: Format) -> bytes:
    stream = io.BytesIO()
    with snapshot(engine) as session:
        export(session, "SPS", start, end, kind, stream, now=after(end))
    return stream.getvalue()


@pytest.mark.parametrize("kind", [Format.XLSX, Format.CSV, Format.JSON])
def test_an_export_of_closed_days_never_changes(engine: Engine, kind: Format) -> None:
    """Whatever comes later, whatever derived table is touched."""
    box = some_closed_days(engine, 2)
    before = exported(engine, FIRST, FIRST + DAY, kind)
    paid(engine, notice(900, reference(1)), after(FIRST + DAY))
    book(engine, *box.stays(reference(60), MORNING, MORNING + HOUR, plate="29B12345"))
    book(engine, *box.leaves(reference(2), MORNING + 5 * HOUR, OpeningReason.BY_HAND))
    with transaction(engine) as session:
        session.connection().exec_driver_sql("UPDATE visit SET vehicle_class = 'MOTO', left_at = NULL")
    assert exported(engine, FIRST, FIRST + DAY, kind) == before
    a_day(engine, box, FIRST + 2 * DAY)
    assert exported(engine, FIRST, FIRST + DAY, kind) == before


def test_an_open_day_shows_what_its_close_will_say(engine: Engine) -> None:
    box = some_closed_days(engine, 1, pay=False)
    paid(engine, notice(900, reference(1)), after(FIRST))
    a_day(engine, box, FIRST + DAY, 3)
    on = FIRST + DAY
    before = json.loads(exported(engine, on, on, Format.JSON))
    closed(engine, on, now=bounds(on)[1] + timedelta(minutes=6))
    later = json.loads(exported(engine, on, on, Format.JSON))
    assert (before["summary"][0].pop("state"), later["summary"][0].pop("state")) == ("open", "closed")
    for sheet in ("summary", "visits", "payments", "openings", "vat", "adjustments"):
        assert before[sheet] == later[sheet]
