"""One matcher for notices and statements: every dong ends at exactly one bank line or is a case."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import delete, select

from gate import refund_reference
from gate.findings import Code
from gate.ledger import LedgerAccount
from server.books import balance
from server.db import reading, transaction
from server.derived import InClearingRow, StayMoneyRow
from server.facts import EntryRow, PaymentRow, PostingRow
from server.facts_bank import BankLineRow, ExplanationRow, ProofRow
from server.facts_money import DepositRow, RefundRow, TakenBackRow
from server.providers.notice import Notice
from server.proving import NotSo, again, already_on_statement, explain, history, prove
from server.receiving import receive
from simulator.statements import Moved, Taken
from tests.server.bankworld import (
    END,
    FIRST,
    SPS,
    Month,
    at,
    contract,
    feed,
    gateway,
    line,
    open_cases,
    settle,
    statement,
    taken,
    told,
    visit,
)
from tests.server.box import MORNING, Box, book
from tests.server.rows import ledger_sum, rows

A = LedgerAccount
DAY = timedelta(days=1)
MONDAY = date(2026, 11, 16)


def stands(engine: Engine, account: LedgerAccount, site: str = "SPS") -> int:
    """What stands on an account."""
    with reading(engine) as session:
        return balance(session, site, account)


def kinds(engine: Engine) -> list[tuple[str, str]]:
    """What the lines were explained as."""
    return sorted((row["kind"], row["subject"]) for row in rows(engine, ExplanationRow))


def test_a_statement_proves_what_a_notice_told(engine: Engine) -> None:
    told(engine, feed(1, 30_000, at(MONDAY), visit(1)))
    assert stands(engine, A.CLEARING) == 30_000
    done = statement(engine, [line(1, 30_000, MONDAY, visit(1))], at(MONDAY, 18))
    assert done.proven[SPS].payments == 1
    assert (stands(engine, A.CLEARING), stands(engine, A.BANK)) == (0, 30_000)
    assert kinds(engine) == [("payment", "sepay:1")]
    assert open_cases(engine) == {}


def test_a_line_that_no_notice_told_of_is_the_payment_itself(engine: Engine) -> None:
    box = Box()
    book(engine, *box.stays(visit(1), MORNING, MORNING + timedelta(hours=1)))
    on = MORNING.date()
    done = statement(engine, [line(1, 30_000, on, visit(1))], at(on, 22))
    assert done.proven[SPS].statements == 1
    assert (stands(engine, A.RECEIVABLE), stands(engine, A.BANK), stands(engine, A.CLEARING)) == (0, 30_000, 0)
    assert [row["reference"] for row in rows(engine, PaymentRow)] == [visit(1)]


def test_the_late_notice_of_a_line_is_not_more_money(engine: Engine) -> None:
    statement(engine, [line(1, 30_000, MONDAY, visit(1)), line(2, 30_000, MONDAY, visit(2))], at(MONDAY, 22))
    told(engine, feed(1, 30_000, at(MONDAY), visit(1)), at(MONDAY) + 3 * DAY)
    assert len(rows(engine, PaymentRow)) == 2
    told(engine, feed(1, 30_000, at(MONDAY), visit(1)), at(MONDAY) + 3 * DAY)
    other = feed(3, 30_000, at(MONDAY, 11), visit(1))
    told(engine, other._replace(bank_reference="MBVCB.9999999"), at(MONDAY) + 3 * DAY)
    assert len(rows(engine, PaymentRow)) == 3  # the other transfer of the same visit is money of its own


def test_two_lines_for_one_payment_prove_nothing(engine: Engine) -> None:
    told(engine, feed(1, 30_000, at(MONDAY), visit(1))._replace(bank_reference="FT/A"))
    done = statement(engine, [line(8, 30_000, MONDAY, visit(1)), line(9, 30_000, MONDAY, visit(1))], at(MONDAY, 22))
    assert (done.proven[SPS].unknown, kinds(engine)) == (2, [])
    assert stands(engine, A.SUSPENSE) == -90_000  # nobody's visit, and two lines that are nobody's
    with transaction(engine) as session:
        first = session.exec(select(BankLineRow).where(BankLineRow.line == 6)).one()
        explain(session, first.digest, "payment:sepay:1", "lan", "the payer said so", at(MONDAY, 23))
    with transaction(engine) as session:
        assert prove(session, SPS, at(MONDAY, 23, 30)).statements == 1  # now the other can be only one thing
    assert (stands(engine, A.BANK), stands(engine, A.CLEARING)) == (60_000, 0)


def test_two_payments_wait_for_their_second_line(engine: Engine) -> None:
    for number in (1, 2):
        told(engine, feed(number, 30_000, at(MONDAY, 9 + number), visit(1))._replace(bank_reference=""))
    assert statement(engine, [line(8, 30_000, MONDAY, visit(1))], at(MONDAY, 22)).proven[SPS].unknown == 1
    done = statement(engine, [line(9, 30_000, MONDAY + DAY, visit(1))], at(MONDAY + DAY, 22), 30_000)
    assert done.proven[SPS].payments == 2
    assert (stands(engine, A.CLEARING), stands(engine, A.BANK)) == (0, 60_000)


def test_the_same_file_twice_is_harmless_and_overlapping_ones_count_once(engine: Engine) -> None:
    moves = [line(number, 30_000, MONDAY + number * DAY, visit(number)) for number in range(4)]
    first = statement(engine, moves[:3], at(MONDAY + 3 * DAY))
    again = statement(engine, moves[:3], at(MONDAY + 4 * DAY))
    assert (first.new, again.new, again.before) == (3, 0, at(MONDAY + 3 * DAY))
    other = statement(engine, moves[1:], at(MONDAY + 4 * DAY), 30_000, "camt")
    assert other.new == 1
    assert (len(rows(engine, BankLineRow)), stands(engine, A.BANK)) == (4, 120_000)
    assert open_cases(engine).get(Code.STATEMENT_GAP) is None


def test_a_missing_statement_is_seen_and_filled(engine: Engine) -> None:
    moves = [line(number, 30_000, MONDAY + number * DAY, visit(number)) for number in range(3)]
    statement(engine, moves[:1], at(MONDAY + DAY))
    statement(engine, moves[2:], at(MONDAY + 3 * DAY), 60_000)
    gap = open_cases(engine)[Code.STATEMENT_GAP]
    assert [(each.amount, each.evidence["expected"]) for each in gap] == [(30_000, "30000")]
    statement(engine, moves[1:2], at(MONDAY + 4 * DAY), 30_000)
    assert Code.STATEMENT_GAP not in open_cases(engine)


def test_cash_refunds_and_charges_end_at_their_line(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add(DepositRow(deposit="DPSPS23K", site="SPS", shift="s", amount=500_000, by="lan", made_at=at(MONDAY)))
    moves = [
        Moved(MONDAY, 500_000, "1", "nop tien DP SPS 23K"),
        Moved(MONDAY, 400_000, "2", "nop tien DPSPS23K"),
        Moved(MONDAY, -11_000, "3", "Thu phi quan ly tai khoan"),
        Moved(MONDAY, -70_000, "4", "chuyen khoan khac"),
    ]
    done = statement(engine, moves, at(MONDAY, 22)).proven[SPS]
    assert (done.deposits, done.fees, done.unknown) == (1, 1, 2)
    assert (stands(engine, A.TILL), stands(engine, A.FEES)) == (-500_000, 11_000)
    assert stands(engine, A.SUSPENSE) == -400_000 + 70_000
    assert stands(engine, A.BANK) == 819_000


def test_a_person_explains_once_and_only_what_fits(engine: Engine) -> None:
    told(engine, feed(1, 30_000, at(MONDAY)))
    statement(engine, [Moved(MONDAY, 20_000, "x", "?"), Moved(MONDAY, -5_000, "y", "?")], at(MONDAY, 22))
    first, second = sorted(row["digest"] for row in rows(engine, BankLineRow) if row["amount"])
    coming = next(row["digest"] for row in rows(engine, BankLineRow) if row["amount"] > 0)
    going = second if coming == first else first
    wrong = [
        (coming, "payment:sepay:1", "sepay:1 is of 30000, the line of 20000"),
        (coming, "payment:sepay:9", "there is no payment"),
        (coming, "payout:vnpay:S", "there is no settlement"),
        (coming, "refund:RFSPS", "there is no open refund"),
        (coming, "deposit:X", "there is no deposit X"),
        (coming, "fee", "takes money away"),
        (coming, "gift", "is none of"),
        ("0" * 12, "fee", "no bank line begins so"),
        ("0", "fee", "at least 8 characters"),
    ]
    for digest, meaning, why in wrong:
        with pytest.raises(NotSo, match=why), transaction(engine) as session:
            explain(session, digest, meaning, "lan", "because", at(MONDAY, 23))
    with pytest.raises(NotSo, match="say in a note"), transaction(engine) as session:
        explain(session, going, "fee", "lan", " ", at(MONDAY, 23))
    with transaction(engine) as session:
        explain(session, going[:12], "fee", "lan", "SMS", at(MONDAY, 23))
    with pytest.raises(NotSo, match="explained already"), transaction(engine) as session:
        explain(session, going, "other", "lan", "because", at(MONDAY, 23))
    assert (stands(engine, A.FEES), kinds(engine)) == (5_000, [("fee", going)])
    assert len(open_cases(engine)[Code.BANK_LINE_UNKNOWN]) == 1


def test_settlements_lead_from_clearing_to_the_bank(engine: Engine) -> None:
    contract(engine)
    when = at(MONDAY, 23, 59)
    told(engine, gateway(1, 100_000, when, visit(1)))
    assert Code.NOT_IN_SETTLEMENT in open_cases(engine)
    settle(engine, [taken(1, 100_000, when, MONDAY + DAY)], at(MONDAY + DAY, 9))
    assert (stands(engine, A.CLEARING), stands(engine, A.PAYOUT)) == (0, 99_120)
    assert (stands(engine, A.FEES), stands(engine, A.FEE_VAT)) == (800, 80)
    assert [each.subject for each in open_cases(engine)[Code.NOT_IN_BANK]] == ["vnpay:VN20261117"]
    paid = Moved(MONDAY + 2 * DAY, 99_120, "77", "VNPAY TT phien 17/11/2026")
    assert statement(engine, [paid], at(MONDAY + 2 * DAY, 20)).proven[SPS].payouts == 1
    assert (stands(engine, A.PAYOUT), stands(engine, A.BANK), open_cases(engine)) == (0, 99_120, {})


def test_two_lines_for_one_session_prove_nothing(engine: Engine) -> None:
    contract(engine)
    settle(engine, [taken(1, 100_000, at(MONDAY), MONDAY)], at(MONDAY + DAY, 9))
    two = [Moved(MONDAY + DAY, 99_120, reference, "VNPAY TT") for reference in ("77", "78")]
    assert statement(engine, two, at(MONDAY + DAY, 20)).proven[SPS].unknown == 2
    with transaction(engine) as session:
        first = session.exec(select(BankLineRow).where(BankLineRow.bank_reference == "77")).one()
        explain(session, first.digest, "payout:vnpay:VN20261116", "lan", "the bank says so", at(MONDAY + DAY, 21))
        other = session.exec(select(BankLineRow.digest).where(BankLineRow.bank_reference == "78")).one()
    with pytest.raises(NotSo, match="is proven by line"), transaction(engine) as session:
        explain(session, other, "payout:vnpay:VN20261116", "lan", "once more", at(MONDAY + DAY, 22))
    assert (stands(engine, A.PAYOUT), stands(engine, A.SUSPENSE), stands(engine, A.BANK)) == (0, -99_120, 198_240)


def test_the_payouts_line_may_come_before_the_settlement(engine: Engine) -> None:
    contract(engine)
    paid = Moved(MONDAY + 2 * DAY, 99_120, "77", "VNPAY TT")
    assert statement(engine, [paid], at(MONDAY + 2 * DAY, 20)).proven[SPS].unknown == 1
    assert stands(engine, A.SUSPENSE) == -99_120
    done = settle(engine, [taken(1, 100_000, at(MONDAY), MONDAY)], at(MONDAY + 2 * DAY, 21))
    assert done.proven[SPS].payouts == 1
    assert (stands(engine, A.SUSPENSE), stands(engine, A.PAYOUT), stands(engine, A.BANK)) == (0, 0, 99_120)
    assert set(open_cases(engine)) == {Code.NOT_IN_LEDGER}


def test_a_settlement_line_of_other_content_changes_nothing(engine: Engine) -> None:
    lines = [taken(1, 100_000, at(MONDAY), MONDAY)]
    settle(engine, lines, at(MONDAY + DAY))
    before = rows(engine, EntryRow)
    more = settle(engine, [*lines, taken(2, 50_000, at(MONDAY), MONDAY)], at(MONDAY + 2 * DAY))
    assert more.new == 1
    with pytest.raises(ValueError, match=r"row 2, .*: PAY '14220001' was imported with .*gross 100000"):
        settle(engine, [taken(1, 90_000, at(MONDAY), MONDAY), taken(3, 5, at(MONDAY), MONDAY)], at(MONDAY + 3 * DAY))
    assert len(rows(engine, EntryRow)) == len(before) + 1


def test_fees_are_compared_with_the_contract(engine: Engine) -> None:
    contract(engine)
    for number in range(3):
        told(engine, gateway(number, 100_000, at(MONDAY), visit(number)))
    lines = [taken(number, 100_000, at(MONDAY), MONDAY, off=off) for number, off in enumerate((0, 1, 2))]
    settle(engine, lines, at(MONDAY + DAY))
    assert [(each.subject, each.amount) for each in open_cases(engine)[Code.FEE_DIFFERS]] == [("vnpay:14220002", 2)]


def test_money_that_a_provider_takes_back_is_a_case_of_its_own(engine: Engine) -> None:
    contract(engine)
    told(engine, gateway(1, 100_000, at(MONDAY), visit(1)))
    back = taken(1, 100_000, at(MONDAY), MONDAY)._replace(kind="CHARGEBACK", gross=-100_000, fee=0, fee_vat=0)
    other = back._replace(kind="REFUND", gross=-5_000, provider_ref="R1", merchant_ref="")
    more = back._replace(kind="ADJUST", gross=7_000, provider_ref="A1", merchant_ref="")
    settle(engine, [taken(1, 100_000, at(MONDAY), MONDAY), back, other, more], at(MONDAY + DAY, 9))
    (known,) = rows(engine, TakenBackRow)
    assert (known["payment"], known["kind"], known["amount"]) == ("vnpay:14220001", "chargeback", 100_000)
    cases = open_cases(engine)[Code.SETTLEMENT_DIFFERS]
    assert sorted(each.subject for each in cases) == ["vnpay:A1:ADJUST", "vnpay:R1:REFUND"]
    assert stands(engine, A.PAYOUT) == 99_120 - 100_000 - 5_000 + 7_000
    assert ledger_sum(engine) == 0


def test_a_refunds_debit_line_closes_it_and_no_other(engine: Engine) -> None:
    name = refund_reference.mint("SPS", "decision-1")
    with transaction(engine) as session:
        session.add(
            RefundRow(
                refund=name,
                decision="decision-1",
                site="SPS",
                visit="",
                payment="sepay:1",
                provider="sepay",
                amount=30_000,
                made_at=at(MONDAY),
            )
        )
    short = Moved(MONDAY, -29_000, "1", f"hoan tien {name}")
    whole = Moved(MONDAY, -30_000, "2", f"IBFT {name[:5]} {name[5:]} hoan tien")
    again_ = Moved(MONDAY + DAY, -30_000, "3", f"IBFT {name}")
    done = statement(engine, [short, whole, again_], at(MONDAY + DAY, 22)).proven[SPS]
    assert (done.refunds, done.unknown) == (1, 2)
    assert stands(engine, A.REFUNDS) == 30_000
    assert kinds(engine) == [("refund", name)]


def month(seed: int) -> Month:
    """Thirty days with one of each fault."""
    made, number = Month(), seed * 1_000
    for days in range(30):
        on = FIRST + days * DAY
        for hour in (8, 10, 12, 14):
            number += 1
            made.moves.append(line(number, 10_000 * (1 + number % 5), on, visit(number)))
            made.notices.append((at(on, hour), feed(number, 10_000 * (1 + number % 5), at(on, hour), visit(number))))
    faults(made)
    sessions(made, number)
    return made


def faults(made: Month) -> None:
    """Lines and notices that go wrong, ten days apart from each other."""
    lost, late, changed, twice, missing = 10, 20, 30, 40, 50
    del made.notices[lost]  # the line is the evidence
    made.moves[late] = made.moves[late]._replace(on=made.moves[late].on + DAY)
    made.moves[changed] = made.moves[changed]._replace(amount=made.moves[changed].amount - 1_000)
    made.moves.insert(twice, made.moves[twice])
    gone = made.moves.pop(missing)
    for _, notice in made.notices:
        if notice.bank_reference[6:] in gone.text or notice.bank_reference[6:] in made.moves[changed + 0].text:
            made.case(Code.NOT_IN_BANK, f"sepay:{notice.provider_id}")
    made.case(Code.BANK_LINE_UNKNOWN, "changed")
    made.case(Code.BANK_LINE_UNKNOWN, "twice")
    made.moves.append(Moved(FIRST + 25 * DAY, 77_000, "q", "ung ho"))
    made.case(Code.BANK_LINE_UNKNOWN, "stranger")


def sessions(made: Month, number: int) -> None:
    """A payment through the gateway each day; weekends are paid together on Monday; one payout is short."""
    for days in range(28):
        on = FIRST + days * DAY
        number += 1
        minute = 23 * 60 + 59
        when = at(on, minute // 60, minute % 60)
        made.notices.append((when, gateway(number, 50_000, when, visit(number))))
        session = on + DAY if days % 9 == 4 else on  # confirmed after midnight
        made.settlements.setdefault(session, []).append(taken(number, 50_000, when, session))
    waiting: list[Taken] = []
    for on in [FIRST + days * DAY for days in range(35)]:
        if waiting and on.weekday() < 5:
            net = sum(each.gross - each.fee - each.fee_vat for each in waiting)
            short = 1_000 if on == FIRST + 11 * DAY else 0
            made.moves.append(Moved(on, net - short, f"p{on:%m%d}", "VNPAY thanh toan"))
            if short:
                made.case(Code.BANK_LINE_UNKNOWN, "short")
                for each in waiting:
                    made.case(Code.NOT_IN_BANK, f"vnpay:{each.settlement_id}")
            waiting = []
        waiting += made.settlements.get(on, [])
    made.moves.sort(key=lambda move: move.on)


def played(engine: Engine, made: Month) -> None:
    """The month as it happens: notices, a settlement each morning, a statement a week that overlaps the last."""
    contract(engine)
    events: list[tuple[datetime, object]] = [*made.notices]
    events += [(at(on + DAY, 9), lines) for on, lines in made.settlements.items()]
    for moment, what in sorted(events, key=lambda each: each[0]):
        if isinstance(what, list):
            settle(engine, what, moment)
        else:
            told(engine, what, moment)  # type: ignore[arg-type]
    for week in range(6):
        since = FIRST + (7 * week - (2 if week else 0)) * DAY
        until = FIRST + (7 * week + 6) * DAY
        some = [move for move in made.moves if since <= move.on <= until]
        opening = sum(move.amount for move in made.moves if move.on < since)
        if some:
            statement(engine, some, END + week * timedelta(minutes=1), opening, ("cashup", "camt")[week % 2])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_month_with_faults_ends_at_bank_lines_or_cases(engine: Engine, seed: int) -> None:
    made = month(seed)
    played(engine, made)
    cases = open_cases(engine, now=END + 30 * DAY)
    assert {code: len(found) for code, found in cases.items()} == {c: len(s) for c, s in made.expected.items()}
    assert {each.subject for each in cases[Code.NOT_IN_BANK]} == made.expected[Code.NOT_IN_BANK]
    lines, proofs = rows(engine, BankLineRow), rows(engine, ProofRow)
    assert len(lines) == len(made.moves)
    assert stands(engine, A.BANK) == sum(move.amount for move in made.moves)
    assert ledger_sum(engine) == 0
    assert len({(row["kind"], row["subject"]) for row in proofs}) == len(proofs)
    proven = {row["subject"] for row in proofs if row["kind"] == "payment"}
    owed = {each.subject for each in cases[Code.NOT_IN_BANK]}
    for row in rows(engine, PaymentRow):
        name = f"{row['provider']}:{row['provider_id']}"
        assert (name in proven) != (name in owed) or row["provider"] == "vnpay"
    by_line = {row["digest"] for row in rows(engine, ExplanationRow)}
    unknown = {each.subject for each in cases[Code.BANK_LINE_UNKNOWN]}
    assert by_line | unknown == {row["digest"] for row in lines}
    assert not by_line & unknown


@pytest.mark.parametrize("seed", [3])
def test_the_entries_follow_again_from_what_was_decided(engine: Engine, seed: int) -> None:
    made = month(seed)
    played(engine, made)
    with transaction(engine) as session:
        stranger = session.exec(select(BankLineRow).where(BankLineRow.amount == 77_000)).one()
        explain(session, stranger.digest, "other", "lan", "a gift", END + DAY)
    tables = (PaymentRow, EntryRow, PostingRow, StayMoneyRow, InClearingRow)
    before = [rows(engine, table) for table in tables]
    steps: list[tuple[datetime, str, Notice | None]] = [(moment, "notice", notice) for moment, notice in made.notices]
    with transaction(engine) as session:
        steps += [(moment, name, None) for moment, name in history(session)]
        for table in (StayMoneyRow, InClearingRow, PostingRow, EntryRow, PaymentRow):
            session.exec(delete(table))
        for moment, name, notice in sorted(steps, key=lambda each: each[0]):
            if notice is None:
                again(session, name, moment)
            elif already_on_statement(session, notice, moment) is None:
                receive(session, notice, moment)
    assert [rows(engine, table) for table in tables] == before
