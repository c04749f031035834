"""Files taken in by a thread: told step by step, whole or not at all, and once however often they are brought."""

import threading
from collections import defaultdict
from datetime import date
from itertools import groupby

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from server.db import reading, transaction
from server.facts import AuditRow
from server.facts_bank import BankLineRow, StatementRow
from server.importing import Importing, Sort, State, Work
from server.imports.keeping import File
from simulator.statements import Moved, as_csv, bank_table
from tests.server.box import ACCOUNT

SPS = ACCOUNT["SPS"]
ON = date(2026, 11, 20)
LINES = 4_500
PATIENCE_S = 30.0


class Heard:
    """All that was said of files; one may wait for their end."""

    def __init__(self, engine: Engine) -> None:
        self.said: dict[str, list[Work]] = defaultdict(list)
        self._over = threading.Condition()
        self.works = Importing(engine, self.hears)

    def hears(self, sha256: str) -> None:
        with self._over:
            work = self.works.work(sha256)
            assert work is not None
            self.said[sha256].append(work)
            self._over.notify_all()

    def ends(self, work: Work) -> Work:
        """The work when it is over."""
        with self._over:
            assert self._over.wait_for(
                lambda: self.said[work.sha256] and self.said[work.sha256][-1].state.over, PATIENCE_S
            )
            return self.said[work.sha256][-1]


def file(lines: int, name: str = "sao-ke.csv", text: str = "chuyen tien") -> File:
    moves = [Moved(ON, 10_000 + n, f"R{n}", f"{text} {n}") for n in range(lines)]
    return File(name, as_csv(bank_table("vietcombank-web", SPS, 0, moves)), "chi Hoa")


def kept(engine: Engine) -> tuple[int, int]:
    with reading(engine) as session:
        files = session.exec(select(func.count()).select_from(StatementRow)).one()
        return files, session.exec(select(func.count()).select_from(BankLineRow)).one()


@pytest.fixture
def heard(engine: Engine) -> Heard:
    return Heard(engine)


def test_a_file_is_told_step_by_step_and_is_in_the_books(heard: Heard, engine: Engine) -> None:
    done = heard.ends(heard.works.begin(file(LINES), Sort.BANK, SPS))
    assert done.state is State.DONE
    assert done.result is not None
    assert (done.result.lines, done.result.new) == (LINES, LINES)
    assert kept(engine) == (1, LINES)
    said = heard.said[done.sha256]
    assert [state for state, _ in groupby(said, lambda each: each.state)] == [
        State.READING,
        State.KEEPING,
        State.PROVING,
        State.DONE,
    ]
    progress = [(each.done, each.of) for each in said if each.state is State.KEEPING]
    assert progress == [(0, LINES), (2_000, LINES), (4_000, LINES)]
    with reading(engine) as session:
        assert session.exec(select(AuditRow.who).where(AuditRow.what == "imported a bank file")).all() == ["chi Hoa"]


def test_a_file_with_faults_says_each_and_keeps_nothing(heard: Heard, engine: Engine) -> None:
    good = file(30)
    bad = File(
        good.name, good.raw.replace(b"10012", b"ten").replace(b"10,012", b"ten").replace(b"10.012", b"ten"), "chi Hoa"
    )
    assert bad.raw != good.raw
    done = heard.ends(heard.works.begin(bad, Sort.BANK, SPS))
    assert done.state is State.REFUSED
    assert done.count >= 1
    assert all(flaw.row for flaw in done.flaws)
    assert kept(engine) == (0, 0)
    assert heard.ends(heard.works.begin(good, Sort.BANK, SPS)).state is State.DONE


def test_the_same_bytes_are_taken_in_once(heard: Heard, engine: Engine) -> None:
    heard.works.begin(file(LINES, text="truoc do"), Sort.BANK, SPS)  # the one thread is busy: all four find it waiting
    again = threading.Barrier(4)
    found: list[Work] = []

    def bring() -> None:
        again.wait(PATIENCE_S)
        found.append(heard.works.begin(file(20), Sort.BANK, SPS))

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard.works.close()
    assert len({work.sha256 for work in found}) == 1
    assert [work.state for work in heard.said[found[0].sha256]].count(State.DONE) == 1
    assert kept(engine) == (2, LINES + 20)


def test_a_file_brought_again_later_says_when_it_was(heard: Heard) -> None:
    assert heard.ends(heard.works.begin(file(5), Sort.BANK, SPS)).state is State.DONE
    later = Heard(heard.works._engine)  # noqa: SLF001 - after a restart: another process's works on the same books
    done = later.ends(later.works.begin(file(5), Sort.BANK, SPS))
    assert done.result is not None
    assert done.result.before is not None
    assert later.works.work("0" * 64) is None


def test_a_file_that_ends_in_trouble_keeps_nothing_and_may_come_again(heard: Heard, engine: Engine) -> None:
    """The books refuse in the middle: another table is in the way of the lines."""
    with transaction(engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE bank_line RENAME TO bank_line_away")
    assert heard.ends(heard.works.begin(file(5), Sort.BANK, SPS)).state is State.FAILED
    with transaction(engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE bank_line_away RENAME TO bank_line")
    assert kept(engine) == (0, 0)
    heard.said.clear()
    assert heard.ends(heard.works.begin(file(5), Sort.BANK, SPS)).state is State.DONE
