"""Cash is numbered without a gap and counted; every opening has its reason before the till changes hands."""

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session
from typer.testing import CliRunner

from barie_cli import build
from gate.findings import Code
from gate.ledger import LedgerAccount
from gate.messages import OpeningReason
from server import shifts
from server.books import balance
from server.db import connect, reading, transaction
from server.facts import EntryRow, PaymentRow
from server.facts_day import HandOverRow, ReceiptRow, ShiftRow
from server.facts_money import DepositRow
from server.reconcile import NoSuchSite
from server.shifts import ReasonsMissing, ShiftRefused
from tests.server.box import MORNING, Box, book, reference
from tests.server.people import people
from tests.server.rows import ledger_sum, rows

HOUR = timedelta(hours=1)
BEGAN, ENDED = MORNING, MORNING + 8 * HOUR
LAN = "chi Lan"


def owing(engine: Engine, *numbers: int) -> Box:
    """Cars at the exit that owe 30,000 each."""
    box = Box()
    for number in numbers:
        at = MORNING + number * timedelta(minutes=5)
        book(engine, *box.arrives(reference(number), at), *box.is_priced(reference(number), at, at + HOUR))
    return box


def begun(session: Session, **changes: Any) -> str:
    said: dict[str, Any] = {"by": LAN, "opening_cash": 200_000, "now": BEGAN, **changes}
    return shifts.begin(session, "SPS", **said).shift


def takes(session: Session, shift: str, number: int, amount: int = 30_000, **changes: Any) -> shifts.Taken:
    said: dict[str, Any] = {"by": LAN, "note": "khách không có điện thoại", "now": BEGAN + HOUR, **changes}
    return shifts.take_cash(session, shift, reference(number), amount, **said)


def ends(session: Session, shift: str, counted: int, **changes: Any) -> HandOverRow:
    said: dict[str, Any] = {"by": LAN, "to": "anh Ba", "left": 0, "note": "", "now": ENDED, **changes}
    return shifts.hand_over(session, shift, counted=counted, **said)


def test_a_shift_from_beginning_to_bank(engine: Engine) -> None:
    owing(engine, 1, 2, 3)
    with transaction(engine) as session:
        shift = begun(session)
        assert shift == "SPS-20261123-1"
        taken = [takes(session, shift, number) for number in (1, 2)]
        part = takes(session, shift, 3, 10_000)
        assert [each.receipt.number for each in (*taken, part)] == [1, 2, 3]
        assert [each.settled for each in (*taken, part)] == [True, True, False]
        assert balance(session, "SPS", LedgerAccount.TILL) == 70_000
        assert balance(session, "SPS", LedgerAccount.RECEIVABLE) == 20_000
        assert shifts.till(session, shift, ENDED).expected == 270_000
        ended = ends(session, shift, 270_000, left=200_000)
        assert (ended.expected_cash, ended.counted_cash) == (270_000, 270_000)
        gone = shifts.deposit(session, shift, 70_000, by="anh Ba", now=ENDED + HOUR)
        assert gone.deposit == "NOP261123001"
        with pytest.raises(ShiftRefused, match="0 are left"):
            shifts.deposit(session, shift, 1, by="anh Ba", now=ENDED + HOUR)
        (met,) = shifts.expected(session, "SPS", ENDED + HOUR)
    assert (met.code, met.met_at, met.amount) == (Code.CASH_NOT_DEPOSITED, ENDED + HOUR, 70_000)
    assert ledger_sum(engine) == 0
    assert [row["provider_id"] for row in rows(engine, PaymentRow)] == [f"{shift}-000{n}" for n in (1, 2, 3)]


@pytest.mark.parametrize(("counted", "till", "difference"), [(225_000, 25_000, 5_000), (240_000, 40_000, -10_000)])
def test_a_till_that_differs_is_posted_and_a_finding(engine: Engine, counted: int, till: int, difference: int) -> None:
    owing(engine, 1)
    with transaction(engine) as session:
        shift = begun(session)
        takes(session, shift, 1)
        with pytest.raises(ShiftRefused, match="should hold 230000"):
            ends(session, shift, counted)
        ends(session, shift, counted, left=counted, note="thối nhầm")
        assert balance(session, "SPS", LedgerAccount.TILL) == till
        assert balance(session, "SPS", LedgerAccount.TILL_DIFFERENCE) == difference
        (found,) = shifts.expected(session, "SPS", ENDED)
    assert (found.code, found.amount, found.due, found.met_at) == (Code.TILL_DIFFERS, abs(difference), ENDED, None)
    assert ledger_sum(engine) == 0


def test_cash_that_stays_is_due_the_next_working_day(engine: Engine) -> None:
    friday = datetime.fromisoformat("2026-11-27T10:00+07:00")
    with transaction(engine) as session:
        shift = begun(session, now=friday, opening_cash=500_000)
        ends(session, shift, 500_000, left=100_000, now=friday + HOUR)
        (due,) = shifts.expected(session, "SPS", friday + HOUR)
        assert not list(shifts.expected(session, "SPS", friday))
    assert (due.amount, due.met_at) == (400_000, None)
    assert due.due == datetime.fromisoformat("2026-11-30T17:00+07:00")


