"""What an export says of stays that no box opened, of merged payouts, and of years with two rates of VAT."""

import io
import json
from datetime import UTC, date, datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Engine
from sqlmodel import col, select

from gate.statements import LineKind
from gate.tariff import VatRate
from gate.wire import encode
from server.books import books
from server.db import reading, transaction
from server.export import Format, export, snapshot
from server.export.matches import Proofs
from server.facts import PassageRow
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow, SettlementLineRow
from server.facts_visits import CorrectionRow
from server.first_day import take
from server.lost_entries import make, show
from server.reconcile import day
from server.register import TariffRow
from tests.server.box import MORNING, TARIFF, Box, book, reference
from tests.server.test_lost_entries import CAR, HOUR, LOST, NOON, at_exit

ON = date(2026, 11, 23)


def told(engine: Engine, start: date, end: date) -> Any:
    """The export as a program reads it."""
    stream = io.BytesIO()
    with snapshot(engine) as session:
        export(session, "SPS", start, end, Format.JSON, stream)
    return json.loads(stream.getvalue())


def test_a_row_says_what_opened_its_stay(engine: Engine) -> None:
    box = Box()
    with transaction(engine) as session:
        session.add(TariffRow(site="SPS", code=LOST.code, since=LOST.since, body=encode(LOST).decode()))
    book(engine, *box.stays(reference(1), MORNING, MORNING + HOUR))
    approach = at_exit(box, engine)
    with transaction(engine) as session:
        show(session, "SPS", approach, "lan", NOON, plates=True)
        lost = make(session, "SPS", approach, CAR, "lan", "mất lượt vào", NOON).visit
        csv = f"plate,class,since\n24A05678,CAR9,{MORNING.isoformat()}\n"
        inside = take(session, "SPS", "a.csv", csv.encode(), "lan", NOON).visits[0]
    found = told(engine, ON, ON)
    origins = {row["visit"]: row["origin"] for row in found["visits"]}
    assert origins == {reference(1): "box", lost: "lost_entry", inside: "import"}
    assert found["summary"][0]["not_by_box"] == 2


def test_books_show_whose_passage_a_person_says_it_was(engine: Engine) -> None:
    box = Box()
    book(engine, *box.stays(reference(1), MORNING, MORNING + HOUR), *box.arrives(reference(2), MORNING))
    with transaction(engine) as session:
        out = session.exec(select(PassageRow).where(col(PassageRow.direction) == "out")).one().passage
        before = {row["passage"]: row["visit"] for row in books(session, "SPS")["passages"]}
        session.add(
            CorrectionRow(
                passage=out,
                site="SPS",
                visit=reference(2),
                before=reference(1),
                approach="",
                lane="out-1",
                left_at=MORNING + HOUR,
                tariff="",
                total=0,
                vat=0,
                lines="[]",
                by="lan",
                note="nhầm",
                made_at=NOON,
            )
        )
    with reading(engine) as session:
        after = {row["passage"]: row["visit"] for row in books(session, "SPS")["passages"]}
        known = {each.passage: each.visit for each in day(session, "SPS", ON, NOON).passages}
    assert (before[out], after[out], known[out]) == (reference(1), reference(2), reference(2))
    assert {name: visit for name, visit in after.items() if name != out} == {
        name: visit for name, visit in before.items() if name != out
    }


def test_every_settlement_of_a_merged_payout_shows_its_bank_line(engine: Engine) -> None:
    """One line of the bank for two sessions of a gateway; the explanation names the first alone."""
    with transaction(engine) as session:
        for number in (1, 2):
            session.add(SettlementLineRow(**settlement(number)))
            session.add(ProofRow(kind="payout", subject=f"vnpay:S{number}", digest="d1"))
        session.add(BankLineRow(**LINE))
        whose: dict[str, Any] = {"kind": "payout", "subject": "vnpay:S1", "site": "SPS", "amount": 58_000}
        session.add(ExplanationRow(digest="d1", by="matcher", at=NOON, **whose))
    with reading(engine) as session:
        proofs = Proofs(session, {"vnpay:P1", "vnpay:P2", "vnpay:P3"}, {"bank_explanation": []})
    assert [proofs.line_of(f"vnpay:P{number}") for number in (1, 2, 3)] == ["FT1", "FT1", ""]


def settlement(number: int) -> dict[str, Any]:
    """A line of a session of its own."""
    empty = dict.fromkeys(("merchant_ref", "bank_ref", "status", "site_code", "terminal_code", "raw_line"), "")
    money = {"gross": 30_000, "fee": 909, "fee_vat": 91, "net": 29_000}
    names = {"provider": "vnpay", "provider_ref": f"P{number}", "settlement_id": f"S{number}", "kind": LineKind.PAY}
    when = {"session_date": ON, "txn_time": MORNING, "recorded_at": NOON}
    return {**empty, **money, **names, **when, "statement": "s", "line": number, "site": "SPS", "payer_instrument": ""}


LINE: dict[str, Any] = {
    "digest": "d1",
    "site": "SPS",
    "statement": "b",
    "line": 1,
    "account": "1017595600",
    "booked_on": ON,
    "amount": 58_000,
    "bank_reference": "FT1",
    "text": "VNPAY",
    "recorded_at": NOON,
}
NEW_YEAR = datetime(2026, 12, 31, 17, tzinfo=UTC)


def test_a_range_over_new_year_has_both_rates_of_vat(engine: Engine) -> None:
    """8 % until the end of 2026, 10 % from 2027-01-01 (vietnam.md 5): by rate and date, each ticket at its exit's."""
    both = (TARIFF.vat[0], VatRate(since=NEW_YEAR, rate_bp=1_000))
    with transaction(engine) as session:
        (row,) = session.exec(select(TariffRow).where(TariffRow.site == "SPS"))
        row.body = encode(replace(TARIFF, vat=both)).decode()
    box = Box()
    for number, left in enumerate((NEW_YEAR - HOUR, NEW_YEAR, NEW_YEAR + HOUR), 1):
        rate = 800 if left < NEW_YEAR else 1_000
        entered, visit = NEW_YEAR - 9 * HOUR, reference(number)
        came = box.arrives(visit, entered)
        priced = box.is_priced(visit, entered, left, rate_bp=rate)
        book(engine, *came, *priced, *box.leaves(visit, left))
    found = told(engine, date(2026, 12, 31), date(2027, 1, 1))
    shown = ("date", "rate_bp", "charges", "gross", "net", "vat")
    assert [tuple(row[key] for key in shown) for row in found["vat"]] == [
        ("2026-12-31", 800, 1, 30_000, 27_778, 2_222),
        ("2027-01-01", 1_000, 2, 60_000, 54_546, 5_454),
    ]
    assert [(row["rate_bp"], row["vat"]) for row in found["visits"]] == [(800, 2_222), (1_000, 2_727), (1_000, 2_727)]
    assert sum(row["vat"] for row in found["summary"]) == sum(row["vat"] for row in found["visits"])
