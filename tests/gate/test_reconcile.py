"""A day made by hand, with each kind of trouble once; and days that are in order."""

import random
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.findings import Code, Expectation, Finding
from gate.messages import Direction, OpeningReason
from gate.reconcile import (
    LEAVE_DUE,
    PASSAGE_DUE,
    PAYMENT_DUE,
    STAY_LONG,
    Anomaly,
    Day,
    Opening,
    Passage,
    Payment,
    Report,
    Visit,
    reconcile,
)
from gate.vehicle import VehicleClass
from gate.wire import decode, encode
from tests.gate.samples import HANOI

START: Final = datetime(2026, 11, 23, tzinfo=HANOI)
END: Final = START + timedelta(days=1)
NOW: Final = END + timedelta(hours=1)
IN, OUT = Direction.IN, Direction.OUT
C = Code


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def opening(name: str, hour: float = 9, reason: OpeningReason = OpeningReason.PAID, **more: Any) -> Opening:
    plain: dict[str, Any] = {"lane": "out-1", "by": "rule", "note": "", "visit": None}
    return Opening(opening=name, reason=reason, at=at(hour), **plain | more)


def passage(name: str, opened: str | None, visit: str | None, hour: float = 9, **more: Any) -> Passage:
    plain: dict[str, Any] = {"lane": "out-1", "direction": OUT, "tailgate": False}
    return Passage(passage=name, opening=opened, visit=visit, at=at(hour), **plain | more)


def visit(name: str, **more: Any) -> Visit:
    plain: dict[str, Any] = {
        "vehicle_class": VehicleClass.CAR9,
        "read": True,
        "opened_at": at(8),
        "entered_at": at(8),
        "left_at": at(9),
        "voided": False,
        "quoted": 30_000,
        "recomputed": 30_000,
        "charged": 30_000,
        "charged_at": at(9),
    }
    return Visit(visit=name, **plain | more)


def payment(name: str, of: str | None, amount: int = 30_000, applied: int = 30_000, hour: float = 8.9) -> Payment:
    return Payment(payment=name, visit=of, amount=amount, applied=applied, at=at(hour), received_at=at(hour))


def day(**parts: Any) -> Day:
    plain: dict[str, Any] = {
        "site": "SPS",
        "start": START,
        "end": END,
        "now": NOW,
        "openings": (),
        "passages": (),
        "visits": (),
        "payments": (),
        "anomalies": (),
        "clearing": 0,
        "ledger_sum": 0,
    }
    return Day(**plain | parts)


def expectation(name: str, due: float = 9, met: float | None = None, code: Code = Code.NOT_IN_BANK) -> Expectation:
    return Expectation(
        code=code,
        subject=name,
        visit=None,
        amount=1_000,
        due=at(due),
        evidence={"of": "M"},
        met_at=None if met is None else at(met),
    )


def stay(name: str, leaving: Opening | None = None, **more: Any) -> dict[str, tuple[Any, ...]]:
    """A visit with all its counterparts: in, quoted, paid, out."""
    entry = inside(name)
    out = leaving or opening(f"{name}-out")
    return {
        "openings": (*entry["openings"], out),
        "passages": (*entry["passages"], passage(f"{name}-p2", out.opening, name)),
        "visits": (visit(name, **more),),
        "payments": (payment(f"{name}-m", name),),
    }


def inside(name: str, hour: float = 8, **more: Any) -> dict[str, tuple[Any, ...]]:
    """A visit that came in and has not left, with nothing to pay yet."""
    still: dict[str, Any] = {"left_at": None, "quoted": None, "recomputed": None, "charged": None, "charged_at": None}
    return {
        "openings": (opening(f"{name}-in", hour, OpeningReason.ADMITTED),),
        "passages": (passage(f"{name}-p1", f"{name}-in", name, hour, direction=IN),),
        "visits": (visit(name, entered_at=at(hour), opened_at=at(hour), **still | more),),
    }


PRICED: Final[dict[str, Any]] = {"quoted": 30_000, "charged": 30_000, "charged_at": at(9)}


