"""A form does its work once, on both databases, however it is sent."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from server.chores import end_sessions
from server.console.once import Once, fresh
from server.db import reading, transaction
from server.facts_forms import FORM_LIFE, FormRow


def kept(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.exec(select(FormRow)).all())


def test_the_first_sending_counts_and_no_other(engine: Engine) -> None:
    form = Once("lan", fresh(), "/cases")
    for expected in (True, False, False):
        with transaction(engine) as session:
            assert form.first(session) is expected
    assert kept(engine) == 1


def test_a_token_is_its_persons_own(engine: Engine) -> None:
    token = fresh()
    with transaction(engine) as session:
        assert Once("lan", token, "/cases").first(session)
        assert Once("minh", token, "/cases").first(session)


def works(engine: Engine, form: Once, counts: list[bool], *, fails: bool) -> None:
    """Work in the transaction that takes the form."""
    with transaction(engine) as session:
        counts.append(form.first(session))
        if fails:
            raise RuntimeError


def orders(engine: Engine, form: Once, counts: list[bool], *, fails: bool) -> None:
    """Work in transactions of its own."""
    with form.taking(engine) as first:
        counts.append(first)
        if fails:
            raise RuntimeError


@pytest.mark.parametrize("work", [works, orders])
def test_where_the_work_fails_the_form_may_be_sent_again(engine: Engine, work: Callable[..., None]) -> None:
    form, counts = Once("lan", fresh(), "/cases"), list[bool]()
    with pytest.raises(RuntimeError):
        work(engine, form, counts, fails=True)
    work(engine, form, counts, fails=False)
    with pytest.raises(RuntimeError):
        work(engine, form, counts, fails=True)  # what fails now is not the work: it frees nothing
    work(engine, form, counts, fails=False)
    assert counts == [True, True, False, False]
    assert kept(engine) == 1


def test_two_at_the_same_moment_are_one(engine: Engine) -> None:
    form, together, counted = Once("lan", fresh(), "/cases"), threading.Barrier(4), []

    def send() -> None:
        together.wait()
        with transaction(engine) as session:
            counted.append(form.first(session))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    assert sorted(counted) == [False, False, False, True]


def test_old_forms_are_forgotten(engine: Engine) -> None:
    form, now = Once("lan", fresh(), "/cases"), datetime.now(UTC)
    with transaction(engine) as session:
        form.first(session)
        end_sessions(session, now + FORM_LIFE / 2)
        assert not form.first(session)
        end_sessions(session, now + FORM_LIFE * 2)
    assert kept(engine) == 0
