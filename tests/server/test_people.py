"""People as administrators keep them, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from server import people
from server.auth import Doorkeeper, LoginRefused, add_user
from server.db import reading, transaction
from server.facts import AuditRow
from server.money_rules import MoneyRules, NotYours, Speaker, within
from server.people import BadPerson, LastAdministrator, NoSuchPerson
from server.register import UserRow
from server.roles import POWERS, Power, Role

NOW = datetime.now(UTC)
OLD = "a password of ten"


@pytest.fixture(autouse=True)
def chief(engine: Engine) -> None:
    with transaction(engine) as session:
        add_user(session, "chief", Role.ADMINISTRATOR, OLD, NOW)


def added(engine: Engine, name: str = "lan", role: Role = Role.ATTENDANT, sites: tuple[str, ...] = ()) -> str:
    with transaction(engine) as session:
        return people.add(session, name, role, list(sites), None, "chief", NOW)


def test_a_new_person_signs_in_once_and_must_choose_another_password(engine: Engine) -> None:
    password, door = added(engine, sites=("SPS",)), Doorkeeper(engine)
    token, lan = door.login("lan", password, "here")
    assert (lan.must_change, lan.sees("SPS"), lan.sees("SPL")) == (True, True, False)
    door.change_password("lan", password, "another of ten", "here", token)
    kept = door.person(token)
    assert kept is not None
    assert not kept.must_change
    with pytest.raises(LoginRefused):
        door.login("lan", password, "here")


def test_a_password_that_was_handed_over_goes_stale(engine: Engine) -> None:
    password, door = added(engine), Doorkeeper(engine)
    token, _ = door.login("lan", password, "here")
    with transaction(engine) as session:
        row = session.get_one(UserRow, "lan")
        row.one_time_until = NOW - timedelta(seconds=1)
        session.add(row)
    assert door.person(token) is None
    with pytest.raises(LoginRefused):
        door.login("lan", password, "here")


@pytest.mark.parametrize("name", ["", "L", "Lan", "lan!", "1lan", "l" * 65, "<b>", "lan\n"])
def test_a_name_that_is_none_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(BadPerson, match="name"):
        added(engine, name)


def test_a_name_is_given_once_and_sites_must_be_there(engine: Engine) -> None:
    added(engine)
    with pytest.raises(BadPerson, match="taken"):
        added(engine)
    with pytest.raises(BadPerson, match="site"):
        added(engine, "minh", sites=("SPS", "XXX"))
    with reading(engine) as session:
        assert [each.user.name for each in people.people(session, NOW)] == ["chief", "lan"]


def test_who_is_disabled_is_out_at_once_and_comes_back_with_a_new_password(engine: Engine) -> None:
    password, door = added(engine), Doorkeeper(engine)
    token, _ = door.login("lan", password, "here")
    with transaction(engine) as session:
        people.disable(session, "lan", "chief", NOW)
        assert people.person(session, "lan", NOW).sessions == 0
    assert door.person(token) is None
    with pytest.raises(LoginRefused):
        door.login("lan", password, "here")
    with transaction(engine) as session:
        fresh = people.enable(session, "lan", "chief", NOW)
    assert door.login("lan", fresh, "here")[1].must_change


def test_sessions_end_and_the_standing_counts_them(engine: Engine) -> None:
    password, door = added(engine), Doorkeeper(engine)
    tokens = [door.login("lan", password, "here")[0] for _ in range(2)]
    with transaction(engine) as session:
        assert people.person(session, "lan", NOW).sessions == 2
        assert people.end_sessions(session, "lan", "chief", NOW) == 2
        assert people.person(session, "lan", NOW).sessions == 0
    assert [door.person(token) for token in tokens] == [None, None]


def test_the_last_administrator_of_all_sites_stays(engine: Engine) -> None:
    password, door = added(engine, "second", Role.ADMINISTRATOR), Doorkeeper(engine)
    local = added(engine, "third", Role.ADMINISTRATOR, ("SPS",))
    door.change_password("third", local, "another of ten", "here", door.login("third", local, "here")[0])
    with pytest.raises(LastAdministrator), transaction(engine) as session:  # the second may never sign in
        people.disable(session, "chief", "chief", NOW)
    door.change_password("second", password, "another of ten", "here", door.login("second", password, "here")[0])
    with transaction(engine) as session:
        people.disable(session, "chief", "chief", NOW)
    with pytest.raises(LastAdministrator), transaction(engine) as session:
        people.disable(session, "second", "second", NOW)
    for role, sites in ((Role.AUDITOR, []), (Role.ADMINISTRATOR, ["SPS"])):
        with pytest.raises(LastAdministrator), transaction(engine) as session:
            people.change(session, "second", role, sites, None, "second", NOW)
    with reading(engine) as session:
        assert people.person(session, "second", NOW).user.role == Role.ADMINISTRATOR
        assert not people.person(session, "second", NOW).user.disabled


def test_who_is_limited_to_sites_keeps_nobody_beyond_them(engine: Engine) -> None:
    for name, sites in (("local", ("SPS",)), ("near", ("SPS",)), ("wide", ("SPL", "SPS"))):
        added(engine, name, Role.ADMINISTRATOR, sites)
    deeds = (
        lambda at: people.change(at, "local", Role.ADMINISTRATOR, [], None, "local", NOW),
        lambda at: people.change(at, "near", Role.MANAGER, ["SPL"], None, "local", NOW),
        lambda at: people.change(at, "wide", Role.MANAGER, ["SPS"], None, "local", NOW),
        lambda at: people.add(at, "new", Role.MANAGER, [], None, "local", NOW),
        lambda at: people.add(at, "new", Role.MANAGER, ["SPL", "SPS"], None, "local", NOW),
        lambda at: people.new_password(at, "chief", "local", NOW),
        lambda at: people.enable(at, "wide", "local", NOW),
        lambda at: people.disable(at, "chief", "local", NOW),
        lambda at: people.end_sessions(at, "wide", "local", NOW),
    )
    for deed in deeds:
        with pytest.raises(NotYours, match="sites beyond those of local"), transaction(engine) as session:
            deed(session)
    with transaction(engine) as session:
        people.add(session, "new", Role.ATTENDANT, ["SPS"], None, "local", NOW)
        people.new_password(session, "near", "local", NOW)
        people.disable(session, "near", "local", NOW)


def test_a_persons_own_limit_is_below_that_of_the_role(engine: Engine) -> None:
    added(engine, "thu", Role.FINANCE)
    rules, thu = MoneyRules(), Speaker("thu", Role.FINANCE)
    with transaction(engine) as session:
        within(session, rules, thu, 1_000_000)
        people.change(session, "thu", Role.FINANCE, ["SPL"], 500_000, "chief", NOW)
        within(session, rules, thu, 500_000)
        with pytest.raises(NotYours, match="500,000"):
            within(session, rules, thu, 500_001)
        people.change(session, "thu", Role.MANAGER, [], 10**12, "chief", NOW)
        with pytest.raises(NotYours, match="2,000,000"):
            within(session, rules, Speaker("thu", Role.MANAGER), 2_000_001)
        assert people.person(session, "thu", NOW).sites == ()
    with pytest.raises(BadPerson, match="limit"), transaction(engine) as session:
        people.change(session, "thu", Role.FINANCE, [], -1, "chief", NOW)


def test_nobody_of_that_name_is_told_and_each_deed_is_recorded_once(engine: Engine) -> None:
    for deed in (people.disable, people.enable, people.new_password, people.end_sessions):
        with pytest.raises(NoSuchPerson), transaction(engine) as session:
            deed(session, "nobody", "chief", NOW)
    added(engine)
    with reading(engine) as session:
        rows = session.exec(select(AuditRow)).all()
    assert [(row.who, row.what, row.subject) for row in rows] == [("chief", "added a person", "lan")]


def test_an_auditor_reads_the_audit_and_changes_nothing() -> None:
    changing = {
        Power.HELP_DRIVERS,
        Power.SET_MODES,
        Power.CORRECT_STAYS,
        Power.CLOSE_DAYS,
        Power.MANAGE_LISTS,
        Power.SET_TARIFFS,
        Power.MANAGE_PEOPLE,
    }
    assert Power.READ_AUDIT in POWERS[Role.AUDITOR]
    assert not changing & POWERS[Role.AUDITOR]
    assert [role for role in Role if Power.READ_AUDIT in POWERS[role]] == [Role.ADMINISTRATOR, Role.AUDITOR]