@pytest.mark.parametrize("reason", [OpeningReason.BY_HAND, OpeningReason.BUTTON, OpeningReason.FIRE])
def test_no_hand_over_while_an_opening_lacks_its_reason(engine: Engine, reason: OpeningReason) -> None:
    box = owing(engine, 1)
    book(engine, *box.leaves(reference(1), BEGAN + HOUR, reason))
    book(engine, *box.leaves(reference(1), BEGAN + HOUR, reason, note="xe cấp cứu"))
    book(engine, *box.leaves(reference(1), BEGAN - HOUR, reason))  # the shift before's
    with transaction(engine) as session:
        shift = begun(session)
        with pytest.raises(ReasonsMissing, match="1 openings lack a reason") as refused:
            ends(session, shift, 200_000)
        (row,) = refused.value.openings
        opening = row["opening"]
        assert opening in str(refused.value)
        with pytest.raises(ShiftRefused, match="a reason is needed"):
            shifts.give_reason(session, opening, by=LAN, note="  ", now=ENDED)
        shifts.give_reason(session, opening, by=LAN, note="mất điện", now=ENDED)
        assert ends(session, shift, 200_000, left=200_000).shift == shift


def test_what_is_refused(engine: Engine) -> None:
    owing(engine, 1, 2)
    with transaction(engine) as session:
        shift = begun(session)
        refusals: list[tuple[type[Exception], str, Any]] = [
            (ShiftRefused, "has the shift SPS-20261123-1", lambda: begun(session)),
            (NoSuchSite, "no site XXX", lambda: shifts.begin(session, "XXX", by=LAN, opening_cash=0, now=BEGAN)),
            (ShiftRefused, "no count of a till", lambda: begun(session, by="x", opening_cash=-1)),
            (LookupError, "no shift SPS-9", lambda: takes(session, "SPS-9", 1)),
            (ShiftRefused, "is chi Lan's", lambda: takes(session, shift, 1, by="anh Ba")),
            (ShiftRefused, "needs a reason", lambda: takes(session, shift, 1, note=" ")),
            (ShiftRefused, "at most 400", lambda: takes(session, shift, 1, note="x" * 401)),
            (LookupError, "no visit", lambda: takes(session, shift, 77)),
            (ShiftRefused, "owes 30000; 30001", lambda: takes(session, shift, 1, 30_001)),
            (ShiftRefused, "owes 30000; 0", lambda: takes(session, shift, 1, 0)),
            (ShiftRefused, "has not been handed over", lambda: shifts.deposit(session, shift, 1, by=LAN, now=ENDED)),
            (ShiftRefused, "who takes over", lambda: ends(session, shift, 200_000, to=LAN)),
            (ShiftRefused, "cannot stay", lambda: ends(session, shift, 200_000, left=200_001)),
            (ShiftRefused, "is chi Lan's", lambda: ends(session, shift, 200_000, by="anh Ba")),
        ]
        for kind, words, act in refusals:
            with pytest.raises(kind, match=words):
                act()
        ends(session, shift, 200_000, left=200_000)
        for act in (lambda: ends(session, shift, 200_000), lambda: takes(session, shift, 1)):
            with pytest.raises(ShiftRefused, match="was handed over to anh Ba"):
                act()
    assert (len(rows(engine, ShiftRow)), len(rows(engine, HandOverRow))) == (1, 1)
    assert rows(engine, ReceiptRow) == rows(engine, PaymentRow) == rows(engine, DepositRow) == []


def test_receipts_of_many_at_once_have_no_gap(engine: Engine, books_url: str) -> None:
    numbers = list(range(1, 9))
    owing(engine, *numbers)
    with transaction(engine) as session:
        shift = begun(session)
    other = connect(books_url)
    refused: list[str] = []

    def take(number: int) -> None:
        try:
            with transaction([engine, other][number % 2]) as session:
                takes(session, shift, number)
        except ShiftRefused as error:  # the second for one visit
            refused.append(str(error))

    threads = [threading.Thread(target=take, args=(number,)) for number in numbers * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    assert [row["number"] for row in rows(engine, ReceiptRow)] == numbers
    assert {row["visit"] for row in rows(engine, ReceiptRow)} == {reference(number) for number in numbers}
    assert len(refused) == len(numbers)
    assert ledger_sum(engine) == 0


def test_booking_a_receipt_or_a_count_again_changes_nothing(engine: Engine) -> None:
    """A rebuild does it."""
    owing(engine, 1)
    with transaction(engine) as session:
        shift = begun(session)
        receipt = takes(session, shift, 1).receipt
        ended = ends(session, shift, 229_000, left=229_000, note="thiếu 1.000")
    before = [rows(engine, table) for table in (PaymentRow, EntryRow)]
    with transaction(engine) as session:
        shifts.book(session, receipt)
        shifts.book_count(session, ended)
    assert [rows(engine, table) for table in (PaymentRow, EntryRow)] == before


def test_the_commands(engine: Engine, books_url: str) -> None:
    def run(*words: str) -> Any:
        done = CliRunner().invoke(build("shift"), ["shift", *words, "--database", books_url, "--json"])
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    owing(engine, 1)
    people(engine)
    shift = run("begin", "--site", "SPS", "--cash", "100000", "--by", "tam")["shift"]
    took = run("cash", shift, "--visit", reference(1), "--amount", "30000", "--reason", "mất mạng", "--by", "tam")
    assert (took["number"], took["settled"]) == (1, True)
    (told,) = run("show", "--site", "SPS")["shifts"]
    assert (told["expected"], told["openings_without_reason"]) == (130_000, [])
    ended = run("end", shift, "--to", "ba", "--counted", "130000", "--left", "100000", "--by", "tam")
    assert ended["difference"] == 0
    assert run("deposit", shift, "--amount", "30000", "--by", "tam")["deposit"].startswith("NOP")
    refused = CliRunner().invoke(
        build("shift"), ["shift", "deposit", shift, "--amount", "1", "--by", "tam", "--database", books_url]
    )
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "barie shift deposit: of the shift" in refused.stderr
    with reading(engine) as session:
        assert session.get(HandOverRow, shift) is not None