def together(*parts: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    names = ("openings", "passages", "visits", "payments", "anomalies")
    return {name: tuple(item for part in parts for item in part.get(name, ())) for name in names}


def found(report: Report) -> set[tuple[Code, str, int]]:
    return {(finding.code, finding.subject, finding.amount) for finding in report.findings}


def test_a_day_in_order_has_no_findings() -> None:
    report = reconcile(day(**together(stay("A"), stay("B"))))
    assert report.findings == report.in_transit == ()
    assert report.counts["openings"] == report.counts["passages"] == 4
    assert (report.counts["entries"], report.counts["exits"], report.counts["visits"]) == (2, 2, 2)
    assert report.counts["openings_admitted"] == report.counts["openings_paid"] == 2
    assert (report.money["charged"], report.money["paid"], report.money["outstanding"]) == (60_000, 60_000, 0)


TROUBLE: Final[dict[str, tuple[dict[str, Any], set[tuple[Code, str, int]]]]] = {
    "unread": (stay("A", read=False), {(C.UNREAD, "A", 0)}),
    "opened by hand": (
        stay("A", opening("O", reason=OpeningReason.BY_HAND, by="unknown")),
        {(C.OPENING_UNEXPLAINED, "O", 0)},
    ),
    "opened by hand and said why": (stay("A", opening("O", reason=OpeningReason.FIRE, note="fire drill")), set()),
    "opened for nobody": ({"openings": (opening("O"),)}, {(C.OPENING_UNUSED, "O", 0)}),
    "passed a closed arm": (
        {**inside("A"), "openings": (), "passages": (passage("P", None, "A", 8, direction=IN),)},
        {(C.PASSAGE_WITHOUT_OPENING, "P", 0)},
    ),
    "passed under an opening that nobody knows": (
        {**inside("A"), "openings": ()},
        {(C.PASSAGE_WITHOUT_OPENING, "A-p1", 0)},
    ),
    "tailgate": (
        together(stay("A"), {"passages": (passage("P", "A-out", None, tailgate=True),)}),
        {(C.TAILGATE, "P", 0)},
    ),
    "out and never in": (
        {"openings": (opening("O"),), "passages": (passage("P", "O", None),)},
        {(C.EXIT_WITHOUT_ENTRY, "P", 0)},
    ),
    "in without a visit": (
        {"openings": (opening("O"),), "passages": (passage("P", "O", None, direction=IN),)},
        {(C.COUNT_DRIFT, "P", 0)},
    ),
    "the same visit out a second time": (
        together(stay("A"), {"openings": (opening("O"),), "passages": (passage("P", "O", "A", 9.5),)}),
        {(C.COUNT_DRIFT, "P", 0)},
    ),
    "in and never out": (together(inside("A", 0.5), inside("B", 2)), {(C.ENTRY_WITHOUT_EXIT, "A", 0)}),
    "paid and still inside": (
        {**inside("A", **PRICED), "payments": (payment("M", "A"),)},
        {(C.PAID_NOT_LEFT, "A", 0)},
    ),
    "paid too little and still inside": (
        {**inside("A", **PRICED), "payments": (payment("M", "A", 20_000, 20_000),)},
        {(C.AMOUNT_DIFFERS, "A", 10_000)},
    ),
    "left without a price": (
        {**stay("A", charged=None, charged_at=None), "payments": ()},
        {(C.LEFT_NOT_PRICED, "A", 30_000)},
    ),
    "left and owing": (
        {**stay("A"), "payments": (payment("M", "A", 20_000, 20_000),)},
        {(C.LEFT_NOT_PAID, "A", 10_000)},
    ),
    "paid twice": (
        together(stay("A"), {"payments": (payment("M", "A", 30_000, 0, 8.95),)}),
        {(C.PAID_TWICE, "M", 30_000)},
    ),
    "paid too much": (
        {**stay("A"), "payments": (payment("M", "A", 35_000),)},
        {(C.AMOUNT_DIFFERS, "M", 5_000)},
    ),
    "paid late": ({**stay("A"), "payments": (payment("M", "A", hour=10),)}, {(C.PAID_LATE, "M", 0)}),
    "money for nobody": ({"payments": (payment("M", None, 50_000, 0),)}, {(C.PAYMENT_UNKNOWN, "M", 50_000)}),
    "another price": (stay("A", recomputed=25_000), {(C.PRICE_DIFFERS, "A", 5_000)}),
    "a visit left without a passage": (
        {**inside("A"), "visits": (visit("A"),), "payments": (payment("M", "A"),)},
        {(C.COUNT_DRIFT, "A:out", 0)},
    ),
    "ledger out of balance": ({"ledger_sum": -7}, {(C.LEDGER_UNBALANCED, "SPS", 7)}),
    "voided": ({"visits": (visit("A", voided=True, read=False, recomputed=1, entered_at=None, left_at=None),)}, set()),
    **{
        f"recorded: {code}": (
            {"anomalies": (Anomaly(code=code, subject="X", amount=1_000, at=at(9), evidence={"why": "said so"}),)},
            {(code, "X", 1_000)},
        )
        for code in (
            C.WITNESS_MISSING,
            C.DEVICE_FAULT,
            C.MESSAGE_MALFORMED,
            C.MESSAGE_FOREIGN,
            C.MESSAGE_REUSED,
            C.NOTICE_REFUSED,
            C.NOTICE_REUSED,
            C.PICTURE_REFUSED,
            C.CLOCK_UNSURE,
            C.DUPLICATE_READ,
            C.MATCH_PROPOSED,
            C.STATEMENT_GAP,
        )
    },
    **{
        f"expected: {code}": ({"expected": (expectation("X", code=code),)}, {(code, "X", 1_000)})
        for code in (
            C.CLAIMED_NOT_SEEN,
            C.ORDER_UNANSWERED,
            C.REFUND_OPEN,
            C.CHARGEBACK,
            C.NOT_IN_SETTLEMENT,
            C.NOT_IN_LEDGER,
            C.SETTLEMENT_DIFFERS,
            C.FEE_DIFFERS,
            C.NOT_IN_BANK,
            C.BANK_LINE_UNKNOWN,
            C.CASH_NOT_DEPOSITED,
            C.TILL_DIFFERS,
            C.EVENT_NOT_APPROVED,
            C.EVENT_UNDERSTAFFED,
        )
    },
}


@pytest.mark.parametrize(("parts", "expected"), TROUBLE.values(), ids=list(TROUBLE))
def test_each_trouble_is_found_and_nothing_else(parts: dict[str, Any], expected: set[tuple[Code, str, int]]) -> None:
    assert found(reconcile(day(**parts))) == expected


def test_every_code_is_produced_by_some_trouble() -> None:
    assert {code for _, expected in TROUBLE.values() for code, _, _ in expected} == set(Code)


@pytest.mark.parametrize(
    ("parts", "code", "due"),
    [
        ({**stay("A"), "payments": ()}, C.LEFT_NOT_PAID, at(9) + PAYMENT_DUE),
        ({**inside("A", **PRICED), "payments": (payment("M", "A"),)}, C.PAID_NOT_LEFT, at(9) + LEAVE_DUE),
        (inside("A", **PRICED), C.AMOUNT_DIFFERS, at(9) + PAYMENT_DUE),
        ({**inside("A"), "payments": (payment("M", "A", 5, 0),)}, C.AMOUNT_DIFFERS, at(8.9) + PAYMENT_DUE),
        (inside("A"), C.ENTRY_WITHOUT_EXIT, at(8) + STAY_LONG),
        ({"openings": (opening("O"),)}, C.OPENING_UNUSED, at(9) + PASSAGE_DUE),
    ],
)
def test_what_is_not_due_yet_is_in_transit(parts: dict[str, Any], code: Code, due: datetime) -> None:
    before = reconcile(day(**parts, now=due - timedelta(microseconds=1)))
    assert [finding.code for finding in before.in_transit if finding.code is code] == [code]
    assert code not in {finding.code for finding in before.findings}
    after = reconcile(day(**parts, now=due))
    assert code in {finding.code for finding in after.findings}
    assert {finding.due for finding in after.findings if finding.code is code} == {due}


def everything() -> dict[str, Any]:
    """Every trouble at once, names kept apart."""
    items: list[dict[str, Any]] = []
    for number, (parts, _) in enumerate(TROUBLE.values()):
        renamed = msgspec.json.encode({name: value for name, value in parts.items() if isinstance(value, tuple)})
        text = renamed.decode()
        for field in ("visit", "opening", "passage", "payment", "subject"):
            text = text.replace(f'"{field}":"', f'"{field}":"{number}-')
        items.append(msgspec.json.decode(text, type=dict[str, Any]))
    kinds: dict[str, Any] = {
        "openings": Opening,
        "passages": Passage,
        "visits": Visit,
        "payments": Payment,
        "anomalies": Anomaly,
        "expected": Expectation,
    }
    return {
        name: tuple(msgspec.convert(each, kind) for item in items for each in item.get(name, ()))
        for name, kind in kinds.items()
    }


def test_troubles_do_not_hide_one_another() -> None:
    report = reconcile(day(**everything(), ledger_sum=-7))
    wanted = sorted(code for _, expected in TROUBLE.values() for code, _, _ in expected)
    assert sorted(finding.code for finding in report.findings) == wanted


def test_the_same_facts_in_any_order_give_the_same_report() -> None:
    facts = everything()
    first = encode(reconcile(day(**facts)))
    chance = random.Random(23)
    for _ in range(20):
        shuffled = {name: tuple(chance.sample(items, len(items))) for name, items in facts.items()}
        assert encode(reconcile(day(**shuffled))) == first


def test_the_dearest_finding_stands_first() -> None:
    report = reconcile(day(**everything(), ledger_sum=-7))
    order = [(-finding.amount, finding.due) for finding in report.findings]
    assert order == sorted(order)
    assert report.findings[0].amount == 50_000


def test_findings_carry_evidence_and_travel() -> None:
    report = reconcile(day(**everything(), ledger_sum=-7))
    for finding in report.findings:
        assert finding.evidence, finding.code
        assert decode(encode(finding), Finding) == finding


def test_what_lies_outside_the_day_is_neither_counted_nor_found_fault_with() -> None:
    facts = together(stay("A", left_at=at(25), charged_at=at(25)), inside("B", -3))
    late = {**facts, "payments": (payment("A-m", "A", 35_000, 30_000, 25),)}
    strange = (opening("O", -1, OpeningReason.BY_HAND), opening("N", 24, OpeningReason.BY_HAND))
    report = reconcile(day(**{**late, "openings": (*facts["openings"], *strange)}))
    assert (report.counts["visits"], report.counts["charges"], report.counts["payments"]) == (1, 0, 0)
    assert (report.counts["openings_by_hand"], report.counts["inside"]) == (0, 2)
    assert report.money["charged"] == report.money["received"] == 0
    assert C.OPENING_UNEXPLAINED not in {finding.code for finding in report.findings}


def test_the_hours_add_up_to_the_day() -> None:
    report = reconcile(day(**together(stay("A"), inside("B", 23.99), {"payments": (payment("M", None, 7, 0, 0),)})))
    assert [hour.hour for hour in report.hours] == list(range(24))
    assert sum(hour.entries for hour in report.hours) == report.counts["entries"] == 2
    assert sum(hour.exits for hour in report.hours) == report.counts["exits"] == 1
    assert sum(hour.charged for hour in report.hours) == report.money["charged"] == 30_000
    assert sum(hour.paid for hour in report.hours) == report.money["received"] == 30_007
    assert (report.hours[0].paid, report.hours[23].entries) == (7, 1)


paid_shares = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=12)


@settings(max_examples=50)
@given(paid_shares)
def test_no_dong_is_lost_between_charges_payments_and_what_is_owed(stays: list[tuple[int, int]]) -> None:
    visits = tuple(visit(f"V{n}", charged=charged) for n, (charged, _) in enumerate(stays))
    payments = tuple(
        payment(f"M{n}", f"V{n}", paid, min(paid, charged)) for n, (charged, paid) in enumerate(stays) if paid
    )
    report = reconcile(day(visits=visits, payments=payments))
    money = report.money
    assert money["charged"] == money["paid"] + money["outstanding"]
    assert money["received"] == money["paid"] + money["unapplied"]
    by_code = {code: sum(f.amount for f in report.findings if f.code is code) for code in Code}
    assert by_code[C.LEFT_NOT_PAID] == money["outstanding"], "every dong that is owed is on somebody's list"
    assert by_code[C.AMOUNT_DIFFERS] == money["unapplied"], "and so is every dong too much"
