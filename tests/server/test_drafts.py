"""A price list is written by one person and published by another; what holds is never changed."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from gate.tariff import BadTariff, Tariff, Turn
from gate.vehicle import VehicleClass
from gate.wire import encode
from server import drafts
from server.db import reading, transaction
from server.drafts import BadDraft, NoSuchTariff, Revised, Stage, Version
from server.facts import AuditRow
from server.facts_money import ApprovalRow
from server.register import TariffRow
from server.register_tariffs import TariffDraftRow
from server.tariffs import Tariffs
from tests.server.box import MORNING, TARIFF, Box, book, reference
from tests.server.rows import rows

DAY = timedelta(days=1)


def version(code: str = "flat-2", since: int = 1, until: int | None = None, price: int = 40_000) -> Tariff:
    turns = {VehicleClass.CAR9: Turn(price=price, ceiling=price)}
    end = None if until is None else MORNING + until * DAY
    return replace(TARIFF, code=code, since=MORNING + since * DAY, until=end, turns=turns)


def save(engine: Engine, tariff: Tariff, by: str = "lan", now: datetime = MORNING) -> Version:
    with transaction(engine) as session:
        return drafts.save(session, "SPS", encode(tariff), by, now)


def decide(engine: Engine, code: str = "flat-2", by: str = "minh", now: datetime = MORNING, **how: Any) -> Version:
    with transaction(engine) as session:
        return drafts.decide(session, "SPS", code, by, "đúng với niêm yết", now, **how)


def withdraw(engine: Engine, code: str, now: datetime = MORNING) -> Version:
    with transaction(engine) as session:
        return drafts.withdraw(session, "SPS", code, "lan", "nhập nhầm", now)


def published(engine: Engine, tariff: Tariff) -> None:
    save(engine, tariff)
    assert decide(engine, tariff.code).stage is Stage.COMING


def test_two_persons_publish(engine: Engine) -> None:
    first = save(engine, version(price=45_000))
    assert (first.stage, first.revision, first.authors, first.approved_by) == (Stage.DRAFT, 1, ("lan",), "")
    second = save(engine, version())
    assert (second.revision, second.tariff) == (2, version())
    assert Tariffs(engine).get("SPS", "flat-2") is None
    found = decide(engine)
    assert (found.stage, found.approved_by, found.note) == (Stage.COMING, "minh", "đúng với niêm yết")
    tariffs = Tariffs(engine)
    assert tariffs.get("SPS", "flat-2") == version()
    holding = [tariffs.in_force("SPS", MORNING + hours * DAY / 24) for hours in (23, 24)]
    assert [each.code if each else None for each in holding] == ["flat-1", "flat-2"]
    assert [row["what"] for row in rows(engine, AuditRow) if row["subject"] == "SPS"].count("wrote a tariff") == 2
    with reading(engine) as session:
        stages = [
            [
                each.stage
                for each in drafts.versions(session, "SPS", MORNING + days * DAY)
                if each.tariff.code == "flat-2"
            ]
            for days in (0, 1)
        ]
    assert stages == [[Stage.COMING], [Stage.BEGUN]]


def test_who_wrote_any_of_it_does_not_approve_it(sqlite: Engine) -> None:
    save(sqlite, version(), "lan")
    save(sqlite, version(price=41_000), "minh")
    for name in ("lan", "minh"):
        with pytest.raises(BadDraft, match=f"{name} wrote flat-2; a second person decides"):
            decide(sqlite, by=name)
    assert decide(sqlite, by="hoa").stage is Stage.COMING


def test_an_approval_is_about_one_revision(sqlite: Engine) -> None:
    save(sqlite, version())
    assert decide(sqlite, agrees=False).stage is Stage.REFUSED
    with pytest.raises(BadDraft, match="flat-2 is refused, not a draft"):
        decide(sqlite, by="hoa")
    assert save(sqlite, version(price=41_000)).stage is Stage.DRAFT
    assert decide(sqlite, by="hoa").stage is Stage.COMING
    assert sorted(row["agrees"] for row in rows(sqlite, ApprovalRow)) == [False, True]


def test_who_looked_at_an_earlier_revision_approves_nothing(engine: Engine) -> None:
    seen = save(engine, version())
    save(engine, version(price=60_000))
    with pytest.raises(Revised, match="flat-2 was written anew: look at revision 2"):
        decide(engine, seen=seen.sha256)
    assert not rows(engine, ApprovalRow)
    again = save(engine, version(price=60_000))
    assert decide(engine, seen=again.sha256).stage is Stage.COMING


def test_what_is_published_never_changes(sqlite: Engine) -> None:
    published(sqlite, version())
    before = rows(sqlite, TariffRow)
    for again in (version(), version(price=50_000)):
        with pytest.raises(BadDraft, match="code: flat-2 is published and never changes"):
            save(sqlite, again)
    with pytest.raises(BadDraft, match="flat-2 is coming, not a draft"):
        decide(sqlite, by="hoa")
    assert rows(sqlite, TariffRow) == before


@pytest.mark.parametrize("since", [0, -1])
def test_prices_do_not_change_for_the_past(sqlite: Engine, since: int) -> None:
    with pytest.raises(BadDraft, match=r"since: .* is over"):
        save(sqlite, version(since=since))
    save(sqlite, version())
    with pytest.raises(BadDraft, match=r"since: .* is over"):
        decide(sqlite, now=MORNING + DAY)
    assert len(rows(sqlite, TariffRow)) == 2, "one at each site, as they were entered with it"
    assert rows(sqlite, ApprovalRow) == [], "no word without its effect"


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        (version("b", 5), False),
        (version("b", 10), True),
        (version("b", 12), True),
        (version("b", 20), False),
        (version("b", 8, 10), False),
        (version("b", 8, 11), True),
        (version("b", 10, 15), True),
        (version("b", 19, 25), True),
        (version("b", 20, 25), False),
        (version("b", 30), True),
        (version("b", 29, 31), True),
        (version("b", 29, 30), False),
    ],
)
def test_published_versions_do_not_overlap(
    sqlite: Engine,
    other: Tariff,
    meets: bool,  # noqa: FBT001 - a row of the table
) -> None:
    published(sqlite, version("festival", 10, 20))
    published(sqlite, version("next", 30))
    if meets:
        with pytest.raises(BadDraft, match=r"since: b would hold at the same time as (festival|next)"):
            save(sqlite, other)
    else:
        published(sqlite, other)


def test_a_draft_that_meets_what_was_published_meanwhile_is_not_published(sqlite: Engine) -> None:
    save(sqlite, version("a"))
    save(sqlite, version("b"))
    decide(sqlite, "a")
    with pytest.raises(BadDraft, match="since: b would hold at the same time as a"):
        decide(sqlite, "b")


def test_what_has_not_begun_may_be_withdrawn_and_its_code_is_gone(engine: Engine) -> None:
    published(engine, version())
    save(engine, version("only-a-draft", 2))
    for code in ("flat-2", "only-a-draft"):
        found = withdraw(engine, code)
        assert (found.stage, found.note) == (Stage.WITHDRAWN, "nhập nhầm")
        with pytest.raises(BadDraft, match=f"{code} is withdrawn"):
            withdraw(engine, code)
    holds = Tariffs(engine).in_force("SPS", MORNING + 3 * DAY)
    assert holds is not None
    assert holds.code == "flat-1"
    with pytest.raises(BadDraft, match="code: only-a-draft was withdrawn"):
        save(engine, version("only-a-draft"))
    published(engine, version("flat-3"))


def test_what_has_begun_or_was_used_stays(sqlite: Engine) -> None:
    published(sqlite, version())
    with pytest.raises(BadDraft, match="flat-2 is begun and stays so"):
        withdraw(sqlite, "flat-2", MORNING + DAY)
    book(sqlite, *Box().stays(reference(1), MORNING, MORNING + timedelta(hours=1)))
    with pytest.raises(BadDraft, match="flat-1 is used by charges"):
        withdraw(sqlite, "flat-1", datetime(2025, 1, 1, tzinfo=MORNING.tzinfo))


@pytest.mark.parametrize(
    ("wrong", "error", "named"),
    [
        (lambda s: drafts.save(s, "XXX", encode(version()), "lan", MORNING), NoSuchTariff, "no site XXX"),
        (lambda s: drafts.save(s, "SPS", b"{", "lan", MORNING), BadTariff, "truncated"),
        (lambda s: drafts.decide(s, "SPS", "no", "lan", "why", MORNING), NoSuchTariff, "SPS has no tariff no"),
        (lambda s: drafts.decide(s, "SPS", "no", "lan", " ", MORNING), BadDraft, "note"),
        (lambda s: drafts.withdraw(s, "SPS", "no", "lan", "x" * 401, MORNING), BadDraft, "note"),
        (lambda s: drafts.versions(s, "XXX", MORNING), NoSuchTariff, "no site XXX"),
    ],
)
def test_what_is_wrong_is_named(
    sqlite: Engine, wrong: Callable[[Any], object], error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named), transaction(sqlite) as session:
        wrong(session)
    assert rows(sqlite, TariffDraftRow) == []


def test_of_two_who_publish_at_once_one_does(engine: Engine) -> None:
    codes = ["a", "b", "c", "d"]
    for code in codes:
        save(engine, version(code))
    together, refused = threading.Barrier(len(codes)), []

    def approve(code: str) -> None:
        together.wait()
        try:
            decide(engine, code)
        except BadDraft as error:
            refused.append(str(error))

    threads = [threading.Thread(target=approve, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == len(codes) - 1
    assert len([row for row in rows(engine, TariffRow) if row["code"] in codes]) == 1
