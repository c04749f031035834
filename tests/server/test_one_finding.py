"""A day with everything in it: each trouble is one finding, whichever witnesses see it."""

from datetime import timedelta

from sqlalchemy import Engine

from gate.findings import Code
from gate.messages import OpeningReason
from server import claims, effects, receiving
from server.db import reading, transaction
from server.ingest import ingest
from server.providers.notice import Kind as Said
from server.providers.notice import Notice
from server.reconcile import local_date, look
from server.tariffs import Tariffs
from server.witnesses import SOURCES, every
from tests.server.box import ACCOUNT, MORNING, Box, notice, paid, reference
from tests.server.money import LAN, RULES, agreed, check, decided, refunded

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
ON = local_date(MORNING)
LATER = MORNING + 4 * DAY
PAID, TWICE, OVER, OWING, CLAIMED, CONTESTED = (reference(number) for number in range(1, 7))
NOTE = "tiền gửi xe"


def mixed_day(engine: Engine) -> None:
    """Six stays, each with another fate, and money that names none of them."""
    box, at = Box(), MORNING
    money = {
        PAID: [30_000],
        TWICE: [30_000, 30_000],
        OVER: [50_000],
        OWING: [10_000],
        CLAIMED: [],
        CONTESTED: [30_000],
    }
    number = 0
    for visit, amounts in money.items():
        facts = [*box.arrives(visit, at), *box.is_priced(visit, at, at + HOUR)]
        ingest(engine, Tariffs(engine), facts, at + HOUR)
        for amount in amounts:
            number += 1
            paid(engine, notice(number, visit, amount), at + HOUR + number * MINUTE)
        if visit == CLAIMED:
            with transaction(engine) as session:
                claims.claim(session, "out-1", visit, "tam", "ảnh chuyển khoản", RULES, at + HOUR)
        at += HOUR + 10 * MINUTE
        reason = OpeningReason.CLAIMED if visit == CLAIMED else OpeningReason.PAID
        ingest(engine, Tariffs(engine), box.leaves(visit, at, reason), at + MINUTE)
        at += 10 * MINUTE
    with transaction(engine) as session:
        effects.charged_back(session, "sepay:6", at, "lan", "khách khiếu nại", at)
    for unknown in (11, 12, 13):
        paid(engine, notice(unknown, NOTE), at)
    refunded(engine, "sepay:12", at)
    refunded(engine, "sepay:13", at)
    back = Notice("sepay", "13", ACCOUNT["SPS"], 30_000, (), "", at, Said.REVERSED)
    with transaction(engine) as session:
        receiving.receive(session, back, at + HOUR)


def found(engine: Engine) -> set[tuple[Code, str]]:
    """What the days show, seen from some days later."""
    with reading(engine) as session:
        reports = [look(session, "SPS", ON + number * DAY, LATER).report for number in range(4)]
    for report in reports:
        keys = [(each.code, each.subject) for each in (*report.findings, *report.in_transit)]
        assert len(keys) == len(set(keys)), "one report says nothing twice"
    return {(each.code, each.subject) for report in reports for each in report.findings}


def test_each_trouble_is_one_finding(engine: Engine) -> None:
    mixed_day(engine)
    check(engine)
    with reading(engine) as session:
        refunds = {each.subject for each in every(session, "SPS", LATER) if each.code is Code.REFUND_OPEN}
    assert len(refunds) == 2
    assert found(engine) == {
        (Code.PAID_TWICE, "sepay:3"),
        (Code.AMOUNT_DIFFERS, "sepay:4"),
        (Code.LEFT_NOT_PAID, OWING),
        (Code.CLAIMED_NOT_SEEN, CLAIMED),
        (Code.CHARGEBACK, "sepay:6"),
        (Code.PAYMENT_UNKNOWN, "sepay:11"),
        (Code.AMOUNT_DIFFERS, "sepay:13"),
        *((Code.REFUND_OPEN, each) for each in refunds),
        (Code.NOT_IN_BANK, f"{ACCOUNT['SPS']}:{ON}"),
    }


def test_what_people_settle_is_no_case_any_more(engine: Engine) -> None:
    mixed_day(engine)
    now = LATER - DAY
    decided(engine, effects.Kind.CONTEST, now=now, payment="sepay:6")
    agreed(engine, "rule:refund:sepay:3", LAN, now)
    agreed(engine, "rule:refund:sepay:3", now=now)
    paid(engine, notice(21, CLAIMED), now)
    gone = {(Code.CHARGEBACK, "sepay:6"), (Code.PAID_TWICE, "sepay:3"), (Code.CLAIMED_NOT_SEEN, CLAIMED)}
    assert not gone & found(engine)


def test_every_source_is_asked_once() -> None:
    assert len(set(SOURCES)) == len(SOURCES)
    assert {each.rpartition(".")[2] for each in SOURCES} == {
        "orders",
        "refunds",
        "claims",
        "waiting_money",
        "proving",
        "shifts",
        "pairings",
        "event_cases",
    }
