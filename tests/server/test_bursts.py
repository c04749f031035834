"""Notices that come together leave the books as if each had come alone."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from gate.written import VIETNAM
from server import bursts
from server.bursts import Proven, keep_all
from server.db import connect, transaction
from server.facts import AnomalyRow, ChargeRow, EntryRow, NoticeRow, PaymentRow, PostingRow
from server.facts_bank import TwinRow
from server.facts_money import DecisionRow, SlipRow
from server.notices import Kept, keep
from server.providers.contract import Received, Verdict
from server.providers.sepay import SePay
from simulator.statements import Moved
from tests.server.bankworld import statement
from tests.server.box import ACCOUNT, MORNING, Box, book, notice, reference, signed
from tests.server.conftest import fill
from tests.server.rows import ledger_sum, rows

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
TABLES = (NoticeRow, PaymentRow, EntryRow, PostingRow, ChargeRow, AnomalyRow, DecisionRow, SlipRow, TwinRow)
TWIN = 900
"""The number of the transfer that the statement shows before its notice comes."""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    fill(url)
    made = connect(url)
    yield made
    made.dispose()


def lived(engine: Engine) -> None:
    """Stays that came, were priced, left; and a line of the statement for a transfer that nobody told of."""
    box = Box()
    for number in range(1, 9):
        facts = box.arrives(reference(number), MORNING)
        if number > 2:
            facts += box.is_priced(reference(number), MORNING, MORNING + HOUR)
        if number > 5:
            facts += box.leaves(reference(number), MORNING + HOUR + 30 * SECOND)
        book(engine, *facts)
    on = MORNING.astimezone(VIETNAM).date()
    text = f"MBVCB.{TWIN}.{reference(8)}.CT tu 0123456789"
    statement(engine, [Moved(on, 30_000, f"MBVCB.{TWIN}", text)], MORNING + HOUR + 60 * SECOND)


def burst(rng: Random) -> list[Proven]:
    """Money for stays that are known, unknown or mistyped, of the right amount or another, told once or again."""
    told = []
    for number in range(1, 25):
        visit = reference(rng.randrange(1, 11))
        slip = visit[:5] + ("A" if visit[5] != "A" else "B") + visit[6:]
        note = rng.choice([visit, visit, visit, slip, "chuyen tien", f"{visit} {reference(11)}", reference(12, "SPL")])
        told.append(proven(number, note, rng.choice([30_000, 30_000, 25_000, 40_000]), rng))
    told += [proven(TWIN, reference(8), 30_000, rng), proven(950, reference(7), 30_000, rng, accountNumber="99")]
    told += rng.sample(told, 4)
    told.append(proven(3, reference(3), 31_000, rng))  # their number with other content
    rng.shuffle(told)
    return told


def proven(number: int, note: str, amount: int, rng: Random, **changes: str) -> Proven:
    raw = notice(number, note, amount, **{"transactionDate": "2026-11-23 09:00:05", **changes})
    at = MORNING + HOUR + timedelta(seconds=rng.randrange(60, 400))
    received = Received(raw, signed(raw, at), at)
    return Proven(received, SePay.parse(received), SePay.fingerprint(received))


def alone(engine: Engine, told: Sequence[Proven]) -> list[Kept]:
    found = []
    for each in told:
        with transaction(engine) as session:
            found.append(keep(session, *each))
    return found


def together(engine: Engine, told: Sequence[Proven]) -> list[Kept]:
    with transaction(engine) as session:
        return keep_all(session, told)


@pytest.mark.parametrize("seed", range(4))
def test_a_burst_leaves_the_books_as_one_by_one(engine: Engine, other: Engine, seed: int) -> None:
    told = burst(Random(seed))
    lived(engine)
    lived(other)
    kept = together(engine, told)
    assert kept == alone(other, told)
    for table in TABLES:
        assert rows(engine, table) == rows(other, table), table
    assert ledger_sum(engine) == 0
    verdicts = {each.verdict for each in kept}
    assert verdicts == {Verdict.TAKEN, Verdict.REPEATED, Verdict.REUSED}
    assert rows(engine, TwinRow)
    assert rows(engine, ChargeRow)


def test_most_of_a_burst_goes_together(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    lived(sqlite)
    single: list[str] = []

    def counted(session: object, received: Received, *rest: object) -> Kept:
        single.append(received.raw.decode())
        return keep(session, received, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(bursts, "keep", counted)
    told = [proven(n, reference(n), 30_000, Random(n)) for n in range(1, 8)]
    kept = together(sqlite, told)
    assert not single
    assert [each.verdict for each in kept] == [Verdict.TAKEN] * 7
    assert [each.settled is not None for each in kept] == [False] * 2 + [True] * 5
    assert [each.verdict for each in together(sqlite, told)] == [Verdict.REPEATED] * 7
    assert len(single) == 7


def test_one_burst_of_two_centres_is_taken_once(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that another process takes between the question and the insert is a repeat."""
    lived(sqlite)
    told = [proven(n, reference(n), 30_000, Random(n)) for n in range(3, 6)]
    together(sqlite, told[:2])
    monkeypatch.setattr(bursts, "_KNOWN", select(NoticeRow.provider).where(NoticeRow.provider == ""))
    kept = together(sqlite, told)
    assert [each.verdict for each in kept] == [Verdict.REPEATED] * 2 + [Verdict.TAKEN]
    assert len(rows(sqlite, PaymentRow)) == 4  # the line of the statement is the fourth
    assert ledger_sum(sqlite) == 0


def test_the_moment_is_after_what_is_recorded_of_the_stay(sqlite: Engine) -> None:
    lived(sqlite)
    late = MORNING + 5 * HOUR
    first = proven(1, reference(4), 10_000, Random(1))
    raw = notice(1, reference(4), 10_000)
    together(
        sqlite, [Proven(Received(raw, signed(raw, late), late), *first[1:]), proven(2, reference(5), 30_000, Random(2))]
    )
    early = [proven(3, reference(4), 10_000, Random(3)), proven(4, reference(6), 30_000, Random(4))]
    together(sqlite, early)
    at = {row["provider_id"]: row["received_at"] for row in rows(sqlite, PaymentRow)}
    assert at["3"] == late + timedelta(microseconds=1)
    assert at["4"] == early[1].received.at.astimezone(UTC)
    assert isinstance(at["3"], datetime)
    assert ACCOUNT
