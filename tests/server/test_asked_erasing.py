"""A plate is erased by an administrator of all sites, once, with its pictures; nobody is told the plate again."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from server.auth import add_user
from server.centre import Centre
from server.db import transaction
from server.facts_people import UserSiteRow
from server.roles import Role
from server.uploads import path_of
from server.vault import VaultReadRow
from tests.server.box import MORNING, Box, book, reference
from tests.server.test_asked_cli import Shell
from tests.server.test_erasing import READ, tables_with
from tests.server.test_lists_reach import PASSWORD, Caller, as_
from tests.server.test_notices_open import centre as a_centre

centre = a_centre
LEFT = MORNING + timedelta(hours=1)
KEY = {"Idempotency-Key": "request-0001"}
PICTURE = "ab" * 32
BODY = {"plate": "24a-123.78", "note": "the owner asked"}


@pytest.fixture
def left(engine: Engine) -> Engine:
    """A stay that has ended, with a picture, and some people."""
    with transaction(engine) as session:
        for role in Role:
            add_user(session, role, role, PASSWORD, MORNING)
        add_user(session, "near", Role.ADMINISTRATOR, PASSWORD, MORNING)
        session.add(UserSiteRow(name="near", site="SPS"))
    book(engine, *Box().stays(reference(1), MORNING, LEFT, plate=READ))
    return engine


def test_a_plate_goes_once_with_its_pictures(left: Engine, centre: Centre) -> None:
    with transaction(left) as session:
        for row in session.exec(select(VaultReadRow)):
            row.picture = PICTURE
    file = path_of(centre.vault, PICTURE)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\xff\xd8\xff")
    caller = Caller(centre)
    for who, status in (("manager", 403), ("near", 403)):
        answer = caller.call("POST", "/v1/plates/erase", headers=KEY | as_(caller, who), json=BODY)
        assert answer.status_code == status, who
    boss = as_(caller, "administrator")
    assert caller.call("POST", "/v1/plates/erase", headers=boss, json=BODY).status_code == 422, "it needs an id"
    assert file.exists()
    for again in (False, True):
        answer = caller.call("POST", "/v1/plates/erase", headers=KEY | boss, json=BODY)
        assert (answer.status_code, answer.json()["again"], answer.json()["pictures"]) == (200, again, 1), answer.text
    assert not file.exists()
    assert tables_with(left, READ) == [], "nor in the audit"


def test_the_command_shows_it_first(left: Engine, books_url: str) -> None:
    shell = Shell(books_url)
    erase = ("visits", "erase", READ, "--note", "the owner asked")
    assert shell.says(*erase, by="administrator") == {"reads": 2, "pictures": 0, "done": False}
    assert "vault_read" in tables_with(left, READ)
    shell.refuses("may not manage people", *erase, by="manager")
