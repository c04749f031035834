"""What a notice comes to, situation by situation, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from gate.findings import Code
from gate.ledger import LedgerAccount
from gate.messages import VisitVoided
from gate.reference import ALPHABET
from server import ledger, receiving
from server.books import balance
from server.db import reading, transaction
from server.facts import PaymentRow
from server.facts_money import DecisionRow, SlipRow, TakenBackRow
from server.money_rules import MoneyRules, Over, keep_to
from server.providers.notice import Kind as Said
from server.providers.notice import Notice
from server.rebuild import rebuild
from server.reconcile import local_date, look
from tests.server.box import ACCOUNT, MORNING, Box, book, notice, paid, reference
from tests.server.money import LAN, agreed, check, refunded
from tests.server.rows import rows

VISIT = reference(1)
HOUR = timedelta(hours=1)
A = LedgerAccount


def priced(engine: Engine, visit: str = VISIT, total: int = 30_000) -> Box:
    box = Box(seed=int(visit[-1] in "23456789"))
    book(engine, *box.arrives(visit, MORNING), *box.is_priced(visit, MORNING, MORNING + HOUR, total))
    return box


def stands(engine: Engine, site: str = "SPS") -> dict[str, int]:
    with reading(engine) as session:
        found = {account: balance(session, site, account) for account in (A.RECEIVABLE, A.SUSPENSE, A.CLEARING)}
    return {account.value: amount for account, amount in found.items()}


def proposed(engine: Engine) -> list[tuple[str, int, str]]:
    return [(row["payment"], row["amount"], row["note"]) for row in rows(engine, DecisionRow)]


def told(engine: Engine) -> list[tuple[Code, str, int]]:
    with reading(engine) as session:
        now = datetime.now(UTC)
        report = look(session, "SPS", local_date(now), now).report
        found = [(each.code, each.subject, each.amount) for each in (*report.findings, *report.in_transit)]
    return sorted(each for each in found if each[1].startswith("sepay:") and each[0] is not Code.PAID_LATE)


def test_a_quote_is_pended_and_the_charge_releases_it(engine: Engine) -> None:
    box = priced(engine)
    book(engine, *box.is_priced(VISIT, MORNING, MORNING + HOUR, 50_000))
    with reading(engine) as session:
        assert (balance(session, "SPS", A.PENDED), balance(session, "SPS", A.QUOTED)) == (50_000, -50_000)
        assert ledger.owed(session, VISIT) == 0
    check(engine)
    book(engine, *box.leaves(VISIT, MORNING + HOUR))
    with reading(engine) as session:
        assert (balance(session, "SPS", A.PENDED), balance(session, "SPS", A.QUOTED)) == (0, 0)
        assert ledger.owed(session, VISIT) == 50_000
    check(engine)


def test_a_visit_that_never_was_is_unpended(engine: Engine) -> None:
    box, visit = Box(), reference(2)
    facts = box.arrives(visit, MORNING)[:2]
    box.sequence = 2
    book(engine, *facts, *box.is_priced(visit, MORNING, MORNING))
    book(engine, box.fact(VisitVoided(lane="in-1", visit=visit, why="backed out"), MORNING))
    with reading(engine) as session:
        assert balance(session, "SPS", A.PENDED) == 0
    paid(engine, notice(1, visit), datetime.now(UTC))
    assert proposed(engine) == [("sepay:1", 30_000, "voided")]


def test_double_and_over_go_back_when_two_persons_say_so(engine: Engine) -> None:
    priced(engine)
    for number, amount in ((1, 30_000), (2, 30_000), (3, 5_000)):
        paid(engine, notice(number, VISIT, amount), datetime.now(UTC))
    assert stands(engine) == {"receivable": 0, "suspense": -35_000, "clearing": 65_000}
    assert proposed(engine) == [("sepay:2", 30_000, "double"), ("sepay:3", 5_000, "double")]
    assert told(engine) == [(Code.PAID_TWICE, "sepay:2", 30_000), (Code.PAID_TWICE, "sepay:3", 5_000)]
    decision = "rule:refund:sepay:2"
    assert agreed(engine, decision).missing == 1
    assert stands(engine)["suspense"] == -35_000, "one person is not enough"
    assert agreed(engine, decision, LAN).missing == 0
    assert stands(engine)["suspense"] == -5_000
    assert told(engine) == [(Code.PAID_TWICE, "sepay:3", 5_000)]
    check(engine)


def test_over_settles_and_the_rest_goes_back(engine: Engine) -> None:
    priced(engine)
    assert paid(engine, notice(1, VISIT, 50_000), datetime.now(UTC)).settled is not None
    assert proposed(engine) == [("sepay:1", 20_000, "over")]


def test_under_tops_up_and_the_rest_is_owed(engine: Engine) -> None:
    priced(engine)
    assert paid(engine, notice(1, VISIT, 20_000), datetime.now(UTC)).settled is None
    assert stands(engine)["receivable"] == 10_000
    assert paid(engine, notice(2, VISIT, 10_000), datetime.now(UTC)).settled is not None
    assert proposed(engine) == []


def test_early_money_that_is_over_its_price_is_proposed_back(engine: Engine) -> None:
    box = Box()
    book(engine, *box.arrives(VISIT, MORNING))
    paid(engine, notice(1, VISIT, 50_000), datetime.now(UTC))
    assert told(engine) == [(Code.AMOUNT_DIFFERS, "sepay:1", 50_000)]
    book(engine, *box.is_priced(VISIT, MORNING, MORNING + HOUR))
    assert proposed(engine) == [("sepay:1", 20_000, "over")]
    check(engine)


def test_money_after_a_refund_settles_nothing_by_rule(engine: Engine) -> None:
    priced(engine)
    paid(engine, notice(1, VISIT), datetime.now(UTC))
    refunded(engine, "sepay:1", to_visit=VISIT)
    assert stands(engine)["receivable"] == 30_000, "what was given back is owed again"
    assert paid(engine, notice(2, VISIT), datetime.now(UTC)).settled is None
    assert stands(engine)["receivable"] == 30_000
    check(engine)


def test_another_sites_account_settles_nothing(engine: Engine) -> None:
    priced(engine)
    assert paid(engine, notice(1, VISIT, accountNumber=ACCOUNT["SPL"]), datetime.now(UTC)).settled is None
    assert stands(engine)["receivable"] == 0
    assert stands(engine, "SPL")["suspense"] == -30_000


def slip(visit: str, at: int = 6) -> str:
    return visit[:at] + ALPHABET[ALPHABET.index(visit[at]) - 1] + visit[at + 1 :]


def test_a_slip_is_proposed_to_a_person_and_never_settled(engine: Engine) -> None:
    priced(engine)
    assert paid(engine, notice(1, f"CK {slip(VISIT)} NGUYEN VAN A"), datetime.now(UTC)).settled is None
    assert stands(engine)["suspense"] == -30_000
    assert [row["piece"][:11] for row in rows(engine, SlipRow)] == [slip(VISIT)]
    assert not any("NGUYEN" in str(row) for row in rows(engine, SlipRow)), "nothing else of the text is kept"
    with reading(engine) as session:
        payment = session.exec(select(PaymentRow)).one()
        assert [each.visit for each in receiving.likely(session, payment)] == [VISIT]


@pytest.mark.parametrize("amount", [20_000, 31_000])
def test_a_slip_with_another_amount_is_nobodys(engine: Engine, amount: int) -> None:
    priced(engine)
    paid(engine, notice(1, slip(VISIT), amount), datetime.now(UTC))
    with reading(engine) as session:
        assert receiving.likely(session, session.exec(select(PaymentRow)).one()) == ()


def test_a_provider_that_takes_it_back_makes_the_stay_owe_again(engine: Engine) -> None:
    priced(engine)
    paid(engine, notice(1, VISIT, 50_000), datetime.now(UTC))
    said = Notice("sepay", "1", ACCOUNT["SPS"], 50_000, (), "", MORNING + HOUR, Said.REVERSED)
    for _ in range(2):  # told twice, once
        with transaction(engine) as session:
            assert receiving.receive(session, said, datetime.now(UTC)) is None
    assert stands(engine) == {"receivable": 30_000, "suspense": 0, "clearing": 0}
    assert len(rows(engine, TakenBackRow)) == 1
    check(engine)


@pytest.mark.parametrize("over", [Over.CREDIT, Over.WAITS])
def test_what_is_over_stays_where_the_centre_wants_it(engine: Engine, over: Over) -> None:
    keep_to(engine, MoneyRules(over=over))
    box = priced(engine)
    paid(engine, notice(1, VISIT), datetime.now(UTC))
    paid(engine, notice(2, VISIT), datetime.now(UTC))
    early = reference(2)
    book(engine, *box.arrives(early, MORNING + HOUR))
    paid(engine, notice(3, early, 50_000), datetime.now(UTC))
    book(engine, *box.is_priced(early, MORNING + HOUR, MORNING + 2 * HOUR))
    assert stands(engine)["suspense"] == -50_000
    assert proposed(engine) == []
    keep_to(engine, MoneyRules())
    rebuild(engine)
    assert proposed(engine) == [], "a rebuild proposes nothing by the rules of today"
