"""Files as banks and providers write them read back to the dong, in every form and encoding."""

import itertools
import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import pytest

from gate.statements import LineKind
from gate.written import VIETNAM, spaced
from server.imports import bank, settlement
from server.imports.bank import Read
from server.imports.flaws import BadFile
from simulator.statements import (
    ENCODINGS,
    HEADINGS,
    Moved,
    Taken,
    as_camt,
    as_csv,
    as_page,
    as_workbook,
    bank_table,
    settlement_table,
)

ACCOUNT = "1017595600"
TODAY = date(2026, 11, 23)
OPENING = 18_997_000


def moves(seed: int, count: int = 40) -> list[Moved]:
    """A few weeks of an account: transfers with accents in their texts, charges, money that leaves."""
    chance = random.Random(seed)
    made, on = [], date(2026, 11, 1)
    for number in range(count):
        on += timedelta(days=chance.choice([0, 0, 0, 1]))
        amount = chance.choice([10_000, 30_000, 30_000, 1_234_567, -11_000, -1_000_000])
        text = chance.choice(
            ["MBVCB.3278907687.SPSK7M2Q9AB.CT tu 0123456789", "Nguyễn Thị Ánh chuyển tiền, gửi xe", "x"]
        )
        made.append(Moved(min(on, TODAY), amount, f"{5000 + number}.{number:05}", f"{text} {number}"))
    return made


def said(read: Read) -> list[tuple[date, int, str, str]]:
    """What was read, without rows."""
    return [(line.booked_on, line.amount, line.bank_reference, line.text) for line in read.statement.lines]


def written(told: Sequence[Moved]) -> list[tuple[date, int, str, str]]:
    """What was written."""
    return [(move.on, move.amount, move.reference, spaced(move.text)) for move in told]


FORMS: list[Callable[..., bytes]] = [as_workbook, as_page, as_csv]


@pytest.mark.parametrize(("name", "form"), list(itertools.product(HEADINGS, FORMS)))
@pytest.mark.parametrize("seed", [1, 2])
def test_every_bank_in_every_form_reads_back_equal(name: str, form: Callable[..., bytes], seed: int) -> None:
    told = moves(seed)
    found = bank.read(f"{name}.xls", form(bank_table(name, ACCOUNT, OPENING, told)), ACCOUNT, TODAY)
    assert found.mapping == name
    assert said(found) == written(told)
    if name not in {"vietcombank-web", "agribank"}:
        assert found.statement.opening == OPENING
    if name != "vietcombank-web":
        assert found.statement.closing == OPENING + sum(move.amount for move in told)


@pytest.mark.parametrize(("name", "encoding"), list(itertools.product(HEADINGS, ENCODINGS)))
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_encoding_and_separator_reads_back_equal(name: str, encoding: str, separator: str) -> None:
    told = moves(3, 12)
    raw = as_csv(bank_table(name, ACCOUNT, OPENING, told), encoding, separator)
    assert said(bank.read("x.csv", raw, ACCOUNT, TODAY)) == written(told)


def test_camt_reads_back_equal_with_what_payers_wrote() -> None:
    told = moves(4)
    found = bank.read("x.xml", as_camt(ACCOUNT, OPENING, told), ACCOUNT, TODAY)
    assert said(found) == written(told)
    assert (found.statement.opening, found.statement.closing) == (OPENING, OPENING + sum(m.amount for m in told))


def test_a_banks_own_charges_are_known_by_their_words() -> None:
    told = [Moved(TODAY, -11_000, "1.1", "THU PHI quan ly tai khoan T11"), Moved(TODAY, -5_000, "1.2", "chi khac")]
    raw = as_csv(bank_table("vietcombank-web", ACCOUNT, 0, told))
    assert [line.fee for line in bank.read("x.csv", raw, ACCOUNT, TODAY).statement.lines] == [True, False]


def test_balances_tell_the_order_where_dates_do_not() -> None:
    told = [Moved(date(2026, 11, 2), 30_000, "1", "a"), Moved(date(2026, 11, 1), 10_000, "2", "b")]
    raw = as_csv(bank_table("bidv", ACCOUNT, 5, told))
    assert [line.amount for line in bank.read("x", raw, ACCOUNT, TODAY).statement.lines] == [30_000, 10_000]


@pytest.mark.parametrize("form", FORMS)
def test_the_canonical_settlement_reads_back_equal(form: Callable[..., bytes]) -> None:
    at = datetime(2026, 11, 20, 23, 59, 58, tzinfo=VIETNAM)
    told = [
        Taken("S1", date(2026, 11, 20), at, "ORDER1", "14226112", "PAY", 30_000, 240, 24, "SPS", "T1", "qr"),
        Taken("S1", date(2026, 11, 20), at, "ORDER0", "14226100", "REFUND", -10_000, 0, 0, "SPS", "T1", "qr"),
        Taken("S1", date(2026, 11, 20), at, "", "fee-11", "FEE", 0, 55_000, 5_500),
    ]
    found = settlement.read("s.csv", form(settlement_table("vnpay", told)), "vnpay", TODAY)
    assert [
        (line.settlement_id, line.session_date, line.txn_time, line.merchant_ref, line.provider_ref, line.kind)
        for line in found.lines
    ] == [
        (each.settlement_id, each.session_date, each.at, each.merchant_ref, each.provider_ref, each.kind)
        for each in told
    ]
    assert [(line.gross, line.fee, line.fee_vat, line.net) for line in found.lines] == [
        (30_000, 240, 24, 29_736),
        (-10_000, 0, 0, -10_000),
        (0, 55_000, 5_500, -60_500),
    ]
    assert found.lines[0].kind is LineKind.PAY


def test_a_file_of_another_account_is_refused() -> None:
    raw = as_csv(bank_table("bidv", "99887766554", OPENING, moves(1)))
    with pytest.raises(BadFile, match=r"x.csv: row 2: is of account 99887766554, not of 1017595600"):
        bank.read("x.csv", raw, ACCOUNT, TODAY)
